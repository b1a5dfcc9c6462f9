//! What do messages weigh, cost and take? Systems of constant sizes, whose bytes and money can be worked out by hand.

use sim_core::engine::{self, Ledger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::ends;

/// A page every second that calls the store so many times, over three zones.
fn rig(store: &str, call: &str, is_coded: bool, times: u32) -> Model {
    let coding = if is_coded { "serialization: {per_message: 1ms, per_kib: 2ms}, " } else { "" };
    model(
        "20s",
        &format!(
            "
zones: {{names: [a, b, c], pairs: [{{between: [c, a], price: far}}]}}
prices: {{gibibyte: {{between_zones: 0.02, far: 0.05, internet: 0.09}}}}
services:
  page: {{instances: 3, workers: 10, zones: [a, b, c], {coding}steps: [{{repeat: {{times: {times}, steps: [{{call: {{to: store/item{call}}}}}]}}}}]}}
  store: {{{store}, workers: 10, zones: [a, b, c], {coding}endpoints: {{item: {{steps: [{{compute: 10ms}}], request_size: 1KiB, response_size: 3KiB}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: page}}}}}}
"
        ),
    )
}

fn ledger(model: &Model) -> Ledger {
    engine::run_dyn(model, Seed(1), ()).ledger
}

#[test]
fn money_is_bytes_times_price_exactly() {
    let ledger = ledger(&rig("instances: 3", ", load_balancer: random", false, 10));
    let calls = ledger.edges.iter().nth(1).expect("users come first").sent;
    let bytes: u128 = ledger.wires.classes.iter().sum();
    assert_eq!(bytes, u128::from(calls) * 4096, "1 KiB there and 3 KiB back, each");
    let [within, between, internet, far] = ledger.wires.classes[..] else { panic!("four classes") };
    assert!(within > 0 && between > 0 && far > 0 && internet == 0, "{:?}", ledger.wires.classes);
    assert_eq!(ledger.wires.placed, [bytes, between + far]);
    // In billionths of the currency times bytes in a GiB.
    assert_eq!(ledger.wires.spent, between * 20_000_000 + far * 50_000_000);
    let money = (between as f64 * 0.02 + far as f64 * 0.05) / f64::from(1 << 30);
    assert!((ledger.wires.money() / money - 1.0).abs() < 1e-12);
}

#[test]
fn blind_routing_over_three_zones_sends_two_thirds_across() {
    // 20 x 200 calls: standard error .7 %.
    let ledger = ledger(&rig("instances: 3", ", load_balancer: random", false, 200));
    let [placed, crossed] = ledger.wires.placed.map(|bytes| bytes as f64);
    assert!((crossed / placed - 2.0 / 3.0).abs() < 0.03, "{}", crossed / placed);
}

#[test]
fn who_goes_by_zones_stays_at_home_or_spills_what_it_must() {
    let call = ", targets: {zone_aware: {min_cluster_size: 3}}";
    let at_home = ledger(&rig("instances: 3", call, false, 50));
    assert_eq!(at_home.wires.placed[1], 0);
    // Too few for it: anywhere, in turns.
    let few = ledger(&rig("instances: 3", ", targets: {zone_aware: {}}", false, 50));
    assert!(few.wires.placed[1] > 0);
    // Four instances, two of them in zone a, and a third of the callers in each zone: b and c keep 1/4 over 1/3 of
    // theirs and send the rest to a. 2/3 of 1/4 crosses, of 20 x 300 calls: standard error .5 %.
    let uneven = ledger(&rig("instances: 4", &format!("{call}, load_balancer: random"), false, 300));
    let [placed, crossed] = uneven.wires.placed.map(|bytes| bytes as f64);
    assert!((crossed / placed - 2.0 / 3.0 / 4.0).abs() < 0.02, "{}", crossed / placed);
}

#[test]
fn both_sides_work_on_every_message() {
    // 10 ms of work a call; request and answer, 1 + 2 and 1 + 6 ms, on each side; and those of the page itself, of no
    // size, 1 ms each.
    for times in [1, 2] {
        for (is_coded, expected) in [(false, 10 * times), (true, 30 * times + 2)] {
            let lengths = ends(&rig("instances: 3", "", is_coded, times));
            let lengths: Vec<u32> =
                lengths.iter().map(|(from, to, _)| ((to - from) * 1e3).round() as u32).collect();
            assert!(lengths.iter().all(|ms| *ms == expected), "{times}, {is_coded}: {lengths:?}");
        }
    }
    let ledger = ledger(&rig("instances: 3", "", true, 1));
    let pages = u128::from(ledger.requests_answered);
    let [page, store] = [0, 1].map(|k| ledger.wires.coding.iter().nth(k).copied().expect("two services"));
    assert_eq!([page, store], [pages * 12_000_000, pages * 10_000_000]);
}
