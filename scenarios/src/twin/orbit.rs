//! Is this system a Markov chain over those at the service and those who gave up, and what follows?
//!
//! A timeout in a file is a fixed span, the patience of the chains exponential: ordinary callers are none of theirs.
//! A file says such callers as a service that chooses among many timeouts, and comes again by `maybe`:
//!
//! ```yaml
//! front:
//!   steps:
//!     - fallback:
//!         steps: [{choose: {ways: [{probability: 0.025, steps: [{call: {to: db, timeouts: {attempt: 13ms}}}]}, ...]}}]
//!         otherwise: [{maybe: {probability: 0.7, steps: [{call: {to: front, max_depth: 40}}]}}]
//! ```
//!
//! The chain [`LateWork`] then holds where `db` shares its workers (`processor_sharing`, bounded) and works on for
//! nobody; [`Orbit`] where it stops (`on_cancel: immediate`), its line is bounded, and the way back leads through a
//! service with room for everybody and exponential work, the back-off.

use sim_core::model::edge::CallConfig;
use sim_core::model::endpoint::{ChooseConfig, StepConfig};
use sim_core::model::service::{OnCancel, ServiceConfig};
use sim_core::policy::{degradation, queue};
use sim_core::theory::orbit::{Again, LateWork, Orbit};
use sim_core::theory::spiral::Spiral;

use super::{Said, first_difference, no_way, places, users, work};
use crate::load::Variant;
use crate::metric::Unit;

/// What it is called beside what was measured.
pub const NAME: &str = "chain of those who come again";
/// When it applies, in a sentence.
pub const APPLIES: &str = "Exact for callers of exponential patience, a `choose` among many timeouts, who come again by \
                           `maybe`, at one bounded service of exponential work.";

/// Work of the chain grows with the fourth power.
const MOST_PLACES: u32 = 60;
/// How far the timeouts may be from an exponential law, as a share.
const NEAR: f64 = 0.05;
/// A chain of calls that is cut is no matter if so few reach its end.
const RARE: f64 = 1e-3;
/// Workers that nobody runs out of.
const ROOM: u32 = 1_000;
/// Most in orbit that are tried.
const MOST_IN_ORBIT: u32 = 160;

/// Which chain a variant is.
#[derive(Clone, Debug, PartialEq)]
pub enum Twin {
    /// Who gave up is served all the same.
    Late(LateWork),
    /// Who gave up has left.
    Orbit(Orbit),
}

const SPAN: &str = "it knows callers of exponential patience, and a timeout is a fixed span";

