//! What does the clock of a holder show? It goes too fast or too slow, it is ahead or behind, and now and then it is set.

use super::super::Simulation;
use super::{Contender, SERVICE};
use crate::event::{Event, LockDue};
use crate::event_list::Lane;
use crate::ids::WorkloadId;
use crate::metrics::Probe;
use crate::model::lock::{Expiry, Lock};
use crate::time::SimTime;

/// A clock that may be wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// How fast it goes.
    rate: f64,
    /// How many nanoseconds it is ahead at the moment below.
    ahead: f64,
    read_at: SimTime,
    /// What a trigger adds, which is part of that.
    skew: f64,
    /// How far it is ahead whenever it is set.
    offset: f64,
}

impl Clock {
    pub(super) fn new(rate: f64, offset: f64) -> Self {
        Clock { rate, ahead: offset, read_at: SimTime::ZERO, skew: 0.0, offset }
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// How many nanoseconds it is ahead.
    fn ahead(&self, now: SimTime) -> f64 {
        self.ahead + (self.rate - 1.0) * now.since(self.read_at).as_nanos_f64()
    }

    /// It goes at this speed from now on; gives whether that is another one.
    pub(super) fn goes(&mut self, now: SimTime, rate: f64) -> bool {
        (self.ahead, self.read_at) = (self.ahead(now), now);
        std::mem::replace(&mut self.rate, rate) != rate
    }

    /// Triggers add this much; gives by how much it jumps.
    pub(super) fn skew(&mut self, skew: f64) -> f64 {
        let jump = skew - std::mem::replace(&mut self.skew, skew);
        self.ahead += jump;
        jump
    }

    /// It is set; gives by how much it jumps.
    fn set(&mut self, now: SimTime) -> f64 {
        let before = self.ahead(now);
        (self.ahead, self.read_at) = (self.offset + self.skew, now);
        self.ahead - before
    }
}

impl Contender {
    /// It learns that the lease lasts for a full term from now on, in answer to what it asked.
    pub(super) fn is_told(&mut self, lock: &Lock, asked: SimTime, now: SimTime) {
        let trusted = lock.trusted.as_nanos_f64();
        (self.left, self.read_at) = match lock.expiry {
            Expiry::Length => (trusted, asked),
            Expiry::Moment => (trusted - self.clock.ahead(now), now),
        };
    }

    /// Something makes its clock jump; gives whether that matters to it.
    pub(super) fn jump(&mut self, expiry: Expiry, by: impl FnOnce(&mut Clock) -> f64) -> bool {
        let jump = by(&mut self.clock);
        if expiry == Expiry::Length {
            return false;
        }
        self.left -= jump;
        jump != 0.0
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The next time at which clocks are set.
    pub(super) fn plan_to_sync(&mut self, id: WorkloadId) {
        let every = self.model.workloads[id].lock.as_ref().and_then(|lock| lock.sync_every);
        if let Some(every) = every {
            let sync = Event::Lock { workload: id, due: LockDue::Sync, holder: SERVICE, turn: 0 };
            self.schedule_timer(Lane::HEAP, self.now + every, sync);
        }
    }

    /// All clocks are set.
    pub(super) fn sync_clocks(&mut self, id: WorkloadId) {
        let now = self.now;
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        for holder in 0..lock.clocks.len() as u32 {
            let contender = &mut self.locks.0[id].contenders[holder as usize];
            if contender.believes || contender.granted {
                contender.read_clock(now);
            }
            if contender.jump(lock.expiry, |clock| clock.set(now)) && contender.believes {
                self.looks_at_clock(id, holder, true, false);
            }
        }
        self.plan_to_sync(id);
    }
}
