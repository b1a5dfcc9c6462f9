//! The attempt is slow: send another beside it, and after which wait?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | one attempt at a time | nothing | the slowest instance decides how long a caller waits |
//! | [`fixed`] | another after a fixed wait | single slow answers | when all are slow, all are asked twice |
//! | [`percentile`] | another once this one is among the slowest few | the same, with a share of extra load by design | learns that slow is normal, a window later |
//! | [`on_attempt_timeout`] | another where a timeout would have given up | answers that are a little late | the load of a retry, without its relief |
//! | [`tied`] | two copies wait in two lines, the first to start cancels the other | long lines | two messages for each, and both are served where both are idle |
//!
//! A hedge is a retry that does not wait for the failure: the attempts of one call are out side by side, the first
//! good answer is taken, the others are left. It buys time with load. While single answers are slow that is a
//! bargain; once the service itself is slow every call is sent again, which makes it slower: the loop of a retry
//! storm, without a failure to begin it.
//!
//! All attempts share the call's total timeout; each has its own attempt timeout, its own slot of the pool and its
//! own pass of breaker and throttle. `max_attempts` includes the first. What all patterns share is in [`terms`].

use serde::{Deserialize, Serialize};

use super::admission::pushback::Pushback;
use super::retry::{Failure, GiveUp, budget};
use super::{Outcome, Problem};
use crate::time::{SimDuration, SimTime};

pub mod none;
pub mod fixed;
pub mod percentile;
pub mod on_attempt_timeout;
pub mod tied;
pub mod terms;

/// The most attempts of one call side by side: Polly's ten hedges and the first.
pub const MOST_ATTEMPTS: usize = 11;

/// Whether further attempts are sent beside a slow one, and when. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Hedging"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// One attempt at a time.
    #[default]
    None,
    /// The next after a fixed wait, or after a failure (gRPC, Polly).
    Fixed(fixed::Config),
    /// The next once the first is slower than most (Finagle backup requests).
    Percentile(percentile::Config),
    /// The next at the attempt timeout, which gives nothing up (Envoy).
    OnAttemptTimeout(on_attempt_timeout::Config),
    /// Two copies, of which the first to start cancels the other.
    Tied(tied::Config),
}

/// What one client of an edge remembers between its calls.
#[derive(Clone, Debug)]
pub struct State {
    budget: budget::State,
    latencies: Option<Box<percentile::State>>,
}

/// How far one call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Attempts begun, the first included.
    pub begun: u32,
    /// Of those, the ones that are over.
    over: u32,
    /// No other is begun.
    closed: bool,
    /// Why not, if a budget or the server said so.
    closed_by: Option<GiveUp>,
    /// How the first ended, once it has failed.
    first: Option<Outcome>,
    /// What each hedge was paid for.
    paid_for: [Option<Outcome>; MOST_ATTEMPTS],
}

/// What follows from the failure of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Others are out: nothing yet.
    Wait,
    /// Another attempt is due.
    Send {
        /// After this long.
        after: SimDuration,
    },
    /// The call has failed.
    Fail {
        /// With this.
        outcome: Outcome,
        /// Why there is no other attempt.
        reason: GiveUp,
    },
}

impl Progress {
    /// A call that has not begun.
    pub const NEW: Progress = Progress {
        begun: 0,
        over: 0,
        closed: false,
        closed_by: None,
        first: None,
        paid_for: [None; MOST_ATTEMPTS],
    };

    /// Attempts that are out: sent, on their way to be, or in line for a slot.
    pub const fn out(&self) -> u32 {
        self.begun - self.over
    }

    /// No other attempt is begun.
    pub fn close(&mut self) {
        self.closed = true;
    }

    fn paid_for(&mut self, number: u32) -> Option<Outcome> {
        self.paid_for[number as usize - 1].take()
    }
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Fixed(config) => Problem::below("fixed", config.check()),
            Config::Percentile(config) => Problem::below("percentile", config.check()),
            Config::OnAttemptTimeout(config) => Problem::below("on_attempt_timeout", config.check()),
            Config::Tied(config) => Problem::below("tied", config.check()),
        }
    }

    /// Whether one attempt is out at a time.
    pub const fn is_none(&self) -> bool {
        matches!(self, Config::None)
    }

    /// Whether the first attempt to start cancels the others.
    pub const fn is_tied(&self) -> bool {
        matches!(self, Config::Tied(_))
    }

    /// The most attempts of one call, the first included.
    pub fn max_attempts(&self) -> u32 {
        match self {
            Config::None => none::MAX_ATTEMPTS,
            Config::Fixed(config) => config.max_attempts.get(),
            Config::Percentile(config) => config.max_attempts.get(),
            Config::OnAttemptTimeout(config) => config.max_attempts.get(),
            Config::Tied(_) => tied::MAX_ATTEMPTS,
        }
    }

    /// The wait before the next attempt, where it is always the same: none if only a failure sends it, or if it is
    /// learned.
    pub fn fixed_delay(&self) -> Option<SimDuration> {
        match self {
            Config::Fixed(config) => config.delay.0,
            Config::Tied(config) => Some(config.delay),
            Config::None | Config::Percentile(_) | Config::OnAttemptTimeout(_) => None,
        }
    }

    /// What all patterns have beside their wait.
    pub fn terms(&self) -> terms::Terms<'_> {
        match self {
            Config::None => terms::NONE,
            Config::Fixed(config) => config.terms(),
            Config::Percentile(config) => config.terms(),
            Config::OnAttemptTimeout(config) => config.terms(),
            Config::Tied(config) => config.terms(),
        }
    }

    /// The same where what a call waits for one attempt is known.
    #[must_use]
    pub fn with_attempt_timeout(&self, patience: Option<SimDuration>) -> Config {
        match (self, patience) {
            (Config::OnAttemptTimeout(config), Some(patience)) => Config::Fixed(config.as_fixed(patience)),
            _ => self.clone(),
        }
    }
}

