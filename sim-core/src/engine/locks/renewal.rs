//! Who keeps a lock for longer than one lease? A holder asks for more time while it believes, and gives the lock up when
//! it has had it for long enough.

use super::super::Simulation;
use super::super::arrivals::LEAST_PAUSE;
use crate::event::{Event, LockDue};
use crate::event_list::Lane;
use crate::ids::WorkloadId;
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::time::SimTime;

/// What a holder asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The lease.
    Take,
    /// More time.
    Keep,
    /// That it is taken back.
    Leave,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A holder begins a turn: when does it renew, and for how long does it want the lock?
    pub(super) fn plan_turn(&mut self, id: WorkloadId, holder: u32) {
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        contender.turn = contender.turn.wrapping_add(1);
        (contender.wants_until, contender.leaves, contender.is_late) = (SimTime::NEVER, false, false);
        let turn = contender.turn;
        if let Some(hold) = &lock.hold {
            let luck = Luck::of_client(self.seed, lock.key, holder).request(u64::from(turn));
            let wants_until = self.now + hold.sample(&mut luck.draws(Purpose::Hold)).max(LEAST_PAUSE);
            contender.wants_until = wants_until;
            let enough = Event::Lock { workload: id, due: LockDue::Enough, holder, turn };
            self.schedule_timer(Lane::HEAP, wants_until, enough);
        }
        self.plan_to_renew(id, holder);
    }

    /// A holder asks for more time when its clock has gone on by this much.
    fn plan_to_renew(&mut self, id: WorkloadId, holder: u32) {
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        let Some(every) = lock.renew_every else { return };
        let contender = &self.locks.0[id].contenders[holder as usize];
        let wait = every.mul_f64(1.0 / contender.clock.rate()).max(LEAST_PAUSE);
        let due = Event::Lock { workload: id, due: LockDue::Renewal, holder, turn: contender.turn };
        self.schedule_timer(Lane::HEAP, self.now + wait, due);
    }

    /// Something is due with a lock.
    pub(in crate::engine) fn on_lock(&mut self, id: WorkloadId, due: LockDue, holder: u32, turn: u32) {
        if due == LockDue::Sync {
            return self.sync_clocks(id);
        }
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        if contender.turn != turn || !contender.believes {
            return;
        }
        match due {
            LockDue::Renewal => {
                contender.is_late = contender.still;
                self.plan_to_renew(id, holder);
                self.renews(id, holder);
            }
            // Who stands still sees that it is enough when it goes on.
            _ if contender.still => {}
            _ => self.gives_up(id, holder),
        }
    }

    /// A holder asks for more time, unless it has just asked.
    pub(super) fn renews(&mut self, id: WorkloadId, holder: u32) {
        let contender = &self.locks.0[id].contenders[holder as usize];
        if contender.asked.is_none() && !contender.still && !self.actions.pauses(id) {
            self.send_wish(id, holder, Wish::Keep);
        }
    }

    /// A request for more time has ended. The next is sent when its time has come, whatever becomes of this one.
    pub(super) fn renewal_ended(&mut self, id: WorkloadId, holder: u32, asked: SimTime, is_answered: bool) {
        let now = self.now;
        let contest = &mut self.locks.0[id];
        let contender = &mut contest.contenders[holder as usize];
        if !contender.believes {
            self.ledger.locks[id].too_late += u64::from(is_answered);
            return match std::mem::take(&mut contender.leaves) {
                true => self.releases(id, holder),
                false => self.ask_for_lock(id, holder),
            };
        }
        if !is_answered {
            return;
        }
        if contest.is_free || contest.owner != Some(holder) {
            self.ledger.locks[id].too_late += 1;
            (contender.left, contender.read_at) = (0.0, now);
            if !contender.still {
                self.stops(id, holder);
            }
            return;
        }
        self.ledger.locks[id].renewed += 1;
        self.lease_lasts(id, holder, asked);
        self.plan_to_stop(id, holder);
    }

    /// A holder has had the lock for long enough.
    pub(super) fn gives_up(&mut self, id: WorkloadId, holder: u32) {
        self.believes_no_more(id, holder);
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        match contender.asked {
            Some(_) => contender.leaves = true,
            None => self.releases(id, holder),
        }
    }

    /// A holder asks for the lease to be taken back. Who cannot send just now leaves it to run out.
    fn releases(&mut self, id: WorkloadId, holder: u32) {
        match self.locks.0[id].contenders[holder as usize].still || self.actions.pauses(id) {
            true => self.on_renew(id, holder),
            false => self.send_wish(id, holder, Wish::Leave),
        }
    }

    /// A request to take the lease back has ended. If it failed, the lease runs out.
    pub(super) fn release_ended(&mut self, id: WorkloadId, holder: u32, is_answered: bool) {
        if !is_answered {
            let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
            let again = Event::Renew { workload: id, lease: holder };
            return self.schedule_timer(Lane::HEAP, self.now + lock.retry_every, again);
        }
        let contest = &mut self.locks.0[id];
        if contest.is_free || contest.owner != Some(holder) {
            self.ledger.locks[id].too_late += 1;
        } else {
            self.ledger.locks[id].released += 1;
            contest.is_free = true;
            // The end of the term that was given up is stale.
            contest.term = contest.term.wrapping_add(1);
            self.offer(id);
        }
        self.on_renew(id, holder);
    }
}
