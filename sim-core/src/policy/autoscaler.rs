//! How many instances should there be?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | `none` | as many as at the start | surprises | pays for the peak all day, or fails at it |
//! | [`hpa`] | as many as bring the mean of a metric to its target | slow changes of load | late by metric, sync and boot; believes its metric |
//! | [`step`] | some more or fewer when a metric leaves a band | the same, with fewer moves | late by its cooldown as well |
//! | [`schedule`] | so many at these times | peaks that are known | knows nothing of what happens |
//!
//! A scaler sees one reading per instance, not the system: what its metric does not show does not exist.
//! Readings and targets are whole millionths of the metric's unit, so that ratios are compared exactly and a
//! reading at the very edge of a tolerance falls on the same side on every machine: within.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Factor, Rate};

pub mod hpa;
pub mod step;
pub mod schedule;

/// What readings and targets are counted in: a millionth of the unit.
pub const MILLION: u64 = 1_000_000;
/// Most readings of an instance that wait to be published.
const MAX_DELAYED: u64 = 1_000;

/// Who decides how many instances there are. Default: `none`, as many as at the start.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Autoscaler"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Nobody: always as many as at the start.
    #[default]
    None,
    /// A controller that brings a metric to its target, by the rules of Kubernetes.
    Hpa(hpa::Config),
    /// Some more or fewer when a metric leaves a band, with a cooldown.
    Step(step::Config),
    /// So many at these times.
    Schedule(schedule::Config),
}

/// What a scaler looks at: the mean over the instances, and what it should be.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScalingMetric"))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Own work (`compute`, `service_time`) as a share of the processors that an instance asks for. A worker
    /// that waits for another service, for a slot of a pool or for a hung piece of work burns nothing.
    Cpu(CpuMetric),
    /// Attempts on an instance, waiting or in service.
    InFlight(NumberMetric),
    /// Attempts that wait on an instance.
    QueueLength(NumberMetric),
    /// Attempts per second that reach an instance.
    Rate(RateMetric),
}

/// Processors as a metric.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct CpuMetric {
    /// The share to reach; may be above 100%, which is what was asked for, not what there is. Default: 0.8
    /// (Kubernetes).
    pub target: Factor,
    /// Processors that an instance asks for: pieces of own work under way at once that count as 100%.
    /// Default: one for each of its workers.
    pub request: Option<Count>,
}

impl Default for CpuMetric {
    fn default() -> Self {
        CpuMetric { target: Factor::new(0.8), request: None }
    }
}

/// A number per instance as a metric.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct NumberMetric {
    /// The number per instance to reach, above 0.
    pub target: Factor,
}

/// Attempts per second as a metric.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct RateMetric {
    /// Attempts per second and instance to reach, above 0.
    pub target: Rate,
}

impl Default for Metric {
    fn default() -> Self {
        Metric::Cpu(CpuMetric::default())
    }
}

impl Metric {
    /// The target, in millionths.
    pub fn target(&self) -> u64 {
        let target = match self {
            Metric::Cpu(cpu) => cpu.target.get(),
            Metric::InFlight(number) | Metric::QueueLength(number) => number.target.get(),
            Metric::Rate(rate) => rate.target.as_per_second(),
        };
        (target * MILLION as f64).round() as u64
    }

    /// What an instance counts as whose reading is missing when there seem to be too many, in millionths.
    fn when_missing(&self) -> u64 {
        match self {
            Metric::Cpu(_) => self.target().max(MILLION),
            Metric::InFlight(_) | Metric::QueueLength(_) | Metric::Rate(_) => self.target(),
        }
    }

    /// Whether instances that are starting or not ready are told apart: only processors are busy for other
    /// reasons than load then.
    pub fn is_cpu(&self) -> bool {
        matches!(self, Metric::Cpu(_))
    }

    fn check(&self) -> Vec<Problem> {
        let word = match self {
            Metric::Cpu(_) => "cpu",
            Metric::InFlight(_) => "in_flight",
            Metric::QueueLength(_) => "queue_length",
            Metric::Rate(_) => "rate",
        };
        if self.target() > 0 {
            return Vec::new();
        }
        let sentence = "must be above 0: no number of instances brings a load down to nothing";
        vec![Problem::new(&format!("metric/{word}/target"), sentence)]
    }
}

