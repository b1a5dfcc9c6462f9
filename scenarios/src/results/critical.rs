//! What is reported of the search for the size of a trigger at which half of the seeds stay down?

use serde::{Deserialize, Serialize};

use super::{ScenarioRef, Share};

/// One value of the setting that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalPoint {
    /// As it would stand in a file.
    pub value: String,
    /// In seconds, per second, or plain.
    pub x: f64,
    /// Seeds that stay down, of those that could be judged.
    pub stuck: Share,
}

/// The logistic curve through the points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticFit {
    /// Where the share is one half.
    pub critical: f64,
    /// Its 95 % interval.
    pub ci95: [f64; 2],
    /// The share at x is 1 / (1 + exp(-(intercept + slope u))), u = x or, on an axis of ratios, ln x.
    pub intercept: f64,
    /// Likewise.
    pub slope: f64,
}

/// The search for one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalVariant {
    /// Name.
    pub name: String,
    /// What was tried, in the order of the axis.
    pub points: Vec<CriticalPoint>,
    /// The critical value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<LogisticFit>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub no_fit: String,
    /// What a closed form or an equation says: its name and the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theory: Option<(String, f64)>,
}

/// A search for the value of a setting at which the share of stuck seeds is one half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalResult {
    /// `spiral/critical/1`.
    pub schema: String,
    /// The version that made it.
    pub spiral: String,
    /// Of which scenario.
    pub scenario: ScenarioRef,
    /// The setting.
    pub path: String,
    /// Label of the axis.
    pub label: String,
    /// Whether the fit is made on a scale of ratios.
    pub log: bool,
    /// Seeds per point.
    pub seeds: Vec<u64>,
    /// One search each.
    pub variants: Vec<CriticalVariant>,
    /// The command that repeats it.
    pub reproduce: String,
}
