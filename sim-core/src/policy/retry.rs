//! The attempt failed: try again, and after which wait?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | the first failure is the answer | retry storms | every glitch reaches the user |
//! | [`immediate`] | again at once | a lost message, one bad instance | doubles the load when it hurts most |
//! | [`constant`] | again after a fixed wait | short outages | callers that failed together return together |
//! | [`linear`] | each wait longer by the same step | outages of unknown length | slower answers, still in step |
//! | [`exponential`] | each wait longer by the same factor | long outages, with jitter also waves | late attempts wait very long |
//! | [`decorrelated`] | a random wait up to three times the last | waves of callers in step | the wait is hard to foresee |
//! | [`polly_decorrelated_v2`] | waits that double, spread evenly | gaps and heaps among the retries of a crowd | some come back at once |
//!
//! Back-off spreads retries over time, but it does not reduce them: a caller that retries three times
//! sends four times the load for as long as the failure lasts. Only a [`budget`] bounds the share of
//! retries, so every pattern that retries has one (default `none`).
//!
//! Which failures are tried again at all, and where the next attempt goes, is settled beside the formula:
//! [`terms`] and [`retry_after`], the same for every pattern.
//!
//! `max_attempts` always includes the first try, as in gRPC, resilience4j and the AWS SDKs. Envoy's
//! `num_retries` and Polly's `MaxRetryAttempts` leave it out: their 3 is a 4 here.

use serde::{Deserialize, Serialize};

use super::admission::pushback::Pushback;
use super::{Outcome, Problem};
use crate::luck::Luck;
use crate::time::{SimDuration, SimTime};

pub mod none;
pub mod immediate;
pub mod constant;
pub mod linear;
pub mod exponential;
pub mod decorrelated;
pub mod polly_decorrelated_v2;
pub mod jitter;
pub mod cap;
pub mod budget;
pub mod terms;
pub mod retry_after;
mod progress;

pub use progress::Progress;

/// Whether a failed attempt is tried again, and after which wait. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Retry"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The first failure is the answer.
    #[default]
    None,
    /// Again at once.
    Immediate(immediate::Config),
    /// Again after the same wait each time.
    Constant(constant::Config),
    /// Each wait is longer by the same step.
    Linear(linear::Config),
    /// Each wait is longer by the same factor.
    Exponential(exponential::Config),
    /// A random wait of up to three times the last one.
    Decorrelated(decorrelated::Config),
    /// Waits that double on a smooth curve, read at random places (Polly v8).
    PollyDecorrelatedV2(polly_decorrelated_v2::Config),
}

/// How an attempt failed, and what its caller knows beside that.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// How it ended.
    pub outcome: Outcome,
    /// What the refusal said about coming back.
    pub pushback: Option<Pushback>,
    /// Whether doing the work twice does no harm.
    pub idempotent: bool,
}

impl Failure {
    /// A failure of which nothing else is known.
    pub const fn of(outcome: Outcome) -> Self {
        Failure { outcome, pushback: None, idempotent: false }
    }
}

/// What becomes of a call whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send another attempt.
    Retry {
        /// Time from the failure to the next attempt.
        after: SimDuration,
    },
    /// The failure is the answer of the call.
    GiveUp(GiveUp),
}

/// Why a call is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The caller never retries.
    NoRetry,
    /// All attempts were sent.
    AttemptsUsedUp,
    /// An attempt was left, but the budget refused it.
    BudgetEmpty,
    /// An attempt was left, but a failure of this kind is not tried again.
    Refused(terms::Refusal),
}

