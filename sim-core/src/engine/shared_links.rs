//! When has a message passed the link that it shares with others? One line per link and way, first in, first out, and
//! what finds no room is dropped.

use std::collections::VecDeque;

use super::Simulation;
use crate::ids::{IdVec, LinkId};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;
use crate::model::fault::Effect;
use crate::model::network::Way;
use crate::time::{SimDuration, SimTime};
use crate::units::Room;

/// Names of the gauges, by way: the share of the time in which it passed something, and bytes that wait.
const GAUGES: [[&str; 2]; 2] =
    [["link_busy_there", "link_queue_there"], ["link_busy_back", "link_queue_back"]];

/// What one way of a link has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkLedger {
    /// Messages that came, and their bytes.
    pub offered: [u64; 2],
    /// Of those, the ones that passed.
    pub passed: [u64; 2],
    /// Of those, the ones that found no room.
    pub dropped: [u64; 2],
    /// Of those, the ones that wait or pass at the end.
    pub waiting: [u64; 2],
}

impl LinkLedger {
    pub(super) fn laws(&self, id: LinkId, way: &str, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let [offered, passed, dropped, waiting] = [self.offered, self.passed, self.dropped, self.waiting];
        let holds = (0..2).all(|k| offered[k] == passed[k] + dropped[k] + waiting[k]);
        law(holds, &|| {
            format!(
                "{id:?}, {way}: messages and bytes offered {offered:?} = passed {passed:?} + dropped {dropped:?} + \
                 waiting {waiting:?}"
            )
        });
    }
}

fn add(counts: &mut [u64; 2], bytes: u64) {
    *counts = [counts[0] + 1, counts[1] + bytes];
}

/// One way of a link.
#[derive(Clone, Debug, Default)]
struct Line {
    /// When it has passed all that it has.
    free_at: SimTime,
    /// When each message that it has will have passed, and its bytes; the first is passing.
    there: VecDeque<(SimTime, u64)>,
    /// Bytes of all of those.
    bytes: u64,
    /// Time that it has given to messages, those to come included.
    given: u64,
    /// The part of it that was over when gauges were read last, and when that was.
    read: (u64, SimTime),
    ledger: LinkLedger,
}

impl Line {
    /// What has passed by now is gone.
    fn advance(&mut self, now: SimTime) {
        while let Some((_, bytes)) = self.there.front().copied().filter(|(passes, _)| *passes <= now) {
            self.there.pop_front();
            self.bytes -= bytes;
            add(&mut self.ledger.passed, bytes);
        }
    }

    /// Bytes behind the message that passes.
    fn waiting(&self) -> u64 {
        self.bytes - self.there.front().map_or(0, |(_, bytes)| *bytes)
    }

    /// A message comes: how long until it has passed, if there is room?
    fn offer(&mut self, bytes: u64, bytes_per_s: f64, room: Room, now: SimTime) -> Option<SimDuration> {
        self.advance(now);
        add(&mut self.ledger.offered, bytes);
        if !self.there.is_empty() && !room.holds(self.waiting() + bytes) {
            add(&mut self.ledger.dropped, bytes);
            return None;
        }
        let passing = SimDuration::from_nanos_f64(bytes as f64 / bytes_per_s * 1e9);
        self.free_at = self.free_at.max(now) + passing;
        self.given += passing.as_nanos();
        self.there.push_back((self.free_at, bytes));
        self.bytes += bytes;
        Some(self.free_at.since(now))
    }

    /// The share of the time since the last reading in which it passed something.
    fn busy_since_last(&mut self, now: SimTime) -> Option<f64> {
        let to_come = if self.free_at > now { self.free_at.since(now).as_nanos() } else { 0 };
        let (before, at) = std::mem::replace(&mut self.read, (self.given - to_come, now));
        let span = now.since(at).as_nanos();
        (span > 0).then(|| (self.given - to_come - before) as f64 / span as f64)
    }
}

