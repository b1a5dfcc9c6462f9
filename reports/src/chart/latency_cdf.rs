//! How long do requests take, and how long the slowest of them? Latency on a log axis against its
//! percentile on an axis on which every nine is as long as the one before. Up to six variants share one
//! panel with a legend; more become small multiples.

use scenarios::metric::Unit;
use scenarios::results::{ComparisonReport, LatencyCdf};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, Rect, TickLabels};
use super::grid::{Grid, Heading};
use super::{Look, SeriesStyle};
use crate::{format, typeset};

/// More variants than this become small multiples.
const OVERLAID: usize = 6;

/// Whether any variant answered a request.
pub(crate) fn has_data(report: &ComparisonReport) -> bool {
    report.latency.iter().any(|cdf| cdf.points.iter().any(|(latency, _)| *latency > 0.0))
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("Latency of answered requests: {}", report.manifest.title)
}

/// Draws the latency distributions of a comparison.
pub(crate) fn draw(report: &ComparisonReport, look: &Look) -> Result<String, DrawError> {
    let seeds = format::seeds(&report.comparison.seeds);
    let baseline = report.latency.first().map_or("", |cdf| cdf.variant.as_str());
    let is_small = report.latency.len() > OVERLAID;
    let subtitle = if is_small {
        format!("{seeds}, after warm-up · grey: {}", typeset::shortened(baseline, 40))
    } else {
        format!("{seeds}, after warm-up; requests without an answer stand in the legend only")
    };
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &subtitle)?;
        if is_small { paint_panels(canvas, look, report) } else { paint_overlaid(canvas, look, report) }
    })
}

fn paint_overlaid(canvas: &Canvas<'_>, look: &Look, report: &ComparisonReport) -> Drawn {
    let legend_width = legend_width(canvas, look, report);
    let (x, y) = (x_axis(report, 6), Axis::tail());
    let rect = Rect {
        left: look.margin() + frame::y_label_width(canvas, look, &y),
        top: look.margin() + look.header() + look.font * if look.is_thumb { 0.3 } else { 2.1 },
        right: look.width - look.margin() - legend_width - 1.2 * look.font,
        bottom: look.height - look.margin() * 0.6 - look.footer(),
    };
    let panel = Panel { rect, x, y };
    frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
    frame::y_name(canvas, look, &rect, "percentile", 1.25)?;
    frame::x_name(canvas, look, &rect, "latency (log scale)")?;
    let mut densest_first: Vec<(usize, &LatencyCdf)> = indexed(report).collect();
    densest_first.sort_by(|a, b| look.ink_share(b.0).total_cmp(&look.ink_share(a.0)));
    for (index, cdf) in densest_first {
        canvas.series_line(&points(&panel, cdf), look.line, look.series(index))?;
    }
    paint_legend(canvas, look, report, &panel, legend_width)
}

/// One panel per variant, the baseline grey behind it.
fn paint_panels(canvas: &Canvas<'_>, look: &Look, report: &ComparisonReport) -> Drawn {
    let heading = |(index, cdf): (usize, &LatencyCdf)| Heading {
        name: cdf.variant.clone(),
        remark: remark(cdf),
        colour: look.series(index).colour,
    };
    let headings: Vec<Heading> = indexed(report).map(heading).collect();
    let (x, mut y) = (x_axis(report, 3), Axis::tail());
    // In a low panel the label of the median would touch its neighbour.
    y.ticks.retain(|(share, _)| *share != 0.5);
    let grid = Grid::new(canvas, look, &headings, &y);
    frame::y_name(canvas, look, &grid.whole, "percentile", 0.5)?;
    frame::x_name(canvas, look, &grid.whole, "latency (log scale)")?;
    for (place, (index, cdf)) in indexed(report).enumerate().take(grid.count) {
        let (rect, labels) = grid.panel(place);
        let panel = Panel { rect, x: x.clone(), y: y.clone() };
        frame::axes(canvas, look, &panel, labels)?;
        if let Some(baseline) = report.latency.first().filter(|_| place > 0) {
            canvas.line(&points(&panel, baseline), look.line * 0.6, look.muted, 0.6)?;
        }
        canvas.line(&points(&panel, cdf), look.line * 0.9, look.series(index).colour, 1.0)?;
        grid.paint_heading(canvas, look, &rect, &headings[place])?;
    }
    grid.paint_left_out(canvas, look, headings.len())
}

