//! Quota: retries cost tokens that only successes bring back.
//!
//! **What it does.** A bucket of `max_tokens`, full at the start. A retry takes `cost` tokens, or what
//! `cost_when` says for the failure before it, and is refused if they are not there. A success gives back
//! what its own last retry took; a success at the first try gives `first_success_refund`.
//! **Why it exists.** No clock refills it: in an outage without successes a client ends after
//! `max_tokens` / `cost` retries and sends first tries only. Failures that mean overload can cost less or
//! more than a lost message.
//! **Where it fails.** Retries that succeed cost nothing, so half-broken servers are retried for ever;
//! and an empty bucket comes back slowly, one token per first success: after an outage, `cost` of them
//! per retry.
//! **Source.** botocore `retries/standard.py` (`RetryQuotaChecker`): 500 tokens; 14 per retry and 5 after
//! throttling since 2026, before that 5, and 10 after a timeout. Deviations: per client of an edge (AWS:
//! per client object); throttling is the word `shed` here.

use serde::{Deserialize, Serialize};

use crate::policy::per_outcome::PerOutcome;
use crate::policy::{Outcome, Problem};
use crate::units::Count;

/// Retries cost tokens that only successes bring back.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Quota"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Size of the bucket in tokens; from 1. Default: 500 (AWS).
    pub max_tokens: Count,
    /// Tokens that a retry takes; from 1. Default: 14 (AWS since 2026; before, 5).
    pub cost: Count,
    /// Other costs after some failures, by outcome word. Default: `{shed: 5}` (AWS since 2026; before,
    /// `{timeout: 10}`).
    pub cost_when: Box<PerOutcome<Count>>,
    /// Tokens that a success at the first try brings; from 1. Default: 1 (AWS).
    pub first_success_refund: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_tokens: Count::new(500),
            cost: Count::new(14),
            cost_when: Box::new(PerOutcome { shed: Some(Count::new(5)), ..PerOutcome::default() }),
            first_success_refund: Count::new(1),
        }
    }
}

/// What one client remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// invariant: at most the bucket's size.
    tokens: u32,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |field: &str, cost: Count| {
            if cost > self.max_tokens {
                let sentence =
                    format!("must be at most `max_tokens`, which is {}, found {cost}", self.max_tokens);
                problems.push(Problem::new(field, sentence));
            }
        };
        check("cost", self.cost);
        for (outcome, cost) in self.cost_when.all() {
            check(&format!("cost_when/{}", outcome.word()), cost);
        }
        problems
    }

    /// What a retry after this failure costs.
    #[inline]
    fn cost(&self, outcome: Outcome) -> u32 {
        self.cost_when.get(outcome).unwrap_or(self.cost).get()
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { tokens: config.max_tokens.get() }
    }

    /// An attempt ended, which was the first of its call or a retry after `retry_after`.
    #[inline]
    pub(super) fn observe(&mut self, config: &Config, outcome: Outcome, retry_after: Option<Outcome>) {
        if outcome.is_ok() {
            let refund =
                retry_after.map_or(config.first_success_refund.get(), |failure| config.cost(failure));
            self.tokens = self.tokens.saturating_add(refund).min(config.max_tokens.get());
        }
    }

    #[inline]
    pub(super) fn withdraw(&mut self, config: &Config, outcome: Outcome) -> bool {
        let left = self.tokens.checked_sub(config.cost(outcome));
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// Tokens in the bucket.
    pub(super) fn level(self) -> f64 {
        f64::from(self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, read};

    fn retries(config: &Config, outcome: Outcome) -> (u32, f64) {
        let mut state = State::new(config);
        let retries = (0..).find(|_| !state.withdraw(config, outcome)).expect("buckets end");
        (retries, state.level())
    }

    #[test]
    fn aws_quota_allows_35_failing_retries_and_refuses_the_36th() {
        // policies.md, section 20, AWS quota; surprise 5: the defaults since 2026.
        let config = config!("{}");
        assert_eq!(retries(&config, Outcome::Timeout), (35, 10.0));
        assert_eq!(retries(&config, Outcome::Shed), (100, 0.0));
    }

    #[test]
    fn aws_quota_before_2026_allows_100_and_50() {
        // policies.md, section 20, AWS quota before 2026.
        let config = config!(r#"{"cost": 5, "cost_when": {"timeout": 10}}"#);
        assert_eq!(retries(&config, Outcome::ServerError).0, 100);
        assert_eq!(retries(&config, Outcome::Timeout).0, 50);
    }

    #[test]
    fn a_success_gives_back_what_its_last_retry_took() {
        let config = config!("{}");
        let mut state = State { tokens: 100 };
        state.observe(&config, Outcome::Ok, None);
        assert_eq!(state.level(), 101.0);
        assert!(state.withdraw(&config, Outcome::Shed));
        state.observe(&config, Outcome::Ok, Some(Outcome::Shed));
        assert_eq!(state.level(), 101.0);
        assert!(state.withdraw(&config, Outcome::Timeout));
        state.observe(&config, Outcome::Timeout, Some(Outcome::Timeout));
        assert_eq!(state.level(), 87.0, "a failure gives nothing back");
    }

    #[test]
    fn the_bucket_never_holds_more_than_its_size() {
        let config = config!("{}");
        let mut state = State::new(&config);
        state.observe(&config, Outcome::Ok, None);
        state.observe(&config, Outcome::Ok, Some(Outcome::Timeout));
        assert_eq!(state.level(), 500.0);
    }

    #[test]
    fn a_cost_above_the_bucket_is_told() {
        let config: Config = read(r#"{"max_tokens": 10, "cost": 11, "cost_when": {"reset": 12}}"#)
            .expect("settings are readable");
        let problems = config.check();
        assert_eq!(problems[0], Problem::new("cost", "must be at most `max_tokens`, which is 10, found 11"));
        assert_eq!(problems[1].field, "cost_when/reset");
    }
}
