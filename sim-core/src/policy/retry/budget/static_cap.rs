//! Static cap: so many retries at once, and no more.
//!
//! **What it does.** A retry is allowed while fewer than `max_concurrent` retries of the client are under
//! way, from the failure that asked for them to their own end, back-off included.
//! **Why it exists.** The simplest bound there is: whatever fails, a client keeps at most so many calls
//! busy with retries. It needs no history, so it bites at once.
//! **Where it fails.** It bounds how many, not how often: retries that fail within a millisecond come at
//! thousands per second. And the right number grows with the traffic, while the setting does not.
//! **Source.** Envoy `circuit_breakers.thresholds.max_retries`, 3 unless set otherwise. Deviations: per
//! client of an edge (Envoy: per cluster and priority of one proxy).

use serde::{Deserialize, Serialize};

use crate::units::Count;

/// So many retries at once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "StaticCap"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most retries of one client under way at once, back-off included; from 1. Default: 3 (Envoy).
    pub max_concurrent: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_concurrent: Count::new(3) }
    }
}

/// What one client remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Retries under way. invariant: at most `max_concurrent`.
    retries: u32,
}

impl State {
    #[inline]
    pub(super) fn withdraw(&mut self, config: &Config) -> bool {
        let allowed = self.retries < config.max_concurrent.get();
        self.retries += u32::from(allowed);
        allowed
    }

    /// A retry that was allowed before is under way.
    pub(super) fn adopt(&mut self) {
        self.retries += 1;
    }

    /// A retry has ended.
    #[inline]
    pub(super) fn release(&mut self) {
        self.retries -= 1;
    }

    pub(super) const fn in_use(self) -> u32 {
        self.retries
    }

    /// Retries that may still begin; below zero if more were under way when the budget came into force.
    pub(super) fn level(self, config: &Config) -> f64 {
        f64::from(config.max_concurrent.get()) - f64::from(self.retries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn the_fourth_retry_at_once_is_refused() {
        let config: Config = read("{}").expect("every field has a default");
        let mut state = State::default();
        assert!((0..3).all(|_| state.withdraw(&config)));
        assert!(!state.withdraw(&config));
        assert_eq!(state.level(&config), 0.0);
        state.release();
        assert_eq!(state.level(&config), 1.0);
        assert!(state.withdraw(&config), "one has ended");
        assert!(!state.withdraw(&config));
    }

    #[test]
    fn it_bounds_how_many_and_not_how_often() {
        let config = Config { max_concurrent: Count::new(1) };
        let mut state = State::default();
        let quick = (0..1_000).filter(|_| {
            let allowed = state.withdraw(&config);
            state.release();
            allowed
        });
        assert_eq!(quick.count(), 1_000);
    }
}
