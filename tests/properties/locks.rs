//! Is every moment counted once, however many believe to hold a lock? Random holders, clocks, pauses and crashes.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_LOCKS=17 cargo test -p sim-tests --test properties locks`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x10_c4ed, number);
    let dice = &mut dice;
    let ttl = dice.int(100, 4_000);
    let holders = dice.int(2, 5);
    let mut text = format!(
        "
services:
  keeper: {{instances: {}, workers: {}, queue: {}, service_time: {}, on_cancel: {}}}
workloads:
  holders:
    clients: {}
    arrivals: {{lock: {{holders: {holders}, ttl: {ttl}ms, margin: {}ms, clocks: [{}], fencing: {}, retry_every: {}ms}}}}
    call: {{to: keeper, timeouts: {{attempt: {}ms}}, retry: {}{}}}
faults:
",
        dice.int(1, 2),
        dice.int(1, 3),
        dice.pick(&["fifo", "{fifo: {capacity: 1}}", "processor_sharing"]),
        dice.pick(&["0s", "5ms", "{exponential: {mean: 50ms}}"]),
        dice.pick(&["ignore", "immediate"]),
        dice.int(1, 3),
        if dice.chance(50) { 0 } else { dice.int(1, ttl - 1) },
        dice.pick(&["", "0.9", "1.1, 0.95"]),
        dice.pick(&["true", "false"]),
        dice.int(1, 1_000),
        dice.int(1, 800),
        retry(dice),
        if dice.chance(40) { ", network: {latency: 20ms}" } else { "" },
    );
    for k in 0..dice.int(1, 4) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 100));
        let holder = dice.int(1, holders);
        let kind = match dice.int(0, 4) {
            0 => "crash: {services: [keeper], instances: all}".to_owned(),
            1 => "holder_pause: {workload: holders}".to_owned(),
            2 => format!("holder_pause: {{workload: holders, holder: {holder}}}"),
            3 => format!("clock_skew: {{workload: holders, holder: {holder}, factor: 0.{}}}", dice.int(1, 9)),
            _ => format!("clock_skew: {{workload: holders, holder: {holder}, factor: {}}}", dice.int(1, 3)),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    if dice.chance(30) {
        text += "actions: {quiet: {at: 5s, for: 4s, pause: {workload: holders}}}\n";
    }
    text
}

fn check(body: &str, number: u64) -> [bool; 4] {
    let mut model = model("20s", body);
    model.bounds = Bounds { events: 300_000, in_flight: 20_000 };
    let seed = Seed(number);
    // The laws of the ledger are checked by the engine itself.
    let run = engine::run_dyn(&model, seed, Digest::default());
    let ledger = *run.ledger.locks.iter().next().expect("there is a lock");
    if run.stop.is_complete() {
        assert_eq!(ledger.length, 20_000_000_000);
    }
    assert!(!body.contains("fencing: true") || ledger.several == 0, "only the newest writes: {ledger:?}");
    assert_repeats(&model, seed, run.probe);
    [ledger.one > 0, ledger.several > 0, ledger.fenced > 0, ledger.granted > 3]
}

#[test]
fn holders_of_a_lock_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_LOCKS", command: " locks", numbers: SYSTEMS };
    let seen = [("a holder", 250), ("two holders", 40), ("fencing", 30), ("several terms", 150)];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
