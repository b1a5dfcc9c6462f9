//! What is reported of a sweep of two settings: one value per cell and variant, measured or taken from the
//! cells around it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ScenarioRef;

/// A setting and its values in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisResult {
    /// Names separated by dots.
    pub path: String,
    /// What stands at the axis.
    pub label: String,
    /// As they stand in a file.
    pub values: Vec<String>,
    /// In seconds, per second, or plain.
    pub at: Vec<f64>,
    /// Whether their steps are equal ratios.
    pub log: bool,
}

/// What most seeds of a cell do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellClass {
    /// Never unhealthy, or healthy again.
    Heals,
    /// Down although nothing is wrong any more: at least half of the seeds that were judged.
    Stuck,
    /// Unhealthy without any trigger.
    Overloaded,
    /// Nothing to judge.
    Unknown,
}

/// One cell of a map, for one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapCell {
    /// Place on the first axis, from 0.
    pub x: usize,
    /// Place on the second axis.
    pub y: usize,
    /// Seeds that were run; 0 where the cell has its values from those around it.
    pub seeds: u32,
    /// What most seeds do.
    pub class: CellClass,
    /// What the map shows: a share of the seeds, or the mean of a metric.
    pub value: Option<f64>,
    /// Its 95 % interval; Wilson for shares, Student for means; wider where a cell was stopped early, so that it
    /// still covers in 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
    /// Seeds by verdict; those that no seed has are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<String, u32>,
    /// Means over the seeds of metrics that say more of the cell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// Mean success of the control arm, without any trigger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<f64>,
}

impl MapCell {
    /// Whether it was run.
    pub fn is_measured(&self) -> bool {
        self.seeds > 0
    }
}

/// What a closed form or an equation says about where the map changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contour {
    /// Which.
    pub name: String,
    /// When it applies, in a sentence.
    pub applies: String,
    /// Points on the axes' own scales, in order.
    pub points: Vec<(f64, f64)>,
}

/// The map of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapVariant {
    /// Name.
    pub name: String,
    /// Every cell, row by row from the first value of the second axis.
    pub cells: Vec<MapCell>,
    /// Where theory puts the boundary, if it says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contour: Option<Contour>,
    /// Why theory says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub no_contour: String,
}

/// What it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapCost {
    /// Cells that were run, of all variants together.
    pub cells: u64,
    /// Cells of the full grid.
    pub of_cells: u64,
    /// Seeds times cells that were run, each with its control.
    pub seeds: u64,
    /// Of the full grid with all seeds.
    pub of_seeds: u64,
}

/// A sweep of two settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapResult {
    /// `spiral/map/1`.
    pub schema: String,
    /// The version that made it.
    pub spiral: String,
    /// Of which scenario.
    pub scenario: ScenarioRef,
    /// Name of the sweep.
    pub sweep: String,
    /// Across.
    pub x: AxisResult,
    /// Upwards.
    pub y: AxisResult,
    /// What the cells show: `stuck` or another verdict for its share of the seeds, or a metric for its mean.
    pub shown: String,
    /// Its unit: `1/s`, `s`, `1`.
    pub unit: String,
    /// Seeds of a cell, at most.
    pub seeds: Vec<u64>,
    /// Whether only cells between neighbours that differ were run.
    pub refined: bool,
    /// Half the width of an interval at which a cell got no more seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// One map each.
    pub variants: Vec<MapVariant>,
    /// What it took.
    pub cost: MapCost,
    /// The command that repeats it.
    pub reproduce: String,
}

impl MapResult {
    /// A cell of a variant.
    pub fn cell<'a>(&self, variant: &'a MapVariant, x: usize, y: usize) -> &'a MapCell {
        &variant.cells[y * self.x.values.len() + x]
    }
}
