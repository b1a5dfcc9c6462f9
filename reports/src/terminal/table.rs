//! Which numbers stand beside each other in the terminal? One table per question, as wide as the terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use scenarios::metric::{Metric, Unit};
use scenarios::results::{Comparison, VariantResult};

use super::TextStyle;
use crate::sweep_table::SweepTable;
use crate::{format, words};

/// Below this width the comparison stands in two tables under each other.
const ONE_TABLE_FROM: usize = 96;

/// Variants side by side: how they came out, and what they achieved.
pub(super) fn comparison(comparison: &Comparison, style: &TextStyle) -> String {
    let outcome = ["outcome", "recovery time", "success"].map(str::to_owned).to_vec();
    let effort = effort_columns(comparison);
    let row = |variant: &VariantResult, cells: Vec<String>| [vec![variant.name.clone()], cells].concat();
    if style.usable_width() >= ONE_TABLE_FROM {
        let mut table = empty(style);
        table.set_header([vec!["variant".to_owned()], outcome, effort].concat());
        for variant in &comparison.variants {
            table.add_row(row(variant, [outcome_cells(variant), effort_cells(comparison, variant)].concat()));
        }
        return rendered(table, 2);
    }
    let (mut first, mut second) = (empty(style), empty(style));
    first.set_header([vec!["variant".to_owned()], outcome].concat());
    second.set_header([vec!["variant".to_owned()], effort].concat());
    for variant in &comparison.variants {
        first.add_row(row(variant, outcome_cells(variant)));
        second.add_row(row(variant, effort_cells(comparison, variant)));
    }
    format!("{}\n\n{}", rendered(first, 2), rendered(second, 1))
}

fn outcome_cells(variant: &VariantResult) -> Vec<String> {
    let recovery = words::recovery(variant).replace(" [", "\n[").replace("], none", "]\nnone");
    vec![words::outcome_counts(variant).join("\n"), recovery, mean(variant, Metric::Success)]
}

fn effort_columns(comparison: &Comparison) -> Vec<String> {
    let mut columns = vec!["amplif.".to_owned(), "goodput".to_owned()];
    if has_differences(comparison) {
        columns.push("goodput −\nbaseline".to_owned());
    }
    columns
}

fn effort_cells(comparison: &Comparison, variant: &VariantResult) -> Vec<String> {
    let goodput = words::mean_with_interval(words::metric(variant, Metric::Goodput), Unit::PerSecond);
    let mut cells = vec![mean(variant, Metric::Amplification), goodput];
    if has_differences(comparison) {
        let paired = words::paired(comparison, &variant.name, Metric::Goodput);
        cells.push(match paired {
            Some(paired) => words::difference(paired, Unit::PerSecond).replacen(" [", "\n[", 1),
            None if is_baseline(comparison, variant) => "baseline".to_owned(),
            None => "–".to_owned(),
        });
    }
    cells
}

fn has_differences(comparison: &Comparison) -> bool {
    comparison.comparisons.iter().any(|paired| paired.metric == Metric::Goodput.id())
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
        if row[1..].iter().any(|cell| cell != "–") {
            table.add_row(row);
        }
    }
    rendered(table, 1)
}

/// One quantity of a sweep.
pub(super) fn sweep(cells: SweepTable, style: &TextStyle) -> String {
    let mut table = empty(style);
    table.set_header(cells.columns);
    table.add_rows(cells.rows);
    rendered(table, 1)
}

fn mean(variant: &VariantResult, metric: Metric) -> String {
    let value = words::metric(variant, metric).and_then(|result| result.mean);
    value.map_or("–".to_owned(), |value| format::quantity(value, metric.unit()))
}

fn is_baseline(comparison: &Comparison, variant: &VariantResult) -> bool {
    comparison.variants.first().is_some_and(|first| first.name == variant.name)
}

fn empty(style: &TextStyle) -> Table {
    let fill = if style.ascii { '-' } else { '─' };
    let rule = LineStyle::none().fill(fill).junction(fill);
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(style.usable_width()).unwrap_or(u16::MAX));
    table
}

/// The table with numbers to the right of their column; `text` columns stand to the left.
fn rendered(mut table: Table, text: usize) -> String {
    let last = table.column_count().saturating_sub(1);
    // Together with the blank that stands for a vertical line, two characters between columns.
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == last { 0 } else { 1 }));
        if index >= text {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
