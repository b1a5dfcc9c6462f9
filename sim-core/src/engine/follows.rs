//! What do replicas lack, and how do they get it? Writes are counted where they are completed; who was away pulls.

use super::Simulation;
use super::state::{ANYWHERE, Baggage, Call, Context, NO_ATTEMPT, Parent, Phase, Stage};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EndpointId, Id, InstanceId, ServiceId, WorkloadId};
use crate::luck::Luck;
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::policy::catch_up::State;
use crate::policy::{Outcome, retry};

/// A replica.
#[derive(Clone, Debug, Default)]
struct Replica {
    state: State,
    /// Its pulls under way, with the entries that each will bring.
    pulls: Vec<(CallId, u64)>,
    /// Pulls sent, which number their luck.
    sent: u64,
    /// Pulls that failed since the last that did not.
    failed: u32,
    /// Whether it waits after one that failed.
    rests: bool,
}

/// The replicas of one service.
#[derive(Debug)]
struct Group {
    service: ServiceId,
    writes: EndpointId,
    leader: ServiceId,
    /// Entries of the leader's log.
    log: u64,
    /// By place.
    replicas: Vec<Replica>,
}

/// All replicas; empty where nobody follows anybody.
#[derive(Debug)]
pub(super) struct Follows(Vec<Group>);

/// What the replicas of one service have counted, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowsLedger {
    /// Entries of the log, once for each replica.
    pub due: u64,
    /// Entries that came with the write, or from memory.
    pub streamed: u64,
    /// Entries that were pulled.
    pub pulled: u64,
    /// Entries that are missing at the end.
    pub missing: u64,
    /// Pulls under way, as counted and as found.
    pub pulls: [u64; 2],
}

impl FollowsLedger {
    pub(super) fn laws(&self, id: ServiceId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.due == self.streamed + self.pulled + self.missing, &|| {
            format!(
                "{id:?}: entries for replicas {} = with the write {} + pulled {} + missing {}",
                self.due, self.streamed, self.pulled, self.missing
            )
        });
        law(self.pulls[0] == self.pulls[1], &|| {
            format!("{id:?}: pulls under way {} = calls found {}", self.pulls[0], self.pulls[1])
        });
    }
}

impl Follows {
    pub(super) fn new(model: &Model) -> Self {
        let group = |(id, service): (ServiceId, &crate::model::service::Service)| {
            let follows = service.follows.as_ref()?;
            let leader = model.endpoints[follows.writes].service;
            let replicas = vec![Replica::default(); service.instances as usize];
            Some(Group { service: id, writes: follows.writes, leader, log: 0, replicas })
        };
        Follows(model.services.iter_ids().filter_map(group).collect())
    }

    /// The number of the group that a service is.
    fn group_of(&self, service: ServiceId) -> Option<usize> {
        self.0.iter().position(|group| group.service == service)
    }

    /// Whether anybody follows anybody.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        !self.0.is_empty()
    }
}

