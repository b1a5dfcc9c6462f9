//! What does a comparison leave behind? Plain data, the border between running and reporting:
//! everything a table, a figure or a page needs, so that reports are redrawn from a folder without
//! simulating again. The JSON shape is versioned; text may change, JSON may not.

pub mod critical;
pub mod hysteresis;
pub mod glance;
pub mod map;
pub mod marks;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metric::Metric;
use crate::picture::VariantPicture;
use crate::presets::PresetUse;

/// Which scenario, and exactly which text of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioRef {
    /// The scenario's `id`.
    pub id: String,
    /// BLAKE3 of the file's bytes and of every `--set`, 16 hexadecimal digits.
    pub hash: String,
}

/// How many seeds had an outcome, with the Wilson interval of its share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Seeds with the outcome.
    pub count: u32,
    /// Seeds in all.
    pub of: u32,
    /// `count / of`.
    pub share: f64,
    /// 95 % Wilson score interval.
    pub ci95: [f64; 2],
}

/// Shares of the verdicts over seeds; they add up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Control healthy, every trigger over, no recovery by the horizon.
    pub stuck: Share,
    /// Unhealthy for a while, then healthy again.
    pub recovered: Share,
    /// The control itself is unhealthy.
    pub overloaded: Share,
    /// Never unhealthy.
    pub unaffected: Share,
    /// Stopped by a bound, or no trigger to judge.
    pub inconclusive: Share,
}

/// One metric of one variant over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricResult {
    /// Mean over the seeds that have a value; none if no seed has one, or if the values of some
    /// seeds are censored.
    pub mean: Option<f64>,
    /// 95 % Student interval of the mean; none below two values.
    pub ci95: Option<[f64; 2]>,
    /// Median, lower and upper quartile with censored seeds counted as infinite; only for metrics
    /// that can be censored (`recovery_time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Quantiles>,
    /// One value per seed, in the order of `seeds`; none where there was nothing to measure.
    pub per_seed: Vec<Option<f64>>,
    /// `s`, `1/s` or `1`.
    pub unit: String,
}

/// Quantiles over seeds; none where the quantile falls into the censored seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 25 % of the seeds are at most this.
    pub p25: Option<f64>,
    /// Half of the seeds are at most this.
    pub p50: Option<f64>,
    /// 75 % of the seeds are at most this.
    pub p75: Option<f64>,
    /// Share of the seeds without a value.
    pub censored_share: f64,
}

/// One workload or one service over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartResult {
    /// Name in the file.
    pub name: String,
    /// Metrics after warm-up, by metric id.
    pub metrics: BTreeMap<String, MetricResult>,
}

/// Metrics of a single workload, in the order of tables.
pub const WORKLOAD_METRICS: &[Metric] = &[
    Metric::Offered,
    Metric::Goodput,
    Metric::Success,
    Metric::UnansweredShare,
    Metric::LatencyP50,
    Metric::LatencyP99,
];

/// Metrics of a single service, in the order of tables.
pub const SERVICE_METRICS: &[Metric] = &[
    Metric::Attempts,
    Metric::Utilisation,
    Metric::QueueLength,
    Metric::Rejected,
    Metric::Errors,
    Metric::Dropped,
    Metric::Lost,
    Metric::Crashes,
    Metric::UnderReplicated,
    Metric::RepairShare,
    Metric::MemoryShare,
    Metric::HitRatio,
    Metric::CacheLoads,
    Metric::StaleAnswers,
    Metric::StampedeSize,
    Metric::Instances,
    Metric::InstanceSeconds,
    Metric::Outside,
    Metric::HeldUp,
];

/// One variant over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariantResult {
    /// Name in the file.
    pub name: String,
    /// Outcome shares of the triggered arm, judged against the control arm of the same seed.
    pub verdicts: Verdicts,
    /// Metrics of the triggered arm after warm-up, by metric id.
    pub metrics: BTreeMap<String, MetricResult>,
    /// Metrics of the control arm (faults off), by metric id; empty if the scenario has no fault.
    #[serde(default)]
    pub control: BTreeMap<String, MetricResult>,
    /// Metrics of each workload in the triggered arm; empty if there is only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<PartResult>,
    /// Metrics of each service in the triggered arm, callers first; empty if there is only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<PartResult>,
    /// Why stuck seeds stay down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<crate::diagnosis::Diagnosis>,
    /// What the theories that apply say, beside what was simulated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<crate::twin::TwinResult>,
    /// What people saw and did, and when, in the triggered arm; empty if they did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<marks::MarkResult>,
    /// Events of all runs of the triggered arm.
    pub events: u64,
    /// Requests of all runs of the triggered arm.
    pub requests: u64,
}

