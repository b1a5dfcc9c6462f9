//! How much do callers send to a service that refuses? A breaker by its duty cycle, a throttle by its balance.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// Attempts sent per second to a service, over ten replications.
fn sent_per_s(horizon_s: f64, body: &str) -> Vec<f64> {
    let model = model(&format!("{horizon_s}s"), body);
    over_seeds(1..=10, |seed| {
        let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
        ledger.edges.iter().map(|edge| edge.sent).sum::<u64>() as f64 / horizon_s
    })
}

#[test]
fn a_breaker_sends_one_probe_per_break_to_a_dead_service() {
    // Poisson arrivals have no memory: after a break of 5 s the next comes in 1 / 10 s on average, and fails .1 s
    // later. About 3800 probes in 20 000 s; the waits of .1 s between spread the count by .03 %.
    let sent = sent_per_s(
        20_000.0,
        "
services: {api: {workers: 9, service_time: 100ms, error_ratio: 1}}
workloads:
  users: {arrivals: {poisson: {rate: 10/s}}, call: {to: api, circuit_breaker: {consecutive: {open_duration: 5s}}}}
",
    );
    let expected = 1.0 / (5.0 + 0.1 + 0.1);
    let formula = "1 / (open_duration + 1 / rate + service time)";
    Claim { what: "probes per second", formula, expected, tolerance: 0.005 }.check(&sent);
}

#[test]
fn an_sre_throttle_sends_k_times_what_is_accepted() {
    // R wanted, A accepted per second: sent = R (1 - p) with p = (R - k A) / R, so k A. 20 of 200 per second are
    // accepted. What waits in the window at the start (nothing) costs the first seconds: 2000 s make that small.
    for k in [1.5, 2.0] {
        let sent = sent_per_s(
            2_000.0,
            &format!(
                "
services: {{api: {{workers: 9, service_time: 1ms, admission: {{rate: {{to: 20/s, burst: 5}}}}}}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 200/s}}}}, call: {{to: api, client_throttle: {{sre: {{k: {k}, window: 30s}}}}}}}}
"
            ),
        );
        Claim { what: "sent per second", formula: "k * accepted", expected: k * 20.0, tolerance: 0.02 }
            .check(&sent);
    }
}
