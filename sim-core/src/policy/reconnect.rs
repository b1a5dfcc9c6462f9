//! The connection is gone: connect again after which wait?
//!
//! **What it does.** Waits before the first try to connect again, and after every try that failed. `immediate`
//! does not wait; `constant` waits `base` each time; `exponential` waits min(`max`, `base` * `multiplier`^(n-1))
//! before the n-th try. `jitter` makes the wait random. A connection that was opened starts the count anew. Users
//! never give up.
//! **Why it exists.** When an instance goes, all who were connected to it come back, and opening a connection costs
//! more than using one. What counts is the wait before the first try: with `jitter: full`, those who lost their
//! connection together return evenly over `base`, lost / `base` per second.
//! **Where it fails.** Without jitter the herd is the same, only later. With an exponential back-off the first wait,
//! where all are together, is the shortest. And it is the clients who are polite: an instance that must live through
//! those who are not needs admission of its own.
//! **See it.** `scenarios/library/cascades/reconnect-storm.yaml`.
//! **Source.** gRPC connection back-off (1s, times 1.6, up to 120s, more or less 20%, reset by a connection); Marc
//! Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015. Deviations: gRPC tries once at once, here
//! the first try waits as well; there is no deadline of a try here, the `connect` call has timeouts.

use serde::{Deserialize, Serialize};

use super::Problem;
use super::retry::cap::Cap;
use super::retry::jitter::{Jitter, Spread};
use crate::luck::Luck;
use crate::math;
use crate::time::SimDuration;
use crate::units::{Factor, Probability};

/// How long users wait before they connect again. Default: `immediate`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Reconnect"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Not at all.
    #[default]
    Immediate,
    /// The same wait each time.
    Constant(ConstantConfig),
    /// Each wait is longer by the same factor.
    Exponential(ExponentialConfig),
}

/// The same wait each time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ConstantReconnect"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct ConstantConfig {
    /// The wait before each try, above 0.
    pub base: SimDuration,
    /// How the wait is made random. Default: `none`.
    #[serde(default)]
    pub jitter: Jitter,
    /// For `jitter: plus_minus` only: by which share a wait may differ, 0 to 1.
    #[serde(default)]
    pub jitter_ratio: Option<Probability>,
}

/// Each wait is longer by the same factor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ExponentialReconnect"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct ExponentialConfig {
    /// The wait before the first try, above 0 (gRPC 1s).
    pub base: SimDuration,
    /// The factor from each wait to the next, above 0 (gRPC 1.6). Default: 2.
    #[serde(default = "doubling")]
    pub multiplier: Factor,
    /// The longest wait: a duration of at least `base`, or `unlimited` (gRPC 120s). Default: `unlimited`.
    #[serde(default)]
    pub max: Cap,
    /// How the wait is made random. Default: `none`.
    #[serde(default)]
    pub jitter: Jitter,
    /// For `jitter: plus_minus` only: by which share a wait may differ, 0 to 1 (gRPC 0.2).
    #[serde(default)]
    pub jitter_ratio: Option<Probability>,
}

