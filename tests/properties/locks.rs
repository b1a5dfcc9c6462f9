//! Is every moment counted once, however many believe to hold a lock? Random holders, clocks, pauses and crashes.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_core::theory::lease;
use sim_tests::systems::model;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_LOCKS=17 cargo test -p sim-tests --test properties locks`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

/// How leases end, are prolonged and are given up, where a holder believes in one for so many milliseconds.
fn turns(dice: &mut Dice, trusted: u64) -> String {
    let mut text = format!(", expiry: {}", dice.pick(&["length", "moment"]));
    if dice.chance(60) {
        text += dice.pick(&[", offsets: [-300ms]", ", offsets: [0s, 300ms]", ", offsets: [-20ms, 5s]"]);
    }
    if dice.chance(50) {
        text += &format!(", sync_every: {}ms", dice.int(1, 5_000));
    }
    if dice.chance(60) && trusted > 1 {
        text += &format!(", renew_every: {}ms", dice.int(1, trusted - 1));
    }
    if dice.chance(60) {
        text += &format!(
            ", hold: {}",
            dice.pick(&["1ms", "700ms", "{exponential: {mean: 2s}}", "{uniform: {min: 0s, max: 5s}}"])
        );
    }
    text
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x10_c4ed, number);
    let dice = &mut dice;
    let ttl = dice.int(100, 4_000);
    let holders = dice.int(2, 5);
    let margin = if dice.chance(50) { 0 } else { dice.int(1, ttl - 1) };
    let mut text = format!(
        "
services:
  keeper: {{instances: {}, workers: {}, queue: {}, service_time: {}, on_cancel: {}}}
workloads:
  holders:
    clients: {}
    arrivals: {{lock: {{holders: {holders}, ttl: {ttl}ms, margin: {}ms, clocks: [{}], fencing: {}, retry_every: {}ms{}}}}}
    call: {{to: keeper, timeouts: {{attempt: {}ms}}, retry: {}{}}}
faults:
",
        dice.int(1, 2),
        dice.int(1, 3),
        dice.pick(&["fifo", "{fifo: {capacity: 1}}", "processor_sharing"]),
        dice.pick(&["0s", "5ms", "{exponential: {mean: 50ms}}"]),
        dice.pick(&["ignore", "immediate"]),
        dice.int(1, 3),
        margin,
        dice.pick(&["", "0.9", "1.1, 0.95"]),
        dice.pick(&["true", "false"]),
        dice.int(1, 1_000),
        if dice.chance(60) { turns(dice, ttl - margin) } else { String::new() },
        dice.int(1, 800),
        retry(dice),
        if dice.chance(40) { ", network: {latency: 20ms}" } else { "" },
    );
    for k in 0..dice.int(1, 4) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 100));
        let holder = dice.int(1, holders);
        let offset = dice.pick(&["-2s", "-50ms", "50ms", "2s"]);
        let kind = match dice.int(0, 6) {
            5 => format!("clock_skew: {{workload: holders, holder: {holder}, offset: {offset}}}"),
            6 => {
                format!("clock_skew: {{workload: holders, holder: {holder}, offset: {offset}, factor: 0.9}}")
            }
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

fn check(body: &str, number: u64) -> [bool; 7] {
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
    [
        ledger.one > 0,
        ledger.several > 0,
        ledger.fenced > 0,
        ledger.granted > 3,
        ledger.renewed > 3,
        ledger.released > 3,
        ledger.too_late > 0,
    ]
}

#[test]
fn holders_of_a_lock_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_LOCKS", command: " locks", numbers: SYSTEMS };
    let seen = [
        ("a holder", 250),
        ("two holders", 40),
        ("fencing", 30),
        ("several terms", 150),
        ("renewals", 50),
        ("locks given up", 50),
        ("requests too late", 20),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}

/// Clocks that are wrong in any way, holders that renew and give up, and a margin as theory says: never two.
#[test]
fn a_margin_as_wide_as_clocks_are_wrong_keeps_holders_apart() {
    for number in 1..=150 {
        let mut dice = Dice::new(0x3a_4613, number);
        let dice = &mut dice;
        let (ttl, sync) = (dice.int(1_000, 5_000), dice.int(100, 5_000));
        let clocks: Vec<(f64, f64)> = (0..dice.int(2, 4))
            .map(|_| (0.01 * dice.int(90, 110) as f64, dice.int(0, 400) as f64 - 200.0))
            .collect();
        let moment = dice.chance(60);
        let margins = clocks.iter().map(|(rate, offset)| match moment {
            true => lease::margin_by_moment(sync as f64, *offset, *rate),
            false => lease::margin_by_length(ttl as f64, *rate),
        });
        // A millisecond for what the text cannot say.
        let margin = margins.fold(0.0, f64::max) as u64 + 1;
        if margin + 1 >= ttl {
            continue;
        }
        let renews = match dice.chance(50) {
            true => format!(", renew_every: {}ms", dice.int(1, ttl - margin - 1)),
            false => String::new(),
        };
        let text = format!(
            "
services: {{keeper: {{workers: 4, service_time: {}}}}}
workloads:
  holders:
    arrivals: {{lock: {{holders: {}, ttl: {ttl}ms, margin: {margin}ms, clocks: [{}], offsets: [{}], sync_every: {sync}ms, expiry: {}{renews}{}}}}}
    call: {{to: keeper, timeouts: {{attempt: 50ms}}, network: {{latency: {}, loss: {}}}}}
",
            dice.pick(&["0s", "5ms", "{exponential: {mean: 30ms}}"]),
            clocks.len(),
            clocks.iter().map(|(rate, _)| format!("{rate:.2}")).collect::<Vec<_>>().join(", "),
            clocks.iter().map(|(_, offset)| format!("{offset}ms")).collect::<Vec<_>>().join(", "),
            if moment { "moment" } else { "length" },
            dice.pick(&["", ", hold: 2s", ", hold: {exponential: {mean: 3s}}"]),
            dice.pick(&["0s", "10ms"]),
            dice.pick(&["0%", "10%"]),
        );
        let run = engine::run_dyn(&model("60s", &text), Seed(number), ());
        let ledger = run.ledger.locks.iter().next().expect("there is a lock");
        assert!(ledger.several == 0 && ledger.granted > 0, "system {number}: {ledger:?}{text}");
    }
}
