//! Who was on which worker, and how long were the lines? For each instance one lane per worker, told of the
//! windows of a run that somebody looks at. Workers have no number in the engine: an attempt takes the
//! lowest free lane when it is taken into service, so slices of a lane never overlap. Where all share
//! the workers there are as many lanes as attempts in service.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::ids::{AttemptId, CallId, EdgeId, Handle, Id, IdVec, InstanceId, WorkloadId};
use sim_core::metrics::{Aside, Observation, Probe};
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;
use sim_core::policy::Outcome;
use sim_core::time::SimTime;

use super::MOST_SLICES;
use super::timeline::{Flow, Instant, Level, Slice, Timeline};

/// Most changes of a line that are kept, shared equally by the windows.
const MOST_LEVELS: usize = 40_000;
/// Most timeouts, retries and changes of instances that are kept, shared equally by the windows.
const MOST_INSTANTS: usize = 10_000;
/// No lane.
const NONE: u32 = u32::MAX;

/// An attempt in flight.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    generation: u32,
    edge: EdgeId,
    instance: InstanceId,
    number: u32,
    story: Option<u32>,
    waits: bool,
    lane: u32,
    entered: SimTime,
    started: SimTime,
    left: Option<SimTime>,
    sent: SimTime,
    /// Slice of its caller while it was sent, or none.
    caller: Option<u32>,
    /// Its own slice.
    slice: Option<u32>,
}

/// A call under way.
#[derive(Clone, Copy, Debug)]
struct Call {
    generation: u32,
    by: Option<AttemptId>,
    story: Option<u32>,
    workload: Option<WorkloadId>,
    current: Option<AttemptId>,
}

/// Lanes of one instance.
#[derive(Clone, Debug, Default)]
struct Instance {
    free: BinaryHeap<Reverse<u32>>,
    lanes: u32,
    waiting: u32,
    serving: u32,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from: SimTime,
    to: SimTime,
}

/// What is left of the bounds in the window under way.
#[derive(Clone, Copy, Debug)]
struct Room {
    slices: usize,
    levels: usize,
    instants: usize,
}

/// Keeps the lanes; memory follows the number in flight and the bounds.
#[derive(Debug)]
pub(super) struct Lanes<'m> {
    model: &'m Model,
    wanted: Vec<(WorkloadId, u64)>,
    counts: IdVec<WorkloadId, u64>,
    windows: Vec<Window>,
    /// The window that is open or comes next.
    next: usize,
    is_open: bool,
    room: Room,
    left_out: Room,
    attempts: Vec<Option<Attempt>>,
    calls: Vec<Option<Call>>,
    instances: IdVec<InstanceId, Instance>,
    timeline: Timeline,
}

impl<'m> Lanes<'m> {
    pub(super) fn new(
        model: &'m Model,
        wanted: &[(WorkloadId, u64)],
        mut windows: Vec<(SimTime, SimTime)>,
    ) -> Self {
        windows.sort_unstable();
        let mut joined: Vec<Window> = Vec::new();
        for (from, to) in windows {
            match joined.last_mut() {
                Some(last) if from <= last.to => last.to = last.to.max(to),
                _ => joined.push(Window { from, to }),
            }
        }
        let instances = super::instance_names(model);
        Lanes {
            model,
            wanted: wanted.to_vec(),
            counts: model.workloads.iter().map(|_| 0).collect(),
            next: 0,
            is_open: false,
            room: Room { slices: 0, levels: 0, instants: 0 },
            left_out: Room { slices: 0, levels: 0, instants: 0 },
            windows: joined,
            attempts: Vec::new(),
            calls: Vec::new(),
            instances: instances.iter().map(|_| Instance::default()).collect(),
            timeline: Timeline {
                lanes: vec![0; instances.len()],
                workloads: model.workloads.iter().map(|workload| workload.name.clone()).collect(),
                instances,
                ..Timeline::default()
            },
        }
    }

