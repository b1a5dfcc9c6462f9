//! What can be known of a system before any run? Who calls whom, which load reaches each service, what retries
//! make of it, which load always heals, who depends on whom, and settings that do not fit together.
//!
//! | file | question |
//! |---|---|
//! | `system` | what does the analysis look at? (a new kind of step is taught there) |
//! | `walk` | how often does an attempt make each of its calls? |
//! | `flow` | how many attempts per second reach each endpoint, in good times and bad? |
//! | `caching` | what do caches spare at best? |
//! | `times` | how long does an attempt hold its worker? |
//! | `capacity` | how much can each service do, and which load always heals? |
//! | `trust` | when does that prediction not hold? |
//! | `topology` | who calls whom, how deep, and in circles? |
//! | `failure` | who fails if a service is down? |
//! | `warnings` | which settings do not fit together? One file per check |
//! | `result` | the findings as plain data |
//!
//! Nothing here is measured. What depends on the run (lines that form, choices by load, instances that crash) is
//! left out or said to be unknown.

mod caching;
mod capacity;
mod failure;
mod flow;
pub mod result;
mod system;
mod times;
mod topology;
mod trust;
mod walk;
mod warnings;

use sim_core::model::action::ActionConfig;
use sim_core::model::workload::ArrivalsConfig;
use sim_core::time::SimDuration;

use crate::load::{Scenario, Variant};
use crate::statistics::rounded;
use capacity::View;
use result::{ActionResult, CacheResult, Capacity, Explanation, Named, ServiceResult, Trust, WorkloadResult};
use system::{Part, System};

/// What can be known of a variant of a scenario.
pub fn explain(scenario: &Scenario, variant: &Variant) -> Explanation {
    // Every look-up a miss: what warnings and worst cases are about.
    let view = View::new(System::new(&variant.system, &variant.model, &|_, _| 0.0));
    let caches = caching::warm(&view);
    let hits = |service: usize, cache: &str| {
        let known = caches.iter().find(|warm| warm.service == service && warm.cache == cache);
        known.map_or(0.0, |warm| warm.hit_ratio)
    };
    let warm = (!caches.is_empty()).then(|| View::new(System::new(&variant.system, &variant.model, &hits)));
    Explanation {
        schema: "spiral/explain/1",
        spiral: env!("CARGO_PKG_VERSION"),
        scenario: Named { id: scenario.id.clone(), hash: scenario.hash.clone() },
        title: scenario.title.clone(),
        variant: variant.name.clone(),
        topology: topology::topology(&view),
        workloads: (0..view.system.workloads.len()).map(|number| workload(&view, number)).collect(),
        services: (0..view.services.len()).map(|number| service(&view, warm.as_ref(), number)).collect(),
        caches: caches.iter().map(|warm| cache(&view, warm)).collect(),
        actions: variant.system.actions.iter().map(action).collect(),
        presets: scenario.presets(variant),
        warnings: warnings::all(&view, &|path| scenario.place(&variant.name, path)),
    }
}

fn workload(view: &View<'_>, number: usize) -> WorkloadResult {
    let demand = &view.system.workloads[number];
    let reached = view.reached(number);
    let rate = view.rates[number];
    // Closed users do not send more because somebody wishes it.
    let is_open = !matches!(
        demand.config.arrivals,
        ArrivalsConfig::Closed(_) | ArrivalsConfig::Leases(_) | ArrivalsConfig::Lock(_)
    ) && rate > 0.0;
    let limit = |scale: fn(&capacity::ServiceView) -> f64, trust: &dyn Fn(usize) -> (Trust, Vec<String>)| {
        let service = view.bottleneck(&reached, scale).filter(|_| is_open)?;
        let (trust, reasons) = trust(service);
        let per_s = rounded(scale(&view.services[service]) * rate);
        Some(Capacity { per_s, bottleneck: view.system.service_name(service).to_owned(), trust, reasons })
    };
    WorkloadResult {
        name: demand.name.to_owned(),
        to: view.system.endpoints[view.system.calls[demand.call].to].name.clone(),
        open: demand.peak.is_some(),
        peak_per_s: rounded(rate),
        mean_per_s: rounded(view.means[number]),
        advertised: limit(|service| service.advertised_scale, &|service| trust::advertised(view, service)),
        hidden: limit(|service| service.hidden_scale, &|service| trust::hidden(view, service)),
        availability: failure::availability(view, number),
    }
}

fn action((name, action): (&str, &ActionConfig)) -> ActionResult {
    ActionResult {
        name: name.to_owned(),
        when: action.describe_start(),
        what: action.describe(),
        length_s: action.length.map(SimDuration::as_secs_f64),
    }
}

fn cache(view: &View<'_>, warm: &caching::Warm) -> CacheResult {
    CacheResult {
        service: view.system.service_name(warm.service).to_owned(),
        name: warm.cache.clone(),
        hit_ratio_at_best: rounded(warm.hit_ratio),
    }
}

fn service(view: &View<'_>, warm: Option<&View<'_>>, number: usize) -> ServiceResult {
    let system = &view.system;
    let (config, found) = (system.service(number), &view.services[number]);
    let own: Vec<usize> =
        (0..system.endpoints.len()).filter(|e| system.endpoints[*e].service == number).collect();
    let mut called_by: Vec<String> =
        system.calls_to(number).map(|call| system.caller_name(call).to_owned()).collect();
    called_by.dedup();
    let holds_s = Some(view.holds_s(number)).filter(|holds| holds.is_finite() && *holds > 0.0);
    let calls_somebody = own.iter().any(|endpoint| calls(&system.endpoints[*endpoint].program));
    let held = own.iter().filter(|e| view.first.endpoints[**e] > 0.0);
    let silent: f64 = held.map(|endpoint| view.first.endpoints[*endpoint] * view.silent_s[*endpoint]).sum();
    ServiceResult {
        name: system.service_name(number).to_owned(),
        instances: config.instances.get(),
        workers: config.workers.get(),
        endpoints: own.iter().map(|endpoint| system.endpoints[*endpoint].name.clone()).collect(),
        called_by,
        first_tries_per_s: rounded(found.first),
        first_tries_mean_per_s: rounded(view.usual.at(system, number)),
        holds_s: holds_s.map(rounded),
        capacity_per_s: holds_s.map(|holds| rounded(system.workers(number) / holds)),
        utilisation: rounded(found.utilisation),
        first_tries_warm_per_s: warm.map(|warm| rounded(warm.services[number].first)),
        utilisation_warm: warm.map(|warm| rounded(warm.services[number].utilisation)),
        utilisation_mean: rounded(view.utilisation(number, &view.usual)),
        amplification: found.amplification.map(rounded),
        storm_amplification: found.storm.map(rounded),
        storm_utilisation: rounded(found.storm_utilisation),
        workers_if_callees_are_silent: calls_somebody.then(|| rounded(silent)),
        single_point_of_failure: failure::is_single_point(view, number),
        blast_radius: failure::blast(view, number),
    }
}

/// Whether anybody waits for a call in this part.
fn calls(part: &Part) -> bool {
    match part {
        Part::Work(_) | Part::Spawn(_) => false,
        Part::Call(_) => true,
        Part::Serial(parts) | Part::Quorum { parts, .. } => parts.iter().any(calls),
        Part::Copies { part, .. } | Part::Repeat { part, .. } => calls(part),
        Part::Ways(ways) => ways.iter().any(|(_, part)| calls(part)),
        Part::Fallback { part, otherwise } => calls(part) || calls(otherwise),
    }
}

#[cfg(test)]
mod tests;
