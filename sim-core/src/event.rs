//! What can happen? One closed set of plain events; the engine handles each in one place.

use crate::ids::{AttemptId, CallId, FaultId, Handle, Id, SourceId};
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
///
/// The event is kept as two whole words, built in registers: an enum that is written field by field and
/// copied as a block right after makes the processor wait for its own stores (measured: 8 % of a run).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheduled {
    pub(crate) time: SimTime,
    pub(crate) sequence: u64,
    pub(crate) packed: Packed,
}

const _: () = assert!(size_of::<Scheduled>() <= 32, "two scheduled events share a cache line");

/// An event as two words: kind and a small number, then slot and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(u64, u64);

const ARRIVAL: u64 = 0;
const FINISH: u64 = 1;
const ATTEMPT_TIMEOUT: u64 = 2;
const TOTAL_TIMEOUT: u64 = 3;
const RETRY: u64 = 4;
const FAULT: u64 = 5;

impl Packed {
    #[inline(always)]
    pub(crate) fn new(event: Event) -> Self {
        let words = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let handle = |id: Handle| words(id.slot, id.generation);
        match event {
            Event::Arrival { source } => Packed(ARRIVAL, source.index() as u64),
            Event::Finish { attempt, call_slot } => {
                Packed(words(FINISH as u32, call_slot), handle(attempt.0))
            }
            Event::AttemptTimeout { attempt } => Packed(ATTEMPT_TIMEOUT, handle(attempt.0)),
            Event::TotalTimeout { call } => Packed(TOTAL_TIMEOUT, handle(call.0)),
            Event::Retry { call } => Packed(RETRY, handle(call.0)),
            Event::Fault { fault, begins } => {
                Packed(words(FAULT as u32, u32::from(begins)), fault.index() as u64)
            }
        }
    }

    #[inline(always)]
    pub(crate) fn event(self) -> Event {
        let Packed(first, second) = self;
        let handle = Handle { slot: second as u32, generation: (second >> 32) as u32 };
        let number = (first >> 32) as u32;
        match first & 0xff {
            ARRIVAL => Event::Arrival { source: SourceId::from_index(second as usize) },
            FINISH => Event::Finish { attempt: AttemptId(handle), call_slot: number },
            ATTEMPT_TIMEOUT => Event::AttemptTimeout { attempt: AttemptId(handle) },
            TOTAL_TIMEOUT => Event::TotalTimeout { call: CallId(handle) },
            RETRY => Event::Retry { call: CallId(handle) },
            _ => Event::Fault { fault: FaultId::from_index(second as usize), begins: number == 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(Packed::new(event).event(), event);
        }
    }
}
