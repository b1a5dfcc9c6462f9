//! The service refuses: how much of the load does the caller keep back by itself?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | nothing | nothing | every refusal costs the service work |
//! | [`sre`] | what is sent beyond `k` times what is accepted | a service that is busy with refusing | some are refused that would have been served |
//! | [`envoy_success_rate`] | a growing share while the success rate is below a threshold | the same, for any kind of failure | a service that always fails a little is kept from load |
//! | [`aws_adaptive`] | a rate, which falls at a refusal and grows back; what is over it waits | the same, as a limit that nobody told | waits without bound, one rate for all |
//! | [`nack_ema`] | a growing share while explicit refusals are above a threshold | the same, by its own word only | an overloaded service that answers late is not spared |
//! | [`piggyback`] | what the service said it would refuse | the same, without guessing | as old as the last answer |
//!
//! A breaker is open or closed; a throttle refuses a share, and so the service keeps getting about what it can
//! serve. Refused attempts fail at once with `throttled`. Each client measures for itself unless `scope` says
//! otherwise. An attempt is counted when it ends: counted when it is sent, the first second of every run would look
//! like a refusal of everything.

use serde::{Deserialize, Serialize};

use super::breaker::Scope;
use super::{Criticality, Leave, Outcome, Problem};
use crate::luck::{Luck, Purpose};
use crate::time::SimTime;

pub mod aws_adaptive;
pub mod envoy_success_rate;
pub mod nack_ema;
pub mod none;
pub mod piggyback;
pub mod sre;

/// How much of the load the caller keeps back while the service refuses. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ClientThrottle"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Nothing.
    #[default]
    None,
    /// What is sent beyond a multiple of what is accepted (Google SRE).
    Sre(sre::Config),
    /// A share that grows as the success rate falls (Envoy admission control).
    EnvoySuccessRate(envoy_success_rate::Config),
    /// A share that grows with the explicit refusals (Finagle).
    NackEma(nack_ema::Config),
    /// A rate that falls when the service refuses, and grows back (AWS SDKs).
    AwsAdaptive(aws_adaptive::Config),
    /// What the service said it would refuse (DAGOR, Breakwater).
    Piggyback(piggyback::Config),
}

/// What one throttle remembers.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// Requests and accepts.
    Sre(Box<sre::State>),
    /// Requests and successes.
    EnvoySuccessRate(Box<envoy_success_rate::State>),
    /// The mean of what was not refused.
    NackEma(Box<nack_ema::State>),
    /// The rates.
    AwsAdaptive(Box<aws_adaptive::State>),
    /// What the service said.
    Piggyback(Box<piggyback::State>),
}

/// What the service said with an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Accepted,
    Refused,
    /// Nothing: the attempt was withdrawn, or failed before it left its caller.
    Nothing,
}

fn answer(refusals: &[Outcome], outcome: Outcome) -> Answer {
    if refusals.contains(&outcome) {
        return Answer::Refused;
    }
    if outcome.is_callers_own() { Answer::Nothing } else { Answer::Accepted }
}

/// What cannot be a refusal of the service.
fn check_refusals(field: &str, refusals: Option<&[Outcome]>) -> Option<Problem> {
    let never = |outcome: &&Outcome| {
        matches!(outcome, Outcome::Ok | Outcome::Cancelled | Outcome::BreakerOpen | Outcome::Throttled)
    };
    let sentence = match refusals? {
        [] => "with none of them nothing is ever kept back; name some, or leave it out".to_owned(),
        words => format!("`{}` says nothing of the service; remove it", words.iter().find(never)?.word()),
    };
    Some(Problem::new(field, sentence))
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Sre(config) => Problem::below("sre", config.check()),
            Config::EnvoySuccessRate(config) => Problem::below("envoy_success_rate", config.check()),
            Config::NackEma(config) => Problem::below("nack_ema", config.check()),
            Config::AwsAdaptive(config) => Problem::below("aws_adaptive", config.check()),
            Config::Piggyback(config) => Problem::below("piggyback", config.check()),
        }
    }

    /// Whether nothing is ever kept back.
    pub const fn is_none(&self) -> bool {
        matches!(self, Config::None)
    }

    /// Who shares a throttle.
    pub fn scope(&self) -> Scope {
        match self {
            Config::None => none::SCOPE,
            Config::Sre(config) => config.scope,
            Config::EnvoySuccessRate(config) => config.scope,
            Config::NackEma(config) => config.scope,
            Config::AwsAdaptive(config) => config.scope,
            Config::Piggyback(config) => config.scope,
        }
    }

    /// Whether it listens to what answers carry.
    pub const fn listens(&self) -> bool {
        matches!(self, Config::Piggyback(_))
    }
}

