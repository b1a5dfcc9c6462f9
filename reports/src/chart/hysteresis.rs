//! Does a system that broke under load come back when the load falls to where it was? Success and goodput against the
//! load, on the way up and on the way down, with the loads at which it breaks and heals.

use scenarios::metric::Unit;
use scenarios::results::hysteresis::{HysteresisResult, HysteresisVariant, RampStep};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, Rect, TickLabels};
use super::keys::{self, Key};
use super::{Look, SeriesStyle};
use crate::{format, landscape};

/// Variants of a figure.
const PANELS: usize = 4;

/// The variants of each figure, about equally many.
pub(crate) fn pages(result: &HysteresisResult) -> Vec<&[HysteresisVariant]> {
    let figures = result.variants.len().div_ceil(PANELS).max(1);
    result.variants.chunks(result.variants.len().div_ceil(figures).max(1)).collect()
}

/// The figure's title.
pub(crate) fn title(result: &HysteresisResult) -> String {
    format!("Up and down again: success and goodput by {}", landscape::name(&result.label))
}

/// What a panel shows of a step: 10th percentile, median, 90th percentile.
type Quantity = fn(&RampStep) -> [f64; 3];

/// Draws the loops of some variants, one column each.
pub(crate) fn draw(
    result: &HysteresisResult,
    variants: &[HysteresisVariant],
    look: &Look,
) -> Result<String, DrawError> {
    let subtitle = format!(
        "{} · {} · median and 10th to 90th percentile of {}",
        result.scenario.id,
        landscape::held(result),
        format::seeds(&result.seeds)
    );
    let font = look.font;
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(result), &subtitle)?;
        let mut top = look.margin() + look.header();
        if !look.is_thumb {
            let keys = keys(look, variants);
            keys::paint(canvas, look, top + 0.9 * font, &keys)?;
            top += keys::height(canvas, look, &keys) + 0.3 * font;
        }
        let steps = || variants.iter().flat_map(|variant| variant.up.iter().chain(&variant.down));
        let most = steps().map(|step| step.goodput[2]).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let axes =
            [Axis::share(if look.is_thumb { 2 } else { 4 }), Axis::from_zero(most, 4, Unit::PerSecond)];
        let quantities: [(&str, Quantity); 2] =
            [("success", |step| step.success), ("goodput, per second", |step| step.goodput)];
        let widths = axes.each_ref().map(|axis| frame::y_label_width(canvas, look, axis));
        let left = look.margin() + widths[0].max(widths[1]);
        let bottom = look.height - 0.6 * look.margin() - look.footer();
        let gap = 1.2 * font;
        let count = variants.len().max(1) as f64;
        let width = (look.width - look.margin() - left - gap * (count - 1.0)) / count;
        let heading = if look.is_thumb { 1.6 * font } else { 3.0 * font };
        let between = if look.is_thumb { 0.8 * font } else { 2.3 * font };
        let first = top + heading + if look.is_thumb { 0.0 } else { 1.3 * font };
        let height = (bottom - first - between) / 2.0;
        let x = x_axis(result, width, font);
        for (row, ((name, quantity), y)) in quantities.iter().zip(axes).enumerate() {
            let top = first + row as f64 * (height + between);
            for (column, variant) in variants.iter().enumerate() {
                let left = left + column as f64 * (width + gap);
                let rect = Rect { left, right: left + width, top, bottom: top + height };
                let panel = Panel { rect, x: x.clone(), y: y.clone() };
                frame::axes(canvas, look, &panel, TickLabels { x: row == 1, y: column == 0 })?;
                paint_marks(canvas, look, &panel, variant)?;
                paint_branch(canvas, look, &panel, (look.series(0), 1.0), &variant.up, *quantity)?;
                paint_branch(canvas, look, &panel, (look.series(1), -1.0), &variant.down, *quantity)?;
                if row == 0 {
                    paint_heading(canvas, look, &rect, variant, [top, heading])?;
                }
            }
            let whole = Rect { left, top, right: look.width - look.margin(), bottom };
            let rows = if row == 0 { (heading + 0.75 * font) / font } else { 0.95 };
            frame::y_name(canvas, look, &whole, name, rows)?;
        }
        let whole = Rect { left, top: first, right: look.width - look.margin(), bottom };
        frame::x_name(canvas, look, &whole, &result.label)
    })
}

fn keys<'a>(look: &'a Look, variants: &'a [HysteresisVariant]) -> Vec<Key<'a>> {
    let branch = |index: usize, towards: f64, word: &'static str| {
        Key::new(3.0, word, move |canvas: &Canvas<'_>, rect: Rect| {
            let middle = 0.5 * (rect.top + rect.bottom);
            let style = look.series(index);
            canvas.series_line(&[(rect.left, middle), (rect.right, middle)], 0.8 * look.line, style)?;
            arrow(canvas, look, (0.5 * (rect.left + rect.right), middle), (towards, 0.0), style)
        })
    };
    let mut keys = vec![branch(0, 1.0, "load rises"), branch(1, -1.0, "load falls")];
    let upright = |word: String, index: Option<usize>, dash: &'static [f64]| {
        Key::new(0.6, word, move |canvas: &Canvas<'_>, rect: Rect| {
            let x = 0.5 * (rect.left + rect.right);
            let colour = index.map_or(look.muted, |index| look.series(index).colour);
            mark(canvas, look, x, [rect.top, rect.bottom], colour, dash)
        })
    };
    if variants.iter().any(|variant| variant.breaks_at.p50.is_some()) {
        keys.push(upright("breaks".to_owned(), Some(0), BREAKS));
    }
    if variants.iter().any(|variant| variant.heals_at.p50.is_some()) {
        keys.push(upright("heals".to_owned(), Some(1), HEALS));
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in variants.iter().flat_map(|variant| &variant.theory) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        keys.push(upright(format!("theory: {}", names.join(", ")), None, &[]));
    }
    keys
}

