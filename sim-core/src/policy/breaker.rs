//! Is it worth sending this attempt, after what became of the others?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | callers wait for what will fail anyway |
//! | [`rate`] | not while too large a share of the recent attempts failed or was slow | waiting for a service that is down, load on one that is overloaded | what would have succeeded is refused as well |
//! | [`consecutive`] | not after so many failures in a row | a service that is gone | blind to one that fails every other time |
//!
//! A breaker is *closed* while all goes well: attempts pass. When it has seen too much it *opens*: for a while no
//! attempt is sent, each fails at once with `breaker_open`. Then it is *half-open*: a few attempts are let through
//! ([`circuit`]), and what becomes of them closes it or opens it again.
//!
//! It belongs to the caller, and every client has one of its own unless `scope` says otherwise: a hundred clients
//! must each see their own failures before the load goes away. What the rate is measured over is a [`window`].
//! Each attempt asks the breaker, so the retries of one call count one by one (retry outside the breaker, as in
//! resilience4j and Polly), unless the `pipeline` of the call says otherwise. Envoy's "circuit breakers" are caps on what is under way: pools here; its breaker per
//! host is `outlier_detection`.

use serde::{Deserialize, Serialize};

use super::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use circuit::Circuit;

pub use super::scope::Scope;

pub mod circuit;
pub mod consecutive;
pub mod none;
pub mod rate;
pub mod window;

/// When an attempt is not even sent, because others failed. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CircuitBreaker"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every attempt is sent.
    #[default]
    None,
    /// None is sent while too large a share of the recent ones failed or was slow.
    Rate(rate::Config),
    /// None is sent after so many failures in a row.
    Consecutive(consecutive::Config),
}

/// What one breaker remembers.
#[derive(Clone, Debug)]
pub struct State {
    circuit: Circuit,
    memory: Memory,
}

/// What is remembered while the breaker is closed.
#[derive(Clone, Debug)]
enum Memory {
    None,
    Rate(Box<rate::State>),
    Consecutive(consecutive::State),
}

/// Leave to send one attempt; handed back when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit(u32);

/// What an outcome says of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Success,
    Failure,
    /// Nothing: the attempt was withdrawn, or failed before it left its caller.
    Nothing,
}

/// Failures if the file names none: the service could not be reached, did not answer in time, or answered that it
/// cannot.
const FAILURES: [Outcome; 7] = [
    Outcome::ServerError,
    Outcome::Timeout,
    Outcome::QueueFull,
    Outcome::Expired,
    Outcome::ConnectFailure,
    Outcome::Reset,
    Outcome::Shed,
];

fn finding(count_as_failure: Option<&[Outcome]>, outcome: Outcome) -> Finding {
    if count_as_failure.unwrap_or(&FAILURES).contains(&outcome) {
        return Finding::Failure;
    }
    if outcome.is_callers_own() { Finding::Nothing } else { Finding::Success }
}

/// What cannot be counted, because a breaker never sees it or it is no failure.
fn check_failures(count_as_failure: Option<&[Outcome]>) -> Option<Problem> {
    let never = |outcome: &&Outcome| {
        matches!(outcome, Outcome::Ok | Outcome::Cancelled | Outcome::BreakerOpen | Outcome::Throttled)
    };
    let word = match count_as_failure? {
        [] => {
            return Some(Problem::new(
                "count_as_failure",
                "with no failures it never opens; name some, or leave it out",
            ));
        }
        words => words.iter().find(never)?.word(),
    };
    let sentence = format!("`{word}` says nothing of the service; remove it");
    Some(Problem::new("count_as_failure", sentence))
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Rate(config) => Problem::below("rate", config.check()),
            Config::Consecutive(config) => Problem::below("consecutive", config.check()),
        }
    }

    /// Whether every attempt is sent anyway.
    pub const fn is_none(&self) -> bool {
        matches!(self, Config::None)
    }

    /// Who shares a breaker.
    pub fn scope(&self) -> Scope {
        match self {
            Config::None => none::SCOPE,
            Config::Rate(config) => config.scope,
            Config::Consecutive(config) => config.scope,
        }
    }

    fn circuit(&self) -> circuit::Rules {
        match self {
            Config::None => unreachable!("`none` is never open"),
            Config::Rate(config) => config.circuit(),
            Config::Consecutive(config) => config.circuit(),
        }
    }
}

impl State {
    /// A closed breaker that has seen nothing.
    pub fn new(config: &Config) -> Self {
        let memory = match config {
            Config::None => Memory::None,
            Config::Rate(config) => Memory::Rate(Box::new(rate::State::new(config))),
            Config::Consecutive(_) => Memory::Consecutive(consecutive::State::default()),
        };
        State { circuit: Circuit::new(), memory }
    }

    /// Leave to send an attempt, or none: then it fails with `breaker_open`.
    pub fn admit(&mut self, config: &Config, now: SimTime) -> Option<Permit> {
        if config.is_none() {
            return none::PERMIT;
        }
        self.turn(config, now);
        self.circuit.admit(&config.circuit(), now).map(Permit)
    }

    /// An attempt that was admitted is over, `took` after it asked.
    pub fn observe(
        &mut self,
        config: &Config,
        permit: Permit,
        outcome: Outcome,
        took: SimDuration,
        now: SimTime,
    ) {
        if config.is_none() {
            return;
        }
        self.turn(config, now);
        let rules = config.circuit();
        let failures = match config {
            Config::None => unreachable!("it has returned"),
            Config::Rate(config) => config.count_as_failure.as_deref(),
            Config::Consecutive(config) => config.count_as_failure.as_deref(),
        };
        let is_failure = match finding(failures, outcome) {
            Finding::Nothing => return self.circuit.give_back(&rules, permit.0),
            Finding::Failure => true,
            Finding::Success => false,
        };
        let State { circuit, memory } = self;
        match (config, memory) {
            (Config::Rate(config), Memory::Rate(state)) => {
                state.observe(config, circuit, is_failure, took, now);
            }
            (Config::Consecutive(config), Memory::Consecutive(state)) => {
                state.observe(config, circuit, is_failure, now);
            }
            (Config::None | Config::Rate(_) | Config::Consecutive(_), _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// What happens with time alone, made up for: nobody sets a timer for it.
    fn turn(&mut self, config: &Config, now: SimTime) {
        if let (Config::Rate(config), Memory::Rate(state)) = (config, &mut self.memory) {
            state.look(config, &mut self.circuit, now);
        }
        self.circuit.turn(&config.circuit(), now);
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        if config.is_none() {
            return None;
        }
        let mut then = self.clone();
        then.turn(config, now);
        Some(("breaker_open", then.circuit.openness()))
    }
}

#[cfg(test)]
mod tests;
