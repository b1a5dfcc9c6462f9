//! Immediate retry: the next attempt starts in the moment the last one failed.
//!
//! **What it does.** Waits 0 between attempts, up to `max_attempts`.
//! **Why it exists.** The cheapest cure for what is gone at once: a lost message, one bad instance
//! among good ones. The user hardly notices.
//! **Where it fails.** Under overload. Failures create attempts, attempts create load, load creates
//! failures: with 4 attempts the servers see up to 4 times what users ask for, and may stay down after
//! the cause is gone.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `four-attempts`.
//! **Source.** nginx `proxy_next_upstream` (no back-off); Bronson et al., Metastable Failures in
//! Distributed Systems, HotOS 2021, section 2.1 for the loop.

use serde::{Deserialize, Serialize};

use super::terms::with_terms;
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::Count;

with_terms! {
/// Again at once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ImmediateRetry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; from 1.
    pub max_attempts: Count,
}
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        self.check_shared()
    }

    #[inline]
    pub(super) const fn delay(&self) -> SimDuration {
        SimDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::read;

    use super::*;

    #[test]
    fn the_next_attempt_starts_at_once() {
        let config: Config = read(r#"{"max_attempts": 4}"#).expect("settings are readable");
        assert_eq!(config.delay(), SimDuration::ZERO);
        assert_eq!(config.budget, crate::policy::retry::budget::Config::None);
    }

    #[test]
    fn it_has_no_wait_to_set() {
        assert!(
            read::<Config>(r#"{"max_attempts": 4, "base": "1s"}"#)
                .unwrap_err()
                .contains("unknown field `base`")
        );
    }
}
