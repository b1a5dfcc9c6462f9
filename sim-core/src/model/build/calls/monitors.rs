//! Who watches the instances? Probes and health checks become calls on edges of their own.

use super::Lowering;
use crate::dist::Distribution;
use crate::ids::{EdgeId, EndpointId, ServiceId};
use crate::model::edge::{Edge, EdgeCaller};
use crate::model::endpoint::{Endpoint, Program, Step};
use crate::model::message::Sizes;
use crate::model::pipeline::Pipeline;
use crate::model::{Check, CheckKind};
use crate::policy::probe::Checks;
use crate::policy::{balancer, chooser, hedging, retry, targets};
use crate::time::SimDuration;

impl Lowering<'_> {
    /// Probes and health checks that go through queues are calls on edges of their own.
    pub(super) fn checks(&mut self) {
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

    pub(super) fn plain_edge(
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
            idle_timeout: None,
            deadline_margin: None,
            retry: retry::Config::None,
            chooser: chooser::Config {
                load_balancer: balancer::Config::default(),
                targets: targets::Config::default(),
                zones: None,
            },
            chooses: self.services[to].instances > 1 || self.services[to].lifecycle.is_orchestrated(),
            is_watched: false,
            pool: None,
            latency: None,
            has_network: false,
            crosses_zones: false,
            max_depth: u32::MAX,
            over_connection: false,
            fills: None,
            idempotent: true,
            pushback: None,
            reselections: 0,
            pipeline: Pipeline::plain(),
            listens: false,
            until_accepted: false,
            hedging: hedging::Config::None,
            sizes: Sizes::default(),
            rough: None,
            connection: None,
            discovers: false,
        })
    }

    /// An endpoint of `service` that answers as soon as a worker takes it up.
    fn quick(&mut self, service: ServiceId) -> EndpointId {
        let name = format!("{}/(probe)", self.services[service].name);
        self.endpoint_of(&name).unwrap_or_else(|| {
            let program = Program::Leaf(Distribution::Text(SimDuration::ZERO).sampler());
            self.calls.endpoints.push(Endpoint { name, service, program, idempotent: true })
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
        self.calls.endpoints.push(Endpoint { name, service, program: Program::Steps(root), idempotent: true })
    }
}
