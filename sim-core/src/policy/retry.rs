//! The attempt failed: try again, and after which wait?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | the first failure is the answer | retry storms | every glitch reaches the user |
//! | [`immediate`] | again at once | a lost message, one bad instance | doubles the load when it hurts most |
//! | [`constant`] | again after a fixed wait | short outages | callers that failed together return together |
//! | [`linear`] | each wait longer by the same step | outages of unknown length | slower answers, still in step |
//! | [`exponential`] | each wait longer by the same factor | long outages, with jitter also waves | late attempts wait very long |
//! | [`decorrelated`] | a random wait up to three times the last | waves of callers in step | the wait is hard to foresee |
//!
//! Back-off spreads retries over time, but it does not reduce them: a caller that retries three times
//! sends four times the load for as long as the failure lasts. Only a [`budget`] bounds the share of
//! retries, so every pattern that retries has one (default `none`).
//!
//! `max_attempts` always includes the first try, as in gRPC, resilience4j and the AWS SDKs. Envoy's
//! `num_retries` and Polly's `MaxRetryAttempts` leave it out: their 3 is a 4 here.

use serde::{Deserialize, Serialize};

use super::{Outcome, Problem};
use crate::luck::Luck;
use crate::time::{SimDuration, SimTime};

pub mod none;
pub mod immediate;
pub mod constant;
pub mod linear;
pub mod exponential;
pub mod decorrelated;
pub mod jitter;
pub mod cap;
pub mod budget;

/// Whether a failed attempt is tried again, and after which wait. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Retry"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The first failure is the answer.
    #[default]
    None,
    /// Again at once.
    Immediate(immediate::Config),
    /// Again after the same wait each time.
    Constant(constant::Config),
    /// Each wait is longer by the same step.
    Linear(linear::Config),
    /// Each wait is longer by the same factor.
    Exponential(exponential::Config),
    /// A random wait of up to three times the last one.
    Decorrelated(decorrelated::Config),
}

/// How far one call has come. The engine counts the attempts as it sends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Attempts sent so far, the first included.
    pub attempts: u32,
    /// The wait before the latest attempt; zero before the first. Kept by [`State::decide`].
    pub previous_delay: SimDuration,
}

/// What becomes of a call whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send another attempt.
    Retry {
        /// Time from the failure to the next attempt.
        after: SimDuration,
    },
    /// The failure is the answer of the call.
    GiveUp(GiveUp),
}

/// Why a call is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The caller never retries.
    NoRetry,
    /// All attempts were sent.
    AttemptsUsedUp,
    /// An attempt was left, but the budget refused it.
    BudgetEmpty,
}

/// What one client of an edge remembers between its calls.
#[derive(Clone, Debug)]
pub struct State {
    budget: budget::State,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Immediate(config) => Problem::below("immediate", config.check()),
            Config::Constant(config) => Problem::below("constant", config.check()),
            Config::Linear(config) => Problem::below("linear", config.check()),
            Config::Exponential(config) => Problem::below("exponential", config.check()),
            Config::Decorrelated(config) => Problem::below("decorrelated", config.check()),
        }
    }

    /// The most attempts of one call, the first included.
    #[inline]
    pub fn max_attempts(&self) -> u32 {
        match self {
            Config::None => none::MAX_ATTEMPTS,
            Config::Immediate(config) => config.max_attempts.get(),
            Config::Constant(config) => config.max_attempts.get(),
            Config::Linear(config) => config.max_attempts.get(),
            Config::Exponential(config) => config.max_attempts.get(),
            Config::Decorrelated(config) => config.max_attempts.get(),
        }
    }

    /// What bounds the retries of one client over all its calls.
    #[inline]
    pub fn budget(&self) -> &budget::Config {
        match self {
            Config::None => &budget::Config::None,
            Config::Immediate(config) => &config.budget,
            Config::Constant(config) => &config.budget,
            Config::Linear(config) => &config.budget,
            Config::Exponential(config) => &config.budget,
            Config::Decorrelated(config) => &config.budget,
        }
    }

    /// The wait before the next attempt.
    #[inline]
    fn delay(&self, progress: Progress, luck: Luck) -> SimDuration {
        // Retries are numbered from 1: the n-th follows the n-th attempt.
        let retry = progress.attempts;
        match self {
            Config::None => unreachable!("`none` has given up by now"),
            Config::Immediate(config) => config.delay(),
            Config::Constant(config) => config.delay(luck),
            Config::Linear(config) => config.delay(retry, luck),
            Config::Exponential(config) => config.delay(retry, luck),
            Config::Decorrelated(config) => config.delay(progress.previous_delay, luck),
        }
    }
}

