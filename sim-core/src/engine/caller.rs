//! What does a caller do? Send an attempt, wait for it, judge how it ended, try again or give up.

mod errand;

use super::Simulation;
use super::fleet::Instances;
use super::guards::Part;
use super::pipeline::Passage;
use super::state::{ANYWHERE, Attempt, Baggage, Call, Child, Context, Parent, Phase, Ready};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, EdgeId, Id};
use crate::metrics::{Observation, Probe};
use crate::model::edge::EdgeCaller;
use crate::model::pipeline::Layer;
use crate::policy::Outcome;
use crate::policy::chooser::Avoid;
use crate::policy::retry::{Decision, Failure};
use crate::time::{SimDuration, SimTime};

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Enters a call with what travels with it.
    #[inline(always)]
    pub(super) fn enter_call(&mut self, call: Call, context: impl FnOnce() -> Context) -> CallId {
        let id = CallId(self.calls.insert(call));
        if !PLAIN {
            let slot = id.0.slot as usize;
            if slot >= self.contexts.len() {
                self.contexts.resize(slot + 1, Context::new(Parent::Visitor, Baggage::NONE));
            }
            self.contexts[slot] = context();
        }
        id
    }

    /// A call that was entered begins: its patience runs and its first attempt is on the way.
    #[inline(always)]
    pub(super) fn begin_call(&mut self, id: CallId) {
        let now = self.now;
        let call = self.calls.get_mut(id.0).expect("the call was entered");
        let edge = &self.model.edges[call.edge];
        let callers = &mut self.callers[call.edge];
        callers.clients[call.client as usize].retry.begin(&edge.retry, &mut call.progress, now);
        if !PLAIN {
            return self.begin_with_baggage(id);
        }
        if let Some(patience) = edge.total_timeout {
            let lane = callers.total_timeout;
            self.schedule_timer(lane, now + patience, Event::TotalTimeout { call: id });
        }
        self.send_attempt(id);
    }

    /// The same for a call that may carry a deadline, need a slot of a pool, or go through layers.
    #[inline(never)]
    fn begin_with_baggage(&mut self, id: CallId) {
        let call = self.calls.get(id.0).expect("the call was entered");
        if self.model.edges[call.edge].pipeline.is_guarded {
            return self.walk(id, 0);
        }
        let is_hedged = !self.model.edges[call.edge].hedging.is_none();
        if self.start_total_clock(id) == Passage::Passed {
            match is_hedged {
                true => self.begin_hedging(id),
                false => self.try_attempt(id),
            }
        }
    }

    /// The next attempt of a call is due: it goes through the layers of the call, or needs a slot of its pool first,
    /// if there is one.
    #[inline(always)]
    pub(super) fn try_attempt(&mut self, id: CallId) {
        let call = self.calls.get(id.0).expect("only a call under way sends attempts");
        let edge = &self.model.edges[call.edge];
        if !PLAIN && edge.pipeline.is_guarded {
            return self.walk(id, edge.pipeline.place(Layer::Retry) + 1);
        }
        let passage = match edge.pool {
            None => Passage::Passed,
            Some(pool) => self.acquire(id, pool),
        };
        match passage {
            Passage::Passed => self.send_attempt(id),
            Passage::Refused(outcome) => self.stop_at(id, usize::MAX, outcome),
            Passage::Waits | Passage::Gone => {}
        }
    }

    /// Sends the next attempt of a call. Its timeout is scheduled before anything happens to it, so an
    /// answer at the very nanosecond of the timeout comes too late.
    #[inline(always)]
    pub(super) fn send_attempt(&mut self, call_id: CallId) {
        if !PLAIN && self.discovery.exists && self.awaits_addresses(call_id) {
            return;
        }
        let now = self.now;
        let call = self.calls.get_mut(call_id.0).expect("only a call under way sends attempts");
        let edge = &self.model.edges[call.edge];
        let callers = &mut self.callers[call.edge];
        call.progress.attempts += 1;
        let number = call.progress.attempts;
        let luck = call.luck.attempt(number);
        let service = &self.model.services[edge.to];
        let place = if !PLAIN && edge.over_connection {
            let Parent::Member(user) = self.contexts[call_id.0.slot as usize].parent else {
                unreachable!("users send over connections")
            };
            let Some(place) = self.connections.place(call.workload, user) else {
                return self.not_sent(call_id, Outcome::NotConnected);
            };
            place
        } else if call.place != ANYWHERE {
            call.place
        } else if !PLAIN && edge.discovers {
            let Some(address) = self.pick_address(call_id) else {
                return self.not_sent(call_id, Outcome::NoHealthyHost);
            };
            address
        } else if edge.chooses {
            let key = match PLAIN {
                true => 0,
                false => u64::from(self.contexts[call_id.0.slot as usize].baggage.key),
            };
            let fleet = Instances { meters: &self.meters, first: service.first_instance.index() };
            let avoid = match !PLAIN && edge.reselections > 0 {
                false => Avoid::NOBODY,
                true => Avoid {
                    tried: &self.contexts[call_id.0.slot as usize].tried,
                    reselections: edge.reselections,
                },
            };
            let of = (call.client, key, luck);
            let Some(place) = callers.choose(edge, of, &fleet, service.instances, now, avoid) else {
                return self.not_sent(call_id, Outcome::NoHealthyHost);
            };
            place
        } else {
            0
        };
        if !PLAIN && edge.pipeline.is_guarded && !self.ask_breaker_of(call_id, place) {
            self.withdraw_choice(call_id, place);
            return self.not_sent(call_id, Outcome::BreakerOpen);
        }
        let call = self.calls.get_mut(call_id.0).expect("it is still under way");
        let is_address = !PLAIN && edge.discovers && call.place == ANYWHERE;
        let instance = match is_address {
            false => service.instance(place),
            true => self.discovery.instance(service, edge.to, place),
        };
        let attempt = AttemptId(self.attempts.insert(Attempt {
            luck,
            call: call_id,
            entered: now,
            started: SimTime::ZERO,
            instance,
            edge: call.edge,
            client: call.client,
            phase: Phase::Out,
            wanted: true,
            withdrawn: false,
            outcome: Outcome::Ok,
        }));
        call.attempt = attempt;
        let (edge_id, client) = (call.edge, call.client);
        self.ledger.edges[edge_id].sent += 1;
        let workload = match edge.caller {
            EdgeCaller::Workload(workload) => Some(workload),
            EdgeCaller::Service(_)
            | EdgeCaller::Monitor
            | EdgeCaller::Connector(_)
            | EdgeCaller::Intruder(_) => None,
        };
        let sent = Observation::Sent {
            workload,
            call: self.told(call_id),
            attempt,
            edge: edge_id,
            service: edge.to,
            instance,
            number,
        };
        self.probe.observe(now, sent);
        if !PLAIN {
            self.pack_errand(call_id, attempt, place, if is_address { place } else { ANYWHERE });
            self.pay_request(attempt);
            if self.changes.exist {
                self.meet_call(call_id);
            }
        }
        if let Some(patience) = edge.attempt_timeout
            && (PLAIN || !edge.pipeline.has_early_clock)
        {
            let (lane, patience) = self.patience(edge_id, client, patience);
            self.schedule_timer(lane, now + patience, Event::AttemptTimeout { attempt });
        }
        if !PLAIN && edge.connection.is_some() {
            return self.board(attempt);
        }
        if !PLAIN && edge.idle_timeout.is_some() {
            self.start_silence(attempt);
        }
        match !PLAIN && edge.has_network {
            false => self.reach(attempt),
            true => self.travel_there(attempt),
        }
    }

    /// How long this client waits for an attempt, and where its timers stand.
    #[inline(always)]
    pub(super) fn patience(&self, id: EdgeId, client: u32, usual: SimDuration) -> (Lane, SimDuration) {
        if !PLAIN && self.staged.is_on() {
            let own = self.staged.edge(self.model, id, client).attempt_timeout.unwrap_or(usual);
            if own != usual {
                return (Lane::HEAP, own);
            }
        }
        (self.callers[id].attempt_timeout, usual)
    }

    /// An attempt failed before it was sent: it uses up one of the attempts that the retry policy allows, and
    /// no server ever sees it.
    pub(super) fn not_sent(&mut self, call_id: CallId, outcome: Outcome) {
        let number = self.calls.get(call_id.0).expect("a call under way").progress.attempts;
        let call = self.told(call_id);
        self.probe.observe(self.now, Observation::NotSent { call, number, outcome });
        self.hand_back(call_id, outcome, Part::Attempt);
        self.give_slot_back(call_id);
        self.decide(call_id, outcome);
    }

    /// The caller stops waiting for one attempt.
    #[inline(always)]
    pub(super) fn on_attempt_timeout(&mut self, id: AttemptId) {
        if let Some(attempt) = self.attempts.get_mut(id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            let call = attempt.call;
            self.leave(id);
            self.attempt_failed(call, id, Outcome::Timeout);
        }
    }

    /// The caller stops waiting for the whole call.
    pub(super) fn on_total_timeout(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id.0) else { return };
        let (attempt_id, edge) = (call.attempt, call.edge);
        if let Some(attempt) = self.attempts.get_mut(attempt_id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            self.leave(attempt_id);
            self.attempt_over(id, Outcome::Timeout);
            let call = self.calls.get_mut(id.0).expect("nothing has ended it");
            let retry = &mut self.callers[edge].clients[call.client as usize].retry;
            retry.observe(&self.model.edges[edge].retry, &mut call.progress, Outcome::Timeout, self.now);
            let failed =
                Observation::AttemptFailed { call: id, attempt: attempt_id, outcome: Outcome::Timeout };
            self.probe.observe(self.now, failed);
        }
        if !PLAIN {
            self.leave_tries(id, Outcome::Timeout);
        }
        self.fail(id, Outcome::Timeout);
    }

    /// A back-off is over.
    #[inline(never)]
    pub(super) fn on_retry(&mut self, call: CallId) {
        if let Some(record) = self.calls.get_mut(call.0) {
            let client = &mut self.callers[record.edge].clients[record.client as usize];
            client.retry.resume(&mut record.progress);
            self.try_attempt(call);
        }
    }

    /// The attempt that the caller waited for has failed: what now?
    #[inline(never)]
    pub(super) fn attempt_failed(&mut self, call_id: CallId, attempt: AttemptId, outcome: Outcome) {
        let call = self.told(call_id);
        self.probe.observe(self.now, Observation::AttemptFailed { call, attempt, outcome });
        self.attempt_over(call_id, outcome);
        self.decide(call_id, outcome);
    }

    /// Tries again or gives up.
    #[inline]
    fn decide(&mut self, call_id: CallId, outcome: Outcome) {
        if !PLAIN && let Parent::Hedge(of, number) = self.contexts[call_id.0.slot as usize].parent {
            return self.hedge_failed(of, call_id, u32::from(number), outcome);
        }
        let now = self.now;
        let call = self.calls.get_mut(call_id.0).expect("a wanted attempt has a call under way");
        let edge = &self.model.edges[call.edge];
        let pushback = if outcome == Outcome::Shed { edge.pushback } else { None };
        let failure = Failure { outcome, pushback, idempotent: edge.idempotent };
        let callers = &mut self.callers[call.edge];
        let retry = &mut callers.clients[call.client as usize].retry;
        let luck = call.luck.attempt(call.progress.attempts);
        let edge = match !PLAIN && self.staged.is_on() {
            false => edge,
            true => self.staged.edge(self.model, call.edge, call.client),
        };
        match retry.decide(&edge.retry, &mut call.progress, failure, now, luck) {
            Decision::Retry { after } => {
                let lane = if after == SimDuration::ZERO { callers.no_delay } else { Lane::HEAP };
                self.schedule_timer(lane, now + after, Event::Retry { call: call_id });
                self.probe.observe(now, Observation::RetryPlanned { call: call_id, after });
            }
            Decision::GiveUp(reason) => {
                self.probe.observe(now, Observation::GaveUp { call: call_id, reason });
                self.fail(call_id, outcome);
            }
        }
    }

    /// The answer is back while the caller still waits for it.
    #[inline(always)]
    pub(super) fn answer(&mut self, call_id: CallId) {
        if !PLAIN {
            self.attempt_over(call_id, Outcome::Ok);
            if let Parent::Hedge(of, number) = self.contexts[call_id.0.slot as usize].parent {
                return self.hedge_won(of, call_id, u32::from(number));
            }
        }
        self.answer_call(call_id);
    }

    /// The call has its answer.
    #[inline(always)]
    pub(super) fn answer_call(&mut self, call_id: CallId) {
        self.hand_back(call_id, Outcome::Ok, Part::Call);
        let mut call = self.calls.remove(call_id.0);
        let edge = &self.model.edges[call.edge];
        let retry = &mut self.callers[call.edge].clients[call.client as usize].retry;
        retry.observe(&edge.retry, &mut call.progress, Outcome::Ok, self.now);
        self.ledger.edges[call.edge].used += 1;
        if !matches!(edge.caller, EdgeCaller::Workload(_)) {
            return self.nested_call_ended(call_id, &call, Outcome::Ok);
        }
        self.ledger.requests_answered += 1;
        let degraded = !PLAIN && self.contexts[call_id.0.slot as usize].degraded;
        let answered = Observation::Answered {
            workload: call.workload,
            call: call_id,
            arrived: call.arrived,
            attempts: call.progress.attempts,
            degraded,
        };
        self.probe.observe(self.now, answered);
        if !PLAIN {
            self.user_goes_on(call_id, &call, true);
        }
    }

    /// The call has failed for good.
    pub(super) fn fail(&mut self, call_id: CallId, outcome: Outcome) {
        if !PLAIN {
            self.leave_layers(call_id, outcome);
            self.leave_pool_line(call_id);
            self.give_slot_back(call_id); // it may have been granted in this very moment
            self.leave_line_of(call_id, Outcome::Cancelled); // it may have been accepted in this very moment
            self.retry_is_over(call_id);
        }
        let call = self.calls.remove(call_id.0);
        if !matches!(self.model.edges[call.edge].caller, EdgeCaller::Workload(_)) {
            return self.nested_call_ended(call_id, &call, outcome);
        }
        self.ledger.requests_failed += 1;
        let failed = Observation::Failed {
            workload: call.workload,
            call: call_id,
            arrived: call.arrived,
            outcome,
            attempts: call.progress.attempts,
        };
        self.probe.observe(self.now, failed);
        if !PLAIN {
            self.user_goes_on(call_id, &call, false);
        }
    }

    /// A call is over: its budget counts neither an attempt nor a retry of it any more.
    fn retry_is_over(&mut self, id: CallId) {
        let call = self.calls.get_mut(id.0).expect("the call is still there");
        self.callers[call.edge].clients[call.client as usize].retry.end(&mut call.progress);
    }

    /// A call that no user made has ended: its step or its check goes on.
    fn nested_call_ended(&mut self, id: CallId, call: &Call, outcome: Outcome) {
        self.ledger.edges[call.edge].ended += 1;
        let ended = Observation::CallEnded { call: id, outcome, attempts: call.progress.attempts };
        self.probe.observe(self.now, ended);
        match self.contexts[id.0.slot as usize].parent {
            Parent::Task(task) => {
                if outcome.is_ok() {
                    self.degrade_parent(id, task);
                }
                self.release_child(task, Child::Call(id));
                self.ready.push_back(Ready::Step(task, outcome));
            }
            Parent::Check(ticket) => self.on_checked(ticket, outcome.is_ok()),
            Parent::Connect(user) => self.on_connect_ended(id, call, user, outcome),
            Parent::Replica => self.on_pulled(id, call, outcome),
            Parent::Intruder => self.on_intruded(call, outcome),
            Parent::Visitor | Parent::User(_) | Parent::Member(_) | Parent::Hedge(..) | Parent::Holder(_) => {
                unreachable!("users call over edges of workloads, hedges belong to their call")
            }
        }
    }

    /// For the caller an attempt that was sent is over, in whichever way.
    #[inline]
    pub(super) fn attempt_over(&mut self, call_id: CallId, outcome: Outcome) {
        if PLAIN {
            return;
        }
        // Also where an operator has taken the layers away since: the leave comes back.
        self.hand_back(call_id, outcome, Part::Attempt);
        self.watch_attempt(call_id, outcome);
        let call = self.calls.get(call_id.0).expect("the call of an attempt that is wanted");
        let (edge_id, client) = (call.edge, call.client);
        let edge = &self.model.edges[edge_id];
        if edge.is_watched && call.place == ANYWHERE {
            let Context { sent, sent_to, .. } = self.contexts[call_id.0.slot as usize];
            let took = self.now.since(sent);
            let chooser = &mut self.callers[edge_id].clients[client as usize].chooser;
            if let Some(change) = chooser.ended(&edge.chooser, sent_to, outcome, took, self.now) {
                self.believed(edge_id, client, change);
            }
        }
        self.give_slot_back(call_id);
        self.leave_line_of(call_id, outcome);
    }

    /// The instance was chosen, and nothing is sent to it.
    #[inline(never)]
    fn withdraw_choice(&mut self, id: CallId, place: u32) {
        let call = self.calls.get(id.0).expect("it is under way");
        let edge = &self.model.edges[call.edge];
        if edge.is_watched && call.place == ANYWHERE {
            let chooser = &mut self.callers[call.edge].clients[call.client as usize].chooser;
            let (edge_id, client) = (call.edge, call.client);
            let outcome = Outcome::BreakerOpen;
            if let Some(change) = chooser.ended(&edge.chooser, place, outcome, SimDuration::ZERO, self.now) {
                self.believed(edge_id, client, change);
            }
        }
    }

    /// Nobody waits for a call any more: its caller is gone.
    pub(super) fn abandon(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id.0) else { return };
        let (edge, attempt_id) = (call.edge, call.attempt);
        if let Some(attempt) = self.attempts.get_mut(attempt_id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            self.leave(attempt_id);
            self.attempt_over(id, Outcome::Cancelled);
        }
        self.leave_tries(id, Outcome::Cancelled);
        self.leave_layers(id, Outcome::Cancelled);
        self.leave_pool_line(id);
        self.give_slot_back(id); // it may have been granted a slot in this very moment
        self.leave_line_of(id, Outcome::Cancelled);
        self.retry_is_over(id);
        self.calls.remove(id.0);
        self.ledger.edges[edge].abandoned += 1;
        self.probe.observe(self.now, Observation::Abandoned { call: id });
    }
}
