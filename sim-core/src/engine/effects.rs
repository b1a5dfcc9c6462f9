//! Was it done exactly once? The truth about each business operation: how often each effect was applied and undone under
//! its key, and what its user was told. Whether services agree about it is `effects/divergence.rs`.

mod divergence;

use super::Simulation;
use super::in_flight::Table;
use super::state::{Ready, Task};
use crate::ids::{CallId, EffectId, Handle, Id, IdVec, TaskId, WorkloadId};
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::{Aside, Probe, Told};
use crate::model::Model;
use crate::model::effect::{LEAST_KEPT, MAX_EFFECTS};
use crate::policy::Outcome;
use crate::time::SimTime;
pub use divergence::DivergenceLedger;

/// A business operation, by slot and generation: what a user wants once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OperationId(Handle);

/// None: nobody's work.
pub(super) const NO_OPERATION: OperationId = OperationId(Handle { slot: 0, generation: 0 });

/// What is true of one effect under one key.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    applied: u32,
    undone: u32,
    /// When it was applied, if its service keeps the key.
    known: Option<SimTime>,
}

impl Mark {
    fn stands(&self) -> u32 {
        self.applied - self.undone
    }
}

#[derive(Clone, Copy, Debug)]
struct Operation {
    workload: WorkloadId,
    /// What its user was told.
    told: Option<bool>,
    marks: [Mark; MAX_EFFECTS],
}

/// The operations that may still change, and counts of all.
#[derive(Debug)]
pub(super) struct Operations {
    kept: Table<Operation>,
    /// How many may be kept before it is looked which of them are done with.
    room: usize,
    /// Operations begun, by workload; empty without effects.
    begun: IdVec<WorkloadId, u64>,
}

/// What one effect has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EffectLedger {
    /// Times that a step applied it, or would have without a key.
    pub reached: u64,
    /// Times that it was applied.
    pub applied: u64,
    /// Of those, the ones for nobody's request.
    pub unkeyed: u64,
    /// Of those, the ones where it stood already under the same key.
    pub duplicates: u64,
    /// Times that the key was known and nothing was done.
    pub replayed: u64,
    /// Keys under which it was applied.
    pub keys: u64,
    /// Times that a step undid it.
    pub undoings: u64,
    /// Of those, the ones where it stood.
    pub undone: u64,
    /// Of those, the ones where there was nothing to undo: it is undone more often than it was applied.
    pub undone_in_vain: u64,
    /// Keys under which it stands although the user was told that it failed, now.
    pub orphans: u64,
    /// Keys under which it does not stand, or not yet, although the user was told that it is done, now.
    pub missing: u64,
    /// The same, added up over the keys.
    pub found: EffectsFound,
}

/// What is true of an effect, added up over the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EffectsFound {
    /// Keys under which it was applied once.
    pub once: u64,
    /// Keys under which it was applied more than once.
    pub more: u64,
    /// Times that it was applied.
    pub applied: u64,
    /// Times that it was undone.
    pub undone: u64,
    /// Keys under which it stands although the user was told that it failed.
    pub orphans: u64,
    /// Keys under which it does not stand although the user was told that it is done.
    pub missing: u64,
}

/// What users were told of their operations, added up over the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperationsLedger {
    /// Whether there are effects, so that operations are counted.
    pub are_counted: bool,
    /// That it is done.
    pub told_done: u64,
    /// That it failed.
    pub told_failed: u64,
    /// Nothing yet.
    pub untold: u64,
    /// Most that were kept at once.
    pub most_kept: u64,
}

impl EffectLedger {
    pub(super) fn laws(&self, id: EffectId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.reached == self.applied + self.replayed, &|| {
            format!(
                "{id:?}: reached {} = applied {} + replayed {}",
                self.reached, self.applied, self.replayed
            )
        });
        law(self.undoings == self.undone + self.undone_in_vain, &|| {
            format!(
                "{id:?}: undoings {} = undone {} + in vain {}",
                self.undoings, self.undone, self.undone_in_vain
            )
        });
        let found = self.found;
        law(self.keys == found.once + found.more, &|| {
            format!(
                "{id:?}: keys {} = applied once {} + more than once {}",
                self.keys, found.once, found.more
            )
        });
        law(self.applied == found.applied + self.unkeyed && self.undone == found.undone, &|| {
            format!(
                "{id:?}: applied {} = under keys {} + without {}; undone {} = {}",
                self.applied, found.applied, self.unkeyed, self.undone, found.undone
            )
        });
        law([self.orphans, self.missing] == [found.orphans, found.missing], &|| {
            format!(
                "{id:?}: orphans {} = {}; missing {} = {}",
                self.orphans, found.orphans, self.missing, found.missing
            )
        });
    }
}