/// The chain of a variant, or one sentence why there is none.
pub fn of(variant: &Variant) -> Result<Twin, String> {
    let (workload, rate) = users(variant)?;
    let service = |name: &str| {
        let found = variant.system.services.iter().find(|(other, _)| *other == name);
        found.map(|(_, service)| service).ok_or_else(|| SPAN.to_owned())
    };
    let front_name = workload.call.to.as_str();
    let front = service(front_name)?;
    let [StepConfig::Fallback(fallback)] = &front.steps[..] else { return Err(SPAN.to_owned()) };
    let ([StepConfig::Choose(ways)], [StepConfig::Maybe(again)], None, None) =
        (&fallback.steps[..], &fallback.otherwise[..], &fallback.on, fallback.max_concurrent)
    else {
        return Err(SPAN.to_owned());
    };
    let (db_name, timeout) = patience(ways)?;
    let chance = again.probability.get();
    let (orbit, back) = match &again.steps[..] {
        [StepConfig::Call(back)] => (None, back),
        [StepConfig::Call(orbit), StepConfig::Call(back)] => (Some(service(&orbit.to)?), back),
        _ => return Err("it knows who comes again at once, or after one stay in orbit".to_owned()),
    };
    if back.to != front_name || !again.otherwise.is_empty() {
        return Err("it knows callers who come again to where they were".to_owned());
    }
    if back.max_depth.is_some_and(|depth| chance.powi(depth.get() as i32) > RARE) {
        return Err(
            "it knows callers who come again without an end, and `max_depth` ends it too soon".to_owned()
        );
    }
    let has_room = |service: &ServiceConfig| service.workers.get() >= ROOM;
    if !has_room(front) || !orbit.is_none_or(has_room) {
        return Err(format!("it knows callers with room for everybody, {ROOM} workers at least"));
    }
    let db = service(db_name)?;
    let (law, mean) = work(db)?;
    let plain = ServiceConfig {
        workers: db.workers,
        service_time: db.service_time.clone(),
        steps: db.steps.clone(),
        queue: db.queue.clone(),
        degradation: db.degradation.clone(),
        on_cancel: db.on_cancel,
        ..ServiceConfig::of(law.clone())
    };
    if let Some(field) = first_difference(db, &plain) {
        return Err(format!("it does not know the `{field}` of a service"));
    }
    no_way(variant)?;
    let (places, servers) = (places(db)?, db.workers.get());
    if places > MOST_PLACES {
        return Err(format!("it knows small systems, of {MOST_PLACES} places at most"));
    }
    match (orbit, db.on_cancel) {
        (None, OnCancel::Ignore) => {
            if !matches!(db.queue, queue::Config::ProcessorSharing(_))
                || db.degradation != degradation::Config::None
            {
                return Err(
                    "where work goes on for nobody it knows `processor_sharing` at full speed".to_owned()
                );
            }
            let again = Again::WithChance(chance);
            Ok(Twin::Late(LateWork {
                arrival_rate: rate,
                service_rate: 1.0 / mean,
                servers,
                places,
                timeout,
                again,
            }))
        }
        (Some(orbit), OnCancel::Immediate) => {
            let (_, back_off) = work(orbit)?;
            let service = Spiral::degraded(rate, 1.0 / mean, servers, places, &db.degradation);
            let mut orbit = Orbit { service, timeout, back_off, again: chance, orbit_places: 20 };
            while orbit.overflow() > RARE {
                if orbit.orbit_places >= MOST_IN_ORBIT {
                    return Err(format!("it knows small systems, of {MOST_IN_ORBIT} in orbit at most"));
                }
                orbit.orbit_places *= 2;
            }
            Ok(Twin::Orbit(orbit))
        }
        _ => Err(
            "it knows who comes again at once while work goes on (`on_cancel: ignore`), or after a back-off \
                  where it stops (`immediate`)"
                .to_owned(),
        ),
    }
}

/// Whom the ways call, and the mean of their timeouts if these are near an exponential law.
fn patience(choose: &ChooseConfig) -> Result<(&str, f64), String> {
    let mut timeouts = Vec::new();
    let mut to = None;
    for way in &choose.ways {
        let [StepConfig::Call(call)] = &way.steps[..] else { return Err(SPAN.to_owned()) };
        let plain = CallConfig { timeouts: call.timeouts.clone(), ..CallConfig::plain(&call.to) };
        if let Some(field) = first_difference(&**call, &plain) {
            return Err(format!("it does not know the `{field}` of a call"));
        }
        let beside = call.timeouts.total.0.or(call.timeouts.idle.0);
        let (Some(timeout), None) = (call.timeouts.attempt.0, beside) else {
            return Err("it knows callers who give up, all of them".to_owned());
        };
        if *to.get_or_insert(call.to.as_str()) != call.to {
            return Err("it knows one service that is called".to_owned());
        }
        timeouts.push((timeout.as_secs_f64(), way.probability.get()));
    }
    let whole: f64 = timeouts.iter().map(|(_, weight)| weight).sum();
    let mean: f64 = timeouts.iter().map(|(span, weight)| span * weight).sum();
    timeouts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let is_near = timeouts.iter().all(|(span, weight)| {
        below += weight;
        // A step stands for what lies around its middle.
        (below - 0.5 * weight - (1.0 - (-span / mean).exp())).abs() <= NEAR
    });
    match to {
        Some(to) if is_near && (whole - 1.0).abs() < 1e-6 => Ok((to, mean)),
        _ => Err("it knows callers of exponential patience, and these timeouts have another law".to_owned()),
    }
}

