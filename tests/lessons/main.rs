//! Do the shipped scenarios show what they say? Every `expect` line holds over the scenario's own seeds, and
//! every one fails for another variant, another point or the control arm: a claim that cannot fail is none.

mod paired;
mod playbook;

use std::sync::atomic::AtomicBool;

use scenarios::assess::assess_as;
use scenarios::compare::{self, Compared};
use scenarios::expectation::ExpectationConfig;
use scenarios::experiment::{Hooks, Runs};
use scenarios::library;
use scenarios::load::Scenario;
use scenarios::request::Request;
use scenarios::results::{Arm, Outcome};
use scenarios::store::Store;
use scenarios::sweep::{self, Swept};

struct Lesson {
    scenario: Scenario,
    compared: Compared,
    sweeps: Vec<Swept>,
}

fn run(id: &str) -> Lesson {
    let scenario =
        library::find(id).expect("it is shipped").load(&[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let stop = AtomicBool::new(false);
    let hooks = Hooks { threads: 0, progress: &|_, _| {}, stop: &stop };
    let request = Request {
        seeds: (1..=u64::from(scenario.run.seeds.get())).collect(),
        variants: Vec::new(),
        sweeps: false,
        kind: "compare",
        reproduce: format!("spiral compare {id}"),
    };
    let compared = compare::compare(&scenario, &request, &hooks);
    let sweeps = scenario
        .sweeps
        .iter()
        .map(|s| sweep::run(&scenario, s, &request, &Store::nowhere(), &hooks))
        .collect();
    Lesson { scenario, compared, sweeps }
}

/// Whether the line holds for every variant and both arms.
fn holds_everywhere(line: &ExpectationConfig, runs: &[&Runs]) -> bool {
    runs.iter().all(|runs| {
        runs.variants.iter().all(|variant| {
            [Arm::Control, Arm::Triggered].into_iter().all(|arm| {
                assess_as(line, runs, Some((&variant.variant.name, arm))).outcome != Outcome::Fails
            })
        })
    })
}

/// Checks every claim of one scenario; gives how many there are.
fn check(id: &str) -> usize {
    run_and_check(id).1
}

/// The same, and what was run.
fn run_and_check(id: &str) -> (Lesson, usize) {
    let lesson = run(id);
    let sweep_results = lesson.sweeps.iter().flat_map(|swept| &swept.result.expectations);
    let results: Vec<_> =
        lesson.compared.report.comparison.expectations.iter().chain(sweep_results).collect();
    assert_eq!(results.len(), lesson.scenario.expectations.len(), "{id}: every line is measured once");
    for result in &results {
        assert_eq!(result.outcome, Outcome::Holds, "{id}: {}: {}", result.text, result.measured);
    }
    let points: Vec<&Runs> = lesson.sweeps.iter().flat_map(|swept| swept.runs.iter().flatten()).collect();
    for line in &lesson.scenario.expectations {
        let runs = if line.point.is_some() { points.clone() } else { vec![&lesson.compared.runs] };
        let sentence = line.sentence(&lesson.scenario.baseline().name);
        assert!(!holds_everywhere(line, &runs), "{id}: this claim cannot fail: {sentence}");
    }
    let count = results.len();
    (lesson, count)
}

#[test]
fn the_retry_storm_shows_what_it_says() {
    assert!(check("metastable-retry-storm") >= 22);
}

#[test]
fn a_cold_cache_shows_what_it_says() {
    assert!(check("metastable-lookaside-cache") >= 16);
}

#[test]
fn an_advertised_and_a_hidden_capacity_show_what_they_say() {
    assert!(check("published-hotos21-cache") >= 14);
}

#[test]
fn a_published_edge_shows_what_it_says() {
    assert!(check("published-osdi22-retries") >= 11);
}

#[test]
fn slow_errors_show_what_they_say() {
    assert!(check("metastable-slow-errors") >= 13);
}

#[test]
fn a_collector_shows_what_it_says() {
    assert!(check("metastable-gc") >= 15);
}

#[test]
fn getting_out_shows_what_it_says() {
    let (lesson, claims) = run_and_check("recovery-playbook");
    assert!(claims >= 19);
    insta::assert_snapshot!(playbook::table(&lesson));
}

#[test]
fn the_utilization_knee_shows_what_it_says() {
    assert!(check("utilization-knee") >= 5);
}

#[test]
fn one_queue_or_many_show_what_they_say() {
    assert!(check("one-queue-or-many") >= 7);
}

#[test]
fn open_and_closed_workloads_show_what_they_say() {
    assert!(check("open-vs-closed") >= 12);
}

#[test]
fn load_balancing_shows_what_it_says() {
    assert!(check("load-balancing-policies") >= 13);
}

#[test]
fn queue_disciplines_show_what_they_say() {
    assert!(check("queue-discipline-overload") >= 15);
}

#[test]
fn dominoes_show_what_they_say() {
    assert!(check("domino-replicas") >= 22);
}

#[test]
fn blocked_threads_show_what_they_say() {
    assert!(check("blocked-threads-chain") >= 21);
}

#[test]
fn a_deadly_probe_shows_what_it_says() {
    assert!(check("liveness-probe-spiral") >= 17);
}

#[test]
fn a_cold_restart_shows_what_it_says() {
    assert!(check("cold-restart-loop") >= 15);
}

#[test]
fn a_reconnect_storm_shows_what_it_says() {
    assert!(check("reconnect-storm") >= 22);
}

#[test]
fn healing_that_hurts_shows_what_it_says() {
    assert!(check("rereplication-storm") >= 14);
}

#[test]
fn a_cache_stampede_shows_what_it_says() {
    assert!(check("cache-stampede") >= 18);
}

#[test]
fn a_wrong_signal_shows_what_it_says() {
    assert!(check("autoscaler-wrong-signal") >= 10);
}

#[test]
fn timeouts_show_what_they_say() {
    assert!(check("timeouts") >= 12);
}

#[test]
fn retries_in_step_show_what_they_say() {
    assert!(check("retries-backoff-jitter") >= 12);
}

#[test]
fn retries_in_layers_show_what_they_say() {
    assert!(check("retries-in-layers") >= 12);
}

#[test]
fn backing_off_shows_what_it_says() {
    assert!(check("what-backoff-is-for") >= 12);
}

#[test]
fn retry_budgets_show_what_they_say() {
    assert!(check("retry-budget") >= 21);
}

#[test]
fn load_shedding_shows_what_it_says() {
    assert!(check("load-shedding") >= 16);
}

#[test]
fn adaptive_limits_show_what_they_say() {
    assert!(check("adaptive-concurrency") >= 21);
}

#[test]
fn a_circuit_breaker_shows_what_it_says() {
    assert!(check("circuit-breaker") >= 13);
}

#[test]
fn deadlines_show_what_they_say() {
    assert!(check("deadline-propagation") >= 21);
}

#[test]
fn health_checks_show_what_they_say() {
    assert!(check("health-checks") >= 13);
}

#[test]
fn bulkheads_show_what_they_say() {
    assert!(check("bulkhead") >= 8);
}

#[test]
fn breakers_of_shards_show_what_they_say() {
    assert!(check("circuit-breaker-shards") >= 6);
}

#[test]
fn noisy_neighbours_show_what_they_say() {
    assert!(check("tenant-fairness") >= 15);
}

#[test]
fn back_pressure_shows_what_it_says() {
    assert!(check("backpressure") >= 15);
}

#[test]
fn static_stability_shows_what_it_says() {
    assert!(check("static-stability") >= 12);
}

#[test]
fn the_tail_at_scale_shows_what_it_says() {
    assert!(check("fan-out-and-hedging") >= 18);
}

#[test]
fn dull_and_expensive_fallbacks_show_what_they_say() {
    assert!(check("fallback-degradation") >= 13);
}

#[test]
fn expiring_leases_show_what_they_say() {
    assert!(check("lease-expiry-collapse") >= 22);
}

#[test]
fn replicas_that_catch_up_show_what_they_say() {
    assert!(check("metastable-replica-catchup") >= 15);
}

#[test]
fn a_pool_that_prefers_the_bad_link_shows_what_it_says() {
    assert!(check("metastable-link-imbalance") >= 6);
}

#[test]
fn compensation_that_fails_shows_what_it_says() {
    assert!(check("fallacy-10-compensation-works") >= 14);
}

#[test]
fn an_unreliable_network_shows_what_it_says() {
    assert!(check("fallacy-1-network-reliable") >= 12);
}

#[test]
fn settings_of_several_owners_show_what_they_say() {
    assert!(check("fallacy-6-one-administrator") >= 12);
}

#[test]
fn addresses_that_change_show_what_they_say() {
    assert!(check("fallacy-5-topology-static") >= 18);
}

#[test]
fn spots_of_the_vulnerability_map_show_what_they_say() {
    assert!(check("vulnerability-map") >= 8);
}

#[test]
fn optional_observability_shows_what_it_says() {
    assert!(check("fallacy-11-observability-optional") >= 15);
}

#[test]
fn the_seventh_fallacy_shows_what_it_says() {
    assert!(check("fallacy-7-transport-cost-zero") >= 14);
}

#[test]
fn distance_shows_what_it_says() {
    assert!(check("fallacy-2-latency-zero") >= 14);
}

#[test]
fn a_wire_that_fills_shows_what_it_says() {
    assert!(check("fallacy-3-bandwidth-infinite") >= 11);
}

#[test]
fn three_ways_to_one_service_show_what_they_say() {
    assert!(check("fallacy-8-network-homogeneous") >= 11);
}

#[test]
fn simple_versioning_shows_what_it_says() {
    assert!(check("fallacy-9-versioning-simple") >= 14);
}

#[test]
fn clocks_that_agree_show_what_they_say() {
    assert!(check("fallacy-clocks-agree") >= 18);
}

#[test]
fn every_shipped_scenario_has_a_test_here_and_claims_something() {
    let tested = include_str!("main.rs");
    for shipped in library::shipped() {
        assert!(tested.contains(&format!("check(\"{}\")", shipped.id)), "{} is not tested", shipped.id);
        let scenario = shipped.load(&[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
        assert_eq!(scenario.id, shipped.id, "the file is called after its id");
        assert!(!scenario.expectations.is_empty(), "{} claims nothing", shipped.id);
        assert!(
            !scenario.summary.is_empty() && !scenario.source.is_empty(),
            "{} says too little",
            shipped.id
        );
    }
}

#[test]
fn a_network_that_is_not_secure_shows_what_it_says() {
    assert!(check("fallacy-4-network-secure") >= 12);
}

#[test]
fn an_answer_that_trickles_shows_what_it_says() {
    assert!(check("slow-trickle") >= 6);
}

#[test]
fn losses_in_runs_show_what_they_say() {
    assert!(check("loss-in-bursts") >= 4);
}
