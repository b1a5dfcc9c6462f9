//! What is reported of a load that goes up and down again, slowly?

use serde::{Deserialize, Serialize};

use super::{Quantiles, ScenarioRef};

/// One step of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RampStep {
    /// The load, per second.
    pub load: f64,
    /// Share of the requests that arrived at the end of the step (its second half on the way up, its last quarter on
    /// the way down) and were answered in time: 10th percentile, median and 90th percentile over seeds.
    pub success: [f64; 3],
    /// Useful answers per second, likewise.
    pub goodput: [f64; 3],
}

/// Both branches of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HysteresisVariant {
    /// Name.
    pub name: String,
    /// While the load rises.
    pub up: Vec<RampStep>,
    /// Back from the load that broke it, each load tried by itself, highest first: only for seeds that broke there or
    /// above.
    pub down: Vec<RampStep>,
    /// The lowest load on the way up at which less than half is answered, over seeds; censored where it never
    /// breaks.
    pub breaks_at: Quantiles,
    /// The highest load at and below which everything is answered again after it broke, over the seeds that broke;
    /// censored where it never heals.
    pub heals_at: Quantiles,
    /// Loads that theory names, each with its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub theory: Vec<(String, f64)>,
}

/// A load that goes up and down again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HysteresisResult {
    /// `spiral/hysteresis/1`.
    pub schema: String,
    /// The version that made it.
    pub spiral: String,
    /// Of which scenario.
    pub scenario: ScenarioRef,
    /// Path of the load.
    pub path: String,
    /// Label of the axis.
    pub label: String,
    /// How long each step up lasts, seconds.
    pub dwell_s: f64,
    /// How long each load is held on the way down, seconds.
    pub dwell_down_s: f64,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// One loop each.
    pub variants: Vec<HysteresisVariant>,
    /// The command that repeats it.
    pub reproduce: String,
}
