//! What does an observation of a followed attempt or call say?

use sim_core::ids::AttemptId;
use sim_core::metrics::{Aside, Observation};
use sim_core::model::Model;
use sim_core::model::edge::Edge;
use sim_core::policy::Outcome;
use sim_core::policy::retry::GiveUp;
use sim_core::time::{SimDuration, SimTime};

use super::{Stories, Story, key};
use crate::trace::words;

impl Stories<'_> {
    /// An attempt is let in, and its caller waits for no more; it may have another number from now on.
    pub(super) fn handed_over(&mut self, attempt: AttemptId, item: AttemptId) {
        let Some(known) = self.attempts.get(&key(attempt.0)).copied() else { return };
        self.attempts.insert(key(item.0), known);
        if let Some(story) = self.stories[known.0].as_mut() {
            story.tries[known.1].accepted = true;
        }
    }
}

impl Story {
    pub(super) fn hear_of_attempt(
        &mut self,
        model: &Model,
        now: SimTime,
        at: usize,
        observation: Observation,
    ) {
        match observation {
            Observation::Queued { waiting, .. } => self.queued(model, now, at, waiting),
            Observation::Rejected { outcome, .. } => {
                self.gone(model, now, at, "rejected", words::turned_away(outcome));
            }
            Observation::Lost { .. } => {
                self.gone(model, now, at, "lost", "lost: the instance crashes".to_owned());
            }
            Observation::Withdrawn { .. } => self.withdrawn(model, now, at),
            Observation::Dropped { .. } => {
                let waited = now.as_nanos() - self.tries[at].reached.unwrap_or(now.as_nanos());
                let waited = words::length(SimDuration::from_nanos(waited));
                self.gone(model, now, at, "dropped", format!("dropped from the line after {waited}"));
            }
            Observation::Started { waited, service_time, .. } => {
                self.started(model, now, at, waited, service_time);
            }
            Observation::Completed { outcome, wanted, .. } => self.completed(model, now, at, outcome, wanted),
            Observation::AttemptFailed { outcome, .. } => self.attempt_failed(model, now, at, outcome),
            Observation::Aside { aside: Aside::Hangs, .. } if self.tries[at].started.is_none() => {
                self.hangs_early = Some(at);
            }
            Observation::Aside { aside, .. } => {
                let (kind, text) = words::aside(model, aside);
                self.tell(model, now, kind, at, text);
            }
            _ => {}
        }
    }

    pub(super) fn hear_of_call(
        &mut self,
        model: &Model,
        now: SimTime,
        call: usize,
        observation: Observation,
    ) {
        match observation {
            Observation::NotSent { outcome, number, .. } => {
                let at = self.attempt_of(now, call, number);
                self.calls[call].tried = number;
                self.over(now, at, outcome.word());
                self.tell(model, now, "not_sent", at, words::not_sent(outcome));
            }
            Observation::AwaitsSlot { number, layer, .. } => {
                let at = self.attempt_of(now, call, number);
                self.tries[at].pool = Some(now.as_nanos());
                let pool =
                    model.edges[self.calls[call].edge].pool.map(|pool| model.pools[pool].path.as_str());
                self.tell(model, now, "awaits_slot", at, words::waits_at(layer, pool));
            }
            Observation::RetryPlanned { after, .. } => {
                self.calls[call].backoff = Some(now.as_nanos());
                self.tell_call(now, "retry", call, words::tries_again(after));
            }
            Observation::GaveUp { reason, .. } => self.gave_up(model, now, call, reason),
            Observation::CallEnded { outcome, attempts, .. } => self.call_ended(now, call, outcome, attempts),
            Observation::Abandoned { .. } => {
                self.call_over(now, call, "left");
                self.tell_call(now, "left", call, "left: its caller does not wait any more".to_owned());
            }
            Observation::Answered { attempts, .. } => self.request_ended(now, Outcome::Ok, attempts),
            Observation::Failed { outcome, attempts, .. } => self.request_ended(now, outcome, attempts),
            _ => {}
        }
    }

    fn gave_up(&mut self, model: &Model, now: SimTime, call: usize, reason: GiveUp) {
        let following = &mut self.calls[call];
        following.gave_up = true;
        let most = most_attempts(&model.edges[following.edge]);
        if most > 1 {
            self.tell_call(now, "gave_up", call, words::gives_up(reason, most));
        }
    }
}

/// The most attempts of a call, one after the other or side by side.
pub(super) fn most_attempts(edge: &Edge) -> u32 {
    edge.retry.max_attempts().max(edge.hedging.max_attempts())
}