impl State {
    /// A client that has sent nothing yet.
    pub fn new(config: &Config) -> Self {
        let latencies = match config {
            Config::Percentile(_) => Some(Box::default()),
            Config::None | Config::Fixed(_) | Config::OnAttemptTimeout(_) | Config::Tied(_) => None,
        };
        State { budget: budget::State::new(config.terms().budget), latencies }
    }

    /// A call begins: its first attempt goes out.
    pub fn begin(&mut self, config: &Config, progress: &mut Progress, now: SimTime) {
        progress.begun = 1;
        self.budget.begin(config.terms().budget, now);
    }

    /// How long the last attempt begun is waited for before the next is due; none if only a failure makes it due.
    pub fn wait(&mut self, config: &Config, progress: &Progress, now: SimTime) -> Option<SimDuration> {
        if progress.closed || progress.begun >= config.max_attempts() {
            return None;
        }
        match (config, &mut self.latencies) {
            (Config::Percentile(config), Some(latencies)) => latencies.delay(config, now),
            _ => config.fixed_delay(),
        }
    }

    /// Another attempt is due, because of this failure, or with `timeout` because the last is slow: whether it is
    /// begun, and paid for.
    pub fn afford(
        &mut self,
        config: &Config,
        progress: &mut Progress,
        because: Outcome,
        now: SimTime,
    ) -> bool {
        if progress.closed || progress.begun >= config.max_attempts() {
            return false;
        }
        if !self.budget.withdraw(config.terms().budget, because, now) {
            (progress.closed, progress.closed_by) = (true, Some(GiveUp::BudgetEmpty));
            return false;
        }
        progress.paid_for[progress.begun as usize] = Some(because);
        progress.begun += 1;
        self.budget.resume();
        true
    }

    /// An attempt is over, and its call with it or not: it was answered, or it ran out of the call's time.
    pub fn ended(&mut self, config: &Config, progress: &mut Progress, number: u32, outcome: Outcome) {
        progress.over += 1;
        self.budget.observe(config.terms().budget, outcome, progress.paid_for(number));
    }

    /// An attempt is left, because another was first or nobody waits for the call.
    pub fn left(&mut self, progress: &mut Progress, number: u32) {
        progress.over += 1;
        self.budget.forget_attempt();
        if progress.paid_for(number).is_some() {
            self.budget.forget_retry();
        }
    }

    /// An attempt has failed: what now?
    pub fn failed(
        &mut self,
        config: &Config,
        progress: &mut Progress,
        number: u32,
        failure: Failure,
    ) -> Next {
        self.ended(config, progress, number, failure.outcome);
        let terms = config.terms();
        if number == 1 {
            progress.first = Some(failure.outcome);
        }
        if terms.is_fatal(failure.outcome) {
            let reason = GiveUp::Refused(super::retry::terms::Refusal::NotOnTheList);
            return Next::Fail { outcome: failure.outcome, reason };
        }
        let mut after = SimDuration::ZERO;
        match failure.pushback {
            Some(Pushback::Never) => {
                let reason = GiveUp::Refused(super::retry::terms::Refusal::ToldNotTo);
                (progress.closed, progress.closed_by) = (true, Some(reason));
            }
            Some(Pushback::After(wait)) => after = wait,
            None => {}
        }
        if !progress.closed && progress.begun < config.max_attempts() {
            return Next::Send { after };
        }
        match progress.out() {
            0 => self.all_failed(config, progress, failure.outcome),
            _ => Next::Wait,
        }
    }

    /// No attempt is out, and none will be sent: the call has failed, with `last` or as the terms say.
    pub fn all_failed(&self, config: &Config, progress: &Progress, last: Outcome) -> Next {
        let outcome = match config.terms().on_all_failed {
            terms::OnAllFailed::Last => last,
            terms::OnAllFailed::Primary => progress.first.unwrap_or(last),
        };
        Next::Fail { outcome, reason: progress.closed_by.unwrap_or(GiveUp::AttemptsUsedUp) }
    }

    /// The first attempt of a call is over after `age`, answered or left.
    pub fn took(&mut self, config: &Config, age: SimDuration, now: SimTime) {
        if let (Config::Percentile(config), Some(latencies)) = (config, &mut self.latencies) {
            latencies.record(config, age, now);
        }
    }

    /// A call was under way before there was this policy: what it has out counts from now on.
    pub fn adopt(&mut self, is_hedge: bool) {
        self.budget.resume();
        if is_hedge {
            self.budget.adopt_retry();
        }
    }

    /// See [`budget::State::in_use`].
    pub fn in_use(&self) -> Option<(Option<u32>, u32)> {
        self.budget.in_use()
    }

    /// The state of the budget that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        self.budget.gauge(config.terms().budget, now)
    }

    /// The wait that was learned, in seconds: whether there is one yet, and what.
    pub fn delay_gauge(&self) -> Option<(bool, f64)> {
        let latencies = self.latencies.as_ref()?;
        let delay = latencies.last();
        Some((delay.is_some(), delay.unwrap_or_default().as_secs_f64()))
    }
}

#[cfg(test)]
mod tests;
