//! How does work go on where its speed changes under way? Where all share the workers, with n pieces of work on
//! c workers each goes at the rate min(1, c / n); where the speed of an instance depends on its load, at that
//! speed (`capacity.rs`); where both, at the product. Kept as one clock of work done for everyone, so that a
//! piece is entered once, with the reading at which it is done.

use std::collections::BTreeMap;

use super::Simulation;
use super::state::{Phase, Work};
use crate::event::Event;
use crate::ids::{AttemptId, InstanceId, TaskId};
use crate::metrics::Probe;
use crate::policy::queue::processor_sharing;
use crate::time::{SimDuration, SimTime};

/// The work of one instance whose speed changes under way.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// Work done for each piece that was there all the time, nanoseconds.
    clock: f64,
    /// When the clock was read.
    read: SimTime,
    /// How fast it goes since then.
    rate: f64,
    /// The piece that the present plan is about.
    planned: Option<(DoneAt, u64)>,
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
    fn advance(&mut self, now: SimTime) {
        self.clock += now.since(self.read).as_nanos_f64() * self.rate;
        self.read = now;
    }

    /// Forgets everything, as after a crash.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        (self.rate, self.planned) = (0.0, None);
        self.plan = self.plan.wrapping_add(1);
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A piece of work joins.
    pub(super) fn share(&mut self, instance: InstanceId, work: Work, length: SimDuration) {
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now);
        let done_at = DoneAt::new(sharing.clock + length.as_nanos_f64());
        sharing.pieces.insert((done_at, sharing.entered), work);
        sharing.entered += 1;
        self.renew_plan(instance);
    }

    /// Some pieces may be gone: those that are there share anew.
    pub(super) fn share_anew(&mut self, instance: InstanceId) {
        let (attempts, tasks) = (&self.attempts, &self.tasks);
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now);
        sharing.pieces.retain(|_, work| match *work {
            Work::Attempt(AttemptId(id), _) => attempts.get(id).is_some_and(|a| a.phase == Phase::Serving),
            Work::Step(TaskId(id)) => tasks.get(id).is_some(),
        });
        self.renew_plan(instance);
    }

    /// The first piece is done, unless the plan has changed.
    pub(super) fn on_shared(&mut self, instance: InstanceId, plan: u32) {
        if self.sharing[instance].plan != plan {
            return;
        }
        let sharing = &mut self.sharing[instance];
        sharing.advance(self.now);
        let Some(((done_at, _), work)) = sharing.pieces.pop_first() else { return };
        // The clock is read in whole nanoseconds: it may be a little behind.
        sharing.clock = sharing.clock.max(done_at.reading());
        sharing.planned = None;
        self.renew_plan(instance);
        match work {
            Work::Attempt(attempt, call_slot) => self.on_finish(attempt, call_slot),
            Work::Step(task) => self.on_computed(task),
        }
    }

    /// The pieces have changed. Where they alone decide over the rate the plan is made at once.
    fn renew_plan(&mut self, instance: InstanceId) {
        match self.model.services[self.servers[instance].service].pace {
            None => self.plan(instance),
            Some(_) => self.changed(instance),
        }
    }

    /// What the rate depends on has changed.
    pub(super) fn renew_pace(&mut self, instance: InstanceId) {
        let rate = self.pace(instance);
        let sharing = &mut self.sharing[instance];
        let first = sharing.pieces.first_key_value().map(|(key, _)| *key);
        if sharing.rate != rate || sharing.planned != first {
            sharing.advance(self.now);
            self.plan(instance);
        }
    }

    fn plan(&mut self, instance: InstanceId) {
        let rate = self.pace(instance);
        let sharing = &mut self.sharing[instance];
        sharing.plan = sharing.plan.wrapping_add(1);
        sharing.rate = rate;
        sharing.planned = sharing.pieces.first_key_value().map(|(key, _)| *key);
        let Some((done_at, _)) = sharing.planned else { return };
        // Where nothing is left for the work, it goes on when that changes.
        if rate > 0.0 {
            let left = (done_at.reading() - sharing.clock).max(0.0) / rate;
            let plan = sharing.plan;
            let at = self.now + SimDuration::from_nanos_f64(left.ceil());
            self.events.schedule(at, Event::Shared { instance, plan });
        }
    }

    /// How fast each piece of work on an instance goes; 1 is the speed alone.
    fn pace(&self, instance: InstanceId) -> f64 {
        let service = &self.model.services[self.servers[instance].service];
        let pieces = self.sharing[instance].pieces.len() as u32;
        let rate = match service.shares_workers {
            _ if pieces == 0 => return 0.0,
            true => processor_sharing::rate(pieces, service.workers),
            false => 1.0,
        };
        service.pace.as_ref().map_or(rate, |capacity| rate * self.speed(instance, capacity))
    }
}
