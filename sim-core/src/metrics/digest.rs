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
    fn on_event(&mut self, now: SimTime, event: &Event) {
        let handle = |kind: u64, slot: u32, generation: u32| {
            kind << 60 ^ u64::from(slot) << 32 ^ u64::from(generation)
        };
        let what = match *event {
            Event::Arrival { source } => handle(1, source.index() as u32, 0),
            Event::Finish { attempt, .. } => handle(2, attempt.0.slot, attempt.0.generation),
            Event::AttemptTimeout { attempt } => handle(3, attempt.0.slot, attempt.0.generation),
            Event::TotalTimeout { call } => handle(4, call.0.slot, call.0.generation),
            Event::Retry { call } => handle(5, call.0.slot, call.0.generation),
            Event::Fault { fault, begins } => handle(6, fault.index() as u32, u32::from(begins)),
        };
        self.hash = mix(self.hash ^ now.as_nanos(), what);
        self.events += 1;
    }
}
