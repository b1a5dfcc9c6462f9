//! Is the instance well? Probes of the orchestrator and health checks of callers: asked of the process
//! itself, or sent as calls through the same queue as everything else.

use super::Simulation;
use super::state::Baggage;
use super::state::{Call, Context, NO_ATTEMPT, Parent, Stage, Ticket};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{EdgeId, Handle, Id, InstanceId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::model::edge::EdgeCaller;
use crate::model::{Check, CheckKind};
use crate::policy::probe::{self, Turn};
use crate::policy::retry;
use crate::streams::{Stream, StreamPurpose};
use crate::time::{SimDuration, SimTime};

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The first checks of a run. Each instance and client has a moment of its own in the period, so that
    /// they do not march in step.
    pub(super) fn schedule_first_checks(&mut self) {
        for (number, check) in self.model.checks.iter().enumerate() {
            let service = &self.model.services[check.service];
            let (many, key) = match check.kind {
                CheckKind::Readiness => (service.instances, service.key),
                CheckKind::Liveness => (service.instances, service.key.wrapping_add(1)),
                CheckKind::Health(edge) => {
                    let edge = &self.model.edges[edge];
                    (edge.clients, edge.key)
                }
            };
            let mut stream = Stream::new(self.seed, StreamPurpose::Probe, key);
            for of in 0..many {
                let offset = check.period.mul_f64(stream.unit());
                let at = SimTime::ZERO + check.initial_delay + offset;
                let event = Event::Check { check: number as u32, of, life: 0 };
                self.schedule_timer(Lane::HEAP, at, event);
            }
        }
        for (id, edge) in self.model.edges.iter_ids() {
            if let Some(interval) = edge.chooser.interval() {
                self.schedule_timer(Lane::HEAP, SimTime::ZERO + interval, Event::Interval { edge: id });
            }
        }
    }

    /// The probes of an instance that has just booted.
    pub(super) fn schedule_probes(&mut self, instance: InstanceId) {
        let (service, life) = (self.servers[instance].service, self.servers[instance].life);
        let of = self.place_of(instance);
        for (number, check) in self.model.checks.iter().enumerate() {
            let is_probe = matches!(check.kind, CheckKind::Readiness | CheckKind::Liveness);
            if is_probe && check.service == service {
                let event = Event::Check { check: number as u32, of, life };
                self.schedule_timer(Lane::HEAP, self.now + check.initial_delay, event);
            }
        }
    }

    /// A probe, or the health checks of one client, are due.
    pub(super) fn on_check(&mut self, number: u32, of: u32, life: u32) {
        let check = &self.model.checks[number as usize];
        let service = &self.model.services[check.service];
        match check.kind {
            CheckKind::Readiness | CheckKind::Liveness => {
                let instance = service.instance(of);
                if self.servers[instance].life != life {
                    return; // the probes of the next life have their own times
                }
                self.check(number, check, 0, instance);
            }
            CheckKind::Health(edge) if self.is_caller_away(edge, of) => {}
            CheckKind::Health(_) => {
                for instance in service.all_instances() {
                    if self.servers[instance].stage != Stage::Absent {
                        self.check(number, check, of, instance);
                    }
                }
            }
        }
        let event = Event::Check { check: number, of, life };
        self.schedule_timer(Lane::HEAP, self.now + check.period, event);
    }

    /// Whether a client is an instance that is down.
    fn is_caller_away(&self, edge: EdgeId, client: u32) -> bool {
        match self.model.edges[edge].caller {
            EdgeCaller::Service(service) => {
                self.servers[self.model.services[service].instance(client)].stage != Stage::Up
            }
            EdgeCaller::Workload(_)
            | EdgeCaller::Monitor
            | EdgeCaller::Connector(_)
            | EdgeCaller::Intruder(_) => false,
        }
    }

    fn check(&mut self, number: u32, check: &Check, client: u32, instance: InstanceId) {
        let life = self.servers[instance].life;
        let ticket = self.tickets.insert(Ticket { check: number, client, instance, life });
        match check.edge {
            None => {
                let server = &self.servers[instance];
                let luck = Luck::of_client(self.seed, number, self.place_of(instance));
                let hangs = server.hang_ratio > 0.0
                    && luck.request(self.now.as_nanos()).draws(Purpose::Hang).unit() < server.hang_ratio;
                let passed = matches!(server.stage, Stage::Up | Stage::Draining) && !hangs;
                self.on_checked(ticket, passed);
            }
            Some(edge) => self.send_check(ticket, edge, instance),
        }
    }

    fn send_check(&mut self, ticket: Handle, edge_id: EdgeId, instance: InstanceId) {
        let place = self.place_of(instance);
        let key = self.model.edges[edge_id].key;
        let call = Call {
            luck: Luck::of_client(self.seed, key, place).request(self.now.as_nanos()),
            arrived: self.now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge: edge_id,
            workload: WorkloadId::from_index(0), // nobody's: only edges of workloads count for workloads
            client: 0,
            place,
        };
        let id = self.enter_call(call, || Context::new(Parent::Check(ticket), Baggage::NONE));
        self.ledger.edges[edge_id].calls += 1;
        self.begin_call(id);
    }

    /// A check has passed or failed.
    pub(super) fn on_checked(&mut self, ticket: Handle, passed: bool) {
        let Ticket { check, client, instance, life } = self.tickets.remove(ticket);
        let kind = self.model.checks[check as usize].kind;
        if let CheckKind::Health(edge_id) = kind {
            let edge = &self.model.edges[edge_id];
            let place = self.place_of(instance);
            let chooser = &mut self.callers[edge_id].clients[client as usize].chooser;
            for change in chooser.checked(&edge.chooser, place, passed, self.now) {
                self.believed(edge_id, client, change);
            }
            return;
        }
        let server = &mut self.servers[instance];
        if server.life != life || server.stage != Stage::Up {
            return;
        }
        let lifecycle = &self.model.services[server.service].lifecycle;
        let turn = |state: &mut probe::State, config: &Option<probe::Config>| {
            let config = config.as_ref().expect("only what is configured is checked");
            state.checked(config.rule(), passed)
        };
        match kind {
            CheckKind::Readiness => match turn(&mut server.readiness, &lifecycle.readiness) {
                Turn::None => {}
                turned => {
                    self.set_ready(instance, turned == Turn::Well);
                    self.show_state(instance);
                }
            },
            CheckKind::Liveness => {
                if turn(&mut server.liveness, &lifecycle.liveness) == Turn::Unwell {
                    self.terminate(instance);
                }
            }
            CheckKind::Health(_) => unreachable!("handled above"),
        }
    }

    /// The clients of an edge look at what they have seen.
    pub(super) fn on_interval(&mut self, id: EdgeId) {
        let edge = &self.model.edges[id];
        for client in 0..edge.clients {
            let chooser = &mut self.callers[id].clients[client as usize].chooser;
            for change in chooser.on_interval(&edge.chooser, self.now) {
                self.believed(id, client, change);
            }
        }
        let interval = edge.chooser.interval().unwrap_or(SimDuration::MAX);
        self.schedule_timer(Lane::HEAP, self.now + interval, Event::Interval { edge: id });
    }
}
