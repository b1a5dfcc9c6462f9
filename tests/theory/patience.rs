//! How long do callers wait, and when are answers in time again? Total timeouts to the nanosecond, and
//! the time a backlog takes to drain.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::overload::{Drain, backlog_after};
use sim_core::time::SimDuration;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::{Fate, Stories};
use sim_tests::systems::{RetryRig, model};

/// How the calls to a stopped service end: (seconds after arrival, attempts), the same for all.
fn end_of_calls(timeouts: &str, retry: &str) -> (f64, u32) {
    let model = model(
        "100s",
        &format!(
            "
services: {{api: {{service_time: 1ms}}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 10/s}}}}, call: {{to: api, timeouts: {timeouts}, retry: {retry}}}}}
faults: {{outage: {{at: 0s, for: 100s, stop: {{service: api}}}}}}
"
        ),
    );
    let stories = engine::run_dyn(&model, Seed(1), Stories::default()).probe.all;
    let ended = stories.iter().filter_map(|story| {
        let (at, answered) = story.ended?;
        assert!(!answered, "a stopped service answers nobody");
        Some((at.since(story.arrived), story.attempts))
    });
    let mut ended: Vec<(SimDuration, u32)> = ended.collect();
    assert!(ended.len() > 800);
    ended.dedup();
    let [(after, attempts)] = ended[..] else { panic!("calls end in different ways: {ended:?}") };
    (after.as_secs_f64(), attempts)
}

#[test]
fn a_total_timeout_ends_the_call_whatever_its_attempts_do() {
    let retry = "{immediate: {max_attempts: 10}}";
    assert_eq!(end_of_calls("{total: 2s}", retry), (2.0, 1), "one attempt waits all the time");
    assert_eq!(end_of_calls("{attempt: 1s, total: 2500ms}", retry), (2.5, 3));
    assert_eq!(end_of_calls("{attempt: 1s, total: 30s}", retry), (10.0, 10), "attempts run out first");
    assert_eq!(end_of_calls("{attempt: 1s, total: 1s}", retry), (1.0, 1));
}

#[test]
fn a_total_timeout_ends_a_back_off() {
    // Attempts at 0 s, 1 + .5 s, then a wait of 1 s from 2.5 s on, which ends at 3.5 s.
    let retry = "{exponential: {max_attempts: 10, base: 500ms}}";
    assert_eq!(end_of_calls("{attempt: 1s, total: 3s}", retry), (3.0, 2));
    assert_eq!(end_of_calls("{attempt: 1s, total: 3600ms}", retry), (3.6, 3));
    assert_eq!(end_of_calls("{attempt: 1s}", "{exponential: {max_attempts: 3, base: 500ms}}"), (4.5, 3));
}

/// Seconds of arrivals after the trigger that were not answered in time, per seed.
fn seconds_lost(rate: f64, trigger: &str, ends_s: f64) -> Vec<f64> {
    let rate_text = format!("{rate}/s");
    let rig = RetryRig { workers: 10, mean: "10ms", rate: &rate_text, max_attempts: 1, faults: trigger };
    let model = rig.model(ends_s + 120.0);
    over_seeds(1..=60, |seed| {
        let fate = engine::run_dyn(&model, Seed(seed), Fate::between(ends_s, ends_s + 119.0)).probe;
        fate.failed as f64 / rate
    })
}

#[test]
fn answers_are_in_time_again_once_the_backlog_is_one_timeout_long() {
    // The backlog of a run scatters by sqrt(L D + C' D), the drain by as much again: over 60 seeds the
    // standard error is .5 to 1 % of what is expected.
    let formula = "(B - C T) / (C - L)";
    for (rate, trigger, ends_s, backlog) in [
        (
            800.0,
            "{brownout: {at: 30s, for: 10s, capacity: {service: api, factor: 0.2}}}",
            40.0,
            backlog_after(800.0, 200.0, 10.0),
        ),
        (600.0, "{outage: {at: 30s, for: 12s, stop: {service: api}}}", 42.0, backlog_after(600.0, 0.0, 12.0)),
        (
            700.0,
            "{rush: {at: 30s, for: 10s, load_spike: {workload: users, factor: 2}}}",
            40.0,
            backlog_after(1_400.0, 1_000.0, 10.0),
        ),
    ] {
        let drain = Drain { backlog, capacity_per_s: 1_000.0, load_per_s: rate, timeout_s: 1.0 };
        let expected = drain.success_returns_after_s();
        let what = format!("1000/s rig at {rate}/s after {trigger}");
        Claim { what: &what, formula, expected, tolerance: 0.04 }.check(&seconds_lost(rate, trigger, ends_s));
    }
}
