//! What do messages weigh and cost? Bytes are counted by edge, way and class of price, money adds up in whole numbers,
//! and services work on what they encode and decode.

use super::Simulation;
use super::state::{Attempt, Ready, Task, Work};
use crate::event_list::Lane;
use crate::ids::{AttemptId, EdgeId, IdVec, ServiceId, TaskId, ZoneId};
use crate::luck::Luck;
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::{Aside, Probe};
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::model::network::Way;
use crate::time::{SimDuration, SimTime};

/// Bytes in a GiB, for which prices are.
const GIBIBYTE: f64 = (1_u64 << 30) as f64;
/// Billionths in a unit of the currency.
const BILLION: f64 = 1e9;

/// What messages have weighed and cost.
#[derive(Clone, Debug, Default)]
pub struct WireLedger {
    /// Bytes over each edge: requests, answers.
    pub edges: IdVec<EdgeId, [u128; 2]>,
    /// Bytes by class of price.
    pub classes: Vec<u128>,
    /// Bytes between two places that stand in zones, and of those the ones between two zones.
    pub placed: [u128; 2],
    /// Money, message by message, in billionths of the currency times bytes in a GiB.
    pub spent: u128,
    /// Price of a GiB by class, in billionths.
    pub prices: Vec<u64>,
    /// Work on encoding and decoding by service, in nanoseconds at full speed.
    pub coding: IdVec<ServiceId, u128>,
}

impl WireLedger {
    pub(super) fn new(model: &Model) -> Self {
        WireLedger {
            edges: model.edges.iter().map(|_| [0; 2]).collect(),
            classes: vec![0; model.wires.classes.len()],
            placed: [0; 2],
            spent: 0,
            prices: model.wires.gibibyte.clone(),
            coding: model.services.iter().map(|_| 0).collect(),
        }
    }

    /// Money for messages, in units of the currency.
    pub fn money(&self) -> f64 {
        self.spent as f64 / GIBIBYTE / BILLION
    }

    pub(super) fn laws(&self, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let priced: u128 =
            self.classes.iter().zip(&self.prices).map(|(bytes, price)| bytes * u128::from(*price)).sum();
        law(self.spent == priced, &|| format!("money {} = bytes x price {priced}", self.spent));
        let by_class: u128 = self.classes.iter().sum();
        let by_edge: u128 = self.edges.iter().flatten().sum();
        law(by_class == by_edge, &|| format!("bytes by class {by_class} = bytes by edge {by_edge}"));
        let [placed, crossed] = self.placed;
        law(crossed <= placed && placed <= by_class, &|| {
            format!("bytes between zones {crossed} <= between places {placed} <= all {by_class}")
        });
    }
}

/// What gauges have shown of an edge: bytes, bytes between places, between zones, money.
type Shown = [u128; 4];

/// What a run keeps of its messages.
#[derive(Debug)]
pub(super) struct Wires {
    /// Whether anything is weighed.
    pub(super) are_there: bool,
    /// By edge: so far, and when gauges were read last.
    edges: IdVec<EdgeId, [Shown; 2]>,
    /// Attempts by edge, and when they were read.
    calls: IdVec<EdgeId, u64>,
    coding: IdVec<ServiceId, u128>,
    read_at: SimTime,
}

