//! What has become of all connections? Counts, gauges and the laws that they keep.

use super::{Channel, Connection, Line, Route, Stage};
use crate::engine::Simulation;
use crate::engine::state::Attempt;
use crate::ids::{AttemptId, EdgeId};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::time::SimTime;

/// What an edge has counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) dials: u64,
    pub(super) opened: u64,
    pub(super) failed: u64,
    pub(super) closed: u64,
    /// Attempts that never left.
    pub(super) unsent: u64,
    /// Nanoseconds that opening took, of those that were opened.
    pub(super) spent: u128,
    /// Opened, failed and spent at the last reading.
    read: (u64, u64, u128),
}

/// What the connections of one edge have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransportLedger {
    /// Connections that somebody began to open.
    pub dials: u64,
    /// Of those, the ones that were opened.
    pub opened: u64,
    /// Of those, the ones that could not be.
    pub failed: u64,
    /// Of those, the ones that are being opened at the end.
    pub dialling: u64,
    /// Opened ones that were closed.
    pub closed: u64,
    /// Opened ones that are open at the end.
    pub open: u64,
    /// Connections open and being opened at the end, as their routes have counted them.
    pub counted: [u64; 2],
    /// Attempts that never left their caller: there was no connection for them.
    pub unsent: u64,
    /// Attempts that wait for a connection at the end, as counted and as found.
    pub waits: [u64; 2],
    /// Attempts that have one at the end, as counted and as found.
    pub in_use: [u64; 2],
}

impl TransportLedger {
    pub(in crate::engine) fn laws(&self, id: EdgeId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.dials == self.opened + self.failed + self.dialling, &|| {
            format!(
                "{id:?}: connections begun {} = opened {} + failed {} + being opened {}",
                self.dials, self.opened, self.failed, self.dialling
            )
        });
        law(self.opened == self.closed + self.open, &|| {
            format!(
                "{id:?}: connections opened {} = closed {} + open {}",
                self.opened, self.closed, self.open
            )
        });
        law(self.counted == [self.open, self.dialling], &|| {
            let found = [self.open, self.dialling];
            format!("{id:?}: connections open and being opened {:?} = found {found:?}", self.counted)
        });
        for (what, [counted, found]) in [("wait for a connection", self.waits), ("have one", self.in_use)] {
            law(counted == found, &|| format!("{id:?}: attempts that {what} {counted} = found {found}"));
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Connections, those who wait for one, and handshakes since the last reading.
    pub(in crate::engine) fn read_transport(&mut self, now: SimTime, readings: &mut Vec<Reading>) {
        if !self.transport.exists {
            return;
        }
        let seconds = now.since(std::mem::replace(&mut self.transport.read_at, now)).as_secs_f64();
        for (id, _) in self.model.edges.iter_ids().filter(|(_, edge)| edge.connection.is_some()) {
            let mine = |(route, _): &(&Route, &Channel)| route.edge == id;
            let (open, waits) = self
                .transport
                .channels
                .iter()
                .filter(mine)
                .fold((0, 0), |(open, waits), (_, channel)| (open + channel.open, waits + channel.waits));
            let counts = &mut self.transport.counts[id];
            let now = (counts.opened, counts.failed, counts.spent);
            let before = std::mem::replace(&mut counts.read, now);
            let per_second = |count: f64| if seconds > 0.0 { count / seconds } else { 0.0 };
            for (name, value) in [
                ("open_connections", f64::from(open)),
                ("awaiting_connection", f64::from(waits)),
                ("handshakes", per_second((now.0 - before.0) as f64)),
                ("handshake_failures", per_second((now.1 - before.1) as f64)),
                ("handshake_seconds", per_second((now.2 - before.2) as f64 / 1e9)),
            ] {
                readings.push(Reading { of: Holder::Edge(id), name, value: Some(value) });
            }
        }
    }

    /// Whether nothing of an attempt is on the way: it is in line for a connection, or nobody is at the other end.
    pub(in crate::engine) fn has_sent_nothing(&self, id: AttemptId, attempt: &Attempt) -> bool {
        let call = self.calls.get(attempt.call.0).filter(|call| call.attempt == id);
        let line = || self.contexts[attempt.call.0.slot as usize].line;
        call.is_some() && matches!(line(), Line::Waits | Line::Silent(_))
    }

    pub(in crate::engine) fn close_transport(&mut self) {
        if !self.transport.exists {
            return;
        }
        for (id, counts) in self.transport.counts.iter_ids() {
            let ledger = &mut self.ledger.transport[id];
            (ledger.dials, ledger.opened, ledger.failed) = (counts.dials, counts.opened, counts.failed);
            (ledger.closed, ledger.unsent) = (counts.closed, counts.unsent);
        }
        for (route, channel) in &self.transport.channels {
            let ledger = &mut self.ledger.transport[route.edge];
            ledger.counted[0] += u64::from(channel.open);
            ledger.counted[1] += u64::from(channel.dialling);
            ledger.waits[0] += u64::from(channel.waits);
        }
        for (_, Connection { route, stage, .. }) in self.transport.connections.iter_ids() {
            let ledger = &mut self.ledger.transport[route.edge];
            match stage {
                Stage::Open(usage) => {
                    ledger.open += 1;
                    ledger.in_use[0] += u64::from(usage.in_use);
                }
                Stage::Dialling | Stage::Refused => ledger.dialling += 1,
            }
        }
        for (id, call) in self.calls.iter_ids() {
            let ledger = &mut self.ledger.transport[call.edge];
            match self.contexts[id.slot as usize].line {
                Line::Waits => ledger.waits[1] += 1,
                Line::On(id) | Line::Silent(id) => {
                    ledger.in_use[1] += u64::from(self.transport.connections.get(id.0).is_some());
                }
                Line::None => {}
            }
        }
    }
}
