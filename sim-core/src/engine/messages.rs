//! What becomes of a message on its way? It arrives, once or twice, or it is lost, and nobody learns of it. Only edges
//! on which anything of this can happen come here; the others take the short way of [`network`](super::network).

use super::Simulation;
use super::state::{Attempt, Errand, NO_ATTEMPT, NO_CALL, Phase};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, EdgeId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{Aside, Probe};
use crate::model::edge::EdgeCaller;
use crate::model::fault::{Effect, Harm};
use crate::model::network::{Condition, Way};
use crate::policy::Outcome;
use crate::time::SimDuration;

/// Number of the try whose luck a copy has: no call has so many attempts.
const COPY: u32 = u32::MAX;

/// What the draws of each way are for.
struct Purposes {
    latency: Purpose,
    loss: Purpose,
    duplicate: Purpose,
    corrupt: Purpose,
    reorder: Purpose,
    size: Purpose,
}

const PURPOSES: [Purposes; 2] = [
    Purposes {
        latency: Purpose::WayThere,
        loss: Purpose::LossThere,
        duplicate: Purpose::DuplicateThere,
        corrupt: Purpose::CorruptThere,
        reorder: Purpose::ReorderThere,
        size: Purpose::RequestSize,
    },
    Purposes {
        latency: Purpose::WayBack,
        loss: Purpose::LossBack,
        duplicate: Purpose::DuplicateBack,
        corrupt: Purpose::CorruptBack,
        reorder: Purpose::ReorderBack,
        size: Purpose::ResponseSize,
    },
];

