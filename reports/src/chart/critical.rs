//! At which size of a trigger do half of the seeds stay down? Shares with Wilson bars, the logistic curve through
//! them, and the critical value with its interval where the curve passes one half.

use scenarios::results::critical::{CriticalResult, CriticalVariant, LogisticFit};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, TickLabels};
use super::{Look, labels};
use crate::{format, landscape, map};

/// Places of a curve.
const STEPS: u32 = 160;

/// The figure's title.
pub(crate) fn title(result: &CriticalResult) -> String {
    format!("Share of seeds stuck by {}", landscape::name(&result.label))
}

/// Draws the search.
pub(crate) fn draw(result: &CriticalResult, look: &Look) -> Result<String, DrawError> {
    let subtitle = format!(
        "{} · {} per point · bars: 95 % intervals · diamond: critical value",
        result.scenario.id,
        format::seeds(&result.seeds)
    );
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(result), &subtitle)?;
        let y = Axis::share(4);
        let names = result.variants.iter().flat_map(|variant| {
            [
                canvas.text_width(&variant.name, look.font),
                canvas.text_width(&remark(result, variant), 0.8 * look.font),
            ]
        });
        let label_width = names.fold(0.0, f64::max).min(0.28 * look.width) + 1.9 * look.font;
        let rect = frame::beside_labels(canvas, look, &y, label_width, 3.2);
        let panel = Panel { rect, x: x_axis(result), y };
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, "share of seeds stuck", 2.35)?;
        frame::x_name(canvas, look, &rect, &result.label)?;
        let half = panel.y_at(0.5);
        canvas.dashed_line(
            &[(rect.left, half), (rect.right, half)],
            0.45 * look.line,
            look.muted,
            &[5.0, 4.0],
        )?;
        paint_theory(canvas, look, &panel, result)?;
        for (index, variant) in result.variants.iter().enumerate() {
            paint_variant(canvas, look, &panel, result, (index, variant))?;
        }
        for (index, variant) in result.variants.iter().enumerate() {
            paint_critical(canvas, look, &panel, (index, variant))?;
        }
        paint_labels(canvas, look, &panel, result, label_width)
    })
}

/// The critical value with its interval.
pub(crate) fn remark(result: &CriticalResult, variant: &CriticalVariant) -> String {
    variant.fit.map_or("no critical value".to_owned(), |fit| landscape::critical(result, &fit))
}

/// The share that a curve has at a value.
pub(crate) fn logistic(fit: &LogisticFit, log: bool, x: f64) -> f64 {
    let u = if log { x.max(f64::MIN_POSITIVE).ln() } else { x };
    1.0 / (1.0 + (-(fit.intercept + fit.slope * u)).exp())
}

fn x_axis(result: &CriticalResult) -> Axis {
    let points = result.variants.iter().flat_map(|variant| &variant.points);
    let unit = map::unit_of(points.clone().next().map_or("", |point| point.value.as_str()));
    let values = points.map(|point| point.x).filter(|x| x.is_finite());
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Axis::linear(0.0, 1.0, 5, unit);
    }
    if result.log && low > 0.0 {
        let air = (high / low).max(1.5).powf(0.03);
        return Axis::log(low / air, high * air, 7, unit);
    }
    let air = if high > low { 0.03 * (high - low) } else { 0.5 * high.abs().max(1.0) };
    Axis::linear(low - air, high + air, 6, unit)
}

/// Where theory puts critical values: thin lines with their names above the panel, on two rows if they are near.
fn paint_theory(canvas: &Canvas<'_>, look: &Look, panel: &Panel, result: &CriticalResult) -> Drawn {
    let mut free_from = [f64::NEG_INFINITY; 2];
    let mut told: Vec<(usize, &str, f64)> = Vec::new();
    for (index, variant) in result.variants.iter().enumerate() {
        if let Some((name, value)) = &variant.theory
            && (panel.x.low..=panel.x.high).contains(value)
        {
            told.push((index, name, *value));
        }
    }
    told.sort_by(|a, b| a.2.total_cmp(&b.2));
    for (index, name, value) in told {
        let (x, colour) = (panel.x_at(value), look.series(index).colour);
        let (top, bottom) = (panel.rect.top, panel.rect.bottom);
        canvas.line(&[(x, top), (x, bottom)], 0.45 * look.line, colour, 0.9)?;
        let half = 0.5 * canvas.text_width(name, 0.75 * look.font);
        let middle = x.max(panel.rect.left + half).min(look.width - look.margin() - half);
        let Some(row) = (0..2).find(|row| middle - half > free_from[*row]) else { continue };
        free_from[row] = middle + half + 0.5 * look.font;
        if !look.is_thumb {
            let at = (middle, top - (0.5 + 0.85 * row as f64) * look.font);
            canvas.text(name, at, look.text(0.75, look.text_colour(colour), Align::Centre))?;
        }
    }
    Ok(())
}

