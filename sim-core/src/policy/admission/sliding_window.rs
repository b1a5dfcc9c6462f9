//! Sliding window: so many in any stretch of time, estimated from two counters.
//!
//! **What it does.** Counts admissions of this window and of the one before. Of the one before it takes the share
//! that the last `window` before now still covers: admits while before * (1 - elapsed / window) + now + 1 is at
//! most `limit`.
//! **Why it exists.** A fixed window admits twice its limit around a boundary; a log of every moment is exact and
//! takes memory for each. Two counters are nearly as good.
//! **Where it fails.** It supposes that the window before was even: after a burst at its very beginning it still
//! refuses, after one at its very end it admits too many, at worst 2 * limit - 1 within `window`. What is
//! refused is not counted, so who hammers loses nothing.
//! **Source.** Cloudflare, How we built rate limiting capable of scaling to millions of domains, 2017. Deviations:
//! counts admissions, not all attempts; windows begin when the instance became ready.

use serde::{Deserialize, Serialize};

use super::per::{Each, Per};
use super::{Arriving, fixed_window};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// About so many in any window.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SlidingWindowAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts admitted within `window`.
    pub limit: Count,
    /// Length of a window; above 0.
    pub window: SimDuration,
    /// Whose attempts are counted together. Default: `instance`, all of them.
    #[serde(default)]
    pub per: Per,
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// When it became ready.
    since: SimTime,
    counts: Each<Counts>,
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    /// Number of the window.
    window: u64,
    before: u32,
    now: u32,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        fixed_window::check_window(self.window)
    }
}

impl Counts {
    /// The same in a later window.
    fn in_window(self, window: u64) -> Counts {
        match window - self.window {
            0 => self,
            1 => Counts { window, before: self.now, now: 0 },
            _ => Counts { window, before: 0, now: 0 },
        }
    }

    /// Admissions of the last window before now, as estimated, times the length of a window.
    fn weighed(self, elapsed: u64, length: u64) -> u128 {
        u128::from(self.before) * u128::from(length - elapsed) + u128::from(self.now) * u128::from(length)
    }
}

impl State {
    pub(super) fn new(since: SimTime) -> Self {
        State { since, counts: Each::new(Counts { window: 0, before: 0, now: 0 }) }
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let (age, length) = (now.since(self.since).as_nanos(), config.window.as_nanos());
        let counts = self.counts.of(config.per, arriving);
        *counts = counts.in_window(age / length);
        let most = u128::from(config.limit.get() - 1) * u128::from(length);
        let admitted = counts.weighed(age % length, length) <= most;
        counts.now += u32::from(admitted);
        admitted
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        let (age, length) = (now.since(self.since).as_nanos(), config.window.as_nanos());
        let counts = self.counts.shared(config.per)?.in_window(age / length);
        let used = counts.weighed(age % length, length) as f64 / length as f64;
        Some(("admissions_left", (f64::from(config.limit.get()) - used).max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config};

    fn admitted(state: &mut State, config: &Config, now: f64) -> usize {
        (0..100).filter(|_| state.admit(config, Arriving::default(), at(now))).count()
    }

    #[test]
    fn at_a_boundary_nothing_is_forgotten() {
        let config = config!(r#"{"limit": 10, "window": "1s"}"#);
        let mut state = State::new(SimTime::ZERO);
        assert_eq!(admitted(&mut state, &config, 999.0), 10);
        assert_eq!(admitted(&mut state, &config, 1_000.0), 0, "a fixed window would admit 10");
        assert_eq!(admitted(&mut state, &config, 1_100.0), 1, "a tenth of those before is over");
        assert_eq!(admitted(&mut state, &config, 1_500.0), 4);
        assert_eq!(state.gauge(&config, at(1_750.0)), Some(("admissions_left", 2.5)));
        assert_eq!(admitted(&mut state, &config, 9_000.0), 10);
    }

    #[test]
    fn no_stretch_of_one_window_admits_twice_the_limit() {
        let config = config!(r#"{"limit": 10, "window": "1s"}"#);
        // A burst at the very end of a window, then as many as there is room for.
        let mut state = State::new(SimTime::ZERO);
        let mut moments = vec![999.0; admitted(&mut state, &config, 999.0)];
        for now in 1_000..1_999 {
            moments.extend(vec![f64::from(now); admitted(&mut state, &config, f64::from(now))]);
        }
        assert_eq!(
            moments.len(),
            2 * 10 - 1,
            "the worst case: within a second, all but one of twice the limit"
        );
    }

    #[test]
    fn under_constant_pressure_it_admits_somewhat_less_than_its_limit() {
        // The estimate is a fraction and an attempt is whole: room for a part of one is left unused.
        let config = config!(r#"{"limit": 10, "window": "1s"}"#);
        let mut state = State::new(SimTime::ZERO);
        let admitted: usize = (0..60_000).map(|k| admitted(&mut state, &config, f64::from(k))).sum();
        assert!((510..=600).contains(&admitted), "{admitted} in a minute");
    }

    #[test]
    fn each_tenant_has_its_own() {
        let config = config!(r#"{"limit": 1, "window": "1s", "per": "tenant"}"#);
        let mut state = State::new(SimTime::ZERO);
        let mut admit = |tenant| state.admit(&config, Arriving { tenant, ..Arriving::default() }, at(0.0));
        assert_eq!([5, 5, 0, 0].map(&mut admit), [true, false, true, false]);
    }
}
