//! Which breaker and which throttle has this call? Thrown by the dice; small numbers, so that they act.

use crate::draw::Dice;

/// Settings of a call, or none.
pub(crate) fn settings(dice: &mut Dice) -> Vec<String> {
    let mut settings = Vec::new();
    if dice.chance(30) {
        settings.push(format!("circuit_breaker: {}", breaker(dice)));
    }
    if dice.chance(25) {
        settings.push(format!("client_throttle: {}", throttle(dice)));
    }
    if dice.chance(20) {
        settings.push(format!("bulkhead: {}", bulkhead(dice)));
    }
    if dice.chance(20) {
        settings.push(format!("rate_limit: {}", rate_limit(dice)));
    }
    if dice.chance(25) {
        settings.push(format!("pipeline: [{}]", pipeline(dice)));
    }
    settings
}

fn scope<'a>(dice: &mut Dice) -> &'a str {
    dice.pick(&["per_caller_instance", "per_edge", "per_key", "per_tenant"])
}

/// Any order that makes sense: the clock of the call before the retries, the attempt's clock and pool after them.
fn pipeline(dice: &mut Dice) -> String {
    let mut order = vec!["total_timeout", "retry"];
    for (layer, may_be_outside) in [
        ("circuit_breaker", true),
        ("client_throttle", true),
        ("rate_limit", true),
        ("bulkhead", true),
        ("pool", false),
        ("attempt_timeout", false),
    ] {
        let retry = order.iter().position(|word| *word == "retry").expect("it is there");
        let least = if may_be_outside { 0 } else { retry as u64 + 1 };
        order.insert(dice.int(least, order.len() as u64) as usize, layer);
    }
    order.join(", ")
}

fn bulkhead(dice: &mut Dice) -> String {
    let scope = scope(dice);
    match dice.int(0, 2) {
        0 => {
            let (wait, queue) = (dice.pick(&["0ms", "20ms", "none"]), dice.pick(&["unlimited", "0", "3"]));
            let most = dice.int(1, 4);
            format!(
                "{{semaphore: {{max_concurrent: {most}, max_wait: {wait}, queue: {queue}, scope: {scope}}}}}"
            )
        }
        1 => format!(
            "{{thread_pool: {{core_threads: {}, max_threads: {}, queue_capacity: {}, scope: {scope}}}}}",
            dice.int(1, 2),
            dice.int(2, 4),
            dice.int(0, 3)
        ),
        _ => format!(
            "{{connection_limits: {{max_connections: {}, max_pending: {}, http_version: {}, scope: {scope}}}}}",
            dice.int(1, 4),
            dice.int(0, 3),
            dice.pick(&["http1", "http2"])
        ),
    }
}

fn rate_limit(dice: &mut Dice) -> String {
    let (rate, burst) = (dice.int(5, 100), dice.int(1, 5));
    match dice.int(0, 2) {
        0 => {
            let (wait, scope) = (dice.int(0, 200), scope(dice));
            let fill = dice.pick(&["none", "500ms"]);
            format!(
                "{{token_bucket: {{rate: {rate}/s, burst: {burst}, max_wait: {wait}ms, fill_interval: {fill}, scope: {scope}}}}}"
            )
        }
        1 => format!("{{gcra: {{rate: {rate}/s, burst: {burst}}}}}"),
        _ => format!("{{fixed_window: {{limit: {rate}, window: 1s}}}}"),
    }
}

fn breaker(dice: &mut Dice) -> String {
    let max_wait = if dice.chance(50) { "none".to_owned() } else { format!("{}ms", dice.int(1, 500)) };
    let scope = if dice.chance(20) { "per_target" } else { scope(dice) };
    let common = format!(
        "open_duration: {}ms, half_open_calls: {}, half_open_max_wait: {max_wait}, auto_half_open: {}, scope: {}",
        dice.int(1, 1_000),
        dice.int(1, 4),
        dice.chance(50),
        scope
    );
    if dice.chance(40) {
        let decision = dice.pick(&["all", "first"]);
        return format!(
            "{{consecutive: {{failures: {}, half_open_decision: {decision}, {common}}}}}",
            dice.int(1, 4)
        );
    }
    let size = dice.int(1, 20);
    let window = match dice.chance(50) {
        true => format!("{{count: {{size: {size}}}}}"),
        false => format!("{{time: {{size: {size}00ms, buckets: {}}}}}", dice.int(1, 20)),
    };
    let failures =
        dice.pick(&["", ", count_as_failure: [timeout, server_error, bulkhead_full, no_healthy_host]"]);
    format!(
        "{{rate: {{window: {window}, min_calls: {}, failure_ratio: 0.{}, slow_call_threshold: {}ms, evaluate: {}, half_open_decision: {}{failures}, {common}}}}}",
        dice.int(1, 5),
        dice.int(1, 9),
        dice.int(1, 200),
        dice.pick(&["each_result", "each_failure", "100ms"]),
        dice.pick(&["ratio", "all", "first"]),
    )
}

fn throttle(dice: &mut Dice) -> String {
    let (window, scope) = (dice.int(100, 5_000), scope(dice));
    let common = format!("window: {window}ms, scope: {scope}");
    match dice.int(0, 3) {
        3 => format!("{{aws_adaptive: {{scope: {scope}}}}}"),
        0 => format!("{{sre: {{k: 1.{}, per_criticality: {}, {common}}}}}", dice.int(0, 9), dice.chance(50)),
        1 => format!("{{envoy_success_rate: {{aggression: {}, {common}}}}}", dice.int(1, 3)),
        _ => format!("{{nack_ema: {{min_rps: 0/s, nack_threshold_ratio: 0.{}, {common}}}}}", dice.int(1, 9)),
    }
}
