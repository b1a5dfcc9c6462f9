//! Some more or fewer when a metric leaves a band, then a rest.
//!
//! **What it does.** Every `period` the mean reading is divided by the target. Of the steps whose bound it
//! has passed, the farthest decides: so many more above, so many fewer below. Then nothing happens for
//! `cooldown`. Instances without a reading are left out.
//! **Why it exists.** Older than controllers, and easy to foresee: one alarm, one answer.
//! **Where it fails.** A load that grows faster than one step per cooldown is never caught up with. The band
//! between the steps has to be wider than what one step changes, else it swings for ever.
//! **Source.** AWS EC2 Auto Scaling, step and simple scaling policies (default cooldown 300 s; alarms over
//! 60 s). Deviations: bounds are multiples of a target, and one cooldown holds for both directions.

use serde::{Deserialize, Serialize};

use super::{Facts, Metric, Pipeline, Pod, check_common};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Factor};

/// The settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "StepScaling"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// What is looked at, and what the bounds are multiples of; default `{cpu: {target: 0.8}}`.
    #[serde(default)]
    pub metric: Metric,
    /// The fewest instances; from 1. Default: 1.
    #[serde(default = "one")]
    pub min: Count,
    /// The most instances; at least `min`.
    pub max: Count,
    /// What happens beyond which bound.
    pub steps: Vec<StepConfig>,
    /// How often it looks, above 0s. Default: 60s.
    #[serde(default = "seconds::<60>")]
    pub period: SimDuration,
    /// How long nothing happens after a change; from 0s. Default: 300s.
    #[serde(default = "seconds::<300>")]
    pub cooldown: SimDuration,
    /// A reading is the mean over so long; above 0s. Default: 60s.
    #[serde(default = "seconds::<60>")]
    pub metric_window: SimDuration,
    /// How old a reading is when it can be seen; from 0s. Default: 0s.
    #[serde(default)]
    pub metric_delay: SimDuration,
}

/// One step: `above` with `add`, or `below` with `remove`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScalingStep"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct StepConfig {
    /// Where the mean is more than so many times the target.
    #[serde(default)]
    pub above: Option<Factor>,
    /// Where the mean is less than so many times the target.
    #[serde(default)]
    pub below: Option<Factor>,
    /// So many more.
    #[serde(default)]
    pub add: Option<Count>,
    /// So many fewer.
    #[serde(default)]
    pub remove: Option<Count>,
}

fn one() -> Count {
    Count::ONE
}

fn seconds<const S: u64>() -> SimDuration {
    SimDuration::from_secs(S)
}

/// When it last did something.
#[derive(Clone, Debug, Default)]
pub struct State {
    changed: Option<SimTime>,
}

impl Config {
    /// Contradictions between fields, and with the number at the start; empty if there is none.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        let pipeline = Pipeline { window: self.metric_window, delay: self.metric_delay };
        let mut problems = check_common((self.min, self.max), instances, &self.metric, pipeline);
        if self.period == SimDuration::ZERO {
            problems.push(Problem::new("period", "must be above 0s: it is how often the scaler looks"));
        }
        if self.steps.is_empty() {
            let sentence = "without steps it does nothing; write some such as `{above: 1, add: 2}` and `{below: 0.5, remove: 1}`";
            problems.push(Problem::new("steps", sentence));
        }
        for (k, step) in self.steps.iter().enumerate() {
            let is_up = step.above.is_some() && step.add.is_some();
            let is_down = step.below.is_some() && step.remove.is_some();
            let said =
                [step.above.is_some(), step.below.is_some(), step.add.is_some(), step.remove.is_some()];
            if !(is_up || is_down) || said.iter().filter(|said| **said).count() != 2 {
                let sentence =
                    "a step is `above` with `add`, or `below` with `remove`; write one of the two pairs";
                problems.push(Problem::new(&format!("steps/{k}"), sentence));
            }
        }
        let highest = self.steps.iter().filter_map(|step| step.below).map(Factor::get).fold(0.0, f64::max);
        let lowest =
            self.steps.iter().filter_map(|step| step.above).map(Factor::get).fold(f64::INFINITY, f64::min);
        if highest > lowest {
            let sentence = format!(
                "instances are removed below {highest} and added above {lowest} times the target; no band is left \
                 in which nothing happens: the bounds of `below` must not be above those of `above`"
            );
            problems.push(Problem::new("steps", sentence));
        }
        problems
    }

    /// The change by the readings alone.
    fn change(&self, pods: &[Pod]) -> i64 {
        let readings = pods.iter().filter_map(|pod| match pod {
            Pod::Reading(value) => Some(*value),
            Pod::Unready | Pod::Missing => None,
        });
        let (sum, count) = readings.fold((0u128, 0u128), |(sum, count), v| (sum + u128::from(v), count + 1));
        if count == 0 {
            return 0;
        }
        let at_target = (count * u128::from(self.metric.target())) as f64;
        let ratio = sum as f64 / at_target;
        let above = self.steps.iter().filter_map(|step| Some((step.above?.get(), step.add?)));
        let above = above.filter(|(bound, _)| ratio > *bound).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, add)) = above {
            return i64::from(add.get());
        }
        let below = self.steps.iter().filter_map(|step| Some((step.below?.get(), step.remove?)));
        let below = below.filter(|(bound, _)| ratio < *bound).min_by(|a, b| a.0.total_cmp(&b.0));
        below.map_or(0, |(_, remove)| -i64::from(remove.get()))
    }
}

