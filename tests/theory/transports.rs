//! How many handshakes do kept connections save? One client, requests that take no time, and connections that end by
//! idleness or by age.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::keep_alive;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

const HORIZON_S: f64 = 20_000.0;

/// Poisson requests of 1/s by one client.
fn client(connection: &str) -> Model {
    let body = format!(
        "
services: {{api: {{service_time: 0s}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, connection: {{{connection}}}}}}}}}
"
    );
    model(&format!("{HORIZON_S}s"), &body)
}

/// Connections opened and requests, over ten replications.
fn counts(model: &Model) -> Vec<[f64; 2]> {
    over_seeds(1..=10, |seed| {
        let ledger = engine::run_dyn(model, Seed(seed), ()).ledger;
        let opened: u64 = ledger.transport.iter().map(|transport| transport.opened).sum();
        [opened as f64, ledger.requests_created as f64]
    })
}

#[test]
fn an_idle_connection_is_gone_for_those_who_come_too_late() {
    // 20 000 requests in each of ten runs; the share e^-2 = .135 has a standard error of .0008 over all: 0.6 %.
    for idle in [0.5, 1.0, 2.0] {
        let shares: Vec<f64> = counts(&client(&format!("idle_timeout: {}ms", idle * 1e3)))
            .iter()
            .map(|[opened, requests]| opened / requests)
            .collect();
        let expected = keep_alive::handshakes_per_request(1.0, idle);
        Claim { what: "handshakes per request", formula: "e^(-rate idle)", expected, tolerance: 0.025 }
            .check(&shares);
    }
}

#[test]
fn an_old_connection_is_replaced_by_the_next_request() {
    // Cycles of 2 s to 11 s, of which 1 s varies: at least 1800 in each of ten runs, standard error 0.1 % or less.
    for lifetime in [1.0, 4.0, 10.0] {
        let rates: Vec<f64> = counts(&client(&format!("lifetime: {lifetime}s")))
            .iter()
            .map(|[opened, _]| opened / HORIZON_S)
            .collect();
        let expected = keep_alive::handshakes_by_age(1.0, lifetime);
        let formula = "1 / (lifetime + 1 / rate)";
        Claim { what: "handshakes per second", formula, expected, tolerance: 0.01 }.check(&rates);
    }
}
