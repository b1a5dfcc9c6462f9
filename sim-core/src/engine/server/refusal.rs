//! What does an instance do with what it does not serve? It says so, if anybody hears it.

use crate::engine::Simulation;
use crate::ids::AttemptId;
use crate::metrics::{Observation, Probe};
use crate::policy::Outcome;
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The attempt is refused. That may cost the instance work.
    #[inline(never)]
    pub(in crate::engine) fn turn_away(&mut self, id: AttemptId, outcome: Outcome) {
        let attempt = self.attempts.get(id.0).expect("an attempt that came is under way");
        let server = &mut self.servers[attempt.instance];
        let service = server.service;
        let cost = self.model.services[service].reject_cost;
        if outcome != Outcome::ConnectFailure && cost > SimDuration::ZERO {
            server.debt += cost;
            server.is_odd = true;
        }
        self.ledger.services[service].rejected += 1;
        if !PLAIN && self.monitors.exist && outcome != Outcome::ConnectFailure {
            self.watch_service(service, None, false); // who is not there sees nothing
        }
        self.probe.observe(self.now, Observation::Rejected { attempt: id, service, outcome });
        self.reply(id, outcome);
    }

    /// The attempt was withdrawn before it came.
    pub(in crate::engine) fn reached_in_vain(&mut self, id: AttemptId) {
        let attempt = self.attempts.remove(id.0);
        let service = self.servers[attempt.instance].service;
        self.ledger.services[service].withdrawn += 1;
        self.probe.observe(self.now, Observation::Withdrawn { attempt: id, service });
    }

    /// A failure leaves the instance and ends the attempt's record there.
    pub(in crate::engine) fn reply(&mut self, id: AttemptId, failure: Outcome) {
        let attempt = *self.attempts.get(id.0).expect("an attempt that is answered is under way");
        self.add_word(id, &attempt, failure);
        if !PLAIN && self.errands[id.0.slot as usize].accepted {
            self.ledger.edges[attempt.edge].accepted_gone += 1;
        }
        if !PLAIN && self.is_hushed(id, failure) {
            return;
        }
        if !PLAIN && self.model.edges[attempt.edge].has_network {
            return self.travel_back(id, failure);
        }
        self.attempts.remove(id.0);
        if attempt.wanted {
            self.hear_word(id, &attempt);
            self.attempt_failed(attempt.call, id, failure);
        }
    }
}
