//! Do the sources keep to the rules that no compiler checks?

use crate::{files, read, root, shown};

/// A longer file answers more than one question.
const MOST_LINES: usize = 500;
/// From here on it is worth a thought.
const MANY_LINES: usize = 300;

#[test]
fn no_source_file_is_too_long() {
    let mut long = Vec::new();
    for folder in ["sim-core/src", "scenarios/src", "reports/src", "sim-cli/src"] {
        for path in files(folder, &[".rs"]) {
            long.push((read(&path).lines().count(), shown(&path)));
        }
    }
    long.retain(|(lines, _)| *lines > MANY_LINES);
    long.sort_by(|a, b| b.cmp(a));
    let too_long = long.iter().filter(|(lines, _)| *lines > MOST_LINES).count();
    assert_eq!(
        too_long, 0,
        "files above {MOST_LINES} lines, and a hint: those above {MANY_LINES}: {long:#?}"
    );
}

#[test]
fn the_core_bans_what_differs_between_machines() {
    let lib = read(&root().join("sim-core/src/lib.rs"));
    assert!(lib.contains("#![deny(clippy::disallowed_methods, clippy::disallowed_types)]"));
    // The words in two parts, so that this file does not contain them itself.
    let banned: Vec<String> = [
        ("std::", "time"),
        ("std::", "thread"),
        ("std::", "env"),
        ("std::", "fs"),
        ("Hash", "Map"),
        ("Hash", "Set"),
    ]
    .iter()
    .map(|(a, b)| format!("{a}{b}"))
    .collect();
    let mut problems = Vec::new();
    for path in files("sim-core/src", &[".rs"]) {
        for (number, line) in read(&path).lines().enumerate() {
            for word in banned.iter().filter(|word| line.contains(word.as_str())) {
                problems.push(format!("{}:{}: {word}", shown(&path), number + 1));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_source_file_says_in_its_first_line_what_it_is_about() {
    let mut problems = Vec::new();
    for folder in ["sim-core", "scenarios/src", "reports/src", "sim-cli/src", "tests"] {
        for path in files(folder, &[".rs"]) {
            let text = read(&path);
            let first = text.lines().next().unwrap_or_default();
            if !first.starts_with("//!") && !first.starts_with("#![doc = include_str!") {
                problems.push(shown(&path));
            }
        }
    }
    assert!(problems.is_empty(), "files without a first line of documentation: {problems:#?}");
}

#[test]
fn every_shipped_scenario_is_listed_in_the_readme() {
    let Ok(readme) = std::fs::read_to_string(root().join("scenarios/README.md")) else { return };
    let missing: Vec<&str> = scenarios::library::shipped()
        .iter()
        .map(|shipped| shipped.id)
        .filter(|id| !readme.contains(id))
        .collect();
    assert!(missing.is_empty(), "not in scenarios/README.md: {missing:?}");
}

#[test]
fn nothing_points_outside_the_repository() {
    let outside = ["..", "/shared"].concat();
    let mut problems = Vec::new();
    for path in files("", &[".rs", ".md", ".toml", ".yaml", ".yml", ".html", ".json", ".sh"]) {
        for (number, line) in read(&path).lines().enumerate().filter(|(_, line)| line.contains(&outside)) {
            problems.push(format!("{}:{}: {line}", shown(&path), number + 1));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn no_test_is_switched_off() {
    let words = [
        ["#[", "ignore"].concat(),
        ["todo", "!("].concat(),
        ["unimpl", "emented!("].concat(),
        ["dbg", "!("].concat(),
    ];
    let mut problems = Vec::new();
    for folder in ["sim-core", "scenarios", "reports", "sim-cli", "tests"] {
        for path in files(folder, &[".rs"]) {
            let text = read(&path);
            for word in words.iter().filter(|word| text.contains(word.as_str())) {
                problems.push(format!("{}: {word}", shown(&path)));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
