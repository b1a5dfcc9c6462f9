//! How does an event fit into two words, built and read in registers?

use super::{ChangeEvent, DiscoveryEvent, Due, Event, LifeChange, LockDue};
use crate::ids::{
    AttemptId, CacheId, CallId, ConnectionId, EdgeId, FaultId, Handle, Id, InstanceId, ServiceId, SessionId,
    SourceId, TaskId, WorkloadId,
};

/// An event as two words: kind and a small number, then slot and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(u64, u64);

impl Packed {
    pub(crate) const ARRIVAL: u64 = 0;
    pub(crate) const FINISH: u64 = 1;
    pub(crate) const ATTEMPT_TIMEOUT: u64 = 2;
    pub(crate) const TOTAL_TIMEOUT: u64 = 3;
    pub(crate) const RETRY: u64 = 4;
    pub(crate) const FAULT: u64 = 5;
    pub(crate) const REACH: u64 = 6;
    pub(crate) const DELIVER: u64 = 7;
    pub(crate) const COMPUTED: u64 = 8;
    pub(crate) const SHARED: u64 = 9;
    pub(crate) const POOL_TIMEOUT: u64 = 10;
    pub(crate) const CANCEL: u64 = 11;
    pub(crate) const CHECKPOINT: u64 = 12;
    pub(crate) const USER_RETURNS: u64 = 13;
    pub(crate) const CHECK: u64 = 14;
    pub(crate) const INTERVAL: u64 = 15;
    pub(crate) const LIFE: u64 = 16;
    pub(crate) const STRIKE: u64 = 17;
    pub(crate) const CONNECT: u64 = 50;
    pub(crate) const HANG_UP: u64 = 51;
    pub(crate) const BACKGROUND: u64 = 18;
    pub(crate) const REPAIR: u64 = 19;
    pub(crate) const SCALE: u64 = 20;
    pub(crate) const ACTION: u64 = 21;
    pub(crate) const LOOK: u64 = 22;
    pub(crate) const EARLY_CLOCK: u64 = 40;
    pub(crate) const LAYER_OPENS: u64 = 41;
    pub(crate) const LAYER_PATIENCE: u64 = 42;
    pub(crate) const REFRESH: u64 = 82;
    pub(crate) const HEDGE: u64 = 80;
    pub(crate) const UNTIE: u64 = 81;
    pub(crate) const RENEW: u64 = 95;
    pub(crate) const EXPIRE: u64 = 96;
    pub(crate) const CATCH_UP: u64 = 97;
    pub(crate) const TRANSPORT: u64 = 120;
    pub(crate) const LAST_TRANSPORT: u64 = 125;
    pub(crate) const INTRUDE: u64 = 126;
    pub(crate) const DISCOVERY: u64 = 140;
    pub(crate) const SAGA_AGAIN: u64 = 160;
    pub(crate) const SCRAPE: u64 = 180;
    pub(crate) const PAGE: u64 = 181;
    pub(crate) const RESEND: u64 = 100;
    pub(crate) const CLOSE: u64 = 101;
    pub(crate) const CHANGE: u64 = 141;
    pub(crate) const SILENCE: u64 = 200;
    pub(crate) const LOCK: u64 = 190;
    pub(crate) const LAST_LOCK: u64 = 192;