/// What one client of an edge remembers between its calls.
#[derive(Clone, Debug)]
pub struct State {
    budget: budget::State,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Immediate(config) => Problem::below("immediate", config.check()),
            Config::Constant(config) => Problem::below("constant", config.check()),
            Config::Linear(config) => Problem::below("linear", config.check()),
            Config::Exponential(config) => Problem::below("exponential", config.check()),
            Config::Decorrelated(config) => Problem::below("decorrelated", config.check()),
            Config::PollyDecorrelatedV2(config) => Problem::below("polly_decorrelated_v2", config.check()),
        }
    }

    /// The most attempts of one call, the first included.
    #[inline]
    pub fn max_attempts(&self) -> u32 {
        match self {
            Config::None => none::MAX_ATTEMPTS,
            Config::Immediate(config) => config.max_attempts.get(),
            Config::Constant(config) => config.max_attempts.get(),
            Config::Linear(config) => config.max_attempts.get(),
            Config::Exponential(config) => config.max_attempts.get(),
            Config::Decorrelated(config) => config.max_attempts.get(),
            Config::PollyDecorrelatedV2(config) => config.max_attempts.get(),
        }
    }

    /// Another bound on the attempts of a call; without a retry there is none to change.
    pub(crate) fn set_max_attempts(&mut self, attempts: u32) {
        let attempts = crate::units::Count::new(attempts);
        match self {
            Config::None => {}
            Config::Immediate(config) => config.max_attempts = attempts,
            Config::Constant(config) => config.max_attempts = attempts,
            Config::Linear(config) => config.max_attempts = attempts,
            Config::Exponential(config) => config.max_attempts = attempts,
            Config::Decorrelated(config) => config.max_attempts = attempts,
            Config::PollyDecorrelatedV2(config) => config.max_attempts = attempts,
        }
    }

    /// Shortest and longest wait in seconds before the retry of this number, from 1. What depends on the failures to
    /// come is left out.
    pub fn waits(&self, retry: u32) -> (f64, f64) {
        match self {
            Config::None | Config::Immediate(_) => (0.0, 0.0),
            Config::Constant(config) => config.waits(),
            Config::Linear(config) => config.waits(f64::from(retry)),
            Config::Exponential(config) => config.waits(f64::from(retry)),
            Config::Decorrelated(config) => config.waits(f64::from(retry)),
            Config::PollyDecorrelatedV2(config) => config.waits(f64::from(retry)),
        }
    }

    /// The most attempts that one call sends, those that are not counted included.
    pub fn most_sends(&self) -> u32 {
        self.max_attempts().saturating_add(u32::from(self.terms().transparent_retry))
    }

    /// Whether a failure of this kind is tried again while attempts are left, of work that may or may not be
    /// done twice.
    pub fn takes(&self, outcome: Outcome, idempotent: bool) -> bool {
        *self != Config::None && self.terms().refuse(Failure { idempotent, ..Failure::of(outcome) }).is_none()
    }

    /// Whether some failures are not tried again though attempts are left and the budget allows it, or later
    /// than the formula says.
    pub fn is_choosy(&self) -> bool {
        let terms = self.terms();
        terms.on.is_some() || terms.only_idempotent || *terms.retry_after != retry_after::Config::Ignore
    }

    /// What all patterns have beside their formula.
    #[inline]
    pub fn terms(&self) -> terms::Terms<'_> {
        match self {
            Config::None => terms::NONE,
            Config::Immediate(config) => config.terms(),
            Config::Constant(config) => config.terms(),
            Config::Linear(config) => config.terms(),
            Config::Exponential(config) => config.terms(),
            Config::Decorrelated(config) => config.terms(),
            Config::PollyDecorrelatedV2(config) => config.terms(),
        }
    }

    /// What bounds the retries of one client over all its calls.
    #[inline]
    pub fn budget(&self) -> &budget::Config {
        match self {
            Config::None => &budget::Config::None,
            Config::Immediate(config) => &config.budget,
            Config::Constant(config) => &config.budget,
            Config::Linear(config) => &config.budget,
            Config::Exponential(config) => &config.budget,
            Config::Decorrelated(config) => &config.budget,
            Config::PollyDecorrelatedV2(config) => &config.budget,
        }
    }

    /// The wait before the next attempt, after a failure of this kind.
    #[inline]
    fn delay(&self, progress: &mut Progress, outcome: Outcome, luck: Luck) -> SimDuration {
        // Retries are numbered from 1, anew where the server said when to come back.
        let retry = progress.next_retry();
        match self {
            Config::None => unreachable!("`none` has given up by now"),
            Config::Immediate(config) => config.delay(),
            Config::Constant(config) => config.delay(luck),
            Config::Linear(config) => config.delay(retry, luck),
            Config::Exponential(config) => config.delay(retry, outcome, luck),
            Config::Decorrelated(config) => {
                let wait = config.delay(progress.memory, luck);
                progress.memory = wait;
                wait
            }
            Config::PollyDecorrelatedV2(config) => {
                let (wait, come) = config.delay(retry, progress.memory, luck);
                progress.memory = come;
                wait
            }
        }
    }
}

