//! What stands in a report folder, and how is it read back? Everything a redraw needs: a folder read
//! again gives the same figures without simulating.

use std::path::Path;

use scenarios::picture::VariantPicture;
use scenarios::results::critical::CriticalResult;
use scenarios::results::glance::GlanceResult;
use scenarios::results::hysteresis::HysteresisResult;
use scenarios::results::map::MapResult;
use scenarios::results::{Comparison, ComparisonReport, Manifest, SweepResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{ReportError, ReportErrorKind};
use crate::folder::{Batch, read_text};
use crate::tables;

/// The results of a folder.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// A comparison or a single run.
    Comparison(ComparisonReport),
    /// A lone sweep.
    Sweep(Manifest, SweepResult),
    /// A sweep of two settings.
    Map(Manifest, MapResult),
    /// A search for critical values.
    Critical(Manifest, CriticalResult),
    /// A load that goes up and down again.
    Hysteresis(Manifest, HysteresisResult),
    /// A module at a glance.
    Glance(Manifest, GlanceResult),
}

impl Stored {
    /// How to read and to repeat them.
    pub fn manifest(&self) -> &Manifest {
        match self {
            Stored::Comparison(report) => &report.manifest,
            Stored::Sweep(manifest, _)
            | Stored::Map(manifest, _)
            | Stored::Critical(manifest, _)
            | Stored::Hysteresis(manifest, _)
            | Stored::Glance(manifest, _) => manifest,
        }
    }
}

const MANIFEST: &str = "manifest.json";
const RESULTS: &str = "results.json";
const SERIES: &str = "series.csv";
const LATENCY: &str = "latency.csv";
const PICTURES: &str = "pictures.json";
const MANIFEST_SCHEMA: &[&str] = &["spiral/manifest/1"];
const COMPARE_SCHEMA: &[&str] = &["spiral/compare/1", "spiral/run/1"];
const SWEEP_SCHEMA: &[&str] = &["spiral/sweep/1"];
const MAP_SCHEMA: &[&str] = &["spiral/map/1"];
const CRITICAL_SCHEMA: &[&str] = &["spiral/critical/1"];
const HYSTERESIS_SCHEMA: &[&str] = &["spiral/hysteresis/1"];
const GLANCE_SCHEMA: &[&str] = &["spiral/glance/1"];
const PICTURES_SCHEMA: &[&str] = &["spiral/pictures/1"];

/// What `manifest.json` holds besides the manifest, so that the tables can be read.
#[derive(Deserialize)]
struct Contents {
    window_s: Option<f64>,
    #[serde(default)]
    sweeps: Vec<String>,
}

/// `pictures.json`; folders without anything to show have none.
#[derive(Serialize, Deserialize)]
struct Pictures {
    schema: String,
    variants: Vec<VariantPicture>,
}

/// Adds the files of a comparison that hold its numbers.
fn add_comparison(batch: &mut Batch, report: &ComparisonReport) {
    let names = sweep_files(&report.sweeps);
    batch.add(RESULTS, pretty(&report.comparison));
    batch.add(SERIES, tables::series_csv(&report.series));
    batch.add(LATENCY, tables::latency_csv(&report.latency));
    if report.pictures.is_empty() {
        batch.remove(PICTURES);
    } else {
        let pictures = Pictures { schema: PICTURES_SCHEMA[0].to_owned(), variants: report.pictures.clone() };
        // Not pretty: one line per number would be most of the folder.
        batch.add(PICTURES, serde_json::to_string(&pictures).expect("plain data becomes JSON") + "\n");
    }
    for (name, sweep) in names.iter().zip(&report.sweeps) {
        batch.add(name, pretty(sweep));
    }
    let contents = json!({"window_s": report.series.width_s, "sweeps": names});
    batch.add(MANIFEST, manifest_text(&report.manifest, contents));
}

/// Adds the files that hold the numbers.
pub(crate) fn add(batch: &mut Batch, stored: &Stored) {
    match stored {
        Stored::Comparison(report) => add_comparison(batch, report),
        Stored::Sweep(manifest, sweep) => add_lone(batch, manifest, sweep),
        Stored::Map(manifest, map) => add_lone(batch, manifest, map),
        Stored::Critical(manifest, result) => add_lone(batch, manifest, result),
        Stored::Hysteresis(manifest, result) => add_lone(batch, manifest, result),
        Stored::Glance(manifest, result) => add_lone(batch, manifest, result),
    }
}

/// Adds a result that is one file.
fn add_lone<T: serde::Serialize>(batch: &mut Batch, manifest: &Manifest, result: &T) {
    batch.add(RESULTS, pretty(result));
    batch.add(MANIFEST, manifest_text(manifest, json!({})));
}

/// The manifest as it is stored and drawn: a trigger without an end lasts to the horizon, because JSON
/// knows no infinity.
pub(crate) fn bounded(manifest: &Manifest) -> Manifest {
    let mut manifest = manifest.clone();
    for window in manifest.triggers.values_mut().flatten() {
        if !window.end_s.is_finite() {
            window.end_s = manifest.horizon_s;
        }
    }
    manifest
}

