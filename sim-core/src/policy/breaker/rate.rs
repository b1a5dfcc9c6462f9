//! Rate: nothing is sent while too large a share of the recent attempts failed or was slow.
//!
//! **What it does.** Over a [`window`] of attempts: opens if at least `min_calls` have ended and failures are at least
//! `failure_ratio` of them, or attempts that took longer than `slow_call_threshold` at least `slow_call_ratio`.
//! After `open_duration` it lets `half_open_calls` through and judges those by the same ratios.
//! **Why it exists.** A caller that waits for a dead service holds its own workers, and so the failure climbs to
//! its callers. Failing at once frees them, and takes the load away from a service that has to recover.
//! **Where it fails.** It cannot see whose fault it is: one bad endpoint or shard of ten at 100% opens at a ratio
//! of .1 and takes the other nine down too. It opens for a load spike as for an outage, and callers that open and
//! close together make waves. With `min_calls` above what one client sends it does nothing.
//! **Source.** resilience4j `CircuitBreakerConfig`, `CircuitBreakerMetrics`, `CircuitBreakerStateMachine`, whose
//! defaults are these; Polly v8 `AdvancedCircuitBehavior`; Hystrix `HystrixCircuitBreaker`. Deviations: Polly and
//! Hystrix know no slow calls (`slow_call_threshold: none`); a probe that is withdrawn gives its place back, where
//! Hystrix opens again; `half_open_max_wait` leads to open, never to closed.
//!
//! | library | settings |
//! |---|---|
//! | resilience4j | the defaults |
//! | Polly v8 | `window: {time: {size: 30s}}, failure_ratio: 0.1, evaluate: each_failure, open_duration: 5s, half_open_calls: 1, slow_call_threshold: none` |
//! | Hystrix | `window: {time: {size: 10s, buckets: 20}}, min_calls: 20, evaluate: 500ms, open_duration: 5s, half_open_calls: 1, slow_call_threshold: none` |

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::circuit::{Circuit, HalfOpenDecision, Rules, Trial};
use super::window::{self, Tally};
use super::{Scope, check_failures};
use crate::policy::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Patience, Probability, text_type};

/// None is sent while too large a share of the recent ones failed or was slow.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RateBreaker"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Over which attempts the shares are measured. Default: `{count: {size: 100}}`.
    pub window: window::Config,
    /// Attempts that must have ended before it judges; at most the size of a count window. Default: 100.
    pub min_calls: Count,
    /// The share of failures from which on it opens, above 0. Default: 0.5 (Polly 0.1).
    pub failure_ratio: Probability,
    /// An attempt is slow if it takes longer, whatever its outcome: a duration or `none`. Default: 60s.
    pub slow_call_threshold: Patience,
    /// The share of slow attempts from which on it opens, above 0. Default: 1.
    pub slow_call_ratio: Probability,
    /// When it judges: `each_result` (resilience4j), `each_failure` (Polly), or every so often, such as `500ms`
    /// (Hystrix). Default: `each_result`.
    pub evaluate: Evaluate,
    /// How long it stays open before attempts are let through on trial, above 0. Default: 60s.
    pub open_duration: SimDuration,
    /// Attempts let through on trial, from 1. Default: 10.
    pub half_open_calls: Count,
    /// What the trial is decided by: `ratio`, `all` or `first`. Default: `ratio`.
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
            window: window::Config::default(),
            min_calls: Count::new(100),
            failure_ratio: Probability::new(0.5),
            slow_call_threshold: Patience(Some(SimDuration::from_secs(60))),
            slow_call_ratio: Probability::new(1.0),
            evaluate: Evaluate::EachResult,
            open_duration: SimDuration::from_secs(60),
            half_open_calls: Count::new(10),
            half_open_decision: HalfOpenDecision::Ratio,
            half_open_max_wait: Patience(None),
            auto_half_open: false,
            count_as_failure: None,
            scope: Scope::default(),
        }
    }
}

/// When a closed breaker judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluate {
    /// When an attempt has ended.
    EachResult,
    /// When one has failed.
    EachFailure,
    /// At multiples of a length of time.
    Every(SimDuration),
}

impl FromStr for Evaluate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "each_result" => Ok(Evaluate::EachResult),
            "each_failure" => Ok(Evaluate::EachFailure),
            other => match other.parse::<SimDuration>() {
                Ok(interval) if interval >= SimDuration::from_millis(1) => Ok(Evaluate::Every(interval)),
                Ok(interval) => Err(format!("must be at least 1ms, found {interval}")),
                Err(_) => Err(format!(
                    "`{other}` is no moment; write `each_result`, `each_failure` or a duration such as `500ms`"
                )),
            },
        }
    }
}

impl fmt::Display for Evaluate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evaluate::EachResult => f.write_str("each_result"),
            Evaluate::EachFailure => f.write_str("each_failure"),
            Evaluate::Every(interval) => interval.fmt(f),
        }
    }
}

