//! Do the claims hold? Every `expect` line measured on the runs it names.

use sim_core::ids::Id;
use sim_core::units::Probability;

use crate::expectation::{Across, Compare, ExpectationConfig, Reduce, Subject, Verdict};
use crate::experiment::{Runs, VariantRuns};
use crate::measure::{Scope, Span};
use crate::metric::{Metric, Unit};
use crate::moment::Moment;
use crate::results::{Arm, ExpectationResult, Outcome};
use crate::statistics;

/// Measures one claim on `runs`, those of the line's sweep point if it names one.
pub fn assess(line: &ExpectationConfig, runs: &Runs) -> ExpectationResult {
    assess_as(line, runs, None)
}

/// The same as if the line named another variant and arm: a claim that holds for all of them says
/// nothing.
pub fn assess_as(line: &ExpectationConfig, runs: &Runs, other: Option<(&str, Arm)>) -> ExpectationResult {
    let baseline = runs.variants.first().map_or("base", |v| v.variant.name.as_str());
    let name = other.map(|(name, _)| name).or(line.variant.as_deref()).unwrap_or(baseline);
    let arm = other.map(|(_, arm)| arm).or(line.arm).unwrap_or(Arm::Triggered);
    let nothing = |why: &str| ExpectationResult {
        text: line.sentence(baseline),
        outcome: Outcome::Inconclusive,
        measured: why.to_owned(),
        seeds_ok: None,
        of: runs.seeds.len() as u32,
        first_failing_seed: None,
    };
    let find = |name: &str| runs.variants.iter().find(|v| v.variant.name == name);
    let Some(chosen) = find(name) else { return nothing("the variant was not run") };
    let versus = match line.versus.as_deref().map(find) {
        Some(None) => return nothing("the variant to compare with was not run"),
        Some(Some(versus)) => Some(versus),
        None => None,
    };
    let [(subject, claim)] = line.claims()[..] else { return nothing("the line claims nothing") };
    if runs.seeds.is_empty() {
        return nothing("no seed was finished");
    }

    let metric = match subject {
        Subject::Verdict(verdict) => {
            let of = chosen.judgements.len() as u32 - chosen.count(Verdict::Inconclusive);
            // On the control arm nothing ever happens: no seed of it is stuck or had to recover.
            let count = match arm {
                Arm::Triggered => chosen.count(verdict),
                Arm::Control if verdict == Verdict::Unaffected => of - chosen.count(Verdict::Overloaded),
                Arm::Control if verdict == Verdict::Overloaded => chosen.count(verdict),
                Arm::Control => 0,
            };
            if of < chosen.judgements.len() as u32 {
                return nothing(
                    "there was no trigger to judge, too little time after it, or a run did not reach its horizon",
                );
            }
            let share = statistics::wilson(count, of);
            return ExpectationResult {
                outcome: outcome(claim.holds(share.share)),
                measured: format!("a share of {}", show(share.share, Unit::Share)),
                seeds_ok: Some(count),
                ..nothing("")
            };
        }
        Subject::Metric(metric) => metric,
    };

    let value_of = |seed: usize| -> Option<f64> {
        let value = measured(line, chosen, arm, seed, metric)?;
        let Some(versus) = versus else { return Some(value) };
        let other = measured(line, versus, arm, seed, metric)?;
        match line.compare.unwrap_or_default() {
            Compare::Difference => Some(value - other),
            Compare::Ratio => (other != 0.0).then(|| value / other),
        }
    };
    let values: Option<Vec<f64>> = (0..runs.seeds.len()).map(value_of).collect();
    let Some(values) = values else { return nothing("there was nothing to measure on some seeds") };
    // Only what both variants never reach gives no number: infinity minus or divided by infinity.
    let never = values.iter().filter(|value| value.is_nan()).count();
    if never > 0 {
        let what = if line.compare == Some(Compare::Ratio) { "ratio" } else { "difference" };
        return nothing(&format!(
            "on {} neither variant gets there: their {what} is not known",
            seeds(never)
        ));
    }
    let unit = line.unit(subject);
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let spread = format!("{} to {}", show(sorted[0], unit), show(sorted[sorted.len() - 1], unit));
    let across = line.across.unwrap_or_default();
    let one = match across {
        Across::EachSeed => {
            let ok = values.iter().filter(|value| claim.holds(**value)).count();
            let share = ok as f64 / values.len() as f64;
            let wanted = line.share_of_seeds.map_or(1.0, Probability::get);
            let first_failing = values.iter().position(|value| !claim.holds(*value));
            let median = statistics::quantile(&sorted, 0.5);
            let median = median.map_or("not known".to_owned(), |median| show(median, unit));
            return ExpectationResult {
                outcome: outcome(share >= wanted),
                measured: format!("median {median}, {spread} over seeds"),
                seeds_ok: Some(ok as u32),
                first_failing_seed: first_failing.map(|index| runs.seeds[index]),
                ..nothing("")
            };
        }
        Across::Mean => match sorted.iter().filter(|value| value.is_infinite()).count() {
            0 => Some(sorted.iter().sum::<f64>() / sorted.len() as f64),
            never => {
                let seeds = seeds(never);
                return nothing(&format!(
                    "on {seeds} it never happens: the mean is not known, the median may be"
                ));
            }
        },
        Across::Median => statistics::quantile(&sorted, 0.5),
        Across::P10 => statistics::quantile(&sorted, 0.1),
        Across::P90 => statistics::quantile(&sorted, 0.9),
    };
    let Some(one) = one else {
        return nothing(
            "it lies between seeds on which only one of the variants gets there: it is not known",
        );
    };
    ExpectationResult {
        outcome: outcome(claim.holds(one)),
        measured: format!("{}, {spread} over seeds", show(one, unit)),
        ..nothing("")
    }
}

