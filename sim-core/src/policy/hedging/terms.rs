//! Terms: what becomes of the other attempts, and which failures leave room for them.
//!
//! **What it does.** Settings that every pattern has beside its wait. A failure on the list `non_fatal` sends the
//! next attempt at once, any other ends the call and all its attempts; `cancel_losers` tells the servers of those
//! that nobody waits for any more; `on_all_failed` says whose failure the caller sees; `avoid_previous_host` looks for
//! an instance that has none of them; `budget` bounds the hedges of a client over all its calls. A `retry_after` of
//! a refusal is always heeded.
//! **Why it exists.** Hedges that nobody cancels cost the service all of their work, and only the first answer is
//! used. And an error that would come again need not be asked for twice.
//! **Where it fails.** Cancelling needs a server that listens (`on_cancel`), and saves nothing of work that cannot
//! stop. A budget with success tokens hears of failures only: slow answers take nothing from it.
//! **Source.** gRFC A6 (`nonFatalStatusCodes`, pushback, throttling); Polly v8 `Hedging` (the first failure is the
//! answer); Finagle `BackupRequestFilter` (a deposit budget of `max_extra_load` without reserve, 10s). Deviations:
//! with nothing said every failure is non-fatal, as in Polly; in gRPC every one is fatal: `non_fatal: []`.

use crate::policy::retry::budget;
use crate::policy::retry::terms::AvoidConfig;
use crate::policy::{Outcome, Problem};

/// How often a balancer is asked again for an instance that has no attempt of the call yet, if nothing is said.
const RESELECTIONS: u32 = 3;

/// Whose failure a caller sees if all attempts have failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnAllFailed {
    /// That of the attempt that failed last.
    #[default]
    Last,
    /// That of the first attempt (Polly).
    Primary,
}

/// Appends the settings that all patterns share to those of one.
macro_rules! with_terms {
    (
        $(#[$meta:meta])*
        pub struct Config {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        pub struct Config {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Failures after which the next attempt is sent at once, by outcome word; any other ends the call.
            /// `[]` for none (gRPC). Default: all.
            #[serde(default)]
            pub non_fatal: Option<Vec<$crate::policy::Outcome>>,
            /// Whether the servers of attempts that nobody waits for any more are told; what they do then is their
            /// `on_cancel`. Default: true.
            #[serde(default = "super::terms::yes")]
            pub cancel_losers: bool,
            /// Whose failure the caller sees if all attempts fail: `last` (default) or `primary` (Polly).
            #[serde(default)]
            pub on_all_failed: super::terms::OnAllFailed,
            /// How hard an instance is looked for that has no attempt of this call yet; `none` takes any. Default:
            /// the balancer is asked up to 3 more times.
            #[serde(default = "super::terms::avoid")]
            pub avoid_previous_host: Option<$crate::policy::retry::terms::AvoidConfig>,
            /// What bounds the hedges of one client over all its calls, in the words of retries: an attempt beside
            /// the first is a retry to it. Default: `none`.
            #[serde(default)]
            pub budget: $crate::policy::retry::budget::Config,
        }

        impl Config {
            pub(super) fn terms(&self) -> super::terms::Terms<'_> {
                super::terms::Terms {
                    non_fatal: self.non_fatal.as_deref(),
                    cancel_losers: self.cancel_losers,
                    on_all_failed: self.on_all_failed,
                    avoid_previous_host: self.avoid_previous_host,
                    budget: &self.budget,
                }
            }
        }
    };
}
pub(super) use with_terms;

pub(super) const fn yes() -> bool {
    true
}

pub(super) fn avoid() -> Option<AvoidConfig> {
    Some(AvoidConfig { reselections: crate::units::Count::new(RESELECTIONS) })
}

pub(super) fn two() -> crate::units::Count {
    crate::units::Count::new(2)
}

/// The shared settings of one pattern.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub(super) non_fatal: Option<&'a [Outcome]>,
    /// Whether servers are told of attempts that lost.
    pub cancel_losers: bool,
    pub(super) on_all_failed: OnAllFailed,
    pub(super) avoid_previous_host: Option<AvoidConfig>,
    /// What bounds the hedges.
    pub budget: &'a budget::Config,
}

/// The terms of a caller that never hedges.
pub(super) const NONE: Terms<'static> = Terms {
    non_fatal: None,
    cancel_losers: true,
    on_all_failed: OnAllFailed::Last,
    avoid_previous_host: None,
    budget: &budget::Config::None,
};

impl Terms<'_> {
    /// Whether a failure of this kind ends the call.
    pub(super) fn is_fatal(&self, outcome: Outcome) -> bool {
        self.non_fatal.is_some_and(|list| !list.contains(&outcome))
    }

    /// How often another instance is looked for; 0 if any will do.
    pub fn reselections(&self) -> u32 {
        self.avoid_previous_host.map_or(0, |avoid| avoid.reselections.get())
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Problem::below("budget", self.budget.check());
        for (at, outcome) in self.non_fatal.unwrap_or_default().iter().enumerate() {
            if outcome.is_ok() || *outcome == Outcome::Cancelled {
                let sentence = format!("`{}` is no failure that an attempt is sent after", outcome.word());
                problems.push(Problem::new(&format!("non_fatal/{at}"), sentence));
            }
        }
        problems
    }
}

/// What is wrong with a number of attempts.
pub(super) fn check_attempts(attempts: crate::units::Count) -> Option<Problem> {
    let most = super::MOST_ATTEMPTS;
    let sentence = match attempts.get() {
        1 => "must be at least 2, the first included, found 1; `hedging: none` sends no other".to_owned(),
        n if n as usize > most => format!("must be at most {most}, the first included, found {n}"),
        _ => return None,
    };
    Some(Problem::new("max_attempts", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::hedging;
    use crate::policy::testing::read;

    fn config(json: &str) -> hedging::Config {
        read(json).expect("settings are readable")
    }

    #[test]
    fn with_nothing_said_every_failure_leaves_room_and_losers_are_cancelled() {
        let config = config(r#"{"fixed": {"delay": "10ms"}}"#);
        assert_eq!((config.check(), config.max_attempts()), (Vec::new(), 2));
        let terms = config.terms();
        assert!(terms.cancel_losers && !terms.is_fatal(Outcome::ServerError));
        assert_eq!((terms.reselections(), terms.on_all_failed), (3, OnAllFailed::Last));
    }

    #[test]
    fn what_is_not_on_the_list_is_fatal() {
        let config = config(r#"{"fixed": {"delay": "10ms", "non_fatal": ["reset"]}}"#);
        assert!(config.terms().is_fatal(Outcome::Timeout) && !config.terms().is_fatal(Outcome::Reset));
    }

    #[test]
    fn lists_and_numbers_that_make_no_sense_are_told() {
        let fields =
            |json: &str| config(json).check().into_iter().map(|problem| problem.field).collect::<Vec<_>>();
        assert_eq!(
            fields(r#"{"fixed": {"delay": "1ms", "max_attempts": 1, "non_fatal": ["ok"]}}"#),
            ["fixed/max_attempts", "fixed/non_fatal/0"]
        );
        assert_eq!(fields(r#"{"percentile": {"max_attempts": 12}}"#), ["percentile/max_attempts"]);
        assert_eq!(
            fields(r#"{"tied": {"budget": {"deposit": {"ttl": "1h"}}}}"#),
            ["tied/budget/deposit/ttl"]
        );
    }
}
