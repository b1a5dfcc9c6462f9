//! Vegas: so many at once that a few wait, judged by how much longer answers take than in an empty system.
//!
//! **What it does.** Remembers the shortest round trip as that without load. From each answer it estimates
//! how many wait: `queue` = limit * (1 - no load / round trip), rounded up. With l = log10(limit), rounded
//! down, at least 1: queue <= `threshold` * l: limit + `beta` * l; below `alpha` * l: limit + l; above
//! `beta` * l: limit - l. A drop: limit - l. Nothing moves up or down while less than half of the limit is in
//! use. After `probe_multiplier` * limit answers (times a chance between 1/2 and 1) the next round trip,
//! whatever it is, is the one without load.
//! **Why it exists.** It needs no drop and no timeout to learn: the wait itself tells, before callers leave.
//! **Where it fails.** The shortest round trip is its yardstick: where work differs in size, the smallest
//! sets it and everything else looks like a queue. A yardstick taken under load makes the load look normal:
//! the limit then grows with it.
//! **Source.** Netflix concurrency-limits, `VegasLimit` (defaults from there); Brakmo and Peterson, TCP Vegas,
//! 1995. Deviations: none known; the chance comes from the luck of the attempt that ends.

use serde::{Deserialize, Serialize};

use super::{Ended, limits};
use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::units::{Count, Probability};

