//! What changes during a run, and who owns it? Plain records: requests and attempts in flight, callers,
//! services, servers and arrival sources.

use std::collections::VecDeque;

use crate::event_list::{EventList, Lane};
use crate::ids::{AttemptId, CallId, EdgeId, InstanceId, ServiceId, WorkloadId};
use crate::luck::Luck;
use crate::model::edge::Edge;
use crate::model::rate::Cursor;
use crate::model::service::{Discipline, Service};
use crate::model::workload::ArrivalSource;
use crate::policy::{balancer, retry};
use crate::streams::{Seed, Stream, StreamPurpose};
use crate::time::{SimDuration, SimTime};

/// One use of an edge, from the first try until the answer or the last failure. A user's request is a
/// call without a caller behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) luck: Luck,
    pub(super) arrived: SimTime,
    pub(super) progress: retry::Progress,
    /// The attempt that the caller waits for; stale while it waits for a back-off.
    pub(super) attempt: AttemptId,
    pub(super) edge: EdgeId,
    pub(super) workload: WorkloadId,
    pub(super) client: u32,
}

/// One try, until the server is done with it: it may outlive its call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) luck: Luck,
    pub(super) call: CallId,
    /// When it reached the instance.
    pub(super) entered: SimTime,
    /// When a worker took it; no meaning while it waits.
    pub(super) started: SimTime,
    pub(super) instance: InstanceId,
    pub(super) edge: EdgeId,
    pub(super) in_service: bool,
    /// Whether the caller still waits for this attempt.
    pub(super) wanted: bool,
}

/// What the clients of an edge remember.
#[derive(Debug)]
pub(super) struct CallerState {
    pub(super) clients: Vec<ClientState>,
    pub(super) attempt_timeout: Lane,
    pub(super) total_timeout: Lane,
    pub(super) no_delay: Lane,
}

/// What one client of an edge remembers.
#[derive(Debug)]
pub(super) struct ClientState {
    pub(super) retry: retry::State,
    pub(super) balancer: balancer::State,
}

impl CallerState {
    pub(super) fn new(edge: &Edge, events: &mut EventList) -> Self {
        let clients = (0..edge.clients)
            .map(|client| ClientState {
                retry: retry::State::new(&edge.retry),
                balancer: balancer::State::new(&edge.balancer, client),
            })
            .collect();
        let mut lane = |delay: Option<SimDuration>| delay.map_or(Lane::HEAP, |d| events.lane_for_delay(d));
        CallerState {
            clients,
            attempt_timeout: lane(edge.attempt_timeout),
            total_timeout: lane(edge.total_timeout),
            no_delay: lane((edge.retry.max_attempts() > 1).then_some(SimDuration::ZERO)),
        }
    }
}

/// The condition of a service, changed by triggers.
#[derive(Debug)]
pub(super) struct ServiceState {
    /// How many times as long a service takes.
    pub(super) slowdown: f64,
    /// Nothing starts.
    pub(super) stopped: bool,
    /// Probability that an attempt is answered with an error.
    pub(super) error_ratio: f64,
    /// Lane of a constant service time.
    pub(super) finish: Lane,
}

impl ServiceState {
    pub(super) fn new(service: &Service, events: &mut EventList) -> Self {
        let finish = service.service_time.constant().map_or(Lane::HEAP, |d| events.lane_for_delay(d));
        ServiceState { slowdown: 1.0, stopped: false, error_ratio: service.error_ratio, finish }
    }
}

/// One instance: its waiting line. How many are busy stands in its meter.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) service: ServiceId,
    line: VecDeque<AttemptId>,
}

impl Server {
    pub(super) fn new(service: ServiceId) -> Self {
        Server { service, line: VecDeque::new() }
    }

    /// Attempts that wait.
    pub(super) fn waiting(&self) -> usize {
        self.line.len()
    }

    /// Joins the waiting line.
    pub(super) fn join(&mut self, attempt: AttemptId) {
        self.line.push_back(attempt);
    }

    /// Takes the attempt whose turn it is.
    pub(super) fn take(&mut self, discipline: Discipline) -> Option<AttemptId> {
        match discipline {
            Discipline::Fifo => self.line.pop_front(),
            Discipline::Lifo => self.line.pop_back(),
        }
    }
}

/// Where an arrival source stands.
#[derive(Debug)]
pub(super) struct SourceState {
    pub(super) stream: Stream,
    /// What the luck of its requests is derived from.
    pub(super) luck: Luck,
    pub(super) cursor: Cursor,
    /// Load that must come until the next arrival but one; drawn an arrival ahead, so that nothing waits
    /// for it.
    pub(super) next_mass: f64,
    /// Requests so far, those thinned away included.
    pub(super) count: u64,
    pub(super) lane: Lane,
}

impl SourceState {
    pub(super) fn new(source: &ArrivalSource, seed: Seed, events: &mut EventList) -> Self {
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
