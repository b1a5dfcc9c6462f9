//! `spiral trace`: stories that can be checked by hand, files that viewers read, words that are refused.

use serde_json::Value;

use crate::spiral::{Bench, Ended};

const LATE: &str = include_str!("../fixtures/trace/late.yaml");
const TIERS: &str = include_str!("../fixtures/trace/tiers.yaml");
const HANG: &str = include_str!("../fixtures/trace/hang.yaml");
const BOOKS: &str = include_str!("../fixtures/trace/books.yaml");
const CRASH: &str = include_str!("../fixtures/trace/crash.yaml");

pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    for (name, text) in
        [("late.yaml", LATE), ("tiers.yaml", TIERS), ("crash.yaml", CRASH), ("hang.yaml", HANG)]
    {
        bench.write(name, text);
    }
    bench
}

/// Service takes 1.5 s, patience is 1 s: both attempts time out, both are served in vain, the second
/// 300 ms later because the first still has the worker.
#[test]
fn a_retry_with_late_answers_is_told_line_by_line() {
    insta::assert_snapshot!(bench().fine(&["trace", "late.yaml"]));
}

#[test]
fn an_answer_in_time_is_told() {
    insta::assert_snapshot!(bench().fine(&["trace", "late.yaml", "--variant", "patient", "--request", "1"]));
}

#[test]
fn three_tiers_are_told_with_their_branches_pool_fallback_and_spawned_call() {
    let words = ["trace", "tiers.yaml", "--workload", "users", "--request", "2"];
    insta::assert_snapshot!(bench().fine(&words));
}

#[test]
fn a_crash_is_told() {
    insta::assert_snapshot!(bench().fine(&["trace", "crash.yaml", "--first-failed", "--request", "1"]));
}

#[test]
fn work_that_hangs_and_a_full_line_are_told() {
    let words = ["trace", "hang.yaml", "--request", "5", "--request", "6", "--request", "7"];
    insta::assert_snapshot!(bench().fine(&words));
}

/// Found in the cache in no time, waited for the load of another, and sent without a connection.
#[test]
fn caches_and_connections_are_told() {
    let bench = bench();
    let words = ["trace", "cache-stampede", "--variant", "single-flight"];
    let requests = ["--request", "9", "--request", "1500"];
    insta::assert_snapshot!("cache", bench.fine(&[&words[..], &requests].concat()));
    insta::assert_snapshot!("connection", bench.fine(&["trace", "reconnect-storm", "--first-failed"]));
}

/// The first order is charged twice, fails and is undone; the lock is granted, renewed, given up, and refused to the other.
#[test]
fn effects_sagas_and_locks_are_told() {
    let bench = bench();
    bench.write("books.yaml", BOOKS);
    insta::assert_snapshot!(
        "books",
        bench.fine(&["trace", "books.yaml", "--workload", "users", "--request", "1"])
    );
    let requests = ["--request", "1", "--request", "2", "--request", "3", "--request", "4"];
    let words = ["trace", "books.yaml", "--workload", "holders"];
    insta::assert_snapshot!("lock", bench.fine(&[&words[..], &requests].concat()));
}

#[test]
fn without_its_trigger_nothing_crashes() {
    let text = bench().fine(&["trace", "crash.yaml", "--request", "1", "--arm", "control"]);
    assert!(text.contains("answered after") && !text.contains("crash:") && !text.contains("lost"), "{text}");
}

#[test]
fn bars_are_as_wide_as_the_terminal_and_plain_where_only_ascii_is_known() {
    let bench = bench();
    let mut command = bench.command(&["trace", "late.yaml"]);
    let ended = Ended::from(command.env("COLUMNS", "60").env("LC_ALL", "C").output().unwrap());
    assert!(ended.stdout.is_ascii(), "{}", ended.stdout);
    let bars: Vec<&str> = ended.stdout.lines().filter(|line| line.contains("##")).collect();
    assert!(!bars.is_empty() && bars.iter().all(|line| line.len() <= 60), "{bars:#?}");
}

#[test]
fn json_names_its_schema_and_repeats_itself() {
    let bench = bench();
    let words = ["trace", "tiers.yaml", "--slowest", "2", "--format", "json"];
    let first = bench.fine(&words);
    assert_eq!(first, bench.fine(&words));
    let trace: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(trace["schema"], "spiral/trace/1");
    assert_eq!(trace["requests"].as_array().unwrap().len(), 2);
    assert_eq!(trace["reproduce"], "spiral trace tiers.yaml --seed 1 --slowest 2");
}

#[test]
fn the_page_stands_alone_and_says_what_it_shows() {
    let bench = bench();
    bench.fine(&["trace", "late.yaml", "--out", "story", "--quiet"]);
    let page = bench.read("story/trace.html");
    for forbidden in ["<script", "src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("Content-Security-Policy") && page.contains("prefers-color-scheme: dark"));
    assert!(
        page.contains("role=\"img\"") && page.contains("in service, its caller has left for 0.800 s"),
        "alt text"
    );
    assert!(page.contains("attempt 1: timed out; the server goes on"));
    assert_eq!(
        bench.files().into_iter().filter(|file| file.starts_with("story/")).collect::<Vec<_>>(),
        ["story/trace.html", "story/trace.json", "story/trace.perfetto.json"]
    );
}

#[test]
fn words_that_mean_nothing_are_refused() {
    let bench = bench();
    let told = |words: &[&str]| bench.refused(words);
    insta::assert_snapshot!("unknown_number", told(&["trace", "late.yaml", "--request", "17"]));
    insta::assert_snapshot!("unknown_variant", told(&["trace", "late.yaml", "--variant", "impatent"]));
    insta::assert_snapshot!("unknown_workload", told(&["trace", "tiers.yaml", "--workload", "user"]));
    insta::assert_snapshot!("which_workload", told(&["trace", "tiers.yaml", "--request", "1"]));
    insta::assert_snapshot!(
        "wrong_numbers",
        told(&["trace", "late.yaml", "--request", "0", "--slowest", "99", "--around", "9"])
    );
    insta::assert_snapshot!("beyond_the_end", told(&["trace", "late.yaml", "--around", "65s"]));
    insta::assert_snapshot!("backwards", told(&["trace", "late.yaml", "--from", "9s", "--to", "3s"]));
}

#[test]
fn nothing_to_tell_is_inconclusive() {
    let bench = bench();
    let ended =
        bench.run(&["trace", "late.yaml", "--variant", "patient", "--first-failed", "--out", "story"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (3, ""), "{}", ended.stderr);
    assert_eq!(ended.stderr, "nothing to tell: no request failed in this run\n");
    assert!(!bench.path("story").exists());
    // Among other wishes it is a remark.
    let text = bench.fine(&["trace", "late.yaml", "--variant", "patient"]);
    assert!(text.contains("note: no request failed in this run"), "{text}");
}
