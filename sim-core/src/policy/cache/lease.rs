//! Who may load a key? One at a time and per interval, by a token of the cache.
//!
//! **What it does.** Who misses gets the token of the key if nobody got it within `interval`, and loads. The
//! others wait for `wait` and look again, or take the expired value if there is one and `accept_stale` says so.
//! A fill gives the token back; who fails or dies keeps it until the interval is over.
//! **Why it exists.** Coalescing in a process leaves one load per process; where hundreds share a cache, only
//! the cache itself can let one in.
//! **Where it fails.** If the one with the token fails, all others wait for the rest of the interval. Those who
//! wait hold their workers.
//! **Source.** Nishtala et al., Scaling Memcache at Facebook, NSDI 2013: a token once per 10 s and key; query
//! peaks fell from 17 000/s to 1 300/s. Deviations: a fill gives the token back, so that an interval longer than
//! the life of an entry does no harm; nothing is deleted here, so tokens do not guard against stale sets.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};

/// How tokens are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Lease"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// For so long nobody else gets the token of a key, above 0s. Default: 10s (memcache at Facebook).
    pub interval: SimDuration,
    /// How long those without wait before they look again, above 0s. Default: 20ms.
    pub wait: SimDuration,
    /// Whether those without take the expired value instead, however old it is. Default: false.
    pub accept_stale: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            interval: SimDuration::from_secs(10),
            wait: SimDuration::from_millis(20),
            accept_stale: false,
        }
    }
}

impl Config {
    /// Fields out of range.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, span) in [("interval", self.interval), ("wait", self.wait)] {
            if span == SimDuration::ZERO {
                problems.push(Problem::new(field, "must be above 0s"));
            }
        }
        problems
    }
}

/// When each key's token is free again.
#[derive(Clone, Debug, Default)]
pub struct State {
    free_at: Vec<SimTime>,
}

impl State {
    /// For so many keys.
    pub fn new(keys: u32) -> Self {
        State { free_at: vec![SimTime::ZERO; keys as usize] }
    }

    /// Gives the token of `key`, if it is free.
    pub fn grant(&mut self, config: &Config, key: u32, now: SimTime) -> bool {
        let free_at = &mut self.free_at[key as usize];
        let is_free = *free_at <= now;
        if is_free {
            *free_at = now + config.interval;
        }
        is_free
    }

    /// The value is there.
    pub fn filled(&mut self, key: u32) {
        if let Some(free_at) = self.free_at.get_mut(key as usize) {
            *free_at = SimTime::ZERO;
        }
    }

    /// Forgets all tokens.
    pub fn clear(&mut self) {
        self.free_at.fill(SimTime::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::ms;

    #[test]
    fn one_token_per_key_and_interval() {
        let config = Config { interval: ms(100.0), ..Config::default() };
        let mut state = State::new(2);
        let at = |t: f64| SimTime::ZERO + ms(t);
        assert!(state.grant(&config, 0, at(0.0)));
        assert!(!state.grant(&config, 0, at(99.0)));
        assert!(state.grant(&config, 1, at(99.0)));
        assert!(state.grant(&config, 0, at(100.0)));
        assert!(!state.grant(&config, 0, at(150.0)));
        state.filled(0);
        assert!(state.grant(&config, 0, at(150.0)));
        assert!(!state.grant(&config, 1, at(150.0)));
        state.clear();
        assert!(state.grant(&config, 1, at(150.0)));
    }
}
