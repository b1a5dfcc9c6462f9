//! AWS adaptive: a rate that falls by three tenths when the service refuses, and grows back along a cubic curve.
//!
//! **What it does.** Nothing until the first refusal. From then on every attempt, the first of a call too, takes a
//! token from a bucket and waits until there is one. A refusal sets the rate of the bucket to 0.7 times the lesser of
//! the rate measured and the rate allowed, w; t after it each answer sets it to 0.4 (t - K)³ + w with
//! K = ∛(0.3 w / 0.4), t and K in seconds: fast at first, flat around the rate at which it was refused, then
//! fast again. Never above twice what is measured, never below 0.5/s.
//! **Why it exists.** It is congestion control (CUBIC) for callers who share a limit that nobody told them: they
//! slow down instead of failing, and find the limit by themselves.
//! **Where it fails.** It knows one number for all that a client does, so one throttled table slows down the calls
//! to all others. The wait is hidden latency, without bound but the caller's own timeout.
//! **Source.** botocore, retry mode `adaptive`: `adaptive.py`, `throttling.py`, `bucket.py` (scale .4, beta .7,
//! smoothing .8, buckets of half a second). Deviations: who waits looks again when a token should be there at the
//! rate of the moment when the wait began, botocore also whenever the rate changes.

use serde::{Deserialize, Serialize};

use super::{Answer, Scope, answer, check_refusals};
use crate::math;
use crate::policy::{Leave, Outcome, Problem};
use crate::time::{SimDuration, SimTime};

/// What counts as a refusal if the file names nothing.
const REFUSALS: [Outcome; 2] = [Outcome::QueueFull, Outcome::Shed];
/// How steep the curve is.
const SCALE: f64 = 0.4;
/// What is left of the rate after a refusal.
const BETA: f64 = 0.7;
/// Weight of the newest half second in the measured rate.
const SMOOTHING: f64 = 0.8;
/// Over which sends are counted.
const BUCKET: SimDuration = SimDuration::from_millis(500);
/// The least rate, per second.
const MIN_RATE: f64 = 0.5;

/// A rate that falls when the service refuses, and grows back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "AwsAdaptiveThrottle"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Refusals by outcome word. Default: `queue_full`, `shed`.
    pub count_as_refusal: Option<Vec<Outcome>>,
    /// Who shares one rate. Default: `per_caller_instance`.
    pub scope: Scope,
}

/// The rates, and the bucket.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The bucket, from the first refusal on.
    bucket: Option<Bucket>,
    /// Answers per second, smoothed.
    measured: f64,
    /// Answers in the present half second, and its number.
    count: u32,
    half_second: u64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Tokens per second.
    rate: f64,
    tokens: f64,
    until: SimTime,
    /// The rate at the last refusal, and when that was.
    at_refusal: f64,
    refused: SimTime,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let problems = check_refusals("count_as_refusal", self.count_as_refusal.as_deref());
        problems.into_iter().chain(self.scope.check_before_choice()).collect()
    }
}

/// The rate `t` seconds after a refusal at the rate `w`.
fn cubic(w: f64, t: f64) -> f64 {
    let k = math::pow(w * (1.0 - BETA) / SCALE, 1.0 / 3.0);
    SCALE * (t - k) * (t - k) * (t - k) + w
}

impl Bucket {
    fn fill(&mut self, now: SimTime) {
        let gained = now.since(self.until).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(self.rate.max(1.0));
        self.until = now;
    }
}

impl State {
    /// Whether an attempt is sent now or waits for its token.
    pub(super) fn ask(&mut self, now: SimTime) -> Leave {
        let Some(bucket) = &mut self.bucket else { return Leave::Now };
        bucket.fill(now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Leave::Now;
        }
        // Rounded up, so that the token is there.
        let nanos = (1.0 - bucket.tokens) / bucket.rate * 1e9;
        Leave::AskAgain(SimDuration::from_nanos(nanos as u64 + 1))
    }

    /// The rate measured, with one more answer.
    fn measure(&mut self, now: SimTime) {
        self.count += 1;
        let half_second = now.as_nanos() / BUCKET.as_nanos();
        if half_second > self.half_second {
            let seconds = (half_second - self.half_second) as f64 * BUCKET.as_secs_f64();
            let rate = f64::from(self.count) / seconds;
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            (self.count, self.half_second) = (0, half_second);
        }
    }

