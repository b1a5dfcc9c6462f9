//! What was done has to be undone, and that fails as well: what now?
//!
//! **What it does.** A saga that fails half-way undoes its steps, the last first. If one of these fails it is tried again,
//! `attempts` times in all, after the waits of `again`, while the request still waits. Then the rest is given up, or, with
//! `parking`, put aside: it is tried again every so often until it succeeds, and nobody waits for it.
//! **Why it exists.** A saga has no rollback. An undoing that is given up leaves its object half-way for ever: money
//! taken, and no order.
//! **Where it fails.** Whatever is tried again may have been done the first time: undoing has to be idempotent. What is
//! parked stays half-way until its turn comes, and is seen like that, unless the object says that it is pending. And what
//! cannot be undone, such as a letter that was sent, no patience undoes: such a step comes last.
//! **See it.** `scenarios/library/fallacies/fallacy-10-compensation-works.yaml`.
//! **Source.** Garcia-Molina and Salem, *Sagas*, SIGMOD 1987, section 5 (compensating transactions that fail); Richardson,
//! *Microservices Patterns*, 2018, chapter 4. Deviations: trying again goes on with the step whose undoing failed, as a saga
//! with a log does.

use serde::{Deserialize, Serialize};

use super::{Problem, reconnect};
use crate::luck::Luck;
use crate::time::SimDuration;
use crate::units::Count;

/// How often undoing is tried.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Compensation"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Tries of each undoing while the request waits, the first included, from 1. Default: 1.
    #[serde(default = "once")]
    pub attempts: Count,
    /// The wait before the next of them. Default: `immediate`.
    #[serde(default)]
    pub again: reconnect::Config,
    /// What is still not undone then is put aside and tried until it is. Default: `none`: it is given up.
    #[serde(default)]
    pub parking: Option<ParkingConfig>,
}

/// A queue for what could not be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Parking"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct ParkingConfig {
    /// The wait before each further try, above 0. Default: 30s.
    #[serde(default = "half_a_minute")]
    pub every: SimDuration,
}

fn once() -> Count {
    Count::ONE
}

fn half_a_minute() -> SimDuration {
    SimDuration::from_secs(30)
}

impl Default for Config {
    fn default() -> Self {
        Config { attempts: once(), again: reconnect::Config::default(), parking: None }
    }
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Problem::below("again", self.again.check());
        if self.parking.is_some_and(|parking| parking.every == SimDuration::ZERO) {
            let sentence =
                "what is tried again after no wait holds the clock; write a duration such as `30s`";
            problems.push(Problem::new("parking/every", sentence));
        }
        problems
    }
}

/// What follows when an undoing has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again after this wait, and the request waits.
    Again(SimDuration),
    /// The request goes on, and it is tried again after this wait.
    Park(SimDuration),
    /// It stays as it is.
    GiveUp,
}

/// What one saga remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Tries that failed, of this undoing since the last one that succeeded, and of all.
    failed: u32,
    all: u32,
    parked: bool,
}

impl State {
    /// An undoing has failed. `luck` is that of the saga.
    pub fn failed(&mut self, config: &Config, luck: Luck) -> Decision {
        self.failed += 1;
        self.all += 1;
        if !self.parked && self.failed < config.attempts.get() {
            return Decision::Again(config.again.wait(self.failed - 1, luck.request(u64::from(self.all))));
        }
        self.broken_off(config)
    }

    /// An undoing has succeeded.
    pub fn succeeded(&mut self) {
        self.failed = 0;
    }

    /// Whoever undid is gone, or has tried often enough.
    pub fn broken_off(&mut self, config: &Config) -> Decision {
        match config.parking {
            Some(parking) => {
                self.parked = true;
                Decision::Park(parking.every)
            }
            None => Decision::GiveUp,
        }
    }

    /// Tries that failed so far; numbers the luck of the next.
    pub fn tries(&self) -> u32 {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::Seed;

    fn luck() -> Luck {
        Luck::of_request(Seed(1), 0, 1)
    }

    fn config(attempts: u32, every: Option<u64>) -> Config {
        let parking = every.map(|secs| ParkingConfig { every: SimDuration::from_secs(secs) });
        let again = reconnect::Config::Exponential(reconnect::ExponentialConfig {
            base: SimDuration::from_secs(1),
            multiplier: crate::units::Factor::new(2.0),
            max: super::super::retry::cap::Cap::Unlimited,
            jitter: Default::default(),
            jitter_ratio: None,
        });
        Config { attempts: attempts.to_string().parse().expect("a count"), again, parking }
    }

    #[test]
    fn once_is_once() {
        assert_eq!(State::default().failed(&Config::default(), luck()), Decision::GiveUp);
    }

    #[test]
    fn each_undoing_has_its_tries_and_its_waits() {
        let (config, mut state) = (config(3, None), State::default());
        let second = |secs| Decision::Again(SimDuration::from_secs(secs));
        assert_eq!(state.failed(&config, luck()), second(1));
        assert_eq!(state.failed(&config, luck()), second(2));
        state.succeeded();
        assert_eq!(state.failed(&config, luck()), second(1), "another step counts anew");
        assert_eq!(state.failed(&config, luck()), second(2));
        assert_eq!(state.failed(&config, luck()), Decision::GiveUp);
        assert_eq!(state.tries(), 5);
    }

    #[test]
    fn what_is_parked_stays_parked_until_it_succeeds() {
        let (config, mut state) = (config(2, Some(30)), State::default());
        let parked = Decision::Park(SimDuration::from_secs(30));
        assert_ne!(state.failed(&config, luck()), parked);
        for _ in 0..5 {
            assert_eq!(state.failed(&config, luck()), parked);
        }
        state.succeeded();
        assert_eq!(state.failed(&config, luck()), parked, "the request has gone on");
        assert_eq!(State::default().broken_off(&config), parked);
    }

    #[test]
    fn parking_without_a_wait_is_refused() {
        assert_eq!(config(1, Some(0)).check().len(), 1);
        assert!(config(1, Some(1)).check().is_empty());
    }
}
