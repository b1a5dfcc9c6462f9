//! Fixed delay: another attempt after a wait that is always the same.
//!
//! **What it does.** While no answer has come, sends the next attempt `delay` after the last one, up to
//! `max_attempts` in all; with a `delay` of 0 all at once, without one only after a failure.
//! **Why it exists.** One slow instance out of many hardly ever serves both. The caller waits for the quicker.
//! **Where it fails.** The delay is right for one latency. Set below it, or kept while the service slows down, every
//! request is sent `max_attempts` times, at the worst moment. A budget bounds that, `percentile` avoids it.
//! **See it.** `scenarios/library/resilience/fan-out-and-hedging.yaml`, variant `hedge-35ms`.
//! **Source.** gRFC A6 `hedgingPolicy` (`maxAttempts` at most 5, `hedgingDelay`; one without a delay sends all at
//! once: `0ms` here); Polly v8 (`MaxHedgedAttempts` without the first, `Delay`; -1 ms waits for a failure: `none`
//! here); resilience4j `Hedge` with a preconfigured duration.

use serde::{Deserialize, Serialize};

use super::terms::{check_attempts, with_terms};
use crate::policy::Problem;
use crate::units::{Count, Patience};

with_terms! {
/// The next attempt after a fixed wait.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "FixedHedging"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// From one attempt to the next while no answer comes; `0ms` sends all at once, `none` (default) the next only
    /// after a failure.
    #[serde(default)]
    pub delay: Patience,
    /// Attempts per call, the first included; 2 to 11. Default: 2.
    #[serde(default = "super::terms::two")]
    pub max_attempts: Count,
}
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_attempts(self.max_attempts).into_iter().collect();
        if self.delay.0.is_none() && self.non_fatal.as_ref().is_some_and(Vec::is_empty) {
            let sentence = "without a delay only a failure sends the next attempt, and with `non_fatal: []` none does; \
                            write a delay, or the failures";
            problems.push(Problem::new("delay", sentence));
        }
        problems.extend(self.terms().check());
        problems
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{ms, read};

    use super::*;

    #[test]
    fn a_delay_of_nothing_is_not_no_delay() {
        let delay = |json: &str| read::<Config>(json).expect("settings are readable").delay.0;
        assert_eq!(delay(r#"{"delay": "0ms"}"#), Some(ms(0.0)));
        assert_eq!(delay(r#"{"delay": "none"}"#), None);
        assert_eq!(delay("{}"), None);
    }

    #[test]
    fn something_must_be_able_to_send_the_second() {
        let config: Config = read(r#"{"non_fatal": []}"#).expect("settings are readable");
        assert_eq!(config.check()[0].field, "delay");
    }
}
