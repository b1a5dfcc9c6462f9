//! Is a packed event the same event?

use super::*;
use crate::ids::Id;

#[test]
fn packed_events_are_the_same_events() {
    let id = Handle { slot: 0xdead_beef, generation: u32::MAX };
    for event in [
        Event::Arrival { source: SourceId::from_index(7) },
        Event::Finish { attempt: AttemptId(id), call_slot: u32::MAX },
        Event::AttemptTimeout { attempt: AttemptId(id) },
        Event::TotalTimeout { call: CallId(id) },
        Event::Retry { call: CallId(id) },
        Event::Fault { fault: FaultId::from_index(3), begins: true },
        Event::Fault { fault: FaultId::from_index(3), begins: false },
        Event::Reach { attempt: AttemptId(id) },
        Event::Deliver { attempt: AttemptId(id) },
        Event::Computed { task: TaskId(id) },
        Event::Shared { instance: InstanceId::from_index(8), plan: u32::MAX },
        Event::PoolTimeout { call: CallId(id), number: 3 },
        Event::Cancel { attempt: AttemptId(id) },
        Event::Checkpoint { attempt: AttemptId(id) },
        Event::UserReturns { session: SessionId(id) },
        Event::Check { check: 4, of: 5, life: 6 },
        Event::Interval { edge: EdgeId::from_index(9) },
        Event::Life { instance: InstanceId::from_index(1), life: 2, change: LifeChange::Start },
        Event::Life { instance: InstanceId::from_index(1), life: 2, change: LifeChange::Booted },
        Event::Life { instance: InstanceId::from_index(1), life: 2, change: LifeChange::Warm },
        Event::Life { instance: InstanceId::from_index(1), life: 2, change: LifeChange::GraceOver },
        Event::Strike { fault: FaultId::from_index(3) },
        Event::Connect { workload: WorkloadId::from_index(4), user: u32::MAX },
        Event::HangUp { workload: WorkloadId::from_index(4), user: 5, epoch: u32::MAX },
        Event::Background { instance: InstanceId::from_index(8), job: 31, begins: true },
        Event::Repair { service: ServiceId::from_index(2), plan: u32::MAX },
        Event::Scale { service: ServiceId::from_index(6) },
        Event::Action { action: 3, begins: true },
        Event::Look,
        Event::EarlyClock { call: CallId(id), number: 7 },
        Event::LayerOpens { call: CallId(id), ticket: 8 },
        Event::LayerPatience { call: CallId(id), ticket: u32::MAX },
        Event::Refresh { cache: CacheId::from_index(2), instance: InstanceId::from_index(9), plan: u32::MAX },
        Event::Hedge { call: CallId(id), plan: u32::MAX },
        Event::Untie { attempt: AttemptId(id) },
        Event::Renew { workload: WorkloadId::from_index(4), lease: u32::MAX },
        Event::Expire { workload: WorkloadId::from_index(4), lease: 5, term: u32::MAX },
        Event::Lock {
            workload: WorkloadId::from_index(4),
            due: super::LockDue::Sync,
            holder: 5,
            turn: u32::MAX,
        },
        Event::Resend { attempt: AttemptId(id), code: 31 },
        Event::Close { closing: id },
        Event::CatchUp { instance: InstanceId::from_index(9) },
        Event::Intrude { fault: FaultId::from_index(3), service: ServiceId::from_index(6) },
        Event::SagaAgain { run: id, plan: u32::MAX },
        Event::Scrape { monitor: 7 },
        Event::Page { monitor: 7, plan: u32::MAX, fires: true },
        Event::Discovery(DiscoveryEvent::Heartbeat { instance: InstanceId::from_index(7), life: u32::MAX }),
        Event::Change(ChangeEvent::Repair),
        Event::Silence { attempt: AttemptId(id) },
        Event::Change(ChangeEvent::Due { owner: 2 }),
        Event::Change(ChangeEvent::Step { plan: u32::MAX }),
        Event::Discovery(DiscoveryEvent::LookedUp { edge: EdgeId::from_index(3), client: 5 }),
    ] {
        assert_eq!(Packed::new(event).event(), event);
    }
    for due in Due::ALL {
        let event = Event::Transport { connection: ConnectionId(id), due, plan: u32::MAX };
        assert_eq!(Packed::new(event).event(), event);
    }
}
