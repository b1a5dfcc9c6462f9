//! How do files get into a folder without ever being half there? Everything is written under
//! temporary names first and renamed when all of it is on the disk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{ReportError, ReportErrorKind};

/// Files that shall appear together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    files: Vec<(PathBuf, Vec<u8>)>,
    outdated: Vec<PathBuf>,
}

impl Batch {
    /// Adds a file by its path inside the folder.
    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.files.push((path.into(), bytes.into()));
    }

    /// Names a file of an earlier report that must not stand beside the new ones.
    pub(crate) fn remove(&mut self, path: impl Into<PathBuf>) {
        self.outdated.push(path.into());
    }

    /// Writes all files into `dir`; returns their paths in the order they were added.
    pub(crate) fn write(self, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
        let mut staged = Staged { files: Vec::new() };
        for (name, bytes) in &self.files {
            let path = dir.join(name);
            let folder = path.parent().unwrap_or(dir);
            fs::create_dir_all(folder)
                .map_err(|error| ReportError::new(folder, ReportErrorKind::CreateFolder(error)))?;
            staged.stage(&path, bytes)?;
        }
        let written = staged.commit()?;
        for name in &self.outdated {
            let path = dir.join(name);
            if path.exists() {
                fs::remove_file(&path)
                    .map_err(|error| ReportError::new(&path, ReportErrorKind::Write(error)))?;
            }
        }
        Ok(written)
    }
}

/// Files under temporary names; dropping it removes those that were not renamed.
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    fn stage(&mut self, path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
        let failed = |error| ReportError::new(path, ReportErrorKind::Write(error));
        if path.is_dir() {
            return Err(failed(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        self.files.push((temporary.clone(), path.to_path_buf()));
        let mut file = fs::File::create(&temporary).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    fn commit(mut self) -> Result<Vec<PathBuf>, ReportError> {
        let mut written = Vec::new();
        for (temporary, path) in &self.files {
            fs::rename(temporary, path)
                .map_err(|error| ReportError::new(path, ReportErrorKind::Write(error)))?;
            written.push(path.clone());
        }
        self.files.clear();
        Ok(written)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.files {
            // Best effort: the error that brought us here is the one to report.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Reads a text file of a report.
pub(crate) fn read_text(path: &Path) -> Result<String, ReportError> {
    fs::read_to_string(path).map_err(|error| ReportError::new(path, ReportErrorKind::Read(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        fs::write(&path, "not a folder").unwrap();
        let mut batch = Batch::default();
        batch.add("results.json", "{}");
        let error = batch.write(&path).unwrap_err();
        assert_eq!(error.path, path);
        assert!(error.to_string().contains("cannot make this folder"), "{error}");
    }

    #[test]
    fn nothing_appears_if_one_file_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("report.html")).unwrap();
        let mut batch = Batch::default();
        batch.add("results.json", "{}");
        batch.add("report.html", "<html>");
        let error = batch.write(dir.path()).unwrap_err();
        assert_eq!(error.path, dir.path().join("report.html"));
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["report.html"], "only the folder that was in the way");
    }

    #[test]
    fn outdated_files_go_when_the_new_ones_are_there() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("old.png"), "old").unwrap();
        let mut batch = Batch::default();
        batch.add("figures/new.svg", "<svg/>");
        batch.remove("old.png");
        batch.remove("never-there.png");
        let written = batch.write(dir.path()).unwrap();
        assert_eq!(written, [dir.path().join("figures/new.svg")]);
        assert!(!dir.path().join("old.png").exists());
    }
}
