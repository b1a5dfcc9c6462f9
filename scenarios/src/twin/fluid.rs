//! Does the theory of the retry loop say anything about this system? A variant of a file as [`RetryLoop`]
//! and [`Trigger`], or the reason why its closed forms and the fluid delay equation do not apply.
//!
//! They do for one service of one instance with exponential work and an unbounded line, first come, first
//! served, under one open Poisson workload of constant rate, whose callers give up after a timeout and try
//! again at once, without a budget; with at most one trigger, on the load or on the capacity. What the file
//! leaves at its default changes nothing; whatever else it sets is named.

use sim_core::model::edge::CallConfig;
use sim_core::model::fault::Kind;
use sim_core::model::service::ServiceConfig;
use sim_core::policy::retry;
use sim_core::theory::metastable::RetryLoop;
use sim_core::theory::metastable::fluid::{Outcome, Trigger};
use sim_core::time::SimDuration;

use super::{Said, first_difference, no_way, station, work};
use crate::load::Variant;
use crate::metric::Unit;

/// What it is called beside what was measured.
pub const NAME: &str = "fluid delay equation";
/// When it applies, in a sentence.
pub const APPLIES: &str = "Expected flows instead of random requests, one service, timeouts and retries at once, an \
                           unbounded line, first come, first served: it agrees with simulation within about 15 %, and \
                           chance decides near the line.";

/// A system that theory knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// The service and its callers.
    pub retry_loop: RetryLoop,
    /// The trigger, if the file has one.
    pub hit: Option<Hit>,
}

/// A trigger and its moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Name in the file.
    pub name: String,
    /// Seconds from the start of the run.
    pub begins_s: f64,
    /// What it does, and for how long.
    pub trigger: Trigger,
}

impl Twin {
    /// How the trigger ends in the fluid delay equation; `None` without one.
    pub fn outcome(&self) -> Option<Outcome> {
        self.hit.as_ref().map(|hit| self.retry_loop.outcome(hit.trigger))
    }

    /// How long the trigger would have to last to tip the system, in seconds; `None` without one, or if it
    /// never does.
    pub fn tipping_duration_s(&self) -> Option<f64> {
        self.retry_loop.tipping_duration_s(self.hit.as_ref()?.trigger)
    }
}

/// The twin of a variant, or one sentence why it has none.
pub fn of(variant: &Variant) -> Result<Twin, String> {
    let station = station(variant)?;
    let (service_s, workers) = (mean_work(station.service)?, station.service.workers.get());
    let (timeout, max_attempts) = patience(&station.workload.call)?;
    no_way(variant)?;
    Ok(Twin {
        retry_loop: RetryLoop {
            capacity_per_s: f64::from(workers) / service_s,
            service_s,
            load_per_s: station.rate,
            timeout_s: timeout.as_secs_f64(),
            max_attempts,
        },
        hit: hit(variant)?,
    })
}

/// What it says of a variant.
pub(super) fn said(variant: &Variant) -> Result<Vec<Said>, String> {
    let twin = of(variant)?;
    let mut said = vec![Said::new(
        "hidden_capacity",
        "every trigger heals below",
        Unit::PerSecond,
        twin.retry_loop.hidden_capacity_per_s(),
    )];
    if let Some(outcome) = twin.outcome() {
        let stays_down = f64::from(u8::from(outcome != Outcome::Recovers));
        said.push(Said::new("stuck", "stays down after its trigger", Unit::Share, stays_down));
    }
    if let Some(seconds) = twin.tipping_duration_s() {
        said.push(Said::new(
            "tipping_duration",
            "its trigger tips it from a duration of",
            Unit::Seconds,
            seconds,
        ));
    }
    Ok(said)
}

/// Mean work of a service about which nothing else is said than how many workers it has.
fn mean_work(service: &ServiceConfig) -> Result<f64, String> {
    let (law, mean) = work(service)?;
    let plain = ServiceConfig {
        preset: service.preset.clone(),
        workers: service.workers,
        service_time: service.service_time.clone(),
        steps: service.steps.clone(),
        ..ServiceConfig::of(law.clone())
    };
    match first_difference(service, &plain).as_deref() {
        None => Ok(mean),
        Some("instances") => Err("it knows one line, and each instance has its own".to_owned()),
        Some("queue") => {
            Err("it knows an unbounded line, first come, first served, that drops nobody".to_owned())
        }
        Some(field) => Err(format!("it does not know the `{field}` of a service")),
    }
}

