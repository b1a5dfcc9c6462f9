//! Which requests are half done, and which will stay so? A shop that books an order and charges it, one order, and moments
//! that can be worked out by hand.

use sim_core::engine::{self, DivergenceLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

/// Somebody comes at 1 s, and nobody after.
const ONE: &str = "{evenly_spaced: {rate: {steps: [{at: 0s, rate: 1/s}, {at: 1500ms, rate: 0/s}]}}}";
const LOST: &str = "network: {loss: 100%}";

fn shop(horizon: &str, steps: &str, pay: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services:
  shop: {{workers: 9, effects: {{booked: {{}}}}, sagas: {{order: {{compensation: {{parking: {{every: 5s}}}}}}}}, steps: [{steps}]}}
  pay: {{workers: 9, effects: {{charged: {{}}}}, steps: [{pay}]}}
  broken: {{workers: 9, service_time: 1ms, error_ratio: 1}}
workloads: {{users: {{arrivals: {ONE}, call: {{to: shop}}}}}}
"
        ),
    )
}

fn found(model: &Model) -> DivergenceLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.divergence.iter().next().expect("there is a workload")
}

#[test]
fn what_is_done_as_a_whole_is_neither() {
    let done = found(&shop("20s", "effect: booked, call: {to: pay}", "compute: 1s, effect: charged"));
    assert_eq!(done, DivergenceLedger::default());
}

/// It is charged 10 s later than it is booked.
#[test]
fn what_is_under_way_diverges_and_is_not_stuck() {
    let slow =
        |horizon| found(&shop(horizon, "effect: booked, call: {to: pay}", "compute: 10s, effect: charged"));
    let under_way = DivergenceLedger { divergent: 1, kept: [0, 1], untold: 1, ..DivergenceLedger::default() };
    assert_eq!(slow("9s"), under_way);
    assert_eq!(slow("12s"), DivergenceLedger::default());
}

#[test]
fn who_waits_for_a_lost_message_is_stuck() {
    let steps = format!("effect: booked, call: {{to: pay, {LOST}}}");
    let stuck =
        DivergenceLedger { divergent: 1, kept: [1, 0], untold: 1, stuck: 1, ..DivergenceLedger::default() };
    assert_eq!(found(&shop("20s", &steps, "effect: charged")), stuck);
    // Nothing is done yet: services agree, and still nobody will tell the user.
    let steps = format!("call: {{to: pay, {LOST}}}, effect: booked");
    let silent = DivergenceLedger { silent: 1, untold: 1, stuck: 1, ..DivergenceLedger::default() };
    assert_eq!(found(&shop("20s", &steps, "effect: charged")), silent);
    // Who tries again works on it, or at least waits for a timer.
    let steps = format!("effect: booked, call: {{to: pay, {LOST}, timeouts: {{attempt: 100s}}}}");
    let waits = DivergenceLedger { divergent: 1, kept: [0, 1], untold: 1, ..DivergenceLedger::default() };
    assert_eq!(found(&shop("20s", &steps, "effect: charged")), waits);
}

/// The user is told that it failed, the order stands: nobody will ever take it back.
#[test]
fn who_gives_up_without_undoing_leaves_it_stuck() {
    let steps = format!("effect: booked, call: {{to: pay, {LOST}, timeouts: {{attempt: 1s}}}}");
    let stuck = DivergenceLedger { divergent: 1, kept: [1, 0], stuck: 1, ..DivergenceLedger::default() };
    assert_eq!(found(&shop("20s", &steps, "effect: charged")), stuck);
    let undone = format!("fallback: {{steps: [{steps}], otherwise: [undo: booked]}}");
    // Whoever falls back succeeds without a charge, so that the charge is not wanted of everybody; and nothing stands.
    assert_eq!(found(&shop("20s", &undone, "effect: charged")), DivergenceLedger::default());
}

/// Two things side by side: one computes until 11 s, the other waits for what is lost.
#[test]
fn whoever_still_computes_works_on_it() {
    let steps = format!("parallel: {{steps: [compute: 10s, call: {{to: pay, {LOST}}}]}}, effect: booked");
    let at = |horizon| found(&shop(horizon, &steps, "effect: charged")).stuck;
    assert_eq!([at("10s"), at("12s")], [0, 1]);
    // The same with the work in a group of its own.
    let steps = format!(
        "parallel: {{steps: [serial: {{steps: [compute: 5s, compute: 5s]}}, call: {{to: pay, {LOST}}}]}}, effect: booked"
    );
    let at = |horizon| found(&shop(horizon, &steps, "effect: charged")).stuck;
    assert_eq!([at("10s"), at("12s")], [0, 1]);
}

/// The undoing never succeeds and is put aside: it is tried again every 5 s, so somebody works on it.
#[test]
fn what_is_put_aside_is_not_stuck() {
    let saga = |undo: &str| {
        format!(
            "saga: {{of: order, steps: [{{do: [effect: booked], undo: [{undo}]}}, {{do: [call: {{to: broken}}]}}, \
             {{do: [call: {{to: pay}}]}}]}}"
        )
    };
    let parked = found(&shop("20s", &saga("call: {to: broken}, undo: booked"), "effect: charged"));
    let expected = DivergenceLedger { divergent: 1, kept: [0, 1], ..DivergenceLedger::default() };
    assert_eq!(parked, expected);
    assert_eq!(found(&shop("20s", &saga("undo: booked"), "effect: charged")), DivergenceLedger::default());
}
