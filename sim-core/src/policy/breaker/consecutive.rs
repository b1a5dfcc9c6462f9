//! Consecutive failures: after so many in a row nothing is sent for a while.
//!
//! **What it does.** Opens at the `failures`-th failure without a success between. Half-open, by default one
//! attempt is let through: success closes it, failure opens it again.
//! **Why it exists.** It needs no window and opens within a handful of attempts when a service is gone, at any
//! rate of traffic: the rule to start with where a client sends little.
//! **Where it fails.** One success resets it, so a service that fails every other time never opens it. And
//! under heavy traffic five failures in a row are soon chance: at 50% every 62nd attempt completes such a run.
//! **Source.** Michael Nygard, Release It!, 2007, chapter 5; Finagle `FailureAccrualFactory` (5 in a row); Polly
//! before version 7 (`CircuitBreaker(exceptionsAllowedBeforeBreaking)`). Deviations: Finagle's growing dead time
//! is one length here, and Finagle marks an endpoint, not the whole service (see `outlier_detection`).

use serde::{Deserialize, Serialize};

use super::circuit::{Circuit, HalfOpenDecision, Rules};
use super::{Scope, check_failures};
use crate::policy::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Patience};

/// None is sent after so many failures in a row.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ConsecutiveBreaker"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Failures in a row that open it, from 1. Default: 5.
    pub failures: Count,
    /// How long it stays open before attempts are let through on trial, above 0. Default: 60s.
    pub open_duration: SimDuration,
    /// Attempts let through on trial, from 1. Default: 1.
    pub half_open_calls: Count,
    /// What the trial is decided by: `all` or `first`. Default: `first`.
    pub half_open_decision: HalfOpenDecision,
    /// How long a trial may take until it is open again: a duration or `none` (default).
    pub half_open_max_wait: Patience,
    /// Whether the trial begins by the clock and not with the first attempt after `open_duration`. Default: false.
    pub auto_half_open: bool,
    /// Failures by outcome word; what else the service answers is a success. Default: `server_error`, `timeout`,
    /// `queue_full`, `expired`, `connect_failure`, `reset`, `shed`.
    pub count_as_failure: Option<Vec<Outcome>>,
    /// Who shares one breaker. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            failures: Count::new(5),
            open_duration: SimDuration::from_secs(60),
            half_open_calls: Count::ONE,
            half_open_decision: HalfOpenDecision::First,
            half_open_max_wait: Patience(None),
            auto_half_open: false,
            count_as_failure: None,
            scope: Scope::default(),
        }
    }
}

/// What one breaker remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Failures since the last success.
    in_a_row: u32,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = super::rate::check_times(self.open_duration, self.half_open_max_wait);
        if self.half_open_decision == HalfOpenDecision::Ratio {
            let sentence = "there is no ratio to be below; write `all` or `first`";
            problems.push(Problem::new("half_open_decision", sentence));
        }
        problems.extend(check_failures(self.count_as_failure.as_deref()));
        problems
    }

    pub(super) fn circuit(&self) -> Rules {
        Rules {
            open_duration: self.open_duration,
            half_open_calls: self.half_open_calls,
            half_open_max_wait: self.half_open_max_wait.0,
            auto_half_open: self.auto_half_open,
        }
    }
}

impl State {
    pub(super) fn observe(&mut self, config: &Config, circuit: &mut Circuit, is_failure: bool, now: SimTime) {
        if let Some(trial) = circuit.tried(is_failure, false) {
            let first = config.half_open_decision == HalfOpenDecision::First;
            if is_failure {
                circuit.open(now);
            } else if first || trial.ended >= config.half_open_calls.get() {
                *self = State::default();
                circuit.close();
            }
        } else if circuit.is_closed() {
            self.in_a_row = if is_failure { self.in_a_row + 1 } else { 0 };
            if self.in_a_row >= config.failures.get() {
                circuit.open(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Rig;

    #[test]
    fn the_fifth_failure_in_a_row_opens_it() {
        let mut rig = Rig::new(r#"{"consecutive": {}}"#);
        rig.results("xxxx.xxxx");
        assert_eq!(rig.openness(), 0.0, "the success between counts");
        rig.results("x");
        assert_eq!(rig.openness(), 1.0);
        assert!(!rig.passes());
    }

    #[test]
    fn one_attempt_decides_after_the_break() {
        let mut rig = Rig::new(r#"{"consecutive": {"failures": 2, "open_duration": "5s"}}"#);
        rig.results("xx");
        rig.wait_ms(5_001);
        rig.results("x");
        assert!(!rig.passes(), "it failed");
        rig.wait_ms(5_001);
        rig.results(".");
        assert_eq!(rig.openness(), 0.0);
        rig.results("x.x");
        assert_eq!(rig.openness(), 0.0, "it has forgotten those of before");
    }

    #[test]
    fn of_all_on_trial_every_one_must_succeed() {
        let json = r#"{"consecutive": {"failures": 1, "open_duration": "1s", "half_open_calls": 3, "half_open_decision": "all"}}"#;
        let mut rig = Rig::new(json);
        rig.results("x");
        rig.wait_ms(1_001);
        rig.results("..");
        assert_eq!(rig.openness(), 0.5);
        rig.results("x");
        assert_eq!(rig.openness(), 1.0);
        rig.wait_ms(1_001);
        rig.results("...");
        assert_eq!(rig.openness(), 0.0);
    }

    #[test]
    fn every_other_failure_never_opens_it() {
        let mut rig = Rig::new(r#"{"consecutive": {"failures": 2}}"#);
        rig.results(&"x.".repeat(500));
        assert_eq!(rig.openness(), 0.0);
    }
}
