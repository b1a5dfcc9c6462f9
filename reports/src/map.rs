//! What does a map show? Its quantity with unit and span, the values of its axes in a few characters, and sentences
//! that say how the cells came out and what they took.

use scenarios::expectation::Subject;
use scenarios::metric::Unit;
use scenarios::results::map::{AxisResult, CellClass, MapCell, MapResult, MapVariant};

use crate::format;

/// Colours and shades are spread over ratios when the largest value is this many times the smallest.
const RATIOS_FROM: f64 = 50.0;
/// Values of a file that are longer than this are rounded.
const SHORT: usize = 6;

/// The values that shades stand for, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) is_log: bool,
}

impl Span {
    /// What the cells of all variants need: everything from none to all for shares.
    pub(crate) fn of(map: &MapResult) -> Span {
        if unit(map) == Unit::Share {
            return Span { low: 0.0, high: 1.0, is_log: false };
        }
        let cells = map.variants.iter().flat_map(|variant| &variant.cells);
        let values = cells.filter_map(number);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        match low <= high {
            true => Span { low, high, is_log: low > 0.0 && high / low >= RATIOS_FROM },
            false => Span { low: 0.0, high: 1.0, is_log: false },
        }
    }

    /// Where a value lies, from 0 to 1.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let place = |value: f64| if self.is_log { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let (low, high) = (place(self.low), place(self.high));
        if high > low { ((place(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The value at a place from 0 to 1.
    pub(crate) fn at(&self, share: f64) -> f64 {
        match self.is_log {
            true => self.low * (self.high / self.low).powf(share),
            false => self.low + share * (self.high - self.low),
        }
    }
}

/// Whether the cells show how many seeds came out in some way, and not a metric.
pub(crate) fn is_verdict(map: &MapResult) -> bool {
    matches!(Subject::from_id(&map.shown), Some(Subject::Verdict(_)))
}

/// What a map of the control arm shows.
const CONTROL: &str = "control_success";
/// A control that succeeds less than this somewhere is worth a figure.
const WELL: f64 = 0.99;

/// The same map of the control arm: what the system does without any trigger; none if it is well everywhere, or if
/// nothing is known of it.
pub(crate) fn of_control(map: &MapResult) -> Option<MapResult> {
    if is_control(map) || control_span(&map.variants)?.0 >= WELL {
        return None;
    }
    let mut control = MapResult { shown: CONTROL.to_owned(), unit: "1".to_owned(), ..map.clone() };
    for variant in &mut control.variants {
        (variant.contour, variant.no_contour) = (None, String::new());
        for cell in &mut variant.cells {
            (cell.value, cell.ci95, cell.class) = (cell.control, None, CellClass::Unknown);
            cell.verdicts.clear();
        }
    }
    Some(control)
}

/// Whether a map is of the control arm.
pub(crate) fn is_control(map: &MapResult) -> bool {
    map.shown == CONTROL
}

/// Least and largest success of the control arm.
fn control_span(variants: &[MapVariant]) -> Option<(f64, f64)> {
    let cells = variants.iter().flat_map(|variant| &variant.cells);
    let span = |found: Option<(f64, f64)>, value: f64| match found {
        Some((low, high)) => Some((low.min(value), high.max(value))),
        None => Some((value, value)),
    };
    cells.filter_map(|cell| cell.control).fold(None, span)
}

/// What the cells show.
pub(crate) fn label(map: &MapResult) -> String {
    if is_control(map) {
        return "success of the control arm".to_owned();
    }
    match Subject::from_id(&map.shown) {
        Some(Subject::Verdict(verdict)) => format!("share of seeds {}", verdict.word()),
        Some(Subject::Metric(metric)) => metric.label().to_owned(),
        None => map.shown.clone(),
    }
}

/// What it is counted in.
pub(crate) fn unit(map: &MapResult) -> Unit {
    if is_control(map) {
        return Unit::Share;
    }
    Subject::from_id(&map.shown).map_or(
        match map.unit.as_str() {
            "s" => Unit::Seconds,
            "1/s" => Unit::PerSecond,
            _ => Unit::Count,
        },
        Subject::unit,
    )
}

/// The title of table and figure.
pub(crate) fn title(map: &MapResult) -> String {
    let label = label(map);
    let mut letters = label.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{} by {} and {}", letters.as_str(), name(&map.x), name(&map.y))
}

/// An axis without the unit that stands behind a comma or in brackets.
pub(crate) fn name(axis: &AxisResult) -> &str {
    let name = axis.label.split([',', '(']).next().unwrap_or_default().trim();
    if !name.is_empty() && name != axis.path {
        return name;
    }
    // The end of a path says most.
    let end = axis.path.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    &axis.path[end..]
}

/// What the values of an axis are counted in, as a file writes them.
pub(crate) fn axis_unit(axis: &AxisResult) -> Unit {
    unit_of(axis.values.last().map_or("", String::as_str))
}

/// What a value is counted in, as a file writes it.
pub(crate) fn unit_of(value: &str) -> Unit {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | ' '));
    match unit {
        "%" => Unit::Share,
        unit if unit.contains('/') => Unit::PerSecond,
        "ns" | "us" | "µs" | "ms" | "s" | "m" | "min" | "h" | "d" => Unit::Seconds,
        _ => Unit::Count,
    }
}

/// A value of an axis in a few characters.
pub(crate) fn value(axis: &AxisResult, index: usize) -> String {
    let written = axis.values.get(index).map_or("", String::as_str);
    // One long value rounds all, so that they look alike.
    let is_long = axis.values.iter().any(|value| value.chars().count() > SHORT);
    match axis.at.get(index) {
        Some(at) if is_long && at.is_finite() => rounded(*at, axis_unit(axis)),
        _ => written.to_owned(),
    }
}

/// Three digits without needless ones, with the unit.
pub(crate) fn rounded(value: f64, unit: Unit) -> String {
    let text = format::quantity(value, if unit == Unit::Ratio { Unit::Count } else { unit });
    let Some(point) = text.find('.') else { return text };
    let end = text[point + 1..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |e| point + 1 + e);
    let kept = text[..end].trim_end_matches('0').trim_end_matches('.');
    format!("{kept}{}", &text[end..])
}

/// The value of a cell, if it is a number.
pub(crate) fn number(cell: &MapCell) -> Option<f64> {
    cell.value.filter(|value| value.is_finite())
}

/// How many cells of a variant came out in some way.
pub(crate) fn count(variant: &MapVariant, class: CellClass) -> usize {
    variant.cells.iter().filter(|cell| cell.class == class).count()
}

/// How the cells of a variant came out, without its name.
pub(crate) fn story(map: &MapResult, variant: &MapVariant) -> String {
    let of = variant.cells.len();
    let cells = |class| format::count(count(variant, class) as u64);
    let mut parts = Vec::new();
    let has = |class| count(variant, class) > 0;
    if has(CellClass::Stuck) || has(CellClass::Heals) {
        parts.push(match count(variant, CellClass::Stuck) {
            0 => "stuck nowhere".to_owned(),
            _ => format!(
                "stuck on at least half of the seeds in {} of {} cells",
                cells(CellClass::Stuck),
                format::count(of as u64)
            ),
        });
        parts.push(format!("heals in {}", cells(CellClass::Heals)));
    }
    if has(CellClass::Overloaded) {
        parts.push(format!("overloaded without any trigger in {}", cells(CellClass::Overloaded)));
    }
    if has(CellClass::Unknown) && parts.is_empty() {
        parts.push("nothing to recover from".to_owned());
    } else if has(CellClass::Unknown) {
        parts.push(format!("not judged in {}", cells(CellClass::Unknown)));
    }
    if let Some((low, high)) = control_span(std::slice::from_ref(variant)) {
        let told = match high - low < 0.001 {
            true => format!("{} everywhere", format::percent(low)),
            false => format!("from {} to {}", format::percent(low), format::percent(high)),
        };
        parts.push(format!("without any trigger (control arm) success is {told}"));
    }
    if !is_verdict(map) {
        let values = variant.cells.iter().filter_map(|cell| Some((number(cell)?, cell)));
        let mut values: Vec<(f64, &MapCell)> = values.collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let (Some(first), Some(last)) = (values.first(), values.last()) {
            let told = |(number, cell): &(f64, &MapCell)| {
                let place = format!("{} and {}", value(&map.x, cell.x), value(&map.y, cell.y));
                format!("{} at {place}", format::quantity(*number, unit(map)))
            };
            parts.push(format!("{} from {} to {}", label(map), told(first), told(last)));
        }
    }
    parts.join("; ")
}

/// What was run to make the map.
pub(crate) fn cost(map: &MapResult) -> String {
    let cost = &map.cost;
    let variants = map.variants.len().max(1) as u64;
    let of_each = if variants > 1 { format!(" for each of {variants} variants") } else { String::new() };
    let cells = format::count(cost.cells / variants);
    let all = format::count(cost.of_cells / variants);
    let mut text = match cost.cells < cost.of_cells {
        true => format!("measured {cells} of {all} cells{of_each}; the others lie among equal neighbours"),
        false => format!("measured all {all} cells{of_each}"),
    };
    text.push_str(&format!(
        "; {} of {} runs of a full map, each with its control",
        format::count(cost.seeds),
        format::count(cost.of_seeds)
    ));
    if let Some(precision) = map.precision {
        let half = match unit(map) {
            Unit::Share => format!("{} percentage points", rounded(100.0 * precision, Unit::Count)),
            unit => rounded(precision, unit),
        };
        text.push_str(&format!(
            "; a cell got no more seeds once its interval was within ± {half}, widened for looking early"
        ));
    }
    text + "."
}

/// How the values came about.
pub(crate) fn method(map: &MapResult) -> String {
    let seeds = format::seeds(&map.seeds);
    if map.seeds.len() < 2 {
        return format!("Method: {seeds} in every cell. One run per cell gives no intervals.");
    }
    let most = if map.precision.is_some() { "at most " } else { "" };
    let interval = if is_verdict(map) { "Wilson" } else { "Student" };
    format!("Method: {most}{seeds}, the same in every cell that is run; 95 % {interval} intervals.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[&str], at: &[f64]) -> AxisResult {
        AxisResult {
            path: "a.b".to_owned(),
            label: "trigger, seconds".to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            at: at.to_vec(),
            log: true,
        }
    }

    #[test]
    fn long_values_are_rounded_and_short_ones_stay() {
        let axis = axis(&["1s", "1.77827941s", "12.5s"], &[1.0, 1.778_279_41, 12.5]);
        assert_eq!([0, 1, 2].map(|index| value(&axis, index)), ["1 s", "1.78 s", "12.5 s"]);
        assert_eq!(name(&axis), "trigger");
    }

    #[test]
    fn units_are_read_from_values() {
        let units = ["800/s", "25ms", "95%", "3", "0.5"].map(unit_of);
        assert_eq!(units, [Unit::PerSecond, Unit::Seconds, Unit::Share, Unit::Count, Unit::Count]);
    }

    #[test]
    fn a_span_over_ratios_puts_the_geometric_mean_in_the_middle() {
        let span = Span { low: 0.01, high: 100.0, is_log: true };
        assert!((span.share(1.0) - 0.5).abs() < 1e-12 && (span.at(0.5) - 1.0).abs() < 1e-12);
        assert_eq!(Span { low: 2.0, high: 2.0, is_log: false }.share(2.0), 0.0);
    }
}
