//! What happens when an operator acts? The run goes on with another model of the same build. What has changed
//! starts afresh; what is under way goes on, and what waits waits in the new order.

use super::Simulation;
use super::marks::MarkKind;
use super::state::{CallerState, Phase};
use crate::dist::Sampler;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, EdgeId, IdVec, InstanceId, ServiceId, SessionId, WorkloadId};
use crate::metrics::{Observation, Probe};
use crate::model::Model;
use crate::model::action::{Level, Start};
use crate::model::endpoint::Program;
use crate::model::service::Service;
use crate::policy::{admission, queue};
use crate::time::{SimDuration, SimTime};

/// From one look of an operator to the next.
const LOOK: SimDuration = SimDuration::from_secs(1);

/// What operators have done so far and what they wait for.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// Bits of the changes that are on.
    on: u64,
    /// By action, since when its condition holds; none while it does not, or where there is none.
    holds_since: Vec<Option<SimTime>>,
    /// By action, whether it has been done.
    done: Vec<bool>,
    /// By workload, how many actions pause it.
    paused: IdVec<WorkloadId, u32>,
    /// Users who would send a request if they were not paused.
    held: IdVec<WorkloadId, Vec<SessionId>>,
    /// Requests that were answered and that failed up to the last look, and the success then seen.
    seen: (u64, u64),
    success: Option<f64>,
}

impl Actions {
    pub(super) fn new(model: &Model) -> Self {
        Actions {
            holds_since: vec![None; model.actions.len()],
            done: vec![false; model.actions.len()],
            paused: model.workloads.iter().map(|_| 0).collect(),
            held: model.workloads.iter().map(|_| Vec::new()).collect(),
            ..Actions::default()
        }
    }

    /// Whether the users of a workload send nothing at present.
    pub(super) fn pauses(&self, workload: WorkloadId) -> bool {
        self.paused[workload] > 0
    }

    /// A user of a paused workload would send a request: it is sent when the pause is over.
    pub(super) fn hold(&mut self, workload: WorkloadId, session: SessionId) {
        self.held[workload].push(session);
    }
}

impl<'m, P: Probe, const PLAIN: bool> Simulation<'m, P, PLAIN> {
    pub(super) fn schedule_actions(&mut self) {
        let mut looks = false;
        for (number, action) in self.start.actions.iter().enumerate() {
            match action.start {
                Start::At(at) => {
                    self.events.schedule(at, Event::Action { action: number as u32, begins: true });
                }
                Start::When(..) => looks = true,
            }
        }
        if looks {
            self.schedule_timer(Lane::HEAP, SimTime::ZERO + LOOK, Event::Look);
        }
    }

    /// An operator looks whether it is time to act.
    pub(super) fn on_look(&mut self) {
        let now = self.now;
        let (answered, failed) = (self.ledger.requests_answered, self.ledger.requests_failed);
        let (good, bad) = (answered - self.actions.seen.0, failed - self.actions.seen.1);
        self.actions.seen = (answered, failed);
        if good + bad > 0 {
            self.actions.success = Some(good as f64 / (good + bad) as f64);
        }
        let mut goes_on = false;
        for (number, action) in self.start.actions.iter().enumerate() {
            let Start::When(level, bound, length) = action.start else { continue };
            if self.actions.done[number] {
                continue;
            }
            goes_on = true;
            let holds = self.level(level).is_some_and(|level| bound.holds(level));
            let since = &mut self.actions.holds_since[number];
            *since = if holds { Some(since.unwrap_or(now)) } else { None };
            if since.is_some_and(|since| since + length <= now) {
                match action.reaction_time {
                    SimDuration::ZERO => self.on_action(number as u32, true),
                    reaction => {
                        self.actions.done[number] = true;
                        let event = Event::Action { action: number as u32, begins: true };
                        self.schedule_timer(Lane::HEAP, now + reaction, event);
                    }
                }
            }
        }
        if goes_on {
            self.schedule_timer(Lane::HEAP, now + LOOK, Event::Look);
        }
    }

    fn level(&self, level: Level) -> Option<f64> {
        let instances = |service: ServiceId| self.model.services[service].all_instances();
        match level {
            Level::QueueLength(service) => {
                Some(instances(service).map(|instance| self.servers[instance].waiting).sum::<usize>() as f64)
            }
            Level::ReadyInstances(service) => Some(
                instances(service).filter(|i| self.servers[*i].accepts && self.servers[*i].ready).count()
                    as f64,
            ),
            Level::Success => self.actions.success,
            Level::Alert(monitor) => Some(f64::from(u8::from(self.monitors.fires(monitor)))),
        }
    }

    /// An action begins, or what it changed is as before.
    pub(super) fn on_action(&mut self, number: u32, begins: bool) {
        let action = &self.start.actions[number as usize];
        self.actions.done[number as usize] = true;
        self.probe.observe(self.now, Observation::Action { action: number, begins });
        if begins {
            self.marks.add(self.now, MarkKind::Acts, number);
        }
        if begins && self.monitors.exist {
            self.operator_acted();
        }
        if begins && let Some(length) = action.length {
            self.schedule_timer(
                Lane::HEAP,
                self.now + length,
                Event::Action { action: number, begins: false },
            );
        }
        if action.bit > 0 {
            self.actions.on ^= action.bit;
            self.switch();
        }
        if let Some(workload) = action.paused {
            self.pause(workload, begins);
        }
        if begins {
            for instance in &action.restarted {
                self.terminate(*instance);
            }
        }
    }

    fn pause(&mut self, workload: WorkloadId, begins: bool) {
        let count = &mut self.actions.paused[workload];
        *count = if begins { *count + 1 } else { *count - 1 };
        if *count == 0 {
            for session in std::mem::take(&mut self.actions.held[workload]) {
                self.on_user_returns(session);
            }
            self.renew_after_pause(workload);
        }
    }