impl State {
    /// How many instances there should be now.
    pub fn desired(&mut self, config: &Config, facts: &Facts<'_>) -> u32 {
        if self.changed.is_some_and(|changed| facts.now < changed + config.cooldown) {
            return facts.current;
        }
        let wanted = i64::from(facts.current) + config.change(facts.pods);
        let next = wanted.clamp(i64::from(config.min.get()), i64::from(config.max.get())) as u32;
        if next != facts.current {
            self.changed = Some(facts.now);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::super::MILLION;
    use super::*;
    use crate::policy::testing::read;

    const STEPS: &str = r#"{"max": 20, "metric": {"in_flight": {"target": 10}},
        "steps": [{"above": 1.2, "add": 2}, {"above": 2, "add": 6}, {"below": 0.5, "remove": 1}]}"#;

    fn config(json: &str) -> Config {
        read(json).expect("settings are readable")
    }

    fn ask(state: &mut State, seconds: u64, current: u32, each: u64) -> u32 {
        let now = SimTime::ZERO + SimDuration::from_secs(seconds);
        let pods = vec![Pod::Reading(each * MILLION); current as usize];
        state.desired(&config(STEPS), &Facts { now, current, pods: &pods })
    }

    #[test]
    fn the_farthest_step_passed_decides() {
        assert_eq!(config(STEPS).check(1), []);
        for (each, next) in [(12, 10), (13, 12), (20, 12), (21, 16), (5, 10), (4, 9), (100, 16)] {
            assert_eq!(ask(&mut State::default(), 0, 10, each), next, "{each} on each");
        }
    }

    #[test]
    fn after_a_change_it_rests() {
        let mut state = State::default();
        assert_eq!(ask(&mut state, 0, 10, 30), 16);
        assert_eq!(ask(&mut state, 299, 16, 30), 16);
        assert_eq!(ask(&mut state, 300, 16, 30), 20, "not above `max`");
        assert_eq!(ask(&mut state, 600, 20, 30), 20);
        assert_eq!(ask(&mut state, 601, 20, 1), 19, "nothing changed at 600 s, so it does not rest");
    }

    #[test]
    fn steps_that_make_no_sense_are_named() {
        let fields = |steps: &str| -> Vec<String> {
            let config = config(&format!(r#"{{"max": 2, "period": "0s", "steps": {steps}}}"#));
            config.check(1).into_iter().map(|p| p.field).collect()
        };
        assert_eq!(fields("[]"), ["period", "steps"]);
        assert_eq!(fields(r#"[{"above": 1, "remove": 1}]"#), ["period", "steps/0"]);
        assert_eq!(fields(r#"[{"above": 1, "add": 1}, {"below": 2, "remove": 1}]"#), ["period", "steps"]);
    }
}
