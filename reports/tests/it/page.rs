//! Is the page one file that works offline?

use std::fs;

use reports::{Options, Size, Theme, write_comparison, write_sweep};

use crate::sample::{Fate, Sample, storm, sweep, sweep_manifest};

const SMALL: Options = Options { theme: Theme::Light, size: Size::Thumb, png: false };

fn page(sample: &Sample, with_sweep: bool) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut report = sample.report();
    if with_sweep {
        report.sweeps = vec![sweep()];
    }
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    fs::read_to_string(dir.path().join("report.html")).unwrap()
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let html = page(&storm(), true);
    for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "javascript:", "<link"] {
        assert!(!html.contains(word), "the page contains {word}");
    }
    assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
}

#[test]
fn names_from_files_cannot_become_markup() {
    let variants =
        vec![("<script>alert(1)</script>".to_owned(), Fate::Stuck), ("a & b".to_owned(), Fate::Silent)];
    let html = page(&Sample { variants, ..storm() }, false);
    assert!(!html.contains("<script>"));
    assert!(html.contains("&lt;script&gt;"));
}

#[test]
fn all_sections_are_there() {
    let html = page(&storm(), true);
    for text in [
        "<h1>The retry storm</h1>",
        "Who comes back, and who does not?",
        "stuck on 30 of 30 seeds (95\u{a0}% interval 0.89–1.00); the control was healthy.",
        "2 of 4 claims hold",
        "spiral run metastable-retry-storm --variant one-attempt --seed 4",
        "capacity of api × 0.2",
        "paired t, 30 pairs",
        "Attempts divided by offered requests.",
        "&quot;workers&quot;: 10",
        "spiral compare metastable-retry-storm --seeds 30",
        "0123456789abcdef",
        "spiral 0.1.0",
        "belong to whoever made them",
    ] {
        assert!(html.contains(text), "the page lacks: {text}");
    }
    assert_eq!(html.matches("<figure ").count(), html.matches("role=\"img\"").count());
    assert_eq!(html.matches("<svg ").count(), 10);
}

#[test]
fn one_seed_gets_no_interval() {
    let html = page(&Sample { seeds: 1, variants: storm().variants[..1].to_vec(), ..storm() }, false);
    assert!(html.contains("one seed is an example, not a rate"));
    assert!(!html.contains(" ± "), "a mean of one run has no interval");
}

#[test]
fn a_sweep_has_a_page_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    write_sweep(&sweep_manifest(), &sweep(), dir.path(), &SMALL).unwrap();
    let html = fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(html.contains("<h1>One queue, more load</h1>"));
    assert!(html.contains("M&#x2f;M&#x2f;1"));
    assert!(!html.contains("What happened"), "a sweep has no verdict sentences");
}

#[test]
fn without_a_trigger_nothing_reads_like_a_failure() {
    let variants = vec![("calm".to_owned(), Fate::Unjudged), ("calmer".to_owned(), Fate::Unjudged)];
    let html = page(&Sample { variants, ..storm() }, true);
    assert!(html.contains("no trigger, so nothing to recover from"));
    for word in ["inconclusive", "What was done to it", "Healthy from", "Stuck", "figure-outcomes"] {
        assert!(!html.contains(word), "the page says {word}");
    }
}

#[test]
fn many_variants_stand_in_several_tables() {
    let variants = (0..15).map(|k| (format!("v{k}"), Fate::Stuck)).collect();
    let html = page(&Sample { variants, ..storm() }, false);
    assert_eq!(html.matches("half of its 95 % interval; part ").count(), 3);
    let widest = html.split("<thead>").map(|head| head.split("</thead>").next().unwrap());
    let widest = widest.map(|head| head.matches("<th scope=\"col\">").count()).max().unwrap();
    assert!(widest <= 7, "{widest} columns");
}
