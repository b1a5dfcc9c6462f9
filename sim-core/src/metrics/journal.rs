//! What happened to this request? The story of chosen requests, line by line, for tests and teaching.

use std::fmt;

use crate::ids::{AttemptId, CallId, Id};
use crate::metrics::{Aside, CacheEvent, Observation, Probe};
use crate::model::network::Way;
use crate::policy::Outcome;
use crate::policy::retry::GiveUp;
use crate::policy::retry::terms::Refusal;
use crate::time::SimTime;

/// One line of a story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// Number of the request: 0 for the first to arrive.
    pub request: u64,
    /// What happened.
    pub what: Observation,
}

/// Keeps the story of the first requests of a run.
#[derive(Clone, Debug)]
pub struct Journal {
    /// How many requests are followed.
    requests: u64,
    arrived: u64,
    /// Calls under way that are followed, with the number of their request.
    calls: Vec<(CallId, u64)>,
    /// Attempts at the servers that are followed, with the number of their request.
    attempts: Vec<(AttemptId, u64)>,
    /// The lines in order of time.
    pub entries: Vec<Entry>,
}

impl Journal {
    /// Follows the first `requests` requests.
    pub fn of_first(requests: u64) -> Self {
        Journal { requests, arrived: 0, calls: Vec::new(), attempts: Vec::new(), entries: Vec::new() }
    }

    fn request_of_call(&self, call: CallId) -> Option<u64> {
        self.calls.iter().find(|(id, _)| *id == call).map(|(_, request)| *request)
    }

    fn request_of_attempt(&self, attempt: AttemptId) -> Option<u64> {
        self.attempts.iter().find(|(id, _)| *id == attempt).map(|(_, request)| *request)
    }

    /// The request that an observation belongs to, if it is followed.
    fn request(&mut self, what: &Observation) -> Option<u64> {
        match *what {
            Observation::Arrived { call, .. } => {
                let request = self.arrived;
                self.arrived += 1;
                if request >= self.requests {
                    return None;
                }
                self.calls.push((call, request));
                Some(request)
            }
            Observation::Sent { call, attempt, .. } => {
                let request = self.request_of_call(call)?;
                self.attempts.push((attempt, request));
                Some(request)
            }
            Observation::Called { by, call, .. } => {
                let request = self.request_of_attempt(by)?;
                self.calls.push((call, request));
                Some(request)
            }
            Observation::Queued { attempt, .. }
            | Observation::Started { attempt, .. }
            | Observation::Rejected { attempt, .. }
            | Observation::Dropped { attempt, .. }
            | Observation::Lost { attempt, .. }
            | Observation::Withdrawn { attempt, .. }
            | Observation::Cache { by: attempt, .. }
            | Observation::Completed { attempt, .. } => self.request_of_attempt(attempt),
            Observation::AttemptFailed { call, .. }
            | Observation::RetryPlanned { call, .. }
            | Observation::GaveUp { call, .. }
            | Observation::NotSent { call, .. }
            | Observation::AwaitsSlot { call, .. }
            | Observation::CallEnded { call, .. }
            | Observation::Abandoned { call }
            | Observation::Answered { call, .. }
            | Observation::Failed { call, .. } => self.request_of_call(call),
            Observation::Aside { .. }
            | Observation::InstanceState { .. }
            | Observation::Believed { .. }
            | Observation::Connection { .. }
            | Observation::Trigger { .. }
            | Observation::Action { .. }
            | Observation::Alert { .. } => None,
        }
    }
}

