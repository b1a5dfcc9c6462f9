//! What can be seen of a run? Everything that happens is told to one observer, the [`Probe`]; the normal
//! run counts it into windows and histograms ([`series`]), the journal writes the story of chosen
//! requests ([`journal`]), tests add a running digest of all events ([`digest`]). There is no second
//! loop for any of them: the engine is generic over its observer, and one that looks away costs nothing.

pub mod caches;
pub mod digest;
pub mod gauges;
pub mod journal;
pub mod latency;
pub mod series;
pub mod states;
mod connections;
mod meter;
mod told;

use crate::event::Event;
use crate::ids::{AttemptId, CacheId, CallId, EdgeId, FaultId, IdVec, InstanceId, ServiceId, WorkloadId};
use crate::model::network::Way;
use crate::model::pipeline::Layer;
use crate::policy::Outcome;
use crate::policy::retry::GiveUp;
use crate::policy::targets::ChangeKind;
use crate::time::{SimDuration, SimTime};
use gauges::Reading;
pub use meter::{CapacityGauge, Meter};
pub use states::InstanceState;
pub use told::{LockTold, Told};

/// Something that happened, in the words of the field. Plain data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observation {
    /// A user wants something.
    Arrived {
        /// Whose request.
        workload: WorkloadId,
        /// Its call.
        call: CallId,
        /// Which client sends it.
        client: u32,
    },
    /// A step of a service calls another service.
    Called {
        /// The attempt that the step serves, or that has spawned it, which may be over by then.
        by: AttemptId,
        /// Whether that attempt waits for it: not for what it has spawned.
        waits: bool,
        /// The call.
        call: CallId,
        /// Over which edge.
        edge: EdgeId,
    },
    /// An attempt leaves its caller.
    Sent {
        /// Whose request it is, if a user sends it.
        workload: Option<WorkloadId>,
        /// Its call.
        call: CallId,
        /// The attempt.
        attempt: AttemptId,
        /// Over which edge.
        edge: EdgeId,
        /// To which service.
        service: ServiceId,
        /// To which instance.
        instance: InstanceId,
        /// 1 for the first try.
        number: u32,
    },
    /// An attempt joins the waiting line.
    Queued {
        /// The attempt.
        attempt: AttemptId,
        /// Those that wait before or with it, itself included.
        waiting: usize,
    },
    /// An attempt could not be sent.
    NotSent {
        /// Its call.
        call: CallId,
        /// 1 for the first try.
        number: u32,
        /// Why.
        outcome: Outcome,
    },
    /// A layer of its call makes an attempt wait: for a slot of the pool, a place of the bulkhead, its turn.
    AwaitsSlot {
        /// Its call.
        call: CallId,
        /// Which layer.
        layer: Layer,
        /// 1 for the first try.
        number: u32,
    },
    /// An attempt is turned away on arrival.
    Rejected {
        /// The attempt.
        attempt: AttemptId,
        /// By which service.
        service: ServiceId,
        /// Why: the line is full, admission control, or nobody is there.
        outcome: Outcome,
    },
    /// An attempt is lost with its instance.
    Lost {
        /// The attempt.
        attempt: AttemptId,
        /// At which service.
        service: ServiceId,
    },
    /// A server lets go of an attempt that nobody wants any more.
    Withdrawn {
        /// The attempt.
        attempt: AttemptId,
        /// At which service.
        service: ServiceId,
    },
    /// An attempt is discarded when its turn comes, because it waited too long.
    Dropped {
        /// The attempt.
        attempt: AttemptId,
        /// By which service.
        service: ServiceId,
    },
    /// A worker takes an attempt.
    Started {
        /// The attempt.
        attempt: AttemptId,
        /// At which service.
        service: ServiceId,
        /// How long it waited.
        waited: SimDuration,
        /// How long it will take, if that is known: not where others are called or workers are shared.
        service_time: Option<SimDuration>,
    },
    /// A worker has finished an attempt.
    Completed {
        /// The attempt.
        attempt: AttemptId,
        /// At which service.
        service: ServiceId,
        /// `ok` or `server_error`.
        outcome: Outcome,
        /// Whether its caller still waits for it.
        wanted: bool,
    },
    /// A caller's attempt has failed, or with `cancelled` is left because another of its call was first.
    AttemptFailed {
        /// Its call.
        call: CallId,
        /// The attempt.
        attempt: AttemptId,
        /// How.
        outcome: Outcome,
    },
    /// The caller will try again.
    RetryPlanned {
        /// The call.
        call: CallId,
        /// After which wait.
        after: SimDuration,
    },
    /// The caller will not try again.
    GaveUp {
        /// The call.
        call: CallId,
        /// Why.
        reason: GiveUp,
    },
    /// A request has its answer.
    Answered {
        /// Whose request.
        workload: WorkloadId,
        /// Its call.
        call: CallId,
        /// When it arrived.
        arrived: SimTime,
        /// Attempts it took.
        attempts: u32,
        /// Whether the answer stands in for something better: a step fell back, or a value that had expired
        /// was used because no other could be had.
        degraded: bool,
    },
    /// A request has failed for good.
    Failed {
        /// Whose request.
        workload: WorkloadId,
        /// Its call.
        call: CallId,
        /// When it arrived.
        arrived: SimTime,
        /// How its last attempt ended.
        outcome: Outcome,
        /// Attempts it took.
        attempts: u32,
    },
    /// A call of a step has ended.
    CallEnded {
        /// The call.
        call: CallId,
        /// How.
        outcome: Outcome,
        /// Attempts it took.
        attempts: u32,
    },
    /// A call of a step is left: nobody waits for it any more.
    Abandoned {
        /// The call.
        call: CallId,
    },
    /// An instance is in another state.
    InstanceState {
        /// Which.
        instance: InstanceId,
        /// Which state.
        state: InstanceState,
    },
    /// A client's belief about an instance has changed.
    Believed {
        /// Clients of which edge.
        edge: EdgeId,
        /// Which of them.
        client: u32,
        /// About which instance.
        instance: InstanceId,
        /// What it believes now.
        belief: ChangeKind,
    },
    /// A user's connection begins or ends.
    Connection {
        /// Whose user.
        workload: WorkloadId,
        /// Which of them.
        user: u32,
        /// To which service.
        service: ServiceId,
        /// To which instance.
        instance: InstanceId,
        /// Begins (`true`) or ends.
        opened: bool,
    },
    /// Something happens at a cache.
    Cache {
        /// The attempt that the step serves; stale if nobody waits for it.
        by: AttemptId,
        /// Which.
        cache: CacheId,
        /// What.
        event: CacheEvent,
    },
    /// A trigger begins or ends.
    Trigger {
        /// Which.
        fault: FaultId,
        /// Begins (`true`) or ends.
        begins: bool,
    },
    /// An operator acts, or what was changed for a while is as before.
    Action {
        /// Number of the action.
        action: u32,
        /// Begins (`true`) or ends.
        begins: bool,
    },
    /// Those on call see that an alert fires, or fires no more.
    Alert {
        /// Number of the monitor.
        monitor: u32,
        /// Fires (`true`) or resolves.
        fires: bool,
    },
    /// What only the story of a request tells: nothing is counted by it.
    Aside {
        /// The attempt.
        attempt: AttemptId,
        /// What is to be told of it.
        aside: Aside,
    },
}

