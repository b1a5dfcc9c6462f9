//! Time: the attempts that ended within the last `size`.
//!
//! **What it does.** Counts by slices of `size` / `buckets`; a slice is forgotten as a whole.
//! **Why it exists.** What happened before the last deployment says nothing of now, at any rate of traffic.
//! **Where it fails.** A client that sends less than `min_calls` per window never opens, whatever fails: many
//! small callers are all blind, though together they see everything.
//! **Source.** resilience4j `TIME_BASED` (slices of one second), Hystrix `HealthCountsStream` (20 of 500 ms), Polly
//! `RollingHealthMetrics` (10, one if it is shorter than 200 ms). Deviations: slices lie at multiples of their
//! length since the start of the run; Polly's begin with the first result after a pause.

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::policy::Problem;
use crate::policy::rolling::{MAX_SLICES, Rolling};
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// The attempts of the last so many seconds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "TimeWindow"))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Its length, at least 1ms.
    pub size: SimDuration,
    /// Slices that are forgotten one by one, from 1 to 1000. Default: 10.
    #[serde(default = "ten")]
    pub buckets: Count,
}

fn ten() -> Count {
    Count::new(10)
}

#[derive(Clone, Debug)]
pub(in crate::policy::breaker) struct State(Rolling<3>);

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.size < SimDuration::from_millis(1) {
            problems.push(Problem::new("size", format!("must be at least 1ms, found {}", self.size)));
        }
        if self.buckets.get() > MAX_SLICES {
            let sentence = format!("must be at most {MAX_SLICES}, found {}", self.buckets);
            problems.push(Problem::new("buckets", sentence));
        }
        problems
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State(Rolling::new(config.size, config.buckets.get()))
    }

    pub(super) fn add(&mut self, failed: bool, slow: bool, now: SimTime) {
        self.0.add(now, [1, u32::from(failed), u32::from(slow)]);
    }

    pub(super) fn tally(&mut self, now: SimTime) -> Tally {
        let [calls, failed, slow] = self.0.sums(now);
        Tally { calls, failed, slow }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::ms;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let config = Config { size: SimDuration::from_secs(10), buckets: ten() };
        let mut state = State::new(&config);
        let at = |s: f64| SimTime::ZERO + ms(s * 1e3);
        state.add(true, true, at(0.5));
        state.add(false, true, at(9.0));
        assert_eq!(state.tally(at(9.999)), Tally { calls: 2, failed: 1, slow: 2 });
        assert_eq!(state.tally(at(10.0)), Tally { calls: 1, failed: 0, slow: 1 });
        state.clear();
        assert_eq!(state.tally(at(10.0)), Tally::default());
    }
}
