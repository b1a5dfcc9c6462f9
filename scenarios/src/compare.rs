//! How do the variants of a scenario compare? All of them on the same seeds, with intervals, verdicts and
//! the file's claims measured.

use crate::assess::assess;
use crate::experiment::{self, Hooks, Runs, VariantRuns};
use crate::load::{Scenario, Variant};
use crate::measure::{Scope, merge_steps};
use crate::metric::Metric;
use crate::request::{self, Request, VERSION};
use crate::results::{Comparison, ComparisonReport, LatencyCdf, Outcome, PairedDifference, VariantResult};
use crate::store::Store;
use crate::summary::variant_result;
use crate::{bands, diagnosis, picture, statistics, sweep, twin};

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
    let chosen = |variant: &&Variant| request.wants(&variant.name);
    let variants: Vec<Variant> = scenario.variants.iter().filter(chosen).cloned().collect();
    let runs = experiment::run(&variants, &request.seeds, hooks);
    let mut complete = runs.complete;
    let mut sweeps = Vec::new();
    if request.sweeps {
        for sweep in &scenario.sweeps {
            let swept = sweep::run(scenario, sweep, request, &Store::nowhere(), hooks);
            complete &= swept.complete;
            sweeps.push(swept.result);
        }
    }
    let diagnosed = |variant: &VariantRuns| VariantResult {
        diagnosis: diagnosis::diagnose(variant, &runs.variants),
        twins: twin::beside(variant),
        ..variant_result(variant)
    };
    let results: Vec<VariantResult> = runs.variants.iter().map(diagnosed).collect();
    let claims = scenario.expectations.iter().filter(|line| {
        let names = [&line.variant, &line.versus];
        // A claim about a variant that was left out on purpose is not a claim about this comparison.
        let ran = |name: &String| request.wants(name);
        line.point.is_none() && names.into_iter().flatten().all(ran)
    });
    let comparison = Comparison {
        schema: format!("spiral/{}/1", request.kind),
        spiral: VERSION.to_owned(),
        scenario: request::reference(scenario),
        seeds: runs.seeds.clone(),
        comparisons: differences(&results),
        variants: results,
        expectations: match request.kind {
            "run" => Vec::new(),
            _ => claims.map(|line| assess(line, &runs)).collect(),
        },
        reproduce: request.reproduce.clone(),
    };
    let series = bands::series(&runs);
    let report = ComparisonReport {
        manifest: request::manifest(scenario, &variants, &runs.seeds, request),
        comparison,
        pictures: picture::pictures(&runs, &series),
        series,
        latency: runs.variants.iter().map(latency_cdf).collect(),
        sweeps,
    };
    Compared { report, complete, runs }
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
