//! Which numbers of a sweep stand beside each other? One table per quantity, for terminal and page:
//! points down, variants across, each with its closed form where one exists.

use scenarios::metric::Metric;
use scenarios::results::{SweepPoint, SweepResult, TheoryLine, VariantResult};

use crate::format;
use crate::shown::{Estimate, Shown};

/// Finished cells.
pub(crate) struct SweepTable {
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    /// Whether a column holds the closed form of the variant before it.
    pub(crate) is_theory: Vec<bool>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The table of one quantity.
pub(crate) fn of(sweep: &SweepResult, shown: Shown) -> SweepTable {
    let variants = variants(sweep);
    let (mut columns, mut is_theory) = (vec![sweep.label.clone()], vec![false]);
    for variant in variants {
        columns.push(variant.name.clone());
        is_theory.push(false);
        if let Some(theory) = closed_form(sweep, shown, &variant.name) {
            columns.push(theory.name.clone());
            is_theory.push(true);
        }
    }
    let row = |point: &SweepPoint| {
        let mut row = vec![point.value.clone()];
        for variant in variants {
            let there = point.variants.iter().find(|other| other.name == variant.name);
            let estimate = there.and_then(|variant| shown.estimate(variant));
            row.push(estimate.map_or("–".to_owned(), |estimate| cell(estimate, shown)));
            if let Some(theory) = closed_form(sweep, shown, &variant.name) {
                let predicted = at(theory, point.x).map(|value| format::quantity(value, shown.unit()));
                row.push(predicted.unwrap_or_else(|| "–".to_owned()));
            }
        }
        row
    };
    let rows = sweep.points.iter().map(row).collect();
    SweepTable { caption: format!("{} ({})", shown.label(), how(sweep, shown)), columns, is_theory, rows }
}

/// The variants, as the first point has them.
pub(crate) fn variants(sweep: &SweepResult) -> &[VariantResult] {
    sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default()
}

fn how(sweep: &SweepResult, shown: Shown) -> &'static str {
    match shown {
        _ if sweep.seeds.len() < 2 => "one seed, no interval",
        Shown::Stuck => "with 95 % Wilson interval",
        Shown::Metric(Metric::RecoveryTime) => {
            "with 95 % interval, or median and quartiles where seeds never recover"
        }
        Shown::Metric(_) => "mean over seeds ± half of its 95 % interval",
    }
}

fn closed_form<'a>(sweep: &'a SweepResult, shown: Shown, variant: &str) -> Option<&'a TheoryLine> {
    sweep.theory.iter().find(|line| line.variant == variant && Shown::Metric(line.metric) == shown)
}

/// The predicted value exactly at a point.
fn at(theory: &TheoryLine, x: f64) -> Option<f64> {
    let is_there = |other: f64| (other - x).abs() <= 1e-9 * x.abs().max(1.0);
    theory.points.iter().find(|(other, _)| is_there(*other)).map(|(_, value)| *value)
}

fn cell(estimate: Estimate, shown: Shown) -> String {
    let value = format::quantity(estimate.value, shown.unit());
    match (estimate.interval, shown) {
        (None, _) => value,
        (Some(interval), Shown::Stuck) => format!("{value} [{}]", format::share_interval(interval)),
        (Some(interval), Shown::Metric(Metric::RecoveryTime)) => {
            format!("{value} {}", format::interval(interval, estimate.value, shown.unit()))
        }
        (Some([low, high]), Shown::Metric(metric)) => {
            format::plus_minus(estimate.value, 0.5 * (high - low), metric.unit())
        }
    }
}
