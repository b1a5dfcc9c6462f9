//! Where does an arrival source stand?

use crate::event_list::{EventList, Lane};
use crate::luck::Luck;
use crate::model::rate::Cursor;
use crate::model::workload::ArrivalSource;
use crate::streams::{Seed, Stream, StreamPurpose};

/// Where an arrival source stands.
#[derive(Debug)]
pub(in crate::engine) struct SourceState {
    pub(in crate::engine) stream: Stream,
    /// What the luck of its requests is derived from.
    pub(in crate::engine) luck: Luck,
    pub(in crate::engine) cursor: Cursor,
    /// Load that must come until the next arrival but one; drawn an arrival ahead, so that nothing waits
    /// for it.
    pub(in crate::engine) next_mass: f64,
    /// Requests so far, those thinned away included.
    pub(in crate::engine) count: u64,
    pub(in crate::engine) lane: Lane,
}

impl SourceState {
    pub(in crate::engine) fn new(source: &ArrivalSource, seed: Seed, events: &mut EventList) -> Self {
        let mut stream = Stream::new(seed, StreamPurpose::Arrivals, source.key);
        SourceState {
            next_mass: source.spacing.draw(&mut stream),
            stream,
            luck: Luck::of_source(seed, source.key),
            cursor: Cursor::new(&source.pieces),
            count: 0,
            lane: events.lane_in_order(),
        }
    }
}
