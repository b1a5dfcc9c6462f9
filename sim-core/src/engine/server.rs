//! What does an instance do with an attempt? Turn it away, let it wait, serve it, answer it.

mod refusal;

use super::Simulation;
use super::state::{Attempt, Phase, Ready, Stage, Work};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, Handle, InstanceId, ServiceId};
use crate::luck::Purpose;
use crate::metrics::{Aside, Observation, Probe};
use crate::model::edge::EdgeCaller;
use crate::model::endpoint::Program;
use crate::model::network::Way;
use crate::policy::Outcome;
use crate::policy::admission::Arriving;
use crate::policy::queue::{Overflow, Taken, Verdict, Waiting};
use crate::time::{SimDuration, SimTime};

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An attempt reaches its instance after some time on the way.
    #[inline(never)]
    pub(super) fn on_reach(&mut self, id: AttemptId) {
        if self.has_rough_edges {
            self.count_delivered(id, Way::There);
        }
        self.reach(id);
    }

    /// An attempt reaches its instance.
    #[inline(always)]
    pub(super) fn reach(&mut self, id: AttemptId) {
        if !PLAIN && self.discovery.exists && self.knocks_in_vain(id) {
            return;
        }
        if !PLAIN && self.doors.exist && self.stays_outside(id) {
            return;
        }
        self.enter(id);
    }

    /// Nothing keeps an attempt outside: it comes in, if the instance lets it.
    #[inline(always)]
    fn enter(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt =
            self.attempts.get_mut(id.0).expect("an attempt is under way when it reaches its instance");
        attempt.entered = now;
        let instance = attempt.instance;
        let mut server = &mut self.servers[instance];
        let service = &self.model.services[server.service];
        self.ledger.services[server.service].arrived += 1;
        if !PLAIN && self.scales {
            self.scaling.loads[instance].arrived += 1;
        }
        if !server.accepts || attempt.withdrawn || service.has_admission || (!PLAIN && self.transport.exists)
        {
            let (luck, edge) = (attempt.luck, attempt.edge);
            if attempt.withdrawn {
                return self.reached_in_vain(id);
            }
            if !server.accepts {
                return self.turn_away(id, Outcome::ConnectFailure);
            }
            if !PLAIN && self.transport.exists && self.is_unknown(id) {
                return self.turn_away(id, Outcome::Reset);
            }
            if !PLAIN && let Some(refusal) = self.refuses_caller(instance, id) {
                return self.turn_away(id, refusal);
            }
            if !PLAIN
                && matches!(self.model.edges[edge].caller, EdgeCaller::Connector(_))
                && let Some(refusal) = self.refuses_connect(instance, luck)
            {
                return self.turn_away(id, refusal);
            }
            if !PLAIN && self.follows.exist() && self.holds_back(self.model.edges[edge].endpoint) {
                return self.turn_away(id, Outcome::Shed);
            }
            let mut config = &service.admission;
            if !PLAIN && self.changes.exist {
                let call = self.attempts.get(id.0).expect("it has come").call;
                self.meet_quota(call, instance);
                if self.staged.is_on() {
                    let of = self.servers[instance].service;
                    config = self.staged.admission(self.model, of, service.place(instance));
                }
            }
            server = &mut self.servers[instance];
            let mut arriving = Arriving { in_flight: self.meters[instance].in_system, ..Arriving::default() };
            if !PLAIN {
                let errand = &mut self.errands[id.0.slot as usize];
                let super::state::Baggage { class, tenant, key, deadline, .. } = errand.baggage;
                (arriving.class, arriving.tenant, arriving.key) = (class, tenant, key);
                arriving.deadline = deadline;
                errand.in_flight = arriving.in_flight + 1;
            }
            if !server.admission.admit(config, arriving, now, luck) {
                return self.turn_away(id, Outcome::Shed);
            }
        }
        let meter = &mut self.meters[instance];
        // Several workers may have become free at once, and the first of those in line may call back: it
        // does not overtake the others.
        if meter.busy < service.slots && !server.stopped && server.waiting == 0 {
            server.line.pass(&service.queue, now);
            meter.advance(now);
            meter.in_system += 1;
            let id = self.taken_in(id);
            self.came(id, instance);
            self.start(id);
        } else if service.capacity.admits(server.waiting) {
            self.join(id);
        } else {
            self.find_room(id);
        }
        if !PLAIN
            && let Some(most) = service.lifecycle.crash_at
            && self.meters[instance].in_system >= most
        {
            self.ready.push_back(Ready::Overflow(instance));
        }
    }

    /// Those who waited outside come in one by one.
    #[inline(never)]
    pub(super) fn let_in(&mut self, id: AttemptId) {
        self.enter(id);
    }

    /// There is a worker or a place in the line for the attempt: a caller that waits for no more goes on. Gives
    /// the number under which it is served.
    #[inline(always)]
    fn taken_in(&mut self, id: AttemptId) -> AttemptId {
        if PLAIN || !self.attempts.get(id.0).is_some_and(|a| self.model.edges[a.edge].until_accepted) {
            return id;
        }
        self.accept(id)
    }

    /// What the order of service needs to know of an attempt.
    #[inline(always)]
    pub(super) fn waiting(&self, id: AttemptId, entered: SimTime) -> Waiting {
        let mut waiting = Waiting {
            attempt: id,
            entered,
            deadline: SimTime::NEVER,
            class: crate::policy::Criticality::default(),
            key: 0,
        };
        if !PLAIN {
            let baggage = self.errands[id.0.slot as usize].baggage;
            waiting.deadline = baggage.deadline;
            waiting.class = baggage.class;
            waiting.key = baggage.tenant;
        }
        waiting
    }

    /// The attempt joins the waiting line.
    #[inline(always)]
    fn join(&mut self, id: AttemptId) {
        let now = self.now;
        let id = self.taken_in(id);
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that joins is under way");
        attempt.phase = Phase::Waiting;
        let (instance, entered) = (attempt.instance, attempt.entered);
        let waiting = self.waiting(id, entered);
        let meter = &mut self.meters[instance];
        meter.advance(now);
        meter.in_system += 1;
        let server = &mut self.servers[instance];
        server.line.join(&self.model.services[server.service].queue, waiting);
        server.waiting += 1;
        let waiting = server.waiting;
        self.came(id, instance);
        self.probe.observe(now, Observation::Queued { attempt: id, waiting });
    }

    /// The line is full: somebody goes.
    #[inline(never)]
    fn find_room(&mut self, id: AttemptId) {
        let attempt = self.attempts.get(id.0).expect("an attempt that came is under way");
        let instance = attempt.instance;
        let waiting = self.waiting(id, attempt.entered);
        let server = &mut self.servers[instance];
        let queue = &self.model.services[server.service].queue;
        let attempts = &self.attempts;
        match server.line.make_room(queue, &waiting, |id| attempts.get(id.0).is_some()) {
            Overflow::Room => self.join(id),
            Overflow::TurnAway => {
                self.tell_of_drop(id, Outcome::QueueFull);
                self.turn_away(id, Outcome::QueueFull);
            }
            Overflow::Evict(other) => {
                self.tell_of_drop(other, Outcome::QueueFull);
                self.leave_line(other);
                let service = self.servers[instance].service;
                let ledger = &mut self.ledger.services[service];
                ledger.dropped += 1;
                self.probe.observe(self.now, Observation::Dropped { attempt: other, service });
                self.reply(other, Outcome::QueueFull);
                self.join(id);
            }
        }
    }

    /// An attempt that waited is in the line no more, nor in the system; its record is still there.
    pub(super) fn leave_line(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that waits is under way");
        attempt.phase = Phase::Out;
        let (instance, entered) = (attempt.instance, attempt.entered);
        let meter = &mut self.meters[instance];
        meter.advance(now);
        meter.in_system -= 1;
        let server = &mut self.servers[instance];
        server.waiting -= 1;
        self.ledger.services[server.service].time_in_system += u128::from(now.since(entered).as_nanos());
        self.went(id, instance);
        self.makes_room(instance);
    }

    /// An idle worker takes the attempt. Its service time is a function of its own luck, stretched by
    /// the condition of the instance at this moment.
    ///
    /// Out of line: inlined at both its callers the loop runs out of registers (measured: 6 % of a run).
    #[inline(never)]
    fn start(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.get_mut(id.0).expect("an attempt in line is under way");
        attempt.started = now;
        attempt.phase = Phase::Serving;
        let &mut Attempt { instance, edge, luck, entered, call, .. } = attempt;
        let service = self.servers[instance].service;
        let waited = now.since(entered);
        if !PLAIN && self.model.services[service].admission.times_waits() {
            let attempt = *attempt;
            self.tell_wait(&attempt, waited);
        }
        self.meters[instance].busy += 1; // the caller has brought the meter up to now
        if !PLAIN && self.model.edges[edge].hedging.is_tied() {
            self.untie_others(id, call);
        }
        if !PLAIN && self.versions.exist && self.cannot_read(id, waited) {
            return;
        }
        let endpoint = self.model.edges[edge].endpoint;
        let service_time = match &self.model.endpoints[endpoint].program {
            Program::Leaf(sampler) => {
                let mut work = sampler.sample(&mut luck.draws(Purpose::ServiceTime));
                if !PLAIN {
                    work += self.coding_of_leaf(id, service);
                }
                Some(self.schedule_work(
                    instance,
                    Work::Attempt(id, call.0.slot),
                    work,
                    luck,
                    self.finish_lanes[endpoint],
                ))
            }
            Program::Steps(root) => {
                let root = *root;
                self.probe
                    .observe(now, Observation::Started { attempt: id, service, waited, service_time: None });
                return self.begin_program(id, root);
            }
        };
        let service_time = service_time.filter(|_| !self.model.services[service].keeps_clock());
        self.probe.observe(now, Observation::Started { attempt: id, service, waited, service_time });
    }

    /// Own work of an instance begins; gives how long it takes. Rejections that are not paid yet are paid
    /// here; what hangs is held.
    #[inline(always)]
    pub(super) fn schedule_work(
        &mut self,
        instance: InstanceId,
        work: Work,
        mut length: SimDuration,
        luck: crate::luck::Luck,
        lane: Lane,
    ) -> SimDuration {
        if !PLAIN && self.loads.weighs {
            length = length.mul_f64(self.payload(work));
        }
        let server = &mut self.servers[instance];
        if server.slowdown != 1.0 {
            length = length.mul_f64(server.slowdown);
        }
        if server.is_odd {
            length += std::mem::take(&mut server.debt);
            if server.hang_ratio > 0.0 && luck.draws(Purpose::Hang).unit() < server.hang_ratio {
                server.held.push((work, length));
                let attempt = match work {
                    Work::Attempt(attempt, _) => Some(attempt),
                    Work::Step(task) => self.tasks.get(task.0).map(|task| task.origin),
                };
                if let Some(attempt) = attempt {
                    self.aside(attempt, Aside::Hangs);
                }
                return length;
            }
        }
        let is_shared = server.is_odd && self.model.services[server.service].keeps_clock();
        if !PLAIN && self.scales {
            self.burn(instance);
        }
        if is_shared {
            self.share(instance, work, length);
            return length;
        }
        let event = match work {
            Work::Attempt(attempt, call_slot) => Event::Finish { attempt, call_slot },
            Work::Step(task) => Event::Computed { task },
        };
        self.events.schedule_in(lane, self.now + length, event);
        length
    }

    /// A worker is done with an attempt that was nothing but own work.
    #[inline(always)]
    pub(super) fn on_finish(&mut self, id: AttemptId, call_slot: u32) {
        // It may be lost with its instance, and the news of that on its way to the caller.
        if let Some(attempt) = self.attempts.get(id.0).filter(|attempt| attempt.phase == Phase::Serving) {
            // Only what takes the error path has an outcome before it ends.
            let outcome = if PLAIN { Outcome::Ok } else { attempt.outcome };
            if !PLAIN && self.scales {
                let instance = attempt.instance;
                self.burnt(instance, 1);
            }
            self.complete(id, call_slot, outcome);
        }
    }

    /// The steps of an attempt are done.
    #[inline(never)]
    pub(super) fn program_ended(&mut self, id: AttemptId, outcome: Outcome) {
        let attempt = self.attempts.get(id.0).expect("steps end with their attempt");
        self.complete(id, attempt.call.0.slot, outcome);
    }

    /// A worker is done: it takes the next attempt in line, then the answer goes back.
    #[inline(always)]
    fn complete(&mut self, id: AttemptId, call_slot: u32, outcome: Outcome) {
        let now = self.now;
        if !PLAIN && self.takes_error_path(id, call_slot, outcome) {
            return;
        }
        let (has_network, is_hedged) = match PLAIN {
            true => (false, false),
            false => {
                let attempt = self.attempts.get_mut(id.0).expect("an attempt in service is under way");
                let edge = &self.model.edges[attempt.edge];
                if !edge.hedging.is_none() {
                    attempt.phase = Phase::Back;
                }
                (edge.has_network, !edge.hedging.is_none())
            }
        };
        let attempt = match has_network || is_hedged {
            false => self.attempts.remove(id.0),
            true => *self.attempts.get(id.0).expect("an attempt in service is under way"),
        };
        let server = &self.servers[attempt.instance];
        let (service_id, error_ratio, stage) = (server.service, server.error_ratio, server.stage);
        let meter = &mut self.meters[attempt.instance];
        meter.advance(now);
        meter.busy -= 1;
        meter.in_system -= 1;
        let ledger = &mut self.ledger.services[service_id];
        ledger.completed += 1;
        ledger.service_given += u128::from(now.since(attempt.started).as_nanos());
        ledger.time_in_system += u128::from(now.since(attempt.entered).as_nanos());
        let accepted = !PLAIN && self.errands[id.0.slot as usize].accepted;
        let edge = &mut self.ledger.edges[attempt.edge];
        match accepted {
            false => edge.produced += 1,
            true => edge.accepted_done += 1, // its answer was that it came in
        }
        if !PLAIN && !accepted {
            self.pay(id, &attempt, Way::Back);
        }

        let fails = error_ratio > 0.0 && attempt.luck.draws(Purpose::Error).unit() < error_ratio;
        let outcome = match outcome {
            Outcome::Ok | Outcome::Conflict if !fails => outcome,
            _ => Outcome::ServerError,
        };
        let wanted = attempt.wanted || accepted;
        self.probe.observe(now, Observation::Completed { attempt: id, service: service_id, outcome, wanted });
        if !PLAIN && self.monitors.exist {
            self.watch_service(service_id, Some(now.since(attempt.entered)), outcome.is_ok());
        }
        self.tell_admission(id, &attempt, outcome);
        self.add_word(id, &attempt, outcome);
        self.went(id, attempt.instance);
        if !PLAIN && !wanted && outcome.is_ok() {
            self.fill_late(id, &attempt);
        }

        self.start_waiting(attempt.instance);
        self.makes_room(attempt.instance);
        if has_network {
            self.travel_back(id, outcome);
        } else if match is_hedged {
            false => attempt.wanted,
            // Who was dropped from the line may have been its sibling, and ended the call.
            true => self.attempts.remove(id.0).wanted,
        } {
            let call = CallId(Handle { slot: call_slot, ..attempt.call.0 });
            self.hear_word(id, &attempt);
            if !PLAIN && self.records.are_there() && outcome.is_ok() {
                self.hand_note_up(id, call);
            }
            match outcome {
                Outcome::Ok => self.answer(call),
                failure => self.attempt_failed(call, id, failure),
            }
        }
        if stage == Stage::Draining && self.meters[attempt.instance].in_system == 0 {
            self.ready.push_back(Ready::Drained(attempt.instance));
        }
        if !PLAIN && self.follows.exist() && outcome.is_ok() {
            self.wrote(self.model.edges[attempt.edge].endpoint);
        }
    }

    /// Workers that were held back, or let go of something, take attempts from the line.
    #[inline(never)]
    pub(super) fn resume(&mut self, instance: InstanceId) {
        self.start_waiting(instance);
        self.makes_room(instance);
    }

    /// Idle workers take attempts from the line; those that waited too long are dropped on the way.
    /// The instance's meter has been brought up to now.
    #[inline(always)]
    fn start_waiting(&mut self, instance: InstanceId) {
        let now = self.now;
        let service_id = self.servers[instance].service;
        let service = &self.model.services[service_id];
        while self.meters[instance].busy < service.slots {
            let server = &mut self.servers[instance];
            if server.waiting == 0 || server.stopped {
                return;
            }
            let attempts = &self.attempts;
            let live = |id: AttemptId| attempts.get(id.0).is_some();
            let Some(taken) = server.line.take(&service.queue, server.waiting, now, live) else { return };
            let Taken { attempt: id, verdict } = taken;
            let attempt = self.attempts.get(id.0).expect("an attempt in line is under way");
            let waited = now.since(attempt.entered);
            let too_late = service.expired_margin.is_some_and(|margin| {
                !PLAIN && self.errands[id.0.slot as usize].baggage.deadline < now + margin
            });
            if waited <= service.max_wait && verdict == Verdict::Serve && !too_late {
                server.waiting -= 1;
                self.start(id);
                continue;
            }
            self.drop_late(id, service_id);
        }
    }

    /// An attempt whose turn came is not worth serving any more.
    #[inline(never)]
    fn drop_late(&mut self, id: AttemptId, service: ServiceId) {
        self.tell_of_drop(id, Outcome::Expired);
        if !PLAIN {
            let attempt = *self.attempts.get(id.0).expect("an attempt in line is under way");
            self.tell_wait(&attempt, self.now.since(attempt.entered));
        }
        self.leave_line(id);
        self.ledger.services[service].dropped += 1;
        self.probe.observe(self.now, Observation::Dropped { attempt: id, service });
        self.reply(id, Outcome::Expired);
    }
}
