//! What does an answer carry beside its outcome? A word of the instance's admission, for callers that listen.

use super::Simulation;
use super::state::Attempt;
use crate::ids::{AttemptId, Id};
use crate::metrics::Probe;
use crate::model::pipeline::Layer;
use crate::policy::Outcome;
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An answer leaves its instance: it carries what the instance says at this moment. A process that is gone says
    /// nothing.
    #[inline(always)]
    pub(super) fn add_word(&mut self, id: AttemptId, attempt: &Attempt, outcome: Outcome) {
        if !PLAIN && self.model.edges[attempt.edge].listens {
            let is_gone = matches!(outcome, Outcome::ConnectFailure | Outcome::Reset);
            let server = &mut self.servers[attempt.instance];
            let config = &self.model.services[server.service].admission;
            let client = (attempt.edge.index() as u64) << 32 | u64::from(attempt.client);
            let word = if is_gone { None } else { server.admission.word(config, client, self.now) };
            self.errands[id.0.slot as usize].word = word;
        }
    }

    /// An answer reaches a caller that still waits: its throttle hears the word.
    #[inline(always)]
    pub(super) fn hear_word(&mut self, id: AttemptId, attempt: &Attempt) {
        if !PLAIN
            && self.model.edges[attempt.edge].listens
            && let Some(word) = self.errands[id.0.slot as usize].word
        {
            let place = self.place_of(attempt.instance);
            let share = self.place_at(attempt.call, Layer::ClientThrottle);
            let home = self.home(attempt.edge, Layer::ClientThrottle);
            self.callers[home].guards.hear(share, place, word);
        }
    }

    /// An attempt is served now, or dropped from the line, after so long: whoever times waits is told.
    #[inline(always)]
    pub(super) fn tell_wait(&mut self, attempt: &Attempt, waited: SimDuration) {
        if !PLAIN {
            let server = &mut self.servers[attempt.instance];
            let config = &self.model.services[server.service].admission;
            if config.times_waits() {
                server.admission.waited(config, waited, self.now);
            }
        }
    }
}
