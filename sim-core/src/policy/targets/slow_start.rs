//! Slow start: an instance that has just become ready gets little at first.
//!
//! **What it does.** For `window` after an instance became ready its weight is multiplied by
//! max(`min_weight_ratio`, (age / `window`)^(1 / `aggression`)). Only turns have weights: it acts on
//! `round_robin`, `weighted` and `least_request`.
//! **Why it exists.** A fresh process has cold caches, an empty pool and code that is not compiled yet. With
//! its full share at once it is slow, fails its checks and is restarted, cold again.
//! **Where it fails.** What the newcomer does not get, the others do: after a restart of most instances
//! they are overloaded. It warms by the clock: with little traffic nothing is warm after `window`. If all
//! are new, nobody gets less.
//! **Source.** Envoy `slow_start_config` (`aggression` 1.0, `min_weight_percent` 10%). Deviations: at the
//! start of a run all instances are warm. As in Envoy, an instance is new when it becomes ready or when a
//! health check finds it well again, not when an ejection ends.

use serde::{Deserialize, Serialize};

use crate::math;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Factor, Patience, Probability};

/// How an instance that has just become ready is spared.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SlowStart"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How long it is spared, above 0s; `none` switches slow start off. Default: `none`.
    pub window: Patience,
    /// How fast the weight grows: 1 evenly, above 1 faster at first, below 1 slower. Default: 1 (Envoy).
    pub aggression: Factor,
    /// The least share of its weight, 0 to 1, above 0. Default: 0.1 (Envoy).
    pub min_weight_ratio: Probability,
}

impl Default for Config {
    fn default() -> Self {
        Config { window: Patience(None), aggression: Factor::ONE, min_weight_ratio: Probability::new(0.1) }
    }
}

/// What one client remembers: since when each instance is new; none if it never was.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    since: Vec<Option<SimTime>>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.window.0 == Some(SimDuration::ZERO) {
            problems.push(Problem::new("window", "must be above 0s; write `none` for no slow start"));
        }
        if self.min_weight_ratio == Probability::ZERO {
            let sentence = "must be above 0: a newcomer would never have its first turn";
            problems.push(Problem::new("min_weight_ratio", sentence));
        }
        problems
    }

    /// The share of its weight that an instance of this age has.
    fn warmth(&self, age: SimDuration) -> f64 {
        match self.window.0 {
            Some(window) if age < window => {
                let share = age.as_nanos_f64() / window.as_nanos_f64();
                math::pow(share, 1.0 / self.aggression.get()).max(self.min_weight_ratio.get())
            }
            Some(_) | None => 1.0,
        }
    }
}

impl State {
    pub(super) fn grow(&mut self, instances: u32) {
        self.since.resize(instances as usize, None);
    }

    /// The instance is new.
    pub(super) fn begin(&mut self, instance: u32, now: SimTime) {
        self.since[instance as usize] = Some(now);
    }

    /// The share of its weight that an instance has now.
    pub(super) fn warmth(&self, config: &Config, instance: u32, now: SimTime) -> f64 {
        self.since[instance as usize].map_or(1.0, |since| config.warmth(now.since(since)))
    }

    /// From when on all of `members` are warm.
    pub(super) fn warm_at(&self, config: &Config, members: &[u32]) -> SimTime {
        let Some(window) = config.window.0 else { return SimTime::ZERO };
        let since = members.iter().filter_map(|member| self.since[*member as usize]);
        since.max().map_or(SimTime::ZERO, |latest| latest + window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn config(json: &str) -> Config {
        read(json).expect("settings are readable")
    }

    fn warmths(config: &Config, ages_s: &[u64]) -> Vec<f64> {
        ages_s.iter().map(|age| config.warmth(SimDuration::from_secs(*age))).collect()
    }

    #[test]
    fn conformance_slow_start_60_s() {
        // policies.md, section 20: age 0, 6, 15, 30, 60 s: 0.1, 0.1, 0.25, 0.5, 1.
        let config = config(r#"{"window": "60s"}"#);
        assert_eq!(warmths(&config, &[0, 6, 15, 30, 60, 61]), [0.1, 0.1, 0.25, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn aggression_bends_the_curve() {
        let fast = config(r#"{"window": "60s", "aggression": 2}"#);
        assert_eq!(warmths(&fast, &[15]), [0.5], "the square root of a quarter");
        let slow = config(r#"{"window": "60s", "aggression": 0.5, "min_weight_ratio": 0.01}"#);
        assert_eq!(warmths(&slow, &[30]), [0.25], "the square of a half");
    }

    #[test]
    fn the_oldest_are_warm_and_the_youngest_decides_when_all_are() {
        let config = config(r#"{"window": "60s"}"#);
        let mut state = State::default();
        state.grow(3);
        assert_eq!(state.warm_at(&config, &[0, 1, 2]), SimTime::ZERO);
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        state.begin(1, at(10));
        state.begin(2, at(20));
        assert_eq!(state.warm_at(&config, &[0, 1, 2]), at(80));
        assert_eq!(state.warm_at(&config, &[0, 1]), at(70));
        assert_eq!([0, 1, 2].map(|i| state.warmth(&config, i, at(40))), [1.0, 0.5, 1.0 / 3.0]);
    }

    #[test]
    fn without_a_window_everyone_is_warm() {
        assert_eq!(config("{}"), Config::default());
        assert_eq!(warmths(&config(r#"{"window": "none"}"#), &[0]), [1.0]);
    }

    #[test]
    fn what_would_never_begin_is_named() {
        let config = config(r#"{"window": "0s", "min_weight_ratio": 0}"#);
        let problems: Vec<String> =
            config.check().into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect();
        assert_eq!(
            problems,
            [
                "window: must be above 0s; write `none` for no slow start",
                "min_weight_ratio: must be above 0: a newcomer would never have its first turn",
            ]
        );
    }
}
