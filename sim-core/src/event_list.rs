//! What happens next? The future event list: a radix heap for what is irregular, FIFO lanes for
//! constant delays, whose events are in time order as they come.
//!
//! A timeout of 1 s is scheduled for every attempt and almost never matters; in a lane it costs a push
//! at the back and a pop at the front of a ring buffer. Timers are never cancelled: a stale one finds
//! that its slot has a new generation and is ignored.

mod radix_heap;

use std::collections::VecDeque;

use crate::event::{Event, Packed, Scheduled};
use crate::time::{SimDuration, SimTime};
use radix_heap::RadixHeap;

/// A FIFO lane of the event list. It is a hint: an event that would break the lane's time order goes to
/// the heap, so a lane never changes what happens, only what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(u8);

impl Lane {
    /// No lane: the heap.
    pub(crate) const HEAP: Lane = Lane(u8::MAX);
}

/// More lanes than this are slower than the heap, because every pop looks at the head of each lane;
/// further delays go to the heap.
const MAX_LANES: usize = 12;

/// Time of an empty lane: later than everything.
const EMPTY: u64 = u64::MAX;

/// Stands for the heap where a lane's index is expected.
const HEAP_INDEX: usize = usize::MAX;

/// The future event list.
#[derive(Debug)]
pub(crate) struct EventList {
    heap: RadixHeap,
    lanes: Vec<VecDeque<Scheduled>>,
    /// invariant: `heads[k]` is the time of the front of lane `k`, or `EMPTY`.
    heads: [u64; MAX_LANES],
    /// invariant: delay of each lane, without repetition.
    delays: Vec<Option<SimDuration>>,
    next_sequence: u64,
}

impl EventList {
    pub(crate) fn new() -> Self {
        EventList {
            heap: RadixHeap::new(),
            lanes: Vec::new(),
            heads: [EMPTY; MAX_LANES],
            delays: Vec::new(),
            next_sequence: 0,
        }
    }

    /// The lane of everything that happens a constant `delay` after it is scheduled; the heap once all
    /// lanes are taken.
    pub(crate) fn lane_for_delay(&mut self, delay: SimDuration) -> Lane {
        match self.delays.iter().position(|d| *d == Some(delay)) {
            Some(index) => Lane(index as u8),
            None => self.add_lane(Some(delay)),
        }
    }

    /// A lane for events that come in time order for another reason, such as the arrivals of a source.
    pub(crate) fn lane_in_order(&mut self) -> Lane {
        self.add_lane(None)
    }

    fn add_lane(&mut self, delay: Option<SimDuration>) -> Lane {
        if self.lanes.len() == MAX_LANES {
            return Lane::HEAP;
        }
        self.lanes.push(VecDeque::new());
        self.delays.push(delay);
        Lane(self.lanes.len() as u8 - 1)
    }

    /// Schedules `event` at `time`, which must not lie before the last event popped. Amortised O(1).
    #[inline(always)]
    pub(crate) fn schedule(&mut self, time: SimTime, event: Event) {
        self.schedule_in(Lane::HEAP, time, event);
    }

    /// Schedules `event` at `time`, through `lane` if that keeps the lane in order.
    #[inline(always)]
    pub(crate) fn schedule_in(&mut self, lane: Lane, time: SimTime, event: Event) {
        self.insert(lane, time, Packed::new(event));
    }

    fn insert(&mut self, lane: Lane, time: SimTime, packed: Packed) {
        let scheduled = Scheduled { time, sequence: self.next_sequence, packed };
        self.next_sequence += 1;
        let Some(queue) = self.lanes.get_mut(lane.0 as usize) else {
            return self.heap.push(scheduled);
        };
        match queue.back() {
            None => self.heads[lane.0 as usize] = time.as_nanos(),
            Some(last) if last.time > time => return self.heap.push(scheduled),
            Some(_) => {}
        }
        queue.push_back(scheduled);
    }

    /// The next event at or before `horizon`, in order of (time, scheduling).
    #[inline(always)]
    pub(crate) fn pop_until(&mut self, horizon: SimTime) -> Option<(SimTime, Packed)> {
        let (heap_time, heap_sequence) = self.heap.peek();
        let mut first = heap_time;
        let mut lane = HEAP_INDEX;
        let mut is_tie = false;
        // Selections instead of branches: which head is first is anybody's guess, also the processor's.
        for (index, &head) in self.heads[..self.lanes.len()].iter().enumerate() {
            let is_less = head < first;
            is_tie = (is_tie & !is_less) | (head == first);
            first = if is_less { head } else { first };
            lane = if is_less { index } else { lane };
        }
        if is_tie {
            lane = self.first_scheduled(first, heap_time, heap_sequence);
        }
        if first > horizon.as_nanos() || first == EMPTY {
            return None;
        }
        let scheduled = match self.lanes.get_mut(lane) {
            None => self.heap.pop(),
            Some(queue) => {
                let scheduled = queue.pop_front().expect("a lane with a head is not empty");
                self.heads[lane] = queue.front().map_or(EMPTY, |next| next.time.as_nanos());
                scheduled
            }
        };
        Some((scheduled.time, scheduled.packed))
    }

