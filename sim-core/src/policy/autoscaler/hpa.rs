//! As many instances as bring the mean of a metric to its target.
//!
//! **What it does.** Every `sync_period`: ratio = mean reading / target; within `tolerance` of 1 nothing
//! happens, else the recommendation is ceil(ratio * instances with a reading), by way of what is not known of
//! the others: starting or unready ones count as 0 when there seem to be too few; those without a reading
//! count as 0 when there seem to be too few and as fully busy when there seem to be too many. If that turns
//! the answer round, or brings it within the tolerance, nothing happens. A recommendation then passes the
//! windows and speed limits of `scale_up` and `scale_down` ([`limits`]) and the bounds `min` and `max`.
//! **Why it exists.** Load changes over a day; paying for the peak all day is dear, and so is failing at it.
//! **Where it fails.** It is late by the age of its reading, its period and the boot of what it starts:
//! against a step it helps after a minute or two. And it believes its metric: workers that wait for a slow
//! dependency burn no processor time, so a fleet in trouble looks idle and is taken away.
//! **Source.** Kubernetes horizontal pod autoscaler, `pkg/controller/podautoscaler` (`replica_calculator.go`,
//! `horizontal.go`; defaults of the controller manager and of `autoscaling/v2`). Deviations: one metric;
//! readings are exact to a millionth, not whole percents; the tolerance is compared exactly: 88 against a
//! target of 80 is within 0.1, where floating point finds it just outside.

use serde::{Deserialize, Serialize};

use super::{Facts, Metric, Pipeline, Pod, check_common};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Probability};

pub mod limits;
use limits::{Limits, LimitsConfig};

/// The settings, with the defaults of Kubernetes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Hpa"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// What is looked at, and its target; default `{cpu: {target: 0.8}}`.
    #[serde(default)]
    pub metric: Metric,
    /// The fewest instances; from 1. Default: 1.
    #[serde(default = "one")]
    pub min: Count,
    /// The most instances; at least `min`.
    pub max: Count,
    /// How often it looks, above 0s. Default: 15s.
    #[serde(default = "seconds::<15>")]
    pub sync_period: SimDuration,
    /// A reading is the mean over so long; above 0s. Default: 15s.
    #[serde(default = "seconds::<15>")]
    pub metric_window: SimDuration,
    /// How old a reading is when it can be seen; from 0s. Default: 15s.
    #[serde(default = "seconds::<15>")]
    pub metric_delay: SimDuration,
    /// A mean this near to the target, as a share of it, is left alone; 0 to 1. Default: 0.1.
    #[serde(default = "tenth")]
    pub tolerance: Probability,
    /// How fast it adds. Default: at once, per 15s the larger of 4 instances and as many as there are.
    #[serde(default)]
    pub scale_up: LimitsConfig,
    /// How fast it removes. Default: down to the highest recommendation of the last 300s, all per 15s.
    #[serde(default)]
    pub scale_down: LimitsConfig,
    /// For so long after its start a reading of processors counts only once the instance has been ready for a
    /// whole window. Default: 5m.
    #[serde(default = "seconds::<300>")]
    pub cpu_initialization: SimDuration,
    /// After that, one that is not ready counts as starting if it was never ready later than so long after
    /// its start. Default: 30s.
    #[serde(default = "seconds::<30>")]
    pub initial_readiness_delay: SimDuration,
}

fn one() -> Count {
    Count::ONE
}

fn tenth() -> Probability {
    Probability::new(0.1)
}

fn seconds<const S: u64>() -> SimDuration {
    SimDuration::from_secs(S)
}

/// What it recommended and did lately.
#[derive(Clone, Debug, Default)]
pub struct State {
    limits: Limits,
}

/// A sum of readings against what it would be at the target.
#[derive(Clone, Copy)]
struct Ratio {
    sum: u128,
    at_target: u128,
}

impl Ratio {
    fn is_within(self, tolerance: u128) -> bool {
        self.sum.abs_diff(self.at_target) * 1_000_000 <= tolerance * self.at_target
    }

    fn is_above(self) -> bool {
        self.sum > self.at_target
    }

    fn is_below(self) -> bool {
        self.sum < self.at_target
    }
}

impl Config {
    /// Contradictions between fields, and with the number at the start; empty if there is none.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        let pipeline = Pipeline { window: self.metric_window, delay: self.metric_delay };
        let mut problems = check_common((self.min, self.max), instances, &self.metric, pipeline);
        if self.sync_period == SimDuration::ZERO {
            problems.push(Problem::new("sync_period", "must be above 0s: it is how often the scaler looks"));
        }
        problems.extend(Problem::below("scale_up", self.scale_up.check()));
        problems.extend(Problem::below("scale_down", self.scale_down.check()));
        problems
    }

    /// How many instances there should be by the readings alone.
    fn recommended(&self, facts: &Facts<'_>) -> u32 {
        let target = u128::from(self.metric.target());
        let (mut sum, mut counted, mut unready, mut missing) = (0, 0, 0, 0);
        for pod in facts.pods {
            match pod {
                Pod::Reading(value) => {
                    sum += u128::from(*value);
                    counted += 1;
                }
                Pod::Unready => unready += 1,
                Pod::Missing => missing += 1,
            }
        }
        let hold = facts.current;
        if counted == 0 {
            return hold;
        }
        let tolerance = u128::from((self.tolerance.get() * 1e6).round() as u64);
        let first = Ratio { sum, at_target: target * counted };
        let as_many = |sum: u128| u32::try_from(sum.div_ceil(target)).unwrap_or(u32::MAX);
        let starting = if first.is_above() { unready } else { 0 };
        if starting == 0 && missing == 0 {
            return if first.is_within(tolerance) { hold } else { as_many(sum) };
        }
        if first.is_below() {
            sum += missing * u128::from(self.metric.when_missing());
        }
        if first.is_below() || first.is_above() {
            counted += missing;
        }
        counted += starting;
        let again = Ratio { sum, at_target: target * counted };
        let is_turned = first.is_below() && again.is_above() || first.is_above() && again.is_below();
        if again.is_within(tolerance) || is_turned {
            return hold;
        }
        let wanted = as_many(sum);
        let is_wrong_way =
            again.is_below() && wanted > facts.current || again.is_above() && wanted < facts.current;
        if is_wrong_way { hold } else { wanted }
    }
}

impl State {
    /// How many instances there should be now.
    pub fn desired(&mut self, config: &Config, facts: &Facts<'_>) -> u32 {
        let wanted = config.recommended(facts);
        let (up, down) = (config.scale_up.lower(true), config.scale_down.lower(false));
        let bounds = (config.min.get(), config.max.get());
        self.limits.limit(&up, &down, bounds, facts.current, wanted, facts.now)
    }
}

#[cfg(test)]
mod tests;
