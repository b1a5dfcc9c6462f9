//! Is this system the birth-death chain of a service that slows down with its crowd, and what follows? Where it
//! rests, from which crowd on it grows by itself, how long chance takes to lead there and back.
//!
//! It is for one service of one instance with exponential work and a bounded line (`fifo`, `lifo`,
//! `processor_sharing`), or a heap that is the bound, under one open Poisson workload of constant rate whose callers
//! wait for ever and never try again, with `degradation` or `memory`. Triggers are left out: the chain speaks of the
//! system without them, and of any crowd that they leave behind.

use sim_core::model::edge::CallConfig;
use sim_core::model::service::ServiceConfig;
use sim_core::policy::{degradation, queue};
use sim_core::theory::spiral::Spiral;

use super::{Said, first_difference, no_way, places, station, work};
use crate::load::Variant;
use crate::metric::Unit;

/// What it is called beside what was measured.
pub const NAME: &str = "birth-death chain";
/// When it applies, in a sentence.
pub const APPLIES: &str = "Exact for one instance that its crowd slows down, Poisson arrivals, exponential work, a bound, \
                           and callers who wait; of the system without its triggers, and of any crowd that they leave.";

/// Ids of the numbers that runs show too.
pub(super) const MEAN: &str = "mean_in_system";
pub(super) const LOSS: &str = "loss";

/// More places than this are no small system.
const MOST_PLACES: u32 = 100_000;
/// A run shows a law if ways between its peaks are this many times shorter, or longer.
const APART: f64 = 20.0;

/// The chain of a variant, and whether its last place is a crash; or one sentence why there is none.
pub fn of(variant: &Variant) -> Result<(Spiral, bool), String> {
    let station = station(variant)?;
    let service = station.service;
    let (law, mean) = work(service)?;
    let plain = ServiceConfig {
        preset: service.preset.clone(),
        workers: service.workers,
        service_time: service.service_time.clone(),
        steps: service.steps.clone(),
        queue: service.queue.clone(),
        degradation: service.degradation.clone(),
        memory: service.memory.clone(),
        ..ServiceConfig::of(law.clone())
    };
    match first_difference(service, &plain).as_deref() {
        None => {}
        Some("instances") => return Err("it knows one instance".to_owned()),
        Some(field) => return Err(format!("it does not know the `{field}` of a service")),
    }
    let call = &station.workload.call;
    let plain = CallConfig { preset: call.preset.clone(), ..CallConfig::plain(&call.to) };
    match first_difference(call, &plain).as_deref() {
        None => {}
        Some("timeouts") => return Err("it knows callers who wait for ever, and these give up".to_owned()),
        Some("retry") => return Err("it knows callers who never try again, and these do".to_owned()),
        Some("network") => return Err(super::NO_WAY.to_owned()),
        Some(field) => return Err(format!("it does not know the `{field}` of a call")),
    }
    no_way(variant)?;
    let (rate, workers) = (1.0 / mean, service.workers.get());
    let spiral = match (&service.degradation, &service.memory) {
        (degradation::Config::None, None) => {
            return Err("nothing slows this service down with its crowd".to_owned());
        }
        (degradation::Config::None, Some(memory)) => {
            if service.queue != queue::Config::default() {
                return Err("with `memory` it knows an unbounded line, whose bound is the crash".to_owned());
            }
            let each = memory.per_request.bytes().max(1);
            let most = (memory.heap.bytes() - memory.base.bytes()).div_ceil(each);
            if memory.per_request.bytes() == 0 || most > u64::from(MOST_PLACES) {
                return Err(format!("it knows small systems, of {MOST_PLACES} places at most"));
            }
            (Spiral::short_of_memory(station.rate, rate, workers, memory), true)
        }
        (_, Some(_)) => return Err("it knows `degradation` or `memory`, and there are both".to_owned()),
        (degradation, None) => {
            let places = places(service)?;
            if places > MOST_PLACES {
                return Err(format!("it knows small systems, of {MOST_PLACES} places at most"));
            }
            let shares = matches!(service.queue, queue::Config::ProcessorSharing(_));
            if shares && matches!(degradation, degradation::Config::Usl(_)) {
                return Err("it does not know `usl` where all are in service at once".to_owned());
            }
            (Spiral::degraded(station.rate, rate, workers, places, degradation), false)
        }
    };
    Ok(spiral)
}

