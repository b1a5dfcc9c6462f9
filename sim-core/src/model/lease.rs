//! Who has to ask again before the time is over? Holders of leases renew them, and establish anew what has run out.

use serde::{Deserialize, Serialize};

use super::edge::CallConfig;
use crate::ids::EdgeId;
use crate::policy::reconnect;
use crate::time::SimDuration;
use crate::units::Count;

/// Holders of one lease each, who renew it now and then: with each answer it lasts for another `ttl`. What was not
/// renewed in time is lost; a renewal that is still under way is given up then (it fails with `timeout`), and the
/// next request of its holder is `establish`, until one succeeds. All are held at the start of a run, and their
/// first renewals are spread evenly over `renew_every`. Renewals and `establish` are both requests of the workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LeasesConfig {
    /// How many; from 1 to 10 million.
    pub count: Count,
    /// How long a lease lasts after the answer to its holder; longer than `renew_every`.
    pub ttl: SimDuration,
    /// From the answer to a holder to its next renewal; above 0.
    pub renew_every: SimDuration,
    /// The request of those who have lost their lease, to the same service as `call`, which renews. Its endpoint says
    /// what it costs.
    pub establish: CallConfig,
    /// How long a holder waits after a request that failed for good, before the next one; default `immediate`.
    #[serde(default)]
    pub again: reconnect::Config,
}

/// Holders of leases, ready to run.
#[derive(Clone, Debug)]
pub struct Leases {
    /// How many.
    pub count: u32,
    /// How long a lease lasts.
    pub ttl: SimDuration,
    /// From an answer to the next renewal.
    pub renew_every: SimDuration,
    /// The edge of the requests of those who have lost theirs.
    pub establish: EdgeId,
    /// The wait after a request that failed.
    pub again: reconnect::Config,
    /// Number in the holders' luck; follows from the name of the workload.
    pub key: u32,
}

impl LeasesConfig {
    /// Renewals per second of all holders together, as long as they are answered at once.
    pub fn renewals_per_second(&self) -> f64 {
        f64::from(self.count.get()) / self.renew_every.as_secs_f64()
    }

    pub(super) fn lower(&self, establish: EdgeId, key: u32) -> Leases {
        Leases {
            count: self.count.get(),
            ttl: self.ttl,
            renew_every: self.renew_every,
            establish,
            again: self.again.clone(),
            key,
        }
    }
}