    pub(super) fn finish(mut self, end: SimTime) -> Timeline {
        for attempt in self.attempts.iter().flatten().filter(|attempt| attempt.lane != NONE) {
            if let Some(slice) = attempt.slice {
                self.timeline.slices[slice as usize].to_ns = end.as_nanos();
            }
        }
        for (index, instance) in self.instances.iter().enumerate() {
            self.timeline.lanes[index] = instance.lanes;
        }
        let Room { slices, levels, instants } = self.left_out;
        for (count, what) in [
            (slices, "attempts in service"),
            (levels, "changes of queue lengths"),
            (instants, "timeouts, retries and changes of instances"),
        ] {
            if count > 0 {
                self.timeline.notes.push(format!(
                    "the lanes leave out {count} {what}: a window has room for a share of {MOST_SLICES} attempts; choose a shorter one with --from and --to"
                ));
            }
        }
        self.timeline
    }

    /// Opens and closes windows that the clock has passed.
    fn look(&mut self, now: SimTime) {
        while let Some(window) = self.windows.get(self.next).copied() {
            if !self.is_open && now >= window.from {
                self.open(window);
            }
            if !self.is_open || now < window.to {
                return;
            }
            self.is_open = false;
            self.next += 1;
        }
    }

    fn open(&mut self, window: Window) {
        let share = self.windows.len();
        self.is_open = true;
        self.room = Room {
            slices: MOST_SLICES / share,
            levels: MOST_LEVELS / share,
            instants: MOST_INSTANTS / share,
        };
        for instance in self.instances.ids().collect::<Vec<_>>() {
            self.level(window.from, instance);
        }
        let mut in_service: Vec<(SimTime, usize)> = self
            .attempts
            .iter()
            .enumerate()
            .filter_map(|(slot, attempt)| attempt.map(|attempt| (attempt, slot)))
            .filter(|(attempt, _)| attempt.lane != NONE && attempt.slice.is_none())
            .map(|(attempt, slot)| (attempt.started, slot))
            .collect();
        in_service.sort_unstable();
        for (_, slot) in in_service {
            self.keep(slot);
        }
    }

    fn attempt(&mut self, id: AttemptId) -> Option<&mut Attempt> {
        let entry = self.attempts.get_mut(id.0.slot as usize)?.as_mut()?;
        (entry.generation == id.0.generation).then_some(entry)
    }

    fn call(&mut self, id: CallId) -> Option<&mut Call> {
        let entry = self.calls.get_mut(id.0.slot as usize)?.as_mut()?;
        (entry.generation == id.0.generation).then_some(entry)
    }

    fn begin_call(
        &mut self,
        id: CallId,
        by: Option<AttemptId>,
        story: Option<u32>,
        workload: Option<WorkloadId>,
    ) {
        let call = Call { generation: id.0.generation, by, story, workload, current: None };
        put(&mut self.calls, id.0, call);
    }

    fn sent(
        &mut self,
        now: SimTime,
        id: AttemptId,
        call_id: CallId,
        edge: EdgeId,
        instance: InstanceId,
        number: u32,
    ) {
        // Calls of probes are told of by nobody before their attempts are sent.
        if self.call(call_id).is_none() {
            self.begin_call(call_id, None, None, None);
        }
        let (by, story) = match self.call(call_id) {
            None => (None, None),
            Some(call) => {
                call.current = Some(id);
                (call.by, call.story)
            }
        };
        let caller = by.and_then(|by| self.attempt(by)).filter(|by| by.lane != NONE).and_then(|by| by.slice);
        let attempt = Attempt {
            generation: id.0.generation,
            edge,
            instance,
            number,
            story,
            waits: false,
            lane: NONE,
            entered: now,
            started: now,
            left: None,
            sent: now,
            caller,
            slice: None,
        };
        put(&mut self.attempts, id.0, attempt);
    }

    fn queued(&mut self, now: SimTime, id: AttemptId) {
        let Some(attempt) = self.attempt(id) else { return };
        (attempt.waits, attempt.entered) = (true, now);
        let instance = attempt.instance;
        self.instances[instance].waiting += 1;
        self.level(now, instance);
    }

