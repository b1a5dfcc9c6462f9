//! What ends a run, and how much does it hold meanwhile? Named stop reasons, and memory that follows what
//! is in flight.

use sim_core::engine::{self, StopReason};
use sim_core::metrics::{Observation, Probe};
use sim_core::model::rate::Piece;
use sim_core::model::{Bounds, Model};
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::systems::{RetryRig, one_server, rig_rs};

use crate::metronome;

fn stop(model: &Model) -> (StopReason, u64) {
    let run = engine::run_dyn(model, Seed(1), ());
    (run.stop, run.events)
}

#[test]
fn a_run_that_is_not_bounded_reaches_its_horizon() {
    assert_eq!(stop(&metronome("5s", "service_time: 10ms", "", "{}")), (StopReason::Horizon, 8));
}

#[test]
fn a_run_without_anything_left_to_do_is_drained() {
    let mut model = metronome("5s", "service_time: 10ms", "", "{}");
    for source in model.sources.iter_mut() {
        source.pieces.iter_mut().for_each(|piece| piece.rate = 0.0);
    }
    assert_eq!(stop(&model), (StopReason::Drained, 0));
}

#[test]
fn timers_beyond_the_horizon_are_not_kept() {
    // Two requests, answered at once; what is left of them are stale timers of an hour.
    let call = "timeouts: {attempt: 1h, total: 2h}";
    let mut model = metronome("10s", "service_time: 10ms", call, "{}");
    for source in model.sources.iter_mut() {
        source.pieces = vec![
            Piece { start: SimTime::ZERO, rate: 1e-9, slope: 0.0 },
            Piece { start: SimTime::from_nanos(2_500_000_000), rate: 0.0, slope: 0.0 },
        ];
    }
    assert_eq!(stop(&model), (StopReason::Drained, 4));
}

#[test]
fn a_request_that_waits_for_a_timer_beyond_the_horizon_is_still_under_way() {
    let call = "retry: {constant: {max_attempts: 2, base: 1h}}";
    let mut model = metronome("10s", "service_time: 10ms, error_ratio: 1", call, "{}");
    for source in model.sources.iter_mut() {
        source.pieces = vec![
            Piece { start: SimTime::ZERO, rate: 1e-9, slope: 0.0 },
            Piece { start: SimTime::from_nanos(1_500_000_000), rate: 0.0, slope: 0.0 },
        ];
    }
    let run = engine::run_dyn(&model, Seed(1), ());
    assert_eq!((run.stop, run.ledger.requests_in_flight), (StopReason::Horizon, 1));
}

#[test]
fn the_bound_on_events_is_a_named_stop_reason() {
    let mut model = one_server(0.5).model(1e6);
    model.bounds = Bounds { events: 12_345, ..Bounds::default() };
    assert_eq!(stop(&model), (StopReason::EventLimit, 12_345));
    assert!(!StopReason::EventLimit.is_complete());
}

#[test]
fn the_bound_on_attempts_in_flight_is_a_named_stop_reason() {
    let mut model = one_server(2.0).model(1e6);
    model.bounds = Bounds { in_flight: 500, ..Bounds::default() };
    let run = engine::run_dyn(&model, Seed(1), ());
    assert_eq!(run.stop, StopReason::InFlightLimit);
    assert!(!run.stop.is_complete());
    assert_eq!(run.ledger.services.iter().next().map(|s| s.in_system), Some(500));
    assert_eq!(run.ledger.requests_in_flight, 500);
}

#[test]
fn the_bound_on_requests_in_flight_is_the_same() {
    // Every request fails at once and waits an hour for its second try: no attempt is ever in flight for long.
    let call = "retry: {constant: {max_attempts: 2, base: 1h}}";
    let mut model = metronome("1000s", "service_time: 10ms, error_ratio: 1", call, "{}");
    model.bounds = Bounds { in_flight: 500, ..Bounds::default() };
    let run = engine::run_dyn(&model, Seed(1), ());
    assert_eq!((run.stop, run.ledger.requests_in_flight), (StopReason::InFlightLimit, 500));
}

/// The highest slots that were ever in use.
#[derive(Default)]
struct Slots {
    calls: u32,
    attempts: u32,
}

impl Probe for Slots {
    fn observe(&mut self, _now: SimTime, observation: Observation) {
        if let Observation::Sent { call, attempt, .. } = observation {
            self.calls = self.calls.max(call.0.slot);
            self.attempts = self.attempts.max(attempt.0.slot);
        }
    }
}

#[test]
fn memory_follows_what_is_in_flight_not_what_has_been() {
    // A million requests, at 80 % of the capacity: some hundred are in flight at the worst moment.
    let rig = RetryRig { workers: 10, mean: "10ms", ..rig_rs("800/s") };
    let run = engine::run_dyn(&rig.model(1_250.0), Seed(1), Slots::default());
    assert!(run.ledger.requests_created > 990_000);
    assert!(run.probe.calls < 300, "slot {} of the calls was in use", run.probe.calls);
    assert!(run.probe.attempts < 300, "slot {} of the attempts was in use", run.probe.attempts);
}
