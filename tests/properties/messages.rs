//! Is every message accounted for? Random services over networks that lose, double, damage and hold up, with crashes,
//! cancellation, pools, hedges and hand-overs between them.

use crate::draw::{Dice, retry};
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_MESSAGES=17 cargo test -p sim-tests --test properties messages`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=400;

fn network(dice: &mut Dice) -> String {
    let mut parts = vec![format!(
        "latency: {}",
        dice.pick(&["0s", "5ms", "{exponential: {mean: 20ms}}", "{uniform: {min: 1ms, max: 9ms}}"])
    )];
    if dice.chance(50) {
        parts.push("link: wire".to_owned());
    }
    if dice.chance(40) {
        let tcp = dice.pick(&[
            "tcp",
            "{tcp: {multiplexed: true}}",
            "{tcp: {mss: 500B, initial_cwnd: 2, rto_min: 20ms, rto_max: 1s}}",
        ]);
        parts.push(format!("transport: {tcp}"));
    }
    if dice.chance(70) {
        let loss =
            dice.pick(&["5%", "{there: 30%}", "{back: 30%}", "{ways: {there: 1%, back: 60%}}", "100%"]);
        parts.push(format!("loss: {loss}"));
    }
    if dice.chance(50) {
        parts.push(format!("duplicate: {}%", dice.int(1, 100)));
    }
    if dice.chance(30) {
        parts.push(format!("corrupt: {}%", dice.int(1, 50)));
    }
    if dice.chance(40) {
        parts.push(format!(
            "reorder: {{ratio: {}%, delay: {{exponential: {{mean: 50ms}}}}}}",
            dice.int(1, 100)
        ));
    }
    format!("{{{}}}", parts.join(", "))
}

fn patience(dice: &mut Dice) -> String {
    match dice.chance(80) {
        true => format!("{}ms", dice.int(1, 600)),
        false => "none".to_owned(),
    }
}

fn call(dice: &mut Dice, to: &str, pool: bool, network: &str) -> String {
    let tries = match dice.int(0, 4) {
        0 => "hedging: {fixed: {delay: 30ms, max_attempts: 3}}".to_owned(),
        1 => "hedging: {tied: {delay: 5ms}}".to_owned(),
        2 => "hedging: {fixed: {delay: 10ms, max_attempts: 2, cancel_losers: false}}".to_owned(),
        _ => format!("retry: {}", retry(dice)),
    };
    let is_hedged = tries.starts_with("hedging");
    let mut text = format!(
        "{{to: {to}, timeouts: {{attempt: {}, total: {}}}, network: {network}, {tries}",
        if is_hedged { "none".to_owned() } else { patience(dice) },
        dice.pick(&["none", "700ms", "2s"]),
    );
    if pool && dice.chance(50) {
        text += ", pool: few";
    }
    if !is_hedged && dice.chance(20) {
        text += ", until: accepted";
    }
    text += dice.pick(&[
        "",
        ", deadline: propagate",
        ", targets: {outlier_detection: {}}",
        ", load_balancer: least_request",
    ]);
    text += dice.pick(&["", ", request_size: 2KiB", ", response_size: {exponential: {mean: 30KiB}}"]);
    text + "}"
}

fn service(dice: &mut Dice, steps: &str) -> String {
    format!(
        "{{zones: {}, instances: {}, workers: {}, on_cancel: {}, queue: {}, admission: {}, lifecycle: {}, error_ratio: {}%, \
         pools: {{few: {{size: 2, queue: 3, acquire_timeout: 200ms}}}}, steps: [{steps}]}}",
        dice.pick(&["[east, west]", "[east]", "[]"]),
        dice.int(2, 3),
        dice.int(1, 5),
        dice.pick(&["ignore", "immediate", "{checkpoint: {interval: 20ms}}"]),
        dice.pick(&[
            "fifo",
            "{fifo: {capacity: 5}}",
            "{fifo: {capacity: 3, drop: oldest}}",
            "{fifo: {capacity: 2, drop: nobody}}",
            "lifo",
            "codel"
        ]),
        dice.pick(&["none", "none", "{fixed: {limit: 6}}"]),
        dice.pick(&["{}", "{restart: {}, boot_time: 300ms, readiness: {period: 500ms}}"]),
        dice.pick(&["0", "0", "20"]),
    )
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x3e55a6e, number);
    let dice = &mut dice;
    let work =
        |dice: &mut Dice| format!("compute: {}", dice.pick(&["0s", "10ms", "{exponential: {mean: 40ms}}"]));
    let (first, second) = (network(dice), network(dice));
    let to_store = call(dice, "store", true, &second);
    let has_pool = to_store.contains("pool: few");
    let steps = format!("{{{}}}, {{call: {to_store}}}", work(dice));
    let web = service(dice, &steps);
    let steps = format!("{{{}}}", work(dice));
    let store = service(dice, &steps);
    let users = call(dice, "web", false, &first);
    let mut text = format!(
        "
zones: {{names: [east, west], between: 3ms}}
links: {{wire: {{bandwidth: {}, queue: {}, mtu: {}}}}}
services:
  web: {web}
  store: {store}
workloads:
  users: {{zone: east, clients: {}, arrivals: {}, call: {users}}}
faults:
",
        dice.pick(&["1Gbit/s", "10Mbit/s", "500kbit/s"]),
        dice.pick(&["unlimited", "100KiB", "0B"]),
        dice.pick(&["1500B", "none", "500B"]),
        dice.int(1, 3),
        dice.pick(&[
            "{poisson: {rate: 40/s}}",
            "{closed: {users: 8, think_time: 50ms}}",
            "{evenly_spaced: {rate: 15/s}}"
        ]),
    );
    for k in 0..dice.int(1, 5) {
        let (at, length) = (dice.int(0, 90), dice.int(1, 40));
        let ratio = dice.int(1, 100);
        let whose = dice.pick(&[
            "to: store",
            "from: users",
            "from: web, to: store",
            "to: web, direction: back",
            "to: web, direction: there",
        ]);
        let kind = match dice.int(0, 12) {
            12 if has_pool => "slow_close: {from: web, delay: 100ms}".to_owned(),
            7 => format!(
                "partition: {{{whose}, ratio: {ratio}%, mode: {}}}",
                dice.pick(&["black_hole", "reject"])
            ),
            8 => format!("latency: {{{whose}, delay: 50ms, jitter: {ratio}ms}}"),
            9 => format!("reset: {{{whose}, ratio: {ratio}%}}"),
            10 => "bandwidth: {link: wire, factor: 0.1}".to_owned(),
            11 => "loss: {to: web, ratio: 100%}".to_owned(),
            0 => "crash: {services: [store], instances: one}".to_owned(),
            1 => "crash: {services: [web, store]}".to_owned(),
            2 => format!("loss: {{{whose}, ratio: {ratio}%}}"),
            3 => format!("duplicate: {{{whose}, ratio: {ratio}%}}"),
            4 => format!("corrupt: {{{whose}, ratio: {ratio}%}}"),
            5 => format!("reorder: {{{whose}, ratio: {ratio}%, delay: 30ms}}"),
            _ => "payload: {service: store, factor: 3}".to_owned(),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

fn check(body: &str, number: u64) -> [bool; 7] {
    let (_, run) = checked("10s", body, number, 200_000);
    let mut seen = [false; 7];
    for way in run.ledger.edges.iter().flat_map(|edge| edge.ways) {
        let counts =
            [way.lost, way.copies, way.corrupted, way.unheard, way.dropped, way.cut, way.retransmitted];
        for (seen, count) in seen.iter_mut().zip(counts) {
            *seen |= count > 0;
        }
    }
    seen
}

#[test]
fn messages_are_accounted_for() {
    let systems = Systems { variable: "SPIRAL_MESSAGES", command: " messages", numbers: SYSTEMS };
    let seen = [
        ("lost messages", 150),
        ("copies", 100),
        ("damaged messages", 60),
        ("unheard answers", 150),
        ("messages without room", 20),
        ("messages cut off", 60),
        ("segments sent again", 100),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
