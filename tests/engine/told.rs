//! What do callers hear, and what do they make of it? Words that answers carry, limiters that are services, lines that
//! keys are dealt to.

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts};

/// When attempts were kept back by their caller.
fn kept_back(model: &Model) -> Vec<f64> {
    let kept = |(at, what): &(sim_core::time::SimTime, Observation)| match what {
        Observation::NotSent { outcome: Outcome::Throttled, .. } => Some(at.as_secs_f64()),
        _ => None,
    };
    everything(model).iter().filter_map(kept).collect()
}

const ONE_CREDIT: &str =
    "service_time: 2400ms, admission: {credits: {initial_credits: 1, max_credits: 1, target_delay: 100s}}";

#[test]
fn a_client_without_credit_keeps_its_attempts_back() {
    // Until the first answer at 3.4 s nobody has told anything: three are sent. They are done at 8.2 s, so that the
    // one credit is free from then on.
    let model = metronome("14s", ONE_CREDIT, "client_throttle: piggyback", "{}");
    assert_eq!(kept_back(&model)[..5], [4.0, 5.0, 6.0, 7.0, 8.0]);
    let sent: Vec<f64> = starts(&model).iter().map(|(at, waited, _)| at - waited).collect();
    assert!(sent.iter().zip([1.0, 2.0, 3.0, 9.0, 12.0]).all(|(at, expected)| (at - expected).abs() < 1e-9));
}

#[test]
fn what_an_answer_carries_travels_with_it() {
    // A second each way: the word of the answer of 4.4 s is heard at 5.4 s.
    let call = "client_throttle: piggyback, network: {latency: 1s}";
    let model = metronome("9s", ONE_CREDIT, call, "{}");
    assert_eq!(kept_back(&model), [6.0, 7.0, 8.0]);
}

#[test]
fn nobody_waits_longer_than_twice_the_target_of_credits() {
    let service = "service_time: 2400ms, admission: {credits: {target_delay: 700ms}}";
    let model = metronome("8s", service, "", "{}");
    // The one of 2 s is served after 1.4 s; that of 3 s would be after 2.8 s, that of 4 s after 1.8 s.
    let ends: Vec<_> = ends(&model).into_iter().filter(|end| end.0 <= 4.0).collect();
    assert_eq!(ends, [(1.0, 3.4, true), (2.0, 5.8, true), (3.0, 5.8, false), (4.0, 5.8, false)]);
}

#[test]
fn callers_that_listen_spare_the_server() {
    // 200/s at 100/s. Without listening the server refuses about half of all; what is heard keeps most of that back.
    let ledger = |call: &str| {
        let model = model(
            "200s",
            &format!(
                "
services: {{api: {{service_time: {{exponential: {{mean: 10ms}}}}, admission: dagor}}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 200/s}}}}, tenants: {{count: 100000}}, call: {{to: api{call}}}}}
"
            ),
        );
        engine::run_dyn(&model, Seed(1), ()).ledger
    };
    let (deaf, listening) = (ledger(""), ledger(", client_throttle: piggyback"));
    let refused =
        |ledger: &engine::Ledger| ledger.services.iter().map(|service| service.rejected).sum::<u64>();
    println!("refused {} and {}", refused(&deaf), refused(&listening));
    println!("answered {} and {}", deaf.requests_answered, listening.requests_answered);
    assert!(refused(&deaf) > 15_000 && refused(&listening) < 2_000);
    // It begins with a long line, goes down too far because of that, and comes back by 1 % per second.
    assert!(deaf.requests_answered > 12_000 && listening.requests_answered > 12_000);
}

/// A limiter that all instances of a service ask, away from 5.5 s to 8.5 s.
fn central(on: &str) -> Vec<(f64, f64, bool)> {
    let model = model(
        "10s",
        &format!(
            "
services:
  limiter: {{service_time: 1ms, admission: {{cycle: {{limit: 1, period: 2s}}}}}}
  api:
    instances: 3
    steps: [fallback: {{steps: [call: {{to: limiter}}], otherwise: [compute: 10ms]{on}}}]
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api}}}}}}
faults: {{away: {{at: 5500ms, for: 3s, crash: {{services: [limiter]}}}}}}
"
        ),
    );
    ends(&model).into_iter().take(8).collect()
}

#[test]
fn a_central_limiter_is_a_service_and_may_fail_open() {
    let open = central(", on: [connect_failure, timeout]");
    let (allowed, refused) = (|at: f64| (at, at + 0.001, true), |at: f64| (at, at, false));
    let unasked = |at: f64| (at, at + 0.01, true);
    let near = |a: &(f64, f64, bool), b: &(f64, f64, bool)| (a.1 - b.1).abs() < 1e-9 && a.2 == b.2;
    let expected = [
        allowed(1.0),
        allowed(2.0),
        refused(3.0),
        allowed(4.0),
        refused(5.0),
        unasked(6.0),
        unasked(7.0),
        unasked(8.0),
    ];
    assert!(open.iter().zip(&expected).all(|(a, b)| near(a, b)), "{open:?}");
    // Without `on` a refusal is a failure like any other.
    let all = central("");
    assert!(all.iter().all(|end| end.2), "{all:?}");
    // With nothing that happens it fails closed.
    let closed = central(", on: [reset]");
    assert_eq!(closed.iter().filter(|end| end.2).count(), 3, "{closed:?}");
}

#[test]
fn who_finds_its_hand_full_is_turned_away() {
    let service = "service_time: 3500ms, queue: {fair_queues: {queues: 1, hand_size: 1, queue_length: 2}}";
    let ends: Vec<_> = ends(&metronome("12s", service, "", "{}")).into_iter().take(6).collect();
    assert_eq!(
        ends,
        [
            (1.0, 4.5, true),
            (2.0, 8.0, true),
            (3.0, 11.5, true),
            (4.0, 4.0, false),
            (6.0, 6.0, false),
            (7.0, 7.0, false)
        ]
    );
}

#[test]
fn tokens_that_come_in_steps_come_to_those_who_ask_then() {
    // Two tokens every 4 s.
    let service = "workers: 9, service_time: 10ms, admission: {rate: {to: 0.5/s, burst: 2, refill: 4s}}";
    let answered: Vec<f64> =
        ends(&metronome("13s", service, "", "{}")).into_iter().filter(|end| end.2).map(|end| end.0).collect();
    assert_eq!(answered, [1.0, 2.0, 4.0, 5.0, 8.0, 9.0, 12.0]);
}

#[test]
fn what_is_too_late_is_refused_at_the_door() {
    // The network takes 300 ms, patience ends after 100 ms.
    let refused = |tolerance: &str| {
        let service = format!(
            "workers: 9, service_time: 10ms, admission: {{deadline: {{tolerance: {tolerance}, max_reject_ratio: 1}}}}"
        );
        let call = "timeouts: {attempt: 100ms}, deadline: propagate, network: {latency: 300ms}";
        let model = metronome("5s", &service, call, "{}");
        engine::run_dyn(&model, Seed(1), ())
            .ledger
            .services
            .iter()
            .map(|service| service.rejected)
            .sum::<u64>()
    };
    assert_eq!((refused("170ms"), refused("200ms")), (4, 0));
}
