//! Spiral's tables, charts and pages: what people see of results that [`scenarios`] computed.
//!
//! The input is the plain data of [`scenarios::results`]. [`write_comparison`] and [`write_sweep`] leave
//! a folder behind that holds the numbers, the figures and a self-contained page; [`read`] takes the
//! numbers back and [`redraw`] makes figures and page again without simulating. [`comparison_text`],
//! [`run_text`] and [`sweep_text`] are the terminal's view. Equal results give equal bytes, on every
//! machine and without any font installed.

mod alt;
mod chart;
mod error;
pub mod figures;
mod folder;
mod format;
mod map;
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
pub mod trace;
mod typeset;
mod words;

use std::path::{Path, PathBuf};

use scenarios::results::{ComparisonReport, Manifest, SweepResult};

pub use error::{ReportError, ReportErrorKind};
pub use options::{Options, Size, Theme};
pub use stored::{Stored, read};
pub use terminal::{
    TextStyle, comparison_text, explanation_text, map_text, run_text, sweep_text, trace_text,
};
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
    let report = &ComparisonReport { manifest: stored::bounded(&report.manifest), ..report.clone() };
    let mut batch = Batch::default();
    stored::add_comparison(&mut batch, report);
    add_comparison_page(&mut batch, report, options)?;
    batch.write(dir)
}

/// Writes the folder of a lone sweep: results.json, manifest.json, report.html and figures.
pub fn write_sweep(
    manifest: &Manifest,
    sweep: &SweepResult,
    dir: &Path,
    options: &Options,
) -> Result<Vec<PathBuf>, ReportError> {
    let manifest = &stored::bounded(manifest);
    let mut batch = Batch::default();
    stored::add_sweep(&mut batch, manifest, sweep);
    add_sweep_page(&mut batch, manifest, sweep, options)?;
    batch.write(dir)
}

/// Makes figures and page of a folder again from its stored numbers, which stay as they are.
pub fn redraw(dir: &Path, options: &Options) -> Result<Vec<PathBuf>, ReportError> {
    let mut batch = Batch::default();
    match read(dir)? {
        Stored::Comparison(report) => add_comparison_page(&mut batch, &report, options)?,
        Stored::Sweep(manifest, sweep) => add_sweep_page(&mut batch, &manifest, &sweep, options)?,
    }
    batch.write(dir)
}

fn add_comparison_page(
    batch: &mut Batch,
    report: &ComparisonReport,
    options: &Options,
) -> Result<(), ReportError> {
    let figures = figures::of_comparison(report, options)?;
    batch.add("report.html", page::of_comparison(report, &figures)?);
    add_figures(batch, &figures, &report.manifest.reproduce, options)
}

fn add_sweep_page(
    batch: &mut Batch,
    manifest: &Manifest,
    sweep: &SweepResult,
    options: &Options,
) -> Result<(), ReportError> {
    let figures = figures::of_sweep(manifest, sweep, options)?;
    batch.add("report.html", page::of_sweep(manifest, sweep, &figures)?);
    add_figures(batch, &figures, &manifest.reproduce, options)
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
