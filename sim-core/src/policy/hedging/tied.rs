//! Tied requests: two copies wait in two lines, and the first to start takes the other out of its line.
//!
//! **What it does.** Sends two copies, the second `delay` after the first, to two instances that know of each other.
//! When one of them starts, its server sends word to the other, which takes one network delay; a copy that still
//! waits, or is still on its way, is dropped. One that has started by then goes on.
//! **Why it exists.** Most of the variance is in the line, not in the work. Two lines are waited in, and hardly any
//! work is done twice: the hedge that costs nothing but messages.
//! **Where it fails.** On idle instances both start before the word arrives, and all work is done twice; a delay of
//! two network delays avoids that. What is slow after its start has no second chance.
//! **Source.** Dean and Barroso, The Tail at Scale, CACM 2013. Deviations: exactly two copies; the way of the word
//! is as long as one from the caller to the other server; a caller does not send the second copy once the first has
//! started (there the server drops it on arrival); the caller hears at once that a copy was dropped.

use serde::{Deserialize, Serialize};

use super::terms::with_terms;
use crate::policy::Problem;
use crate::time::SimDuration;

/// Two copies.
pub(super) const MAX_ATTEMPTS: u32 = 2;

with_terms! {
/// Two copies, of which the first to start cancels the other.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "TiedHedging"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// From the first copy to the second; twice the network delay keeps idle servers from starting both. Default:
    /// 0ms.
    #[serde(default)]
    pub delay: SimDuration,
}
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        self.terms().check()
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::hedging;
    use crate::policy::testing::{ms, read};

    #[test]
    fn two_copies_at_once_if_nothing_is_said() {
        let config: hedging::Config = read(r#"{"tied": {}}"#).expect("settings are readable");
        assert!(config.is_tied());
        assert_eq!((config.max_attempts(), config.fixed_delay()), (2, Some(ms(0.0))));
        assert!(read::<hedging::Config>(r#"{"tied": {"max_attempts": 3}}"#).is_err());
    }
}
