//! Who hands work over to whom, who waits outside, and what is lost on the way? Users who come every second; the
//! first stage takes 100 ms and hands over to a store that takes 2.5 s.

use sim_core::engine::{self, EdgeLedger, ServiceLedger};
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything};

/// Two stages; `call` and `store` are further settings of the hand-over and of the second stage.
fn pipeline(call: &str, store: &str, more: &str) -> Model {
    model(
        "12s",
        &format!(
            "
services:
  api: {{steps: [{{compute: 100ms}}, {{call: {{to: store, until: accepted{call}}}}}]}}
  store: {{service_time: 2500ms{store}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api}}}}}}
{more}
"
        ),
    )
}

/// What the store and the hand-over to it have counted.
fn counts(model: &Model) -> (ServiceLedger, EdgeLedger) {
    let ledger = engine::run_dyn(model, Seed(1), ()).ledger;
    let (store, edge) = (ledger.services.iter().last(), ledger.edges.iter().nth(1));
    (*store.expect("the store is last"), *edge.expect("users first, then the hand-over"))
}

/// Seconds at which the store takes something up, in order.
fn taken_up(model: &Model) -> Vec<f64> {
    let start = |(at, what): (sim_core::time::SimTime, Observation)| match what {
        Observation::Started { service_time: Some(_), .. } => Some(at.as_secs_f64()),
        _ => None,
    };
    everything(model).into_iter().filter_map(start).collect()
}

/// The first stage never waits for the work, and the store falls behind: 4 of 12 are done.
#[test]
fn what_is_handed_over_is_not_waited_for() {
    let model = pipeline("", "", "");
    let at_once: Vec<_> = (1..12).map(|s| (f64::from(s), f64::from(s) + 0.1, true)).collect();
    assert_eq!(ends(&model), at_once);
    let (store, edge) = counts(&model);
    assert_eq!((edge.accepted, edge.accepted_done, edge.accepted_there), (11, 4, 7));
    assert_eq!((edge.used, edge.produced, edge.sent), (11, 11, 11));
    assert_eq!((store.outside, store.in_system), (0, 7));
}

/// One is served and one waits; whoever comes then stands outside and holds its worker until the store takes the
/// next: at 3.6, 6.1 and 8.6 s.
#[test]
fn a_full_line_that_drops_nobody_holds_up_the_sender() {
    let model = pipeline("", ", queue: {fifo: {capacity: 1, drop: nobody}}", "");
    let first = [(1.0, 1.1, true), (2.0, 2.1, true), (3.0, 3.6, true), (4.0, 6.1, true), (5.0, 8.6, true)];
    assert_eq!(ends(&model)[..5], first);
    assert_eq!(taken_up(&model), [1.1, 3.6, 6.1, 8.6, 11.1]);
    let (store, edge) = counts(&model);
    assert_eq!((store.dropped, store.rejected, store.lost), (0, 0, 0));
    // Outside: 3.1 to 3.6, 4.1 to 6.1, 6.2 to 8.6, 8.7 to 11.1, and since 11.2 s.
    assert_eq!((store.outside, store.let_in, store.outside_there), (5, 4, 1));
    assert_eq!(store.time_outside, 8_100_000_000);
    assert_eq!((edge.accepted, edge.accepted_done, edge.accepted_there), (6, 4, 2));
}

/// A rendezvous: no place in the line, so work is handed over when the store is free.
#[test]
fn a_line_of_no_places_hands_over_from_hand_to_hand() {
    let model = pipeline("", ", queue: {fifo: {capacity: 0, drop: nobody}}", "");
    assert_eq!(ends(&model)[..3], [(1.0, 1.1, true), (2.0, 3.6, true), (3.0, 6.1, true)]);
}

/// Two stages send to one store; places go to whoever has stood outside longest, whichever stage it is.
#[test]
fn those_outside_come_in_in_the_order_in_which_they_came() {
    let model = model(
        "60s",
        "
services:
  a: {workers: 9, steps: [{call: {to: store, until: accepted}}]}
  b: {workers: 9, steps: [{call: {to: store, until: accepted}}]}
  store: {service_time: 2s, queue: {fifo: {capacity: 2, drop: nobody}}}
workloads:
  some: {arrivals: {poisson: {rate: 0.5/s}}, call: {to: a}}
  others: {arrivals: {poisson: {rate: 0.5/s}}, call: {to: b}}
",
    );
    let (mut sent, mut started) = (Vec::new(), Vec::new());
    for (_, what) in everything(&model) {
        match what {
            Observation::Sent { workload: None, attempt, .. } => sent.push(attempt),
            Observation::Started { service_time: Some(_), attempt, .. } => started.push(attempt),
            _ => {}
        }
    }
    assert!(started.len() > 20, "{}", started.len());
    assert_eq!(started, sent[..started.len()]);
    let store =
        *engine::run_dyn(&model, Seed(1), ()).ledger.services.iter().last().expect("there is a store");
    assert!(store.let_in > 10 && store.dropped + store.rejected + store.lost == 0, "{store:?}");
}

/// Who waits for the answer waits outside as well, and is served like everybody.
#[test]
fn a_call_that_waits_for_its_answer_waits_outside_too() {
    let model = model(
        "12s",
        "
services: {api: {service_time: 2500ms, queue: {fifo: {capacity: 1, drop: nobody}}}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}}
",
    );
    assert_eq!(ends(&model), [(1.0, 3.5, true), (2.0, 6.0, true), (3.0, 8.5, true), (4.0, 11.0, true)]);
}

