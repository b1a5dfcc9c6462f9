//! Do connections come, stay and go as theory says? Churn, the drain of an instance that takes no new ones, and
//! the herd that comes back.

use sim_core::engine;
use sim_core::ids::Id;
use sim_core::metrics::{Observation, Probe};
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Fate;
use sim_tests::systems::model;

/// When connections begin and end: (seconds, number of the instance, whether it begins).
#[derive(Clone, Debug, Default)]
struct Changes(Vec<(f64, usize, bool)>);

impl Probe for Changes {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        if let Observation::Connection { instance, opened, .. } = observation {
            self.0.push((now.as_secs_f64(), instance.index(), opened));
        }
    }
}

impl Changes {
    /// Connections of an instance at a moment.
    fn held(&self, instance: usize, at_s: f64) -> u64 {
        let before = |(s, i, _): &&(f64, usize, bool)| *i == instance && *s <= at_s;
        let changes: Vec<bool> = self.0.iter().filter(before).map(|(_, _, opened)| *opened).collect();
        let begun = changes.iter().filter(|opened| **opened).count();
        (begun - (changes.len() - begun)) as u64
    }

    /// Connections that began in `from_s..to_s`, of all instances.
    fn opened(&self, from_s: f64, to_s: f64) -> u64 {
        self.0.iter().filter(|(s, _, opened)| *opened && from_s <= *s && *s < to_s).count() as u64
    }
}

/// Asserts that a count of `n` independent trials of probability `p` lies within four standard errors of its
/// mean.
#[track_caller]
fn assert_binomial(what: &str, count: u64, n: u64, p: f64) {
    let (mean, error) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
    let sentence = format!("{what}: {count} of {n} counted, {mean:.1} expected, standard error {error:.1}");
    println!("{sentence}");
    assert!((count as f64 - mean).abs() <= 4.0 * error, "{sentence}");
}

#[test]
fn connections_of_an_instance_that_takes_no_new_ones_die_out_exponentially() {
    // Lifetimes of mean 60 s; from 50 s on one of two instances is asked to stop and has ten minutes for it. Of n
    // connections n e^(-t / 60 s) are left after t: binomial, 5 seeds together, four standard errors at each moment.
    let model = model(
        "250s",
        "
services:
  gateway:
    instances: 2
    workers: 100
    service_time: 10ms
    lifecycle: {restart: {grace: 600s}}
workloads:
  members:
    arrivals:
      connected:
        users: 4000
        messages: 1/h
        connect: {to: gateway}
        lifetime: {exponential: {mean: 60s}}
    call: {to: gateway}
faults: {stop: {at: 50s, for: 1s, restart: {service: gateway, instances: {first: {count: 1}}}}}
",
    );
    let runs = over_seeds(1..=5, |seed| engine::run_dyn(&model, Seed(seed), Changes::default()).probe);
    let held = |at_s: f64| runs.iter().map(|run| run.held(0, at_s)).sum::<u64>();
    let at_first = held(50.0);
    assert!(at_first > 9_000, "half of the users of 5 seeds, found {at_first}");
    for after in [15.0, 30.0, 60.0, 120.0, 180.0] {
        let left = (-after / 60.0f64).exp();
        assert_binomial(&format!("{after} s after the stop"), held(50.0 + after), at_first, left);
    }
    // Without new ones there is no other way: nothing began at that instance.
    let late = |(s, instance, opened): &&(f64, usize, bool)| *instance == 0 && *opened && *s > 50.0;
    assert_eq!(runs.iter().flat_map(|run| &run.0).filter(late).count(), 0);
}

#[test]
fn full_jitter_over_t_brings_the_lost_back_at_lost_over_t() {
    // 5000 of 10000 connections break at 10 s; each comes back after U(0, 20 s) and 10 ms. Each second brings 250, a
    // binomial of n = 5000 and p = 1 / 20: the peak is lost / T. Four standard errors in each of 20 seconds.
    let herd = |jitter: &str| {
        model(
            "60s",
            &format!(
                "
services:
  gateway: {{instances: 2, workers: 10000, service_time: 10ms, lifecycle: {{boot_time: 30s, restart: {{grace: 0s}}}}}}
workloads:
  members:
    arrivals:
      connected:
        users: 10000
        messages: 1/h
        connect: {{to: gateway}}
        reconnect: {{constant: {{base: 20s, jitter: {jitter}}}}}
    call: {{to: gateway}}
faults: {{stop: {{at: 10s, for: 1s, restart: {{service: gateway, instances: {{first: {{count: 1}}}}}}}}}}
"
            ),
        )
    };
    let (spread, together) = (herd("full"), herd("none"));
    for seed in 1..=3 {
        let run = engine::run_dyn(&spread, Seed(seed), Changes::default()).probe;
        for second in 0..20 {
            let from = 10.01 + f64::from(second);
            assert_binomial(&format!("second {second}"), run.opened(from, from + 1.0), 5_000, 0.05);
        }
        assert_eq!(run.opened(10.0, 30.02), 5_000, "all are back");
        let run = engine::run_dyn(&together, Seed(seed), Changes::default()).probe;
        assert_eq!(run.opened(30.0, 30.02), 5_000, "without jitter all come at once");
    }
}

#[test]
fn users_who_change_connections_connect_at_their_number_over_the_cycle() {
    // Alternating renewal: a connection of mean 20 s, a wait of 5 s and a second to connect. Connects per second =
    // users / (20 + 5 + 1) s; share of messages sent = 20 / 26.
    let model = model(
        "500s",
        "
services: {gateway: {workers: 1000, endpoints: {connect: {steps: [{compute: 1s}]}, message: {steps: [{compute: 1ms}]}}}}
workloads:
  members:
    arrivals:
      connected:
        users: 1000
        messages: 0.2/s
        connect: {to: gateway/connect}
        reconnect: {constant: {base: 5s}}
        lifetime: {exponential: {mean: 20s}}
    call: {to: gateway/message}
faults: {}
",
    );
    let observe = |seed| {
        let observers = (Changes::default(), Fate::between(100.0, 500.0));
        engine::run_dyn(&model, Seed(seed), observers).probe
    };
    let runs = over_seeds(1..=6, observe);
    let rates: Vec<f64> =
        runs.iter().map(|(changes, _)| changes.opened(100.0, 500.0) as f64 / 400.0).collect();
    Claim {
        what: "connects per second of 1000 users",
        formula: "users / (lifetime + gap)",
        expected: 1_000.0 / 26.0,
        tolerance: 0.01,
    }
    .check(&rates);
    let shares: Vec<f64> = runs.iter().map(|(_, fate)| fate.success()).collect();
    Claim {
        what: "success of messages",
        formula: "lifetime / (lifetime + gap)",
        expected: 20.0 / 26.0,
        tolerance: 0.01,
    }
    .check(&shares);
}
