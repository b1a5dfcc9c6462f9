//! Who gets how much where all share the workers? Processor sharing: with n pieces of work on c workers each
//! goes at the rate min(1, c / n). Kept as one clock of work done for everyone, so that a piece is
//! entered once, with the reading at which it is done.

use std::collections::BTreeMap;

use super::Simulation;
use super::state::{Phase, Work};
use crate::event::Event;
use crate::ids::{AttemptId, InstanceId, TaskId};
use crate::metrics::Probe;
use crate::policy::queue::processor_sharing;
use crate::time::{SimDuration, SimTime};

/// The work of one instance that is shared.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// Work done for each piece that was there all the time, nanoseconds.
    clock: f64,
    /// When the clock was read.
    read: SimTime,
    /// Counts plans: an event of an earlier one is stale.
    plan: u32,
    /// Entered pieces, with the reading at which they are done and their turn among equals.
    pieces: BTreeMap<(DoneAt, u64), Work>,
    entered: u64,
}

/// A reading of the clock. Positive numbers are ordered like their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DoneAt(u64);

impl DoneAt {
    fn new(reading: f64) -> Self {
        debug_assert!(reading >= 0.0, "the clock starts at zero and never goes back");
        DoneAt(reading.to_bits())
    }

    fn reading(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Sharing {
    fn advance(&mut self, now: SimTime, workers: u32) {
        let passed = now.since(self.read).as_nanos_f64();
        if !self.pieces.is_empty() {
            self.clock += passed * processor_sharing::rate(self.pieces.len() as u32, workers);
        }
        self.read = now;
    }

    /// Forgets everything, as after a crash.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.plan = self.plan.wrapping_add(1);
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A piece of work joins.
    pub(super) fn share(&mut self, instance: InstanceId, work: Work, length: SimDuration) {
        let workers = self.workers_of(instance);
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now, workers);
        let done_at = DoneAt::new(sharing.clock + length.as_nanos_f64());
        sharing.pieces.insert((done_at, sharing.entered), work);
        sharing.entered += 1;
        self.plan(instance);
    }

    /// Some pieces may be gone: those that are there share anew.
    pub(super) fn share_anew(&mut self, instance: InstanceId) {
        let workers = self.workers_of(instance);
        let (attempts, tasks) = (&self.attempts, &self.tasks);
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now, workers);
        sharing.pieces.retain(|_, work| match *work {
            Work::Attempt(AttemptId(id), _) => attempts.get(id).is_some_and(|a| a.phase == Phase::Serving),
            Work::Step(TaskId(id)) => tasks.get(id).is_some(),
        });
        self.plan(instance);
    }

    /// The first piece is done, unless the plan has changed.
    pub(super) fn on_shared(&mut self, instance: InstanceId, plan: u32) {
        if self.sharing[instance].plan != plan {
            return;
        }
        let workers = self.workers_of(instance);
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now, workers);
        let Some(((done_at, _), work)) = sharing.pieces.pop_first() else { return };
        // The clock is read in whole nanoseconds: it may be a little behind.
        sharing.clock = sharing.clock.max(done_at.reading());
        self.plan(instance);
        match work {
            Work::Attempt(attempt, call_slot) => self.on_finish(attempt, call_slot),
            Work::Step(task) => self.on_computed(task),
        }
    }

    fn plan(&mut self, instance: InstanceId) {
        let workers = self.workers_of(instance);
        let sharing = &mut self.sharing[instance];
        sharing.plan = sharing.plan.wrapping_add(1);
        if let Some(((done_at, _), _)) = sharing.pieces.first_key_value() {
            let rate = processor_sharing::rate(sharing.pieces.len() as u32, workers);
            let left = (done_at.reading() - sharing.clock).max(0.0) / rate;
            let plan = sharing.plan;
            let at = self.now + SimDuration::from_nanos_f64(left.ceil());
            self.events.schedule(at, Event::Shared { instance, plan });
        }
    }

    fn workers_of(&self, instance: InstanceId) -> u32 {
        self.model.services[self.servers[instance].service].workers
    }
}
