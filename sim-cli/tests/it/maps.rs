//! Sweeps of two settings, searches and ramps: the same bytes on any number of threads and after interruptions, and
//! exact words for what cannot be done.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::spiral::Bench;

const LOAD: &str = "workloads.users.arrivals.poisson.rate=20/s..90/s:8";
const LENGTH: &str = "faults.brownout.for=1s..16s:5:log";

fn map(folder: &str, threads: &str) -> Vec<String> {
    let words = ["sweep", "small.yaml", "--x", LOAD, "--y", LENGTH, "--seeds", "6", "--refine", "--no-png"];
    let more = ["--out", folder, "--threads", threads, "--quiet", "--format", "json"];
    words.iter().chain(&more).map(|word| (*word).to_owned()).collect()
}

fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// Starts a map and waits until some of its runs are kept.
fn begun(bench: &Bench, folder: &str) -> Child {
    let all = map(folder, "1");
    let mut command = bench.command(&words(&all));
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let kept = bench.path(folder).join("runs.kept");
    let patience = Instant::now() + Duration::from_secs(60);
    while std::fs::read_to_string(&kept).map_or(0, |text| text.lines().count()) < 5 {
        assert!(Instant::now() < patience, "the first runs take a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_map_is_the_same_on_any_number_of_threads_and_after_interruptions() {
    let bench = Bench::new();
    let whole = bench.fine(&words(&map("whole", "1")));
    assert!(whole == bench.fine(&words(&map("two", "2"))), "two threads change the map");
    for (folder, signal) in [("int", "-INT"), ("kill", "-KILL")] {
        let mut child = begun(&bench, folder);
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status().unwrap();
        let ended = child.wait().unwrap();
        // A machine that is faster than the signal has finished the map: then nothing was interrupted.
        let code = if signal == "-INT" { Some(3) } else { None };
        assert!(!sent.success() || ended.code() == code || ended.success(), "{signal}: {ended:?}");
        // Somebody alters one of the kept runs, and the last line is cut off.
        let kept = format!("{folder}/runs.kept");
        let text = bench.read(&kept).replacen("\"verdict\":\"", "\"verdict\":\"in", 1);
        bench.write(&kept, &text[..text.len() - 7]);
        assert!(whole == bench.fine(&words(&map(folder, "2"))), "{signal} changes the map");
        assert!(bench.read(&format!("{folder}/results.json")) == bench.read("whole/results.json"));
    }
    let result: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!((&result["schema"], &result["shown"]), (&"spiral/map/1".into(), &"stuck".into()));
    assert_eq!(result["variants"][0]["cells"].as_array().unwrap().len(), 40);
    assert_eq!(
        result["reproduce"],
        format!("spiral sweep small.yaml --x {LOAD} --y {LENGTH} --refine --seeds 6")
    );
}

#[test]
fn a_sweep_of_one_setting_goes_on_where_it_was() {
    let bench = Bench::new();
    let sweep =
        |out: &str| bench.fine(&["sweep", "small.yaml", "--no-png", "--format", "json", "--out", out]);
    let whole = sweep("a");
    // Only the first point is kept.
    let kept = bench.read("a/runs.kept");
    std::fs::create_dir(bench.path("b")).unwrap();
    bench.write("b/runs.kept", kept.lines().next().unwrap());
    assert_eq!(whole, sweep("b"));
    assert_eq!(bench.read("a/results.json"), bench.read("b/results.json"));
}

#[test]
fn what_is_no_map_is_told() {
    let bench = Bench::new();
    let told = |x: &str, y: &str, more: &[&str]| {
        let words = [&["sweep", "small.yaml", "--x", x, "--y", y][..], more].concat();
        bench.refused(&words)
    };
    let text = [
        told("workloads.users.arrivals.poisson.rte=1/s..9/s:3", LENGTH, &[]),
        told(LOAD, "faults.brownout.for=4s..4s:3", &[]),
        told(LOAD, "faults.brownout.for=9s..4s:3", &[]),
        told(LOAD, "services.api.queue=fifo,lifo", &[]),
        told(
            "workloads.users.arrivals.poisson.rate=1/s..90/s:10000",
            "faults.brownout.for=1s..9s:10000",
            &[],
        ),
        told("workloads.users.arrivals.poisson.rate=1/s..90/s:31623", LENGTH, &[]),
        told(LOAD, LENGTH, &["--seeds", "0"]),
        told(LOAD, LOAD, &[]),
        told(LOAD, LENGTH, &["--metric", "stuk", "--precision", "2"]),
        bench.refused(&["sweep", "small.yaml", "--x", LOAD, "--refine", "--precision", "0.1"]),
    ];
    insta::assert_snapshot!(text.join("---\n"));
}

#[test]
fn a_critical_value_has_an_interval() {
    let bench = Bench::new();
    let x = "faults.brownout.for=0.05s..2s:40";
    let more = ["--variants", "four-attempts", "--seeds", "10", "--no-png", "--format", "json"];
    let words = [&["critical", "small.yaml", "--x", x][..], &more].concat();
    let text = bench.fine(&words);
    assert_eq!(text, bench.fine(&words), "the kept runs give the same");
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["schema"], "spiral/critical/1");
    let fit = &result["variants"][0]["fit"];
    let [critical, low, high] =
        [&fit["critical"], &fit["ci95"][0], &fit["ci95"][1]].map(|v| v.as_f64().unwrap());
    assert!(0.05 <= low && low <= critical && critical <= high && high <= 2.0, "{fit}");
    insta::assert_snapshot!(bench.refused(&["critical", "small.yaml", "--x", "faults.brownout.for=3s,2s"]));
}

#[test]
fn a_load_goes_up_and_down() {
    let bench = Bench::new();
    let x = "workloads.users.arrivals.poisson.rate=20/s..120/s:6";
    let words =
        ["hysteresis", "small.yaml", "--x", x, "--dwell", "20s", "--seeds", "3", "--no-png", "--format"];
    let result: Value = serde_json::from_str(&bench.fine(&[&words[..], &["json"]].concat())).unwrap();
    assert_eq!(result["schema"], "spiral/hysteresis/1");
    let variant = &result["variants"][0];
    assert_eq!(variant["up"].as_array().unwrap().len(), 6);
    let heals = variant["heals_at"]["p50"].as_f64();
    let breaks = variant["breaks_at"]["p50"].as_f64().unwrap();
    // Capacity 100/s, four attempts: hidden capacity 25/s.
    assert!(breaks >= 100.0 && heals.is_none_or(|heals| heals <= 40.0), "{breaks} {heals:?}");
    let text = [
        bench.refused(&["hysteresis", "small.yaml", "--x", "services.api.workers=1,2"]),
        bench.refused(&["hysteresis", "small.yaml", "--x", x, "--dwell", "1s"]),
        bench.refused(&["hysteresis", "small.yaml", "--x", x, "--dwell", "long"]),
        bench.refused(&["hysteresis", "small.yaml", "--x", x, "--dwell", "100000s"]),
    ];
    insta::assert_snapshot!(text.join("---\n"));
}
