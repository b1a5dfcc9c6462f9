//! What is reported of a module at a glance?

use serde::{Deserialize, Serialize};

use super::ScenarioRef;

/// The number of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlanceSide {
    /// Name of the variant.
    pub variant: String,
    /// Mean over seeds; none if some seed had nothing to measure.
    pub mean: Option<f64>,
    /// Its 95 % interval (Student t), with two seeds or more.
    pub ci95: Option<[f64; 2]>,
    /// The value of every seed.
    pub per_seed: Vec<Option<f64>>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlancePanel {
    /// Which.
    pub scenario: ScenarioRef,
    /// Its title.
    pub title: String,
    /// Id of the metric.
    pub metric: String,
    /// What the number is, for people.
    pub label: String,
    /// Its unit, as comparisons name it.
    pub unit: String,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The variant that believes the fallacy.
    pub naive: GlanceSide,
    /// The variant that does not.
    pub aware: GlanceSide,
}

/// A module at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlanceResult {
    /// `spiral/glance/1`.
    pub schema: String,
    /// The version that made it.
    pub spiral: String,
    /// Name of the module.
    pub module: String,
    /// One per scenario, in order.
    pub panels: Vec<GlancePanel>,
    /// The command that repeats it.
    pub reproduce: String,
}
