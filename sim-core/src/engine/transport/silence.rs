//! Who is not even there to refuse? A machine that is gone answers no SYN, and what was sent over connections to it has
//! neither an answer nor an end.

use super::{Line, Stage};
use crate::engine::Simulation;
use crate::engine::state::Phase;
use crate::ids::{AttemptId, InstanceId};
use crate::metrics::Probe;
use crate::model::fault::{Effect, Fault};
use crate::policy::Outcome;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Whether an instance is gone with its whole machine.
    pub(super) fn is_silent(&self, instance: InstanceId) -> bool {
        let is_gone = |fault: &Fault| fault.effect == Effect::Gone && fault.instances.contains(&instance);
        !self.servers[instance].accepts && self.model.faults_on(self.now).any(is_gone)
    }

    /// A failure that nobody is there to tell: the attempt stays as it is until its caller gives up.
    pub(in crate::engine) fn is_hushed(&mut self, id: AttemptId, failure: Outcome) -> bool {
        if !self.transport.exists || !matches!(failure, Outcome::ConnectFailure | Outcome::Reset) {
            return false;
        }
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that is answered is under way");
        let (call, instance, wanted) = (attempt.call, attempt.instance, attempt.wanted);
        if self.model.edges[attempt.edge].connection.is_none() || !self.is_silent(instance) {
            return false;
        }
        if !wanted {
            self.attempts.remove(id.0);
            return true;
        }
        let line = &mut self.contexts[call.0.slot as usize].line;
        let Line::On(connection) = *line else { return false };
        *line = Line::Silent(connection);
        self.attempts.get_mut(id.0).expect("it was there a moment ago").phase = Phase::Back;
        true
    }

    /// Whether an attempt comes over a connection of an earlier life of its instance, which knows nothing of it.
    pub(in crate::engine) fn is_unknown(&self, id: AttemptId) -> bool {
        let attempt = self.attempts.get(id.0).expect("an attempt that comes");
        if !attempt.wanted || self.model.edges[attempt.edge].connection.is_none() {
            return false;
        }
        match self.contexts[attempt.call.0.slot as usize].line {
            Line::On(id) => self.transport.connections.get(id.0).is_some_and(|connection| {
                matches!(connection.stage, Stage::Open(_))
                    && connection.life != self.servers[attempt.instance].life
            }),
            Line::None | Line::Waits | Line::Silent(_) => false,
        }
    }
}