/// Whether something happens that has this probability.
fn happens(luck: Luck, purpose: Purpose, probability: f64) -> bool {
    probability > 0.0 && luck.draws(purpose).unit() < probability
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A request leaves its caller.
    pub(super) fn send_request(&mut self, id: AttemptId) {
        let attempt = *self.attempts.get(id.0).expect("an attempt that was just sent");
        let condition = self.condition(&attempt, Way::There);
        self.count_sent(id, &attempt, Way::There);
        if happens(attempt.luck, PURPOSES[Way::There as usize].duplicate, condition.duplicate) {
            let copy = self.copy_request(id, attempt);
            self.set_out(copy, condition);
        }
        self.set_out(id, condition);
    }

    fn set_out(&mut self, id: AttemptId, condition: Condition) {
        let attempt = *self.attempts.get(id.0).expect("it is about to leave");
        match self.passage(&attempt, Way::There, condition) {
            Some((time, lane)) => {
                self.events.schedule_in(lane, self.now + time, Event::Reach { attempt: id });
            }
            None => self.never_arrives(id),
        }
    }

    /// A second request of the same content: the server cannot know. It has luck of its own, and nobody waits for it.
    fn copy_request(&mut self, id: AttemptId, attempt: Attempt) -> AttemptId {
        let luck = attempt.luck.attempt(COPY);
        let copy = AttemptId(self.attempts.insert(Attempt { luck, call: NO_CALL, wanted: false, ..attempt }));
        let errand = Errand { twin: NO_ATTEMPT, ..self.errands[id.0.slot as usize] };
        let slot = copy.0.slot as usize;
        if slot >= self.errands.len() {
            self.errands.resize(slot + 1, errand);
        }
        self.errands[slot] = errand;
        self.records.copy_note(id, copy);
        self.ledger.edges[attempt.edge].ways[Way::There as usize].copies += 1;
        self.aside(id, Aside::Doubled { copy });
        if self.wires.are_there {
            self.pay(copy, &attempt, Way::There);
        }
        copy
    }

    /// An answer leaves its instance. The server does not know whether anybody still waits for it, unless it was told.
    pub(super) fn send_answer(&mut self, id: AttemptId, outcome: Outcome) {
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that leaves its instance");
        (attempt.phase, attempt.outcome) = (Phase::Back, outcome);
        let attempt = *attempt;
        if !attempt.wanted {
            if !attempt.withdrawn {
                self.count_sent(id, &attempt, Way::Back);
                self.ledger.edges[attempt.edge].ways[Way::Back as usize].unheard += 1;
            }
            self.attempts.remove(id.0);
            return;
        }
        self.count_sent(id, &attempt, Way::Back);
        let condition = self.condition(&attempt, Way::Back);
        if happens(attempt.luck, PURPOSES[Way::Back as usize].duplicate, condition.duplicate) {
            let ledger = &mut self.ledger.edges[attempt.edge].ways[Way::Back as usize];
            (ledger.copies, ledger.unheard) = (ledger.copies + 1, ledger.unheard + 1);
            if self.wires.are_there {
                self.pay(id, &attempt, Way::Back);
            }
        }
        let linked = self.pass_link(attempt.edge, attempt.call);
        match self.passage(&attempt, Way::Back, condition) {
            Some((time, lane)) => {
                let (time, lane) = linked.map_or((time, lane), |passing| (time + passing, Lane::HEAP));
                self.events.schedule_in(lane, self.now + time, Event::Deliver { attempt: id });
            }
            None => self.never_arrives(id),
        }
    }

    /// How long a message is on its way, unless it never arrives.
    fn passage(&mut self, attempt: &Attempt, way: Way, condition: Condition) -> Option<(SimDuration, Lane)> {
        let purposes = &PURPOSES[way as usize];
        let ledger = &mut self.ledger.edges[attempt.edge].ways[way as usize];
        if happens(attempt.luck, purposes.loss, condition.loss) {
            ledger.lost += 1;
            return None;
        }
        if happens(attempt.luck, purposes.corrupt, condition.corrupt) {
            ledger.corrupted += 1;
            return None;
        }
        let (time, lane) = self.way(attempt, purposes.latency);
        let more = self.held_up(attempt, way, condition);
        Some(if more > SimDuration::ZERO { (time + more, Lane::HEAP) } else { (time, lane) })
    }

    /// What a message takes beside the time of its way.
    fn held_up(&self, attempt: &Attempt, way: Way, condition: Condition) -> SimDuration {
        let own = self.model.edges[attempt.edge].rough.as_ref().and_then(|rough| rough.reorder.as_ref());
        let mut more = SimDuration::ZERO;
        if own.is_none() && !condition.is_slower {
            return more;
        }
        let mut draws = attempt.luck.draws(PURPOSES[way as usize].reorder);
        let mut hold = |(ratio, delay): (f64, &crate::dist::Sampler)| {
            if draws.unit() < ratio {
                more += delay.sample(&mut draws);
            }
        };
        if let Some((ratio, delay)) = own {
            hold((*ratio, delay));
        }
        for fault in self.model.faults.iter().filter(|f| f.begins <= self.now && self.now < f.ends) {
            if let Effect::Network(hit) = &fault.effect
                && let Harm::HeldUp(ratio, delay) = &hit.harm
                && hit.hits(attempt.edge, way)
            {
                hold((*ratio, delay));
            }
        }
        more
    }

    /// What can happen to a message now.
    fn condition(&self, attempt: &Attempt, way: Way) -> Condition {
        let rough = self.model.edges[attempt.edge].rough.as_ref();
        let mut condition = rough.map_or(Condition::default(), |rough| rough.condition(way));
        for fault in self.model.faults.iter().filter(|f| f.begins <= self.now && self.now < f.ends) {
            if let Effect::Network(hit) = &fault.effect
                && hit.hits(attempt.edge, way)
            {
                hit.worsen(&mut condition);
            }
        }
        condition
    }

    /// Whether the word that an attempt is not wanted any more, or not there, gets lost as a request would.
    pub(super) fn word_is_lost(&self, attempt: &Attempt) -> bool {
        self.model.edges[attempt.edge].rough.is_some()
            && happens(attempt.luck, Purpose::LossOfCancel, self.condition(attempt, Way::There).loss)
    }

    /// A message of an attempt is gone. Its caller waits on: it cannot know.
    fn never_arrives(&mut self, id: AttemptId) {
        let attempt = self.attempts.get_mut(id.0).expect("it was about to leave");
        if !attempt.wanted {
            self.attempts.remove(id.0);
            return;
        }
        let way = if attempt.phase == Phase::Back { Way::Back } else { Way::There };
        attempt.phase = Phase::Astray;
        self.aside(id, Aside::Astray { way });
    }

    /// Nobody waits any more for an attempt of which a message is gone: nothing is left of it.
    pub(super) fn forget_astray(&mut self, id: AttemptId) {
        if self.attempts.get(id.0).is_some_and(|attempt| attempt.phase == Phase::Astray) {
            self.attempts.remove(id.0);
        }
    }

    fn count_sent(&mut self, id: AttemptId, attempt: &Attempt, way: Way) {
        let bytes = self.message_bytes(id, attempt, way);
        let ledger = &mut self.ledger.edges[attempt.edge].ways[way as usize];
        (ledger.sent, ledger.bytes) = (ledger.sent + 1, ledger.bytes + u128::from(bytes));
    }

    /// How large a message is: the same whenever it is asked, while the same triggers are on.
    pub(super) fn message_bytes(&self, id: AttemptId, attempt: &Attempt, way: Way) -> u64 {
        let workload = match self.model.edges[attempt.edge].caller {
            EdgeCaller::Monitor => None,
            _ => self.errands.get(id.0.slot as usize).map(|errand| errand.workload),
        };
        self.bytes_on(attempt.edge, attempt.luck, workload, way)
    }

    /// How large a message over an edge is, by the luck of its attempt.
    pub(super) fn bytes_on(&self, edge: EdgeId, luck: Luck, workload: Option<WorkloadId>, way: Way) -> u64 {
        let edge = &self.model.edges[edge];
        let Some(law) = &edge.sizes.laws[way as usize] else { return 0 };
        let bytes = law.sample(&mut luck.draws(PURPOSES[way as usize].size)).as_nanos();
        match self.loads.weighs {
            false => bytes,
            true => (bytes as f64 * self.loads.growth(edge.to, workload) + 0.5) as u64,
        }
    }

    /// A message on an edge on which anything can happen has arrived.
    pub(super) fn count_delivered(&mut self, id: AttemptId, way: Way) {
        let Some(attempt) = self.attempts.get(id.0) else { return };
        if self.model.edges[attempt.edge].rough.is_some() {
            self.ledger.edges[attempt.edge].ways[way as usize].delivered += 1;
        }
    }

    /// Messages on their way at the end.
    pub(super) fn close_ways(&mut self) {
        for attempt in self.attempts.iter().filter(|a| self.model.edges[a.edge].rough.is_some()) {
            let way = match attempt.phase {
                Phase::Out => Way::There,
                Phase::Back => Way::Back,
                Phase::Waiting | Phase::Serving | Phase::Outside | Phase::Astray => continue,
            };
            self.ledger.edges[attempt.edge].ways[way as usize].in_flight += 1;
        }
    }
}
