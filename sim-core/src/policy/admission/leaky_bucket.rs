//! Leaky bucket: each attempt pours one in, it leaks at a rate, and what would overflow is refused.
//!
//! **What it does.** The level falls by `rate` per second. An attempt that finds the bucket not above `burst`
//! is admitted at once and adds one.
//! **Why it exists.** It says the same as a token bucket from the other side: not what may still come, but how
//! much more has come than the rate allows. That excess is what operators of nginx see and set.
//! **Where it fails.** As every rate: a rate is not a cost. `burst` here is an excess *over* the first, so
//! `burst: 5` lets 6 in at once, where a token bucket of 5 lets in 5.
//! **Source.** nginx `limit_req` with `nodelay`. Deviations: without `nodelay` nginx makes the excess wait
//! its turn; here waiting is the queue's affair, and nothing is delayed. nginx counts in thousandths and whole
//! milliseconds, this in billionths and nanoseconds.

use serde::{Deserialize, Serialize};

use super::Arriving;
use super::per::{Each, Per};
use crate::policy::Problem;
use crate::time::SimTime;
use crate::units::{Limit, Rate};

/// One attempt in the unit of the level: a rate per second times nanoseconds gives billionths.
const ONE: u64 = 1_000_000_000;

/// So many per second, and an excess of `burst`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LeakyBucketAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per time that leak out; above 0.
    pub rate: Rate,
    /// Most attempts above the rate, the first not counted; a whole number from 0. Default: 0 (nginx).
    #[serde(default = "nothing")]
    pub burst: Limit,
    /// Whose attempts are counted together. Default: `instance`, all of them.
    #[serde(default)]
    pub per: Per,
}

fn nothing() -> Limit {
    Limit::AtMost(0)
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State(Each<Bucket>);

/// One bucket.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Billionths, when somebody was admitted last.
    level: u64,
    counted: SimTime,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.rate.as_per_second() <= 0.0 {
            let sentence = "must be above 0: the bucket would never empty; write for example `100/s`";
            problems.push(Problem::new("rate", sentence));
        }
        if self.burst == Limit::Unlimited {
            let sentence =
                "`burst` without a bound admits everybody; write a number from 0, or `admission: none`";
            problems.push(Problem::new("burst", sentence));
        }
        problems
    }

    fn most(&self) -> u64 {
        match self.burst {
            Limit::AtMost(most) => u64::from(most) * ONE,
            Limit::Unlimited => u64::MAX,
        }
    }
}

impl Bucket {
    fn level(self, config: &Config, now: SimTime) -> u64 {
        let leaked = config.rate.as_per_second() * now.since(self.counted).as_nanos_f64();
        // Rounded to the nearest; a float-to-integer cast saturates.
        self.level.saturating_sub((leaked + 0.5) as u64)
    }
}

impl State {
    pub(super) fn new(since: SimTime) -> Self {
        State(Each::new(Bucket { level: 0, counted: since }))
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let bucket = self.0.of(config.per, arriving);
        let level = bucket.level(config, now);
        // nginx charges the first attempt of an empty bucket nothing; the next finds one more than has leaked.
        let admitted = level <= config.most();
        if admitted {
            *bucket = Bucket { level: level + ONE, counted: now };
        }
        admitted
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        let bucket = self.0.shared(config.per)?;
        Some(("bucket_level", bucket.level(config, now) as f64 / ONE as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, read};

    #[test]
    fn a_burst_of_five_lets_six_in_at_once() {
        let config = config!(r#"{"rate": "10/s", "burst": 5}"#);
        let mut state = State::new(SimTime::ZERO);
        let admitted = (0..20).filter(|_| state.admit(&config, Arriving::default(), at(0.0))).count();
        assert_eq!(admitted, 6);
        assert_eq!(state.gauge(&config, at(50.0)), Some(("bucket_level", 5.5)));
        assert!(!state.admit(&config, Arriving::default(), SimTime::from_nanos(99_999_999)));
        assert!(state.admit(&config, Arriving::default(), at(100.0)));
    }

    #[test]
    fn without_a_burst_attempts_are_at_least_one_spacing_apart() {
        let config = config!(r#"{"rate": "10/s"}"#);
        let mut state = State::new(SimTime::ZERO);
        let admitted: Vec<u32> =
            (0..500).filter(|k| state.admit(&config, Arriving::default(), at(f64::from(*k)))).collect();
        assert_eq!(admitted, [0, 100, 200, 300, 400]);
    }

    #[test]
    fn each_key_has_its_own() {
        let config = config!(r#"{"rate": "1/s", "per": "key"}"#);
        let mut state = State::new(SimTime::ZERO);
        let mut admit = |key| state.admit(&config, Arriving { key, ..Arriving::default() }, at(0.0));
        assert_eq!([4, 4, 2, 2].map(&mut admit), [true, false, true, false]);
    }

    #[test]
    fn no_rate_and_no_bound_are_mistakes() {
        let json = r#"{"rate": "0/s", "burst": "unlimited"}"#;
        let problems = read::<Config>(json).expect("settings are readable").check();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["rate", "burst"]);
    }
}
