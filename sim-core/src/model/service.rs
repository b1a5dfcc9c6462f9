//! What is a service? Replicas, each with workers in front of a waiting line, and what they do with an
//! attempt.

use serde::{Deserialize, Serialize};

use super::Named;
use super::capacity::{BackgroundConfig, Capacity};
use super::connection::ConnectionsConfig;
use super::endpoint::{EndpointsConfig, StepConfig};
use super::follow::{Follows, FollowsConfig};
use super::lifecycle::{Lifecycle, LifecycleConfig};
use super::pool::PoolConfig;
use super::record::RecordsConfig;
use super::version::VersionsConfig;
use crate::dist::Distribution;
use crate::ids::{InstanceId, ZoneId};
use crate::policy::{admission, autoscaler, cache, degradation, memory, queue, repair};
use crate::time::SimDuration;
use crate::units::{Count, Factor, Limit, Probability};

/// A service: `instances` replicas, each with `workers` that take attempts from one waiting line. What it
/// does with an attempt is `service_time` alone, or `steps`, or one of its named `endpoints`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ServiceConfig {
    /// Name of a preset, whose values hold where the file says nothing itself (`spiral explain preset` lists them);
    /// default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Replicas, each with its own queue and workers; default 1.
    #[serde(default = "one")]
    pub instances: Count,
    /// Attempts that one instance serves at the same time; default 1. A worker is held until the attempt is
    /// done with, answers of other services included.
    #[serde(default = "one")]
    pub workers: Count,
    /// How long a worker is busy with one attempt: a duration, or a distribution such as
    /// `{exponential: {mean: 10ms}}`. Short for `steps: [{compute: ...}]`.
    #[serde(default)]
    pub service_time: Option<Distribution>,
    /// What is done with an attempt that names no endpoint, in order.
    #[serde(default)]
    pub steps: Vec<StepConfig>,
    /// Further ways to use the service; calls name them as `service/endpoint`.
    #[serde(default)]
    pub endpoints: EndpointsConfig,
    /// Pools that calls of this service may hold slots of; each instance has its own.
    #[serde(default)]
    pub pools: Named<PoolConfig>,
    /// The waiting line in front of the workers of an instance; default `{fifo: {capacity: unlimited}}`.
    #[serde(default)]
    pub queue: queue::Config,
    /// Whether an attempt may enter at all; default `none`: all may.
    #[serde(default)]
    pub admission: admission::Config,
    /// Work of a worker for each attempt that is turned away, paid by the next attempt that it serves;
    /// default 0ms.
    #[serde(default)]
    pub reject_cost: SimDuration,
    /// What happens to an attempt whose caller gave up; default `ignore`: it is served to the end.
    #[serde(default)]
    pub on_cancel: OnCancel,
    /// Share of attempts answered with `server_error` after their full service time; default 0.
    #[serde(default = "never")]
    pub error_ratio: Probability,
    /// How fast each instance is, in order, as a factor; default and for those not listed: 1.
    #[serde(default)]
    pub speeds: Vec<Factor>,
    /// Zones that the instances are spread over, in turns; default: no zone.
    #[serde(default)]
    pub zones: Vec<String>,
    /// How instances crash, start and are watched; default: they run for ever.
    #[serde(default)]
    pub lifecycle: LifecycleConfig,
    /// What its instances do with the connections of `connected` users; default: they take all and keep them.
    #[serde(default)]
    pub connections: ConnectionsConfig,
    /// How the speed of an instance depends on its load; default `none`.
    #[serde(default)]
    pub degradation: degradation::Config,
    /// The memory of an instance: how much attempts hold, what collecting garbage costs, and when it is out;
    /// default `none`: there is always enough.
    #[serde(default)]
    pub memory: Option<memory::Config>,
    /// Housekeeping that takes a share of an instance now and then, by name.
    #[serde(default)]
    pub background: BackgroundConfig,
    /// Whether the others copy what a lost instance held; default `none`.
    #[serde(default)]
    pub repair: Option<repair::Config>,
    /// Further work on an attempt that ends in an error, at its end and before the answer; default 0ms.
    #[serde(default)]
    pub error_cost: SimDuration,
    /// Caches that its `cached` steps look into.
    #[serde(default)]
    pub caches: Named<cache::Config>,
    /// Who changes how many instances there are during a run; default `none`.
    #[serde(default)]
    pub autoscaler: autoscaler::Config,
    /// What its `read` and `write` steps are about, by name: records that may change in between.
    #[serde(default)]
    pub records: Named<RecordsConfig>,
    /// Whose writes its instances keep copies of; default `none`.
    #[serde(default)]
    pub follows: Option<FollowsConfig>,
    /// Which version its instances run, and what it can read; default: there is only one, and it reads everything.
    #[serde(default)]
    pub versions: Option<VersionsConfig>,
    /// Places that actions need at least; no setting, found at loading.
    #[serde(skip)]
    pub room: u32,
}

fn one() -> Count {
    Count::ONE
}

fn never() -> Probability {
    Probability::ZERO
}

