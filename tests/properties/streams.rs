//! Is every message accounted for where losses come in runs, answers trickle and connections end in the middle? Random
//! networks with connections, idle timeouts and triggers on bytes.

use crate::draw::{Dice, retry};
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_STREAMS=17 cargo test -p sim-tests --test properties streams`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

/// Patience with silence, which other random calls may have beside all else.
pub(crate) fn idle(dice: &mut Dice) -> String {
    match dice.chance(20) {
        true => format!(", idle: {}ms", dice.int(1, 300)),
        false => String::new(),
    }
}

/// Connections that other random calls of services may have.
pub(crate) fn connection(dice: &mut Dice, by_users: bool) -> Option<String> {
    let rules = [
        "{}",
        "{keep_alive: false, tls: tls13}",
        "{streams: 10, max_connections: 1, idle_timeout: 200ms}",
        "{max_connections: 2, connect_timeout: 50ms, lifetime: 500ms}",
    ];
    (!by_users && dice.chance(25)).then(|| format!("connection: {}", dice.pick(&rules)))
}

fn correlation(dice: &mut Dice) -> String {
    match dice.chance(70) {
        true => format!(", correlation_ratio: {}%", dice.int(1, 99)),
        false => String::new(),
    }
}

fn network(dice: &mut Dice) -> String {
    let mut text = format!("latency: {}", dice.pick(&["0s", "5ms", "{exponential: {mean: 20ms}}"]));
    if dice.chance(60) {
        text += dice.pick(&[
            ", loss: 10%",
            ", loss: {back: 40%}",
            ", duplicate: 30%",
            ", corrupt: 20%",
            ", loss: 5%, duplicate: 5%, corrupt: 5%, reorder: {ratio: 20%, delay: 30ms}",
        ]);
        text += &correlation(dice);
    }
    text +=
        dice.pick(&["", "", ", link: wire", ", transport: tcp", ", transport: {tcp: {multiplexed: true}}"]);
    text
}

fn call(dice: &mut Dice, to: &str) -> String {
    let patience = |dice: &mut Dice| match dice.chance(60) {
        true => format!("{}ms", dice.int(1, 900)),
        false => "none".to_owned(),
    };
    let (idle, tries) = (patience(dice), dice.int(0, 4));
    let (attempt, total) = match tries {
        0 => ("none".to_owned(), "none"),
        _ => (patience(dice), dice.pick(&["none", "900ms", "3s"])),
    };
    let tries = match tries {
        0 => "hedging: {fixed: {delay: 30ms, max_attempts: 3}}".to_owned(),
        _ => format!("retry: {}", retry(dice)),
    };
    let connection = dice.pick(&[
        "",
        "",
        ", connection: {}",
        ", connection: {streams: 10, max_connections: 1}",
        ", connection: {keep_alive: false, connect_timeout: 200ms}",
        ", connection: {max_connections: 2, tls: tls13, idle_timeout: 300ms}",
    ]);
    let (request, response) = (
        dice.pick(&["1KiB", "{exponential: {mean: 4KiB}}"]),
        dice.pick(&[
            "10KiB",
            "{uniform: {min: 0B, max: 50KiB}}",
            "{bimodal: {small: 1KiB, large: 1MiB, large_ratio: 2%}}",
        ]),
    );
    format!(
        "{{to: {to}, timeouts: {{attempt: {attempt}, total: {total}, idle: {idle}}}, network: {{{}}}, {tries}{connection}, \
         request_size: {request}, response_size: {response}}}",
        network(dice)
    )
}

fn service(dice: &mut Dice, steps: &str) -> String {
    format!(
        "{{instances: {}, workers: {}, on_cancel: {}, queue: {}, steps: [{steps}]}}",
        dice.int(1, 3),
        dice.int(1, 5),
        dice.pick(&["ignore", "immediate", "{checkpoint: {interval: 20ms}}"]),
        dice.pick(&["fifo", "{fifo: {capacity: 5}}", "lifo"]),
    )
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x57e4, number);
    let dice = &mut dice;
    let inner = call(dice, "store");
    let web = service(dice, &format!("{{compute: 5ms}}, {{call: {inner}}}"));
    let store = service(dice, "{compute: {exponential: {mean: 10ms}}}");
    let users = call(dice, "web");
    let mut text = format!(
        "
links: {{wire: {{bandwidth: {}, queue: {}, mtu: {}}}}}
services:
  web: {web}
  store: {store}
workloads:
  users: {{clients: {}, arrivals: {}, call: {users}}}
faults:
",
        dice.pick(&["1Gbit/s", "10Mbit/s"]),
        dice.pick(&["unlimited", "100KiB"]),
        dice.pick(&["1500B", "none"]),
        dice.int(1, 3),
        dice.pick(&["{poisson: {rate: 30/s}}", "{closed: {users: 8, think_time: 50ms}}"]),
    );
    for k in 0..dice.int(1, 5) {
        let (at, length) = (dice.int(0, 90), dice.int(1, 60));
        let ratio = dice.int(1, 100);
        let whose = dice.pick(&["to: store", "from: users", "from: web, to: store"]);
        let way = dice.pick(&["", ", direction: back", ", direction: there"]);
        let kind = match dice.int(0, 9) {
            0..=2 => format!(
                "slice: {{{whose}, size: {}, delay: {}ms}}",
                dice.pick(&["1B", "512B", "4KiB", "1MiB"]),
                dice.int(1, 200)
            ),
            3..=5 => format!(
                "limit_data: {{{whose}{way}, bytes: {}}}",
                dice.pick(&["1B", "5KiB", "100KiB", "2MiB"])
            ),
            6 => format!("duplicate: {{{whose}{way}, ratio: {ratio}%{}}}", correlation(dice)),
            7 => format!("corrupt: {{{whose}{way}, ratio: {ratio}%{}}}", correlation(dice)),
            8 => format!("reorder: {{{whose}{way}, ratio: {ratio}%, delay: 30ms{}}}", correlation(dice)),
            _ => format!("loss: {{{whose}{way}, ratio: {ratio}%{}}}", correlation(dice)),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

fn check(body: &str, number: u64) -> [bool; 6] {
    let (_, run) = checked("10s", body, number, 200_000);
    let mut seen = [false; 6];
    for way in run.ledger.edges.iter().flat_map(|edge| edge.ways) {
        let counts = [way.lost, way.copies, way.corrupted, way.unheard, way.cut, way.retransmitted];
        for (seen, count) in seen.iter_mut().zip(counts) {
            *seen |= count > 0;
        }
    }
    seen
}

#[test]
fn bytes_and_runs_are_accounted_for() {
    let systems = Systems { variable: "SPIRAL_STREAMS", command: " streams", numbers: SYSTEMS };
    let seen = [
        ("lost messages", 60),
        ("copies", 30),
        ("damaged messages", 30),
        ("unheard answers", 60),
        ("messages cut off", 40),
        ("segments sent again", 20),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
