//! Fixed window: so many in each stretch of time, counted anew at its boundaries.
//!
//! **What it does.** Cuts the time since the instance became ready into windows of one length and admits the
//! first `limit` attempts of each.
//! **Why it exists.** It is one counter that a clock resets: the easiest limit to keep, to explain and to bill.
//! **Where it fails.** The end of one window and the beginning of the next together admit twice the limit within
//! a moment. Callers who wait for the reset come back all at once.
//! **Source.** Common practice; resilience4j's `RateLimiter` (`limitForPeriod`, `limitRefreshPeriod`) for callers
//! who do not wait, cycles from start-up. Deviations: resilience4j lets callers reserve permits of later cycles
//! and wait for them; here nobody waits.

use serde::{Deserialize, Serialize};

use super::Arriving;
use super::per::{Each, Per};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// So many in each window.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "FixedWindowAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts admitted in each window.
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
    /// Number of the window, and how many it has admitted.
    counts: Each<(u64, u32)>,
}

/// Whether windows have a length.
pub(super) fn check_window(window: SimDuration) -> Vec<Problem> {
    let sentence = "must be above 0: in no time nobody comes; write for example `1s`";
    (window == SimDuration::ZERO).then(|| Problem::new("window", sentence)).into_iter().collect()
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        check_window(self.window)
    }
}

impl State {
    pub(super) fn new(since: SimTime) -> Self {
        State { since, counts: Each::new((0, 0)) }
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let number = now.since(self.since).as_nanos() / config.window.as_nanos();
        let (window, count) = self.counts.of(config.per, arriving);
        if *window != number {
            (*window, *count) = (number, 0);
        }
        let admitted = *count < config.limit.get();
        *count += u32::from(admitted);
        admitted
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        let number = now.since(self.since).as_nanos() / config.window.as_nanos();
        let (window, count) = *self.counts.shared(config.per)?;
        let left = config.limit.get() - if window == number { count } else { 0 };
        Some(("admissions_left", f64::from(left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, read};

    #[test]
    fn around_a_boundary_twice_the_limit_is_admitted() {
        let config = config!(r#"{"limit": 10, "window": "1s"}"#);
        let mut state = State::new(at(250.0));
        let mut admitted =
            |now| (0..100).filter(|_| state.admit(&config, Arriving::default(), at(now))).count();
        assert_eq!(admitted(1_249.999), 10, "windows begin when the instance became ready");
        assert_eq!(admitted(1_250.0), 10);
        assert_eq!(admitted(2_249.0), 0);
        assert_eq!(admitted(9_000.0), 10, "nothing is saved up");
    }

    #[test]
    fn surprise_9_the_defaults_of_resilience4j_refuse_practically_nobody() {
        // 50 permits per 500 ns are 100 million per second.
        let config = config!(r#"{"limit": 50, "window": "500ns"}"#);
        let mut state = State::new(SimTime::ZERO);
        assert!((0..100_000).all(|k| state.admit(&config, Arriving::default(), SimTime::from_nanos(k * 10))));
        let at_once = (0..100).filter(|_| state.admit(&config, Arriving::default(), at(5.0))).count();
        assert_eq!(at_once, 50, "only more than 50 at the very same moment are too many");
    }

    #[test]
    fn what_is_left_is_a_gauge() {
        let config = config!(r#"{"limit": 3, "window": "1s"}"#);
        let mut state = State::new(SimTime::ZERO);
        state.admit(&config, Arriving::default(), at(10.0));
        assert_eq!(state.gauge(&config, at(20.0)), Some(("admissions_left", 2.0)));
        assert_eq!(state.gauge(&config, at(1_020.0)), Some(("admissions_left", 3.0)));
    }

    #[test]
    fn a_window_of_no_length_is_a_mistake() {
        let problems =
            read::<Config>(r#"{"limit": 3, "window": "0s"}"#).expect("settings are readable").check();
        assert_eq!(problems[0].field, "window");
    }
}
