//! What can be seen of a run? Everything that happens is told to one observer, the [`Probe`]; the normal
//! run counts it into windows and histograms ([`series`]), the journal writes the story of chosen
//! requests ([`journal`]), tests add a running digest of all events ([`digest`]). There is no second
//! loop for any of them: the engine is generic over its observer, and one that looks away costs nothing.

pub mod digest;
pub mod journal;
pub mod latency;
pub mod series;
pub mod states;

use crate::event::Event;
use crate::ids::{AttemptId, CallId, EdgeId, FaultId, IdVec, InstanceId, ServiceId, WorkloadId};
use crate::policy::Outcome;
use crate::policy::retry::GiveUp;
use crate::policy::targets::ChangeKind;
use crate::time::{SimDuration, SimTime};

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
        /// The attempt that the step serves; stale if nobody waits for it.
        by: AttemptId,
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
        /// Why.
        outcome: Outcome,
    },
    /// An attempt waits for a slot of its caller's pool.
    AwaitsSlot {
        /// Its call.
        call: CallId,
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
    /// A caller's attempt has failed.
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
    /// A trigger begins or ends.
    Trigger {
        /// Which.
        fault: FaultId,
        /// Begins (`true`) or ends.
        begins: bool,
    },
}

/// What can be said of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It serves, and callers are told of it.
    Ready,
    /// It serves, but callers are not told of it.
    NotReady,
    /// It serves, slower than it will.
    Warming,
    /// It starts.
    Booting,
    /// It finishes what it has.
    Draining,
    /// It is gone.
    Down,
    /// It accepts attempts, but some or all hang.
    Hung,
    /// There is none at its place: it is not paid for.
    Absent,
}

impl InstanceState {
    /// The word that tables and lanes use for it.
    pub const fn word(self) -> &'static str {
        match self {
            InstanceState::Ready => "ready",
            InstanceState::NotReady => "not ready",
            InstanceState::Warming => "warming",
            InstanceState::Booting => "booting",
            InstanceState::Draining => "draining",
            InstanceState::Down => "down",
            InstanceState::Hung => "hung",
            InstanceState::Absent => "absent",
        }
    }
}

/// How full one instance is, and how full it has been so far: exact areas under the curves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Attempts waiting or in service.
    pub in_system: u32,
    /// Workers that serve.
    pub busy: u32,
    /// Until when the areas are added up.
    pub until: SimTime,
    /// Area under the number in system: attempts times nanoseconds.
    pub system_area: u128,
    /// Area under the busy workers: workers times nanoseconds.
    pub busy_area: u128,
}

impl Meter {
    /// Adds up the areas until `now`; the numbers have not changed since `until`.
    #[inline]
    pub(crate) fn advance(&mut self, now: SimTime) {
        let span = u128::from(now.since(self.until).as_nanos());
        self.system_area += u128::from(self.in_system) * span;
        self.busy_area += u128::from(self.busy) * span;
        self.until = now;
    }
}

/// The state of the system at the end of a window.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// One meter per instance, added up until now.
    pub meters: &'a IdVec<InstanceId, Meter>,
    /// Requests under way.
    pub requests_in_flight: usize,
}

/// An observer of a run.
pub trait Probe {
    /// Something happened. Inlined: what an observer ignores is not even built.
    fn observe(&mut self, now: SimTime, observation: Observation);

    /// An event is about to be handled.
    #[inline]
    fn on_event(&mut self, _now: SimTime, _event: &Event) {}

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
    fn on_event(&mut self, now: SimTime, event: &Event) {
        self.0.on_event(now, event);
        self.1.on_event(now, event);
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
