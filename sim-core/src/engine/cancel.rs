//! What does a server do when nobody wants an attempt any more? Nothing, or it looks from time to time, or
//! it stops at once, and so do those behind it.

use super::Simulation;
use super::state::{NO_TASK, Phase, Work};
use crate::event::Event;
use crate::ids::AttemptId;
use crate::metrics::{Observation, Probe};
use crate::model::service::OnCancel;
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The word arrives that nobody wants the attempt any more.
    pub(super) fn on_cancel(&mut self, id: AttemptId) {
        let Some(attempt) = self.attempts.get(id.0) else { return };
        let service = self.servers[attempt.instance].service;
        // Where nobody listens, it was outside when its caller left, and may not be any more.
        if attempt.phase == Phase::Outside || !self.model.services[service].on_cancel.is_ignored() {
            self.let_go(id);
        }
    }

    /// Nobody wants the attempt any more, and the server does what it does then.
    pub(super) fn let_go(&mut self, id: AttemptId) {
        let attempt = self.attempts.get_mut(id.0).expect("the server has it");
        let (phase, instance, started) = (attempt.phase, attempt.instance, attempt.started);
        let service = self.servers[instance].service;
        attempt.withdrawn = true;
        match phase {
            Phase::Out => {} // it overtook the attempt, which is let go on arrival
            Phase::Back | Phase::Astray => {}
            Phase::Outside => self.leave_door(id),
            Phase::Waiting => {
                self.leave_line(id);
                self.attempts.remove(id.0);
                self.withdraw(id, instance);
                let server = &mut self.servers[instance];
                if server.line.len_with_stale() > 2 * server.waiting + 64 {
                    let attempts = &self.attempts;
                    server.line.retain(|id| attempts.get(id.0).is_some());
                }
            }
            Phase::Serving => match self.model.services[service].on_cancel {
                OnCancel::Ignore => {}
                OnCancel::Immediate => self.stop_service(id),
                OnCancel::Checkpoint(checkpoint) => {
                    let interval = checkpoint.interval.as_nanos();
                    let looks = self.now.since(started).as_nanos().div_ceil(interval);
                    let at = started + SimDuration::from_nanos(looks.saturating_mul(interval));
                    self.events.schedule(at, Event::Checkpoint { attempt: id });
                }
            },
        }
    }

    /// The work looks whether it is still wanted, and finds that it is not.
    pub(super) fn on_checkpoint(&mut self, id: AttemptId) {
        if self.attempts.get(id.0).is_some_and(|attempt| attempt.phase == Phase::Serving) {
            self.stop_service(id);
        }
    }

    /// A worker lets go of what it does.
    fn stop_service(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.remove(id.0);
        self.went(id, attempt.instance); // before anybody else gets its slot
        let service = self.servers[attempt.instance].service;
        let root = self.errands[id.0.slot as usize].root;
        if root != NO_TASK && self.tasks.get(root.0).is_some() {
            self.kill(root);
        } else if self.scales && (root == NO_TASK || !attempt.outcome.is_ok()) {
            // Service without steps, or the work of an error after them.
            let held =
                self.held_pieces(attempt.instance, |work| matches!(work, Work::Attempt(a, _) if a == id));
            self.burnt(attempt.instance, 1 - held);
        }
        let meter = &mut self.meters[attempt.instance];
        meter.advance(now);
        meter.busy -= 1;
        meter.in_system -= 1;
        let ledger = &mut self.ledger.services[service];
        ledger.service_given += u128::from(now.since(attempt.started).as_nanos());
        ledger.time_in_system += u128::from(now.since(attempt.entered).as_nanos());
        self.withdraw(id, attempt.instance);
        if self.model.services[service].keeps_clock() {
            self.share_anew(attempt.instance);
        }
        self.resume(attempt.instance);
    }

    fn withdraw(&mut self, id: AttemptId, instance: crate::ids::InstanceId) {
        let service = self.servers[instance].service;
        self.ledger.services[service].withdrawn += 1;
        self.probe.observe(self.now, Observation::Withdrawn { attempt: id, service });
        self.drained(instance);
    }
}