/// What it says of a variant.
pub(super) fn said(variant: &Variant) -> Result<Vec<Said>, String> {
    Ok(match of(variant)? {
        Twin::Late(chain) => {
            let bursts = [chain.places / 4, chain.places / 2, 3 * chain.places / 4];
            let survived = bursts.iter().zip(chain.recovers(&bursts)).map(|(burst, chance)| {
                Said::new(
                    &format!("recovers_{burst}"),
                    format!("P(recover) from a burst of {burst}"),
                    Unit::Share,
                    chance,
                )
            });
            let mean = Said::new(
                "mean_at_service",
                "mean number at the service, with those who gave up",
                Unit::Count,
                chain.mean_in_system(),
            );
            let time = Said::new(
                "time_to_collapse",
                "mean time from empty to full, by chance alone",
                Unit::Seconds,
                chain.mean_time_to_collapse(),
            );
            [mean, time].into_iter().chain(survived).collect()
        }
        Twin::Orbit(chain) => {
            let pairs = chain.pairs();
            vec![
                Said::new(
                    "mean_at_service",
                    "mean number at the service",
                    Unit::Count,
                    pairs.mean(|n, _| f64::from(n)),
                ),
                Said::new(
                    "mean_in_orbit",
                    "mean number in orbit",
                    Unit::Count,
                    pairs.mean(|_, m| f64::from(m)),
                ),
            ]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Scenario, load};

    /// Forty timeouts of equal weight, the middles of the fortieths of an exponential law of this mean.
    fn ways(mean: f64) -> String {
        let way = |k: i32| {
            let span = -mean * (1.0 - (f64::from(k) + 0.5) / 40.0).ln();
            format!(
                "{{probability: 0.025, steps: [{{call: {{to: db, timeouts: {{attempt: {span:.6}s}}}}}}]}}"
            )
        };
        (0..40).map(way).collect::<Vec<_>>().join(", ")
    }

    fn scenario(db: &str, wait: &str, ways: &str) -> Scenario {
        let text = format!(
            "
spiral: 1
id: t
title: T
services:
  db: {{service_time: {{exponential: {{mean: 1s}}}}, {db}}}
  orbit: {{workers: 10000, service_time: {{exponential: {{mean: 3s}}}}}}
  front:
    workers: 10000
    steps:
      - fallback:
          steps: [{{choose: {{ways: [{ways}]}}}}]
          otherwise: [{{maybe: {{probability: 0.6, steps: [{wait}{{call: {{to: front, max_depth: 40}}}}]}}}}]
workloads:
  users: {{arrivals: {{poisson: {{rate: 0.6/s}}}}, call: {{to: front}}}}
run: {{horizon: 100s}}
"
        );
        let loaded = load("t.yaml", text.as_bytes(), &[], &|_: &str| Err("no files".to_owned()));
        loaded.unwrap_or_else(|error| panic!("{}", error.render(false)))
    }

    #[test]
    fn both_chains_are_known() {
        let shared = "queue: {processor_sharing: {capacity: 24}}";
        let Ok(Twin::Late(late)) = of(scenario(shared, "", &ways(10.0)).baseline()) else {
            panic!("late work")
        };
        assert_eq!((late.places, late.servers, late.again), (24, 1, Again::WithChance(0.6)));
        assert!((late.timeout - 10.0).abs() < 0.3, "{}", late.timeout);
        let withdrawn =
            "queue: {fifo: {capacity: 5}}, on_cancel: immediate, degradation: {linear: {per_request: 0.1}}";
        let scenario = scenario(withdrawn, "{call: {to: orbit}}, ", &ways(5.0));
        let Ok(Twin::Orbit(orbit)) = of(scenario.baseline()) else { panic!("orbit") };
        assert_eq!((orbit.service.places(), orbit.back_off, orbit.again), (6, 3.0, 0.6));
        assert_eq!(said(scenario.baseline()).expect("known").len(), 2);
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        let shared = "queue: {processor_sharing: {capacity: 24}}";
        let fixed = "{probability: 1, steps: [{call: {to: db, timeouts: {attempt: 1s}}}]}";
        for (db, wait, ways, reason) in [
            (shared, "", fixed.to_owned(), "another law"),
            ("queue: {fifo: {capacity: 24}}", "", ways(10.0), "goes on for nobody"),
            ("queue: processor_sharing", "", ways(10.0), "no `capacity`"),
            (shared, "{call: {to: orbit}}, ", ways(10.0), "comes again at once while"),
            ("queue: {processor_sharing: {capacity: 200}}", "", ways(10.0), "small systems"),
        ] {
            let told = of(scenario(db, wait, &ways).baseline()).expect_err(reason);
            assert!(told.contains(reason), "{reason}: {told}");
        }
    }
}
