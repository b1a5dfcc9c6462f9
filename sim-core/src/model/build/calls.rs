//! Who calls whom, and for what? Endpoints become programs of steps, calls become edges, and what goes
//! round in circles without end is refused.

mod caches;
mod addresses;
mod circles;
mod connects;
mod hedging;
mod monitors;
mod pipelines;
mod records;
mod steps;
mod establishes;
mod follows;
mod links;
mod intruders;
mod effects;
mod sagas;
mod messages;
mod places;

use super::{Problems, unique_keys};
use crate::dist::Distribution;
use crate::ids::{
    CacheId, EdgeId, EffectId, EndpointId, Id, IdVec, PoolId, RecordsId, SagaId, ServiceId, StepId,
};
use crate::model::cache::Cache;
use crate::model::edge::{CallConfig, DeadlineConfig, Edge, EdgeCaller, TimeoutsConfig, UntilConfig};
use crate::model::effect::{Effect, EffectConfig};
use crate::model::endpoint::{Endpoint, Program, Step, StepConfig};
use crate::model::follow::Follows;
use crate::model::pool::{Pool, PoolConfig};
use crate::model::record::{Records, RecordsConfig};
use crate::model::saga::{Saga, SagaConfig};
use crate::model::service::Service;
use crate::model::workload::WorkloadConfig;
use crate::model::{Check, Named, SystemConfig};
use crate::policy::{cache, chooser, transport};
use crate::time::SimDuration;
use crate::units::Count;

/// Users have no caches of their own.
static NO_CACHES: Named<cache::Config> = Named(Vec::new());
/// Nor records.
static NO_RECORDS: Named<RecordsConfig> = Named(Vec::new());
/// Nor effects or sagas.
static NO_EFFECTS: Named<EffectConfig> = Named(Vec::new());
static NO_SAGAS: Named<SagaConfig> = Named(Vec::new());
/// Most calls above another.
const MAX_DEPTH: u32 = 1_000;

pub(super) struct Calls {
    pub(super) endpoints: IdVec<EndpointId, Endpoint>,
    pub(super) steps: IdVec<StepId, Step>,
    pub(super) edges: IdVec<EdgeId, Edge>,
    pub(super) pools: IdVec<PoolId, Pool>,
    pub(super) checks: Vec<Check>,
    /// The edge on which the users of a workload connect, by workload.
    pub(super) connects: Vec<Option<EdgeId>>,
    pub(super) caches: IdVec<CacheId, Cache>,
    pub(super) records: IdVec<RecordsId, Records>,
    pub(super) effects: IdVec<EffectId, Effect>,
    pub(super) sagas: IdVec<SagaId, Saga>,
    /// The edge on which the holders of a workload establish lost leases, by workload.
    pub(super) establishes: Vec<Option<EdgeId>>,
    /// What each service follows.
    pub(super) follows: Vec<Option<Follows>>,
}

/// Who is being lowered.
#[derive(Clone, Copy)]
struct Caller<'a> {
    who: EdgeCaller,
    clients: u32,
    /// The pools that its calls may name, and the id of the first.
    pools: &'a Named<PoolConfig>,
    first_pool: usize,
    has_zone: bool,
    /// The caches that its steps may name, and the id of the first.
    caches: &'a Named<cache::Config>,
    first_cache: usize,
    /// The records that its steps may name, and the id of the first.
    records: &'a Named<RecordsConfig>,
    first_records: usize,
    /// The effects and sagas that its steps may name, and the ids of the first.
    effects: &'a Named<EffectConfig>,
    first_effect: usize,
    sagas: &'a Named<SagaConfig>,
    first_saga: usize,
}

impl<'a> Caller<'a> {
    /// The users of a workload, who have neither caches nor records.
    fn users(who: EdgeCaller, workload: &'a WorkloadConfig, first_pool: usize) -> Self {
        Caller {
            who,
            clients: workload.clients.get(),
            pools: &workload.pools,
            first_pool,
            has_zone: workload.zone.is_some(),
            caches: &NO_CACHES,
            first_cache: 0,
            records: &NO_RECORDS,
            first_records: 0,
            effects: &NO_EFFECTS,
            first_effect: 0,
            sagas: &NO_SAGAS,
            first_saga: 0,
        }
    }
}

struct Lowering<'a> {
    config: &'a SystemConfig,
    services: &'a IdVec<ServiceId, Service>,
    problems: &'a mut Problems,
    calls: Calls,
    /// Place in the file of each step that needs a key, in order.
    keyed: Vec<(StepId, String)>,
    /// Calls from endpoint to endpoint without a bound of depth, with their place in the file.
    unbounded: Vec<(EndpointId, EndpointId, String)>,
}

