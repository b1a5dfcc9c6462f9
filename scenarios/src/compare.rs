//! How do the variants of a scenario compare? All of them on the same seeds, with intervals, verdicts and
//! the file's claims measured.

use std::collections::BTreeMap;

use crate::assess::assess;
use crate::expectation::Verdict;
use crate::experiment::{self, Hooks, Runs, VariantRuns};
use crate::load::{Scenario, Variant};
use crate::measure::{Record, Scope, merge_steps};
use crate::metric::Metric;
use crate::results::{
    Arm, Comparison, ComparisonReport, LatencyCdf, Manifest, MetricResult, Outcome, PairedDifference,
    ScenarioRef, TriggerWindow, VariantResult, Verdicts,
};
use crate::{bands, statistics, sweep};

/// The version that results carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Request {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Names of the variants; empty for all.
    pub variants: Vec<String>,
    /// Whether the named sweeps of the file are run along.
    pub sweeps: bool,
    /// `compare` or `run`.
    pub kind: &'static str,
    /// The command that repeats the result, without threads and folders.
    pub reproduce: String,
}

/// A comparison and whether it covers everything asked for.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What is reported.
    pub report: ComparisonReport,
    /// Whether every run was made.
    pub complete: bool,
    /// The runs themselves.
    pub runs: Runs,
}

impl Compared {
    /// The worst outcome of all claims, those of sweeps included; `None` without claims.
    pub fn outcome(&self) -> Option<Outcome> {
        let sweeps = self.report.sweeps.iter().flat_map(|sweep| &sweep.expectations);
        let outcomes: Vec<Outcome> =
            self.report.comparison.expectations.iter().chain(sweeps).map(|result| result.outcome).collect();
        [Outcome::Fails, Outcome::Inconclusive, Outcome::Holds]
            .into_iter()
            .find(|outcome| outcomes.contains(outcome))
    }
}

/// Runs and compares.
pub fn compare(scenario: &Scenario, request: &Request, hooks: &Hooks<'_>) -> Compared {
    let chosen = |variant: &&Variant| request.variants.is_empty() || request.variants.contains(&variant.name);
    let variants: Vec<Variant> = scenario.variants.iter().filter(chosen).cloned().collect();
    let runs = experiment::run(&variants, &request.seeds, hooks);
    let mut complete = runs.complete;
    let mut sweeps = Vec::new();
    if request.sweeps {
        for sweep in &scenario.sweeps {
            let swept = sweep::run(scenario, sweep, request, hooks);
            complete &= swept.complete;
            sweeps.push(swept.result);
        }
    }
    let results: Vec<VariantResult> = runs.variants.iter().map(variant_result).collect();
    let claims = scenario.expectations.iter().filter(|line| {
        let names = [&line.variant, &line.versus];
        // A claim about a variant that was left out on purpose is not a claim about this comparison.
        let ran = |name: &String| request.variants.is_empty() || request.variants.contains(name);
        line.point.is_none() && names.into_iter().flatten().all(ran)
    });
    let comparison = Comparison {
        schema: format!("spiral/{}/1", request.kind),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        seeds: runs.seeds.clone(),
        comparisons: differences(&results),
        variants: results,
        expectations: match request.kind {
            "run" => Vec::new(),
            _ => claims.map(|line| assess(line, &runs)).collect(),
        },
        reproduce: request.reproduce.clone(),
    };
    let report = ComparisonReport {
        manifest: manifest(scenario, &variants, &runs.seeds, request),
        comparison,
        series: bands::series(&runs),
        latency: runs.variants.iter().map(latency_cdf).collect(),
        sweeps,
    };
    Compared { report, complete, runs }
}

pub(crate) fn reference(scenario: &Scenario) -> ScenarioRef {
    ScenarioRef { id: scenario.id.clone(), hash: scenario.hash.clone() }
}

/// What is needed to read and repeat the results.
pub fn manifest(scenario: &Scenario, variants: &[Variant], seeds: &[u64], request: &Request) -> Manifest {
    let run = &variants.first().unwrap_or(scenario.baseline()).run;
    let triggers = |variant: &Variant| -> Vec<TriggerWindow> {
        let window = |(name, fault): (&str, &sim_core::model::fault::FaultConfig)| TriggerWindow {
            name: name.to_owned(),
            start_s: fault.at.as_secs_f64(),
            end_s: (fault.at + fault.length).as_secs_f64(),
            what: fault.describe(),
        };
        variant.system.faults.iter().map(window).collect()
    };
    let resolved = |variant: &Variant| {
        serde_json::json!({
            "services": variant.system.services,
            "workloads": variant.system.workloads,
            "faults": variant.system.faults,
            "run": variant.run,
        })
    };
    Manifest {
        schema: "spiral/manifest/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        title: scenario.title.clone(),
        summary: scenario.summary.clone(),
        kind: request.kind.to_owned(),
        seeds: seeds.to_vec(),
        horizon_s: run.horizon.as_secs_f64(),
        warmup_s: run.warmup.as_secs_f64(),
        healthy: run.healthy.get(),
        triggers: variants.iter().map(|variant| (variant.name.clone(), triggers(variant))).collect(),
        resolved: variants.iter().map(|variant| (variant.name.clone(), resolved(variant))).collect(),
        reproduce: request.reproduce.clone(),
    }
}

