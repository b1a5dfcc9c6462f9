//! Semaphore: so many at once; others wait a while or are refused.
//!
//! **What it does.** Lets `max_concurrent` attempts be under way. One more waits in line for at most `max_wait`, if
//! fewer than `queue` wait already; else it is refused.
//! **Why it exists.** A caller has so many threads. What one slow service may take of them is taken from all other
//! calls; with a bound for each, the others go on.
//! **Where it fails.** Cut into small parts a pool wastes what is free elsewhere: 20 bulkheads of 5 refuse 11 % at
//! 60 % use with nothing wrong, one of 100 refuses nobody (Erlang B). And the bound is a number of places, so a
//! service that becomes faster is held back by what was right before.
//! **Source.** resilience4j `Bulkhead` (25, no wait); Hystrix semaphore (10); Polly and .NET concurrency limiter
//! (1000, `queue` 0). Deviations: none.

use serde::{Deserialize, Serialize};

use super::{Entry, Load};
use crate::policy::Problem;
use crate::policy::scope::Scope;
use crate::time::SimDuration;
use crate::units::{Count, Limit, Patience};

/// So many at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SemaphoreBulkhead"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Attempts under way at once, from 1. Default: 25.
    pub max_concurrent: Count,
    /// How long another waits for a place: a duration, or `none` for as long as it takes. Default: 0ms, it does not.
    pub max_wait: Patience,
    /// How many may wait: a number or `unlimited` (default).
    pub queue: Limit,
    /// Who shares one bulkhead. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_concurrent: Count::new(25),
            max_wait: Patience(Some(SimDuration::ZERO)),
            queue: Limit::Unlimited,
            scope: Scope::default(),
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        self.scope.check_before_choice().into_iter().collect()
    }

    pub(super) fn entry(&self, load: Load) -> Entry {
        if load.taken < self.max_concurrent.get() && load.waiting == 0 {
            Entry::Enters
        } else if self.max_wait.0 != Some(SimDuration::ZERO) && self.queue.admits(load.waiting as usize) {
            Entry::Waits
        } else {
            Entry::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn entry(json: &str, taken: u32, waiting: u32) -> Entry {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        config.entry(Load { taken, waiting })
    }

    #[test]
    fn resilience4j_and_polly_refuse_at_once() {
        assert_eq!(
            [0, 24, 25].map(|taken| entry("{}", taken, 0)),
            [Entry::Enters, Entry::Enters, Entry::Refused]
        );
        let polly = r#"{"max_concurrent": 1000, "max_wait": "none", "queue": 0}"#;
        assert_eq!([999, 1000].map(|taken| entry(polly, taken, 0)), [Entry::Enters, Entry::Refused]);
    }

    #[test]
    fn others_wait_in_order_while_the_line_has_room() {
        let json = r#"{"max_concurrent": 2, "max_wait": "1s", "queue": 3}"#;
        assert_eq!(
            [0, 2, 3].map(|waiting| entry(json, 2, waiting)),
            [Entry::Waits, Entry::Waits, Entry::Refused]
        );
        // Nobody overtakes the line, even while a place is on its way to the first of it.
        assert_eq!(entry(json, 1, 1), Entry::Waits);
    }

    #[test]
    fn it_cannot_wait_for_the_choice_of_an_instance() {
        let config: Config = read(r#"{"scope": "per_target"}"#).expect("settings are readable");
        assert_eq!(config.check()[0].field, "scope");
    }
}
