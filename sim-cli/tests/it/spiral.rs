//! A temporary folder with a scenario in it, and the binary run there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A scenario that runs in a fraction of a second.
pub(crate) const SMALL: &str = include_str!("../fixtures/small.yaml");

/// A folder to work in.
pub(crate) struct Bench {
    folder: TempDir,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    /// A folder with `small.yaml` in it.
    pub(crate) fn new() -> Bench {
        let bench = Bench { folder: TempDir::new().unwrap() };
        bench.write("small.yaml", SMALL);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// All files below the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), found),
                    false => found.push(entry.path()),
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        let name = |path: PathBuf| path.strip_prefix(self.folder.path()).unwrap().display().to_string();
        let mut names: Vec<String> = found.into_iter().map(name).collect();
        names.sort();
        names
    }

    /// The binary in this folder, with nothing of the tester's own settings.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spiral"));
        command.args(words).current_dir(self.folder.path());
        for name in ["NO_COLOR", "COLUMNS", "LC_ALL", "LC_CTYPE", "LANG", "TERM", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::from(self.command(words).output().unwrap())
    }

    /// Runs something that has to end well; its standard output.
    pub(crate) fn fine(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.status, 0, "{words:?}\n{}", ended.stderr);
        ended.stdout
    }

    /// Runs something that has to be refused without writing anything; its standard error.
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let before = self.files();
        let ended = self.run(words);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{words:?}\n{}", ended.stderr);
        assert_eq!(self.files(), before, "{words:?} has written something");
        ended.stderr
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            status: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