    /// Which of the heads at `time` was scheduled first.
    #[cold]
    fn first_scheduled(&self, time: u64, heap_time: u64, heap_sequence: u64) -> usize {
        let heap = (heap_time == time).then_some((heap_sequence, HEAP_INDEX));
        let sequence = |queue: &VecDeque<Scheduled>| queue.front().map_or(u64::MAX, |head| head.sequence);
        let lanes = self.lanes.iter().enumerate().filter(|(index, _)| self.heads[*index] == time);
        let heads = lanes.map(|(index, queue)| (sequence(queue), index)).chain(heap);
        heads.min().map_or(HEAP_INDEX, |(_, lane)| lane)
    }

    /// Events pending.
    pub(crate) fn len(&self) -> usize {
        self.heap.len() + self.lanes.iter().map(VecDeque::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use super::*;
    use crate::ids::{Id, SourceId};
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    fn event(n: usize) -> Event {
        Event::Arrival { source: SourceId::from_index(n) }
    }

    /// The obvious twin: std's heap of (time, sequence).
    #[derive(Default)]
    struct Oracle {
        heap: BinaryHeap<Reverse<(SimTime, usize)>>,
    }

    #[test]
    fn equal_times_are_served_in_scheduling_order_across_heap_and_lanes() {
        let mut list = EventList::new();
        let lane = list.lane_for_delay(SimDuration::from_secs(1));
        let at = SimTime::from_nanos(5);
        list.schedule(at, event(0));
        list.schedule_in(lane, at, event(1));
        list.schedule(at, event(2));
        list.schedule_in(lane, at, event(3));
        for n in 0..4 {
            assert_eq!(list.pop_until(SimTime::NEVER), Some((at, Packed::new(event(n)))));
        }
        assert_eq!(list.pop_until(SimTime::NEVER), None);
    }

    #[test]
    fn the_horizon_holds_later_events_back() {
        let mut list = EventList::new();
        list.schedule(SimTime::from_nanos(10), event(0));
        assert_eq!(list.pop_until(SimTime::from_nanos(9)), None);
        assert_eq!(list.len(), 1);
        assert!(list.pop_until(SimTime::from_nanos(10)).is_some());
    }

    #[test]
    fn an_event_that_breaks_a_lanes_order_is_still_served_in_time() {
        let mut list = EventList::new();
        let lane = list.lane_for_delay(SimDuration::from_secs(1));
        list.schedule_in(lane, SimTime::from_nanos(20), event(0));
        list.schedule_in(lane, SimTime::from_nanos(10), event(1));
        assert_eq!(list.pop_until(SimTime::NEVER).unwrap().1.event(), event(1));
        assert_eq!(list.pop_until(SimTime::NEVER).unwrap().1.event(), event(0));
    }

    #[test]
    fn equal_delays_share_a_lane_and_lanes_are_bounded() {
        let mut list = EventList::new();
        let first = list.lane_for_delay(SimDuration::from_secs(1));
        assert_eq!(first, list.lane_for_delay(SimDuration::from_secs(1)));
        for s in 2..=MAX_LANES as u64 {
            assert_ne!(list.lane_for_delay(SimDuration::from_secs(s)), Lane::HEAP);
        }
        assert_eq!(list.lane_in_order(), Lane::HEAP);
    }

    /// 40 random histories of 5 000 steps, delays from none to hours, pushes and pops mixed: the list
    /// and its twin agree on every event.
    #[test]
    fn agrees_with_the_binary_heap() {
        for seed in 1..=40 {
            let mut draws = Luck::of_request(Seed(seed), 0, 0).draws(Purpose::Instance);
            let mut list = EventList::new();
            let lanes = [Lane::HEAP, list.lane_for_delay(SimDuration::from_millis(7)), list.lane_in_order()];
            let mut oracle = Oracle::default();
            let mut now = SimTime::ZERO;
            for n in 0..5_000 {
                if draws.below(100) < 52 {
                    let magnitude = draws.below(44);
                    let delay = SimDuration::from_nanos(draws.bits() & ((1 << magnitude) - 1));
                    let lane = lanes[draws.below(3) as usize];
                    let delay = if lane == lanes[1] { SimDuration::from_millis(7) } else { delay };
                    list.schedule_in(lane, now + delay, event(n));
                    oracle.heap.push(Reverse((now + delay, n)));
                } else {
                    let got = list.pop_until(SimTime::NEVER).map(|(time, packed)| (time, packed.event()));
                    let want = oracle.heap.pop().map(|Reverse((time, n))| (time, event(n)));
                    assert_eq!(got, want, "seed {seed}, step {n}");
                    now = got.map_or(now, |(time, _)| time);
                }
                assert_eq!(list.len(), oracle.heap.len());
            }
        }
    }
}
