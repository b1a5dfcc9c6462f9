//! Which admission control may a random service have? Each kind, with limits that bind.

use crate::draw::Dice;

/// The value of `admission`.
pub(crate) fn admission(dice: &mut Dice) -> String {
    let most = dice.int(6, 12);
    let bounds = format!("initial_limit: {}, max_limit: {most}", dice.int(1, 6));
    let (rate, span) = (dice.int(5, 60), dice.int(10, 500));
    let per = dice.pick(&["instance", "tenant", "key"]);
    let pushback = dice.pick(&["", ", retry_after: 50ms", ", retry_after: 1s", ", retry_after: never"]);
    match dice.int(0, 15) {
        0 => format!("{{share: {{from: 0.2, to: 0.9, over: 2s{pushback}}}}}"),
        1 => format!("{{rate: {{to: {rate}/s, burst: 3{pushback}}}}}"),
        2 => format!("{{fixed: {{limit: {most}}}}}"),
        3 => format!(
            "{{aimd: {{{bounds}, min_limit: 1, backoff_ratio: 0.{}, timeout_threshold: {span}ms}}}}",
            dice.int(1, 9)
        ),
        4 => format!("{{vegas: {{{bounds}, smoothing_ratio: 0.{}, probe_multiplier: 2}}}}", dice.int(1, 9)),
        5 => format!("{{gradient2: {{{bounds}, min_limit: 1, long_window: {}}}}}", dice.int(1, 90)),
        6 | 7 => format!(
            "{{envoy_gradient: {{max_limit: {most}, update_interval: {span}ms, min_rtt_interval: 1s, min_rtt_samples: {}}}}}",
            dice.int(1, 9)
        ),
        8 => format!("{{priority: {{limit: {most}}}}}"),
        9 => format!("{{gcra: {{rate: {rate}/s, burst: 3, per: {per}}}}}"),
        10 => format!("{{leaky_bucket: {{rate: {rate}/s, burst: 3, per: {per}}}}}"),
        11 => format!(
            "{{dagor: {{target_delay: {}ms, window: {span}ms, window_requests: {rate}}}}}",
            dice.int(1, 30)
        ),
        12 => format!("{{credits: {{initial_credits: {most}, target_delay: {}ms}}}}", dice.int(1, 60)),
        13 => format!("{{cycle: {{limit: {most}, period: {span}ms}}}}"),
        14 => match dice.chance(50) {
            true => format!("{{deadline: {{tolerance: 0s, max_reject_ratio: 0.9, window: {span}ms}}}}"),
            false => format!("{{rate: {{to: {rate}/s, burst: 3, refill: {span}ms}}}}"),
        },
        _ => {
            let kind = dice.pick(&["fixed_window", "sliding_window"]);
            format!("{{{kind}: {{limit: {most}, window: {span}ms, per: {per}}}}}")
        }
    }
}
