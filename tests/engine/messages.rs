//! What becomes of a message on its way? Callers who come every second, and moments that can be worked out by hand.

use sim_core::engine::{self, Ledger, WayLedger};
use sim_core::metrics::{Aside, Observation};
use sim_core::model::Model;
use sim_core::model::network::Way;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything};

/// One request each second, half a second of work, a tenth of a second each way.
fn rig(network: &str, call: &str, faults: &str) -> Model {
    model(
        "10500ms",
        &format!(
            "
services: {{shop: {{workers: 9, endpoints: {{buy: {{request_size: 1KiB, response_size: 20KiB, steps: [compute: 500ms]}}}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: shop/buy, network: {{latency: 100ms, {network}}}, {call}}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn ledger(model: &Model) -> Ledger {
    engine::run_dyn(model, Seed(1), ()).ledger
}

/// Both ways of the edge of the users.
fn ways(model: &Model) -> [WayLedger; 2] {
    ledger(model).edges.iter().next().expect("users call").ways
}

/// How long each request took, in milliseconds, and whether it was answered.
fn lengths(model: &Model) -> Vec<(u32, bool)> {
    ends(model).iter().map(|(from, to, answered)| (((to - from) * 1e3).round() as u32, *answered)).collect()
}

#[test]
fn what_can_happen_but_never_does_changes_nothing() {
    let plain = rig("", "timeouts: {attempt: 2s}", "");
    let rough = rig("reorder: {ratio: 0, delay: 1s}", "timeouts: {attempt: 2s}", "");
    assert_eq!(lengths(&plain), lengths(&rough));
    assert!(lengths(&rough).iter().all(|end| *end == (700, true)));
    assert_eq!(ways(&plain)[0], WayLedger::default(), "nobody counts where nothing can happen");
    let [there, back] = ways(&rough);
    assert_eq!((there.sent, there.delivered, there.in_flight), (10, 10, 0));
    assert_eq!((back.sent, back.delivered, back.in_flight), (9, 9, 0));
    assert_eq!((there.bytes, back.bytes), (10 * 1_024, 9 * 20 * 1_024));
}

#[test]
fn a_lost_request_is_never_served_and_its_caller_waits_for_its_timeout() {
    let model = rig("loss: {there: 1}", "timeouts: {attempt: 2s}", "");
    assert!(lengths(&model).iter().all(|end| *end == (2_000, false)));
    let [there, back] = ways(&model);
    assert_eq!((there.sent, there.lost, back.sent), (10, 10, 0));
    assert_eq!(ledger(&model).services.iter().map(|service| service.arrived).sum::<u64>(), 0);
}

#[test]
fn a_lost_answer_has_cost_its_server_the_work() {
    let model = rig("loss: {back: 100%}", "timeouts: {attempt: 2s}", "");
    assert!(lengths(&model).iter().all(|end| *end == (2_000, false)));
    assert_eq!(ledger(&model).services.iter().map(|service| service.completed).sum::<u64>(), 9);
    assert_eq!(ways(&model)[Way::Back as usize].lost, 9);
}

#[test]
fn without_a_timeout_the_caller_waits_for_ever() {
    let model = rig("loss: {back: 1}", "", "");
    assert!(lengths(&model).is_empty());
    assert_eq!(ledger(&model).requests_in_flight, 10);
}

#[test]
fn a_worker_whose_answer_is_lost_is_stuck() {
    // Three workers of `web`, each of which waits for an answer that never comes: the fourth request waits in line.
    let model = model(
        "20s",
        "
services:
  web: {workers: 3, steps: [call: {to: db, network: {loss: {back: 1}}}]}
  db: {workers: 9, service_time: 100ms}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: web}}}
",
    );
    let run = engine::run_dyn(&model, Seed(1), ());
    let served: Vec<u64> = run.ledger.services.iter().map(|service| service.completed).collect();
    assert_eq!(served, [0, 3]);
}

#[test]
fn a_doubled_request_is_served_twice_and_answered_once() {
    let model = rig("duplicate: 1", "", "");
    assert!(lengths(&model).iter().all(|end| *end == (700, true)));
    let ledger = ledger(&model);
    assert_eq!((ledger.requests_answered, ledger.services.iter().map(|s| s.completed).sum()), (9, 18));
    let [there, back] = ways(&model);
    assert_eq!((there.sent, there.copies, there.delivered), (10, 10, 20));
    // Nobody hears the answers of copies, nor the copies of any answers.
    assert_eq!((back.sent, back.copies, back.delivered, back.unheard), (18, 18, 9, 27));
    let doubled =
        |what: &Observation| matches!(what, Observation::Aside { aside: Aside::Doubled { .. }, .. });
    assert_eq!(everything(&model).iter().filter(|(_, what)| doubled(what)).count(), 10);
}

#[test]
fn a_copy_has_luck_of_its_own_and_calls_on() {
    let model = model(
        "100s",
        "
services:
  web: {workers: 90, steps: [compute: {exponential: {mean: 50ms}}, call: {to: db}]}
  db: {workers: 90, service_time: 1ms}
workloads: {users: {arrivals: {evenly_spaced: {rate: 10/s}}, call: {to: web, network: {duplicate: 1}}}}
",
    );
    let starts =
        everything(&model).into_iter().filter(|(_, what)| matches!(what, Observation::Called { .. }));
    let mut at: Vec<u64> = starts.map(|(at, _)| at.as_nanos()).collect();
    let calls = at.len();
    at.dedup();
    assert!(calls > 1_950 && at.len() == calls, "both call, each at its own time");
}

#[test]
fn a_damaged_message_is_thrown_away() {
    let [there, back] = ways(&rig("corrupt: 1", "timeouts: {attempt: 1s}", ""));
    assert_eq!((there.sent, there.corrupted, there.lost, back.sent), (10, 10, 0, 0));
}

#[test]
fn what_is_held_up_is_overtaken() {
    let late = rig("reorder: {ratio: 1, delay: 300ms}", "", "");
    assert!(lengths(&late).iter().all(|end| *end == (1_300, true)), "both ways");
    let some = lengths(&rig("reorder: {ratio: 0.5, delay: 300ms}", "", ""));
    assert!(some.contains(&(700, true)) || some.contains(&(1_000, true)));
}

#[test]
fn an_answer_to_nobody_is_sent_all_the_same() {
    let [_, back] = ways(&rig("loss: {there: 0.000001}", "timeouts: {attempt: 300ms}", ""));
    assert_eq!((back.sent, back.unheard, back.delivered), (9, 9, 0));
}

#[test]
fn triggers_hit_those_whom_they_name_while_they_last() {
    let loss = |of: &str| format!("drops: {{at: 3500ms, for: 2s, loss: {{{of}, ratio: 1}}}}");
    let lost = |of: &str| {
        let ends = lengths(&rig("", "timeouts: {attempt: 950ms}", &loss(of)));
        ends.iter().map(|(_, answered)| *answered).collect::<Vec<bool>>()
    };
    // The answer to the request of 3 s leaves at 3.6 s, that to the request of 5 s at 5.6 s.
    let both = [true, true, false, false, false, true, true, true, true];
    for of in ["from: users, to: shop", "from: users", "to: shop"] {
        assert_eq!(lost(of)[..9], both, "{of}");
    }
    let requests = [true, true, true, false, false, true, true, true, true];
    assert_eq!(lost("to: shop, direction: there")[..9], requests);
    let answers = [true, true, false, false, true, true, true, true, true];
    assert_eq!(lost("to: shop, direction: back")[..9], answers);
    let twice = rig("", "", "twice: {at: 3500ms, for: 2s, duplicate: {to: shop, ratio: 1}}");
    assert_eq!(ways(&twice)[0].copies, 2);
    let damaged =
        rig("", "timeouts: {attempt: 1s}", "bits: {at: 3500ms, for: 2s, corrupt: {to: shop, ratio: 1}}");
    assert_eq!(ways(&damaged)[0].corrupted, 2);
    let late = rig(
        "",
        "",
        "held: {at: 3500ms, for: 2s, reorder: {to: shop, ratio: 1, delay: 200ms, direction: there}}",
    );
    assert_eq!(lengths(&late)[2..6], [(700, true), (900, true), (900, true), (700, true)]);
}

#[test]
fn large_requests_have_large_messages() {
    let model =
        rig("loss: {there: 0.000001}", "", "big: {at: 3500ms, for: 2s, payload: {service: shop, factor: 3}}");
    assert_eq!(ways(&model)[0].bytes, 14 * 1_024);
}
