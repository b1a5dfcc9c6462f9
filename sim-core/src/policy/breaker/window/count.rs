//! Count: the last `size` attempts, however long ago they ended.
//!
//! **What it does.** Keeps one entry per attempt in a ring; the newest takes the place of the oldest.
//! **Why it exists.** The judgement rests on the same number of attempts at three in the morning as at noon.
//! **Where it fails.** With little traffic the failures of an hour ago still count, and it takes an hour to see the
//! next: at one attempt per minute a window of 100 needs 50 minutes of total failure to get to a half.
//! **Source.** resilience4j `COUNT_BASED`, `FixedSizeSlidingWindowMetrics`. Deviations: none.

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::policy::Problem;
use crate::units::Count;

/// The largest window: it is held in memory once per client.
const MOST: u32 = 100_000;

/// The last so many attempts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CountWindow"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Attempts, from 1 to 100000. Default: 100.
    pub size: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config { size: Count::new(100) }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    failed: bool,
    slow: bool,
}

#[derive(Clone, Debug)]
pub(in crate::policy::breaker) struct State {
    ring: Box<[Entry]>,
    /// Where the next goes.
    next: usize,
    tally: Tally,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        match self.size.get() > MOST {
            true => vec![Problem::new("size", format!("must be at most {MOST}, found {}", self.size))],
            false => Vec::new(),
        }
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        let ring = vec![Entry::default(); config.size.get() as usize].into();
        State { ring, next: 0, tally: Tally::default() }
    }

    pub(super) fn add(&mut self, failed: bool, slow: bool) {
        let Tally { calls, failed: failures, slow: slow_calls } = &mut self.tally;
        if *calls as usize == self.ring.len() {
            *failures -= u32::from(self.ring[self.next].failed);
            *slow_calls -= u32::from(self.ring[self.next].slow);
        } else {
            *calls += 1;
        }
        *failures += u32::from(failed);
        *slow_calls += u32::from(slow);
        self.ring[self.next] = Entry { failed, slow };
        self.next = (self.next + 1) % self.ring.len();
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn clear(&mut self) {
        (self.next, self.tally) = (0, Tally::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::luck;

    #[test]
    fn the_newest_takes_the_place_of_the_oldest() {
        for size in [1, 2, 7, 100] {
            let mut state = State::new(&Config { size: Count::new(size) });
            let mut all: Vec<(bool, bool)> = Vec::new();
            for k in 0..500 {
                let mut draws = luck(k).draws(Purpose::Error);
                all.push((draws.below(2) == 0, draws.below(3) == 0));
                state.add(all[k as usize].0, all[k as usize].1);
                let last = &all[all.len().saturating_sub(size as usize)..];
                let count = |is: &dyn Fn(&(bool, bool)) -> bool| last.iter().filter(|e| is(e)).count() as u32;
                let expected =
                    Tally { calls: count(&|_| true), failed: count(&|e| e.0), slow: count(&|e| e.1) };
                assert_eq!(state.tally(), expected);
            }
            state.clear();
            state.add(true, false);
            assert_eq!(state.tally(), Tally { calls: 1, failed: 1, slow: 0 });
        }
    }
}
