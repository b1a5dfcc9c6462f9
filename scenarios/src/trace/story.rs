//! What happened to the chosen requests, event by event? Follows their calls and attempts through every
//! service, and what goes on for them after their users left. What belongs to others is looked up once
//! and forgotten.

mod hear;
mod tale;

use std::collections::BTreeMap;

use sim_core::ids::{AttemptId, CallId, EdgeId, Handle, Id, IdVec, InstanceId, WorkloadId};
use sim_core::metrics::{Aside, Observation, Probe};
use sim_core::model::Model;
use sim_core::time::SimTime;

use super::tries::Draft;
use super::{Line, MOST_LINES, TracedCall, TracedRequest, words};

/// A request while it is told.
#[derive(Debug)]
struct Story {
    request: TracedRequest,
    calls: Vec<Following>,
    tries: Vec<Draft>,
    /// Labels given so far, with how often.
    labels: BTreeMap<String, u32>,
    /// Attempts that hang before anybody said that they were taken.
    hangs_early: Option<usize>,
}

/// What a followed call needs beside what is told of it.
#[derive(Debug)]
struct Following {
    edge: EdgeId,
    tried: u32,
    backoff: Option<u64>,
    gave_up: bool,
}

/// Where something followed stands: which story, and which of its calls or attempts.
type Place = (usize, usize);

/// Follows the chosen requests.
#[derive(Debug)]
pub(super) struct Stories<'m> {
    model: &'m Model,
    names: Vec<String>,
    /// Whom to follow: workload and number, with the place of the story.
    wanted: Vec<(WorkloadId, u64)>,
    counts: IdVec<WorkloadId, u64>,
    stories: Vec<Option<Story>>,
    calls: BTreeMap<(u32, u32), Place>,
    attempts: BTreeMap<(u32, u32), Place>,
    last: SimTime,
}

fn key(id: Handle) -> (u32, u32) {
    (id.slot, id.generation)
}