/// So many at once that a few wait.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "VegasAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The limit when the instance becomes ready. Default: 20 (Netflix).
    pub initial_limit: Count,
    /// The limit is never above this; below 1 it never goes. Default: 1000 (Netflix).
    pub max_limit: Count,
    /// How much of each step is taken, above 0. Default: 1, all of it (Netflix).
    pub smoothing_ratio: Probability,
    /// Fewer waiting than this times log10(limit): one step up. Default: 3 (Netflix).
    pub alpha: Count,
    /// More waiting than this times log10(limit): one step down; at least `alpha`. Default: 6 (Netflix).
    pub beta: Count,
    /// No more waiting than this times log10(limit): `beta` steps up; at most `alpha`. Default: 1 (Netflix).
    pub threshold: Count,
    /// After about so many answers times the limit the round trip without load is measured anew. Default: 30
    /// (Netflix).
    pub probe_multiplier: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            initial_limit: Count::new(20),
            max_limit: Count::new(1_000),
            smoothing_ratio: Probability::ONE,
            alpha: Count::new(3),
            beta: Count::new(6),
            threshold: Count::ONE,
            probe_multiplier: Count::new(30),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// invariant: from 1 to the largest.
    limit: f64,
    /// Nanoseconds; 0 before the first answer.
    no_load: u64,
    /// Answers since the round trip without load was measured last.
    answers: u64,
    /// Share of the full number of answers until it is measured again; 0 before the first answer.
    patience: f64,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = limits::check(self.initial_limit, Count::ONE, self.max_limit);
        problems.extend(limits::check_smoothing(self.smoothing_ratio));
        if self.alpha > self.beta {
            let sentence = format!(
                "`alpha` is above `beta`, which is {}: the limit would grow and shrink at the same queue; write at most {}",
                self.beta, self.beta
            );
            problems.push(Problem::new("alpha", sentence));
        }
        if self.threshold > self.alpha {
            let sentence = format!(
                "`threshold` is above `alpha`, which is {}: small steps would never be taken; write at most {}",
                self.alpha, self.alpha
            );
            problems.push(Problem::new("threshold", sentence));
        }
        problems
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { limit: f64::from(config.initial_limit.get()), no_load: 0, answers: 0, patience: 0.0 }
    }

    #[inline]
    pub(super) fn admit(self, in_flight: u32) -> bool {
        in_flight < self.limit as u32
    }

    pub(super) fn observe(&mut self, config: &Config, ended: Ended, luck: Luck) {
        let draw = || 0.5 + 0.5 * luck.draws(Purpose::LimitProbe).unit();
        if self.patience == 0.0 {
            self.patience = draw();
        }
        let round_trip = ended.round_trip.as_nanos().max(1);
        self.answers += 1;
        let enough = self.patience * f64::from(config.probe_multiplier.get()) * self.limit;
        if enough <= self.answers as f64 {
            self.patience = draw();
            self.answers = 0;
            self.no_load = round_trip;
        } else if self.no_load == 0 || round_trip < self.no_load {
            self.no_load = round_trip;
        } else {
            self.step(config, round_trip, ended.in_flight, ended.is_drop());
        }
    }

    fn step(&mut self, config: &Config, round_trip: u64, in_flight: u32, dropped: bool) {
        let limit = self.limit;
        let unit = f64::from((limit as u32).checked_ilog10().unwrap_or(0).max(1));
        let of = |factor: Count| f64::from(factor.get()) * unit;
        let queue = (limit * (1.0 - self.no_load as f64 / round_trip as f64)).ceil();
        let target = if dropped {
            limit - unit
        } else if f64::from(in_flight) * 2.0 < limit {
            return;
        } else if queue <= of(config.threshold) {
            limit + of(config.beta)
        } else if queue < of(config.alpha) {
            limit + unit
        } else if queue > of(config.beta) {
            limit - unit
        } else {
            return;
        };
        let target = target.clamp(1.0, f64::from(config.max_limit.get()));
        let share = config.smoothing_ratio.get();
        self.limit = (1.0 - share) * limit + share * target;
    }

    pub(super) fn gauge(self) -> (&'static str, f64) {
        limits::gauge(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Outcome;
    use crate::policy::testing::{luck, ms, read};

    fn ended(in_flight: u32, round_trip_ms: f64, outcome: Outcome) -> Ended {
        Ended { in_flight, round_trip: ms(round_trip_ms), outcome }
    }

    /// Limit 100, 10 ms without load.
    fn settled() -> State {
        State { limit: 100.0, no_load: ms(10.0).as_nanos(), answers: 0, patience: 1.0 }
    }

    fn after(ended: Ended) -> f64 {
        let mut state = settled();
        state.observe(&Config::default(), ended, luck(0));
        state.limit
    }

    #[test]
    fn the_conformance_vector() {
        // policies.md, section 20: L 100, inflight 100, no-load 10; rtt 10, 10.3, 10.8, 20.
        for (round_trip, limit) in [(10.0, 112.0), (10.3, 102.0), (10.8, 100.0), (20.0, 98.0)] {
            assert_eq!(after(ended(100, round_trip, Outcome::Ok)), limit, "{round_trip}");
        }
    }

    #[test]
    fn a_drop_is_one_step_down_and_unused_limits_stay() {
        assert_eq!(after(ended(1, 10.0, Outcome::Expired)), 98.0);
        assert_eq!(after(ended(49, 10.0, Outcome::Ok)), 100.0);
        assert_eq!(after(ended(49, 90.0, Outcome::Ok)), 100.0, "not even down");
        assert_eq!(after(ended(50, 10.0, Outcome::Ok)), 112.0);
    }

    #[test]
    fn a_shorter_round_trip_only_becomes_the_yardstick() {
        let mut state = settled();
        state.observe(&Config::default(), ended(100, 9.0, Outcome::Ok), luck(0));
        assert_eq!((state.limit, state.no_load), (100.0, 9_000_000));
    }

    #[test]
    fn the_yardstick_is_measured_anew_after_half_to_all_of_30_limits() {
        let config = Config { alpha: Count::new(1_000), beta: Count::new(1_000), ..Config::default() };
        for k in 0..50 {
            let mut state = State { limit: 20.0, patience: 0.0, ..settled() };
            let renewed = (1..2_000).find(|_| {
                state.observe(&config, ended(1, 30.0, Outcome::Ok), luck(k));
                state.no_load == 30_000_000
            });
            let renewed = renewed.expect("it is measured anew");
            assert!((300..=600).contains(&renewed), "{renewed}");
        }
    }

    #[test]
    fn a_yardstick_taken_under_load_lets_the_limit_grow_with_the_load() {
        let config = Config::default();
        let mut state = settled();
        state.no_load = ms(1_000.0).as_nanos();
        state.observe(&config, ended(100, 1_000.0, Outcome::Ok), luck(0));
        assert_eq!(state.limit, 112.0);
    }

    #[test]
    fn factors_out_of_order_are_told() {
        let fields = |json| {
            let problems = read::<Config>(json).expect("settings are readable").check();
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(r#"{"alpha": 7}"#), ["alpha"]);
        assert_eq!(fields(r#"{"threshold": 4}"#), ["threshold"]);
        assert_eq!(
            fields(r#"{"smoothing_ratio": 0, "max_limit": 19}"#),
            ["initial_limit", "smoothing_ratio"]
        );
        assert!(fields("{}").is_empty());
    }
}
