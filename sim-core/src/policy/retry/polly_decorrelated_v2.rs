//! Decorrelated jitter, second version: the waits of a smooth curve, read at random places.
//!
//! **What it does.** Waits (f(t_n) - f(t_(n-1))) / 1.4 * `base` before the n-th retry, at most `max`,
//! with f(t) = 2^t * tanh(sqrt(4t)), t_n = n - 1 + U(0, 1) and f(t_0) = 0. The medians are about 0.9, 1.1,
//! 2, 4 and 8 times `base`.
//! **Why it exists.** Full jitter leaves gaps and heaps between the retries of a crowd; here the places
//! on the curve are spread evenly, so that the crowd arrives as a flat stream, while the waits still double.
//! **Where it fails.** No wait has a lower bound: the first is near 0 for some. As with every back-off,
//! lasting overload sees no fewer attempts.
//! **Source.** Polly v8 `RetryHelper.DecorrelatedJitterBackoffV2` (after George Polevoy). Deviations:
//! time is in nanoseconds, Polly's in ticks of 100ns.

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use super::terms::with_terms;
use crate::luck::{Luck, Purpose};
use crate::math;
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::Count;

/// Makes the median of the first waits about `base`.
const SCALE: f64 = 1.0 / 1.4;

with_terms! {
/// A smooth curve of waits, read at random places (Polly v8).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PollyDecorrelatedRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1 (Polly's `MaxRetryAttempts` plus 1).
    pub max_attempts: Count,
    /// About the median of the first wait; from 0 (Polly 2s).
    pub base: SimDuration,
    /// The longest wait: a duration of at least `base`, or `unlimited`. Default: `unlimited`.
    #[serde(default)]
    pub max: Cap,
}
}

impl Config {
    /// Shortest and longest before the `n`-th retry, in seconds: the curve is read between n - 1 and n, after a place
    /// between n - 2 and n - 1.
    pub(super) fn waits(&self, n: f64) -> (f64, f64) {
        let curve = |t: f64| {
            let t = t.max(0.0);
            crate::math::pow(2.0, t) * crate::math::tanh(crate::math::sqrt(4.0 * t)) / 1.4
        };
        (0.0, self.max.cut_secs(self.base.as_secs_f64() * (curve(n) - curve(n - 2.0))))
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.max.check(self.base);
        problems.extend(self.check_shared());
        problems
    }

    /// The wait before the `retry`-th retry, and how far the curve has come with it; `come` is how far it
    /// had come before, zero before the first.
    #[inline]
    pub(super) fn delay(&self, retry: u32, come: SimDuration, luck: Luck) -> (SimDuration, SimDuration) {
        let t = f64::from(retry) - 1.0 + luck.draws(Purpose::Backoff).unit();
        let curve = math::pow(2.0, t) * math::tanh(math::sqrt(4.0 * t));
        let place = self.base.mul_f64(curve * SCALE);
        // Beyond the longest span there is no difference left to wait for.
        let wait = if place == SimDuration::MAX { place } else { place - come };
        (self.max.limit(wait), place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, luck, ms};

    /// The waits of many calls, by number of the retry, in seconds, sorted.
    fn waits(config: &Config, retries: u32) -> Vec<Vec<f64>> {
        let mut all = vec![Vec::new(); retries as usize];
        for k in 0..20_000 {
            let mut come = SimDuration::ZERO;
            for retry in 1..=retries {
                let luck = luck(k * u64::from(retries) + u64::from(retry));
                let (wait, now) = config.delay(retry, come, luck);
                come = now;
                all[retry as usize - 1].push(wait.as_secs_f64());
            }
        }
        all.iter_mut().for_each(|waits| waits.sort_by(f64::total_cmp));
        all
    }

    #[test]
    fn polly_decorrelated_v2_has_its_medians_and_maxima() {
        // policies.md, section 20. The least upper bounds are (f(n) - f(n - 2)) / 1.4, which few calls come
        // near; the table's maxima are those of a sample, up to 1% below.
        let waits = waits(&config!(r#"{"max_attempts": 6, "base": "1s"}"#), 5);
        let medians = [0.90, 1.14, 2.02, 4.01, 8.00];
        let bounds = [1.378, 2.838, 4.327, 8.584, 17.147];
        for ((waits, median), bound) in waits.iter().zip(medians).zip(bounds) {
            // Of 20 000 waits the median is within 4 standard errors, 1.4% of the values' ranks.
            let (low, high) = (waits[9_717], waits[10_283]);
            assert!(low < median + 0.005 && median - 0.005 < high, "{median} outside {low}..{high}");
            let longest = waits[19_999];
            assert!(0.95 * bound < longest && longest < bound, "{longest} against {bound}");
        }
    }

    #[test]
    fn the_cap_comes_last_and_does_not_bend_the_curve() {
        let capped = config!(r#"{"max_attempts": 6, "base": "1s", "max": "2s"}"#);
        let free = config!(r#"{"max_attempts": 6, "base": "1s"}"#);
        for k in 0..1_000 {
            let (wait, come) = free.delay(4, ms(5_000.0), luck(k));
            assert_eq!(capped.delay(4, ms(5_000.0), luck(k)), (wait.min(ms(2_000.0)), come));
        }
    }

    #[test]
    fn late_retries_end_at_the_longest_span() {
        let config = config!(r#"{"max_attempts": 10000, "base": "1s"}"#);
        assert_eq!(config.delay(5_000, ms(0.0), luck(0)).0, SimDuration::MAX);
        assert_eq!(config.delay(5_001, SimDuration::MAX, luck(0)).0, SimDuration::MAX, "not at once");
    }
}
