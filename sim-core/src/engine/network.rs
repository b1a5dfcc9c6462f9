//! How long is an attempt on the way? Messages travel there and back; without a network on the edge
//! nothing here is ever reached.

use super::Simulation;
use super::state::{Attempt, Phase};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, Id, InstanceId};
use crate::luck::{Draws, Purpose};
use crate::metrics::{Aside, Probe};
use crate::model::network::Way;
use crate::policy::Outcome;
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The way to the instance.
    pub(super) fn travel_there(&mut self, id: AttemptId) {
        let attempt = self.attempts.get(id.0).expect("an attempt that was just sent");
        if self.is_rough(attempt) {
            return self.send_request(id);
        }
        let (way, lane) = self.way(attempt, Purpose::WayThere);
        self.events.schedule_in(lane, self.now + way, Event::Reach { attempt: id });
    }

    /// The way back, with an outcome. A caller that does not wait gets nothing.
    pub(super) fn travel_back(&mut self, id: AttemptId, outcome: Outcome) {
        let attempt = self.attempts.get(id.0).expect("an attempt that leaves its instance");
        if self.is_rough(attempt) {
            return self.send_answer(id, outcome);
        }
        let attempt = self.attempts.get_mut(id.0).expect("it is still there");
        if !attempt.wanted {
            self.attempts.remove(id.0);
            return;
        }
        (attempt.phase, attempt.outcome) = (Phase::Back, outcome);
        let attempt = *attempt;
        let (mut way, mut lane) = self.way(&attempt, Purpose::WayBack);
        if let Some(passing) = self.pass_link(attempt.edge, attempt.call) {
            (way, lane) = (way + passing, Lane::HEAP);
        }
        self.events.schedule_in(lane, self.now + way, Event::Deliver { attempt: id });
    }

    /// The attempt's outcome reaches its caller, if that still waits.
    pub(super) fn on_deliver(&mut self, id: AttemptId) {
        if self.has_rough_edges {
            self.count_delivered(id, Way::Back);
        }
        let attempt = self.attempts.remove(id.0);
        if !attempt.wanted && attempt.outcome.is_ok() {
            self.fill_late(id, &attempt);
        }
        if attempt.wanted {
            self.hear_word(id, &attempt);
            if self.records.are_there() && attempt.outcome.is_ok() {
                self.hand_note_up(id, attempt.call);
            }
            match attempt.outcome {
                Outcome::Ok => self.answer(attempt.call),
                failure => self.attempt_failed(attempt.call, id, failure),
            }
        } else {
            self.aside(id, Aside::CameLate { outcome: attempt.outcome });
        }
    }

    /// The caller has left: the server is told, if it listens.
    pub(super) fn leave(&mut self, id: AttemptId) {
        if PLAIN {
            return;
        }
        let attempt = *self.attempts.get(id.0).expect("an attempt that is left");
        let service = self.servers[attempt.instance].service;
        if attempt.phase == Phase::Astray {
            return self.forget_astray(id);
        }
        let listens = attempt.phase == Phase::Outside || !self.model.services[service].on_cancel.is_ignored();
        if attempt.phase == Phase::Back || !listens {
            return;
        }
        match self.model.edges[attempt.edge].has_network {
            false => self.on_cancel(id),
            true if self.word_is_lost(&attempt) => {}
            true => {
                let (way, _) = self.way(&attempt, Purpose::WayOfCancel);
                self.events.schedule(self.now + way, Event::Cancel { attempt: id });
            }
        }
    }

    /// Whether anything can happen to messages beside time that passes.
    #[inline]
    fn is_rough(&self, attempt: &Attempt) -> bool {
        self.has_rough_edges && self.model.edges[attempt.edge].rough.is_some()
    }

    /// Time of one way of an attempt, and the lane for it.
    pub(super) fn way(&self, attempt: &Attempt, purpose: Purpose) -> (SimDuration, Lane) {
        let edge = &self.model.edges[attempt.edge];
        let mut draws = attempt.luck.draws(purpose);
        let mut way = edge.latency.as_ref().map_or(SimDuration::ZERO, |latency| latency.sample(&mut draws));
        if !edge.crosses_zones {
            return (way, self.callers[attempt.edge].latency);
        }
        way += self.zone_way(attempt, &mut draws);
        (way, Lane::HEAP)
    }

    fn zone_way(&self, attempt: &Attempt, draws: &mut Draws) -> SimDuration {
        let (Some(here), Some(there)) = self.places_of(attempt) else { return SimDuration::ZERO };
        let way = &self.model.zone_ways[here.index() * self.model.zones.len() + there.index()];
        way.as_ref().map_or(SimDuration::ZERO, |way| way.sample(draws))
    }

    /// The number of an instance within its service.
    #[inline]
    pub(super) fn place_of(&self, instance: InstanceId) -> u32 {
        self.model.services[self.servers[instance].service].place(instance)
    }
}
