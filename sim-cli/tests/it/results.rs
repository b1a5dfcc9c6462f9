//! Commands that make results: statuses, folders, the same bytes again.

use serde_json::Value;

use crate::spiral::{Bench, Ended, SMALL};

const QUICK: [&str; 3] = ["compare", "small.yaml", "--no-png"];

fn compare(bench: &Bench, more: &[&str]) -> Ended {
    bench.run(&[&QUICK[..], more].concat())
}

#[test]
fn a_comparison_whose_claims_hold_is_fine() {
    let bench = Bench::new();
    let ended = compare(&bench, &[]);
    assert_eq!(ended.status, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("A small storm"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Repeat: spiral compare small.yaml --seeds 2\n"), "{}", ended.stdout);
    assert_eq!(ended.stderr, "Report: spiral-out/small/report.html\n");
    let files = bench.files().join("\n");
    for file in ["manifest.json", "results.json", "series.csv", "report.html", "figures/goodput.svg"] {
        assert!(files.contains(&format!("spiral-out/small/{file}")), "{file} in\n{files}");
    }
}

#[test]
fn a_claim_that_does_not_hold_is_status_1() {
    let bench = Bench::new();
    bench.write("small.yaml", SMALL.replace("stuck: {at_least: 0.95}", "stuck: {at_most: 0.05}"));
    let ended = compare(&bench, &[]);
    assert_eq!(ended.status, 1, "{}\n{}", ended.stdout, ended.stderr);
    assert!(bench.path("spiral-out/small/report.html").exists(), "the report is written all the same");
}

#[test]
fn claims_with_nothing_to_measure_are_status_3() {
    let bench = Bench::new();
    let ended = compare(&bench, &["--set", "faults.brownout=none"]);
    assert_eq!(ended.status, 3, "{}\n{}", ended.stdout, ended.stderr);
    let calm = "  calm: {faults: {brownout: none}}\nexpect:\n  - {variant: calm, stuck: {at_least: 0.95}}\n";
    bench.write("small.yaml", SMALL.replace("expect:\n", calm));
    let ended = compare(&bench, &[]);
    assert_eq!(ended.status, 3, "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn the_same_command_gives_the_same_bytes_on_any_number_of_threads() {
    let bench = Bench::new();
    for (folder, threads) in [("a", "1"), ("b", "1"), ("c", "2")] {
        assert_eq!(compare(&bench, &["--threads", threads, "--out", folder]).status, 0);
    }
    let files: Vec<String> = bench.files().into_iter().filter(|file| file.starts_with("a/")).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        for other in ["b", "c"] {
            let twin = format!("{other}{}", &file[1..]);
            assert!(bench.read(&file) == bench.read(&twin), "{file} and {twin} differ");
        }
    }
}

/// Two services and two workloads: everything that stands in pictures.json and per part in results.json.
const CHAIN: &str = "
spiral: 1
id: chain
title: A chain
services:
  web: {workers: 20, steps: [{call: {to: db, targets: {outlier_detection: {max_ejected_ratio: 0.5}}}}]}
  db: {instances: 2, workers: 4, service_time: {exponential: {mean: 5ms}}}
workloads:
  users: {arrivals: {poisson: {rate: 50/s}}, call: {to: web, timeouts: {total: 1s}}}
  batch: {arrivals: {poisson: {rate: 20/s}}, call: {to: db, timeouts: {attempt: 1s}}}
faults:
  crash: {at: 30s, for: 10s, crash: {services: [db], instances: one}}
run: {horizon: 80s, warmup: 10s, seeds: 3}
variants:
  base: {}
  small: {services: {db: {workers: 2}}}
";

#[test]
fn a_network_gives_the_same_bytes_on_any_number_of_threads_and_again_from_its_folder() {
    let bench = Bench::new();
    bench.write("chain.yaml", CHAIN);
    for threads in ["1", "2"] {
        bench.fine(&["compare", "chain.yaml", "--no-png", "--threads", threads, "--out", threads]);
    }
    let files: Vec<String> = bench.files().into_iter().filter(|file| file.starts_with("1/")).collect();
    for file in &files {
        assert!(bench.read(file) == bench.read(&format!("2{}", &file[1..])), "{file} differs");
    }
    for name in ["pictures.json", "figures/success-workloads.svg", "figures/states-base.svg"] {
        assert!(files.contains(&format!("1/{name}")), "{files:?}");
    }
    let result: Value = serde_json::from_str(&bench.read("1/results.json")).unwrap();
    let base = &result["variants"][0];
    assert_eq!(base["workloads"][1]["name"], "batch");
    assert!(base["workloads"][1]["metrics"]["success"]["mean"].is_number());
    assert_eq!(base["services"][1]["metrics"]["crashes"]["mean"], 1.0);
    let figure = "1/figures/topology-small-3.svg";
    let drawn = bench.read(figure);
    bench.fine(&["report", "1", "--no-png"]);
    assert!(bench.read(figure) == drawn, "redrawn from the folder it differs");
}

#[test]
fn json_is_the_stored_result_and_nothing_else() {
    let bench = Bench::new();
    let ended =
        compare(&bench, &["--format", "json", "--quiet", "--variants", "one-attempt", "--seeds", "4..=5"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, bench.read("spiral-out/small/results.json"));
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result["schema"], "spiral/compare/1");
    assert_eq!(result["seeds"], serde_json::json!([4, 5]));
    assert_eq!(result["variants"].as_array().unwrap().len(), 1);
    assert_eq!(result["reproduce"], "spiral compare small.yaml --seeds 4..=5 --variants one-attempt");
}

#[test]
fn a_setting_changes_all_variants_and_the_hash() {
    let bench = Bench::new();
    let hash = |more: &[&str]| {
        let ended = compare(&bench, &[&["--format", "json", "--seeds", "1"], more].concat());
        let result: Value = serde_json::from_str(&ended.stdout).unwrap();
        (result["scenario"]["hash"].clone(), result["reproduce"].as_str().unwrap().to_owned())
    };
    let (plain, _) = hash(&[]);
    let (changed, reproduce) = hash(&["--set", "services.api.queue={lifo: {}}", "--set", "run.warmup=6s"]);
    assert_ne!(plain, changed);
    assert_eq!(
        reproduce,
        "spiral compare small.yaml --seeds 1 --set 'services.api.queue={lifo: {}}' --set run.warmup=6s"
    );
}

#[test]
fn a_run_is_one_variant_with_one_seed() {
    let bench = Bench::new();
    let text = bench.fine(&["run", "small.yaml", "--variant", "one-attempt", "--seed", "7", "--no-png"]);
    assert!(text.contains("Repeat: spiral run small.yaml --variant one-attempt --seed 7\n"), "{text}");
    let json = bench.fine(&["run", "small.yaml", "--no-png", "--format", "json"]);
    let result: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result["schema"], "spiral/run/1");
    assert_eq!(result["seeds"], serde_json::json!([1]));
    assert_eq!(result["variants"][0]["name"], "four-attempts");
}

#[test]
fn what_owners_did_only_before_the_trigger_has_no_moment_after_it() {
    let bench = Bench::new();
    let id = "fallacy-6-one-administrator";
    let which = ["--variant", "contract-and-a-real-outage", "--seed", "3"];
    let json =
        bench.fine(&[&["run", id], &which[..], &["--no-png", "--format", "json", "--out", "out"]].concat());
    let result: Value = serde_json::from_str(&json).unwrap();
    let marks = result["variants"][0]["marks"].as_array().expect("owners change settings");
    let untold = |mark: &&Value| mark["at_s"].is_null();
    let before: Vec<&Value> = marks.iter().filter(untold).collect();
    assert!(
        before.iter().all(|mark| mark["seeds"] == 0) && before.iter().any(|mark| mark["times"] != 0),
        "{json}"
    );
    assert!(before.len() < marks.len(), "others were done after it too: {json}");
}

#[test]
fn a_sweep_of_the_file_checks_the_claims_about_its_points() {
    let bench = Bench::new();
    let json = bench.fine(&["sweep", "small.yaml", "--no-png", "--format", "json"]);
    assert_eq!(json, bench.read("spiral-out/small/results.json"));
    let result: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&result["schema"], &result["sweep"]), (&"spiral/sweep/1".into(), &"load".into()));
    assert_eq!(result["expectations"].as_array().unwrap().len(), 1);
    assert_eq!(result["reproduce"], "spiral sweep small.yaml --sweep load --seeds 2");
    bench.write("small.yaml", SMALL.replace("{at_most: 0.2}", "{at_least: 0.9}"));
    assert_eq!(bench.run(&["sweep", "small.yaml", "--no-png"]).status, 1);
    assert_eq!(compare(&bench, &[]).status, 1, "a comparison runs the sweeps along");
}

