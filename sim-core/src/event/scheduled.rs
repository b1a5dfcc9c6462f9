//! When does an event come, and before which others?

use super::Packed;
use crate::time::SimTime;

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
