//! A SYN is not answered: when is the next one sent, and when does the caller give up?
//!
//! **What it does.** The first SYN and `linear_timeouts` more are `rto` apart; then the wait doubles, up to 120 s, for
//! `retries` more. After the wait that follows the last one connecting has failed. An answer of any of them opens the
//! connection; a refusal ends the attempt at once.
//! **Why it exists.** One lost packet should not fail a call, and many callers should not send at once for ever.
//! **Where it fails.** A SYN that is lost costs a whole second, hundreds of round trips of a data centre. And a machine that
//! is gone, with nobody to refuse, is given up after more than two minutes: who wants to know earlier needs a
//! `connect_timeout`.
//! **Source.** Linux, `net/ipv4/tcp_timer.c` and `ip-sysctl`: `tcp_syn_retries` 6, `tcp_syn_linear_timeouts` 4, initial
//! timeout 1 s (RFC 6298). `linear_timeouts: 0` is a kernel before 6.5. Deviations: none.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::SimDuration;

/// The longest wait (Linux `TCP_RTO_MAX`).
const LONGEST: SimDuration = SimDuration::from_secs(120);

/// When an unanswered SYN is sent again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SynRetries"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// The first wait, above 0. Default: 1s.
    #[serde(default = "second")]
    pub syn_rto: SimDuration,
    /// SYNs after waits that double, 0 to 127. Default: 6.
    #[serde(default = "six")]
    pub syn_retries: u8,
    /// SYNs before those, after waits that do not, 0 to 127. Default: 4; of older kernels 0.
    #[serde(default = "four")]
    pub linear_timeouts: u8,
}

const fn second() -> SimDuration {
    SimDuration::from_secs(1)
}

const fn six() -> u8 {
    6
}

const fn four() -> u8 {
    4
}

impl Default for Config {
    fn default() -> Self {
        Config::DEFAULT
    }
}

impl Config {
    /// Linux as it is.
    pub const DEFAULT: Config = Config { syn_rto: second(), syn_retries: six(), linear_timeouts: four() };

    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.syn_rto == SimDuration::ZERO {
            problems
                .push(Problem::new("syn_rto", "all SYNs would leave at once; write a duration above zero"));
        }
        for (field, count) in [("syn_retries", self.syn_retries), ("linear_timeouts", self.linear_timeouts)] {
            if count > 127 {
                problems.push(Problem::new(field, "Linux takes at most 127"));
            }
        }
        problems
    }

    /// SYNs in all, the first included.
    pub fn most(&self) -> u32 {
        1 + u32::from(self.linear_timeouts) + u32::from(self.syn_retries)
    }

    /// The wait after the `sent`-th SYN, from 1: then the next one is sent, or after the last one all is over.
    pub fn wait(&self, sent: u32) -> SimDuration {
        let doublings = sent.saturating_sub(1 + u32::from(self.linear_timeouts));
        let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
        SimDuration::from_nanos(self.syn_rto.as_nanos().saturating_mul(factor)).min(LONGEST.max(self.syn_rto))
    }

    /// When each SYN after the first is sent, and then when connecting has failed, from the first one.
    pub fn moments(&self) -> impl Iterator<Item = SimDuration> {
        (1..=self.most()).scan(SimDuration::ZERO, |at, sent| {
            *at += self.wait(sent);
            Some(*at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(config: &Config) -> Vec<u64> {
        config.moments().map(|at| at.as_nanos() / 1_000_000_000).collect()
    }

    #[test]
    fn linux_sends_in_a_straight_line_first() {
        assert_eq!(seconds(&Config::DEFAULT), [1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131]);
    }

    #[test]
    fn older_kernels_double_at_once() {
        let older = Config { linear_timeouts: 0, ..Config::DEFAULT };
        assert_eq!(seconds(&older), [1, 3, 7, 15, 31, 63, 127]);
    }

    #[test]
    fn no_wait_is_longer_than_two_minutes() {
        let patient = Config { syn_retries: 127, linear_timeouts: 0, ..Config::DEFAULT };
        assert_eq!(patient.wait(7), SimDuration::from_secs(64));
        assert_eq!(patient.wait(8), LONGEST);
        assert_eq!(patient.wait(128), LONGEST);
        assert_eq!(patient.check(), []);
    }

    #[test]
    fn what_linux_does_not_take_is_refused() {
        let wrong = Config { syn_rto: SimDuration::ZERO, syn_retries: 128, linear_timeouts: 0 };
        assert_eq!(wrong.check().len(), 2);
    }
}
