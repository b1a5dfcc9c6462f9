//! Who goes when the cache is full?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`lru`] | who was not used the longest | popularity that changes | scans throw out what is popular |
//! | [`lfu`] | who was used the fewest times | scans | slow to see what is new |
//! | [`fifo`] | who entered first | writes at every hit | throws out what is popular |
//!
//! Expired entries are like others: they keep their place until they are loaded anew or it is their turn.

use serde::{Deserialize, Serialize};

use super::{fifo, lfu, lru};
use crate::policy::Problem;

/// Who goes when the cache is full. Default: `lru`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Eviction"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used.
    Lfu(lfu::Config),
    /// The first entered.
    Fifo,
}

impl Config {
    /// Fields out of range.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::Lru | Config::Fifo => Vec::new(),
            Config::Lfu(lfu) => Problem::below("lfu", lfu.check()),
        }
    }
}

/// The order of the entries of one cache.
#[derive(Clone, Debug)]
pub enum State {
    /// See [`lru`].
    Lru(lru::State),
    /// See [`lfu`].
    Lfu(lfu::State),
    /// See [`fifo`].
    Fifo(fifo::State),
}

impl State {
    /// Of a cache of so many places.
    pub fn new(config: &Config, places: u32) -> Self {
        match config {
            Config::Lru => State::Lru(lru::State::default()),
            Config::Lfu(lfu) => State::Lfu(lfu::State::new(lfu, places)),
            Config::Fifo => State::Fifo(fifo::State::default()),
        }
    }

    /// An entry was put into a free place.
    pub fn entered(&mut self, place: u32) {
        match self {
            State::Lru(lru) => lru.entered(place),
            State::Lfu(lfu) => lfu.entered(place),
            State::Fifo(fifo) => fifo.entered(place),
        }
    }

    /// The entry at this place was hit.
    #[inline]
    pub fn used(&mut self, place: u32) {
        match self {
            State::Lru(lru) => lru.used(place),
            State::Lfu(lfu) => lfu.used(place),
            State::Fifo(_) => {}
        }
    }

    /// The entry at this place was loaded anew.
    pub fn loaded(&mut self, place: u32) {
        match self {
            State::Lru(lru) => lru.used(place),
            State::Lfu(lfu) => lfu.used(place),
            State::Fifo(fifo) => fifo.loaded(place),
        }
    }

    /// Frees a place and gives it; `None` if all are free.
    pub fn evict(&mut self) -> Option<u32> {
        match self {
            State::Lru(lru) => lru.evict(),
            State::Lfu(lfu) => lfu.evict(),
            State::Fifo(fifo) => fifo.evict(),
        }
    }

    /// All places are free.
    pub fn clear(&mut self) {
        match self {
            State::Lru(lru) => lru.clear(),
            State::Lfu(lfu) => lfu.clear(),
            State::Fifo(fifo) => fifo.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::luck;

    /// The obvious cache: a list of (key, count, last use, entered), searched from end to end.
    #[derive(Default)]
    struct Twin {
        held: Vec<(u32, u32, u64, u64)>,
        clock: u64,
        uses: u64,
    }

    impl Twin {
        fn ask(&mut self, config: &Config, key: u32, places: usize) -> bool {
            self.clock += 1;
            let found = self.held.iter_mut().find(|held| held.0 == key);
            let hit = found.is_some();
            match found {
                Some(held) => (held.1, held.2) = (held.1 + 1, self.clock),
                None => {
                    if self.held.len() == places {
                        let rank = |held: &(u32, u32, u64, u64)| match config {
                            Config::Lru => (0, held.2),
                            Config::Lfu(_) => (held.1, held.2),
                            Config::Fifo => (0, held.3),
                        };
                        let least = (0..places).min_by_key(|k| rank(&self.held[*k])).expect("it is full");
                        self.held.remove(least);
                    }
                    self.held.push((key, 1, self.clock, self.clock));
                }
            }
            self.uses += 1;
            if self.uses.is_multiple_of(10 * places as u64) {
                self.held.iter_mut().for_each(|held| held.1 /= 2);
            }
            hit
        }
    }

    #[test]
    fn each_order_evicts_whom_its_obvious_twin_evicts() {
        for config in [Config::Lru, Config::Lfu(lfu::Config::default()), Config::Fifo] {
            let (mut twin, mut state, places) = (Twin::default(), State::new(&config, 20), 20);
            // Key at each place.
            let mut keys: Vec<u32> = Vec::new();
            for k in 0..20_000 {
                let mut draws = luck(k).draws(Purpose::Key);
                let key = draws.below(60).min(draws.below(60));
                let found = keys.iter().position(|held| *held == key);
                match found {
                    Some(place) => state.used(place as u32),
                    None if keys.len() < places => {
                        state.entered(keys.len() as u32);
                        keys.push(key);
                    }
                    None => {
                        let place = state.evict().expect("it is full");
                        keys[place as usize] = key;
                        state.entered(place);
                    }
                }
                assert_eq!(twin.ask(&config, key, places), found.is_some(), "{config:?}, look-up {k}");
            }
        }
    }
}
