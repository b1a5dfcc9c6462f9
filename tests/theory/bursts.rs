//! Do retries help where losses come in runs? One user at a time, whose attempts follow each other, against a chain of two
//! states.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::bursts::failed_calls;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// Shares of failed calls and of lost requests, by seed.
fn shares(network: &str, faults: &str) -> (Vec<f64>, Vec<f64>) {
    let model = model(
        "2000s",
        &format!(
            "
services: {{api: {{service_time: 1ms}}}}
workloads:
  users:
    arrivals: {{closed: {{users: 1, think_time: 5ms}}}}
    call: {{to: api, network: {{latency: 1ms{network}}}, timeouts: {{attempt: 20ms}}, retry: {{immediate: {{max_attempts: 4}}}}}}
faults: {{{faults}}}
"
        ),
    );
    let runs = over_seeds(1..=8, |seed| {
        let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
        let calls = ledger.requests_failed + ledger.requests_answered;
        let there = ledger.edges.iter().next().expect("users call").ways[0];
        (ledger.requests_failed as f64 / calls as f64, there.lost as f64 / there.sent as f64)
    });
    runs.into_iter().unzip()
}

/// Calls and losses of one of the two, against theory.
fn compare(what: &str, (network, faults): (&str, &str), correlation: f64, tolerance: f64) {
    let (failed, lost) = shares(network, faults);
    let formula = "a b^3 / (1 + a b^3 - b^4)";
    let expected = failed_calls(0.3, correlation, 4);
    Claim { what: &format!("calls that fail, {what}"), formula, expected, tolerance }.check(&failed);
    // The share of lost messages is the one of the file, whatever the runs.
    let formula = "ratio";
    Claim { what: &format!("requests lost, {what}"), formula, expected: 0.3, tolerance: 0.01 }.check(&lost);
}

// 8 runs of about 120 000 calls. The share of lost requests has a standard error of sqrt(.21 / 1.4 M (1 + c) / (1 - c)), .3 % of
// it at c = .7; that of failed calls, .0081 and .068, is below 1.5 % and 1 %.

#[test]
fn independent_losses_are_hidden_by_retries() {
    compare("each by itself", (", loss: {there: 30%}", ""), 0.0, 0.05);
}

#[test]
fn losses_in_runs_are_not() {
    compare("in runs of 4.8", (", loss: {there: 30%}, correlation_ratio: 70%", ""), 0.7, 0.03);
}

#[test]
fn a_trigger_loses_in_runs_as_a_network_does() {
    let faults =
        "f: {at: 0s, for: 2000s, loss: {to: api, direction: there, ratio: 30%, correlation_ratio: 70%}}";
    compare("in runs of 4.8 by a trigger", ("", faults), 0.7, 0.03);
}
