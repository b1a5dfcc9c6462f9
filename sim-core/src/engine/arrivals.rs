//! When does the next request come, and whose is it?

use super::Simulation;
use super::state::{ANYWHERE, Baggage, Call, Context, NO_ATTEMPT, Parent, Session};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, Id, SessionId, SourceId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{Observation, Probe};
use crate::policy::retry;
use crate::time::{SimDuration, SimTime};

/// A user without time to think pauses this long after a request that took no time at all: else the clock
/// would never move on.
pub(super) const LEAST_PAUSE: SimDuration = SimDuration::from_millis(1);

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The least wait after a try that failed: who tries at once after one that took no time would hold the clock.
    pub(super) fn least_wait(&self, call: &Call) -> SimDuration {
        if call.arrived == self.now { LEAST_PAUSE } else { SimDuration::ZERO }
    }

    pub(super) fn schedule_first_arrivals(&mut self) {
        for source in self.sources.ids() {
            self.schedule_arrival(source);
        }
        for workload in self.model.workloads.ids() {
            self.seat_users(workload);
            self.seat_members(workload);
            self.grant_first_leases(workload);
            self.seat_contenders(workload);
        }
    }

    /// Users who are there from the start think before their first request.
    fn seat_users(&mut self, id: WorkloadId) {
        let workload = &self.model.workloads[id];
        let Some(users) = &workload.users else { return };
        for user in 0..users.present {
            let luck = Luck::of_client(self.seed, users.key, user);
            let client = user % workload.clients;
            let session = Session { luck, workload: id, client, sent: 0 };
            let session = SessionId(self.sessions.insert(session));
            let thinks = users.think_time.sample(&mut luck.request(0).draws(Purpose::ThinkTime));
            self.schedule_timer(Lane::HEAP, SimTime::ZERO + thinks, Event::UserReturns { session });
        }
    }

    #[inline(always)]
    fn schedule_arrival(&mut self, id: SourceId) {
        let (source, state) = (&self.model.sources[id], &mut self.sources[id]);
        let mass = std::mem::replace(&mut state.next_mass, source.spacing.draw(&mut state.stream));
        if let Some(at) = state.cursor.advance(&source.pieces, mass) {
            let lane = state.lane;
            self.events.schedule_in(lane, at, Event::Arrival { source: id });
        }
    }

    #[inline(always)]
    pub(super) fn on_arrival(&mut self, id: SourceId) {
        let (source, state) = (&self.model.sources[id], &mut self.sources[id]);
        let luck = state.luck.request(state.count);
        state.count += 1;
        self.schedule_arrival(id);
        let now = self.now;
        let level = source.thinning.iter().find(|level| level.begins <= now && now < level.ends);
        let stays_away = level.is_some_and(|level| luck.draws(Purpose::Thinning).unit() >= level.factor);
        if stays_away {
            return;
        }
        if !PLAIN && self.actions.pauses(source.workload) {
            return;
        }
        let workload = &self.model.workloads[source.workload];
        let client = match workload.clients {
            1 => 0,
            clients => luck.draws(Purpose::Client).below(clients),
        };
        if workload.users.is_some() {
            let session = Session { luck, workload: source.workload, client, sent: 0 };
            let session = SessionId(self.sessions.insert(session));
            return self.on_user_returns(session);
        }
        if !PLAIN && let Some(connected) = &workload.connected {
            let user = luck.draws(Purpose::Client).below(connected.users);
            return self.request(source.workload, user % workload.clients, luck, Parent::Member(user));
        }
        self.request(source.workload, client, luck, Parent::Visitor);
    }

    /// A user of a closed workload or a session sends the next request.
    #[inline(never)]
    pub(super) fn on_user_returns(&mut self, id: SessionId) {
        let session = self.sessions.get_mut(id.0).expect("users leave between requests only");
        if self.actions.pauses(session.workload) {
            return self.actions.hold(session.workload, id);
        }
        session.sent += 1;
        let session = *session;
        let luck = session.luck.request(u64::from(session.sent));
        self.request(session.workload, session.client, luck, Parent::User(id));
    }

    /// A request of a user arrives and is sent on its way.
    #[inline(always)]
    fn request(&mut self, workload: WorkloadId, client: u32, luck: Luck, parent: Parent) {
        self.request_on(self.model.workloads[workload].edge, workload, client, luck, parent);
    }

    /// The same over this edge of the workload.
    #[inline(always)]
    pub(super) fn request_on(
        &mut self,
        edge_id: EdgeId,
        workload_id: WorkloadId,
        client: u32,
        luck: Luck,
        parent: Parent,
    ) {
        let now = self.now;
        let workload = &self.model.workloads[workload_id];
        let edge = &self.model.edges[edge_id];
        let call = Call {
            luck: luck.call(edge.key, 0, 0),
            arrived: now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge: edge_id,
            workload: workload_id,
            client,
            place: ANYWHERE,
        };
        let call = self.enter_call(call, || {
            let key = |keys: &Option<crate::model::workload::Keys>, purpose| {
                keys.as_ref().map_or(0, |keys| keys.draw(luck.draws(purpose)))
            };
            let mut drawn = key(&workload.keys, Purpose::Key);
            for hot in workload.hot.iter().filter(|hot| hot.begins <= now && now < hot.ends) {
                if luck.draws(Purpose::HotKey).unit() < hot.share {
                    drawn = hot.key;
                }
            }
            // Whom a fair line is fair between: tenants, or what requests are about, or workloads.
            let tenant = match (&workload.tenants, &workload.keys) {
                (Some(_), _) => key(&workload.tenants, Purpose::Tenant),
                (None, Some(_)) => drawn,
                (None, None) => u32::MAX - workload_id.index() as u32,
            };
            let baggage = Baggage { key: drawn, tenant, class: workload.criticality, ..Baggage::NONE };
            Context::new(parent, baggage)
        });
        if !PLAIN && self.operations.exist() {
            let operation = self.begin_operation(workload_id);
            self.contexts[call.0.slot as usize].baggage.operation = operation;
        }
        self.ledger.requests_created += 1;
        self.probe.observe(now, Observation::Arrived { workload: workload_id, call, client });
        if !PLAIN && let Parent::Holder(lease) = parent {
            self.holder_asks(workload_id, lease, call);
        }
        self.begin_call(call);
    }

    /// A request has ended: if its user sends several, the next follows after some thought.
    pub(super) fn user_goes_on(&mut self, id: CallId, call: &Call, is_answered: bool) {
        self.note_end(id, is_answered);
        if !PLAIN && self.operations.exist() {
            self.tell_user(id, is_answered);
        }
        if !PLAIN && self.monitors.exist {
            self.watch_request(call, is_answered);
        }
        let session_id = match self.contexts[id.0.slot as usize].parent {
            Parent::User(session) => session,
            Parent::Holder(lease) => return self.holder_goes_on(call, lease, is_answered),
            _ => return,
        };
        let session = self.sessions.get(session_id.0).expect("a user waits for the request");
        let users = self.model.workloads[session.workload].users.as_ref().expect("a user of users");
        if session.sent == users.requests {
            self.sessions.remove(session_id.0);
            return;
        }
        let luck = session.luck.request(u64::from(session.sent));
        let mut thinks = users.think_time.sample(&mut luck.draws(Purpose::ThinkTime));
        if thinks == SimDuration::ZERO && call.arrived == self.now {
            thinks = LEAST_PAUSE;
        }
        self.schedule_timer(Lane::HEAP, self.now + thinks, Event::UserReturns { session: session_id });
    }
}
