//! How does each workload fare over time? The success of all workloads of a variant over each other; variants
//! beside each other.

use scenarios::metric::{Metric, Unit};
use scenarios::picture::{VariantPicture, WorkloadLine};
use scenarios::results::{ComparisonReport, TriggerWindow};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, Rect, TickLabels};
use super::grid::{Grid, Heading};
use super::{Look, labels, legend};
use crate::format;

/// Moments that a small panel shows at most.
const MOMENTS: usize = 200;

/// The variants that have something to show.
pub(crate) fn pictures(report: &ComparisonReport) -> Vec<&VariantPicture> {
    report.pictures.iter().filter(|picture| !picture.workloads.is_empty()).collect()
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("Success of each workload over time: {}", report.manifest.title)
}

/// Draws all workloads of all variants.
pub(crate) fn draw(report: &ComparisonReport, look: &Look) -> Result<String, DrawError> {
    let seeds = &report.comparison.seeds;
    let subtitle =
        if seeds.len() > 1 { format!("median of {} seeds", seeds.len()) } else { format::seeds(seeds) };
    let pictures = pictures(report);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &subtitle)?;
        let figure = Figure::new(look, report, pictures);
        match figure.pictures.len() {
            1 => figure.paint_one(canvas),
            _ => figure.paint_several(canvas),
        }
    })
}

struct Figure<'a> {
    look: &'a Look,
    report: &'a ComparisonReport,
    pictures: Vec<&'a VariantPicture>,
    /// All workloads; the place decides the look.
    names: Vec<&'a str>,
    x: Axis,
}

impl<'a> Figure<'a> {
    fn new(look: &'a Look, report: &'a ComparisonReport, pictures: Vec<&'a VariantPicture>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for line in pictures.iter().flat_map(|picture| &picture.workloads) {
            if !names.contains(&line.name.as_str()) {
                names.push(&line.name);
            }
        }
        let end = report.manifest.horizon_s.max(report.series.starts_s.last().copied().unwrap_or(0.0));
        Figure { look, report, pictures, names, x: Axis::linear(0.0, end, 6, Unit::Seconds) }
    }

    fn place(&self, line: &WorkloadLine) -> usize {
        self.names.iter().position(|name| *name == line.name).unwrap_or(0)
    }

    fn triggers(&self, picture: &VariantPicture) -> Vec<&'a TriggerWindow> {
        self.report.manifest.events(&picture.variant).collect()
    }

    /// One variant: names at the ends of the lines.
    fn paint_one(&self, canvas: &Canvas<'_>) -> Drawn {
        let look = self.look;
        let font = look.font;
        let Some(picture) = self.pictures.first() else { return Ok(()) };
        let triggers = self.triggers(picture);
        let y = Axis::share(5);
        let name_rows = if triggers.is_empty() { 1.25 } else { 2.2 };
        let widest = self.names.iter().map(|name| canvas.text_width(name, font)).fold(0.0, f64::max);
        let label_width = widest.min(0.26 * look.width) + 1.7 * font;
        let rect = Rect {
            left: look.margin() + frame::y_label_width(canvas, look, &y),
            top: look.margin() + look.header() + font * if look.is_thumb { 0.3 } else { name_rows + 0.9 },
            right: look.width - look.margin() - label_width,
            bottom: look.height - look.margin() * 0.6 - look.footer(),
        };
        let panel = Panel { rect, x: self.x.clone(), y };
        frame::triggers(canvas, look, &panel, &triggers, !look.is_thumb)?;
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, Metric::Success.label(), name_rows)?;
        frame::x_name(canvas, look, &rect, "time")?;
        self.paint_lines(canvas, &panel, picture, look.line, usize::MAX)?;
        let ends: Vec<f64> = picture
            .workloads
            .iter()
            .map(|line| line.success.iter().rev().find_map(|value| *value))
            .map(|last| last.map_or(rect.bottom, |value| panel.y_at(value)))
            .collect();
        let places = labels::spread(&ends, 1.35 * font, rect.top, rect.bottom - 0.4 * font);
        for ((line, end), y) in picture.workloads.iter().zip(&ends).zip(places) {
            let style = look.series(self.place(line));
            let beside = rect.right + 0.75 * font;
            canvas.line(&[(rect.right, *end), (beside, y)], 0.4 * look.line, style.colour, 0.8)?;
            canvas.marker((beside, y), 1.7 * look.line, style.marker, style.colour, look.background)?;
            let name = canvas.fitted(&line.name, font, label_width - 1.5 * font);
            let colour = look.text_colour(style.colour);
            canvas.text(&name, (rect.right + 1.5 * font, y), look.text(1.0, colour, Align::Left))?;
        }
        Ok(())
    }

    /// A panel per variant under a common legend.
    fn paint_several(&self, canvas: &Canvas<'_>) -> Drawn {
        let look = self.look;
        let heading = |picture: &&VariantPicture| Heading {
            name: picture.variant.clone(),
            remark: String::new(),
            colour: look.ink,
        };
        let headings: Vec<Heading> = self.pictures.iter().map(heading).collect();
        let y = Axis::share(2);
        let rows = if look.is_thumb {
            0.0
        } else {
            let entries = (0..).map(|index| look.series(index)).zip(self.names.iter().copied());
            legend::paint(canvas, look, look.margin() + look.header() + 0.5 * look.font, entries)?
        };
        let grid = Grid::below(canvas, look, &headings, &y, rows * 1.4 * look.font);
        frame::y_name(canvas, look, &grid.whole, Metric::Success.label(), 0.5)?;
        frame::x_name(canvas, look, &grid.whole, "time")?;
        for (index, picture) in self.pictures.iter().enumerate().take(grid.count) {
            let (rect, labels) = grid.panel(index);
            let panel = Panel { rect, x: grid.sparse(&self.x, index), y: y.clone() };
            frame::triggers(canvas, look, &panel, &self.triggers(picture), false)?;
            frame::axes(canvas, look, &panel, labels)?;
            self.paint_lines(canvas, &panel, picture, 0.8 * look.line, MOMENTS)?;
            grid.paint_heading(canvas, look, &rect, &headings[index])?;
        }
        grid.paint_left_out(canvas, look, self.pictures.len())
    }

    fn paint_lines(
        &self,
        canvas: &Canvas<'_>,
        panel: &Panel,
        picture: &VariantPicture,
        width: f64,
        moments: usize,
    ) -> Drawn {
        let series = &self.report.series;
        let group = series.starts_s.len().div_ceil(moments).max(1);
        // Lines on each other: what is dashed lies above what is not.
        let mut lines: Vec<&WorkloadLine> = picture.workloads.iter().collect();
        let ink = |line: &WorkloadLine| self.look.ink_share(self.place(line));
        lines.sort_by(|a, b| ink(b).total_cmp(&ink(a)));
        for line in lines {
            let points = |(index, values): (usize, &[Option<f64>])| {
                let there: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
                let start = series.starts_s.get(index * group)?;
                let time = start + 0.5 * series.width_s * values.len() as f64;
                (!there.is_empty()).then(|| panel.at(time, there.iter().sum::<f64>() / there.len() as f64))
            };
            let points: Vec<Option<Point>> = line.success.chunks(group).enumerate().map(points).collect();
            for stretch in points.split(Option::is_none).filter(|stretch| !stretch.is_empty()) {
                let stretch: Vec<Point> = stretch.iter().flatten().copied().collect();
                canvas.series_line(&stretch, width, self.look.series(self.place(line)))?;
            }
        }
        Ok(())
    }
}