impl State {
    /// A client that has sent nothing yet.
    pub fn new(config: &Config) -> Self {
        State { budget: budget::State::new(config.budget()) }
    }

    /// A call sends its first attempt.
    #[inline]
    pub fn begin(&mut self, config: &Config, now: SimTime) {
        self.budget.begin(config.budget(), now);
    }

    /// An attempt ended. Called once per attempt, before [`State::decide`]; an answer that comes after
    /// its timeout is not reported again.
    #[inline]
    pub fn observe(&mut self, config: &Config, outcome: Outcome, _now: SimTime) {
        self.budget.observe(config.budget(), outcome);
    }

    /// What to do about a failed attempt, whose own `luck` decides the jitter. The budget is asked only
    /// while an attempt is left, so that a call that is over anyway takes nothing from it.
    #[inline]
    pub fn decide(
        &mut self,
        config: &Config,
        progress: &mut Progress,
        outcome: Outcome,
        now: SimTime,
        luck: Luck,
    ) -> Decision {
        debug_assert!(!outcome.is_ok(), "nobody retries a success");
        debug_assert!(progress.attempts >= 1, "the failed attempt counts as sent");
        if matches!(config, Config::None) {
            return none::decide();
        }
        if progress.attempts >= config.max_attempts() {
            return Decision::GiveUp(GiveUp::AttemptsUsedUp);
        }
        if !self.budget.withdraw(config.budget(), now) {
            return Decision::GiveUp(GiveUp::BudgetEmpty);
        }
        let after = config.delay(*progress, luck);
        progress.previous_delay = after;
        Decision::Retry { after }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        self.budget.gauge(config.budget(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::{luck, read};

    const NOW: SimTime = SimTime::ZERO;

    fn config(json: &str) -> Config {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config
    }

    /// How one call goes on of which every attempt times out.
    fn failing_call(config: &Config, state: &mut State) -> (Vec<SimDuration>, GiveUp) {
        let mut delays = Vec::new();
        let mut progress = Progress::default();
        state.begin(config, NOW);
        loop {
            progress.attempts += 1;
            state.observe(config, Outcome::Timeout, NOW);
            let luck = luck(u64::from(progress.attempts));
            match state.decide(config, &mut progress, Outcome::Timeout, NOW, luck) {
                Decision::Retry { after } => delays.push(after),
                Decision::GiveUp(reason) => return (delays, reason),
            }
        }
    }

    #[test]
    fn the_first_try_is_an_attempt() {
        // policies.md, surprise 1: gRPC's maxAttempts 3 sends 3, Envoy's num_retries 3 sends 4.
        let grpc = config(r#"{"immediate": {"max_attempts": 3}}"#);
        assert_eq!(
            failing_call(&grpc, &mut State::new(&grpc)),
            (vec![SimDuration::ZERO; 2], GiveUp::AttemptsUsedUp)
        );
        let envoy = config(r#"{"immediate": {"max_attempts": 4}}"#);
        assert_eq!(failing_call(&envoy, &mut State::new(&envoy)).0.len(), 3);
    }

    #[test]
    fn nothing_said_is_no_retry() {
        let silent = Config::default();
        assert_eq!(silent, config(r#""none""#));
        assert_eq!(silent.max_attempts(), 1);
        assert_eq!(failing_call(&silent, &mut State::new(&silent)), (vec![], GiveUp::NoRetry));
    }

    #[test]
    fn an_empty_budget_ends_the_call_at_once() {
        let config = config(
            r#"{"constant": {"max_attempts": 9, "base": "1s", "budget": {"success_tokens": {"max_tokens": 10, "token_ratio": 0.1}}}}"#,
        );
        let (delays, reason) = failing_call(&config, &mut State::new(&config));
        assert_eq!((delays.len(), reason), (4, GiveUp::BudgetEmpty));
    }

    #[test]
    fn a_call_without_attempts_left_takes_nothing_from_the_budget() {
        let config = config(r#"{"immediate": {"max_attempts": 2, "budget": {"deposit": {}}}}"#);
        let mut state = State::new(&config);
        let before = state.gauge(&config, NOW).expect("budgets have a gauge").1;
        failing_call(&config, &mut state);
        let after = state.gauge(&config, NOW).expect("budgets have a gauge").1;
        // One request put in 0.2, one retry took out 1, the second failure asked for nothing.
        assert!((after - (before + 0.2 - 1.0)).abs() < 1e-9, "{before} -> {after}");
    }

    #[test]
    fn every_wait_follows_from_the_attempts_luck_alone() {
        for pattern in [
            r#"{"exponential": {"max_attempts": 5, "base": "100ms", "jitter": "full"}}"#,
            r#"{"decorrelated": {"max_attempts": 5, "base": "100ms"}}"#,
        ] {
            let config = config(pattern);
            let mut state = State::new(&config);
            let first = failing_call(&config, &mut state);
            assert_eq!(
                failing_call(&config, &mut state),
                first,
                "a second call of the same luck waits the same"
            );
        }
    }

    #[test]
    fn a_wait_is_remembered_until_the_next() {
        let config = config(r#"{"decorrelated": {"max_attempts": 9, "base": "100ms"}}"#);
        let (delays, _) = failing_call(&config, &mut State::new(&config));
        // Without memory no wait would be longer than three times the base.
        assert!(delays.iter().any(|delay| *delay > SimDuration::from_millis(300)), "{delays:?}");
    }

    #[test]
    fn jitter_moves_nobody_elses_draws() {
        let config = config(r#"{"constant": {"max_attempts": 2, "base": "1s", "jitter": "full"}}"#);
        for k in 0..100 {
            let service_time = luck(k).draws(Purpose::ServiceTime).bits();
            let mut progress = Progress { attempts: 1, ..Progress::default() };
            State::new(&config).decide(&config, &mut progress, Outcome::ServerError, NOW, luck(k));
            assert_eq!(luck(k).draws(Purpose::ServiceTime).bits(), service_time);
            let backoff = progress.previous_delay.as_secs_f64();
            for other in [Purpose::ServiceTime, Purpose::Error, Purpose::Instance] {
                assert!(
                    (luck(k).draws(other).unit() - backoff).abs() > 1e-9,
                    "{other:?} repeats the back-off"
                );
            }
        }
    }

    #[test]
    fn the_example_of_the_manual_is_read_and_written_with_its_defaults() {
        let config = config(
            r#"{"exponential": {"max_attempts": 3, "base": "100ms", "multiplier": 2, "max": "10s", "jitter": "full",
                "budget": {"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}}}"#,
        );
        let written = serde_json::to_string(&config).expect("settings can be written");
        assert_eq!(
            written,
            concat!(
                r#"{"exponential":{"max_attempts":"3","base":"100ms","multiplier":"2","max":"10s","jitter":"full","#,
                r#""jitter_ratio":null,"cap_after_jitter":true,"#,
                r#""budget":{"success_tokens":{"max_tokens":"100","token_ratio":"0.1"}}}}"#
            )
        );
        assert_eq!(read(&written), Ok(config));
    }

    #[test]
    fn what_is_unknown_or_missing_is_refused() {
        let problem = |json| read::<Config>(json).unwrap_err();
        assert!(problem(r#"{"linear": {"max_attempts": 3, "bas": "1s"}}"#).contains("unknown field `bas`"));
        assert!(problem(r#"{"linear": {"max_attempts": 3}}"#).contains("missing field `base`"));
        assert!(problem(r#"{"immediate": {"max_attempts": 0}}"#).contains("must be at least 1, found 0"));
        assert!(problem(r#""never""#).contains("unknown variant `never`"));
    }

    #[test]
    fn contradictions_are_told_with_their_path_and_all_at_once() {
        let config: Config = read(
            r#"{"exponential": {"max_attempts": 3, "base": "1s", "max": "50ms", "jitter": "full", "jitter_ratio": 0.2,
                "budget": {"deposit": {"ttl": "2m"}}}}"#,
        )
        .expect("settings are readable");
        let problems: Vec<String> =
            config.check().into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect();
        assert_eq!(
            problems,
            [
                "exponential/max: must be at least `base`, which is 1s, found 50ms",
                "exponential/jitter_ratio: it belongs to `jitter: plus_minus` and does nothing here; remove it or change `jitter`",
                "exponential/budget/deposit/ttl: must lie between 1s and 1m, found 2m",
            ]
        );
    }

    #[test]
    fn what_calls_and_clients_remember_is_small() {
        assert_eq!(size_of::<Progress>(), 16);
        assert!(size_of::<State>() <= 16);
    }
}
