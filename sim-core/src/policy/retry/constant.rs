//! Constant back-off: the same wait before every retry.
//!
//! **What it does.** Waits `base` before each retry, made random by `jitter`.
//! **Why it exists.** It keeps a caller from hammering a service that is away for a moment, such as
//! during a restart, and its worst case is easy to foresee: (`max_attempts` - 1) * `base` of waiting.
//! **Where it fails.** No wait fits both a glitch and an outage. Without jitter, callers that failed
//! together return together, `base` later, and fail together again.
//! **See it.** `scenarios/library/resilience/what-backoff-is-for.yaml`.
//! **Source.** resilience4j `RetryConfig` (`waitDuration` 500ms), Polly v8 (`Delay` 2s, with jitter
//! 25% up or down). Deviations: none.

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use super::jitter::{Jitter, Spread};
use super::terms::with_terms;
use crate::luck::Luck;
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Probability};

with_terms! {
/// Again after the same wait each time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ConstantRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1.
    pub max_attempts: Count,
    /// The wait before each retry; from 0.
    pub base: SimDuration,
    /// How the wait is made random. Default: `none`.
    #[serde(default)]
    pub jitter: Jitter,
    /// For `jitter: plus_minus` only: by which share a wait may differ, 0 to 1 (Polly 0.25).
    #[serde(default)]
    pub jitter_ratio: Option<Probability>,
}
}

impl Config {
    /// Shortest and longest, in seconds.
    pub(super) fn waits(&self) -> (f64, f64) {
        self.jitter.bounds(self.jitter_ratio, self.base.as_secs_f64())
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.spread().check(self.base);
        problems.extend(self.check_shared());
        problems
    }

    #[inline]
    pub(super) fn delay(&self, luck: Luck) -> SimDuration {
        self.spread().apply(self.base, luck)
    }

    fn spread(&self) -> Spread {
        let Config { jitter, jitter_ratio, .. } = *self;
        Spread { max: Cap::Unlimited, jitter, jitter_ratio, cap_after_jitter: true }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{assert_uniform, luck, ms, read};

    use super::*;

    fn config(json: &str) -> Config {
        read(json).expect("settings are readable")
    }

    #[test]
    fn every_wait_is_the_same() {
        // resilience4j's default: 3 attempts, 500 ms.
        let config = config(r#"{"max_attempts": 3, "base": "500ms"}"#);
        assert!((0..100).all(|k| config.delay(luck(k)) == ms(500.0)));
    }

    #[test]
    fn polly_waits_a_quarter_more_or_less() {
        let config =
            config(r#"{"max_attempts": 4, "base": "2s", "jitter": "plus_minus", "jitter_ratio": "25%"}"#);
        assert_eq!(config.check(), []);
        assert_uniform(|luck| config.delay(luck), 1_500.0, 2_500.0);
    }

    #[test]
    fn zero_is_a_wait_too() {
        let config = config(r#"{"max_attempts": 3, "base": "0s", "jitter": "equal"}"#);
        assert_eq!(config.delay(luck(0)), SimDuration::ZERO);
    }

    #[test]
    fn a_contradiction_names_its_field() {
        let config = config(r#"{"max_attempts": 3, "base": "1s", "jitter": "plus_minus"}"#);
        assert_eq!(config.check()[0].field, "jitter_ratio");
    }
}
