//! What happens along a chain of services? Workers held while others work, cancellation, deadlines, steps.

use std::collections::BTreeSet;

use sim_core::engine;
use sim_core::ids::ServiceId;
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::systems::model;

use crate::{ends, everything};

/// Users every second from 1 s on, whose requests take the given services; the first is called.
fn chain(horizon: &str, services: &str, call: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services: {services}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: web, {call}}}}}}}
"
        ),
    )
}

fn service(model: &Model, name: &str) -> ServiceId {
    model.services.iter_ids().find(|(_, service)| service.name == name).expect("it is in the file").0
}

/// Seconds at which workers of `name` begin.
fn starts_at(model: &Model, name: &str) -> Vec<f64> {
    let id = service(model, name);
    let start = |(at, what): (SimTime, Observation)| match what {
        Observation::Started { service, .. } if service == id => Some(at.as_secs_f64()),
        _ => None,
    };
    everything(model).into_iter().filter_map(start).collect()
}

/// Seconds at which `name` completes (`true`) or lets go of attempts.
fn leaves(model: &Model, name: &str) -> Vec<(f64, bool)> {
    let id = service(model, name);
    let leave = |(at, what): (SimTime, Observation)| match what {
        Observation::Completed { service, .. } if service == id => Some((at.as_secs_f64(), true)),
        Observation::Withdrawn { service, .. } if service == id => Some((at.as_secs_f64(), false)),
        _ => None,
    };
    everything(model).into_iter().filter_map(leave).collect()
}

#[test]
fn a_worker_is_held_while_its_downstream_is_slow() {
    // Two workers that wait 4 s each serve one request in 2 s, although their own work is nothing.
    let model = chain(
        "101s",
        "{web: {workers: 2, steps: [{call: {to: db}}]}, db: {workers: 100, service_time: 4s}}",
        "",
    );
    assert_eq!(starts_at(&model, "web")[..6], [1.0, 2.0, 5.0, 6.0, 9.0, 10.0]);
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    assert_eq!(ledger.requests_answered, 48, "workers / latency = .5 per second from 5 s on");
    assert!(ledger.services.iter().next().is_some_and(|web| web.busy_area == 199_000_000_000));
}

#[test]
fn a_caller_that_times_out_frees_its_worker_but_not_those_below() {
    // web gives up on db after 1 s and answers with an error; db works on for 5 s.
    let services =
        "{web: {steps: [{call: {to: db, timeouts: {attempt: 1s}}}]}, db: {workers: 9, service_time: 5s}}";
    let model = chain("9s", services, "");
    assert_eq!(ends(&model)[..2], [(1.0, 2.0, false), (2.0, 3.0, false)]);
    assert_eq!(starts_at(&model, "web")[..3], [1.0, 2.0, 3.0]);
    assert_eq!(leaves(&model, "db")[..2], [(6.0, true), (7.0, true)]);
}

#[test]
fn cancellation_frees_work_downstream_at_once_or_at_the_next_look() {
    let with = |web: &str, db: &str| {
        let services = format!(
            "{{web: {{workers: 9, on_cancel: {web}, steps: [{{call: {{to: db}}}}]}}, \
              db: {{workers: 9, on_cancel: {db}, steps: [{{compute: 5s}}]}}}}"
        );
        chain("2900ms", &services, "timeouts: {total: 1s}")
    };
    let at_once = with("immediate", "immediate");
    assert_eq!((leaves(&at_once, "web"), leaves(&at_once, "db")), (vec![(2.0, false)], vec![(2.0, false)]));
    // web looks every 300 ms from 1 s on: at 2.2 s; db every 700 ms from 1 s on: at 2.4 s.
    let looks = with("{checkpoint: {interval: 300ms}}", "{checkpoint: {interval: 700ms}}");
    assert_eq!((leaves(&looks, "web"), leaves(&looks, "db")), (vec![(2.2, false)], vec![(2.4, false)]));
    let deaf = with("ignore", "immediate");
    assert_eq!((leaves(&deaf, "web"), leaves(&deaf, "db")), (vec![], vec![]));
    // A leaf that is cancelled in line leaves it.
    let line = "{web: {on_cancel: immediate, service_time: 5s}}";
    assert_eq!(
        leaves(&chain("2900ms", line, "timeouts: {total: 800ms}"), "web"),
        [(1.8, false), (2.8, false)]
    );
}

/// Three hops; the user waits 1 s, the first two hops work 300 ms each before they call on.
fn three_hops(deadline: &str) -> Model {
    let services = format!(
        "{{web: {{workers: 9, steps: [{{compute: 300ms}}, {{call: {{to: mid, deadline: {deadline}}}}}]}}, \
          mid: {{workers: 9, steps: [{{compute: 300ms}}, {{call: {{to: db, deadline: {deadline}}}}}]}}, \
          db: {{workers: 9, queue: {{fifo: {{expired_margin: 0s}}}}, service_time: 3s}}}}"
    );
    chain("5900ms", &services, &format!("timeouts: {{total: 1s}}, deadline: {deadline}"))
}

