//! What does a timeline draw? The lines, triggers and recoveries of one metric or gauge, taken from the results.

use std::collections::BTreeMap;

use scenarios::metric::{Metric, Unit};
use scenarios::results::{Band, ComparisonReport, TriggerWindow, VariantResult, VariantSeries};

use super::OVERLAID;
use super::subject::{Subject, triggered};
use crate::chart::axis::Axis;
use crate::{format, typeset, words};

/// More windows than this are thinned, keeping the lowest and the highest of each group.
const WINDOWS_DRAWN: usize = 600;

/// A gauge that stays below this share has an axis of its own length.
const SMALL_SHARE: f64 = 0.4;

/// What a timeline shows.
pub(super) struct Timeline<'a> {
    pub(super) report: &'a ComparisonReport,
    pub(super) subject: Subject,
    pub(super) lines: Vec<Line<'a>>,
    pub(super) triggers: Vec<&'a TriggerWindow>,
    pub(super) x: Axis,
    pub(super) top: f64,
}

/// One variant's line.
pub(super) struct Line<'a> {
    pub(super) index: usize,
    pub(super) variant: &'a VariantResult,
    pub(super) band: Vec<Band>,
    /// Median load that the variant's users offer, where it can be compared with the metric.
    pub(super) offered: Vec<(f64, f64)>,
    /// The variant's own trigger windows.
    pub(super) triggers: Vec<&'a TriggerWindow>,
    /// Time and value at the median recovery.
    pub(super) recovery: Option<(f64, f64)>,
}

/// Whether there is anything to draw for a metric.
pub(crate) fn has_data(report: &ComparisonReport, metric: Metric) -> bool {
    report.comparison.variants.iter().any(|variant| {
        let bands = triggered(report, &variant.name).and_then(|line| line.bands.get(&metric));
        bands.is_some_and(|bands| bands.iter().any(|band| finite(band.p50).is_some()))
    })
}

impl<'a> Timeline<'a> {
    pub(super) fn new(report: &'a ComparisonReport, subject: Subject) -> Self {
        let end = report.manifest.horizon_s.max(report.series.starts_s.last().copied().unwrap_or(0.0));
        let lines: Vec<Line<'a>> = report
            .comparison
            .variants
            .iter()
            .enumerate()
            .filter_map(|(index, variant)| {
                let series = triggered(report, &variant.name)?;
                let band = subject.bands(report, &variant.name)?;
                let triggers = report.manifest.events(&variant.name).collect();
                let recovery = subject.metric.and_then(|_| recovery(report, variant, &band));
                let offered = match subject.metric {
                    Some(Metric::Goodput | Metric::Throughput | Metric::Attempts) => offered(report, series),
                    _ => Vec::new(),
                };
                Some(Line { index, variant, band, offered, triggers, recovery })
            })
            .collect();
        // Everybody connects and every cache fills when a run starts: gauges are scaled to what comes after.
        let is_counted = |start: &f64| subject.metric.is_some() || *start >= report.manifest.warmup_s;
        let first = report.series.starts_s.iter().position(is_counted).unwrap_or(0);
        let values = lines.iter().flat_map(|line| line.band.iter().skip(first)).flat_map(|b| [b.p50, b.p90]);
        let values = values
            .filter_map(finite)
            .chain(lines.iter().flat_map(|line| &line.offered).map(|(_, value)| *value));
        let top = values.fold(0.0, f64::max);
        let x = Axis::linear(0.0, end, 6, Unit::Seconds);
        let triggers = distinct(lines.iter().flat_map(|line| line.triggers.iter().copied()));
        Timeline { report, subject, lines, triggers, x, top }
    }

    pub(super) fn y_axis(&self, ticks: usize) -> Axis {
        match self.subject.unit {
            // A gauge may live in the lowest part of the scale.
            Unit::Share if self.subject.metric.is_some() || self.top > SMALL_SHARE => Axis::share(ticks),
            unit => Axis::from_zero(self.top, ticks, unit),
        }
    }

    pub(super) fn subtitle(&self) -> String {
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
            if self.lines.iter().any(|line| !line.offered.is_empty()) {
                text.push_str(" · dashed: offered load");
            }
            text.push_str(&format!(" · grey: {}", typeset::shortened(&baseline.variant.name, 40)));
        }
        text
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

pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn offered(report: &ComparisonReport, series: &VariantSeries) -> Vec<(f64, f64)> {
    let Some(bands) = series.bands.get(&Metric::Offered) else { return Vec::new() };
    let half = 0.5 * report.series.width_s;
    let times = report.series.starts_s.iter().map(|start| start + half);
    times.zip(bands).filter_map(|(time, band)| Some((time, finite(band.p50)?))).collect()
}

/// All different trigger windows, by start.
pub(crate) fn windows(report: &ComparisonReport) -> Vec<&TriggerWindow> {
    let manifest = &report.manifest;
    distinct(manifest.triggers.values().chain(manifest.actions.values()).flatten())
}

fn distinct<'a>(windows: impl Iterator<Item = &'a TriggerWindow>) -> Vec<&'a TriggerWindow> {
    let mut seen: BTreeMap<(u64, u64, &str), &TriggerWindow> = BTreeMap::new();
    for window in windows {
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