#[test]
fn a_sweep_of_ones_own_has_equal_steps() {
    let bench = Bench::new();
    let x = "workloads.users.arrivals.poisson.rate=20/s..60/s:3";
    let words = ["sweep", "small.yaml", "--no-png", "--format", "json", "--seeds", "3", "--x", x];
    let result: Value = serde_json::from_str(&bench.fine(&words)).unwrap();
    let values: Vec<&str> =
        result["points"].as_array().unwrap().iter().map(|point| point["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["20/s", "40/s", "60/s"]);
    assert_eq!(result["seeds"], serde_json::json!([1, 2, 3]));
    assert_eq!(result["reproduce"], format!("spiral sweep small.yaml --x {x} --seeds 3"));
}

#[test]
fn several_sweeps_get_a_folder_each() {
    let bench = Bench::new();
    let more = "sweeps:\n  workers: {path: services.api.workers, values: [1, 2], seeds: 1}\n";
    let text = SMALL.replace("sweeps:\n", more).replace("point: 20/s", "sweep: load, point: 20/s");
    bench.write("small.yaml", text);
    bench.fine(&["sweep", "small.yaml", "--no-png"]);
    assert!(bench.path("spiral-out/small/load/report.html").exists());
    assert!(bench.path("spiral-out/small/workers/report.html").exists());
    insta::assert_snapshot!(bench.refused(&["sweep", "small.yaml", "--format", "json"]), @"
    error: JSON is one result, but the file names 2 sweeps
      = help: choose one with `--sweep`: workers, load
    ");
}

#[test]
fn a_report_is_drawn_again_from_its_folder() {
    let bench = Bench::new();
    compare(&bench, &["--out", "r", "--seeds", "1"]);
    let before: Vec<(String, String)> =
        bench.files().into_iter().map(|file| (file.clone(), bench.read(&file))).collect();
    bench.fine(&["report", "r", "--no-png"]);
    for (file, text) in &before {
        assert!(bench.read(file) == *text, "{file} has changed");
    }
    bench.fine(&["report", "r", "--no-png", "--theme", "dark", "--size", "thumb"]);
    assert!(before.iter().any(|(file, text)| file.ends_with(".svg") && bench.read(file) != *text));
    assert_eq!(bench.read("r/results.json"), before.iter().find(|(f, _)| f == "r/results.json").unwrap().1);
}

#[test]
fn a_folder_holds_one_result() {
    let bench = Bench::new();
    compare(&bench, &["--out", "r"]);
    bench.write("r/notes.txt", "mine");
    bench.fine(&["sweep", "small.yaml", "--no-png", "--out", "r"]);
    let files = bench.files();
    assert!(!files.iter().any(|file| file == "r/series.csv" || file == "r/figures/goodput.svg"), "{files:?}");
    assert_eq!(bench.read("r/notes.txt"), "mine");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_finished_seeds() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let bench = Bench::new();
    // Before the handler is there, the signal ends the program at once: then it was sent too early.
    for patience in [1, 3, 9, 27] {
        let words = ["compare", "small.yaml", "--no-png", "--seeds", "100000", "--format", "json"];
        let child = bench.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(patience));
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.code().is_none() || output.stdout.is_empty() {
            continue;
        }
        let ended = Ended::from(output);
        assert_eq!(ended.status, 3, "{}", ended.stderr);
        let result: Value = serde_json::from_str(&ended.stdout).unwrap();
        let seeds = result["seeds"].as_array().unwrap().len();
        assert!(0 < seeds && seeds < 100_000, "{seeds} seeds");
        assert!(
            ended.stderr.contains(&format!("the results cover {seeds} finished seeds")),
            "{}",
            ended.stderr
        );
        assert!(bench.path("spiral-out/small/report.html").exists());
        return;
    }
    panic!("no seed was finished in 27 s");
}