/// A paired difference of one metric between a variant and the baseline, on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// The variant.
    pub variant: String,
    /// The first variant of the file.
    pub baseline: String,
    /// Metric id.
    pub metric: String,
    /// Mean over seeds of variant minus baseline; none where fewer than two seeds have both.
    pub mean_difference: Option<f64>,
    /// 95 % Student interval of the paired differences.
    pub ci95: Option<[f64; 2]>,
    /// Name of the method and number of pairs.
    pub method: String,
}

/// How an expectation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The claim holds.
    Holds,
    /// The claim does not hold.
    Fails,
    /// There was nothing to measure.
    Inconclusive,
}

/// One line of `expect`, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectationResult {
    /// The claim as a sentence.
    pub text: String,
    /// How it came out.
    pub outcome: Outcome,
    /// What was measured, as a sentence fragment.
    pub measured: String,
    /// Seeds on which it holds, for claims per seed.
    pub seeds_ok: Option<u32>,
    /// Seeds looked at.
    pub of: u32,
    /// First seed on which a per-seed claim fails, to replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failing_seed: Option<u64>,
}

/// `spiral compare --format json`, and `results.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `spiral/compare/1` (or `spiral/run/1` for a single run).
    pub schema: String,
    /// Version of the program.
    pub spiral: String,
    /// The scenario.
    pub scenario: ScenarioRef,
    /// The seeds, in order.
    pub seeds: Vec<u64>,
    /// One entry per variant, in the order of the file; the first is the baseline.
    pub variants: Vec<VariantResult>,
    /// Every variant against the baseline.
    pub comparisons: Vec<PairedDifference>,
    /// The file's claims.
    pub expectations: Vec<ExpectationResult>,
    /// Command that repeats this result.
    pub reproduce: String,
}

/// With or without the triggers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// Faults off.
    Control,
    /// Faults on.
    Triggered,
}

/// A band over seeds at one moment; `None` where no seed has a value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Band {
    /// 10 % of the seeds are at most this.
    pub p10: Option<f64>,
    /// Median over seeds.
    pub p50: Option<f64>,
    /// 90 % of the seeds are at most this.
    pub p90: Option<f64>,
}

/// The time series of one variant and arm, over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantSeries {
    /// Name of the variant.
    pub variant: String,
    /// Which arm.
    pub arm: Arm,
    /// One band per window, for each metric of [`SERIES_METRICS`].
    pub bands: BTreeMap<Metric, Vec<Band>>,
}

/// Metrics that stand in `series.csv` and can be drawn over time.
pub const SERIES_METRICS: &[Metric] = &[
    Metric::Offered,
    Metric::Attempts,
    Metric::Throughput,
    Metric::Goodput,
    Metric::Success,
    Metric::QueueLength,
    Metric::BusyWorkers,
    Metric::LatencyP50,
    Metric::LatencyP99,
];

/// All time series of a comparison (`series.csv`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Start of each window, seconds.
    pub starts_s: Vec<f64>,
    /// Width of a window, seconds.
    pub width_s: f64,
    /// One entry per variant and arm.
    pub lines: Vec<VariantSeries>,
}

/// A latency distribution (`latency.csv`): answered requests of all seeds after warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyCdf {
    /// Name of the variant.
    pub variant: String,
    /// Latency in seconds and the share of answered requests at most this slow, ascending.
    pub points: Vec<(f64, f64)>,
    /// Share of the requests that were never answered.
    pub unanswered_share: f64,
}

/// A named trigger, for shading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriggerWindow {
    /// Name in the file.
    pub name: String,
    /// Start, seconds.
    pub start_s: f64,
    /// End, seconds.
    pub end_s: f64,
    /// What it does, in words.
    pub what: String,
}

