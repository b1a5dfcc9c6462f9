//! How far does an intruder get? From each service that it has taken over it calls all others in turn; whoever answers is
//! taken over next. Without such a trigger in the file nothing here is ever reached.

use std::collections::BTreeMap;

use super::Simulation;
use super::state::{ANYWHERE, Baggage, Call, Context, NO_ATTEMPT, Parent, Stage};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{EdgeId, FaultId, Id, IdVec, ServiceId, WorkloadId};
use crate::luck::Luck;
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::model::fault::Effect;
use crate::policy::{Outcome, retry};
use crate::time::{SimDuration, SimTime};

/// A service that an intruder has taken over, or will have at its first call.
#[derive(Clone, Copy, Debug)]
struct Foothold {
    fault: FaultId,
    service: ServiceId,
    /// Whose turn it is to be called.
    turn: usize,
}

/// What intruders have come to at one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntruderLedger {
    /// Their calls to it.
    pub calls: u64,
    /// Of those, the ones that were answered.
    pub served: u64,
    /// Of those, the ones that were refused because of who sent them, or how many.
    pub blocked: u64,
    /// Of those, the ones that failed in another way.
    pub failed: u64,
    /// Of those, the ones under way at the end.
    pub under_way: u64,
}

impl IntruderLedger {
    pub(super) fn laws(&self, id: ServiceId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.calls == self.served + self.blocked + self.failed + self.under_way, &|| {
            format!(
                "{id:?}: calls of intruders {} = served {} + blocked {} + failed {} + under way {}",
                self.calls, self.served, self.blocked, self.failed, self.under_way
            )
        });
    }
}

/// All intruders.
#[derive(Debug)]
pub(super) struct Intruders {
    edges: BTreeMap<(ServiceId, ServiceId), EdgeId>,
    footholds: Vec<Foothold>,
    /// Whether a service was ever reached, and what was served and blocked at the last reading.
    reached: IdVec<ServiceId, (bool, [u64; 2])>,
    /// Calls so far, which number their luck.
    sent: u64,
    read_at: SimTime,
}

impl Intruders {
    pub(super) fn new(model: &Model) -> Self {
        let from = |(id, edge): (EdgeId, &crate::model::edge::Edge)| match edge.caller {
            EdgeCaller::Intruder(from) => Some(((from, edge.to), id)),
            _ => None,
        };
        Intruders {
            edges: model.edges.iter_ids().filter_map(from).collect(),
            footholds: Vec::new(),
            reached: model.services.iter().map(|_| (false, [0; 2])).collect(),
            sent: 0,
            read_at: SimTime::ZERO,
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An intruder comes, or is thrown out.
    pub(super) fn on_compromise(&mut self, fault: FaultId, service: ServiceId, begins: bool) {
        match begins {
            true => self.take_over(fault, service, SimDuration::ZERO),
            false => self.intruders.footholds.retain(|foothold| foothold.fault != fault),
        }
    }

    fn take_over(&mut self, fault: FaultId, service: ServiceId, takes: SimDuration) {
        self.intruders.reached[service].0 = true;
        let footholds = &mut self.intruders.footholds;
        if !footholds.iter().any(|known| known.fault == fault && known.service == service) {
            footholds.push(Foothold { fault, service, turn: 0 });
            let Effect::Compromised { every, .. } = self.model.faults[fault].effect else {
                unreachable!("only these take over")
            };
            let at = self.now + takes + every;
            self.schedule_timer(Lane::HEAP, at, Event::Intrude { fault, service });
        }
    }

    /// It is time for the next call from a service that was taken over.
    pub(super) fn on_intrude(&mut self, fault: FaultId, service: ServiceId) {
        let footholds = &mut self.intruders.footholds;
        let Some(foothold) = footholds.iter_mut().find(|f| f.fault == fault && f.service == service) else {
            return; // thrown out
        };
        let targets = self.model.services.len() - 1;
        let turn = foothold.turn;
        foothold.turn += 1;
        if let Effect::Compromised { every, .. } = self.model.faults[fault].effect {
            self.schedule_timer(Lane::HEAP, self.now + every, Event::Intrude { fault, service });
        }
        let is_up = self.servers[self.model.services[service].instance(0)].stage == Stage::Up;
        if targets == 0 || !is_up {
            return;
        }
        let to = (service.index() + 1 + turn % targets) % (targets + 1);
        let Some(&edge) = self.intruders.edges.get(&(service, ServiceId::from_index(to))) else { return };
        self.intruders.sent += 1;
        let key = self.model.edges[edge].key;
        let call = Call {
            luck: Luck::of_client(self.seed, key, 0).request(self.intruders.sent).call(key, 0, 0),
            arrived: self.now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge,
            workload: WorkloadId::from_index(0), // nobody's: only edges of workloads count for workloads
            client: 0,
            place: ANYWHERE,
        };
        let call = self.enter_call(call, || Context::new(Parent::Intruder, Baggage::NONE));
        self.ledger.edges[edge].calls += 1;
        self.ledger.intruders[ServiceId::from_index(to)].calls += 1;
        self.begin_call(call);
    }

    /// A call of an intruder has ended.
    pub(super) fn on_intruded(&mut self, call: &Call, outcome: Outcome) {
        let edge = &self.model.edges[call.edge];
        let EdgeCaller::Intruder(from) = edge.caller else { unreachable!("the edges of intruders") };
        let ledger = &mut self.ledger.intruders[edge.to];
        match outcome {
            Outcome::Ok => ledger.served += 1,
            Outcome::Denied | Outcome::Shed => ledger.blocked += 1,
            _ => ledger.failed += 1,
        }
        if !outcome.is_ok() {
            return;
        }
        self.intruders.reached[edge.to].0 = true;
        for place in 0..self.intruders.footholds.len() {
            let Foothold { fault, service, .. } = self.intruders.footholds[place];
            if let (true, Effect::Compromised { takes, .. }) =
                (service == from, &self.model.faults[fault].effect)
            {
                self.take_over(fault, edge.to, *takes);
            }
        }
    }

    /// What intruders have reached, and what was served and blocked of their calls since the last reading.
    pub(super) fn read_intruders(&mut self, now: SimTime, readings: &mut Vec<Reading>) {
        if self.intruders.edges.is_empty() {
            return;
        }
        let seconds = now.since(std::mem::replace(&mut self.intruders.read_at, now)).as_secs_f64();
        for (id, ledger) in self.ledger.intruders.iter_ids() {
            let (reached, read) = &mut self.intruders.reached[id];
            let counts = [ledger.served, ledger.blocked];
            let before = std::mem::replace(read, counts);
            let per_second = |k: usize| match seconds > 0.0 {
                true => (counts[k] - before[k]) as f64 / seconds,
                false => 0.0,
            };
            for (name, value) in [
                ("reached_services", f64::from(u8::from(*reached))),
                ("foreign_served", per_second(0)),
                ("foreign_blocked", per_second(1)),
            ] {
                readings.push(Reading { of: Holder::Service(id), name, value: Some(value) });
            }
        }
    }

    pub(super) fn close_intruders(&mut self) {
        for (id, call) in self.calls.iter_ids() {
            let is_foreign = matches!(self.contexts.get(id.slot as usize), Some(c) if matches!(c.parent, Parent::Intruder));
            if is_foreign {
                self.ledger.intruders[self.model.edges[call.edge].to].under_way += 1;
            }
        }
    }
}
