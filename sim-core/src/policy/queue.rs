//! Whose turn is it among the attempts that wait, and who goes when the line is full?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`fifo`] | the oldest next | unfairness, endless waits | under overload everyone is too late |
//! | [`lifo`] | the newest next | a line full of work that nobody wants any more | the oldest may wait for ever |
//! | [`adaptive_lifo`] | the oldest next while the line is short, else the newest | both, by the length of the line | needs a capacity that fits |
//! | [`priority`] | the most critical next | unimportant work before important | the lower classes starve |
//! | [`fair`] | keys take turns | one heavy client that delays all others | the room in the line is still common |
//! | [`fair_queues`] | keys are dealt hands of lines, which take turns | one heavy client that fills the room too | who has its hand suffers with it |
//! | [`earliest_deadline`] | the least time left next | lateness, while there is capacity | under overload one after the other is just too late |
//! | [`codel`] | the oldest next, long waits dropped once all waits are long | standing queues, whatever the speed | the drops are failures |
//! | [`processor_sharing`] | all at once, everyone slower | short work behind long work | under overload all are late together |
//!
//! An order of service makes no capacity. It decides who is late when not all can be in time: with the
//! first two, everybody or the oldest. Only a bound (`capacity`, `max_wait`, `expired_margin`; none is
//! set unless said) turns lateness into refusal, which costs little.
//!
//! What has left the line before its turn (a caller that withdrew its attempt) is not looked for: it is
//! skipped when met. So the engine tells which attempts are `live`, and has what is left of the others
//! swept out by [`State::retain`] once they are many. When it does so changes no decision.

use serde::{Deserialize, Serialize};

use self::line::{DropRule, Line};
use super::{Criticality, Problem};
use crate::ids::AttemptId;
use crate::time::{SimDuration, SimTime};
use crate::units::Limit;

pub mod fifo;
pub mod lifo;
pub mod adaptive_lifo;
pub mod priority;
pub mod fair;
pub mod earliest_deadline;
pub mod codel;
pub mod processor_sharing;
pub mod fair_queues;
pub mod line;
mod arrivals;
mod exits;

/// The order in which waiting attempts are served. Default: `fifo`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Queue"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// First in, first out.
    Fifo(fifo::Config),
    /// Last in, first out: the newest attempt is served next, the oldest may wait for ever.
    Lifo(lifo::Config),
    /// The oldest next while the line is short, the newest once it is long (HBase, Facebook).
    AdaptiveLifo(adaptive_lifo::Config),
    /// The most critical class next, the oldest within a class.
    Priority(priority::Config),
    /// Round robin between keys, the oldest within a key.
    Fair(fair::Config),
    /// The smallest deadline next.
    EarliestDeadline(earliest_deadline::Config),
    /// First in, first out; drops long waits once even the shortest is too long (folly).
    Codel(codel::Config),
    /// Nobody waits: all are served at once and share the workers.
    ProcessorSharing(processor_sharing::Config),
    /// Keys are dealt hands of lines, which take turns (Kubernetes).
    FairQueues(fair_queues::Config),
}

/// A waiting attempt, as far as its place in the line depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which one.
    pub attempt: AttemptId,
    /// When it joined the line.
    pub entered: SimTime,
    /// When its answer is of no use any more; [`SimTime::NEVER`] if that is not known.
    pub deadline: SimTime,
    /// How much it matters.
    pub class: Criticality,
    /// Whom it belongs to.
    pub key: u32,
}

/// An attempt whose turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which one; it has left the line.
    pub attempt: AttemptId,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of an attempt whose turn has come. Waits and deadlines are judged by the engine, by
/// [`Config::max_wait`] and [`Config::expired_margin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A worker takes it.
    Serve,
    /// The order of service refuses it: it waited too long in a line that is too slow.
    Drop,
}

/// What becomes of an attempt that finds the line full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It is turned away.
    TurnAway,
    /// It may join: this one has left the line for it.
    Evict(AttemptId),
    /// It may join: there is room after all.
    Room,
}

