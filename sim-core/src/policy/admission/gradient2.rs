//! Gradient2: so many at once as the long mean of round trips over the present one allows.
//!
//! **What it does.** Keeps a long mean of round trips (exponential, over `long_window` answers; the plain mean
//! of the first 10). With g = `rtt_tolerance` * long / present, between 1/2 and 1, an answer moves the limit
//! a share `smoothing_ratio` of the way to limit * g + `queue_allowance`. Nothing moves while less than half
//! of the limit is in use. If the long mean is more than twice the present round trip it shrinks by 5 %.
//! **Why it exists.** The shortest round trip is a bad yardstick where work differs in size; a mean is not
//! moved by one small answer, and the tolerance leaves room for the spread.
//! **Where it fails.** The yardstick follows the load: what stays slow for several `long_window`s is taken for
//! normal and the limit grows again. It does not look at drops at all. `min_limit` (20 by default) may be far
//! more than a slow instance can hold.
//! **Source.** Netflix concurrency-limits, `Gradient2Limit` (defaults from there; older versions have no
//! tolerance and shrink the mean by 10 %). Deviations: none known.

use serde::{Deserialize, Serialize};

use super::{Ended, limits};
use crate::policy::Problem;
use crate::units::{Count, Factor, Probability};

/// Answers whose plain mean begins the long mean.
const FIRST: u32 = 10;

/// So many at once as the long mean of round trips over the present one allows.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Gradient2Admission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The limit when the instance becomes ready. Default: 20 (Netflix).
    pub initial_limit: Count,
    /// The limit is never below this. Default: 20 (Netflix).
    pub min_limit: Count,
    /// The limit is never above this. Default: 200 (Netflix).
    pub max_limit: Count,
    /// How much of each step is taken, above 0. Default: 0.2 (Netflix).
    pub smoothing_ratio: Probability,
    /// How many may wait when all is well: by so many the limit wants to grow. Default: 4 (Netflix).
    pub queue_allowance: Count,
    /// Answers over which the long mean goes. Default: 600 (Netflix).
    pub long_window: Count,
    /// How many times the long mean an answer may take before the limit shrinks; at least 1. Default: 1.5
    /// (Netflix).
    pub rtt_tolerance: Factor,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            initial_limit: Count::new(20),
            min_limit: Count::new(20),
            max_limit: Count::new(200),
            smoothing_ratio: Probability::new(0.2),
            queue_allowance: Count::new(4),
            long_window: Count::new(600),
            rtt_tolerance: Factor::new(1.5),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// invariant: between the bounds of the settings.
    limit: f64,
    /// The long mean in nanoseconds.
    long: f64,
    /// Answers in it, counted up to the first few.
    answers: u32,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = limits::check(self.initial_limit, self.min_limit, self.max_limit);
        problems.extend(limits::check_smoothing(self.smoothing_ratio));
        if self.rtt_tolerance.get() < 1.0 {
            let sentence = format!(
                "must be at least 1, found {}: below, an answer as long as usual would shrink the limit; write for example 1.5",
                self.rtt_tolerance
            );
            problems.push(Problem::new("rtt_tolerance", sentence));
        }
        problems
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { limit: f64::from(config.initial_limit.get()), long: 0.0, answers: 0 }
    }

    #[inline]
    pub(super) fn admit(self, in_flight: u32) -> bool {
        in_flight < self.limit as u32
    }

    pub(super) fn observe(&mut self, config: &Config, ended: Ended) {
        let short = (ended.round_trip.as_nanos().max(1)) as f64;
        if self.answers < FIRST {
            self.answers += 1;
            self.long += (short - self.long) / f64::from(self.answers);
        } else {
            let weight = 2.0 / (f64::from(config.long_window.get()) + 1.0);
            self.long = self.long * (1.0 - weight) + short * weight;
        }
        let long = self.long;
        if long / short > 2.0 {
            self.long *= 0.95;
        }
        if f64::from(ended.in_flight) >= self.limit / 2.0 {
            self.step(config, long, short);
        }
    }

    fn step(&mut self, config: &Config, long: f64, short: f64) {
        let gradient = (config.rtt_tolerance.get() * long / short).clamp(0.5, 1.0);
        let target = self.limit * gradient + f64::from(config.queue_allowance.get());
        let share = config.smoothing_ratio.get();
        let limit = self.limit * (1.0 - share) + target * share;
        self.limit = limit.clamp(f64::from(config.min_limit.get()), f64::from(config.max_limit.get()));
    }

    pub(super) fn gauge(self) -> (&'static str, f64) {
        limits::gauge(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Outcome;
    use crate::policy::testing::{ms, read};

    fn ended(in_flight: u32, round_trip_ms: f64) -> Ended {
        Ended { in_flight, round_trip: ms(round_trip_ms), outcome: Outcome::Ok }
    }

    #[test]
    fn the_conformance_vector() {
        // policies.md, section 20: L 100, inflight 100, long 10; short 10, 20, 50.
        for (short, limit) in [(10.0, 100.8), (20.0, 95.8), (50.0, 90.8)] {
            let mut state = State { limit: 100.0, long: 10.0, answers: FIRST };
            state.step(&Config::default(), 10.0, short);
            assert!((state.limit - limit).abs() < 1e-9, "{short}: {}", state.limit);
        }
    }

    #[test]
    fn the_long_mean_begins_plain_and_goes_on_exponentially() {
        let mut state = State::new(&Config::default());
        for k in 1..=10 {
            state.observe(&Config::default(), ended(1, f64::from(k)));
        }
        // Its own rule shrinks it only after answers shorter than half of it.
        assert!((state.long - 5.5e6).abs() < 1.0);
        state.observe(&Config::default(), ended(1, 5.5 + 601.0));
        assert!((state.long - 7.5e6).abs() < 1.0, "2 / 601 of what is more");
    }

    #[test]
    fn unused_limits_stay_and_drops_are_not_looked_at() {
        let mut state = State { limit: 100.0, long: 10e6, answers: FIRST };
        state.observe(&Config::default(), ended(49, 100.0));
        assert_eq!(state.limit, 100.0);
        let (mut dropped, mut answered) = (state, state);
        dropped.observe(&Config::default(), Ended { outcome: Outcome::Expired, ..ended(100, 10.0) });
        answered.observe(&Config::default(), ended(100, 10.0));
        assert_eq!(dropped.limit, answered.limit);
    }

    #[test]
    fn a_long_mean_far_above_the_present_shrinks_faster_than_its_window() {
        let mut state = State { limit: 100.0, long: 100e6, answers: FIRST };
        let answers = (1..).find(|_| {
            state.observe(&Config::default(), ended(1, 10.0));
            state.long <= 20.1e6
        });
        assert!(answers.expect("it shrinks") < 40);
    }

    #[test]
    fn what_stays_slow_becomes_normal() {
        let config = Config::default();
        let mut state = State { limit: 100.0, long: 10e6, answers: FIRST };
        for _ in 0..20 {
            state.observe(&config, ended(100, 100.0));
        }
        assert_eq!(state.limit, 20.0);
        for _ in 0..3_000 {
            state.observe(&config, ended(100, 100.0));
        }
        assert_eq!(state.limit, 200.0, "ten times as slow as before, and ten times as many");
    }

    #[test]
    fn a_tolerance_below_one_is_told() {
        let problems = read::<Config>(r#"{"rtt_tolerance": 0.9}"#).expect("settings are readable").check();
        assert_eq!(problems[0].field, "rtt_tolerance");
        assert!(Config::default().check().is_empty());
    }
}
