//! Linear back-off: each wait is longer than the last by the same step.
//!
//! **What it does.** Waits min(`max`, `base` * n) before the n-th retry, made random by `jitter`.
//! **Why it exists.** A middle way: the first retry comes soon enough for a glitch, the later ones
//! leave a struggling service more room, and no wait grows out of sight.
//! **Where it fails.** The waits grow too slowly for long outages: to wait 100 times as long takes 100
//! attempts. Without jitter callers stay in step.
//! **Source.** Polly v8 `RetryHelper` ((n+1)*d, n from 0; cap last), Finagle `Backoff.linear`.
//! Deviations: Finagle's step may differ from its first delay.

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use super::jitter::{Jitter, Spread};
use super::terms::with_terms;
use crate::luck::Luck;
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Probability};

with_terms! {
/// Each wait is longer by the same step.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LinearRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1.
    pub max_attempts: Count,
    /// The wait before the first retry, and the step from each to the next; from 0.
    pub base: SimDuration,
    /// The longest wait: a duration of at least `base`, or `unlimited`. Default: `unlimited`.
    #[serde(default)]
    pub max: Cap,
    /// How the wait is made random. Default: `none`.
    #[serde(default)]
    pub jitter: Jitter,
    /// For `jitter: plus_minus` only: by which share a wait may differ, 0 to 1 (Polly 0.25).
    #[serde(default)]
    pub jitter_ratio: Option<Probability>,
    /// For `jitter: plus_minus` only: whether `max` also holds for the random wait (Polly) or only for
    /// the delay it is made from. Default: true.
    #[serde(default = "super::jitter::cap_after_jitter_by_default")]
    pub cap_after_jitter: bool,
}
}

impl Config {
    /// Shortest and longest before the `n`-th retry, in seconds.
    pub(super) fn waits(&self, n: f64) -> (f64, f64) {
        self.jitter.bounds(self.jitter_ratio, self.max.cut_secs(n * self.base.as_secs_f64()))
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.spread().check(self.base);
        problems.extend(self.check_shared());
        problems
    }

    #[inline]
    pub(super) fn delay(&self, retry: u32, luck: Luck) -> SimDuration {
        self.spread().apply(self.base.mul_f64(f64::from(retry)), luck)
    }

    fn spread(&self) -> Spread {
        let Config { max, jitter, jitter_ratio, cap_after_jitter, .. } = *self;
        Spread { max, jitter, jitter_ratio, cap_after_jitter }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{assert_uniform, luck, ms, read};

    use super::*;

    fn config(json: &str) -> Config {
        read(json).expect("settings are readable")
    }

    fn delays(config: &Config, retries: u32) -> Vec<SimDuration> {
        (1..=retries).map(|retry| config.delay(retry, luck(0))).collect()
    }

    #[test]
    fn each_wait_is_longer_by_the_same_step() {
        // Polly's formula at its default delay of 2 s.
        let config = config(r#"{"max_attempts": 5, "base": "2s"}"#);
        assert_eq!(delays(&config, 4), [2e3, 4e3, 6e3, 8e3].map(ms));
    }

    #[test]
    fn no_wait_is_longer_than_the_cap() {
        let config = config(r#"{"max_attempts": 5, "base": "100ms", "max": "250ms"}"#);
        assert_eq!(config.check(), []);
        assert_eq!(delays(&config, 4), [100.0, 200.0, 250.0, 250.0].map(ms));
    }

    #[test]
    fn jitter_is_taken_of_the_longer_wait() {
        let config = config(r#"{"max_attempts": 5, "base": "100ms", "jitter": "full"}"#);
        assert_uniform(|luck| config.delay(3, luck), 0.0, 300.0);
    }

    #[test]
    fn endless_retries_end_at_the_longest_span() {
        let config = config(r#"{"max_attempts": 10000000, "base": "36500d"}"#);
        assert_eq!(config.delay(1_000, luck(0)), SimDuration::MAX);
    }

    #[test]
    fn a_cap_below_the_first_wait_is_refused() {
        let config = config(r#"{"max_attempts": 5, "base": "1s", "max": "10ms"}"#);
        assert_eq!(config.check()[0].field, "max");
    }
}