    pub(super) fn observe(&mut self, config: &Config, outcome: Outcome, now: SimTime) {
        let refused = match answer(config.count_as_refusal.as_deref().unwrap_or(&REFUSALS), outcome) {
            Answer::Nothing => return,
            Answer::Accepted => false,
            Answer::Refused => true,
        };
        self.measure(now);
        let wanted = match (&mut self.bucket, refused) {
            (None, false) => return,
            (Some(bucket), false) => cubic(bucket.at_refusal, now.since(bucket.refused).as_secs_f64()),
            (bucket, true) => {
                let rate = bucket.map_or(self.measured, |bucket| bucket.rate.min(self.measured));
                let fresh = Bucket { rate, tokens: 0.0, until: now, at_refusal: rate, refused: now };
                let bucket = bucket.get_or_insert(fresh);
                (bucket.at_refusal, bucket.refused) = (rate, now);
                rate * BETA
            }
        };
        let bucket = self.bucket.as_mut().expect("it is there from the first refusal on");
        bucket.fill(now);
        bucket.rate = wanted.min(2.0 * self.measured).max(MIN_RATE);
        bucket.tokens = bucket.tokens.min(bucket.rate.max(1.0));
    }

    /// The rate allowed; before the first refusal, the rate measured.
    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("sending_rate", self.bucket.map_or(self.measured, |bucket| bucket.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::ms;

    /// A state that has seen `rate` answers per second for ten seconds, and the time.
    fn steady(rate: u64) -> (State, SimTime) {
        let (mut state, mut now) = (State::default(), SimTime::ZERO);
        for _ in 0..rate * 10 {
            now = now + SimDuration::from_nanos(1_000_000_000 / rate);
            state.observe(&Config::default(), Outcome::Ok, now);
        }
        (state, now)
    }

    #[test]
    fn nothing_happens_before_the_first_refusal() {
        let (mut state, now) = steady(100);
        assert!((0..10_000).all(|_| state.ask(now) == Leave::Now));
        let (name, rate) = state.gauge();
        assert_eq!(name, "sending_rate");
        assert!((rate - 100.0).abs() < 2.5, "measured {rate}");
    }

    #[test]
    fn a_refusal_takes_three_tenths_and_attempts_wait_for_tokens() {
        let (mut state, now) = steady(100);
        state.observe(&Config::default(), Outcome::Shed, now);
        let rate = state.gauge().1;
        assert!((rate - 70.0).abs() < 1.8, "{rate}");
        // The bucket is empty: all look again after 1 / rate, and one of them gets the token.
        let Leave::AskAgain(wait) = state.ask(now) else { panic!("there is no token") };
        assert!((wait.as_secs_f64() - 1.0 / rate).abs() < 1e-6, "{wait}");
        assert_eq!(state.ask(now + wait), Leave::Now);
        assert!(matches!(state.ask(now + wait), Leave::AskAgain(_)));
    }

    #[test]
    fn the_curve_comes_back_after_k_seconds() {
        // w = 100: K = (30 / .4)^(1/3) = 4.217 s; .7 w at once, w after K, and the same above as below.
        assert!((cubic(100.0, 0.0) - 70.0).abs() < 1e-9);
        assert!((cubic(100.0, 4.217_163_3) - 100.0).abs() < 1e-9);
        assert!((cubic(100.0, 2.0 * 4.217_163_3) - 130.0).abs() < 1e-4);
    }

    #[test]
    fn it_never_allows_more_than_twice_what_is_measured() {
        let (mut state, mut now) = steady(10);
        state.observe(&Config::default(), Outcome::Shed, now);
        for _ in 0..600 {
            now = now + ms(100.0);
            state.observe(&Config::default(), Outcome::Ok, now);
        }
        let rate = state.gauge().1;
        assert!((19.0..=21.0).contains(&rate), "{rate}");
    }

    #[test]
    fn it_never_allows_less_than_one_in_two_seconds() {
        let (mut state, now) = steady(10);
        for _ in 0..100 {
            state.observe(&Config::default(), Outcome::Shed, now);
        }
        assert!((state.gauge().1 - 0.5).abs() < 1e-12);
    }
}
