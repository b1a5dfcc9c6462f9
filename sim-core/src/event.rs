//! What can happen? One closed set of plain events; the engine handles each in one place.

mod due;
mod packed;
mod scheduled;
#[cfg(test)]
mod tests;
mod discovery;
mod change;

use crate::ids::{
    AttemptId, CacheId, CallId, ConnectionId, EdgeId, FaultId, Handle, InstanceId, ServiceId, SessionId,
    SourceId, TaskId, WorkloadId,
};
pub use change::ChangeEvent;
pub use discovery::DiscoveryEvent;
pub use due::{Due, LifeChange, LockDue};
pub(crate) use packed::Packed;
pub(crate) use scheduled::Scheduled;

/// Something that happens at a moment. Ids only, no boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next request of an arrival source comes.
    Arrival {
        /// Which source.
        source: SourceId,
    },
    /// A worker finishes an attempt.
    Finish {
        /// The attempt served.
        attempt: AttemptId,
        /// Slot of its call: with a million in flight both records are cache misses, and knowing both
        /// places lets the processor fetch them at the same time.
        call_slot: u32,
    },
    /// The caller's patience with one attempt ends.
    AttemptTimeout {
        /// The attempt, if it is still under way.
        attempt: AttemptId,
    },
    /// The caller's patience with the whole call ends.
    TotalTimeout {
        /// The call, if it is still under way.
        call: CallId,
    },
    /// A back-off is over: the next attempt is sent.
    Retry {
        /// The call, if it is still under way.
        call: CallId,
    },
    /// A trigger begins or ends.
    Fault {
        /// Which trigger.
        fault: FaultId,
        /// Begins (`true`) or ends.
        begins: bool,
    },
    /// An attempt reaches its instance.
    Reach {
        /// The attempt, if it is still under way.
        attempt: AttemptId,
    },
    /// An answer reaches its caller.
    Deliver {
        /// The attempt, if it is still under way.
        attempt: AttemptId,
    },
    /// A step of own work is done.
    Computed {
        /// The steps that it belongs to, if they are still under way.
        task: TaskId,
    },
    /// Shared workers have finished the first of what they share.
    Shared {
        /// Where.
        instance: InstanceId,
        /// Of which plan; an older one is stale.
        plan: u32,
    },
    /// A caller's patience with its pool ends.
    PoolTimeout {
        /// The call, if it still waits for a slot.
        call: CallId,
        /// For which attempt.
        number: u32,
    },
    /// A server learns that nobody wants an attempt any more.
    Cancel {
        /// The attempt, if it is still there.
        attempt: AttemptId,
    },
    /// Work looks whether it is still wanted.
    Checkpoint {
        /// The attempt, if it is still there.
        attempt: AttemptId,
    },
    /// A user has thought and sends the next request.
    UserReturns {
        /// Who.
        session: SessionId,
    },
    /// A probe or the health checks of a client are due.
    Check {
        /// Number of the check.
        check: u32,
        /// Which instance is probed, or which client checks.
        of: u32,
        /// In which life of the instance.
        life: u32,
    },
    /// The clients of an edge look at what they have seen of its instances.
    Interval {
        /// Which edge.
        edge: EdgeId,
    },
    /// Something is due in the life of an instance.
    Life {
        /// Which instance.
        instance: InstanceId,
        /// Which life; an event of an earlier one is stale.
        life: u32,
        /// What.
        change: LifeChange,
    },
    /// A monkey strikes.
    Strike {
        /// Which fault.
        fault: FaultId,
    },
    /// A user without a connection opens one.
    Connect {
        /// Whose users.
        workload: WorkloadId,
        /// Which of them.
        user: u32,
    },
    /// A connection is closed in good order.
    HangUp {
        /// Whose users.
        workload: WorkloadId,
        /// Which of them.
        user: u32,
        /// Which connection of that user; an event of another one is stale.
        epoch: u32,
    },
    /// Housekeeping of an instance begins or ends.
    Background {
        /// Which instance.
        instance: InstanceId,
        /// Number of the job at its service.
        job: u32,
        /// Begins (`true`) or ends.
        begins: bool,
    },
    /// Something is due in the copying of lost data.
    Repair {
        /// Whose data.
        service: ServiceId,
        /// Of which plan; an older one is stale.
        plan: u32,
    },
    /// A scaler reads its instances, or looks at its readings, or both.
    Scale {
        /// Of which service.
        service: ServiceId,
    },
    /// An operator acts, or what was changed for a while is as before.
    Action {
        /// Number of the action.
        action: u32,
        /// Begins (`true`) or ends.
        begins: bool,
    },
    /// An operator looks whether it is time to act.
    Look,
    /// The clock of an attempt ends that has started before the attempt was sent.
    EarlyClock {
        /// The call, if it is still under way.
        call: CallId,
        /// Which clock of the call; only the latest runs.
        number: u32,
    },
    /// A call that waits at a layer of its pipeline goes on.
    LayerOpens {
        /// The call, if it is still under way.
        call: CallId,
        /// For which of its waits.
        ticket: u32,
    },
    /// The patience of a call that waits at a layer of its pipeline ends.
    LayerPatience {
        /// The call, if it is still under way.
        call: CallId,
        /// For which of its waits.
        ticket: u32,
    },
    /// A cache of an instance is to be loaded anew.
    Refresh {
        /// Which cache.
        cache: CacheId,
        /// Of which instance.
        instance: InstanceId,
        /// By which plan; an older one is stale.
        plan: u32,
    },
    /// Another attempt of a hedged call is due.
    Hedge {
        /// The call, if it is still under way.
        call: CallId,
        /// Of which plan; an older one is stale.
        plan: u32,
    },
    /// A server learns that the other copy of a tied attempt has started.
    Untie {
        /// The attempt, if it is still there.
        attempt: AttemptId,
    },
    /// The holder of a lease renews it, or establishes it if it is lost.
    Renew {
        /// Whose leases.
        workload: WorkloadId,
        /// Which of them.
        lease: u32,
    },
    /// The time of a lease is over.
    Expire {
        /// Whose leases.
        workload: WorkloadId,
        /// Which of them.
        lease: u32,
        /// Which term of that lease; an event of another one is stale.
        term: u32,
    },
    /// TCP sends a message again that did not get through.
    Resend {
        /// The attempt that it belongs to.
        attempt: AttemptId,
        /// Timeouts in a row so far, times two, and one more for an answer.
        code: u32,
    },
    /// A connection that closes late is closed.
    Close {
        /// Which, in the table of those.
        closing: Handle,
    },
    /// A replica asks again, after a pull that failed.
    CatchUp {
        /// Which instance.
        instance: InstanceId,
    },
    /// Something is due with a connection of a call.
    Transport {
        /// Which, if it is still there.
        connection: ConnectionId,
        /// What.
        due: Due,
        /// By which plan, where there may be an older one.
        plan: u32,
    },
    /// An intruder calls from a service that it has taken over.
    Intrude {
        /// Which intruder.
        fault: FaultId,
        /// From where.
        service: ServiceId,
    },
    /// Something is due in the discovery of services.
    Discovery(DiscoveryEvent),
    /// An undoing of a saga is tried again.
    SagaAgain {
        /// The saga, if it is still under way.
        run: Handle,
        /// After which of its waits; an event of another one is stale.
        plan: u32,
    },
    /// A monitor looks.
    Scrape {
        /// Which.
        monitor: u32,
    },
    /// Those on call see that an alert fires, or fires no more.
    Page {
        /// Of which monitor.
        monitor: u32,
        /// By which of its decisions; an older one is stale.
        plan: u32,
        /// Fires (`true`) or resolves.
        fires: bool,
    },
    /// Something is due where owners change settings.
    Change(ChangeEvent),
    /// The caller's patience with the silence of one attempt ends, unless it has heard something since.
    Silence {
        /// The attempt, if it is still under way.
        attempt: AttemptId,
    },
    /// Something is due with a lock.
    Lock {
        /// Whose.
        workload: WorkloadId,
        /// What.
        due: LockDue,
        /// For which holder; no meaning where clocks are set.
        holder: u32,
        /// In which of its turns; an event of another one is stale.
        turn: u32,
    },
}
