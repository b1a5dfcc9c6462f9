//! How does an attempt get a connection? It takes one that is free, or waits until one is free or open; one that nobody
//! answers, refuses or resets is an end of the attempt too. Without connections on any edge nothing here is ever reached.

mod count;
mod dial;
mod silence;

use std::collections::{BTreeMap, VecDeque};

use super::Simulation;
use super::in_flight::Table;
use super::state::{Attempt, Ready};
use crate::event::{Due, Event};
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, ConnectionId, EdgeId, IdVec, InstanceId};
use crate::luck::Luck;
use crate::metrics::{Aside, Probe};
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::policy::Outcome;
use crate::policy::transport::Config;
use crate::policy::transport::reuse::{After, End, Usage};
use crate::time::{SimDuration, SimTime};
pub use count::TransportLedger;

/// Where the attempt that a call waits for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It needs no connection, or is over.
    None,
    /// It waits for one.
    Waits,
    /// It has one.
    On(ConnectionId),
    /// It has one, and nobody is at the other end who could answer or refuse.
    Silent(ConnectionId),
}

/// From one client of an edge to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    edge: EdgeId,
    client: u32,
    instance: InstanceId,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is being opened.
    Dialling,
    /// It will not be opened: the word of that is on the way.
    Refused,
    Open(Usage),
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    route: Route,
    /// For whom it is opened, and its luck.
    dialler: AttemptId,
    luck: Luck,
    /// Messages of the handshake so far, which number their luck.
    ways: u32,
    begun: SimTime,
    /// SYNs sent, and when the last one was.
    syns: u32,
    sent: SimTime,
    /// With which life of the instance it was opened.
    life: u32,
    stage: Stage,
    /// Whether it stands among the free ones of its route.
    is_listed: bool,
}

/// The connections of one route, and those who wait for one.
#[derive(Debug, Default)]
struct Channel {
    /// Those that take more; the one used last at the end.
    free: Vec<ConnectionId>,
    open: u32,
    dialling: u32,
    /// In order; those that have left are still in it.
    waiting: VecDeque<AttemptId>,
    /// Those who have not left.
    waits: u32,
    /// Whether the client has been connected there before.
    knows: bool,
}

/// All connections of calls.
#[derive(Debug)]
pub(super) struct Transport {
    /// Whether there is any edge with connections.
    pub(super) exists: bool,
    connections: Table<Connection>,
    channels: BTreeMap<Route, Channel>,
    counts: IdVec<EdgeId, count::Counts>,
    read_at: SimTime,
}

impl Transport {
    pub(super) fn new(model: &Model) -> Self {
        Transport {
            exists: model.edges.iter().any(|edge| edge.connection.is_some()),
            connections: Table::new(),
            channels: BTreeMap::new(),
            counts: model.edges.iter().map(|_| count::Counts::default()).collect(),
            read_at: SimTime::ZERO,
        }
    }

    fn channel(&mut self, route: Route) -> &mut Channel {
        self.channels.entry(route).or_default()
    }

    fn of(&mut self, id: ConnectionId) -> &mut Connection {
        self.connections.get_mut(id.0).expect("the connection is there")
    }

    /// Takes a connection off the list of free ones.
    fn unlist(&mut self, id: ConnectionId) {
        let connection = self.of(id);
        if std::mem::take(&mut connection.is_listed) {
            let route = connection.route;
            let free = &mut self.channel(route).free;
            let place = free.iter().rposition(|free| *free == id).expect("it is listed");
            free.remove(place);
        }
    }

    fn list(&mut self, id: ConnectionId) {
        let connection = self.of(id);
        if !std::mem::replace(&mut connection.is_listed, true) {
            let route = connection.route;
            self.channel(route).free.push(id);
        }
    }
}