fn seeds(count: usize) -> String {
    format!("{count} {}", if count == 1 { "seed" } else { "seeds" })
}

fn outcome(holds: bool) -> Outcome {
    if holds { Outcome::Holds } else { Outcome::Fails }
}

/// The value of one seed; infinite for what did not happen by the horizon, `None` if there was nothing
/// to measure.
pub(crate) fn measured(
    line: &ExpectationConfig,
    runs: &VariantRuns,
    arm: Arm,
    seed: usize,
    metric: Metric,
) -> Option<f64> {
    let record = &runs.arm(arm)[seed];
    if !record.complete {
        return None;
    }
    if metric == Metric::RecoveryTime {
        let judgement = runs.judgements[seed];
        return match arm {
            Arm::Triggered => judgement.recovery_s,
            Arm::Control => judgement.recovery_s.map(|_| 0.0),
        };
    }
    if matches!(metric, Metric::TimeToDetect | Metric::TimeToAttribute | Metric::TimeToAct) {
        let moment = record.value(metric, Scope::default(), record.after_warmup());
        return record.is_watched().then(|| moment.unwrap_or(f64::INFINITY));
    }
    let model = &runs.variant.model;
    let scope = Scope {
        service: line
            .service
            .as_deref()
            .and_then(|name| runs.variant.system.services.position(name))
            .map(Id::from_index),
        workload: line
            .workload
            .as_deref()
            .and_then(|name| runs.variant.system.workloads.position(name))
            .map(Id::from_index),
    };
    let span = match &line.window {
        None => record.after_warmup(),
        Some(window) => {
            let moment = |text: &str| text.parse::<Moment>().ok()?.resolve(model, runs.variant.run.warmup);
            record.span(moment(&window.from)?, moment(&window.to)?)
        }
    };
    if span.from >= span.to {
        return None;
    }
    let moments = || record.moments(metric, scope, span);
    match line.reduce.as_ref().unwrap_or(&Reduce::Mean) {
        Reduce::Mean => record.value(metric, scope, span),
        Reduce::Max => moments().flatten().max_by(f64::total_cmp),
        Reduce::Min => moments().flatten().min_by(f64::total_cmp),
        Reduce::ShareOfTime(bound) => {
            let values: Vec<f64> = moments().flatten().collect();
            let kept = values.iter().filter(|value| bound.holds(**value)).count();
            (!values.is_empty()).then(|| kept as f64 / values.len() as f64)
        }
        Reduce::FirstTime(bound) => {
            let first = moments().position(|value| value.is_some_and(|value| bound.holds(value)));
            let seconds = |windows: usize| {
                let until = Span { from: span.from, to: span.from + windows };
                record.lengths_s[until.from..until.to].iter().sum()
            };
            Some(first.map_or(f64::INFINITY, seconds))
        }
    }
}