/// All links.
#[derive(Debug)]
pub(super) struct SharedLinks(IdVec<LinkId, [Line; 2]>);

impl SharedLinks {
    pub(super) fn new(model: &Model) -> Self {
        SharedLinks(model.links.iter().map(|_| <[Line; 2]>::default()).collect())
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A message comes to a link: how long until it has passed, and what the link passes now? `None` if there is no
    /// room for it.
    pub(super) fn pass_shared_link(
        &mut self,
        id: LinkId,
        way: Way,
        bytes: u64,
    ) -> Option<(SimDuration, f64)> {
        let link = &self.model.links[id];
        let mut rate = link.bytes_per_s;
        for fault in self.model.faults_on(self.now) {
            match fault.effect {
                Effect::Bandwidth { link, bytes_per_s, factor } if link == id => {
                    rate = bytes_per_s.map_or(rate, |most| rate.min(most)) * factor;
                }
                _ => {}
            }
        }
        let line = &mut self.shared_links.0[id][way as usize];
        let passing = line.offer(link.with_headers(bytes), rate, link.queue, self.now)?;
        Some((passing, rate))
    }

    /// How busy each link is, and what waits for it.
    pub(super) fn read_shared_links(&mut self, now: SimTime, readings: &mut Vec<Reading>) {
        for (id, lines) in self.model.links.ids().zip(self.shared_links.0.iter_mut()) {
            for (line, [busy, queue]) in lines.iter_mut().zip(GAUGES) {
                // Messages that have passed are let go when the next one comes; whoever looks on must not move the run,
                // and this moves nothing.
                line.advance(now);
                let of = Holder::Link(id);
                readings.push(Reading { of, name: busy, value: line.busy_since_last(now) });
                readings.push(Reading { of, name: queue, value: Some(line.waiting() as f64) });
            }
        }
    }

    /// Messages on links at the end.
    pub(super) fn close_shared_links(&mut self) {
        let now = self.now;
        for (lines, ledgers) in self.shared_links.0.iter_mut().zip(self.ledger.shared_links.iter_mut()) {
            for (line, ledger) in lines.iter_mut().zip(ledgers) {
                line.advance(now);
                line.ledger.waiting = [line.there.len() as u64, line.bytes];
                *ledger = line.ledger;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Size;

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn messages_pass_one_after_the_other() {
        let mut line = Line::default();
        let mut offer =
            |bytes, ms| line.offer(bytes, 1e6, Room::Unlimited, at(ms)).map(SimDuration::as_nanos);
        // A megabyte per second: 100 kB take 100 ms.
        assert_eq!(offer(100_000, 0), Some(100_000_000));
        assert_eq!(offer(1_000, 50), Some(51_000_000), "the small one waits behind the large one");
        assert_eq!(offer(1_000, 500), Some(1_000_000));
        line.advance(at(600));
        assert_eq!((line.ledger.passed, line.bytes), ([3, 102_000], 0));
        assert_eq!(line.busy_since_last(at(1_000)), Some(0.102));
    }

    #[test]
    fn what_finds_no_room_is_dropped() {
        let room = Room::AtMost(Size::from_bytes(1_000));
        let mut line = Line::default();
        let mut offer = |bytes| line.offer(bytes, 1e6, room, at(0)).is_some();
        assert!(offer(5_000), "an idle link takes anything");
        assert_eq!([offer(600), offer(600), offer(400)], [true, false, true]);
        assert_eq!(line.ledger.dropped, [1, 600]);
        line.advance(at(5));
        assert_eq!(line.waiting(), 400, "600 bytes pass now");
    }

    #[test]
    fn a_line_is_busy_only_so_far() {
        let mut line = Line::default();
        line.offer(300_000, 1e6, Room::Unlimited, at(100));
        assert_eq!(line.busy_since_last(at(200)), Some(0.5));
        assert_eq!(line.busy_since_last(at(300)), Some(1.0));
        assert_eq!(line.busy_since_last(at(500)), Some(0.5));
    }
}
