//! Hedge on timeout: at the attempt timeout the attempt stays, and another is sent beside it.
//!
//! **What it does.** `timeouts: {attempt: ...}` of the call gives nothing up; it is the wait after which the next
//! attempt is sent, up to `max_attempts` in all. The first good answer is taken.
//! **Why it exists.** What a timeout gives up is often nearly done. The retry takes longer than waiting would have.
//! **Where it fails.** A timeout at least frees the caller's slots; this one holds one more for each attempt. Under
//! overload it sends as many attempts as retries would.
//! **Source.** Envoy `hedge_policy.hedge_on_per_try_timeout` with `per_try_timeout` (`num_retries` without the
//! first). Deviations: Envoy needs a retry policy beside it, whose other conditions and back-offs go on; here failures
//! send the next attempt at once, as `non_fatal` says.

use serde::{Deserialize, Serialize};

use super::fixed;
use super::terms::{check_attempts, with_terms};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Patience};

with_terms! {
/// The next attempt at the attempt timeout.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "HedgingOnAttemptTimeout"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per call, the first included; 2 to 11. Default: 2.
    #[serde(default = "super::terms::two")]
    pub max_attempts: Count,
}
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_attempts(self.max_attempts).into_iter().collect();
        problems.extend(self.terms().check());
        problems
    }

    /// What it comes to, given the attempt timeout.
    pub(super) fn as_fixed(&self, patience: SimDuration) -> fixed::Config {
        fixed::Config {
            delay: Patience(Some(patience)),
            max_attempts: self.max_attempts,
            non_fatal: self.non_fatal.clone(),
            cancel_losers: self.cancel_losers,
            on_all_failed: self.on_all_failed,
            avoid_previous_host: self.avoid_previous_host,
            budget: self.budget.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::hedging;
    use crate::policy::testing::{ms, read};

    #[test]
    fn the_timeout_is_the_delay() {
        let json = r#"{"on_attempt_timeout": {"max_attempts": 3, "cancel_losers": false}}"#;
        let config: hedging::Config = read(json).expect("settings are readable");
        let lowered = config.with_attempt_timeout(Some(ms(300.0)));
        assert_eq!((lowered.fixed_delay(), lowered.max_attempts()), (Some(ms(300.0)), 3));
        assert!(!lowered.terms().cancel_losers);
    }
}
