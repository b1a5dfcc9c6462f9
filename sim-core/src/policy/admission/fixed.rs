//! Fixed: so many at once, and no more.
//!
//! **What it does.** Admits while fewer than `limit` attempts are in the system of the instance, waiting or
//! in service.
//! **Why it exists.** It bounds the time of what is admitted: with `limit` at once and so many answers per
//! second, nobody stays longer than limit / answers per second (Little's law), whatever comes.
//! **Where it fails.** Somebody has to choose the number, and it is right for one speed: when the instance
//! gets slower, the same number at once means longer times; when it gets faster, workers idle. Below the
//! number of workers it is capacity thrown away.
//! **Source.** Netflix concurrency-limits, `FixedLimit`; `max_requests` of Envoy's "circuit breakers", which are
//! caps like this one and have no open or half-open state. Deviations: counts at the instance, not at the caller.

use serde::{Deserialize, Serialize};

use super::limits;
use crate::units::Count;

/// So many at once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "FixedAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Most attempts in the system of an instance, waiting or in service.
    pub limit: Count,
}

impl Config {
    #[inline]
    pub(super) fn admit(&self, in_flight: u32) -> bool {
        in_flight < self.limit.get()
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        limits::gauge(f64::from(self.limit.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn so_many_and_no_more() {
        let config: Config = read(r#"{"limit": 3}"#).expect("settings are readable");
        assert_eq!([0, 1, 2, 3, 100].map(|n| config.admit(n)), [true, true, true, false, false]);
        assert_eq!(config.gauge(), ("concurrency_limit", 3.0));
        assert!(
            read::<Config>("{}").unwrap_err().contains("missing field `limit`"),
            "nobody knows it for you"
        );
    }

    #[test]
    fn surprise_2_envoys_circuit_breakers_are_concurrency_caps() {
        // After any number of refusals the next attempt below the cap is let in at once: no open state.
        let config: Config = read(r#"{"limit": 1024}"#).expect("settings are readable");
        assert!((0..10_000).all(|_| !config.admit(1_024)));
        assert!(config.admit(1_023));
    }
}
