//! Rate: a token bucket in front of the queue.
//!
//! **What it does.** Tokens come at the rate `to` into a bucket of `burst`, which is full when the
//! instance becomes ready; an attempt takes one or is refused. With `over`, the rate grows in a straight
//! line from `from` at that moment to `to` after that time.
//! **Why it exists.** It holds whatever the callers do: behind it the load is at most `to` per second
//! and `burst` once. Set a little below capacity, it keeps the queue short under any overload.
//! **Where it fails.** A rate is not a cost: if requests get more expensive or the instance slower, the
//! planned rate is too much, and if they get cheaper, it wastes capacity. Each instance counts alone, so
//! the limit of the service moves with the number of instances and with uneven balancing.
//! **Source.** Token bucket as in Envoy's local rate limit (starts full, per proxy; its `tokens_per_fill` is `to` times
//! `refill`). Deviations: without `refill` tokens come continuously; the growing rate is ours.

use serde::{Deserialize, Serialize};

use super::pushback::Pushback;
use super::ramp::{self, Ramp};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Rate};

/// One token in the unit of the bucket. A rate per second times nanoseconds gives billionths, so whole
/// rates are counted exactly.
const TOKEN: u64 = 1_000_000_000;

/// So many attempts per second.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RateAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// With `over` only: the rate when the instance becomes ready. Default: `0/s`.
    #[serde(default)]
    pub from: Option<Rate>,
    /// The rate at which attempts are admitted in the long run.
    pub to: Rate,
    /// How long the rate grows after the instance became ready. Default: not at all, it is `to` at once.
    #[serde(default)]
    pub over: Option<SimDuration>,
    /// Attempts that are admitted at once after a pause; from 1. Poisson arrivals need some: with 1,
    /// two that come close together are one too many, however low the load.
    pub burst: Count,
    /// What a refusal says about coming back: a wait such as `2s`, or `never`. Default: nothing.
    #[serde(default)]
    pub retry_after: Option<Pushback>,
    /// Tokens come all at once, once in so long: what came at the rate in between (Envoy's `fill_interval`, at
    /// least 50ms there); above 0. Default: continuously.
    #[serde(default)]
    pub refill: Option<SimDuration>,
}

/// What one instance remembers.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// When it became ready.
    since: SimTime,
    /// When an attempt was last admitted. Tokens are counted from there, not from one refusal to the
    /// next, so that refusals leave no rounding behind.
    counted: SimTime,
    /// Billionths of a token at that moment. invariant: at most the bucket's size.
    tokens: u64,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = ramp::check(self.from.is_some(), self.over);
        if self.refill == Some(SimDuration::ZERO) {
            let sentence = "must be above 0, such as `50ms`; leave it out for tokens that come continuously";
            problems.push(Problem::new("refill", sentence));
        }
        problems
    }

    /// Until which age of the instance the tokens have come.
    #[inline]
    fn filled(&self, age: SimDuration) -> SimDuration {
        self.refill.map_or(age, |step| age.cut_to(step))
    }

    #[inline]
    fn ramp(&self) -> Ramp {
        let from = self.from.map_or(0.0, Rate::as_per_second);
        Ramp { from, to: self.to.as_per_second(), over: self.over.unwrap_or(SimDuration::ZERO) }
    }

    fn size(&self) -> u64 {
        u64::from(self.burst.get()) * TOKEN
    }
}

impl State {
    pub(super) fn new(config: &Config, since: SimTime) -> Self {
        State { since, counted: since, tokens: config.size() }
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, now: SimTime) -> bool {
        let tokens = self.tokens(config, now);
        let admitted = tokens >= TOKEN;
        if admitted {
            self.tokens = tokens - TOKEN;
            self.counted = now;
        }
        admitted
    }

    pub(super) fn gauge(self, config: &Config, now: SimTime) -> (&'static str, f64) {
        ("admission_tokens", self.tokens(config, now) as f64 / TOKEN as f64)
    }

    /// What is in the bucket.
    #[inline]
    fn tokens(self, config: &Config, now: SimTime) -> u64 {
        let age = |moment: SimTime| config.filled(moment.since(self.since));
        let came = config.ramp().between(age(self.counted), age(now));
        // Rounded to the nearest; a float-to-integer cast saturates.
        self.tokens.saturating_add((came + 0.5) as u64).min(config.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, ms, read};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + ms(seconds * 1e3)
    }

    /// How many of the attempts that come every nanosecond `step` in [from, to) are admitted.
    fn admitted(state: &mut State, config: &Config, from: f64, to: f64, step: SimDuration) -> u32 {
        let (mut now, mut admitted) = (at(from), 0);
        while now < at(to) {
            admitted += u32::from(state.admit(config, now));
            now = now + step;
        }
        admitted
    }

