//! Nack EMA: a share is kept back that grows as the mean of what was not refused falls.
//!
//! **What it does.** Keeps an exponentially weighted mean of 1 for an answer and 0 for an explicit refusal (a nack);
//! the weight of what was before falls by e per `window`. Below 1 - `nack_threshold_ratio` an attempt is kept back
//! with probability min(`max_rejection_ratio`, 1 - mean / (1 - `nack_threshold_ratio`)), unless fewer than
//! `min_rps` were wanted per second.
//! **Why it exists.** It trusts the word of the service alone: errors and slow answers are no reason to send less.
//! The cap keeps enough going to see the recovery.
//! **Where it fails.** A service that is too busy to refuse, and lets its callers wait, is never spared. The
//! mean has no use for time without answers: it stands still until the next, which then weighs much.
//! **Source.** Finagle `NackAdmissionFilter`: 2 minutes, threshold .5, cap .75, 5 per second. Deviations: the rate is
//! that of the last ten seconds.

use serde::{Deserialize, Serialize};

use super::sre::check_window;
use super::{Answer, Scope, answer, check_refusals};
use crate::math;
use crate::policy::rolling::Rolling;
use crate::policy::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Probability, Rate};

/// Explicit refusals.
const NACKS: [Outcome; 3] = [Outcome::QueueFull, Outcome::Expired, Outcome::Shed];
/// Over which the rate is measured.
const RATE_SPAN: SimDuration = SimDuration::from_secs(10);

/// A share that grows with the explicit refusals.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "NackThrottle"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The time in which the weight of an answer falls by e, at least 1ms. Default: 2m.
    pub window: SimDuration,
    /// The share of refusals above which attempts are kept back, above 0 and below 1. Default: 0.5.
    pub nack_threshold_ratio: Probability,
    /// The most that is kept back, from 0 to 1. Default: 0.75.
    pub max_rejection_ratio: Probability,
    /// Attempts per second below which nothing is kept back. Default: 5/s.
    pub min_rps: Rate,
    /// Refusals by outcome word. Default: `queue_full`, `expired`, `shed`.
    pub count_as_refusal: Option<Vec<Outcome>>,
    /// Who shares one throttle. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            window: SimDuration::from_secs(120),
            nack_threshold_ratio: Probability::new(0.5),
            max_rejection_ratio: Probability::new(0.75),
            min_rps: Rate::per_second(5.0),
            count_as_refusal: None,
            scope: Scope::default(),
        }
    }
}

/// The mean, and how much is wanted.
#[derive(Clone, Debug)]
pub struct State {
    /// Of 1 for an answer and 0 for a refusal; 1 at first.
    mean: f64,
    /// Until when it is brought up to date.
    until: SimTime,
    wanted: Rolling<1>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_window(self.window).into_iter().collect();
        let threshold = self.nack_threshold_ratio.get();
        if threshold == 0.0 || threshold == 1.0 {
            let sentence = format!("must be above 0 and below 1, found {}", self.nack_threshold_ratio);
            problems.push(Problem::new("nack_threshold_ratio", sentence));
        }
        problems.extend(check_refusals("count_as_refusal", self.count_as_refusal.as_deref()));
        problems.extend(self.scope.check_before_choice());
        problems
    }

    /// The formula.
    fn probability(&self, mean: f64) -> f64 {
        let least = 1.0 - self.nack_threshold_ratio.get();
        if mean >= least { 0.0 } else { (1.0 - mean / least).min(self.max_rejection_ratio.get()) }
    }
}

impl State {
    pub(super) fn new() -> Self {
        State { mean: 1.0, until: SimTime::ZERO, wanted: Rolling::new(RATE_SPAN, 10) }
    }

    /// Somebody wants to send an attempt.
    pub(super) fn asked(&mut self, now: SimTime) {
        self.wanted.add(now, [1]);
    }

    pub(super) fn probability(&mut self, config: &Config, now: SimTime) -> f64 {
        let [wanted] = self.wanted.sums(now);
        if f64::from(wanted) / RATE_SPAN.as_secs_f64() < config.min_rps.as_per_second() {
            return 0.0;
        }
        config.probability(self.mean)
    }

    pub(super) fn observe(&mut self, config: &Config, outcome: Outcome, now: SimTime) {
        let value = match answer(config.count_as_refusal.as_deref().unwrap_or(&NACKS), outcome) {
            Answer::Nothing => return,
            Answer::Accepted => 1.0,
            Answer::Refused => 0.0,
        };
        let weight = math::exp(-(now.since(self.until).as_secs_f64() / config.window.as_secs_f64()));
        self.mean = value * (1.0 - weight) + self.mean * weight;
        self.until = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Rig;
    use super::*;

    #[test]
    fn the_share_follows_finagles_examples() {
        // The comments of NackAdmissionFilter: a mean of 20% keeps back 60%, one of 10% would keep back 80%.
        let config = Config::default();
        for (mean, expected) in [(1.0, 0.0), (0.5, 0.0), (0.2, 0.6), (0.1, 0.75), (0.0, 0.75)] {
            assert!((config.probability(mean) - expected).abs() < 1e-12, "{mean}");
        }
    }

    #[test]
    fn half_of_the_window_weighs_half_of_what_is_left() {
        let config = Config::default();
        let mut state = State::new();
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        state.observe(&config, Outcome::Shed, at(120));
        assert!((state.mean - crate::math::exp(-1.0)).abs() < 1e-12);
        state.observe(&config, Outcome::Ok, at(240));
        assert!((state.mean - (1.0 - crate::math::exp(-1.0) + crate::math::exp(-2.0))).abs() < 1e-12);
    }

    #[test]
    fn errors_and_timeouts_are_no_refusals() {
        let share = |outcome| {
            let mut rig = Rig::new(r#"{"nack_ema": {"window": "1s"}}"#);
            for k in 0..500 {
                rig.wait_ms(20);
                if rig.admits(k) {
                    rig.results(1, outcome);
                }
            }
            rig.share()
        };
        assert_eq!((share(Outcome::ServerError), share(Outcome::Timeout)), (0.0, 0.0));
        assert_eq!(share(Outcome::Shed), 0.75);
    }

    #[test]
    fn below_five_per_second_nothing_is_kept_back() {
        let kept = |pause_ms| {
            let mut rig = Rig::new(r#"{"nack_ema": {"window": "1s"}}"#);
            let mut kept = 0;
            for k in 0..200 {
                rig.wait_ms(pause_ms);
                match rig.admits(k) {
                    true => rig.results(1, Outcome::QueueFull),
                    false => kept += 1,
                }
            }
            kept
        };
        assert_eq!(kept(250), 0);
        assert!(kept(100) > 50);
    }
}
