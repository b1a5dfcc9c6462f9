//! Spiral's tables, charts and pages: what people see of results that [`scenarios`] computed.
//!
//! The input is the plain data of [`scenarios::results`]. [`write_comparison`], [`write_sweep`], [`write_map`],
//! [`write_critical`] and [`write_hysteresis`] leave a folder behind that holds the numbers, the figures and a
//! self-contained page; [`read`] takes the numbers back and [`redraw`] makes figures and page again without
//! simulating. [`comparison_text`], [`run_text`], [`sweep_text`] and [`map_text`] are the terminal's view. Equal results give equal bytes, on every
//! machine and without any font installed.

mod alt;
mod chart;
mod error;
pub mod figures;
mod folder;
mod format;
mod glance;
mod landscape;
mod map;
mod marks;
mod options;
mod page;
mod parts;
mod png;
mod replay;
mod shown;
mod slug;
mod stored;
mod svg;
mod sweep_table;
mod tables;
mod terminal;
mod theory;
pub mod trace;
mod typeset;
mod words;

use std::path::{Path, PathBuf};

use scenarios::results::critical::CriticalResult;
use scenarios::results::glance::GlanceResult;
use scenarios::results::hysteresis::HysteresisResult;
use scenarios::results::map::MapResult;
use scenarios::results::{ComparisonReport, Manifest, SweepResult};

pub use error::{ReportError, ReportErrorKind};
pub use options::{Options, Size, Theme};
pub use stored::{Stored, read};
pub use terminal::{TextStyle, comparison_text, explanation_text, run_text, sweep_text, trace_text};
pub use terminal::{critical_text, glance_text, hysteresis_text, map_text};
pub use terminal::{policies_text, policy_text, preset_text, presets_text};

use figures::Figure;
use folder::Batch;

/// Writes the folder of a comparison: results.json, series.csv, latency.csv, pictures.json, a
/// sweep-*.json per sweep, manifest.json, report.html and figures; returns the paths. Either all of it appears or nothing.
pub fn write_comparison(
    report: &ComparisonReport,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    let manifest = stored::bounded(&report.manifest);
    write(&Stored::Comparison(ComparisonReport { manifest, ..report.clone() }), dir, options)
}

/// Writes the folder of a lone sweep: results.json, manifest.json, report.html and figures.
pub fn write_sweep(
    manifest: &Manifest,
    sweep: &SweepResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    write(&Stored::Sweep(stored::bounded(manifest), sweep.clone()), dir, options)
}

/// The same of a map; the manifest's kind is `map`.
pub fn write_map(
    manifest: &Manifest,
    map: &MapResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    write(&Stored::Map(stored::bounded(manifest), map.clone()), dir, options)
}

/// The same of a search for critical values; the manifest's kind is `critical`.
pub fn write_critical(
    manifest: &Manifest,
    result: &CriticalResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    write(&Stored::Critical(stored::bounded(manifest), result.clone()), dir, options)
}

/// The same of a load that goes up and down; the manifest's kind is `hysteresis`.
pub fn write_hysteresis(
    manifest: &Manifest,
    result: &HysteresisResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    write(&Stored::Hysteresis(stored::bounded(manifest), result.clone()), dir, options)
}

/// The same of a module at a glance; the manifest's kind is `glance`.
pub fn write_glance(
    manifest: &Manifest,
    result: &GlanceResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    write(&Stored::Glance(stored::bounded(manifest), result.clone()), dir, options)
}

fn write(stored: &Stored, dir: &Path, options: &Options) -> Result<Vec<PathBuf>, ReportError> {
    let mut batch = Batch::default();
    stored::add(&mut batch, stored);
    add_page(&mut batch, stored, options)?;
    batch.write(dir)
}

/// Makes figures and page of a folder again from its stored numbers, which stay as they are.
pub fn redraw(dir: &Path, options: &Options) -> Result<Vec<PathBuf>, ReportError> {
    let mut batch = Batch::default();
    add_page(&mut batch, &read(dir)?, options)?;
    batch.write(dir)
}

fn add_page(batch: &mut Batch, stored: &Stored, options: &Options) -> Result<(), ReportError> {
    let figures = match stored {
        Stored::Comparison(report) => figures::of_comparison(report, options)?,
        Stored::Sweep(manifest, sweep) => figures::of_sweep(manifest, sweep, options)?,
        Stored::Map(manifest, map) => figures::of_map(manifest, map, options)?,
        Stored::Critical(manifest, result) => figures::of_critical(manifest, result, options)?,
        Stored::Hysteresis(manifest, result) => figures::of_hysteresis(manifest, result, options)?,
        Stored::Glance(manifest, result) => figures::of_glance(manifest, result, options)?,
    };
    let page = match stored {
        Stored::Comparison(report) => page::of_comparison(report, &figures)?,
        Stored::Sweep(manifest, sweep) => page::of_sweep(manifest, sweep, &figures)?,
        Stored::Map(manifest, map) => page::of_map(manifest, map, &figures)?,
        Stored::Critical(manifest, result) => page::of_critical(manifest, result, &figures)?,
        Stored::Hysteresis(manifest, result) => page::of_hysteresis(manifest, result, &figures)?,
        Stored::Glance(manifest, result) => page::of_glance(manifest, result, &figures)?,
    };
    batch.add("report.html", page);
    add_figures(batch, &figures, &stored.manifest().reproduce, options)
}

/// Adds every figure as SVG and, if wanted, as PNG; a bitmap of an earlier report never stays beside a
/// new SVG.
fn add_figures(
    batch: &mut Batch,
    figures: &[Figure],
    reproduce: &str,
    options: &Options,
) -> Result<(), ReportError> {
    let rasteriser = png::Rasteriser::new();
    for figure in figures {
        let path = Path::new("figures").join(format!("{}.svg", figure.name));
        let bitmap = path.with_extension("png");
        if options.png {
            let bytes = rasteriser
                .png(&figure.svg, reproduce)
                .map_err(|error| ReportError::new(&bitmap, ReportErrorKind::Drawing(error)))?;
            batch.add(bitmap, bytes);
        } else {
            batch.remove(bitmap);
        }
        batch.add(path, figure.svg.as_bytes());
    }
    Ok(())
}
