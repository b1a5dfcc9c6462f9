//! How does a metric move over time, with triggers shaded, variants overlaid, and recovery marked?
//! Up to six variants share one panel; more become small multiples.

use std::collections::BTreeMap;

use scenarios::metric::{Metric, Unit};
use scenarios::results::{Arm, Band, ComparisonReport, TriggerWindow, VariantResult, VariantSeries};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point};
use super::frame::{self, Panel, Rect, TickLabels};
use super::{Look, Marker, SeriesStyle, labels, timeline_panels};
use crate::{format, words};

/// More variants than this become small multiples.
const OVERLAID: usize = 6;
/// More windows than this are thinned, keeping the lowest and the highest of each group.
const WINDOWS_DRAWN: usize = 600;

/// What a timeline shows.
pub(super) struct Timeline<'a> {
    pub(super) report: &'a ComparisonReport,
    pub(super) metric: Metric,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) triggers: Vec<&'a TriggerWindow>,
    /// Median offered load of the baseline, if it is drawn.
    pub(super) offered: Vec<(f64, f64)>,
    pub(super) x: Axis,
    pub(super) top: f64,
}

/// One variant's line.
pub(super) struct Line<'a> {
    pub(super) index: usize,
    pub(super) variant: &'a VariantResult,
    pub(super) band: Vec<Band>,
    /// Time and value at the median recovery.
    pub(super) recovery: Option<(f64, f64)>,
}

/// Whether there is anything to draw for a metric.
pub(crate) fn has_data(report: &ComparisonReport, metric: Metric) -> bool {
    triggered(report).any(|line| {
        line.bands.get(&metric).is_some_and(|bands| bands.iter().any(|band| finite(band.p50).is_some()))
    })
}