    #[inline(always)]
    pub(crate) fn new(event: Event) -> Self {
        let words = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let handle = |id: Handle| words(id.slot, id.generation);
        match event {
            Event::Arrival { source } => Packed(Self::ARRIVAL, source.index() as u64),
            Event::Finish { attempt, call_slot } => {
                Packed(words(Self::FINISH as u32, call_slot), handle(attempt.0))
            }
            Event::AttemptTimeout { attempt } => Packed(Self::ATTEMPT_TIMEOUT, handle(attempt.0)),
            Event::TotalTimeout { call } => Packed(Self::TOTAL_TIMEOUT, handle(call.0)),
            Event::Retry { call } => Packed(Self::RETRY, handle(call.0)),
            Event::Fault { fault, begins } => {
                Packed(words(Self::FAULT as u32, u32::from(begins)), fault.index() as u64)
            }
            Event::Reach { attempt } => Packed(Self::REACH, handle(attempt.0)),
            Event::Deliver { attempt } => Packed(Self::DELIVER, handle(attempt.0)),
            Event::Computed { task } => Packed(Self::COMPUTED, handle(task.0)),
            Event::Shared { instance, plan } => {
                Packed(words(Self::SHARED as u32, plan), instance.index() as u64)
            }
            Event::PoolTimeout { call, number } => {
                Packed(words(Self::POOL_TIMEOUT as u32, number), handle(call.0))
            }
            Event::Cancel { attempt } => Packed(Self::CANCEL, handle(attempt.0)),
            Event::Checkpoint { attempt } => Packed(Self::CHECKPOINT, handle(attempt.0)),
            Event::UserReturns { session } => Packed(Self::USER_RETURNS, handle(session.0)),
            Event::Check { check, of, life } => Packed(words(Self::CHECK as u32, check), words(of, life)),
            Event::Interval { edge } => Packed(Self::INTERVAL, edge.index() as u64),
            Event::Life { instance, life, change } => {
                Packed(words(Self::LIFE as u32, change as u32), words(instance.index() as u32, life))
            }
            Event::Strike { fault } => Packed(Self::STRIKE, fault.index() as u64),
            Event::Connect { workload, user } => {
                Packed(words(Self::CONNECT as u32, workload.index() as u32), u64::from(user))
            }
            Event::HangUp { workload, user, epoch } => {
                Packed(words(Self::HANG_UP as u32, workload.index() as u32), words(user, epoch))
            }
            Event::Background { instance, job, begins } => {
                Packed(words(Self::BACKGROUND as u32, u32::from(begins)), words(instance.index() as u32, job))
            }
            Event::Repair { service, plan } => {
                Packed(words(Self::REPAIR as u32, plan), service.index() as u64)
            }
            Event::Scale { service } => Packed(Self::SCALE, service.index() as u64),
            Event::Action { action, begins } => {
                Packed(words(Self::ACTION as u32, u32::from(begins)), u64::from(action))
            }
            Event::Look => Packed(Self::LOOK, 0),
            Event::EarlyClock { call, number } => {
                Packed(words(Self::EARLY_CLOCK as u32, number), handle(call.0))
            }
            Event::LayerOpens { call, ticket } => {
                Packed(words(Self::LAYER_OPENS as u32, ticket), handle(call.0))
            }
            Event::LayerPatience { call, ticket } => {
                Packed(words(Self::LAYER_PATIENCE as u32, ticket), handle(call.0))
            }
            Event::Refresh { cache, instance, plan } => Packed(
                words(Self::REFRESH as u32, plan),
                words(instance.index() as u32, cache.index() as u32),
            ),
            Event::Hedge { call, plan } => Packed(words(Self::HEDGE as u32, plan), handle(call.0)),
            Event::Untie { attempt } => Packed(Self::UNTIE, handle(attempt.0)),
            Event::Renew { workload, lease } => {
                Packed(words(Self::RENEW as u32, workload.index() as u32), u64::from(lease))
            }
            Event::Resend { attempt, code } => Packed(words(Self::RESEND as u32, code), handle(attempt.0)),
            Event::Close { closing } => Packed(Self::CLOSE, handle(closing)),
            Event::CatchUp { instance } => Packed(Self::CATCH_UP, instance.index() as u64),
            Event::Transport { connection, due, plan } => {
                Packed(words(Self::TRANSPORT as u32 + due as u32, plan), handle(connection.0))
            }
            Event::Intrude { fault, service } => {
                Packed(Self::INTRUDE, words(fault.index() as u32, service.index() as u32))
            }
            Event::SagaAgain { run, plan } => Packed(words(Self::SAGA_AGAIN as u32, plan), handle(run)),
            Event::Scrape { monitor } => Packed(Self::SCRAPE, u64::from(monitor)),
            Event::Page { monitor, plan, fires } => {
                Packed(words(Self::PAGE as u32, u32::from(fires)), words(monitor, plan))
            }
            Event::Expire { workload, lease, term } => {
                Packed(words(Self::EXPIRE as u32, workload.index() as u32), words(lease, term))
            }
            Event::Change(what) => Packed(Self::CHANGE, what.number()),
            Event::Silence { attempt } => Packed(Self::SILENCE, handle(attempt.0)),
            Event::Lock { workload, due, holder, turn } => {
                Packed(words(Self::LOCK as u32 + due as u32, workload.index() as u32), words(holder, turn))
            }
            Event::Discovery(what) => {
                let (kind, first, second) = what.numbers();
                Packed(words(Self::DISCOVERY as u32, kind), words(first, second))
            }
        }
    }

    /// Its kind. The loop looks at this and unpacks what it needs: to make an [`Event`] of it and look again
    /// are two jumps that the processor cannot foresee.
    #[inline(always)]
    pub(crate) const fn kind(self) -> u64 {
        self.0 & 0xff
    }

    #[inline(always)]
    pub(crate) const fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    const fn handle(self) -> Handle {
        Handle { slot: self.1 as u32, generation: (self.1 >> 32) as u32 }
    }

    #[inline(always)]
    pub(crate) const fn attempt(self) -> AttemptId {
        AttemptId(self.handle())
    }

    #[inline(always)]
    pub(crate) const fn call(self) -> CallId {
        CallId(self.handle())
    }

    #[inline(always)]
    pub(crate) fn source(self) -> SourceId {
        SourceId::from_index(self.1 as usize)
    }