impl OperationsLedger {
    /// Against requests that were answered, that failed, and that are under way.
    pub(super) fn laws(&self, requests: [u64; 3], law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let told = [self.told_done, self.told_failed, self.untold];
        law(!self.are_counted || told == requests, &|| {
            format!("operations told done, told failed, told nothing {told:?} = requests {requests:?}")
        });
    }
}

impl EffectsFound {
    fn add(&mut self, mark: &Mark, told: Option<bool>, must: bool) {
        self.once += u64::from(mark.applied == 1);
        self.more += u64::from(mark.applied > 1);
        self.applied += u64::from(mark.applied);
        self.undone += u64::from(mark.undone);
        let [orphan, missing] = differs(mark, told, must);
        self.orphans += u64::from(orphan);
        self.missing += u64::from(missing);
    }
}

/// Whether the user was told something else than what is true: an orphan, a missing effect.
fn differs(mark: &Mark, told: Option<bool>, must: bool) -> [bool; 2] {
    let stands = mark.stands() > 0;
    [told == Some(false) && stands, told == Some(true) && !stands && must]
}

impl Operations {
    pub(super) fn new(model: &Model) -> Self {
        let begun = match model.effects.is_empty() {
            true => IdVec::new(),
            false => model.workloads.iter().map(|_| 0).collect(),
        };
        Operations { kept: Table::new(), room: LEAST_KEPT, begun }
    }

