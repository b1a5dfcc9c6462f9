//! What does a run simulate? The parts of a system as a file writes them (`SystemConfig`), checked and
//! lowered to flat arrays (`Model`). A `Model` always runs: whatever a user can get wrong is found here,
//! all at once.

pub mod service;
pub mod endpoint;
pub mod edge;
pub mod network;
pub mod message;
pub mod shared_link;
pub mod pool;
pub mod cache;
pub mod zone;
pub mod lease;
pub mod lock;
pub mod follow;
pub mod link;
pub mod lifecycle;
pub mod workload;
pub mod connection;
pub mod rate;
pub mod fault;
pub mod action;
pub mod change;
pub mod capacity;
pub mod pipeline;
pub mod record;
pub mod identity;
pub mod effect;
pub mod saga;
pub mod monitor;
pub mod price;
pub mod coding;
pub mod version;
pub mod correlation;
mod build;

use std::fmt;

use serde::de::{Error as _, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};

use crate::dist::Sampler;
use crate::ids::{
    CacheId, EdgeId, EffectId, EndpointId, FaultId, IdVec, LinkId, PoolId, RecordsId, SagaId, ServiceId,
    SourceId, StepId, WorkloadId,
};
use crate::time::{SimDuration, SimTime};
use action::{Action, ActionConfig, StageConfig};
use cache::Cache;
use edge::{Edge, EdgeCaller};
use endpoint::{Endpoint, Program, Step};
use fault::{Effect, Fault, FaultConfig};
use monitor::{Monitor, MonitorConfig};
use pool::Pool;
use record::Records;
use service::{OnCancel, Service, ServiceConfig};
use shared_link::{SharedLink, SharedLinkConfig};
use version::Versions;
use workload::{ArrivalSource, Workload, WorkloadConfig};
use zone::ZonesConfig;

/// Entries with names, in the order of the file: a map whose order counts, because ids follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named(Vec::new())
    }
}

impl<T> Named<T> {
    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, entry)| entry)
    }

    /// Place of this name, which is its id.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(n, _)| n == name)
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Names and entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Named<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with their settings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some((name, entry)) = map.next_entry::<String, T>()? {
                    if entries.iter().any(|(n, _)| *n == name) {
                        return Err(A::Error::custom(format!("`{name}` stands here twice")));
                    }
                    entries.push((name, entry));
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Visitor(std::marker::PhantomData))
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        std::collections::BTreeMap::<String, T>::json_schema(generator)
    }
}

/// A system as a file writes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SystemConfig {
    /// The services by name.
    pub services: Named<ServiceConfig>,
    /// The workloads by name.
    pub workloads: Named<WorkloadConfig>,
    /// The triggers by name.
    pub faults: Named<FaultConfig>,
    /// Where instances stand.
    pub zones: ZonesConfig,
    /// The links that calls share, by name.
    pub links: Named<SharedLinkConfig>,
    /// What operators do, by name.
    pub actions: Named<ActionConfig>,
    /// The system under each set of changes that their actions can make, see [`action::stages`].
    pub stages: Vec<StageConfig>,
    /// Who looks at it, by name.
    pub monitors: Named<MonitorConfig>,
    /// Who changes which settings while the system runs.
    pub changes: Option<change::ChangesConfig>,
    /// How long a run lasts, as simulated time.
    pub horizon: SimDuration,
    /// What things cost.
    pub prices: price::PricesConfig,
}

/// What is wrong with a `SystemConfig`, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The place in the file, parts separated by `/`: `services/api/workers`.
    pub path: String,
    /// A sentence that says what is wrong.
    pub message: String,
    /// What else could stand there, if the problem is an unknown name.
    pub candidates: Vec<String>,
}

/// A system that always runs.
#[derive(Clone, Debug)]
pub struct Model {
    /// The services.
    pub services: IdVec<ServiceId, Service>,
    /// What can be asked of services.
    pub endpoints: IdVec<EndpointId, Endpoint>,
    /// The steps of all endpoints.
    pub steps: IdVec<StepId, Step>,
    /// The edges: those of workloads in workload order, then those of services, then those that open
    /// connections, then those of probes, then those of intruders.
    pub edges: IdVec<EdgeId, Edge>,
    /// The pools of callers.
    pub pools: IdVec<PoolId, Pool>,
    /// The caches of services.
    pub caches: IdVec<CacheId, Cache>,
    /// What services keep versions of.
    pub records: IdVec<RecordsId, Records>,
    /// What services do for requests and should do once.
    pub effects: IdVec<EffectId, effect::Effect>,
    /// What services conduct in steps that can be undone.
    pub sagas: IdVec<SagaId, saga::Saga>,
    /// The links that edges share.
    pub links: IdVec<LinkId, SharedLink>,
    /// Probes and health checks.
    pub checks: Vec<Check>,
    /// Names of the zones.
    pub zones: Vec<String>,
    /// One way from each zone to each, row by row.
    pub zone_ways: Vec<Option<Sampler>>,
    /// What messages between places cost.
    pub wires: price::Wires,
    /// The workloads.
    pub workloads: IdVec<WorkloadId, Workload>,
    /// The arrival processes: one per open workload in workload order, then those of spikes.
    pub sources: IdVec<SourceId, ArrivalSource>,
    /// The triggers.
    pub faults: IdVec<FaultId, Fault>,
    /// What operators do.
    pub actions: Vec<Action>,
    /// The system under each set of changes that actions make, by its bits; ids are the same in all.
    pub stages: Vec<(u64, Model)>,
    /// Who looks at it.
    pub monitors: Vec<Monitor>,
    /// Who changes which settings.
    pub changes: Option<Box<change::Changes>>,
    /// Versions of the services that have any.
    pub versions: IdVec<ServiceId, Option<Versions>>,
    /// The last moment that is simulated.
    pub horizon: SimTime,
    /// What ends a run before its horizon.
    pub bounds: Bounds,
    /// Whether all calls are those of users to services that call nobody, without anything between: nothing
    /// travels with them then.
    pub is_plain: bool,
}

