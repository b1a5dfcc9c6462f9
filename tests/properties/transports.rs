//! Is every connection opened, failed or closed, and does every attempt get one, wait for one or go without? Random chains
//! with crashes, machines that are gone, lost messages, impatient callers, lists, quotas and intruders. The laws of the
//! ledger are checked by the engine itself.

use crate::draw::{Dice, retry};
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_TRANSPORTS=17 cargo test -p sim-tests --test properties transports`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn connection(dice: &mut Dice) -> String {
    if dice.chance(10) {
        return "none".to_owned();
    }
    let mut text =
        format!("tls: {}, mutual: true", dice.pick(&["tls12", "tls12_resumed", "tls13", "tls13_0rtt"]));
    if dice.chance(40) {
        text += &format!(", tls_cpu: {{client: {}ms, server: {}ms}}", dice.int(0, 5), dice.int(0, 20));
    }
    if dice.chance(20) {
        text += ", keep_alive: false";
    } else {
        if dice.chance(40) {
            text += &format!(", streams: {}", dice.pick(&["2", "10", "unlimited"]));
        }
        if dice.chance(30) {
            text += &format!(", max_requests: {}", dice.int(1, 20));
        }
        if dice.chance(30) {
            text += &format!(", idle_timeout: {}ms", dice.int(1, 500));
        }
        if dice.chance(30) {
            text += &format!(", lifetime: {}ms", dice.int(1, 3_000));
        }
    }
    if dice.chance(50) {
        text += &format!(", max_connections: {}", dice.int(1, 4));
    }
    if dice.chance(40) {
        text += &format!(", connect_timeout: {}ms", dice.int(1, 800));
    }
    if dice.chance(50) {
        let (rto, retries) = (dice.int(1, 400), dice.int(0, 3));
        text += &format!(
            ", tcp: {{syn_rto: {rto}ms, syn_retries: {retries}, linear_timeouts: {}}}",
            dice.int(0, 2)
        );
    }
    format!("{{{text}}}")
}

fn call(dice: &mut Dice, to: &str) -> String {
    let network = dice.pick(&[
        "{}",
        "{latency: 5ms}",
        "{latency: {exponential: {mean: 20ms}}}",
        "{latency: 3ms, loss: 5%}",
    ]);
    let patience = match dice.chance(80) {
        true => format!("attempt: {}ms", dice.int(20, 600)),
        false => "attempt: none".to_owned(),
    };
    let total = if dice.chance(30) { ", total: 900ms" } else { "" };
    let tries = match dice.int(0, 3) {
        0 => "hedging: {fixed: {delay: 10ms, max_attempts: 2}}".to_owned(),
        1 => "until: accepted".to_owned(),
        _ => format!("retry: {}", retry(dice)),
    };
    format!(
        "{{to: {to}, network: {network}, timeouts: {{{patience}{total}}}, {tries}, connection: {}}}",
        connection(dice)
    )
}

fn accepts(dice: &mut Dice, from: &str) -> String {
    match dice.int(0, 3) {
        0 => "none".to_owned(),
        1 => format!("{{allow: [{from}]}}"),
        2 => format!("{{allow: [{}], quota: {{rate: {}/s}}}}", dice.pick(&[from, "leaf"]), dice.int(1, 50)),
        _ => format!("{{quota: {{rate: {}/s, burst: 2}}}}", dice.int(1, 50)),
    }
}

fn certificate(dice: &mut Dice) -> String {
    match dice.chance(50) {
        true => "{}".to_owned(),
        false => format!("{{certificate: {{valid_until: {}ms}}}}", dice.int(2_000, 12_000)),
    }
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x7249_5901, number);
    let dice = &mut dice;
    let life = dice.pick(&[
        "{}",
        "{restart: {}, boot_time: 300ms}",
        "{restart: {}, readiness: {period: 500ms}, crash_at: 15}",
    ]);
    let mut text = format!(
        "
services:
  front:
    instances: {}
    workers: {}
    on_cancel: {}
    identity: {}
    steps: [call: {}]
  middle:
    instances: {}
    workers: {}
    on_cancel: {}
    lifecycle: {life}
    identity: {}
    accepts: {}
    steps: [{{compute: 2ms}}, {{call: {}}}]
  leaf: {{instances: {}, workers: {}, lifecycle: {life}, accepts: {}, service_time: {{exponential: {{mean: {}ms}}}}}}
workloads:
  users: {{clients: {}, arrivals: {{poisson: {{rate: {}/s}}}}, call: {}}}
faults:
",
        dice.int(1, 3),
        dice.int(1, 20),
        dice.pick(&["ignore", "immediate"]),
        certificate(dice),
        call(dice, "middle"),
        dice.int(1, 3),
        dice.int(1, 20),
        dice.pick(&["ignore", "immediate"]),
        certificate(dice),
        accepts(dice, "front"),
        call(dice, "leaf"),
        dice.int(1, 3),
        dice.int(1, 6),
        accepts(dice, "middle"),
        dice.int(1, 40),
        dice.int(1, 3),
        dice.int(5, 80),
        call(dice, "front"),
    );
    for k in 0..dice.int(1, 5) {
        let (at, length) = (dice.int(0, 100), dice.int(1, 60));
        let service = dice.pick(&["front", "middle", "leaf"]);
        let instances = dice.pick(&["all", "one"]);
        let kind = match dice.int(0, 6) {
            0 => format!("crash: {{services: [{service}], instances: {instances}}}"),
            1 | 2 => format!("crash: {{services: [{service}], instances: {instances}, silent: true}}"),
            3 => format!("hang: {{service: {service}, ratio: 0.5}}"),
            4 => format!("certificate_expiry: {{service: {service}}}"),
            5 => format!("restart: {{service: {service}}}"),
            _ => format!(
                "compromise: {{service: {service}, rate: {}/s, takes: {}ms}}",
                dice.int(1, 60),
                dice.int(0, 900)
            ),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

fn check(body: &str, number: u64) -> [bool; 5] {
    let (_, run) = checked("15s", body, number, 200_000);
    let any = |is: fn(&sim_core::engine::TransportLedger) -> bool| run.ledger.transport.iter().any(is);
    [
        any(|ledger| ledger.opened > 3 && ledger.closed > 3),
        any(|ledger| ledger.failed > 0),
        any(|ledger| ledger.unsent > 0),
        run.ledger.intruders.iter().any(|ledger| ledger.served > 0),
        run.ledger.intruders.iter().any(|ledger| ledger.blocked > 0),
    ]
}

#[test]
fn connections_and_identities_keep_every_law() {
    let systems = Systems { variable: "SPIRAL_TRANSPORTS", command: " transports", numbers: SYSTEMS };
    let seen = [
        ("connections come and go", 100),
        ("connections that could not be opened", 60),
        ("attempts that never left", 60),
        ("intruders who are served", 20),
        ("intruders who are kept out", 10),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
