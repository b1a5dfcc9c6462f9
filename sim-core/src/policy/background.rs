//! How much of an instance does its own housekeeping take?
//!
//! **What it does.** Every `every`, for `for`, a job takes `cpu_share` of the instance: what is under way goes
//! at 1 - `cpu_share` of its speed. Each instance has a moment of its own in the period, drawn once. Jobs go by
//! the clock, whether the instance is up or not; several at the same time take the sum of their shares.
//! **Why it exists.** Compaction, backups, log rotation and cache clean-up share the machine with the traffic.
//! They are absent from short load tests, and headroom that is enough without them is not with them.
//! **Where it fails.** As a fixed share it does not yield under load, and does not fall behind either: real
//! compaction that is throttled piles up debt, which is paid later.
//! **Source.** O'Neil et al., *The Log-Structured Merge-Tree*, 1996 (merging in the background); Dean and
//! Barroso, *The Tail at Scale*, CACM 2013 (maintenance activities as a cause of the tail). Deviations: the
//! share is the same from the first to the last moment of the job.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::SimDuration;
use crate::units::Probability;

/// A job that comes again and again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Background"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// From one start to the next, above 0s.
    pub every: SimDuration,
    /// How long it takes, above 0s and below `every`.
    #[serde(rename = "for")]
    pub length: SimDuration,
    /// What it takes of the instance meanwhile, below 1.
    pub cpu_share: Probability,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.length == SimDuration::ZERO {
            problems.push(Problem::new("for", "must be above 0s: a job of no length does nothing"));
        } else if self.length >= self.every {
            let sentence = format!(
                "must be below `every`, which is {}, found {}: the job would never pause; for a share that is \
                 always taken use `speeds`",
                self.every, self.length
            );
            problems.push(Problem::new("for", sentence));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn a_job_has_a_length_and_a_pause() {
        let told = |length: &str| {
            let json = format!(r#"{{"every": "60s", "for": "{length}", "cpu_share": 0.3}}"#);
            read::<Config>(&json).expect("readable").check()
        };
        assert_eq!(told("10s"), []);
        assert!(told("0s")[0].sentence.contains("does nothing"));
        assert!(told("60s")[0].sentence.contains("never pause"));
    }
}
