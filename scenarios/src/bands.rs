//! What does a typical run look like over time? Bands over seeds for every variant and arm.

use std::sync::Arc;

use crate::experiment::{Runs, VariantRuns};
use crate::measure::{Record, Scope, Span};
use crate::metric::Metric;
use crate::results::{Arm, Band, SERIES_METRICS, Series, VariantSeries};
use crate::statistics;

/// Figures show no more than this many moments.
const MOMENTS: usize = 400;

/// The bands of all variants. Several windows become one moment where a figure could not show them.
pub(crate) fn series(runs: &Runs) -> Series {
    let records = || runs.variants.iter().flat_map(|variant| variant.triggered.first());
    let Some(first) = records().next() else { return Series::default() };
    // Variants may have horizons of their own; moments are those of the finest windows.
    let width_s = records().map(|record| record.width_s).fold(f64::INFINITY, f64::min);
    let horizon_s = records().map(|record| record.lengths_s.iter().sum::<f64>()).fold(0.0, f64::max);
    let group = ((horizon_s / width_s).ceil() as usize).div_ceil(MOMENTS).max(1);
    let moment_s = width_s * group as f64;
    let count = (horizon_s / moment_s - 1e-9).ceil() as usize;
    debug_assert!(first.width_s > 0.0);
    let mut lines = Vec::new();
    for variant in &runs.variants {
        lines.push(line(variant, Arm::Triggered, moment_s, count));
        if variant.has_two_arms() {
            lines.push(line(variant, Arm::Control, moment_s, count));
        }
    }
    Series { starts_s: (0..count).map(|k| k as f64 * moment_s).collect(), width_s: moment_s, lines }
}

fn line(variant: &VariantRuns, arm: Arm, moment_s: f64, count: usize) -> VariantSeries {
    let records = variant.arm(arm);
    let band = |metric: Metric, moment: usize| {
        let values: Vec<f64> = records
            .iter()
            .filter_map(|record| at(record, metric, Scope::default(), moment, moment_s))
            .collect();
        band_of(values)
    };
    let bands = SERIES_METRICS
        .iter()
        .map(|metric| (*metric, (0..count).map(|moment| band(*metric, moment)).collect()))
        .collect();
    VariantSeries { variant: variant.variant.name.clone(), arm, bands }
}

/// The metric of a run in one moment.
pub(crate) fn at(
    record: &Arc<Record>,
    metric: Metric,
    scope: Scope,
    moment: usize,
    moment_s: f64,
) -> Option<f64> {
    record.value(metric, scope, windows(record, moment, moment_s)?)
}

/// The windows of a run in one moment, at least one.
pub(crate) fn windows(record: &Record, moment: usize, moment_s: f64) -> Option<Span> {
    let windows = |seconds: f64| ((seconds / record.width_s) + 1e-9).floor() as usize;
    let last = record.lengths_s.len();
    let from = windows(moment as f64 * moment_s).min(last);
    let to = windows((moment + 1) as f64 * moment_s).max(from + 1).min(last);
    (from < to).then_some(Span { from, to })
}

/// The band of one moment's values over seeds.
pub(crate) fn band_of(mut values: Vec<f64>) -> Band {
    if values.is_empty() {
        return Band::default();
    }
    values.sort_by(f64::total_cmp);
    let at = |p| statistics::quantile(&values, p);
    Band { p10: at(0.1), p50: at(0.5), p90: at(0.9) }
}
