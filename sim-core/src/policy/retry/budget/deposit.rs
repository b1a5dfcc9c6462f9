//! Deposits with a time to live: each request pays for a share of a retry.
//!
//! **What it does.** Every request deposits, every retry withdraws 1 / `retry_ratio` deposits, and both
//! are forgotten after `ttl`. A reserve of `min_retries_per_second` * `ttl` retries lies below. So
//! within one `ttl`: retries <= `min_retries_per_second` * `ttl` + `retry_ratio` * requests.
//! **Why it exists.** It bounds amplification by construction, at 1 + `retry_ratio` and the reserve,
//! whatever fails and for how long. The reserve lets a client with few requests retry at all.
//! **Where it fails.** The reserve is per client: 1000 clients at 10/s may add 10 000 retries per
//! second. And deposits saved in quiet times can be spent at once, `ttl` seconds' worth in one burst.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `deposit`;
//! `scenarios/library/resilience/retry-budget.yaml`, variants `bucket` and `bucket-with-reserve`.
//! **Source.** Finagle `RetryBudget.scala` and `WindowedAdder` (10 slices); Linkerd service profiles;
//! tower `retry::budget`. Deviations: slices lie at multiples of `ttl` / 10 since the start of the run,
//! Finagle's drift with the calls; `retry_ratio` ends at 1, Finagle's at 1000; tower deposits per
//! success, not per request.
//!
//! Time goes by slices of `ttl` / 10 (`budget/window.rs`). A retry is forgiven after `ttl`; if the
//! deposits that paid for it expire first, the balance is below zero until then.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::LongRun;

use super::window::{SLICES, Window};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Probability, text_type};

/// What one request deposits; integers are exact. `ScaleFactor` of Finagle's `RetryBudget.scala`.
const DEPOSIT: i64 = 1_000;

/// The smallest share of retries other than none: it keeps all sums in 64 bits.
const LEAST_RATIO: f64 = 0.001;

/// The times to live that Finagle allows.
const TTL: (SimDuration, SimDuration) = (SimDuration::from_secs(1), SimDuration::from_secs(60));

/// Retries up to a share of the recent requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Deposit"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Retries per request, 0 or 0.001 to 1: 0.1 is one retry per ten requests. Default: 0.2 (Finagle,
    /// Linkerd).
    pub retry_ratio: Probability,
    /// Retries per second that need no requests; a whole number from 0. Default: 10 (Finagle, Linkerd).
    pub min_retries_per_second: RetriesPerSecond,
    /// How long requests and retries count, 1s to 60s. Default: 10s (Finagle, Linkerd).
    pub ttl: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            retry_ratio: Probability::new(0.2),
            min_retries_per_second: RetriesPerSecond(10),
            ttl: SimDuration::from_secs(10),
        }
    }
}

/// A whole number of retries per second, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetriesPerSecond(pub u32);

impl FromStr for RetriesPerSecond {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write a whole number from 0, without a unit, such as `10`";
        text.trim()
            .parse()
            .map(RetriesPerSecond)
            .map_err(|_| format!("`{text}` is no number of retries per second; {wanted}"))
    }
}

impl fmt::Display for RetriesPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_type!(
    RetriesPerSecond,
    "RetriesPerSecond",
    "Retries per second: a whole number from 0.",
    r"^\s*[0-9]+\s*$"
);

/// What one client remembers: its deposits less its withdrawals.
#[derive(Clone, Debug)]
pub struct State {
    recent: Window,
}

impl Config {
    pub(super) fn long_run(&self) -> LongRun {
        LongRun { per_call: self.retry_ratio.get(), per_second: f64::from(self.min_retries_per_second.0) }
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.retry_ratio > Probability::ZERO && self.retry_ratio.get() < LEAST_RATIO {
            let sentence = format!("must be 0 or at least {LEAST_RATIO}, found {}", self.retry_ratio);
            problems.push(Problem::new("retry_ratio", sentence));
        }
        let (shortest, longest) = TTL;
        if !(shortest..=longest).contains(&self.ttl) {
            let sentence = format!("must lie between {shortest} and {longest}, found {}", self.ttl);
            problems.push(Problem::new("ttl", sentence));
        }
        problems
    }

    /// What a request puts in.
    fn deposit(&self) -> i64 {
        if self.retry_ratio == Probability::ZERO { 0 } else { DEPOSIT }
    }

    /// What a retry takes out.
    fn price(&self) -> i64 {
        if self.retry_ratio == Probability::ZERO {
            // Nothing is deposited; the reserve is counted in retries of any price.
            return DEPOSIT;
        }
        // Truncated, as in Finagle: for 0.3 a retry costs 3333, not 3333.3.
        (DEPOSIT as f64 / self.retry_ratio.get()) as i64
    }

    /// What may be overdrawn within one time to live.
    fn reserve(&self) -> i64 {
        let retries =
            u128::from(self.min_retries_per_second.0) * u128::from(self.ttl.as_nanos()) / 1_000_000_000;
        // At most 2^32 per second, 60 seconds and a price of 10^6: less than a 30th of what an i64 holds.
        retries as i64 * self.price()
    }

