//! Does anything happen that cannot? An observer of networks that knows who is alive, what became of every
//! attempt, and what each caller is owed; it stops the run at the first thing that contradicts its books.

use std::collections::BTreeMap;

use sim_core::event::Event;
use sim_core::ids::{AttemptId, CallId, EdgeId, Id, InstanceId, PoolId};
use sim_core::metrics::{Aside, InstanceState, Observation, Probe};
use sim_core::model::Model;
use sim_core::model::pipeline::Layer;
use sim_core::policy::Outcome;
use sim_core::time::{SimDuration, SimTime};

type Key = (u32, u32);

fn of_call(CallId(id): CallId) -> Key {
    (id.slot, id.generation)
}

fn of_attempt(AttemptId(id): AttemptId) -> Key {
    (id.slot, id.generation)
}

/// What became of an attempt at its server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    OnItsWay,
    Waiting,
    Serving,
    Rejected(Outcome),
    Dropped,
    Lost,
    Withdrawn,
    Completed(Outcome),
}

#[derive(Clone, Copy)]
struct Attempt {
    call: Key,
    edge: EdgeId,
    instance: InstanceId,
    /// When its caller stops waiting.
    due: SimTime,
    fate: Fate,
    /// Whether it was let in, and its caller waits for no more.
    accepted: bool,
}

struct Call {
    begun: SimTime,
    /// When its caller stops waiting.
    due: SimTime,
    edge: Option<EdgeId>,
    /// The attempts that its caller waits for: one, or several where it is hedged.
    waits_for: Vec<Key>,
}

/// The books.
pub(crate) struct Aware {
    model: Model,
    /// Bits of the changes of actions that are on.
    on: u64,
    now: SimTime,
    calls: BTreeMap<Key, Call>,
    attempts: BTreeMap<Key, Attempt>,
    /// State of each instance as it was told.
    states: Vec<InstanceState>,
    /// Attempts in service at each instance.
    serving: Vec<u32>,
    /// Attempts of each pool that are waited for.
    held: Vec<u64>,
    /// Attempts withdrawn in the event under way: none may be waited for when it is over.
    withdrawn: Vec<Key>,
    /// How often each kind of thing happened.
    pub(crate) seen: BTreeMap<String, u64>,
}