impl State {
    /// A client that has sent nothing yet.
    pub fn new(config: &Config) -> Self {
        State { budget: budget::State::new(config.budget()) }
    }

    /// A call begins: its first attempt goes out.
    #[inline]
    pub fn begin(&mut self, config: &Config, progress: &mut Progress, now: SimTime) {
        progress.goes_out();
        self.budget.begin(config.budget(), now);
    }

    /// A back-off is over: the next attempt goes out.
    #[inline]
    pub fn resume(&mut self, progress: &mut Progress) {
        progress.goes_out();
        self.budget.resume();
    }

    /// An attempt ended after which there is nothing to decide. Called once per attempt, unless
    /// [`State::decide`] is; an answer that comes after its timeout is not reported again.
    #[inline]
    pub fn observe(&mut self, config: &Config, progress: &mut Progress, outcome: Outcome, _now: SimTime) {
        progress.came_back();
        self.budget.observe(config.budget(), outcome, progress.paid_for.take());
    }

    /// What to do about an attempt that has just failed, whose own `luck` decides the jitter. The budget is
    /// asked only while an attempt is left, so that a call that is over anyway takes nothing from it.
    #[inline]
    pub fn decide(
        &mut self,
        config: &Config,
        progress: &mut Progress,
        failure: Failure,
        now: SimTime,
        luck: Luck,
    ) -> Decision {
        debug_assert!(!failure.outcome.is_ok(), "nobody retries a success");
        debug_assert!(progress.attempts >= 1, "the failed attempt counts as sent");
        if matches!(config, Config::None) {
            return none::decide();
        }
        let terms = config.terms();
        if terms.repeats(failure.outcome) && progress.repeat() {
            progress.came_back();
            self.budget.forget_attempt();
            return Decision::Retry { after: SimDuration::ZERO };
        }
        self.observe(config, progress, failure.outcome, now);
        if progress.counted() >= config.max_attempts() {
            return Decision::GiveUp(GiveUp::AttemptsUsedUp);
        }
        if let Some(refusal) = terms.refuse(failure) {
            return Decision::GiveUp(GiveUp::Refused(refusal));
        }
        if !self.budget.withdraw(config.budget(), failure.outcome, now) {
            return Decision::GiveUp(GiveUp::BudgetEmpty);
        }
        progress.paid_for = Some(failure.outcome);
        let own = config.delay(progress, failure.outcome, luck);
        let Some(Pushback::After(told)) = failure.pushback else {
            return Decision::Retry { after: own };
        };
        let wait = terms.retry_after.wait(told, own, luck);
        if wait.anew {
            progress.begin_anew();
        }
        Decision::Retry { after: wait.after }
    }

    /// A call is over, in whichever way. Needed only where
    /// [`counts_what_is_under_way`](budget::Config::counts_what_is_under_way).
    pub fn end(&mut self, progress: &mut Progress) {
        if progress.is_out() {
            progress.came_back();
            self.budget.forget_attempt();
        }
        if progress.paid_for.take().is_some() {
            self.budget.forget_retry();
        }
    }

    /// A call was under way before there was this policy: what it has out counts from now on.
    pub fn adopt(&mut self, progress: &Progress) {
        if progress.is_out() {
            self.budget.resume();
        }
        if progress.is_retrying() {
            self.budget.adopt_retry();
        }
    }

    /// See [`budget::State::in_use`].
    pub fn in_use(&self) -> Option<(Option<u32>, u32)> {
        self.budget.in_use()
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        self.budget.gauge(config.budget(), now)
    }
}

#[cfg(test)]
mod tests;
