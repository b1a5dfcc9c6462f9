//! Who calls whom, and for what? Endpoints become programs of steps, calls become edges, and what goes
//! round in circles without end is refused.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::{Problems, unique_keys};
use crate::dist::Distribution;
use crate::ids::{EdgeId, EndpointId, Id, IdVec, PoolId, ServiceId, StepId};
use crate::model::edge::{CallConfig, DeadlineConfig, Edge, EdgeCaller};
use crate::model::endpoint::{Endpoint, Program, Step, StepConfig};
use crate::model::pool::{Pool, PoolConfig};
use crate::model::service::Service;
use crate::model::{Check, CheckKind, Named, SystemConfig};
use crate::policy::probe::Checks;
use crate::policy::{balancer, chooser, retry, targets};
use crate::time::SimDuration;

/// Most copies of a fan-out, most rounds of a loop, most calls above another.
const MAX_TIMES: u32 = 100_000;
/// Most calls above another.
const MAX_DEPTH: u32 = 1_000;

pub(super) struct Calls {
    pub(super) endpoints: IdVec<EndpointId, Endpoint>,
    pub(super) steps: IdVec<StepId, Step>,
    pub(super) edges: IdVec<EdgeId, Edge>,
    pub(super) pools: IdVec<PoolId, Pool>,
    pub(super) checks: Vec<Check>,
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
        };
        if services.is_empty() {
            return calls;
        }
        let mut lowering =
            Lowering { config, services, problems, calls, keyed: Vec::new(), unbounded: Vec::new() };
        lowering.name_endpoints();
        lowering.workloads();
        lowering.programs();
        lowering.checks();
        lowering.refuse_circles();
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
                self.calls.endpoints.push(Endpoint { name: service.name.clone(), service: id, program });
            }
            for name in config.endpoints.names() {
                let name = format!("{}/{name}", service.name);
                self.calls.endpoints.push(Endpoint { name, service: id, program: nothing() });
            }
        }
    }

    fn workloads(&mut self) {
        let config = self.config;
        for (index, (name, workload)) in config.workloads.iter().enumerate() {
            let path = format!("workloads/{name}");
            let clients = workload.clients.get();
            let first_pool = self.pools(&path, &workload.pools, clients);
            let caller = Caller {
                who: EdgeCaller::Workload(Id::from_index(index)),
                clients,
                pools: &workload.pools,
                first_pool,
                has_zone: workload.zone.is_some(),
            };
            self.edge(&workload.call, format!("{path}/call"), caller);
        }
    }

    fn pools(&mut self, path: &str, pools: &Named<PoolConfig>, clients: u32) -> usize {
        let first = self.calls.pools.len();
        for (name, pool) in pools.iter() {
            self.calls.pools.push(Pool {
                path: format!("{path}/pools/{name}"),
                clients,
                size: pool.size.get(),
                queue: pool.queue,
                acquire_timeout: pool.acquire_timeout.0,
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
        let program = match steps {
            [StepConfig::Compute(work)] => {
                self.problems.distribution(format!("{path}/0/compute"), Some(work));
                match work.check() {
                    Ok(()) => Program::Leaf(work.sampler()),
                    Err(_) => return,
                }
            }
            _ => Program::Steps(self.serial(endpoint, steps, path, caller)),
        };
        self.calls.endpoints[endpoint].program = program;
    }

    fn serial(
        &mut self,
        endpoint: EndpointId,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> StepId {
        let steps = self.all(endpoint, steps, path, caller);
        self.calls.steps.push(Step::Serial { steps })
    }

    fn all(
        &mut self,
        endpoint: EndpointId,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> Box<[StepId]> {
        let lower = |(k, step)| self.step(endpoint, step, &format!("{path}/{k}"), caller);
        steps.iter().enumerate().map(lower).collect()
    }

    fn step(&mut self, endpoint: EndpointId, step: &StepConfig, path: &str, caller: Caller<'_>) -> StepId {
        let path = format!("{path}/{}", step.word());
        for (field, steps) in step.inner() {
            if steps.is_empty() && field == "steps" {
                self.problems.add(format!("{path}/steps"), "there is no step in it");
            }
        }
        let key = 0;
        let lowered = match step {
            StepConfig::Compute(work) => {
                self.problems.distribution(path.clone(), Some(work));
                let work = match work.check() {
                    Ok(()) => work.sampler(),
                    Err(_) => Distribution::Text(SimDuration::ZERO).sampler(),
                };
                Step::Compute { work, key }
            }
            StepConfig::Call(call) => self.call(endpoint, call, &path, caller),
            StepConfig::Serial(group) => {
                let steps = self.all(endpoint, &group.steps, &format!("{path}/steps"), caller);
                return self.calls.steps.push(Step::Serial { steps });
            }
            StepConfig::Parallel(group) => {
                let steps = self.all(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let need = self.need(&path, group.need.map(|need| need.get()), steps.len() as u32);
                Step::Parallel { steps, need, key }
            }
            StepConfig::FanOut(group) => {
                let times = match group.times {
                    Some(times) => self.times(&path, times.get()),
                    None => self.shards(&path, &group.steps),
                };
                let need = self.need(&path, group.need.map(|need| need.get()), times);
                let shards = group.times.is_none();
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                if shards {
                    self.send_to_shards(step);
                }
                Step::FanOut { step, times, need, key }
            }
            StepConfig::Maybe(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let otherwise = self.serial(endpoint, &group.otherwise, &format!("{path}/otherwise"), caller);
                Step::Maybe { probability: group.probability.get(), step, otherwise, key }
            }
            StepConfig::Repeat(group) => {
                let times = self.times(&path, group.times.get());
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                Step::Repeat { step, times, key }
            }
            StepConfig::Fallback(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let otherwise = self.serial(endpoint, &group.otherwise, &format!("{path}/otherwise"), caller);
                Step::Fallback { step, otherwise }
            }
            StepConfig::Spawn(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                Step::Spawn { step, key }
            }
        };
        let id = self.calls.steps.push(lowered);
        self.keyed.push((id, path));
        id
    }

    fn times(&mut self, path: &str, times: u32) -> u32 {
        if times > MAX_TIMES {
            self.problems
                .add(format!("{path}/times"), format!("{times} times; at most {MAX_TIMES} are simulated"));
        }
        times.min(MAX_TIMES)
    }

    fn need(&mut self, path: &str, need: Option<u32>, of: u32) -> u32 {
        if let Some(need) = need
            && need > of
        {
            let message = format!("{need} must succeed, but there are only {of}; all of them would fail");
            self.problems.add(format!("{path}/need"), message);
        }
        need.unwrap_or(of).min(of)
    }

    /// One copy for each instance of the service that is called first.
    fn shards(&mut self, path: &str, steps: &[StepConfig]) -> u32 {
        let called = steps.iter().find_map(|step| match step {
            StepConfig::Call(call) => Some(call.to.split('/').next().unwrap_or("")),
            _ => None,
        });
        let Some(called) = called else {
            let message = "say how many `times`, or let the first step be a call, to one instance each";
            self.problems.add(path, message);
            return 1;
        };
        self.config.services.get(called).map_or(1, |service| service.instances.get())
    }

    fn send_to_shards(&mut self, step: StepId) {
        let Step::Serial { steps } = &self.calls.steps[step] else { return };
        let call = steps.iter().copied().find(|id| matches!(self.calls.steps[*id], Step::Call { .. }));
        if let Some(id) = call
            && let Step::Call { by_shard, .. } = &mut self.calls.steps[id]
        {
            *by_shard = true;
        }
    }

    fn call(&mut self, endpoint: EndpointId, call: &CallConfig, path: &str, caller: Caller<'_>) -> Step {
        let edge = self.edge(call, path.to_owned(), caller);
        if call.max_depth.is_none() {
            let to = self.calls.edges[edge].endpoint;
            self.unbounded.push((endpoint, to, path.to_owned()));
        }
        Step::Call { edge, by_shard: false }
    }

    /// What is asked for, or the default endpoint of the first service after a problem was told.
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
                    Some(asked) => format!("`{service}` has no endpoint `{asked}`"),
                    None => format!("`{service}` does nothing unless an endpoint of it is named"),
                };
                self.problems.0.push(crate::model::Problem { path, message, candidates: own });
            }
        }
        EndpointId::from_index(0)
    }

    fn edge(&mut self, call: &CallConfig, path: String, caller: Caller<'_>) -> EdgeId {
        let endpoint = self.target(&call.to, &path);
        let to = self.calls.endpoints.iter().nth(endpoint.index()).map_or(Id::from_index(0), |e| e.service);
        let service = &self.services[to];
        self.problems.policy(&format!("{path}/retry"), call.retry.check());
        check_timeouts(call, &path, self.problems);
        let chooser =
            chooser::Config { load_balancer: call.load_balancer.clone(), targets: call.targets.clone() };
        self.problems.policy(&path, chooser.check(service.instances));
        self.problems.distribution(format!("{path}/network/latency"), call.network.latency.as_ref());
        if call.max_depth.is_some_and(|depth| depth.get() > MAX_DEPTH) {
            let message = format!("at most {MAX_DEPTH} calls above one another are simulated");
            self.problems.add(format!("{path}/max_depth"), message);
        }
        let pool = call.pool.as_ref().and_then(|pool| {
            let found = self.problems.find(format!("{path}/pool"), "pool", pool, caller.pools)?;
            Some(PoolId::from_index(caller.first_pool + found))
        });
        let latency = call.network.latency.as_ref().filter(|l| l.check().is_ok()).map(Distribution::sampler);
        let zones = &self.config.zones;
        let crosses = caller.has_zone
            && !service.zones.is_empty()
            && (zones.within.is_some() || zones.between.is_some());
        let may_be_away = service.lifecycle.is_orchestrated() || !call.targets.is_everyone();
        let chooses = service.instances > 1 || may_be_away;
        self.calls.edges.push(Edge {
            path,
            key: 0,
            caller: caller.who,
            to,
            endpoint,
            clients: caller.clients,
            attempt_timeout: call.timeouts.attempt.0,
            total_timeout: call.timeouts.total.0,
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
            has_network: latency.is_some() || crosses,
            crosses_zones: crosses,
            latency,
            max_depth: call.max_depth.map_or(u32::MAX, |depth| depth.get()),
        })
    }

    /// Probes and health checks that go through queues are calls on edges of their own.
    fn checks(&mut self) {
        for (id, service) in self.services.iter_ids() {
            let lifecycle = &service.lifecycle;
            for (probe, kind, word) in [
                (&lifecycle.readiness, CheckKind::Readiness, "readiness"),
                (&lifecycle.liveness, CheckKind::Liveness, "liveness"),
            ] {
                if let Some(probe) = probe {
                    let path = format!("services/{}/lifecycle/{word}", service.name);
                    let edge = self.monitor(id, probe.checks, probe.timeout, &path);
                    let (period, initial_delay) = (probe.period, probe.initial_delay);
                    self.calls.checks.push(Check { kind, service: id, edge, period, initial_delay });
                }
            }
        }
        for edge in self.calls.edges.ids() {
            let (to, path) = (self.calls.edges[edge].to, self.calls.edges[edge].path.clone());
            if let Some(check) = self.calls.edges[edge].chooser.targets.health_check.clone() {
                let path = format!("{path}/targets/health_check");
                let monitor = self.monitor(to, check.checks, check.timeout, &path);
                self.calls.checks.push(Check {
                    kind: CheckKind::Health(edge),
                    service: to,
                    edge: monitor,
                    period: check.interval,
                    initial_delay: check.interval,
                });
            }
        }
    }

    fn monitor(
        &mut self,
        service: ServiceId,
        checks: Checks,
        timeout: SimDuration,
        path: &str,
    ) -> Option<EdgeId> {
        let endpoint = match checks {
            Checks::Itself => return None,
            Checks::Queue => self.quick(service),
            Checks::Dependencies => self.deep(service, timeout),
        };
        Some(self.plain_edge(path.to_owned(), EdgeCaller::Monitor, 1, endpoint, timeout))
    }

    fn plain_edge(
        &mut self,
        path: String,
        caller: EdgeCaller,
        clients: u32,
        endpoint: EndpointId,
        timeout: SimDuration,
    ) -> EdgeId {
        let to = self.calls.endpoints[endpoint].service;
        self.calls.edges.push(Edge {
            path,
            key: 0,
            caller,
            to,
            endpoint,
            clients,
            attempt_timeout: Some(timeout),
            total_timeout: None,
            deadline_margin: None,
            retry: retry::Config::None,
            chooser: chooser::Config {
                load_balancer: balancer::Config::default(),
                targets: targets::Config::default(),
            },
            chooses: self.services[to].instances > 1 || self.services[to].lifecycle.is_orchestrated(),
            is_watched: false,
            pool: None,
            latency: None,
            has_network: false,
            crosses_zones: false,
            max_depth: u32::MAX,
        })
    }

    /// An endpoint of `service` that answers as soon as a worker takes it up.
    fn quick(&mut self, service: ServiceId) -> EndpointId {
        let name = format!("{}/(probe)", self.services[service].name);
        self.endpoint_of(&name).unwrap_or_else(|| {
            let program = Program::Leaf(Distribution::Text(SimDuration::ZERO).sampler());
            self.calls.endpoints.push(Endpoint { name, service, program })
        })
    }

    /// An endpoint of `service` that asks each service that it calls.
    fn deep(&mut self, service: ServiceId, timeout: SimDuration) -> EndpointId {
        let name = format!("{}/(deep probe)", self.services[service].name);
        if let Some(endpoint) = self.endpoint_of(&name) {
            return endpoint;
        }
        let mut called: Vec<ServiceId> = Vec::new();
        for edge in self.calls.edges.iter().filter(|edge| edge.caller == EdgeCaller::Service(service)) {
            if !called.contains(&edge.to) {
                called.push(edge.to);
            }
        }
        let mut steps = Vec::new();
        for dependency in called {
            let endpoint = self.quick(dependency);
            let path = format!("services/{}/(deep probe)/{dependency:?}", self.services[service].name);
            let (caller, clients) = (EdgeCaller::Service(service), self.services[service].instances);
            let edge = self.plain_edge(path, caller, clients, endpoint, timeout);
            steps.push(self.calls.steps.push(Step::Call { edge, by_shard: false }));
        }
        let need = steps.len() as u32;
        let all = self.calls.steps.push(Step::Parallel { steps: steps.into(), need, key: 0 });
        self.keyed.push((all, name.clone()));
        let root = self.calls.steps.push(Step::Serial { steps: [all].into() });
        self.calls.endpoints.push(Endpoint { name, service, program: Program::Steps(root) })
    }

    /// Calls that lead back to where they come from need a bound.
    fn refuse_circles(&mut self) {
        let mut graph: DiGraph<EndpointId, ()> = DiGraph::new();
        let nodes: Vec<_> = self.calls.endpoints.ids().map(|id| graph.add_node(id)).collect();
        for (from, to, _) in &self.unbounded {
            graph.add_edge(nodes[from.index()], nodes[to.index()], ());
        }
        for circle in tarjan_scc(&graph) {
            let members: Vec<EndpointId> = circle.iter().map(|node| graph[*node]).collect();
            let inside = |(from, to, _): &&(EndpointId, EndpointId, String)| {
                members.contains(from) && members.contains(to)
            };
            let Some((from, to, path)) = self.unbounded.iter().find(inside) else { continue };
            let name = |id: &EndpointId| self.calls.endpoints[*id].name.as_str();
            let message = match members.len() {
                1 => format!("`{}` calls itself without end; give the call a `max_depth`", name(from)),
                _ => format!(
                    "`{}` calls `{}`, which leads back to it: a circle without end; give one of its calls a `max_depth`",
                    name(from),
                    name(to)
                ),
            };
            self.problems.add(path, message);
        }
    }

    fn keys(&mut self) {
        let keys = unique_keys(self.calls.edges.iter().map(|edge| edge.path.as_str()));
        for (edge, key) in self.calls.edges.iter_mut().zip(keys) {
            edge.key = key;
        }
        let keys = unique_keys(self.keyed.iter().map(|(_, path)| path.as_str()));
        for ((step, _), new) in self.keyed.iter().zip(keys) {
            match &mut self.calls.steps[*step] {
                Step::Compute { key, .. }
                | Step::Parallel { key, .. }
                | Step::FanOut { key, .. }
                | Step::Maybe { key, .. }
                | Step::Repeat { key, .. }
                | Step::Spawn { key, .. } => *key = new,
                Step::Call { .. } | Step::Serial { .. } | Step::Fallback { .. } => {}
            }
        }
    }
}

fn check_timeouts(call: &CallConfig, path: &str, problems: &mut Problems) {
    for (field, patience) in [("attempt", call.timeouts.attempt), ("total", call.timeouts.total)] {
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
