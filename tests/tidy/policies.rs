//! Has every policy pattern the same shape? What it does, why it exists, where it fails, its source, and
//! tests.

use crate::{files, read, shown};

const HEADINGS: [&str; 4] = ["**What it does.**", "**Why it exists.**", "**Where it fails.**", "**Source.**"];

/// Files below a pattern's folder that hold a part of it, and what policies share; no patterns.
const NO_PATTERNS: [&str; 22] = [
    "sim-core/src/policy/admission/limits.rs",
    "sim-core/src/policy/admission/per.rs",
    "sim-core/src/policy/admission/ramp.rs",
    "sim-core/src/policy/autoscaler/hpa/limits.rs",
    "sim-core/src/policy/balancer/board.rs",
    "sim-core/src/policy/balancer/bounded_load.rs",
    "sim-core/src/policy/balancer/deadlines.rs",
    "sim-core/src/policy/breaker/circuit.rs",
    "sim-core/src/policy/cache/order.rs",
    "sim-core/src/policy/cache/store.rs",
    "sim-core/src/policy/chooser.rs",
    "sim-core/src/policy/per_outcome.rs",
    "sim-core/src/policy/scope.rs",
    "sim-core/src/policy/queue/arrivals.rs",
    "sim-core/src/policy/queue/exits.rs",
    "sim-core/src/policy/queue/line.rs",
    "sim-core/src/policy/queue/tests.rs",
    "sim-core/src/policy/retry/budget/window.rs",
    "sim-core/src/policy/retry/cap.rs",
    "sim-core/src/policy/rolling.rs",
    "sim-core/src/policy/targets/outlier_detection/config.rs",
    "sim-core/src/policy/theoretical_arrival.rs",
];

#[test]
fn every_pattern_says_what_it_does_why_and_where_it_fails_and_has_tests() {
    let mut patterns = 0;
    let mut problems = Vec::new();
    for path in files("sim-core/src/policy", &[".rs"]) {
        let (name, text) = (shown(&path), read(&path));
        let is_family = text.lines().any(|line| line.starts_with("//! | pattern |"));
        if is_family || name.ends_with("/tests.rs") || NO_PATTERNS.contains(&name.as_str()) {
            continue;
        }
        patterns += 1;
        let mut last = 0;
        for heading in HEADINGS {
            match text.find(&format!("//! {heading}")) {
                None => problems.push(format!("{name} lacks {heading}")),
                Some(place) if place < last => problems.push(format!("{name}: {heading} stands too early")),
                Some(place) => last = place,
            }
        }
        // `none` decides nothing; its family tests it.
        let has_tests = text.contains("#[test]") || text.contains("#[cfg(test)]\nmod tests;");
        if !has_tests && !name.ends_with("/none.rs") {
            problems.push(format!("{name} has no tests"));
        }
    }
    assert!(patterns >= 10, "only {patterns} patterns were found");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_scenario_that_a_pattern_names_exists() {
    let mut problems = Vec::new();
    for path in files("sim-core/src/policy", &[".rs"]) {
        let text = read(&path);
        for line in text.lines().filter(|line| line.contains("**See it.**")) {
            let id = line.split(['/', '`']).find_map(|part| part.strip_suffix(".yaml"));
            if id.is_none_or(|id| scenarios::library::find(id).is_none()) {
                problems.push(format!("{} points at no shipped scenario: {line}", shown(&path)));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