/// Reads a report folder.
pub fn read(dir: &Path) -> Result<Stored, ReportError> {
    let path = dir.join(MANIFEST);
    if dir.is_dir() && !path.exists() {
        return Err(ReportError::new(dir, ReportErrorKind::NoResults));
    }
    let text = read_text(&path)?;
    let manifest: Manifest = versioned(&path, &text, MANIFEST_SCHEMA)?;
    let contents: Contents = parse(&path, &text)?;
    match manifest.kind.as_str() {
        "compare" | "run" => read_comparison(dir, manifest, contents),
        "sweep" => Ok(Stored::Sweep(manifest, read_lone(dir, SWEEP_SCHEMA)?)),
        "map" => {
            let map: MapResult = read_lone(dir, MAP_SCHEMA)?;
            let cells = map.x.values.len() * map.y.values.len();
            if map.variants.iter().any(|variant| variant.cells.len() != cells) {
                let what = format!("variants: each has {cells} cells, one per pair of values");
                return Err(ReportError::new(&dir.join(RESULTS), ReportErrorKind::Manifest(what)));
            }
            Ok(Stored::Map(manifest, map))
        }
        "critical" => Ok(Stored::Critical(manifest, read_lone(dir, CRITICAL_SCHEMA)?)),
        "hysteresis" => Ok(Stored::Hysteresis(manifest, read_lone(dir, HYSTERESIS_SCHEMA)?)),
        "glance" => Ok(Stored::Glance(manifest, read_lone(dir, GLANCE_SCHEMA)?)),
        other => {
            let what = format!(
                "kind: `{other}` is unknown; must be one of compare, run, sweep, map, critical, hysteresis, glance"
            );
            Err(ReportError::new(&path, ReportErrorKind::Manifest(what)))
        }
    }
}

/// Reads a result that is one file.
fn read_lone<T: DeserializeOwned>(dir: &Path, schemas: &[&'static str]) -> Result<T, ReportError> {
    let path = dir.join(RESULTS);
    versioned(&path, &read_text(&path)?, schemas)
}

fn read_comparison(dir: &Path, manifest: Manifest, contents: Contents) -> Result<Stored, ReportError> {
    let width_s = contents.window_s.ok_or_else(|| {
        let what = "window_s: the width of a window in seconds is missing".to_owned();
        ReportError::new(&dir.join(MANIFEST), ReportErrorKind::Manifest(what))
    })?;
    let results = dir.join(RESULTS);
    let comparison: Comparison = versioned(&results, &read_text(&results)?, COMPARE_SCHEMA)?;
    let series = dir.join(SERIES);
    let series = tables::read_series(&series, &read_text(&series)?, width_s)?;
    let latency = dir.join(LATENCY);
    let latency = tables::read_latency(&latency, &read_text(&latency)?)?;
    let pictures = match dir.join(PICTURES) {
        path if path.exists() => versioned::<Pictures>(&path, &read_text(&path)?, PICTURES_SCHEMA)?.variants,
        _ => Vec::new(),
    };
    let mut sweeps = Vec::new();
    for name in &contents.sweeps {
        if name.contains(['/', '\\']) {
            let what = format!("sweeps: `{name}` must be a file name");
            return Err(ReportError::new(&dir.join(MANIFEST), ReportErrorKind::Manifest(what)));
        }
        let path = dir.join(name);
        sweeps.push(versioned::<SweepResult>(&path, &read_text(&path)?, SWEEP_SCHEMA)?);
    }
    Ok(Stored::Comparison(ComparisonReport { manifest, comparison, series, latency, pictures, sweeps }))
}

/// File names of the sweeps of a comparison, in order and all different.
fn sweep_files(sweeps: &[SweepResult]) -> Vec<String> {
    crate::slug::unique(sweeps.iter().map(|sweep| sweep.sweep.as_str()))
        .into_iter()
        .map(|name| format!("sweep-{name}.json"))
        .collect()
}

/// Pretty JSON and a newline.
fn pretty<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("plain data becomes JSON") + "\n"
}

/// The manifest with what else the tables need to be read.
fn manifest_text(manifest: &Manifest, contents: Value) -> String {
    let mut value = serde_json::to_value(manifest).expect("plain data becomes JSON");
    if let (Value::Object(manifest), Value::Object(contents)) = (&mut value, contents) {
        manifest.extend(contents);
    }
    pretty(&value)
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ReportError> {
    serde_json::from_str(text).map_err(|error| ReportError::new(path, ReportErrorKind::Json(error)))
}

/// Parses a file whose `schema` must be one of those named.
fn versioned<T: DeserializeOwned>(
    path: &Path,
    text: &str,
    schemas: &[&'static str],
) -> Result<T, ReportError> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let found = parse::<Schema>(path, text)?.schema;
    if !schemas.contains(&found.as_str()) {
        let expected = schemas[0];
        return Err(ReportError::new(path, ReportErrorKind::Version { found, expected }));
    }
    parse(path, text)
}
