//! What can happen? One closed set of plain events; the engine handles each in one place.

use crate::ids::{AttemptId, CallId, FaultId, SourceId};
use crate::time::SimTime;

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
}

/// An event in the event list. Equal times are served in the order of `sequence`, which is the order
/// of scheduling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheduled {
    pub(crate) time: SimTime,
    pub(crate) sequence: u64,
    pub(crate) event: Event,
}

const _: () = assert!(size_of::<Scheduled>() <= 32, "two scheduled events share a cache line");
