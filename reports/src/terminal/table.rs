//! Which numbers stand beside each other in the terminal? One table per question, as wide as the terminal.

use comfy_table::presets::{ASCII_HORIZONTAL_ONLY, UTF8_HORIZONTAL_ONLY};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use scenarios::metric::{Metric, Unit};
use scenarios::results::{Comparison, SweepResult, VariantResult};

use super::TextStyle;
use crate::chart::sweep::{Estimate, Shown};
use crate::{format, words};

/// Variants side by side.
pub(super) fn comparison(comparison: &Comparison, style: &TextStyle) -> String {
    let mut table = empty(style);
    let mut columns = vec!["variant", "outcome", "recovery time", "success", "amplification", "goodput"];
    let has_differences = comparison.comparisons.iter().any(|paired| paired.metric == Metric::Goodput.id());
    if has_differences {
        columns.push("goodput − baseline");
    }
    table.set_header(columns);
    for variant in &comparison.variants {
        let mut row = vec![
            variant.name.clone(),
            words::outcome_counts(variant).join("\n"),
            words::recovery(variant).replace(", none", "\nnone"),
            mean(variant, Metric::Success),
            mean(variant, Metric::Amplification),
            words::mean_with_interval(words::metric(variant, Metric::Goodput), Unit::PerSecond),
        ];
        if has_differences {
            let paired = words::paired(comparison, &variant.name, Metric::Goodput);
            row.push(match paired {
                Some(paired) => words::difference(paired, Unit::PerSecond).replacen(" [", "\n[", 1),
                None if is_baseline(comparison, variant) => "baseline".to_owned(),
                None => "–".to_owned(),
            });
        }
        table.add_row(row);
    }
    rendered(table)
}

/// Every metric of one variant, with the control beside it.
pub(super) fn run(variant: &VariantResult, style: &TextStyle) -> String {
    let mut table = empty(style);
    let has_control = !variant.control.is_empty();
    let mut columns = vec!["metric", "value"];
    if has_control {
        columns.push("without the trigger");
    }
    table.set_header(columns);
    for metric in Metric::ALL {
        let Some(result) = words::metric(variant, *metric) else { continue };
        let mut row = vec![metric.label().to_owned(), words::mean_with_interval(Some(result), metric.unit())];
        if has_control {
            row.push(words::mean_with_interval(variant.control.get(metric.id()), metric.unit()));
        }
        table.add_row(row);
    }
    rendered(table)
}

/// One quantity of a sweep: points down, variants across.
pub(super) fn sweep(sweep: &SweepResult, shown: Shown, style: &TextStyle) -> String {
    let mut table = empty(style);
    let names = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
    let mut columns = vec![sweep.label.clone()];
    for variant in names {
        columns.push(variant.name.clone());
        columns.extend(closed_form(sweep, shown, &variant.name).map(|theory| theory.name.clone()));
    }
    table.set_header(columns);
    for point in &sweep.points {
        let mut row = vec![point.value.clone()];
        for variant in names {
            let there = point.variants.iter().find(|other| other.name == variant.name);
            row.push(there.and_then(|variant| shown.estimate(variant)).map_or("–".to_owned(), |e| estimate(e, shown)));
            if let Some(theory) = closed_form(sweep, shown, &variant.name) {
                let near = theory.points.iter().find(|(x, _)| (x - point.x).abs() <= 1e-9 * point.x.abs().max(1.0));
                row.push(near.map_or("–".to_owned(), |(_, y)| format::quantity(*y, shown.unit())));
            }
        }
        table.add_row(row);
    }
    rendered(table)
}

fn closed_form<'a>(
    sweep: &'a SweepResult,
    shown: Shown,
    variant: &str,
) -> Option<&'a scenarios::results::TheoryLine> {
    sweep.theory.iter().find(|line| line.variant == variant && Shown::Metric(line.metric) == shown)
}

fn estimate(estimate: Estimate, shown: Shown) -> String {
    let value = format::quantity(estimate.value, shown.unit());
    match (estimate.interval, shown) {
        (None, _) => value,
        (Some(interval), Shown::Stuck) => format!("{value} [{}]", format::share_interval(interval)),
        (Some([low, high]), Shown::Metric(Metric::RecoveryTime)) => {
            format!("{value} {}", format::interval([low, high], shown.unit()))
        }
        (Some([low, high]), Shown::Metric(metric)) => {
            format!("{value} ± {}", format::quantity(0.5 * (high - low), metric.unit()))
        }
    }
}

fn mean(variant: &VariantResult, metric: Metric) -> String {
    let value = words::metric(variant, metric).and_then(|result| result.mean);
    value.map_or("–".to_owned(), |value| format::quantity(value, metric.unit()))
}

fn is_baseline(comparison: &Comparison, variant: &VariantResult) -> bool {
    comparison.variants.first().is_some_and(|first| first.name == variant.name)
}

fn empty(style: &TextStyle) -> Table {
    let mut table = Table::new();
    table.load_style(if style.ascii { ASCII_HORIZONTAL_ONLY } else { UTF8_HORIZONTAL_ONLY });
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.usable_width()).unwrap_or(u16::MAX));
    table
}

/// The table with numbers to the right of their column.
fn rendered(mut table: Table) -> String {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
