//! Who believes to hold the lock? Holders take turns with a lease, each until its own clock says that it is over; a
//! holder that stands still cannot look at its clock.

use std::collections::VecDeque;

use super::Simulation;
use super::state::{Call, Parent};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{FaultId, IdVec, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder as GaugeOf, Reading};
use crate::model::Model;
use crate::model::fault::Effect;
use crate::model::workload::Workload;
use crate::time::{SimDuration, SimTime};

/// In place of a holder: the end of the lease at the service.
const SERVICE: u32 = u32::MAX;

/// One who takes turns.
#[derive(Clone, Copy, Debug)]
struct Contender {
    /// Whether it believes to hold the lock, and since when.
    believes: bool,
    since: SimTime,
    /// What its clock has yet to show until it stops, in nanoseconds, at the moment below.
    left: f64,
    read_at: SimTime,
    /// How fast its clock goes.
    clock: f64,
    /// Counts plans to stop; an older one is stale.
    plan: u32,
    /// When it asked, if a request is under way.
    asked: Option<SimTime>,
    /// Requests sent, which number their luck.
    sent: u32,
    /// Whether it stands still, and what it will find when it goes on: a grant, or that it is time to ask.
    still: bool,
    granted: bool,
    asks: bool,
}

/// One lock and those who compete for it.
#[derive(Debug, Default)]
struct Contest {
    /// Who was granted the lease last, until when, and how often it was granted.
    owner: Option<u32>,
    held_until: SimTime,
    is_free: bool,
    term: u32,
    /// Those who were refused, in order.
    waiting: VecDeque<u32>,
    /// Whose turn it is while the lease is free: nobody comes before them.
    next: Option<u32>,
    contenders: Vec<Contender>,
    /// Whom a trigger has found holding the lease.
    caught: Vec<(FaultId, u32)>,
    /// How many believe, and until when the times are added up.
    believing: u32,
    counted: SimTime,
    /// Nanoseconds shown at the last reading: nobody, more than one.
    read: [u64; 2],
}

/// All locks.
#[derive(Debug)]
pub(super) struct Locks(IdVec<WorkloadId, Contest>);

/// How long how many believed to hold a lock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockLedger {
    /// Nobody.
    pub idle: u64,
    /// One.
    pub one: u64,
    /// More than one, and all could write.
    pub several: u64,
    /// More than one, and all but the newest were refused.
    pub fenced: u64,
    /// The time of each holder by itself, in sum.
    pub each: u64,
    /// The same as the number of holders times time.
    pub together: u64,
    /// Leases granted.
    pub granted: u64,
    /// Length of the run where there is a lock, else 0.
    pub length: u64,
}

impl LockLedger {
    pub(super) fn laws(&self, id: WorkloadId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let all = self.idle + self.one + self.several + self.fenced;
        law(all == self.length, &|| {
            format!("{id:?}: time with 0, 1, more holders {all} = run {}", self.length)
        });
        law(self.each == self.together, &|| {
            format!("{id:?}: time of each holder {} = holders x time {}", self.each, self.together)
        });
    }
}

impl Locks {
    pub(super) fn new(model: &Model) -> Self {
        let contest = |workload: &Workload| {
            let Some(lock) = &workload.lock else { return Contest::default() };
            let contender = |clock: &f64| Contender {
                believes: false,
                since: SimTime::ZERO,
                left: 0.0,
                read_at: SimTime::ZERO,
                clock: *clock,
                plan: 0,
                asked: None,
                sent: 0,
                still: false,
                granted: false,
                asks: false,
            };
            Contest {
                is_free: true,
                contenders: lock.clocks.iter().map(contender).collect(),
                ..Contest::default()
            }
        };
        Locks(model.workloads.iter().map(contest).collect())
    }
}

