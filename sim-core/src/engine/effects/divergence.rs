//! Do services agree about an operation, and does anybody still work on it? What is half done, and what nobody will end.
//!
//! An operation is divergent while some of the effects to which its request leads whenever it succeeds stand and others
//! do not. It is stuck once nobody works on it any more although it is divergent, or its user has been told nothing.
//! Whoever computes, is on the way, stands in a line or waits for a timer works on it. Who waits for a message that
//! is lost, without any timeout, does not.

use super::{OperationId, Operations};
use crate::engine::Simulation;
use crate::engine::state::{Child, Context, Phase, Task};
use crate::engine::stuck::waits_for_ever;
use crate::ids::{CallId, Id, IdVec, TaskId, WorkloadId};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;

/// How many operations of a workload are half done, and how many will stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DivergenceLedger {
    /// Services disagree about them now.
    pub divergent: u64,
    /// Of those, the ones that are done with and have become counts.
    pub settled: u64,
    /// At the end, of those that are kept: divergent ones, by whether somebody works on them (no, yes).
    pub kept: [u64; 2],
    /// At the end: nobody works on them, services agree, and their users have been told nothing.
    pub silent: u64,
    /// At the end: their users have been told nothing.
    pub untold: u64,
    /// At the end: stuck.
    pub stuck: u64,
}

impl DivergenceLedger {
    pub(in crate::engine) fn laws(&self, id: WorkloadId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let [left, worked_on] = self.kept;
        law(self.divergent == self.settled + left + worked_on, &|| {
            format!(
                "{id:?}: divergent {} = settled {} + left alone {left} + worked on {worked_on}",
                self.divergent, self.settled
            )
        });
        law(self.stuck == self.settled + left + self.silent && self.silent <= self.untold, &|| {
            format!(
                "{id:?}: stuck {} = settled {} + left alone {left} + silent {} of {} untold",
                self.stuck, self.settled, self.silent, self.untold
            )
        });
    }
}

impl Operations {
    /// Whether services disagree about an operation.
    fn diverges(model: &Model, operation: &super::Operation) -> bool {
        let wanted = model.effects.iter_ids().filter(|(_, effect)| effect.must[operation.workload]);
        let (mut some, mut others) = (false, false);
        for (id, _) in wanted {
            match operation.marks[id.index()].stands() > 0 {
                true => some = true,
                false => others = true,
            }
        }
        some && others
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Something has changed about an operation.
    pub(super) fn count_divergence(&mut self, before: &super::Operation, after: &super::Operation) {
        let of = |operation| u64::from(Operations::diverges(self.model, operation));
        let (was, is) = (of(before), of(after));
        let divergent = &mut self.ledger.divergence[after.workload].divergent;
        *divergent = *divergent + is - was;
    }

    /// An operation that is done with becomes a count.
    pub(super) fn settle_divergence(&mut self, operation: &super::Operation) {
        let is_divergent = Operations::diverges(self.model, operation);
        self.ledger.divergence[operation.workload].settled += u64::from(is_divergent);
    }

    /// By slot of the operations: whether anybody works on it.
    fn worked_on(&self) -> Vec<bool> {
        let mut is_worked_on: Vec<bool> = Vec::new();
        let mut works_on = |id: OperationId| {
            let slot = id.0.slot as usize;
            if id != super::NO_OPERATION {
                is_worked_on.resize(is_worked_on.len().max(slot + 1), false);
                is_worked_on[slot] = true;
            }
        };
        // A call that has no attempt under way waits for a timer or in a line; else it is the attempt that counts.
        for (id, call) in self.calls.iter_ids() {
            let waits = self.attempts.get(call.attempt.0).is_none();
            let is_hedged = !self.model.edges[call.edge].hedging.is_none();
            if waits || is_hedged {
                works_on(self.contexts[id.slot as usize].baggage.operation);
            }
        }
        for (id, attempt) in self.attempts.iter_ids() {
            let errand = &self.errands[id.slot as usize];
            let works = match attempt.phase {
                Phase::Astray => attempt.wanted && !waits_for_ever(&self.model.edges[attempt.edge]),
                // Where it is served by steps, they count.
                Phase::Serving => self.tasks.get(errand.root.0).is_none(),
                Phase::Out | Phase::Waiting | Phase::Outside | Phase::Back => true,
            };
            if works {
                works_on(errand.baggage.operation);
            }
        }
        // A group that has begun more than it waits for computes as well.
        for task in self.tasks.iter() {
            let children = self.children_of(task);
            if children == 0 || task.begun - task.succeeded - task.failed > children {
                works_on(task.baggage.operation);
            }
        }
        self.sagas.put_aside().for_each(works_on);
        is_worked_on
    }

    fn children_of(&self, task: &Task) -> u32 {
        let context = |id: CallId| -> &Context { &self.contexts[id.0.slot as usize] };
        let group = |id: TaskId| self.tasks.get(id.0).expect("children in the list are under way");
        let (mut child, mut count) = (task.child, 0);
        while child != Child::None {
            count += 1;
            child = match child {
                Child::None => Child::None,
                Child::Call(id) => context(id).after,
                Child::Task(id) => group(id).after,
            };
        }
        count
    }

    /// Of each workload, as far as operations are kept: divergent ones that nobody works on and those that somebody works
    /// on, silent ones, untold ones.
    fn left_alone(&self) -> IdVec<WorkloadId, [u64; 4]> {
        let mut found: IdVec<WorkloadId, [u64; 4]> = self.model.workloads.iter().map(|_| [0; 4]).collect();
        let worked_on = self.worked_on();
        for (id, operation) in self.operations.kept.iter_ids() {
            let works = worked_on.get(id.slot as usize).copied().unwrap_or(false);
            let is_untold = operation.told.is_none();
            let found = &mut found[operation.workload];
            found[3] += u64::from(is_untold);
            match (Operations::diverges(self.model, operation), works) {
                (true, works) => found[usize::from(works)] += 1,
                (false, works) => found[2] += u64::from(!works && is_untold),
            }
        }
        found
    }

    /// How the operations of each workload stand that may have effects.
    pub(in crate::engine) fn read_divergence(&self, readings: &mut Vec<Reading>) {
        if !self.operations.exist() {
            return;
        }
        let found = self.left_alone();
        for (id, workload) in self.model.workloads.iter_ids() {
            if !self.model.effects.iter().any(|effect| effect.may[id]) {
                continue;
            }
            let of = Holder::Edge(workload.edge);
            let ledger = &self.ledger.divergence[id];
            let stuck = ledger.settled + found[id][0] + found[id][2];
            let told = [
                ("divergent", ledger.divergent),
                ("stuck_operations", stuck),
                ("operations_begun", self.operations.begun[id]),
            ];
            readings.extend(told.map(|(name, count)| Reading { of, name, value: Some(count as f64) }));
        }
    }

    pub(super) fn close_divergence(&mut self) {
        let found = self.left_alone();
        for (id, [left, worked_on, silent, untold]) in found.iter_ids().map(|(id, found)| (id, *found)) {
            let ledger = &mut self.ledger.divergence[id];
            (ledger.kept, ledger.silent, ledger.untold) = ([left, worked_on], silent, untold);
            ledger.stuck = ledger.settled + left + silent;
        }
    }
}
