//! How many attempts do failures cause? Independent failures, and a service that answers nothing well.

use sim_core::engine::{self, Ledger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::retries::{attempts_per_call, call_success};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// Calls with up to `max_attempts` attempts, tried again after `retry`, at a service without contention.
fn calls(error_ratio: f64, retry: &str, faults: &str) -> Model {
    model(
        "2000s",
        &format!(
            "
services:
  api: {{workers: 1000, service_time: 1ms, error_ratio: {error_ratio}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 50/s}}}}, call: {{to: api, retry: {retry}}}}}
faults: {faults}
"
        ),
    )
}

fn sent(ledger: &Ledger) -> u64 {
    ledger.edges.iter().map(|edge| edge.sent).sum()
}

fn ledgers(model: &Model) -> Vec<Ledger> {
    over_seeds(1..=10, |seed| engine::run_dyn(model, Seed(seed), ()).ledger)
}

/// P7, one layer: 10 replications of 100 000 requests, standard error of one about .3 %.
fn check_half_failing(what: &str, model: &Model) {
    let ledgers = ledgers(model);
    let calls: Vec<f64> = ledgers.iter().map(|l| sent(l) as f64 / l.requests_created as f64).collect();
    let ok: Vec<f64> =
        ledgers.iter().map(|l| l.requests_answered as f64 / l.requests_created as f64).collect();
    let formula = "(1 - p^a) / (1 - p)";
    assert_eq!((attempts_per_call(0.5, 4), call_success(0.5, 4)), (1.875, 0.9375));
    Claim { what, formula, expected: 1.875, tolerance: 0.01 }.check(&calls);
    Claim { what, formula: "1 - p^a", expected: 0.9375, tolerance: 0.01 }.check(&ok);
}

#[test]
fn four_attempts_at_a_service_that_fails_half_of_them() {
    check_half_failing("error ratio .5", &calls(0.5, "{immediate: {max_attempts: 4}}", "{}"));
}

#[test]
fn a_fault_of_the_same_ratio_does_the_same() {
    let fault = "{half: {at: 0s, for: 2000s, errors: {service: api, ratio: 0.5}}}";
    check_half_failing("errors fault of .5", &calls(0.0, "{immediate: {max_attempts: 4}}", fault));
}

#[test]
fn errors_of_service_and_fault_are_independent() {
    // 1 - (1 - .2)(1 - .375) = .5.
    let fault = "{more: {at: 0s, for: 2000s, errors: {service: api, ratio: 0.375}}}";
    check_half_failing(
        "error ratio .2 and a fault of .375",
        &calls(0.2, "{immediate: {max_attempts: 4}}", fault),
    );
}

#[test]
fn a_dead_service_gets_every_attempt_exactly() {
    for (attempts, retry) in [
        (1, "none"),
        (4, "{immediate: {max_attempts: 4}}"),
        (3, "{constant: {max_attempts: 3, base: 10ms, jitter: full}}"),
        (5, "{exponential: {max_attempts: 5, base: 10ms, jitter: equal}}"),
        (6, "{decorrelated: {max_attempts: 6, base: 10ms, max: 1s}}"),
    ] {
        for ledger in ledgers(&calls(1.0, retry, "{}")) {
            assert_eq!(ledger.requests_answered, 0);
            let of_ended = ledger.requests_failed * attempts;
            let of_all = ledger.requests_created * attempts;
            assert!((of_ended..=of_all).contains(&sent(&ledger)), "{retry}: {ledger:?}");
        }
    }
}
