//! Exponential back-off: each wait is longer than the last by the same factor.
//!
//! **What it does.** Waits min(`max`, `base` * `multiplier`^(n-1)) before the n-th retry, made random
//! by `jitter`.
//! **Why it exists.** A caller does not know how long a failure lasts. Doubling the wait finds the right
//! size in a few attempts: glitches cost little, outages get few retries.
//! **Where it fails.** It delays load and removes none: new requests keep coming with their own first
//! retries, so a service in overload sees the same number of attempts a little later. Without jitter the
//! waves of callers that failed together only move further apart.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `full-jitter`;
//! `scenarios/library/resilience/retries-backoff-jitter.yaml`, with and without jitter.
//! **Source.** Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015; gRFC A6;
//! resilience4j `IntervalFunction`; Envoy `backoff_strategy.cc`. Deviations: the first wait is `base` as
//! in most libraries, while the simulator of the AWS article starts at 2 * `base`; Finagle's first wait is
//! exact, its jitter begins with the second.

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use super::jitter::{Jitter, Spread};
use super::terms::with_terms;
use crate::luck::Luck;
use crate::math;
use crate::policy::per_outcome::PerOutcome;
use crate::policy::{Outcome, Problem};
use crate::time::SimDuration;
use crate::units::{Count, Factor, Probability};

with_terms! {
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
    /// Other bases for some failures, by outcome word, such as `{shed: 1s}` (AWS). Default: none.
    #[serde(default)]
    pub base_when: Option<Box<PerOutcome<SimDuration>>>,
    /// Cut each wait to a multiple of this before the next is made from it, and draw in such steps
    /// (resilience4j `1ms`). Default: nothing is cut.
    #[serde(default)]
    pub truncate_to: Option<SimDuration>,
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
}
}

fn doubling() -> Factor {
    Factor::new(2.0)
}

impl Config {
    /// Shortest and longest before the `n`-th retry, in seconds, without `base_when` and `truncate_to`.
    pub(super) fn waits(&self, n: f64) -> (f64, f64) {
        let wait = self.base.as_secs_f64() * crate::math::pow(self.multiplier.get(), n - 1.0);
        self.jitter.bounds(self.jitter_ratio, self.max.cut_secs(wait))
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.spread().check(self.base);
        for (outcome, base) in self.base_when.iter().flat_map(|bases| bases.all()) {
            let below = format!("base_when/{}", outcome.word());
            problems.extend(self.max.check_base(base).map(|sentence| Problem::new(&below, sentence)));
        }
        if self.truncate_to == Some(SimDuration::ZERO) {
            problems.push(Problem::new(
                "truncate_to",
                "must be above 0s, such as `1ms`; leave it out to cut nothing",
            ));
        }
        problems.extend(self.check_shared());
        problems
    }

    #[inline]
    pub(super) fn delay(&self, retry: u32, outcome: Outcome, luck: Luck) -> SimDuration {
        debug_assert!(retry >= 1, "retries are numbered from 1");
        let base = self.base_when.as_ref().and_then(|bases| bases.get(outcome)).unwrap_or(self.base);
        match self.truncate_to {
            // The power may be infinite: the product then ends at the longest span, and 0 stays 0.
            None => {
                let growth = math::pow(self.multiplier.get(), f64::from(retry) - 1.0);
                self.spread().apply(base.mul_f64(growth), luck)
            }
            Some(step) => self.spread().apply_in_steps(self.truncated(base, step, retry), step, luck),
        }
    }

    /// The formula of one wait after the other, each cut to a multiple of `step`.
    fn truncated(&self, base: SimDuration, step: SimDuration, retry: u32) -> SimDuration {
        let mut delay = base.cut_to(step);
        for _ in 1..retry {
            let next = delay.mul_f64(self.multiplier.get()).cut_to(step);
            // What does not grow any more stays as it is.
            if next == delay {
                break;
            }
            delay = next;
        }
        delay
    }

