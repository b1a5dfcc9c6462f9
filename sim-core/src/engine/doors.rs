//! Who waits outside, and who goes on as soon as it is let in? Where a full line drops nobody, those who come
//! wait before it in the order in which they came, and hold what they hold; calls that wait only until they are
//! accepted end when their attempt is in line or with a worker.

use std::collections::VecDeque;

use super::Simulation;
use super::state::{Attempt, Errand, Phase, Ready};
use crate::ids::{AttemptId, CallId, IdVec, InstanceId, ServiceId};
use crate::metrics::{Aside, Observation, Probe};
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::policy::Outcome;
use crate::time::SimTime;

/// Those who wait outside one instance.
#[derive(Debug, Default)]
struct Door {
    /// In order; those that have left are still in it.
    line: VecDeque<AttemptId>,
    /// Those that have not left.
    waiting: usize,
    /// Whether somebody looks for room after the event under way.
    is_marked: bool,
}

/// A number over time.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    now: u32,
    until: SimTime,
    area: u128,
}

impl Level {
    fn advance(&mut self, now: SimTime) {
        self.area += u128::from(self.now) * u128::from(now.since(self.until).as_nanos());
        self.until = now;
    }
}

/// Those who wait outside.
#[derive(Debug)]
pub(super) struct Doors {
    /// Whether anybody ever waits outside.
    pub(super) exist: bool,
    instances: IdVec<InstanceId, Door>,
    /// By service: how many wait outside it, and how many of its own wait outside others.
    outside: IdVec<ServiceId, Level>,
    held_up: IdVec<ServiceId, Level>,
}

/// Whether anybody ever waits outside, whatever operators do.
pub(super) fn exist(model: &Model) -> bool {
    let blocks = |model: &Model| model.services.iter().any(|service| service.blocks);
    blocks(model) || model.stages.iter().any(|(_, stage)| blocks(stage))
}

