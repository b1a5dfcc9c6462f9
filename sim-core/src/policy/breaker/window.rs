//! Which attempts are recent?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`count`] | the last so many | the same certainty at any rate of traffic | old news where traffic is thin |
//! | [`time`] | those of the last so many seconds | old news | too few to judge where traffic is thin |

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::SimTime;

pub mod count;
pub mod time;

/// Over which attempts a rate is measured. Default: the last 100.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "BreakerWindow"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The last so many attempts.
    Count(count::Config),
    /// The attempts of the last so many seconds.
    Time(time::Config),
}

impl Default for Config {
    fn default() -> Self {
        Config::Count(count::Config::default())
    }
}

/// What is in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts that ended.
    pub calls: u32,
    /// Of those, the ones that failed.
    pub failed: u32,
    /// Of those, the ones that were slow, failed or not.
    pub slow: u32,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Count(count::State),
    Time(time::State),
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        match self {
            Config::Count(config) => Problem::below("count", config.check()),
            Config::Time(config) => Problem::below("time", config.check()),
        }
    }

    /// As many as can be in it: fewer than a minimum of more would be for ever.
    pub(super) fn most_calls(&self) -> u32 {
        match self {
            Config::Count(config) => config.size.get(),
            Config::Time(_) => u32::MAX,
        }
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        match config {
            Config::Count(config) => State::Count(count::State::new(config)),
            Config::Time(config) => State::Time(time::State::new(config)),
        }
    }

    pub(super) fn add(&mut self, is_failure: bool, is_slow: bool, now: SimTime) {
        match self {
            State::Count(state) => state.add(is_failure, is_slow),
            State::Time(state) => state.add(is_failure, is_slow, now),
        }
    }

    pub(super) fn tally(&mut self, now: SimTime) -> Tally {
        match self {
            State::Count(state) => state.tally(),
            State::Time(state) => state.tally(now),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            State::Count(state) => state.clear(),
            State::Time(state) => state.clear(),
        }
    }
}