    fn started(&mut self, now: SimTime, id: AttemptId) {
        let Some(attempt) = self.attempt(id) else { return };
        let (instance, waited) = (attempt.instance, std::mem::replace(&mut attempt.waits, false));
        attempt.started = now;
        if !waited {
            attempt.entered = now;
        }
        let lanes = &mut self.instances[instance];
        let lane = lanes.free.pop().map_or(lanes.lanes, |Reverse(lane)| lane);
        lanes.lanes = lanes.lanes.max(lane + 1);
        lanes.serving += 1;
        lanes.waiting -= u32::from(waited);
        if let Some(attempt) = self.attempt(id) {
            attempt.lane = lane;
            let (is_told, slot) = (attempt.story.is_some(), id.0.slot as usize);
            if self.is_open || is_told {
                self.keep(slot);
            }
        }
        self.level(now, instance);
    }

    /// Keeps the slice of an attempt in service, if there is room.
    fn keep(&mut self, slot: usize) {
        let Some(attempt) = &mut self.attempts[slot] else { return };
        if attempt.story.is_none() {
            if self.room.slices == 0 {
                self.left_out.slices += 1;
                return;
            }
            self.room.slices -= 1;
        }
        let edge = &self.model.edges[attempt.edge];
        let endpoint = &self.model.endpoints[edge.endpoint].name;
        let probe = matches!(edge.caller, EdgeCaller::Monitor | EdgeCaller::Intruder(_));
        let index = self.timeline.slices.len();
        attempt.slice = Some(index as u32);
        self.timeline.slices.push(Slice {
            instance: attempt.instance.index(),
            lane: attempt.lane,
            name: if probe { format!("probe of {endpoint}") } else { endpoint.clone() },
            from_ns: attempt.started.as_nanos(),
            to_ns: attempt.started.as_nanos(),
            attempt: attempt.number,
            waited_ns: attempt.started.since(attempt.entered).as_nanos(),
            left_ns: None,
            end: "unfinished",
            story: attempt.story.map(|story| story as usize),
        });
        let from_user = attempt.story.is_some() && matches!(edge.caller, EdgeCaller::Workload(_));
        if attempt.caller.is_some() || from_user {
            let from = attempt.caller.map(|caller| caller as usize);
            self.timeline.flows.push(Flow { from, sent_ns: attempt.sent.as_nanos(), to: index });
        }
    }

    /// An attempt leaves its instance, from the line or from a worker or before either.
    fn gone(&mut self, now: SimTime, id: AttemptId, end: &'static str) {
        let Some(attempt) = self.attempt(id) else { return };
        let instance = attempt.instance;
        let (waits, lane) =
            (std::mem::replace(&mut attempt.waits, false), std::mem::replace(&mut attempt.lane, NONE));
        let (slice, left) = (attempt.slice, attempt.left);
        if lane != NONE {
            let lanes = &mut self.instances[instance];
            lanes.free.push(Reverse(lane));
            lanes.serving -= 1;
            if let Some(slice) = slice {
                let slice = &mut self.timeline.slices[slice as usize];
                (slice.to_ns, slice.end) = (now.as_nanos(), end);
                slice.left_ns = left.map(SimTime::as_nanos);
            }
        } else if waits {
            self.instances[instance].waiting -= 1;
        } else {
            return;
        }
        self.level(now, instance);
    }

    fn level(&mut self, now: SimTime, instance: InstanceId) {
        if !self.is_open {
            return;
        }
        let of = &self.instances[instance];
        let (waiting, in_flight) = (of.waiting, of.waiting + of.serving);
        let level = Level { instance: instance.index(), at_ns: now.as_nanos(), waiting, in_flight };
        if self.room.levels == 0 {
            self.left_out.levels += 1;
            return;
        }
        // Of several changes at one moment the last counts.
        let last = self.timeline.levels.iter_mut().rev().take_while(|last| last.at_ns == level.at_ns);
        match last.filter(|last| last.instance == level.instance).last() {
            Some(last) => *last = level,
            None => {
                self.room.levels -= 1;
                self.timeline.levels.push(level);
            }
        }
    }

