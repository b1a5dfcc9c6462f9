//! Do results depend on how they were computed? Not on the number of threads, nor on the order of seeds.

use std::sync::atomic::AtomicBool;

use scenarios::compare::compare;
use scenarios::experiment::Hooks;
use scenarios::request::Request;
use scenarios::results::ComparisonReport;
use sim_tests::systems::scenario;

const FILE: &str = "
spiral: 1
id: test
title: A test
services: {api: {workers: 10, service_time: {exponential: {mean: 10ms}}}}
workloads:
  users:
    arrivals: {poisson: {rate: 800/s}}
    call: {to: api, timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 4}}}
faults: {brownout: {at: 10s, for: 2s, capacity: {service: api, factor: 0.2}}}
variants:
  four-attempts: {}
  one-attempt: {workloads: {users: {call: {retry: none}}}}
  lifo: {services: {api: {queue: {lifo: {}}}}}
sweeps:
  load: {path: workloads.users.arrivals.poisson.rate, values: [200/s, 500/s], seeds: 3}
run: {horizon: 40s, warmup: 2s, seeds: 5}
";

fn report(seeds: Vec<u64>, threads: usize) -> ComparisonReport {
    let request = Request {
        seeds,
        variants: Vec::new(),
        sweeps: true,
        kind: "compare",
        reproduce: "spiral compare test".to_owned(),
    };
    let stop = AtomicBool::new(false);
    compare(&scenario(FILE), &request, &Hooks { threads, progress: &|_, _| {}, stop: &stop }).report
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let one = report((1..=5).collect(), 1);
    for threads in [2, 3, 0] {
        let many = report((1..=5).collect(), threads);
        let json = |report: &ComparisonReport| {
            let sweeps = serde_json::to_string(&report.sweeps).expect("results can be written");
            serde_json::to_string(&report.comparison).expect("results can be written") + &sweeps
        };
        assert_eq!(json(&many), json(&one), "{threads} threads");
        assert_eq!(many, one, "series, latencies and manifest with {threads} threads");
    }
}

#[test]
fn a_seed_gives_the_same_values_in_any_company() {
    let (forth, back) = (report(vec![1, 2, 3, 4, 5], 2), report(vec![5, 3, 1], 2));
    for (ours, theirs) in forth.comparison.variants.iter().zip(&back.comparison.variants) {
        for (name, metric) in &ours.metrics {
            let chosen: Vec<Option<f64>> = [4, 2, 0].iter().map(|k| metric.per_seed[*k]).collect();
            assert_eq!(chosen, theirs.metrics[name].per_seed, "{} of {}", name, ours.name);
        }
    }
}
