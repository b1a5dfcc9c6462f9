//! How does a metric move over time, with triggers shaded, variants overlaid, and recovery marked?
//! Up to six variants share one panel; more become small multiples.

mod data;
mod overlaid;
mod panels;

use scenarios::metric::Metric;
use scenarios::results::ComparisonReport;

use super::canvas::{self, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel};
use super::{Look, Marker, SeriesStyle};
use data::{Line, Timeline, finite, runs};
pub(crate) use data::{has_data, windows};

/// More variants than this become small multiples.
const OVERLAID: usize = 6;

/// Draws the timeline of a metric.
pub(crate) fn draw(report: &ComparisonReport, metric: Metric, look: &Look) -> Result<String, DrawError> {
    let timeline = Timeline::new(report, metric);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report, metric), &timeline.subtitle())?;
        if timeline.lines.len() > OVERLAID {
            panels::paint(canvas, look, &timeline)
        } else {
            overlaid::paint(canvas, look, &timeline)
        }
    })
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport, metric: Metric) -> String {
    let mut name = metric.label().to_owned();
    if let Some(first) = name.get(..1) {
        name = first.to_uppercase() + &name[1..];
    }
    format!("{name} over time: {}", report.manifest.title)
}

/// The marks that both ways of drawing share.
impl Timeline<'_> {
    fn paint_offered(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel, line: &Line<'_>) -> Drawn {
        let points: Vec<Point> = line.offered.iter().map(|(x, y)| panel.at(*x, *y)).collect();
        canvas.series_line(&points, look.line * 0.6, self.offered_style(look))
    }

    fn offered_style(&self, look: &Look) -> SeriesStyle {
        SeriesStyle { colour: look.muted, dash: &[4.0, 3.0], marker: Marker::Circle }
    }

    fn paint_line(
        &self,
        canvas: &Canvas<'_>,
        panel: &Panel,
        line: &Line<'_>,
        width: f64,
        style: SeriesStyle,
    ) -> Drawn {
        for run in runs(&self.points(&line.band, |band| finite(band.p50))) {
            let points: Vec<Point> = run.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            canvas.series_line(&points, width, style)?;
        }
        Ok(())
    }

    /// A ring on the line and a thread down to the time axis.
    fn paint_recovery(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel, line: &Line<'_>) -> Drawn {
        let Some((time, value)) = line.recovery else { return Ok(()) };
        let colour = look.series(line.index).colour;
        let (x, y) = panel.at(time, value);
        canvas.line(&[(x, y), (x, panel.rect.bottom)], look.line * 0.4, colour, 0.8)?;
        canvas.circle((x, y), look.line * 2.6, colour)?;
        canvas.circle((x, y), look.line * 1.5, look.background)
    }
}
