//! What changes during a run, and who owns it? Plain records: requests and attempts in flight, steps under
//! way, callers, servers and arrival sources.

mod source;

pub(super) use super::baggage::Baggage;
pub(super) use super::pools::PoolState;
use crate::dist::Sampler;
use crate::event_list::{EventList, Lane};
use crate::ids::{
    AttemptId, CacheId, CallId, EdgeId, Handle, InstanceId, ServiceId, SessionId, StepId, TaskId, WorkloadId,
};
use crate::luck::Luck;
use crate::model::Model;
use crate::model::edge::Edge;
use crate::model::service::Service;
use crate::policy::balancer::Fleet;
use crate::policy::balancer::board::Board;
use crate::policy::chooser::{Avoid, Chooser};
use crate::policy::{Outcome, admission, hedging, probe, queue, restart, retry};
use crate::streams::Seed;
use crate::time::{SimDuration, SimTime};
pub(super) use source::SourceState;

/// No id: generations start at 1.
const NONE: Handle = Handle { slot: 0, generation: 0 };
/// No attempt.
pub(super) const NO_ATTEMPT: AttemptId = AttemptId(NONE);
/// No task.
pub(super) const NO_TASK: TaskId = TaskId(NONE);
/// Any instance.
pub(super) const ANYWHERE: u32 = u32::MAX;

/// How many of the instances that a call has tried are remembered.
const TRIED: usize = 4;

/// One use of an edge, from the first try until the answer or the last failure. A user's request is a
/// call without a caller behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) luck: Luck,
    pub(super) arrived: SimTime,
    pub(super) progress: retry::Progress,
    /// The attempt that the caller waits for; stale while it waits for a back-off or a slot of its pool.
    pub(super) attempt: AttemptId,
    pub(super) edge: EdgeId,
    pub(super) workload: WorkloadId,
    pub(super) client: u32,
    /// The only instance that will do, or `ANYWHERE`.
    pub(super) place: u32,
}

/// Who waits for a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parent {
    /// A user who comes once.
    Visitor,
    /// A user who sends one request after the other.
    User(SessionId),
    /// A step of a service.
    Task(TaskId),
    /// A probe or health check, by its ticket.
    Check(Handle),
    /// A user who sends it over a connection, by number.
    Member(u32),
    /// A user who opens a connection, by number.
    Connect(u32),
    /// The hedged call that this is one attempt of, and which of them, from 1.
    Hedge(CallId, u8),
    /// The holder of a lease, by number.
    Holder(u32),
    /// A replica that catches up; its edge and client say which.
    Replica,
    /// An intruder; its edge says from where.
    Intruder,
}

/// A probe or health check under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// Number of the check.
    pub(super) check: u32,
    /// Which client checks; no meaning for probes.
    pub(super) client: u32,
    /// What is checked, and in which of its lives.
    pub(super) instance: InstanceId,
    pub(super) life: u32,
}

/// Children of a task: calls and groups of steps, in a list through their own records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    None,
    Call(CallId),
    Task(TaskId),
}

/// What a call has beside what every call needs; unused where a model has only plain calls of users.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) parent: Parent,
    pub(super) baggage: Baggage,
    pub(super) before: Child,
    pub(super) after: Child,
    /// Whether the call holds a slot of its pool.
    pub(super) holds_slot: bool,
    /// Whether it stands in line for one.
    pub(super) awaits_slot: bool,
    /// Whether it waits for a look-up.
    pub(super) awaits_address: bool,
    /// When the attempt that the caller waits for was sent.
    pub(super) sent: SimTime,
    /// Which instance of the service it was sent to.
    pub(super) sent_to: u32,
    /// Which instances it has tried, the last four; kept where a retry avoids them.
    pub(super) tried: [u32; TRIED],
    /// What it holds of the layers of its edge.
    pub(super) leaves: super::guards::Leaves,
    /// Whether the answer to its latest attempt stands in for something better.
    pub(super) degraded: bool,
    /// Which connection its slot is, where these are told apart.
    pub(super) connection: u32,
    /// Where its attempt stands with the connections of its edge.
    pub(super) line: super::transport::Line,
}

