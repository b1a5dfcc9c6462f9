//! AIMD: so many at once, one more while it goes well, a tenth less when it does not.
//!
//! **What it does.** Admits while fewer than `limit` attempts are in the system of the instance. After an
//! answer that took at most `timeout_threshold`: limit + 1, if at least half of the limit was in use when
//! the attempt came. After a slower answer, or a drop: limit * `backoff_ratio`, rounded down.
//! **Why it exists.** The right number under way follows from the speed of the instance, which nobody
//! knows and which changes. This finds it by trying, as TCP finds its window: up in steps, down in
//! proportion, which is fair between instances that do it side by side.
//! **Where it fails.** It goes down only when answers are already too late: with a threshold far above
//! the callers' patience (5s by default) it admits whatever comes, up to `max_limit`. Below `min_limit`
//! (20 by default) it never goes, however slow a worker is. An error is an answer: who fails fast is
//! given more.
//! **Source.** Netflix concurrency-limits, `AIMDLimit` with `SimpleLimiter`; drops as its gRPC server
//! interceptor counts them (errors are answers; what was cancelled is ignored). Deviations: the limit
//! starts anew with the instance.

use serde::{Deserialize, Serialize};

use super::{Ended, limits};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Probability};

/// So many at once: one more while it goes well, a share less when it does not.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "AimdAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The limit when the instance becomes ready. Default: 20 (Netflix).
    pub initial_limit: Count,
    /// The limit is never below this. Default: 20 (Netflix).
    pub min_limit: Count,
    /// The limit is never above this. Default: 200 (Netflix).
    pub max_limit: Count,
    /// What is left of the limit after a slow answer or a drop, above 0 and below 1. Default: 0.9 (Netflix).
    pub backoff_ratio: Probability,
    /// An answer that took longer, from its arrival at the instance, is slow; above 0. Default: 5s (Netflix).
    pub timeout_threshold: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            initial_limit: Count::new(20),
            min_limit: Count::new(20),
            max_limit: Count::new(200),
            backoff_ratio: Probability::new(0.9),
            timeout_threshold: SimDuration::from_secs(5),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// invariant: between the bounds of the settings.
    limit: u32,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = limits::check(self.initial_limit, self.min_limit, self.max_limit);
        let ratio = self.backoff_ratio.get();
        if ratio <= 0.0 || ratio >= 1.0 {
            let sentence = format!(
                "must lie between 0 and 1, ends excluded, found {}: it is what is left of the limit after a drop; write for example 0.9",
                self.backoff_ratio
            );
            problems.push(Problem::new("backoff_ratio", sentence));
        }
        if self.timeout_threshold == SimDuration::ZERO {
            let sentence =
                "must be above 0: every answer would be slow; write how long one may take, such as `1s`";
            problems.push(Problem::new("timeout_threshold", sentence));
        }
        problems
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { limit: config.initial_limit.get() }
    }

    #[inline]
    pub(super) fn admit(self, in_flight: u32) -> bool {
        in_flight < self.limit
    }

    pub(super) fn observe(&mut self, config: &Config, ended: Ended) {
        let limit = if ended.is_drop() || ended.round_trip > config.timeout_threshold {
            (f64::from(self.limit) * config.backoff_ratio.get()) as u32
        } else if ended.in_flight.saturating_mul(2) >= self.limit {
            self.limit + 1
        } else {
            self.limit
        };
        self.limit = limit.clamp(config.min_limit.get(), config.max_limit.get());
    }

    pub(super) fn gauge(self) -> (&'static str, f64) {
        limits::gauge(f64::from(self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Outcome;
    use crate::policy::testing::{config, ms, read};

    fn answer(in_flight: u32, round_trip: SimDuration) -> Ended {
        Ended { in_flight, round_trip, outcome: Outcome::Ok }
    }

    /// The limit after this end, from 100.
    fn after(ended: Ended) -> u32 {
        let mut state = State { limit: 100 };
        state.observe(&Config::default(), ended);
        state.limit
    }

    #[test]
    fn the_conformance_vector() {
        // policies.md, section 20: L 100; ok at inflight 50 / at 49 / drop.
        assert_eq!(after(answer(50, ms(10.0))), 101);
        assert_eq!(after(answer(49, ms(10.0))), 100);
        assert_eq!(after(Ended { outcome: Outcome::Expired, ..answer(100, ms(10.0)) }), 90);
    }

    #[test]
    fn an_answer_is_slow_above_the_threshold_not_at_it() {
        assert_eq!(after(answer(100, ms(5_000.0))), 101);
        assert_eq!(after(answer(100, ms(5_000.001))), 90);
        assert_eq!(after(answer(1, ms(5_000.001))), 90, "however few were there");
    }

    #[test]
    fn an_error_is_an_answer() {
        assert_eq!(after(Ended { outcome: Outcome::ServerError, ..answer(100, ms(1.0)) }), 101);
        for outcome in [Outcome::Expired, Outcome::QueueFull] {
            assert_eq!(after(Ended { outcome, ..answer(100, ms(1.0)) }), 90);
        }
    }

    #[test]
    fn the_limit_stays_between_its_bounds() {
        let config = config!(r#"{"initial_limit": 3, "min_limit": 2, "max_limit": 4}"#);
        let mut state = State::new(&config);
        let mut limits = Vec::new();
        for outcome in [Outcome::Ok, Outcome::Ok, Outcome::Expired, Outcome::Expired, Outcome::Expired] {
            state.observe(&config, Ended { outcome, ..answer(4, ms(1.0)) });
            limits.push(state.limit);
        }
        assert_eq!(limits, [4, 4, 3, 2, 2]);
    }

    #[test]
    fn so_many_are_admitted_at_once() {
        let state = State::new(&Config::default());
        assert!(state.admit(19));
        assert!(!state.admit(20));
        assert_eq!(state.gauge(), ("concurrency_limit", 20.0));
    }

    #[test]
    fn a_ratio_of_one_or_nothing_and_no_threshold_are_mistakes() {
        let fields = |json| {
            let problems = read::<Config>(json).expect("settings are readable").check();
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(r#"{"backoff_ratio": 1}"#), ["backoff_ratio"]);
        assert_eq!(
            fields(r#"{"backoff_ratio": 0, "timeout_threshold": "0s"}"#),
            ["backoff_ratio", "timeout_threshold"]
        );
        assert_eq!(fields(r#"{"max_limit": 10}"#), ["min_limit"]);
    }
}
