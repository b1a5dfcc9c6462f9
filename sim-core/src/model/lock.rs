//! Who may write, if only one may? Holders who compete for one lease, each by a clock of its own.

use serde::{Deserialize, Serialize};

use crate::ids::WorkloadId;
use crate::time::SimDuration;
use crate::units::{Count, Factor};

/// Most holders of one lock.
pub const MAX_HOLDERS: u32 = 1_000;

/// Holders who take turns with one lock, which is leased. A holder asks the service that `call` names. If the lease is
/// free when the answer comes, it is granted for `ttl` by the clock of the service, which is right. The holder believes
/// that it holds the lock for `ttl` less `margin` by its own clock, counted from the moment at which it asked; then it
/// stops and asks again. Who is refused waits until the lease is free and asks then, in the order of waiting. Nobody
/// renews, so every term shows what clocks do. Each ask is a request of the workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LockConfig {
    /// How many; from 2 to 1000.
    pub holders: Count,
    /// How long a lease lasts, by the clock of the service.
    pub ttl: SimDuration,
    /// How much earlier a holder stops, by its own clock; below `ttl`. Default: 0s.
    #[serde(default)]
    pub margin: SimDuration,
    /// How fast the clocks of the holders go, in order, as a factor; default and for those not listed: 1.
    #[serde(default)]
    pub clocks: Vec<Factor>,
    /// Whether what is written to checks the number of the lease and refuses all but the newest. The new holder is taken
    /// to write at once. Default: false.
    #[serde(default)]
    pub fencing: bool,
    /// After a request that failed, before the next; above 0s. Default: 1s.
    #[serde(default = "a_second")]
    pub retry_every: SimDuration,
}

fn a_second() -> SimDuration {
    SimDuration::from_secs(1)
}

/// The clock of a holder goes faster or slower; between two syncs nobody knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ClockSkewFault {
    /// Name of the workload, whose arrivals are `lock`.
    pub workload: String,
    /// Which holder, numbered from 1.
    pub holder: Count,
    /// How many times as fast: `0.99` loses 10 ms each second.
    pub factor: Factor,
}

impl ClockSkewFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("clock {} of {} at {} of its speed", self.holder, self.workload, self.factor.get())
    }
}

/// A holder stands still, as in a long garbage collection: it neither asks nor stops, and goes on afterwards with what
/// it was about to do. Its clock goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct HolderPauseFault {
    /// Name of the workload, whose arrivals are `lock`.
    pub workload: String,
    /// Which holder, numbered from 1; default: whoever has been granted the lease last when the fault starts.
    #[serde(default)]
    pub holder: Option<Count>,
}

impl HolderPauseFault {
    /// In words.
    pub fn describe(&self) -> String {
        match self.holder {
            Some(holder) => format!("holder {holder} of {} stands still", self.workload),
            None => format!("the holder of {} stands still", self.workload),
        }
    }
}

/// What happens to a holder while a trigger lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbed {
    /// Of which workload.
    pub workload: WorkloadId,
    /// Which, from 0; none for whoever holds the lease.
    pub holder: Option<u32>,
    /// How many times as fast its clock goes; none if it stands still.
    pub clock: Option<f64>,
}

/// A lock, ready to run.
#[derive(Clone, Debug)]
pub struct Lock {
    /// How fast the clock of each holder goes.
    pub clocks: Vec<f64>,
    /// How long a lease lasts.
    pub ttl: SimDuration,
    /// How long a holder believes in it, by its own clock.
    pub trusted: SimDuration,
    /// Whether older leases are refused where it matters.
    pub fencing: bool,
    /// After a request that failed.
    pub retry_every: SimDuration,
    /// Number in the holders' luck; follows from the name of the workload.
    pub key: u32,
}

impl LockConfig {
    pub(super) fn lower(&self, key: u32) -> Lock {
        let clock = |k: u32| self.clocks.get(k as usize).map_or(1.0, |clock| clock.get());
        Lock {
            clocks: (0..self.holders.get()).map(clock).collect(),
            ttl: self.ttl,
            trusted: SimDuration::from_nanos(self.ttl.as_nanos().saturating_sub(self.margin.as_nanos())),
            fencing: self.fencing,
            retry_every: self.retry_every,
            key,
        }
    }
}
