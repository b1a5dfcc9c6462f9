//! Does each crate import only from the floors below it?

use std::collections::BTreeMap;

use crate::{read, root};

/// Crates from the ground up; each may use those before it that are named.
const FLOORS: [(&str, &[&str]); 5] = [
    ("sim-core", &[]),
    ("scenarios", &["sim-core"]),
    ("reports", &["sim-core", "scenarios"]),
    ("sim-cli", &["sim-core", "scenarios", "reports"]),
    ("tests", &["sim-core", "scenarios", "reports", "sim-cli"]),
];

/// Names in the sections of a Cargo.toml whose title ends in `dependencies`.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('[') {
            let title = title.trim_end_matches(']');
            inside = title.ends_with("dependencies");
            if let Some((_, name)) = title.split_once("dependencies.") {
                names.push(name.to_owned());
            }
        } else if inside && let Some((name, _)) = line.split_once(['=', '.']) {
            names.push(name.trim().trim_matches('"').to_owned());
        }
    }
    names
}

#[test]
fn each_crate_imports_only_from_floors_below() {
    let crates: Vec<&str> = FLOORS.iter().map(|(name, _)| *name).chain(["sim-tests"]).collect();
    let mut problems = Vec::new();
    for (folder, allowed) in FLOORS {
        for name in dependencies(&read(&root().join(folder).join("Cargo.toml"))) {
            if crates.contains(&name.as_str()) && !allowed.contains(&name.as_str()) {
                problems.push(format!("{folder} depends on {name}, which is no floor below it"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn the_workspace_has_exactly_these_floors() {
    let manifest = read(&root().join("Cargo.toml"));
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).expect("members");
    let mut named: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    named.sort_unstable();
    let mut floors: Vec<&str> = FLOORS.iter().map(|(name, _)| *name).collect();
    floors.sort_unstable();
    assert_eq!(named, floors, "a new crate needs a floor");
}

#[test]
fn dependencies_are_found_in_every_form() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\nb.workspace = true\n[dev-dependencies]\n\
                    \"c\" = {}\n[lints]\nworkspace = true\n[target.'cfg(unix)'.dependencies.d]\nversion = \"1\"\n";
    let found: BTreeMap<String, ()> = dependencies(manifest).into_iter().map(|name| (name, ())).collect();
    assert!(["a", "b", "c", "d"].iter().all(|name| found.contains_key(*name)), "{found:?}");
    assert!(!found.contains_key("workspace"));
}
