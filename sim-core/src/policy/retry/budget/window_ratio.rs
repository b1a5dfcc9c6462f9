//! Window ratio: retries may be a share of the requests of the last minutes.
//!
//! **What it does.** A retry is allowed while the retries of the last `window` are fewer than
//! `retry_ratio` times the requests of the last `window`, rounded down, and at least one if the ratio is
//! above 0. With fewer than `min_requests` in the window the ratio is not judged, and every retry is allowed.
//! **Why it exists.** It bounds amplification directly: with 0.1 the servers see at most 1.1 times what
//! users ask for over any window, whatever fails.
//! **Where it fails.** A long window is slow to learn: after two quiet minutes nothing is left to spend,
//! after two busy ones all of it can be spent in a second. A client below `min_requests` has no budget at
//! all, and a thousand such clients are a storm.
//! **Source.** Google SRE book, chapter 21, per-client retry budget (10%); .NET `HttpRetryBudgetOptions`
//! (at least one retry unless the ratio is 0). Deviations: the window goes by in ten slices; SRE names no
//! length, here it is that of its client throttling, 2m; how .NET treats few requests was not read.

use serde::{Deserialize, Serialize};

use super::LongRun;

use super::window::{SLICES, Window};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability};

/// Retries up to a share of the recent requests.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "WindowRatio"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Retries per request, 0 to 1. Default: 0.1 (SRE, .NET).
    pub retry_ratio: Probability,
    /// How long requests and retries count; from 1ms. Default: 2m.
    pub window: SimDuration,
    /// Requests in the window below which every retry is allowed. Default: none, the ratio always holds.
    pub min_requests: Option<Count>,
}

/// The shortest window: ten slices of it are still whole nanoseconds.
const SHORTEST: SimDuration = SimDuration::from_millis(1);

impl Default for Config {
    fn default() -> Self {
        Config { retry_ratio: Probability::new(0.1), window: SimDuration::from_secs(120), min_requests: None }
    }
}

/// What one client remembers.
#[derive(Clone, Debug)]
pub struct State {
    requests: Window,
    retries: Window,
}

impl Config {
    /// With `min_requests` each client may send so many without being judged. One retry per window is always free.
    pub(super) fn long_run(&self) -> Option<LongRun> {
        let per_call = self.retry_ratio.get();
        let free = if per_call > 0.0 { 1.0 / self.window.as_secs_f64() } else { 0.0 };
        self.min_requests.is_none().then_some(LongRun { per_call, per_second: free })
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        if self.window < SHORTEST {
            let sentence = format!("must be at least {SHORTEST}, found {}", self.window);
            return vec![Problem::new("window", sentence)];
        }
        Vec::new()
    }

    fn slice(&self, now: SimTime) -> u64 {
        now.as_nanos() / (self.window.as_nanos() / SLICES as u64)
    }

    /// Most retries beside this many requests; none where the ratio is not judged.
    fn limit(&self, requests: i64) -> Option<i64> {
        if self.min_requests.is_some_and(|least| requests < i64::from(least.get())) {
            return None;
        }
        let ratio = self.retry_ratio.get();
        // The millionth keeps products such as 0.29 * 100, a hair below 29, from losing one.
        let share = (ratio * requests as f64 + 1e-6) as i64;
        Some(share.max(i64::from(ratio > 0.0)))
    }
}

impl State {
    pub(super) const fn new() -> Self {
        State { requests: Window::new(), retries: Window::new() }
    }

    /// A call begins.
    #[inline]
    pub(super) fn begin(&mut self, config: &Config, now: SimTime) {
        self.requests.add(1, config.slice(now));
    }

    #[inline]
    pub(super) fn withdraw(&mut self, config: &Config, now: SimTime) -> bool {
        let allowed = self.left(config, now).is_none_or(|left| left > 0);
        if allowed {
            self.retries.add(1, config.slice(now));
        }
        allowed
    }

    /// Retries that the window has room for; below zero if requests expired before the retries they paid
    /// for, and infinite where the ratio is not judged.
    pub(super) fn level(&self, config: &Config, now: SimTime) -> f64 {
        self.left(config, now).map_or(f64::INFINITY, |left| left as f64)
    }

    fn left(&self, config: &Config, now: SimTime) -> Option<i64> {
        let slice = config.slice(now);
        Some(config.limit(self.requests.sum(slice))? - self.retries.sum(slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, read};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(seconds)
    }

    fn retries(state: &mut State, config: &Config, now: SimTime) -> u32 {
        (0..).take(10_000).find(|_| !state.withdraw(config, now)).unwrap_or(10_000)
    }

    #[test]
    fn a_tenth_of_the_requests_rounded_down_may_be_retries() {
        let config = config!("{}");
        let mut state = State::new();
        (0..109).for_each(|_| state.begin(&config, at(0.0)));
        assert_eq!(state.level(&config, at(0.0)), 10.0);
        assert_eq!(retries(&mut state, &config, at(0.0)), 10);
        state.begin(&config, at(0.0));
        assert_eq!(retries(&mut state, &config, at(0.0)), 1, "the hundred-and-tenth");
    }

    #[test]
    fn one_retry_per_window_is_always_allowed_unless_the_ratio_is_zero() {
        let mut state = State::new();
        assert_eq!(retries(&mut state, &config!("{}"), at(0.0)), 1);
        assert_eq!(retries(&mut state, &config!("{}"), at(119.0)), 0);
        assert_eq!(retries(&mut state, &config!("{}"), at(120.0)), 1);
        assert_eq!(retries(&mut State::new(), &config!(r#"{"retry_ratio": 0}"#), at(0.0)), 0);
    }

    #[test]
    fn few_requests_are_not_judged() {
        let config = config!(r#"{"min_requests": 10}"#);
        let mut state = State::new();
        (0..9).for_each(|_| state.begin(&config, at(0.0)));
        assert_eq!(state.level(&config, at(0.0)), f64::INFINITY);
        assert_eq!(retries(&mut state, &config, at(0.0)), 10_000);
        state.begin(&config, at(0.0));
        assert_eq!(retries(&mut state, &config, at(0.0)), 0);
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let config = config!(r#"{"window": "10s", "retry_ratio": 0.5}"#);
        let mut state = State::new();
        (0..100).for_each(|_| state.begin(&config, at(0.0)));
        assert_eq!(retries(&mut state, &config, at(9.9)), 50);
        (0..10).for_each(|_| state.begin(&config, at(10.0)));
        assert_eq!(state.level(&config, at(10.0)), 5.0 - 50.0, "the requests expired before the retries");
        assert_eq!(retries(&mut state, &config, at(19.0)), 5);
    }

    #[test]
    fn products_that_floats_get_wrong_are_exact() {
        for percent in 0..=100u32 {
            let config =
                Config { retry_ratio: Probability::new(f64::from(percent) / 100.0), ..Config::default() };
            let limit = config.limit(100).expect("the ratio is judged");
            assert_eq!(limit, i64::from(percent));
        }
    }

    #[test]
    fn a_window_without_length_is_told() {
        let config: Config = read(r#"{"window": "1us"}"#).expect("settings are readable");
        assert_eq!(config.check(), [Problem::new("window", "must be at least 1ms, found 1us")]);
    }
}