/// Dropping the oldest keeps the newest: at 3.6 s that of 3.1, not that of 2.1 s.
#[test]
fn dropping_the_oldest_loses_what_was_accepted() {
    let model = pipeline("", ", queue: {fifo: {capacity: 1, drop: oldest}}", "");
    let at_once: Vec<_> = (1..12).map(|s| (f64::from(s), f64::from(s) + 0.1, true)).collect();
    assert_eq!(ends(&model), at_once, "senders never wait, and are not told");
    let (store, edge) = counts(&model);
    // Of 11, taken up at 1.1, 3.6, 6.1, 8.6 and 11.1 s; one waits, the others made room.
    assert_eq!((edge.accepted, edge.accepted_done, edge.accepted_gone, edge.accepted_there), (11, 4, 5, 2));
    assert_eq!(store.dropped, 5);
}

/// A place holds 1 MB and a process 4 MB: the fourth one that is there at the same time kills it, with all four.
#[test]
fn without_a_bound_the_memory_is_one_and_its_end_takes_the_whole_buffer() {
    let store = ", memory: {heap: 4MiB, per_request: 1MiB}, lifecycle: {restart: {}}";
    let (store, edge) = counts(&pipeline("", store, ""));
    // 1.1 s is served until 3.6 s; at 5.1 s those of 2, 3, 4 and 5 s are there. It starts again at once, and 6.1 s
    // is done at 8.6 s; at 10.1 s those of 7, 8, 9 and 10 s are there. It starts after
    // a wait, so for that of 11 s nobody is there to be sent to.
    assert_eq!((edge.accepted, edge.accepted_gone), (10, 8));
    assert_eq!((store.lost, edge.sent, edge.accepted_done, edge.accepted_there), (8, 10, 2, 0));
}

/// The store crashes at 3.3 s, while one is outside: nobody is there to take it, and its worker is free.
#[test]
fn a_receiver_that_crashes_releases_those_outside() {
    let faults = "faults: {crash: {at: 3300ms, for: 2s, crash: {services: [store]}}}";
    let model = pipeline("", ", queue: {fifo: {capacity: 1, drop: nobody}}", faults);
    let first = [(1.0, 1.1, true), (2.0, 2.1, true), (3.0, 3.3, false), (4.0, 4.1, false), (5.0, 5.1, false)];
    assert_eq!(ends(&model)[..5], first);
    let (store, edge) = counts(&model);
    assert_eq!((store.lost, edge.accepted_gone, store.outside_left), (2, 2, 1));
}

/// Its patience ends at 3.4 s, outside: the store never sees it, although it does not listen to those who cancel.
#[test]
fn who_loses_patience_outside_was_never_there() {
    let model = pipeline(", timeouts: {attempt: 300ms}", ", queue: {fifo: {capacity: 1, drop: nobody}}", "");
    assert_eq!(ends(&model)[..4], [(1.0, 1.1, true), (2.0, 2.1, true), (3.0, 3.4, false), (4.0, 4.1, true)]);
    let (store, edge) = counts(&model);
    assert_eq!((store.withdrawn, store.outside_left), (edge.sent - edge.accepted, store.outside_left));
    assert!(store.outside_left > 2, "{store:?}");
}

/// The first stage crashes while it stands outside: what it held is not handed over.
#[test]
fn a_sender_that_crashes_leaves_its_place_outside() {
    let faults = "faults: {crash: {at: 3300ms, for: 10s, crash: {services: [api]}}}";
    let model = pipeline("", ", queue: {fifo: {capacity: 1, drop: nobody}}", faults);
    let (store, edge) = counts(&model);
    assert_eq!((edge.accepted, edge.accepted_done, store.outside_left), (2, 2, 1));
    assert_eq!(taken_up(&model), [1.1, 3.6]);
}

/// 30 ms to the store and 30 ms back. Without a timeout the word is there at 1.16 s; a timeout of 50 ms is over
/// before, and a sender that tries again has handed over twice.
#[test]
fn the_word_that_it_is_accepted_travels_and_may_come_too_late() {
    let far = ", network: {latency: 30ms}";
    assert_eq!(ends(&pipeline(far, "", ""))[0], (1.0, 1.16, true));
    let hasty =
        ", network: {latency: 30ms}, timeouts: {attempt: 50ms}, retry: {immediate: {max_attempts: 2}}";
    let model = pipeline(hasty, "", "");
    assert_eq!(ends(&model)[0], (1.0, 1.2, false));
    let (_, edge) = counts(&model);
    assert_eq!((edge.used, edge.accepted), (0, edge.sent), "handed over twice, and told never");
}

/// Users who wait only until they are let in.
#[test]
fn a_user_may_leave_as_soon_as_the_work_is_accepted() {
    let model = model(
        "5s",
        "
services: {api: {service_time: 2500ms, queue: {fifo: {capacity: 1}}}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api, until: accepted}}}
",
    );
    assert_eq!(ends(&model), [(1.0, 1.0, true), (2.0, 2.0, true), (3.0, 3.0, false), (4.0, 4.0, true)]);
}

/// From 3.3 s on there are two places: who stands outside comes in at that moment.
#[test]
fn an_operator_who_makes_room_lets_those_outside_in() {
    let actions =
        "actions: {wider: {at: 3300ms, apply: {services: {store: {queue: {fifo: {capacity: 2}}}}}}}";
    let model = pipeline("", ", queue: {fifo: {capacity: 1, drop: nobody}}", actions);
    assert_eq!(ends(&model)[2..4], [(3.0, 3.3, true), (4.0, 4.1, true)]);
}