impl Aware {
    pub(crate) fn new(model: &Model) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        Aware {
            model: model.clone(),
            on: 0,
            now: SimTime::ZERO,
            calls: BTreeMap::new(),
            attempts: BTreeMap::new(),
            states: vec![InstanceState::Ready; instances as usize],
            serving: vec![0; instances as usize],
            held: vec![0; model.pools.len()],
            withdrawn: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// The model under the changes that are on.
    fn present(&self) -> &Model {
        let stage = self.model.stages.iter().find(|(bits, _)| *bits == self.on);
        stage.map_or(&self.model, |(_, model)| model)
    }

    /// A call that begins now.
    fn call(&self, edge: EdgeId) -> Call {
        let edge = &self.present().edges[edge];
        // Whoever waits at a layer outside that clock has all of its time afterwards.
        let starts_late = edge.pipeline.is_guarded && edge.pipeline.place(Layer::TotalTimeout) > 0;
        let patience = edge.total_timeout.filter(|_| !starts_late).unwrap_or(SimDuration::MAX);
        Call { begun: self.now, due: self.now + patience, edge: None, waits_for: Vec::new() }
    }

    /// The highest value over all that actions can make of the model.
    fn most(&self, of: impl Fn(&Model) -> u32) -> u64 {
        let stages = self.model.stages.iter().map(|(_, model)| model);
        u64::from(std::iter::once(&self.model).chain(stages).map(of).max().expect("there is one at least"))
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    fn attempt(&mut self, key: Key) -> &mut Attempt {
        self.attempts.get_mut(&key).expect("an attempt was sent before anything else")
    }

    fn assert_alive(&self, instance: InstanceId, what: &str) {
        let state = self.states[instance.index()];
        let dead = matches!(state, InstanceState::Down | InstanceState::Booting | InstanceState::Absent);
        assert!(!dead, "an instance that is {} {what}", state.word());
    }

    /// The attempt leaves its server with this fate.
    fn leaves(&mut self, key: Key, fate: Fate) {
        let attempt = self.attempt(key);
        let (before, instance) = (std::mem::replace(&mut attempt.fate, fate), attempt.instance);
        let allowed = match fate {
            Fate::Rejected(_) => before == Fate::OnItsWay,
            Fate::Dropped => before == Fate::Waiting,
            Fate::Completed(_) => before == Fate::Serving,
            Fate::Lost => matches!(before, Fate::Waiting | Fate::Serving),
            Fate::Withdrawn => matches!(before, Fate::OnItsWay | Fate::Waiting | Fate::Serving),
            Fate::OnItsWay | Fate::Waiting | Fate::Serving => false,
        };
        assert!(allowed, "{before:?} is followed by {fate:?}");
        if before == Fate::Serving {
            self.serving[instance.index()] -= 1;
        }
    }

    fn start(&mut self, key: Key) {
        let attempt = self.attempt(key);
        let before = std::mem::replace(&mut attempt.fate, Fate::Serving);
        assert!(matches!(before, Fate::OnItsWay | Fate::Waiting), "{before:?} is followed by a start");
        let (instance, edge) = (attempt.instance, attempt.edge);
        self.assert_alive(instance, "starts work");
        self.serving[instance.index()] += 1;
        let serving = self.serving[instance.index()];
        let slots = self.most(|model| model.services[model.edges[edge].to].slots);
        assert!(u64::from(serving) <= slots, "{serving} in service, at most {slots} can be");
    }

    /// The caller's wait for an attempt is over; gives whether it waited.
    fn over(&mut self, call: Key, attempt: Key) -> bool {
        let Some(call) = self.calls.get_mut(&call) else { return false };
        let Some(place) = call.waits_for.iter().position(|key| *key == attempt) else { return false };
        call.waits_for.remove(place);
        let edge = self.attempts[&attempt].edge;
        if let Some(pool) = self.model.edges[edge].pool {
            self.held[pool.index()] -= 1;
        }
        true
    }

    fn waits(&self, call: Key, attempt: Key) -> bool {
        self.calls.get(&call).is_some_and(|call| call.waits_for.contains(&attempt))
    }

    fn hold(&mut self, id: PoolId) {
        let (held, pool) = (self.held[id.index()] + 1, &self.model.pools[id]);
        self.held[id.index()] = held;
        let slots = self.most(|model| model.pools[id].size) * u64::from(pool.clients);
        assert!(held <= slots, "{held} attempts hold slots of {}, which has {slots}", pool.path);
    }

    /// A call ends well: its attempt was served, and in time.
    fn ends_well(&mut self, key: Key) {
        let &[attempt] = &self.calls[&key].waits_for[..] else {
            panic!("an answer answers the only attempt that is waited for")
        };
        self.over(key, attempt);
        let Attempt { due, fate, accepted, .. } = self.attempts[&attempt];
        assert!(accepted || fate == Fate::Completed(Outcome::Ok), "an answer follows a completion: {fate:?}");
        // At the very moment only if it began and ended in no time when another's timeout freed a worker.
        assert!(self.now <= due, "an answer after the timeout of its attempt is none");
        assert!(self.now <= self.calls[&key].due, "an answer after the total timeout is none");
        self.calls.remove(&key);
    }

    fn attempt_failed(&mut self, call: Key, attempt: Key, outcome: Outcome) {
        assert!(self.over(call, attempt), "callers hear of the attempts that they wait for");
        let edge = self.attempts[&attempt].edge;
        let is_hedged = self.most(|model| model.edges[edge].hedging.max_attempts()) > 1;
        if is_hedged && outcome == Outcome::Cancelled {
            return;
        }
        let fate = self.attempts[&attempt].fate;
        let told = match fate {
            Fate::Rejected(reason) => outcome == reason,
            Fate::Dropped => matches!(outcome, Outcome::QueueFull | Outcome::Expired),
            Fate::Lost => outcome == Outcome::Reset,
            Fate::Completed(error @ (Outcome::ServerError | Outcome::Conflict)) => outcome == error,
            Fate::OnItsWay | Fate::Waiting | Fate::Serving | Fate::Withdrawn | Fate::Completed(_) => false,
        };
        // Whoever is on a connection hears of what becomes of it: it is not opened, or is reset with all that is on it.
        let is_connected = self.most(|model| u32::from(model.edges[edge].connection.is_some())) > 0;
        let of_connection = match (outcome, fate) {
            (Outcome::ConnectFailure, Fate::OnItsWay) => is_connected,
            (Outcome::Reset, Fate::OnItsWay | Fate::Waiting | Fate::Serving | Fate::Completed(_)) => {
                is_connected
            }
            _ => false,
        };
        let is_known = told || of_connection || outcome == Outcome::Timeout;
        assert!(is_known, "{fate:?} is told as {outcome:?}");
    }
}

impl Probe for Aware {
    fn on_event(&mut self, now: SimTime, _event: impl Fn() -> Event) {
        assert!(self.now <= now, "time goes back from {} to {now}", self.now);
        for key in std::mem::take(&mut self.withdrawn) {
            let waits = self.waits(self.attempts[&key].call, key);
            assert!(!waits, "an attempt was withdrawn although its call waits for it");
        }
        self.now = now;
    }

    fn observe(&mut self, now: SimTime, observation: Observation) {
        assert_eq!(self.now, now, "things happen at the moment of their event");
        match observation {
            Observation::Arrived { call, .. } | Observation::Called { call, .. } => {
                let (edge, what) = match observation {
                    Observation::Called { edge, .. } => (edge, "calls of services"),
                    Observation::Arrived { workload, .. } => {
                        (self.model.workloads[workload].edge, "requests")
                    }
                    _ => unreachable!("one of the two"),
                };
                self.count(what);
                let new = self.call(edge);
                assert!(self.calls.insert(of_call(call), new).is_none(), "ids in flight are unique");
            }
            Observation::Sent { call, attempt, edge, instance, number, .. } => {
                if number > 1 {
                    self.count("retries");
                }
                let state = self.states[instance.index()];
                assert_ne!(
                    state,
                    InstanceState::Absent,
                    "callers know nothing of instances that are not there"
                );
                let (call, key) = (of_call(call), of_attempt(attempt));
                // Calls of probes are made by nobody: their first attempt is the first that is seen.
                let new = self.call(edge);
                let caller = self.calls.entry(call).or_insert(new);
                assert!(caller.edge.is_none_or(|before| before == edge), "a call keeps to its edge");
                caller.edge = Some(edge);
                caller.waits_for.push(key);
                let out = caller.waits_for.len() as u64;
                let most = self.most(|model| model.edges[edge].hedging.max_attempts());
                assert!(out <= most, "one attempt of a call at a time, unless it is hedged");
                let patience = self.present().edges[edge].attempt_timeout.unwrap_or(SimDuration::MAX);
                let new = Attempt {
                    call,
                    edge,
                    instance,
                    due: now + patience,
                    fate: Fate::OnItsWay,
                    accepted: false,
                };
                assert!(self.attempts.insert(key, new).is_none(), "ids in flight are unique");
                if let Some(pool) = self.model.edges[edge].pool {
                    self.hold(pool);
                }
            }
            Observation::Queued { attempt, .. } => {
                let attempt = self.attempt(of_attempt(attempt));
                assert_eq!(std::mem::replace(&mut attempt.fate, Fate::Waiting), Fate::OnItsWay);
                let instance = attempt.instance;
                self.assert_alive(instance, "lets an attempt wait");
            }
            Observation::Started { attempt, .. } => self.start(of_attempt(attempt)),
            Observation::Completed { attempt, outcome, wanted, .. } => {
                let key = of_attempt(attempt);
                self.leaves(key, Fate::Completed(outcome));
                let Attempt { instance, call, accepted, .. } = self.attempts[&key];
                self.assert_alive(instance, "completes");
                let waits = self.waits(call, key);
                assert_eq!(wanted, waits || accepted, "an attempt is wanted while its call waits for it");
                self.count(if wanted { "completions" } else { "completions in vain" });
            }
            Observation::Rejected { attempt, outcome, .. } => {
                self.leaves(of_attempt(attempt), Fate::Rejected(outcome));
                self.count(format!("rejected: {outcome:?}"));
            }
            Observation::Dropped { attempt, .. } => {
                self.leaves(of_attempt(attempt), Fate::Dropped);
                self.count("dropped");
            }
            Observation::Lost { attempt, .. } => {
                self.leaves(of_attempt(attempt), Fate::Lost);
                self.count("lost");
            }
            Observation::Withdrawn { attempt, service } => {
                let key = of_attempt(attempt);
                let is_tied = |model: &Model| {
                    model.edges.iter().any(|edge| edge.to == service && edge.hedging.is_tied())
                };
                let listens = |model: &Model| {
                    u32::from(!model.services[service].on_cancel.is_ignored() || is_tied(model))
                };
                let blocks = |model: &Model| u32::from(model.services[service].blocks);
                let outside = self.attempts[&key].fate == Fate::OnItsWay && self.most(blocks) == 1;
                assert!(self.most(listens) == 1 || outside, "it does not listen");
                self.leaves(key, Fate::Withdrawn);
                self.withdrawn.push(key);
                self.count("withdrawn");
            }
            Observation::Cache { event, .. } => self.count(format!("cache: {event:?}")),
            Observation::AttemptFailed { call, attempt, outcome } => {
                self.attempt_failed(of_call(call), of_attempt(attempt), outcome);
                self.count(format!("failed: {outcome:?}"));
            }
            Observation::Action { action, begins } => {
                self.on ^= self.model.actions[action as usize].bit;
                self.count(if begins { "actions" } else { "actions that ended" });
            }
            Observation::Alert { .. } => self.count("alerts"),
            Observation::NotSent { outcome, .. } => self.count(format!("not sent: {outcome:?}")),
            Observation::AwaitsSlot { .. } => self.count("waits for a slot"),
            Observation::Answered { call, arrived, .. } => {
                let key = of_call(call);
                assert_eq!(self.calls[&key].begun, arrived);
                self.ends_well(key);
                self.count("answered");
            }
            Observation::CallEnded { call, outcome: Outcome::Ok, .. } => self.ends_well(of_call(call)),
            Observation::Failed { call, .. } | Observation::CallEnded { call, .. } => {
                let call = self.calls.remove(&of_call(call));
                let waits_for = call.map_or(Vec::new(), |call| call.waits_for);
                assert_eq!(waits_for, [], "a call fails while an attempt is waited for");
                self.count("failed");
            }
            Observation::Abandoned { call } => {
                let key = of_call(call);
                let waits_for = self.calls.get(&key).map_or(Vec::new(), |call| call.waits_for.clone());
                for attempt in waits_for {
                    self.over(key, attempt);
                }
                self.calls.remove(&of_call(call));
                self.count("abandoned");
            }
            Observation::InstanceState { instance, state } => {
                self.states[instance.index()] = state;
                if matches!(state, InstanceState::Down | InstanceState::Absent) {
                    assert_eq!(self.serving[instance.index()], 0, "a crash leaves nothing in service");
                }
                self.count(state.word());
            }
            Observation::Believed { belief, .. } => self.count(belief.word()),
            Observation::Aside { attempt, aside: Aside::Accepted { item } } => {
                let attempt = self.attempt(of_attempt(attempt));
                attempt.accepted = true;
                let copy = *attempt;
                self.attempts.insert(of_attempt(item), copy);
                self.count("accepted");
            }
            Observation::Aside { aside: Aside::WaitsOutside, .. } => self.count("waits outside"),
            Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::Aside { .. }
            | Observation::Connection { .. }
            | Observation::Trigger { .. } => {}
        }
    }
}
