//! When does the prediction of the hidden capacity not hold? It supposes a service that serves the oldest first
//! whether or not anybody waits, callers that can send all their retries, and a capacity that stays.

use sim_core::model::workload::ArrivalsConfig;
use sim_core::policy::{admission, autoscaler, balancer, degradation, probe, queue, retry::budget};
use sim_core::units::Limit;

use super::capacity::View;
use super::flow::{Weather, load};
use super::result::Trust;
use super::system::{Call, Caller, Demand};
use super::times;
use super::topology::leads_to;

/// A share of the predicted load at which callers must still have workers free.
const NEARLY: f64 = 0.9;
/// Busy share of callers' workers, lines included, from which on they count as full.
const FULL: f64 = 0.95;

/// How far the load that fills `service` in good times can be relied on.
pub(super) fn advertised(view: &View<'_>, service: usize) -> (Trust, Vec<String>) {
    let calls: Vec<&Call<'_>> = view.system.calls.iter().filter(|call| call.service == service).collect();
    let mut unknown = shares_unknown(view, &calls);
    unknown.extend(crowded(view, service, view.services[service].advertised_scale));
    if view.system.service(service).degradation != degradation::Config::None {
        unknown.push(format!("`{}` is the slower the more is there", view.system.service_name(service)));
    }
    unknown.extend(over_links(view));
    unknown.extend(over_networks(&calls));
    if unknown.is_empty() { (Trust::Sharp, unknown) } else { (Trust::Unknown, unknown) }
}

/// Callers whose answers wait for links, and who work on their messages: what that takes is not looked at.
fn over_links(view: &View<'_>) -> Vec<String> {
    let services = view.system.config.services.iter();
    let linked = services.filter(|(_, config)| config.pools.iter().any(|(_, pool)| pool.links.is_some()));
    let linked = linked.map(|(name, _)| format!("answers to `{name}` wait for links"));
    let coding = view.system.config.services.iter().filter(|(_, config)| !config.serialization.is_free());
    let coding = coding.map(|(name, _)| format!("`{name}` works on its messages as well, which is left out"));
    linked.chain(coding).collect()
}

