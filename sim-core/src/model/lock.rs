//! Who may write, if only one may? Holders who compete for one lease, each by a clock of its own.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::ids::WorkloadId;
use crate::time::SimDuration;
use crate::units::{Count, Factor, Offset};

/// Most holders of one lock.
pub const MAX_HOLDERS: u32 = 1_000;

/// Holders who take turns with one lock, which is leased. A holder asks the service that `call` names. If the lease is
/// free when the answer comes, it is granted for `ttl` by the clock of the service, which is right. The holder believes
/// that it holds the lock until its own clock says that the lease is over (`expiry`); then it stops and asks again. Who
/// is refused waits until the lease is free and asks then, in the order of waiting. Each ask is a request of the workload.
///
/// With `renew_every` a holder asks for more time while it believes: an answer before the lease is over at the service
/// makes it last for another `ttl`, and the belief as well; one that fails or comes later does not, and who is told that
/// its lease is over stops at once. It keeps the lock for `hold`, then it stops and gives it up by a request; if
/// that fails the lease runs out. Leader election of Kubernetes (leaseDuration 15s, renewDeadline 10s, retryPeriod 2s)
/// is `{ttl: 15s, margin: 5s, renew_every: 2s, retry_every: 2s}`, but there candidates look now and then whether the lease
/// has changed and measure it by their own clocks, while here the service tells the next one.
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
    /// How a holder learns when its lease is over; default `length`.
    #[serde(default)]
    pub expiry: Expiry,
    /// How far the clocks of the holders are ahead, in order, such as `-200ms` for one that is behind; default and for those
    /// not listed: 0s. It matters only to who is told a moment.
    #[serde(default)]
    pub offsets: Vec<Offset>,
    /// How often each clock is set, to the right time and its offset, which stands for what a protocol such as NTP
    /// gets wrong; above 0s. Default `none`: never, and a clock of another speed gets ever further away.
    #[serde(default)]
    pub sync_every: Option<SimDuration>,
    /// How often a holder asks for more time, by its own clock; above 0s, below `ttl` less `margin`. Default `none`: never,
    /// so that each lease shows its end.
    #[serde(default)]
    pub renew_every: Option<SimDuration>,
    /// For how long a holder wants the lock, before it gives it up; at least 1 ms is waited. Default `none`: as long as
    /// it can have it.
    #[serde(default)]
    pub hold: Option<Distribution>,
}

/// How a holder learns when its lease is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Expiry {
    /// By its length: the holder counts `ttl` less `margin` from the moment at which it asked, as a monotonic clock does.
    /// Only the speed of its clock matters, not what it shows.
    #[default]
    Length,
    /// By a moment of the service's clock: the holder stops when its own clock shows that moment less `margin`. So what
    /// it shows matters: a clock that is behind believes for too long.
    Moment,
}

fn a_second() -> SimDuration {
    SimDuration::from_secs(1)
}

/// The clock of a holder goes at another speed, or shows another time, or both; at least one of them is said. What it
/// shows jumps when the trigger begins and jumps back when it ends, also where `sync_every` sets it in between (as with
/// the TimeChaos of Chaos Mesh, which adds to what a process reads, or Gremlin's time travel). A jump back while a
/// holder believes makes it believe for longer, a jump ahead ends it, if the lease ends at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ClockSkewFault {
    /// Name of the workload, whose arrivals are `lock`.
    pub workload: String,
    /// Which holder, numbered from 1.
    pub holder: Count,
    /// How many times as fast: `0.99` loses 10 ms each second.
    #[serde(default)]
    pub factor: Option<Factor>,
    /// How far ahead, `-200ms` for behind.
    #[serde(default)]
    pub offset: Option<Offset>,
}

impl ClockSkewFault {
    /// In words.
    pub fn describe(&self) -> String {
        let speed = self.factor.map(|factor| format!(" at {} of its speed", factor.get()));
        let ahead = self.offset.map(|offset| format!(" {offset} off"));
        let how = [speed, ahead].into_iter().flatten().collect::<Vec<_>>().join(" and");
        format!("clock {} of {}{how}", self.holder, self.workload)
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
    /// What happens to it.
    pub what: Disturbance,
}

/// What a trigger does to a holder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disturbance {
    /// It stands still.
    Still,
    /// Its clock is wrong.
    Clock {
        /// How many times as fast it goes.
        factor: f64,
        /// How many nanoseconds it is ahead.
        ahead: f64,
    },
}

/// A lock, ready to run.
#[derive(Clone, Debug)]
pub struct Lock {
    /// How fast the clock of each holder goes.
    pub clocks: Vec<f64>,
    /// How many nanoseconds the clock of each holder is ahead whenever it is set.
    pub offsets: Vec<f64>,
    /// How often clocks are set.
    pub sync_every: Option<SimDuration>,
    /// How holders learn when a lease is over.
    pub expiry: Expiry,
    /// How long a lease lasts.
    pub ttl: SimDuration,
    /// How long a holder believes in it, by its own clock.
    pub trusted: SimDuration,
    /// How often it asks for more.
    pub renew_every: Option<SimDuration>,
    /// How long it wants the lock.
    pub hold: Option<Sampler>,
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
        let offset = |k: u32| self.offsets.get(k as usize).map_or(0.0, |offset| offset.as_nanos_f64());
        Lock {
            clocks: (0..self.holders.get()).map(clock).collect(),
            offsets: (0..self.holders.get()).map(offset).collect(),
            sync_every: self.sync_every,
            expiry: self.expiry,
            ttl: self.ttl,
            trusted: self.trusted(),
            renew_every: self.renew_every,
            hold: self.hold.as_ref().map(Distribution::sampler),
            fencing: self.fencing,
            retry_every: self.retry_every,
            key,
        }
    }

    /// How long a holder believes in a lease, by its own clock.
    pub(super) fn trusted(&self) -> SimDuration {
        self.ttl - self.margin
    }
}
