//! Refresh before it expires, by chance: readers of a hot key do not all find it gone at once.
//!
//! **What it does.** A reader of a fresh entry loads it anew, and waits for that, if
//! now - delta beta ln(U) is at or past the expiry: delta is how long the last load took, U uniform in (0, 1].
//! One draw per read, so that hotter keys are refreshed earlier. r before the expiry one reader does so with
//! probability e^(-r / (beta delta)): 37 % at r = delta.
//! **Why it exists.** A stampede needs an expired entry. Nobody has to be told, no lock, no background task.
//! **Where it fails.** While the first reader loads, others draw, too: about e^(1/beta) load where reads are
//! frequent. A key that is read seldom expires as ever. A load that suddenly takes longer than the last one
//! begins too late.
//! **Source.** Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 8(8),
//! 2015. Write-ups that have 63 % at r = delta turn the probability round.

use serde::{Deserialize, Serialize};

use crate::luck::Draws;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Factor;

/// How early.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Xfetch"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many times as early as a load takes, above 0. Default: 1 (the paper).
    pub beta: Factor,
}

impl Default for Config {
    fn default() -> Self {
        Config { beta: Factor::new(1.0) }
    }
}

impl Config {
    /// Fields out of range.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.beta.get() <= 0.0 {
            problems
                .push(Problem::new("beta", "must be above 0; write `early_refresh: none` for no refresh"));
        }
        problems
    }

    /// Whether a reader at `now` loads an entry anew that expires at `expiry` and took `took` to load.
    #[inline]
    pub fn refreshes(&self, now: SimTime, expiry: SimTime, took: SimDuration, mut draws: Draws) -> bool {
        // -ln(U) is an exponential number of mean 1.
        let early = took.as_nanos_f64() * self.beta.get() * draws.exponential();
        now.as_nanos() as f64 + early >= expiry.as_nanos() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::math;
    use crate::policy::testing::{luck, ms};

    /// Of 20 000 readers r before the expiry, e^(-r / (beta delta)) refresh; accepted within 4 standard errors,
    /// 1.4 percentage points at most.
    #[test]
    fn the_chance_falls_off_with_the_distance_from_the_expiry() {
        let expiry = SimTime::ZERO + ms(10_000.0);
        for (r, delta, beta) in
            [(200.0, 200.0, 1.0), (400.0, 200.0, 1.0), (400.0, 200.0, 2.0), (50.0, 200.0, 0.5)]
        {
            let config = Config { beta: Factor::new(beta) };
            let now = SimTime::ZERO + ms(10_000.0 - r);
            let early =
                |k: &u64| config.refreshes(now, expiry, ms(delta), luck(*k).draws(Purpose::EarlyRefresh));
            let share = (0..20_000).filter(early).count() as f64 / 20_000.0;
            let expected = math::exp(-r / (beta * delta));
            assert!(
                (share - expected).abs() < 4.0 * (expected * (1.0 - expected) / 20_000.0).sqrt(),
                "{share}"
            );
        }
    }

    #[test]
    fn what_took_no_time_is_never_refreshed_early() {
        let expiry = SimTime::ZERO + ms(10.0);
        let early = |k| {
            Config::default().refreshes(SimTime::ZERO, expiry, ms(0.0), luck(k).draws(Purpose::EarlyRefresh))
        };
        assert!(!(0..1_000).any(early));
    }
}
