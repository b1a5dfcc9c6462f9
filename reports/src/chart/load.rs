//! How much of what users ask for is served? Goodput against the offered load that was measured, with the diagonal
//! where everything is served and, where the file tells them, the load that can be carried in good times and the one
//! below which every trigger heals.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{CapacityLine, SweepResult, VariantResult};

use super::axis::Axis;
use super::canvas::{self, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, TickLabels};
use super::keys::{self, Key};
use super::{Colour, Look, labels};
use crate::format;
use crate::shown::{Estimate, Shown};

/// Loads that differ less than this, as a ratio, are one load.
const VARIES: f64 = 1.2;
/// Where this share is served everywhere, the curve is the diagonal.
const SERVED: f64 = 0.97;
/// Dashes of the two capacities, in widths of the line.
const ADVERTISED: &[f64] = &[6.0, 3.0];
const HIDDEN: &[f64] = &[1.5, 2.5];

struct Curve {
    index: usize,
    name: String,
    /// Offered load and goodput, in the order of the load.
    points: Vec<(f64, Estimate)>,
}

/// The loads and the goodput of each variant.
fn curves(sweep: &SweepResult) -> Vec<Curve> {
    let names = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
    let curve = |(index, variant): (usize, &VariantResult)| {
        let at = |point: &scenarios::results::SweepPoint| {
            let there = point.variants.iter().find(|other| other.name == variant.name)?;
            let offered = Shown::Metric(Metric::Offered).estimate(there)?;
            Some((offered.value, Shown::Metric(Metric::Goodput).estimate(there)?))
        };
        let mut points: Vec<(f64, Estimate)> = sweep.points.iter().filter_map(at).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Curve { index, name: variant.name.clone(), points }
    };
    names.iter().enumerate().map(curve).collect()
}

/// Whether it is worth drawing: the load varies, and goodput is asked for, or the load is what is swept and some of it
/// is not served.
pub(crate) fn has_data(sweep: &SweepResult) -> bool {
    let curves = curves(sweep);
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let low = points().map(|(load, _)| *load).fold(f64::INFINITY, f64::min);
    let high = points().map(|(load, _)| *load).fold(0.0, f64::max);
    let is_lossy = || points().any(|(load, goodput)| goodput.value < SERVED * load);
    high > 0.0 && high >= VARIES * low && (sweep.metric == Metric::Goodput || is_rate(sweep) && is_lossy())
}

/// Whether the swept setting is an arrival rate: then the plain figure of goodput would show the same once more.
pub(crate) fn is_rate(sweep: &SweepResult) -> bool {
    sweep.path.contains(".arrivals.") && sweep.path.ends_with("rate")
}

/// The figure's title.
pub(crate) const TITLE: &str = "Goodput against offered load";

/// What the upright lines say, in words; empty without any.
pub(crate) fn capacities(sweep: &SweepResult) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for CapacityLine { variant: name, advertised_per_s, hidden_per_s } in &sweep.capacities {
        let show = |per_s: f64| format::quantity(per_s, Unit::PerSecond);
        let hidden = hidden_per_s
            .map_or(String::new(), |per_s| format!(", every trigger heals below {}", show(per_s)));
        let text = format!("{} in good times{hidden}", show(*advertised_per_s));
        match said.iter_mut().find(|(other, _)| *other == text) {
            Some((_, names)) => names.push(name),
            None => said.push((text, vec![name])),
        }
    }
    let is_one = said.len() == 1;
    let texts = said.into_iter().map(|(text, names)| match is_one {
        true => text,
        false => format!("{}: {text}", names.join(", ")),
    });
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() { String::new() } else { format!("Capacity before any run: {}.", texts.join("; ")) }
}

/// What the figure shows, in words.
pub(crate) fn alt(sweep: &SweepResult) -> String {
    let show = |value: f64| format::quantity(value, Unit::PerSecond);
    let told = curves(sweep).into_iter().take(8).filter_map(|curve| {
        let (first, last) = (curve.points.first()?, curve.points.last()?);
        let best = curve.points.iter().max_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
        let at = |(load, goodput): &(f64, Estimate)| format!("{} of {}", show(goodput.value), show(*load));
        Some(format!("{}: {} served, {} at most, {} at the end.", curve.name, at(first), at(best), at(last)))
    });
    let told: Vec<String> = told.collect();
    format!("{TITLE}, {} points. {} {}", sweep.points.len(), told.join(" "), capacities(sweep))
        .trim_end()
        .to_owned()
}

