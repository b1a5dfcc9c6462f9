//! How do results change with one setting? Every point of a sweep over the seeds, with closed forms beside
//! it where one applies.

use serde::{Deserialize, Serialize};
use sim_core::model::edge::CallConfig;
use sim_core::model::rate::RateProfile;
use sim_core::model::service::ServiceConfig;
use sim_core::model::workload::ArrivalsConfig;
use sim_core::theory::{mg1, mmc};

use crate::assess::assess;
use crate::expectation::ExpectationConfig;
use crate::experiment::{self, Hooks, Runs};
use crate::explain;
use crate::load::{Scenario, Sweep, Variant};
use crate::metric::Metric;
use crate::request::{Request, VERSION, reference};
use crate::results::{CapacityLine, ExpectationResult, SweepPoint, SweepResult, TheoryLine, VariantResult};
use crate::store::{self, Store};
use crate::summary::variant_result;

/// A sweep and whether it covers everything asked for.
#[derive(Clone, Debug)]
pub struct Swept {
    /// What is reported.
    pub result: SweepResult,
    /// The runs of each point; of points that were taken from a store there are none.
    pub runs: Vec<Option<Runs>>,
    /// Whether every run was made.
    pub complete: bool,
}

/// What is kept of a point: everything that the report says of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    variants: Vec<VariantResult>,
    /// Its claims, each by its place in the file.
    expectations: Vec<(usize, ExpectationResult)>,
}

/// Runs a sweep. Inside each point the seeds are those asked for, at most as many as the sweep wants. Finished
/// points are kept in the store, and taken from it.
pub fn run(scenario: &Scenario, sweep: &Sweep, request: &Request, store: &Store, hooks: &Hooks<'_>) -> Swept {
    let seeds: Vec<u64> = request.seeds.iter().copied().take(sweep.seeds as usize).collect();
    let chosen = |variant: &&Variant| request.wants(&variant.name);
    let single = scenario.sweeps.len() == 1;
    let is_here = |line: &ExpectationConfig| line.sweep.as_ref().map_or(single, |name| *name == sweep.name);
    let (mut runs, mut kept, mut complete) = (Vec::new(), Vec::new(), true);
    for (index, point) in sweep.points.iter().enumerate() {
        let variants: Vec<Variant> = point.variants.iter().filter(chosen).cloned().collect();
        let claims: Vec<(usize, &ExpectationConfig)> = scenario
            .expectations
            .iter()
            .enumerate()
            .filter(|(_, line)| line.point.as_ref() == Some(&point.value) && is_here(line))
            .filter(|(_, line)| {
                let ran = |name: &String| variants.iter().any(|variant| variant.name == *name);
                line.variant.as_ref().is_none_or(ran) && line.versus.as_ref().is_none_or(ran)
            })
            .collect();
        let name = store.name(&[&format!("{seeds:?} {claims:?}"), &said(&variants)]);
        if let Some(point) = store.get::<Kept>(&name) {
            runs.push(None);
            kept.push(point);
            continue;
        }
        let count = sweep.points.len();
        let progress = |done: usize, total: usize| (hooks.progress)(index * total + done, count * total);
        let hooks = Hooks { progress: &progress, ..*hooks };
        let made = experiment::run(&variants, &seeds, &hooks);
        let point = Kept {
            variants: made.variants.iter().map(variant_result).collect(),
            expectations: claims.into_iter().map(|(place, line)| (place, assess(line, &made))).collect(),
        };
        if made.complete {
            store.put(&name, &point);
        }
        complete &= made.complete;
        runs.push(Some(made));
        kept.push(point);
    }
    let mut expectations: Vec<(usize, ExpectationResult)> =
        kept.iter_mut().flat_map(|point| std::mem::take(&mut point.expectations)).collect();
    expectations.sort_by_key(|(place, _)| *place);
    let points: Vec<SweepPoint> = sweep
        .points
        .iter()
        .zip(kept)
        .map(|(point, kept)| SweepPoint { value: point.value.clone(), x: point.x, variants: kept.variants })
        .collect();
    let names: Vec<String> =
        points.first().map_or(Vec::new(), |point| point.variants.iter().map(|v| v.name.clone()).collect());
    let result = SweepResult {
        schema: "spiral/sweep/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        sweep: sweep.name.clone(),
        path: sweep.path.clone(),
        label: sweep.label.clone(),
        metric: sweep.metric,
        seeds,
        points,
        theory: names.iter().flat_map(|name| theory_lines(sweep, name)).collect(),
        capacities: names.iter().filter_map(|name| capacities(sweep, name)).collect(),
        expectations: expectations.into_iter().map(|(_, result)| result).collect(),
        reproduce: request.reproduce.clone(),
    };
    Swept { result, runs, complete }
}

