//! How does an outcome depend on a swept value? One curve per variant with markers and interval bars;
//! the closed form, where one exists, as a thin line of the same colour.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{SweepResult, TheoryLine};

use super::axis::{Axis, Scale};
use super::canvas::{self, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, TickLabels};
use super::{Look, labels};
use crate::format;
use crate::shown::{Estimate, Shown};

/// A log axis pays off when the largest value is this many times the smallest.
const LOG_FROM: f64 = 50.0;

struct Curve {
    index: usize,
    name: String,
    /// Pixels to the right of the true place, so that equal shares of several variants stay visible.
    dodge: f64,
    points: Vec<(f64, Option<Estimate>)>,
}

/// The figure's title.
pub(crate) fn title(sweep: &SweepResult, shown: Shown) -> String {
    let name = shown.label();
    // The unit behind a comma or in brackets stands at the axis.
    let against = sweep.label.split([',', '(']).next().unwrap_or_default().trim();
    format!("{}{} against {against}", name[..1].to_uppercase(), &name[1..])
}

/// Draws one quantity of a sweep.
pub(crate) fn draw(sweep: &SweepResult, shown: Shown, look: &Look) -> Result<String, DrawError> {
    let curves = curves(sweep, shown);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(sweep, shown), &subtitle(sweep, shown))?;
        let (x, y) = (x_axis(sweep), y_axis(sweep, shown, &curves));
        let names = curves.iter().map(|curve| canvas.text_width(&curve.name, look.font));
        let label_width = names.fold(0.0, f64::max).min(0.26 * look.width) + 1.9 * look.font;
        let rect = frame::beside_labels(canvas, look, &y, label_width, 2.1);
        let panel = Panel { rect, x, y };
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, &y_name(shown, &panel.y), 1.25)?;
        frame::x_name(canvas, look, &rect, &sweep.label)?;
        for curve in &curves {
            paint_theory(canvas, look, &panel, curve, shown.theory(sweep))?;
        }
        for curve in &curves {
            paint_curve(canvas, look, &panel, curve)?;
        }
        paint_labels(canvas, look, &panel, &curves, label_width)
    })
}

fn subtitle(sweep: &SweepResult, shown: Shown) -> String {
    let seeds = format!("{} · {} per point", sweep.scenario.id, format::seeds(&sweep.seeds));
    let bars = match shown {
        _ if sweep.seeds.len() < 2 => "",
        Shown::Stuck => " · bars: 95 % Wilson interval",
        Shown::Metric(Metric::RecoveryTime) => {
            " · bars: 95 % interval, or quartiles where seeds never recover"
        }
        Shown::Metric(_) => " · bars: 95 % interval",
    };
    let mut forms: Vec<&str> = shown.theory(sweep).map(|line| line.name.as_str()).collect();
    forms.dedup();
    let theory =
        if forms.is_empty() { String::new() } else { format!(" · thin line: {}", forms.join(", ")) };
    format!("{seeds}{bars}{theory}")
}

fn y_name(shown: Shown, axis: &Axis) -> String {
    let unit = if shown.unit() == Unit::PerSecond { ", per second" } else { "" };
    let log = if axis.scale == Scale::Log { " (log scale)" } else { "" };
    format!("{}{unit}{log}", shown.label())
}

fn curves(sweep: &SweepResult, shown: Shown) -> Vec<Curve> {
    let names = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
    let mut curves = Vec::new();
    for (index, variant) in names.iter().enumerate() {
        let at = |point: &scenarios::results::SweepPoint| {
            let there = point.variants.iter().find(|other| other.name == variant.name);
            (point.x, there.and_then(|variant| shown.estimate(variant)))
        };
        let mut points: Vec<(f64, Option<Estimate>)> = sweep.points.iter().map(at).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let steps = index as f64 - 0.5 * (names.len() - 1) as f64;
        let dodge = if shown == Shown::Stuck { steps * (24.0 / names.len() as f64).min(8.0) } else { 0.0 };
        curves.push(Curve { index, name: variant.name.clone(), dodge, points });
    }
    curves
}

