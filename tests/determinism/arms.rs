//! When are the two arms of a comparison the same run? When nothing happens in either; what operators do by the clock
//! happens in one of them, with or without a trigger.

use std::sync::atomic::AtomicBool;

use scenarios::experiment::{self, Hooks, VariantRuns};
use scenarios::measure::Scope;
use scenarios::metric::Metric;
use sim_tests::systems::scenario;

const FILE: &str = "
spiral: 1
id: test
title: A test
services: {api: {workers: 1, service_time: 10ms}}
workloads: {users: {arrivals: {poisson: {rate: 50/s}}, call: {to: api}}}
variants:
  nothing: {}
  action: {actions: {widen: {at: 20s, apply: {services: {api: {workers: 4}}}}}}
run: {horizon: 60s, seeds: 2}
";

#[test]
fn what_operators_do_by_the_clock_needs_no_trigger() {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { threads: 1, progress: &|_, _| {}, stop: &stop };
    let runs = experiment::run(&scenario(FILE).variants, &[1, 2], &hooks);
    let [nothing, action] = &runs.variants[..] else { panic!("two variants") };
    let latency = |runs: &VariantRuns, arm| {
        let record = &runs.arm(arm)[0];
        record
            .value(Metric::LatencyMean, Scope::default(), record.after_warmup())
            .expect("requests were answered")
    };
    use scenarios::results::Arm::{Control, Triggered};
    assert!(!nothing.has_two_arms() && action.has_two_arms());
    assert_eq!(latency(nothing, Triggered), latency(nothing, Control));
    assert_eq!(latency(action, Control), latency(nothing, Control));
    assert!(latency(action, Triggered) < latency(action, Control), "four workers from 20 s on");
}
