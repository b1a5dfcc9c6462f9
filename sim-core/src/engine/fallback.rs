//! Which answers stand in for something better, and how many fall back at once? The word travels up with the answer, from
//! the step that fell back to the user.

use super::Simulation;
use super::state::{NO_ATTEMPT, NO_TASK, Task};
use crate::ids::{CallId, TaskId};
use crate::metrics::Probe;
use crate::policy::Outcome;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The first way of a fallback has failed: whether its instance has room for one more that goes the other.
    pub(super) fn may_fall_back(&mut self, id: TaskId, most: u32) -> bool {
        let task = self.tasks.get_mut(id.0).expect("it is under way");
        if most < u32::MAX {
            let under_way = self.fallbacks.entry((task.step, task.instance)).or_default();
            if *under_way >= most {
                return false;
            }
            *under_way += 1;
            task.falls_back = true;
        }
        task.degraded = true;
        true
    }

    /// A group has ended or is killed: its place among the fallbacks is free, if it held one.
    pub(super) fn end_fallback(&mut self, task: &Task) {
        if task.falls_back {
            let under_way = self.fallbacks.get_mut(&(task.step, task.instance));
            *under_way.expect("it was counted when it fell back") -= 1;
        }
    }

    /// A group whose result stands in for something better has ended: whoever waits for it gives it on.
    #[inline(never)]
    pub(super) fn degrade(&mut self, task: &Task, outcome: Outcome) {
        self.end_fallback(task);
        if !outcome.is_ok() {
            return;
        }
        if task.parent != NO_TASK {
            if let Some(parent) = self.tasks.get_mut(task.parent.0) {
                parent.degraded = true;
            }
        } else if task.attempt != NO_ATTEMPT
            && let Some(attempt) = self.attempts.get(task.attempt.0)
            && attempt.wanted
        {
            self.contexts[attempt.call.0.slot as usize].degraded = true;
        }
    }

    /// A call of a step was answered: so was the step, with something worse if the answer is.
    pub(super) fn degrade_parent(&mut self, id: CallId, parent: TaskId) {
        if self.contexts[id.0.slot as usize].degraded
            && let Some(task) = self.tasks.get_mut(parent.0)
        {
            task.degraded = true;
        }
    }

    /// Those that fall back at the end, as counted and as found.
    pub(super) fn close_fallbacks(&mut self) {
        self.ledger.fallbacks = self.fallbacks.values().map(|under_way| u64::from(*under_way)).sum();
        let found = self.tasks.iter_ids().filter(|(_, task)| task.falls_back).count();
        self.ledger.fallbacks_found = found as u64;
    }
}
