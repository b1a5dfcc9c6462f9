//! What goes wrong, where and when? Triggers with a start and a duration.

mod selection;

use serde::{Deserialize, Serialize};

use super::link::{Congested, CongestionFault};
use crate::dist::{Distribution, Sampler};
use crate::ids::{CacheId, InstanceId, ServiceId, WorkloadId};
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Factor, Probability, Size};
pub use selection::{FirstSelection, PlacesSelection, Selection, ShareSelection, ZoneSelection};

/// A trigger: when it starts, how long it lasts, and exactly one of the kinds below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FaultConfig {
    /// When it starts.
    pub at: SimDuration,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub length: SimDuration,
    /// The service's capacity is cut to `factor` of what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityFault>,
    /// Nothing starts at the service; what is under way is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopFault>,
    /// Services that start take `factor` times as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<SlowFault>,
    /// A share of the attempts is answered with an error after full service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<ErrorsFault>,
    /// Instances crash: what is on them is lost; they are down while the fault lasts, then they boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<CrashFault>,
    /// Instances are stopped in good order when the fault starts, and start again at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartFault>,
    /// Instances accept attempts but do not get on with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang: Option<HangFault>,
    /// Every instance in a zone is down while the fault lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_down: Option<ZoneDownFault>,
    /// Instances crash at random moments while the fault lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monkey: Option<MonkeyFault>,
    /// The workload sends `factor` times as many requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_spike: Option<LoadSpikeFault>,
    /// Something takes memory of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryFault>,
    /// Requests are `factor` times as large: they take as many times as long and hold as much more memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadFault>,
    /// A cache loses all its entries when the fault starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_flush: Option<CacheFlushFault>,
    /// A share of a workload's requests asks for one key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hot_key: Option<HotKeyFault>,
    /// Other traffic takes a part of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub congestion: Option<CongestionFault>,
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

