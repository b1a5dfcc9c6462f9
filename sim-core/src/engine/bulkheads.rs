//! Is there a place among those under way? Bulkheads of callers: entered before an attempt is sent, or before a call
//! begins, and left when the caller's wait for it is over.

use std::collections::VecDeque;

use super::Simulation;
use super::guards::Seat;
use super::pipeline::Passage;
use super::state::Ready;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId};
use crate::metrics::Probe;
use crate::model::pipeline::Layer;
use crate::policy::Outcome;
use crate::policy::bulkhead::{Config, Entry, Load, State};

/// One bulkhead: who is inside, and who stands in line.
#[derive(Debug)]
pub(super) struct Bulkhead {
    state: State,
    /// Those who are inside.
    pub(super) taken: u32,
    /// Those in line, in order; those who have left are still in it.
    line: VecDeque<CallId>,
    /// Those in line who have not left.
    pub(super) waiting: u32,
}

impl Bulkhead {
    pub(super) fn new(config: &Config) -> Self {
        Bulkhead { state: State::new(config), taken: 0, line: VecDeque::new(), waiting: 0 }
    }

    /// The settings have changed.
    pub(super) fn renew(&mut self, config: &Config) {
        self.state = State::new(config);
    }

    fn load(&self) -> Load {
        Load { taken: self.taken, waiting: self.waiting }
    }

    pub(super) fn gauge(&self, config: &Config) -> Option<(&'static str, f64)> {
        (!config.is_none()).then(|| ("bulkhead_in_use", f64::from(self.taken)))
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    fn bulkhead(&mut self, edge: EdgeId, place: u32) -> &mut Bulkhead {
        let home = self.home(edge, Layer::Bulkhead);
        let config = &self.model.edges[edge].pipeline.bulkhead;
        self.callers[home].guards.bulkheads.of(place, || Bulkhead::new(config))
    }

    /// Takes a place, or stands in line, or is refused.
    pub(super) fn enter_bulkhead(&mut self, id: CallId) -> Passage {
        let (edge_id, now) = (self.call(id).edge, self.now);
        let config = &self.model.edges[edge_id].pipeline.bulkhead;
        let place = self.place_at(id, Layer::Bulkhead);
        let bulkhead = self.bulkhead(edge_id, place);
        let load = bulkhead.load();
        match bulkhead.state.ask(config, load, now) {
            Entry::Refused => Passage::Refused(Outcome::BulkheadFull),
            Entry::Enters => {
                bulkhead.taken += 1;
                self.ledger.edges[edge_id].passes += 1;
                self.contexts[id.0.slot as usize].leaves.seat = Seat::Inside(place);
                Passage::Passed
            }
            Entry::Waits => {
                bulkhead.waiting += 1;
                bulkhead.line.push_back(id);
                let leaves = &mut self.contexts[id.0.slot as usize].leaves;
                leaves.seat = Seat::InLine(place);
                leaves.ticket += 1;
                if let Some(patience) = config.max_wait() {
                    let ticket = leaves.ticket;
                    self.schedule_timer(
                        Lane::HEAP,
                        now + patience,
                        Event::LayerPatience { call: id, ticket },
                    );
                }
                Passage::Waits
            }
        }
    }

    /// A call waits or is inside no more. Its entry in the line stays until it is met.
    pub(super) fn leave_bulkhead(&mut self, id: CallId) {
        let leaves = &mut self.contexts[id.0.slot as usize].leaves;
        let seat = std::mem::replace(&mut leaves.seat, Seat::Outside);
        let (edge, now) = (self.call(id).edge, self.now);
        match seat {
            Seat::Outside => {}
            Seat::InLine(place) => {
                let home = self.home(edge, Layer::Bulkhead);
                let bulkhead = self.callers[home].guards.bulkheads.0.get_mut(&place).expect("it was entered");
                bulkhead.waiting -= 1;
                if bulkhead.line.len() > 2 * bulkhead.waiting as usize + 64 {
                    let (calls, contexts) = (&self.calls, &self.contexts);
                    let waits = |call: &CallId| {
                        calls.get(call.0).is_some()
                            && contexts[call.0.slot as usize].leaves.seat == Seat::InLine(place)
                    };
                    bulkhead.line.retain(waits);
                }
            }
            Seat::Inside(place) => {
                self.ledger.edges[edge].passes_back += 1;
                let config = &self.model.edges[edge].pipeline.bulkhead;
                let bulkhead = self.bulkhead(edge, place);
                bulkhead.taken -= 1;
                let load = bulkhead.load();
                bulkhead.state.left(config, load, now);
                self.fill_bulkhead(edge, place);
            }
        }
    }

    /// Places that are free are given to those in line.
    pub(super) fn fill_bulkhead(&mut self, edge: EdgeId, place: u32) {
        let home = self.home(edge, Layer::Bulkhead);
        let config = &self.model.edges[edge].pipeline.bulkhead;
        let bulkhead = self.callers[home].guards.bulkheads.0.get_mut(&place).expect("it was entered");
        while let Some(call) = bulkhead.line.front().copied() {
            let waits = self.calls.get(call.0).is_some()
                && self.contexts[call.0.slot as usize].leaves.seat == Seat::InLine(place);
            if waits {
                let load = bulkhead.load();
                if !bulkhead.state.next(config, load) {
                    return;
                }
                bulkhead.waiting -= 1;
                bulkhead.taken += 1;
                self.contexts[call.0.slot as usize].leaves.seat = Seat::Inside(place);
                let edge = self.calls.get(call.0).expect("it waits").edge;
                self.ledger.edges[edge].passes += 1;
                self.ready.push_back(Ready::Entered(call));
            }
            bulkhead.line.pop_front();
        }
    }

    /// After an operator has changed an edge.
    pub(super) fn fill_bulkheads(&mut self, edge: EdgeId) {
        let places: Vec<u32> = self.callers[edge].guards.bulkheads.0.keys().copied().collect();
        for place in places {
            self.fill_bulkhead(edge, place);
        }
    }

    /// A place is this call's: it goes on, unless it has left in the same moment, which gives the place back.
    pub(super) fn on_entered(&mut self, id: CallId) {
        if self.calls.get(id.0).is_none() {
            return;
        }
        let leaves = &mut self.contexts[id.0.slot as usize].leaves;
        if let (Seat::Inside(_), Some(at)) = (leaves.seat, leaves.waits_at.take()) {
            self.walk(id, usize::from(at) + 1);
        }
    }
}

impl Bulkhead {
    /// For the ledger: those inside, and those in line.
    pub(super) fn counts(&self) -> [u64; 2] {
        [u64::from(self.taken), u64::from(self.waiting)]
    }
}