/// Draws the figure.
pub(crate) fn draw(sweep: &SweepResult, look: &Look) -> Result<String, DrawError> {
    let curves = curves(sweep);
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let widest = points().map(|(load, _)| *load).fold(0.0, f64::max);
    let highest = points().map(|(_, goodput)| goodput.value).fold(0.0, f64::max);
    // Capacities far to the right would squeeze what was measured.
    let capacity = |line: &CapacityLine| [Some(line.advertised_per_s), line.hidden_per_s];
    let near = sweep.capacities.iter().flat_map(capacity).flatten().filter(|x| *x <= 1.3 * widest);
    let (x, y) = (near.fold(widest, f64::max), highest);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        let bars = if sweep.seeds.len() < 2 { "" } else { " · bars: 95 % interval" };
        let subtitle = format!("{} · {} per point{bars}", sweep.scenario.id, format::seeds(&sweep.seeds));
        frame::header(canvas, look, TITLE, &subtitle)?;
        let (x, y) = (Axis::from_zero(x, 6, Unit::PerSecond), Axis::from_zero(y, 5, Unit::PerSecond));
        let names = curves.iter().map(|curve| canvas.text_width(&curve.name, look.font));
        let label_width = names.fold(0.0, f64::max).min(0.26 * look.width) + 1.9 * look.font;
        let keys = keys(sweep, look);
        let rows =
            2.1 + if look.is_thumb { 0.0 } else { keys::height(canvas, look, &keys) / look.font + 0.4 };
        let rect = frame::beside_labels(canvas, look, &y, label_width, rows);
        let panel = Panel { rect, x, y };
        if !look.is_thumb {
            keys::paint(canvas, look, look.margin() + look.header() + 0.5 * look.font, &keys)?;
        }
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, "goodput, per second", 1.25)?;
        frame::x_name(canvas, look, &rect, "offered load, first tries per second")?;
        let corner = panel.x.high.min(panel.y.high);
        canvas.line(&[panel.at(0.0, 0.0), panel.at(corner, corner)], 0.6 * look.line, look.muted, 0.8)?;
        for (x, colour, dash) in uprights(sweep, look).into_iter().filter(|(x, ..)| *x <= panel.x.high) {
            let (at, width) = (panel.x_at(x), 0.7 * look.line);
            canvas.dashed_line(&[(at, rect.bottom), (at, rect.top)], width, colour, dash)?;
        }
        for curve in &curves {
            paint(canvas, look, &panel, curve)?;
        }
        paint_labels(canvas, look, &panel, &curves, label_width)
    })
}

/// The capacities, each once: in the colour of its variant, or muted where several share it.
fn uprights(sweep: &SweepResult, look: &Look) -> Vec<(f64, Colour, &'static [f64])> {
    let mut lines: Vec<(f64, Colour, &'static [f64])> = Vec::new();
    let names = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
    for line in &sweep.capacities {
        let index = names.iter().position(|variant| variant.name == line.variant).unwrap_or(0);
        let colour = look.series(index).colour;
        let both = [(Some(line.advertised_per_s), ADVERTISED), (line.hidden_per_s, HIDDEN)];
        for (x, dash) in both.into_iter().filter_map(|(x, dash)| Some((x?, dash))) {
            let same = |other: &&mut (f64, Colour, &'static [f64])| {
                other.2 == dash && (other.0 - x).abs() <= 1e-6 * x.abs()
            };
            match lines.iter_mut().find(same) {
                Some(other) => other.1 = look.muted,
                None => lines.push((x, colour, dash)),
            }
        }
    }
    lines
}

fn keys<'a>(sweep: &SweepResult, look: &'a Look) -> Vec<Key<'a>> {
    let sample = |dash: &'static [f64], text: &str| {
        Key::new(2.2, text, move |canvas: &Canvas<'_>, rect: frame::Rect| {
            let y = 0.5 * (rect.top + rect.bottom);
            let line = [(rect.left, y), (rect.right, y)];
            match dash {
                [] => canvas.line(&line, 0.6 * look.line, look.muted, 0.8),
                dash => canvas.dashed_line(&line, 0.7 * look.line, look.muted, dash),
            }
        })
    };
    let mut keys = vec![sample(&[], "all served")];
    if !sweep.capacities.is_empty() {
        keys.push(sample(ADVERTISED, "capacity in good times"));
    }
    if sweep.capacities.iter().any(|line| line.hidden_per_s.is_some()) {
        keys.push(sample(HIDDEN, "every trigger heals below"));
    }
    keys
}

fn paint(canvas: &Canvas<'_>, look: &Look, panel: &Panel, curve: &Curve) -> Drawn {
    let style = look.series(curve.index);
    for (load, goodput) in &curve.points {
        if let Some([low, high]) = goodput.interval.filter(|ends| ends.iter().all(|end| end.is_finite())) {
            canvas.line(
                &[panel.at(*load, low), panel.at(*load, high)],
                0.5 * look.line,
                style.colour,
                0.9,
            )?;
        }
    }
    let points: Vec<Point> =
        curve.points.iter().map(|(load, goodput)| panel.at(*load, goodput.value)).collect();
    canvas.series_line(&points, 0.8 * look.line, style)?;
    for point in points {
        canvas.marker(point, 1.9 * look.line, style.marker, style.colour, look.background)?;
    }
    Ok(())
}

fn paint_labels(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    curves: &[Curve],
    label_width: f64,
) -> Drawn {
    let end = |curve: &Curve| curve.points.last().map(|(load, goodput)| panel.at(*load, goodput.value));
    let ends: Vec<labels::LineEnd<'_>> =
        curves.iter().map(|curve| (curve.name.as_str(), curve.index, end(curve))).collect();
    labels::paint(canvas, look, &panel.rect, &ends, label_width)
}
