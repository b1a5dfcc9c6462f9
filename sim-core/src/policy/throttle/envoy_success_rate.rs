//! Success rate: a share is kept back that grows as the success rate falls below a threshold.
//!
//! **What it does.** Over a sliding `window` of n attempts that ended, s of them well: keeps an attempt back with
//! probability min(`max_rejection_ratio`, max(0, (n - s / `success_threshold_ratio`) / (n + 1)) ^ (1 / `aggression`)),
//! unless fewer than `min_rps` were sent per second.
//! **Why it exists.** It needs no word of refusal: whatever fails is a reason to send less. And the cap leaves a
//! fifth of the load, so it notices at once when the service is well again.
//! **Where it fails.** For the same reason: a bug that fails a tenth of the requests costs further ones that would have
//! succeeded. And that fifth is sent however hopeless it is.
//! **Source.** Envoy `admission_control.proto` and `admission_control.cc`: `sampling_window` 30s, `aggression` 1,
//! `sr_threshold` 95%, `rps_threshold` 0, `max_rejection_probability` 80%. Deviations: the window moves in
//! thirtieths; success is `ok`, since no status codes are simulated.
//!
//! Unlike [`sre`](super::sre), what is kept back is not counted.

use serde::{Deserialize, Serialize};

use super::sre::check_window;
use super::{Answer, Scope, answer, check_refusals};
use crate::math;
use crate::policy::rolling::Rolling;
use crate::policy::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Factor, Probability, Rate};

/// What counts as a failure if the file names nothing.
const FAILURES: [Outcome; 7] = [
    Outcome::ServerError,
    Outcome::Timeout,
    Outcome::QueueFull,
    Outcome::Expired,
    Outcome::ConnectFailure,
    Outcome::Reset,
    Outcome::Shed,
];
/// Slices of the window: one second each in Envoy.
const SLICES: u32 = 30;

/// A share that grows as the success rate falls.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SuccessRateThrottle"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The time over which attempts are counted, at least 1ms. Default: 30s.
    pub window: SimDuration,
    /// The success rate below which attempts are kept back, above 0. Default: 95%.
    pub success_threshold_ratio: Probability,
    /// How early much is kept back, at least 1. Default: 1.
    pub aggression: Factor,
    /// Attempts per second below which nothing is kept back. Default: 0/s.
    pub min_rps: Rate,
    /// The most that is kept back, from 0 to 1. Default: 80%.
    pub max_rejection_ratio: Probability,
    /// Failures by outcome word; what else the service answers is a success. Default: all that is not `ok`.
    pub count_as_failure: Option<Vec<Outcome>>,
    /// Who shares one throttle. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            window: SimDuration::from_secs(30),
            success_threshold_ratio: Probability::new(0.95),
            aggression: Factor::new(1.0),
            min_rps: Rate::per_second(0.0),
            max_rejection_ratio: Probability::new(0.8),
            count_as_failure: None,
            scope: Scope::default(),
        }
    }
}

/// Attempts that ended, and those that ended well.
#[derive(Clone, Debug)]
pub struct State(Rolling<2>);

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_window(self.window).into_iter().collect();
        if self.success_threshold_ratio.get() == 0.0 {
            let sentence = "must be above 0: no success rate is below it; write `client_throttle: none`";
            problems.push(Problem::new("success_threshold_ratio", sentence));
        }
        if self.aggression.get() < 1.0 {
            let sentence = format!("must be at least 1, found {}", self.aggression);
            problems.push(Problem::new("aggression", sentence));
        }
        problems.extend(check_refusals("count_as_failure", self.count_as_failure.as_deref()));
        problems.extend(self.scope.check_before_choice());
        problems
    }

    /// The formula.
    fn probability(&self, ended: u32, succeeded: u32) -> f64 {
        let (n, s) = (f64::from(ended), f64::from(succeeded));
        let lacking = ((n - s / self.success_threshold_ratio.get()) / (n + 1.0)).max(0.0);
        let share = match self.aggression.get() == 1.0 {
            true => lacking,
            false => math::pow(lacking, 1.0 / self.aggression.get()),
        };
        share.min(self.max_rejection_ratio.get())
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State(Rolling::new(config.window, SLICES))
    }

    pub(super) fn probability(&mut self, config: &Config, now: SimTime) -> f64 {
        let [ended, succeeded] = self.0.sums(now);
        if f64::from(ended) / config.window.as_secs_f64() < config.min_rps.as_per_second() {
            return 0.0;
        }
        config.probability(ended, succeeded)
    }

    pub(super) fn observe(&mut self, config: &Config, outcome: Outcome, now: SimTime) {
        match answer(config.count_as_failure.as_deref().unwrap_or(&FAILURES), outcome) {
            Answer::Nothing => {}
            Answer::Accepted => self.0.add(now, [1, 1]),
            Answer::Refused => self.0.add(now, [1, 0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Rig;
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn the_formula_gives_the_published_values() {
        // policies.md, section 20.
        let config = Config::default();
        for (s, expected) in [(1_000, 0.0), (950, 0.0), (900, 0.0526), (500, 0.4732), (100, 0.8)] {
            assert!((config.probability(1_000, s) - expected).abs() < 5e-5, "{s}");
        }
        let config: Config = read(r#"{"aggression": 2}"#).expect("settings are readable");
        for (s, expected) in [(900, 0.2293), (500, 0.6879)] {
            assert!((config.probability(1_000, s) - expected).abs() < 5e-5, "{s}");
        }
    }

    #[test]
    fn those_kept_back_are_not_counted() {
        let mut rig = Rig::new(r#"{"envoy_success_rate": {}}"#);
        rig.results(500, Outcome::Ok);
        rig.results(500, Outcome::ServerError);
        let before = rig.share();
        assert!((0..1_000).any(|k| !rig.admits(k)));
        assert_eq!(rig.share(), before);
    }

    #[test]
    fn below_the_least_rate_nothing_is_kept_back() {
        let mut rig = Rig::new(r#"{"envoy_success_rate": {"min_rps": "10/s"}}"#);
        rig.results(299, Outcome::Timeout);
        assert_eq!(rig.share(), 0.0, "299 in 30 s");
        rig.results(1, Outcome::Timeout);
        assert_eq!(rig.share(), 0.8);
    }
}
