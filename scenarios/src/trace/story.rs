//! What happened to the chosen requests, event by event? Follows their calls and attempts through every
//! service, and what goes on for them after their users left. What belongs to others is looked up once
//! and forgotten.

mod hear;

use std::collections::BTreeMap;

use sim_core::ids::{AttemptId, CallId, EdgeId, Handle, Id, IdVec, InstanceId, WorkloadId};
use sim_core::metrics::{Aside, Observation, Probe};
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::time::{SimDuration, SimTime};

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

    /// Something that all requests under way may feel.
    fn tell_all(&mut self, now: SimTime, kind: &str, text: &str) {
        for story in self.stories.iter_mut().flatten().filter(|story| story.request.ended_ns.is_none()) {
            story.line(now, 0, kind, None, text.to_owned());
        }
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

impl Story {
    fn is_full(&self) -> bool {
        self.request.journal.len() >= MOST_LINES
    }

    fn line(&mut self, now: SimTime, depth: u32, kind: &str, attempt: Option<usize>, text: String) {
        if self.is_full() {
            self.request.left_out += 1;
            return;
        }
        self.request.journal.push(Line {
            at_ns: now.as_nanos(),
            depth,
            kind: kind.to_owned(),
            attempt,
            text,
        });
    }

    /// Enters a call; gives its index.
    fn call(&mut self, model: &Model, now: SimTime, edge: EdgeId, by: Option<usize>, waits: bool) -> usize {
        let name = &model.endpoints[model.edges[edge].endpoint].name;
        let count = self.labels.entry(name.clone()).or_default();
        *count += 1;
        let label = if *count == 1 { name.clone() } else { format!("{name} #{count}") };
        let depth = by.map_or(0, |by| self.request.calls[self.tries[by].call].depth + 1);
        let outcome = "unfinished".to_owned();
        self.request.calls.push(TracedCall {
            label,
            depth,
            by,
            waits,
            from_ns: now.as_nanos(),
            to_ns: None,
            outcome,
        });
        self.calls.push(Following { edge, tried: 0, backoff: None, gave_up: false });
        self.calls.len() - 1
    }

    /// The attempt of a call that is about to be sent: one that waited for a slot, or a new one.
    fn attempt_of(&mut self, now: SimTime, call: usize, number: u32) -> usize {
        let waits = |draft: &Draft| {
            draft.call == call && draft.number == number && draft.sent.is_none() && draft.over.is_none()
        };
        if let Some(at) = self.tries.iter().rposition(waits) {
            return at;
        }
        let backoff = self.calls[call].backoff.take().filter(|since| *since < now.as_nanos());
        self.tries.push(Draft { backoff, ..Draft::new(call, number) });
        self.tries.len() - 1
    }

    /// A line about an attempt.
    fn tell(&mut self, model: &Model, now: SimTime, kind: &str, at: usize, text: String) {
        let draft = &self.tries[at];
        let call = &self.request.calls[draft.call];
        let depth = call.depth;
        let edge = &model.edges[self.calls[draft.call].edge];
        let subject = match (call.depth, hear::most_attempts(edge) > 1) {
            (0, _) => format!("attempt {}", draft.number),
            (_, true) => format!("{}, attempt {}", call.label, draft.number),
            (_, false) => call.label.clone(),
        };
        self.line(now, depth, kind, Some(at), format!("{subject}: {text}"));
    }

    /// A line about a call as a whole.
    fn tell_call(&mut self, now: SimTime, kind: &str, call: usize, text: String) {
        let TracedCall { depth, label, .. } = &self.request.calls[call];
        let text = if *depth == 0 { text } else { format!("{label}: {text}") };
        self.line(now, *depth, kind, None, text);
    }

    fn queued(&mut self, model: &Model, now: SimTime, at: usize, waiting: usize) {
        self.tries[at].reached = Some(now.as_nanos());
        self.tell(model, now, "waits", at, format!("waits in line, {waiting} there"));
    }

    fn started(
        &mut self,
        model: &Model,
        now: SimTime,
        at: usize,
        waited: SimDuration,
        needs: Option<SimDuration>,
    ) {
        let draft = &mut self.tries[at];
        draft.reached = draft.reached.or(Some(now.as_nanos() - waited.as_nanos()));
        draft.started = Some(now.as_nanos());
        let edge = &model.edges[self.calls[draft.call].edge];
        let taken = match (model.services[edge.to].shares_workers, waited == SimDuration::ZERO) {
            (true, _) => "is taken into service beside the others".to_owned(),
            (false, true) => "a worker takes it at once".to_owned(),
            (false, false) => format!("a worker takes it after {} in line", words::length(waited)),
        };
        let work = needs.map_or(String::new(), |needs| format!(", for {}", words::length(needs)));
        self.tell(model, now, "started", at, format!("{taken}{work}"));
        if self.hangs_early.take() == Some(at) {
            let (kind, text) = words::aside(Aside::Hangs);
            self.tell(model, now, kind, at, text);
        }
    }

    /// The server has done with an attempt.
    fn gone(&mut self, model: &Model, now: SimTime, at: usize, fate: &'static str, text: String) {
        let draft = &mut self.tries[at];
        draft.reached = draft.reached.or(Some(now.as_nanos()));
        (draft.gone, draft.fate) = (Some(now.as_nanos()), fate);
        let is_in_vain = fate == "done" && draft.over.is_some() && !draft.accepted;
        self.tell(model, now, if is_in_vain { "done_in_vain" } else { fate }, at, text);
    }

    fn completed(&mut self, model: &Model, now: SimTime, at: usize, outcome: Outcome, wanted: bool) {
        let draft = &self.tries[at];
        let has_network = model.edges[self.calls[draft.call].edge].has_network;
        let (fate, answer) = match outcome.is_ok() {
            true => ("done", "served"),
            false => ("error", "ends with an error"),
        };
        let text = match (wanted, has_network) {
            (true, false) => answer.to_owned(),
            (true, true) => format!("{answer}; the answer is on its way"),
            (false, _) => {
                let wasted = SimDuration::from_nanos(draft.wasted(now.as_nanos()));
                format!(
                    "{answer}, but nobody waits for it any more: {} of work in vain",
                    words::length(wasted)
                )
            }
        };
        self.gone(model, now, at, fate, text);
    }

    fn withdrawn(&mut self, model: &Model, now: SimTime, at: usize) {
        let draft = &self.tries[at];
        let text = match (draft.reached, draft.started) {
            (_, Some(_)) => "cancelled: its worker stops, nobody wants it any more",
            (Some(_), None) => "cancelled: it leaves the line, nobody wants it any more",
            (None, None) => "cancelled: let go on arrival, nobody wants it any more",
        };
        self.gone(model, now, at, "withdrawn", text.to_owned());
    }

    /// For its caller an attempt is over.
    fn over(&mut self, now: SimTime, at: usize, outcome: &'static str) {
        let draft = &mut self.tries[at];
        if draft.over.is_none() {
            (draft.over, draft.outcome) = (Some(now.as_nanos()), outcome);
        }
    }

    fn attempt_failed(&mut self, model: &Model, now: SimTime, at: usize, outcome: Outcome) {
        self.over(now, at, outcome.word());
        let draft = &self.tries[at];
        let service = &model.services[model.edges[self.calls[draft.call].edge].to];
        let listens = !service.on_cancel.is_ignored();
        let text = match (outcome, draft.is_at_server()) {
            (Outcome::Timeout, true) if listens => "timed out; the server will be told".to_owned(),
            (Outcome::Timeout, true) if draft.started.is_some() => "timed out; the server goes on".to_owned(),
            (Outcome::Timeout, true) if draft.reached.is_some() => {
                "timed out; it stays in the line".to_owned()
            }
            (Outcome::Timeout, true) => "timed out; it is still on its way".to_owned(),
            (Outcome::Timeout, false) => "timed out".to_owned(),
            (Outcome::Cancelled, true) if listens => {
                "not waited for any more; the server will be told".to_owned()
            }
            (Outcome::Cancelled, true) => "not waited for any more; the server goes on".to_owned(),
            (Outcome::Cancelled, false) => "not waited for any more".to_owned(),
            (other, _) => format!("failed: {}", words::failure(other)),
        };
        self.tell(model, now, "failed_attempt", at, text);
    }

    /// A call is over: nothing of it is waited for any more.
    fn call_over(&mut self, now: SimTime, call: usize, outcome: &'static str) {
        for at in 0..self.tries.len() {
            if self.tries[at].call == call && self.tries[at].over.is_none() {
                self.over(now, at, outcome);
            }
        }
        let told = &mut self.request.calls[call];
        (told.to_ns, told.outcome) = (Some(now.as_nanos()), outcome.to_owned());
    }

    fn call_ended(&mut self, now: SimTime, call: usize, outcome: Outcome, attempts: u32) {
        let was_told = self.calls[call].gave_up;
        self.call_over(now, call, outcome.word());
        let from = SimTime::from_nanos(self.request.calls[call].from_ns);
        let took = words::after(now.since(from), attempts);
        let text = match outcome {
            Outcome::Ok => format!("answered {took}"),
            Outcome::Timeout if attempts == 0 => "failed: its deadline is over, nothing is sent".to_owned(),
            Outcome::Timeout if !was_told => {
                format!("failed {took}: the patience with the whole call is over (timeout)")
            }
            other => format!("failed {took}: {}", words::failure(other)),
        };
        self.tell_call(now, if outcome.is_ok() { "answered" } else { "failed" }, call, text);
    }

    fn request_ended(&mut self, now: SimTime, outcome: Outcome, attempts: u32) {
        self.call_ended(now, 0, outcome, attempts);
        let request = &mut self.request;
        (request.ended_ns, request.attempts) = (Some(now.as_nanos()), attempts);
        outcome.word().clone_into(&mut request.outcome);
    }

    fn finish(mut self, names: &[String], end: u64) -> TracedRequest {
        let mut request = self.request;
        request.quiet_ns = self.tries.iter().map(|draft| draft.quiet(end)).max().unwrap_or(end);
        if request.ended_ns.is_none() {
            request.attempts = self.calls.first().map_or(0, |call| call.tried);
            request.quiet_ns = end;
        }
        let mut places: Vec<usize> = vec![0; self.tries.len()];
        let mut sorted = Vec::with_capacity(self.tries.len());
        in_order(0, &request, &self.tries, &mut places, &mut sorted);
        for call in &mut request.calls {
            call.by = call.by.map(|by| places[by]);
        }
        for line in &mut request.journal {
            line.attempt = line.attempt.map(|at| places[at]);
        }
        let mut drafts: Vec<Option<Draft>> = self.tries.drain(..).map(Some).collect();
        request.tries = sorted
            .into_iter()
            .filter_map(|at| drafts[at].take())
            .map(|draft| draft.finish(names, end))
            .collect();
        request
    }
}

/// Puts the attempts of a call together, each followed by those of the calls that it made.
fn in_order(
    call: usize,
    request: &TracedRequest,
    tries: &[Draft],
    places: &mut [usize],
    sorted: &mut Vec<usize>,
) {
    for at in (0..tries.len()).filter(|at| tries[*at].call == call) {
        places[at] = sorted.len();
        sorted.push(at);
        for child in (0..request.calls.len()).filter(|child| request.calls[*child].by == Some(at)) {
            in_order(child, request, tries, places, sorted);
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
                let what = if begins { "begins" } else { "ends" };
                self.tell_all(now, "trigger", &format!("the trigger {} {what}", model.faults[fault].name));
            }
            Observation::Alert { monitor, fires } => {
                let what = if fires { "fires" } else { "resolves" };
                let name = &model.monitors[monitor as usize].name;
                self.tell_all(now, "alert", &format!("the alert of {name} {what}"));
            }
            Observation::Action { action, begins } => {
                let what = if begins { "is done" } else { "is over" };
                let name = &model.actions[action as usize].name;
                self.tell_all(now, "action", &format!("the action {name} {what}"));
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
