//! How does a saga go on, and back? Steps of 100 ms each, and moments that can be worked out by hand.

use sim_core::engine::{self, SagaLedger};
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::ends;

/// One order at 1 s.
const ONE: &str = "{evenly_spaced: {rate: {steps: [{at: 0s, rate: 1/s}, {at: 1500ms, rate: 0/s}]}}}";

/// An order in three steps; `a`, `b` and `c` say how the services that do them are, `undo` how the one that undoes is.
fn order(saga: &str, c: &str, undo: &str, faults: &str) -> Model {
    model(
        "60s",
        &format!(
            "
services:
  orders:
    workers: 9
    lifecycle: {{restart: {{}}}}
    sagas: {{order: {{{saga}}}}}
    endpoints:
      place:
        steps:
          - saga:
              of: order
              steps:
                - {{do: [call: {{to: a}}], undo: [call: {{to: undo}}]}}
                - {{do: [call: {{to: a}}], undo: [call: {{to: undo}}]}}
                - {{do: [call: {{to: c}}]}}
      show: {{steps: [look: {{saga: order}}]}}
  a: {{workers: 9, service_time: 100ms}}
  c: {{workers: 9, service_time: 100ms, {c}}}
  undo: {{workers: 9, service_time: 100ms, {undo}}}
workloads:
  users: {{arrivals: {ONE}, call: {{to: orders/place}}}}
  readers: {{arrivals: {{evenly_spaced: {{rate: 20/s}}}}, call: {{to: orders/show}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn saga(model: &Model) -> SagaLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.sagas.iter().next().expect("there is a saga")
}

/// When the order ended, and whether well.
fn end(model: &Model) -> (f64, bool) {
    // Readers come every 50 ms, and are answered at once.
    let all = ends(model);
    let (_, to, answered) = all.iter().find(|(from, to, _)| to > from).expect("the order ends");
    (*to, *answered)
}

const FAILS: &str = "error_ratio: 100%";

#[test]
fn all_steps_in_order_are_done() {
    let model = order("", "", "", "");
    assert_eq!(end(&model), (1.3, true));
    let saga = saga(&model);
    assert_eq!([saga.begun, saga.done, saga.compensated], [1, 1, 0]);
}

#[test]
fn what_is_done_is_undone_and_the_saga_fails() {
    let model = order("", FAILS, "", "");
    assert_eq!(end(&model), (1.5, false));
    let saga = saga(&model);
    assert_eq!([saga.begun, saga.undone, saga.compensated, saga.inconsistent], [1, 1, 1, 0]);
}

#[test]
fn without_anything_done_nothing_is_undone() {
    let model = order("", "", FAILS, "a: {at: 0s, for: 9s, errors: {service: a, ratio: 100%}}");
    assert_eq!(end(&model), (1.1, false));
    let saga = saga(&model);
    assert_eq!([saga.clean, saga.compensated, saga.compensation_failures], [1, 0, 0]);
}

#[test]
fn undoing_that_fails_is_given_up_or_tried_again_while_the_request_waits() {
    let model = order("", FAILS, FAILS, "");
    assert_eq!(end(&model), (1.4, false));
    let once = saga(&model);
    assert_eq!([once.given_up, once.inconsistent, once.compensation_failures], [1, 1, 1]);
    // Three tries of 100 ms with 50 ms in between.
    let model = order("compensation: {attempts: 3, again: {constant: {base: 50ms}}}", FAILS, FAILS, "");
    assert_eq!(end(&model), (1.7, false));
    let thrice = saga(&model);
    assert_eq!([thrice.given_up, thrice.compensation_failures], [1, 3]);
}

const PARKED: &str = "compensation: {parking: {every: 10s}}";
/// Undoing fails until 15 s.
const UNTIL_15: &str = "outage: {at: 0s, for: 15s, errors: {service: undo, ratio: 100%}}";

#[test]
fn what_is_parked_is_tried_until_it_succeeds() {
    // Parked at 1.4 s, tried at 11.4 s in vain, and at 21.5 s: both undoings take 100 ms.
    let model = order(PARKED, FAILS, "", UNTIL_15);
    assert_eq!(end(&model), (1.4, false));
    let parked = saga(&model);
    assert_eq!([parked.undone, parked.inconsistent, parked.compensation_failures], [1, 0, 2]);
    let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
    let of = model.services.ids().next().map(Holder::Service).expect("the orders come first");
    let read = |name: &str, second: usize| {
        let values = &series.gauges.get(of, name).expect("it is read").values;
        values[second * values.len() / 60 - 1].expect("at all times")
    };
    assert_eq!([1, 2, 21, 22].map(|second| read("inconsistent", second)), [0.0, 1.0, 1.0, 0.0]);
    assert!((read("oldest_inconsistent", 21) - 19.6).abs() < 1e-9 && read("oldest_inconsistent", 22) == 0.0);
}

#[test]
fn a_saga_whose_instance_crashes_is_undone_only_by_a_log() {
    // Two steps are done at 1.2 s.
    let crash = "crash: {at: 1250ms, for: 2s, crash: {services: [orders]}}";
    let lost = saga(&order("", "", "", crash));
    assert_eq!([lost.done, lost.given_up, lost.inconsistent], [0, 1, 1]);
    let found = saga(&order(PARKED, "", "", crash));
    assert_eq!([found.done, found.undone, found.inconsistent], [0, 1, 0]);
    // Before the first step is done there is nothing to undo.
    let early = saga(&order("", "", "", "crash: {at: 1050ms, for: 2s, crash: {services: [orders]}}"));
    assert_eq!([early.clean, early.given_up], [1, 0]);
}

#[test]
fn what_is_half_way_is_seen_unless_it_says_that_it_is_pending() {
    // Half-way from 1.1 s to 1.3 s; whoever looks at the very end of a step may come before or after it.
    let seen = saga(&order("", "", "", "")).looks_by_sight;
    assert!((3..=5).contains(&seen[1]) && seen[2] == 0, "{seen:?}");
    let pending = saga(&order("pending_state: true", "", "", "")).looks_by_sight;
    assert_eq!(pending, [seen[0], 0, seen[1]]);
    // Given up: it is seen for ever, as long as it is the latest.
    let broken = saga(&order("", FAILS, FAILS, "")).looks_by_sight;
    assert!(broken[1] > 1_100 && broken[2] == 0, "{broken:?}");
}

#[test]
fn undoing_has_luck_of_its_own_each_time() {
    // Undoing fails in half of the cases: 1000 orders, each with two undoings that are tried until they succeed.
    let model = model(
        "1100s",
        &format!(
            "
services:
  orders:
    workers: 99
    sagas: {{order: {{compensation: {{parking: {{every: 1s}}}}}}}}
    steps: [saga: {{of: order, steps: [{{do: [compute: 1ms], undo: [call: {{to: undo}}]}}, {{do: [call: {{to: c}}]}}]}}]
  c: {{workers: 9, service_time: 1ms, {FAILS}}}
  undo: {{workers: 9, service_time: 1ms, error_ratio: 50%}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: {{steps: [{{at: 0s, rate: 1/s}}, {{at: 1000s, rate: 0/s}}]}}}}}}, call: {{to: orders}}}}}}
"
        ),
    );
    let saga = saga(&model);
    assert!(saga.undone >= 999 && saga.inconsistent == 0, "{saga:?}");
    // As many failures as successes: 1000, standard error 45.
    assert!((800..1200).contains(&saga.compensation_failures), "{saga:?}");
}