/// Callers whose messages may be lost, or wait for others: what gets through is not looked at.
fn over_networks(calls: &[&Call<'_>]) -> Vec<String> {
    let rough = calls.iter().filter(|call| call.config.network.is_rough());
    rough
        .map(|call| format!("messages of `{}` may be lost, or wait for others on their way", call.path))
        .collect()
}

/// Callers that are full before the service is, because they hold workers while they stand in its line. Near
/// saturation that is so of all; it is told if it happens at nine tenths of the predicted load.
fn crowded(view: &View<'_>, service: usize, scale: f64) -> Vec<String> {
    let system = &view.system;
    let rates: Vec<f64> = view.rates.iter().map(|rate| rate * scale * NEARLY).collect();
    if !scale.is_finite() {
        return Vec::new();
    }
    let load = load(system, &rates, Weather::Fair);
    let times = times::with_lines(system, &load);
    let leads = leads_to(system, service);
    let is_full = |number: &usize| {
        let own = (0..times.len()).filter(|e| system.endpoints[*e].service == *number && leads[*e]);
        let used = own.filter(|endpoint| load.endpoints[*endpoint] > 0.0);
        let held: f64 = used.map(|endpoint| load.endpoints[endpoint] * times[endpoint]).sum();
        held > FULL * system.workers(*number) && !system.service(*number).queue.is_shared()
    };
    let full = (0..system.config.services.len()).filter(is_full);
    full.map(|number| {
        format!("`{}` has too few workers for the time that they wait in lines", system.service_name(number))
    })
    .collect()
}

/// How far the hidden capacity of `service` as the bottleneck can be relied on, and why not further.
pub(super) fn hidden(view: &View<'_>, service: usize) -> (Trust, Vec<String>) {
    let leads = leads_to(&view.system, service);
    let is_above = |call: &&Call<'_>| leads[call.to];
    let above: Vec<&Call<'_>> = view.system.calls.iter().filter(is_above).collect();
    let mut below = tips_below(view, &leads, &above);
    below.extend(crowded(view, service, view.services[service].hidden_scale));
    if !below.is_empty() {
        return (Trust::Unknown, below);
    }
    let earlier = heals_earlier(view, service, &leads, &above);
    if earlier.is_empty() { (Trust::Sharp, earlier) } else { (Trust::AtLeast, earlier) }
}

/// What lets a system heal above the predicted load.
fn heals_earlier(view: &View<'_>, service: usize, leads: &[bool], above: &[&Call<'_>]) -> Vec<String> {
    let system = &view.system;
    let config = system.service(service);
    let name = system.service_name(service);
    let mut reasons = Vec::new();
    if !matches!(config.queue, queue::Config::Fifo(_)) {
        reasons.push(format!("`{name}` does not serve the oldest first"));
    }
    let line = &config.queue;
    if line.max_wait() < sim_core::time::SimDuration::MAX || line.expired_margin().is_some() {
        reasons.push(format!("`{name}` drops what has waited too long"));
    }
    if let (Limit::AtMost(places), Some(patience)) = (line.capacity(), shortest_patience(view, service)) {
        reasons.push(match longest_wait_s(view, service, places) < patience {
            true => format!("the queue of `{name}` is shorter than its callers' patience"),
            // In the engine a line of 1.2 patiences heals at 1.1 times the prediction, not at 3.2 times.
            false => format!("what the full queue of `{name}` turns away leaves no work behind"),
        });
    }
    if config.admission != admission::Config::None {
        reasons.push(format!("`{name}` does not admit everything"));
    }
    if !config.on_cancel.is_ignored() {
        reasons.push(format!("`{name}` stops work that nobody waits for"));
    }
    let has = |is: &dyn Fn(&Call<'_>) -> bool| above.iter().any(|call| is(call));
    if has(&|call| matches!(call.config.retry.budget(), budget::Config::SuccessTokens(_))) {
        reasons.push("with success tokens a full storm sends no retries at all".to_owned());
    }
    if has(&|call| matches!(call.config.retry.budget(), budget::Config::Quota(_))) {
        reasons.push("a retry quota that no success refills ends the retries of an outage".to_owned());
    }
    if has(&|call| call.config.retry.budget().counts_what_is_under_way()) {
        reasons.push(
            "budgets of what is under way bound retries at once, and how often follows from their length"
                .to_owned(),
        );
    }
    if has(&|call| call.config.retry.is_choosy()) {
        reasons.push("not every failure is tried again".to_owned());
    }
    if has(&|call| !call.config.circuit_breaker.is_none()) {
        reasons.push("open circuit breakers keep the storm away".to_owned());
    }
    if has(&|call| !call.config.client_throttle.is_none()) {
        reasons.push("callers keep back a part of the storm".to_owned());
    }
    if has(&|call| !call.config.rate_limit.is_none()) {
        reasons.push("rate limits of callers hold back what is over them".to_owned());
    }
    if has(&|call| !call.config.bulkhead.is_none()) {
        reasons.push("bulkheads bound what callers have under way".to_owned());
    }
    if has(&|call| call.config.pool.is_some()) {
        reasons.push("pools bound what callers can send".to_owned());
    }
    if has(&|call| call.inherits_deadline && matches!(call.caller, Caller::Endpoint(_))) {
        reasons.push("deadlines end calls whose users have left".to_owned());
    }
    if system
        .workloads
        .iter()
        .any(|workload| workload.peak.is_none() && leads[system.calls[workload.call].to])
    {
        reasons.push("closed users send less while they wait".to_owned());
    }
    let caching = system.config.services.iter().filter(|(_, config)| !config.caches.is_empty());
    reasons.extend(caching.map(|(name, _)| format!("what the caches of `{name}` know keeps load away")));
    reasons.extend(callers_run_out(view, service, leads));
    reasons
}

/// Callers whose workers all wait before the storm is complete: they hold it back.
fn callers_run_out(view: &View<'_>, service: usize, leads: &[bool]) -> Vec<String> {
    let system = &view.system;
    let scale = view.services[service].hidden_scale;
    if !scale.is_finite() {
        return Vec::new();
    }
    let rates: Vec<f64> = view.rates.iter().map(|rate| rate * scale).collect();
    let storm = load(system, &rates, Weather::Late(service));
    let mut names = Vec::new();
    for (number, (name, config)) in system.config.services.iter().enumerate() {
        let mine = system.endpoints.iter().enumerate().filter(|(_, e)| e.service == number);
        let held: f64 = mine
            .filter(|(endpoint, _)| leads[*endpoint] && number != service)
            .map(|(endpoint, _)| storm.endpoints[endpoint] * view.silent_s[endpoint])
            .filter(|held| !held.is_nan())
            .sum();
        let workers = f64::from(config.workers.get()) * f64::from(config.instances.get());
        if held > workers && !config.queue.is_shared() {
            names.push(format!("`{name}` runs out of workers before the storm is complete"));
        }
    }
    names
}

/// Whether opening a connection for this call is work for the service.
fn signs(view: &View<'_>, call: &Call<'_>) -> bool {
    let of_caller = || match call.caller {
        Caller::Workload(_) => None,
        Caller::Endpoint(endpoint) => {
            let service = view.system.endpoints[endpoint].service;
            view.system.config.services.0[service].1.connection.as_ref()
        }
    };
    let connection = call.config.connection.as_ref().or_else(of_caller);
    connection.is_some_and(|connection| connection.tls_cpu.server > sim_core::time::SimDuration::ZERO)
}

/// What may bring a system down below the predicted load: capacity that does not stay, shares that nobody knows.
fn tips_below(view: &View<'_>, leads: &[bool], above: &[&Call<'_>]) -> Vec<String> {
    let system = &view.system;
    let mut reasons = Vec::new();
    for (number, (name, config)) in system.config.services.iter().enumerate() {
        if !system.endpoints.iter().zip(leads).any(|(e, leads)| e.service == number && *leads) {
            continue;
        }
        let life = &config.lifecycle;
        let depends = |probe: &Option<probe::Config>| {
            probe.as_ref().is_some_and(|probe| probe.checks != probe::Checks::Itself)
        };
        if life.crash_at.is_some() {
            reasons.push(format!("`{name}` crashes under load"));
        }
        if depends(&life.liveness) {
            reasons.push(format!("the liveness probe kills instances of `{name}` that are slow"));
        }
        if depends(&life.readiness) {
            reasons.push(format!("the readiness probe takes instances of `{name}` away that are slow"));
        }
        if life.warm_up.is_some() && (life.restart.is_some() || life.boot_time.is_some()) {
            reasons.push(format!("`{name}` does less while it is cold"));
        }
        if config.reject_cost > sim_core::time::SimDuration::ZERO {
            reasons.push(format!("rejecting costs `{name}` work"));
        }
        if config.degradation != degradation::Config::None {
            reasons.push(format!("`{name}` is the slower the more is there"));
        }
        if config.autoscaler != autoscaler::Config::None {
            reasons.push(format!("instances of `{name}` come and go"));
        }
        if !config.discovery.is_none() {
            reasons.push(format!("callers of `{name}` go to the addresses that they believe in"));
        }
        if config.memory.is_some() {
            reasons.push(format!("collecting garbage slows `{name}` under load"));
        }
        if system.calls.iter().any(|call| call.service == number && signs(view, call)) {
            reasons.push(format!("handshakes cost `{name}` work"));
        }
        if config.error_cost > sim_core::time::SimDuration::ZERO {
            reasons.push(format!("errors cost `{name}` more than answers"));
        }
        if !config.background.is_empty() || config.repair.is_some() {
            reasons.push(format!("housekeeping takes a part of `{name}` now and then"));
        }
    }
    let connects = |workload: &Demand<'_>| matches!(workload.config.arrivals, ArrivalsConfig::Connected(_));
    if system.workloads.iter().any(|w| connects(w) && leads[system.calls[w.call].to]) {
        reasons.push("connects come on top of the messages".to_owned());
    }
    let leases = |workload: &Demand<'_>| matches!(workload.config.arrivals, ArrivalsConfig::Leases(_));
    if system.workloads.iter().any(|w| leases(w) && leads[system.calls[w.call].to]) {
        reasons.push("leases that are lost are established on top of the renewals".to_owned());
    }
    reasons.extend(over_links(view));
    reasons.extend(shares_unknown(view, above));
    reasons.sort();
    reasons.dedup();
    reasons
}

