//! Linear degradation: each attempt on the instance, waiting or in service, makes all work longer by the same
//! part.
//!
//! **What it does.** With n attempts in the system of the instance, the one in service included, work goes at
//! the speed 1 / (1 + `per_request` * n). At 0.05 and 20 attempts everything takes twice as long.
//! **Why it exists.** Waiting is not free: each open request has memory that is scanned, a thread that is
//! scheduled, a connection that is polled. It is the simplest server whose capacity falls with its queue, and
//! so the simplest that can be metastable without a single retry.
//! **Where it fails.** Capacity falls without end: below n* = (mu / lambda - 1) / `per_request` attempts one
//! server of rate mu works faster than they come, above it slower. A chance crowd above n* grows for ever, so
//! the queue must have a bound (with one, see `theory/slowing.rs`).
//! **Source.** State-dependent service rates: Gross and Harris, *Fundamentals of Queueing Theory*, 1998,
//! section 2.9. Deviations: none.

use serde::{Deserialize, Serialize};

use crate::units::Cost;

/// Work takes longer by the same part for each attempt on the instance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LinearDegradation"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// By how much longer, for each attempt that waits or is served, the one looked at included: a number from
    /// 0; `0.05` is 5 % of the time alone.
    pub per_request: Cost,
}

/// How fast work goes with `in_system` attempts waiting and in service; 1 is the speed in `service_time`.
#[inline]
pub(super) fn speed(config: &Config, in_system: u32) -> f64 {
    1.0 / (1.0 + config.per_request.get() * f64::from(in_system))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn twenty_at_five_percent_halve_the_speed() {
        let config: Config = read(r#"{"per_request": 0.05}"#).expect("settings are readable");
        assert_eq!(speed(&config, 0), 1.0);
        assert!((speed(&config, 20) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn it_must_be_said_how_much() {
        assert!(read::<Config>("{}").unwrap_err().contains("missing field `per_request`"));
        assert!(read::<Config>(r#"{"per_request": -1}"#).unwrap_err().contains("outside 0"));
    }
}