    /// The event.
    #[inline(never)]
    pub(crate) fn event(self) -> Event {
        let (handle, number, second) = (self.handle(), self.number(), self.1);
        match self.kind() {
            Self::ARRIVAL => Event::Arrival { source: self.source() },
            Self::FINISH => Event::Finish { attempt: self.attempt(), call_slot: number },
            Self::ATTEMPT_TIMEOUT => Event::AttemptTimeout { attempt: self.attempt() },
            Self::RETRY => Event::Retry { call: self.call() },
            Self::TOTAL_TIMEOUT => Event::TotalTimeout { call: self.call() },
            Self::FAULT => Event::Fault { fault: FaultId::from_index(second as usize), begins: number == 1 },
            Self::REACH => Event::Reach { attempt: self.attempt() },
            Self::DELIVER => Event::Deliver { attempt: self.attempt() },
            Self::COMPUTED => Event::Computed { task: TaskId(handle) },
            Self::SHARED => Event::Shared { instance: InstanceId::from_index(second as usize), plan: number },
            Self::POOL_TIMEOUT => Event::PoolTimeout { call: self.call(), number },
            Self::CANCEL => Event::Cancel { attempt: self.attempt() },
            Self::CHECKPOINT => Event::Checkpoint { attempt: self.attempt() },
            Self::USER_RETURNS => Event::UserReturns { session: SessionId(handle) },
            Self::CHECK => Event::Check { check: number, of: handle.slot, life: handle.generation },
            Self::INTERVAL => Event::Interval { edge: EdgeId::from_index(second as usize) },
            Self::LIFE => Event::Life {
                instance: InstanceId::from_index(handle.slot as usize),
                life: handle.generation,
                change: match number {
                    0 => LifeChange::Start,
                    1 => LifeChange::Booted,
                    2 => LifeChange::Warm,
                    _ => LifeChange::GraceOver,
                },
            },
            Self::CONNECT => {
                Event::Connect { workload: WorkloadId::from_index(number as usize), user: second as u32 }
            }
            Self::HANG_UP => Event::HangUp {
                workload: WorkloadId::from_index(number as usize),
                user: handle.slot,
                epoch: handle.generation,
            },
            Self::BACKGROUND => Event::Background {
                instance: InstanceId::from_index(handle.slot as usize),
                job: handle.generation,
                begins: number == 1,
            },
            Self::REPAIR => Event::Repair { service: ServiceId::from_index(second as usize), plan: number },
            Self::SCALE => Event::Scale { service: ServiceId::from_index(second as usize) },
            Self::ACTION => Event::Action { action: second as u32, begins: number == 1 },
            Self::LOOK => Event::Look,
            Self::EARLY_CLOCK => Event::EarlyClock { call: self.call(), number },
            Self::LAYER_OPENS => Event::LayerOpens { call: self.call(), ticket: number },
            Self::LAYER_PATIENCE => Event::LayerPatience { call: self.call(), ticket: number },
            Self::REFRESH => Event::Refresh {
                cache: CacheId::from_index(handle.generation as usize),
                instance: InstanceId::from_index(handle.slot as usize),
                plan: number,
            },
            Self::HEDGE => Event::Hedge { call: self.call(), plan: number },
            Self::UNTIE => Event::Untie { attempt: self.attempt() },
            Self::RENEW => {
                Event::Renew { workload: WorkloadId::from_index(number as usize), lease: second as u32 }
            }
            Self::CATCH_UP => Event::CatchUp { instance: InstanceId::from_index(second as usize) },
            Self::SAGA_AGAIN => Event::SagaAgain { run: handle, plan: number },
            Self::RESEND => Event::Resend { attempt: self.attempt(), code: number },
            Self::CLOSE => Event::Close { closing: handle },
            Self::EXPIRE => Event::Expire {
                workload: WorkloadId::from_index(number as usize),
                lease: handle.slot,
                term: handle.generation,
            },
            kind @ Self::TRANSPORT..=Self::LAST_TRANSPORT => Event::Transport {
                connection: ConnectionId(handle),
                due: Due::ALL[(kind - Self::TRANSPORT) as usize],
                plan: number,
            },
            Self::INTRUDE => Event::Intrude {
                fault: FaultId::from_index(handle.slot as usize),
                service: ServiceId::from_index(handle.generation as usize),
            },
            Self::DISCOVERY => Event::Discovery(DiscoveryEvent::of(number, handle.slot, handle.generation)),
            Self::SCRAPE => Event::Scrape { monitor: second as u32 },
            Self::PAGE => Event::Page { monitor: handle.slot, plan: handle.generation, fires: number == 1 },
            Self::CHANGE => Event::Change(ChangeEvent::of(second)),
            Self::SILENCE => Event::Silence { attempt: self.attempt() },
            kind @ Self::LOCK..=Self::LAST_LOCK => Event::Lock {
                workload: WorkloadId::from_index(number as usize),
                due: LockDue::ALL[(kind - Self::LOCK) as usize],
                holder: handle.slot,
                turn: handle.generation,
            },
            _ => Event::Strike { fault: FaultId::from_index(second as usize) },
        }
    }
}
