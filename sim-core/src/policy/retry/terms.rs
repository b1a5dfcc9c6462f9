//! Terms: which failures are tried again at all, and what the next attempt heeds.
//!
//! **What it does.** Settings that every back-off has beside its formula. `on` lists the failures that
//! are tried again; `only_idempotent` leaves out those that may have had an effect, unless the call or the
//! endpoint is declared `idempotent`; `retry_after` heeds a wait that a refusal carries;
//! `avoid_previous_host` sends the next attempt to another instance; `transparent_retry` repeats once what
//! no application has seen, without counting it.
//! **Why it exists.** A retry helps only where the failure is passing and where doing the work twice is
//! harmless: a payment that timed out may have been made. And an instance that has just failed is the
//! worst choice for the next attempt.
//! **Where it fails.** `on` trusts the word: an overloaded server that answers late looks like a lost
//! message, and is sent more. Who avoids one sick instance of two doubles the load of the other.
//! `only_idempotent` gives up on every timeout of a call that nobody has declared.
//! **Source.** Envoy `retry_on`, `previous_hosts` and `host_selection_retry_max_attempts`; gRFC A6
//! (`retryableStatusCodes`, transparent retries); nginx `proxy_next_upstream` `non_idempotent`.
//! Deviations: outcome words of this simulator stand for codes; of the hosts tried the last four are
//! avoided; gRPC repeats without bound what never left the client, which cannot happen here.

use super::Failure;
use super::retry_after;
use crate::policy::{Outcome, Problem};

/// Appends the settings that all back-offs share to those of one.
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
            /// Failures that are tried again, by outcome word, such as `[timeout, reset]`. Default: all.
            #[serde(default)]
            pub on: Option<Vec<$crate::policy::Outcome>>,
            /// Whether to try again only what does no harm twice: calls declared `idempotent`, and failures
            /// before any server began. Default: false.
            #[serde(default)]
            pub only_idempotent: bool,
            /// What a wait that a refusal carries (`retry_after` of an admission) does to the back-off.
            /// Default: `ignore`.
            #[serde(default)]
            pub retry_after: $crate::policy::retry::retry_after::Config,
            /// Send the next attempt to an instance that this call has not tried; `{}` for Envoy's
            /// settings. Default: none.
            #[serde(default)]
            pub avoid_previous_host: Option<$crate::policy::retry::terms::AvoidConfig>,
            /// Whether the first `connect_failure` of a call is repeated at once, neither counted as an
            /// attempt nor as a failure (gRPC). Default: false.
            #[serde(default)]
            pub transparent_retry: bool,
            /// What bounds the retries of one client over all its calls. Default: `none`.
            #[serde(default)]
            pub budget: $crate::policy::retry::budget::Config,
        }

        impl Config {
            #[inline]
            pub(super) fn terms(&self) -> $crate::policy::retry::terms::Terms<'_> {
                $crate::policy::retry::terms::Terms {
                    on: self.on.as_deref(),
                    only_idempotent: self.only_idempotent,
                    retry_after: &self.retry_after,
                    avoid_previous_host: self.avoid_previous_host,
                    transparent_retry: self.transparent_retry,
                }
            }

            /// What is wrong with the settings that all back-offs share.
            fn check_shared(&self) -> Vec<$crate::policy::Problem> {
                let mut problems = self.terms().check();
                problems.extend($crate::policy::Problem::below("budget", self.budget.check()));
                problems
            }
        }
    };
}
pub(super) use with_terms;

/// How hard another instance is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AvoidConfig {
    /// How often the balancer is asked again if an instance comes out that was tried; then it is taken
    /// after all. Default: 1 (Envoy; Istio 5).
    pub reselections: crate::units::Count,
}

impl Default for AvoidConfig {
    fn default() -> Self {
        AvoidConfig { reselections: crate::units::Count::new(1) }
    }
}

/// The shared settings of one back-off.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub(super) on: Option<&'a [Outcome]>,
    pub(super) only_idempotent: bool,
    pub(super) retry_after: &'a retry_after::Config,
    pub(super) avoid_previous_host: Option<AvoidConfig>,
    pub(super) transparent_retry: bool,
}

/// The terms of a caller that never retries.
pub(super) const NONE: Terms<'static> = Terms {
    on: None,
    only_idempotent: false,
    retry_after: &retry_after::Config::Ignore,
    avoid_previous_host: None,
    transparent_retry: false,
};

/// Why a failure is not tried again, whatever is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its word is not on the list.
    NotOnTheList,
    /// The work may have been done, and doing it twice does harm.
    NotIdempotent,
    /// The server asked not to come back.
    ToldNotTo,
}