fn doubling() -> Factor {
    Factor::new(2.0)
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let (word, base) = match self {
            Config::Immediate => return Vec::new(),
            Config::Constant(constant) => ("constant", constant.base),
            Config::Exponential(exponential) => ("exponential", exponential.base),
        };
        let mut problems = self.spread().check(base);
        if base == SimDuration::ZERO {
            let sentence = "a wait of zero is `immediate`; write that, or a duration above zero";
            problems.push(Problem::new("base", sentence));
        }
        Problem::below(word, problems)
    }

    /// The wait before the next try, after so many tries that failed since the connection was lost. `luck` is
    /// that of the try.
    pub fn wait(&self, failed: u32, luck: Luck) -> SimDuration {
        let delay = match self {
            Config::Immediate => return SimDuration::ZERO,
            Config::Constant(constant) => constant.base,
            // The power may be infinite: the product then ends at the longest span.
            Config::Exponential(exponential) => {
                exponential.base.mul_f64(math::pow(exponential.multiplier.get(), f64::from(failed)))
            }
        };
        self.spread().apply(delay, luck)
    }

    /// Over which span the first tries come of those who lost their connection together.
    pub fn first_spread(&self) -> SimDuration {
        let base = match self {
            Config::Immediate => return SimDuration::ZERO,
            Config::Constant(constant) => constant.base,
            Config::Exponential(exponential) => exponential.base,
        };
        let spread = self.spread();
        match spread.jitter {
            Jitter::None => SimDuration::ZERO,
            Jitter::Full => base,
            Jitter::Equal => base.mul_f64(0.5),
            Jitter::PlusMinus => base.mul_f64(2.0 * spread.jitter_ratio.map_or(0.0, Probability::get)),
        }
    }

    fn spread(&self) -> Spread {
        let (max, jitter, jitter_ratio) = match self {
            Config::Immediate => (Cap::Unlimited, Jitter::None, None),
            Config::Constant(c) => (Cap::Unlimited, c.jitter, c.jitter_ratio),
            Config::Exponential(e) => (e.max, e.jitter, e.jitter_ratio),
        };
        Spread { max, jitter, jitter_ratio, cap_after_jitter: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{assert_uniform, config, luck, ms, read};

    #[test]
    fn nothing_said_is_at_once_every_time() {
        assert_eq!(config!(r#""immediate""#), Config::default());
        assert_eq!([0, 1, 99].map(|failed| Config::default().wait(failed, luck(1))), [SimDuration::ZERO; 3]);
    }

    #[test]
    fn the_first_try_waits_as_well() {
        let constant = config!(r#"{"constant": {"base": "5s"}}"#);
        assert_eq!([0, 1, 2].map(|failed| constant.wait(failed, luck(1))), [5e3, 5e3, 5e3].map(ms));
    }

    #[test]
    fn grpc_grows_by_six_tenths_up_to_two_minutes() {
        let grpc = config!(r#"{"exponential": {"base": "1s", "multiplier": 1.6, "max": "120s"}}"#);
        assert_eq!([0, 1, 2].map(|failed| grpc.wait(failed, luck(1))), [1e3, 1.6e3, 2.56e3].map(ms));
        assert_eq!([11, 5_000].map(|failed| grpc.wait(failed, luck(1))), [120e3, 120e3].map(ms));
    }

    #[test]
    fn full_jitter_spreads_the_first_wait_evenly_over_base() {
        let spread = config!(r#"{"constant": {"base": "100ms", "jitter": "full"}}"#);
        assert_uniform(|luck| spread.wait(0, luck), 0.0, 100.0);
        let second = config!(r#"{"exponential": {"base": "100ms", "jitter": "full"}}"#);
        assert_uniform(|luck| second.wait(1, luck), 0.0, 200.0);
    }

    #[test]
    fn what_jitter_leaves_to_chance_is_what_the_herd_is_spread_over() {
        let of =
            |jitter: &str| config!(&format!(r#"{{"constant": {{"base": "1s", {jitter}}}}}"#)).first_spread();
        assert_eq!(of(r#""jitter": "none""#), SimDuration::ZERO);
        assert_eq!(of(r#""jitter": "full""#), ms(1e3));
        assert_eq!(of(r#""jitter": "equal""#), ms(500.0));
        assert_eq!(of(r#""jitter": "plus_minus", "jitter_ratio": 0.2"#), ms(400.0));
        assert_eq!(Config::Immediate.first_spread(), SimDuration::ZERO);
    }

    #[test]
    fn contradictions_are_told_with_their_place() {
        let problem = |json: &str| {
            let config: Config = read(json).expect("settings are readable");
            let found = config.check();
            (found[0].field.clone(), found[0].sentence.clone())
        };
        let (field, sentence) = problem(r#"{"exponential": {"base": "0s"}}"#);
        assert_eq!(field, "exponential/base");
        assert!(sentence.contains("`immediate`"), "{sentence}");
        assert_eq!(problem(r#"{"exponential": {"base": "9s", "max": "5s"}}"#).0, "exponential/max");
        let forgotten = r#"{"constant": {"base": "9s", "jitter": "plus_minus"}}"#;
        assert_eq!(problem(forgotten).0, "constant/jitter_ratio");
    }
}
