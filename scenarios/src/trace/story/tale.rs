//! What is told of one request? Its journal, its calls and its attempts, as they go on.

use sim_core::ids::EdgeId;
use sim_core::metrics::Aside;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::time::{SimDuration, SimTime};

use super::{Draft, Following, Line, MOST_LINES, Story, TracedCall, TracedRequest, hear, words};

impl Story {
    pub(super) fn is_full(&self) -> bool {
        self.request.journal.len() >= MOST_LINES
    }

    pub(super) fn line(
        &mut self,
        now: SimTime,
        depth: u32,
        kind: &str,
        attempt: Option<usize>,
        text: String,
    ) {
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
    pub(super) fn call(
        &mut self,
        model: &Model,
        now: SimTime,
        edge: EdgeId,
        by: Option<usize>,
        waits: bool,
    ) -> usize {
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
    pub(super) fn attempt_of(&mut self, now: SimTime, call: usize, number: u32) -> usize {
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
    pub(super) fn tell(&mut self, model: &Model, now: SimTime, kind: &str, at: usize, text: String) {
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
    pub(super) fn tell_call(&mut self, now: SimTime, kind: &str, call: usize, text: String) {
        let TracedCall { depth, label, .. } = &self.request.calls[call];
        let text = if *depth == 0 { text } else { format!("{label}: {text}") };
        self.line(now, *depth, kind, None, text);
    }

    pub(super) fn queued(&mut self, model: &Model, now: SimTime, at: usize, waiting: usize) {
        self.tries[at].reached = Some(now.as_nanos());
        self.tell(model, now, "waits", at, format!("waits in line, {waiting} there"));
    }

    pub(super) fn started(
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
            let (kind, text) = words::aside(model, Aside::Hangs);
            self.tell(model, now, kind, at, text);
        }
    }

    /// The server has done with an attempt.
    pub(super) fn gone(&mut self, model: &Model, now: SimTime, at: usize, fate: &'static str, text: String) {
        let draft = &mut self.tries[at];
        draft.reached = draft.reached.or(Some(now.as_nanos()));
        (draft.gone, draft.fate) = (Some(now.as_nanos()), fate);
        let is_in_vain = fate == "done" && draft.over.is_some() && !draft.accepted;
        self.tell(model, now, if is_in_vain { "done_in_vain" } else { fate }, at, text);
    }

    pub(super) fn completed(
        &mut self,
        model: &Model,
        now: SimTime,
        at: usize,
        outcome: Outcome,
        wanted: bool,
    ) {
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

    pub(super) fn withdrawn(&mut self, model: &Model, now: SimTime, at: usize) {
        let draft = &self.tries[at];
        let text = match (draft.reached, draft.started) {
            (_, Some(_)) => "cancelled: its worker stops, nobody wants it any more",
            (Some(_), None) => "cancelled: it leaves the line, nobody wants it any more",
            (None, None) => "cancelled: let go on arrival, nobody wants it any more",
        };
        self.gone(model, now, at, "withdrawn", text.to_owned());
    }

    /// For its caller an attempt is over.
    pub(super) fn over(&mut self, now: SimTime, at: usize, outcome: &'static str) {
        let draft = &mut self.tries[at];
        if draft.over.is_none() {
            (draft.over, draft.outcome) = (Some(now.as_nanos()), outcome);
        }
    }

    pub(super) fn attempt_failed(&mut self, model: &Model, now: SimTime, at: usize, outcome: Outcome) {
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
    pub(super) fn call_over(&mut self, now: SimTime, call: usize, outcome: &'static str) {
        for at in 0..self.tries.len() {
            if self.tries[at].call == call && self.tries[at].over.is_none() {
                self.over(now, at, outcome);
            }
        }
        let told = &mut self.request.calls[call];
        (told.to_ns, told.outcome) = (Some(now.as_nanos()), outcome.to_owned());
    }

    pub(super) fn call_ended(&mut self, now: SimTime, call: usize, outcome: Outcome, attempts: u32) {
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

    pub(super) fn request_ended(&mut self, now: SimTime, outcome: Outcome, attempts: u32) {
        self.call_ended(now, 0, outcome, attempts);
        let request = &mut self.request;
        (request.ended_ns, request.attempts) = (Some(now.as_nanos()), attempts);
        outcome.word().clone_into(&mut request.outcome);
    }

    pub(super) fn finish(mut self, names: &[String], end: u64) -> TracedRequest {
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
