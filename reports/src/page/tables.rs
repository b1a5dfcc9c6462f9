//! Which tables does the page have? Outcomes, metrics, paired differences, sweeps: with their intervals.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{Comparison, PairedDifference, Share, SweepResult, VariantResult};
use serde::Serialize;

use crate::shown::shown;
use crate::sweep_table::{self, SweepTable};
use crate::{format, words};

/// A table of finished cells; the first of each row names it.
#[derive(Serialize)]
pub(super) struct HtmlTable {
    pub(super) caption: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Seeds per verdict.
pub(super) fn outcome_table(comparison: &Comparison) -> HtmlTable {
    let columns =
        ["Variant", "Stuck", "Recovered", "Unaffected", "Overloaded", "Recovery time, median [quartiles]"];
    let row = |variant: &VariantResult| {
        let verdicts = &variant.verdicts;
        let shares = [&verdicts.stuck, &verdicts.recovered, &verdicts.unaffected, &verdicts.overloaded];
        let share = |share: &Share| match (words::is_judged(variant), share.of) {
            (false, _) | (_, 0) => "–".to_owned(),
            (true, 1) => format!("{}/1", share.count),
            (true, of) => format!("{}/{of} [{}]", share.count, format::share_interval(share.ci95)),
        };
        let mut row = vec![variant.name.clone()];
        row.extend(shares.map(share));
        row.push(words::recovery(variant));
        row
    };
    HtmlTable {
        caption: "Outcomes: seeds and 95 % Wilson interval of their share".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: comparison.variants.iter().map(row).collect(),
    }
}

/// Every measured metric, variants across.
pub(super) fn metric_table(comparison: &Comparison) -> HtmlTable {
    let metrics: Vec<Metric> = Metric::ALL
        .iter()
        .copied()
        .filter(|metric| *metric != Metric::RecoveryTime)
        .filter(|metric| comparison.variants.iter().any(|v| words::metric(v, *metric).is_some()))
        .collect();
    let mut columns = vec!["Metric".to_owned()];
    columns.extend(comparison.variants.iter().map(|variant| variant.name.clone()));
    let row = |metric: &Metric| {
        let mut row = vec![metric.label().to_owned()];
        let variants = comparison.variants.iter();
        row.extend(variants.map(|v| words::mean_with_interval(words::metric(v, *metric), metric.unit())));
        row
    };
    HtmlTable {
        caption: if comparison.seeds.len() > 1 {
            "Metrics after warm-up with triggers on: mean over seeds ± half of its 95 % interval".to_owned()
        } else {
            "Metrics after warm-up with triggers on".to_owned()
        },
        columns,
        rows: metrics.iter().map(row).collect(),
    }
}

/// Paired differences; none if nothing was compared.
pub(super) fn difference_table(comparison: &Comparison) -> Option<HtmlTable> {
    let baseline = &comparison.comparisons.first()?.baseline;
    let row = |paired: &PairedDifference| {
        let metric = Metric::from_id(&paired.metric);
        let unit = metric.map_or(Unit::Count, Metric::unit);
        let label = metric.map_or(paired.metric.clone(), |metric| metric.label().to_owned());
        vec![paired.variant.clone(), label, words::difference(paired, unit), paired.method.clone()]
    };
    Some(HtmlTable {
        caption: format!("Differences to {baseline} on the same seeds: mean and 95 % interval"),
        columns: ["Variant", "Metric", "Difference", "Method"].map(str::to_owned).to_vec(),
        rows: comparison.comparisons.iter().map(row).collect(),
    })
}

/// One table per quantity of a sweep.
pub(super) fn sweep_tables(sweep: &SweepResult) -> Vec<HtmlTable> {
    let table = |shown| {
        let SweepTable { caption, columns, rows } = sweep_table::of(sweep, shown);
        HtmlTable { caption: format!("Sweep {}: {caption}", sweep.sweep), columns, rows }
    };
    shown(sweep).into_iter().map(table).collect()
}
