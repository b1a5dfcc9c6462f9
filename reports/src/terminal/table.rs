//! Which numbers stand beside each other in the terminal? One table per question.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{Comparison, Manifest, VariantResult};

use super::TextStyle;
use super::grid::{self, Column};
use crate::parts::{self, Parts};
use crate::sweep_table::SweepTable;
use crate::{format, words};

/// More workloads or services of variants than this are too many for a terminal.
const PART_ROWS: usize = 40;

/// Variants side by side: how they came out, and what they achieved.
pub(super) fn comparison(comparison: &Comparison, style: &TextStyle) -> String {
    let variants = &comparison.variants;
    let column = |header: &str, is_text: bool, cell: &dyn Fn(&VariantResult) -> String| Column {
        header: header.to_owned(),
        cells: variants.iter().map(cell).collect(),
        is_text,
    };
    let success = column("success", false, &|variant| mean(variant, Metric::Success));
    let outcome = if variants.iter().any(words::is_judged) {
        vec![
            column("outcome", true, &outcome_cell),
            column("recovery time", false, &|variant| {
                words::recovery(variant).replace(" [", "\n[").replace("], none", "]\nnone")
            }),
            success,
        ]
    } else {
        vec![success]
    };
    let mut effort = vec![
        column("amplif.", false, &|variant| mean(variant, Metric::Amplification)),
        column("goodput", false, &|variant| {
            words::mean_with_interval(words::metric(variant, Metric::Goodput), Unit::PerSecond)
        }),
    ];
    if has_differences(comparison) {
        effort.push(column("goodput −\nbaseline", false, &|variant| difference_cell(comparison, variant)));
    }
    let first = column("variant", true, &|variant| variant.name.clone());
    let groups = vec![outcome, effort];
    let fits = |groups: &[Vec<Column>]| grid::width(&first, groups) <= style.usable_width();
    if fits(&groups) {
        return grid::text(first, groups, style);
    }
    // One table is better than two, even if intervals must stand below their means.
    let mut stacked = groups.clone();
    stacked.iter_mut().flatten().flat_map(|column| &mut column.cells).for_each(|cell| *cell = below(cell));
    let groups = if fits(&stacked) { stacked } else { groups };
    grid::text(first, groups, style)
}

/// `89.9 ± 0.18/s` on two lines, the unit with the mean.
fn below(cell: &str) -> String {
    let Some((mean, half)) = cell.split_once(" ± ") else { return cell.to_owned() };
    let unit = half.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    format!("{mean}{unit}\n± {}", half.trim_end_matches(unit))
}

fn outcome_cell(variant: &VariantResult) -> String {
    if words::is_judged(variant) { words::outcome_counts(variant).join("\n") } else { "–".to_owned() }
}

fn difference_cell(comparison: &Comparison, variant: &VariantResult) -> String {
    match words::paired(comparison, &variant.name, Metric::Goodput) {
        Some(paired) => words::difference(paired, Unit::PerSecond).replacen(" [", "\n[", 1),
        None if is_baseline(comparison, variant) => "baseline".to_owned(),
        None => "–".to_owned(),
    }
}

fn has_differences(comparison: &Comparison) -> bool {
    comparison.comparisons.iter().any(|paired| paired.metric == Metric::Goodput.id())
}

/// Every metric of one variant, with the control beside it.
pub(super) fn run(variant: &VariantResult, manifest: &Manifest, style: &TextStyle) -> String {
    let has_control = !variant.control.is_empty();
    let named = |header: &str, is_text| Column { header: header.to_owned(), cells: Vec::new(), is_text };
    let mut columns = [named("metric", true), named("value", false), named("without the trigger", false)];
    let is_told = |metric: &&Metric| !words::tells_nothing(**metric, std::slice::from_ref(variant), manifest);
    for metric in Metric::ALL.iter().filter(is_told) {
        let Some(result) = words::metric(variant, *metric) else { continue };
        let value = words::mean_with_interval(Some(result), metric.unit());
        let control = words::mean_with_interval(variant.control.get(metric.id()), metric.unit());
        if value != "–" || (has_control && control != "–") {
            for (column, cell) in columns.iter_mut().zip([metric.label().to_owned(), value, control]) {
                column.cells.push(cell);
            }
        }
    }
    let [first, value, control] = columns;
    grid::text(first, vec![if has_control { vec![value, control] } else { vec![value] }], style)
}

/// Workloads or services, metrics across; only a remark if there are too many of them.
pub(super) fn parts(parts: &Parts<'_>, style: &TextStyle) -> String {
    if parts.rows.len() > PART_ROWS {
        return parts::elsewhere(parts);
    }
    let several = parts.rows.iter().any(|(name, part)| *name != part.name);
    let first = Column {
        header: parts.kind.word().to_owned() + if several { ": variant" } else { "" },
        cells: parts.rows.iter().map(|(name, _)| name.clone()).collect(),
        is_text: true,
    };
    let column = |metric: &Metric| Column {
        header: metric.label().replace(' ', "\n"),
        cells: parts
            .rows
            .iter()
            .map(|(_, part)| part.metrics.get(metric.id()).and_then(|result| result.mean))
            .map(|mean| mean.map_or("–".to_owned(), |mean| rough(mean, metric.unit())))
            .collect(),
        is_text: false,
    };
    grid::text(first, vec![parts.metrics.iter().map(column).collect()], style)
}

/// A value among others of its kind: what is next to nothing needs no digits.
fn rough(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond | Unit::Count if value > 0.0 && value < 0.001 => {
            format::quantity(0.001, unit).replacen("0.0010", "<0.001", 1)
        }
        _ => format::quantity(value, unit),
    }
}

/// One quantity of a sweep; a closed form stays beside the variant that it predicts.
pub(super) fn sweep(cells: SweepTable, style: &TextStyle) -> String {
    let column = |index: usize, header: &str| Column {
        header: header.to_owned(),
        cells: cells.rows.iter().map(|row| row.get(index).cloned().unwrap_or_default()).collect(),
        is_text: index == 0,
    };
    let mut groups: Vec<Vec<Column>> = Vec::new();
    for (index, header) in cells.columns.iter().enumerate().skip(1) {
        match groups.last_mut() {
            Some(group) if cells.is_theory[index] => group.push(column(index, short(header))),
            _ => groups.push(vec![column(index, header)]),
        }
    }
    grid::text(column(0, &cells.columns[0]), groups, style)
}

/// A closed form without what stands in brackets, such as the names of its finders.
pub(super) fn short(closed_form: &str) -> &str {
    closed_form.split(" (").next().unwrap_or(closed_form)
}

fn mean(variant: &VariantResult, metric: Metric) -> String {
    let value = words::metric(variant, metric).and_then(|result| result.mean);
    value.map_or("–".to_owned(), |value| format::quantity(value, metric.unit()))
}

fn is_baseline(comparison: &Comparison, variant: &VariantResult) -> bool {
    comparison.variants.first().is_some_and(|first| first.name == variant.name)
}
