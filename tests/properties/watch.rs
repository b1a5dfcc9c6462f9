//! Does every step follow from the ones before? An observer that keeps its own books of calls, attempts
//! and instances, and stops the run at the first step that its books do not allow. It knows plain systems:
//! users in front of services that call nobody and run for ever; `composition` has the others.

use std::collections::{BTreeMap, VecDeque};

use sim_core::engine::Run;
use sim_core::event::Event;
use sim_core::ids::{AttemptId, CallId, EdgeId, Id, InstanceId, ServiceId};
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Model;
use sim_core::model::fault::{Effect, Fault};
use sim_core::policy::{Outcome, queue};
use sim_core::time::{SimDuration, SimTime};
use sim_core::units::Limit;

type Key = (u32, u32);

fn of_call(CallId(id): CallId) -> Key {
    (id.slot, id.generation)
}

fn of_attempt(AttemptId(id): AttemptId) -> Key {
    (id.slot, id.generation)
}

/// A call under way.
struct Call {
    arrived: SimTime,
    edge: EdgeId,
    attempts: u32,
    /// The attempt that it waits for.
    waits_for: Option<Key>,
    /// When the next attempt is due.
    next_at: Option<SimTime>,
}

/// An attempt at its server.
struct Attempt {
    call: Key,
    sent: SimTime,
    instance: InstanceId,
    /// When its service ends, once it has begun.
    ends: Option<SimTime>,
}

/// One instance.
#[derive(Default)]
struct Instance {
    service: usize,
    busy: u32,
    line: VecDeque<Key>,
}

/// The books.
pub(crate) struct Watch {
    model: Model,
    now: SimTime,
    calls: BTreeMap<Key, Call>,
    attempts: BTreeMap<Key, Attempt>,
    instances: Vec<Instance>,
    /// Triggers that are on.
    on: Vec<bool>,
    /// The answer that the last completion owes to its caller.
    owed: Option<Key>,
    created: u64,
    answered: u64,
    failed: u64,
    sent: u64,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// Attempts and calls that timed out.
    pub(crate) timeouts: u64,
}

impl Watch {
    pub(crate) fn new(model: &Model) -> Self {
        assert!(model.is_plain, "the books know users, servers and lines, nothing else");
        let mut instances = Vec::new();
        for (id, service) in model.services.iter_ids() {
            for _ in 0..service.instances {
                instances.push(Instance { service: id.index(), ..Instance::default() });
            }
        }
        Watch {
            model: model.clone(),
            now: SimTime::ZERO,
            calls: BTreeMap::new(),
            attempts: BTreeMap::new(),
            instances,
            on: vec![false; model.faults.len()],
            owed: None,
            created: 0,
            answered: 0,
            failed: 0,
            sent: 0,
            retries: 0,
            timeouts: 0,
        }
    }

    /// What the engine counted is what was seen.
    pub(crate) fn finish(&self, model: &Model, run: &Run<()>) {
        let ledger = &run.ledger;
        assert_eq!(ledger.requests_created, self.created, "requests created");
        assert_eq!(ledger.requests_answered, self.answered, "requests answered");
        assert_eq!(ledger.requests_failed, self.failed, "requests failed");
        assert_eq!(ledger.requests_in_flight, self.calls.len() as u64, "requests in flight");
        assert_eq!(ledger.edges.iter().map(|edge| edge.sent).sum::<u64>(), self.sent, "attempts sent");
        let in_system: u64 = ledger.services.iter().map(|service| service.in_system).sum();
        assert_eq!(in_system, self.attempts.len() as u64, "attempts in system");
        for call in self.calls.values() {
            let edge = &model.edges[call.edge];
            let sent = call.waits_for.map_or(self.now, |attempt| self.attempts[&attempt].sent);
            let attempt_ends = sent + edge.attempt_timeout.unwrap_or(SimDuration::MAX);
            let call_ends = call.arrived + edge.total_timeout.unwrap_or(SimDuration::MAX);
            assert!(self.now <= attempt_ends.min(call_ends), "a timeout was forgotten");
        }
        assert!(self.now < model.horizon, "nothing happens at the horizon or after it");
    }

