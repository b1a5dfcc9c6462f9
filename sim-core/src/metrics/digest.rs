//! Did two runs do exactly the same? A running hash of every event, its moment and its ids.

use crate::event::Event;
use crate::ids::Id;
use crate::luck::mix;
use crate::metrics::{Observation, Probe};
use crate::time::SimTime;

/// The fingerprint of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    hash: u64,
    events: u64,
}

impl Digest {
    /// The fingerprint so far.
    pub fn value(self) -> u64 {
        mix(self.hash, self.events)
    }
}

impl Probe for Digest {
    #[inline]
    fn observe(&mut self, _now: SimTime, _observation: Observation) {}

    #[inline]
    fn on_event(&mut self, now: SimTime, event: impl Fn() -> Event) {
        let handle = |kind: u64, slot: u32, generation: u32| {
            kind << 60 ^ u64::from(slot) << 32 ^ u64::from(generation)
        };
        let what = match event() {
            Event::Arrival { source } => handle(1, source.index() as u32, 0),
            Event::Finish { attempt, .. } => handle(2, attempt.0.slot, attempt.0.generation),
            Event::AttemptTimeout { attempt } => handle(3, attempt.0.slot, attempt.0.generation),
            Event::TotalTimeout { call } => handle(4, call.0.slot, call.0.generation),
            Event::Retry { call } => handle(5, call.0.slot, call.0.generation),
            Event::Fault { fault, begins } => handle(6, fault.index() as u32, u32::from(begins)),
            Event::Reach { attempt } => handle(7, attempt.0.slot, attempt.0.generation),
            Event::Deliver { attempt } => handle(8, attempt.0.slot, attempt.0.generation),
            Event::Computed { task } => handle(9, task.0.slot, task.0.generation),
            Event::Shared { instance, plan } => handle(10, instance.index() as u32, plan),
            Event::PoolTimeout { call, number } => {
                mix(handle(11, call.0.slot, call.0.generation), u64::from(number))
            }
            Event::Cancel { attempt } => handle(12, attempt.0.slot, attempt.0.generation),
            Event::Checkpoint { attempt } => handle(13, attempt.0.slot, attempt.0.generation),
            Event::UserReturns { session } => handle(14, session.0.slot, session.0.generation),
            Event::Check { check, of, life } => mix(handle(15, check, of), u64::from(life)),
            Event::Interval { edge } => mix(handle(15, edge.index() as u32, 0), 1 << 32),
            Event::Life { instance, life, change } => {
                mix(handle(15, instance.index() as u32, life), 2 << 32 | change as u64)
            }
            Event::Strike { fault } => mix(handle(15, fault.index() as u32, 0), 3 << 32),
            Event::Connect { workload, user } => mix(handle(15, workload.index() as u32, user), 50 << 32),
            Event::HangUp { workload, user, epoch } => {
                mix(handle(15, workload.index() as u32, user), 51 << 32 | u64::from(epoch))
            }
            Event::Background { instance, job, begins } => {
                mix(handle(15, instance.index() as u32, job), 4 << 32 | u64::from(begins))
            }
            Event::Repair { service, plan } => mix(handle(15, service.index() as u32, plan), 5 << 32),
            Event::Action { action, begins } => mix(handle(15, action, u32::from(begins)), 60 << 32),
            Event::Look => mix(handle(15, 0, 0), 61 << 32),
            Event::EarlyClock { call, number } => {
                mix(handle(11, call.0.slot, call.0.generation), 1 << 32 | u64::from(number))
            }
            Event::LayerOpens { call, ticket } => {
                mix(handle(11, call.0.slot, call.0.generation), 2 << 32 | u64::from(ticket))
            }
            Event::LayerPatience { call, ticket } => {
                mix(handle(11, call.0.slot, call.0.generation), 3 << 32 | u64::from(ticket))
            }
            Event::Refresh { cache, instance, plan } => {
                mix(handle(15, instance.index() as u32, cache.index() as u32), 82 << 32 | u64::from(plan))
            }
            Event::Hedge { call, plan } => {
                mix(handle(15, call.0.slot, call.0.generation), 80 << 32 | u64::from(plan))
            }
            Event::Untie { attempt } => mix(handle(15, attempt.0.slot, attempt.0.generation), 81 << 32),
            Event::Renew { workload, lease } => mix(handle(15, workload.index() as u32, lease), 95 << 32),
            Event::Expire { workload, lease, term } => {
                mix(handle(15, workload.index() as u32, lease), 96 << 32 | u64::from(term))
            }
            Event::Resend { attempt, code } => {
                mix(handle(15, attempt.0.slot, attempt.0.generation), 100 << 32 | u64::from(code))
            }
            Event::Close { closing } => mix(handle(15, closing.slot, closing.generation), 101 << 32),
            Event::CatchUp { instance } => mix(handle(15, instance.index() as u32, 0), 97 << 32),
            Event::Transport { connection, due, plan } => {
                let what = (120 + due as u64) << 32 | u64::from(plan);
                mix(handle(15, connection.0.slot, connection.0.generation), what)
            }
            Event::Intrude { fault, service } => {
                mix(handle(15, fault.index() as u32, service.index() as u32), 126 << 32)
            }
            Event::Change(what) => {
                mix(handle(15, what.number() as u32, (what.number() >> 32) as u32), 141 << 32)
            }
            Event::Lock { workload, due, holder, turn } => {
                let what = (190 + due as u64) << 32 | u64::from(turn);
                mix(handle(15, workload.index() as u32, holder), what)
            }
            Event::Discovery(what) => {
                let (kind, first, second) = what.numbers();
                mix(handle(15, first, second), 140 << 32 | u64::from(kind))
            }
            Event::SagaAgain { run, plan } => {
                mix(handle(15, run.slot, run.generation), 160 << 32 | u64::from(plan))
            }
            Event::Scrape { monitor } => mix(handle(15, monitor, 0), 180 << 32),
            Event::Page { monitor, plan, fires } => {
                mix(handle(15, monitor, plan), 181 << 32 | u64::from(fires))
            }
            Event::Silence { attempt } => mix(handle(15, attempt.0.slot, attempt.0.generation), 200 << 32),
            Event::Scale { service } => mix(handle(15, service.index() as u32, 0), 6 << 32),
        };
        self.hash = mix(self.hash ^ now.as_nanos(), what);
        self.events += 1;
    }
}
