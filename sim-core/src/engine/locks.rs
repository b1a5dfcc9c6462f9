//! Who believes to hold the lock? Holders take turns with a lease, each until its own clock says that it is over; a
//! holder that stands still cannot look at its clock. Clocks are `locks/clock.rs`, renewals `locks/renewal.rs`.

mod clock;
mod ledger;
mod renewal;

use std::collections::VecDeque;

use super::Simulation;
use super::state::{Call, Parent};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{FaultId, IdVec, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::gauges::{Holder as GaugeOf, Reading};
use crate::metrics::{Aside, Probe, Told};
use crate::model::Model;
use crate::model::fault::Effect;
use crate::model::lock::Disturbance;
use crate::model::workload::Workload;
use crate::time::{SimDuration, SimTime};
use clock::Clock;
pub use ledger::LockLedger;
use renewal::Wish;

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
    clock: Clock,
    /// Counts plans to stop; an older one is stale.
    plan: u32,
    /// When it asked, if a request is under way, and for what.
    asked: Option<SimTime>,
    wish: Wish,
    /// Counts turns with the lock, and until when it wants it.
    turn: u32,
    wants_until: SimTime,
    /// Whether it gives the lock up as soon as the request under way has ended.
    leaves: bool,
    /// Whether it stood still when it was time to renew.
    is_late: bool,
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
    /// Who was granted the lease last, and how often it was granted or prolonged: the end of an older one is stale.
    owner: Option<u32>,
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

impl Locks {
    pub(super) fn new(model: &Model) -> Self {
        let contest = |workload: &Workload| {
            let Some(lock) = &workload.lock else { return Contest::default() };
            let contender = |(clock, offset): (&f64, &f64)| Contender {
                believes: false,
                since: SimTime::ZERO,
                left: 0.0,
                read_at: SimTime::ZERO,
                clock: Clock::new(*clock, *offset),
                plan: 0,
                asked: None,
                wish: Wish::Take,
                turn: 0,
                wants_until: SimTime::NEVER,
                leaves: false,
                is_late: false,
                sent: 0,
                still: false,
                granted: false,
                asks: false,
            };
            Contest {
                is_free: true,
                contenders: lock.clocks.iter().zip(&lock.offsets).map(contender).collect(),
                ..Contest::default()
            }
        };
        Locks(model.workloads.iter().map(contest).collect())
    }
}

impl Contender {
    /// Brings what is left up to now.
    fn read_clock(&mut self, now: SimTime) {
        self.left -= self.clock.rate() * now.since(self.read_at).as_nanos_f64();
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
        self.plan_to_sync(id);
    }

    /// A holder asks for the lease.
    pub(super) fn ask_for_lock(&mut self, id: WorkloadId, holder: u32) {
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        if contender.still {
            contender.asks = true;
            return;
        }
        if contender.believes || contender.granted || contender.asked.is_some() {
            return;
        }
        self.send_wish(id, holder, Wish::Take);
    }

    /// A holder sends a request.
    fn send_wish(&mut self, id: WorkloadId, holder: u32, wish: Wish) {
        let workload = &self.model.workloads[id];
        let lock = workload.lock.as_ref().expect("somebody holds a lock");
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        (contender.asked, contender.wish) = (Some(self.now), wish);
        contender.sent = contender.sent.wrapping_add(1);
        self.ledger.locks[id].asked += 1;
        let luck = Luck::of_client(self.seed, lock.key, holder).request(u64::from(contender.sent));
        self.request_on(workload.edge, id, holder % workload.clients, luck, Parent::Holder(holder));
    }

    /// A request of a holder has ended.
    pub(super) fn lock_was_asked_for(&mut self, call: &Call, holder: u32, is_answered: bool) {
        let id = call.workload;
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        let asked = contender.asked.take().expect("it has asked");
        let wish = contender.wish;
        self.ledger.locks[id].failed += u64::from(!is_answered);
        let before = self.ledger.locks[id];
        match wish {
            Wish::Take => self.lease_was_asked_for(id, holder, asked, is_answered),
            Wish::Keep => self.renewal_ended(id, holder, asked, is_answered),
            Wish::Leave => self.release_ended(id, holder, is_answered),
        }
        let length = self.model.workloads[id].lock.as_ref().expect("a lock").ttl;
        if let Some(told) = before.told(&self.ledger.locks[id], length) {
            self.aside(call.attempt, Aside::Tells(Told::Lock(told)));
        }
    }

    /// The same for one who wants the lease.
    fn lease_was_asked_for(&mut self, id: WorkloadId, holder: u32, asked: SimTime, is_answered: bool) {
        let now = self.now;
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        let contest = &mut self.locks.0[id];
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
            self.ledger.locks[id].refused += 1;
            return contest.waiting.push_back(holder);
        }
        contest.next = None;
        contest.owner = Some(holder);
        contest.contenders[holder as usize].granted = true;
        self.ledger.locks[id].granted += 1;
        self.lease_lasts(id, holder, asked);
        if !self.locks.0[id].contenders[holder as usize].still {
            self.takes_lock(id, holder);
        }
    }

    /// From now on the lease lasts for a full term, and its holder is told so in answer to what it asked.
    fn lease_lasts(&mut self, id: WorkloadId, holder: u32, asked: SimTime) {
        let now = self.now;
        let lock = self.model.workloads[id].lock.as_ref().expect("somebody holds a lock");
        let contest = &mut self.locks.0[id];
        contest.term = contest.term.wrapping_add(1);
        contest.is_free = false;
        let ends = Event::Expire { workload: id, lease: SERVICE, term: contest.term };
        contest.contenders[holder as usize].is_told(lock, asked, now);
        self.schedule_timer(Lane::HEAP, now + lock.ttl, ends);
    }

    /// A holder learns that the lease is its own, unless that is over by its clock.
    fn takes_lock(&mut self, id: WorkloadId, holder: u32) {
        let now = self.now;
        self.count_believers(id, self.now);
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
        self.plan_turn(id, holder);
    }

    /// When will the clock of a holder say that its lease is over?
    fn plan_to_stop(&mut self, id: WorkloadId, holder: u32) {
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        contender.plan = contender.plan.wrapping_add(1);
        let wait = SimDuration::from_nanos_f64((contender.left / contender.clock.rate()).max(0.0));
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
        self.believes_no_more(id, holder);
        self.ask_for_lock(id, holder);
    }

    fn believes_no_more(&mut self, id: WorkloadId, holder: u32) {
        self.count_believers(id, self.now);
        let contest = &mut self.locks.0[id];
        contest.believing -= 1;
        let contender = &mut contest.contenders[holder as usize];
        contender.believes = false;
        self.ledger.locks[id].each += self.now.since(contender.since).as_nanos();
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
            let (mut rate, mut skew, mut still) = (lock.clocks[holder as usize], 0.0, false);
            for (other, fault) in self.model.faults.iter_ids().filter(|(_, f)| f.is_on(now)) {
                let Effect::Disturbed(found) = fault.effect else { continue };
                let is_meant = match found.holder {
                    Some(meant) => meant == holder,
                    None => self.locks.0[id].caught.contains(&(other, holder)),
                };
                if found.workload == id && is_meant {
                    match found.what {
                        Disturbance::Clock { factor, ahead } => (rate, skew) = (rate * factor, skew + ahead),
                        Disturbance::Still => still = true,
                    }
                }
            }
            self.goes_on(id, holder, [rate, skew], still);
        }
    }

    /// The condition of a holder from now on: how fast its clock goes and how far a trigger has put it ahead.
    fn goes_on(&mut self, id: WorkloadId, holder: u32, [rate, skew]: [f64; 2], still: bool) {
        let now = self.now;
        let expiry = self.model.workloads[id].lock.as_ref().expect("a lock").expiry;
        let contest = &mut self.locks.0[id];
        let contender = &mut contest.contenders[holder as usize];
        if contender.believes || contender.granted {
            contender.read_clock(now);
        }
        let another_clock = contender.clock.goes(now, rate);
        let jumps = contender.jump(expiry, |clock| clock.skew(skew));
        let wakes = std::mem::replace(&mut contender.still, still) && !still;
        if contender.believes && (another_clock || jumps || wakes) {
            self.looks_at_clock(id, holder, jumps, wakes);
        } else if wakes && contender.granted {
            self.takes_lock(id, holder);
        } else if wakes && std::mem::take(&mut contender.asks) {
            self.ask_for_lock(id, holder);
        } else if wakes && contest.is_free && contest.next.is_none() {
            self.offer(id);
        }
    }

    /// A holder that believes sees another time than it expected, or goes on after it stood still.
    fn looks_at_clock(&mut self, id: WorkloadId, holder: u32, jumps: bool, wakes: bool) {
        let contender = &mut self.locks.0[id].contenders[holder as usize];
        if (wakes || (jumps && !contender.still)) && contender.left <= 0.0 {
            return self.stops(id, holder);
        }
        if wakes && contender.wants_until <= self.now {
            return self.gives_up(id, holder);
        }
        let renews = wakes && std::mem::take(&mut contender.is_late);
        self.plan_to_stop(id, holder);
        if renews {
            self.renews(id, holder);
        }
    }

    /// Adds up how long how many have believed until `now`, which may be before the next event.
    fn count_believers(&mut self, id: WorkloadId, now: SimTime) {
        let Some(lock) = &self.model.workloads[id].lock else { return };
        let contest = &mut self.locks.0[id];
        let span = now.since(contest.counted).as_nanos();
        contest.counted = now;
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
        self.count_believers(id, now);
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
            self.count_believers(id, self.now);
            let ledger = &mut self.ledger.locks[id];
            for contender in &self.locks.0[id].contenders {
                ledger.asking += u64::from(contender.asked.is_some());
                if contender.believes {
                    ledger.each += self.now.since(contender.since).as_nanos();
                }
            }
        }
    }
}
