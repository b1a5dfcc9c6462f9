//! Token bucket: so many per second, and a burst.
//!
//! **What it does.** A bucket of `burst` tokens, full at first, gains `rate` tokens per second, evenly or
//! in steps, `fill_interval` apart; each attempt takes one. Without a token it may take the next one that will come, if
//! that is at most `max_wait` away, and is sent then; else it is refused.
//! **Why it exists.** Traffic comes in bursts and agreements are about rates: the bucket forgives the burst and
//! holds the rate.
//! **Where it fails.** Each client has a bucket of its own, so the service gets the rate times the clients; a shared
//! one (`scope: per_edge`) is known at once here, over a network it is not. And `max_wait` hides an overload as
//! latency until the line is longer than that.
//! **Source.** Envoy local rate limit (`max_tokens`, `tokens_per_fill` every `fill_interval`); AWS SDK token
//! bucket; Guava `RateLimiter` (waits for what it has reserved). Deviations: who waits keeps its token even if its
//! caller leaves, as in resilience4j.

use serde::{Deserialize, Serialize};

use crate::policy::scope::Scope;
use crate::policy::theoretical_arrival::{Pace, TheoreticalArrival};
use crate::policy::{Leave, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Patience, Rate};

/// So many per second and a burst.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "TokenBucketRateLimit"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per time in the long run; above 0.
    pub rate: Rate,
    /// Attempts that are sent at once after a pause, from 1. Default: 1.
    #[serde(default = "one")]
    pub burst: Count,
    /// How far apart the tokens come, in steps of `rate` times this; a duration or `none` (default): evenly.
    #[serde(default)]
    pub fill_interval: Patience,
    /// How long an attempt waits for its token. Default: 0ms, it does not.
    #[serde(default)]
    pub max_wait: SimDuration,
    /// Who shares one bucket. Default: `per_caller_instance`.
    #[serde(default)]
    pub scope: Scope,
}

fn one() -> Count {
    Count::ONE
}

/// The tokens.
#[derive(Clone, Copy, Debug)]
pub enum State {
    /// Evenly.
    Even(TheoreticalArrival),
    /// In steps, by the clock of the run.
    Steps {
        /// Below 0: tokens that are taken and have not come.
        tokens: i64,
        /// Steps that have come.
        steps: u64,
    },
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.scope.check_before_choice().into_iter().collect();
        if self.rate.as_per_second() <= 0.0 {
            let sentence = "must be above 0: nothing would ever be sent; write for example `100/s`";
            problems.push(Problem::new("rate", sentence));
        } else if let Some(interval) = self.fill_interval.0
            && (interval == SimDuration::ZERO || self.tokens_per_step(interval) == 0)
        {
            let sentence = format!("it brings less than one token at {}; write a longer one", self.rate);
            problems.push(Problem::new("fill_interval", sentence));
        }
        problems
    }

    fn tokens_per_step(&self, interval: SimDuration) -> u64 {
        (interval.as_secs_f64() * self.rate.as_per_second()).round() as u64
    }

    fn pace(&self) -> Pace {
        Pace::new(self.rate, self.burst)
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        match config.fill_interval.0 {
            None => State::Even(TheoreticalArrival::new(SimTime::ZERO)),
            Some(_) => State::Steps { tokens: i64::from(config.burst.get()), steps: 0 },
        }
    }

    /// How long until a token is there, 0 if one is, and takes it if that is not too long.
    pub(super) fn ask(&mut self, config: &Config, now: SimTime) -> Leave {
        let wait = match self {
            State::Even(next) => next.wait(config.pace(), now),
            State::Steps { tokens, steps } => {
                let interval = config.fill_interval.0.expect("it comes in steps");
                let gain = config.tokens_per_step(interval);
                let due = now.as_nanos() / interval.as_nanos();
                let came = i64::try_from(due.saturating_sub(*steps).saturating_mul(gain)).unwrap_or(i64::MAX);
                *tokens = tokens.saturating_add(came).min(i64::from(config.burst.get()));
                *steps = due;
                match *tokens {
                    1.. => 0,
                    missing => {
                        let ahead = missing.unsigned_abs().saturating_add(1).div_ceil(gain);
                        due.saturating_add(ahead)
                            .saturating_mul(interval.as_nanos())
                            .saturating_sub(now.as_nanos())
                    }
                }
            }
        };
        if wait > config.max_wait.as_nanos() {
            return Leave::Never;
        }
        match self {
            State::Even(next) => next.take(config.pace(), now),
            State::Steps { tokens, .. } => *tokens -= 1,
        }
        match wait {
            0 => Leave::Now,
            wait => Leave::After(SimDuration::from_nanos(wait)),
        }
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> (&'static str, f64) {
        let tokens = match *self {
            State::Even(next) => next.tokens(config.pace(), now),
            State::Steps { tokens, steps } => {
                let interval = config.fill_interval.0.expect("it comes in steps");
                let came = (now.as_nanos() / interval.as_nanos() - steps) as f64;
                let came = came * config.tokens_per_step(interval) as f64;
                (tokens as f64 + came).min(f64::from(config.burst.get()))
            }
        };
        ("rate_limit_tokens", tokens.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, ms, read};

    #[test]
    fn a_burst_then_the_rate() {
        let config = config!(r#"{"rate": "10/s", "burst": 3}"#);
        let mut state = State::new(&config);
        let mut ask = |now: f64| state.ask(&config, at(now)) == Leave::Now;
        assert_eq!([0.0; 4].map(&mut ask), [true, true, true, false]);
        assert_eq!(
            [99.9, 100.0, 100.0, 350.0, 350.0, 350.0].map(&mut ask),
            [false, true, false, true, true, false]
        );
    }

    #[test]
    fn who_waits_has_its_turn_in_order() {
        let config = config!(r#"{"rate": "10/s", "max_wait": "250ms"}"#);
        let mut state = State::new(&config);
        let mut ask = |now: f64| state.ask(&config, at(now));
        assert_eq!(ask(5.0), Leave::Now);
        assert_eq!(ask(5.0), Leave::After(ms(100.0)));
        assert_eq!(ask(15.0), Leave::After(ms(190.0)));
        assert_eq!(ask(15.0), Leave::Never, "290 ms would be too long");
        assert_eq!(ask(60.0), Leave::After(ms(245.0)));
    }

    #[test]
    fn envoy_fills_in_steps() {
        // 20 tokens every 200 ms.
        let config = config!(r#"{"rate": "100/s", "burst": 20, "fill_interval": "200ms"}"#);
        let mut state = State::new(&config);
        let mut sent = |now: f64| (0..50).filter(|_| state.ask(&config, at(now)) == Leave::Now).count();
        assert_eq!([0.0, 199.0, 200.0, 210.0, 900.0].map(&mut sent), [20, 0, 20, 0, 20]);
    }

    #[test]
    fn steps_promise_tokens_too() {
        let config = config!(r#"{"rate": "10/s", "burst": 2, "fill_interval": "200ms", "max_wait": "1s"}"#);
        let mut state = State::new(&config);
        let waits: Vec<Leave> = (0..5).map(|_| state.ask(&config, at(50.0))).collect();
        let (first, second) = (Leave::After(ms(150.0)), Leave::After(ms(350.0)));
        assert_eq!(waits, [Leave::Now, Leave::Now, first, first, second]);
    }

    #[test]
    fn a_step_without_a_token_is_a_mistake() {
        let config: Config = read(r#"{"rate": "1/s", "fill_interval": "50ms"}"#).expect("readable");
        assert_eq!(config.check()[0].field, "fill_interval");
    }
}