/// Timeout of an attempt and attempts per call, if nothing else is said about the call.
fn patience(call: &CallConfig) -> Result<(SimDuration, u32), String> {
    let Some(timeout) = call.timeouts.attempt.0 else {
        return Err("it knows callers who give up, and these have no attempt timeout".to_owned());
    };
    if call.timeouts.idle.0.is_some() {
        return Err("it knows no timeout of inactivity".to_owned());
    }
    let attempts = call.retry.max_attempts();
    match &call.retry {
        retry::Config::None => {}
        retry::Config::Immediate(own) => {
            let plain = retry::immediate::Config {
                max_attempts: own.max_attempts,
                on: None,
                only_idempotent: false,
                retry_after: Default::default(),
                avoid_previous_host: None,
                transparent_retry: false,
                budget: retry::budget::Config::None,
            };
            if let Some(field) = first_difference(own, &plain) {
                return Err(format!("it does not know the `{field}` of retries"));
            }
        }
        _ => return Err("it knows retries at once, and these wait before they try again".to_owned()),
    }
    if call
        .timeouts
        .total
        .0
        .is_some_and(|total| total.as_secs_f64() < f64::from(attempts) * timeout.as_secs_f64())
    {
        return Err("the total timeout ends calls before their last attempt does".to_owned());
    }
    let plain = CallConfig {
        preset: call.preset.clone(),
        timeouts: call.timeouts.clone(),
        retry: call.retry.clone(),
        ..CallConfig::plain(&call.to)
    };
    match first_difference(call, &plain) {
        Some(field) if field == "network" => Err(super::NO_WAY.to_owned()),
        Some(field) => Err(format!("it does not know the `{field}` of a call")),
        None => Ok((timeout, attempts)),
    }
}

