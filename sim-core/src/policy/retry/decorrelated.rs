//! Decorrelated jitter: a random wait of up to three times the last one.
//!
//! **What it does.** Waits s_n = min(`max`, U(`base`, 3 * s_(n-1))) before the n-th retry, with
//! s_0 = `base`.
//! **Why it exists.** The wait grows on average, but every caller walks a path of its own: what two of
//! them waited before says little about when they meet again. No wait is shorter than `base`, which full
//! jitter cannot promise.
//! **Where it fails.** One long draw makes the following waits long too, and the total is hard to
//! foresee. As with every back-off, lasting overload sees no fewer attempts.
//! **Source.** Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015, "Decorrelated
//! Jitter", and its simulator. Deviations: none. (Polly's "decorrelated V2" is another formula.)

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use super::terms::with_terms;
use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::Count;

/// By which factor the wait may grow from one retry to the next; 3 in the article.
const GROWTH: f64 = 3.0;

with_terms! {
/// A random wait of up to three times the last one.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "DecorrelatedRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1.
    pub max_attempts: Count,
    /// The shortest wait; from 0.
    pub base: SimDuration,
    /// The longest wait: a duration of at least `base`, or `unlimited`. Default: `unlimited`.
    #[serde(default)]
    pub max: Cap,
}
}

impl Config {
    /// Shortest and longest before the `n`-th retry, in seconds.
    pub(super) fn waits(&self, n: f64) -> (f64, f64) {
        let base = self.base.as_secs_f64();
        (self.max.cut_secs(base), self.max.cut_secs(base * crate::math::pow(3.0, n)))
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.max.check(self.base);
        problems.extend(self.check_shared());
        problems
    }

    /// The wait after one of `previous`, which is zero before the first retry.
    #[inline]
    pub(super) fn delay(&self, previous: SimDuration, luck: Luck) -> SimDuration {
        // Every wait is at least `base`, so only the missing one before the first is raised.
        let longest = previous.max(self.base).mul_f64(GROWTH);
        let reach = longest - self.base;
        self.max.limit(self.base + reach.mul_f64(luck.draws(Purpose::Backoff).unit()))
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{assert_uniform, config, luck, ms};

    use super::*;

    #[test]
    fn the_first_wait_lies_between_once_and_three_times_the_base() {
        let config = config!(r#"{"max_attempts": 5, "base": "100ms"}"#);
        assert_uniform(|luck| config.delay(SimDuration::ZERO, luck), 100.0, 300.0);
    }

    #[test]
    fn the_next_wait_starts_from_the_last() {
        let config = config!(r#"{"max_attempts": 5, "base": "100ms"}"#);
        assert_uniform(|luck| config.delay(ms(200.0), luck), 100.0, 600.0);
    }

    #[test]
    fn every_wait_of_a_long_call_lies_between_base_and_cap() {
        let config = config!(r#"{"max_attempts": 10000, "base": "100ms", "max": "10s"}"#);
        let mut previous = SimDuration::ZERO;
        let mut at_the_cap = 0;
        for k in 0..10_000 {
            let delay = config.delay(previous, luck(k));
            let reach = previous.max(ms(100.0)).mul_f64(3.0).min(ms(1e4));
            assert!((ms(100.0)..=reach).contains(&delay), "{delay} after {previous}");
            at_the_cap += u32::from(delay == ms(1e4));
            previous = delay;
        }
        assert!(at_the_cap > 100, "the waits reach the cap: {at_the_cap} times");
    }

    #[test]
    fn endless_growth_ends_at_the_longest_span() {
        let config = config!(r#"{"max_attempts": 10000, "base": "36500d"}"#);
        assert!(config.delay(SimDuration::MAX, luck(0)) <= SimDuration::MAX);
    }

    #[test]
    fn zero_stays_zero() {
        let config = config!(r#"{"max_attempts": 5, "base": "0s"}"#);
        assert_eq!(config.delay(SimDuration::ZERO, luck(0)), SimDuration::ZERO);
    }
}