/// Verdicts and metrics of one variant.
pub(crate) fn variant_result(runs: &VariantRuns) -> VariantResult {
    let of = runs.judgements.len() as u32;
    let share = |verdict| statistics::wilson(runs.count(verdict), of);
    let mut metrics = arm_metrics(runs, Arm::Triggered);
    if runs.has_trigger() {
        metrics.insert(Metric::RecoveryTime.id().to_owned(), recovery_result(runs));
    }
    VariantResult {
        name: runs.variant.name.clone(),
        verdicts: Verdicts {
            stuck: share(Verdict::Stuck),
            recovered: share(Verdict::Recovered),
            overloaded: share(Verdict::Overloaded),
            unaffected: share(Verdict::Unaffected),
            inconclusive: share(Verdict::Inconclusive),
        },
        metrics,
        control: if runs.has_trigger() { arm_metrics(runs, Arm::Control) } else { BTreeMap::new() },
        events: runs.triggered.iter().map(|record| record.events).sum(),
        requests: runs.triggered.iter().map(|record| record.requests).sum(),
    }
}

fn arm_metrics(runs: &VariantRuns, arm: Arm) -> BTreeMap<String, MetricResult> {
    let value = |record: &Record, metric| record.value(metric, Scope::default(), record.after_warmup());
    let result = |metric: Metric| {
        let per_seed: Vec<Option<f64>> = runs.arm(arm).iter().map(|record| value(record, metric)).collect();
        (metric.id().to_owned(), metric_result(metric, per_seed))
    };
    Metric::ALL
        .iter()
        .filter(|metric| **metric != Metric::RecoveryTime)
        .map(|metric| result(*metric))
        .collect()
}

fn metric_result(metric: Metric, per_seed: Vec<Option<f64>>) -> MetricResult {
    let known: Vec<f64> = per_seed.iter().copied().flatten().collect();
    let interval = statistics::mean_interval(&known);
    MetricResult {
        mean: interval.map(|interval| interval.mean),
        ci95: interval.and_then(|interval| interval.ci95),
        quantiles: None,
        per_seed,
        unit: metric.unit().symbol().to_owned(),
    }
}

/// Recovery times are censored where nothing recovered: no mean over the survivors then.
fn recovery_result(runs: &VariantRuns) -> MetricResult {
    let values: Vec<f64> = runs.judgements.iter().filter_map(|judgement| judgement.recovery_s).collect();
    let per_seed = runs.judgements.iter().map(|j| j.recovery_s.filter(|s| s.is_finite())).collect();
    let mut result = metric_result(Metric::RecoveryTime, per_seed);
    result.quantiles = statistics::quartiles(&values);
    if values.iter().any(|seconds| seconds.is_infinite()) {
        (result.mean, result.ci95) = (None, None);
    }
    result
}

/// Every variant against the first, paired by seed.
pub(crate) fn differences(results: &[VariantResult]) -> Vec<PairedDifference> {
    let Some((baseline, others)) = results.split_first() else { return Vec::new() };
    let mut differences = Vec::new();
    for variant in others {
        for metric in Metric::ALL {
            let of = |result: &VariantResult| result.metrics.get(metric.id()).map(|m| m.per_seed.clone());
            let (Some(ours), Some(theirs)) = (of(variant), of(baseline)) else { continue };
            let pairs: Vec<f64> = ours.iter().zip(&theirs).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
            let interval = (pairs.len() >= 2).then(|| statistics::mean_interval(&pairs)).flatten();
            differences.push(PairedDifference {
                variant: variant.name.clone(),
                baseline: baseline.name.clone(),
                metric: metric.id().to_owned(),
                mean_difference: interval.map(|interval| interval.mean),
                ci95: interval.and_then(|interval| interval.ci95),
                method: format!("paired Student t on {} seeds", pairs.len()),
            });
        }
    }
    differences
}

/// At most this many points of a latency distribution are kept; the tail is kept whole.
const CDF_POINTS: usize = 400;

fn latency_cdf(runs: &VariantRuns) -> LatencyCdf {
    let steps = merge_steps(runs.triggered.iter().map(|record| record.latency_steps(Scope::default())));
    let all: u64 = steps.iter().map(|(_, count)| count).sum();
    let mut below = 0;
    let mut points: Vec<(f64, f64)> = Vec::new();
    // Equal steps on the axis that a tail chart has: -log10 of the share still to come.
    let grid = |share: f64| ((-(1.0 - share).max(1e-9).log10()) * (CDF_POINTS as f64 / 9.0)) as usize;
    for (latency, count) in steps {
        below += count;
        let point = (latency as f64 * 1e-9, below as f64 / all as f64);
        match points.last() {
            Some(last) if grid(last.1) == grid(point.1) && last.1 > 0.0 && points.len() > 1 => {
                let end = points.len() - 1;
                points[end] = point;
            }
            _ => points.push(point),
        }
    }
    let (answered, ended) = runs.triggered.iter().fold((0, 0), |(a, e), record| {
        let (answered, ended) = record.ended(Scope::default(), record.after_warmup());
        (a + answered, e + ended)
    });
    LatencyCdf {
        variant: runs.variant.name.clone(),
        points,
        unanswered_share: if ended == 0 { 0.0 } else { (ended - answered) as f64 / ended as f64 },
    }
}