impl Wires {
    pub(super) fn new(model: &Model) -> Self {
        Wires {
            are_there: model.edges.iter().any(|edge| edge.sizes.are_there())
                || model.wires.has_prices
                || model.services.iter().any(|service| !service.serialization.is_free()),
            edges: model.edges.iter().map(|_| [Shown::default(); 2]).collect(),
            calls: model.edges.iter().map(|_| 0).collect(),
            coding: model.services.iter().map(|_| 0).collect(),
            read_at: SimTime::ZERO,
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A request leaves.
    #[inline]
    pub(super) fn pay_request(&mut self, id: AttemptId) {
        if self.wires.are_there {
            let sent = *self.attempts.get(id.0).expect("it was just sent");
            self.pay(id, &sent, Way::There);
        }
    }

    /// A message leaves.
    #[inline]
    pub(super) fn pay(&mut self, id: AttemptId, attempt: &Attempt, way: Way) {
        if self.wires.are_there {
            self.weigh_and_pay(id, attempt, way);
        }
    }

    #[inline(never)]
    fn weigh_and_pay(&mut self, id: AttemptId, attempt: &Attempt, way: Way) {
        let bytes = u128::from(self.message_bytes(id, attempt, way));
        if bytes == 0 {
            return;
        }
        let (here, there) = self.places_of(attempt);
        let class = usize::from(self.model.wires.class(here, there));
        let money = bytes * u128::from(self.model.wires.gibibyte[class]);
        let ledger = &mut self.ledger.wires;
        ledger.edges[attempt.edge][way as usize] += bytes;
        ledger.classes[class] += bytes;
        ledger.spent += money;
        let is_placed = here.is_some() && there.is_some();
        let placed = if is_placed { bytes } else { 0 };
        let crossed = if is_placed && here != there { bytes } else { 0 };
        ledger.placed = [ledger.placed[0] + placed, ledger.placed[1] + crossed];
        let so_far = &mut self.wires.edges[attempt.edge][0];
        for (sum, more) in so_far.iter_mut().zip([bytes, placed, crossed, money]) {
            *sum += more;
        }
    }

    /// Where the caller of an attempt stands, and its instance.
    pub(super) fn places_of(&self, attempt: &Attempt) -> (Option<ZoneId>, Option<ZoneId>) {
        let edge = &self.model.edges[attempt.edge];
        let there = self.model.services[edge.to].zones.get(self.place_of(attempt.instance) as usize).copied();
        let here = match edge.caller {
            EdgeCaller::Workload(workload) | EdgeCaller::Connector(workload) => {
                self.model.workloads[workload].zone
            }
            EdgeCaller::Service(service) => {
                self.model.services[service].zones.get(attempt.client as usize).copied()
            }
            EdgeCaller::Monitor | EdgeCaller::Intruder(_) => there,
        };
        (here, there)
    }

    /// Work of the server on the messages of an attempt that is one piece of work: its request and its answer.
    #[inline]
    pub(super) fn coding_of_leaf(&mut self, id: AttemptId, service: ServiceId) -> SimDuration {
        if self.model.services[service].serialization.is_free() {
            return SimDuration::ZERO;
        }
        let attempt = *self.attempts.get(id.0).expect("an attempt in service is under way");
        let sum = Way::BOTH.map(|way| self.coding_work(service, self.message_bytes(id, &attempt, way)));
        sum[0] + sum[1]
    }

    /// A group encodes or decodes: the message of its own attempt, or that of its call over `edge`.
    pub(super) fn code(
        &mut self,
        group: TaskId,
        task: &Task,
        edge: Option<EdgeId>,
        way: Way,
        key: u32,
        luck: Luck,
    ) {
        let service = self.servers[task.instance].service;
        let bytes = match edge {
            Some(edge) => {
                let luck = luck.call(self.model.edges[edge].key, 0, 0).attempt(1);
                self.bytes_on(edge, luck, Some(task.workload), way)
            }
            None => match self.attempts.get(task.origin.0).copied() {
                Some(attempt) => self.message_bytes(task.origin, &attempt, way),
                None => 0,
            },
        };
        let length = self.coding_work(service, bytes);
        if length == SimDuration::ZERO {
            return self.ready.push_back(Ready::Step(group, crate::policy::Outcome::Ok));
        }
        if self.scales {
            self.tasks.get_mut(group.0).expect("it is under way").computing += 1;
        }
        let luck = luck.call(key, 0, 0);
        let length = self.schedule_work(task.instance, Work::Step(group), length, luck, Lane::HEAP);
        self.aside(task.origin, Aside::Computes { length });
    }

    fn coding_work(&mut self, service: ServiceId, bytes: u64) -> SimDuration {
        let length = self.model.services[service].serialization.work(bytes);
        self.ledger.wires.coding[service] += u128::from(length.as_nanos());
        length
    }

    /// What went over each edge since the last reading, per second, and what services worked on it.
    pub(super) fn read_wires(&mut self, now: SimTime, readings: &mut Vec<Reading>) {
        if !self.wires.are_there {
            return;
        }
        let seconds = now.since(self.wires.read_at).as_secs_f64();
        self.wires.read_at = now;
        let per_second = |amount: f64| (seconds > 0.0).then(|| amount / seconds);
        let wires = &self.model.wires;
        for id in self.model.edges.ids() {
            let of = Holder::Edge(id);
            let [so_far, read] = &mut self.wires.edges[id];
            let sent = self.ledger.edges[id].sent;
            let calls = sent - std::mem::replace(&mut self.wires.calls[id], sent);
            let mut more = [0.0; 4];
            for ((more, so_far), read) in more.iter_mut().zip(so_far.iter()).zip(read.iter_mut()) {
                *more = (so_far - std::mem::replace(read, *so_far)) as f64;
            }
            let [bytes, placed, crossed, money] = more;
            if self.model.edges[id].sizes.are_there() {
                readings.push(Reading { of, name: "sent_bytes", value: per_second(bytes) });
                readings.push(Reading { of, name: "placed_bytes", value: per_second(placed) });
                readings.push(Reading { of, name: "cross_zone_bytes", value: per_second(crossed) });
            }
            let is_paid = self.model.edges[id].sizes.are_there() || wires.million_calls > 0;
            if wires.has_prices && is_paid {
                let calls = calls as f64 * wires.million_calls as f64 / 1e6;
                let spent = (money / GIBIBYTE + calls) / BILLION;
                readings.push(Reading { of, name: "spent_on_messages", value: per_second(spent) });
            }
        }
        for (id, service) in self.model.services.iter_ids() {
            if service.serialization.is_free() {
                continue;
            }
            let worked = self.ledger.wires.coding[id];
            let more = worked - std::mem::replace(&mut self.wires.coding[id], worked);
            let value = per_second(more as f64 * 1e-9);
            readings.push(Reading { of: Holder::Service(id), name: "coding_work", value });
        }
    }
}
