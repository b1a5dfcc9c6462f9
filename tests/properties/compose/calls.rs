//! What do its services and users ask of each other? Random steps and calls.

use super::{Plan, ms, work};
use crate::draw::{Dice, retry};
use crate::guards;
use crate::hedging;
use crate::streams;

pub(super) fn steps(dice: &mut Dice, plan: &Plan, k: u64, depth: u32) -> String {
    let texts: Vec<String> = (0..dice.int(1, 2)).map(|_| step(dice, plan, k, depth)).collect();
    texts.join(", ")
}

fn step(dice: &mut Dice, plan: &Plan, k: u64, depth: u32) -> String {
    let inner = |dice: &mut Dice| steps(dice, plan, k, depth + 1);
    match if depth >= 3 { dice.int(0, 4) } else { dice.int(0, 18) } {
        0 | 1 => format!("{{compute: {}}}", work(dice)),
        2..=6 if k + 1 < plan.services => {
            let to = dice.int(k + 1, plan.services - 1);
            format!("{{call: {{{}}}}}", call(dice, plan, to, false))
        }
        2 | 3 if dice.chance(30) => {
            // Back to itself or further up: a circle with a bound.
            let to = dice.int(0, k);
            format!("{{call: {{{}, max_depth: {}}}}}", call(dice, plan, to, false), dice.int(1, 3))
        }
        2..=6 => format!("{{compute: {}}}", work(dice)),
        7 => format!("{{serial: {{steps: [{}]}}}}", inner(dice)),
        8 | 9 => {
            let (a, b) = (step(dice, plan, k, depth + 1), step(dice, plan, k, depth + 1));
            let need = dice.pick(&["", ", need: 1", ", need: 2"]);
            format!("{{parallel: {{steps: [{a}, {b}]{need}}}}}")
        }
        10 => {
            let times = dice.int(1, 4);
            let need = dice.int(1, times);
            format!("{{fan_out: {{times: {times}, need: {need}, steps: [{}]}}}}", inner(dice))
        }
        11 => {
            let (steps, otherwise) = (inner(dice), inner(dice));
            format!("{{maybe: {{probability: 0.5, steps: [{steps}], otherwise: [{otherwise}]}}}}")
        }
        12 => format!("{{repeat: {{times: {}, steps: [{}]}}}}", dice.int(1, 3), inner(dice)),
        13 => {
            let most = if dice.aside().chance(30) { ", max_concurrent: 2" } else { "" };
            format!("{{fallback: {{steps: [{}], otherwise: [{}]{most}}}}}", inner(dice), inner(dice))
        }
        14 if k + 1 < plan.services => {
            // One call to each instance: shards.
            let to = dice.int(k + 1, plan.services - 1);
            let need = match dice.chance(50) {
                true => format!("need: {}, ", dice.int(1, plan.instances[to as usize])),
                false => String::new(),
            };
            let times = if plan.is_scaled(to) {
                format!("times: {}, ", plan.instances[to as usize])
            } else {
                String::new()
            };
            format!("{{fan_out: {{{times}{need}steps: [{{call: {{{}}}}}]}}}}", call(dice, plan, to, false))
        }
        15 => {
            let (one, other) = (inner(dice), inner(dice));
            format!(
                "{{choose: {{ways: [{{probability: 0.4, steps: [{one}]}}, {{probability: 0.3, steps: [{other}]}}]}}}}"
            )
        }
        16 => format!("{{spawn: {{steps: [{}]}}}}", inner(dice)),
        _ => {
            // Each depth has caches of its own: nobody looks into one twice.
            let (steps, hit_time) = (inner(dice), dice.pick(&["", ", hit_time: 1ms", ", hit_time: 0s"]));
            let kind = if steps.starts_with("{call:") { dice.pick(&["a", "b"]) } else { "a" };
            format!("{{cached: {{cache: {kind}{depth}, steps: [{steps}]{hit_time}}}}}")
        }
    }
}

