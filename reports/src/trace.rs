//! How is the story of a request shown? The same rows as text in the terminal, as a picture on a page, and
//! as lanes for a viewer of traces.

pub(crate) mod page;
pub mod perfetto;
pub(crate) mod rows;
mod waterfall;

use std::path::{Path, PathBuf};

use scenarios::trace::Traced;

use crate::error::ReportError;
use crate::folder::Batch;

/// Writes trace.html, trace.json and trace.perfetto.json; returns the paths. Either all of it appears or
/// nothing.
pub fn write(traced: &Traced, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut batch = Batch::default();
    batch.add("trace.html", page::of_trace(&traced.trace)?);
    let document = serde_json::to_string_pretty(&traced.trace).expect("plain data becomes JSON");
    batch.add("trace.json", document + "\n");
    batch.add("trace.perfetto.json", perfetto::text(traced));
    batch.write(dir)
}