/// What is told of an attempt in service, or of its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aside {
    /// A step of own work begins.
    Computes {
        /// How long it takes, alone on its worker.
        length: SimDuration,
    },
    /// Steps begin side by side.
    SideBySide {
        /// How many.
        of: u32,
        /// How many must succeed.
        need: u32,
    },
    /// A step has failed, and another is done in its place.
    FallsBack,
    /// Steps begin that the attempt does not wait for.
    Spawns,
    /// Its work is held and goes on when the instance recovers, if ever.
    Hangs,
    /// What it came to reaches a caller that does not wait any more.
    CameLate {
        /// What it came to.
        outcome: Outcome,
    },
    /// A step reads a record.
    Reads {
        /// What its version is.
        version: u64,
    },
    /// A step writes a record.
    Writes {
        /// What its version is now.
        version: u64,
    },
    /// A step does not write a record, because it has changed.
    Conflicts {
        /// The version that was read.
        read: u64,
        /// The version that it has.
        found: u64,
    },
    /// The line is full and drops nobody: it waits outside.
    WaitsOutside,
    /// There is no connection for it yet: it waits until one is free or open.
    AwaitsConnection,
    /// It has waited for a connection, and leaves.
    Boards,
    /// It is let in, and its caller waits for no more.
    Accepted {
        /// Its number from now on; another where the word of it travels back under the old one.
        item: AttemptId,
    },
    /// Its request arrives twice, if both arrive: the server gets a copy that nobody waits for.
    Doubled {
        /// Number of the copy.
        copy: AttemptId,
    },
    /// Its request or its answer is gone, and nobody learns of it.
    Astray {
        /// Which of them.
        way: Way,
    },
    /// What became of what its request wanted done.
    Tells(Told),
}