impl Context {
    /// The context of a call that nothing happened to yet.
    pub(super) const fn new(parent: Parent, baggage: Baggage) -> Self {
        Context {
            parent,
            baggage,
            before: Child::None,
            after: Child::None,
            holds_slot: false,
            awaits_slot: false,
            awaits_address: false,
            sent: SimTime::ZERO,
            sent_to: 0,
            tried: [ANYWHERE; TRIED],
            leaves: super::guards::Leaves::NONE,
            degraded: false,
            connection: 0,
            line: super::transport::Line::None,
        }
    }
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// On the way to its instance.
    Out,
    /// In the waiting line.
    Waiting,
    /// In service.
    Serving,
    /// Its answer is on the way back.
    Back,
    /// It stands before a full line that drops nobody.
    Outside,
    /// A message of it is gone, and its caller waits for what will never come.
    Astray,
}

/// One try, until the server is done with it: it may outlive its call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) luck: Luck,
    pub(super) call: CallId,
    /// When it reached the instance; before that, when it was sent.
    pub(super) entered: SimTime,
    /// When a worker took it; no meaning while it waits.
    pub(super) started: SimTime,
    pub(super) instance: InstanceId,
    pub(super) edge: EdgeId,
    /// Which client of the edge sent it.
    pub(super) client: u32,
    pub(super) phase: Phase,
    /// Whether the caller still waits for this attempt.
    pub(super) wanted: bool,
    /// Whether its caller has told the server that it left.
    pub(super) withdrawn: bool,
    /// What is on the way back.
    pub(super) outcome: Outcome,
}

/// What an attempt has beside what every attempt needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand {
    pub(super) baggage: Baggage,
    /// The steps under way for it.
    pub(super) root: TaskId,
    pub(super) workload: WorkloadId,
    /// Attempts in the system of the instance when it came, itself counted; known where admission is asked.
    pub(super) in_flight: u32,
    /// What its answer carries, if its caller listens.
    pub(super) word: Option<crate::policy::throttle::piggyback::Word>,
    /// Whether its call has ended because it was let in: nobody hears of it any more.
    pub(super) accepted: bool,
    /// The other copy of a tied call, once both are sent.
    pub(super) twin: AttemptId,
    /// The address that it goes to, or `ANYWHERE` if it finds its instance by itself.
    pub(super) address: u32,
    /// In which version of its sender it is written.
    pub(super) written: Option<super::versions::Written>,
}

/// A group of steps under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) step: StepId,
    /// The group that waits for it, or none if it is the root of an attempt or nobody waits.
    pub(super) parent: TaskId,
    /// The attempt that it serves, or none if nobody waits.
    pub(super) attempt: AttemptId,
    /// The same, or the attempt that has spawned it, which may be over.
    pub(super) origin: AttemptId,
    pub(super) instance: InstanceId,
    pub(super) workload: WorkloadId,
    pub(super) luck: Luck,
    pub(super) baggage: Baggage,
    /// Which copy of the innermost fan-out.
    pub(super) shard: u32,
    /// Steps begun.
    pub(super) begun: u32,
    /// Steps that succeeded.
    pub(super) succeeded: u32,
    /// Steps that failed.
    pub(super) failed: u32,
    pub(super) child: Child,
    pub(super) before: Child,
    pub(super) after: Child,
    /// How far a `cached` step has come; no meaning for others.
    pub(super) cached: super::caches::Progress,
    /// Pieces of own work under way, counted only where instances come and go.
    pub(super) computing: u32,
    /// Whether what it has come to so far stands in for something better.
    pub(super) degraded: bool,
    /// Whether it holds a place among the fallbacks of its instance.
    pub(super) falls_back: bool,
}