/// Draws the timeline of a metric.
pub(crate) fn draw(report: &ComparisonReport, metric: Metric, look: &Look) -> Result<String, DrawError> {
    let timeline = Timeline::new(report, metric);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report, metric), &timeline.subtitle())?;
        if timeline.lines.len() > OVERLAID {
            timeline_panels::paint(canvas, look, &timeline)
        } else {
            timeline.paint_overlaid(canvas, look)
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

impl<'a> Timeline<'a> {
    fn new(report: &'a ComparisonReport, metric: Metric) -> Self {
        let end = report.manifest.horizon_s.max(report.series.starts_s.last().copied().unwrap_or(0.0));
        let lines: Vec<Line<'a>> = report
            .comparison
            .variants
            .iter()
            .enumerate()
            .filter_map(|(index, variant)| {
                let series = triggered(report).find(|series| series.variant == variant.name)?;
                let band = series.bands.get(&metric)?.clone();
                Some(Line { index, variant, recovery: recovery(report, variant, &band), band })
            })
            .collect();
        let offered = match metric {
            Metric::Goodput | Metric::Throughput | Metric::Attempts => offered(report),
            _ => Vec::new(),
        };
        let values = lines.iter().flat_map(|line| &line.band).flat_map(|band| [band.p50, band.p90]);
        let values = values.filter_map(finite).chain(offered.iter().map(|(_, value)| *value));
        let top = values.fold(0.0, f64::max);
        let x = Axis::linear(0.0, end, 6, Unit::Seconds);
        Timeline { report, metric, lines, triggers: windows(report), offered, x, top }
    }

    pub(super) fn y_axis(&self, ticks: usize) -> Axis {
        match self.metric.unit() {
            Unit::Share => Axis::share(),
            unit => Axis::from_zero(self.top * 1.02, ticks, unit),
        }
    }

    fn subtitle(&self) -> String {
        let seeds = self.report.comparison.seeds.len();
        let is_overlaid = self.lines.len() <= OVERLAID;
        let mut text = if seeds > 1 && !is_overlaid {
            format!("median of {seeds} seeds")
        } else if seeds > 1 {
            format!("median of {seeds} seeds, band from the 10th to the 90th percentile")
        } else {
            format::seeds(&self.report.comparison.seeds)
        };
        if self.lines.iter().any(|line| line.recovery.is_some()) {
            text.push_str(if seeds > 1 { " · ring: median recovery" } else { " · ring: recovery" });
        }
        if let Some(baseline) = self.lines.first().filter(|_| !is_overlaid) {
            if !self.offered.is_empty() {
                text.push_str(" · dashed: offered load");
            }
            text.push_str(&format!(" · grey: {}", format::shortened(&baseline.variant.name, 40)));
        }
        text
    }

    /// The name of the y axis.
    pub(super) fn y_name(&self) -> String {
        match self.metric.unit() {
            Unit::PerSecond => format!("{}, requests per second", self.metric.label()),
            Unit::Seconds | Unit::Share | Unit::Ratio | Unit::Count => self.metric.label().to_owned(),
        }
    }

    fn paint_overlaid(&self, canvas: &Canvas<'_>, look: &Look) -> Drawn {
        let y = self.y_axis(5);
        // The triggers' names stand between the panel and the name of its axis.
        let name_rows = if self.triggers.is_empty() { 1.25 } else { 2.2 };
        let label_width = self.label_width(canvas, look);
        let rect = Rect {
            left: look.margin() + frame::y_label_width(canvas, look, &y),
            top: look.margin()
                + look.header()
                + look.font * if look.is_thumb { 0.3 } else { name_rows + 0.9 },
            right: look.width - look.margin() - label_width,
            bottom: look.height - look.margin() * 0.6 - look.footer(),
        };
        let panel = Panel { rect, x: self.x.clone(), y };
        self.paint_triggers(canvas, look, &panel, !look.is_thumb)?;
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &rect, &self.y_name(), name_rows)?;
        frame::x_name(canvas, look, &rect, "time")?;
        self.paint_offered(canvas, look, &panel)?;
        let many_seeds = self.report.comparison.seeds.len() > 1;
        for line in self.lines.iter().filter(|_| many_seeds) {
            self.paint_band(canvas, look, &panel, line, if self.lines.len() > 2 { 0.12 } else { 0.2 })?;
        }
        for line in self.lines.iter().rev() {
            self.paint_line(canvas, &panel, line, look.line, look.series(line.index))?;
        }
        for line in &self.lines {
            self.paint_recovery(canvas, look, &panel, line)?;
        }
        self.paint_labels(canvas, look, &panel, label_width)
    }

    /// Shades the trigger windows and, if wanted, names them above the panel.
    pub(super) fn paint_triggers(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        panel: &Panel,
        named: bool,
    ) -> Drawn {
        let Rect { top, bottom, left, right } = panel.rect;
        let mut free_from = left;
        for window in &self.triggers {
            let from = panel.x_at(window.start_s);
            let to = panel.x_at(window.end_s).max(from + look.line);
            canvas.rectangle((from, top), (to, bottom), look.shade)?;
            if !named {
                continue;
            }
            let size = look.font * 0.9;
            let long = format!("{}, {}", window.name, format::span(window.start_s, window.end_s));
            let room = right - free_from;
            let name = if canvas.text_width(&long, size) <= room {
                long
            } else {
                canvas.fitted(&window.name, size, room)
            };
            let half = 0.5 * canvas.text_width(&name, size);
            // Centred over the window, pushed aside by its neighbour and by the border.
            let middle = (0.5 * (from + to)).max(free_from + half).min(right - half);
            canvas.text(&name, (middle, top - 0.95 * look.font), look.text(0.9, look.ink, Align::Centre))?;
            canvas.rectangle((from, top - 0.3 * look.font), (to, top), look.shade)?;
            free_from = middle + half + 0.8 * look.font;
        }
        Ok(())
    }

    pub(super) fn paint_offered(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel) -> Drawn {
        let points: Vec<Point> = self.offered.iter().map(|(x, y)| panel.at(*x, *y)).collect();
        canvas.series_line(&points, look.line * 0.6, self.offered_style(look))
    }

    fn offered_style(&self, look: &Look) -> SeriesStyle {
        SeriesStyle { colour: look.muted, dash: &[4.0, 3.0], marker: Marker::Circle }
    }

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

    pub(super) fn paint_line(
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
    pub(super) fn paint_recovery(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        panel: &Panel,
        line: &Line<'_>,
    ) -> Drawn {
        let Some((time, value)) = line.recovery else { return Ok(()) };
        let colour = look.series(line.index).colour;
        let (x, y) = panel.at(time, value);
        canvas.line(&[(x, y), (x, panel.rect.bottom)], look.line * 0.4, colour, 0.8)?;
        canvas.circle((x, y), look.line * 2.6, colour)?;
        canvas.circle((x, y), look.line * 1.5, look.background)
    }

    fn label_width(&self, canvas: &Canvas<'_>, look: &Look) -> f64 {
        let mut texts: Vec<(String, f64)> = Vec::new();
        for line in &self.lines {
            texts.push((line.variant.name.clone(), 1.0));
            texts.push((self.remark(look, line), 0.8));
        }
        if !self.offered.is_empty() {
            texts.push(("offered load".to_owned(), 0.85));
        }
        let widest = texts.iter().map(|(text, size)| canvas.text_width(text, look.font * size));
        widest.fold(0.0, f64::max).min(0.26 * look.width) + 1.7 * look.font
    }

    /// The second line of a label: how the variant came out.
    fn remark(&self, look: &Look, line: &Line<'_>) -> String {
        if look.is_thumb || !matches!(self.metric, Metric::Goodput | Metric::Success) {
            return String::new();
        }
        if !words::is_judged(line.variant) {
            String::new()
        } else {
            words::outcome_counts(line.variant).join(", ")
        }
    }

    fn paint_labels(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel, label_width: f64) -> Drawn {
        let mut entries: Vec<(f64, Option<&Line<'_>>)> = Vec::new();
        for line in &self.lines {
            let last = line.band.iter().rev().find_map(|band| finite(band.p50));
            entries.push((last.map_or(panel.rect.bottom, |value| panel.y_at(value)), Some(line)));
        }
        if let Some((_, value)) = self.offered.last().filter(|_| !look.is_thumb) {
            // Just above a line that lies on the offered load.
            entries.push((panel.y_at(*value) - 0.01, None));
        }
        let has_remarks = self.lines.iter().any(|line| !self.remark(look, line).is_empty());
        let distance = look.font * if has_remarks { 2.35 } else { 1.35 };
        let wanted: Vec<f64> = entries.iter().map(|(y, _)| *y).collect();
        let places = labels::spread(&wanted, distance, panel.rect.top, panel.rect.bottom - 0.4 * look.font);
        let right = panel.rect.right;
        let text_left = right + 1.5 * look.font;
        let room = label_width - 1.5 * look.font;
        for ((end, line), y) in entries.iter().zip(&places) {
            let Some(line) = line else {
                canvas.line(
                    &[(right, *end), (right + 0.55 * look.font, *y)],
                    look.line * 0.3,
                    look.muted,
                    0.7,
                )?;
                let key = [(right + 0.55 * look.font, *y), (right + 1.35 * look.font, *y)];
                canvas.series_line(&key, look.line * 0.6, self.offered_style(look))?;
                canvas.text("offered load", (text_left, *y), look.text(0.85, look.muted, Align::Left))?;
                continue;
            };
            let style = look.series(line.index);
            canvas.line(
                &[(right, *end), (right + 0.75 * look.font, *y)],
                look.line * 0.4,
                style.colour,
                0.8,
            )?;
            canvas.marker(
                (right + 0.8 * look.font, *y),
                look.line * 1.7,
                style.marker,
                style.colour,
                look.background,
            )?;
            let name = canvas.fitted(&line.variant.name, look.font, room);
            let colour = look.text_colour(style.colour);
            canvas.text(&name, (text_left, *y), look.text(1.0, colour, Align::Left))?;
            let remark = canvas.fitted(&self.remark(look, line), look.font * 0.8, room);
            if !remark.is_empty() {
                canvas.text(
                    &remark,
                    (text_left, *y + 1.0 * look.font),
                    look.text(0.8, look.muted, Align::Left),
                )?;
            }
        }
        Ok(())
    }

    /// Middle of each window with a value, thinned.
    pub(super) fn points<T: Copy>(
        &self,
        bands: &[Band],
        value: impl Fn(&Band) -> Option<T>,
    ) -> Vec<Option<(f64, T)>> {
        let half = 0.5 * self.report.series.width_s;
        let kept = thinned(bands);
        kept.into_iter()
            .filter_map(|index| Some((self.report.series.starts_s.get(index)? + half, bands.get(index)?)))
            .map(|(time, band)| value(band).map(|value| (time, value)))
            .collect()
    }
}

/// Indices of the windows to draw.
fn thinned(bands: &[Band]) -> Vec<usize> {
    if bands.len() <= WINDOWS_DRAWN {
        return (0..bands.len()).collect();
    }
    let group = bands.len().div_ceil(WINDOWS_DRAWN / 2);
    let mut kept = Vec::new();
    for start in (0..bands.len()).step_by(group) {
        let members = start..(start + group).min(bands.len());
        let key = |index: &usize| finite(bands[*index].p50).unwrap_or(0.0);
        let low = members.clone().min_by(|a, b| key(a).total_cmp(&key(b)));
        let high = members.max_by(|a, b| key(a).total_cmp(&key(b)));
        let mut pair: Vec<usize> = low.into_iter().chain(high).collect();
        pair.sort_unstable();
        pair.dedup();
        kept.extend(pair);
    }
    kept
}

/// Stretches without a gap.
pub(super) fn runs<T: Copy>(points: &[Option<(f64, T)>]) -> Vec<Vec<(f64, T)>> {
    let stretches = points.split(Option::is_none).filter(|stretch| !stretch.is_empty());
    stretches.map(|stretch| stretch.iter().flatten().copied().collect()).collect()
}

fn triggered(report: &ComparisonReport) -> impl Iterator<Item = &VariantSeries> {
    report.series.lines.iter().filter(|line| line.arm == Arm::Triggered)
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn offered(report: &ComparisonReport) -> Vec<(f64, f64)> {
    let Some(bands) = triggered(report).next().and_then(|line| line.bands.get(&Metric::Offered)) else {
        return Vec::new();
    };
    let half = 0.5 * report.series.width_s;
    let times = report.series.starts_s.iter().map(|start| start + half);
    times.zip(bands).filter_map(|(time, band)| Some((time, finite(band.p50)?))).collect()
}

/// All different trigger windows, by start.
fn windows(report: &ComparisonReport) -> Vec<&TriggerWindow> {
    let mut seen: BTreeMap<(u64, u64, &str), &TriggerWindow> = BTreeMap::new();
    for window in report.manifest.triggers.values().flatten() {
        seen.insert((window.start_s.to_bits(), window.end_s.to_bits(), &window.name), window);
    }
    seen.into_values().collect()
}

fn recovery(report: &ComparisonReport, variant: &VariantResult, bands: &[Band]) -> Option<(f64, f64)> {
    if variant.verdicts.recovered.count == 0 {
        return None;
    }
    let ends = report.manifest.triggers.get(&variant.name)?.iter().map(|window| window.end_s);
    let time = ends.fold(None, |last: Option<f64>, end| Some(last.map_or(end, |last| last.max(end))))?
        + words::median_recovery(variant)?;
    let index = report.series.starts_s.iter().rposition(|start| *start <= time)?;
    let value = bands.get(index..)?.iter().find_map(|band| finite(band.p50))?;
    Some((time, value))
}
