//! What does the server learn with an attempt?

use crate::engine::Simulation;
use crate::engine::state::{Errand, NO_ATTEMPT, NO_TASK, Parent};
use crate::ids::{AttemptId, CallId};
use crate::metrics::Probe;
use crate::time::SimTime;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// What the server learns with an attempt.
    #[inline(never)]
    pub(super) fn pack_errand(&mut self, call_id: CallId, attempt: AttemptId, place: u32, address: u32) {
        let call = self.calls.get(call_id.0).expect("the call of an attempt that is sent");
        let edge = &self.model.edges[call.edge];
        let context = &mut self.contexts[call_id.0.slot as usize];
        (context.sent, context.sent_to, context.degraded) = (self.now, place, false);
        if edge.reselections > 0 {
            let kept = context.tried.len();
            context.tried[call.progress.attempts as usize % kept] = place;
        }
        let (mut baggage, parent) = (context.baggage, context.parent);
        if let Parent::Hedge(of, number) = parent {
            let tried = &mut self.contexts[of.0.slot as usize].tried;
            tried[number as usize % tried.len()] = place;
        }
        if edge.deadline_margin.is_some()
            && let Some(patience) = edge.attempt_timeout
        {
            let (_, patience) = self.patience(call.edge, call.client, patience);
            let ends = self.now + patience;
            let ends = ends.as_nanos() - self.on_the_clock(call_id).as_nanos();
            baggage.deadline = baggage.deadline.min(SimTime::from_nanos(ends));
        }
        let errand = Errand {
            baggage,
            root: NO_TASK,
            workload: call.workload,
            in_flight: 0,
            word: None,
            accepted: false,
            twin: NO_ATTEMPT,
            address,
            written: self.written_by(call_id),
        };
        self.enter_errand(attempt, errand);
        if edge.hedging.is_tied() {
            self.tie(attempt, parent);
        }
        if self.records.are_there() {
            self.pass_note_on(call_id, attempt);
        }
    }

    /// Puts the errand beside its attempt.
    pub(in crate::engine) fn enter_errand(&mut self, attempt: AttemptId, errand: Errand) {
        let slot = attempt.0.slot as usize;
        if slot >= self.errands.len() {
            self.errands.resize(slot + 1, errand);
        }
        self.errands[slot] = errand;
    }
}
