//! What is reported of one variant over its seeds? Verdict shares, and every metric of both arms.

use std::collections::BTreeMap;

use sim_core::ids::{Id, WorkloadId};

use crate::expectation::Verdict;
use crate::experiment::VariantRuns;
use crate::measure::{Record, Scope};
use crate::metric::Metric;
use crate::picture;
use crate::results::{
    Arm, MetricResult, PartResult, SERVICE_METRICS, VariantResult, Verdicts, WORKLOAD_METRICS,
};
use crate::statistics;

/// Verdicts and metrics of one variant.
pub(crate) fn variant_result(runs: &VariantRuns) -> VariantResult {
    let of = runs.judgements.len() as u32;
    let share = |verdict| statistics::wilson(runs.count(verdict), of);
    let mut metrics = arm_metrics(runs, Arm::Triggered);
    if !runs.variant.system.faults.is_empty() {
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
        control: if runs.has_two_arms() { arm_metrics(runs, Arm::Control) } else { BTreeMap::new() },
        workloads: workloads(runs),
        services: services(runs),
        diagnosis: None,
        twins: Vec::new(),
        marks: crate::results::marks::marks(runs),
        events: runs.triggered.iter().map(|record| record.events).sum(),
        requests: runs.triggered.iter().map(|record| record.requests).sum(),
    }
}

fn arm_metrics(runs: &VariantRuns, arm: Arm) -> BTreeMap<String, MetricResult> {
    metrics(runs, arm, Scope::default(), Metric::ALL)
}

fn metrics(runs: &VariantRuns, arm: Arm, scope: Scope, metrics: &[Metric]) -> BTreeMap<String, MetricResult> {
    let value = |record: &Record, metric| record.value(metric, scope, record.after_warmup());
    let result = |metric: Metric| {
        let per_seed: Vec<Option<f64>> = runs.arm(arm).iter().map(|record| value(record, metric)).collect();
        (metric.id().to_owned(), metric_result(metric, per_seed))
    };
    metrics.iter().filter(|metric| **metric != Metric::RecoveryTime).map(|metric| result(*metric)).collect()
}

/// Every workload; a lone one is the whole.
fn workloads(runs: &VariantRuns) -> Vec<PartResult> {
    let workloads = &runs.variant.model.workloads;
    let part = |id: WorkloadId| {
        let scope = Scope { service: None, workload: Some(id) };
        PartResult {
            name: workloads[id].name.clone(),
            metrics: metrics(runs, Arm::Triggered, scope, WORKLOAD_METRICS),
        }
    };
    let ids = (0..workloads.len()).filter(|_| workloads.len() > 1).map(WorkloadId::from_index);
    ids.map(part).collect()
}

/// Every service; a lone one is the whole.
fn services(runs: &VariantRuns) -> Vec<PartResult> {
    let services = &runs.variant.model.services;
    let part = |id| {
        let scope = Scope { service: Some(id), workload: None };
        let mut metrics = metrics(runs, Arm::Triggered, scope, SERVICE_METRICS);
        if !services[id].is_scaled() {
            // How many there are stands in the file.
            metrics.remove(Metric::Instances.id());
            metrics.remove(Metric::InstanceSeconds.id());
        }
        if !services.iter().any(|service| service.blocks) {
            // Nobody ever waits outside.
            metrics.remove(Metric::Outside.id());
            metrics.remove(Metric::HeldUp.id());
        }
        PartResult { name: services[id].name.clone(), metrics }
    };
    let ids = picture::services_in_call_order(&runs.variant.model);
    ids.into_iter().filter(|_| services.len() > 1).map(part).collect()
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