    /// Whether a stop covers this moment, whatever has been told of its end so far.
    fn stopped(&self, id: InstanceId) -> bool {
        let on = |fault: &&Fault| fault.begins <= self.now && self.now < fault.ends;
        self.model.faults.iter().filter(on).any(|fault| match fault.effect {
            Effect::Stopped => fault.instances.contains(&id),
            Effect::Slower { .. } | Effect::Failing { .. } | Effect::Load { .. } => false,
            Effect::Down
            | Effect::Restarted
            | Effect::Hanging { .. }
            | Effect::Monkey { .. }
            | Effect::Stress { .. }
            | Effect::Payload { .. }
            | Effect::Flushed { .. }
            | Effect::Congested(_)
            | Effect::Rollout
            | Effect::Disturbed(_)
            | Effect::Hot => {
                unreachable!("watched systems are plain")
            }
        })
    }

    /// Whose turn it is at an instance.
    fn turn(&mut self, id: InstanceId) -> Option<Key> {
        let instance = &mut self.instances[id.index()];
        match self.model.services[ServiceId::from_index(instance.service)].queue {
            queue::Config::Fifo(_) => instance.line.pop_front(),
            queue::Config::Lifo(_) => instance.line.pop_back(),
            ref other => unreachable!("watched systems are plain, found {other:?}"),
        }
    }

    /// No worker idles while an attempt waits.
    fn assert_busy_while_somebody_waits(&self) {
        for (k, instance) in self.instances.iter().enumerate() {
            let service = &self.model.services[ServiceId::from_index(instance.service)];
            assert!(
                instance.line.is_empty()
                    || instance.busy == service.workers
                    || self.stopped(InstanceId::from_index(k)),
                "at {} a worker idles while an attempt waits",
                self.now
            );
        }
    }

    fn send(&mut self, now: SimTime, key: Key, attempt: Key, number: u32, to: InstanceId) {
        let call = self.calls.get_mut(&key).expect("no attempt is sent once its call has ended");
        let edge = &self.model.edges[call.edge];
        call.attempts += 1;
        assert_eq!(call.attempts, number, "attempts are numbered from 1");
        assert!(number <= edge.retry.most_sends(), "at most max_attempts are sent");
        assert_eq!(call.waits_for, None, "one attempt of a call at a time is waited for");
        assert_eq!(call.next_at.take().unwrap_or(call.arrived), now, "it is sent when it was planned");
        if let Some(total) = edge.total_timeout {
            assert!(now < call.arrived + total, "nothing is sent after the total timeout");
        }
        call.waits_for = Some(attempt);
        let service = &self.model.services[edge.to];
        let first = service.first_instance.index();
        assert!((first..first + service.instances as usize).contains(&to.index()), "sent to its service");
        let new = Attempt { call: key, sent: now, instance: to, ends: None };
        assert!(self.attempts.insert(attempt, new).is_none(), "ids in flight are unique");
        self.sent += 1;
        self.retries += u64::from(number > 1);
    }

    fn start(&mut self, now: SimTime, key: Key, waited: SimDuration, service_time: SimDuration) {
        let id = self.attempts[&key].instance;
        let (stopped, turn) = (self.stopped(id), self.turn(id));
        let attempt = self.attempts.get_mut(&key).expect("an attempt is under way when it starts");
        let instance = &mut self.instances[id.index()];
        let service = &self.model.services[ServiceId::from_index(instance.service)];
        assert!(!stopped, "nothing starts at a stopped service");
        assert_eq!(attempt.ends.replace(now + service_time), None, "an attempt starts once");
        assert_eq!(now.since(attempt.sent), waited, "the wait began when it was sent");
        assert!(waited <= service.max_wait, "what waited longer than max_wait is not served");
        match turn {
            None => assert_eq!(waited, SimDuration::ZERO, "who does not wait starts at once"),
            Some(next) => assert_eq!(next, key, "it was somebody else's turn"),
        }
        instance.busy += 1;
        assert!(instance.busy <= service.workers, "busy workers are at most the workers");
    }

