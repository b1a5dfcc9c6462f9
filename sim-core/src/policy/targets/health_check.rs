//! Active health checks: the caller asks the instances itself.
//!
//! **What it does.** Every `interval` each client checks each of its instances; what takes longer than
//! `timeout` has failed. After `unhealthy` failures in a row the instance gets no attempts from this client,
//! after `healthy` passes in a row it does again (the rule of `probe.rs`). The first check of a newcomer
//! needs one pass. A pass also ends an ejection (`outlier_detection.rs`).
//! **Why it exists.** It finds an instance that is gone before users do, and one that is back without
//! sending users to try.
//! **Where it fails.** It asks another question than users do: a service whose checks pass while its answers
//! are late or wrong stays in. Checks cost, too: clients times instances per interval. And an outage of
//! `unhealthy` - 1 intervals is never seen.
//! **Source.** Envoy `health_check` (`interval`, `timeout`, `unhealthy_threshold`, `healthy_threshold` are
//! required there; `successful_active_health_check_uneject_host` true). Deviations: at the start of a run
//! all instances are known to be well; no slower interval without traffic; an unexpected status is a
//! failure like others.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::policy::probe::{self, Checks, Rule, Turn};
use crate::time::SimDuration;
use crate::units::Count;

/// Checks of the instances by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "HealthCheck"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// From one check to the next, above 0s. Default: 5s.
    pub interval: SimDuration,
    /// A check without an answer for so long has failed, above 0s. Default: 1s.
    pub timeout: SimDuration,
    /// Failed checks in a row until an instance is left out, from 1. Default: 3.
    pub unhealthy: Count,
    /// Passed checks in a row until it is back, from 1. Default: 2.
    pub healthy: Count,
    /// What has to work for a check to pass. Default: `self`.
    pub checks: Checks,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            interval: SimDuration::from_secs(5),
            timeout: SimDuration::from_secs(1),
            unhealthy: Count::new(3),
            healthy: Count::new(2),
            checks: Checks::default(),
        }
    }
}

/// What one client remembers, by instance.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    instances: Vec<probe::State>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let spans = [("interval", self.interval), ("timeout", self.timeout)];
        let zero = spans.into_iter().filter(|(_, span)| *span == SimDuration::ZERO);
        zero.map(|(field, _)| Problem::new(field, "must be above 0s, such as `1s`")).collect()
    }
}

impl State {
    pub(super) fn grow(&mut self, instances: u32) {
        self.instances.resize(instances as usize, probe::State::well());
    }

    /// An instance that nothing is known of.
    pub(super) fn forget(&mut self, instance: u32) {
        self.instances[instance as usize] = probe::State::unknown();
    }

    pub(super) fn is_well(&self, instance: u32) -> bool {
        self.instances[instance as usize].is_well()
    }

    pub(super) fn checked(&mut self, config: &Config, instance: u32, passed: bool) -> Turn {
        let rule = Rule { failures: config.unhealthy, successes: config.healthy };
        self.instances[instance as usize].checked(rule, passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn each_instance_is_judged_by_itself() {
        let (config, mut state) = (Config::default(), State::default());
        state.grow(2);
        for _ in 0..2 {
            assert_eq!(state.checked(&config, 0, false), Turn::None);
            assert_eq!(state.checked(&config, 1, true), Turn::None);
        }
        assert_eq!(state.checked(&config, 0, false), Turn::Unwell);
        assert_eq!([0, 1].map(|instance| state.is_well(instance)), [false, true]);
        assert_eq!(state.checked(&config, 0, true), Turn::None);
        assert_eq!(state.checked(&config, 0, true), Turn::Well);
    }

    #[test]
    fn a_newcomer_needs_one_pass() {
        let (config, mut state) = (Config::default(), State::default());
        state.grow(1);
        state.forget(0);
        assert!(!state.is_well(0));
        assert_eq!(state.checked(&config, 0, true), Turn::Well);
    }

    #[test]
    fn settings_have_defaults_and_zeros_are_named() {
        assert_eq!(
            read(r#"{"interval": "5s", "timeout": "1s", "unhealthy": 3, "healthy": 2}"#),
            Ok(Config::default())
        );
        let config: Config = read(r#"{"interval": "0s"}"#).expect("settings are readable");
        assert_eq!(config.check()[0].field, "interval");
        assert_eq!(config.check()[0].sentence, "must be above 0s, such as `1s`");
    }
}
