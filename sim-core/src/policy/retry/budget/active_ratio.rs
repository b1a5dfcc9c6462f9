//! Active ratio: retries may be a share of what is under way.
//!
//! **What it does.** A retry is allowed while the retries of the client under way (back-off included) are
//! fewer than max(`retry_ratio` * its attempts under way, `min_concurrent`).
//! **Why it exists.** A cap that grows with the traffic: a busy client may retry more than a quiet one,
//! and neither can turn most of its work into retries.
//! **Where it fails.** It counts what is under way, not what comes: when answers become slow, more is
//! under way, so more retries are allowed just then. Long back-offs use it up without sending anything.
//! **Source.** Envoy `circuit_breakers.thresholds.retry_budget` (`budget_percent` 20,
//! `min_retry_concurrency` 3). Deviations: per client of an edge (Envoy: per cluster and priority of one
//! proxy); the attempt that has just failed no longer counts as under way.

use serde::{Deserialize, Serialize};

use crate::units::{Count, Probability};

/// Retries up to a share of the attempts under way.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ActiveRatio"))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Retries per attempt under way, 0 to 1; waiting for a slot of a pool counts as under way.
    /// Default: 0.2 (Envoy).
    pub retry_ratio: Probability,
    /// Retries that are allowed at once however little is under way; from 1. Default: 3 (Envoy).
    pub min_concurrent: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config { retry_ratio: Probability::new(0.2), min_concurrent: Count::new(3) }
    }
}

/// What one client remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Attempts under way, those that wait for a slot of their pool included.
    active: u32,
    /// Retries under way, back-off included.
    retries: u32,
}

impl Config {
    /// Most retries at once while this many attempts are under way.
    fn limit(&self, active: u32) -> u32 {
        // The billionth keeps products such as 0.29 * 100, a hair below 29, from losing one.
        let share = (self.retry_ratio.get() * f64::from(active) + 1e-9) as u32;
        share.max(self.min_concurrent.get())
    }
}

impl State {
    /// An attempt goes out.
    #[inline]
    pub(super) fn sent(&mut self) {
        self.active += 1;
    }

    /// An attempt is over.
    #[inline]
    pub(super) fn ended(&mut self) {
        self.active -= 1;
    }

    #[inline]
    pub(super) fn withdraw(&mut self, config: &Config) -> bool {
        let allowed = self.retries < config.limit(self.active);
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

    pub(super) const fn in_use(self) -> (u32, u32) {
        (self.active, self.retries)
    }

    /// Retries that may still begin; below zero if the limit fell below what is under way.
    pub(super) fn level(self, config: &Config) -> f64 {
        f64::from(config.limit(self.active)) - f64::from(self.retries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn envoy_allows_3_with_nothing_and_24_with_120_under_way() {
        // policies.md, section 20, Envoy active_ratio.
        let config: Config = read("{}").expect("every field has a default");
        assert_eq!(config.limit(0), 3);
        assert_eq!(config.limit(100 + 20), 24);
        let mut state = State { active: 120, retries: 0 };
        assert_eq!((0..).find(|_| !state.withdraw(&config)), Some(24));
        assert_eq!(state.level(&config), 0.0);
    }

    #[test]
    fn a_limit_that_falls_takes_no_retry_back() {
        let config: Config = read("{}").expect("every field has a default");
        let mut state = State { active: 120, retries: 24 };
        (0..100).for_each(|_| state.ended());
        assert_eq!(state.level(&config), 4.0 - 24.0);
        (0..20).for_each(|_| state.release());
        assert!(!state.withdraw(&config));
        state.release();
        assert!(state.withdraw(&config));
    }

    #[test]
    fn slow_answers_allow_more() {
        // Little: the same rate, ten times as slow, is ten times as much under way.
        let config = Config { retry_ratio: Probability::new(0.29), min_concurrent: Count::new(1) };
        assert_eq!((config.limit(10), config.limit(100)), (2, 29));
    }
}
