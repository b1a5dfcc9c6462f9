//! How long does it take to recover, and how often does it never happen? The share of the seeds that have recovered
//! within a time after the trigger, one step curve per variant; what is missing to 100 % never recovered.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{ComparisonReport, VariantResult};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, TickLabels};
use super::{Look, labels};
use crate::{format, words};

/// Curves of a figure; more variants stand in the table.
const CURVES: usize = 12;

/// When the seeds of a variant recovered.
pub(crate) struct Curve<'a> {
    pub(crate) index: usize,
    pub(crate) variant: &'a VariantResult,
    /// Ascending, seconds.
    pub(crate) times: Vec<f64>,
    /// Seeds that could be judged.
    pub(crate) of: usize,
}

impl Curve<'_> {
    /// Seeds that never recovered.
    pub(crate) fn never(&self) -> usize {
        self.of - self.times.len()
    }

    /// How many recovered, and how many never did.
    pub(crate) fn told(&self) -> String {
        match self.never() {
            0 => format!("all {}", self.of),
            never => format!("{never} of {} never", self.of),
        }
    }
}

/// The variants that were struck: seeds that no trigger made unhealthy recover at once.
pub(crate) fn curves(report: &ComparisonReport) -> Vec<Curve<'_>> {
    let variants = report.comparison.variants.iter().enumerate();
    variants.filter_map(|(index, variant)| curve(index, variant)).collect()
}

fn curve(index: usize, variant: &VariantResult) -> Option<Curve<'_>> {
    let result = words::metric(variant, Metric::RecoveryTime)?;
    let mut times: Vec<f64> =
        result.per_seed.iter().flatten().copied().filter(|time| time.is_finite()).collect();
    times.sort_by(f64::total_cmp);
    // Who is overloaded without any trigger cannot recover from one.
    let verdicts = &variant.verdicts;
    let judged = verdicts.stuck.count + verdicts.recovered.count + verdicts.unaffected.count;
    let of = times.len().max(judged as usize);
    (words::is_judged(variant) && of > 0).then_some(Curve { index, variant, times, of })
}

/// Whether some seed took time to recover.
pub(crate) fn has_data(report: &ComparisonReport) -> bool {
    report.comparison.seeds.len() > 1
        && curves(report).iter().any(|curve| curve.times.iter().any(|time| *time > 0.0))
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("How long recovery takes: {}", report.manifest.title)
}

/// Draws the distribution of the recovery times over seeds.
pub(crate) fn draw(report: &ComparisonReport, look: &Look) -> Result<String, DrawError> {
    let mut curves = curves(report);
    curves.truncate(CURVES);
    let subtitle = format!(
        "{} · {}, share of those judged that are healthy again within a time",
        report.manifest.scenario.id,
        format::seeds(&report.comparison.seeds)
    );
    let last = curves.iter().filter_map(|curve| curve.times.last()).copied().fold(0.0, f64::max);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &subtitle)?;
        let (x, y) = (Axis::from_zero(last, 6, Unit::Seconds), Axis::share(4));
        let widths = curves.iter().map(|curve| {
            let told = canvas.text_width(&curve.told(), 0.8 * look.font);
            canvas.text_width(&curve.variant.name, look.font).max(told)
        });
        let label_width = widths.fold(0.0, f64::max).min(0.28 * look.width) + 1.9 * look.font;
        let rect = frame::beside_labels(canvas, look, &y, label_width, 2.1);
        let panel = Panel { rect, x, y };
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, "share of seeds recovered", 1.25)?;
        frame::x_name(canvas, look, &rect, "time since the last trigger ended")?;
        let mut order: Vec<&Curve<'_>> = curves.iter().collect();
        order.sort_by(|a, b| look.ink_share(b.index).total_cmp(&look.ink_share(a.index)));
        for curve in order {
            let points = steps(&panel, curve);
            canvas.series_line(&points, look.line, look.series(curve.index))?;
        }
        paint_labels(canvas, look, &panel, &curves, label_width)
    })
}

/// From none at the start to all that ever recover at the end.
fn steps(panel: &Panel, curve: &Curve<'_>) -> Vec<Point> {
    let share = |count: usize| count as f64 / curve.of as f64;
    let mut points = vec![panel.at(0.0, 0.0)];
    for (count, time) in curve.times.iter().enumerate() {
        points.push(panel.at(*time, share(count)));
        points.push(panel.at(*time, share(count + 1)));
    }
    points.push(panel.at(panel.x.high, share(curve.times.len())));
    points.dedup();
    points
}

fn paint_labels(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    curves: &[Curve<'_>],
    label_width: f64,
) -> Drawn {
    let end = |curve: &Curve<'_>| panel.y_at(curve.times.len() as f64 / curve.of as f64);
    let wanted: Vec<f64> = curves.iter().map(end).collect();
    let has_remarks = !look.is_thumb && curves.len() as f64 * 2.3 * look.font <= panel.rect.height();
    let height = if has_remarks { 2.3 } else { 1.3 } * look.font;
    let low = panel.rect.bottom - if has_remarks { 0.9 * look.font } else { 0.0 };
    for (curve, (y, end)) in
        curves.iter().zip(labels::spread(&wanted, height, panel.rect.top, low).into_iter().zip(&wanted))
    {
        let style = look.series(curve.index);
        let knee = (panel.rect.right + 0.75 * look.font, y);
        canvas.line(&[(panel.rect.right, *end), knee], 0.4 * look.line, style.colour, 0.8)?;
        canvas.marker(knee, 1.7 * look.line, style.marker, style.colour, look.background)?;
        let (left, room) = (panel.rect.right + 1.6 * look.font, label_width - 1.6 * look.font);
        let name = canvas.fitted(&curve.variant.name, look.font, room);
        canvas.text(&name, (left, y), look.text(1.0, look.text_colour(style.colour), Align::Left))?;
        if has_remarks {
            let told = canvas.fitted(&curve.told(), 0.8 * look.font, room);
            canvas.text(&told, (left, y + 1.05 * look.font), look.text(0.8, look.muted, Align::Left))?;
        }
    }
    Ok(())
}