    fn drop_waiting(&mut self, now: SimTime, key: Key) {
        let attempt = self.attempts.remove(&key).expect("an attempt is dropped once");
        let turn = self.turn(attempt.instance);
        let service = self.instances[attempt.instance.index()].service;
        let service = &self.model.services[ServiceId::from_index(service)];
        assert_eq!(turn, Some(key), "an attempt is dropped when its turn comes");
        assert_eq!(attempt.ends, None, "what is being served is not dropped");
        assert!(now.since(attempt.sent) > service.max_wait, "it waited too long");
    }

    fn complete(&mut self, now: SimTime, key: Key, outcome: Outcome, wanted: bool) {
        let attempt = self.attempts.remove(&key).expect("an attempt completes once, a dropped one never");
        assert_eq!(attempt.ends, Some(now), "it completes when its service time is over");
        self.instances[attempt.instance.index()].busy -= 1;
        let waited_for = self.calls.get(&attempt.call).is_some_and(|call| call.waits_for == Some(key));
        assert_eq!(wanted, waited_for, "an attempt is wanted while its call waits for it");
        if let Some(call) = self.calls.get(&attempt.call).filter(|_| wanted) {
            let patience = self.model.edges[call.edge].attempt_timeout.unwrap_or(SimDuration::MAX);
            assert!(now < attempt.sent + patience, "nobody wants an answer after its attempt's timeout");
        }
        if wanted && outcome.is_ok() {
            assert_eq!(self.owed.replace(attempt.call), None, "one answer at a time");
        }
    }

    fn attempt_failed(&mut self, now: SimTime, key: Key, attempt: Key, outcome: Outcome) {
        let call = self.calls.get_mut(&key).expect("a call under way hears of its attempts");
        assert_eq!(call.waits_for.take(), Some(attempt), "it is the attempt that the call waits for");
        let edge = &self.model.edges[call.edge];
        if outcome == Outcome::Timeout {
            let sent = self.attempts.get(&attempt).expect("its server still has it").sent;
            let own = edge.attempt_timeout.map(|patience| sent + patience);
            let total = edge.total_timeout.map(|patience| call.arrived + patience);
            assert!(own == Some(now) || total == Some(now), "a timeout comes to the nanosecond");
            self.timeouts += 1;
        }
    }

    fn answer(&mut self, now: SimTime, key: Key, arrived: SimTime, attempts: u32) {
        assert_eq!(self.owed.take(), Some(key), "an answer follows the completion of its attempt");
        let call = self.calls.remove(&key).expect("a request ends once");
        assert_eq!((call.arrived, call.attempts), (arrived, attempts));
        let edge = &self.model.edges[call.edge];
        if let Some(total) = edge.total_timeout {
            assert!(now < arrived + total, "an answer after the total timeout is none");
        }
        self.answered += 1;
    }

    fn fail(&mut self, now: SimTime, key: Key, arrived: SimTime, attempts: u32) {
        let call = self.calls.remove(&key).expect("a request ends once");
        assert_eq!((call.arrived, call.attempts), (arrived, attempts));
        assert_eq!(call.waits_for, None, "a call does not fail while an attempt is waited for");
        if let Some(next) = call.next_at {
            let total = self.model.edges[call.edge].total_timeout;
            assert_eq!(total.map(|patience| arrived + patience), Some(now), "only that ends a back-off");
            assert!(next >= now);
        }
        self.failed += 1;
    }
}

impl Probe for Watch {
    fn on_event(&mut self, now: SimTime, _event: impl Fn() -> Event) {
        assert!(self.now <= now, "time goes back from {} to {now}", self.now);
        assert_eq!(self.owed, None, "a wanted answer was not delivered");
        if self.now < now {
            self.assert_busy_while_somebody_waits();
        }
        self.now = now;
    }