fn paint_variant(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    result: &CriticalResult,
    (index, variant): (usize, &CriticalVariant),
) -> Drawn {
    let style = look.series(index);
    if let Some(fit) = &variant.fit {
        let points = (0..=STEPS).map(|step| {
            let x = value_at(&panel.x, f64::from(step) / f64::from(STEPS));
            panel.at(x, logistic(fit, result.log, x))
        });
        canvas.series_line(&points.collect::<Vec<Point>>(), 0.8 * look.line, style)?;
    }
    // Points of several variants at one value stand beside each other.
    let steps = index as f64 - 0.5 * (result.variants.len() - 1) as f64;
    let dodge = steps * (16.0 / result.variants.len() as f64).min(6.0) * look.line / 4.0;
    let cap = 1.4 * look.line;
    for point in variant.points.iter().filter(|point| point.stuck.of > 0) {
        let at = |share: f64| {
            let (x, y) = panel.at(point.x, share);
            (x + dodge, y)
        };
        let (from, to) = (at(point.stuck.ci95[0]), at(point.stuck.ci95[1]));
        canvas.line(&[from, to], 0.45 * look.line, style.colour, 0.8)?;
        for end in [from, to] {
            canvas.line(
                &[(end.0 - cap, end.1), (end.0 + cap, end.1)],
                0.45 * look.line,
                style.colour,
                0.8,
            )?;
        }
        canvas.marker(at(point.stuck.share), 1.7 * look.line, style.marker, style.colour, look.background)?;
    }
    Ok(())
}

/// The value at a place from 0 to 1 of an axis.
fn value_at(axis: &Axis, place: f64) -> f64 {
    match axis.scale {
        super::axis::Scale::Log => axis.low * (axis.high / axis.low).powf(place),
        super::axis::Scale::Linear | super::axis::Scale::Tail => axis.low + place * (axis.high - axis.low),
    }
}

/// The critical value: a bar as long as its interval at one half, and a line down to the axis.
fn paint_critical(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    (index, variant): (usize, &CriticalVariant),
) -> Drawn {
    let Some(fit) = variant.fit.filter(|fit| fit.critical.is_finite()) else { return Ok(()) };
    let colour = look.series(index).colour;
    let (x, y) = panel.at(fit.critical, 0.5);
    let [low, high] = fit.ci95.map(|value| panel.x_at(value));
    canvas.line(&[(x, y), (x, panel.rect.bottom)], 0.6 * look.line, colour, 0.6)?;
    canvas.line(&[(low, y), (high, y)], 3.2 * look.line, look.background, 1.0)?;
    canvas.line(&[(low, y), (high, y)], 1.8 * look.line, colour, 1.0)?;
    canvas.marker((x, y), 2.1 * look.line, super::Marker::Diamond, colour, look.background)
}

/// Names at the right, each with its critical value, at the height where its curve ends.
fn paint_labels(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    result: &CriticalResult,
    label_width: f64,
) -> Drawn {
    let end = |variant: &CriticalVariant| match (&variant.fit, variant.points.last()) {
        (Some(fit), _) => panel.y_at(logistic(fit, result.log, panel.x.high)),
        (None, Some(point)) => panel.y_at(point.stuck.share),
        (None, None) => panel.rect.bottom,
    };
    let wanted: Vec<f64> = result.variants.iter().map(end).collect();
    let height = if look.is_thumb { 1.2 } else { 2.5 } * look.font;
    let places = labels::spread(&wanted, height, panel.rect.top, panel.rect.bottom - 0.4 * height);
    for (index, (variant, y)) in result.variants.iter().zip(places).enumerate() {
        let style = look.series(index);
        let knee = (panel.rect.right + 0.75 * look.font, y);
        canvas.line(&[(panel.rect.right, wanted[index]), knee], 0.3 * look.line, style.colour, 0.7)?;
        canvas.marker(knee, 1.7 * look.line, style.marker, style.colour, look.background)?;
        let left = panel.rect.right + 1.6 * look.font;
        let room = label_width - 1.6 * look.font;
        let name = canvas.fitted(&variant.name, look.font, room);
        canvas.text(&name, (left, y), look.text(1.0, look.text_colour(style.colour), Align::Left))?;
        if !look.is_thumb {
            let told = canvas.fitted(&remark(result, variant), 0.8 * look.font, room);
            canvas.text(&told, (left, y + 1.1 * look.font), look.text(0.8, look.muted, Align::Left))?;
        }
    }
    Ok(())
}