impl Doors {
    pub(super) fn new(model: &Model) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let levels = || model.services.iter().map(|_| Level::default()).collect();
        Doors {
            exist: exist(model),
            instances: (0..instances).map(|_| Door::default()).collect(),
            outside: levels(),
            held_up: levels(),
        }
    }

    /// Areas under those outside a service, and under its own that wait outside others, up to now.
    pub(super) fn areas(&mut self, id: ServiceId, now: SimTime) -> (f64, f64) {
        let area = |level: &mut Level| {
            level.advance(now);
            level.area as f64
        };
        (area(&mut self.outside[id]), area(&mut self.held_up[id]))
    }

    /// One more outside `service`, or one less; it is held up there for `caller`.
    fn count(&mut self, now: SimTime, service: ServiceId, caller: EdgeCaller, more: bool) {
        let change = |level: &mut Level| {
            level.advance(now);
            level.now = if more { level.now + 1 } else { level.now - 1 };
        };
        change(&mut self.outside[service]);
        if let EdgeCaller::Service(caller) = caller {
            change(&mut self.held_up[caller]);
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Whether an attempt that has come finds the line full, or others before it; then it waits outside, and
    /// for its instance it has not come yet.
    #[inline(never)]
    pub(super) fn stays_outside(&mut self, id: AttemptId) -> bool {
        let attempt = self.attempts.get(id.0).expect("an attempt is under way when it reaches its instance");
        let instance = attempt.instance;
        let server = &self.servers[instance];
        let is_first = self.doors.instances[instance].waiting == 0;
        if !server.accepts || attempt.withdrawn || (is_first && self.lets_in(instance)) {
            return false;
        }
        let (service, caller) = (server.service, self.model.edges[attempt.edge].caller);
        let attempt = self.attempts.get_mut(id.0).expect("looked up above");
        (attempt.phase, attempt.entered) = (Phase::Outside, self.now);
        let door = &mut self.doors.instances[instance];
        door.line.push_back(id);
        door.waiting += 1;
        self.doors.count(self.now, service, caller, true);
        self.ledger.services[service].outside += 1;
        self.aside(id, Aside::WaitsOutside);
        true
    }

    /// Whether one more attempt can be let in: its line is not full, or drops somebody if it is.
    fn lets_in(&self, instance: InstanceId) -> bool {
        let (server, meter) = (&self.servers[instance], &self.meters[instance]);
        let service = &self.model.services[server.service];
        let starts_at_once = meter.busy < service.slots && !server.stopped && server.waiting == 0;
        !service.blocks || starts_at_once || service.capacity.admits(server.waiting)
    }

    /// Somebody has left the instance or its line: those outside look when the event is over.
    #[inline]
    pub(super) fn makes_room(&mut self, instance: InstanceId) {
        if PLAIN || !self.doors.exist {
            return;
        }
        let door = &mut self.doors.instances[instance];
        if door.waiting > 0 && !std::mem::replace(&mut door.is_marked, true) {
            self.ready.push_back(Ready::Room(instance));
        }
    }

    /// As many come in as there is room for.
    pub(super) fn on_room(&mut self, instance: InstanceId) {
        self.doors.instances[instance].is_marked = false;
        while self.doors.instances[instance].waiting > 0 && self.lets_in(instance) {
            let Some(id) = self.doors.instances[instance].line.pop_front() else { return };
            if self.attempts.get(id.0).is_some() {
                self.leaves_outside(id);
                self.ledger.services[self.servers[instance].service].let_in += 1;
                self.let_in(id);
            }
        }
    }

    /// An attempt waits outside no more: its record is that of one that comes at this moment.
    fn leaves_outside(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.get_mut(id.0).expect("who waits outside is under way");
        let waited = now.since(attempt.entered).as_nanos();
        (attempt.phase, attempt.entered) = (Phase::Out, now);
        let (instance, caller) = (attempt.instance, self.model.edges[attempt.edge].caller);
        let service = self.servers[instance].service;
        self.doors.instances[instance].waiting -= 1;
        self.doors.count(now, service, caller, false);
        self.ledger.services[service].time_outside += u128::from(waited);
    }

    /// Nobody waits any more for an attempt that is still outside: it leaves. It was never handed over, so it does
    /// not matter whether the service listens to those who cancel.
    pub(super) fn leave_door(&mut self, id: AttemptId) {
        self.leaves_outside(id);
        let attempt = self.attempts.remove(id.0);
        let service = self.servers[attempt.instance].service;
        let ledger = &mut self.ledger.services[service];
        ledger.outside_left += 1;
        ledger.arrived += 1;
        ledger.withdrawn += 1;
        self.probe.observe(self.now, Observation::Withdrawn { attempt: id, service });
        let attempts = &self.attempts;
        let door = &mut self.doors.instances[attempt.instance];
        if door.line.len() > 2 * door.waiting + 64 {
            door.line.retain(|id| attempts.get(id.0).is_some());
        }
    }

    /// The instance is gone: those outside find nobody there, and callers may try another.
    pub(super) fn close_door(&mut self, instance: InstanceId) {
        let line = std::mem::take(&mut self.doors.instances[instance].line);
        for id in line {
            if self.attempts.get(id.0).is_some_and(|attempt| attempt.phase == Phase::Outside) {
                self.leaves_outside(id);
                self.ledger.services[self.servers[instance].service].outside_left += 1;
                self.let_in(id); // and is refused
            }
        }
    }

    /// An attempt is let in whose call waits for no more than that. From now on it belongs to the instance alone:
    /// nobody waits for it, nobody is told what becomes of it. Gives its number there: with a network the word
    /// travels back under the old one, so that a timeout may come before it.
    #[inline(never)]
    pub(super) fn accept(&mut self, id: AttemptId) -> AttemptId {
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that came is under way");
        let edge = attempt.edge;
        let errand = self.errands[id.0.slot as usize];
        let mut errand = Errand { accepted: true, ..errand };
        errand.baggage.deadline = SimTime::NEVER;
        let ledger = &mut self.ledger.edges[edge];
        ledger.accepted += 1;
        ledger.produced += 1;
        let item = if self.model.edges[edge].has_network {
            let copy = Attempt { wanted: false, ..*attempt };
            AttemptId(self.attempts.insert(copy))
        } else {
            if std::mem::take(&mut attempt.wanted) {
                self.ready.push_back(Ready::Accepted(attempt.call));
            }
            id
        };
        self.aside(id, Aside::Accepted { item });
        let slot = item.0.slot as usize;
        if slot >= self.errands.len() {
            self.errands.resize(slot + 1, errand);
        }
        self.errands[slot] = errand;
        if item != id {
            self.travel_back(id, Outcome::Ok);
        }
        item
    }

    /// A call that waited only until it was accepted goes on, unless its caller is gone in this very moment.
    pub(super) fn on_accepted(&mut self, call: CallId) {
        if self.calls.get(call.0).is_some() {
            self.answer(call);
        }
    }

    /// Adds up the areas at the end.
    pub(super) fn close_doors(&mut self) {
        let now = self.now;
        for id in self.model.services.ids() {
            let level = &mut self.doors.outside[id];
            level.advance(now);
            self.ledger.services[id].outside_area = level.area;
        }
    }
}