    /// The slice of time that `now` lies in.
    fn slice(&self, now: SimTime) -> u64 {
        now.as_nanos() / (self.ttl.as_nanos() / SLICES as u64)
    }
}

impl State {
    pub(super) const fn new() -> Self {
        State { recent: Window::new() }
    }

    #[inline]
    pub(super) fn deposit(&mut self, config: &Config, now: SimTime) {
        self.recent.add(config.deposit(), config.slice(now));
    }

    #[inline]
    pub(super) fn withdraw(&mut self, config: &Config, now: SimTime) -> bool {
        let price = config.price();
        let affordable = self.balance(config, now) >= price;
        if affordable {
            self.recent.add(-price, config.slice(now));
        }
        affordable
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> (&'static str, f64) {
        ("retry_balance", self.balance(config, now) as f64 / config.price() as f64)
    }

    fn balance(&self, config: &Config, now: SimTime) -> i64 {
        config.reserve() + self.recent.sum(config.slice(now))
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::read;

    use super::*;

    fn config(retry_ratio: f64, min_retries_per_second: u32) -> Config {
        let config = Config {
            retry_ratio: Probability::new(retry_ratio),
            min_retries_per_second: RetriesPerSecond(min_retries_per_second),
            ..Config::default()
        };
        assert_eq!(config.check(), []);
        config
    }

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(seconds)
    }

    fn deposit(state: &mut State, config: &Config, requests: u32, now: SimTime) {
        for _ in 0..requests {
            state.deposit(config, now);
        }
    }

    /// How many retries are allowed in a row.
    fn retries(state: &mut State, config: &Config, now: SimTime) -> u32 {
        (0..).find(|_| !state.withdraw(config, now)).expect("budgets end")
    }

    #[test]
    fn a_thousand_requests_and_the_reserve_allow_300_retries() {
        // policies.md, section 20, Finagle window: 10 s, 10/s, 0.2.
        let config = config(0.2, 10);
        let mut state = State::new();
        deposit(&mut state, &config, 1_000, at(0.0));
        assert_eq!(retries(&mut state, &config, at(0.0)), 300);
    }

    #[test]
    fn without_a_reserve_ten_requests_pay_for_one_retry() {
        let config = config(0.1, 0);
        let mut state = State::new();
        for _ in 0..5 {
            deposit(&mut state, &config, 9, at(0.0));
            assert!(!state.withdraw(&config, at(0.0)));
            deposit(&mut state, &config, 1, at(0.0));
            assert_eq!(retries(&mut state, &config, at(0.0)), 1);
        }
    }

    #[test]
    fn without_a_ratio_only_the_reserve_is_left() {
        let config = config(0.0, 10);
        let mut state = State::new();
        deposit(&mut state, &config, 1_000, at(0.0));
        assert_eq!(retries(&mut state, &config, at(0.0)), 100);
    }

    #[test]
    fn without_both_nothing_is_retried() {
        let config = config(0.0, 0);
        let mut state = State::new();
        deposit(&mut state, &config, 1_000, at(0.0));
        assert!(!state.withdraw(&config, at(0.0)));
    }

    #[test]
    fn deposits_expire_after_the_time_to_live() {
        let config = config(0.2, 0);
        let mut state = State::new();
        deposit(&mut state, &config, 10, at(0.5));
        assert_eq!(state.gauge(&config, at(9.99)), ("retry_balance", 2.0));
        assert_eq!(
            state.gauge(&config, at(10.0)),
            ("retry_balance", 0.0),
            "with the slice of the first second"
        );
    }

    #[test]
    fn retries_are_forgiven_after_the_time_to_live() {
        let config = config(0.2, 10);
        let mut state = State::new();
        assert_eq!(retries(&mut state, &config, at(3.0)), 100);
        assert_eq!(retries(&mut state, &config, at(12.9)), 0);
        assert_eq!(retries(&mut state, &config, at(13.0)), 100);
    }

    #[test]
    fn retries_that_outlive_their_deposits_leave_a_debt() {
        let config = config(0.2, 0);
        let mut state = State::new();
        deposit(&mut state, &config, 10, at(0.0));
        assert_eq!(retries(&mut state, &config, at(9.0)), 2);
        deposit(&mut state, &config, 10, at(11.0));
        assert_eq!(retries(&mut state, &config, at(11.0)), 0, "the new deposits only cover the debt");
        assert_eq!(retries(&mut state, &config, at(19.0)), 2);
    }

    #[test]
    fn nothing_said_is_what_finagle_and_linkerd_do() {
        let silent: Config = read("{}").expect("every field has a default");
        assert_eq!(silent, config(0.2, 10));
        assert_eq!(silent.ttl, SimDuration::from_secs(10));
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let fields = |json| {
            read::<Config>(json).map(|config| config.check().into_iter().map(|p| p.field).collect::<Vec<_>>())
        };
        assert_eq!(
            fields(r#"{"ttl": "61s", "retry_ratio": 0.0001}"#),
            Ok(vec!["retry_ratio".into(), "ttl".into()])
        );
        assert_eq!(fields(r#"{"ttl": "1s", "min_retries_per_second": 0}"#), Ok(vec![]));
        assert!(fields(r#"{"min_retries_per_second": "10/s"}"#).unwrap_err().contains("without a unit"));
    }
}
