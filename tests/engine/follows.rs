//! What does a replica lack, and when does it have it? A leader with a write every second, a replica that is away for a
//! while, and moments that can be worked out by hand.

use sim_core::engine::{self, FollowsLedger};
use sim_core::metrics::Observation;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::{ends, everything};

/// Writes of 10 ms at 1 s, 2 s, ...; pulls of 200 ms.
fn rig(follows: &str, faults: &str) -> Model {
    model(
        "20s",
        &format!(
            "
services:
  leader:
    workers: 1
    endpoints: {{write: {{steps: [compute: 10ms]}}, old: {{steps: [compute: 200ms]}}}}
  replica: {{service_time: 1ms, follows: {{writes: leader/write, {follows}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: leader/write}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

/// One that pulls so.
fn pulls_by(catch_up: &str) -> String {
    format!("pull: {{to: leader/old}}, catch_up: {catch_up}")
}

/// It misses the writes of 5 s to 9 s.
const AWAY: &str = "away: {at: 4500ms, for: 5s, stop: {service: replica}}";

fn counts(model: &Model) -> FollowsLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.follows.iter().last().expect("the replica comes last")
}

/// Moments at which pulls are sent.
fn pulls(model: &Model) -> Vec<f64> {
    let sent = everything(model).into_iter().filter_map(|(at, what)| match what {
        Observation::Sent { workload: None, .. } => Some(at.as_secs_f64()),
        _ => None,
    });
    sent.collect()
}

/// What the replica lacks at the end of each window.
fn lags(model: &Model) -> Vec<f64> {
    let probe = Series::new(model, SimDuration::ZERO);
    let series = engine::run_dyn(model, Seed(1), probe).probe;
    let of = model.services.ids().last().map(Holder::Service).expect("the replica comes last");
    series
        .gauges
        .get(of, "replica_lag")
        .expect("it is read")
        .values
        .iter()
        .copied()
        .map(Option::unwrap_or_default)
        .collect()
}

#[test]
fn who_is_there_has_every_write_at_once() {
    let model = rig(&pulls_by("{}"), "slow: {at: 4s, for: 5s, slow: {service: replica, factor: 2}}");
    assert_eq!(pulls(&model), [] as [f64; 0]);
    assert_eq!(counts(&model), FollowsLedger { due: 19, streamed: 19, ..FollowsLedger::default() });
}

#[test]
fn who_was_away_pulls_what_it_lacks_at_once_when_it_is_back() {
    // Five entries: two pulls of two, one after the other on one worker. The fifth is no batch, and the second answer, at
    // 9.9 s, leaves it alone: it comes from memory.
    let model = rig(&pulls_by("{batch: 2}"), AWAY);
    assert_eq!(pulls(&model), [9.5, 9.5]);
    assert_eq!(ends(&model)[9], (10.0, 10.01, true));
    assert_eq!(
        counts(&model),
        FollowsLedger { due: 19, streamed: 15, pulled: 4, ..FollowsLedger::default() }
    );
}

#[test]
fn a_window_leaves_the_leader_to_the_writes_in_between() {
    let model = rig(&pulls_by("{batch: 1, window: 1}"), AWAY);
    // The write of 10 s waits for the pull that is under way, and is served before the next. It is the sixth entry.
    assert_eq!(ends(&model)[9], (10.0, 10.11, true));
    assert_eq!(pulls(&model), [9.5, 9.7, 9.9, 10.1, 10.31]);
    assert_eq!(
        counts(&model),
        FollowsLedger { due: 19, streamed: 14, pulled: 5, ..FollowsLedger::default() }
    );
}

#[test]
fn the_lag_is_what_was_written_meanwhile() {
    let lags = lags(&rig(&pulls_by("{batch: 2}"), AWAY));
    let at = |seconds: f64| lags[(seconds * lags.len() as f64 / 20.0).round() as usize - 1];
    assert_eq!([at(4.0), at(6.0), at(9.4), at(9.8), at(12.0)], [0.0, 1.0, 5.0, 3.0, 0.0]);
}

#[test]
fn a_replica_that_crashes_forgets_what_it_asked_for() {
    let crash = format!("{AWAY}, crash: {{at: 9600ms, for: 1s, crash: {{services: [replica]}}}}");
    let model = rig(&pulls_by("{batch: 1, window: 1}"), &crash);
    assert_eq!(pulls(&model)[..2], [9.5, 10.6]);
    let counts = counts(&model);
    assert_eq!((counts.due, counts.missing, counts.pulls), (19, 0, [0, 0]));
}

#[test]
fn pulls_that_fail_are_sent_again_after_a_wait() {
    // A pull takes 200 ms, and the replica waits for 100 ms: it gets nothing, and the leader works for nobody.
    let pull = "pull: {to: leader/old, timeouts: {attempt: 100ms}}";
    let model = rig(&format!("{pull}, catch_up: {{window: 1}}, again: {{constant: {{base: 3s}}}}"), AWAY);
    assert_eq!(pulls(&model), [9.5, 12.6, 15.7, 18.8]);
    let counts = counts(&model);
    assert_eq!((counts.streamed, counts.pulled, counts.missing), (4, 0, 15));
}

#[test]
fn flow_control_refuses_writes_until_the_replica_has_caught_up() {
    let model = rig(&pulls_by("{batch: 2, flow_control: 2}"), AWAY);
    let failed: Vec<f64> = ends(&model).iter().filter(|(_, _, ok)| !ok).map(|(at, _, _)| *at).collect();
    // Those of 5 s and 6 s are the two; nobody else writes until it is back.
    assert_eq!(failed, [7.0, 8.0, 9.0]);
}

#[test]
fn writes_that_fail_are_no_entries() {
    let model = rig(&pulls_by("{}"), "bad: {at: 4500ms, for: 5s, errors: {service: leader, ratio: 100%}}");
    assert_eq!(counts(&model).due, 14);
}
