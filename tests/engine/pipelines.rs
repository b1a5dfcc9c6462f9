//! What do the layers between a caller and its service do to a run, and what does their order change? To the
//! millisecond.

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts};

/// Fails everything after 100 ms.
const BROKEN: &str = "workers: 9, service_time: 100ms, error_ratio: 1";
/// Takes its time.
const SLOW: &str = "workers: 9, service_time: 2400ms";

/// When something was sent to a service with room for everybody.
fn sent(horizon: &str, service: &str, call: &str) -> Vec<f64> {
    starts(&metronome(horizon, service, call, "{}")).iter().map(|start| start.0).collect()
}

/// When something was not sent, and why.
fn not_sent(horizon: &str, service: &str, call: &str) -> Vec<(f64, Outcome)> {
    let what = everything(&metronome(horizon, service, call, "{}"));
    let told = what.into_iter().filter_map(|(at, what)| match what {
        Observation::NotSent { outcome, .. } => Some((at.as_secs_f64(), outcome)),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_semaphore_refuses_who_finds_it_full() {
    let call = "bulkhead: {semaphore: {max_concurrent: 2}}";
    assert_eq!(sent("9s", SLOW, call), [1.0, 2.0, 4.0, 5.0, 7.0, 8.0]);
    let refused = [(3.0, Outcome::BulkheadFull), (6.0, Outcome::BulkheadFull)];
    assert_eq!(not_sent("9s", SLOW, call), refused);
}

#[test]
fn others_wait_for_a_place_in_order_and_not_for_ever() {
    let call = "bulkhead: {semaphore: {max_concurrent: 2, max_wait: 900ms}}";
    // The places of 1 s and 2 s come free at 3.4 s and 4.4 s, those at 5.8 s and 6.8 s; 7 s would have to wait
    // until 8.2 s.
    assert_eq!(sent("9s", SLOW, call), [1.0, 2.0, 3.4, 4.4, 5.8, 6.8, 8.2]);
    assert_eq!(not_sent("9s", SLOW, call), [(7.9, Outcome::BulkheadFull)]);
}

#[test]
fn a_place_is_free_when_the_caller_leaves() {
    let call = "timeouts: {attempt: 500ms}, bulkhead: {semaphore: {max_concurrent: 1}}";
    assert_eq!(sent("5s", SLOW, call), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_breaker_outside_the_retries_counts_calls() {
    let policies = "retry: {immediate: {max_attempts: 3}}, circuit_breaker: {consecutive: {failures: 3}}";
    let inside = format!("{policies}, pipeline: [retry, circuit_breaker]");
    assert_eq!(sent("5s", BROKEN, &inside), [1.0, 1.1, 1.2]);
    let outside = format!("{policies}, pipeline: [circuit_breaker, retry]");
    assert_eq!(sent("5s", BROKEN, &outside), [1.0, 1.1, 1.2, 2.0, 2.1, 2.2, 3.0, 3.1, 3.2]);
    // The whole call is refused, so there is nothing to retry.
    assert_eq!(not_sent("5s", BROKEN, &outside), [(4.0, Outcome::BreakerOpen)]);
}

#[test]
fn a_bulkhead_outside_the_retries_keeps_its_place_while_they_wait() {
    let policies =
        "retry: {constant: {max_attempts: 2, base: 1500ms}}, bulkhead: {semaphore: {max_concurrent: 1}}";
    let inside = sent("4s", BROKEN, policies);
    assert_eq!(inside, [1.0, 2.0, 2.6, 3.0, 3.6]);
    let outside = sent("4s", BROKEN, &format!("{policies}, pipeline: [bulkhead, retry]"));
    assert_eq!(outside, [1.0, 2.6, 3.0], "that of 1 s is over at 2.7 s");
}

#[test]
fn a_clock_outside_the_bulkhead_counts_the_wait() {
    let policies = "timeouts: {attempt: 1500ms}, bulkhead: {semaphore: {max_concurrent: 1, max_wait: none}}";
    let out = |pipeline: &str| -> Vec<f64> {
        let model = metronome("6s", SLOW, &format!("{policies}{pipeline}"), "{}");
        ends(&model).iter().map(|end| end.1).collect()
    };
    assert_eq!(out(""), [2.5, 4.0, 5.5], "1.5 s each, one after the other");
    // resilience4j: the time limiter stands outside the bulkhead. Each leaves 1.5 s after it came.
    assert_eq!(out(", pipeline: [retry, attempt_timeout, bulkhead]"), [2.5, 3.5, 4.5, 5.5]);
}

#[test]
fn who_is_out_of_time_before_it_is_sent_is_never_sent() {
    let policies = "timeouts: {attempt: 800ms}, rate_limit: {token_bucket: {rate: 0.25/s, max_wait: 1m}}";
    let call = format!("{policies}, pipeline: [retry, attempt_timeout, rate_limit]");
    assert_eq!(sent("5s", BROKEN, &call), [1.0]);
    assert_eq!(not_sent("5s", BROKEN, &call), [2.8, 3.8, 4.8].map(|at| (at, Outcome::Timeout)));
}

#[test]
fn the_clock_of_an_attempt_ends_with_it() {
    // The attempt of 1 s fails at 1.1 s. The next one has its token at 2 s; the clock of the first, which would end at
    // 1.5 s, is not its own.
    let call = "timeouts: {attempt: 500ms}, retry: {immediate: {max_attempts: 2}}, bulkhead: {semaphore: {}}, \
                rate_limit: {token_bucket: {rate: 1/s, max_wait: 10s}}, \
                pipeline: [retry, rate_limit, attempt_timeout, bulkhead]";
    assert_eq!(sent("2.5s", BROKEN, call), [1.0, 2.0]);
    assert_eq!(not_sent("2.5s", BROKEN, call), []);
}

#[test]
fn a_breaker_inside_the_clock_hears_of_no_timeout() {
    let policies = "timeouts: {attempt: 500ms}, circuit_breaker: {consecutive: {failures: 2}}";
    assert_eq!(sent("6s", SLOW, policies), [1.0, 2.0]);
    let call = format!("{policies}, pipeline: [retry, attempt_timeout, circuit_breaker]");
    assert_eq!(sent("6s", SLOW, &call), [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn a_rate_limit_refuses_or_lets_wait() {
    let limit = |rest: &str| format!("rate_limit: {{token_bucket: {{rate: 0.5/s{rest}}}}}");
    assert_eq!(sent("6s", BROKEN, &limit("")), [1.0, 3.0, 5.0]);
    let refused = [(2.0, Outcome::RateLimited), (4.0, Outcome::RateLimited)];
    assert_eq!(not_sent("6s", BROKEN, &limit("")), refused);
    // Tokens come at 1, 3, 5, 7 and 9 s; 4 s would have to wait 3 s, 6 s as well.
    assert_eq!(sent("10s", BROKEN, &limit(", max_wait: 2s")), [1.0, 3.0, 5.0, 7.0, 9.0]);
}

#[test]
fn each_target_key_and_edge_may_have_a_breaker_and_all_may_share_one() {
    let sent = |service: &str, keys: &str, scope: &str| {
        let body = format!(
            "
services: {{api: {{{service}}}}}
workloads:
  some: {{arrivals: {{evenly_spaced: {{rate: 5/s}}}}, {keys} call: &call {{to: api, circuit_breaker: {{consecutive: {{failures: 2, scope: {scope}}}}}}}}}
  others: {{arrivals: {{evenly_spaced: {{rate: 5/s}}}}, {keys} call: {{to: api, circuit_breaker: {{consecutive: {{failures: 2, scope: {scope}}}}}}}}}
"
        );
        let ledger = engine::run_dyn(&model("20s", &body.replace("&call ", "")), Seed(1), ()).ledger;
        ledger.edges.iter().map(|edge| edge.sent).sum::<u64>()
    };
    assert_eq!(sent(BROKEN, "", "per_edge"), 4, "two failures on each of two edges");
    assert_eq!(sent(BROKEN, "", "global"), 2);
    assert_eq!(sent(BROKEN, "keys: {count: 5},", "per_key"), 20);
    let pair = format!("instances: 3, {BROKEN}");
    assert_eq!(sent(&pair, "", "per_target"), 12, "two edges, three targets");
}

#[test]
fn one_broken_target_of_two_leaves_the_other_alone() {
    let fault =
        "{broken: {at: 0s, for: 1h, errors: {service: api, ratio: 1, instances: {first: {count: 1}}}}}";
    let service = "instances: 2, workers: 9, service_time: 100ms";
    let call = "circuit_breaker: {consecutive: {failures: 1, open_duration: 1h, scope: per_target}}";
    let model = metronome("9s", service, call, fault);
    let answered: Vec<bool> = ends(&model).iter().map(|end| end.2).collect();
    assert_eq!(answered, [false, true, false, true, false, true, false, true]);
    assert_eq!(starts(&model).len(), 5, "the broken one is asked once");
}

#[test]
fn aws_adaptive_sends_what_the_service_takes() {
    // 100/s are wanted, 50/s are let in. Without it half of what is sent is refused.
    let refused = |throttle: &str| {
        let body = format!(
            "
services: {{api: {{workers: 99, service_time: 1ms, admission: {{rate: {{to: 50/s, burst: 10}}}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 100/s}}}}, call: {{to: api, timeouts: {{total: 2s}}, client_throttle: {throttle}}}}}}}
"
        );
        let ledger = engine::run_dyn(&model("120s", &body), Seed(1), ()).ledger;
        let service = ledger.services.iter().next().expect("there is one");
        (service.rejected as f64 / service.arrived as f64, service.completed as f64 / 120.0)
    };
    let (share, goodput) = refused("none");
    assert!((share - 0.5).abs() < 0.02 && (goodput - 50.0).abs() < 1.0, "{share} {goodput}");
    let (share, goodput) = refused("aws_adaptive");
    assert!(share < 0.15 && goodput > 42.0, "{share} {goodput}");
}

#[test]
fn an_operator_may_change_a_bulkhead_while_others_wait_for_it() {
    for change in [
        "bulkhead: none",
        "bulkhead: {semaphore: {max_concurrent: 9, max_wait: none}}",
        "bulkhead: {semaphore: {max_concurrent: 1, max_wait: none}}",
        "bulkhead: {thread_pool: {core_threads: 1, queue_capacity: 1}}",
        "bulkhead: connection_limits",
        "rate_limit: {gcra: {rate: 1/s}}",
    ] {
        let body = format!(
            "
services: {{api: {{workers: 9, service_time: 500ms}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 5/s}}}}
    call: {{to: api, timeouts: {{total: 2s}}, bulkhead: {{semaphore: {{max_concurrent: 3, max_wait: none}}}}}}
actions:
  change: {{at: 10s, for: 5s, apply: {{workloads: {{users: {{call: {{{change}}}}}}}}}}}
"
        );
        // The laws of the ledger are checked at the end of the run.
        let ledger = engine::run_dyn(&model("30s", &body), Seed(1), ()).ledger;
        assert!(ledger.requests_answered > 100, "{change}");
    }
}
