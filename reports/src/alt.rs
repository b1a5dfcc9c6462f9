//! What does a figure say to someone who cannot see it? Alt texts made from the numbers drawn.

pub(crate) mod landscapes;
pub(crate) mod pictures;

use scenarios::metric::{Metric, Unit};
use scenarios::results::{ComparisonReport, SweepResult, TriggerWindow};

use crate::chart::timeline::Subject;
use crate::shown::Shown;
use crate::{format, marks, words};

/// More series than this are summarised by naming the table.
const TOLD: usize = 8;
/// A change below this share of the level is no change.
const NOTICEABLE: f64 = 0.15;

/// The story of a metric over time, one sentence per variant.
pub(crate) fn timeline(report: &ComparisonReport, metric: Metric) -> String {
    let mut sentences = stories(report, &metric.into());
    sentences.extend(report.comparison.variants.iter().take(TOLD).filter_map(marks::story));
    format!("{} over time, {}. {}", sentence_case(metric.label()), scope(report), sentences.join(" "))
}

/// The stories of several metrics or gauges, one after the other.
pub(crate) fn gauges(report: &ComparisonReport, subjects: &[Subject]) -> String {
    let told = subjects.iter().map(|subject| stories(report, subject).join(" "));
    format!("Gauges over time, {}. {}", scope(report), told.collect::<Vec<_>>().join(" "))
}

fn scope(report: &ComparisonReport) -> String {
    let seeds = format::seeds(&report.comparison.seeds);
    if report.comparison.seeds.len() > 1 { format!("median of {seeds}") } else { seeds }
}

/// One sentence per variant.
fn stories(report: &ComparisonReport, subject: &Subject) -> Vec<String> {
    let mut sentences = Vec::new();
    let variants = report.comparison.variants.iter();
    let variants: Vec<_> =
        variants.filter_map(|variant| Some((variant, subject.bands(report, &variant.name)?))).collect();
    for (variant, bands) in variants.iter().take(TOLD) {
        let triggers = report.manifest.triggers.get(&variant.name).map(Vec::as_slice).unwrap_or_default();
        let points: Vec<(f64, f64)> = report
            .series
            .starts_s
            .iter()
            .zip(bands)
            .filter(|(start, _)| **start >= report.manifest.warmup_s)
            .filter_map(|(start, band)| Some((*start, band.p50.filter(|value| value.is_finite())?)))
            .collect();
        let story = story(&points, report.series.width_s, &subject.name(), subject.unit, triggers);
        sentences.push(format!("{}: {story}.", variant.name));
    }
    if variants.len() > TOLD {
        sentences.push(format!("{} more variants stand in the table.", variants.len() - TOLD));
    }
    sentences
}

/// One line: where it starts, where the trigger sends it, where it ends.
fn story(points: &[(f64, f64)], width_s: f64, name: &str, unit: Unit, triggers: &[TriggerWindow]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return format!("no {name} was measured");
    };
    let show = |value: f64| format::quantity(value, unit);
    let trigger_start = triggers.iter().map(|window| window.start_s).fold(f64::INFINITY, f64::min);
    let trigger_end = triggers.iter().map(|window| window.end_s).fold(f64::NEG_INFINITY, f64::max);
    let quiet: Vec<f64> =
        points.iter().filter(|(t, _)| t + width_s <= trigger_start + 1e-9).map(|(_, v)| *v).collect();
    let end =
        mean(&points[points.len() - points.len().div_ceil(10)..].iter().map(|p| p.1).collect::<Vec<_>>());
    if triggers.is_empty() || quiet.is_empty() {
        let begin = mean(&points[..points.len().div_ceil(10)].iter().map(|p| p.1).collect::<Vec<_>>());
        return if is_near(begin, end, begin.abs().max(end.abs())) {
            format!("{name} stays near {}", show(end))
        } else {
            format!(
                "{name} moves from {} at {} to {} at {}",
                show(begin),
                format::setting(first.0),
                show(end),
                format::setting(last.0)
            )
        };
    }
    let before = mean(&quiet);
    let later = || points.iter().filter(|(t, _)| *t >= trigger_start);
    let furthest = later().max_by(|a, b| (a.1 - before).abs().total_cmp(&(b.1 - before).abs()));
    let Some(&(_, extreme)) = furthest else { return format!("{name} is {}", show(before)) };
    let change = (extreme - before).abs();
    if is_near(before, extreme, before.abs().max(extreme.abs())) {
        return format!("{name} stays near {}", show(before));
    }
    let half_way = |value: f64| (value - before).abs() >= 0.5 * change;
    let since = later().find(|(_, value)| half_way(*value)).map_or(trigger_start, |(time, _)| *time);
    let verb = if extreme < before { "falls" } else { "rises" };
    let move_ =
        format!("{name} {verb} from {} to {} at {}", show(before), show(extreme), format::setting(since));
    let after = format!("the trigger ends at {}", format::setting(trigger_end));
    if (end - before).abs() <= NOTICEABLE * change {
        let back = later().rev().find(|(_, value)| half_way(*value)).map_or(since, |(time, _)| *time);
        format!("{move_} and is back at {} after {}", show(end), format::setting(back))
    } else if (end - extreme).abs() <= 0.3 * change {
        format!("{move_} and stays there after {after}")
    } else {
        format!("{move_} and ends at {}; {after}", show(end))
    }
}

