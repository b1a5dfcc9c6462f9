//! Where do reports go, and can they? Asked before anything is simulated, so that an hour of work does not
//! end at a full or forbidden place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Complaint;

/// A folder that reports can be written to; it need not exist yet.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder that was asked for.
    pub(crate) fn new(path: &Path) -> Result<Folder, Complaint> {
        let wrong = |what: String| Complaint::new(format!("`--out {}`: {what}", path.display()));
        if path.as_os_str().is_empty() {
            return Err(Complaint::new("`--out` names no folder"));
        }
        let existing = path.ancestors().map(or_here).find(|above| fs::symlink_metadata(above).is_ok());
        let existing = existing.unwrap_or(Path::new("."));
        if !existing.is_dir() {
            return Err(wrong(match existing == path {
                true => "this is a file; results need a folder".to_owned(),
                false => format!("`{}` is a file, no folder can be made in it", existing.display()),
            }));
        }
        match try_to_write(existing) {
            Ok(()) => Ok(Folder { path: path.to_owned() }),
            Err(error) => Err(wrong(format!("nothing can be written to `{}`: {error}", existing.display()))),
        }
    }

    /// The folder if none is asked for.
    pub(crate) fn usual(scenario: &str) -> Result<Folder, Complaint> {
        Folder::new(&Path::new("spiral-out").join(scenario))
    }

    /// A folder within for one of several results.
    pub(crate) fn within(&self, name: &str) -> Folder {
        Folder { path: self.path.join(name) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a report. What an earlier report has left there and the new one does not replace is taken
    /// away: a folder holds one result.
    pub(crate) fn fill(
        &self,
        write: impl FnOnce(&Path) -> Result<Vec<PathBuf>, reports::ReportError>,
    ) -> Result<(), reports::ReportError> {
        let held_a_report = fs::read_to_string(self.path.join("manifest.json"))
            .is_ok_and(|manifest| manifest.contains("\"spiral/manifest/"));
        let written = write(&self.path)?;
        if held_a_report {
            for leftover in self.report_files().filter(|file| !written.contains(file)) {
                // A leftover that stays does no harm to the new report.
                let _ = fs::remove_file(leftover);
            }
        }
        Ok(())
    }

    /// Files of the names that reports have.
    fn report_files(&self) -> impl Iterator<Item = PathBuf> {
        let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let data = files(&self.path).map(|file| file.path()).filter(|file| {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            matches!(name, "series.csv" | "latency.csv" | "pictures.json")
                || (name.starts_with("sweep-") && name.ends_with(".json"))
        });
        let is_figure = |file: &PathBuf| file.extension().is_some_and(|end| end == "svg" || end == "png");
        data.chain(files(&self.path.join("figures")).map(|file| file.path()).filter(is_figure))
    }
}

/// `out` is in the folder that the program was started in.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Permissions alone do not tell: quotas, read-only mounts and superusers have their own rules.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".spiral-{}.tmp", std::process::id()));
    File::create(&probe)?;
    fs::remove_file(&probe)
}
