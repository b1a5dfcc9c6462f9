//! Several connections of a pool are free: which one is taken?
//!
//! **What it does.** `mru` takes the one that came back last, `lru` the one that came back first, `random` any. If none is
//! free a new one is opened, as long as the pool has room.
//! **Why it exists.** With `mru` a pool uses as few connections as it needs: the others grow idle and can be closed, and
//! what is used is warm. That is why it is the usual order (a stack).
//! **Where it fails.** Where connections lie on different links, `mru` chooses by speed, and the wrong way round: of
//! queries that were sent together the one on the slowest link comes back last, so its connection is taken first the next
//! time. The load gathers on the slow link, and makes it slow.
//! **See it.** `scenarios/library/metastable/metastable-link-imbalance.yaml`.
//! **Source.** Bronson, Aghayev, Charapko, Zhu, *Metastable Failures in Distributed Systems*, HotOS 2021, section 2.4 (link
//! imbalance at Facebook; the repair was another order). Deviations: connections are never closed.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::luck::Draws;

/// Which free connection is taken. Default: `mru`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LinkOrder"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The one that was used last.
    #[default]
    Mru,
    /// The one that was not used for the longest time.
    Lru,
    /// Any, all alike.
    Random,
}

/// The connections of one pool, numbered in the order in which they were opened.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Free ones, the last one to come back at the end.
    free: VecDeque<u32>,
    opened: u32,
}

impl State {
    /// A connection for somebody who may have one.
    pub fn take(&mut self, config: Config, mut luck: Draws) -> u32 {
        let taken = match config {
            Config::Mru => self.free.pop_back(),
            Config::Lru => self.free.pop_front(),
            Config::Random if self.free.is_empty() => None,
            Config::Random => self.free.swap_remove_back(luck.below(self.free.len() as u32) as usize),
        };
        taken.unwrap_or_else(|| {
            self.opened += 1;
            self.opened - 1
        })
    }

    /// A connection is free again.
    pub fn give_back(&mut self, connection: u32) {
        self.free.push_back(connection);
    }

    /// Connections opened, and those that are free.
    pub fn counts(&self) -> [u64; 2] {
        [u64::from(self.opened), self.free.len() as u64]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    fn draws(number: u64) -> Draws {
        Luck::of_request(Seed(1), 0, number).draws(Purpose::Connection)
    }

    /// Three connections were taken; they come back in this order.
    fn returned(order: [u32; 3]) -> State {
        let mut state = State::default();
        let taken = [0; 3].map(|_| state.take(Config::Mru, draws(0)));
        assert_eq!(taken, [0, 1, 2], "where none is free, one is opened");
        order.into_iter().for_each(|connection| state.give_back(connection));
        state
    }

    #[test]
    fn the_last_to_come_back_is_the_first_to_go() {
        let mut state = returned([1, 0, 2]);
        let taken = [0; 4].map(|_| state.take(Config::Mru, draws(0)));
        assert_eq!((taken, state.counts()), ([2, 0, 1, 3], [4, 0]));
    }

    #[test]
    fn the_least_recently_used_goes_round() {
        let mut state = returned([1, 0, 2]);
        assert_eq!([0; 3].map(|_| state.take(Config::Lru, draws(0))), [1, 0, 2]);
    }

    /// Chi-square with 2 degrees of freedom: below 13.8 in 999 of 1000 cases; 3000 draws of fixed luck.
    #[test]
    fn at_random_all_are_alike() {
        let mut seen = [0.0_f64; 3];
        for number in 0..3_000 {
            seen[returned([0, 1, 2]).take(Config::Random, draws(number)) as usize] += 1.0;
        }
        let chi2: f64 = seen.iter().map(|count| (count - 1_000.0) * (count - 1_000.0) / 1_000.0).sum();
        assert!(chi2 < 13.8, "{seen:?}");
    }
}
