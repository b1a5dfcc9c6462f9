//! How long has it been silent? Answers that come in pieces, the patience that begins anew with each piece, and
//! connections that are closed after so many bytes.

use std::collections::BTreeMap;

use super::Simulation;
use super::state::{Attempt, NO_ATTEMPT};
use super::transport::Line;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, ConnectionId, EdgeId, FaultId};
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::fault::{Effect, Harm};
use crate::model::network::Way;
use crate::time::{SimDuration, SimTime};

/// What the caller of an attempt has heard, and when it will hear more.
#[derive(Clone, Copy, Debug)]
struct Heard {
    /// Whose; what belongs to another one is stale.
    attempt: AttemptId,
    /// When its request was sent.
    sent: SimTime,
    /// When the first piece of the answer comes, how many there are, and from one to the next.
    first: SimTime,
    pieces: u64,
    every: SimDuration,
}

impl Heard {
    /// When the last sign of life before `now` came.
    fn before(&self, now: SimTime) -> SimTime {
        if self.first >= now {
            return self.sent;
        }
        let more = match self.every.as_nanos() {
            0 => 0,
            every => ((now.since(self.first).as_nanos() - 1) / every).min(self.pieces - 1),
        };
        self.first + SimDuration::from_nanos(self.every.as_nanos() * more)
    }
}

/// What runs keep of pieces and bytes.
#[derive(Debug)]
pub(super) struct Pieces {
    /// By slot of the attempts; empty where nobody asks.
    heard: Vec<Heard>,
    /// Bytes over connections that a trigger closes, by way and slot, with the generation of the slot.
    passed: BTreeMap<(FaultId, Way, u32), (u32, u64)>,
    slices: bool,
    limits: bool,
}

