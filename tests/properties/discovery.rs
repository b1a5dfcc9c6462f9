//! Are all addresses, registrations and look-ups accounted for? Random fleets whose instances are replaced, crash and come
//! and go, behind lists of every kind, with callers in front that crash too.

use crate::draw::{Dice, retry};
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_DISCOVERY=17 cargo test -p sim-tests --test properties discovery`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn discovery(dice: &mut Dice) -> String {
    let mut s = |from: u64, to: u64| format!("{}ms", dice.int(from, to));
    let dns = [s(1, 4_000), s(1, 3_000), s(0, 900), s(0, 2_000)];
    let registry = [s(100, 2_000), s(2_001, 5_000), s(100, 3_000)];
    let poll = [s(50, 4_000), s(0, 3_000), s(0, 1_500)];
    match dice.int(0, 4) {
        0 => "static".to_owned(),
        1 | 2 => format!(
            "{{dns: {{ttl: {}, {}look_up: {}, propagation_delay: {}, negative_ttl: {}, on_error: {}}}}}",
            dns[0],
            if dice.chance(30) { format!("client_cache_ttl: {}, ", dns[1]) } else { String::new() },
            dice.pick(&["0s", "5ms", "{exponential: {mean: 200ms}}"]),
            dns[2],
            dns[3],
            dice.pick(&["fail", "use_last"]),
        ),
        _ => format!(
            "{{registry: {{heartbeat_interval: {}, lease_duration: {}, lease_factor: {}, eviction_interval: {}, \
             self_preservation_ratio: {}, on_registry_down: {}, delivery: {}}}}}",
            registry[0],
            registry[1],
            dice.pick(&["1", "2"]),
            registry[2],
            dice.pick(&["none", "0.85", "0.4"]),
            dice.pick(&["fail", "use_last"]),
            match dice.chance(50) {
                true => format!("{{poll: {{client_refresh: {}, server_cache: {}}}}}", poll[0], poll[1]),
                false => format!("{{push: {{propagation_delay: {}}}}}", poll[2]),
            }
        ),
    }
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0xd15c0, number);
    let dice = &mut dice;
    let call = |dice: &mut Dice| {
        let hedges = dice.chance(15);
        format!(
            "timeouts: {{attempt: {}, total: {}}}, {}, network: {}, load_balancer: {}, targets: {}{}",
            dice.pick(&["none", "300ms"]),
            dice.pick(&["none", "900ms"]),
            match hedges {
                true => "hedging: {fixed: {delay: 20ms, max_attempts: 2}}".to_owned(),
                false => format!("retry: {}", retry(dice)),
            },
            dice.pick(&["{}", "{latency: 5ms}"]),
            dice.pick(&[
                "round_robin",
                "random",
                "least_request",
                "{least_request: {information: {board: {age: 500ms}}}}",
                "peak_ewma",
                "ring_hash",
                "maglev"
            ]),
            dice.pick(&["{}", "{}", "{outlier_detection: {}}", "{subset: {random: {size: 2}}}"]),
            dice.pick(&["", ", circuit_breaker: {consecutive: {failures: 3}}", ", pool: few"]),
        )
    };
    let mut text = format!(
        "
services:
  front:
    instances: {}
    workers: 20
    lifecycle: {}
    on_cancel: {}
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    steps: [{{call: {{to: api, {}}}}}]
  api:
    instances: {}
    workers: 3
    service_time: {{exponential: {{mean: 20ms}}}}
    lifecycle: {}
    autoscaler: {}
    discovery: {}
workloads:
  users:
    clients: {}
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    arrivals: {{poisson: {{rate: 30/s}}}}
    call: {{to: front}}
  direct:
    clients: {}
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    arrivals: {{poisson: {{rate: 30/s}}}}
    call: {{to: api, {}}}
faults:
",
        dice.int(1, 3),
        dice.pick(&["{}", "{restart: {}, boot_time: 300ms}"]),
        dice.pick(&["ignore", "immediate"]),
        call(dice),
        dice.int(1, 4),
        dice.pick(&["{}", "{restart: {}, boot_time: 300ms}", "{restart: {}, readiness: {period: 500ms}}"]),
        dice.pick(&[
            "none",
            "none",
            "{schedule: {steps: [{at: 1s, instances: 1}, {at: 5s, instances: 4}, {at: 9s, instances: 2}]}}"
        ]),
        "DISCOVERY",
        dice.int(1, 3),
        dice.int(1, 4),
        call(dice),
    );
    let found = discovery(dice);
    for k in 0..dice.int(1, 5) {
        let (at, length) = (dice.int(0, 120), dice.int(1, 120));
        let of_list = match &found[..6.min(found.len())] {
            "{dns: " => dice.pick(&["dns_error: {service: api}", "dns_spoof: {service: api, ratio: 0.5}"]),
            "{regis" => "registry_down: {service: api}",
            _ => "restart: {service: front}",
        };
        let kind = match dice.int(0, 4) {
            0 => "crash: {services: [api], instances: one}".to_owned(),
            1 => dice.pick(&["crash: {services: [front]}", "hang: {service: api, ratio: 0.3}"]).to_owned(),
            2 => of_list.to_owned(),
            _ => format!(
                "rolling_replacement: {{service: api, every: {}ms, exit: {}, gone: {}}}",
                dice.int(50, 3_000),
                dice.pick(&["stopped", "killed"]),
                dice.pick(&["refuses", "{silent: {gives_up: 2s}}", "silent"]),
            ),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text.replace("DISCOVERY", &found)
}

fn check(body: &str, number: u64) -> [bool; 6] {
    let (_, run) = checked("15s", body, number, 300_000);
    let api = run.ledger.discovery.iter().nth(1).expect("the second service");
    [api.gone > 0, api.dead_calls > 0, api.evicted > 0, api.cancelled > 0, api.answered > 0, api.failed > 0]
}

#[test]
fn addresses_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_DISCOVERY", command: " discovery", numbers: SYSTEMS };
    let seen = [
        ("addresses left behind", 75),
        ("calls to them", 75),
        ("evictions", 20),
        ("cancellations", 20),
        ("look-ups", 40),
        ("look-ups that failed", 5),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
