//! Do callers of exponential patience do as their Markov chain says? A front with room for everybody plays
//! them: it chooses among many timeouts, and tries again with a given probability.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::policy::degradation;
use sim_core::streams::Seed;
use sim_core::theory::orbit::{Again, LateWork, Orbit};
use sim_core::theory::spiral::Spiral;
use sim_tests::claim::Claim;
use sim_tests::crowds::Crowd;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// An exponential law of this mean as 40 values of equal weight: the means of its fortieths.
fn fortieths(mean: f64) -> Vec<f64> {
    let area = |u: f64| if u < 1.0 { (1.0 - u) * (1.0 - u).ln() + u } else { 1.0 };
    (0..40).map(|k| 40.0 * mean * (area(f64::from(k + 1) / 40.0) - area(f64::from(k) / 40.0))).collect()
}

/// `db`, as in a file, and a caller that comes again with the probability `again` whenever an attempt
/// fails, after a stay in `orbit` of the mean `back_off`, under Poisson requests and a burst in the first
/// millisecond. It calls itself, 40 times at most: of those that always fail, and come again with .7, one
/// in a million is stopped by that.
fn system(
    horizon_s: f64,
    db: &str,
    timeout: f64,
    again: f64,
    back_off: Option<f64>,
    rate: f64,
    burst: u32,
) -> Model {
    let way = |t: f64| {
        format!("{{probability: 0.025, steps: [{{call: {{to: db, timeouts: {{attempt: {t:.6}s}}}}}}]}}")
    };
    let ways: Vec<String> = fortieths(timeout).into_iter().map(way).collect();
    let mean_s = back_off.unwrap_or(1.0);
    let wait = back_off.map_or("", |_| "{call: {to: orbit}}, ");
    let end = format!("{}ns", 1_000 * u64::from(burst) + 500);
    let peak = format!("{{steps: [{{at: 0s, rate: 1000000/s}}, {{at: {end}, rate: 0/s}}]}}");
    let burst = match burst {
        0 => String::new(),
        _ => format!("  burst: {{arrivals: {{evenly_spaced: {{rate: {peak}}}}}, call: {{to: front}}}}\n"),
    };
    let body = format!(
        "
services:
  db: {{{db}}}
  orbit: {{workers: 10000, service_time: {{exponential: {{mean: {mean_s}s}}}}}}
  front:
    workers: 10000
    steps:
      - fallback:
          steps: [{{choose: {{ways: [{}]}}}}]
          otherwise: [{{maybe: {{probability: {again}, steps: [{wait}{{call: {{to: front, max_depth: 40}}}}]}}}}]
workloads:
  users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, call: {{to: front}}}}
{burst}",
        ways.join(", ")
    );
    model(&format!("{horizon_s}s"), &body)
}

/// Mean numbers in `db` and in `orbit`, over runs of `horizon_s`.
fn means(model: &Model, horizon_s: f64, seeds: u64) -> Vec<(f64, f64)> {
    over_seeds(1..=seeds, |seed| {
        let ledger = engine::run_dyn(model, Seed(seed), ()).ledger;
        let areas: Vec<f64> =
            ledger.services.iter().map(|service| service.system_area as f64 / horizon_s / 1e9).collect();
        (areas[0], areas[1])
    })
}

/// Four shared servers under 2.5/s, 30 places: full after 200 services on average.
fn late_work() -> (LateWork, &'static str) {
    let chain = LateWork {
        arrival_rate: 2.5,
        service_rate: 1.0,
        servers: 4,
        places: 30,
        timeout: 4.0,
        again: Again::WithChance(0.7),
    };
    let db =
        "workers: 4, service_time: {exponential: {mean: 1s}}, queue: {processor_sharing: {capacity: 30}}";
    (chain, db)
}

