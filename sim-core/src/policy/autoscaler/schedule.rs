//! So many instances at these times, whatever happens.
//!
//! **What it does.** From each moment of the list on there are so many instances; before the first, as many
//! as the service starts with.
//! **Why it exists.** A sale is announced, a day has a morning: what is known need not be measured, and what
//! boots slowly has to be started before it is needed.
//! **Where it fails.** It knows nothing of what happens: a peak that comes early meets an empty house.
//! **Source.** Scheduled actions of AWS EC2 Auto Scaling; cron triggers of KEDA. Deviations: none.

use serde::{Deserialize, Serialize};

use super::Facts;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// The settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScheduledScaling"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// When there are how many, in order of time.
    pub steps: Vec<StepConfig>,
}

/// From a moment on, so many.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScheduledStep"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct StepConfig {
    /// When, from the start of the run; above 0s.
    pub at: SimDuration,
    /// How many instances from then on; from 1.
    pub instances: Count,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.steps.is_empty() {
            let sentence = "the list is empty; write some such as `{at: 60s, instances: 10}`";
            problems.push(Problem::new("steps", sentence));
        }
        if self.steps.first().is_some_and(|step| step.at == SimDuration::ZERO) {
            let sentence = "must be above 0s: the number at the start is `instances` of the service";
            problems.push(Problem::new("steps/0/at", sentence));
        }
        for (k, pair) in self.steps.windows(2).enumerate() {
            if pair[1].at <= pair[0].at {
                let sentence = format!(
                    "it is {}, not after the step before it, {}; order the steps by time",
                    pair[1].at, pair[0].at
                );
                problems.push(Problem::new(&format!("steps/{}/at", k + 1), sentence));
            }
        }
        problems
    }

    /// The most instances of any step.
    pub fn most(&self) -> u32 {
        self.steps.iter().map(|step| step.instances.get()).max().unwrap_or(1)
    }

    /// The next moment of the list.
    pub fn next_after(&self, now: SimTime) -> Option<SimTime> {
        self.steps.iter().map(|step| SimTime::ZERO + step.at).find(|at| *at > now)
    }

    /// How many instances there should be now.
    pub fn desired(&self, facts: &Facts<'_>) -> u32 {
        let begun = self.steps.iter().rev().find(|step| SimTime::ZERO + step.at <= facts.now);
        begun.map_or(facts.current, |step| step.instances.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn each_step_holds_until_the_next() {
        let json = r#"{"steps": [{"at": "60s", "instances": 9}, {"at": "2m", "instances": 4}]}"#;
        let config: Config = read(json).expect("settings are readable");
        assert_eq!((config.check(), config.most()), (vec![], 9));
        let desired = |seconds| config.desired(&Facts { now: at(seconds), current: 5, pods: &[] });
        assert_eq!([0, 59, 60, 119, 120, 9_999].map(desired), [5, 5, 9, 9, 4, 4]);
        let next = |seconds| config.next_after(at(seconds));
        assert_eq!([0, 60, 120].map(next), [Some(at(60)), Some(at(120)), None]);
    }

    #[test]
    fn moments_out_of_order_are_named() {
        let json = r#"{"steps": [{"at": "0s", "instances": 9}, {"at": "0s", "instances": 4}]}"#;
        let config: Config = read(json).expect("settings are readable");
        let fields: Vec<String> = config.check().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["steps/0/at", "steps/1/at"]);
        let none: Config = read(r#"{"steps": []}"#).expect("settings are readable");
        assert_eq!(none.check()[0].field, "steps");
    }
}