/// The kind of a trigger, with the name of what it hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind<'a> {
    /// See [`CapacityFault`].
    Capacity(&'a CapacityFault),
    /// See [`StopFault`].
    Stop(&'a StopFault),
    /// See [`SlowFault`].
    Slow(&'a SlowFault),
    /// See [`ErrorsFault`].
    Errors(&'a ErrorsFault),
    /// See [`CrashFault`].
    Crash(&'a CrashFault),
    /// See [`RestartFault`].
    Restart(&'a RestartFault),
    /// See [`HangFault`].
    Hang(&'a HangFault),
    /// See [`ZoneDownFault`].
    ZoneDown(&'a ZoneDownFault),
    /// See [`MonkeyFault`].
    Monkey(&'a MonkeyFault),
    /// See [`LoadSpikeFault`].
    LoadSpike(&'a LoadSpikeFault),
    /// See [`MemoryFault`].
    Memory(&'a MemoryFault),
    /// See [`PayloadFault`].
    Payload(&'a PayloadFault),
    /// See [`CacheFlushFault`].
    CacheFlush(&'a CacheFlushFault),
    /// See [`HotKeyFault`].
    HotKey(&'a HotKeyFault),
    /// See [`CongestionFault`].
    Congestion(&'a CongestionFault),
}

impl FaultConfig {
    /// The words of the kinds, in the order of the file.
    pub const WORDS: [&'static str; 15] = [
        "capacity",
        "stop",
        "slow",
        "errors",
        "crash",
        "restart",
        "hang",
        "zone_down",
        "monkey",
        "load_spike",
        "memory",
        "payload",
        "cache_flush",
        "hot_key",
        "congestion",
    ];

    /// The kinds given, of which there must be exactly one.
    pub fn kinds(&self) -> Vec<Kind<'_>> {
        let FaultConfig {
            at: _,
            length: _,
            capacity,
            stop,
            slow,
            errors,
            crash,
            restart,
            hang,
            zone_down,
            monkey,
            load_spike,
            memory,
            payload,
            cache_flush,
            hot_key,
            congestion,
        } = self;
        [
            capacity.as_ref().map(Kind::Capacity),
            stop.as_ref().map(Kind::Stop),
            slow.as_ref().map(Kind::Slow),
            errors.as_ref().map(Kind::Errors),
            crash.as_ref().map(Kind::Crash),
            restart.as_ref().map(Kind::Restart),
            hang.as_ref().map(Kind::Hang),
            zone_down.as_ref().map(Kind::ZoneDown),
            monkey.as_ref().map(Kind::Monkey),
            load_spike.as_ref().map(Kind::LoadSpike),
            memory.as_ref().map(Kind::Memory),
            payload.as_ref().map(Kind::Payload),
            cache_flush.as_ref().map(Kind::CacheFlush),
            hot_key.as_ref().map(Kind::HotKey),
            congestion.as_ref().map(Kind::Congestion),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The trigger in words, for the shaded window of a chart.
    pub fn describe(&self) -> String {
        match self.kinds().first() {
            None => "no trigger".to_owned(),
            Some(Kind::Capacity(f)) => {
                format!("{} at {} % of its capacity", f.instances.of(&f.service), percent(f.factor.get()))
            }
            Some(Kind::Stop(f)) => format!("{} starts nothing", f.instances.of(&f.service)),
            Some(Kind::Slow(f)) => {
                format!("{} takes {} times as long", f.instances.of(&f.service), f.factor)
            }
            Some(Kind::Errors(f)) => {
                format!("{} fails {} % of its attempts", f.instances.of(&f.service), percent(f.ratio.get()))
            }
            Some(Kind::Crash(f)) => format!("{} down", f.instances.of(&f.services.join(", "))),
            Some(Kind::Restart(f)) => format!("{} restarted", f.instances.of(&f.service)),
            Some(Kind::Hang(f)) if f.ratio.get() < 1.0 => {
                format!(
                    "{} hangs on {} % of its attempts",
                    f.instances.of(&f.service),
                    percent(f.ratio.get())
                )
            }
            Some(Kind::Hang(f)) => format!("{} hangs", f.instances.of(&f.service)),
            Some(Kind::ZoneDown(f)) => format!("zone {} down", f.zone),
            Some(Kind::Monkey(f)) => format!("instances of {} crash at random", f.service),
            Some(Kind::LoadSpike(f)) => format!("{} send {} times the load", f.workload, f.factor),
            Some(Kind::Memory(f)) => {
                format!("{} of memory taken from {}", f.amount, f.instances.of(&f.service))
            }
            Some(Kind::Payload(f)) => {
                let whose = f.service.as_ref().or(f.workload.as_ref()).map_or("nobody", String::as_str);
                format!("requests of {whose} {} times as large", f.factor)
            }
            Some(Kind::CacheFlush(f)) => format!("{} of {} emptied", f.cache, f.instances.of(&f.service)),
            Some(Kind::Congestion(f)) => f.describe(),
            Some(Kind::HotKey(f)) => {
                format!("{} % of {} ask for one key", percent(f.share.get()), f.workload)
            }
        }
    }
}

fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// What a trigger does while it lasts.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Work that starts takes `factor` times as long.
    Slower {
        /// How many times as long.
        factor: f64,
    },
    /// Nothing starts.
    Stopped,
    /// Attempts fail with probability `ratio`.
    Failing {
        /// Probability.
        ratio: f64,
    },
    /// Instances are down.
    Down,
    /// Instances are stopped and started again when it begins.
    Restarted,
    /// Work that starts is held with probability `ratio`.
    Hanging {
        /// Probability.
        ratio: f64,
    },
    /// Instances crash at random moments.
    Monkey {
        /// Whose.
        service: ServiceId,
        /// Between two strikes.
        every: Sampler,
        /// Instances that crash together.
        group: u32,
        /// How long they are down.
        downtime: SimDuration,
        /// Number of the fault's stream.
        key: u32,
    },
    /// The load of `workload` is changed by its arrival sources.
    Load {
        /// The workload.
        workload: WorkloadId,
    },
    /// Memory is taken.
    Stress {
        /// Of each instance.
        bytes: u64,
    },
    /// Requests are larger.
    Payload {
        /// Those that come to this service.
        service: Option<ServiceId>,
        /// Those of this workload.
        workload: Option<WorkloadId>,
        /// How many times as large.
        factor: f64,
    },
    /// A cache of the instances is emptied when it begins.
    Flushed {
        /// Which cache.
        cache: CacheId,
    },
    /// Requests are about another key; their workload knows when.
    Hot,
    /// Answers take longer to pass a link.
    Congested(Congested),
}

/// A trigger, ready to run.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Name in the file.
    pub name: String,
    /// When it starts.
    pub begins: SimTime,
    /// When it ends.
    pub ends: SimTime,
    /// What it does in between.
    pub effect: Effect,
    /// The instances that it hits.
    pub instances: Vec<InstanceId>,
}
