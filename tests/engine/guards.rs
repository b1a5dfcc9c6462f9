//! What do circuit breakers and throttles of callers do to a run? To the millisecond.

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts};

/// Fails everything after 100 ms.
const BROKEN: &str = "workers: 9, service_time: 100ms, error_ratio: 1";

#[test]
fn an_open_breaker_fails_at_once_and_lets_one_through_after_its_time() {
    let call = "circuit_breaker: {consecutive: {failures: 3, open_duration: 5s}}";
    let model = metronome("16s", BROKEN, call, "{}");
    // Open from 3.1 s; the first strictly after 8.1 s is the probe of 9 s, and so on.
    let sent: Vec<f64> = starts(&model).iter().map(|start| start.0).collect();
    assert_eq!(sent, [1.0, 2.0, 3.0, 9.0, 15.0]);
    for (arrived, ended, answered) in ends(&model) {
        let waits = if sent.contains(&arrived) { 0.1 } else { 0.0 };
        assert!(!answered && (ended - arrived - waits).abs() < 1e-9, "{arrived} {ended}");
    }
}

#[test]
fn the_probe_that_succeeds_closes_it() {
    let fault = "{broken: {at: 0s, for: 4s, errors: {service: api, ratio: 1}}}";
    let call = "circuit_breaker: {consecutive: {failures: 3, open_duration: 5s}}";
    let model = metronome("12s", "workers: 9, service_time: 100ms", call, fault);
    let answered: Vec<f64> = ends(&model).iter().filter(|end| end.2).map(|end| end.0).collect();
    assert_eq!(answered, [9.0, 10.0, 11.0], "well since 4 s, and nobody knew it");
}

#[test]
fn the_breaker_counts_every_attempt_of_a_retry_around_it() {
    // policies.md, surprise 13: resilience4j puts the retry outside of the breaker. Three attempts of one call open
    // it; the three of the next are refused, and the retry counts those as well.
    let call = "retry: {immediate: {max_attempts: 3}}, circuit_breaker: {consecutive: {failures: 3}}";
    let model = metronome("3s", BROKEN, call, "{}");
    let sent: Vec<f64> = starts(&model).iter().map(|start| start.0).collect();
    assert_eq!(sent, [1.0, 1.1, 1.2]);
    let refused = everything(&model).into_iter().filter_map(|(at, what)| match what {
        Observation::NotSent { outcome: Outcome::BreakerOpen, .. } => Some(at.as_secs_f64()),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [2.0, 2.0, 2.0]);
}

#[test]
fn an_attempt_that_its_pool_refuses_is_no_failure_and_no_probe() {
    // From 3.1 s on the breaker is open. The probe of 9 s waits for the only slot of the pool, which a call over the
    // other edge holds until 13 s, and its caller leaves at 9.5 s: the place is free for the next, at 10 s.
    let model = model(
        "12s",
        "
services:
  api: {workers: 9, service_time: 100ms, error_ratio: 1}
  slow: {workers: 9, service_time: 20s}
  front:
    workers: 100
    pools: {p: {size: 1}}
    endpoints:
      fast: {steps: [{call: {to: api, pool: p, timeouts: {total: 500ms}, circuit_breaker: {consecutive: {failures: 3, open_duration: 5s}}}}]}
      hold: {steps: [{call: {to: slow, pool: p}}]}
workloads:
  users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: front/fast}}
  holders: {arrivals: {evenly_spaced: {rate: 0.125/s}}, call: {to: front/hold}}
",
    );
    let refused = everything(&model).into_iter().filter_map(|(at, what)| match what {
        Observation::NotSent { outcome: Outcome::BreakerOpen, .. } => Some(at.as_secs_f64()),
        _ => None,
    });
    assert_eq!(refused.collect::<Vec<_>>(), [4.0, 5.0, 6.0, 7.0, 8.0], "and not those of 10 s and 11 s");
}

#[test]
fn each_client_has_its_own_breaker_unless_the_edge_has_one() {
    let sent = |scope: &str| {
        let body = format!(
            "
services: {{api: {{workers: 99, service_time: 1ms, error_ratio: 1}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 100/s}}}}
    clients: 10
    call: {{to: api, circuit_breaker: {{consecutive: {{failures: 5, scope: {scope}}}}}}}
"
        );
        let ledger = engine::run_dyn(&model("30s", &body), Seed(1), ()).ledger;
        ledger.edges.iter().map(|edge| edge.sent).sum::<u64>()
    };
    assert_eq!(sent("per_edge"), 5);
    assert_eq!(sent("per_caller_instance"), 50, "each of ten has to see its own five");
}

#[test]
fn what_guards_remember_is_a_gauge() {
    let call = "circuit_breaker: {consecutive: {failures: 3, open_duration: 5s}}, client_throttle: {sre: {}}";
    let model = metronome("16s", BROKEN, call, "{}");
    let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
    let values = |name| {
        let gauge = series.gauges.all().iter().find(|gauge| gauge.name == name).expect("it has this gauge");
        assert!(matches!(gauge.of, Holder::Edge(_)));
        gauge.values.clone()
    };
    let open = values("breaker_open");
    assert_eq!(open.first(), Some(&Some(0.0)));
    assert!(open.contains(&Some(1.0)) && open.contains(&Some(0.5)), "{open:?}");
    assert!(values("throttled_share").iter().all(|share| *share == Some(0.0)), "errors are no refusals");
}

#[test]
fn an_operator_may_change_them_while_attempts_are_under_way() {
    let run = |change: &str| {
        let body = format!(
            "
services: {{api: {{workers: 1, service_time: 300ms, queue: {{fifo: {{capacity: 5}}}}}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 20/s}}}}
    call: {{to: api, timeouts: {{attempt: 1s}}, circuit_breaker: {{consecutive: {{open_duration: 1s}}}}, client_throttle: {{sre: {{window: 5s}}}}}}
actions:
  change: {{at: 10s, for: 5s, apply: {{workloads: {{users: {{call: {{{change}}}}}}}}}}}
"
        );
        engine::run_dyn(&model("30s", &body), Seed(1), ()).ledger
    };
    for change in [
        "circuit_breaker: {consecutive: {failures: 2}}",
        "circuit_breaker: {rate: {min_calls: 2}}, client_throttle: {nack_ema: {}}",
        "circuit_breaker: none",
        "client_throttle: none",
        "circuit_breaker: none, client_throttle: none",
    ] {
        let ledger = run(change);
        let passes: u64 = ledger.edges.iter().map(|edge| edge.passes).sum();
        assert!(passes > 0 && ledger.requests_failed > 0, "{change}");
    }
}