/// The waiting line of one instance. What is larger than a plain line is boxed.
#[derive(Clone, Debug)]
pub enum State {
    /// In order of arrival.
    Fifo(fifo::State),
    /// In order of arrival.
    Lifo(lifo::State),
    /// In order of arrival.
    AdaptiveLifo(adaptive_lifo::State),
    /// In order of arrival within each class.
    Priority(Box<priority::State>),
    /// In order of arrival within each key, and whose turn it is.
    Fair(Box<fair::State>),
    /// By deadline.
    EarliestDeadline(Box<earliest_deadline::State>),
    /// In order of arrival, and how long the recent waits were.
    Codel(Box<codel::State>),
    /// Nobody.
    ProcessorSharing,
    /// In order of arrival within each line, and whose turn it is.
    FairQueues(Box<fair_queues::State>),
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Default for Config {
    fn default() -> Self {
        Config::Fifo(Line::default())
    }
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::Fifo(line) => Problem::below("fifo", line.check()),
            Config::Lifo(line) => Problem::below("lifo", line.check()),
            Config::AdaptiveLifo(config) => Problem::below("adaptive_lifo", config.check()),
            Config::Priority(line) => Problem::below("priority", line.check()),
            Config::Fair(line) => Problem::below("fair", line.check()),
            Config::EarliestDeadline(line) => Problem::below("earliest_deadline", line.check()),
            Config::Codel(config) => Problem::below("codel", config.check()),
            Config::ProcessorSharing(_) => Vec::new(),
            Config::FairQueues(config) => Problem::below("fair_queues", config.check()),
        }
    }

    /// What all patterns have in common. Where nobody waits, the capacity is that of the service.
    #[inline]
    fn line(&self) -> Line {
        match self {
            Config::Fifo(line)
            | Config::Lifo(line)
            | Config::Priority(line)
            | Config::Fair(line)
            | Config::EarliestDeadline(line) => *line,
            Config::AdaptiveLifo(config) => config.line(),
            Config::Codel(config) => config.line(),
            Config::ProcessorSharing(config) => Line { capacity: config.capacity, ..Line::default() },
            Config::FairQueues(config) => config.line(),
        }
    }

    /// Most attempts that wait at one instance; if the service [is shared](Config::is_shared), most that
    /// are in service.
    #[inline]
    pub fn capacity(&self) -> Limit {
        self.line().capacity
    }

    /// The longest wait that is still served; [`SimDuration::MAX`] if there is none.
    #[inline]
    pub fn max_wait(&self) -> SimDuration {
        self.line().max_wait.0.unwrap_or(SimDuration::MAX)
    }

    /// An attempt whose deadline lies less than this ahead when its turn comes is not served; `None` if
    /// deadlines are ignored.
    #[inline]
    pub fn expired_margin(&self) -> Option<SimDuration> {
        self.line().expired_margin.0
    }

    /// Who goes when the line is full.
    #[inline]
    pub fn drop(&self) -> DropRule {
        self.line().drop
    }

    /// Whether all attempts look alike to it: their order of arrival is all that counts.
    pub fn is_plain(&self) -> bool {
        let line = self.line();
        let by_arrival = matches!(self, Config::Fifo(_) | Config::Lifo(_) | Config::ProcessorSharing(_));
        by_arrival && line.drop == DropRule::Newest && line.expired_margin.0.is_none()
    }

    /// Whether nobody waits, because all are served at once at [`processor_sharing::rate`].
    #[inline]
    pub const fn is_shared(&self) -> bool {
        matches!(self, Config::ProcessorSharing(_))
    }
}