    fn spread(&self) -> Spread {
        let Config { max, jitter, jitter_ratio, cap_after_jitter, .. } = *self;
        Spread { max, jitter, jitter_ratio, cap_after_jitter }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{assert_uniform, config, luck, ms, read};

    use super::*;

    fn delays(config: &Config, retries: u32) -> Vec<SimDuration> {
        (1..=retries).map(|retry| config.delay(retry, Outcome::Timeout, luck(0))).collect()
    }

    #[test]
    fn polly_doubles_from_two_seconds() {
        let config = config!(r#"{"max_attempts": 5, "base": "2s"}"#);
        assert_eq!(delays(&config, 4), [2e3, 4e3, 8e3, 16e3].map(ms));
    }

    #[test]
    fn resilience4j_grows_by_half_in_whole_milliseconds() {
        // policies.md, section 20: every interval is cut before the next is made from it.
        let config =
            config!(r#"{"max_attempts": 7, "base": "500ms", "multiplier": 1.5, "truncate_to": "1ms"}"#);
        assert_eq!(delays(&config, 6), [500.0, 750.0, 1125.0, 1687.0, 2530.0, 3795.0].map(ms));
        let uncut = config!(r#"{"max_attempts": 7, "base": "500ms", "multiplier": 1.5}"#);
        assert_eq!(delays(&uncut, 6), [500.0, 750.0, 1125.0, 1687.5, 2531.25, 3796.875].map(ms));
    }

    #[test]
    fn resilience4j_randomized_draws_whole_milliseconds_below_751() {
        // policies.md, section 20: 500 ms, 0.5, in [250, 751) ms.
        let config = config!(
            r#"{"max_attempts": 3, "base": "500ms", "jitter": "plus_minus", "jitter_ratio": 0.5, "truncate_to": "1ms"}"#,
        );
        let waits: Vec<SimDuration> =
            (0..10_000).map(|k| config.delay(1, Outcome::Timeout, luck(k))).collect();
        assert!(waits.iter().all(|wait| wait.as_nanos() % 1_000_000 == 0));
        assert_eq!((waits.iter().min(), waits.iter().max()), (Some(&ms(250.0)), Some(&ms(750.0))));
    }

    #[test]
    fn truncation_ends_where_nothing_grows_any_more() {
        let capped =
            config!(r#"{"max_attempts": 1000000, "base": "1ms", "truncate_to": "1ms", "max": "10s"}"#);
        assert_eq!(capped.delay(999_999, Outcome::Timeout, luck(0)), ms(10_000.0));
        let still =
            config!(r#"{"max_attempts": 1000000, "base": "1ms", "multiplier": 1.5, "truncate_to": "1ms"}"#);
        assert_eq!(still.delay(999_999, Outcome::Timeout, luck(0)), ms(1.0), "1.5 ms are cut to 1 ms again");
    }

    #[test]
    fn aws_waits_a_second_after_a_refusal_and_50_ms_after_all_else() {
        // policies.md, surprise 5: the defaults since 2026.
        let aws = config!(
            r#"{"max_attempts": 3, "base": "50ms", "base_when": {"shed": "1s"}, "max": "20s", "jitter": "full"}"#,
        );
        assert_uniform(|luck| aws.delay(1, Outcome::Shed, luck), 0.0, 1_000.0);
        assert_uniform(|luck| aws.delay(2, Outcome::Shed, luck), 0.0, 2_000.0);
        assert_uniform(|luck| aws.delay(2, Outcome::Timeout, luck), 0.0, 100.0);
        let problems = |json| read::<Config>(json).expect("settings are readable").check();
        let wrong =
            problems(r#"{"max_attempts": 3, "base": "50ms", "max": "1s", "base_when": {"shed": "2s"}}"#);
        assert_eq!(wrong[0].field, "base_when/shed");
        let wrong = problems(r#"{"max_attempts": 3, "base": "50ms", "truncate_to": "0s"}"#);
        assert_eq!(wrong[0].field, "truncate_to");
    }

    #[test]
    fn grpc_waits_between_80_and_120_percent_even_beyond_the_cap() {
        // policies.md, section 20 and surprise 3: gRPC drew from 0 until 2024, which is `jitter: full` here.
        let config = config!(
            r#"{"max_attempts": 6, "base": "100ms", "max": "1s", "jitter": "plus_minus", "jitter_ratio": 0.2, "cap_after_jitter": false}"#,
        );
        let bounds = [(80.0, 120.0), (160.0, 240.0), (320.0, 480.0), (640.0, 960.0), (800.0, 1200.0)];
        for (retry, (from_ms, to_ms)) in (1..).zip(bounds) {
            assert_uniform(|luck| config.delay(retry, Outcome::Timeout, luck), from_ms, to_ms);
        }
    }

    #[test]
    fn aws_draws_below_ceilings_that_double_up_to_20_s() {
        let config = config!(r#"{"max_attempts": 11, "base": "50ms", "max": "20s", "jitter": "full"}"#);
        let ceilings_s = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0];
        for (retry, ceiling_s) in (1..).zip(ceilings_s) {
            assert_uniform(|luck| config.delay(retry, Outcome::Timeout, luck), 0.0, 1e3 * ceiling_s);
        }
    }

    #[test]
    fn envoy_doubles_from_25_ms_up_to_ten_times_that() {
        // policies.md, surprise 4: the code's ceilings, not those of Envoy's documentation.
        let config = config!(r#"{"max_attempts": 7, "base": "25ms", "max": "250ms", "jitter": "full"}"#);
        for (retry, ceiling_ms) in (1..).zip([25.0, 50.0, 100.0, 200.0, 250.0, 250.0]) {
            assert_uniform(|luck| config.delay(retry, Outcome::Timeout, luck), 0.0, ceiling_ms);
        }
    }

    #[test]
    fn the_first_ceiling_is_the_base_itself() {
        // policies.md, surprise 19: the simulator of the AWS article starts at twice the base, most
        // libraries at the base. Its numbers come out with twice the `base`.
        let library = config!(r#"{"max_attempts": 2, "base": "100ms", "jitter": "full"}"#);
        assert_uniform(|luck| library.delay(1, Outcome::Timeout, luck), 0.0, 100.0);
        let article = config!(r#"{"max_attempts": 2, "base": "200ms", "jitter": "full"}"#);
        assert_uniform(|luck| article.delay(1, Outcome::Timeout, luck), 0.0, 200.0);
    }

    #[test]
    fn the_thousandth_attempt_waits_a_finite_time() {
        let unbounded = config!(r#"{"max_attempts": 10000, "base": "1ns", "multiplier": 1000000}"#);
        assert_eq!(unbounded.delay(1_000, Outcome::Timeout, luck(0)), SimDuration::MAX);
        let capped = config!(r#"{"max_attempts": 10000, "base": "1ns", "max": "1s"}"#);
        assert_eq!(capped.delay(10_000, Outcome::Timeout, luck(0)), ms(1e3));
    }

    #[test]
    fn zero_stays_zero() {
        let config = config!(r#"{"max_attempts": 10000, "base": "0s", "multiplier": 10, "jitter": "equal"}"#);
        assert_eq!(config.delay(1, Outcome::Timeout, luck(0)), SimDuration::ZERO);
        assert_eq!(config.delay(9_999, Outcome::Timeout, luck(0)), SimDuration::ZERO, "even times infinity");
    }
}