impl ServiceConfig {
    /// One instance with one worker that takes `service_time` for an attempt, and nothing else said.
    pub fn of(service_time: Distribution) -> Self {
        ServiceConfig {
            preset: None,
            instances: one(),
            workers: one(),
            service_time: Some(service_time),
            steps: Vec::new(),
            endpoints: Named::default(),
            pools: Named::default(),
            queue: queue::Config::default(),
            admission: admission::Config::default(),
            reject_cost: SimDuration::ZERO,
            on_cancel: OnCancel::default(),
            error_ratio: never(),
            speeds: Vec::new(),
            zones: Vec::new(),
            lifecycle: LifecycleConfig::default(),
            connections: ConnectionsConfig::default(),
            degradation: degradation::Config::default(),
            memory: None,
            background: Named::default(),
            repair: None,
            error_cost: SimDuration::ZERO,
            caches: Named::default(),
            autoscaler: autoscaler::Config::default(),
            records: Named::default(),
            follows: None,
            versions: None,
            room: 0,
        }
    }

    /// Places for instances: as many as there can ever be.
    pub fn places(&self) -> u32 {
        self.autoscaler.most(self.instances.get()).max(self.room)
    }

    /// Whether instances come and go.
    pub fn is_scaled(&self) -> bool {
        self.autoscaler != autoscaler::Config::None || self.room > 0
    }
}

/// What a server does when a caller lets it know that it has given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum OnCancel {
    /// Nothing: the attempt is served to the end (plain HTTP/1.1 servers).
    #[default]
    Ignore,
    /// The work looks from time to time whether it is still wanted (gRPC handlers, .NET tokens).
    Checkpoint(CheckpointConfig),
    /// Work stops at once (async tasks that are dropped).
    Immediate,
}

impl OnCancel {
    /// Whether callers need not tell.
    pub fn is_ignored(self) -> bool {
        self == OnCancel::Ignore
    }
}

/// How often work looks whether it is still wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CheckpointConfig {
    /// Time between two looks, counted from the start of the service; default 10ms.
    #[serde(default = "ten_ms")]
    pub interval: SimDuration,
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        CheckpointConfig { interval: ten_ms() }
    }
}

fn ten_ms() -> SimDuration {
    SimDuration::from_millis(10)
}

/// A service, ready to run.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in the file.
    pub name: String,
    /// Number of the service in what its instances draw; follows from its name.
    pub key: u32,
    /// Its instances are `first_instance ..` in id order.
    pub first_instance: InstanceId,
    /// How many instances; with an autoscaler, how many there can be.
    pub instances: u32,
    /// Workers of each instance.
    pub workers: u32,
    /// Attempts in service at once: the workers, or no bound where all share them.
    pub slots: u32,
    /// Whether all in service share the workers.
    pub shares_workers: bool,
    /// Order of the waiting line.
    pub queue: queue::Config,
    /// Most that wait at one instance.
    pub capacity: Limit,
    /// Longest wait that is still served.
    pub max_wait: SimDuration,
    /// Whether an attempt is dropped when its deadline is this near at its turn.
    pub expired_margin: Option<SimDuration>,
    /// Who may enter.
    pub admission: admission::Config,
    /// Whether anybody may be refused entry while it serves.
    pub has_admission: bool,
    /// Work for each attempt turned away.
    pub reject_cost: SimDuration,
    /// What happens to attempts that nobody wants any more.
    pub on_cancel: OnCancel,
    /// Share of attempts answered with an error.
    pub error_ratio: f64,
    /// How many times as long each instance takes: 1 / speed.
    pub slownesses: Vec<f64>,
    /// Zone of each instance; empty without zones.
    pub zones: Vec<ZoneId>,
    /// How its instances live.
    pub lifecycle: Lifecycle,
    /// What its instances do with connections.
    pub connections: ConnectionsConfig,
    /// What the speed of its instances depends on, if it is not always the same.
    pub pace: Option<Box<Capacity>>,
    /// Further work on an attempt that ends in an error.
    pub error_cost: SimDuration,
    /// Instances that are there at the start, the first ones.
    pub at_start: u32,
    /// Who changes how many there are.
    pub autoscaler: autoscaler::Config,
    /// Whether those who find the line full wait outside.
    pub blocks: bool,
    /// Whose writes its instances keep copies of.
    pub follows: Option<Follows>,
}

impl Service {
    /// Whether instances come and go.
    pub fn is_scaled(&self) -> bool {
        self.lifecycle.is_scaled
    }

    /// The instance at `place`, numbered from 0 within the service.
    #[inline]
    pub fn instance(&self, place: u32) -> InstanceId {
        use crate::ids::Id;
        InstanceId::from_index(self.first_instance.index() + place as usize)
    }

    /// The number of `instance` within the service.
    #[inline]
    pub fn place(&self, instance: InstanceId) -> u32 {
        use crate::ids::Id;
        (instance.index() - self.first_instance.index()) as u32
    }

    /// Whether work under way may go on faster or slower than when it started: it is kept by a clock of its
    /// own then.
    #[inline]
    pub fn keeps_clock(&self) -> bool {
        self.shares_workers || self.pace.is_some()
    }

    /// Whether work takes what it takes, whoever else is there, errors included.
    pub(super) fn has_constant_speed(&self) -> bool {
        self.pace.is_none() && self.error_cost == SimDuration::ZERO
    }

    /// Its memory, if that is limited.
    pub fn memory(&self) -> Option<&memory::Config> {
        self.pace.as_ref()?.memory.as_ref()
    }

    /// How lost data are copied, if they are.
    pub fn repair(&self) -> Option<&repair::Config> {
        self.pace.as_ref()?.repair.as_ref()
    }

    /// All its instances.
    pub fn all_instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        use crate::ids::Id;
        let first = self.first_instance.index();
        (first..first + self.instances as usize).map(InstanceId::from_index)
    }
}