impl Probe for Journal {
    fn observe(&mut self, now: SimTime, what: Observation) {
        let Some(request) = self.request(&what) else { return };
        self.entries.push(Entry { at: now, request, what });
        match what {
            Observation::Rejected { attempt, .. }
            | Observation::Dropped { attempt, .. }
            | Observation::Lost { attempt, .. }
            | Observation::Withdrawn { attempt, .. }
            | Observation::Completed { attempt, .. } => self.attempts.retain(|(id, _)| *id != attempt),
            Observation::Answered { call, .. }
            | Observation::Failed { call, .. }
            | Observation::CallEnded { call, .. }
            | Observation::Abandoned { call } => {
                self.calls.retain(|(id, _)| *id != call);
            }
            Observation::Arrived { .. }
            | Observation::Sent { .. }
            | Observation::Queued { .. }
            | Observation::Started { .. }
            | Observation::AttemptFailed { .. }
            | Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::Called { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::Cache { .. }
            | Observation::InstanceState { .. }
            | Observation::Believed { .. }
            | Observation::Aside { .. }
            | Observation::Connection { .. }
            | Observation::Trigger { .. }
            | Observation::Action { .. }
            | Observation::Alert { .. } => {}
        }
    }
}

fn count(attempts: u32) -> String {
    format!("{attempts} attempt{}", if attempts == 1 { "" } else { "s" })
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12}  request {}  ", format!("{}", self.at), self.request)?;
        match self.what {
            Observation::Arrived { .. } => write!(f, "arrives"),
            Observation::Sent { number, .. } => write!(f, "attempt {number} is sent"),
            Observation::Queued { waiting, .. } => write!(f, "waits, {waiting} in line"),
            Observation::Called { .. } => write!(f, "calls another service"),
            Observation::NotSent { outcome, .. } => write!(f, "cannot be sent: {}", outcome.word()),
            Observation::AwaitsSlot { .. } => write!(f, "waits for a slot of the pool"),
            Observation::Rejected { outcome: Outcome::QueueFull, .. } => {
                write!(f, "is turned away: the line is full")
            }
            Observation::Rejected { outcome, .. } => write!(f, "is turned away: {}", outcome.word()),
            Observation::Lost { .. } => write!(f, "is lost: the instance crashes"),
            Observation::Withdrawn { .. } => write!(f, "is let go: nobody waits for it any more"),
            Observation::CallEnded { outcome, attempts, .. } => {
                write!(f, "the call ends after {}: {}", count(attempts), outcome.word())
            }
            Observation::Abandoned { .. } => write!(f, "the call is left: its caller is gone"),
            Observation::InstanceState { state, .. } => write!(f, "an instance is {}", state.word()),
            Observation::Believed { belief, .. } => write!(f, "an instance counts as {}", belief.word()),
            Observation::Dropped { .. } => write!(f, "is dropped: it waited too long"),
            Observation::Started { waited, service_time: Some(service_time), .. } => {
                write!(f, "service starts after a wait of {waited}, takes {service_time}")
            }
            Observation::Started { waited, .. } => write!(f, "service starts after a wait of {waited}"),
            Observation::Completed { outcome, wanted: true, .. } => {
                write!(f, "service ends: {}", outcome.word())
            }
            Observation::Completed { .. } => write!(f, "service ends, but nobody waits for it any more"),
            Observation::AttemptFailed { outcome, .. } => write!(f, "the attempt fails: {}", outcome.word()),
            Observation::RetryPlanned { after, .. } => write!(f, "will try again after {after}"),
            Observation::GaveUp { reason, .. } => {
                let why = match reason {
                    GiveUp::NoRetry => "it never tries again",
                    GiveUp::AttemptsUsedUp => "all attempts are used up",
                    GiveUp::BudgetEmpty => "the retry budget is empty",
                    GiveUp::Refused(Refusal::NotOnTheList) => "failures of this kind are not tried again",
                    GiveUp::Refused(Refusal::NotIdempotent) => {
                        "the work may have been done, and twice does harm"
                    }
                    GiveUp::Refused(Refusal::ToldNotTo) => "the server said not to come back",
                };
                write!(f, "gives up: {why}")
            }
            Observation::Answered { arrived, attempts, .. } => {
                write!(f, "is answered after {} and {}", self.at.since(arrived), count(attempts))
            }
            Observation::Failed { arrived, outcome, attempts, .. } => write!(
                f,
                "fails after {} and {}: {}",
                self.at.since(arrived),
                count(attempts),
                outcome.word()
            ),
            Observation::Aside { aside, .. } => match aside {
                Aside::Computes { length } => write!(f, "own work of {length}"),
                Aside::SideBySide { of, need } => write!(f, "{of} steps side by side, {need} must succeed"),
                Aside::FallsBack => write!(f, "falls back"),
                Aside::Spawns => write!(f, "spawns steps that it does not wait for"),
                Aside::Hangs => write!(f, "its work hangs"),
                Aside::CameLate { outcome } => write!(f, "comes too late: {}", outcome.word()),
                Aside::Reads { version } => write!(f, "reads version {version}"),
                Aside::Writes { version } => write!(f, "writes version {version}"),
                Aside::Conflicts { read, found } => {
                    write!(f, "has read version {read}, finds version {found}: conflict")
                }
                Aside::WaitsOutside => write!(f, "the line is full: waits outside"),
                Aside::AwaitsConnection => write!(f, "waits for a connection"),
                Aside::Boards => write!(f, "has a connection"),
                Aside::Accepted { .. } => write!(f, "is accepted"),
                Aside::Doubled { .. } => write!(f, "its request is doubled"),
                Aside::Astray { way: Way::There } => write!(f, "its request is gone"),
                Aside::Astray { way: Way::Back } => write!(f, "its answer is gone"),
                Aside::Applies { effect, again: false } => write!(f, "applies effect {}", effect.index()),
                Aside::Applies { effect, again: true } => {
                    write!(f, "applies effect {} again", effect.index())
                }
                Aside::Replays { effect } => write!(f, "knows the key of effect {}", effect.index()),
                Aside::Undoes { effect, stood: true } => write!(f, "undoes effect {}", effect.index()),
                Aside::Undoes { effect, stood: false } => {
                    write!(f, "undoes effect {}, which does not stand", effect.index())
                }
                Aside::Saga { saga, told } => write!(f, "saga {}: {told:?}", saga.index()),
                Aside::Lock { told } => write!(f, "lock: {told:?}"),
            },
            Observation::Connection { user, opened, .. } => {
                write!(f, "the connection of user {user} {}", if opened { "begins" } else { "ends" })
            }
            Observation::Cache { event, .. } => f.write_str(match event {
                CacheEvent::Hit => "the cache has it",
                CacheEvent::StaleHit => "the cache has it, expired",
                CacheEvent::Miss => "the cache does not have it",
                CacheEvent::Waits => "somebody loads it already: waits",
                CacheEvent::Loads { .. } => "loads it",
                CacheEvent::Filled => "fills the cache",
                CacheEvent::StoodIn => "the expired value will do",
            }),
            Observation::Trigger { begins, .. } => {
                write!(f, "trigger {}", if begins { "begins" } else { "ends" })
            }
            Observation::Alert { fires, .. } => {
                f.write_str(if fires { "an alert fires" } else { "an alert resolves" })
            }
            Observation::Action { begins, .. } => {
                f.write_str(if begins { "an operator acts" } else { "what an operator changed is as before" })
            }
        }
    }
}
