//! Has the record changed since it was read? Versions of records, and the notes of them that attempts carry.

use std::collections::BTreeMap;

use super::Simulation;
use super::state::{NO_ATTEMPT, Parent, Ready, Task};
use crate::ids::{AttemptId, CallId, Id, IdVec, RecordsId, TaskId};
use crate::metrics::{Aside, Probe};
use crate::model::Model;
use crate::model::record::{MAX_RECORDS, RecordPer};
use crate::policy::Outcome;

/// The version of a record that nobody has written yet.
const FIRST: u64 = 1;

/// Versions by kind of records; 0 for those not read.
type Note = [u64; MAX_RECORDS];

/// What is written, and what attempts know of it.
#[derive(Debug)]
pub(super) struct Records {
    /// By record, those that were written.
    versions: IdVec<RecordsId, BTreeMap<u32, u64>>,
    /// By slot of the attempts, with the attempt that wrote it down; empty without records.
    notes: Vec<(AttemptId, Note)>,
}

/// What one kind of records has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordsLedger {
    /// Reads.
    pub reads: u64,
    /// Writes that were tried.
    pub writes: u64,
    /// Of those, the ones that changed the record.
    pub written: u64,
    /// Of those, the ones that failed because the record had changed.
    pub conflicts: u64,
    /// Changes as the versions at the end tell.
    pub changes: u64,
}

impl RecordsLedger {
    pub(super) fn laws(&self, id: RecordsId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.writes == self.written + self.conflicts, &|| {
            format!(
                "{id:?}: writes {} = written {} + conflicts {}",
                self.writes, self.written, self.conflicts
            )
        });
        law(self.written == self.changes, &|| {
            format!("{id:?}: written {} = changes of versions {}", self.written, self.changes)
        });
    }
}

impl Records {
    pub(super) fn new(model: &Model) -> Self {
        Records { versions: model.records.iter().map(|_| BTreeMap::new()).collect(), notes: Vec::new() }
    }

    /// Whether the model has any.
    #[inline]
    pub(super) fn are_there(&self) -> bool {
        !self.versions.is_empty()
    }

    fn note(&self, attempt: AttemptId) -> Note {
        match self.notes.get(attempt.0.slot as usize) {
            Some((whose, note)) if *whose == attempt => *note,
            _ => [0; MAX_RECORDS],
        }
    }

    /// Another attempt knows what this one knows.
    pub(super) fn copy_note(&mut self, from: AttemptId, to: AttemptId) {
        if self.are_there() {
            self.write_down(to, self.note(from));
        }
    }

    fn write_down(&mut self, attempt: AttemptId, note: Note) {
        if attempt == NO_ATTEMPT {
            return;
        }
        let slot = attempt.0.slot as usize;
        if slot >= self.notes.len() {
            self.notes.resize(slot + 1, (NO_ATTEMPT, [0; MAX_RECORDS]));
        }
        self.notes[slot] = (attempt, note);
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The record that this work is about.
    fn record_of(&self, records: RecordsId, task: &Task) -> u32 {
        match self.model.records[records].per {
            RecordPer::All => 0,
            RecordPer::Key => task.baggage.key,
        }
    }

    /// A step reads a record.
    pub(super) fn read_record(&mut self, group: TaskId, task: &Task, records: RecordsId) {
        let record = self.record_of(records, task);
        let version = self.records.versions[records].get(&record).copied().unwrap_or(FIRST);
        self.ledger.records[records].reads += 1;
        let mut note = self.records.note(task.attempt);
        note[records.index()] = version;
        self.records.write_down(task.attempt, note);
        self.aside(task.origin, Aside::Reads { version });
        self.ready.push_back(Ready::Step(group, Outcome::Ok));
    }

    /// A step writes a record, if it is as it was read.
    pub(super) fn write_record(&mut self, group: TaskId, task: &Task, records: RecordsId) {
        let record = self.record_of(records, task);
        let mut note = self.records.note(task.attempt);
        let read = note[records.index()];
        let version = self.records.versions[records].entry(record).or_insert(FIRST);
        let fits = read == 0 || read == *version;
        let found = *version;
        *version += u64::from(fits);
        let ledger = &mut self.ledger.records[records];
        ledger.writes += 1;
        ledger.written += u64::from(fits);
        ledger.conflicts += u64::from(!fits);
        if !fits {
            self.aside(task.origin, Aside::Conflicts { read, found });
            return self.ready.push_back(Ready::Step(group, Outcome::Conflict));
        }
        // Who has written knows what it is now.
        note[records.index()] = found + 1;
        self.records.write_down(task.attempt, note);
        self.aside(task.origin, Aside::Writes { version: found + 1 });
        self.ready.push_back(Ready::Step(group, Outcome::Ok));
    }

    /// An attempt is sent: it knows what the attempt knows that it is sent for.
    pub(super) fn pass_note_on(&mut self, call: CallId, attempt: AttemptId) {
        let note = match self.who_waits(call) {
            Some(above) => self.records.note(above),
            None => [0; MAX_RECORDS],
        };
        self.records.write_down(attempt, note);
    }

    /// An answer is back in time: whoever waited for it knows what it knows.
    pub(super) fn hand_note_up(&mut self, attempt: AttemptId, call: CallId) {
        let Some(above) = self.who_waits(call) else { return };
        let (mut note, brought) = (self.records.note(above), self.records.note(attempt));
        for (known, new) in note.iter_mut().zip(brought) {
            if new != 0 {
                *known = new;
            }
        }
        self.records.write_down(above, note);
    }

    /// The attempt in service on whose behalf a call is made, if any waits for it.
    fn who_waits(&self, call: CallId) -> Option<AttemptId> {
        let Parent::Task(task) = self.contexts[call.0.slot as usize].parent else { return None };
        let attempt = self.tasks.get(task.0)?.attempt;
        (attempt != NO_ATTEMPT).then_some(attempt)
    }

    pub(super) fn close_records(&mut self) {
        for (id, versions) in self.records.versions.iter_ids() {
            self.ledger.records[id].changes = versions.values().map(|version| version - FIRST).sum();
        }
    }
}
