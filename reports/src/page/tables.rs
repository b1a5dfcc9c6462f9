//! Which tables does the page have? Outcomes, metrics, paired differences, sweeps: with their intervals.

use scenarios::metric::Metric;
use scenarios::results::{
    Comparison, Manifest, PairedDifference, PartResult, Share, SweepResult, VariantResult,
};
use serde::Serialize;

use crate::shown::shown;
use crate::sweep_table::{self, SweepTable};
use crate::{format, marks, parts, theory, words};

/// More variants than this stand in a second table.
const VARIANTS_ACROSS: usize = 6;

/// A table of finished cells; the first of each row names it.
#[derive(Serialize)]
pub(super) struct HtmlTable {
    pub(super) caption: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Alerts, deeds and changes; none if there are none.
pub(super) fn marks_table(comparison: &Comparison) -> Option<HtmlTable> {
    let rows = marks::rows(&comparison.variants);
    if rows.is_empty() {
        return None;
    }
    let names = std::iter::once("variant").chain(marks::COLUMNS);
    let cells = |row: &marks::Row| {
        let own = std::iter::once(row.variant.clone()).chain(row.cells().map(str::to_owned));
        own.collect()
    };
    Some(HtmlTable {
        caption: format!("What people saw and did. {}", marks::NOTE),
        columns: names.map(str::to_owned).collect(),
        rows: rows.iter().map(cells).collect(),
    })
}

/// Seeds per verdict; none if nothing was judged.
pub(super) fn outcome_table(comparison: &Comparison) -> Option<HtmlTable> {
    if !comparison.variants.iter().any(words::is_judged) {
        return None;
    }
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
    Some(HtmlTable {
        caption: "Outcomes: seeds and 95 % Wilson interval of their share".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: comparison.variants.iter().map(row).collect(),
    })
}

/// Every measured metric, variants across.
pub(super) fn metric_tables(comparison: &Comparison, manifest: &Manifest) -> Vec<HtmlTable> {
    let metrics: Vec<Metric> = Metric::ALL
        .iter()
        .copied()
        .filter(|metric| *metric != Metric::RecoveryTime)
        .filter(|metric| comparison.variants.iter().any(|v| words::metric(v, *metric).is_some()))
        .filter(|metric| !words::tells_nothing(*metric, &comparison.variants, manifest))
        .collect();
    let caption = if comparison.seeds.len() > 1 {
        "Metrics after warm-up with triggers on: mean over seeds ± half of its 95 % interval"
    } else {
        "Metrics after warm-up with triggers on"
    };
    let cell = |variant: &VariantResult, metric: Metric| {
        words::mean_with_interval(words::metric(variant, metric), metric.unit())
    };
    across(caption, &metrics, &comparison.variants.iter().collect::<Vec<_>>(), &cell)
}

/// What theories say beside what was measured; none if none applies.
pub(super) fn theory_table(comparison: &Comparison) -> Option<HtmlTable> {
    let row = |row: theory::Row| {
        let simulated = if row.simulated.is_empty() { "–".to_owned() } else { row.simulated };
        vec![row.variant, row.theory, row.what, row.value, simulated]
    };
    let rows: Vec<Vec<String>> = theory::rows(&comparison.variants).into_iter().map(row).collect();
    let columns = ["Variant", "Theory", "What", "Theory says", "Simulated"];
    (!rows.is_empty()).then(|| HtmlTable {
        caption: format!("Theory beside the simulation. {}", theory::applies(&comparison.variants).join(" ")),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    })
}

/// Every workload and every service, where there are several; metrics across.
pub(super) fn part_tables(comparison: &Comparison) -> Vec<HtmlTable> {
    let of = if comparison.seeds.len() > 1 { ": mean over seeds ± half of its 95 % interval" } else { "" };
    let table = |parts: parts::Parts<'_>| {
        let word = parts.kind.word();
        let row = |(name, part): &(String, &PartResult)| {
            let cells = parts
                .metrics
                .iter()
                .map(|metric| words::mean_with_interval(part.metrics.get(metric.id()), metric.unit()));
            [name.clone()].into_iter().chain(cells).collect()
        };
        let first = word[..1].to_uppercase() + &word[1..];
        HtmlTable {
            caption: format!("Each {word} after warm-up with triggers on{of}"),
            rows: parts.rows.iter().map(row).collect(),
            columns: [first].into_iter().chain(parts.metrics.iter().map(|m| m.label().to_owned())).collect(),
        }
    };
    parts::all(&comparison.variants).into_iter().map(table).collect()
}

