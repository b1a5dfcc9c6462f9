//! The same request comes again: is its effect applied once more?
//!
//! **What it does.** `none` applies the effect every time. `key` keeps the key of each request whose effect it has applied,
//! for `window` from the moment it was applied; a request that comes again within that time gets the same answer, and
//! nothing is done.
//! **Why it exists.** Who waited in vain cannot know whether the request was lost or its answer. To try again is right in
//! the first case and doubles the effect in the second; with a key it is right in both.
//! **Where it fails.** After the window the key is forgotten, and what comes then is applied again: retries that wait in
//! a queue, or a job that is done over on the next day. The key has to be that of the operation: one that is drawn for each
//! try protects from nothing.
//! **See it.** `scenarios/library/fallacies/fallacy-1-network-reliable.yaml`.
//! **Source.** Stripe API reference, idempotent requests (keys are kept for at least 24 hours); Amazon SQS FIFO queues
//! (deduplication for 5 minutes); the idempotent receiver of Hohpe and Woolf, *Enterprise Integration Patterns*, 2003.
//! Deviations: the key and the effect are kept in one transaction, so that two tries at once cannot both pass, and an
//! effect that is undone is forgotten, so that it may be applied again.

use serde::{Deserialize, Serialize};

use super::Problem;
use super::retry::cap::Cap;
use crate::time::{SimDuration, SimTime};

/// Whether an effect is applied again under the same key. Default: `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Idempotency"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every time.
    #[default]
    None,
    /// Only once while the key is kept.
    Key(KeyConfig),
}

/// Keys are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "IdempotencyKey"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct KeyConfig {
    /// How long a key is kept: a duration above 0, or `unlimited` (Stripe 24h, SQS FIFO 5m). Default: `unlimited`.
    #[serde(default)]
    pub window: Cap,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::Key(KeyConfig { window: Cap::AtMost(SimDuration::ZERO) }) => {
                let sentence = "a key that is kept for no time protects from nothing; write a duration such as \
                                `24h`, or `idempotency: none`";
                vec![Problem::new("key/window", sentence)]
            }
            Config::None | Config::Key(_) => Vec::new(),
        }
    }

    /// Whether the key is still known at `now`, if its effect was applied at `since`.
    pub fn knows(&self, since: Option<SimTime>, now: SimTime) -> bool {
        match (self, since) {
            (Config::None, _) | (_, None) => false,
            (Config::Key(KeyConfig { window: Cap::Unlimited }), Some(_)) => true,
            (Config::Key(KeyConfig { window: Cap::AtMost(window) }), Some(since)) => {
                now.since(since) < *window
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn a_key_is_known_for_its_window_and_not_a_moment_longer() {
        let key = Config::Key(KeyConfig { window: Cap::AtMost(SimDuration::from_secs(60)) });
        assert!(!key.knows(None, at(5)), "nothing was applied");
        assert!(key.knows(Some(at(5)), at(5)) && key.knows(Some(at(5)), at(64)));
        assert!(!key.knows(Some(at(5)), at(65)));
    }

    #[test]
    fn without_a_window_it_is_known_for_ever_and_without_a_key_never() {
        let key = Config::Key(KeyConfig::default());
        assert!(key.knows(Some(at(0)), at(1_000_000_000)));
        assert!(!Config::None.knows(Some(at(0)), at(0)));
    }

    #[test]
    fn a_window_of_no_time_is_refused() {
        let key = Config::Key(KeyConfig { window: Cap::AtMost(SimDuration::ZERO) });
        assert_eq!(key.check().len(), 1);
        assert!(Config::Key(KeyConfig::default()).check().is_empty() && Config::None.check().is_empty());
    }
}