impl Pieces {
    pub(super) fn new(model: &Model) -> Self {
        let any = |is: fn(&Harm) -> bool| {
            model.faults.iter().any(|fault| matches!(&fault.effect, Effect::Network(hit) if is(&hit.harm)))
        };
        Pieces {
            heard: Vec::new(),
            passed: BTreeMap::new(),
            slices: any(|harm| matches!(harm, Harm::Sliced { .. })),
            limits: any(|harm| matches!(harm, Harm::Limited { .. })),
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A request is sent: from now on its caller listens.
    pub(super) fn start_silence(&mut self, id: AttemptId) {
        let edge = self.attempts.get(id.0).expect("an attempt that is sent").edge;
        let Some(idle) = self.model.edges[edge].idle_timeout else { return };
        let sent = self.now;
        let heard = Heard { attempt: id, sent, first: SimTime::NEVER, pieces: 1, every: SimDuration::ZERO };
        let slot = id.0.slot as usize;
        if slot >= self.pieces.heard.len() {
            self.pieces.heard.resize(slot + 1, Heard { attempt: NO_ATTEMPT, ..heard });
        }
        self.pieces.heard[slot] = heard;
        self.schedule_timer(Lane::HEAP, sent + idle, Event::Silence { attempt: id });
    }

    /// A caller looks how long it has heard nothing.
    pub(super) fn on_silence(&mut self, id: AttemptId) {
        let Some(attempt) = self.attempts.get(id.0).filter(|attempt| attempt.wanted) else { return };
        let Some(idle) = self.model.edges[attempt.edge].idle_timeout else { return };
        let heard = &self.pieces.heard[id.0.slot as usize];
        debug_assert_eq!(heard.attempt, id, "who has a clock is listened to");
        let due = heard.before(self.now) + idle;
        if due > self.now {
            return self.schedule_timer(Lane::HEAP, due, Event::Silence { attempt: id });
        }
        self.on_attempt_timeout(id);
    }

    /// In how many pieces an answer of so many bytes comes now, and how long from one to the next: the slowest of the
    /// triggers that are on.
    fn slices(&self, edge: EdgeId, bytes: u64) -> (u64, SimDuration) {
        let mut slowest = (1, SimDuration::ZERO);
        if !self.pieces.slices {
            return slowest;
        }
        let takes = |(pieces, every): (u64, SimDuration)| every.as_nanos().saturating_mul(pieces - 1);
        for fault in self.model.faults_on(self.now) {
            if let Effect::Network(hit) = &fault.effect
                && let Harm::Sliced { bytes: size, delay } = hit.harm
                && hit.hits(edge, Way::Back)
            {
                let slices = (bytes.div_ceil(size).max(1), delay);
                if takes(slices) > takes(slowest) {
                    slowest = slices;
                }
            }
        }
        slowest
    }

    /// What the last piece of a message comes after the first.
    pub(super) fn trickle(&self, edge: EdgeId, way: Way, bytes: u64) -> SimDuration {
        if way == Way::There {
            return SimDuration::ZERO;
        }
        let (pieces, every) = self.slices(edge, bytes);
        SimDuration::from_nanos(every.as_nanos().saturating_mul(pieces - 1))
    }

    /// An answer is on the way, and its last piece comes at `last`.
    pub(super) fn note_pieces(&mut self, id: AttemptId, edge: EdgeId, bytes: u64, last: SimTime) {
        if !self.pieces.slices {
            return;
        }
        let (pieces, every) = self.slices(edge, bytes);
        if let Some(heard) = self.pieces.heard.get_mut(id.0.slot as usize)
            && heard.attempt == id
        {
            let trickle = every.as_nanos().saturating_mul(pieces - 1);
            heard.first = SimTime::from_nanos(last.as_nanos() - trickle);
            (heard.pieces, heard.every) = (pieces, every);
        }
    }

    /// Whether a message crosses the last byte that a trigger lets over its connection. Where calls have no connections
    /// of their own, each attempt has one.
    pub(super) fn is_cut_off(&mut self, attempt: &Attempt, way: Way, bytes: u64) -> bool {
        if !self.pieces.limits {
            return false;
        }
        let connection = match attempt.wanted && self.model.edges[attempt.edge].connection.is_some() {
            false => None,
            true => match self.contexts[attempt.call.0.slot as usize].line {
                Line::On(ConnectionId(id)) | Line::Silent(ConnectionId(id)) => Some(id),
                Line::None | Line::Waits => None,
            },
        };
        let mut is_cut = false;
        let model = self.model;
        for (id, fault) in model.faults.iter_ids() {
            let Effect::Network(hit) = &fault.effect else { continue };
            let Harm::Limited { bytes: most } = hit.harm else { continue };
            if !fault.is_on(self.now) || !hit.hits(attempt.edge, way) {
                continue;
            }
            let passed = match connection {
                None => bytes,
                Some(line) => {
                    let entry = self.pieces.passed.entry((id, way, line.slot)).or_default();
                    if entry.0 != line.generation {
                        *entry = (line.generation, 0);
                    }
                    entry.1 += bytes;
                    entry.1
                }
            };
            is_cut |= passed > most;
        }
        is_cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Handle;

    #[test]
    fn each_piece_before_now_is_a_sign_of_life() {
        let at = SimTime::from_nanos;
        let attempt = AttemptId(Handle { slot: 1, generation: 1 });
        let every = SimDuration::from_nanos(10);
        let heard = Heard { attempt, sent: at(5), first: at(100), pieces: 4, every };
        let before = |now| heard.before(at(now)).as_nanos();
        assert_eq!([before(5), before(100)], [5, 5], "nothing has come, or comes only now");
        assert_eq!([before(101), before(110), before(111), before(130)], [100, 100, 110, 120]);
        assert_eq!([before(131), before(999)], [130, 130], "four pieces in all");
        let whole = Heard { every: SimDuration::ZERO, pieces: 1, ..heard };
        assert_eq!(whole.before(at(500)).as_nanos(), 100);
    }
}