/// One instance as a scaler sees it; those that are being removed are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pod {
    /// Its reading, in millionths of the metric's unit.
    Reading(u64),
    /// It is starting, or not ready: its reading says nothing of the load.
    Unready,
    /// It runs, but there is no reading of it.
    Missing,
}

/// What a scaler sees.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The moment.
    pub now: SimTime,
    /// Instances asked for so far.
    pub current: u32,
    /// Those that there are.
    pub pods: &'a [Pod],
}

/// How an instance becomes one whose reading counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Infancy {
    /// So long after its start, processor readings count only while it is ready and has been for a window.
    pub cpu_initialization: SimDuration,
    /// One that is not ready and was not later than so long after its start has never been.
    pub initial_readiness_delay: SimDuration,
}

/// How readings are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// A reading is the mean over so long, and there is one for each.
    pub window: SimDuration,
    /// From the end of a window until its readings can be seen.
    pub delay: SimDuration,
}

/// What a scaler remembers.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    None,
    /// What it recommended and did lately.
    Hpa(hpa::State),
    /// When it last did something.
    Step(step::State),
}

const OTHER_POLICY: &str = "a state belongs to the settings it was made from";

impl Config {
    /// Contradictions between fields, and with the number at the start; empty if there is none.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Hpa(config) => Problem::below("hpa", config.check(instances)),
            Config::Step(config) => Problem::below("step", config.check(instances)),
            Config::Schedule(config) => Problem::below("schedule", config.check()),
        }
    }

    /// The most instances there can be, if there are `instances` at the start.
    pub fn most(&self, instances: u32) -> u32 {
        match self {
            Config::None => instances,
            Config::Hpa(config) => config.max.get().max(instances),
            Config::Step(config) => config.max.get().max(instances),
            Config::Schedule(config) => config.most().max(instances),
        }
    }

    /// What is looked at; `None` if nothing is.
    pub fn metric(&self) -> Option<&Metric> {
        match self {
            Config::None | Config::Schedule(_) => None,
            Config::Hpa(config) => Some(&config.metric),
            Config::Step(config) => Some(&config.metric),
        }
    }

    /// How readings are taken; `None` if there are none.
    pub fn pipeline(&self) -> Option<Pipeline> {
        match self {
            Config::None | Config::Schedule(_) => None,
            Config::Hpa(config) => {
                Some(Pipeline { window: config.metric_window, delay: config.metric_delay })
            }
            Config::Step(config) => {
                Some(Pipeline { window: config.metric_window, delay: config.metric_delay })
            }
        }
    }

    /// From when on readings of a new instance count.
    pub fn infancy(&self) -> Infancy {
        match self {
            Config::Hpa(config) => Infancy {
                cpu_initialization: config.cpu_initialization,
                initial_readiness_delay: config.initial_readiness_delay,
            },
            Config::None | Config::Step(_) | Config::Schedule(_) => {
                Infancy { cpu_initialization: SimDuration::ZERO, initial_readiness_delay: SimDuration::ZERO }
            }
        }
    }

    /// When the scaler looks next, after `now`; `None` if never.
    pub fn next_look(&self, now: SimTime) -> Option<SimTime> {
        match self {
            Config::None => None,
            Config::Hpa(config) => Some(now + config.sync_period),
            Config::Step(config) => Some(now + config.period),
            Config::Schedule(config) => config.next_after(now),
        }
    }
}

impl State {
    /// A scaler that has done nothing yet.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::None | Config::Schedule(_) => State::None,
            Config::Hpa(_) => State::Hpa(hpa::State::default()),
            Config::Step(_) => State::Step(step::State::default()),
        }
    }

    /// How many instances there should be. What it answers is done: the next time it is `current`.
    pub fn desired(&mut self, config: &Config, facts: &Facts<'_>) -> u32 {
        match (config, self) {
            (Config::None, State::None) => facts.current,
            (Config::Schedule(config), State::None) => config.desired(facts),
            (Config::Hpa(config), State::Hpa(state)) => state.desired(config, facts),
            (Config::Step(config), State::Step(state)) => state.desired(config, facts),
            (Config::None | Config::Hpa(_) | Config::Step(_) | Config::Schedule(_), _) => {
                unreachable!("{OTHER_POLICY}")
            }
        }
    }
}