impl Calls {
    pub(super) fn lower(
        config: &SystemConfig,
        services: &IdVec<ServiceId, Service>,
        problems: &mut Problems,
    ) -> Calls {
        let calls = Calls {
            endpoints: IdVec::new(),
            steps: IdVec::new(),
            edges: IdVec::new(),
            pools: IdVec::new(),
            checks: Vec::new(),
            connects: Vec::new(),
            caches: IdVec::new(),
            records: IdVec::new(),
            effects: IdVec::new(),
            sagas: IdVec::new(),
            establishes: Vec::new(),
            follows: Vec::new(),
        };
        if services.is_empty() {
            return calls;
        }
        let mut lowering =
            Lowering { config, services, problems, calls, keyed: Vec::new(), unbounded: Vec::new() };
        lowering.name_endpoints();
        lowering.workloads();
        lowering.programs();
        lowering.connects();
        lowering.establishes();
        lowering.follows();
        lowering.checks();
        lowering.intruders();
        lowering.refuse_circles();
        lowering.lead_to_effects();
        lowering.share_globals();
        lowering.check_refreshes();
        lowering.keys();
        lowering.calls
    }
}

impl Lowering<'_> {
    /// Gives every endpoint its id, so that calls can name any.
    fn name_endpoints(&mut self) {
        for (id, service) in self.services.iter_ids() {
            let config = &self.config.services.0[id.index()].1;
            let nothing = || Program::Leaf(Distribution::Text(SimDuration::ZERO).sampler());
            if config.service_time.is_some() || !config.steps.is_empty() {
                let program = nothing();
                self.calls.endpoints.push(Endpoint {
                    name: service.name.clone(),
                    service: id,
                    program,
                    idempotent: false,
                });
            }
            for (name, endpoint) in config.endpoints.iter() {
                let name = format!("{}/{name}", service.name);
                let (program, idempotent) = (nothing(), endpoint.idempotent);
                self.calls.endpoints.push(Endpoint { name, service: id, program, idempotent });
            }
        }
    }

    fn workloads(&mut self) {
        let config = self.config;
        for (index, (name, workload)) in config.workloads.iter().enumerate() {
            let path = format!("workloads/{name}");
            let first_pool = self.pools(&path, &workload.pools, workload.clients.get());
            let caller = Caller::users(EdgeCaller::Workload(Id::from_index(index)), workload, first_pool);
            self.edge(&workload.call, format!("{path}/call"), caller);
        }
    }

    fn pools(&mut self, path: &str, pools: &Named<PoolConfig>, clients: u32) -> usize {
        let first = self.calls.pools.len();
        for (name, pool) in pools.iter() {
            let links = self.links(&format!("{path}/pools/{name}"), pool);
            self.calls.pools.push(Pool {
                path: format!("{path}/pools/{name}"),
                clients,
                size: pool.size.get(),
                queue: pool.queue,
                acquire_timeout: pool.acquire_timeout.0,
                links,
            });
        }
        first
    }

    fn programs(&mut self) {
        let config = self.config;
        for (id, service) in self.services.iter_ids() {
            let settings = &config.services.0[id.index()].1;
            let path = format!("services/{}", service.name);
            let first_pool = self.pools(&path, &settings.pools, service.instances);
            let caller = Caller {
                who: EdgeCaller::Service(id),
                clients: service.instances,
                pools: &settings.pools,
                first_pool,
                has_zone: !service.zones.is_empty(),
                caches: &settings.caches,
                first_cache: self.caches(id, &path, settings),
                records: &settings.records,
                first_records: self.records(id, &path, &settings.records),
                effects: &settings.effects,
                first_effect: self.effects(id, &path, &settings.effects),
                sagas: &settings.sagas,
                first_saga: self.sagas(id, &path, &settings.sagas),
            };
            if let Some(service_time) = &settings.service_time {
                let endpoint = self.endpoint_of(&service.name).expect("named above");
                if service_time.check().is_ok() {
                    self.calls.endpoints[endpoint].program = Program::Leaf(service_time.sampler());
                }
            } else if !settings.steps.is_empty() {
                let endpoint = self.endpoint_of(&service.name).expect("named above");
                self.program(endpoint, &settings.steps, &format!("{path}/steps"), caller);
            }
            for (name, endpoint) in settings.endpoints.iter() {
                let id = self.endpoint_of(&format!("{}/{name}", service.name)).expect("named above");
                self.endpoint_sizes(&format!("{path}/endpoints/{name}"), endpoint);
                let path = format!("{path}/endpoints/{name}/steps");
                if endpoint.steps.is_empty() {
                    self.problems.add(&path, "the endpoint does nothing; add a step such as `compute: 10ms`");
                }
                self.program(id, &endpoint.steps, &path, caller);
            }
        }
    }

    fn endpoint_of(&self, name: &str) -> Option<EndpointId> {
        self.calls.endpoints.iter_ids().find(|(_, endpoint)| endpoint.name == name).map(|(id, _)| id)
    }

    fn program(&mut self, endpoint: EndpointId, steps: &[StepConfig], path: &str, caller: Caller<'_>) {
        let service = self.calls.endpoints[endpoint].service;
        let codes = !self.services[service].serialization.is_free();
        let program = match steps {
            [StepConfig::Compute(work)] => {
                self.problems.distribution(format!("{path}/0/compute"), Some(work));
                match work.check() {
                    Ok(()) => Program::Leaf(work.sampler()),
                    Err(_) => return,
                }
            }
            _ => {
                let root = self.serial(endpoint, steps, path, caller);
                Program::Steps(if codes { self.between_messages(root, path) } else { root })
            }
        };
        self.calls.endpoints[endpoint].program = program;
    }

    fn call(&mut self, endpoint: EndpointId, call: &CallConfig, path: &str, caller: Caller<'_>) -> Step {
        let edge = self.edge(call, path.to_owned(), caller);
        if call.max_depth.is_none() && self.endpoint_of(&call.to).is_some() {
            let to = self.calls.edges[edge].endpoint;
            self.unbounded.push((endpoint, to, path.to_owned()));
        }
        Step::Call { edge, by_shard: false }
    }

    /// What is asked for; after a problem was told, any endpoint of the same service, so that the rest of the
    /// call is judged by that, or else the first there is.
    fn target(&mut self, to: &str, path: &str) -> EndpointId {
        if let Some(endpoint) = self.endpoint_of(to) {
            return endpoint;
        }
        let names = self.calls.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let (service, asked) = to.split_once('/').map_or((to, None), |(s, e)| (s, Some(e)));
        let path = format!("{path}/to");
        match self.config.services.get(service) {
            None => {
                self.problems.find(path, "service", service, &self.config.services);
            }
            Some(_) => {
                let own: Vec<String> =
                    names.filter(|name| name.split('/').next() == Some(service)).map(str::to_owned).collect();
                let message = match asked {
                    Some(_) => format!("there is no endpoint `{to}`"),
                    None => format!("`{service}` has named endpoints only; say which one is called"),
                };
                // One that does nothing at all is told at its own place.
                if !own.is_empty() {
                    self.problems.0.push(crate::model::Problem { path, message, candidates: own });
                }
            }
        }
        let of_service = |endpoint: &Endpoint| self.services[endpoint.service].name == service;
        let same = self.calls.endpoints.iter_ids().find(|(_, endpoint)| of_service(endpoint));
        same.map_or(EndpointId::from_index(0), |(id, _)| id)
    }

    fn edge(&mut self, call: &CallConfig, path: String, caller: Caller<'_>) -> EdgeId {
        let endpoint = self.target(&call.to, &path);
        let to = self.calls.endpoints.iter().nth(endpoint.index()).map_or(Id::from_index(0), |e| e.service);
        let service = &self.services[to];
        self.problems.policy(&format!("{path}/retry"), call.retry.check());
        check_timeouts(call, &path, self.problems);
        if let Some(connection) = &call.connection {
            self.problems.policy(&format!("{path}/connection"), connection.check());
        }
        let pipeline = self.pipeline(call, &path);
        if call.client_throttle.listens() && !service.admission.tells() {
            let message = format!(
                "answers of `{}` carry nothing to listen to; give it `admission: dagor` or `admission: credits`, or \
                 remove this",
                service.name
            );
            self.problems.add(format!("{path}/client_throttle/piggyback"), message);
        }
        hedging::check(call, service.instances, &path, caller.who, self.config, self.problems);
        let chooser = chooser::Config {
            load_balancer: call.load_balancer.clone(),
            targets: call.targets.clone(),
            zones: self.zone_map(call, &path, caller.who, to),
        };
        let service = &self.services[to];
        self.problems.policy(&path, chooser.check(service.instances));
        let (sizes, rough) = self.messages(call, &path);
        if call.max_depth.is_some_and(|depth| depth.get() > MAX_DEPTH) {
            let message = format!("at most {MAX_DEPTH} calls above one another are simulated");
            self.problems.add(format!("{path}/max_depth"), message);
        }
        let pool = call.pool.as_ref().and_then(|pool| {
            if caller.pools.is_empty() {
                let message = format!("the caller has no pools; add `pools: {{{pool}: {{size: 10}}}}` to it");
                self.problems.add(format!("{path}/pool"), message);
            }
            let found = match caller.pools.is_empty() {
                true => return None,
                false => self.problems.find(format!("{path}/pool"), "pool", pool, caller.pools)?,
            };
            Some(PoolId::from_index(caller.first_pool + found))
        });
        let latency = call.network.latency.as_ref().filter(|l| l.check().is_ok()).map(Distribution::sampler);
        let zones = &self.config.zones;
        let crosses = caller.has_zone && !service.zones.is_empty() && zones.take_time();
        let may_be_away = service.lifecycle.is_orchestrated() || !call.targets.is_everyone();
        let discovers = self.discovers(call, service, &path, caller.who);
        let chooses = service.instances > 1 || may_be_away || discovers;
        self.calls.edges.push(Edge {
            path,
            key: 0,
            caller: caller.who,
            to,
            endpoint,
            clients: caller.clients,
            attempt_timeout: hedging::attempt_timeout(call),
            total_timeout: call.timeouts.total.0,
            idle_timeout: call.timeouts.idle.0,
            deadline_margin: match &call.deadline {
                DeadlineConfig::None => None,
                DeadlineConfig::Propagate(propagate) => Some(propagate.margin),
            },
            retry: call.retry.clone(),
            chooses,
            // Where there is nothing to choose, nobody counts what was sent.
            is_watched: chooses && (chooser.load_balancer.counts_own() || !call.targets.is_everyone()),
            chooser,
            pool,
            has_network: latency.is_some() || crosses || self.is_linked(pool) || rough.is_some(),
            crosses_zones: crosses,
            latency,
            max_depth: call.max_depth.map_or(u32::MAX, Count::get),
            over_connection: false,
            fills: None,
            idempotent: call.idempotent.unwrap_or_else(|| {
                self.calls.endpoints.iter().nth(endpoint.index()).is_some_and(|e| e.idempotent)
            }),
            pushback: match caller.who {
                EdgeCaller::Connector(_) => {
                    service.connections.admission.pushback().or(service.admission.pushback())
                }
                EdgeCaller::Workload(_)
                | EdgeCaller::Service(_)
                | EdgeCaller::Monitor
                | EdgeCaller::Intruder(_) => service.admission.pushback(),
            },
            reselections: match chooses {
                true => call.retry.terms().reselections().max(call.hedging.terms().reselections()),
                false => 0,
            },
            pipeline,
            listens: call.client_throttle.listens(),
            until_accepted: call.until == UntilConfig::Accepted,
            hedging: call.hedging.with_attempt_timeout(call.timeouts.attempt.0),
            sizes,
            rough,
            discovers,
            connection: call.connection.clone().or_else(|| self.connection_of(caller.who)),
        })
    }

    /// What a service says of the connections of its calls.
    fn connection_of(&self, caller: EdgeCaller) -> Option<transport::Config> {
        let EdgeCaller::Service(service) = caller else { return None };
        self.config.services.0[service.index()].1.connection.clone()
    }

    fn keys(&mut self) {
        let keys = unique_keys(self.calls.edges.iter().map(|edge| edge.path.as_str()));
        for (edge, key) in self.calls.edges.iter_mut().zip(keys) {
            edge.key = key;
        }
        let keys = unique_keys(self.calls.caches.iter().map(|cache| cache.path.as_str()));
        for (cache, key) in self.calls.caches.iter_mut().zip(keys) {
            cache.key = key;
        }
        let keys = unique_keys(self.keyed.iter().map(|(_, path)| path.as_str()));
        for ((step, _), new) in self.keyed.iter().zip(keys) {
            match &mut self.calls.steps[*step] {
                Step::Compute { key, .. }
                | Step::Parallel { key, .. }
                | Step::FanOut { key, .. }
                | Step::Maybe { key, .. }
                | Step::Repeat { key, .. }
                | Step::Spawn { key, .. }
                | Step::Cached { key, .. }
                | Step::Put { key, .. }
                | Step::Saga { key, .. }
                | Step::Look { key, .. }
                | Step::Code { key, .. } => *key = new,
                Step::Call { .. }
                | Step::Serial { .. }
                | Step::Fallback { .. }
                | Step::Read { .. }
                | Step::Write { .. }
                | Step::Effect { .. }
                | Step::Undo { .. } => {}
            }
        }
    }
}

fn check_timeouts(call: &CallConfig, path: &str, problems: &mut Problems) {
    let TimeoutsConfig { attempt, total, idle } = &call.timeouts;
    for (field, patience) in [("attempt", attempt), ("total", total), ("idle", idle)] {
        if patience.0 == Some(SimDuration::ZERO) {
            problems.add(
                format!("{path}/timeouts/{field}"),
                "a timeout of zero lets nothing through; write `none` for no timeout",
            );
        }
    }
    if let (Some(attempt), Some(total)) = (call.timeouts.attempt.0, call.timeouts.total.0)
        && attempt > total
    {
        problems.add(
            format!("{path}/timeouts/attempt"),
            format!("one attempt may take {attempt}, longer than the whole call with {total}; it could never time out"),
        );
    }
}
