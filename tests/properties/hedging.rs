//! Which hedging has this call? Thrown by the dice; short delays, so that several attempts are out.

use crate::draw::Dice;

/// Settings of a call with these timeouts, or none.
pub(crate) fn settings(
    dice: &mut Dice,
    instances: u64,
    attempt: Option<u64>,
    total: Option<u64>,
) -> Option<String> {
    if !dice.chance(35) {
        return None;
    }
    let budget = match dice.int(0, 5) {
        0 => "{success_tokens: {max_tokens: 20, token_ratio: 0.2}}".to_owned(),
        1 => {
            format!("{{deposit: {{retry_ratio: 0.{}, min_retries_per_second: 0, ttl: 5s}}}}", dice.int(1, 9))
        }
        2 => format!("{{static_cap: {{max_concurrent: {}}}}}", dice.int(1, 9)),
        3 => format!("{{active_ratio: {{retry_ratio: 0.5, min_concurrent: {}}}}}", dice.int(1, 4)),
        _ => "none".to_owned(),
    };
    let terms = format!(
        "budget: {budget}, cancel_losers: {}, on_all_failed: {}, avoid_previous_host: {}{}",
        dice.chance(70),
        dice.pick(&["last", "primary"]),
        dice.pick(&["none", "{reselections: 2}"]),
        dice.pick(&["", "", ", non_fatal: [server_error, timeout, reset]"]),
    );
    let attempts = dice.int(2, 5);
    let longest = total.map_or(100, |total| (total - 1).min(100));
    let delay = format!("{}ms", dice.int(0, longest));
    Some(match dice.int(0, 4) {
        0 if instances > 1 => format!("hedging: {{tied: {{delay: {delay}, {terms}}}}}"),
        1 => format!(
            "hedging: {{percentile: {{percentile: 0.{}, window: 3s, refresh: 500ms, max_attempts: {attempts}, {terms}}}}}",
            dice.int(1, 9)
        ),
        2 if attempt.is_some() => {
            format!("hedging: {{on_attempt_timeout: {{max_attempts: {attempts}, {terms}}}}}")
        }
        3 => format!(
            "hedging: {{fixed: {{max_attempts: {attempts}, {}}}}}",
            terms.replace("non_fatal: []", "")
        ),
        _ => format!("hedging: {{fixed: {{delay: {delay}, max_attempts: {attempts}, {terms}}}}}"),
    })
}
