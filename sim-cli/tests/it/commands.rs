//! Commands that simulate nothing.

use std::process::Stdio;

use serde_json::Value;

use crate::spiral::{Bench, Ended, SMALL};

#[test]
fn list_names_every_shipped_scenario() {
    let bench = Bench::new();
    let text = bench.fine(&["list"]);
    assert!(text.contains("metastable\n  ") && text.contains("\n  metastable-retry-storm"), "{text}");
    let list: Value = serde_json::from_str(&bench.fine(&["list", "--format", "json"])).unwrap();
    assert_eq!(list["schema"], "spiral/list/1");
    for scenario in list["scenarios"].as_array().unwrap() {
        let [id, title, module] = ["id", "title", "module"].map(|key| scenario[key].as_str().unwrap());
        assert!(text.contains(id) && text.contains(title) && text.contains(module), "{scenario}");
        let show = bench.fine(&["show", id]);
        assert!(show.contains(&format!("\nid: {id}\n")), "{show}");
        assert!(bench.fine(&["validate", id]).starts_with(&format!("{id}: fine (")));
    }
}

#[test]
fn a_reader_that_goes_early_is_no_failure() {
    let bench = Bench::new();
    for words in [&["list"][..], &["schema"], &["--help"], &["completions", "zsh"]] {
        let mut child = bench.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{words:?}");
    }
}

#[test]
fn a_new_scenario_is_a_copy_to_break_and_mend() {
    let bench = Bench::new();
    let said = bench.fine(&["new", "my-storm", "--from", "metastable-retry-storm"]);
    insta::assert_snapshot!(said, @"
    Wrote my-storm.yaml, a copy of metastable-retry-storm with the id my-storm.
    Editors complete and explain it with spiral.schema.json.

    Next:
      change something in my-storm.yaml
      spiral validate my-storm.yaml
      spiral compare my-storm.yaml --seeds 5
    ");
    let text = bench.read("my-storm.yaml");
    let original = bench.fine(&["show", "metastable-retry-storm"]);
    let changed: Vec<&str> = text.lines().filter(|line| !original.lines().any(|old| old == *line)).collect();
    assert_eq!(changed, ["# yaml-language-server: $schema=spiral.schema.json", "id: my-storm"]);
    assert_eq!(bench.read("spiral.schema.json"), bench.fine(&["schema"]));
    bench.fine(&["validate", "my-storm.yaml"]);

    bench.write("my-storm.yaml", text.replace("workers:", "wrokers:"));
    insta::assert_snapshot!(bench.refused(&["validate", "my-storm.yaml"]), @"
    error: unknown key `wrokers`
      --> my-storm.yaml:17:5
       |
    17 |     wrokers: 10
       |     ^^^^^^^ services.api.wrokers
       |
       = help: did you mean `workers`?

    1 problem in my-storm.yaml
    ");
    bench.write("my-storm.yaml", &text);
    bench.fine(&["validate", "my-storm.yaml"]);

    insta::assert_snapshot!(bench.refused(&["new", "my-storm", "--from", "utilization-knee"]), @"
    error: `my-storm.yaml` is there already; nothing is overwritten
      = help: choose another name, or say where with `--out FILE`
    ");
    assert_eq!(bench.read("my-storm.yaml"), text);
}

#[test]
fn a_copy_of_a_file_keeps_its_comments() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("course")).unwrap();
    bench.fine(&["new", "week-3", "--from", "small.yaml", "--out", "course/w3.yaml"]);
    let schema = "# yaml-language-server: $schema=spiral.schema.json\n";
    assert_eq!(bench.read("course/w3.yaml"), format!("{schema}{}", SMALL.replace("id: small", "id: week-3")));
}

#[test]
fn names_that_are_no_ids_are_refused() {
    let bench = Bench::new();
    insta::assert_snapshot!(bench.refused(&["new", "My Storm.yaml", "--from", "small.yaml"]), @"
    error: `My Storm.yaml` is no id; use lower-case letters, digits and `-`
      = help: write `my-storm`
    ");
    insta::assert_snapshot!(bench.refused(&["new", "mine", "--from", "metastable-retry-strom"]), @"
    error: there is no scenario `metastable-retry-strom`
      = help: did you mean `metastable-retry-storm`? `spiral list` shows all
    ");
    bench.write("no-id.yaml", "spiral: 1\n");
    insta::assert_snapshot!(bench.refused(&["new", "mine", "--from", "no-id.yaml"]), @"error: no-id.yaml: there is no `id` to replace");
}

#[test]
fn validate_tells_about_every_file() {
    let bench = Bench::new();
    bench.write("bad.yaml", SMALL.replace("workers: 1", "workers: 0"));
    bench.write("worse.yaml", SMALL.replace("to: api", "to: apo"));
    let ended = bench.run(&["validate", "bad.yaml", "small.yaml", "worse.yaml", "gone.yaml"]);
    assert_eq!(
        (ended.status, ended.stdout.as_str()),
        (2, "small.yaml: fine (2 variants, 3 claims, 1 sweep)\n")
    );
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn every_shell_gets_completions() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(bench.fine(&["completions", shell]).contains("spiral"), "{shell}");
    }
}

#[test]
fn help_tells_the_exit_statuses() {
    let bench = Bench::new();
    insta::assert_snapshot!(bench.fine(&["--help"]));
    assert_eq!(bench.run(&[]).status, 2, "no command is no work");
    for command in
        ["list", "show", "new", "validate", "run", "compare", "sweep", "report", "schema", "completions"]
    {
        assert!(bench.fine(&[command, "--help"]).contains("Example"), "{command}");
    }
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let bench = Bench::new();
    for variable in ["NO_COLOR", "UNSET"] {
        let mut command = bench.command(&["compare", "small.yaml", "--seeds", "1", "--no-png"]);
        let ended = Ended::from(command.env(variable, "1").output().unwrap());
        assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'));
    }
}
