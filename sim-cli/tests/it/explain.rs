//! What `explain` says of every shipped scenario, and how it refuses.

use serde_json::Value;

use crate::spiral::Bench;

/// Ids of the shipped scenarios.
fn ids(bench: &Bench) -> Vec<String> {
    let list: Value = serde_json::from_str(&bench.fine(&["list", "--format", "json"])).unwrap();
    let id = |scenario: &Value| scenario["id"].as_str().unwrap().to_owned();
    list["scenarios"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn every_shipped_scenario_is_explained() {
    let bench = Bench::new();
    let before = bench.files();
    for id in ids(&bench) {
        insta::assert_snapshot!(id.clone(), bench.fine(&["explain", &id]));
    }
    assert_eq!(bench.files(), before, "nothing is written");
}

#[test]
fn the_file_with_nearly_every_word_is_explained() {
    let bench = Bench::new();
    bench.write("everything.yaml", include_str!("../../../scenarios/tests/fixtures/everything.yaml"));
    insta::assert_snapshot!(bench.fine(&["explain", "everything.yaml"]));
}

#[test]
fn json_names_its_schema() {
    let bench = Bench::new();
    let text = bench.fine(&[
        "explain",
        "blocked-threads-chain",
        "--variant",
        "shrinking-inward",
        "--format",
        "json",
    ]);
    let mut explanation: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(explanation["schema"], "spiral/explain/1");
    explanation["spiral"] = "(version)".into();
    explanation["scenario"]["hash"] = "(hash)".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&explanation).unwrap());
}

#[test]
fn settings_from_the_command_line_are_explained_too() {
    let bench = Bench::new();
    let set = "workloads.users.call.retry=none";
    let text = bench.fine(&["explain", "metastable-retry-storm", "--set", set]);
    assert!(!text.contains("storm can keep itself going"), "{text}");
    let text = bench.fine(&["explain", "metastable-retry-storm", "--set", "services.api.workers=2"]);
    assert!(text.contains("! --set:1 first tries alone"), "{text}");
}

#[test]
fn a_narrow_terminal_without_signs_is_enough() {
    let bench = Bench::new();
    let mut command = bench.command(&["explain", "blocked-threads-chain"]);
    let output = command.env("COLUMNS", "50").env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 60), "{text}");
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let bench = Bench::new();
    bench.write("broken.yaml", "spiral: 1\nid: broken\n");
    assert!(bench.refused(&["explain", "broken.yaml"]).contains("broken.yaml"));
    insta::assert_snapshot!(bench.refused(&["explain", "metastable-retry-storm", "--variant", "four-attemps"]), @"
    error: there is no variant `four-attemps`
      = help: did you mean `four-attempts`?
    ");
}
