//! Do published results come out? Two choices (P5), fan-out (P6), retries over three layers (P7) and the
//! thread pool of the SRE book (P8), with the parameters of the publications.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::best_of_d::mean_sojourn;
use sim_core::theory::fanout::slow_root;
use sim_core::theory::mmc::erlang_b;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::{Stays, Stories};
use sim_tests::systems::model;

fn after(seconds: u64) -> Stays {
    Stays::after(SimTime::ZERO + SimDuration::from_secs(seconds))
}

/// 100 servers of mean service 1 s with a load per server of `load`.
fn farm(load: f64, balancer: &str, horizon_s: u64) -> Model {
    let rate = 100.0 * load;
    model(
        &format!("{horizon_s}s"),
        &format!(
            "
services: {{api: {{instances: 100, service_time: {{exponential: {{mean: 1s}}}}}}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, call: {{to: api, load_balancer: {balancer}}}}}
"
        ),
    )
}

const TRUE_NUMBERS: &str = "{least_request: {choices: 2, information: {board: {age: 0s}}}}";

fn mean_sojourns(model: &Model, warm_s: u64, seeds: u64) -> Vec<f64> {
    over_seeds(1..=seeds, |seed| engine::run_dyn(model, Seed(seed), after(warm_s)).probe.mean_sojourn())
}

#[test]
fn the_second_choice_saves_three_quarters_of_the_time() {
    // P5. 10 runs of 270 000 customers: the standard error is about .2 %. 100 servers read a little more
    // than the mean field, which the value allows for.
    let two = mean_sojourns(&farm(0.9, TRUE_NUMBERS, 3_500), 500, 10);
    assert!((mean_sojourn(0.9, 2) - 2.6141).abs() < 1e-4);
    let formula = "sum of lambda^(2^i - 2), and 1 % for n = 100";
    Claim { what: "best of 2 of 100 at .9, T", formula, expected: 2.64, tolerance: 0.04 }.check(&two);
    // One client that counts its own attempts knows as much; other draws would be another result.
    let own = farm(0.9, "{least_request: {choices: 2, information: own}}", 3_500);
    assert_eq!(mean_sojourns(&own, 500, 1)[0], two[0], "its own attempts are all there are");
}

#[test]
fn a_random_choice_makes_a_farm_of_single_queues() {
    // P5. 10 runs of 900 000 customers at 100 independent M/M/1 of .9: .7 % by Daley's formula.
    let random = mean_sojourns(&farm(0.9, "random", 11_000), 1_000, 10);
    let formula = "1 / (1 - lambda)";
    Claim { what: "random of 100 at .9, T", formula, expected: 10.0, tolerance: 0.06 }.check(&random);
}

#[test]
fn two_choices_at_half_load_hardly_wait() {
    // P5. 5 runs of 250 000 customers: the standard error is about .1 %.
    let two = mean_sojourns(&farm(0.5, TRUE_NUMBERS, 5_100), 100, 5);
    let formula = "sum of lambda^(2^i - 2)";
    Claim { what: "best of 2 of 100 at .5, T", formula, expected: 1.2657, tolerance: 0.01 }.check(&two);
}

#[test]
fn a_root_is_slow_if_one_of_its_leaves_is() {
    // P6. A leaf takes 1 ms, or 1 s with probability .01; 10^5 roots without contention. Tolerance four
    // standard errors of a probability from n independent roots.
    for (leaves, expected) in [(1, 0.01), (10, 0.0956), (100, 0.6340)] {
        let model = model(
            "1020s",
            &format!(
                "
services:
  root: {{workers: 100000, steps: [{{fan_out: {{times: {leaves}, steps: [{{call: {{to: leaf}}}}]}}}}]}}
  leaf: {{workers: 100000, service_time: {{bimodal: {{fast: 1ms, slow: 1s, slow_ratio: 0.01}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 100/s}}}}, call: {{to: root}}}}}}
"
            ),
        );
        let stories = engine::run_dyn(&model, Seed(1), Stories::default()).probe.all;
        let roots = 100_000;
        let slow = stories.iter().take(roots).filter(|story| {
            let (at, answered) = story.ended.expect("the run outlasts them by 20 s");
            assert!(answered);
            at.since(story.arrived) >= SimDuration::from_secs(1)
        });
        let share = slow.count() as f64 / roots as f64;
        let error = (expected * (1.0 - expected) / roots as f64).sqrt();
        println!("root of {leaves}: slow {share:.5}, 1 - (1-p)^n = {expected}, standard error {error:.5}");
        assert!((slow_root(0.01, leaves) - expected).abs() < 5e-5);
        assert!((share - expected).abs() <= 4.0 * error, "{leaves} leaves: {share}, expected {expected}");
    }
}

