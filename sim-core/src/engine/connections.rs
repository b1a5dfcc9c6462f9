//! Who is connected to whom? Users who keep connections open them, lose them and come back; messages go where the
//! connection goes.

use super::fleet::Instances;
use super::state::{ANYWHERE, Baggage, Call, Context, NO_ATTEMPT, Parent, Stage};
use super::{Simulation, arrivals::LEAST_PAUSE};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, Id, IdVec, InstanceId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{Observation, Probe};
use crate::model::Model;
use crate::model::connection::{CloseConfig, Connected};
use crate::model::edge::EdgeCaller;
use crate::policy::admission::Arriving;
use crate::policy::chooser::Avoid;
use crate::policy::{Outcome, admission, retry};
use crate::time::SimDuration;

/// A user who keeps a connection, or tries to.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// The instance that the connection goes to, within its service, or `ANYWHERE` without a connection.
    place: u32,
    /// Where it stands among the connections of that instance.
    slot: u32,
    /// Counts connections opened and closed: what belongs to an earlier one is stale.
    epoch: u32,
    /// Calls to connect so far, which number their luck.
    connects: u32,
    /// Calls that failed since the last connection.
    failed: u32,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    workload: WorkloadId,
    user: u32,
}

/// All connections; empty where nobody keeps any.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// The users of each workload.
    members: IdVec<WorkloadId, Vec<Member>>,
    /// The connections of each instance.
    held: IdVec<InstanceId, Vec<Held>>,
    /// Who may connect to each instance.
    admission: IdVec<InstanceId, admission::State>,
}

impl Connections {
    pub(super) fn new(model: &Model) -> Self {
        if model.workloads.iter().all(|workload| workload.connected.is_none()) {
            return Connections::default();
        }
        let member = Member { place: ANYWHERE, slot: 0, epoch: 0, connects: 0, failed: 0 };
        let users = |connected: &Option<Connected>| connected.as_ref().map_or(0, |c| c.users as usize);
        let by_service = |service: &crate::model::service::Service| {
            vec![admission::State::new(&service.connections.admission); service.instances as usize]
        };
        let admission: IdVec<InstanceId, _> = model.services.iter().flat_map(by_service).collect();
        Connections {
            members: model.workloads.iter().map(|w| vec![member; users(&w.connected)]).collect(),
            held: admission.iter().map(|_| Vec::new()).collect(),
            admission,
        }
    }

    /// How many connections an instance holds. Whoever counts its memory can add them here.
    pub(super) fn held_by(&self, instance: InstanceId) -> usize {
        if self.held.is_empty() { 0 } else { self.held[instance].len() }
    }

    /// Where the connection of a user goes, if it has one.
    pub(super) fn place(&self, workload: WorkloadId, user: u32) -> Option<u32> {
        let place = self.members[workload][user as usize].place;
        (place != ANYWHERE).then_some(place)
    }

    /// Connections of an instance and users who say that theirs goes there: (held, of users). Equal unless the
    /// engine is wrong.
    pub(super) fn count(&self, model: &Model, instance: InstanceId) -> (u64, u64) {
        if self.held.is_empty() {
            return (0, 0);
        }
        let points_here = |(slot, held): &(usize, &Held)| {
            let member = self.members[held.workload][held.user as usize];
            let connect = model.workloads[held.workload].connected.as_ref().map(|c| c.connect);
            let service = connect.map(|edge| &model.services[model.edges[edge].to]);
            member.slot as usize == *slot
                && member.place != ANYWHERE
                && service.is_some_and(|service| service.instance(member.place) == instance)
        };
        let held = &self.held[instance];
        (held.len() as u64, held.iter().enumerate().filter(points_here).count() as u64)
    }

