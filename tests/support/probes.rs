//! What do tests look at? Observers of a run, each for one kind of question.

use sim_core::ids::{AttemptId, CallId};
use sim_core::metrics::latency::LatencyHistogram;
use sim_core::metrics::{Observation, Probe};
use sim_core::time::{SimDuration, SimTime};

/// How long customers wait and stay, from a moment on.
#[derive(Clone, Debug)]
pub struct Stays {
    from: SimTime,
    /// Customers that a worker took.
    pub started: u64,
    /// Of those, how many had to wait.
    pub waited: u64,
    /// Summed wait in seconds.
    pub wait_sum: f64,
    /// Summed squares of the wait.
    pub wait_squares: f64,
    /// Customers that came.
    pub arrived: u64,
    /// Customers turned away.
    pub rejected: u64,
    /// Summed time from arrival to answer, seconds.
    pub sojourn_sum: f64,
    /// The same as a distribution.
    pub sojourns: LatencyHistogram,
}

impl Stays {
    /// Looks at what happens from `from` on.
    pub fn after(from: SimTime) -> Self {
        Stays {
            from,
            started: 0,
            waited: 0,
            wait_sum: 0.0,
            wait_squares: 0.0,
            arrived: 0,
            rejected: 0,
            sojourn_sum: 0.0,
            sojourns: LatencyHistogram::new(4),
        }
    }

    /// Mean wait in seconds.
    pub fn mean_wait(&self) -> f64 {
        self.wait_sum / self.started as f64
    }

    /// Variance of the wait in square seconds.
    pub fn wait_variance(&self) -> f64 {
        self.wait_squares / self.started as f64 - self.mean_wait().powi(2)
    }

    /// Mean time from arrival to answer in seconds.
    pub fn mean_sojourn(&self) -> f64 {
        self.sojourn_sum / self.sojourns.count() as f64
    }

    /// A quantile of that time in seconds.
    pub fn sojourn(&self, p: f64) -> f64 {
        self.sojourns.quantile(p).expect("somebody was answered").as_secs_f64()
    }
}

impl Probe for Stays {
    #[inline]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        if now < self.from {
            return;
        }
        match observation {
            Observation::Arrived { .. } => self.arrived += 1,
            Observation::Rejected { .. } => self.rejected += 1,
            Observation::Started { waited, .. } => {
                let wait = waited.as_secs_f64();
                self.started += 1;
                self.waited += u64::from(waited > SimDuration::ZERO);
                self.wait_sum += wait;
                self.wait_squares += wait * wait;
            }
            Observation::Answered { arrived, .. } => {
                let sojourn = now.since(arrived);
                self.sojourn_sum += sojourn.as_secs_f64();
                self.sojourns.record(sojourn);
            }
            Observation::Sent { .. }
            | Observation::Queued { .. }
            | Observation::Dropped { .. }
            | Observation::Completed { .. }
            | Observation::AttemptFailed { .. }
            | Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::Failed { .. }
            | Observation::Called { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::Lost { .. }
            | Observation::Withdrawn { .. }
            | Observation::Cache { .. }
            | Observation::CallEnded { .. }
            | Observation::Abandoned { .. }
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

/// What becomes of the requests that arrive inside a span of time.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    from: SimTime,
    to: SimTime,
    /// Answered by the end of the run.
    pub answered: u64,
    /// Failed by the end of the run.
    pub failed: u64,
    /// Attempts sent inside the span, whoever sent them.
    pub sent: u64,
}

impl Fate {
    /// Looks at the requests of `from_s..to_s`, in seconds.
    pub fn between(from_s: f64, to_s: f64) -> Self {
        let moment = |s| SimTime::ZERO + SimDuration::from_secs_f64(s);
        Fate { from: moment(from_s), to: moment(to_s), answered: 0, failed: 0, sent: 0 }
    }

    fn covers(&self, moment: SimTime) -> bool {
        self.from <= moment && moment < self.to
    }

    /// Share of those that have ended which were answered.
    pub fn success(&self) -> f64 {
        self.answered as f64 / (self.answered + self.failed) as f64
    }

    /// Attempts per second.
    pub fn attempts_per_s(&self) -> f64 {
        self.sent as f64 / self.to.since(self.from).as_secs_f64()
    }
}

impl Probe for Fate {
    #[inline]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        match observation {
            Observation::Answered { arrived, .. } => self.answered += u64::from(self.covers(arrived)),
            Observation::Failed { arrived, .. } => self.failed += u64::from(self.covers(arrived)),
            Observation::Sent { .. } => self.sent += u64::from(self.covers(now)),
            Observation::Arrived { .. }
            | Observation::Queued { .. }
            | Observation::Rejected { .. }
            | Observation::Dropped { .. }
            | Observation::Started { .. }
            | Observation::Completed { .. }
            | Observation::AttemptFailed { .. }
            | Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::Called { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::Lost { .. }
            | Observation::Withdrawn { .. }
            | Observation::Cache { .. }
            | Observation::CallEnded { .. }
            | Observation::Abandoned { .. }
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

/// Keeps everything that is observed.
#[derive(Clone, Debug, Default)]
pub struct Everything(pub Vec<(SimTime, Observation)>);

impl Probe for Everything {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        self.0.push((now, observation));
    }
}

/// When each request arrives, what its first try costs and how it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Story {
    /// When it arrives.
    pub arrived: SimTime,
    /// Service time of its first attempt, once a worker has taken that.
    pub first_service: Option<SimDuration>,
    /// Attempts sent.
    pub attempts: u32,
    /// When it ended, and whether with an answer.
    pub ended: Option<(SimTime, bool)>,
}

/// The stories of all requests in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub struct Stories {
    /// One per request.
    pub all: Vec<Story>,
    /// Number of the request that holds each slot of the engine's tables, and its generation.
    calls: Vec<(u32, usize)>,
    first_attempts: Vec<(u32, usize)>,
}