    /// The run goes on with the model of the changes that are on.
    fn switch(&mut self) {
        let on = self.actions.on;
        let stage = self.start.stages.iter().find(|(bits, _)| *bits == on).map(|(_, model)| model);
        assert!(stage.is_some() || on == 0, "every set of changes that can be on has a model");
        self.switch_to(stage.unwrap_or(self.start));
    }

    /// The run goes on with another model of the same build.
    pub(super) fn switch_to(&mut self, model: &'m Model) {
        let before = std::mem::replace(&mut self.model, model);
        self.finish_lanes = finish_lanes(self.model, &mut self.events);
        for edge in self.model.edges.ids() {
            self.switch_edge(edge, before);
        }
        for edge in self.model.edges.ids() {
            self.fill_bulkheads(edge);
        }
        for (id, pool) in self.model.pools.iter_ids() {
            for client in 0..pool.clients as usize {
                self.grant(id, client);
            }
        }
        // First what instances remember, then what follows from it: who is dropped from one line may come to
        // another instance at once.
        for id in self.model.services.ids() {
            self.switch_policies(id, &before.services[id]);
        }
        for id in self.model.services.ids() {
            self.switch_service(id, &before.services[id]);
        }
    }

    /// Clients whose policies have changed forget what they knew; the others keep it.
    fn switch_edge(&mut self, id: EdgeId, before: &Model) {
        let (old, new) = (&before.edges[id], &self.model.edges[id]);
        let mut fresh = CallerState::new(new, self.model, self.seed, &mut self.events);
        let state = &mut self.callers[id];
        let keeps_chooser = old.chooser == new.chooser && old.chooses == new.chooses;
        for (now, then) in fresh.clients.iter_mut().zip(&mut state.clients) {
            if old.retry == new.retry {
                std::mem::swap(&mut now.retry, &mut then.retry);
            }
            if old.hedging == new.hedging {
                std::mem::swap(&mut now.hedging, &mut then.hedging);
            }
            if keeps_chooser {
                std::mem::swap(&mut now.chooser, &mut then.chooser);
            }
        }
        if keeps_chooser {
            std::mem::swap(&mut fresh.board, &mut state.board);
        }
        fresh.guards.keep(&mut state.guards, old, new);
        *state = fresh;
        if old.retry != new.retry && new.retry.budget().counts_what_is_under_way() {
            for call in self.calls.iter().filter(|call| call.edge == id) {
                self.callers[id].clients[call.client as usize].retry.adopt(&call.progress);
            }
        }
        if old.hedging != new.hedging {
            self.adopt_hedges(id);
        }
        if keeps_chooser {
            return;
        }
        for client in 0..new.clients as usize {
            self.tell_who_is_away(id, client);
        }
        if !new.is_watched {
            return;
        }
        // They know what they have sent themselves and still wait for.
        for (slot, attempt) in
            self.attempts.iter_ids().filter(|(_, attempt)| attempt.edge == id && attempt.wanted)
        {
            let call = self.calls.get(attempt.call.0).expect("a wanted attempt has a call under way");
            if call.place == super::state::ANYWHERE {
                let place = match self.errands[slot.slot as usize].address {
                    super::state::ANYWHERE => self.model.services[new.to].place(attempt.instance),
                    address => address,
                };
                self.callers[id].clients[call.client as usize].chooser.sent(place);
            }
        }
    }

    fn switch_policies(&mut self, id: ServiceId, old: &Service) {
        let new = &self.model.services[id];
        for instance in new.all_instances() {
            if old.queue != new.queue {
                self.line_up_anew(instance);
            }
            if old.admission != new.admission {
                let server = &mut self.servers[instance];
                server.admission = admission::State::new(&new.admission);
                server.admission.restart(&new.admission, self.now);
            }
        }
    }

    fn switch_service(&mut self, id: ServiceId, old: &Service) {
        let new = &self.model.services[id];
        for instance in new.all_instances() {
            self.renew_condition(instance);
            if new.shares_workers && old.workers != new.workers {
                self.share_anew(instance);
            }
            self.meters[instance].advance(self.now);
            self.resume(instance);
        }
        if old.at_start != new.at_start {
            self.scale_by_hand(id, new.at_start);
        }
    }

    /// Those in line stand in a new line, in the order in which they came.
    fn line_up_anew(&mut self, instance: InstanceId) {
        let service = &self.model.services[self.servers[instance].service];
        let waits = |(id, attempt): (crate::ids::Handle, &super::state::Attempt)| {
            let is_here = attempt.phase == Phase::Waiting && attempt.instance == instance;
            is_here.then_some((attempt.entered, AttemptId(id)))
        };
        let mut waiting: Vec<(SimTime, AttemptId)> = self.attempts.iter_ids().filter_map(waits).collect();
        waiting.sort_by_key(|(entered, id)| (*entered, id.0.slot));
        self.servers[instance].line = queue::State::new(&service.queue);
        for (entered, id) in waiting {
            let waiting = self.waiting(id, entered);
            self.servers[instance].line.join(&service.queue, waiting);
        }
    }
}

/// Where work of constant length is scheduled.
pub(super) fn finish_lanes(
    model: &Model,
    events: &mut crate::event_list::EventList,
) -> IdVec<crate::ids::EndpointId, Lane> {
    let mut lane = |program: &Program| match program {
        Program::Leaf(work) => Sampler::constant(work).map_or(Lane::HEAP, |d| events.lane_for_delay(d)),
        Program::Steps(_) => Lane::HEAP,
    };
    model.endpoints.iter().map(|endpoint| lane(&endpoint.program)).collect()
}
