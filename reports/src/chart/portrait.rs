//! Which way does a system with retries move? The queue across, retries upwards, seeds as paths over the arrows of the
//! fluid equation, and the state between healing and collapse.

use scenarios::metric::Unit;
use scenarios::picture::{Portrait, PortraitPath};
use scenarios::results::ComparisonReport;

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, Rect, TickLabels};
use super::{Look, Marker};
use crate::format;

/// Portraits that stand beside each other.
const PANELS: usize = 3;
/// Part of the room of an arrow that it takes.
const ARROW: f64 = 0.55;

/// The portraits of a figure: the first variants that have one.
pub(crate) fn portraits(report: &ComparisonReport) -> Vec<(&str, &Portrait)> {
    let all = report.pictures.iter();
    let portraits = all.filter_map(|picture| Some((picture.variant.as_str(), picture.portrait.as_ref()?)));
    portraits.take(PANELS).collect()
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("Queue and retries: {}", report.manifest.title)
}

/// Draws the portraits.
pub(crate) fn draw(report: &ComparisonReport, look: &Look) -> Result<String, DrawError> {
    let portraits = portraits(report);
    let subtitle = format!(
        "{} · paths: seeds, from 5 s before the trigger to 60 s after it · arrows: fluid equation",
        report.manifest.scenario.id
    );
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &subtitle)?;
        let font = look.font;
        let y = |portrait: &Portrait| Axis::linear(0.0, portrait.most_retries, 5, Unit::PerSecond);
        let widths = portraits.iter().map(|(_, portrait)| frame::y_label_width(canvas, look, &y(portrait)));
        let label = widths.fold(0.0, f64::max);
        let count = portraits.len().max(1) as f64;
        let width = (look.width - 2.0 * look.margin()) / count;
        let top = look.margin() + look.header() + font * if look.is_thumb { 1.6 } else { 3.6 };
        let bottom = look.height - 0.6 * look.margin() - look.footer();
        for (column, (name, portrait)) in portraits.iter().enumerate() {
            let left = look.margin() + column as f64 * width;
            let rect = Rect { left: left + label, right: left + width - 0.6 * font, top, bottom };
            let ticks = ((rect.width() / (4.5 * font)) as usize).clamp(2, 6);
            let x = Axis::linear(0.0, portrait.most_waiting, ticks, Unit::Count);
            let panel = Panel { rect, x, y: y(portrait) };
            frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
            let at = (rect.left, top - 0.8 * font);
            canvas.text(
                &canvas.fitted(name, font, rect.width()),
                at,
                look.text(1.0, look.ink, Align::Left),
            )?;
            paint(canvas, look, &panel, portrait)?;
        }
        let whole = Rect { left: look.margin() + label, right: look.width - look.margin(), top, bottom };
        frame::y_name(canvas, look, &whole, "retries per second", 2.1)?;
        frame::x_name(canvas, look, &whole, "attempts waiting in the queue")
    })
}

fn paint(canvas: &Canvas<'_>, look: &Look, panel: &Panel, portrait: &Portrait) -> Drawn {
    let along = (portrait.arrows.len() as f64).sqrt().max(1.0);
    let room = (panel.rect.width() / along).min(panel.rect.height() / along);
    for [waiting, retries, more_waiting, more_retries] in &portrait.arrows {
        // The direction as it is seen: both axes have scales of their own.
        let across = more_waiting / panel.x.high * panel.rect.width();
        let up = more_retries / panel.y.high * panel.rect.height();
        let length = across.hypot(up);
        if length > 0.0 && length.is_finite() {
            let step = (ARROW * room * across / length, -ARROW * room * up / length);
            arrow(canvas, look, panel.at(*waiting, *retries), step)?;
        }
    }
    for path in &portrait.paths {
        paint_path(canvas, look, panel, path)?;
    }
    let Some([waiting, retries]) = portrait.saddle else { return Ok(()) };
    let at = panel.at(waiting, retries);
    canvas.marker(at, 2.2 * look.line, Marker::Diamond, look.ink, look.background)?;
    if look.is_thumb {
        return Ok(());
    }
    let text = (at.0 + 0.7 * look.font, at.1 + 0.8 * look.font);
    canvas.text("saddle", text, look.text(0.85, look.ink, Align::Left))
}

/// An arrow around a point.
fn arrow(canvas: &Canvas<'_>, look: &Look, (x, y): Point, (across, down): (f64, f64)) -> Drawn {
    let (tail, head) = ((x - 0.5 * across, y - 0.5 * down), (x + 0.5 * across, y + 0.5 * down));
    let width = 0.35 * look.line;
    canvas.line(&[tail, head], width, look.muted, 0.75)?;
    for side in [1.0, -1.0] {
        let barb = (head.0 - 0.3 * across - side * 0.18 * down, head.1 - 0.3 * down + side * 0.18 * across);
        canvas.line(&[head, barb], width, look.muted, 0.75)?;
    }
    Ok(())
}

/// The stretches of a path that lie inside.
fn paint_path(canvas: &Canvas<'_>, look: &Look, panel: &Panel, path: &PortraitPath) -> Drawn {
    let style = look.series(usize::from(path.is_stuck));
    let inside = |[waiting, retries]: &[f64; 2]| *waiting <= panel.x.high && *retries <= panel.y.high;
    for stretch in path.points.split(|point| !inside(point)) {
        let points: Vec<Point> =
            stretch.iter().map(|[waiting, retries]| panel.at(*waiting, *retries)).collect();
        if points.len() > 1 {
            canvas.line(&points, 0.6 * look.line, style.colour, 0.85)?;
        }
    }
    // Where it begins.
    let start = path
        .points
        .first()
        .filter(|point| inside(point))
        .map(|[waiting, retries]| panel.at(*waiting, *retries));
    let Some(start) = start else { return Ok(()) };
    canvas.marker(start, 1.1 * look.line, style.marker, style.colour, look.background)
}

/// What the portraits show, in words.
pub(crate) fn alt(report: &ComparisonReport) -> String {
    let told = portraits(report).into_iter().map(|(name, portrait)| {
        let stuck = portrait.paths.iter().filter(|path| path.is_stuck).count();
        let saddle = portrait.saddle.map_or("there is no saddle".to_owned(), |[waiting, retries]| {
            format!(
                "the saddle lies at {} waiting and {}",
                format::count(waiting.round() as u64),
                format::quantity(retries, Unit::PerSecond)
            )
        });
        format!("{name}: {stuck} of {} paths end in the storm, {saddle}", portrait.paths.len())
    });
    format!("Attempts waiting against retries per second. {}.", told.collect::<Vec<_>>().join("; "))
}