impl Contender {
    /// Brings what is left up to now.
    fn read_clock(&mut self, now: SimTime) {
        self.left -= self.clock * now.since(self.read_at).as_nanos_f64();
        self.read_at = now;
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// At the start the lock is free, and all ask within a second.
    pub(super) fn seat_contenders(&mut self, id: WorkloadId) {
        let Some(lock) = &self.model.workloads[id].lock else { return };
        for holder in 0..lock.clocks.len() as u32 {
            let luck = Luck::of_client(self.seed, lock.key, holder);
            let at = SimTime::ZERO + SimDuration::from_secs(1).mul_f64(luck.draws(Purpose::Contender).unit());
            self.schedule_timer(Lane::HEAP, at, Event::Renew { workload: id, lease: holder });
        }
    }

    /// A holder asks for the lease.
    pub(super) fn ask_for_lock(&mut self, id: WorkloadId, holder: u32) {
        let workload = &self.model.workloads[id];
        let lock = workload.lock.as_ref().expect("somebody holds a lock");
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        if contender.still {
            contender.asks = true;
            return;
        }
        if contender.believes || contender.granted || contender.asked.is_some() {
            return;
        }
        contender.asked = Some(self.now);
        contender.sent = contender.sent.wrapping_add(1);
        let luck = Luck::of_client(self.seed, lock.key, holder).request(u64::from(contender.sent));
        self.request_on(workload.edge, id, holder % workload.clients, luck, Parent::Holder(holder));
    }

    /// A request for the lease has ended.
    pub(super) fn lock_was_asked_for(&mut self, call: &Call, holder: u32, is_answered: bool) {
        let (id, now) = (call.workload, self.now);
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        let contest = &mut self.locks.0[id];
        let contender = &mut contest.contenders[holder as usize];
        let asked = contender.asked.take().expect("it has asked");
        let was_next = contest.next == Some(holder);
        if !is_answered {
            let again = now + lock.retry_every;
            self.schedule_timer(Lane::HEAP, again, Event::Renew { workload: id, lease: holder });
            if was_next {
                self.offer(id);
            }
            return;
        }
        if !contest.is_free || (contest.next.is_some() && !was_next) {
            return contest.waiting.push_back(holder);
        }
        contest.next = None;
        contest.term = contest.term.wrapping_add(1);
        (contest.owner, contest.is_free, contest.held_until) = (Some(holder), false, now + lock.ttl);
        let ends = Event::Expire { workload: id, lease: SERVICE, term: contest.term };
        contender.left = lock.trusted.as_nanos_f64();
        contender.read_at = asked;
        contender.granted = true;
        self.ledger.locks[id].granted += 1;
        self.schedule_timer(Lane::HEAP, now + lock.ttl, ends);
        if !self.locks.0[id].contenders[holder as usize].still {
            self.takes_lock(id, holder);
        }
    }

    /// A holder learns that the lease is its own, unless that is over by its clock.
    fn takes_lock(&mut self, id: WorkloadId, holder: u32) {
        let now = self.now;
        self.count_believers(id);
        let contest = &mut self.locks.0[id];
        let contender = &mut contest.contenders[holder as usize];
        contender.granted = false;
        contender.read_clock(now);
        if contender.left <= 0.0 {
            let again = now + self.model.workloads[id].lock.as_ref().expect("a lock").retry_every;
            return self.schedule_timer(Lane::HEAP, again, Event::Renew { workload: id, lease: holder });
        }
        (contender.believes, contender.since) = (true, now);
        contest.believing += 1;
        self.plan_to_stop(id, holder);
    }

    /// When will the clock of a holder say that its lease is over?
    fn plan_to_stop(&mut self, id: WorkloadId, holder: u32) {
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        contender.plan = contender.plan.wrapping_add(1);
        let wait = SimDuration::from_nanos_f64((contender.left / contender.clock).max(0.0));
        let ends = Event::Expire { workload: id, lease: holder, term: contender.plan };
        self.schedule_timer(Lane::HEAP, self.now + wait, ends);
    }

    /// A lease is over at the service, or by the clock of its holder.
    pub(super) fn lock_ends(&mut self, id: WorkloadId, holder: u32, plan: u32) {
        let contest = &mut self.locks.0[id];
        if holder == SERVICE {
            if contest.term == plan {
                contest.is_free = true;
                self.offer(id);
            }
            return;
        }
        let contender = &contest.contenders[holder as usize];
        if contender.plan == plan && contender.believes && !contender.still {
            self.stops(id, holder);
        }
    }

    /// The lease is free: whoever has waited longest and does not stand still asks for it.
    fn offer(&mut self, id: WorkloadId) {
        let contest = &mut self.locks.0[id];
        let place = contest.waiting.iter().position(|holder| !contest.contenders[*holder as usize].still);
        contest.next = place.and_then(|place| contest.waiting.remove(place));
        if let Some(next) = contest.next {
            // An event of its own: a request may fail at once, and then it is the turn of another.
            self.schedule_timer(Lane::HEAP, self.now, Event::Renew { workload: id, lease: next });
        }
    }

    /// A holder stops, and asks again.
    fn stops(&mut self, id: WorkloadId, holder: u32) {
        self.count_believers(id);
        let contest = &mut self.locks.0[id];
        contest.believing -= 1;
        let contender = &mut contest.contenders[holder as usize];
        contender.believes = false;
        self.ledger.locks[id].each += self.now.since(contender.since).as_nanos();
        self.ask_for_lock(id, holder);
    }

    /// Triggers have begun or ended: whose clock goes how fast, and who stands still?
    pub(super) fn disturb(&mut self, fault: FaultId, begins: bool) {
        let now = self.now;
        let Effect::Disturbed(disturbed) = self.model.faults[fault].effect else { return };
        let id = disturbed.workload;
        let lock = self.model.workloads[id].lock.as_ref().expect("a lock");
        if begins
            && disturbed.holder.is_none()
            && let Some(owner) = self.locks.0[id].owner
        {
            self.locks.0[id].caught.push((fault, owner));
        }
        for holder in 0..lock.clocks.len() as u32 {
            let (mut clock, mut still) = (lock.clocks[holder as usize], false);
            for (other, fault) in self.model.faults.iter_ids().filter(|(_, f)| f.is_on(now)) {
                let Effect::Disturbed(found) = fault.effect else { continue };
                let is_meant = match found.holder {
                    Some(meant) => meant == holder,
                    None => self.locks.0[id].caught.contains(&(other, holder)),
                };
                if found.workload == id && is_meant {
                    match found.clock {
                        Some(factor) => clock *= factor,
                        None => still = true,
                    }
                }
            }
            self.goes_on(id, holder, clock, still);
        }
    }

    /// The condition of a holder from now on.
    fn goes_on(&mut self, id: WorkloadId, holder: u32, clock: f64, still: bool) {
        let now = self.now;
        let contest = &mut self.locks.0[id];
        let contender = &mut contest.contenders[holder as usize];
        if contender.believes || contender.granted {
            contender.read_clock(now);
        }
        let another_clock = std::mem::replace(&mut contender.clock, clock) != clock;
        let wakes = std::mem::replace(&mut contender.still, still) && !still;
        if contender.believes && (another_clock || wakes) {
            match wakes && contender.left <= 0.0 {
                true => self.stops(id, holder),
                false => self.plan_to_stop(id, holder),
            }
        } else if wakes && contender.granted {
            self.takes_lock(id, holder);
        } else if wakes && std::mem::take(&mut contender.asks) {
            self.ask_for_lock(id, holder);
        } else if wakes && contest.is_free && contest.next.is_none() {
            self.offer(id);
        }
    }

    /// Adds up how long how many have believed.
    fn count_believers(&mut self, id: WorkloadId) {
        let Some(lock) = &self.model.workloads[id].lock else { return };
        let contest = &mut self.locks.0[id];
        let span = self.now.since(contest.counted).as_nanos();
        contest.counted = self.now;
        let ledger = &mut self.ledger.locks[id];
        ledger.length += span;
        ledger.together += span * u64::from(contest.believing);
        match contest.believing {
            0 => ledger.idle += span,
            1 => ledger.one += span,
            _ if lock.fencing => ledger.fenced += span,
            _ => ledger.several += span,
        }
    }

    /// Seconds since the last reading without a holder and with several who can write.
    pub(super) fn read_lock(&mut self, id: WorkloadId, now: SimTime, readings: &mut Vec<Reading>) {
        let Workload { lock: Some(_), edge, .. } = &self.model.workloads[id] else { return };
        // Whoever looks must not move the run: times are added up to a moment that may be before the next event.
        let before = std::mem::replace(&mut self.now, now);
        self.count_believers(id);
        self.now = before;
        let ledger = &self.ledger.locks[id];
        let contest = &mut self.locks.0[id];
        let all = [ledger.idle, ledger.several];
        let seconds = |k: usize| Some((all[k] - contest.read[k]) as f64 * 1e-9);
        let of = GaugeOf::Edge(*edge);
        readings.push(Reading { of, name: "lock_idle", value: seconds(0) });
        readings.push(Reading { of, name: "two_holders", value: seconds(1) });
        contest.read = all;
    }

    pub(super) fn close_locks(&mut self) {
        for id in self.model.workloads.ids() {
            self.count_believers(id);
            let ledger = &mut self.ledger.locks[id];
            for contender in self.locks.0[id].contenders.iter().filter(|contender| contender.believes) {
                ledger.each += self.now.since(contender.since).as_nanos();
            }
        }
    }
}
