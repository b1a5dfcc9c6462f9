//! What can go wrong between results and files? Each error names the path and the reason.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A report that could not be written or read.
#[derive(Debug)]
pub struct ReportError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: ReportErrorKind,
}

/// Why a report could not be written or read.
#[derive(Debug)]
pub enum ReportErrorKind {
    /// The folder could not be made.
    CreateFolder(io::Error),
    /// The file could not be written.
    Write(io::Error),
    /// The file could not be read.
    Read(io::Error),
    /// The folder holds no results.
    NoResults,
    /// Another version of the program wrote it.
    Version {
        /// What the file says.
        found: String,
        /// What this program reads.
        expected: &'static str,
    },
    /// The file is no JSON of the expected shape.
    Json(serde_json::Error),
    /// A row of a table cannot be read.
    Table {
        /// Line of the file, counted from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// Something stands in the manifest that does not belong there.
    Manifest(String),
    /// A figure or the page could not be drawn: our mistake, not the user's.
    Drawing(String),
}

impl ReportError {
    pub(crate) fn new(path: &Path, kind: ReportErrorKind) -> Self {
        ReportError { path: path.to_path_buf(), kind }
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.kind)
    }
}

impl fmt::Display for ReportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportErrorKind::CreateFolder(error) => write!(f, "cannot make this folder: {error}"),
            ReportErrorKind::Write(error) => write!(f, "cannot write this file: {error}"),
            ReportErrorKind::Read(error) => write!(f, "cannot read this file: {error}"),
            ReportErrorKind::NoResults => {
                f.write_str("no results here: a report folder holds a `manifest.json`")
            }
            ReportErrorKind::Version { found, expected } => {
                write!(f, "written as `{found}`, but this version of spiral reads `{expected}`")
            }
            ReportErrorKind::Json(error) => write!(f, "not the expected JSON: {error}"),
            ReportErrorKind::Table { line, what } => write!(f, "line {line}: {what}"),
            ReportErrorKind::Manifest(what) => f.write_str(what),
            ReportErrorKind::Drawing(what) => write!(f, "cannot be drawn: {what}"),
        }
    }
}

impl std::error::Error for ReportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ReportErrorKind::CreateFolder(error)
            | ReportErrorKind::Write(error)
            | ReportErrorKind::Read(error) => Some(error),
            ReportErrorKind::Json(error) => Some(error),
            ReportErrorKind::NoResults
            | ReportErrorKind::Version { .. }
            | ReportErrorKind::Table { .. }
            | ReportErrorKind::Manifest(_)
            | ReportErrorKind::Drawing(_) => None,
        }
    }
}