#[test]
fn a_deadline_that_travels_ends_the_work_of_all_hops() {
    // Without it web and mid wait for db, 3.6 s after the arrival; with it both stop waiting after 1 s.
    assert_eq!(leaves(&three_hops("none"), "mid")[0], (4.6, true));
    assert_eq!(leaves(&three_hops("propagate"), "mid")[0], (2.0, true));
    // A margin of 250 ms at each hop leaves .5 s for web's call to mid and none for mid's call: mid ends at
    // 1.25 s - it has until .5 s after the arrival when it begins at .3 s, and works until .6 s.
    let margin = three_hops("{propagate: {margin: 250ms}}");
    assert!(starts_at(&margin, "db").is_empty());
    let calls = everything(&margin).into_iter().filter(|(_, what)| {
        matches!(what, Observation::CallEnded { outcome: Outcome::Timeout, attempts: 0, .. })
    });
    assert!(calls.count() >= 3, "mid's calls end before they are sent");
}

#[test]
fn what_would_come_too_late_is_dropped_at_its_turn() {
    // One worker, 600 ms each, requests every second in pairs: the second of a pair waits .6 s of its 1 s.
    let drops = |margin: &str| {
        let model = model(
            "2900ms",
            &format!(
                "
services: {{web: {{queue: {{fifo: {{expired_margin: {margin}}}}}, service_time: 600ms}}}}
workloads:
  a: {{arrivals: {{evenly_spaced: {{rate: 0.5/s}}}}, call: {{to: web, timeouts: {{total: 1s}}, deadline: propagate}}}}
  b: {{arrivals: {{evenly_spaced: {{rate: 0.5/s}}}}, call: {{to: web, timeouts: {{total: 1s}}, deadline: propagate}}}}
"
            ),
        );
        let dropped = everything(&model)
            .into_iter()
            .filter_map(|(at, what)| matches!(what, Observation::Dropped { .. }).then_some(at.as_secs_f64()));
        dropped.collect::<Vec<_>>()
    };
    assert!(drops("none").is_empty());
    assert!(drops("400ms").is_empty(), "exactly enough time is left");
    assert_eq!(drops("401ms"), [2.6]);
}

#[test]
fn groups_go_on_with_the_last_that_is_needed() {
    let leaf = "db: {workers: 99, service_time: 100ms}";
    let end = |steps: &str| {
        let model = chain("2900ms", &format!("{{web: {{workers: 9, steps: [{steps}]}}, {leaf}}}"), "");
        let (arrived, at, answered) = ends(&model)[0];
        (((at - arrived) * 1e3).round(), answered)
    };
    let three = "[{compute: 50ms}, {compute: 300ms}, {compute: 200ms}]";
    assert_eq!(end(&format!("{{parallel: {{steps: {three}}}}}")), (300.0, true));
    assert_eq!(end(&format!("{{parallel: {{steps: {three}, need: 2}}}}")), (200.0, true));
    assert_eq!(end(&format!("{{parallel: {{steps: {three}, need: 1}}}}")), (50.0, true));
    assert_eq!(end(&format!("{{serial: {{steps: {three}}}}}")), (550.0, true));
    assert_eq!(end(&format!("{{repeat: {{times: 2, steps: {three}}}}}")), (1_100.0, true));
    let fails = "{call: {to: db, timeouts: {attempt: 60ms}}}";
    assert_eq!(end(fails), (60.0, false));
    assert_eq!(
        end(&format!("{{fallback: {{steps: [{fails}], otherwise: [{{compute: 40ms}}]}}}}")),
        (100.0, true)
    );
    assert_eq!(
        end(&format!("{{fallback: {{steps: [{{call: {{to: db}}}}], otherwise: [{fails}]}}}}")),
        (100.0, true)
    );
    assert_eq!(end(&format!("{{parallel: {{steps: [{fails}, {{compute: 500ms}}]}}}}")), (60.0, false));
    assert_eq!(
        end(&format!("{{parallel: {{steps: [{fails}, {{compute: 500ms}}], need: 1}}}}")),
        (500.0, true)
    );
    assert_eq!(
        end(&format!("{{spawn: {{steps: [{fails}, {{compute: 900ms}}]}}}}, {{compute: 10ms}}")),
        (10.0, true)
    );
}

