//! Least frequently used: who was asked for the fewest times goes.
//!
//! **What it does.** Every entry counts its loads and hits; the one with the lowest count is evicted, the least
//! recently used of several. After `age_after` look-ups per place all counts are halved, so that fame fades.
//! **Why it exists.** A popularity that stays is followed better than by LRU, and a scan of keys that are asked
//! for once throws out only others like them.
//! **Where it fails.** Without ageing, what was popular once stays for ever. A new key starts with a count of
//! one and is the first to go again, however popular it is going to be.
//! **Source.** Einziger, Friedman and Manes, TinyLFU, ACM Transactions on Storage 13(4), 2017, for the halving
//! of counts. Deviations: counts are exact and only of what is in the cache; no admission filter.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::units::Limit;

/// How fast fame fades.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Lfu"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Hits and loads per place of the cache after which all counts are halved, from 1, or `unlimited` for
    /// never. Default: 10 (the sample of TinyLFU).
    pub age_after: Limit,
}

impl Default for Config {
    fn default() -> Self {
        Config { age_after: Limit::AtMost(10) }
    }
}

impl Config {
    /// Fields out of range.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.age_after == Limit::AtMost(0) {
            let sentence = "counts that are halved at every look-up count nothing; write a number from 1, or `unlimited`";
            problems.push(Problem::new("age_after", sentence));
        }
        problems
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fame {
    count: u32,
    /// When it was used last, in uses.
    last: u64,
}

/// The counts of the entries of one cache: a heap of places, the least famous on top.
#[derive(Clone, Debug, Default)]
pub struct State {
    fames: Vec<Fame>,
    heap: Vec<u32>,
    /// Where each place stands in the heap.
    stands: Vec<u32>,
    uses: u64,
    since_halved: u64,
    /// Uses from one halving to the next; 0 for never.
    age_after: u64,
}

impl State {
    pub(super) fn new(config: &Config, places: u32) -> Self {
        let age_after = match config.age_after {
            Limit::Unlimited => 0,
            Limit::AtMost(most) => u64::from(most) * u64::from(places),
        };
        State { age_after, ..State::default() }
    }

    pub(super) fn entered(&mut self, place: u32) {
        let index = place as usize;
        if self.fames.len() <= index {
            self.fames.resize(index + 1, Fame { count: 0, last: 0 });
            self.stands.resize(index + 1, 0);
        }
        self.uses += 1;
        self.fames[index] = Fame { count: 1, last: self.uses };
        self.stands[index] = self.heap.len() as u32;
        self.heap.push(place);
        self.rise(self.heap.len() - 1);
        self.age();
    }

    pub(super) fn used(&mut self, place: u32) {
        self.uses += 1;
        let fame = &mut self.fames[place as usize];
        *fame = Fame { count: fame.count.saturating_add(1), last: self.uses };
        self.sink(self.stands[place as usize] as usize);
        self.age();
    }

    pub(super) fn evict(&mut self) -> Option<u32> {
        let least = *self.heap.first()?;
        let last = self.heap.pop().expect("there is a first");
        if last != least {
            self.put(0, last);
            self.sink(0);
        }
        Some(least)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }

    /// Halves all counts when it is time. Equal counts may arise, so the heap is put in order again.
    fn age(&mut self) {
        self.since_halved += 1;
        if self.age_after == 0 || self.since_halved < self.age_after {
            return;
        }
        self.since_halved = 0;
        for place in &self.heap {
            self.fames[*place as usize].count /= 2;
        }
        for at in (0..self.heap.len() / 2).rev() {
            self.sink(at);
        }
    }

    fn fame(&self, at: usize) -> Fame {
        self.fames[self.heap[at] as usize]
    }

    fn put(&mut self, at: usize, place: u32) {
        self.heap[at] = place;
        self.stands[place as usize] = at as u32;
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (x, y) = (self.heap[a], self.heap[b]);
        self.put(a, y);
        self.put(b, x);
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.fame(at) < self.fame((at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let below = [2 * at + 1, 2 * at + 2].into_iter().filter(|b| *b < self.heap.len());
            let Some(least) = below.min_by_key(|b| self.fame(*b)) else { return };
            if self.fame(at) <= self.fame(least) {
                return;
            }
            self.swap(at, least);
            at = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(age_after: Limit) -> State {
        State::new(&Config { age_after }, 3)
    }

    #[test]
    fn who_was_used_the_fewest_times_goes() {
        let mut state = state(Limit::Unlimited);
        (0..3).for_each(|place| state.entered(place));
        // 0: three times, 1: twice, 2: once.
        [0, 1, 0].iter().for_each(|place| state.used(*place));
        assert_eq!(state.evict(), Some(2));
        state.entered(2);
        state.used(2);
        // 1 and 2 twice each; 1 was used longer ago.
        assert_eq!(
            [state.evict(), state.evict(), state.evict(), state.evict()],
            [Some(1), Some(2), Some(0), None]
        );
    }

    #[test]
    fn fame_fades() {
        let mut state = state(Limit::AtMost(3));
        (0..3).for_each(|place| state.entered(place));
        (0..5).for_each(|_| state.used(0));
        // Eight uses so far: 6, 1, 1. The ninth halves: 3, 0, 1.
        state.used(2);
        (0..3).for_each(|_| state.used(1));
        // 3, 3, 1, then 1 was used last.
        assert_eq!([state.evict(), state.evict(), state.evict()], [Some(2), Some(0), Some(1)]);
    }
}