/// Everything that the runs of these variants depend on but the seeds.
fn said(variants: &[Variant]) -> String {
    let said =
        |variant: &Variant| format!("{} {}\n", variant.name, store::said(&variant.system, &variant.run));
    variants.iter().map(said).collect()
}

/// What a variant can carry, if that is the same at all points: a swept load does not change it.
fn capacities(sweep: &Sweep, name: &str) -> Option<CapacityLine> {
    let mut lines = sweep.points.iter().map(|point| {
        let variant = point.variants.iter().find(|variant| variant.name == name)?;
        let (advertised_per_s, hidden_per_s) = explain::capacities(variant)?;
        Some(CapacityLine { variant: name.to_owned(), advertised_per_s, hidden_per_s })
    });
    let first = lines.next()??;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs();
    let is_same = |line: CapacityLine| {
        let hidden = match (first.hidden_per_s, line.hidden_per_s) {
            (Some(a), Some(b)) => near(a, b),
            (a, b) => a.is_none() == b.is_none(),
        };
        hidden && near(first.advertised_per_s, line.advertised_per_s)
    };
    lines.all(|line| line.is_some_and(is_same)).then_some(first.clone())
}

/// The closed forms of one variant along the sweep.
fn theory_lines(sweep: &Sweep, name: &str) -> Vec<TheoryLine> {
    let metrics = [Metric::LatencyMean, Metric::AgeAtService, Metric::LatencyP99, Metric::Utilisation];
    let line = |metric| {
        let mut form = "";
        let mut points = Vec::new();
        for point in &sweep.points {
            let variant = point.variants.iter().find(|variant| variant.name == name)?;
            if let Some((name, value)) = closed_form(variant, metric) {
                form = name;
                points.push((point.x, value));
            }
        }
        (points.len() >= 2).then(|| TheoryLine {
            variant: name.to_owned(),
            metric,
            name: form.to_owned(),
            points,
        })
    };
    metrics.into_iter().filter_map(line).collect()
}

/// What a closed form says about a system: one queue in front of one instance, steady Poisson load below
/// capacity, no faults, nobody gives up. Its name and the value.
fn closed_form(variant: &Variant, metric: Metric) -> Option<(&'static str, f64)> {
    let system = &variant.system;
    let ([(_, service)], [(_, workload)], true) =
        (&system.services.0[..], &system.workloads.0[..], system.is_calm())
    else {
        return None;
    };
    let ArrivalsConfig::Poisson(arrivals) = &workload.arrivals else { return None };
    let RateProfile::Text(rate) = &arrivals.rate else { return None };
    let service_time = service.service_time.as_ref()?;
    // Everything else of the service is as if nothing were said.
    let plain = ServiceConfig { workers: service.workers, ..ServiceConfig::of(service_time.clone()) };
    let patient = workload.call == CallConfig::plain(&workload.call.to);
    if *service != plain || !patient {
        return None;
    }
    let (mean, cv2) = (service_time.mean_secs()?, service_time.cv2()?);
    let (arrival_rate, workers) = (rate.as_per_second(), service.workers.get());
    if arrival_rate * mean >= f64::from(workers) || arrival_rate == 0.0 {
        return None;
    }
    let is_exponential = matches!(service_time, sim_core::dist::Distribution::Exponential(_));
    match (workers, is_exponential) {
        (_, true) => {
            let queue = mmc::Mmc { arrival_rate, service_rate: 1.0 / mean, servers: workers };
            let value = match metric {
                Metric::LatencyMean => queue.mean_sojourn(),
                Metric::AgeAtService => queue.mean_wait(),
                Metric::LatencyP99 => queue.sojourn_quantile(0.99),
                Metric::Utilisation => queue.utilisation(),
                _ => return None,
            };
            Some((if workers == 1 { "M/M/1" } else { "M/M/c" }, value))
        }
        (1, false) => {
            let queue = mg1::Mg1 { arrival_rate, mean_service: mean, cv2 };
            let value = match metric {
                Metric::LatencyMean => queue.mean_sojourn(),
                Metric::AgeAtService => queue.mean_wait(),
                Metric::Utilisation => queue.utilisation(),
                _ => return None,
            };
            Some(("M/G/1", value))
        }
        _ => None,
    }
}