/// Where it depends on the run which instance gets how much.
fn shares_unknown(view: &View<'_>, calls: &[&Call<'_>]) -> Vec<String> {
    let system = &view.system;
    let mut reasons = Vec::new();
    for call in calls {
        let to = system.service_name(call.service);
        let several = system.service(call.service).instances.get() > 1;
        if call.config.targets.outlier_detection.is_some() || call.config.targets.health_check.is_some() {
            reasons.push(format!("callers take instances of `{to}` out of use"));
        }
        if !call.config.hedging.is_none() {
            reasons.push(format!("how many calls to `{to}` are hedged depends on how slow it is"));
        }
        let by_key =
            matches!(call.config.load_balancer, balancer::Config::RingHash(_) | balancer::Config::Maglev(_));
        if several && by_key {
            reasons.push(format!("which instance of `{to}` gets how much depends on the keys"));
        }
        if several && has_uneven_speeds(view, call.service) {
            reasons.push(format!("instances of `{to}` differ, and who gets how much depends on the run"));
        }
    }
    reasons.sort();
    reasons.dedup();
    reasons
}

/// Whether instances of a service are of different speeds.
pub(super) fn has_uneven_speeds(view: &View<'_>, service: usize) -> bool {
    let config = view.system.service(service);
    let speed = |place: u32| config.speeds.get(place as usize).map_or(1.0, |speed| speed.get());
    (1..config.instances.get()).any(|place| speed(place) != speed(0))
}

/// The shortest time that a caller of `service` waits for one attempt, in seconds.
pub(super) fn shortest_patience(view: &View<'_>, service: usize) -> Option<f64> {
    let patience = view.system.calls_to(service).filter_map(Call::patience_s);
    patience.min_by(f64::total_cmp)
}

/// Seconds that the last of `places` waiting attempts waits at one instance.
pub(super) fn longest_wait_s(view: &View<'_>, service: usize, places: u32) -> f64 {
    let workers = view.system.service(service).workers.get();
    f64::from(places) * view.holds_s(service) / f64::from(workers)
}