text_type!(
    Evaluate,
    "Evaluate",
    "`each_result`, `each_failure`, or a duration such as `500ms`.",
    r"^\s*(each_result|each_failure|([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+)$"
);

/// What one breaker remembers while it is closed.
#[derive(Clone, Debug)]
pub struct State {
    window: window::State,
    /// With `evaluate: 500ms` only: the number of the tick at which it judged last.
    looked: u64,
}

/// Times that would make a breaker that is never open, or never on trial.
pub(super) fn check_times(open_duration: SimDuration, half_open_max_wait: Patience) -> Vec<Problem> {
    let mut problems = Vec::new();
    if open_duration == SimDuration::ZERO {
        problems.push(Problem::new("open_duration", "must be above 0s: it would never keep anything away"));
    }
    if half_open_max_wait.0 == Some(SimDuration::ZERO) {
        let sentence = "must be above 0s: no trial would ever end; write `none` for no bound";
        problems.push(Problem::new("half_open_max_wait", sentence));
    }
    problems
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Problem::below("window", self.window.check());
        for (field, ratio) in
            [("failure_ratio", self.failure_ratio), ("slow_call_ratio", self.slow_call_ratio)]
        {
            if ratio.get() == 0.0 {
                problems.push(Problem::new(field, "must be above 0: it would open without any reason"));
            }
        }
        problems.extend(check_times(self.open_duration, self.half_open_max_wait));
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

    /// Whether so much is too much. Quotients are compared, not products: 7 of 100 are 7%.
    fn is_too_much(&self, tally: Tally) -> bool {
        let share = |part: u32| f64::from(part) / f64::from(tally.calls);
        share(tally.failed) >= self.failure_ratio.get()
            || (self.slow_call_threshold.0.is_some() && share(tally.slow) >= self.slow_call_ratio.get())
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { window: window::State::new(&config.window), looked: 0 }
    }

    pub(super) fn observe(
        &mut self,
        config: &Config,
        circuit: &mut Circuit,
        is_failure: bool,
        took: SimDuration,
        now: SimTime,
    ) {
        let is_slow = config.slow_call_threshold.0.is_some_and(|threshold| took > threshold);
        if let Some(trial) = circuit.tried(is_failure, is_slow) {
            match self.verdict(config, trial, is_failure) {
                None => {}
                Some(true) => circuit.open(now),
                Some(false) => {
                    self.window.clear();
                    circuit.close();
                }
            }
        } else if circuit.is_closed() {
            self.window.add(is_failure, is_slow, now);
            let judges = match config.evaluate {
                Evaluate::EachResult => true,
                Evaluate::EachFailure => is_failure,
                Evaluate::Every(_) => false,
            };
            if judges && self.is_over(config, now) {
                circuit.open(now);
            }
        }
    }

    /// Whether the trial ends in opening again; none while it goes on.
    fn verdict(&self, config: &Config, trial: Trial, is_failure: bool) -> Option<bool> {
        let calls = config.half_open_calls.get();
        match config.half_open_decision {
            HalfOpenDecision::First => Some(is_failure),
            HalfOpenDecision::All if is_failure => Some(true),
            HalfOpenDecision::All => (trial.ended >= calls).then_some(false),
            HalfOpenDecision::Ratio => {
                let Trial { ended, failed, slow } = trial;
                let enough = ended >= config.min_calls.get().min(calls);
                enough.then(|| config.is_too_much(Tally { calls: ended, failed, slow }))
            }
        }
    }

    /// Whether enough has ended, and too much of it badly.
    fn is_over(&mut self, config: &Config, now: SimTime) -> bool {
        let tally = self.window.tally(now);
        let enough = config.min_calls.get().min(config.window.most_calls());
        tally.calls >= enough && config.is_too_much(tally)
    }

    /// Judges at the ticks since it last did, if it judges by the clock. With nothing recorded between, only the
    /// window moves on; it is empty after its own length.
    pub(super) fn look(&mut self, config: &Config, circuit: &mut Circuit, now: SimTime) {
        let Evaluate::Every(interval) = config.evaluate else { return };
        let tick = now.as_nanos() / interval.as_nanos();
        while self.looked < tick {
            self.looked += 1;
            // What ended before the tick: whole slices, if a tick ends one.
            let moment = SimTime::from_nanos(self.looked * interval.as_nanos() - 1);
            if !circuit.is_closed() || self.window.tally(moment).calls == 0 {
                self.looked = tick;
                return;
            }
            if self.is_over(config, moment) {
                circuit.open(SimTime::from_nanos(self.looked * interval.as_nanos()));
            }
            if matches!(config.window, window::Config::Count(_)) {
                self.looked = tick;
            }
        }
    }
}

#[cfg(test)]
mod tests;
