//! Retry-After: the server says when to come back, and the caller heeds it, more or less.
//!
//! **What it does.** A refusal may carry a wait x (`retry_after` of an admission). With the back-off's
//! own wait d, the next attempt comes after
//!
//! | word | wait | as in |
//! |---|---|---|
//! | `ignore` | d | most clients |
//! | `exact` | x, and the back-off begins anew | gRPC |
//! | `within` | x, but at least d and at most d + `extra` | AWS SDKs |
//! | `spread` | U(x, 1.5 x), or d if x is longer than `max` | Envoy |
//!
//! and all but `ignore` give up where the server says `never`.
//! **Why it exists.** The server knows when there is room again; a client's formula can only guess.
//! **Where it fails.** A wait that is the same for everyone brings everyone back at once: only `spread`
//! draws. And a caller that trusts any wait can be sent to sleep by one bad answer, hence the bounds.
//! **Source.** gRFC A6, "Pushback"; botocore `standard.py` (`x-amz-retry-after`); Envoy
//! `rate_limited_retry_back_off`. Deviations: none.

use serde::{Deserialize, Serialize};

use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::policy::admission::pushback::Pushback;
use crate::time::SimDuration;

/// What a wait that a refusal carries does to the back-off. Default: `ignore`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RetryAfter"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Nothing: the caller waits as its own formula says.
    #[default]
    Ignore,
    /// The caller waits exactly as told, and its formula begins anew afterwards (gRPC).
    Exact,
    /// The caller waits as told, within bounds around its own wait (AWS SDKs).
    Within(Within),
    /// The caller waits as told and up to half as long again, by chance (Envoy).
    Spread(Spread),
}

/// Bounds around the caller's own wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RetryAfterWithin"))]
#[serde(deny_unknown_fields, default)]
pub struct Within {
    /// Most time added to the caller's own wait. Default: 5s (AWS).
    pub extra: SimDuration,
}

impl Default for Within {
    fn default() -> Self {
        Within { extra: SimDuration::from_secs(5) }
    }
}

/// What is believed, and spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RetryAfterSpread"))]
#[serde(deny_unknown_fields, default)]
pub struct Spread {
    /// The longest wait that is believed; a longer one is ignored. Default: 5m (Envoy).
    pub max: SimDuration,
}

impl Default for Spread {
    fn default() -> Self {
        Spread { max: SimDuration::from_secs(300) }
    }
}

/// What becomes of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) after: SimDuration,
    /// Whether the back-off begins anew.
    pub(super) anew: bool,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        match self {
            Config::Spread(spread) if spread.max == SimDuration::ZERO => {
                vec![Problem::new("spread/max", "must be above 0s; write `ignore` to believe no wait")]
            }
            Config::Ignore | Config::Exact | Config::Within(_) | Config::Spread(_) => Vec::new(),
        }
    }

    /// Whether the caller obeys a server that says never.
    #[inline]
    pub(super) fn forbids(&self, pushback: Option<Pushback>) -> bool {
        pushback == Some(Pushback::Never) && *self != Config::Ignore
    }

    /// The wait of a caller that was told to come back after `told` and would wait `own`.
    #[inline]
    pub(super) fn wait(&self, told: SimDuration, own: SimDuration, luck: Luck) -> Wait {
        let after = match self {
            Config::Ignore => own,
            Config::Exact => told,
            Config::Within(within) => told.clamp(own, own + within.extra),
            Config::Spread(spread) if told > spread.max => own,
            Config::Spread(_) => told.mul_f64(1.0 + 0.5 * luck.draws(Purpose::Backoff).unit()),
        };
        Wait { after, anew: *self == Config::Exact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{assert_uniform, luck, ms, read};

    fn wait(json: &str, told_ms: f64, own_ms: f64) -> SimDuration {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config.wait(ms(told_ms), ms(own_ms), luck(0)).after
    }

    #[test]
    fn grpc_waits_exactly_as_told_and_begins_anew() {
        assert_eq!(wait(r#""exact""#, 2_000.0, 100.0), ms(2_000.0));
        assert_eq!(wait(r#""exact""#, 0.0, 100.0), ms(0.0));
        assert!(Config::Exact.wait(ms(1.0), ms(2.0), luck(0)).anew);
        assert!(!Config::Ignore.wait(ms(1.0), ms(2.0), luck(0)).anew);
    }

    #[test]
    fn aws_waits_as_told_between_its_own_wait_and_5_s_more() {
        let aws = r#"{"within": {}}"#;
        assert_eq!(wait(aws, 3_000.0, 100.0), ms(3_000.0));
        assert_eq!(wait(aws, 10.0, 100.0), ms(100.0));
        assert_eq!(wait(aws, 60_000.0, 100.0), ms(5_100.0));
    }

    #[test]
    fn envoy_spreads_what_it_is_told_and_believes_five_minutes_at_most() {
        let envoy: Config = read(r#"{"spread": {}}"#).expect("settings are readable");
        assert_uniform(|luck| envoy.wait(ms(1_000.0), ms(25.0), luck).after, 1_000.0, 1_500.0);
        assert_eq!(envoy.wait(ms(301_000.0), ms(25.0), luck(0)).after, ms(25.0));
    }

    #[test]
    fn who_ignores_waits_on_its_own() {
        assert_eq!(wait(r#""ignore""#, 60_000.0, 100.0), ms(100.0));
        assert!(!Config::Ignore.forbids(Some(Pushback::Never)));
        assert!(Config::Exact.forbids(Some(Pushback::Never)));
        assert!(!Config::Exact.forbids(Some(Pushback::After(ms(1.0)))));
        assert!(!Config::Exact.forbids(None));
    }

    #[test]
    fn a_bound_of_nothing_is_told() {
        let config: Config = read(r#"{"spread": {"max": "0s"}}"#).expect("settings are readable");
        assert_eq!(config.check()[0].field, "spread/max");
    }
}
