//! Who waits, who is served next, who is turned away? Waiting lines and their bounds.

use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::time::SimTime;
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts};

/// Requests at 1, 2, 3, ... s; each takes 2.5 s of the only worker.
fn crowded(queue: &str, call: &str) -> Model {
    metronome("30s", &format!("service_time: 2500ms, queue: {queue}"), call, "{}")
}

/// Arrival second of whoever starts, in order.
fn order_of_service(model: &Model) -> Vec<f64> {
    starts(model).iter().map(|(at, waited, _)| at - waited).take(5).collect()
}

#[test]
fn first_in_first_out_serves_in_the_order_of_arrival() {
    assert_eq!(order_of_service(&crowded("{fifo: {}}", "")), [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn last_in_first_out_serves_the_newest() {
    // At 3.5 s those of 2 and 3 s wait. At 6 s the service ends before the request of that moment comes,
    // because it was scheduled before, and of 2, 4 and 5 s the last is served.
    assert_eq!(order_of_service(&crowded("{lifo: {}}", "")), [1.0, 3.0, 5.0, 8.0, 10.0]);
}

#[test]
fn a_full_line_turns_away_at_once_and_never_counts_those_in_service() {
    let model = crowded("{fifo: {capacity: 1}}", "");
    let ends: Vec<_> = ends(&model).into_iter().take(5).collect();
    // 1 s is served until 3.5, 2 s waits and is served until 6, 3 s finds the line full, ...
    assert_eq!(
        ends,
        [(1.0, 3.5, true), (2.0, 6.0, true), (3.0, 3.0, false), (4.0, 8.5, true), (5.0, 5.0, false)]
    );
}

#[test]
fn a_line_of_no_places_turns_away_whoever_cannot_start() {
    let ends: Vec<_> = ends(&crowded("{fifo: {capacity: 0}}", "")).into_iter().take(4).collect();
    assert_eq!(ends, [(1.0, 3.5, true), (2.0, 2.0, false), (3.0, 3.0, false), (4.0, 6.5, true)]);
}

#[test]
fn who_waited_too_long_is_dropped_when_its_turn_comes_not_before() {
    let model = crowded("{fifo: {max_wait: 2s}}", "");
    // 2 s starts at 3.5 after 1.5 s. At 6 s: 3 s has waited 3 s and is dropped, 4 s has waited 2 s, which
    // is not longer than the longest wait.
    let dropped: Vec<f64> = everything(&model)
        .into_iter()
        .filter_map(|(at, what)| matches!(what, Observation::Dropped { .. }).then_some(at.as_secs_f64()))
        .collect();
    assert_eq!(starts(&model)[..3], [(1.0, 0.0, 2.5), (3.5, 1.5, 2.5), (6.0, 2.0, 2.5)]);
    assert_eq!(dropped[0], 6.0);
    assert_eq!(ends(&model)[2], (3.0, 6.0, false), "its caller hears of it at that moment");
}

#[test]
fn a_dropped_attempt_can_be_tried_again() {
    let model = crowded("{fifo: {max_wait: 2s}}", "retry: {immediate: {max_attempts: 2}}");
    let told: Vec<(f64, u32)> = everything(&model)
        .into_iter()
        .filter_map(|(at, what): (SimTime, Observation)| match what {
            Observation::Sent { number: 2, .. } => Some((at.as_secs_f64(), 2)),
            _ => None,
        })
        .collect();
    assert_eq!(told[0], (6.0, 2));
}

#[test]
fn each_instance_has_a_line_of_its_own() {
    // Round robin: of the requests of a metronome, every third goes to the same instance.
    let model = model(
        "10s",
        "
services: {api: {instances: 3, service_time: 3500ms}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}}
",
    );
    let waits: Vec<f64> = starts(&model).iter().map(|start| start.1).collect();
    assert_eq!(waits, [0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 1.0, 1.0]);
}

#[test]
fn all_workers_of_an_instance_take_from_one_line() {
    let model = metronome("10s", "workers: 3, service_time: 3500ms", "", "{}");
    let started: Vec<(f64, f64)> = starts(&model).iter().map(|start| (start.0, start.1)).collect();
    assert_eq!(
        started,
        [(1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (4.5, 0.5), (5.5, 0.5), (6.5, 0.5), (8.0, 1.0), (9.0, 1.0)]
    );
}