/// Attempts at the bottom of three layers with 4 attempts each, per request.
fn calls_at_the_bottom(bottom: &str, faults: &str) -> (u64, u64) {
    let retry = "retry: {immediate: {max_attempts: 4}}";
    let model = model(
        "100s",
        &format!(
            "
services:
  front: {{workers: 1000, steps: [{{compute: 1ms}}, {{call: {{to: middle, {retry}}}}}]}}
  middle: {{workers: 1000, steps: [{{compute: 1ms}}, {{call: {{to: bottom, {retry}}}}}]}}
  bottom: {{workers: 1000, service_time: 1ms, {bottom}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 10/s}}}}, call: {{to: front, {retry}}}}}}}
faults: {faults}
"
        ),
    );
    let ledger = engine::run_dyn(&without_late_users(model), Seed(1), ()).ledger;
    assert_eq!((ledger.requests_answered, ledger.requests_in_flight), (0, 0));
    let arrived: Vec<u64> = ledger.services.iter().map(|service| service.arrived).collect();
    assert_eq!(arrived[0], 4 * ledger.requests_created, "the first layer tries four times");
    assert_eq!(arrived[1], 16 * ledger.requests_created, "the second sixteen times");
    (arrived[2], ledger.requests_created)
}

/// Nobody comes in the last seconds, so that every request has ended.
fn without_late_users(mut model: Model) -> Model {
    for source in model.sources.iter_mut() {
        let end = sim_core::model::rate::Piece {
            start: SimTime::ZERO + SimDuration::from_secs(95),
            rate: 0.0,
            slope: 0.0,
        };
        source.pieces.push(end);
    }
    model
}

#[test]
fn three_layers_of_four_attempts_make_64_calls() {
    // P7, exact: layers multiply, however the bottom is dead.
    for (how, bottom, faults) in [
        ("errors", "error_ratio: 1", "{}"),
        ("down", "", "{down: {at: 0s, for: 100s, crash: {services: [bottom]}}}"),
        ("refuses", "admission: {share: {to: 0}}", "{}"),
    ] {
        let (calls, requests) = calls_at_the_bottom(bottom, faults);
        assert!(requests > 800);
        assert_eq!(calls, 64 * requests, "{how}");
    }
}

#[test]
fn a_pool_of_threads_is_eaten_by_a_few_slow_requests() {
    // P8. Google SRE book, chapter 22: 5095 erlang on 1000 threads, no queue. Constant jobs of 100 s leave
    // in waves: 4 runs of 5000 s after 300 s are 20 000 s, standard error below 1 %.
    let model = model(
        "5300s",
        "
services:
  api:
    workers: 1000
    service_time: {bimodal: {fast: 100ms, slow: 100s, slow_ratio: 0.05}}
    queue: {fifo: {capacity: 0}}
workloads: {users: {arrivals: {poisson: {rate: 1000/s}}, call: {to: api}}}
",
    );
    let served = over_seeds(1..=4, |seed| {
        let stays = engine::run_dyn(&model, Seed(seed), after(300)).probe;
        stays.started as f64 / stays.arrived as f64
    });
    assert!((1.0 - erlang_b(5_095.0, 1_000) - 0.1962).abs() < 1e-4);
    let formula = "1 - Erlang B(5095, 1000)";
    Claim { what: "SRE thread pool, share served", formula, expected: 0.1962, tolerance: 0.02 }
        .check(&served);
}
