//! Is the workspace as its documents promise? Floors, bans, the shape of policy files, the length of files,
//! the list of scenarios.

mod floors;
mod policies;
mod sources;

use std::path::{Path, PathBuf};

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// The path as people write it, from the top of the repository on.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).expect("the file lies in the repository").display().to_string()
}

/// All files below `folder` of the repository with one of the extensions, in order. What is built and
/// what git keeps is left out.
fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("file names are UTF-8");
            if path.is_dir() {
                if !["target", ".git", "spiral-out"].contains(&name) {
                    folders.push(path);
                }
            } else if extensions.iter().any(|extension| name.ends_with(extension)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
