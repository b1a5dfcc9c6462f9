//! Success tokens: retries stop while too few successes fill the bucket.
//!
//! **What it does.** Each failed attempt takes one token from a bucket of `max_tokens` (not below 0),
//! each success puts `token_ratio` tokens in (not above the maximum). A retry is allowed only while more
//! than half of `max_tokens` are left, counted after the failure that asks. The bucket starts full.
//! **Why it exists.** It breaks the loop in which failures create load: once more than a share of
//! `token_ratio` / (1 + `token_ratio`) of the attempts fail (9.1% for 0.1), the bucket empties and the
//! client sends first attempts only. When successes return, so do retries. The price: failures of a few
//! calls switch retries off for all calls of that client.
//! **Where it fails.** The full bucket lets `max_tokens` / 2 failures pass before it bites, per client:
//! a thousand clients with a bucket of 100 each may send 50 000 retries first.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `success-tokens`;
//! `scenarios/library/resilience/retry-budget.yaml`, variant `breaker`.
//! **Source.** gRFC A6 (client retries), "Throttling retry attempts and hedged RPCs". Deviations: the
//! bucket is per client of an edge (gRPC: per server name and channel), and every failure counts (gRPC:
//! retryable status codes only).

use serde::{Deserialize, Serialize};

use super::LongRun;

use crate::policy::{Outcome, Problem};
use crate::units::{Count, Factor};

/// One token in the unit of the bucket. gRFC A6: three decimal places are kept, so integers are exact.
const TOKEN: u32 = 1_000;

/// The largest bucket. gRFC A6: `maxTokens` lies in (0, 1000].
const MOST_TOKENS: u32 = 1_000;

/// Retries only while successes keep the bucket over half full.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SuccessTokens"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Size of the bucket in tokens, 1 to 1000. A failed attempt takes one token.
    pub max_tokens: Count,
    /// Tokens that a success puts back, from 0.001; decimals after the third are ignored. With 0.1
    /// retries last while fewer than 9.1% of the attempts fail.
    pub token_ratio: Factor,
}

/// What one client remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// Thousandths of a token. invariant: at most the bucket's size.
    tokens: u32,
}

impl Config {
    /// A retry follows a failure, and there are at most `token_ratio` failures per success in the long run. (If more
    /// fail, none is tried again.)
    pub(super) fn long_run(&self) -> LongRun {
        LongRun { per_call: self.token_ratio.get(), per_second: 0.0 }
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.max_tokens.get() > MOST_TOKENS {
            let sentence = format!("must be at most {MOST_TOKENS}, found {}", self.max_tokens);
            problems.push(Problem::new("max_tokens", sentence));
        }
        if self.refill() == 0 {
            let sentence = format!(
                "must be at least 0.001, found {}: a success would put nothing back",
                self.token_ratio
            );
            problems.push(Problem::new("token_ratio", sentence));
        }
        problems
    }

    fn size(&self) -> u32 {
        self.max_tokens.get() * TOKEN
    }

    /// What a success puts back, in thousandths.
    fn refill(&self) -> u32 {
        // Decimals after the third are dropped; the millionth keeps 0.57, whose float lies a hair
        // below it, from becoming 0.569.
        (self.token_ratio.get() * f64::from(TOKEN) + 1e-6) as u32
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { tokens: config.size() }
    }

    #[inline]
    pub(super) fn observe(&mut self, config: &Config, outcome: Outcome) {
        self.tokens = if outcome.is_ok() {
            self.tokens.saturating_add(config.refill()).min(config.size())
        } else {
            self.tokens.saturating_sub(TOKEN)
        };
    }

    /// Whether a retry is allowed. A retry itself costs nothing, only failures do.
    #[inline]
    pub(super) fn allows(&self, config: &Config) -> bool {
        2 * self.tokens > config.size()
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("retry_tokens", f64::from(self.tokens) / f64::from(TOKEN))
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::read;

    use super::*;

    fn config(max_tokens: u32, token_ratio: f64) -> Config {
        let config = Config { max_tokens: Count::new(max_tokens), token_ratio: Factor::new(token_ratio) };
        assert_eq!(config.check(), []);
        config
    }

    #[test]
    fn the_fifth_failure_of_ten_tokens_turns_retries_off() {
        // policies.md, section 20, gRPC throttle 10, 0.1.
        let config = config(10, 0.1);
        let mut state = State::new(&config);
        for failure in 1..=5 {
            state.observe(&config, Outcome::Timeout);
            assert_eq!(state.allows(&config), failure < 5, "after failure {failure}");
        }
        state.observe(&config, Outcome::Ok);
        assert_eq!(state.gauge(), ("retry_tokens", 5.1));
        assert!(state.allows(&config), "one success turns retries on: 5.1 > 5");
    }

    #[test]
    fn the_bucket_keeps_between_nothing_and_its_size() {
        let config = config(3, 0.5);
        let mut state = State::new(&config);
        state.observe(&config, Outcome::Ok);
        assert_eq!(state.gauge().1, 3.0);
        for _ in 0..9 {
            state.observe(&config, Outcome::ServerError);
        }
        assert_eq!(state.gauge().1, 0.0);
        state.observe(&config, Outcome::Ok);
        assert_eq!(state.gauge().1, 0.5);
    }

    #[test]
    fn every_failure_costs_the_same() {
        let config = config(100, 0.1);
        for outcome in Outcome::ALL {
            let mut state = State::new(&config);
            state.observe(&config, outcome);
            assert_eq!(state.gauge().1, if outcome.is_ok() { 100.0 } else { 99.0 }, "{}", outcome.word());
        }
    }

    /// Whether retries are still on after 100 000 attempts of which every `n`-th fails.
    fn lasts_with_one_failure_in(n: u32) -> bool {
        let config = config(100, 0.1);
        let mut state = State::new(&config);
        for attempt in 1..=100_000 {
            state.observe(&config, if attempt % n == 0 { Outcome::Timeout } else { Outcome::Ok });
        }
        state.allows(&config)
    }

    #[test]
    fn retries_last_below_9_percent_of_failures_and_stop_above() {
        // Break-even: failures / attempts = ratio / (1 + ratio) = 0.1 / 1.1 = 1/11.
        assert!(lasts_with_one_failure_in(12));
        assert!(!lasts_with_one_failure_in(10));
    }

    #[test]
    fn three_decimals_count_exactly() {
        for thousandths in 1..=2_000 {
            assert_eq!(config(10, f64::from(thousandths) / 1e3).refill(), thousandths);
        }
        assert_eq!(config(10, 0.5466).refill(), 546, "gRFC A6: 0.5466 is treated as 0.546");
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let config: Config =
            read(r#"{"max_tokens": 1001, "token_ratio": 0.0009}"#).expect("settings are readable");
        let problems = config.check();
        assert_eq!(problems[0], Problem::new("max_tokens", "must be at most 1000, found 1001"));
        assert_eq!(problems[1].field, "token_ratio");
        assert!(read::<Config>(r#"{"max_tokens": 10, "token_ratio": 0}"#).is_err());
    }
}
