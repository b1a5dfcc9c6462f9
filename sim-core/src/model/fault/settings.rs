//! What does a trigger need to know? The settings of each kind, and how it is told.

use serde::{Deserialize, Serialize};

use super::Selection;
use crate::dist::Distribution;
use crate::time::SimDuration;
use crate::units::{Count, Factor, Probability, Size};

/// A share in percent, with one digit where it needs one.
pub(crate) fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// Instances crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CrashFault {
    /// Names of the services: what fails together is one fault.
    pub services: Vec<String>,
    /// Which instances of each; default `all`.
    #[serde(default)]
    pub instances: Selection,
    /// Whether their machines are gone too: then nobody refuses, and callers with `connection` hear nothing at all, neither
    /// of a SYN nor of what they have sent. Other callers are refused all the same. Default: false, the process is gone and
    /// the machine refuses.
    #[serde(default)]
    pub silent: bool,
}

impl CrashFault {
    /// In words.
    pub fn describe(&self) -> String {
        let how = if self.silent { "gone" } else { "down" };
        format!("{} {how}", self.instances.of(&self.services.join(", ")))
    }
}

/// Instances are stopped and started again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RestartFault {
    /// Name of the service.
    pub service: String,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl RestartFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} restarted", self.instances.of(&self.service))
    }
}

/// What a worker takes up during the fault is held until its end, then served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct HangFault {
    /// Name of the service.
    pub service: String,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
    /// Share of the attempts that hang, 0 to 1; default 1.
    #[serde(default = "always")]
    pub ratio: Probability,
}

impl HangFault {
    /// In words.
    pub fn describe(&self) -> String {
        let whose = self.instances.of(&self.service);
        match self.ratio.get() < 1.0 {
            true => format!("{whose} hangs on {} % of its attempts", percent(self.ratio.get())),
            false => format!("{whose} hangs"),
        }
    }
}

fn always() -> Probability {
    Probability::new(1.0)
}

/// A zone is down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ZoneDownFault {
    /// Its name.
    pub zone: String,
}

impl ZoneDownFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("zone {} down", self.zone)
    }
}

/// Now and then some instances of a service crash, as Chaos Monkey has it. They come back as their
/// lifecycle says, or after `downtime`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct MonkeyFault {
    /// Name of the service.
    pub service: String,
    /// Between two strikes: a duration or a distribution.
    pub every: Distribution,
    /// Instances that crash together; default 1.
    #[serde(default = "single")]
    pub group: Count,
    /// How long they are down before they boot; default 0s.
    #[serde(default)]
    pub downtime: SimDuration,
}

impl MonkeyFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("instances of {} crash at random", self.service)
    }
}

fn single() -> Count {
    Count::ONE
}

/// Services that start during the fault take 1 / `factor` as long; work under way is not rescheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CapacityFault {
    /// Name of the service.
    pub service: String,
    /// What is left of its capacity: `0.2` leaves a fifth.
    pub factor: Factor,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl CapacityFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} at {} % of its capacity", self.instances.of(&self.service), percent(self.factor.get()))
    }
}

/// Nothing starts at the service; attempts wait, those under way are finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct StopFault {
    /// Name of the service.
    pub service: String,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl StopFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} starts nothing", self.instances.of(&self.service))
    }
}

/// Services that start during the fault take `factor` times as long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SlowFault {
    /// Name of the service.
    pub service: String,
    /// How many times as long: `5` makes 10 ms into 50 ms.
    pub factor: Factor,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl SlowFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} takes {} times as long", self.instances.of(&self.service), self.factor)
    }
}

/// A share of the attempts that end during the fault is answered with `server_error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ErrorsFault {
    /// Name of the service.
    pub service: String,
    /// Share of the attempts, 0 to 1, beside the service's own `error_ratio`.
    pub ratio: Probability,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl ErrorsFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} fails {} % of its attempts", self.instances.of(&self.service), percent(self.ratio.get()))
    }
}

/// The workload sends `factor` times as many requests. Above 1 the additional requests come beside those
/// that come anyway; below 1 some of those that would come stay away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LoadSpikeFault {
    /// Name of the workload.
    pub workload: String,
    /// How many times as many requests: `2` doubles the load.
    pub factor: Factor,
}

impl LoadSpikeFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} send {} times the load", self.workload, self.factor)
    }
}

/// Something else takes memory of instances: a leak, a neighbour, a cache that grew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct MemoryFault {
    /// Name of the service; it has `memory`.
    pub service: String,
    /// How much is taken of each instance.
    pub amount: Size,
    /// Which instances; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl MemoryFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} of memory taken from {}", self.amount, self.instances.of(&self.service))
    }
}

/// A cache loses all its entries at once: flushed, or its machine replaced by an empty one. Loads that are
/// under way fill it all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CacheFlushFault {
    /// Name of the service.
    pub service: String,
    /// Name of its cache.
    pub cache: String,
    /// Whose, if each instance has its own; default `all`.
    #[serde(default)]
    pub instances: Selection,
}

impl CacheFlushFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} of {} emptied", self.cache, self.instances.of(&self.service))
    }
}

/// Requests are `factor` times as large. Attempts that reach an instance during the fault take `factor` times
/// as long there and hold `factor` times the memory, until they are served: those of one service, or those of
/// one workload at every service that they get to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PayloadFault {
    /// Name of the service, if it is about all that comes to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Name of the workload, if it is about what one sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// How many times as large: `3` makes 10 ms into 30 ms.
    pub factor: Factor,
}

impl PayloadFault {
    /// In words.
    pub fn describe(&self) -> String {
        let whose = self.service.as_ref().or(self.workload.as_ref()).map_or("nobody", String::as_str);
        format!("requests of {whose} {} times as large", self.factor)
    }
}

/// A share of the requests asks for one key, whatever it would ask for otherwise: something is in the news.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct HotKeyFault {
    /// Name of the workload.
    pub workload: String,
    /// Share of its requests, 0 to 1.
    pub share: Probability,
    /// Which key, numbered from 0, the most popular; default: the last one.
    #[serde(default)]
    pub key: Option<u32>,
}

impl HotKeyFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} % of {} ask for one key", percent(self.share.get()), self.workload)
    }
}