/// Remembers `index` for a slot and generation.
fn remember(table: &mut Vec<(u32, usize)>, slot: u32, generation: u32, index: usize) {
    let slot = slot as usize;
    if table.len() <= slot {
        table.resize(slot + 1, (0, 0));
    }
    table[slot] = (generation, index);
}

fn recall(table: &[(u32, usize)], slot: u32, generation: u32) -> Option<usize> {
    table.get(slot as usize).filter(|(g, _)| *g == generation).map(|(_, index)| *index)
}

impl Stories {
    fn of_call(&mut self, CallId(id): CallId) -> &mut Story {
        let index = recall(&self.calls, id.slot, id.generation).expect("a call belongs to a request");
        &mut self.all[index]
    }
}

impl Probe for Stories {
    #[inline]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        match observation {
            Observation::Arrived { call: CallId(id), .. } => {
                remember(&mut self.calls, id.slot, id.generation, self.all.len());
                self.all.push(Story { arrived: now, first_service: None, attempts: 0, ended: None });
            }
            Observation::Sent { workload: None, .. } => {} // by a service on a request's behalf
            Observation::Sent { call, attempt: AttemptId(id), number, .. } => {
                self.of_call(call).attempts = number;
                if number == 1 {
                    let index = recall(&self.calls, call.0.slot, call.0.generation);
                    remember(
                        &mut self.first_attempts,
                        id.slot,
                        id.generation,
                        index.expect("a call belongs to a request"),
                    );
                }
            }
            Observation::Started { attempt: AttemptId(id), service_time, .. } => {
                if let Some(index) = recall(&self.first_attempts, id.slot, id.generation) {
                    self.all[index].first_service = service_time;
                }
            }
            Observation::Answered { call, .. } => self.of_call(call).ended = Some((now, true)),
            Observation::Failed { call, .. } => self.of_call(call).ended = Some((now, false)),
            Observation::Queued { .. }
            | Observation::Rejected { .. }
            | Observation::Dropped { .. }
            | Observation::Completed { .. }
            | Observation::AttemptFailed { .. }
            | Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::Called { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::Lost { .. }
            | Observation::Withdrawn { .. }
            | Observation::Cache { .. }
            | Observation::CallEnded { .. }
            | Observation::Abandoned { .. }
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