/// What `hpa` and `step` say of their bounds and readings, checked alike.
fn check_common(
    (min, max): (Count, Count),
    instances: u32,
    metric: &Metric,
    pipeline: Pipeline,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if min > max {
        let sentence = format!("it is {min}, above `max`, which is {max}; no number lies between");
        problems.push(Problem::new("min", sentence));
    } else if instances < min.get() {
        let sentence = format!(
            "it is {min}, but the service starts with {instances} (`instances`); start with at least {min}, or lower `min`"
        );
        problems.push(Problem::new("min", sentence));
    } else if instances > max.get() {
        let sentence = format!(
            "it is {max}, but the service starts with {instances} (`instances`); start with at most {max}, or raise `max`"
        );
        problems.push(Problem::new("max", sentence));
    }
    problems.extend(metric.check());
    if pipeline.window == SimDuration::ZERO {
        problems.push(Problem::new("metric_window", "must be above 0s: a reading is a mean over it"));
    } else if pipeline.delay.as_nanos() / pipeline.window.as_nanos() > MAX_DELAYED {
        let sentence = format!(
            "it is {}, more than {MAX_DELAYED} times `metric_window`, which is {}; so many readings on their way \
             are not simulated",
            pipeline.delay, pipeline.window
        );
        problems.push(Problem::new("metric_delay", sentence));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn nothing_said_is_nobody() {
        let config = Config::default();
        assert_eq!(read(r#""none""#), Ok(config.clone()));
        assert_eq!((config.check(5), config.most(5), config.next_look(SimTime::ZERO)), (vec![], 5, None));
        let facts = Facts { now: SimTime::ZERO, current: 5, pods: &[Pod::Reading(9 * MILLION); 5] };
        assert_eq!(State::new(&config).desired(&config, &facts), 5);
    }

    #[test]
    fn targets_are_whole_millionths() {
        for (json, target, missing) in [
            (r#"{"cpu": {}}"#, 800_000, MILLION),
            (r#"{"cpu": {"target": "120%"}}"#, 1_200_000, 1_200_000),
            (r#"{"in_flight": {"target": 7.5}}"#, 7_500_000, 7_500_000),
            (r#"{"rate": {"target": "50/s"}}"#, 50_000_000, 50_000_000),
        ] {
            let metric: Metric = read(json).expect("settings are readable");
            assert_eq!((metric.target(), metric.when_missing()), (target, missing), "{json}");
            assert_eq!(metric.check(), []);
        }
    }

    #[test]
    fn bounds_that_contradict_each_other_are_named() {
        let fields = |json: &str, instances| -> Vec<String> {
            let config: Config = read(json).expect("settings are readable");
            config.check(instances).into_iter().map(|p| p.field).collect()
        };
        assert_eq!(fields(r#"{"hpa": {"min": 5, "max": 3}}"#, 4), ["hpa/min"]);
        assert_eq!(fields(r#"{"hpa": {"min": 5, "max": 9}}"#, 4), ["hpa/min"]);
        assert_eq!(fields(r#"{"hpa": {"max": 9}}"#, 10), ["hpa/max"]);
        assert_eq!(fields(r#"{"hpa": {"max": 9, "metric_window": "0s"}}"#, 1), ["hpa/metric_window"]);
        let slow = r#"{"hpa": {"max": 9, "metric_window": "1s", "metric_delay": "1h"}}"#;
        assert_eq!(fields(slow, 1), ["hpa/metric_delay"]);
        let idle = r#"{"hpa": {"max": 9, "metric": {"rate": {"target": "0/s"}}}}"#;
        assert_eq!(fields(idle, 1), ["hpa/metric/rate/target"]);
    }
}
