//! Who loads an entry anew although nobody has asked for it? A timer in the process that holds it.
//!
//! **What it does.** Each instance loads every key of the cache every `every` x U(1 - jitter, 1 + jitter), by the
//! steps of its first `cached` step, behind all requests. The first time is a moment of its own in the period. A load
//! that failed is tried again after `retry_every` in the same way, until one succeeds; then the period goes on from
//! there. A load that is still under way when the next is due is not doubled.
//! **Why it exists.** What is polled costs the same whether anything has changed, and whether anybody asks (constant
//! work); with values that serve on when they are old, those who ask notice nothing of a source that is away.
//! **Where it fails.** A short `retry_every` makes all instances come at once when the source returns: `every` /
//! `retry_every` times the usual load, and without jitter they stay in step from then on.
//! **Source.** MacCarthaigh, *Reliability, constant work, and a good cup of coffee*; Weiss and Furr, *Static stability
//! using Availability Zones*, both Amazon Builders' Library. Deviations: none.

use serde::{Deserialize, Serialize};

use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Patience, Probability};

/// Entries are loaded anew by the clock.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Refresh"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// From one load to the next, above 0s.
    pub every: SimDuration,
    /// Spreads each wait evenly over 1 - jitter to 1 + jitter times as long, 0 to 1; default 0.
    #[serde(default)]
    pub jitter: Probability,
    /// How soon a load that failed is tried again: a duration above 0s, not longer than `every`, or `none` (default):
    /// when the next is due.
    #[serde(default)]
    pub retry_every: Patience,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.every == SimDuration::ZERO {
            problems
                .push(Problem::new("every", "must be above 0s: who loads all the time does nothing else"));
        }
        match self.retry_every.0 {
            Some(SimDuration::ZERO) => {
                problems.push(Problem::new("retry_every", "must be above 0s, or `none`"));
            }
            Some(retry) if retry > self.every && self.every > SimDuration::ZERO => {
                let sentence = format!(
                    "must not be longer than `every`, which is {}, found {retry}: the next load would come before it",
                    self.every
                );
                problems.push(Problem::new("retry_every", sentence));
            }
            Some(_) | None => {}
        }
        problems
    }

    /// The wait before the first load of a process.
    pub fn first(&self, luck: Luck) -> SimDuration {
        self.every.mul_f64(luck.draws(Purpose::Refresh).unit())
    }

    /// The wait before the next load; `failed` after one that did.
    pub fn next(&self, failed: bool, luck: Luck) -> SimDuration {
        let wait = match self.retry_every.0 {
            Some(retry) if failed => retry,
            _ => self.every,
        };
        let jitter = self.jitter.get();
        if jitter == 0.0 {
            return wait;
        }
        wait.mul_f64(1.0 + jitter * (2.0 * luck.draws(Purpose::Refresh).unit() - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{assert_uniform, luck, ms, read};

    #[test]
    fn a_failed_load_is_tried_again_sooner_if_that_is_said() {
        let config: Config = read(r#"{"every": "10s", "retry_every": "1s"}"#).expect("sound");
        assert_eq!((config.next(false, luck(1)), config.next(true, luck(1))), (ms(10_000.0), ms(1_000.0)));
        let config: Config = read(r#"{"every": "10s"}"#).expect("sound");
        assert_eq!(config.next(true, luck(1)), ms(10_000.0));
    }

    #[test]
    fn waits_are_spread_and_first_moments_lie_anywhere() {
        let config: Config = read(r#"{"every": "1s", "jitter": 0.2}"#).expect("sound");
        assert_uniform(|luck| config.next(false, luck), 800.0, 1_200.0);
        assert_uniform(|luck| config.first(luck), 0.0, 1_000.0);
    }

    #[test]
    fn spans_of_nothing_and_a_retry_after_the_next_are_refused() {
        let told = |json: &str| read::<Config>(json).expect("readable").check().swap_remove(0);
        assert_eq!(told(r#"{"every": "0s"}"#).field, "every");
        assert_eq!(told(r#"{"every": "1s", "retry_every": "0s"}"#).field, "retry_every");
        assert!(told(r#"{"every": "1s", "retry_every": "2s"}"#).sentence.contains("before it"));
    }
}