fn is_near(a: f64, b: f64, level: f64) -> bool {
    (a - b).abs() <= NOTICEABLE * level
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The latency percentiles that the curves pass, per variant.
pub(crate) fn latency(report: &ComparisonReport) -> String {
    let mut sentences = Vec::new();
    for cdf in report.latency.iter().take(TOLD) {
        let at =
            |wanted: f64| cdf.points.iter().find(|(_, share)| *share >= wanted).map(|(latency, _)| *latency);
        let quantiles = [("median", 0.5), ("99 % within", 0.99), ("99.9 % within", 0.999)];
        let told = quantiles
            .iter()
            .filter_map(|(word, share)| Some(format!("{word} {}", format::seconds(at(*share)?))));
        let told: Vec<String> = told.collect();
        let told = if told.is_empty() { "no request was answered".to_owned() } else { told.join(", ") };
        sentences.push(format!(
            "{}: {told}; {} of the requests unanswered.",
            cdf.variant,
            format::percent(cdf.unanswered_share)
        ));
    }
    format!("Latency of answered requests. {}", sentences.join(" "))
}

/// The verdict counts.
pub(crate) fn outcomes(report: &ComparisonReport) -> String {
    let variants = report.comparison.variants.iter();
    let told = variants.map(|variant| {
        format!(
            "{}: {}.",
            variant.name,
            if words::is_judged(variant) {
                words::outcome_counts(variant).join(", ")
            } else {
                words::unjudged(variant, &report.manifest).to_owned()
            }
        )
    });
    format!(
        "Outcomes over {}. {}",
        format::seeds(&report.comparison.seeds),
        told.collect::<Vec<_>>().join(" ")
    )
}

/// Each variant's value at both ends of the sweep and its extremes.
pub(crate) fn sweep(sweep: &SweepResult, shown: Shown) -> String {
    let names = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
    let mut sentences = Vec::new();
    for variant in names.iter().take(TOLD) {
        let values: Vec<(&str, f64)> = sweep
            .points
            .iter()
            .filter_map(|point| {
                let there = point.variants.iter().find(|other| other.name == variant.name)?;
                Some((point.value.as_str(), shown.estimate(there)?.value))
            })
            .collect();
        let show = |value: f64| format::quantity(value, shown.unit());
        let sentence = match (values.first(), values.last()) {
            (Some(first), Some(last)) => {
                let largest = values.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(first);
                format!(
                    "{}: {} at {}, {} at {}, largest {} at {}.",
                    variant.name,
                    show(first.1),
                    first.0,
                    show(last.1),
                    last.0,
                    show(largest.1),
                    largest.0
                )
            }
            _ => format!("{}: no value.", variant.name),
        };
        sentences.push(sentence);
    }
    format!(
        "{} against {}, {} points. {}",
        sentence_case(shown.label()),
        sweep.label,
        sweep.points.len(),
        sentences.join(" ")
    )
}

pub(crate) fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().collect::<String>() + characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger() -> Vec<TriggerWindow> {
        let what = "a fifth of the capacity".to_owned();
        vec![TriggerWindow { name: "brownout".to_owned(), start_s: 60.0, end_s: 70.0, what }]
    }

    fn points(value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (30..300).map(|t| (f64::from(t), value(f64::from(t)))).collect()
    }

    #[test]
    fn a_collapse_that_stays_is_told_as_one() {
        let points = points(|t| if t < 60.0 { 1000.0 } else { 120.0 });
        assert_eq!(
            story(&points, 1.0, "goodput", Unit::PerSecond, &trigger()),
            "goodput falls from 1000/s to 120/s at 60 s and stays there after the trigger ends at 70 s"
        );
    }

    #[test]
    fn a_recovery_is_told_with_its_time() {
        let points = points(|t| if (60.0..95.0).contains(&t) { 100.0 } else { 800.0 });
        assert_eq!(
            story(&points, 1.0, "goodput", Unit::PerSecond, &trigger()),
            "goodput falls from 800/s to 100/s at 60 s and is back at 800/s after 94 s"
        );
    }

    #[test]
    fn nothing_happening_and_nothing_measured_are_said() {
        assert_eq!(
            story(&points(|_| 5.0), 1.0, "queue length", Unit::Count, &[]),
            "queue length stays near 5.00"
        );
        assert_eq!(story(&[], 1.0, "p99 latency", Unit::Seconds, &trigger()), "no p99 latency was measured");
    }
}