/// How the replicas of a service catch up.
fn rules(model: &Model, service: ServiceId) -> &crate::model::follow::Follows {
    model.services[service].follows.as_ref().expect("a service of replicas")
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Work of this endpoint is done: it may be a write.
    #[inline(never)]
    pub(super) fn wrote(&mut self, endpoint: EndpointId) {
        for group in 0..self.follows.0.len() {
            if self.follows.0[group].writes != endpoint {
                continue;
            }
            let service = self.follows.0[group].service;
            self.follows.0[group].log += 1;
            for (place, instance) in self.model.services[service].all_instances().enumerate() {
                let is_there = self.follows_now(instance);
                let state = &mut self.follows.0[group].replicas[place].state;
                state.wrote(is_there);
                if !state.keeps_up() && is_there {
                    self.pull(group, place);
                }
            }
        }
    }

    fn follows_now(&self, instance: InstanceId) -> bool {
        let server = &self.servers[instance];
        server.stage == Stage::Up && !server.stopped
    }

    /// An instance is there again: if it is a replica it asks for what it lacks.
    pub(super) fn catch_up(&mut self, instance: InstanceId) {
        if PLAIN || !self.follows.exist() || !self.follows_now(instance) {
            return;
        }
        let service = self.servers[instance].service;
        if let Some(group) = self.follows.group_of(service) {
            self.pull(group, self.place_of(instance) as usize);
        }
    }

    /// A replica has waited after a pull that failed.
    pub(super) fn on_catch_up(&mut self, instance: InstanceId) {
        let service = self.servers[instance].service;
        let place = self.place_of(instance) as usize;
        let group = self.follows.group_of(service).expect("a replica waits");
        self.follows.0[group].replicas[place].rests = false;
        self.catch_up(instance);
    }

    /// A replica sends as many pulls as it may.
    fn pull(&mut self, number: usize, place: usize) {
        let Group { service, .. } = self.follows.0[number];
        let follows = rules(self.model, service);
        loop {
            let group = &mut self.follows.0[number];
            let replica = &mut group.replicas[place];
            if replica.rests {
                return;
            }
            let Some(entries) = replica.state.ask(&follows.catch_up, group.log) else { return };
            replica.sent += 1;
            let key = self.model.edges[follows.pull].key;
            let luck = Luck::of_client(self.seed, key, place as u32).request(replica.sent);
            let call = Call {
                luck: luck.call(key, 0, 0),
                arrived: self.now,
                progress: retry::Progress::default(),
                attempt: NO_ATTEMPT,
                edge: follows.pull,
                workload: WorkloadId::from_index(0), // nobody's: only edges of workloads count for workloads
                client: place as u32,
                place: ANYWHERE,
            };
            let call = self.enter_call(call, || Context::new(Parent::Replica, Baggage::NONE));
            self.follows.0[number].replicas[place].pulls.push((call, entries));
            self.ledger.edges[follows.pull].calls += 1;
            self.begin_call(call);
        }
    }

    /// A pull has ended.
    pub(super) fn on_pulled(&mut self, id: CallId, call: &Call, outcome: Outcome) {
        let EdgeCaller::Service(service) = self.model.edges[call.edge].caller else {
            unreachable!("replicas are instances")
        };
        let follows = rules(self.model, service);
        let number = self.follows.group_of(service).expect("it has replicas");
        let group = &mut self.follows.0[number];
        let replica = &mut group.replicas[call.client as usize];
        let found = replica.pulls.iter().position(|(pull, _)| *pull == id).expect("the pull is under way");
        let (_, entries) = replica.pulls.swap_remove(found);
        replica.state.ended(&follows.catch_up, entries, group.log, outcome.is_ok());
        let instance = self.model.services[service].instance(call.client);
        if outcome.is_ok() {
            replica.failed = 0;
            return self.catch_up(instance);
        }
        let failed = replica.failed;
        replica.failed = failed.saturating_add(1);
        let sent = replica.sent;
        if !std::mem::replace(&mut replica.rests, true) {
            let luck = Luck::of_client(self.seed, self.model.edges[call.edge].key, call.client);
            let wait = follows.again.wait(failed, luck.request(sent)).max(self.least_wait(call));
            self.schedule_timer(Lane::HEAP, self.now + wait, Event::CatchUp { instance });
        }
    }

    /// An instance is gone, and what it asked for with it.
    pub(super) fn abandon_pulls(&mut self, instance: InstanceId) {
        let service = self.servers[instance].service;
        let place = self.place_of(instance) as usize;
        let Some(number) = self.follows.group_of(service) else { return };
        let follows = rules(self.model, service);
        let group = &mut self.follows.0[number];
        let (log, replica) = (group.log, &mut group.replicas[place]);
        let pulls = std::mem::take(&mut replica.pulls);
        for (_, entries) in &pulls {
            replica.state.ended(&follows.catch_up, *entries, log, false);
        }
        for (pull, _) in pulls {
            self.abandon(pull);
        }
    }

    /// Whether an instance refuses an attempt at this endpoint because a replica lacks too much.
    pub(super) fn holds_back(&self, endpoint: EndpointId) -> bool {
        self.follows
            .0
            .iter()
            .filter(|group| group.writes == endpoint)
            .any(|group| rules(self.model, group.service).catch_up.holds_back(group.lag()))
    }

    /// The largest lag among the instances of a service, and the share of its leader's workers that serve pulls now.
    pub(super) fn lag_of(&self, service: ServiceId) -> Option<[f64; 2]> {
        let group = &self.follows.0[self.follows.group_of(service)?];
        let pull = self.model.services[service].follows.as_ref()?.pull;
        let serves = self.attempts.iter().filter(|a| a.edge == pull && a.phase == Phase::Serving).count();
        let leader = &self.model.services[group.leader];
        let workers = f64::from(leader.workers) * f64::from(leader.instances);
        Some([group.lag() as f64, serves as f64 / workers])
    }

    pub(super) fn close_follows(&mut self) {
        for group in &self.follows.0 {
            let ledger = &mut self.ledger.follows[group.service];
            for replica in &group.replicas {
                ledger.due += group.log;
                ledger.streamed += replica.state.streamed;
                ledger.pulled += replica.state.pulled;
                ledger.missing += replica.state.lag(group.log);
                ledger.pulls[0] += u64::from(replica.state.pulls());
            }
        }
        for (id, call) in self.calls.iter_ids() {
            let is_pull =
                matches!(self.contexts.get(id.slot as usize), Some(c) if matches!(c.parent, Parent::Replica));
            if let (true, EdgeCaller::Service(service)) = (is_pull, self.model.edges[call.edge].caller) {
                self.ledger.follows[service].pulls[1] += 1;
            }
        }
    }
}

impl Group {
    fn lag(&self) -> u64 {
        self.replicas.iter().map(|replica| replica.state.lag(self.log)).max().unwrap_or(0)
    }
}
