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
    settings
}

fn scope(dice: &mut Dice) -> &str {
    dice.pick(&["per_caller_instance", "per_edge"])
}

fn breaker(dice: &mut Dice) -> String {
    let max_wait = if dice.chance(50) { "none".to_owned() } else { format!("{}ms", dice.int(1, 500)) };
    let common = format!(
        "open_duration: {}ms, half_open_calls: {}, half_open_max_wait: {max_wait}, auto_half_open: {}, scope: {}",
        dice.int(1, 1_000),
        dice.int(1, 4),
        dice.chance(50),
        scope(dice)
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
    match dice.int(0, 2) {
        0 => format!("{{sre: {{k: 1.{}, per_criticality: {}, {common}}}}}", dice.int(0, 9), dice.chance(50)),
        1 => format!("{{envoy_success_rate: {{aggression: {}, {common}}}}}", dice.int(1, 3)),
        _ => format!("{{nack_ema: {{min_rps: 0/s, nack_threshold_ratio: 0.{}, {common}}}}}", dice.int(1, 9)),
    }
}
