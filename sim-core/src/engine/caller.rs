//! What does a caller do? Send an attempt, wait for it, judge how it ended, try again or give up.

use super::Simulation;
use super::state::Attempt;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, Id, InstanceId};
use crate::metrics::{Observation, Probe};
use crate::policy::Outcome;
use crate::policy::retry::Decision;
use crate::time::{SimDuration, SimTime};

impl<P: Probe> Simulation<'_, P> {
    /// Sends the next attempt of a call. Its timeout is scheduled before anything happens to it, so an
    /// answer at the very nanosecond of the timeout comes too late.
    #[inline]
    pub(super) fn send_attempt(&mut self, call_id: CallId) {
        let now = self.now;
        let call = self.calls.get_mut(call_id.0).expect("only a call under way sends attempts");
        let edge = &self.model.edges[call.edge];
        let callers = &mut self.callers[call.edge];
        call.progress.attempts += 1;
        let number = call.progress.attempts;
        let luck = call.luck.attempt(number);
        let service = &self.model.services[edge.to];
        let place = match service.instances {
            1 => 0,
            instances => callers.clients[call.client as usize].balancer.pick(&edge.balancer, instances, luck),
        };
        let instance = InstanceId::from_index(service.first_instance.index() + place as usize);
        let attempt = AttemptId(self.attempts.insert(Attempt {
            luck,
            call: call_id,
            entered: now,
            started: SimTime::ZERO,
            instance,
            edge: call.edge,
            in_service: false,
            wanted: true,
        }));
        call.attempt = attempt;
        self.ledger.edges[call.edge].sent += 1;
        let sent = Observation::Sent {
            workload: call.workload,
            call: call_id,
            attempt,
            edge: call.edge,
            service: edge.to,
            instance,
            number,
        };
        self.probe.observe(now, sent);
        if let Some(patience) = edge.attempt_timeout {
            let lane = callers.attempt_timeout;
            self.schedule_timer(lane, now + patience, Event::AttemptTimeout { attempt });
        }
        self.reach(attempt);
    }

    /// The caller stops waiting for one attempt; the server does not notice.
    pub(super) fn on_attempt_timeout(&mut self, id: AttemptId) {
        if let Some(attempt) = self.attempts.get_mut(id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            let call = attempt.call;
            self.attempt_failed(call, id, Outcome::Timeout);
        }
    }

    /// The caller stops waiting for the whole call.
    pub(super) fn on_total_timeout(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id.0) else { return };
        let (attempt_id, edge, client) = (call.attempt, call.edge, call.client);
        if let Some(attempt) = self.attempts.get_mut(attempt_id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            let retry = &mut self.callers[edge].clients[client as usize].retry;
            retry.observe(&self.model.edges[edge].retry, Outcome::Timeout, self.now);
            let failed =
                Observation::AttemptFailed { call: id, attempt: attempt_id, outcome: Outcome::Timeout };
            self.probe.observe(self.now, failed);
        }
        self.fail(id, Outcome::Timeout);
    }

    /// A back-off is over.
    pub(super) fn on_retry(&mut self, call: CallId) {
        if self.calls.get(call.0).is_some() {
            self.send_attempt(call);
        }
    }

    /// The attempt that the caller waited for has failed: what now?
    pub(super) fn attempt_failed(&mut self, call_id: CallId, attempt: AttemptId, outcome: Outcome) {
        let now = self.now;
        self.probe.observe(now, Observation::AttemptFailed { call: call_id, attempt, outcome });
        let call = self.calls.get_mut(call_id.0).expect("a wanted attempt has a call under way");
        let config = &self.model.edges[call.edge].retry;
        let callers = &mut self.callers[call.edge];
        let retry = &mut callers.clients[call.client as usize].retry;
        let luck = call.luck.attempt(call.progress.attempts);
        retry.observe(config, outcome, now);
        match retry.decide(config, &mut call.progress, outcome, now, luck) {
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
    #[inline]
    pub(super) fn answer(&mut self, call_id: CallId) {
        let call = self.calls.remove(call_id.0);
        let retry = &mut self.callers[call.edge].clients[call.client as usize].retry;
        retry.observe(&self.model.edges[call.edge].retry, Outcome::Ok, self.now);
        self.ledger.edges[call.edge].used += 1;
        self.ledger.requests_answered += 1;
        let answered = Observation::Answered {
            workload: call.workload,
            call: call_id,
            arrived: call.arrived,
            attempts: call.progress.attempts,
        };
        self.probe.observe(self.now, answered);
    }

    /// The call has failed for good.
    fn fail(&mut self, call_id: CallId, outcome: Outcome) {
        let call = self.calls.remove(call_id.0);
        self.ledger.requests_failed += 1;
        let failed = Observation::Failed {
            workload: call.workload,
            call: call_id,
            arrived: call.arrived,
            outcome,
            attempts: call.progress.attempts,
        };
        self.probe.observe(self.now, failed);
    }
}
