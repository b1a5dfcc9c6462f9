//! Share: each attempt is admitted with a probability.
//!
//! **What it does.** Admits an attempt with probability `to`. With `over`, the probability grows in a
//! straight line from `from` at the moment the instance became ready to `to` after that time.
//! **Why it exists.** An instance that has just started is slow: its caches and connection pools are
//! empty, its code is not compiled. A share that grows lets it warm up on a part of the load.
//! **Where it fails.** It is a share of whatever comes: at ten times the load it admits ten times as
//! much. And what it refuses is a failure unless the caller tries another instance.
//! **Source.** Slow start of Envoy and nginx, which give a new instance a smaller weight in the caller's
//! balancer. Deviations: here the instance itself refuses, so it works with callers that know nothing.

use serde::{Deserialize, Serialize};

use super::pushback::Pushback;
use super::ramp::{self, Ramp};
use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Probability;

/// A share of the attempts, by chance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ShareAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// With `over` only: the share that is admitted when the instance becomes ready. Default: 0.
    #[serde(default)]
    pub from: Option<Probability>,
    /// The share that is admitted, from 0 to 1.
    pub to: Probability,
    /// How long the share grows after the instance became ready. Default: not at all, it is `to` at once.
    #[serde(default)]
    pub over: Option<SimDuration>,
    /// What a refusal says about coming back: a wait such as `2s`, or `never`. Default: nothing.
    #[serde(default)]
    pub retry_after: Option<Pushback>,
}

/// What one instance remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// When it became ready.
    since: SimTime,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        ramp::check(self.from.is_some(), self.over)
    }

    #[inline]
    fn ramp(&self) -> Ramp {
        let from = self.from.unwrap_or(Probability::ZERO).get();
        Ramp { from, to: self.to.get(), over: self.over.unwrap_or(SimDuration::ZERO) }
    }
}

impl State {
    pub(super) const fn new(since: SimTime) -> Self {
        State { since }
    }

    #[inline]
    pub(super) fn admit(self, config: &Config, now: SimTime, luck: Luck) -> bool {
        luck.draws(Purpose::Admission).unit() < self.share(config, now)
    }

    pub(super) fn gauge(self, config: &Config, now: SimTime) -> (&'static str, f64) {
        ("admitted_share", self.share(config, now))
    }

    #[inline]
    fn share(self, config: &Config, now: SimTime) -> f64 {
        config.ramp().at(now.since(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, luck, ms};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + ms(seconds * 1e3)
    }

    /// How many of 10 000 attempts are admitted at this moment by an instance ready since 100 s.
    fn admitted(config: &Config, now: SimTime) -> u64 {
        let state = State::new(at(100.0));
        (0..10_000).filter(|k| state.admit(config, now, luck(*k))).count() as u64
    }

    #[test]
    fn all_and_none_are_certain() {
        assert_eq!(admitted(&config!(r#"{"to": 1}"#), at(100.0)), 10_000);
        assert_eq!(admitted(&config!(r#"{"to": 0}"#), at(100.0)), 0);
    }

    #[test]
    fn without_a_ramp_the_share_is_the_same_from_the_start() {
        let config = config!(r#"{"to": "30%"}"#);
        for now in [100.0, 100.001, 1e4] {
            // sqrt(n p (1-p)) = 46: 4 standard errors.
            assert!(admitted(&config, at(now)).abs_diff(3_000) < 4 * 46);
        }
    }

    #[test]
    fn the_share_grows_from_the_moment_the_instance_became_ready() {
        let config = config!(r#"{"from": 0.1, "to": 0.9, "over": "60s"}"#);
        let share = |now| State::new(at(100.0)).gauge(&config, at(now)).1;
        for (now, expected) in [(100.0, 0.1), (115.0, 0.3), (130.0, 0.5), (160.0, 0.9), (900.0, 0.9)] {
            assert!((share(now) - expected).abs() < 1e-12);
            // sqrt(n p (1-p)) is 50 at most.
            assert!(admitted(&config, at(now)).abs_diff((expected * 1e4) as u64) < 4 * 50);
        }
    }

    #[test]
    fn whoever_is_admitted_at_a_small_share_is_admitted_at_a_larger() {
        let config = config!(r#"{"to": 1, "over": "10s"}"#);
        let state = State::new(SimTime::ZERO);
        for k in 0..1_000 {
            let first = (0..=10).position(|s| state.admit(&config, at(f64::from(s)), luck(k)));
            let first = first.expect("all are admitted in the end") as u32;
            assert!((first..=10).all(|s| state.admit(&config, at(f64::from(s)), luck(k))));
        }
    }
}