/// Distributions with the place of their variant in the file.
fn indexed(report: &ComparisonReport) -> impl Iterator<Item = (usize, &LatencyCdf)> {
    report.latency.iter().enumerate().map(|(position, cdf)| {
        let found = report.comparison.variants.iter().position(|variant| variant.name == cdf.variant);
        (found.unwrap_or(position), cdf)
    })
}

/// From where the first half percent is answered to where the slowest curve leaves the figure.
fn x_axis(report: &ComparisonReport, ticks: usize) -> Axis {
    let points =
        || report.latency.iter().flat_map(|cdf| cdf.points.iter().filter(|(latency, _)| *latency > 0.0));
    let low = points().filter(|(_, share)| *share >= 0.005).map(|(latency, _)| *latency);
    let low = low.fold(f64::INFINITY, f64::min);
    let leaves = |cdf: &LatencyCdf| {
        let within = cdf.points.iter().take_while(|(_, share)| *share < Axis::tail().high).count();
        cdf.points.get(within).or(cdf.points.last()).map(|(latency, _)| *latency)
    };
    let high = report.latency.iter().filter_map(leaves).fold(0.0, f64::max);
    Axis::log(low.max(high / 1e5).min(high), high * 1.08, ticks, Unit::Seconds)
}

/// The curve up to the last percentile of the axis; the crossing is interpolated.
fn points(panel: &Panel, cdf: &LatencyCdf) -> Vec<Point> {
    let mut points = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for (latency, share) in cdf.points.iter().copied().filter(|(latency, _)| *latency >= panel.x.low) {
        if share >= panel.y.high {
            let x = match before {
                Some((l, s)) if share > s => l + (latency - l) * (panel.y.high - s) / (share - s),
                _ => latency,
            };
            points.push(panel.at(x, panel.y.high));
            break;
        }
        points.push(panel.at(latency, share));
        before = Some((latency, share));
    }
    points
}

fn remark(cdf: &LatencyCdf) -> String {
    if cdf.points.is_empty() {
        "no request was answered".to_owned()
    } else if cdf.unanswered_share == 0.0 {
        "all answered".to_owned()
    } else {
        format!("{} unanswered", format::percent(cdf.unanswered_share))
    }
}

fn legend_width(canvas: &Canvas<'_>, look: &Look, report: &ComparisonReport) -> f64 {
    let widths = report.latency.iter().map(|cdf| {
        let remark = if look.is_thumb { 0.0 } else { canvas.text_width(&remark(cdf), look.font * 0.8) };
        canvas.text_width(&cdf.variant, look.font).max(remark)
    });
    widths.fold(0.0, f64::max).min(0.28 * look.width) + 3.8 * look.font
}

fn paint_legend(
    canvas: &Canvas<'_>,
    look: &Look,
    report: &ComparisonReport,
    panel: &Panel,
    width: f64,
) -> Drawn {
    let count = report.latency.len().max(1) as f64;
    let left = panel.rect.right + 1.2 * look.font;
    let text_left = left + 3.6 * look.font;
    let room = width - 3.6 * look.font;
    let step = (look.font * 2.7).min(panel.rect.height() / count);
    let has_remarks = step >= look.font * 2.0 && !look.is_thumb;
    for (row, (index, cdf)) in indexed(report).enumerate() {
        let y = panel.rect.top + look.font * 0.5 + row as f64 * step;
        let style: SeriesStyle = look.series(index);
        canvas.series_line(&[(left, y), (left + 3.0 * look.font, y)], look.line, style)?;
        let name = canvas.fitted(&cdf.variant, look.font, room);
        canvas.text(&name, (text_left, y), look.text(1.0, look.text_colour(style.colour), Align::Left))?;
        if has_remarks {
            let remark = canvas.fitted(&remark(cdf), look.font * 0.8, room);
            canvas.text(
                &remark,
                (text_left, y + 1.05 * look.font),
                look.text(0.8, look.muted, Align::Left),
            )?;
        }
    }
    Ok(())
}
