//! Does this instance take the attempt at all, before it comes near the queue?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | the queue takes whatever comes |
//! | [`share`] | a share of the attempts, which may grow after a start | a cold instance under full load | refuses that share also when nothing is wrong |
//! | [`rate`] | so many per second, which may grow after a start | load beyond what was planned for | the right number depends on what a request costs |
//!
//! A refusal is cheap, an answer that comes too late is not: admission fails the attempt at once with
//! `shed`, so that its caller can go elsewhere while there is time. It belongs to the instance: each one
//! decides alone, and measures from the moment it last became ready.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::luck::Luck;
use crate::time::SimTime;

pub mod none;
pub mod share;
pub mod rate;
mod ramp;
pub mod pushback;

/// Which attempts an instance admits to its queue. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Admission"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every attempt is admitted.
    #[default]
    None,
    /// A share of the attempts, by chance.
    Share(share::Config),
    /// So many attempts per second.
    Rate(rate::Config),
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// When it became ready.
    Share(share::State),
    /// When it became ready, and the fill of the bucket.
    Rate(rate::State),
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Share(config) => Problem::below("share", config.check()),
            Config::Rate(config) => Problem::below("rate", config.check()),
        }
    }
}

impl Config {
    /// What a refusal says about coming back.
    pub fn pushback(&self) -> Option<pushback::Pushback> {
        match self {
            Config::None => None,
            Config::Share(config) => config.retry_after,
            Config::Rate(config) => config.retry_after,
        }
    }
}

impl State {
    /// An instance that is ready from the start of the run.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None => State::None,
            Config::Share(_) => State::Share(share::State::new(SimTime::ZERO)),
            Config::Rate(config) => State::Rate(rate::State::new(config, SimTime::ZERO)),
        }
    }

    /// The instance became ready at `since`, after a start: everything begins anew.
    pub fn restart(&mut self, config: &Config, since: SimTime) {
        match (config, self) {
            (Config::None, State::None) => {}
            (Config::Share(_), State::Share(state)) => *state = share::State::new(since),
            (Config::Rate(config), State::Rate(state)) => *state = rate::State::new(config, since),
            (Config::None | Config::Share(_) | Config::Rate(_), _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// Whether an attempt is admitted, whose own `luck` decides where chance does. Not earlier than the
    /// moment at which the instance became ready.
    #[inline]
    pub fn admit(&mut self, config: &Config, now: SimTime, luck: Luck) -> bool {
        match (config, self) {
            (Config::None, State::None) => none::ADMIT,
            (Config::Share(config), State::Share(state)) => state.admit(config, now, luck),
            (Config::Rate(config), State::Rate(state)) => state.admit(config, now),
            (Config::None | Config::Share(_) | Config::Rate(_), _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match (config, self) {
            (Config::None, State::None) => None,
            (Config::Share(config), State::Share(state)) => Some(state.gauge(config, now)),
            (Config::Rate(config), State::Rate(state)) => Some(state.gauge(config, now)),
            (Config::None | Config::Share(_) | Config::Rate(_), _) => unreachable!("{OTHER_POLICY}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{luck, ms, read};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + ms(seconds * 1e3)
    }

    fn config(json: &str) -> Config {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config
    }

    #[test]
    fn nothing_said_is_everybody() {
        let config = Config::default();
        assert_eq!(read(r#""none""#), Ok(config.clone()));
        let mut state = State::new(&config);
        state.restart(&config, at(5.0));
        assert!((0..1_000).all(|k| state.admit(&config, at(5.0), luck(k))));
        assert_eq!(state.gauge(&config, at(5.0)), None);
    }

    #[test]
    fn a_ramp_begins_anew_after_a_restart() {
        for json in [
            r#"{"share": {"from": 0, "to": 1, "over": "60s"}}"#,
            r#"{"rate": {"from": "0/s", "to": "100/s", "over": "60s", "burst": 1}}"#,
        ] {
            let config = config(json);
            let mut state = State::new(&config);
            // Of one attempt per 10 ms, in the five seconds after `from`.
            let admitted = |state: &mut State, from: f64| {
                let admits = |k: &u64| state.admit(&config, at(from + *k as f64 / 100.0), luck(*k));
                (0..500).filter(admits).count()
            };
            assert!(admitted(&mut state, 60.0) >= 499);
            state.restart(&config, at(100.0));
            // The mean share of the first five of 60 seconds is 1/24: 21 of 500.
            let cold = admitted(&mut state, 100.0);
            assert!((5..=40).contains(&cold), "{json}: {cold}");
            assert!(admitted(&mut state, 160.0) >= 499);
        }
    }

    #[test]
    fn the_examples_of_the_manual_are_read_and_written() {
        for json in [
            r#"{"share":{"from":"0.1","to":"1","over":"1m","retry_after":"2s"}}"#,
            r#"{"rate":{"from":"50/s","to":"500/s","over":"1m","burst":"10","retry_after":"never"}}"#,
            r#"{"share":{"from":null,"to":"0.5","over":null,"retry_after":null}}"#,
        ] {
            assert_eq!(serde_json::to_string(&config(json)).expect("settings can be written"), json);
        }
        let numbers = config(r#"{"share": {"from": 0.1, "to": 1, "over": "60s", "retry_after": "2s"}}"#);
        assert_eq!(numbers, config(r#"{"share":{"from":"0.1","to":"1","over":"1m","retry_after":"2s"}}"#));
    }

    #[test]
    fn contradictions_are_told_with_their_path() {
        for (json, field) in [
            (r#"{"share": {"from": 0.1, "to": 1}}"#, "share/from"),
            (r#"{"rate": {"from": "1/s", "to": "9/s", "burst": 1}}"#, "rate/from"),
        ] {
            let problems = read::<Config>(json).expect("settings are readable").check();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].field, field);
            assert!(problems[0].sentence.contains("`over`"));
        }
        assert!(read::<Config>(r#"{"share": {}}"#).unwrap_err().contains("missing field `to`"));
        assert!(read::<Config>(r#"{"rate": {"to": "9/s"}}"#).unwrap_err().contains("missing field `burst`"));
    }

    #[test]
    #[should_panic(expected = "a state belongs to the settings it was made from")]
    fn a_state_of_other_settings_is_our_mistake() {
        State::new(&Config::None).admit(&config(r#"{"share": {"to": 1}}"#), SimTime::ZERO, luck(0));
    }
}