    /// Whether the model has effects.
    #[inline]
    pub(super) fn exist(&self) -> bool {
        !self.begun.is_empty()
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A request begins: a key for it.
    pub(super) fn begin_operation(&mut self, workload: WorkloadId) -> OperationId {
        if self.operations.kept.len() >= self.operations.room {
            self.fold_operations();
        }
        self.operations.begun[workload] += 1;
        let operation = Operation { workload, told: None, marks: [Mark::default(); MAX_EFFECTS] };
        let id = OperationId(self.operations.kept.insert(operation));
        let most = &mut self.ledger.operations.most_kept;
        *most = (*most).max(self.operations.kept.len() as u64);
        id
    }

    /// Its user is told how it ended.
    pub(super) fn tell_user(&mut self, call: CallId, is_done: bool) {
        let id = self.contexts[call.0.slot as usize].baggage.operation;
        if let Some(before) = self.operations.kept.get(id.0).copied() {
            self.operation_becomes(id, &before, Operation { told: Some(is_done), ..before });
        }
    }

    /// A step applies an effect.
    pub(super) fn apply_effect(&mut self, group: TaskId, task: &Task, effect: EffectId) {
        self.ready.push_back(Ready::Step(group, Outcome::Ok));
        let ledger = &mut self.ledger.effects[effect];
        ledger.reached += 1;
        let Some(before) = self.operations.kept.get(task.baggage.operation.0).copied() else {
            ledger.applied += 1;
            ledger.unkeyed += 1;
            return self.aside(task.origin, Aside::Tells(Told::Applied { effect, again: false }));
        };
        let mut after = before;
        let mark = &mut after.marks[effect.index()];
        let idempotency = &self.model.effects[effect].idempotency;
        if idempotency.knows(mark.known, self.now) {
            ledger.replayed += 1;
            return self.aside(task.origin, Aside::Tells(Told::Replayed { effect }));
        }
        ledger.applied += 1;
        let again = mark.stands() > 0;
        ledger.duplicates += u64::from(again);
        ledger.keys += u64::from(mark.applied == 0);
        mark.applied += 1;
        mark.known = Some(self.now);
        self.operation_becomes(task.baggage.operation, &before, after);
        self.aside(task.origin, Aside::Tells(Told::Applied { effect, again }));
    }

    /// A step undoes an effect.
    pub(super) fn undo_effect(&mut self, group: TaskId, task: &Task, effect: EffectId) {
        self.ready.push_back(Ready::Step(group, Outcome::Ok));
        let ledger = &mut self.ledger.effects[effect];
        ledger.undoings += 1;
        let found = self.operations.kept.get(task.baggage.operation.0).copied();
        let found = found.filter(|operation| operation.marks[effect.index()].stands() > 0);
        let told = Told::Undone { effect, stood: found.is_some() };
        match found {
            None => ledger.undone_in_vain += 1,
            Some(before) => {
                ledger.undone += 1;
                let mut after = before;
                let mark = &mut after.marks[effect.index()];
                mark.undone += 1;
                mark.known = None;
                self.operation_becomes(task.baggage.operation, &before, after);
            }
        }
        self.aside(task.origin, Aside::Tells(told));
    }

    /// Something has changed about an operation: what users believe may differ from what is true.
    fn operation_becomes(&mut self, id: OperationId, before: &Operation, after: Operation) {
        for (effect, settings) in self.model.effects.iter_ids() {
            let must = settings.must[after.workload];
            let of = |operation: &Operation| {
                differs(&operation.marks[effect.index()], operation.told, must).map(u64::from)
            };
            let ([orphan, missing], [orphans, lack]) = (of(before), of(&after));
            let ledger = &mut self.ledger.effects[effect];
            ledger.orphans = ledger.orphans + orphans - orphan;
            ledger.missing = ledger.missing + lack - missing;
        }
        self.count_divergence(before, &after);
        *self.operations.kept.get_mut(id.0).expect("it was there a moment ago") = after;
    }

    /// Operations whose users know how they ended, and for which nothing works any more, become counts.
    #[inline(never)]
    fn fold_operations(&mut self) {
        // By slot: nothing that is not kept is carried, since an operation is kept as long as it is.
        let mut is_carried: Vec<bool> = Vec::new();
        let mut carry = |id: OperationId| {
            let slot = id.0.slot as usize;
            if id != NO_OPERATION {
                is_carried.resize(is_carried.len().max(slot + 1), false);
                is_carried[slot] = true;
            }
        };
        self.calls.iter_ids().for_each(|(id, _)| carry(self.contexts[id.slot as usize].baggage.operation));
        self.attempts.iter_ids().for_each(|(id, _)| carry(self.errands[id.slot as usize].baggage.operation));
        self.tasks.iter().for_each(|task| carry(task.baggage.operation));
        self.sagas.operations().for_each(carry);
        let is_over = |(id, operation): &(Handle, &Operation)| {
            operation.told.is_some() && !is_carried.get(id.slot as usize).copied().unwrap_or(false)
        };
        let over: Vec<Handle> = self.operations.kept.iter_ids().filter(is_over).map(|(id, _)| id).collect();
        for id in over {
            let operation = self.operations.kept.remove(id);
            self.count_operation(&operation);
            self.settle_divergence(&operation);
        }
        self.operations.room = LEAST_KEPT.max(2 * self.operations.kept.len());
    }

    fn count_operation(&mut self, operation: &Operation) {
        let told = &mut self.ledger.operations;
        told.told_done += u64::from(operation.told == Some(true));
        told.told_failed += u64::from(operation.told == Some(false));
        told.untold += u64::from(operation.told.is_none());
        for (effect, settings) in self.model.effects.iter_ids() {
            let mark = &operation.marks[effect.index()];
            let must = settings.must[operation.workload];
            self.ledger.effects[effect].found.add(mark, operation.told, must);
        }
    }

    /// What the effects of each service have come to so far.
    pub(super) fn read_effects(&self, readings: &mut Vec<Reading>) {
        for service in self.model.services.ids() {
            let mut sums = [0_u64; 5];
            let mut has_any = false;
            for (id, effect) in self.model.effects.iter_ids().filter(|(_, e)| e.service == service) {
                has_any = true;
                let ledger = &self.ledger.effects[id];
                let begun = self.operations.begun.iter().zip(effect.may.iter());
                let asked: u64 = begun.filter(|(_, may)| **may).map(|(begun, _)| begun).sum();
                let of = [ledger.duplicates, ledger.replayed, ledger.orphans, ledger.missing, asked];
                sums.iter_mut().zip(of).for_each(|(sum, value)| *sum += value);
            }
            if has_any {
                let of = Holder::Service(service);
                let names = ["duplicates", "replays", "orphans", "lost_effects", "effects_asked"];
                let told = names.into_iter().zip(sums);
                readings.extend(told.map(|(name, sum)| Reading { of, name, value: Some(sum as f64) }));
            }
        }
    }

    pub(super) fn close_operations(&mut self) {
        self.ledger.operations.are_counted = self.operations.exist();
        if self.operations.exist() {
            self.close_divergence();
        }
        let kept: Vec<Operation> = self.operations.kept.iter().copied().collect();
        kept.iter().for_each(|operation| self.count_operation(operation));
    }
}