/// What a check is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// Whether callers are told of an instance.
    Readiness,
    /// Whether an instance is killed.
    Liveness,
    /// Whether the clients of an edge use an instance.
    Health(EdgeId),
}

/// A probe or health check, made again and again.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// What for.
    pub kind: CheckKind,
    /// Of whose instances.
    pub service: ServiceId,
    /// The edge of the calls that check; `None` if the process itself is asked.
    pub edge: Option<EdgeId>,
    /// From one check to the next.
    pub period: SimDuration,
    /// Before the first.
    pub initial_delay: SimDuration,
}

/// What ends a run before its horizon. Reaching a bound is a named stop reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most events of a run.
    pub events: u64,
    /// Most attempts, and most requests, in flight at once.
    pub in_flight: usize,
}

impl Default for Bounds {
    /// 10^11 events (about an hour of computing) and 5 * 10^7 attempts or requests in flight (about 4 GB).
    fn default() -> Self {
        Bounds { events: 100_000_000_000, in_flight: 50_000_000 }
    }
}

impl SystemConfig {
    /// The control arm: the same system in which nothing goes wrong, so that nobody acts or changes anything.
    pub fn calm(&self) -> SystemConfig {
        let mut calm = self.clone();
        calm.faults = Named::default();
        (calm.actions, calm.stages, calm.changes) = Default::default();
        calm
    }

    /// Whether its two arms are the same.
    pub fn is_calm(&self) -> bool {
        let nothing_happens = self.faults.is_empty() && self.changes.is_none();
        nothing_happens && self.actions.is_empty() && self.stages.is_empty()
    }
}

impl Model {
    /// Checks `config` and lowers it. On failure gives every problem, in the order of the file.
    pub fn new(config: &SystemConfig) -> Result<Model, Vec<Problem>> {
        build::build(config)
    }

    /// The control arm: the same system with every trigger switched off, and no operator who would have to act.
    /// Ids of everything else stay, so every draw stays.
    pub fn without_faults(&self) -> Model {
        let mut control = self.clone();
        control.faults = IdVec::new();
        control.actions.clear();
        control.stages.clear();
        control.changes = None;
        control.sources = self.sources.iter().filter(|source| !source.is_spike).cloned().collect();
        for source in control.sources.iter_mut() {
            source.thinning.clear();
        }
        for workload in control.workloads.iter_mut() {
            workload.hot.clear();
        }
        control.versions.iter_mut().flatten().for_each(|versions| versions.changes.clear());
        control
    }

    /// The triggers that last at this moment, in the order of the file.
    pub(crate) fn faults_on(&self, now: SimTime) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(move |fault| fault.is_on(now))
    }

    fn needs_no_context(&self) -> bool {
        let plain_services = self
            .services
            .iter()
            .all(|service| service.on_cancel == OnCancel::Ignore && service.lifecycle.crash_at.is_none())
            && self.services.iter().all(Service::has_constant_speed)
            && self.services.iter().all(|service| service.admission.is_plain());
        let is_plain_fleet = |service: &Service| {
            !service.is_scaled()
                && service.follows.is_none()
                && service.discovery.is_none()
                && service.accepts.is_none()
        };
        let plain_fleets = self.services.iter().all(is_plain_fleet);
        let plain_lines = self.services.iter().all(|service| service.queue.is_plain());
        let leaves = self.endpoints.iter().all(|endpoint| matches!(endpoint.program, Program::Leaf(_)));
        let plain_users = self.workloads.iter().all(|workload| {
            workload.users.is_none()
                && workload.keys.is_none()
                && workload.tenants.is_none()
                && workload.connected.is_none()
                && workload.leases.is_none()
                && workload.lock.is_none()
        });
        let plain_edges = self.edges.iter().all(|edge| {
            edge.deadline_margin.is_none()
                && edge.idle_timeout.is_none()
                && edge.pool.is_none()
                && !edge.is_watched
                && !edge.has_network
                && edge.reselections == 0
                && !edge.retry.budget().counts_what_is_under_way()
                && !edge.pipeline.is_guarded
                && !edge.until_accepted
                && edge.hedging.is_none()
                && edge.connection.is_none()
                && !matches!(edge.caller, EdgeCaller::Intruder(_))
        });
        let costs_nothing = !self.wires.has_prices
            && self.services.iter().all(|service| service.serialization.is_free())
            && self.edges.iter().all(|edge| !edge.sizes.are_there() && edge.chooser.zones.is_none());
        let usual_size = !self.faults.iter().any(|fault| matches!(fault.effect, Effect::Payload { .. }));
        plain_services
            && plain_fleets
            && plain_lines
            && leaves
            && plain_users
            && plain_edges
            && usual_size
            && costs_nothing
            && self.checks.is_empty()
            && self.actions.is_empty()
            && self.monitors.is_empty()
            && self.changes.is_none()
            && self.versions.iter().all(Option::is_none)
    }

    /// Begin of the first trigger and end of the last, or `None` without triggers.
    pub fn trigger_window(&self) -> Option<(SimTime, SimTime)> {
        let begin = self.faults.iter().map(|fault| fault.begins).min()?;
        let end = self.faults.iter().map(|fault| fault.ends).max()?;
        Some((begin, end))
    }
}
