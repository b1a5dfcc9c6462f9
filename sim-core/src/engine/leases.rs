//! Whose lease has run out? Holders renew theirs in time, lose what was not renewed, and establish it anew.

use super::Simulation;
use super::state::{Call, Parent};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, IdVec, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::model::Model;
use crate::time::SimTime;

/// A lease and its holder. The holder either waits for the end of a request or for the moment of the next.
#[derive(Clone, Copy, Debug)]
struct Lease {
    held: bool,
    /// Counts answers: what belongs to an earlier term is stale.
    term: u32,
    /// Requests sent, which number their luck.
    sent: u32,
    /// Requests that failed since the last answer.
    failed: u32,
    /// The request under way.
    call: Option<CallId>,
}

/// All leases; those of workloads that keep none are no list at all.
#[derive(Debug)]
pub(super) struct Leases {
    all: IdVec<WorkloadId, Vec<Lease>>,
    /// Holders who would send a request if their workload were not paused.
    paused: IdVec<WorkloadId, Vec<u32>>,
}

/// What the leases of one workload have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseLedger {
    /// Leases that there are.
    pub count: u64,
    /// Answers to renewals.
    pub renewed: u64,
    /// Leases established anew.
    pub established: u64,
    /// Leases that ran out.
    pub expired: u64,
    /// Leases held, as counted.
    pub held: u64,
    /// Leases held and lost at the end, as found.
    pub found: [u64; 2],
}

impl LeaseLedger {
    pub(super) fn laws(&self, id: WorkloadId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.count + self.established == self.expired + self.held, &|| {
            format!(
                "{id:?}: leases at the start {} + established {} = expired {} + held {}",
                self.count, self.established, self.expired, self.held
            )
        });
        law(self.found[0] == self.held && self.found[0] + self.found[1] == self.count, &|| {
            format!(
                "{id:?}: leases {} = held + lost {:?}, and held {} as counted",
                self.count, self.found, self.held
            )
        });
    }
}

impl Leases {
    pub(super) fn new(model: &Model) -> Self {
        let lease = Lease { held: true, term: 0, sent: 0, failed: 0, call: None };
        let count = |workload: &crate::model::workload::Workload| {
            workload.leases.as_ref().map_or(0, |leases| leases.count as usize)
        };
        Leases {
            all: model.workloads.iter().map(|workload| vec![lease; count(workload)]).collect(),
            paused: model.workloads.iter().map(|_| Vec::new()).collect(),
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// At the start all leases are held, as if they had been renewed in turns.
    pub(super) fn grant_first_leases(&mut self, id: WorkloadId) {
        let Some(leases) = &self.model.workloads[id].leases else { return };
        let count = u64::from(leases.count);
        let ledger = &mut self.ledger.leases[id];
        (ledger.count, ledger.held) = (count, count);
        for lease in 0..leases.count {
            let luck = Luck::of_client(self.seed, leases.key, lease);
            let due = SimTime::ZERO + leases.renew_every.mul_f64(luck.draws(Purpose::Renewal).unit());
            // The answer before was `renew_every` earlier, and the lease lasts for longer than that.
            let ends = due + (leases.ttl - leases.renew_every);
            self.schedule_timer(Lane::HEAP, ends, Event::Expire { workload: id, lease, term: 0 });
            self.schedule_timer(Lane::HEAP, due, Event::Renew { workload: id, lease });
        }
    }

    /// A holder renews its lease, or establishes it if it is lost.
    pub(super) fn on_renew(&mut self, id: WorkloadId, lease: u32) {
        if self.actions.pauses(id) {
            return self.leases.paused[id].push(lease);
        }
        let workload = &self.model.workloads[id];
        let Some(leases) = &workload.leases else { return self.ask_for_lock(id, lease) };
        let record = &mut self.leases.all[id][lease as usize];
        record.sent = record.sent.wrapping_add(1);
        let luck = Luck::of_client(self.seed, leases.key, lease).request(u64::from(record.sent));
        let edge = if record.held { workload.edge } else { leases.establish };
        self.request_on(edge, id, lease % workload.clients, luck, Parent::Holder(lease));
    }

    /// The holders of a workload may send again.
    pub(super) fn renew_after_pause(&mut self, id: WorkloadId) {
        for lease in std::mem::take(&mut self.leases.paused[id]) {
            self.on_renew(id, lease);
        }
    }

    /// A request of a holder is about to be sent.
    pub(super) fn holder_asks(&mut self, id: WorkloadId, lease: u32, call: CallId) {
        if let Some(lease) = self.leases.all[id].get_mut(lease as usize) {
            lease.call = Some(call);
        }
    }

    /// A request of a holder has ended: `edge` tells which.
    pub(super) fn holder_goes_on(&mut self, call: &Call, lease: u32, is_answered: bool) {
        let id = call.workload;
        let Some(leases) = &self.model.workloads[id].leases else {
            return self.lock_was_asked_for(call, lease, is_answered);
        };
        let record = &mut self.leases.all[id][lease as usize];
        record.call = None;
        if is_answered {
            record.failed = 0;
            record.term = record.term.wrapping_add(1);
            let (term, was_held) = (record.term, std::mem::replace(&mut record.held, true));
            let ledger = &mut self.ledger.leases[id];
            match was_held {
                true => ledger.renewed += 1,
                false => (ledger.established, ledger.held) = (ledger.established + 1, ledger.held + 1),
            }
            self.schedule_timer(
                Lane::HEAP,
                self.now + leases.ttl,
                Event::Expire { workload: id, lease, term },
            );
            let due = self.now + leases.renew_every;
            return self.schedule_timer(Lane::HEAP, due, Event::Renew { workload: id, lease });
        }
        let luck = Luck::of_client(self.seed, leases.key, lease).request(u64::from(record.sent));
        let wait = leases.again.wait(record.failed, luck);
        record.failed = record.failed.saturating_add(1);
        let wait = wait.max(self.least_wait(call));
        self.schedule_timer(Lane::HEAP, self.now + wait, Event::Renew { workload: id, lease });
    }

    /// The time of a lease is over. A renewal that is under way comes too late.
    pub(super) fn on_expire(&mut self, id: WorkloadId, lease: u32, term: u32) {
        if self.model.workloads[id].lock.is_some() {
            return self.lock_ends(id, lease, term);
        }
        let record = &mut self.leases.all[id][lease as usize];
        if record.term != term {
            return;
        }
        record.held = false;
        let call = record.call;
        let ledger = &mut self.ledger.leases[id];
        (ledger.expired, ledger.held) = (ledger.expired + 1, ledger.held - 1);
        if let Some(call) = call {
            self.on_total_timeout(call);
        }
    }

    /// How many leases are held, of those who renew over this edge.
    pub(super) fn leases_held(&self, edge: EdgeId) -> Option<f64> {
        let (id, workload) = self.model.workloads.iter_ids().find(|(_, workload)| workload.edge == edge)?;
        workload.leases.is_some().then(|| self.ledger.leases[id].held as f64)
    }

    pub(super) fn close_leases(&mut self) {
        for (id, leases) in self.leases.all.iter_ids() {
            let held = leases.iter().filter(|lease| lease.held).count() as u64;
            self.ledger.leases[id].found = [held, leases.len() as u64 - held];
        }
    }
}
