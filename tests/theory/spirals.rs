//! Does a death spiral go as its birth-death chain says? Which burst it survives, how long until chance alone
//! makes it collapse, how long until it comes back.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::policy::{degradation, memory};
use sim_core::streams::Seed;
use sim_core::theory::spiral::Spiral;
use sim_tests::claim::Claim;
use sim_tests::crowds::Crowd;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// One instance as in a file under `rate` requests per second, hit by `burst` of them in its first
/// millisecond.
fn system(horizon_s: f64, api: &str, rate: f64, burst: u32) -> Model {
    // The k-th comes after k microseconds.
    let end = format!("{}ns", 1_000 * u64::from(burst) + 500);
    let peak = format!("{{steps: [{{at: 0s, rate: 1000000/s}}, {{at: {end}, rate: 0/s}}]}}");
    let burst = match burst {
        0 => String::new(),
        _ => format!("  burst: {{arrivals: {{evenly_spaced: {{rate: {peak}}}}}, call: {{to: api}}}}\n"),
    };
    let users = format!("{{arrivals: {{poisson: {{rate: {rate}/s}}}}, call: {{to: api}}}}");
    model(
        &format!("{horizon_s}s"),
        &format!("\nservices: {{api: {{{api}}}}}\nworkloads:\n  users: {users}\n{burst}"),
    )
}

/// One worker of rate 1 that loses 5 % of its speed for each in the system: 20 are served as fast as .5/s
/// come.
const BETA: f64 = 0.05;
const RATE: f64 = 0.5;
const PLACES: u32 = 60;

fn linear(rate: f64, places: u32) -> (Spiral, String) {
    let degradation: degradation::Config =
        serde_json::from_str(&format!(r#"{{"linear": {{"per_request": {BETA}}}}}"#)).expect("readable");
    let api = format!(
        "service_time: {{exponential: {{mean: 1s}}}}, queue: {{fifo: {{capacity: {}}}}}, \
         degradation: {{linear: {{per_request: {BETA}}}}}",
        places - 1
    );
    (Spiral::degraded(rate, 1.0, 1, places, &degradation), api)
}

#[test]
fn which_burst_a_death_spiral_survives() {
    // 1000 runs for each burst: recovered means empty before full. Within three standard errors of the chain,
    // sqrt(p (1 - p) / 1000), 1.6 % at most: a P that is 5 % off fails at every point.
    let (spiral, api) = linear(RATE, PLACES);
    let chance = spiral.recovers(0, PLACES as usize);
    for burst in [12, 17, 21, 26] {
        let model = system(3_000.0, &api, RATE, burst);
        let probe = Crowd::between(0.001, Some(0), PLACES);
        let seeds = (1..=1_000).map(|k| 10_000 * u64::from(burst) + k);
        let ends = over_seeds(seeds, |seed| engine::run_dyn(&model, Seed(seed), probe).probe);
        // One of 2000 seeds has a request of its own in the first millisecond.
        let exact = ends.iter().filter(|crowd| crowd.first == Some(burst)).count();
        assert!(exact >= 990, "{exact} of 1000 runs begin with {burst}");
        let recovered = ends.iter().filter(|crowd| crowd.end.expect("it is decided").1).count();
        let (expected, observed) = (chance[burst as usize], recovered as f64 / 1_000.0);
        let error = (expected * (1.0 - expected) / 1_000.0).sqrt();
        println!("P(recover) from {burst}: {expected:.4}, observed {observed:.4}, standard error {error:.4}");
        assert!((observed - expected).abs() <= 3.0 * error, "{burst}: {observed}, expected {expected}");
    }
}

/// Mean time from `burst` on until there are `well` (or `lost`) in 1000 runs, against the chain's.
#[track_caller]
fn check_time(what: &str, expected: f64, api: &str, rate: f64, burst: u32, well: Option<u32>, lost: u32) {
    // The law has an exponential tail: fifteen means are enough for 1000 runs.
    let model = system(15.0 * expected, api, rate, burst);
    let from_s = if burst == 0 { 0.0 } else { 0.001 };
    let probe = Crowd::between(from_s, well, lost);
    let times = over_seeds(1..=1_000, |seed| engine::run_dyn(&model, Seed(seed), probe).probe.time_s());
    Claim { what, formula: "birth-death chain", expected, tolerance: 0.1 }.check(&times);
}

#[test]
fn how_long_until_chance_makes_a_spiral_collapse() {
    // At .7/s 8 are served as fast as others come: not far to go.
    let (spiral, api) = linear(0.7, 20);
    check_time("linear, 0 to 20", spiral.mean_time(0, 20), &api, 0.7, 0, None, 20);
}

#[test]
fn how_long_until_a_stuck_spiral_comes_back() {
    // Full at 30, where 1.5 s of work leave .4 per s: it fluctuates until chance leads below 20, then drains.
    let (spiral, api) = linear(RATE, 30);
    check_time("linear, 30 to 0", spiral.mean_time(30, 0), &api, RATE, 30, Some(0), u32::MAX);
}

#[test]
fn how_long_until_the_memory_is_out() {
    // 4 workers, a heap for 24 attempts: the 24th crashes the instance.
    let text = r#"{"heap": "3GiB", "base": "1GiB", "per_request": "86MiB", "gc_cost": 0.5}"#;
    let memory: memory::Config = serde_json::from_str(text).expect("readable");
    let spiral = Spiral::short_of_memory(2.0, 1.0, 4, &memory);
    let lost = spiral.places() as u32;
    assert_eq!(lost, 24);
    let api = "workers: 4, service_time: {exponential: {mean: 1s}}, \
               memory: {heap: 3GiB, base: 1GiB, per_request: 86MiB, gc_cost: 0.5}";
    check_time("memory, 0 to the crash", spiral.mean_time(0, 24), api, 2.0, 0, None, lost);
}

#[test]
fn how_long_until_threads_hold_each_other_up() {
    // 40 threads past the peak of the scalability law: 18 do as much as 4/s.
    let degradation: degradation::Config =
        serde_json::from_str(r#"{"usl": {"contention": 0.03, "coherency": 0.01}}"#).expect("readable");
    let spiral = Spiral::degraded(3.9, 1.0, 40, 40, &degradation);
    let api = "workers: 40, service_time: {exponential: {mean: 1s}}, queue: {fifo: {capacity: 1}}, \
               degradation: {usl: {contention: 0.03, coherency: 0.01}}";
    check_time("scalability law, 0 to 40", spiral.mean_time(0, 40), api, 3.9, 0, None, 40);
}
