//! What is kept of work that somebody stopped? Each finished run of a sweep as one line of a file: a checksum, the
//! name of the run, its outcome.
//!
//! The name is the hash of everything that the outcome depends on: the resolved system, the seed and the
//! program. So a changed scenario finds only what has not changed, and a line that is cut off or altered is not
//! found at all: that run is made again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sim_core::model::SystemConfig;

use crate::document::RunConfig;

/// Finished runs, those of earlier calls included.
#[derive(Debug, Default)]
pub struct Store {
    /// What stands for the program in the names.
    program: String,
    known: BTreeMap<String, String>,
    /// Lines of the file that are no sound records.
    damaged: usize,
    file: Option<Mutex<File>>,
}

impl Store {
    /// Keeps nothing.
    pub fn nowhere() -> Store {
        Store::default()
    }

    /// Reads what the file holds and goes on at its end; the file need not exist yet. `program` is a hash of
    /// the program that makes the runs: another one's outcomes are not taken.
    pub fn open(path: &Path, program: &str) -> io::Result<Store> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut store = Store { program: program.to_owned(), ..Store::default() };
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match record(line) {
                Some((name, outcome)) => drop(store.known.insert(name.to_owned(), outcome.to_owned())),
                None => store.damaged += 1,
            }
        }
        if bytes.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n")?;
        }
        store.file = Some(Mutex::new(file));
        Ok(store)
    }

    /// Lines that were cut off or altered.
    pub fn damaged(&self) -> usize {
        self.damaged
    }

    /// The name of a run: whatever its outcome depends on, as text.
    pub(crate) fn name(&self, parts: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [self.program.as_str()].iter().chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The outcome of a run, if it was made before.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.known.get(name)?).ok()
    }

    /// Keeps an outcome. A disk that is full loses the memory of the run, not its result.
    pub(crate) fn put<T: Serialize>(&self, name: &str, outcome: &T) {
        let Some(file) = &self.file else { return };
        let outcome = serde_json::to_string(outcome).expect("outcomes are plain data");
        let line = format!("{} {name} {outcome}\n", checksum(name, &outcome));
        // One call, so that no other line comes between.
        let _ = file.lock().expect("nobody panics while writing").write_all(line.as_bytes());
    }
}

/// Everything that the outcome of a run depends on but the seed and the program, as text. All settings can be shown:
/// what does not stand here changes no outcome.
pub(crate) fn said(system: &SystemConfig, run: &RunConfig) -> String {
    format!("{system:?} {run:?}")
}

/// What stands for a program in the names: the hash of its file.
pub fn hash_of_program(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

fn checksum(name: &str, outcome: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes());
    hasher.update(outcome.as_bytes());
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Name and outcome of a sound line.
fn record(line: &[u8]) -> Option<(&str, &str)> {
    let (sum, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let (name, outcome) = rest.split_once(' ')?;
    (checksum(name, outcome) == sum).then_some((name, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &Path) -> Store {
        Store::open(path, "program").unwrap()
    }

    #[test]
    fn what_was_put_is_found_by_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs");
        let store = opened(&path);
        let (a, b) = (store.name(&["system", "1"]), store.name(&["system", "2"]));
        store.put(&a, &vec![Some(0.1 + 0.2), None]);
        assert_eq!(store.get::<Vec<Option<f64>>>(&a), None, "a store knows what it has read");
        let store = opened(&path);
        assert_eq!(store.get(&a), Some(vec![Some(0.1 + 0.2), None]));
        assert_eq!(store.get::<Vec<Option<f64>>>(&b), None);
        assert_eq!(store.damaged(), 0);
        assert_ne!(a, Store::open(&path, "other").unwrap().name(&["system", "1"]));
        assert_ne!(store.name(&["ab", "c"]), store.name(&["a", "bc"]));
    }

    #[test]
    fn lines_that_are_cut_off_or_altered_are_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs");
        let store = opened(&path);
        let names: Vec<String> = (0..4).map(|k| store.name(&[&k.to_string()])).collect();
        names.iter().zip(10..).for_each(|(name, outcome)| store.put(name, &outcome));
        drop(store);
        let text = std::fs::read_to_string(&path).unwrap();
        // The second says something else, the last is cut off.
        let altered = text.replace(" 11\n", " 17\n");
        std::fs::write(&path, &altered[..altered.len() - 2]).unwrap();
        let store = opened(&path);
        let found: Vec<Option<i32>> = names.iter().map(|name| store.get(name)).collect();
        assert_eq!((found, store.damaged()), (vec![Some(10), None, Some(12), None], 2));
        // What is put now stands on a line of its own.
        store.put(&names[3], &13);
        drop(store);
        assert_eq!(opened(&path).get(&names[3]), Some(13));
        std::fs::write(&path, [0xFF, b'\n', 0xFE]).unwrap();
        assert_eq!(opened(&path).damaged(), 2);
    }
}