/// `manifest.json`: what is needed to read and to repeat the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `spiral/manifest/1`.
    pub schema: String,
    /// Version of the program.
    pub spiral: String,
    /// The scenario.
    pub scenario: ScenarioRef,
    /// Title of the scenario.
    pub title: String,
    /// Summary text of the scenario.
    pub summary: String,
    /// Which kind of result the folder holds: `compare`, `run` or `sweep`.
    pub kind: String,
    /// The seeds, in order.
    pub seeds: Vec<u64>,
    /// Horizon of a run, seconds.
    pub horizon_s: f64,
    /// Discarded start of a run, seconds.
    pub warmup_s: f64,
    /// Share of the control's success that counts as healthy.
    pub healthy: f64,
    /// Triggers per variant, by variant name.
    pub triggers: BTreeMap<String, Vec<TriggerWindow>>,
    /// What operators do at known moments, by variant; where nothing is changed for a while only, the end is the
    /// start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, Vec<TriggerWindow>>,
    /// The resolved model of every variant as the loader understood it, by variant name.
    pub resolved: BTreeMap<String, serde_json::Value>,
    /// What is built on presets and what holds there, by variant; those without any are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub presets: BTreeMap<String, Vec<PresetUse>>,
    /// Command that repeats this result.
    pub reproduce: String,
}

impl Manifest {
    /// What happens to a variant and is drawn over time: its triggers, then what operators do.
    pub fn events(&self, variant: &str) -> impl Iterator<Item = &TriggerWindow> {
        let all = [self.triggers.get(variant), self.actions.get(variant)];
        all.into_iter().flatten().flatten()
    }
}

/// One point of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// The value as the file writes it, such as `90/s`.
    pub value: String,
    /// The value as a number, for the axis.
    pub x: f64,
    /// One entry per variant.
    pub variants: Vec<VariantResult>,
}

/// A closed form drawn beside a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TheoryLine {
    /// Name of the variant it belongs to.
    pub variant: String,
    /// The metric it predicts.
    pub metric: Metric,
    /// The closed form's name, such as `M/M/1`.
    pub name: String,
    /// (x, predicted value), ascending in x.
    pub points: Vec<(f64, f64)>,
}

/// The loads that a variant of a sweep can carry, where they can be known before any run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityLine {
    /// Name of the variant.
    pub variant: String,
    /// Requests per second that are served in good times.
    pub advertised_per_s: f64,
    /// Requests per second below which every trigger heals, if the analysis vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_per_s: Option<f64>,
}

/// A sweep (`spiral sweep --format json`; `results.json` of a sweep folder).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepResult {
    /// `spiral/sweep/1`.
    pub schema: String,
    /// Version of the program.
    pub spiral: String,
    /// The scenario.
    pub scenario: ScenarioRef,
    /// Name of the sweep in the file, or `x` for one from the command line.
    pub sweep: String,
    /// Path of the swept value in the file.
    pub path: String,
    /// Label of the x axis.
    pub label: String,
    /// Metric of the y axis.
    pub metric: Metric,
    /// The seeds inside each point.
    pub seeds: Vec<u64>,
    /// The points in order.
    pub points: Vec<SweepPoint>,
    /// Closed forms where one exists.
    pub theory: Vec<TheoryLine>,
    /// What each variant can carry, if that is the same at all points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacities: Vec<CapacityLine>,
    /// Claims that name a point of this sweep.
    pub expectations: Vec<ExpectationResult>,
    /// Command that repeats this result.
    pub reproduce: String,
}

/// Everything one comparison leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonReport {
    /// How to read it.
    pub manifest: Manifest,
    /// The numbers.
    pub comparison: Comparison,
    /// Time series.
    pub series: Series,
    /// Latency distributions of the triggered arms.
    pub latency: Vec<LatencyCdf>,
    /// What single services and instances did, for the variants that have something to show
    /// (`pictures.json`).
    pub pictures: Vec<VariantPicture>,
    /// Named sweeps of the file that were run along.
    pub sweeps: Vec<SweepResult>,
}