/// Paired differences, variants across; none if nothing was compared.
pub(super) fn difference_tables(comparison: &Comparison, manifest: &Manifest) -> Vec<HtmlTable> {
    let Some(baseline) = comparison.comparisons.first().map(|paired| &paired.baseline) else {
        return Vec::new();
    };
    let mut methods: Vec<&str> = comparison.comparisons.iter().map(|paired| paired.method.as_str()).collect();
    methods.sort_unstable();
    methods.dedup();
    let caption = format!(
        "Differences to {baseline} on the same seeds: mean and 95 % interval ({})",
        methods.join("; ")
    );
    let is_there = |paired: &PairedDifference, metric: &Metric| {
        paired.metric == metric.id() && paired.mean_difference.is_some()
    };
    let metrics = Metric::ALL.iter().copied();
    let metrics = metrics
        .filter(|metric| comparison.comparisons.iter().any(|paired| is_there(paired, metric)))
        .filter(|metric| !words::tells_nothing(*metric, &comparison.variants, manifest));
    let is_compared =
        |variant: &&VariantResult| comparison.comparisons.iter().any(|paired| paired.variant == variant.name);
    let cell = |variant: &VariantResult, metric: Metric| {
        let paired = words::paired(comparison, &variant.name, metric);
        let told = paired.map_or("–".to_owned(), |paired| words::difference(paired, metric.unit()));
        told.replacen(" [", "\n[", 1)
    };
    let variants: Vec<&VariantResult> = comparison.variants.iter().filter(is_compared).collect();
    let metrics: Vec<Metric> = metrics.collect();
    if metrics.is_empty() { Vec::new() } else { across(&caption, &metrics, &variants, &cell) }
}

/// Metrics down and variants across, in as many tables as a printed page asks for.
fn across(
    caption: &str,
    metrics: &[Metric],
    variants: &[&VariantResult],
    cell: &dyn Fn(&VariantResult, Metric) -> String,
) -> Vec<HtmlTable> {
    let tables = variants.len().div_ceil(VARIANTS_ACROSS);
    let table = |(index, some): (usize, &[&VariantResult])| HtmlTable {
        caption: match tables {
            1 => caption.to_owned(),
            _ => format!("{caption}; part {} of {tables}", index + 1),
        },
        columns: ["Metric"]
            .into_iter()
            .chain(some.iter().map(|v| v.name.as_str()))
            .map(str::to_owned)
            .collect(),
        rows: metrics
            .iter()
            .map(|metric| {
                let cells = some.iter().map(|variant| cell(variant, *metric));
                [metric.label().to_owned()].into_iter().chain(cells).collect()
            })
            .collect(),
    };
    // Parts of about equal width.
    let size = variants.len().div_ceil(tables.max(1)).max(1);
    variants.chunks(size).enumerate().map(table).collect()
}

/// One table per quantity of a sweep.
pub(super) fn sweep_tables(sweep: &SweepResult) -> Vec<HtmlTable> {
    let table = |shown| {
        let SweepTable { caption, columns, rows, .. } = sweep_table::of(sweep, shown);
        HtmlTable { caption: format!("Sweep {}: {caption}", sweep.sweep), columns, rows }
    };
    shown(sweep).into_iter().map(table).collect()
}
