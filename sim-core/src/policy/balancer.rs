//! Which instance gets the attempt?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`round_robin`] | each instance in turn | uneven counts | blind to a slow instance |
//! | [`random`] | any instance, all alike | callers in step | uneven counts by chance |
//!
//! A balancer belongs to the caller: each client has one of its own, and none of them sees what the
//! others send.

use serde::{Deserialize, Serialize};

use crate::luck::Luck;

pub mod random;
pub mod round_robin;

/// How a caller chooses among the instances of a service. Default: `round_robin`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Balancer"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Each instance in turn.
    #[default]
    RoundRobin,
    /// Any instance, all equally likely.
    Random,
}

/// What one client of an edge remembers of its choices.
#[derive(Clone, Debug)]
pub enum State {
    /// Whose turn it is.
    RoundRobin(round_robin::State),
    /// Nothing.
    Random,
}

impl State {
    /// The start of client number `client` of its edge.
    pub fn new(config: &Config, client: u32) -> Self {
        match config {
            Config::RoundRobin => State::RoundRobin(round_robin::State::new(client)),
            Config::Random => State::Random,
        }
    }

    /// The instance for an attempt, numbered from 0, out of `instances`, of which there is at least one.
    /// `luck` is that of the attempt.
    #[inline]
    pub fn pick(&mut self, config: &Config, instances: u32, luck: Luck) -> u32 {
        debug_assert!(instances >= 1, "a service has an instance");
        match (config, self) {
            (Config::RoundRobin, State::RoundRobin(state)) => state.pick(instances),
            (Config::Random, State::Random) => random::pick(instances, luck),
            (Config::RoundRobin | Config::Random, _) => {
                unreachable!("a state belongs to the settings it was made from")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{luck, read};

    use super::*;

    #[test]
    fn a_single_instance_gets_everything() {
        for config in [Config::RoundRobin, Config::Random] {
            let mut state = State::new(&config, 7);
            assert!((0..100).all(|k| state.pick(&config, 1, luck(k)) == 0));
        }
    }

    #[test]
    fn balancers_are_plain_words_and_the_default_takes_turns() {
        assert_eq!(read(r#""random""#), Ok(Config::Random));
        assert_eq!(read(r#""round_robin""#), Ok(Config::default()));
    }
}
