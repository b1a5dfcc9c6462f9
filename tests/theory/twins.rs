//! Do the numbers that `compare` puts beside a simulation agree with it, and are systems refused that theory does not
//! know?

use std::sync::atomic::AtomicBool;

use scenarios::compare::compare;
use scenarios::experiment::Hooks;
use scenarios::request::Request;
use scenarios::twin::{self, Said};
use sim_tests::claim::Claim;
use sim_tests::systems::scenario;

/// A server that each in the system makes 5 % slower, ten places.
const SPIRAL: &str = "
spiral: 1
id: spiral
title: A small spiral
services:
  api: {service_time: {exponential: {mean: 1s}}, queue: {fifo: {capacity: 9}}, degradation: {linear: {per_request: 0.05}}}
workloads:
  users: {arrivals: {poisson: {rate: 0.6/s}}, call: {to: api}}
run: {horizon: 100000s, warmup: 500s}
";

#[test]
fn a_small_spiral_is_shown_beside_its_chain() {
    let scenario = scenario(SPIRAL);
    let request = Request {
        seeds: (1..=20).collect(),
        variants: Vec::new(),
        sweeps: false,
        kind: "compare",
        reproduce: String::new(),
    };
    let stop = AtomicBool::new(false);
    let compared = compare(&scenario, &request, &Hooks { threads: 0, progress: &|_, _| {}, stop: &stop });
    let variant = &compared.report.comparison.variants[0];
    let [chain] = &variant.twins[..] else { panic!("the chain alone applies: {:?}", variant.twins) };
    let said = |id: &str| -> &Said { chain.says.iter().find(|said| said.id == id).expect("it is said") };
    // 20 seeds of 100000 s: standard errors of about 0.7 % and 2 %.
    for (id, metric, tolerance) in [("mean_in_system", "in_flight", 0.03), ("loss", "unanswered_share", 0.08)]
    {
        let said = said(id);
        let per_seed: Vec<f64> = variant.metrics[metric].per_seed.iter().copied().flatten().collect();
        let expected = said.value.expect("finite");
        Claim { what: id, formula: "birth-death chain", expected, tolerance }.check(&per_seed);
        let (shown, mean) = (said.simulated.expect("runs show it"), per_seed.iter().sum::<f64>() / 20.0);
        assert!((shown / mean - 1.0).abs() < 1e-6, "{id}: {shown} is shown, {mean} measured");
    }
    assert!(said("time_to_collapse").simulated.is_none());
}

#[test]
fn what_no_theory_knows_is_refused_with_a_reason_each() {
    let text = SPIRAL.replace("api: {service", "api: {instances: 2, service");
    let twins = twin::all(scenario(&text).baseline());
    assert_eq!(twins.len(), 3);
    for twin in twins {
        assert!(twin.says.is_empty(), "{twin:?}");
        let why = twin.refused.expect("two instances are none of theirs");
        assert!(why.split_whitespace().count() > 3, "{why}");
    }
}