/// How the loads are dashed at which a variant breaks and heals.
const BREAKS: &[f64] = &[4.0, 2.0];
const HEALS: &[f64] = &[1.5, 2.0];

fn x_axis(result: &HysteresisResult, width: f64, font: f64) -> Axis {
    let steps = result.variants.iter().flat_map(|variant| variant.up.iter().chain(&variant.down));
    let loads = steps.map(|step| step.load).filter(|load| load.is_finite());
    let low = loads.clone().fold(f64::INFINITY, f64::min);
    let high = loads.fold(f64::NEG_INFINITY, f64::max);
    let count = ((width / (4.2 * font)) as usize).clamp(2, 7);
    if low > high {
        return Axis::linear(0.0, 1.0, count, Unit::PerSecond);
    }
    let air = if high > low { 0.02 * (high - low) } else { 0.5 * high.abs().max(1.0) };
    Axis::linear(low - air, high + air, count, Unit::PerSecond)
}

/// Loads that theory names, that at which the variant breaks and that at which it heals.
fn paint_marks(canvas: &Canvas<'_>, look: &Look, panel: &Panel, variant: &HysteresisVariant) -> Drawn {
    let ends = [panel.rect.top, panel.rect.bottom];
    let inside = |load: f64| (panel.x.low..=panel.x.high).contains(&load).then(|| panel.x_at(load));
    for (_, load) in &variant.theory {
        if let Some(x) = inside(*load) {
            mark(canvas, look, x, ends, look.muted, &[])?;
        }
    }
    for (quantiles, index, dash) in [(&variant.breaks_at, 0, BREAKS), (&variant.heals_at, 1, HEALS)] {
        if let Some(x) = quantiles.p50.and_then(inside) {
            mark(canvas, look, x, ends, look.series(index).colour, dash)?;
        }
    }
    Ok(())
}

fn mark(
    canvas: &Canvas<'_>,
    look: &Look,
    x: f64,
    [top, bottom]: [f64; 2],
    colour: super::Colour,
    dash: &[f64],
) -> Drawn {
    let line = [(x, top), (x, bottom)];
    match dash {
        [] => canvas.line(&line, 0.4 * look.line, colour, 0.9),
        dash => canvas.dashed_line(&line, 0.7 * look.line, colour, dash),
    }
}

/// A branch with its band and with arrows in the direction of time.
fn paint_branch(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    (style, towards): (SeriesStyle, f64),
    steps: &[RampStep],
    quantity: Quantity,
) -> Drawn {
    let there = steps.iter().filter(|step| quantity(step).iter().all(|value| value.is_finite()));
    let there: Vec<&RampStep> = there.collect();
    let at = |part: usize| -> Vec<Point> {
        there.iter().map(|step| panel.at(step.load, quantity(step)[part])).collect()
    };
    let (low, middle, high) = (at(0), at(1), at(2));
    let band: Vec<Point> = low.into_iter().chain(high.into_iter().rev()).collect();
    canvas.polygon(&band, style.colour, 0.18)?;
    canvas.series_line(&middle, 0.9 * look.line, style)?;
    let count = middle.len();
    for place in [count / 4, count / 2, 3 * count / 4] {
        if let (Some(from), Some(to)) = (middle.get(place.wrapping_sub(1)), middle.get(place)) {
            let way = (to.0 - from.0, to.1 - from.1);
            let length = way.0.hypot(way.1).max(1e-9);
            let centre = (0.5 * (from.0 + to.0), 0.5 * (from.1 + to.1));
            let way = if length > 1e-6 { (way.0 / length, way.1 / length) } else { (towards, 0.0) };
            arrow(canvas, look, centre, way, style)?;
        }
    }
    Ok(())
}

/// An arrow head in a direction of length one.
fn arrow(canvas: &Canvas<'_>, look: &Look, at: Point, way: Point, style: SeriesStyle) -> Drawn {
    let head = |size: f64| {
        let size = size * look.line;
        let side = (-way.1, way.0);
        [
            (at.0 + size * way.0, at.1 + size * way.1),
            (
                at.0 - 0.7 * size * way.0 + 0.8 * size * side.0,
                at.1 - 0.7 * size * way.1 + 0.8 * size * side.1,
            ),
            (
                at.0 - 0.7 * size * way.0 - 0.8 * size * side.0,
                at.1 - 0.7 * size * way.1 - 0.8 * size * side.1,
            ),
        ]
    };
    canvas.polygon(&head(4.2), look.background, 1.0)?;
    canvas.polygon(&head(2.9), style.colour, 1.0)
}

fn paint_heading(
    canvas: &Canvas<'_>,
    look: &Look,
    rect: &Rect,
    variant: &HysteresisVariant,
    [top, heading]: [f64; 2],
) -> Drawn {
    let font = look.font;
    let name = canvas.fitted(&variant.name, 0.9 * font, rect.width());
    let y = top - heading + if look.is_thumb { 0.5 * font } else { 0.9 * font };
    canvas.text(&name, (rect.left, y), look.text(0.9, look.ink, Align::Left))?;
    if look.is_thumb {
        return Ok(());
    }
    let told = canvas.fitted(&landscape::loads(variant), 0.75 * font, rect.width());
    canvas.text(&told, (rect.left, y + 1.05 * font), look.text(0.75, look.muted, Align::Left))
}
