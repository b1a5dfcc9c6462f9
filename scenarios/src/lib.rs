//! Scenario files: loading, overlays, expectations, running variants over seeds, statistics, verdicts.

pub mod metric;
pub mod results;
pub mod yaml;