impl State {
    /// An empty line.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::Fifo(config) => State::Fifo(fifo::State::new(config)),
            Config::Lifo(config) => State::Lifo(lifo::State::new(config)),
            Config::AdaptiveLifo(config) => State::AdaptiveLifo(adaptive_lifo::State::new(config)),
            Config::Priority(_) => State::Priority(Box::new(priority::State::new())),
            Config::Fair(config) => State::Fair(Box::new(fair::State::new(config))),
            Config::EarliestDeadline(config) => {
                State::EarliestDeadline(Box::new(earliest_deadline::State::new(config)))
            }
            Config::Codel(config) => State::Codel(Box::new(codel::State::new(config))),
            Config::ProcessorSharing(_) => State::ProcessorSharing,
            Config::FairQueues(config) => State::FairQueues(Box::new(fair_queues::State::new(config))),
        }
    }

    /// An attempt joins the line, in which there is room.
    #[inline]
    pub fn join(&mut self, config: &Config, waiting: Waiting) {
        match self {
            State::Fifo(line) => line.join(waiting),
            State::Lifo(line) => line.join(waiting),
            State::AdaptiveLifo(line) => line.join(waiting),
            State::Priority(line) => line.join(waiting),
            State::Fair(line) => line.join(waiting),
            State::EarliestDeadline(line) => line.join(waiting),
            State::Codel(line) => line.join(waiting),
            State::ProcessorSharing => unreachable!("nobody waits where the workers are shared"),
            State::FairQueues(line) => match config {
                Config::FairQueues(config) => line.join(config, waiting),
                _ => unreachable!("{OTHER_POLICY}"),
            },
        }
    }

    /// An attempt did not have to wait: an idle worker took it at once.
    #[inline]
    pub fn pass(&mut self, config: &Config, now: SimTime) {
        if let (Config::Codel(config), State::Codel(line)) = (config, self) {
            line.pass(config, now);
        }
    }

    /// The line is full: who goes? One that waits is still `live`, and leaves the line here.
    pub fn make_room(
        &mut self,
        config: &Config,
        incoming: &Waiting,
        live: impl FnMut(AttemptId) -> bool,
    ) -> Overflow {
        if let (Config::FairQueues(config), State::FairQueues(line)) = (config, &mut *self) {
            return line.make_room(config, incoming, live);
        }
        let (drop, class) = (config.drop(), incoming.class);
        let evicted = match self {
            State::Fifo(line) => line.evict(drop, class, live),
            State::Lifo(line) => line.evict(drop, class, live),
            State::AdaptiveLifo(line) => line.evict(drop, class, live),
            State::Priority(line) => line.evict(drop, class, live),
            State::Fair(line) => line.evict(class, live),
            State::EarliestDeadline(line) => line.evict(class, live),
            State::Codel(line) => line.evict(drop, class, live),
            State::ProcessorSharing | State::FairQueues(_) => None,
        };
        evicted.map_or(Overflow::TurnAway, Overflow::Evict)
    }

    /// Whose turn is it of those that are still `live`, of which there are `waiting_now`? It leaves the
    /// line, and so do those met on the way that are not.
    #[inline(always)]
    pub fn take(
        &mut self,
        config: &Config,
        waiting_now: usize,
        now: SimTime,
        live: impl FnMut(AttemptId) -> bool,
    ) -> Option<Taken> {
        match self {
            // By far the most frequent: told apart where it is asked.
            State::Fifo(line) => line.take(live).map(|attempt| Taken { attempt, verdict: Verdict::Serve }),
            _ => self.take_in_order(config, waiting_now, now, live),
        }
    }

    fn take_in_order(
        &mut self,
        config: &Config,
        waiting_now: usize,
        now: SimTime,
        live: impl FnMut(AttemptId) -> bool,
    ) -> Option<Taken> {
        let attempt = match (config, self) {
            (Config::Fifo(_), State::Fifo(line)) => line.take(live),
            (Config::Lifo(_), State::Lifo(line)) => line.take(live),
            (Config::AdaptiveLifo(config), State::AdaptiveLifo(line)) => line.take(config, waiting_now, live),
            (Config::Priority(_), State::Priority(line)) => line.take(live),
            (Config::Fair(_), State::Fair(line)) => line.take(live),
            (Config::EarliestDeadline(_), State::EarliestDeadline(line)) => line.take(live),
            (Config::Codel(config), State::Codel(line)) => return line.take(config, now, live),
            (Config::ProcessorSharing(_), State::ProcessorSharing) => None,
            (Config::FairQueues(_), State::FairQueues(line)) => line.take(live),
            (
                Config::Fifo(_)
                | Config::Lifo(_)
                | Config::AdaptiveLifo(_)
                | Config::Priority(_)
                | Config::Fair(_)
                | Config::EarliestDeadline(_)
                | Config::Codel(_)
                | Config::ProcessorSharing(_)
                | Config::FairQueues(_),
                _,
            ) => unreachable!("{OTHER_POLICY}"),
        };
        attempt.map(|attempt| Taken { attempt, verdict: Verdict::Serve })
    }

    /// Forgets the attempts that have left the line early. Worth it once they outnumber the others; it
    /// looks at every entry.
    pub fn retain(&mut self, live: impl FnMut(AttemptId) -> bool) {
        match self {
            State::Fifo(line) => line.retain(live),
            State::Lifo(line) => line.retain(live),
            State::AdaptiveLifo(line) => line.retain(live),
            State::Priority(line) => line.retain(live),
            State::Fair(line) => line.retain(live),
            State::EarliestDeadline(line) => line.retain(live),
            State::Codel(line) => line.retain(live),
            State::ProcessorSharing => {}
            State::FairQueues(line) => line.retain(live),
        }
    }

    /// How many entries the line holds, those included that have left it early and were not met yet.
    #[inline]
    pub fn len_with_stale(&self) -> usize {
        match self {
            State::Fifo(line) => line.len(),
            State::Lifo(line) => line.len(),
            State::AdaptiveLifo(line) => line.len(),
            State::Priority(line) => line.len(),
            State::Fair(line) => line.len(),
            State::EarliestDeadline(line) => line.len(),
            State::Codel(line) => line.len(),
            State::ProcessorSharing => 0,
            State::FairQueues(line) => line.len(),
        }
    }

    /// Whether the line holds nobody, not even who has left it early.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len_with_stale() == 0
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self) -> Option<(&'static str, f64)> {
        match self {
            State::Codel(line) => Some(line.gauge()),
            State::FairQueues(line) => Some(line.gauge()),
            State::Fifo(_)
            | State::Lifo(_)
            | State::AdaptiveLifo(_)
            | State::Priority(_)
            | State::Fair(_)
            | State::EarliestDeadline(_)
            | State::ProcessorSharing => None,
        }
    }
}

/// What the tests of the patterns share.
#[cfg(test)]
mod testing {
    use super::*;
    use crate::ids::Handle;

    pub(super) fn attempt(k: u32) -> AttemptId {
        AttemptId(Handle { slot: k, generation: 0 })
    }

    /// Attempt number `k`, which joined at the start and has nothing special about it.
    pub(super) fn waiting(k: u32) -> Waiting {
        let class = Criticality::default();
        Waiting { attempt: attempt(k), entered: SimTime::ZERO, deadline: SimTime::NEVER, class, key: 0 }
    }
}

#[cfg(test)]
mod tests;
