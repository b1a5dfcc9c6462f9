//! May this attempt be sent yet, at the rate that the caller allows itself?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | whatever is wanted is sent |
//! | [`token_bucket`] | so many per second and a burst; others wait a while or are refused | sending more than was agreed | each client counts alone, so the sum grows with the clients |
//! | [`cycle`] | so many per cycle, reserved ahead by those who wait | the same | permits come in lumps |
//! | [`gcra`] | the same in one number; others are refused | the same | the same |
//! | [`leaky_bucket`] | so many per second and an excess | the same | the same |
//! | [`fixed_window`] | so many per stretch of time | the same | twice as many around a boundary |
//! | [`sliding_window`] | about so many in any stretch of time | the same | an estimate |
//!
//! The same rules as at the entrance of a server ([`admission`]), kept by the caller: what is over
//! the rate costs the service nothing at all. Refused attempts fail with `rate_limited`; what waits has its turn in
//! order.

use serde::{Deserialize, Serialize};

use super::admission::{self, Arriving, cycle, fixed_window, gcra, leaky_bucket, sliding_window};
use super::scope::Scope;
use super::{Leave, Problem};
use crate::luck::Luck;
use crate::time::SimTime;

pub mod none;
pub mod token_bucket;

/// How many attempts the caller sends per second. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RateLimit"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// As many as are wanted.
    #[default]
    None,
    /// So many per second and a burst; others wait a while or are refused.
    TokenBucket(token_bucket::Config),
    /// So many per cycle, reserved ahead by those who wait (resilience4j).
    Cycle(cycle::Config),
    /// So many per second, in one number per holder.
    Gcra(gcra::Config),
    /// So many per second and an excess.
    LeakyBucket(leaky_bucket::Config),
    /// So many per stretch of time.
    FixedWindow(fixed_window::Config),
    /// About so many in any stretch of time.
    SlidingWindow(sliding_window::Config),
}

/// What one limit remembers.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// The tokens.
    TokenBucket(token_bucket::State),
    /// Permits and reservations.
    Cycle(cycle::State),
    /// What an instance that admits by the same rule remembers.
    Admission(Box<(admission::Config, admission::State)>),
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::TokenBucket(config) => Problem::below("token_bucket", config.check()),
            Config::Cycle(config) => Problem::below("cycle", config.check()),
            Config::Gcra(_) | Config::LeakyBucket(_) | Config::FixedWindow(_) | Config::SlidingWindow(_) => {
                self.as_admission().check()
            }
        }
    }

    /// The same rule at the entrance of a server.
    fn as_admission(&self) -> admission::Config {
        match self.clone() {
            Config::None | Config::TokenBucket(_) | Config::Cycle(_) => admission::Config::None,
            Config::Gcra(config) => admission::Config::Gcra(config),
            Config::LeakyBucket(config) => admission::Config::LeakyBucket(config),
            Config::FixedWindow(config) => admission::Config::FixedWindow(config),
            Config::SlidingWindow(config) => admission::Config::SlidingWindow(config),
        }
    }

    /// Whether everything is sent.
    pub const fn is_none(&self) -> bool {
        matches!(self, Config::None)
    }

    /// Who shares one.
    pub fn scope(&self) -> Scope {
        match self {
            Config::TokenBucket(config) => config.scope,
            Config::None
            | Config::Cycle(_)
            | Config::Gcra(_)
            | Config::LeakyBucket(_)
            | Config::FixedWindow(_)
            | Config::SlidingWindow(_) => Scope::PerCallerInstance,
        }
    }
}

impl State {
    /// A limit that has let nobody pass yet.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None => State::None,
            Config::TokenBucket(config) => State::TokenBucket(token_bucket::State::new(config)),
            Config::Cycle(config) => State::Cycle(cycle::State::new(config, SimTime::ZERO)),
            Config::Gcra(_) | Config::LeakyBucket(_) | Config::FixedWindow(_) | Config::SlidingWindow(_) => {
                let rule = config.as_admission();
                let state = admission::State::new(&rule);
                State::Admission(Box::new((rule, state)))
            }
        }
    }

    /// Whether an attempt is sent now, later, or not at all.
    pub fn ask(&mut self, config: &Config, arriving: Arriving, now: SimTime, luck: Luck) -> Leave {
        match (config, self) {
            (Config::None, _) => none::LEAVE,
            (Config::TokenBucket(config), State::TokenBucket(state)) => state.ask(config, now),
            (Config::Cycle(config), State::Cycle(state)) => state.reserve(config, config.timeout, now),
            (_, State::Admission(rule)) => match rule.1.admit(&rule.0, arriving, now, luck) {
                true => Leave::Now,
                false => Leave::Never,
            },
            (_, State::None | State::TokenBucket(_) | State::Cycle(_)) => {
                unreachable!("a state belongs to its settings")
            }
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match (config, self) {
            (Config::TokenBucket(config), State::TokenBucket(state)) => Some(state.gauge(config, now)),
            (Config::Cycle(config), State::Cycle(state)) => {
                Some(("rate_limit_tokens", state.gauge(config, now).1))
            }
            (_, State::Admission(rule)) => rule.1.gauge(&rule.0, now),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{luck, ms, read};

    #[test]
    fn a_caller_keeps_the_rules_of_an_entrance() {
        // Ten per second, five at once: of 3 s with an attempt every 10 ms at most 5 + 30 are sent.
        for json in [
            r#"{"token_bucket": {"rate": "10/s", "burst": 5}}"#,
            r#"{"gcra": {"rate": "10/s", "burst": 5}}"#,
            r#"{"leaky_bucket": {"rate": "10/s", "burst": 4}}"#,
        ] {
            let config: Config = read(json).expect("settings are readable");
            assert_eq!(config.check(), []);
            let mut state = State::new(&config);
            let mut ask = |k: &u64| {
                let now = SimTime::ZERO + ms(*k as f64 * 10.0);
                state.ask(&config, Arriving::default(), now, luck(*k)) == Leave::Now
            };
            assert_eq!((0..300).filter(&mut ask).count(), 34, "{json}");
        }
    }
}