fn balancer(dice: &mut Dice, instances: u64, is_scaled: bool) -> String {
    let choices = dice.pick(&["1", "2", "all"]);
    let information = dice.pick(&["own", "{board: {age: 0s}}", "{board: {age: 500ms}}"]);
    let least = format!("{{least_request: {{choices: {choices}, information: {information}}}}}");
    let weights: Vec<String> =
        (0..instances).map(|k| if k == 0 { 1 } else { dice.int(0, 3) }.to_string()).collect();
    let weighted = match is_scaled {
        true => "round_robin".to_owned(),
        false => format!("{{weighted: {{weights: [{}]}}}}", weights.join(", ")),
    };
    dice.pick(&[
        "round_robin",
        "random",
        &least,
        &least,
        "{peak_ewma: {}}",
        "{ring_hash: {}}",
        "{ring_hash: {load_bound_ratio: 1.5}}",
        "{maglev: {table_size: 101}}",
        &weighted,
    ])
    .to_owned()
}

fn targets(dice: &mut Dice, has_weights: bool) -> String {
    let mut settings = vec![format!("panic_ratio: {}", dice.pick(&["0", "0.5"]))];
    if dice.chance(30) {
        let checks = dice.pick(&["self", "queue", "dependencies"]);
        settings.push(format!(
            "health_check: {{interval: {}, timeout: {}, checks: {checks}}}",
            ms(dice, 100, 900),
            ms(dice, 10, 200)
        ));
    }
    if dice.chance(40) {
        settings.push(
            "outlier_detection: {consecutive_errors: 2, interval: 500ms, base_ejection: 1s, max_ejected_ratio: 70%}".to_owned(),
        );
    }
    if dice.chance(20) {
        settings.push(format!("subset: {{{}: {{size: 2}}}}", dice.pick(&["random", "deterministic"])));
    }
    if has_weights && dice.chance(40) {
        settings.push("slow_start: {window: 2s}".to_owned());
    }
    format!("{{{}}}", settings.join(", "))
}

pub(super) fn call(dice: &mut Dice, plan: &Plan, to: u64, by_users: bool) -> String {
    let balancer = balancer(dice, plan.instances[to as usize], plan.is_scaled(to));
    let has_weights = balancer == "round_robin" || balancer.starts_with("{least");
    let attempt = dice.chance(60).then(|| dice.int(1, 300));
    let total = dice.chance(60).then(|| dice.int(attempt.unwrap_or(1), 900));
    let patience = |ms: Option<u64>| ms.map_or("none".to_owned(), |ms| format!("{ms}ms"));
    let mut aside = dice.aside();
    let (idle, connection) = (streams::idle(&mut aside), streams::connection(&mut aside, by_users));
    let mut settings = vec![
        format!("to: s{to}{}", if dice.chance(25) { "/other" } else { "" }),
        format!("timeouts: {{attempt: {}, total: {}{idle}}}", patience(attempt), patience(total)),
        format!("load_balancer: {balancer}"),
        format!("targets: {}", targets(dice, has_weights)),
    ];
    let retries = (by_users || dice.chance(40)).then(|| retry(dice));
    // Operators give users retries, and a call is retried or hedged.
    match hedging::settings(&mut dice.aside(), plan.instances[to as usize], attempt, total) {
        Some(hedges) if !by_users => settings.push(hedges),
        _ => settings.extend(retries.map(|retries| format!("retry: {retries}"))),
    }
    if dice.chance(50) {
        let margin = ms(dice, 0, 20);
        let margin = format!("{{propagate: {{margin: {margin}}}}}");
        settings.push(format!("deadline: {}", dice.pick(&["propagate", &margin])));
    }
    if dice.chance(40) {
        settings.push("pool: p".to_owned());
    }
    if dice.chance(30) {
        let latency = dice.pick(&["2ms", "{exponential: {mean: 5ms}}", "0s"]);
        settings.push(format!("network: {{latency: {latency}}}"));
    }
    settings.extend(guards::settings(dice));
    settings.extend(connection);
    settings.join(", ")
}