impl State {
    /// A throttle that has seen nothing.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None => State::None,
            Config::Sre(config) => State::Sre(Box::new(sre::State::new(config))),
            Config::EnvoySuccessRate(config) => {
                State::EnvoySuccessRate(Box::new(envoy_success_rate::State::new(config)))
            }
            Config::NackEma(_) => State::NackEma(Box::new(nack_ema::State::new())),
            Config::AwsAdaptive(_) => State::AwsAdaptive(Box::default()),
            Config::Piggyback(_) => State::Piggyback(Box::default()),
        }
    }

    /// The probability with which an attempt of this class is kept back.
    fn probability(&mut self, config: &Config, class: Criticality, now: SimTime) -> f64 {
        match (config, self) {
            (Config::None, State::None) => none::PROBABILITY,
            (Config::Sre(config), State::Sre(state)) => state.probability(config, class, now),
            (Config::EnvoySuccessRate(config), State::EnvoySuccessRate(state)) => {
                state.probability(config, now)
            }
            (Config::NackEma(config), State::NackEma(state)) => state.probability(config, now),
            // It makes attempts wait, and keeps none back.
            (Config::AwsAdaptive(_), State::AwsAdaptive(_)) => 0.0,
            (Config::Piggyback(_), State::Piggyback(state)) => state.kept_back(),
            (_, _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// Whether an attempt of this tenant is sent now, later or not at all; its own `luck` decides where chance does.
    pub fn admit(
        &mut self,
        config: &Config,
        class: Criticality,
        tenant: u32,
        now: SimTime,
        luck: Luck,
    ) -> Leave {
        match (config, &mut *self) {
            (Config::AwsAdaptive(_), State::AwsAdaptive(state)) => return state.ask(now),
            (Config::Piggyback(_), State::Piggyback(state)) => {
                let passes = state.admit(class, tenant, now, luck);
                return if passes { Leave::Now } else { Leave::Never };
            }
            _ => {}
        }
        let probability = self.probability(config, class, now);
        let passes = probability <= 0.0 || luck.draws(Purpose::Throttle).unit() >= probability;
        match (config, self) {
            (Config::Sre(config), State::Sre(state)) if !passes => state.kept_back(config, class, now),
            (Config::NackEma(_), State::NackEma(state)) => state.asked(now),
            _ => {}
        }
        if passes { Leave::Now } else { Leave::Never }
    }

    /// An attempt that was sent is over.
    pub fn observe(&mut self, config: &Config, class: Criticality, outcome: Outcome, now: SimTime) {
        match (config, self) {
            (Config::None, State::None) => {}
            (Config::Sre(config), State::Sre(state)) => state.observe(config, class, outcome, now),
            (Config::EnvoySuccessRate(config), State::EnvoySuccessRate(state)) => {
                state.observe(config, outcome, now);
            }
            (Config::NackEma(config), State::NackEma(state)) => state.observe(config, outcome, now),
            (Config::AwsAdaptive(config), State::AwsAdaptive(state)) => state.observe(config, outcome, now),
            (Config::Piggyback(_), State::Piggyback(state)) => state.observe(outcome),
            (_, _) => unreachable!("{OTHER_POLICY}"),
        }
    }

    /// An answer of this instance carries a word.
    pub fn hear(&mut self, instance: u32, word: piggyback::Word) {
        if let State::Piggyback(state) = self {
            state.hear(instance, word);
        }
    }

    /// The inner state that a chart can show: its name and value.
    pub fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        match (config, self) {
            (Config::None, _) => return None,
            (_, State::AwsAdaptive(state)) => return Some(state.gauge()),
            _ => {}
        }
        let mut then = self.clone();
        let classes = [
            Criticality::CriticalPlus,
            Criticality::Critical,
            Criticality::SheddablePlus,
            Criticality::Sheddable,
        ];
        let most = classes.map(|class| then.probability(config, class, now)).into_iter().fold(0.0, f64::max);
        Some(("throttled_share", most))
    }
}

#[cfg(test)]
mod tests;
