//! What stands in a folder, and does it come back?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use reports::{Options, ReportErrorKind, Size, Stored, Theme, read, redraw, write_comparison, write_sweep};
use scenarios::results::SERIES_METRICS;

use crate::sample::{Fate, Sample, storm, sweep, sweep_manifest};

const SMALL: Options = Options { theme: Theme::Light, size: Size::Thumb, png: false };

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(dir).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_comparison_reads_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = storm().report();
    report.sweeps = vec![sweep(), sweep()];
    // Bits that a careless printer or parser would lose.
    report.comparison.variants[0].metrics.get_mut("goodput").unwrap().mean = Some(0.1 + 0.2);
    report.series.starts_s.iter_mut().for_each(|start| *start /= 3.0);
    report.series.width_s = 1.0 / 3.0;
    report.latency[0].points[0].0 = 5e-324;
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    assert_eq!(read(dir.path()).unwrap(), Stored::Comparison(report));
}

#[test]
fn a_sweep_reads_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let written = write_sweep(&sweep_manifest(), &sweep(), dir.path(), &SMALL).unwrap();
    assert!(written.iter().all(|path| path.is_file()), "{written:?}");
    assert_eq!(read(dir.path()).unwrap(), Stored::Sweep(sweep_manifest(), sweep()));
}

#[test]
fn odd_samples_read_back_too() {
    let one = |fate| vec![("only".to_owned(), fate)];
    for variants in [one(Fate::Silent), one(Fate::Unjudged), one(Fate::Overloaded)] {
        for seeds in [1, 2] {
            let dir = tempfile::tempdir().unwrap();
            let report = Sample { variants: variants.clone(), seeds, windows: 3, horizon_s: 90.0 }.report();
            write_comparison(&report, dir.path(), &SMALL).unwrap();
            assert_eq!(read(dir.path()).unwrap(), Stored::Comparison(report));
        }
    }
}

#[test]
fn redrawing_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = storm().report();
    report.sweeps = vec![sweep()];
    let options = Options { png: true, ..SMALL };
    write_comparison(&report, dir.path(), &options).unwrap();
    let before = files(dir.path());
    let drawn = redraw(dir.path(), &options).unwrap();
    assert_eq!(files(dir.path()), before);
    assert!(drawn.iter().any(|path| path.ends_with("figures/goodput.png")));
    assert!(!drawn.iter().any(|path| path.ends_with("results.json")), "numbers stay as they are");
}

#[test]
fn a_trigger_without_an_end_lasts_to_the_horizon() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = storm().report();
    report.manifest.triggers.values_mut().flatten().for_each(|window| window.end_s = f64::INFINITY);
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    let before = files(dir.path());
    redraw(dir.path(), &SMALL).unwrap();
    assert_eq!(files(dir.path()), before);
    let Stored::Comparison(read) = read(dir.path()).unwrap() else { panic!("a comparison") };
    assert_eq!(read.manifest.triggers["one-attempt"][0].end_s, report.manifest.horizon_s);
}

#[test]
fn another_theme_leaves_no_outdated_bitmap() {
    let dir = tempfile::tempdir().unwrap();
    write_comparison(&storm().report(), dir.path(), &Options { png: true, ..SMALL }).unwrap();
    assert!(dir.path().join("figures/goodput.png").exists());
    redraw(dir.path(), &Options { theme: Theme::Dark, ..SMALL }).unwrap();
    assert!(!dir.path().join("figures/goodput.png").exists());
}

#[test]
fn results_are_exactly_the_pretty_json_of_the_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let report = storm().report();
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    let text = fs::read_to_string(dir.path().join("results.json")).unwrap();
    assert_eq!(text, serde_json::to_string_pretty(&report.comparison).unwrap() + "\n");
}

#[test]
fn series_have_one_row_per_window_and_three_columns_per_metric() {
    let dir = tempfile::tempdir().unwrap();
    let report = Sample { windows: 5, ..storm() }.report();
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    let text = fs::read_to_string(dir.path().join("series.csv")).unwrap();
    let mut lines = text.lines();
    let mut columns = vec!["variant".to_owned(), "arm".to_owned(), "time_s".to_owned()];
    for metric in SERIES_METRICS {
        columns.extend(["p10", "p50", "p90"].map(|quantile| format!("{}_{quantile}", metric.id())));
    }
    assert_eq!(lines.next().unwrap(), columns.join(","));
    assert!(lines.next().unwrap().starts_with("four-attempts,control,0,"));
    assert_eq!(text.lines().count(), 1 + 5 * report.series.lines.len());
}