impl Terms<'_> {
    /// Whether a failure of this kind is repeated without being counted.
    #[inline]
    pub(super) fn repeats(&self, outcome: Outcome) -> bool {
        self.transparent_retry && outcome == Outcome::ConnectFailure
    }

    /// Why this failure is not tried again, if so.
    #[inline]
    pub(super) fn refuse(&self, failure: Failure) -> Option<Refusal> {
        if self.on.is_some_and(|on| !on.contains(&failure.outcome)) {
            return Some(Refusal::NotOnTheList);
        }
        if self.only_idempotent && !failure.idempotent && !failure.outcome.is_before_any_work() {
            return Some(Refusal::NotIdempotent);
        }
        self.retry_after.forbids(failure.pushback).then_some(Refusal::ToldNotTo)
    }

    /// The failures that are tried again, if they are listed.
    pub fn listed(&self) -> Option<&[Outcome]> {
        self.on
    }

    /// How often another instance is looked for; 0 if any will do.
    pub fn reselections(&self) -> u32 {
        self.avoid_previous_host.map_or(0, |avoid| avoid.reselections.get())
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Problem::below("retry_after", self.retry_after.check());
        match self.on {
            Some([]) => problems.push(Problem::new(
                "on",
                "an empty list tries nothing again; leave it out to try every failure again, or write `retry: none`",
            )),
            Some(on) => {
                for (at, outcome) in on.iter().enumerate() {
                    let field = format!("on/{at}");
                    if outcome.is_ok() {
                        problems.push(Problem::new(&field, "`ok` is no failure; nobody tries a success again"));
                    } else if *outcome == Outcome::Cancelled {
                        let sentence = "`cancelled` means that the caller is gone; nobody is left to try again";
                        problems.push(Problem::new(&field, sentence));
                    } else if on[..at].contains(outcome) {
                        let sentence = format!("`{}` is on the list twice", outcome.word());
                        problems.push(Problem::new(&field, sentence));
                    }
                }
            }
            None => {}
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::admission::pushback::Pushback;
    use crate::policy::retry;
    use crate::policy::testing::read;

    fn config(json: &str) -> retry::Config {
        let config: retry::Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config
    }

    fn refusal(json: &str, failure: Failure) -> Option<Refusal> {
        config(json).terms().refuse(failure)
    }

    #[test]
    fn only_what_is_on_the_list_is_tried_again() {
        let json = r#"{"immediate": {"max_attempts": 3, "on": ["timeout", "reset"]}}"#;
        for outcome in Outcome::ALL.into_iter().filter(|outcome| !outcome.is_ok()) {
            let expected = match outcome {
                Outcome::Timeout | Outcome::Reset => None,
                _ => Some(Refusal::NotOnTheList),
            };
            assert_eq!(refusal(json, Failure::of(outcome)), expected, "{}", outcome.word());
            assert_eq!(refusal(r#"{"immediate": {"max_attempts": 3}}"#, Failure::of(outcome)), None);
        }
    }

    #[test]
    fn what_may_have_had_an_effect_needs_a_declaration() {
        let json = r#"{"immediate": {"max_attempts": 3, "only_idempotent": true}}"#;
        let timeout = Failure::of(Outcome::Timeout);
        assert_eq!(refusal(json, timeout), Some(Refusal::NotIdempotent));
        assert_eq!(refusal(json, Failure { idempotent: true, ..timeout }), None);
        assert_eq!(refusal(json, Failure::of(Outcome::ConnectFailure)), None, "nobody began");
        assert_eq!(refusal(json, Failure::of(Outcome::Shed)), None);
        assert_eq!(refusal(json, Failure::of(Outcome::Reset)), Some(Refusal::NotIdempotent));
    }

    #[test]
    fn never_is_obeyed_by_those_who_listen() {
        let told = Failure { pushback: Some(Pushback::Never), ..Failure::of(Outcome::Shed) };
        let json = r#"{"immediate": {"max_attempts": 3, "retry_after": "exact"}}"#;
        assert_eq!(refusal(json, told), Some(Refusal::ToldNotTo));
        assert_eq!(refusal(r#"{"immediate": {"max_attempts": 3}}"#, told), None);
    }

    #[test]
    fn lists_that_make_no_sense_are_told() {
        let problems = |on: &str| {
            let json = format!(r#"{{"immediate": {{"max_attempts": 3, "on": {on}}}}}"#);
            let config: retry::Config = read(&json).expect("settings are readable");
            config.check().into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(problems("[]"), ["immediate/on"]);
        assert_eq!(
            problems(r#"["ok", "timeout", "cancelled", "timeout"]"#),
            ["immediate/on/0", "immediate/on/2", "immediate/on/3"]
        );
    }

    #[test]
    fn envoy_looks_once_more_and_istio_five_times() {
        let envoy = config(r#"{"immediate": {"max_attempts": 2, "avoid_previous_host": {}}}"#);
        assert_eq!(envoy.terms().reselections(), 1);
        let istio =
            config(r#"{"immediate": {"max_attempts": 3, "avoid_previous_host": {"reselections": 5}}}"#);
        assert_eq!(istio.terms().reselections(), 5);
        assert_eq!(retry::Config::None.terms().reselections(), 0);
    }
}