    /// Users who have a connection.
    pub(super) fn connected_users(&self) -> u64 {
        self.members.iter().flatten().filter(|member| member.place != ANYWHERE).count() as u64
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Users who keep connections have them from the start, or come in its beginning.
    pub(super) fn seat_members(&mut self, id: WorkloadId) {
        let Some(connected) = &self.model.workloads[id].connected else { return };
        for user in 0..connected.users {
            let luck = user_luck(connected, self.seed, user);
            match connected.arriving {
                Some(over) => {
                    let after = over.mul_f64(luck.draws(Purpose::Joining).unit());
                    self.plan_connect(id, user, after);
                }
                None => match self.pick_at_start(id, connected, user, luck) {
                    Some(instance) if self.has_room(instance) => self.open(id, user, instance),
                    _ => self.lost(id, user, SimDuration::ZERO),
                },
            }
        }
    }

    fn pick_at_start(
        &mut self,
        id: WorkloadId,
        connected: &Connected,
        user: u32,
        luck: Luck,
    ) -> Option<InstanceId> {
        let edge = &self.model.edges[connected.connect];
        let service = &self.model.services[edge.to];
        if !edge.chooses {
            return Some(service.first_instance);
        }
        let client = (user % self.model.workloads[id].clients) as usize;
        let chooser = &mut self.callers[connected.connect].clients[client].chooser;
        let fleet = Instances { meters: &self.meters, first: service.first_instance.index() };
        let picked =
            chooser.pick(&edge.chooser, &fleet, u64::from(user), self.now, luck.attempt(1), Avoid::NOBODY);
        picked.map(|place| service.instance(place))
    }

    fn has_room(&self, instance: InstanceId) -> bool {
        let service = &self.model.services[self.servers[instance].service];
        service.connections.max.admits(self.connections.held_by(instance))
    }

    /// Why an instance takes no connect, if it does not.
    pub(super) fn refuses_connect(&mut self, instance: InstanceId, luck: Luck) -> Option<Outcome> {
        if self.servers[instance].stage != Stage::Up || !self.has_room(instance) {
            return Some(Outcome::ConnectFailure);
        }
        let config = &self.model.services[self.servers[instance].service].connections.admission;
        let admission = &mut self.connections.admission[instance];
        // The service's own admission draws from the same luck.
        let admits = admission.admit(config, Arriving::default(), self.now, luck.request(u64::MAX - 1));
        (!admits).then_some(Outcome::Shed)
    }

    /// An instance is up again.
    pub(super) fn admit_connects_anew(&mut self, instance: InstanceId) {
        if !self.connections.held.is_empty() {
            let config = &self.model.services[self.servers[instance].service].connections.admission;
            self.connections.admission[instance].restart(config, self.now);
        }
    }

    /// A connection begins.
    fn open(&mut self, id: WorkloadId, user: u32, instance: InstanceId) {
        let place = self.place_of(instance);
        let held = &mut self.connections.held[instance];
        let member = &mut self.connections.members[id][user as usize];
        (member.place, member.slot, member.failed) = (place, held.len() as u32, 0);
        member.epoch = member.epoch.wrapping_add(1);
        let (epoch, number) = (member.epoch, u64::from(member.connects));
        held.push(Held { workload: id, user });
        self.tell(id, user, instance, true);
        let connected = self.model.workloads[id].connected.as_ref().expect("a user of connected users");
        if let Some(lifetime) = &connected.lifetime {
            let luck = user_luck(connected, self.seed, user).request(number);
            // A connection without length, opened again without cost, would hold the clock.
            let lasts = lifetime.sample(&mut luck.draws(Purpose::Lifetime)).max(LEAST_PAUSE);
            let at = self.now + lasts;
            self.schedule_timer(Lane::HEAP, at, Event::HangUp { workload: id, user, epoch });
        }
    }

    /// A connection ends.
    fn close(&mut self, id: WorkloadId, user: u32, instance: InstanceId) {
        let member = &mut self.connections.members[id][user as usize];
        let slot = member.slot as usize;
        member.place = ANYWHERE;
        member.epoch = member.epoch.wrapping_add(1);
        let held = &mut self.connections.held[instance];
        held.swap_remove(slot);
        if let Some(moved) = held.get(slot) {
            self.connections.members[moved.workload][moved.user as usize].slot = slot as u32;
        }
        self.tell(id, user, instance, false);
    }

    fn tell(&mut self, workload: WorkloadId, user: u32, instance: InstanceId, opened: bool) {
        let service = self.servers[instance].service;
        let ledger = &mut self.ledger.services[service];
        match opened {
            true => ledger.connections_opened += 1,
            false => ledger.connections_closed += 1,
        }
        self.probe.observe(self.now, Observation::Connection { workload, user, service, instance, opened });
    }

    /// A user has no connection and waits before the next try; `least` if the rule knows no wait.
    fn lost(&mut self, id: WorkloadId, user: u32, least: SimDuration) {
        let connected = self.model.workloads[id].connected.as_ref().expect("a user of connected users");
        let member = self.connections.members[id][user as usize];
        let luck = user_luck(connected, self.seed, user).request(u64::from(member.connects) + 1);
        let wait = connected.reconnect.wait(member.failed, luck);
        self.plan_connect(id, user, wait.max(least));
    }

    fn plan_connect(&mut self, workload: WorkloadId, user: u32, after: SimDuration) {
        self.schedule_timer(Lane::HEAP, self.now + after, Event::Connect { workload, user });
    }

    /// A user connects.
    pub(super) fn on_connect(&mut self, id: WorkloadId, user: u32) {
        let workload = &self.model.workloads[id];
        let connected = workload.connected.as_ref().expect("a user of connected users");
        let edge = &self.model.edges[connected.connect];
        let member = &mut self.connections.members[id][user as usize];
        member.connects = member.connects.wrapping_add(1);
        let luck = user_luck(connected, self.seed, user).request(u64::from(member.connects));
        let call = Call {
            luck: luck.call(edge.key, 0, 0),
            arrived: self.now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge: connected.connect,
            workload: id,
            client: user % workload.clients,
            place: ANYWHERE,
        };
        let tenant = u32::MAX - id.index() as u32;
        let baggage = Baggage { key: user, tenant, class: workload.criticality, ..Baggage::NONE };
        let call = self.enter_call(call, || Context::new(Parent::Connect(user), baggage));
        self.ledger.edges[connected.connect].calls += 1;
        self.begin_call(call);
    }

    /// A call to connect has ended. An instance that is asked to stop meanwhile, is gone, or has no room left closes
    /// what it has just opened.
    pub(super) fn on_connect_ended(&mut self, id: CallId, call: &Call, user: u32, outcome: Outcome) {
        let edge = &self.model.edges[call.edge];
        let EdgeCaller::Connector(workload) = edge.caller else {
            unreachable!("connections are opened on edges of their own")
        };
        let place = self.contexts[id.0.slot as usize].sent_to;
        let instance = self.instance_behind(call.edge, place, edge.discovers);
        if outcome.is_ok() && self.servers[instance].stage == Stage::Up && self.has_room(instance) {
            return self.open(workload, user, instance);
        }
        let member = &mut self.connections.members[workload][user as usize];
        member.failed = member.failed.saturating_add(1);
        let least = self.least_wait(call);
        self.lost(workload, user, least);
    }

    /// A user closes its connection, or an instance that is asked to stop does.
    pub(super) fn on_hang_up(&mut self, id: WorkloadId, user: u32, epoch: u32) {
        let member = self.connections.members[id][user as usize];
        if member.epoch != epoch {
            return;
        }
        let connected = self.model.workloads[id].connected.as_ref().expect("a user of connected users");
        let instance = self.model.services[self.model.edges[connected.connect].to].instance(member.place);
        self.close(id, user, instance);
        self.lost(id, user, SimDuration::ZERO);
        self.drained(instance);
    }

    /// All connections of an instance end at once, and their users see it.
    pub(super) fn break_connections(&mut self, instance: InstanceId) {
        while let Some(Held { workload, user }) = self.connections.last_of(instance) {
            self.close(workload, user, instance);
            self.lost(workload, user, SimDuration::ZERO);
        }
    }

    /// An instance is asked to stop within `grace`.
    pub(super) fn wind_up_connections(&mut self, instance: InstanceId, grace: SimDuration) {
        let many = self.connections.held_by(instance);
        if many == 0 {
            return;
        }
        match self.model.services[self.servers[instance].service].connections.close {
            CloseConfig::AtEnd => {}
            CloseConfig::AtOnce => self.break_connections(instance),
            CloseConfig::Spread => {
                for slot in 0..many {
                    let Held { workload, user } = self.connections.held[instance][slot];
                    let epoch = self.connections.members[workload][user as usize].epoch;
                    let at = self.now + grace.mul_f64((slot as f64 + 0.5) / many as f64);
                    self.schedule_timer(Lane::HEAP, at, Event::HangUp { workload, user, epoch });
                }
            }
        }
    }

    /// An instance that is asked to stop has finished what it had: it ends, unless somebody is still connected.
    pub(super) fn end_if_left(&mut self, instance: InstanceId) {
        if self.connections.held_by(instance) == 0 {
            self.end_and_start(instance);
        }
    }
}

impl Connections {
    fn last_of(&self, instance: InstanceId) -> Option<Held> {
        if self.held.is_empty() { None } else { self.held[instance].last().copied() }
    }
}

/// The luck of a user over the whole run.
fn user_luck(connected: &Connected, seed: crate::streams::Seed, user: u32) -> Luck {
    Luck::of_client(seed, connected.key, user)
}
