//! What can be set about outlier detection?

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::{Count, Factor, Probability, text_type};

/// When an instance is ejected for failing this client's attempts, and for how long. All defaults are
/// Envoy's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "OutlierDetection"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Errors in a row that eject, from 1, or `none`. Default: 5.
    pub consecutive_errors: InARow,
    /// Errors in a row other than `server_error` that eject, from 1, or `none`. Default: `none`.
    pub consecutive_gateway_errors: InARow,
    /// How often rates are judged and ejections end, above 0s. Default: 10s.
    pub interval: SimDuration,
    /// How long a first ejection lasts, above 0s; the second twice as long, and so on. Default: 30s.
    pub base_ejection: SimDuration,
    /// The longest ejection; `base_ejection`, if that is longer. Default: 300s.
    pub max_ejection: SimDuration,
    /// An ejection lasts up to this much longer, at random; from 0s. Default: 0s.
    pub ejection_jitter: SimDuration,
    /// The largest share of the instances that is out, 0 to 1; 0 switches detection off. Default: 0.1, which
    /// is nobody out of fewer than ten.
    pub max_ejected_ratio: Probability,
    /// Whether one may be out whatever the share. Default: false.
    pub always_eject_one: bool,
    /// Ejects those far below the others.
    pub success_rate: SuccessRate,
    /// Ejects those that fail a large share.
    pub failure_percentage: FailurePercentage,
}

/// Ejects those far below the others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct SuccessRate {
    /// Instances with enough attempts, without which nobody is judged; from 1. Default: 5.
    pub min_hosts: Count,
    /// Attempts per interval that are enough; from 1. Default: 100.
    pub min_requests: Count,
    /// How many standard deviations below the mean is too far. Default: 1.9.
    pub stdev_factor: Factor,
    /// In which share of the cases it is done, 0 to 1; 0 switches it off. Default: 1.
    pub enforce_ratio: Probability,
}

/// Ejects those that fail a large share.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct FailurePercentage {
    /// Instances with enough attempts, without which nobody is judged; from 1. Default: 5.
    pub min_hosts: Count,
    /// Attempts per interval that are enough; from 1. Default: 50.
    pub min_requests: Count,
    /// The share of failures that is too large, 0 to 1. Default: 0.85.
    pub threshold_ratio: Probability,
    /// In which share of the cases it is done, 0 to 1; 0 switches it off. Default: 0 (gRPC: 1).
    pub enforce_ratio: Probability,
}

/// How many in a row, or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InARow(pub Option<Count>);

impl InARow {
    pub(super) fn reached(self, in_a_row: u32) -> bool {
        self.0.is_some_and(|threshold| in_a_row >= threshold.get())
    }
}

impl FromStr for InARow {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(InARow(None));
        }
        text.parse().map(|count| InARow(Some(count))).map_err(|problem| format!("{problem}; or `none`"))
    }
}

impl fmt::Display for InARow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(count) => count.fmt(f),
        }
    }
}

text_type!(
    InARow,
    "InARow",
    "How many in a row: a whole number from 1, or `none`.",
    r"^\s*([0-9]+|none)\s*$"
);

impl Default for Config {
    fn default() -> Self {
        Config {
            consecutive_errors: InARow(Some(Count::new(5))),
            consecutive_gateway_errors: InARow(None),
            interval: SimDuration::from_secs(10),
            base_ejection: SimDuration::from_secs(30),
            max_ejection: SimDuration::from_secs(300),
            ejection_jitter: SimDuration::ZERO,
            max_ejected_ratio: Probability::new(0.1),
            always_eject_one: false,
            success_rate: SuccessRate::default(),
            failure_percentage: FailurePercentage::default(),
        }
    }
}

impl Default for SuccessRate {
    fn default() -> Self {
        SuccessRate {
            min_hosts: Count::new(5),
            min_requests: Count::new(100),
            stdev_factor: Factor::new(1.9),
            enforce_ratio: Probability::ONE,
        }
    }
}

impl Default for FailurePercentage {
    fn default() -> Self {
        FailurePercentage {
            min_hosts: Count::new(5),
            min_requests: Count::new(50),
            threshold_ratio: Probability::new(0.85),
            enforce_ratio: Probability::ZERO,
        }
    }
}

impl Config {
    pub(in crate::policy) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, span) in [("interval", self.interval), ("base_ejection", self.base_ejection)] {
            if span == SimDuration::ZERO {
                problems.push(Problem::new(field, "must be above 0s, such as `10s`"));
            }
        }
        problems
    }

    /// The longest ejection.
    pub(super) fn longest(&self) -> SimDuration {
        self.max_ejection.max(self.base_ejection)
    }

    /// How long an ejection lasts that is the `multiplier`-th in a row.
    pub(super) fn length(&self, multiplier: u32) -> SimDuration {
        self.base_ejection.mul_f64(f64::from(multiplier)).min(self.longest())
    }
}
