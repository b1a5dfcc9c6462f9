//! What do callers see? Timeouts to the nanosecond, answers that come too late, retries when they are due.

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts, stories};

#[test]
fn an_answer_at_the_very_nanosecond_of_the_timeout_is_too_late() {
    let answered = |call: &str| {
        let model = metronome("10s", "workers: 9, service_time: 800ms", call, "{}");
        let ends = ends(&model);
        assert_eq!(ends.len(), 9);
        assert!(ends.iter().all(|end| end.2 == ends[0].2));
        ends[0].2
    };
    assert!(!answered("timeouts: {attempt: 800ms}"));
    assert!(answered("timeouts: {attempt: 800000001ns}"));
    assert!(!answered("timeouts: {total: 800ms}"));
    assert!(answered("timeouts: {total: 800000001ns}"));
    assert!(!answered("timeouts: {attempt: 800ms, total: 801ms}"));
}

#[test]
fn an_answer_counts_from_the_send_of_its_own_attempt() {
    // The second attempt starts at once, when the first has timed out: both take 600 ms of the two workers.
    let model = metronome(
        "5s",
        "workers: 2, service_time: {bimodal: {fast: 300ms, slow: 300ms, slow_ratio: 0.5}}",
        "timeouts: {attempt: 300ms}, retry: {immediate: {max_attempts: 3}}",
        "{}",
    );
    assert_eq!(ends(&model)[0], (1.0, 1.9, false), "each of three attempts has 300 ms of its own");
}

#[test]
fn work_goes_on_after_its_caller_has_given_up() {
    let model = metronome("4s", "service_time: 2s", "timeouts: {attempt: 500ms}", "{}");
    assert_eq!(ends(&model), [(1.0, 1.5, false), (2.0, 2.5, false), (3.0, 3.5, false)]);
    let completed = everything(&model).into_iter().filter_map(|(at, what)| match what {
        Observation::Completed { wanted, .. } => Some((at.as_secs_f64(), wanted)),
        _ => None,
    });
    assert_eq!(completed.collect::<Vec<_>>(), [(3.0, false)]);
    // The second started at 3 s, although nobody has waited for it since 2.5 s.
    assert_eq!(starts(&model), [(1.0, 0.0, 2.0), (3.0, 1.0, 2.0)]);
    let service = engine::run_dyn(&model, Seed(1), ()).ledger.services.iter().next().copied();
    assert_eq!(service.map(|s| s.busy_area), Some(3_000_000_000), "busy until the end for nobody");
}

#[test]
fn a_late_answer_is_no_answer_to_the_next_attempt() {
    // The first attempt takes .9 s, its answer comes while the second attempt waits for its own.
    let model = metronome(
        "3s",
        "workers: 10, service_time: 900ms",
        "timeouts: {attempt: 500ms}, retry: {immediate: {max_attempts: 2}}",
        "{}",
    );
    assert_eq!(ends(&model)[0], (1.0, 2.0, false));
}

#[test]
fn stale_timers_are_ignored_although_their_slots_are_in_use_again() {
    // 100 requests a second, done after 5 ms: each timeout after 1 s finds a slot used a hundred times
    // since, and each total timeout after 2 s likewise.
    let model = model(
        "60s",
        "
services: {api: {workers: 2, service_time: 5ms}}
workloads:
  users:
    arrivals: {poisson: {rate: 100/s}}
    call: {to: api, timeouts: {attempt: 1s, total: 2s}, retry: {immediate: {max_attempts: 3}}}
",
    );
    let run = engine::run_dyn(&model, Seed(1), ());
    assert!(run.ledger.requests_created > 5_000);
    assert_eq!(run.ledger.requests_failed, 0);
    assert_eq!(run.ledger.edges.iter().next().map(|edge| edge.sent), Some(run.ledger.requests_created));
}

#[test]
fn retries_are_sent_when_their_back_off_is_over() {
    let sends = |retry: &str| -> Vec<f64> {
        let call = format!("timeouts: {{total: 60s}}, retry: {retry}");
        let model = metronome("1900ms", "workers: 9, error_ratio: 1, service_time: 10ms", &call, "{}");
        let sent = everything(&model).into_iter().filter_map(|(at, what)| match what {
            Observation::Sent { .. } => Some(at.as_secs_f64()),
            _ => None,
        });
        sent.collect()
    };
    assert_eq!(sends("none"), [1.0]);
    assert_eq!(sends("{immediate: {max_attempts: 3}}"), [1.0, 1.01, 1.02]);
    assert_eq!(sends("{constant: {max_attempts: 3, base: 100ms}}"), [1.0, 1.11, 1.22]);
    assert_eq!(sends("{linear: {max_attempts: 4, base: 100ms}}"), [1.0, 1.11, 1.32, 1.63]);
    assert_eq!(sends("{exponential: {max_attempts: 4, base: 100ms}}"), [1.0, 1.11, 1.32, 1.73]);
    assert_eq!(sends("{exponential: {max_attempts: 4, base: 100ms, max: 150ms}}"), [1.0, 1.11, 1.27, 1.43]);
}

#[test]
fn an_error_costs_its_full_service_and_is_told_at_its_end() {
    let model = metronome("3s", "error_ratio: 1, service_time: 400ms", "", "{}");
    assert_eq!(ends(&model), [(1.0, 1.4, false), (2.0, 2.4, false)]);
}

#[test]
fn a_run_covers_its_horizon_but_not_the_moment_itself() {
    let model = metronome("3s", "service_time: 0s", "", "{}");
    let stories = stories(&model);
    assert_eq!(stories.len(), 2, "who comes at 3 s does not belong to a run of 3 s");
    let zero = |story: &sim_tests::probes::Story| story.ended == Some((story.arrived, true));
    assert!(stories.iter().all(zero), "a service of no length answers at once");
    assert_eq!(stories[1].arrived, SimTime::ZERO + SimDuration::from_secs(2));
}