/// What it says of a variant.
pub(super) fn said(variant: &Variant) -> Result<Vec<Said>, String> {
    let (spiral, crashes) = of(variant)?;
    let full = spiral.places();
    let horizon_s = variant.model.horizon.as_secs_f64();
    let mut said = Vec::new();
    let count = |id: &str, label: &str, n: usize| Said::new(id, label, Unit::Count, n as f64);
    let lost = if crashes { "the crash" } else { "full" };
    let down_s = spiral.mean_time(0, full);
    let up_s = if crashes { f64::INFINITY } else { spiral.mean_time(full, 0) };
    let tips = spiral.tipping_number();
    if !crashes {
        let states = spiral.states();
        let mean = |upto: usize| {
            let weight: f64 = states[..=upto].iter().sum();
            states[..=upto].iter().enumerate().map(|(n, p)| n as f64 * p).sum::<f64>() / weight
        };
        // What a run shows depends on how often it goes to and fro.
        match tips {
            Some(tips) if down_s > APART * horizon_s => {
                said.push(Said::new(
                    MEAN,
                    "mean number in the system, while it is well",
                    Unit::Count,
                    mean(tips),
                ));
            }
            Some(_) if down_s.max(up_s) * APART > horizon_s => {
                let label = "mean number in the system, in the very long run";
                said.push(Said::new("mean_in_the_long_run", label, Unit::Count, mean(full)));
            }
            _ => {
                said.push(Said::new(MEAN, "mean number in the system", Unit::Count, mean(full)));
                said.push(Said::new(LOSS, "share turned away", Unit::Share, states[full]));
            }
        }
    }
    said.extend(spiral.healthy().map(|n| count("healthy", "crowd at which it rests", n)));
    if let Some(tips) = tips {
        said.push(count("tipping_number", "last crowd that shrinks on average", tips));
        let chances = spiral.recovers(0, full);
        for percent in [90, 50, 10] {
            let survives = |chance: &f64| *chance >= f64::from(percent) / 100.0;
            let most = chances.iter().rposition(survives).unwrap_or(0);
            let label = format!("largest burst that it survives with P(recover) of {percent} %");
            said.push(count(&format!("survives_{percent}"), &label, most));
        }
    }
    said.push(Said::new(
        "time_to_collapse",
        format!("mean time from empty to {lost}, by chance alone"),
        Unit::Seconds,
        down_s,
    ));
    if !crashes {
        said.push(Said::new("time_to_recover", "mean time from full to empty", Unit::Seconds, up_s));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Scenario, load};

    const FILE: &str = "
spiral: 1
id: t
title: T
services:
  api:
    service_time: {exponential: {mean: 1s}}
    queue: {fifo: {capacity: 59}}
    degradation: {linear: {per_request: 0.05}}
workloads:
  users: {arrivals: {poisson: {rate: 0.5/s}}, call: {to: api}}
run: {horizon: 100s}
";

    fn scenario(sets: &[&str]) -> Scenario {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let loaded = load("t.yaml", FILE.as_bytes(), &sets, &|_: &str| Err("no files".to_owned()));
        loaded.unwrap_or_else(|error| panic!("{}", error.render(false)))
    }

    #[test]
    fn the_spiral_of_the_theory_tests_is_known() {
        let scenario = scenario(&[]);
        let (spiral, crashes) = of(scenario.baseline()).expect("known");
        assert_eq!((spiral.places(), spiral.tipping_number(), crashes), (60, Some(20), false));
        let said = said(scenario.baseline()).expect("known");
        let value = |id: &str| said.iter().find(|said| said.id == id).unwrap_or_else(|| panic!("{id}")).value;
        assert_eq!(value("tipping_number"), Some(20.0));
        let [safe, even, lost] =
            ["survives_90", "survives_50", "survives_10"].map(|id| value(id).expect("finite"));
        assert!(safe < even && even < lost && (15.0..25.0).contains(&even), "{safe} {even} {lost}");
        // A run of 100 s does not see the collapse.
        assert!(value("time_to_collapse").expect("finite") > 2_000.0);
        assert!(value(MEAN).expect("finite") < 3.0);
    }

    #[test]
    fn memory_is_a_bound_of_its_own() {
        let sets = [
            "services.api.degradation=none",
            "services.api.queue=fifo",
            "services.api.memory={heap: 3GiB, base: 1GiB, per_request: 86MiB, gc_cost: 0.5}",
        ];
        let scenario = scenario(&sets);
        let (spiral, crashes) = of(scenario.baseline()).expect("known");
        assert_eq!((spiral.places(), crashes), (24, true));
        let said = said(scenario.baseline()).expect("known");
        assert!(said.iter().all(|said| said.id != MEAN && said.id != "time_to_recover"));
    }

    #[test]
    fn whatever_else_is_set_is_named() {
        for (set, reason) in [
            ("services.api.instances=2", "one instance"),
            ("services.api.queue=fifo", "no `capacity`"),
            ("services.api.queue={fifo: {capacity: 9, max_wait: 1s}}", "drops nobody who is in it"),
            ("services.api.queue={codel: {}}", "the lines `fifo`"),
            ("services.api.degradation=none", "nothing slows"),
            ("services.api.service_time=1s", "exponential work"),
            ("services.api.error_ratio=1%", "the `error_ratio` of a service"),
            ("services.other={service_time: 1s}", "one service, and there are 2"),
            ("workloads.users.arrivals={evenly_spaced: {rate: 1/s}}", "independent users"),
            ("workloads.users.call.timeouts.attempt=1s", "wait for ever"),
            ("workloads.users.call.retry={immediate: {max_attempts: 2}}", "never try again"),
            ("workloads.users.call.network={latency: 1ms}", "no time on the way"),
            ("services.api.memory={heap: 3GiB, per_request: 86MiB}", "there are both"),
        ] {
            let told = of(scenario(&[set]).baseline()).expect_err(set);
            assert!(told.contains(reason), "{set}: {told}");
        }
    }
}
