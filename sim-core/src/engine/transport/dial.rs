//! How is a connection opened? SYNs until one is answered, then the round trips and the work of TLS, then it is open, or
//! somebody's attempt has failed.

use super::{Connection, Line, Route, Stage};
use crate::engine::Simulation;
use crate::engine::correlated::{Chance, Leaving};
use crate::engine::state::{Attempt, NO_ATTEMPT, Phase};
use crate::event::Due;
use crate::ids::{AttemptId, CallId, ConnectionId};
use crate::luck::Purpose;
use crate::metrics::{Aside, Probe, Told};
use crate::model::network::{Cut, Way};
use crate::policy::Outcome;
use crate::policy::transport::reuse::Usage;
use crate::time::{SimDuration, SimTime};

/// What becomes of a message of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// Nobody learns of it.
    Lost,
    /// Somebody on the way refuses.
    Refused,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Opens a connection if more wait than those under way will serve; whether it did.
    pub(super) fn dial(&mut self, route: Route, dialler: Option<AttemptId>) -> bool {
        let config = self.rules(route.edge);
        let channel = self.transport.channel(route);
        let coming = channel.dialling.saturating_mul(config.width());
        if channel.waits <= coming || !config.may_open(channel.open + channel.dialling) {
            return false;
        }
        let dialler = dialler.or_else(|| {
            let waiting = &self.transport.channels[&route].waiting;
            waiting.iter().copied().find(|id| self.waits_for_line(*id).is_some())
        });
        let dialler = dialler.expect("somebody waits");
        let attempt = self.attempts.get(dialler.0).expect("it waits");
        let connection = Connection {
            route,
            dialler,
            luck: attempt.luck,
            ways: 0,
            begun: self.now,
            syns: 0,
            sent: self.now,
            life: 0,
            stage: Stage::Dialling,
            is_listed: false,
        };
        let id = ConnectionId(self.transport.connections.insert(connection));
        self.transport.channel(route).dialling += 1;
        self.transport.counts[route.edge].dials += 1;
        if let Some(patience) = config.connect_timeout.0 {
            self.line_timer(id, patience, Due::GivesUp, 0);
        }
        self.send_syn(id);
        true
    }

    /// The next message of the handshake.
    fn handshake_message(&mut self, id: ConnectionId) -> Attempt {
        let connection = self.transport.of(id);
        connection.ways += 1;
        let Route { edge, client, instance } = connection.route;
        Attempt {
            luck: connection.luck.request(u64::from(connection.ways)),
            call: CallId(NO_ATTEMPT.0),
            entered: SimTime::ZERO,
            started: SimTime::ZERO,
            instance,
            edge,
            client,
            phase: Phase::Out,
            wanted: true,
            withdrawn: false,
            outcome: Outcome::Ok,
        }
    }

    /// One way of the next message of the handshake.
    fn handshake_way(&mut self, id: ConnectionId) -> SimDuration {
        let message = self.handshake_message(id);
        self.way(&message, Purpose::Handshake).0
    }

    /// What becomes of a SYN, or of the answer to it. Of what follows nothing is lost: that would cost a retransmission, not
    /// the connection.
    fn syn_fate(&mut self, id: ConnectionId, way: Way) -> Fate {
        if !self.has_rough_edges {
            return Fate::Arrives;
        }
        let message = self.handshake_message(id);
        let condition = self.condition(&message, way);
        let leaving = Leaving { edge: message.edge, way, luck: message.luck, turn: 0, packets: 1 };
        let struck = self.is_struck(leaving, Chance::Lost) | self.is_struck(leaving, Chance::Damaged);
        let gone = 1.0 - (1.0 - condition.loss) * (1.0 - condition.corrupt);
        match condition.cut {
            Some(Cut::Reject) => Fate::Refused,
            Some(Cut::BlackHole) => Fate::Lost,
            None if struck => Fate::Lost,
            None if message.luck.draws(Purpose::HandshakeLoss).unit() < gone => Fate::Lost,
            None => Fate::Arrives,
        }
    }

    pub(super) fn send_syn(&mut self, id: ConnectionId) {
        let now = self.now;
        let edge = self.transport.of(id).route.edge;
        let config = self.rules(edge);
        let connection = self.transport.of(id);
        if connection.syns >= config.tcp.most() {
            return self.dial_failed(id);
        }
        connection.syns += 1;
        connection.sent = now;
        match self.syn_fate(id, Way::There) {
            Fate::Arrives => {}
            Fate::Lost => return self.send_syn_later(id),
            Fate::Refused => return self.refuse_dial(id, 2),
        }
        let way = self.handshake_way(id);
        match way == SimDuration::ZERO {
            true => self.on_syn(id),
            false => self.line_timer(id, way, Due::SynArrives, 0),
        }
    }

    /// The word that nobody will open it has so many ways to go.
    fn refuse_dial(&mut self, id: ConnectionId, ways: u32) {
        self.transport.of(id).stage = Stage::Refused;
        let mut length = SimDuration::ZERO;
        for _ in 0..ways {
            length += self.handshake_way(id);
        }
        self.line_timer(id, length, Due::HandshakeOver, 0);
    }

    fn send_syn_later(&mut self, id: ConnectionId) {
        let connection = self.transport.of(id);
        let (edge, syns, sent) = (connection.route.edge, connection.syns, connection.sent);
        let at = (sent + self.rules(edge).tcp.wait(syns)).max(self.now);
        self.line_timer(id, at.since(self.now), Due::SynAgain, 0);
    }

    /// A SYN is at its instance.
    pub(super) fn on_syn(&mut self, id: ConnectionId) {
        let connection = *self.transport.of(id);
        let Route { edge, instance, .. } = connection.route;
        let server = &self.servers[instance];
        if !server.accepts {
            if self.is_silent(instance) {
                return self.send_syn_later(id);
            }
            return self.refuse_dial(id, 1);
        }
        let life = server.life;
        match self.syn_fate(id, Way::Back) {
            Fate::Arrives => {}
            Fate::Lost => return self.send_syn_later(id),
            Fate::Refused => return self.refuse_dial(id, 1),
        }
        self.transport.of(id).life = life;
        let (config, idempotent) = (self.rules(edge), self.model.edges[edge].idempotent);
        let knows = self.transport.channel(connection.route).knows;
        let mut length = self.handshake_way(id);
        for _ in 0..config.tls.round_trips(knows, idempotent) {
            length += self.handshake_way(id);
            length += self.handshake_way(id);
        }
        let cpu = config.tls_cpu.shares(config.tls, config.mutual, knows);
        length += cpu.client + cpu.server;
        if cpu.server > SimDuration::ZERO {
            let server = &mut self.servers[instance];
            server.debt += cpu.server;
            server.is_odd = true;
        }
        if self.is_distrusted(edge) {
            self.transport.of(id).stage = Stage::Refused;
            self.aside(connection.dialler, Aside::Tells(Told::Distrusted));
        }
        self.line_timer(id, length, Due::HandshakeOver, 0);
    }

    pub(super) fn handshake_over(&mut self, id: ConnectionId) {
        let connection = *self.transport.of(id);
        let (route, now) = (connection.route, self.now);
        let is_same = self.servers[route.instance].life == connection.life;
        if connection.stage == Stage::Refused || !is_same {
            return self.dial_failed(id);
        }
        let config = self.rules(route.edge);
        self.transport.of(id).stage = Stage::Open(Usage::new(now));
        let channel = self.transport.channel(route);
        channel.dialling -= 1;
        channel.open += 1;
        channel.knows = true;
        let counts = &mut self.transport.counts[route.edge];
        counts.opened += 1;
        counts.spent += u128::from(now.since(connection.begun).as_nanos());
        if let Some(lifetime) = config.lifetime.0 {
            self.line_timer(id, lifetime, Due::Aged, 0);
        }
        self.is_free(id);
    }

    /// A connection could not be opened: as many fail as could have been sent over it, first who has asked for it.
    pub(super) fn dial_failed(&mut self, id: ConnectionId) {
        let connection = self.transport.connections.remove(id.0);
        let route = connection.route;
        self.transport.channel(route).dialling -= 1;
        self.transport.counts[route.edge].failed += 1;
        let mut failed = Vec::new();
        if let Some(call) = self.waits_for_line(connection.dialler) {
            self.not_boarded(connection.dialler, call);
            failed.push((connection.dialler, call));
        }
        while failed.len() < self.rules(route.edge).width() as usize
            && let Some((attempt, call)) = self.next_in_line(route)
        {
            self.not_boarded(attempt, call);
            failed.push((attempt, call));
        }
        self.dial(route, None);
        for (attempt, call) in failed {
            // What has failed before may have ended this call too.
            if self.calls.get(call.0).is_some_and(|record| record.attempt == attempt) {
                self.attempt_failed(call, attempt, Outcome::ConnectFailure);
            }
        }
    }

    /// An attempt that waited for a connection goes no further.
    pub(super) fn not_boarded(&mut self, id: AttemptId, call: CallId) {
        self.contexts[call.0.slot as usize].line = Line::None;
        let Attempt { edge, client, instance, .. } = self.attempts.remove(id.0);
        self.transport.counts[edge].unsent += 1;
        let attempts = &self.attempts;
        let channel = self.transport.channels.get_mut(&Route { edge, client, instance }).expect("it waited");
        channel.waits -= 1;
        if channel.waiting.len() > 2 * channel.waits as usize + 64 {
            channel.waiting.retain(|id| attempts.get(id.0).is_some());
        }
    }
}