/// What can happen at a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheEvent {
    /// A look-up is answered at once with a value that is fresh, or with an error that is remembered.
    Hit,
    /// A look-up is answered at once with a value that has expired.
    StaleHit,
    /// A look-up begins a load.
    Miss,
    /// A look-up waits for a load of somebody else.
    Waits,
    /// A load begins; `first` if nobody loads the key already.
    Loads {
        /// Whether nobody else does.
        first: bool,
    },
    /// A value came in.
    Filled,
    /// A value that has expired stands in for a load that failed.
    StoodIn,
}

/// The state of the system at the end of a window.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// One meter per instance, added up until now.
    pub meters: &'a IdVec<InstanceId, Meter>,
    /// Requests under way.
    pub requests_in_flight: usize,
    /// One per service, added up until now; empty where the speed of all instances is
    /// always the same and nobody waits outside.
    pub capacity: &'a [CapacityGauge],
    /// What policies and scalers remember at this moment: the same gauges at every sample of a run.
    pub gauges: &'a [Reading],
}

/// An observer of a run.
pub trait Probe {
    /// Something happened. Inlined: what an observer ignores is not even built.
    fn observe(&mut self, now: SimTime, observation: Observation);

    /// An event is about to be handled. Who wants to know which asks for it: it is not put together otherwise.
    #[inline]
    fn on_event(&mut self, _now: SimTime, _event: impl Fn() -> Event) {}

    /// When the observer wants to see the state next; [`SimTime::NEVER`] for not at all.
    #[inline]
    fn next_sample(&self) -> SimTime {
        SimTime::NEVER
    }

    /// The state at the moment asked for, before anything that happens at that moment. Must move
    /// `next_sample` on.
    #[inline]
    fn sample(&mut self, _now: SimTime, _snapshot: Snapshot<'_>) {}

    /// The run is over, at its horizon or at a bound.
    #[inline]
    fn end(&mut self) {}
}

/// Looks away.
impl Probe for () {
    #[inline]
    fn observe(&mut self, _now: SimTime, _observation: Observation) {}
}

/// Two observers side by side; at most one of them may ask for samples.
impl<A: Probe, B: Probe> Probe for (A, B) {
    #[inline]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        self.0.observe(now, observation);
        self.1.observe(now, observation);
    }

    #[inline]
    fn on_event(&mut self, now: SimTime, event: impl Fn() -> Event) {
        self.0.on_event(now, &event);
        self.1.on_event(now, &event);
    }

    #[inline]
    fn next_sample(&self) -> SimTime {
        self.0.next_sample().min(self.1.next_sample())
    }

    fn sample(&mut self, now: SimTime, snapshot: Snapshot<'_>) {
        if self.0.next_sample() == now {
            self.0.sample(now, snapshot);
        }
        if self.1.next_sample() == now {
            self.1.sample(now, snapshot);
        }
    }

    fn end(&mut self) {
        self.0.end();
        self.1.end();
    }
}