impl<'m, P: Probe, const PLAIN: bool> Simulation<'m, P, PLAIN> {
    fn rules(&self, edge: EdgeId) -> &'m Config {
        const DEFAULT: &Config = &Config::DEFAULT;
        self.model.edges[edge].connection.as_ref().unwrap_or(DEFAULT)
    }

    /// An attempt that was just made needs a connection before it can leave.
    #[inline(never)]
    pub(super) fn board(&mut self, id: AttemptId) {
        let &Attempt { edge, client, instance, call, .. } =
            self.attempts.get(id.0).expect("an attempt that was just made");
        let route = Route { edge, client, instance };
        if self.transport.channel(route).waits == 0
            && let Some(connection) = self.spare(route)
        {
            self.take_line(connection, id, call);
            return self.sets_out(id);
        }
        self.contexts[call.0.slot as usize].line = Line::Waits;
        let channel = self.transport.channel(route);
        channel.waiting.push_back(id);
        channel.waits += 1;
        self.aside(id, Aside::AwaitsConnection);
        self.dial(route, Some(id));
    }

    fn sets_out(&mut self, id: AttemptId) {
        self.start_silence(id);
        let attempt = self.attempts.get(id.0).expect("it has a connection");
        match self.model.edges[attempt.edge].has_network {
            false => self.reach(id),
            true => self.travel_there(id),
        }
    }

    /// An attempt that has waited for its connection has one.
    pub(super) fn on_departs(&mut self, id: AttemptId) {
        let Some(attempt) = self.attempts.get(id.0) else { return };
        if attempt.wanted {
            self.aside(id, Aside::Boards);
            return self.sets_out(id);
        }
        // Its caller has left in this very moment.
        let edge = attempt.edge;
        self.attempts.remove(id.0);
        self.transport.counts[edge].unsent += 1;
    }

    /// A connection that takes a request now.
    fn spare(&mut self, route: Route) -> Option<ConnectionId> {
        let (config, now) = (self.rules(route.edge), self.now);
        loop {
            let id = *self.transport.channel(route).free.last()?;
            let Stage::Open(usage) = self.transport.of(id).stage else { unreachable!("it is free") };
            if usage.has_room(config, now) {
                return Some(id);
            }
            self.transport.unlist(id);
            if usage.in_use == 0 {
                self.close_line(id);
            }
        }
    }

    fn take_line(&mut self, id: ConnectionId, attempt: AttemptId, call: CallId) {
        self.contexts[call.0.slot as usize].line = Line::On(id);
        let edge = self.transport.of(id).route.edge;
        let config = self.rules(edge);
        let Stage::Open(usage) = &mut self.transport.of(id).stage else {
            unreachable!("only open ones are free")
        };
        usage.begin();
        let has_room = usage.has_room(config, self.now);
        debug_assert!(self.attempts.get(attempt.0).is_some(), "an attempt under way");
        if !has_room {
            self.transport.unlist(id);
        }
    }

    /// Those who wait get what is free.
    fn serve_line(&mut self, route: Route) {
        while self.transport.channel(route).waits > 0
            && let Some(connection) = self.spare(route)
        {
            let (id, call) = self.next_in_line(route).expect("somebody waits");
            self.transport.channel(route).waits -= 1;
            self.take_line(connection, id, call);
            self.ready.push_back(Ready::Departs(id));
        }
    }

    /// The first who waits for a connection leaves the line.
    fn next_in_line(&mut self, route: Route) -> Option<(AttemptId, CallId)> {
        loop {
            let id = self.transport.channel(route).waiting.pop_front()?;
            if let Some(call) = self.waits_for_line(id) {
                return Some((id, call));
            }
        }
    }

    /// The call of an attempt that still waits for a connection.
    fn waits_for_line(&self, id: AttemptId) -> Option<CallId> {
        let call = self.attempts.get(id.0).filter(|attempt| attempt.wanted)?.call;
        (self.contexts[call.0.slot as usize].line == Line::Waits).then_some(call)
    }

    fn line_timer(&mut self, connection: ConnectionId, after: SimDuration, due: Due, plan: u32) {
        let at = self.now + after;
        self.schedule_timer(Lane::HEAP, at, Event::Transport { connection, due, plan });
    }

    /// Something is due with a connection.
    pub(super) fn on_transport(&mut self, id: ConnectionId, due: Due, plan: u32) {
        let Some(connection) = self.transport.connections.get(id.0) else { return };
        let is_open = matches!(connection.stage, Stage::Open(_));
        match due {
            Due::SynArrives => self.on_syn(id),
            Due::SynAgain => self.send_syn(id),
            Due::HandshakeOver => self.handshake_over(id),
            Due::GivesUp if !is_open => self.dial_failed(id),
            Due::GivesUp => {}
            Due::Idle | Due::Aged => {
                let Stage::Open(usage) = connection.stage else { unreachable!("it was open") };
                if usage.in_use == 0 && (due == Due::Aged || usage.requests == plan) {
                    self.close_line(id);
                }
            }
        }
    }

    /// A connection takes requests: those who wait come first.
    fn is_free(&mut self, id: ConnectionId) {
        self.transport.list(id);
        let route = self.transport.of(id).route;
        self.serve_line(route);
        // It may have been closed because it was too old.
        let Some(connection) = self.transport.connections.get(id.0) else { return };
        let Stage::Open(usage) = connection.stage else { unreachable!("it is free") };
        let config = self.rules(route.edge);
        if usage.in_use > 0 {
            return;
        }
        if !config.keep_alive {
            self.close_line(id);
        } else if let Some(timeout) = config.idle_timeout.0 {
            self.line_timer(id, timeout, Due::Idle, usage.requests);
        }
    }

    /// For its caller an attempt is over: its connection is free, or closed, or nobody waits for one any more.
    pub(super) fn leave_line_of(&mut self, call_id: CallId, outcome: Outcome) {
        let line = std::mem::replace(&mut self.contexts[call_id.0.slot as usize].line, Line::None);
        let attempt = |engine: &Self| engine.calls.get(call_id.0).expect("its call is under way").attempt;
        match line {
            Line::None => {}
            Line::Waits => self.not_boarded(attempt(self), call_id),
            Line::On(connection) => {
                let how = match outcome {
                    Outcome::Timeout | Outcome::Cancelled => End::Left,
                    Outcome::Reset | Outcome::ConnectFailure => End::Broken,
                    _ => End::Answered,
                };
                self.release_line(connection, how);
            }
            Line::Silent(connection) => {
                let id = attempt(self);
                self.attempts.remove(id.0);
                self.release_line(connection, End::Broken);
            }
        }
    }

    fn release_line(&mut self, id: ConnectionId, how: End) {
        let Some(connection) = self.transport.connections.get(id.0) else { return };
        let config = self.rules(connection.route.edge);
        let Stage::Open(usage) = &mut self.transport.of(id).stage else { unreachable!("it was used") };
        match usage.end(config, how, self.now) {
            After::Free => self.is_free(id),
            After::Busy => self.transport.unlist(id),
            After::Closed => {
                if usage.in_use > 0 {
                    self.break_streams(id);
                }
                self.close_line(id);
            }
        }
    }

    /// A connection is reset: so is everything else on it.
    fn break_streams(&mut self, id: ConnectionId) {
        for (call, _) in self.calls.iter_ids() {
            if self.contexts[call.slot as usize].line == Line::On(id)
                || self.contexts[call.slot as usize].line == Line::Silent(id)
            {
                self.ready.push_back(Ready::Broken(CallId(call)));
            }
        }
    }

    /// The connection of an attempt was reset by another attempt's.
    pub(super) fn on_broken(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id.0) else { return };
        let (attempt_id, line) = (call.attempt, self.contexts[id.0.slot as usize].line);
        let (Line::On(connection) | Line::Silent(connection)) = line else { return };
        if self.transport.connections.get(connection.0).is_some() {
            return; // it has got another one since
        }
        if let Some(attempt) = self.attempts.get_mut(attempt_id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            self.leave(attempt_id);
            self.attempt_failed(id, attempt_id, Outcome::Reset);
        }
    }

    fn close_line(&mut self, id: ConnectionId) {
        self.transport.unlist(id);
        let Connection { route, .. } = self.transport.connections.remove(id.0);
        self.transport.channel(route).open -= 1;
        self.transport.counts[route.edge].closed += 1;
        self.dial(route, None);
    }

    /// The process of an instance is gone: so are its connections, at both ends, unless there is nobody who could say so.
    pub(super) fn break_lines(&mut self, instance: InstanceId) {
        if !self.transport.exists {
            return;
        }
        let service = self.servers[instance].service;
        let place = self.place_of(instance);
        let is_silent = self.is_silent(instance);
        let mut hit = Vec::new();
        for (id, connection) in self.transport.connections.iter_ids() {
            let Route { edge, client, instance: to } = connection.route;
            let is_own = self.model.edges[edge].caller == EdgeCaller::Service(service) && client == place;
            let is_open = matches!(connection.stage, Stage::Open(_));
            if is_own || (to == instance && is_open && !is_silent) {
                hit.push((ConnectionId(id), is_open));
            }
        }
        for (id, is_open) in hit {
            if self.transport.connections.get(id.0).is_none() {
                continue;
            }
            match is_open {
                true => self.close_line(id),
                false => self.dial_failed(id),
            }
        }
        self.forget_routes(service, place);
    }

    /// A client that starts anew has no sessions to resume.
    fn forget_routes(&mut self, service: crate::ids::ServiceId, place: u32) {
        let edges = &self.model.edges;
        for (route, channel) in &mut self.transport.channels {
            if route.client == place && edges[route.edge].caller == EdgeCaller::Service(service) {
                channel.knows = false;
            }
        }
    }
}