impl Task {
    /// A group that nobody waits for, before its first step.
    pub(super) const fn new(
        step: StepId,
        instance: InstanceId,
        workload: WorkloadId,
        luck: Luck,
        baggage: Baggage,
    ) -> Self {
        Task {
            step,
            parent: NO_TASK,
            attempt: NO_ATTEMPT,
            origin: NO_ATTEMPT,
            instance,
            workload,
            luck,
            baggage,
            shard: 0,
            begun: 0,
            succeeded: 0,
            failed: 0,
            child: Child::None,
            before: Child::None,
            after: Child::None,
            cached: super::caches::Progress::Looking,
            computing: 0,
            degraded: false,
            falls_back: false,
        }
    }
}

/// What goes on at once, after the event that caused it: a list instead of a recursion.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ready {
    /// A step of this group has ended.
    Step(TaskId, Outcome),
    /// A slot of its pool is this call's.
    Granted(CallId),
    /// A place of its bulkhead is this call's.
    Entered(CallId),
    /// This instance has taken more than it can hold.
    Overflow(InstanceId),
    /// This instance has finished what it had.
    Drained(InstanceId),
    /// What the speed of this instance depends on has changed.
    Pace(InstanceId),
    /// Who loaded a key for others in this instance has left.
    Leaderless(CacheId, InstanceId, u32),
    /// There may be room in this instance for those who wait outside.
    Room(InstanceId),
    /// What this call asked for is accepted, and it waits for no more.
    Accepted(CallId),
    /// Another attempt of this hedged call is due, because of this.
    Hedge(CallId, Outcome),
    /// This attempt has got its connection.
    Departs(AttemptId),
    /// The connection of this call's attempt was reset.
    Broken(CallId),
}

/// A user who sends one request after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) luck: Luck,
    pub(super) workload: WorkloadId,
    pub(super) client: u32,
    /// Requests sent.
    pub(super) sent: u32,
}

/// What the clients of an edge remember.
#[derive(Debug)]
pub(super) struct CallerState {
    pub(super) clients: Vec<ClientState>,
    /// What the clients read of the instances, if they do not see them as they are, and how old it may be.
    pub(super) board: Option<(SimDuration, Board)>,
    pub(super) attempt_timeout: Lane,
    pub(super) total_timeout: Lane,
    pub(super) no_delay: Lane,
    pub(super) latency: Lane,
    pub(super) hedge: Lane,
    pub(super) guards: super::guards::Guards,
}

/// What one client of an edge remembers.
#[derive(Debug)]
pub(super) struct ClientState {
    pub(super) retry: retry::State,
    pub(super) chooser: Chooser,
    pub(super) hedging: hedging::State,
}

impl CallerState {
    pub(super) fn new(edge: &Edge, model: &Model, seed: Seed, events: &mut EventList) -> Self {
        let instances = model.services[edge.to].instances;
        let clients = (0..edge.clients)
            .map(|client| ClientState {
                retry: retry::State::new(&edge.retry),
                chooser: chooser(edge, instances, client, seed),
                hedging: hedging::State::new(&edge.hedging),
            })
            .collect();
        let board = edge.chooser.load_balancer.board_age().filter(|age| *age > SimDuration::ZERO);
        let mut lane = |delay: Option<SimDuration>| delay.map_or(Lane::HEAP, |d| events.lane_for_delay(d));
        CallerState {
            clients,
            board: board.map(|age| (age, Board::new())),
            attempt_timeout: lane(edge.attempt_timeout),
            total_timeout: lane(edge.total_timeout),
            no_delay: lane((edge.retry.most_sends() > 1).then_some(SimDuration::ZERO)),
            latency: lane(edge.latency.as_ref().and_then(Sampler::constant)),
            hedge: lane(edge.hedging.fixed_delay()),
            guards: super::guards::Guards::new(edge, instances),
        }
    }