    fn instant(&mut self, instant: Instant) {
        if !self.is_open {
            return;
        }
        if self.room.instants == 0 {
            self.left_out.instants += 1;
            return;
        }
        self.room.instants -= 1;
        self.timeline.instants.push(instant);
    }

    /// Something happens to a call: at its caller's worker, or at a user's.
    fn at_caller(&mut self, now: SimTime, call: CallId, name: String) {
        if !self.is_open {
            return;
        }
        let Some(&mut Call { by, workload, .. }) = self.call(call) else { return };
        let at_ns = now.as_nanos();
        let workload = workload.map(sim_core::ids::Id::index);
        let caller = by.and_then(|by| self.attempt(by)).map(|by| (by.instance.index(), by.lane));
        if caller.is_none() && workload.is_none() {
            return;
        }
        let lane = caller.map(|(_, lane)| lane).filter(|lane| *lane != NONE);
        let instance = caller.map(|(instance, _)| instance);
        self.instant(Instant { at_ns, instance, lane, workload, name });
    }

    fn left(&mut self, now: SimTime, attempt: AttemptId) {
        if let Some(attempt) = self.attempt(attempt) {
            attempt.left = attempt.left.or(Some(now));
        }
    }
}

/// Enters something in flight at its slot.
fn put<T: Clone>(table: &mut Vec<Option<T>>, id: Handle, entry: T) {
    let slot = id.slot as usize;
    if slot >= table.len() {
        table.resize(slot + 1, None);
    }
    table[slot] = Some(entry);
}

impl Probe for Lanes<'_> {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        self.look(now);
        match observation {
            Observation::Arrived { workload, call, .. } => {
                self.counts[workload] += 1;
                let key = (workload, self.counts[workload]);
                let story = self.wanted.iter().position(|wanted| *wanted == key).map(|place| place as u32);
                self.begin_call(call, None, story, Some(workload));
            }
            Observation::Called { by, call, .. } => {
                let story = self.attempt(by).and_then(|by| by.story);
                self.begin_call(call, Some(by), story, None);
            }
            Observation::Sent { call, attempt, edge, instance, number, .. } => {
                self.sent(now, attempt, call, edge, instance, number);
            }
            Observation::Queued { attempt, .. } => self.queued(now, attempt),
            Observation::Started { attempt, .. } => self.started(now, attempt),
            Observation::Completed { attempt, outcome: Outcome::Ok, .. } => self.gone(now, attempt, "done"),
            Observation::Completed { attempt, .. } => self.gone(now, attempt, "error"),
            Observation::Lost { attempt, .. } => self.gone(now, attempt, "lost"),
            Observation::Withdrawn { attempt, .. } => self.gone(now, attempt, "withdrawn"),
            Observation::Dropped { attempt, .. } => self.gone(now, attempt, "dropped"),
            Observation::AttemptFailed { call, attempt, outcome } => {
                self.left(now, attempt);
                self.at_caller(now, call, outcome.word().to_owned());
            }
            Observation::Aside { attempt, aside: Aside::Accepted { item } } if item != attempt => {
                if let Some(&mut known) = self.attempt(attempt) {
                    put(&mut self.attempts, item.0, Attempt { generation: item.0.generation, ..known });
                }
            }
            Observation::NotSent { call, outcome, .. } => {
                self.at_caller(now, call, outcome.word().to_owned());
            }
            Observation::RetryPlanned { call, .. } => self.at_caller(now, call, "retry".to_owned()),
            Observation::Abandoned { call } => {
                if let Some(attempt) = self.call(call).and_then(|call| call.current) {
                    self.left(now, attempt);
                }
            }
            Observation::InstanceState { instance, state } => self.instant(Instant {
                at_ns: now.as_nanos(),
                instance: Some(instance.index()),
                lane: None,
                workload: None,
                name: state.word().to_owned(),
            }),
            _ => {}
        }
    }
}