#[test]
fn what_is_spawned_holds_no_worker() {
    let services = "{web: {steps: [{compute: 100ms}, {spawn: {steps: [{call: {to: db}}]}}]}, db: {workers: 9, service_time: 3s}}";
    let model = chain("5900ms", services, "");
    assert_eq!(starts_at(&model, "web"), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(starts_at(&model, "db"), [1.1, 2.1, 3.1, 4.1, 5.1]);
    assert_eq!(leaves(&model, "db"), [(4.1, true), (5.1, true)]);
}

#[test]
fn a_pool_bounds_what_is_under_way_and_who_waits() {
    let with = |pool: &str| {
        let services = format!(
            "{{web: {{workers: 9, pools: {{db: {pool}}}, steps: [{{call: {{to: db, pool: db}}}}]}}, \
              db: {{workers: 9, service_time: 2500ms}}}}"
        );
        chain("8900ms", &services, "")
    };
    // One slot: one at a time, first in, first out.
    assert_eq!(starts_at(&with("{size: 1}"), "db"), [1.0, 3.5, 6.0, 8.5]);
    assert_eq!(starts_at(&with("{size: 2}"), "db"), [1.0, 2.0, 3.5, 4.5, 6.0, 7.0, 8.5]);
    let bounded = with("{size: 1, queue: 1}");
    assert_eq!(ends(&bounded)[..3], [(1.0, 3.5, true), (2.0, 6.0, true), (3.0, 3.0, false)]);
    let impatient = with("{size: 1, acquire_timeout: 1s}");
    assert_eq!(
        ends(&impatient)[..4],
        [(1.0, 3.5, true), (2.0, 3.0, false), (3.0, 6.0, true), (4.0, 5.0, false)]
    );
}

#[test]
fn a_slot_is_not_lost_when_holder_and_next_in_line_are_abandoned_together() {
    // The call that begins first holds the only slot, the other stands in line when the user leaves after
    // .5 s and both are withdrawn, the holder first.
    let services = "{web: {workers: 9, on_cancel: immediate, pools: {db: {size: 1}}, steps: [{parallel: {steps: [\
                    {serial: {steps: [{compute: 100ms}, {call: {to: db, pool: db}}]}}, {call: {to: db, pool: db}}]}}]}, \
                    db: {workers: 9, on_cancel: immediate, service_time: 3s}}";
    let model = chain("5900ms", services, "timeouts: {total: 500ms}");
    assert_eq!(starts_at(&model, "db"), [1.0, 2.0, 3.0, 4.0, 5.0], "the slot is free for every request");
}

#[test]
fn a_timeout_in_front_of_a_queue_counts_the_wait() {
    // One worker, 700 ms of work, two at a time: the second waits 700 ms and times out at 1 s.
    let model = model(
        "2900ms",
        "
services: {web: {service_time: 700ms}}
workloads:
  a: {arrivals: {evenly_spaced: {rate: 0.5/s}}, call: {to: web, timeouts: {attempt: 800ms}}}
  b: {arrivals: {evenly_spaced: {rate: 0.5/s}}, call: {to: web, timeouts: {attempt: 800ms}}}
",
    );
    assert_eq!(ends(&model), [(2.0, 2.7, true), (2.0, 2.8, false)]);
}

/// Moments of arrivals; moment and service time of each first try at `db`.
fn draws(call: &str, nested: &str) -> (Vec<SimTime>, BTreeSet<(SimTime, SimDuration)>) {
    let model = model(
        "30s",
        &format!(
            "
services:
  web: {{workers: 1000, steps: [{{compute: {{exponential: {{mean: 5ms}}}}}}, {{call: {{to: db, {nested}}}}}]}}
  db: {{workers: 1000, error_ratio: 0.3, service_time: {{exponential: {{mean: 20ms}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 50/s}}}}, call: {{to: web, {call}}}}}}}
"
        ),
    );
    let (mut arrivals, mut services, mut first) = (Vec::new(), BTreeSet::new(), None);
    for (at, what) in everything(&model) {
        match what {
            Observation::Arrived { .. } => arrivals.push(at),
            // Without a network and with idle workers it starts at once.
            Observation::Sent { attempt, number, .. } => first = (number == 1).then_some(attempt),
            Observation::Started { attempt, service_time: Some(time), .. } if first == Some(attempt) => {
                services.insert((at, time));
            }
            _ => {}
        }
    }
    (arrivals, services)
}

#[test]
fn policies_move_no_arrival_and_no_draw_of_a_first_try() {
    let (arrivals, plain) = draws("", "");
    assert!(plain.len() > 1_000);
    for nested in [
        "retry: {exponential: {max_attempts: 4, base: 10ms, jitter: full}}",
        "load_balancer: {least_request: {}}, targets: {outlier_detection: {}}",
        "timeouts: {attempt: 20ms}, retry: {immediate: {max_attempts: 2, \
         budget: {success_tokens: {max_tokens: 10, token_ratio: 0.1}}}}",
    ] {
        assert!(draws("", nested) == (arrivals.clone(), plain.clone()), "{nested}");
    }
    // Second tries of users make first tries of their own at db, beside the same ones as before.
    let (same, more) = draws("retry: {constant: {max_attempts: 3, base: 5ms, jitter: full}}", "");
    assert!(arrivals == same && plain.is_subset(&more) && more.len() > plain.len() + 300);
}
