//! Exponential back-off: each wait is longer than the last by the same factor.
//!
//! **What it does.** Waits min(`max`, `base` * `multiplier`^(n-1)) before the n-th retry, made random
//! by `jitter`.
//! **Why it exists.** A caller does not know how long a failure lasts. Doubling the wait finds the right
//! size in a few attempts: glitches cost little, outages get few retries.
//! **Where it fails.** It delays load and removes none: new requests keep coming with their own first
//! retries, so a service in overload sees the same number of attempts a little later. Without jitter the
//! waves of callers that failed together only move further apart.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `full-jitter`.
//! **Source.** Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015; gRFC A6;
//! resilience4j `IntervalFunction`; Envoy `backoff_strategy.cc`. Deviations: the first wait is `base` as
//! in most libraries, while the simulator of the AWS article starts at 2 * `base`; resilience4j cuts each
//! interval to whole milliseconds and multiplies the result, here nothing is cut.

use serde::{Deserialize, Serialize};

use super::budget;
use super::cap::Cap;
use super::jitter::{Jitter, Spread};
use crate::luck::Luck;
use crate::math;
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Factor, Probability};

/// Each wait is longer by the same factor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ExponentialRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1.
    pub max_attempts: Count,
    /// The wait before the first retry; from 0 (Envoy 25ms, AWS 50ms, gRPC usually 100ms).
    pub base: SimDuration,
    /// The factor from each wait to the next, above 0 (resilience4j 1.5). Default: 2.
    #[serde(default = "doubling")]
    pub multiplier: Factor,
    /// The longest wait: a duration of at least `base`, or `unlimited`. Default: `unlimited`.
    #[serde(default)]
    pub max: Cap,
    /// How the wait is made random. Default: `none`.
    #[serde(default)]
    pub jitter: Jitter,
    /// For `jitter: plus_minus` only: by which share a wait may differ, 0 to 1 (gRPC 0.2, resilience4j
    /// 0.5).
    #[serde(default)]
    pub jitter_ratio: Option<Probability>,
    /// For `jitter: plus_minus` only: whether `max` also holds for the random wait (resilience4j) or
    /// only for the delay it is made from (gRPC, which may wait up to 20% longer). Default: true.
    #[serde(default = "super::jitter::cap_after_jitter_by_default")]
    pub cap_after_jitter: bool,
    /// What bounds the retries of one client over all its calls. Default: `none`.
    #[serde(default)]
    pub budget: budget::Config,
}

fn doubling() -> Factor {
    Factor::new(2.0)
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.spread().check(self.base);
        problems.extend(Problem::below("budget", self.budget.check()));
        problems
    }

    #[inline]
    pub(super) fn delay(&self, retry: u32, luck: Luck) -> SimDuration {
        debug_assert!(retry >= 1, "retries are numbered from 1");
        // The power may be infinite: the product then ends at the longest span, and 0 stays 0.
        let growth = math::pow(self.multiplier.get(), f64::from(retry) - 1.0);
        self.spread().apply(self.base.mul_f64(growth), luck)
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
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config
    }

    fn delays(config: &Config, retries: u32) -> Vec<SimDuration> {
        (1..=retries).map(|retry| config.delay(retry, luck(0))).collect()
    }

    #[test]
    fn polly_doubles_from_two_seconds() {
        let config = config(r#"{"max_attempts": 5, "base": "2s"}"#);
        assert_eq!(delays(&config, 4), [2e3, 4e3, 8e3, 16e3].map(ms));
    }

    #[test]
    fn resilience4j_grows_by_half() {
        // policies.md, section 20: 500, 750, 1125, 1687, 2530, 3795 ms, as resilience4j cuts every
        // interval to whole milliseconds before it goes on; here nothing is cut.
        let config = config(r#"{"max_attempts": 7, "base": "500ms", "multiplier": 1.5}"#);
        assert_eq!(delays(&config, 6), [500.0, 750.0, 1125.0, 1687.5, 2531.25, 3796.875].map(ms));
    }

    #[test]
    fn grpc_waits_between_80_and_120_percent_even_beyond_the_cap() {
        let config = config(
            r#"{"max_attempts": 6, "base": "100ms", "max": "1s", "jitter": "plus_minus", "jitter_ratio": 0.2, "cap_after_jitter": false}"#,
        );
        let bounds = [(80.0, 120.0), (160.0, 240.0), (320.0, 480.0), (640.0, 960.0), (800.0, 1200.0)];
        for (retry, (from_ms, to_ms)) in (1..).zip(bounds) {
            assert_uniform(|luck| config.delay(retry, luck), from_ms, to_ms);
        }
    }

    #[test]
    fn aws_draws_below_ceilings_that_double_up_to_20_s() {
        let config = config(r#"{"max_attempts": 11, "base": "50ms", "max": "20s", "jitter": "full"}"#);
        let ceilings_s = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0];
        for (retry, ceiling_s) in (1..).zip(ceilings_s) {
            assert_uniform(|luck| config.delay(retry, luck), 0.0, 1e3 * ceiling_s);
        }
    }

    #[test]
    fn envoy_doubles_from_25_ms_up_to_ten_times_that() {
        // policies.md, surprise 4: the code's ceilings, not those of Envoy's documentation.
        let config = config(r#"{"max_attempts": 7, "base": "25ms", "max": "250ms", "jitter": "full"}"#);
        for (retry, ceiling_ms) in (1..).zip([25.0, 50.0, 100.0, 200.0, 250.0, 250.0]) {
            assert_uniform(|luck| config.delay(retry, luck), 0.0, ceiling_ms);
        }
    }

    #[test]
    fn the_first_ceiling_is_the_base_itself() {
        // policies.md, surprise 19: the simulator of the AWS article starts at twice the base, most
        // libraries at the base. Its numbers come out with twice the `base`.
        let library = config(r#"{"max_attempts": 2, "base": "100ms", "jitter": "full"}"#);
        assert_uniform(|luck| library.delay(1, luck), 0.0, 100.0);
        let article = config(r#"{"max_attempts": 2, "base": "200ms", "jitter": "full"}"#);
        assert_uniform(|luck| article.delay(1, luck), 0.0, 200.0);
    }

    #[test]
    fn the_thousandth_attempt_waits_a_finite_time() {
        let unbounded = config(r#"{"max_attempts": 10000, "base": "1ns", "multiplier": 1000000}"#);
        assert_eq!(unbounded.delay(1_000, luck(0)), SimDuration::MAX);
        let capped = config(r#"{"max_attempts": 10000, "base": "1ns", "max": "1s"}"#);
        assert_eq!(capped.delay(10_000, luck(0)), ms(1e3));
    }

    #[test]
    fn zero_stays_zero() {
        let config = config(r#"{"max_attempts": 10000, "base": "0s", "multiplier": 10, "jitter": "equal"}"#);
        assert_eq!(config.delay(1, luck(0)), SimDuration::ZERO);
        assert_eq!(config.delay(9_999, luck(0)), SimDuration::ZERO, "even times infinity");
    }
}