#[test]
fn a_value_that_is_missing_is_an_empty_cell() {
    let dir = tempfile::tempdir().unwrap();
    let variants = vec![("mute".to_owned(), Fate::Silent)];
    write_comparison(&Sample { variants, windows: 1, ..storm() }.report(), dir.path(), &SMALL).unwrap();
    let series = fs::read_to_string(dir.path().join("series.csv")).unwrap();
    assert!(series.lines().nth(1).unwrap().ends_with(",,,,,,"), "{series}");
    let latency = fs::read_to_string(dir.path().join("latency.csv")).unwrap();
    assert_eq!(latency, "variant,unanswered_share,latency_s,share\nmute,1,,\n");
}

#[test]
fn a_file_instead_of_a_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("taken");
    fs::write(&path, "a file").unwrap();
    let error = write_comparison(&storm().report(), &path, &SMALL).unwrap_err();
    assert!(matches!(error.kind, ReportErrorKind::CreateFolder(_)), "{error}");
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named_and_stays_empty() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("locked");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write everywhere; then there is nothing to test.
    if fs::write(path.join("probe"), "").is_err() {
        let error = write_comparison(&storm().report(), &path, &SMALL).unwrap_err();
        assert!(error.path.starts_with(&path), "{error}");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Writes a folder, lets `damage` at it, and returns what reading it says, without the folder's name.
fn after_damage(damage: impl FnOnce(&Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let variants = storm().variants[..2].to_vec();
    let report = Sample { variants, seeds: 2, windows: 2, horizon_s: 90.0 }.report();
    write_comparison(&report, dir.path(), &SMALL).unwrap();
    damage(dir.path());
    let error = read(dir.path()).unwrap_err().to_string();
    error.replace(&dir.path().display().to_string(), "DIR")
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn every_damage_is_told_with_its_file_and_place() {
    let missing = after_damage(|dir| fs::remove_file(dir.join("manifest.json")).unwrap());
    assert_eq!(missing, "DIR: no results here: a report folder holds a `manifest.json`");

    let newer = after_damage(|dir| replace(&dir.join("manifest.json"), "manifest/1", "manifest/9"));
    assert_eq!(
        newer,
        "DIR/manifest.json: written as `spiral/manifest/9`, but this version of spiral reads `spiral/manifest/1`"
    );

    let cut = after_damage(|dir| {
        let path = dir.join("results.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() / 2]).unwrap();
    });
    assert!(cut.starts_with("DIR/results.json: not the expected JSON: EOF while parsing"), "{cut}");

    let word = after_damage(|dir| replace(&dir.join("series.csv"), "triggered,0,", "triggered,soon,"));
    assert_eq!(word, "DIR/series.csv: line 4: `time_s` must be a number, found `soon`");

    let arm = after_damage(|dir| replace(&dir.join("series.csv"), "control", "placebo"));
    assert_eq!(arm, "DIR/series.csv: line 2: `placebo` is no arm; must be control or triggered");

    let column = after_damage(|dir| replace(&dir.join("series.csv"), "offered_p10", "offred_p10"));
    assert_eq!(column, "DIR/series.csv: line 1: column 4 must be `offered_p10`, found `offred_p10`");

    let latency = after_damage(|dir| fs::remove_file(dir.join("latency.csv")).unwrap());
    assert!(latency.starts_with("DIR/latency.csv: cannot read this file:"), "{latency}");

    let kind = after_damage(|dir| replace(&dir.join("manifest.json"), "\"compare\"", "\"contrast\""));
    assert_eq!(
        kind,
        "DIR/manifest.json: kind: `contrast` is unknown; must be one of compare, run, sweep, map, critical, hysteresis, glance"
    );
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let error = read(Path::new("/nonexistent/report")).unwrap_err();
    assert_eq!(error.path, Path::new("/nonexistent/report/manifest.json"));
}
