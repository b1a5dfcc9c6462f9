//! May this caller afford one more retry?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | retries multiply the load when it hurts most |
//! | [`success_tokens`] | only while successes keep the bucket over half full | retry storms | a few failures in a row switch retries off for everyone |
//! | [`deposit`] | a share of the recent requests, and a few per second | retry storms, over any window | the floor can be too much for many small clients |
//!
//! `max_attempts` bounds the retries of one call; only a budget bounds them over all calls of a client.
//! That difference decides whether an overloaded service sees 4 times its load or little more than 1.

use serde::{Deserialize, Serialize};

use crate::policy::{Outcome, Problem};
use crate::time::SimTime;

pub mod deposit;
pub mod none;
pub mod success_tokens;

/// What bounds the retries of one client over all its calls. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RetryBudget"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every retry is allowed.
    #[default]
    None,
    /// Retries only while successes keep the bucket over half full (gRPC retry throttling).
    SuccessTokens(success_tokens::Config),
    /// Retries up to a share of the recent requests (Finagle, Linkerd, tower).
    Deposit(deposit::Config),
}

/// What one client remembers of its requests and retries.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// The fill of the bucket.
    SuccessTokens(success_tokens::State),
    /// The recent deposits and withdrawals; boxed, for it is larger than all else a client remembers.
    Deposit(Box<deposit::State>),
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::SuccessTokens(config) => Problem::below("success_tokens", config.check()),
            Config::Deposit(config) => Problem::below("deposit", config.check()),
        }
    }
}

impl State {
    /// A client that has sent nothing yet.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None => State::None,
            Config::SuccessTokens(config) => State::SuccessTokens(success_tokens::State::new(config)),
            Config::Deposit(_) => State::Deposit(Box::new(deposit::State::new())),
        }
    }

    /// A call sends its first attempt.
    #[inline]
    pub fn begin(&mut self, config: &Config, now: SimTime) {
        match (config, self) {
            (Config::None, State::None) | (Config::SuccessTokens(_), State::SuccessTokens(_)) => {}
            (Config::Deposit(config), State::Deposit(state)) => state.deposit(config, now),
            (Config::None | Config::SuccessTokens(_) | Config::Deposit(_), _) => {
                unreachable!("{OTHER_POLICY}")
            }
        }
    }

    /// An attempt ended.
    #[inline]
    pub fn observe(&mut self, config: &Config, outcome: Outcome) {
        match (config, self) {
            (Config::None, State::None) | (Config::Deposit(_), State::Deposit(_)) => {}
            (Config::SuccessTokens(config), State::SuccessTokens(state)) => state.observe(config, outcome),
            (Config::None | Config::SuccessTokens(_) | Config::Deposit(_), _) => {
                unreachable!("{OTHER_POLICY}")
            }
        }
    }

    /// Whether one more retry is allowed; if so, it is paid for.
    #[inline]
    pub fn withdraw(&mut self, config: &Config, now: SimTime) -> bool {
        match (config, self) {
            (Config::None, State::None) => none::WITHDRAW,
            (Config::SuccessTokens(config), State::SuccessTokens(state)) => state.allows(config),
            (Config::Deposit(config), State::Deposit(state)) => state.withdraw(config, now),
            (Config::None | Config::SuccessTokens(_) | Config::Deposit(_), _) => {
                unreachable!("{OTHER_POLICY}")
            }
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match (config, self) {
            (Config::None, State::None) => None,
            (Config::SuccessTokens(_), State::SuccessTokens(state)) => Some(state.gauge()),
            (Config::Deposit(config), State::Deposit(state)) => Some(state.gauge(config, now)),
            (Config::None | Config::SuccessTokens(_) | Config::Deposit(_), _) => {
                unreachable!("{OTHER_POLICY}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::read;

    use super::*;

    const NOW: SimTime = SimTime::ZERO;

    #[test]
    fn without_a_budget_every_retry_is_allowed() {
        let mut state = State::new(&Config::None);
        state.begin(&Config::None, NOW);
        for _ in 0..1_000 {
            state.observe(&Config::None, Outcome::Timeout);
            assert!(state.withdraw(&Config::None, NOW));
        }
        assert_eq!(state.gauge(&Config::None, NOW), None);
    }

    #[test]
    fn budgets_of_different_kinds_fail_differently() {
        // policies.md, surprise 6: one word, different rules. In an outage of 1000 requests, of which each asks for one retry:
        let outage = |config: Config| {
            let mut state = State::new(&config);
            let mut retries = 0;
            for _ in 0..1_000 {
                state.begin(&config, NOW);
                state.observe(&config, Outcome::Timeout);
                retries += u32::from(state.withdraw(&config, NOW));
            }
            retries
        };
        assert_eq!(outage(Config::None), 1_000);
        let tokens = r#"{"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}"#;
        assert_eq!(outage(read(tokens).expect("settings are readable")), 49, "half of the bucket, then none");
        let deposit = r#"{"deposit": {}}"#;
        assert_eq!(
            outage(read(deposit).expect("settings are readable")),
            300,
            "the reserve, then every fifth"
        );
    }

    #[test]
    #[should_panic(expected = "a state belongs to the settings it was made from")]
    fn a_state_of_other_settings_is_our_mistake() {
        State::new(&Config::None).begin(&Config::Deposit(deposit::Config::default()), NOW);
    }
}