impl<'m> Stories<'m> {
    pub(super) fn new(model: &'m Model, wanted: &[(WorkloadId, u64)]) -> Stories<'m> {
        Stories {
            model,
            names: super::instance_names(model),
            wanted: wanted.to_vec(),
            counts: model.workloads.iter().map(|_| 0).collect(),
            stories: wanted.iter().map(|_| None).collect(),
            calls: BTreeMap::new(),
            attempts: BTreeMap::new(),
            last: SimTime::ZERO,
        }
    }

    /// When something was observed last.
    pub(super) fn last(&self) -> SimTime {
        self.last
    }

    /// The stories in the order asked for; what is open ends with the run.
    pub(super) fn finish(self, end: SimTime) -> Vec<TracedRequest> {
        let (end, names) = (end.as_nanos(), self.names);
        let stories = self.stories.into_iter().flatten();
        stories.map(|story| story.finish(&names, end)).collect()
    }

    fn arrives(&mut self, now: SimTime, workload: WorkloadId, call: CallId, client: u32) {
        self.counts[workload] += 1;
        let number = self.counts[workload];
        let Some(place) = self.wanted.iter().position(|wanted| *wanted == (workload, number)) else { return };
        let users = &self.model.workloads[workload];
        let request = TracedRequest {
            workload: users.name.clone(),
            number,
            why: Vec::new(),
            arrived_ns: now.as_nanos(),
            ended_ns: None,
            outcome: "unfinished".to_owned(),
            attempts: 0,
            quiet_ns: now.as_nanos(),
            calls: Vec::new(),
            tries: Vec::new(),
            journal: Vec::new(),
            left_out: 0,
        };
        let mut story = Story {
            request,
            calls: Vec::new(),
            tries: Vec::new(),
            labels: BTreeMap::new(),
            hangs_early: None,
        };
        story.call(self.model, now, users.edge, None, true);
        let from = if users.clients > 1 { format!(" from client {client}") } else { String::new() };
        let to = &story.request.calls[0].label;
        let text = format!("a request for {to} arrives{from}");
        story.line(now, 0, "arrives", None, text);
        self.stories[place] = Some(story);
        self.calls.insert(key(call.0), (place, 0));
    }

    fn of_call(&mut self, call: CallId) -> Option<(&mut Story, usize)> {
        let (place, index) = *self.calls.get(&key(call.0))?;
        Some((self.stories[place].as_mut()?, index))
    }

    fn of_attempt(&mut self, attempt: AttemptId) -> Option<(&mut Story, usize)> {
        let (place, index) = *self.attempts.get(&key(attempt.0))?;
        Some((self.stories[place].as_mut()?, index))
    }

    fn called(&mut self, now: SimTime, by: AttemptId, waits: bool, call: CallId, edge: EdgeId) {
        let model = self.model;
        let Some(&(place, by)) = self.attempts.get(&key(by.0)) else { return };
        let Some(story) = self.stories[place].as_mut() else { return };
        if story.is_full() {
            story.request.left_out += 1;
            return;
        }
        let index = story.call(model, now, edge, Some(by), waits);
        let call_told = &story.request.calls[index];
        let caller = story.tries[by].instance.map_or("", |at| &self.names[at]);
        let rest = if waits { "" } else { ", which does not wait for it" };
        let text = format!("{}: called by {caller}{rest}", call_told.label);
        let depth = call_told.depth;
        story.line(now, depth, "called", None, text);
        self.calls.insert(key(call.0), (place, index));
    }

    fn sent(&mut self, now: SimTime, call: CallId, attempt: AttemptId, instance: InstanceId, number: u32) {
        let Some(&(place, index)) = self.calls.get(&key(call.0)) else { return };
        let model = self.model;
        let Some(story) = self.stories[place].as_mut() else { return };
        let at = story.attempt_of(now, index, number);
        let draft = &mut story.tries[at];
        draft.sent = Some(now.as_nanos());
        (draft.instance, draft.fate) = (Some(instance.index()), "unfinished");
        story.calls[index].tried = number;
        let way = if model.edges[story.calls[index].edge].has_network { "on its way to" } else { "sent to" };
        story.tell(model, now, "sent", at, format!("{way} {}", self.names[instance.index()]));
        self.attempts.insert(key(attempt.0), (place, at));
    }

    fn instance_changes(&mut self, now: SimTime, instance: InstanceId, word: &str) {
        let name = &self.names[instance.index()];
        for story in self.stories.iter_mut().flatten() {
            let concerned = |draft: &Draft| draft.instance == Some(instance.index()) && draft.is_at_server();
            if story.tries.iter().any(concerned) {
                story.line(now, 0, "instance", None, format!("{name} is {word} now"));
            }
        }
    }
}

impl Probe for Stories<'_> {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        self.last = now;
        let model = self.model;
        if let Observation::Aside { attempt, aside: Aside::Accepted { item } } = observation {
            self.handed_over(attempt, item);
        }
        match observation {
            Observation::Arrived { workload, call, client } => self.arrives(now, workload, call, client),
            Observation::Called { by, waits, call, edge } => self.called(now, by, waits, call, edge),
            Observation::Sent { call, attempt, instance, number, .. } => {
                self.sent(now, call, attempt, instance, number);
            }
            Observation::InstanceState { instance, state } => {
                self.instance_changes(now, instance, state.word());
            }
            Observation::Trigger { fault, begins } => {
                let name = &model.faults[fault].name;
                for story in
                    self.stories.iter_mut().flatten().filter(|story| story.request.ended_ns.is_none())
                {
                    let what = if begins { "begins" } else { "ends" };
                    story.line(now, 0, "trigger", None, format!("the trigger {name} {what}"));
                }
            }
            Observation::Alert { monitor, fires } => {
                let name = &model.monitors[monitor as usize].name;
                for story in
                    self.stories.iter_mut().flatten().filter(|story| story.request.ended_ns.is_none())
                {
                    let what = if fires { "fires" } else { "resolves" };
                    story.line(now, 0, "alert", None, format!("the alert of {name} {what}"));
                }
            }
            Observation::Action { action, begins } => {
                let name = &model.actions[action as usize].name;
                for story in
                    self.stories.iter_mut().flatten().filter(|story| story.request.ended_ns.is_none())
                {
                    let what = if begins { "is done" } else { "is over" };
                    story.line(now, 0, "action", None, format!("the action {name} {what}"));
                }
            }
            Observation::Queued { attempt, .. }
            | Observation::Rejected { attempt, .. }
            | Observation::Lost { attempt, .. }
            | Observation::Withdrawn { attempt, .. }
            | Observation::Dropped { attempt, .. }
            | Observation::Started { attempt, .. }
            | Observation::Completed { attempt, .. }
            | Observation::AttemptFailed { attempt, .. }
            | Observation::Aside { attempt, .. } => {
                if let Some((story, at)) = self.of_attempt(attempt) {
                    story.hear_of_attempt(model, now, at, observation);
                }
            }
            Observation::NotSent { call, .. }
            | Observation::AwaitsSlot { call, .. }
            | Observation::RetryPlanned { call, .. }
            | Observation::GaveUp { call, .. }
            | Observation::CallEnded { call, .. }
            | Observation::Abandoned { call }
            | Observation::Answered { call, .. }
            | Observation::Failed { call, .. } => {
                if let Some((story, index)) = self.of_call(call) {
                    story.hear_of_call(model, now, index, observation);
                }
            }
            Observation::Cache { by, event, .. } => {
                if let Some((story, at)) = self.of_attempt(by) {
                    story.tell(model, now, "cache", at, words::cached(event).to_owned());
                }
            }
            Observation::Believed { .. } | Observation::Connection { .. } => {}
        }
    }
}
