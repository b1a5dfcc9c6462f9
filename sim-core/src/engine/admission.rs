//! What do those who decide about entry learn? How each attempt that they admitted has left the system.

use super::Simulation;
use super::state::Attempt;
use crate::ids::AttemptId;
use crate::metrics::Probe;
use crate::policy::Outcome;
use crate::policy::admission::Ended;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An attempt that was admitted is answered with this outcome. What is withdrawn, or lost with its process,
    /// says nothing about the load and is not told.
    #[inline(always)]
    pub(super) fn tell_admission(&mut self, id: AttemptId, attempt: &Attempt, outcome: Outcome) {
        if !PLAIN && self.model.services[self.servers[attempt.instance].service].admission.learns() {
            self.tell_learner(id, attempt, outcome);
        }
    }

    /// An attempt that was admitted found no place in the line, or was dropped from it; its record is still there.
    pub(super) fn tell_of_drop(&mut self, id: AttemptId, outcome: Outcome) {
        if !PLAIN {
            let attempt = *self.attempts.get(id.0).expect("an attempt that is dropped is under way");
            self.tell_admission(id, &attempt, outcome);
        }
    }

    #[inline(never)]
    fn tell_learner(&mut self, id: AttemptId, attempt: &Attempt, outcome: Outcome) {
        let server = &mut self.servers[attempt.instance];
        let config = &self.model.services[server.service].admission;
        let in_flight = self.errands[id.0.slot as usize].in_flight;
        let round_trip = self.now.since(attempt.entered);
        server.admission.observe(config, Ended { in_flight, round_trip, outcome }, self.now, attempt.luck);
    }
}
