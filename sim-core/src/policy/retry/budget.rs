//! May this caller afford one more retry?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | retries multiply the load when it hurts most |
//! | [`static_cap`] | so many at once | a client full of retries | bounds how many, not how often |
//! | [`active_ratio`] | a share of what is under way | the same, at any traffic | slow answers allow more |
//! | [`deposit`] | a share of the recent requests, and a few per second | retry storms, over any window | the floor can be too much for many small clients |
//! | [`success_tokens`] | only while successes keep the bucket over half full | retry storms | a few failures in a row switch retries off for everyone |
//! | [`quota`] | tokens that only successes bring back | outages without successes | comes back slowly |
//! | [`window_ratio`] | a share of the requests of the last minutes | amplification, by definition | a long window is slow to learn |
//!
//! `max_attempts` bounds the retries of one call; only a budget bounds them over all calls of a client.
//! That difference decides whether an overloaded service sees 4 times its load or little more than 1.
//!
//! Six rules with one name: they count different things (retries at once, attempts under way, requests,
//! successes), so they fail differently.

use serde::{Deserialize, Serialize};

use crate::policy::{Outcome, Problem};
use crate::time::SimTime;

pub mod active_ratio;
pub mod deposit;
pub mod none;
pub mod quota;
pub mod static_cap;
pub mod success_tokens;
mod window;
pub mod window_ratio;

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
    /// So many retries at once (Envoy `max_retries`).
    StaticCap(static_cap::Config),
    /// Retries up to a share of what is under way (Envoy `retry_budget`).
    ActiveRatio(active_ratio::Config),
    /// Retries cost tokens that only successes bring back (AWS SDKs).
    Quota(quota::Config),
    /// Retries up to a share of the requests of a window (Google SRE, .NET).
    WindowRatio(window_ratio::Config),
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
    /// The retries under way.
    StaticCap(static_cap::State),
    /// The attempts and retries under way.
    ActiveRatio(active_ratio::State),
    /// The fill of the bucket.
    Quota(quota::State),
    /// The recent requests and retries; boxed for the same reason.
    WindowRatio(Box<window_ratio::State>),
}

/// The most retries in the long run, where a budget bounds their rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongRun {
    /// For each call.
    pub per_call: f64,
    /// Beside those, of each client per second.
    pub per_second: f64,
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None | Config::StaticCap(_) | Config::ActiveRatio(_) => Vec::new(),
            Config::SuccessTokens(config) => Problem::below("success_tokens", config.check()),
            Config::Deposit(config) => Problem::below("deposit", config.check()),
            Config::Quota(config) => Problem::below("quota", config.check()),
            Config::WindowRatio(config) => Problem::below("window_ratio", config.check()),
        }
    }

    /// The most retries that it allows in the long run. `None`: what it bounds is no rate, or it bounds nothing.
    pub fn long_run(&self) -> Option<LongRun> {
        match self {
            Config::SuccessTokens(config) => Some(config.long_run()),
            Config::Deposit(config) => Some(config.long_run()),
            Config::WindowRatio(config) => config.long_run(),
            // Retries that succeed give back what they took, and only failures that last empty the bucket: whether
            // they last is not known here. Caps on what is under way bound no rate: quick failures come often.
            _ => None,
        }
    }

    /// Whether it counts what is under way, so that it must hear how every call ends.
    pub const fn counts_what_is_under_way(&self) -> bool {
        matches!(self, Config::StaticCap(_) | Config::ActiveRatio(_))
    }
}

