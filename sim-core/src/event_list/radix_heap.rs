//! Which irregular event is next? A monotone radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster
//! algorithms for the shortest path problem", JACM 1990) on integer nanoseconds.
//!
//! Simulated time never runs backwards, and a radix heap uses that: bucket `b` holds the events whose
//! time differs from the last popped time first in bit `b - 1`. An event only ever moves to lower
//! buckets, in order, so equal times stay in scheduling order, and every move is a sequential copy:
//! at a million pending events it costs a third of a binary heap, whose every step misses the cache.

use crate::event::Scheduled;
use crate::time::SimTime;

/// Comes after every event.
const NOTHING: (u64, u64) = (u64::MAX, u64::MAX);

/// Buckets 0 (equal to the last popped time) to 64.
const BUCKETS: usize = 65;

#[derive(Debug)]
pub(super) struct RadixHeap {
    buckets: [Vec<Scheduled>; BUCKETS],
    /// Read position in bucket 0, which is served from the front.
    served: usize,
    /// invariant: bit `b` is set iff bucket `b` holds an event not yet served.
    occupied: u128,
    /// Time of the last event popped; no event lies before it.
    last: SimTime,
    /// Time and sequence of the first event, if `known`; of none, `NOTHING`.
    first: (u64, u64),
    known: bool,
    len: usize,
}

impl RadixHeap {
    pub(super) fn new() -> Self {
        RadixHeap {
            buckets: std::array::from_fn(|_| Vec::new()),
            served: 0,
            occupied: 0,
            last: SimTime::ZERO,
            first: NOTHING,
            known: true,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Amortised O(64) moves at most over an event's life, about 3 in a busy queueing model.
    #[inline]
    pub(super) fn push(&mut self, scheduled: Scheduled) {
        debug_assert!(scheduled.time >= self.last, "an event is scheduled in the past");
        // An event pushed later never precedes one of the same time.
        if self.known && scheduled.time.as_nanos() < self.first.0 {
            self.first = (scheduled.time.as_nanos(), scheduled.sequence);
        }
        self.place(scheduled);
        self.len += 1;
    }

    #[inline]
    fn place(&mut self, scheduled: Scheduled) {
        let difference = scheduled.time.as_nanos() ^ self.last.as_nanos();
        let bucket = (u64::BITS - difference.leading_zeros()) as usize;
        self.buckets[bucket].push(scheduled);
        self.occupied |= 1 << bucket;
    }

    /// Time and sequence of the next event, `u64::MAX` twice if there is none. Looks, but does not move
    /// `last`: until the event is popped, earlier ones may still be pushed.
    #[inline]
    pub(super) fn peek(&mut self) -> (u64, u64) {
        if !self.known {
            self.first = self.find_first();
            self.known = true;
        }
        self.first
    }

    fn find_first(&self) -> (u64, u64) {
        if self.occupied == 0 {
            return NOTHING;
        }
        let lowest = self.occupied.trailing_zeros() as usize;
        let head = |scheduled: &Scheduled| (scheduled.time.as_nanos(), scheduled.sequence);
        if lowest == 0 {
            return head(&self.buckets[0][self.served]);
        }
        // Within a bucket equal times stand in scheduling order: the first of the earliest is it.
        let mut events = self.buckets[lowest].iter();
        let mut first = events.next().map_or(NOTHING, head);
        for scheduled in events {
            if scheduled.time.as_nanos() < first.0 {
                first = head(scheduled);
            }
        }
        first
    }

    /// Removes the next event. Panics if there is none.
    #[inline]
    pub(super) fn pop(&mut self) -> Scheduled {
        let (time, _) = self.peek();
        assert!(self.len > 0, "pop needs an event");
        self.known = false;
        self.len -= 1;
        self.last = SimTime::from_nanos(time);
        let lowest = self.occupied.trailing_zeros() as usize;
        if lowest > 0 {
            if self.buckets[lowest].len() == 1 {
                self.occupied &= !(1 << lowest);
                return self.buckets[lowest].pop().expect("the bucket holds one event");
            }
            self.spread(lowest);
        }
        let scheduled = self.buckets[0][self.served];
        self.served += 1;
        if self.served == self.buckets[0].len() {
            self.buckets[0].clear();
            self.served = 0;
            self.occupied &= !1;
        }
        scheduled
    }

    /// Moves the events of `bucket` to the lower buckets that `last` now gives them, in order.
    fn spread(&mut self, bucket: usize) {
        let mut events = std::mem::take(&mut self.buckets[bucket]);
        self.occupied &= !(1 << bucket);
        for &scheduled in &events {
            self.place(scheduled);
        }
        events.clear();
        self.buckets[bucket] = events; // keeps its room: the steady path does not allocate
    }
}