    /// The instance, of `instances` in the fleet, for an attempt of a client with a key and luck, if anybody is there.
    #[inline(always)]
    pub(super) fn choose<F: Fleet>(
        &mut self,
        edge: &Edge,
        (client, key, luck): (u32, u64, Luck),
        fleet: &F,
        instances: u32,
        now: SimTime,
        avoid: Avoid<'_>,
    ) -> Option<u32> {
        let chooser = &mut self.clients[client as usize].chooser;
        let picked = match &mut self.board {
            None => chooser.pick(&edge.chooser, fleet, key, now, luck, avoid),
            Some((age, board)) => {
                let is_old = board.renewed().is_none_or(|renewed| now >= renewed + *age);
                if is_old || board.len() < instances as usize {
                    board.renew(fleet, instances, now);
                }
                chooser.pick(&edge.chooser, board, key, now, luck, avoid)
            }
        };
        if let Some(picked) = picked
            && edge.is_watched
        {
            chooser.sent(picked);
        }
        picked
    }
}

/// What a client of an edge knows of the instances when it starts: all are there.
pub(super) fn chooser(edge: &Edge, instances: u32, client: u32, seed: Seed) -> Chooser {
    Chooser::new(&edge.chooser, instances, client, Luck::of_client(seed, edge.key, client))
}

/// Whether an instance serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It serves.
    Up,
    /// It starts.
    Booting,
    /// It is gone.
    Down,
    /// It finishes what it has and takes nothing new.
    Draining,
    /// There is none at its place.
    Absent,
}

/// One instance: its waiting line and its condition. How many are busy stands in its meter.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) service: ServiceId,
    pub(super) line: queue::State,
    pub(super) admission: admission::State,
    /// Attempts in line that have not left.
    pub(super) waiting: usize,
    /// Whether it takes attempts: up, and nothing stops it.
    pub(super) accepts: bool,
    /// Nothing starts.
    pub(super) stopped: bool,
    /// How many times as long work takes.
    pub(super) slowdown: f64,
    /// Probability that an attempt is answered with an error.
    pub(super) error_ratio: f64,
    /// Probability that work which starts is held.
    pub(super) hang_ratio: f64,
    /// Whether work that starts is more than a timer: it may hang, pay for others, or be shared.
    pub(super) is_odd: bool,
    /// Work of attempts turned away, to be paid by the next that starts.
    pub(super) debt: SimDuration,
    pub(super) stage: Stage,
    /// Whether it counts as ready to its orchestrator.
    pub(super) ready: bool,
    /// Counts lives: what belongs to an earlier life is stale.
    pub(super) life: u32,
    /// Until when it is cold.
    pub(super) cold_until: SimTime,
    /// Work that is held, with its length.
    pub(super) held: Vec<(Work, SimDuration)>,
    /// Whether a trigger keeps it down.
    pub(super) kept_down: bool,
    pub(super) restart: restart::State,
    pub(super) readiness: probe::State,
    pub(super) liveness: probe::State,
    /// Whether its place becomes free when it ends.
    pub(super) is_leaving: bool,
}

/// A piece of work on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// The whole service of an attempt.
    Attempt(AttemptId, u32),
    /// A step.
    Step(TaskId),
}

impl Server {
    pub(super) fn new(id: ServiceId, service: &Service, place: u32) -> Self {
        let is_there = place < service.at_start;
        Server {
            service: id,
            line: queue::State::new(&service.queue),
            admission: admission::State::new(&service.admission),
            waiting: 0,
            accepts: is_there,
            stopped: false,
            slowdown: service.slownesses[place as usize],
            error_ratio: service.error_ratio,
            hang_ratio: 0.0,
            is_odd: service.keeps_clock(),
            debt: SimDuration::ZERO,
            stage: if is_there { Stage::Up } else { Stage::Absent },
            ready: is_there,
            // The probes of the first life are those of instances that were there at the start.
            life: u32::from(!is_there),
            cold_until: SimTime::ZERO,
            held: Vec::new(),
            kept_down: false,
            restart: restart::State::default(),
            readiness: probe::State::well(),
            liveness: probe::State::well(),
            is_leaving: false,
        }
    }
}