/// A number for people, with its unit.
fn show(value: f64, unit: Unit) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "never" } else { "minus infinity" }.to_owned();
    }
    // Three significant digits, as many as seeds are worth.
    let digits = |x: f64| match x.abs() {
        0.0 => "0".to_owned(),
        a if a >= 100.0 => format!("{x:.0}"),
        a if a >= 10.0 => format!("{x:.1}"),
        a if a >= 1.0 => format!("{x:.2}"),
        _ => format!("{x:.3}"),
    };
    match unit {
        Unit::Seconds if value.abs() < 1.0 && value != 0.0 => format!("{}ms", digits(value * 1e3)),
        Unit::Seconds => format!("{}s", digits(value)),
        Unit::PerSecond => format!("{}/s", digits(value)),
        Unit::Share | Unit::Ratio | Unit::Count => digits(value),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::experiment::{Hooks, run};
    use crate::load::load;
    use crate::verdict::Judgement;

    const INF: f64 = f64::INFINITY;

    /// A claim on the recovery times of two variants, which are put in place of those that were measured.
    fn assessed(claim: &str, ours: &[f64], theirs: &[f64]) -> (Outcome, String) {
        let text = format!(
            "
spiral: 1
id: small
title: Small
services: {{api: {{service_time: 1ms}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api}}}}}}
faults: {{pause: {{at: 1s, for: 1s, stop: {{service: api}}}}}}
variants: {{ours: {{}}, theirs: {{}}}}
expect: [{{variant: ours, {claim}}}]
run: {{horizon: 40s}}
"
        );
        let no_files = |_: &str| Err("no such file".to_owned());
        let scenario = load("small.yaml", text.as_bytes(), &[], &no_files)
            .unwrap_or_else(|error| panic!("{}", error.render(false)));
        let hooks = Hooks { threads: 1, progress: &|_, _| {}, stop: &AtomicBool::new(false) };
        let seeds: Vec<u64> = (1..=ours.len() as u64).collect();
        let mut runs = run(&scenario.variants, &seeds, &hooks);
        for (variant, times) in runs.variants.iter_mut().zip([ours, theirs]) {
            let judgement =
                |seconds: &f64| Judgement { verdict: Verdict::Recovered, recovery_s: Some(*seconds) };
            variant.judgements = times.iter().map(judgement).collect();
        }
        let result = assess(&scenario.expectations[0], &runs);
        (result.outcome, result.measured)
    }

    #[test]
    fn recovery_times_that_are_infinite_never_become_nan() {
        use Outcome::{Fails, Holds, Inconclusive};
        let at_most = "recovery_time: {at_most: 3s}";
        for (more, ours, theirs, outcome, measured) in [
            ("across: median", [1.0, 2.0, INF], [0.0; 3], Holds, "2.00s, 1.00s to never over seeds"),
            ("across: p90", [1.0, 2.0, INF], [0.0; 3], Fails, "never, 1.00s to never over seeds"),
            (
                "across: mean",
                [1.0, 2.0, INF],
                [0.0; 3],
                Inconclusive,
                "on 1 seed it never happens: the mean is not known, the median may be",
            ),
            (
                "versus: theirs",
                [1.0, INF, INF],
                [2.0, INF, INF],
                Inconclusive,
                "on 2 seeds neither variant gets there: their difference is not known",
            ),
            (
                "versus: theirs, across: median",
                [1.0, INF, INF],
                [2.0, INF, 5.0],
                Inconclusive,
                "on 1 seed neither variant gets there: their difference is not known",
            ),
            (
                "versus: theirs",
                [1.0, 4.0, 5.0],
                [INF, 2.0, 5.0],
                Holds,
                "median 0s, minus infinity to 2.00s over seeds",
            ),
            (
                "versus: theirs, across: p10",
                [1.0, INF, 1.0],
                [INF, 1.0, INF],
                Holds,
                "minus infinity, minus infinity to never over seeds",
            ),
            (
                "versus: theirs, across: p90",
                [1.0, INF, 1.0],
                [INF, 1.0, INF],
                Inconclusive,
                "it lies between seeds on which only one of the variants gets there: it is not known",
            ),
        ] {
            let found = assessed(&format!("{at_most}, {more}"), &ours, &theirs);
            assert_eq!(found, (outcome, measured.to_owned()), "{more} {ours:?} {theirs:?}");
        }
        let ratio = "recovery_time: {at_most: 3}, versus: theirs, compare: ratio";
        assert_eq!(
            assessed(ratio, &[INF], &[INF]).1,
            "on 1 seed neither variant gets there: their ratio is not known"
        );
    }
}