    #[test]
    fn with_a_refill_tokens_come_in_steps() {
        // Envoy: one token per fill of 50 ms, four at most.
        let config = config!(r#"{"to": "20/s", "burst": 4, "refill": "50ms"}"#);
        let mut state = State::new(&config, at(100.0));
        let mut all_at = |now: f64| (0..9).filter(|_| state.admit(&config, at(now))).count();
        assert_eq!(all_at(100.0), 4);
        assert_eq!((all_at(100.049), all_at(100.05), all_at(100.051)), (0, 1, 0));
        assert_eq!((all_at(100.12), all_at(100.149), all_at(100.15)), (1, 0, 1));
        assert_eq!(all_at(200.0), 4);
        let problems = read::<Config>(r#"{"to": "9/s", "burst": 1, "refill": "0s"}"#).unwrap().check();
        assert_eq!(problems[0].field, "refill");
    }

    #[test]
    fn five_of_seven_at_once_and_the_next_after_100_ms() {
        // policies.md, section 20, GCRA 10/s burst 5: the token bucket is its equivalent.
        let config = config!(r#"{"to": "10/s", "burst": 5}"#);
        let mut state = State::new(&config, at(0.0));
        assert_eq!(
            [(); 7].map(|()| state.admit(&config, at(0.0))),
            [true, true, true, true, true, false, false]
        );
        let next = SimTime::from_nanos(100_000_000 - 1);
        assert!(!state.admit(&config, next));
        assert!(state.admit(&config, at(0.1)), "exactly one token");
        assert!(!state.admit(&config, at(0.1)));
    }

    #[test]
    fn behind_it_the_load_is_the_rate_whatever_comes() {
        for (json, per_second) in
            [(r#"{"to": "100/s", "burst": 20}"#, 100.0), (r#"{"to": "7/m", "burst": 20}"#, 7.0 / 60.0)]
        {
            let config = config!(json);
            let mut state = State::new(&config, at(0.0));
            let admitted = admitted(&mut state, &config, 0.0, 600.0, ms(0.7));
            let expected = 20.0 + per_second * 600.0;
            assert!((f64::from(admitted) - expected).abs() <= 1.0, "{json}: {admitted}, not {expected}");
        }
    }

    #[test]
    fn thirds_of_a_token_make_whole_ones() {
        // 3/s: token k is there k / 3 seconds after the bucket was emptied, and not a nanosecond earlier.
        let config = config!(r#"{"to": "3/s", "burst": 1000}"#);
        let mut state = State::new(&config, at(0.0));
        assert_eq!((0..2_000).filter(|_| state.admit(&config, at(0.0))).count(), 1_000);
        for token in 1..=3_000u64 {
            let whole = (token * 1_000_000_000).div_ceil(3);
            assert!(!state.admit(&config, SimTime::from_nanos(whole - 1)), "token {token} comes too early");
            assert!(state.admit(&config, SimTime::from_nanos(whole)), "token {token} comes too late");
        }
    }

    #[test]
    fn the_bucket_holds_no_more_than_its_size() {
        let config = config!(r#"{"to": "1000/s", "burst": 3}"#);
        let mut state = State::new(&config, at(0.0));
        assert_eq!((0..10).filter(|_| state.admit(&config, at(1e6))).count(), 3);
        assert_eq!(state.gauge(&config, at(1e6)), ("admission_tokens", 0.0));
        assert_eq!(state.gauge(&config, at(2e6)), ("admission_tokens", 3.0));
    }

    #[test]
    fn the_rate_grows_from_the_moment_the_instance_became_ready() {
        let config = config!(r#"{"from": "50/s", "to": "500/s", "over": "60s", "burst": 10}"#);
        let mut state = State::new(&config, at(1_000.0));
        let mut of_seconds = |from, to| admitted(&mut state, &config, 1_000.0 + from, 1_000.0 + to, ms(0.1));
        // Areas below the line 50 + 7.5 t, and the full bucket of the start.
        for (from, to, expected) in
            [(0.0, 10.0, 875 + 10), (10.0, 20.0, 1_625), (20.0, 60.0, 14_000), (60.0, 70.0, 5_000)]
        {
            assert!(of_seconds(from, to).abs_diff(expected) <= 1);
        }
    }

    #[test]
    fn a_rate_of_nothing_admits_the_burst_only() {
        let config = config!(r#"{"to": "0/s", "burst": 2}"#);
        let mut state = State::new(&config, at(0.0));
        assert_eq!(admitted(&mut state, &config, 0.0, 100.0, ms(1.0)), 2);
    }
}