/// The only trigger.
fn hit(variant: &Variant) -> Result<Option<Hit>, String> {
    let (name, fault) = match &variant.system.faults.0[..] {
        [] => return Ok(None),
        [(name, fault)] => (name, fault),
        faults => return Err(format!("it knows one trigger, and there are {}", faults.len())),
    };
    let duration_s = fault.length.as_secs_f64();
    let trigger =
        match fault.kinds()[..] {
            [Kind::LoadSpike(spike)] => Trigger::spike(duration_s, spike.factor.get()),
            [Kind::Capacity(cut)] => Trigger::cut(duration_s, cut.factor.get()),
            [Kind::Slow(slow)] => Trigger::cut(duration_s, 1.0 / slow.factor.get()),
            [Kind::Stop(_)] => Trigger::cut(duration_s, 0.0),
            _ => return Err(
                "it knows triggers on the load and on the capacity: `load_spike`, `capacity`, `slow`, `stop`"
                    .to_owned(),
            ),
        };
    if duration_s <= 0.0 || !trigger.capacity_factor.is_finite() {
        return Err(format!("the trigger `{name}` has no effect that it knows"));
    }
    Ok(Some(Hit { name: name.clone(), begins_s: fault.at.as_secs_f64(), trigger }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library;
    use crate::load::{Scenario, load};

    const FILE: &str = "
spiral: 1
id: t
title: T
services: {api: {workers: 10, service_time: {exponential: {mean: 100ms}}}}
workloads:
  users:
    arrivals: {poisson: {rate: 80/s}}
    call: {to: api, timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 4}}}
faults: {FAULT}
run: {horizon: 100s}
";

    const SPIKE: &str = "surge: {at: 60s, for: 2s, load_spike: {workload: users, factor: 2}}";

    fn scenario(fault: &str, sets: &[&str]) -> Scenario {
        let text = FILE.replace("FAULT", fault);
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let loaded = load("t.yaml", text.as_bytes(), &sets, &|_: &str| Err("no files".to_owned()));
        loaded.unwrap_or_else(|error| panic!("{}", error.render(false)))
    }

    fn twin(sets: &[&str]) -> Result<Twin, String> {
        of(scenario(SPIKE, sets).baseline())
    }

    #[test]
    fn rig_rs_is_known() {
        let retry_loop = RetryLoop {
            capacity_per_s: 100.0,
            service_s: 0.1,
            load_per_s: 80.0,
            timeout_s: 1.0,
            max_attempts: 4,
        };
        let hit = Hit { name: "surge".to_owned(), begins_s: 60.0, trigger: Trigger::spike(2.0, 2.0) };
        let found = twin(&[]).expect("rig RS");
        assert_eq!(found, Twin { retry_loop, hit: Some(hit) });
        assert_eq!(found.outcome(), Some(Outcome::Collapses));
        assert!((found.tipping_duration_s().expect("it tips") - 1.53).abs() < 0.02);
        let no_retry = twin(&["workloads.users.call.retry=none"]).expect("without retries");
        assert_eq!(no_retry.retry_loop.max_attempts, 1);
        assert!(twin(&["workloads.users.call.timeouts.total=4s"]).is_ok());
        assert_eq!(of(scenario("", &[]).baseline()).expect("no trigger").outcome(), None);
    }

    #[test]
    fn triggers_on_the_capacity_are_known() {
        for (fault, factor) in [
            ("capacity: {service: api, factor: 0.2}", 0.2),
            ("slow: {service: api, factor: 5}", 0.2),
            ("stop: {service: api}", 0.0),
        ] {
            let scenario = scenario(&format!("cut: {{at: 60s, for: 10s, {fault}}}"), &[]);
            let hit = of(scenario.baseline()).expect("known").hit.expect("there is one");
            assert_eq!(hit.trigger, Trigger::cut(10.0, factor), "{fault}");
        }
    }

    #[test]
    fn whatever_else_is_set_is_named() {
        for (set, reason) in [
            ("services.api.instances=2", "each instance has its own"),
            ("services.api.queue={fifo: {capacity: 50}}", "unbounded line"),
            ("services.api.queue=lifo", "unbounded line"),
            ("services.api.on_cancel=immediate", "the `on_cancel` of a service"),
            ("services.api.error_ratio=1%", "the `error_ratio` of a service"),
            ("services.api.service_time=100ms", "exponential work"),
            ("services.other={service_time: 1s}", "one service, and there are 2"),
            ("workloads.users.arrivals={evenly_spaced: {rate: 80/s}}", "independent users"),
            (
                "workloads.users.arrivals={poisson: {rate: {ramp: {from: 1/s, to: 80/s, end: 50s}}}}",
                "a profile",
            ),
            (
                "workloads.users.call.retry={constant: {max_attempts: 4, base: 1s}}",
                "wait before they try again",
            ),
            (
                "workloads.users.call.retry={immediate: {budget: {success_tokens: {max_tokens: 100, token_ratio: 0.1}}}}",
                "the `budget` of retries",
            ),
            ("workloads.users.call.timeouts.total=2s", "before their last attempt"),
            ("workloads.users.call.timeouts.attempt=none", "no attempt timeout"),
            ("workloads.users.call.timeouts.idle=2s", "inactivity"),
            ("workloads.users.call.network={latency: 1ms}", "no time on the way"),
            ("workloads.users.call.circuit_breaker={consecutive: {}}", "the `circuit_breaker` of a call"),
            ("faults.second={at: 1s, for: 1s, stop: {service: api}}", "one trigger, and there are 2"),
        ] {
            let told = twin(&[set]).expect_err(set);
            assert!(told.contains(reason), "{set}: {told}");
        }
        let errors = scenario("x: {at: 1s, for: 1s, errors: {service: api, ratio: 50%}}", &[]);
        assert!(of(errors.baseline()).expect_err("errors").contains("`load_spike`, `capacity`"));
    }

    #[test]
    fn explain_names_the_same_hidden_capacity() {
        let shipped = library::find("metastable-retry-storm").expect("it is shipped");
        let scenario = shipped.load(&[]).expect("it is sound");
        let mut known = Vec::new();
        for variant in &scenario.variants {
            let Ok(twin) = of(variant) else { continue };
            let explained = crate::explain::explain(&scenario, variant);
            let hidden = explained.workloads[0].hidden.as_ref().expect("it is open").per_s;
            assert!(
                (twin.retry_loop.hidden_capacity_per_s() / hidden - 1.0).abs() < 1e-6,
                "{}",
                variant.name
            );
            known.push(variant.name.as_str());
        }
        let wanted = [
            "four-attempts",
            "one-attempt",
            "trigger-1s",
            "trigger-2s",
            "cut-20-percent",
            "cut-28-percent",
            "cut-35-percent",
            "load-240",
        ];
        assert_eq!(known, wanted);
        // As the file claims of its seeds.
        let ends = |name: &str| of(scenario.variant(name).expect("a variant")).expect("known").outcome();
        assert_eq!(
            (ends("trigger-1s"), ends("trigger-2s")),
            (Some(Outcome::Recovers), Some(Outcome::Collapses))
        );
        assert_eq!(
            (ends("load-240"), ends("cut-35-percent")),
            (Some(Outcome::Recovers), Some(Outcome::Collapses))
        );
    }
}