impl State {
    /// A client that has sent nothing yet.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None => State::None,
            Config::SuccessTokens(config) => State::SuccessTokens(success_tokens::State::new(config)),
            Config::Deposit(_) => State::Deposit(Box::new(deposit::State::new())),
            Config::StaticCap(_) => State::StaticCap(static_cap::State::default()),
            Config::ActiveRatio(_) => State::ActiveRatio(active_ratio::State::default()),
            Config::Quota(config) => State::Quota(quota::State::new(config)),
            Config::WindowRatio(_) => State::WindowRatio(Box::new(window_ratio::State::new())),
        }
    }

    /// A call begins: its first attempt goes out.
    #[inline]
    pub fn begin(&mut self, config: &Config, now: SimTime) {
        match (config, self) {
            (Config::None, State::None)
            | (Config::SuccessTokens(_), State::SuccessTokens(_))
            | (Config::StaticCap(_), State::StaticCap(_))
            | (Config::Quota(_), State::Quota(_)) => {}
            (Config::Deposit(config), State::Deposit(state)) => state.deposit(config, now),
            (Config::ActiveRatio(_), State::ActiveRatio(state)) => state.sent(),
            (Config::WindowRatio(config), State::WindowRatio(state)) => state.begin(config, now),
            (
                Config::None
                | Config::SuccessTokens(_)
                | Config::Deposit(_)
                | Config::StaticCap(_)
                | Config::ActiveRatio(_)
                | Config::Quota(_)
                | Config::WindowRatio(_),
                _,
            ) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// A back-off is over: another attempt of a call goes out.
    #[inline]
    pub fn resume(&mut self) {
        if let State::ActiveRatio(state) = self {
            state.sent();
        }
    }

    /// An attempt ended, which was the first of its call or a retry after the failure `retry_after`.
    #[inline]
    pub fn observe(&mut self, config: &Config, outcome: Outcome, retry_after: Option<Outcome>) {
        match (config, self) {
            (Config::None, State::None)
            | (Config::Deposit(_), State::Deposit(_))
            | (Config::WindowRatio(_), State::WindowRatio(_)) => {}
            (Config::SuccessTokens(config), State::SuccessTokens(state)) => state.observe(config, outcome),
            (Config::Quota(config), State::Quota(state)) => state.observe(config, outcome, retry_after),
            (Config::StaticCap(_), State::StaticCap(state)) => {
                if retry_after.is_some() {
                    state.release();
                }
            }
            (Config::ActiveRatio(_), State::ActiveRatio(state)) => {
                state.ended();
                if retry_after.is_some() {
                    state.release();
                }
            }
            (
                Config::None
                | Config::SuccessTokens(_)
                | Config::Deposit(_)
                | Config::StaticCap(_)
                | Config::ActiveRatio(_)
                | Config::Quota(_)
                | Config::WindowRatio(_),
                _,
            ) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// An attempt is over that counts neither as a success nor as a failure.
    #[inline]
    pub fn forget_attempt(&mut self) {
        if let State::ActiveRatio(state) = self {
            state.ended();
        }
    }

    /// A retry is under way that was allowed before there was this budget.
    pub fn adopt_retry(&mut self) {
        match self {
            State::StaticCap(state) => state.adopt(),
            State::ActiveRatio(state) => state.adopt(),
            State::None
            | State::SuccessTokens(_)
            | State::Deposit(_)
            | State::Quota(_)
            | State::WindowRatio(_) => {}
        }
    }

    /// A retry is over that counts neither as a success nor as a failure.
    #[inline]
    pub fn forget_retry(&mut self) {
        match self {
            State::StaticCap(state) => state.release(),
            State::ActiveRatio(state) => state.release(),
            State::None
            | State::SuccessTokens(_)
            | State::Deposit(_)
            | State::Quota(_)
            | State::WindowRatio(_) => {}
        }
    }

    /// Whether one more retry is allowed, after a failure of this kind; if so, it is paid for.
    #[inline]
    pub fn withdraw(&mut self, config: &Config, outcome: Outcome, now: SimTime) -> bool {
        match (config, self) {
            (Config::None, State::None) => none::WITHDRAW,
            (Config::SuccessTokens(config), State::SuccessTokens(state)) => state.allows(config),
            (Config::Deposit(config), State::Deposit(state)) => state.withdraw(config, now),
            (Config::StaticCap(config), State::StaticCap(state)) => state.withdraw(config),
            (Config::ActiveRatio(config), State::ActiveRatio(state)) => state.withdraw(config),
            (Config::Quota(config), State::Quota(state)) => state.withdraw(config, outcome),
            (Config::WindowRatio(config), State::WindowRatio(state)) => state.withdraw(config, now),
            (
                Config::None
                | Config::SuccessTokens(_)
                | Config::Deposit(_)
                | Config::StaticCap(_)
                | Config::ActiveRatio(_)
                | Config::Quota(_)
                | Config::WindowRatio(_),
                _,
            ) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// Attempts and retries under way, as far as this budget counts them. At any time they are those of the
    /// calls under way: a conservation law.
    pub fn in_use(&self) -> Option<(Option<u32>, u32)> {
        match self {
            State::StaticCap(state) => Some((None, state.in_use())),
            State::ActiveRatio(state) => {
                let (active, retries) = state.in_use();
                Some((Some(active), retries))
            }
            State::None
            | State::SuccessTokens(_)
            | State::Deposit(_)
            | State::Quota(_)
            | State::WindowRatio(_) => None,
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match (config, self) {
            (Config::None, State::None) => None,
            (Config::SuccessTokens(_), State::SuccessTokens(state)) => Some(state.gauge()),
            (Config::Deposit(config), State::Deposit(state)) => Some(state.gauge(config, now)),
            (Config::StaticCap(config), State::StaticCap(state)) => {
                Some(("retries_left", state.level(config)))
            }
            (Config::ActiveRatio(config), State::ActiveRatio(state)) => {
                Some(("retries_left", state.level(config)))
            }
            (Config::Quota(_), State::Quota(state)) => Some(("retry_tokens", state.level())),
            (Config::WindowRatio(config), State::WindowRatio(state)) => {
                Some(("retries_left", state.level(config, now)))
            }
            (
                Config::None
                | Config::SuccessTokens(_)
                | Config::Deposit(_)
                | Config::StaticCap(_)
                | Config::ActiveRatio(_)
                | Config::Quota(_)
                | Config::WindowRatio(_),
                _,
            ) => unreachable!("{OTHER_POLICY}"),
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
            state.observe(&Config::None, Outcome::Timeout, None);
            assert!(state.withdraw(&Config::None, Outcome::Timeout, NOW));
        }
        assert_eq!(state.gauge(&Config::None, NOW), None);
    }

    /// Retries that are allowed at once in an outage of 1000 requests, of which each fails and asks for one
    /// retry that does not end.
    fn outage(json: &str) -> u32 {
        let config: Config = read(json).expect("settings are readable");
        let mut state = State::new(&config);
        let mut retries = 0;
        for _ in 0..1_000 {
            state.begin(&config, NOW);
        }
        for _ in 0..1_000 {
            state.observe(&config, Outcome::Timeout, None);
            retries += u32::from(state.withdraw(&config, Outcome::Timeout, NOW));
        }
        retries
    }

    #[test]
    fn six_things_are_called_a_retry_budget_and_fail_differently() {
        // policies.md, surprise 6: one word, different rules.
        assert_eq!(outage(r#""none""#), 1_000);
        let tokens = r#"{"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}"#;
        assert_eq!(outage(tokens), 49, "half of the bucket, then none");
        assert_eq!(outage(r#"{"deposit": {}}"#), 300, "the reserve, and every fifth");
        assert_eq!(outage(r#"{"static_cap": {}}"#), 3, "three at once");
        assert_eq!(outage(r#"{"active_ratio": {}}"#), 166, "a fifth of what is left, which shrinks");
        assert_eq!(outage(r#"{"quota": {}}"#), 35, "the whole bucket, once");
        assert_eq!(outage(r#"{"window_ratio": {}}"#), 100, "every tenth");
    }

    #[test]
    fn every_budget_has_a_level() {
        for json in [
            r#"{"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}"#,
            r#"{"deposit": {}}"#,
            r#"{"static_cap": {}}"#,
            r#"{"active_ratio": {}}"#,
            r#"{"quota": {}}"#,
            r#"{"window_ratio": {}}"#,
        ] {
            let config: Config = read(json).expect("settings are readable");
            assert_eq!(config.check(), []);
            let mut state = State::new(&config);
            state.begin(&config, NOW);
            let before = state.gauge(&config, NOW).expect("budgets have a level").1;
            state.observe(&config, Outcome::Timeout, None);
            assert!(state.withdraw(&config, Outcome::Timeout, NOW), "{json}");
            let after = state.gauge(&config, NOW).expect("budgets have a level").1;
            assert!(after < before, "{json}: {before} -> {after}");
        }
        assert_eq!(State::new(&Config::None).gauge(&Config::None, NOW), None);
    }

    #[test]
    #[should_panic(expected = "a state belongs to the settings it was made from")]
    fn a_state_of_other_settings_is_our_mistake() {
        State::new(&Config::None).begin(&Config::Deposit(deposit::Config::default()), NOW);
    }
}