#[test]
fn how_many_are_there_where_work_goes_on_for_those_who_gave_up() {
    let (chain, db) = late_work();
    let runs = means(&system(20_000.0, db, 4.0, 0.7, None, 2.5, 0), 20_000.0, 20);
    // It goes to and fro between few and full in hundreds of seconds: 20 x 20000 s give about 1.5 %.
    let (what, formula) = ("late work: mean in system", "chain of (waited for, given up)");
    Claim { what, formula, expected: chain.mean_in_system(), tolerance: 0.05 }
        .check(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
}

#[test]
fn how_long_until_those_who_gave_up_fill_the_service() {
    let (chain, db) = late_work();
    let expected = chain.mean_time_to_collapse();
    let model = system(12.0 * expected, db, 4.0, 0.7, None, 2.5, 0);
    let probe = Crowd::between(0.0, None, 30);
    // 600 runs: standard error about 4 %.
    let times = over_seeds(1..=600, |seed| engine::run_dyn(&model, Seed(seed), probe).probe.time_s());
    let (what, formula) = ("late work: time from empty to full", "chain of (waited for, given up)");
    Claim { what, formula, expected, tolerance: 0.1 }.check(&times);
}

#[test]
fn which_burst_a_service_survives_that_works_for_those_who_gave_up() {
    // 1000 runs for each burst: empty before full, within three standard errors of the chain.
    let again = Again::WithChance(0.6);
    let chain =
        LateWork { arrival_rate: 0.6, service_rate: 1.0, servers: 1, places: 24, timeout: 10.0, again };
    let db = "service_time: {exponential: {mean: 1s}}, queue: {processor_sharing: {capacity: 24}}";
    let bursts = [6, 10, 14, 18];
    for (burst, expected) in bursts.into_iter().zip(chain.recovers(&bursts)) {
        let model = system(1_000.0, db, 10.0, 0.6, None, 0.6, burst);
        let probe = Crowd::between(0.001, Some(0), 24);
        let seeds = (1..=1_000).map(|k| 10_000 * u64::from(burst) + k);
        let ends = over_seeds(seeds, |seed| engine::run_dyn(&model, Seed(seed), probe).probe);
        let recovered = ends.iter().filter(|crowd| crowd.end.expect("it is decided").1).count();
        let observed = recovered as f64 / 1_000.0;
        let error = (expected * (1.0 - expected) / 1_000.0).sqrt();
        println!("P(recover) from {burst}: {expected:.4}, observed {observed:.4}, standard error {error:.4}");
        assert!((observed - expected).abs() <= 3.0 * error, "{burst}: {observed}, expected {expected}");
    }
}

#[test]
fn how_many_are_in_orbit_where_work_is_withdrawn() {
    // One server that its crowd slows down, six places; who finds none or loses patience comes again in 3
    // s, with .6.
    let degradation: degradation::Config =
        serde_json::from_str(r#"{"linear": {"per_request": 0.1}}"#).expect("readable");
    let service = Spiral::degraded(0.7, 1.0, 1, 6, &degradation);
    let chain = Orbit { service, timeout: 5.0, back_off: 3.0, again: 0.6, orbit_places: 40 };
    assert!(chain.overflow() < 1e-9);
    let db = "service_time: {exponential: {mean: 1s}}, queue: {fifo: {capacity: 5}}, on_cancel: immediate, \
              degradation: {linear: {per_request: 0.1}}";
    let runs = means(&system(20_000.0, db, 5.0, 0.6, Some(3.0), 0.7, 0), 20_000.0, 10);
    let pairs = chain.pairs();
    let (formula, tolerance) = ("chain of (at the service, in orbit)", 0.03);
    let expected = pairs.mean(|n, _| f64::from(n));
    Claim { what: "withdrawn work: mean at the service", formula, expected, tolerance }
        .check(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
    let expected = pairs.mean(|_, m| f64::from(m));
    Claim { what: "withdrawn work: mean in orbit", formula, expected, tolerance }
        .check(&runs.iter().map(|run| run.1).collect::<Vec<_>>());
}
