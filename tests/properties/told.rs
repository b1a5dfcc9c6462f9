//! Do words, notes and hands keep the books? Random networks of a front and a store, in which callers listen, records
//! change, and keys are dealt to lines.

use std::collections::BTreeMap;

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_tests::over_seeds;
use sim_tests::systems::model;

use crate::aware::Aware;
use crate::draw::Dice;

fn network(dice: &mut Dice) -> String {
    let admission = match dice.int(0, 3) {
        0 => format!(
            "{{dagor: {{target_delay: {}ms, window: {}ms, window_requests: {}, decrease_ratio: 0.{}}}}}",
            dice.int(1, 30),
            dice.int(50, 900),
            dice.int(5, 200),
            dice.int(1, 9)
        ),
        1 | 2 => format!(
            "{{credits: {{initial_credits: {}, max_credits: 20, target_delay: {}ms, update_interval: {}ms}}}}",
            dice.int(1, 20),
            dice.int(1, 60),
            dice.int(1, 50)
        ),
        _ => "none".to_owned(),
    };
    let listens = |dice: &mut Dice| match admission.as_str() {
        "none" => String::new(),
        _ if dice.chance(20) => String::new(),
        _ => {
            let scope = dice.pick(&["per_caller_instance", "per_edge"]);
            format!(", client_throttle: {{piggyback: {{scope: {scope}}}}}")
        }
    };
    let latency = if dice.chance(50) { "" } else { ", network: {latency: {exponential: {mean: 3ms}}}" };
    let queue = match dice.int(0, 2) {
        0 => "fifo".to_owned(),
        _ => {
            let (queues, reshuffle) = (dice.int(1, 9), dice.pick(&["none", "300ms"]));
            let (hand, length) = (dice.int(1, queues), dice.int(1, 8));
            format!(
                "{{fair_queues: {{queues: {queues}, hand_size: {hand}, queue_length: {length}, reshuffle: {reshuffle}, max_wait: {}ms}}}}",
                dice.int(1, 400)
            )
        }
    };
    let per = dice.pick(&["all", "key"]);
    let retry = crate::draw::retry(dice);
    let inner = if dice.chance(30) { ", retry: {immediate: {max_attempts: 2}}" } else { "" };
    let on_cancel = dice.pick(&["ignore", "immediate"]);
    let (get, put) = (listens(dice), listens(dice));
    let on = dice.pick(&[
        "",
        "\n          on: [conflict, shed]",
        "\n          on: [timeout, connect_failure, reset]",
    ]);
    let fault = match dice.int(0, 3) {
        0 => "crash: {services: [store], instances: one}",
        1 => "slow: {service: store, factor: 6}",
        2 => "crash: {services: [front]}",
        _ => "load_spike: {workload: users, factor: 3}",
    };
    format!(
        "
services:
  store:
    instances: {}
    workers: {}
    records: {{row: {{per: {per}}}, other: {{}}}}
    queue: {queue}
    admission: {admission}
    on_cancel: {on_cancel}
    endpoints:
      get: {{steps: [compute: {{exponential: {{mean: {}ms}}}}, read: row]}}
      put: {{steps: [compute: 2ms, write: row, read: other, write: other]}}
  front:
    instances: {}
    workers: 30
    on_cancel: {on_cancel}
    steps:
      - call: {{to: store/get, timeouts: {{attempt: 200ms}}{latency}{get}{inner}}}
      - fallback:
          steps: [{{call: {{to: store/put, timeouts: {{attempt: 300ms}}{latency}{put}{inner}}}}}]
          otherwise: [{{call: {{to: store/put}}}}]{on}
workloads:
  users:
    arrivals: {{poisson: {{rate: {}/s}}}}
    tenants: {{count: 50}}
    keys: {{count: 5}}
    call: {{to: front, timeouts: {{attempt: {}ms}}, retry: {retry}}}
  others: {{arrivals: {{evenly_spaced: {{rate: 5/s}}}}, criticality: sheddable, call: {{to: store/put}}}}
faults: {{f: {{at: {}ms, for: 1s, {fault}}}}}
",
        dice.int(1, 3),
        dice.int(1, 5),
        dice.int(1, 40),
        dice.int(1, 3),
        dice.int(10, 150),
        dice.int(50, 900),
        dice.int(0, 3_000),
    )
}

#[test]
fn random_networks_that_tell_and_note_keep_every_invariant() {
    let seen = over_seeds(1..=400, |number| {
        let body = network(&mut Dice::new(0x701d, number));
        let mut model = model("5s", &body);
        model.bounds = Bounds { events: 200_000, in_flight: 5_000 };
        let run = engine::run_dyn(&model, Seed(number), (Digest::default(), Aware::new(&model)));
        let again = engine::run_dyn(&model, Seed(number), Digest::default());
        assert_eq!(again.probe, run.probe.0, "the same again, whoever looks on: {number}");
        let mut seen = run.probe.1.seen;
        for records in run.ledger.records.iter() {
            *seen.entry("conflicts".to_owned()).or_default() += records.conflicts;
            *seen.entry("written".to_owned()).or_default() += records.written;
        }
        seen
    });
    let mut networks: BTreeMap<&str, usize> = BTreeMap::new();
    for (what, _) in seen.iter().flatten().filter(|(_, count)| **count > 0) {
        *networks.entry(what).or_default() += 1;
    }
    println!("of {} networks so many see: {networks:#?}", seen.len());
    for what in [
        "conflicts",
        "written",
        "not sent: Throttled",
        "rejected: Shed",
        "rejected: QueueFull",
        "dropped",
        "lost",
    ] {
        let count = networks.get(what).copied().unwrap_or(0);
        assert!(count >= 10, "only {count} random networks see `{what}`");
    }
}
