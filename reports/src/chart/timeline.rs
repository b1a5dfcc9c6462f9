//! How does a metric or a gauge move over time, with triggers shaded, variants overlaid, and recovery marked?
//! Up to six variants share one panel; more become small multiples. Several gauges of few variants stand above each
//! other.

mod data;
mod marks;
mod overlaid;
mod panels;
mod stacked;
mod subject;

use scenarios::results::ComparisonReport;

use super::canvas::{self, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel};
use super::{Look, Marker, SeriesStyle};
use data::{Line, Timeline, finite, runs};
pub(crate) use data::{has_data, windows};
pub(crate) use subject::Subject;

/// More variants than this become small multiples.
pub(crate) const OVERLAID: usize = 6;

/// Draws the timeline of a metric or of a gauge.
pub(crate) fn draw(report: &ComparisonReport, subject: Subject, look: &Look) -> Result<String, DrawError> {
    let title = subject.title(report);
    let timeline = Timeline::new(report, subject);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title, &timeline.subtitle())?;
        if timeline.lines.len() > OVERLAID {
            panels::paint(canvas, look, &timeline)
        } else {
            overlaid::paint(canvas, look, &timeline)
        }
    })
}

/// Draws the timelines of few variants above each other, each on an axis of its own.
pub(crate) fn draw_stacked(
    report: &ComparisonReport,
    title: &str,
    subjects: &[Subject],
    look: &Look,
) -> Result<String, DrawError> {
    let timelines: Vec<Timeline<'_>> =
        subjects.iter().map(|subject| Timeline::new(report, subject.clone())).collect();
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, title, &stacked::subtitle(&timelines))?;
        stacked::paint(canvas, look, &timelines)
    })
}

/// The marks that all ways of drawing share.
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

    /// From the 10th to the 90th percentile over seeds.
    fn paint_band(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        panel: &Panel,
        line: &Line<'_>,
        opacity: f64,
    ) -> Drawn {
        let colour = look.series(line.index).colour;
        for run in runs(&self.points(&line.band, |band| Some((finite(band.p10)?, finite(band.p90)?)))) {
            let below = run.iter().map(|(x, (low, _))| panel.at(*x, *low));
            let above = run.iter().rev().map(|(x, (_, high))| panel.at(*x, *high));
            canvas.polygon(&below.chain(above).collect::<Vec<_>>(), colour, opacity)?;
        }
        Ok(())
    }

    /// One dashed line for each different load; most often all variants share one.
    fn paint_loads(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel) -> Drawn {
        for (index, line) in self.lines.iter().enumerate() {
            if self.lines[..index].iter().all(|before| before.offered != line.offered) {
                self.paint_offered(canvas, look, panel, line)?;
            }
        }
        Ok(())
    }

    /// Bands first, then lines: those with most ink below the others.
    fn paint_lines(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel, width: f64) -> Drawn {
        let many_seeds = self.report.comparison.seeds.len() > 1;
        for line in self.lines.iter().filter(|_| many_seeds) {
            self.paint_band(canvas, look, panel, line, if self.lines.len() > 2 { 0.12 } else { 0.2 })?;
        }
        let mut densest_first: Vec<&Line<'_>> = self.lines.iter().collect();
        densest_first.sort_by(|a, b| look.ink_share(b.index).total_cmp(&look.ink_share(a.index)));
        for line in densest_first {
            let style = look.series(line.index);
            // Alone in its panel, a line needs no dash.
            let dash = if self.lines.len() == 1 { &[] } else { style.dash };
            self.paint_line(canvas, panel, line, width, SeriesStyle { dash, ..style })?;
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
