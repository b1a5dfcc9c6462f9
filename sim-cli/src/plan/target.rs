//! Which scenario is meant? A file, or one that comes with the program.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use scenarios::library::{self, Shipped};
use scenarios::load::{self, Scenario};

use crate::failure::{Complaint, Refused};

/// Largest file that is read, in bytes; the loader's bound.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A scenario that has not been read yet.
#[derive(Debug)]
pub(crate) enum Target {
    /// A file of the user.
    File(PathBuf),
    /// Embedded in the program.
    Shipped(Shipped),
}

impl Target {
    /// What looks like a path, or is one, is a file; every other word is an id.
    pub(crate) fn new(word: &str) -> Result<Target, Complaint> {
        let path = Path::new(word);
        let looks_like_a_path = [".yaml", ".yml"].iter().any(|end| word.ends_with(end))
            || word.contains(['/', std::path::MAIN_SEPARATOR]);
        if looks_like_a_path || path.is_file() {
            return Ok(Target::File(path.to_owned()));
        }
        match Target::shipped(word) {
            Err(_) if path.exists() => Ok(Target::File(path.to_owned())),
            other => other,
        }
    }

    /// The shipped scenario of this id.
    pub(crate) fn shipped(id: &str) -> Result<Target, Complaint> {
        let known: Vec<&str> = library::shipped().iter().map(|shipped| shipped.id).collect();
        library::find(id).map(Target::Shipped).ok_or_else(|| {
            let complaint = Complaint::new(format!("there is no scenario `{id}`"));
            match scenarios::yaml::nearest(id, known) {
                Some(near) => complaint.with_help(format!("did you mean `{near}`? `spiral list` shows all")),
                None => complaint.with_help("`spiral list` shows all ids; a file's name ends in `.yaml`"),
            }
        })
    }

    /// The name that messages show.
    pub(crate) fn name(&self) -> String {
        match self {
            Target::File(path) => path.display().to_string(),
            Target::Shipped(shipped) => format!("{}.yaml", shipped.id),
        }
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Complaint> {
        match self {
            Target::File(path) => read(path).map_err(|reason| {
                let complaint = Complaint::new(format!("{}: {reason}", path.display()));
                match shipped_instead(path) {
                    Some(id) => complaint.with_help(format!("for the shipped scenario write `{id}` alone")),
                    None => complaint,
                }
            }),
            Target::Shipped(shipped) => Ok(shipped.text.as_bytes().to_vec()),
        }
    }

    /// The scenario, with changes from the command line.
    pub(crate) fn load(&self, sets: &[String]) -> Result<Scenario, Refused> {
        let bytes = self.bytes()?;
        Ok(load::load(&self.name(), &bytes, sets, &|name| self.read_beside(name))?)
    }

    /// A file that the scenario names, such as a trace: its path is relative to the scenario's file.
    pub(crate) fn read_beside(&self, name: &str) -> Result<String, String> {
        match self {
            Target::File(path) => {
                let bytes = read(&path.parent().unwrap_or(Path::new("")).join(name))?;
                String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
            }
            Target::Shipped(_) => Err("a shipped scenario has no files beside it".to_owned()),
        }
    }
}

/// The shipped id that somebody took for a file.
fn shipped_instead(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem()?.to_str()?;
    (!path.exists()).then(|| library::find(stem).map(|shipped| shipped.id))?
}

/// The bytes of a file of bounded size, or why there are none.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this file may not be read".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let too_large = |bytes: &str| {
        Err(format!("the file has {bytes} bytes; at most {} MiB ({LARGEST} bytes) are read", LARGEST >> 20))
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err("this is a directory; name one scenario file".to_owned());
    }
    if metadata.len() > LARGEST {
        return too_large(&metadata.len().to_string());
    }
    let mut bytes = Vec::new();
    // A pipe has no length, and a file may grow meanwhile.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST { too_large(&format!("more than {LARGEST}")) } else { Ok(bytes) }
}