    fn observe(&mut self, now: SimTime, observation: Observation) {
        assert_eq!(self.now, now, "things happen at the moment of their event");
        match observation {
            Observation::Arrived { workload, call, client } => {
                let workload = &self.model.workloads[workload];
                assert!(client < workload.clients, "clients are numbered from 0");
                let new =
                    Call { arrived: now, edge: workload.edge, attempts: 0, waits_for: None, next_at: None };
                assert!(self.calls.insert(of_call(call), new).is_none(), "ids in flight are unique");
                self.created += 1;
            }
            Observation::Sent { call, attempt, instance, number, .. } => {
                self.send(now, of_call(call), of_attempt(attempt), number, instance);
            }
            Observation::Queued { attempt, waiting } => {
                let key = of_attempt(attempt);
                let instance = &mut self.instances[self.attempts[&key].instance.index()];
                instance.line.push_back(key);
                assert_eq!(instance.line.len(), waiting, "the length of the line");
                let capacity = self.model.services[ServiceId::from_index(instance.service)].capacity;
                assert!(capacity.admits(waiting - 1), "the line is at most as long as its capacity");
            }
            Observation::Rejected { attempt, .. } => {
                let key = of_attempt(attempt);
                let attempt = self.attempts.get(&key).expect("an attempt is turned away once");
                let instance = &self.instances[attempt.instance.index()];
                let service = &self.model.services[ServiceId::from_index(instance.service)];
                assert_eq!(
                    service.capacity,
                    Limit::AtMost(instance.line.len() as u32),
                    "only a full line turns anybody away"
                );
                assert!(instance.busy == service.workers || self.stopped(attempt.instance));
                assert_eq!(attempt.sent, now, "on arrival or never");
                self.attempts.remove(&key);
            }
            Observation::Dropped { attempt, .. } => self.drop_waiting(now, of_attempt(attempt)),
            Observation::Started { attempt, waited, service_time, .. } => {
                let service_time = service_time.expect("what a leaf takes is known when it starts");
                self.start(now, of_attempt(attempt), waited, service_time);
            }
            Observation::Completed { attempt, outcome, wanted, .. } => {
                self.complete(now, of_attempt(attempt), outcome, wanted);
            }
            Observation::AttemptFailed { call, attempt, outcome } => {
                self.attempt_failed(now, of_call(call), of_attempt(attempt), outcome);
            }
            Observation::RetryPlanned { call, after } => {
                let call = self.calls.get_mut(&of_call(call)).expect("only a call under way plans");
                assert_eq!(call.next_at.replace(now + after), None, "one retry at a time");
            }
            Observation::GaveUp { call, .. } => {
                assert!(self.calls.contains_key(&of_call(call)), "only a call under way gives up");
            }
            Observation::Answered { call, arrived, attempts, .. } => {
                self.answer(now, of_call(call), arrived, attempts);
            }
            Observation::Failed { call, arrived, attempts, .. } => {
                self.fail(now, of_call(call), arrived, attempts);
            }
            Observation::Trigger { fault, begins } => {
                let on = &mut self.on[fault.index()];
                assert_ne!(*on, begins, "a trigger begins once and ends once");
                *on = begins;
                let fault = &self.model.faults[fault];
                assert_eq!(now, if begins { fault.begins } else { fault.ends });
            }
            Observation::Action { .. }
            | Observation::Alert { .. }
            | Observation::Called { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::Lost { .. }
            | Observation::Withdrawn { .. }
            | Observation::Cache { .. }
            | Observation::CallEnded { .. }
            | Observation::Abandoned { .. }
            | Observation::InstanceState { .. }
            | Observation::Connection { .. }
            | Observation::Believed { .. } => unreachable!("watched systems are plain"),
            Observation::Aside { .. } => {}
        }
    }
}