fn x_axis(sweep: &SweepResult) -> Axis {
    let values = sweep.points.iter().map(|point| point.x).filter(|x| x.is_finite());
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Axis::linear(0.0, 1.0, 5, Unit::Count);
    }
    if low > 0.0 && high / low >= LOG_FROM {
        return Axis::log(low / 1.15, high * 1.15, 6, Unit::Count);
    }
    // Half a marker of air on both sides; zero stays the left end where it is near.
    let air = if high > low { 0.03 * (high - low) } else { 0.5 * high.abs().max(1.0) };
    let low =
        if low >= 0.0 && low < 0.25 * high { 0.0 - if low == 0.0 { air } else { 0.0 } } else { low - air };
    Axis::linear(low, high + air, 6, Unit::Count)
}

fn y_axis(sweep: &SweepResult, shown: Shown, curves: &[Curve]) -> Axis {
    let unit = shown.unit();
    let estimates = curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, estimate)| *estimate);
    let theory = shown.theory(sweep).flat_map(|line| &line.points).map(|(_, y)| *y);
    let values: Vec<f64> =
        estimates.clone().map(|e| e.value).chain(theory).filter(|v| v.is_finite()).collect();
    let high = values.iter().copied().fold(0.0, f64::max);
    let bars = estimates.filter_map(|e| e.interval).map(|[_, high]| high).filter(|v| v.is_finite());
    // A wide bar may stretch the axis, but not without limit.
    let high_with_bars = bars.fold(high, f64::max).min(high * 1.5);
    if unit == Unit::Share && high > 0.2 {
        return Axis::share(5);
    }
    let smallest = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    let no_zero = values.iter().all(|value| *value > 0.0);
    if no_zero && smallest.is_finite() && high / smallest > LOG_FROM {
        return Axis::log(smallest / 1.3, high_with_bars * 1.3, 6, unit);
    }
    Axis::from_zero(high_with_bars, 5, unit)
}

fn paint_theory<'a>(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    curve: &Curve,
    theory: impl Iterator<Item = &'a TheoryLine>,
) -> Drawn {
    let colour = look.series(curve.index).colour;
    for line in theory.filter(|line| line.variant == curve.name) {
        // A closed form may run off to infinity; its line ends where the axis does.
        let inside = line.points.iter().filter(|(_, y)| y.is_finite() && *y <= panel.y.high * 1.000_001);
        let points: Vec<Point> = inside.map(|(x, y)| panel.at(*x, *y)).collect();
        canvas.line(&points, look.line * 0.5, colour, 0.85)?;
    }
    Ok(())
}

fn paint_curve(canvas: &Canvas<'_>, look: &Look, panel: &Panel, curve: &Curve) -> Drawn {
    let style = look.series(curve.index);
    let cap = look.line * 1.6;
    let at = |x: f64, y: f64| {
        let (x, y) = panel.at(x, y);
        (x + curve.dodge * look.line / 4.0, y)
    };
    for (x, estimate) in &curve.points {
        if let Some([low, high]) = estimate.and_then(|estimate| estimate.interval)
            && low.is_finite()
            && high.is_finite()
        {
            let (from, to) = (at(*x, low), at(*x, high));
            canvas.line(&[from, to], look.line * 0.5, style.colour, 0.9)?;
            for end in [from, to] {
                canvas.line(
                    &[(end.0 - cap, end.1), (end.0 + cap, end.1)],
                    look.line * 0.5,
                    style.colour,
                    0.9,
                )?;
            }
        }
    }
    for stretch in curve.points.split(|(_, estimate)| estimate.is_none()) {
        let points: Vec<Point> =
            stretch.iter().filter_map(|(x, estimate)| Some(at(*x, estimate.as_ref()?.value))).collect();
        canvas.series_line(&points, look.line * 0.8, style)?;
        for point in points {
            canvas.marker(point, look.line * 1.9, style.marker, style.colour, look.background)?;
        }
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
    let end = |curve: &Curve| {
        let known = |(x, estimate): &(f64, Option<Estimate>)| Some((*x, estimate.as_ref()?.value));
        curve.points.iter().rev().find_map(known).map(|(x, y)| panel.at(x, y))
    };
    let ends: Vec<labels::LineEnd<'_>> =
        curves.iter().map(|curve| (curve.name.as_str(), curve.index, end(curve))).collect();
    labels::paint(canvas, look, &panel.rect, &ends, label_width)
}
