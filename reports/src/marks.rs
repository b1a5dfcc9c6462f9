//! What did people see and do, and when? The rows of a table, one for each alert, deed and owner of a variant.

use scenarios::metric::Unit;
use scenarios::results::VariantResult;
use scenarios::results::marks::{MarkResult, MarkWhat};

use crate::format;

/// A row of the table.
pub(crate) struct Row {
    pub(crate) variant: String,
    pub(crate) what: String,
    pub(crate) at: String,
    pub(crate) after_trigger: String,
    pub(crate) seeds: String,
    pub(crate) times: String,
}

/// The names of the columns after the variant.
pub(crate) const COLUMNS: [&str; 5] =
    ["what people saw and did", "at (median [10 to 90 %])", "after the trigger", "seeds", "times"];

/// What the columns mean.
pub(crate) const NOTE: &str = "Moments are those of the first time since the first trigger began, and of alerts that resolve \
                               the last one; seeds are those on which it happened, times counts all seeds and the whole run.";

impl Row {
    /// The cells under [`COLUMNS`].
    pub(crate) fn cells(&self) -> [&str; 5] {
        [&self.what, &self.at, &self.after_trigger, &self.seeds, &self.times]
    }
}

/// One row for each thing; none where nobody watches and nobody changes anything.
pub(crate) fn rows(variants: &[VariantResult]) -> Vec<Row> {
    let of = |variant: &VariantResult| {
        let shown = variant.marks.iter().filter(|mark| !is_told_twice(variant, mark));
        shown.map(|mark| row(variant, mark)).collect::<Vec<_>>()
    };
    variants.iter().flat_map(of).collect()
}

/// Where an alert has no delay, the rule and those on call are one.
fn is_told_twice(variant: &VariantResult, mark: &MarkResult) -> bool {
    let seen = |other: &&MarkResult| other.what == MarkWhat::Paged && other.name == mark.name;
    mark.what == MarkWhat::AlertFires
        && variant
            .marks
            .iter()
            .find(seen)
            .is_some_and(|seen| (seen.at_s, seen.times) == (mark.at_s, mark.times))
}

/// When a variant has the first of its alerts and deeds, or the last that resolves: 10th percentile, median and 90th
/// percentile over seeds. What most seeds never see is not usual.
pub(crate) fn usual(variant: &VariantResult, what: MarkWhat) -> Option<[f64; 3]> {
    let is_usual = |mark: &&MarkResult| mark.what == what && 2 * mark.seeds > mark.of;
    let times = variant.marks.iter().filter(is_usual).filter_map(|mark| mark.at_s);
    match what {
        MarkWhat::AlertResolves => times.max_by(|a, b| a[1].total_cmp(&b[1])),
        _ => times.min_by(|a, b| a[1].total_cmp(&b[1])),
    }
}

/// The marks of a variant as a figure shows them, for those who cannot see it.
pub(crate) fn story(variant: &VariantResult) -> Option<String> {
    let told = [
        (MarkWhat::Paged, "first alert at"),
        (MarkWhat::OperatorActs, "operator acts at"),
        (MarkWhat::AlertResolves, "last alert resolved at"),
    ];
    let late = |what: MarkWhat, at: f64| {
        let meant = |mark: &&MarkResult| mark.what == what && mark.at_s.is_some_and(|all| all[1] == at);
        let after = variant.marks.iter().find(meant).and_then(|mark| mark.after_trigger_s);
        after.map_or(String::new(), |after| format!(" ({} after the trigger)", format::seconds(after)))
    };
    let told = told.into_iter().filter_map(|(what, word)| {
        let [_, middle, _] = usual(variant, what)?;
        Some(format!("{word} {}{}", format::seconds(middle), late(what, middle)))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("{}: {}.", variant.name, told.join(", ")))
}

/// In words.
fn sentence(mark: &MarkResult) -> String {
    let name = &mark.name;
    match mark.what {
        MarkWhat::AlertFires => format!("alert {name} fires by its rule"),
        MarkWhat::Paged => format!("alert {name} fires"),
        MarkWhat::AlertResolves => format!("alert {name} resolves"),
        MarkWhat::OperatorActs => format!("operator: {name}"),
        MarkWhat::Changed => format!("{name} changes a setting"),
        MarkWhat::TakenBack => format!("a change of {name} is taken back"),
    }
}

fn row(variant: &VariantResult, mark: &MarkResult) -> Row {
    let none = || "–".to_owned();
    let at = |[early, middle, late]: [f64; 3]| match mark.seeds {
        1 => format::seconds(middle),
        _ => {
            format!("{} {}", format::seconds(middle), format::interval([early, late], middle, Unit::Seconds))
        }
    };
    Row {
        variant: variant.name.clone(),
        what: sentence(mark),
        at: mark.at_s.map_or_else(none, at),
        after_trigger: mark.after_trigger_s.map_or_else(none, format::seconds),
        seeds: format!("{} of {}", mark.seeds, mark.of),
        times: mark.times.to_string(),
    }
}
