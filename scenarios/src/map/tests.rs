//! Maps of a tiny rig: 5 workers of 10 ms, users who try three times, a full stop of the service.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::expectation::Subject;
use crate::load::load;
use crate::metric::Metric;
use crate::range::Range;
use crate::results::map::CellClass;

const RIG: &str = "
spiral: 1
id: tiny
title: A tiny rig
parameters:
  load: {path: workloads.users.arrivals.poisson.rate, label: load}
services:
  api: {workers: 1, service_time: {exponential: {mean: 10ms}}}
workloads:
  users:
    arrivals: {poisson: {rate: 50/s}}
    call: {to: api, timeouts: {attempt: 500ms}, retry: {immediate: {max_attempts: 3}}}
faults:
  outage: {at: 10s, for: 1s, stop: {service: api}}
run: {horizon: 100s, warmup: 5s, seeds: 6}
";

fn no_files(_: &str) -> Result<String, String> {
    Err("no such file".to_owned())
}

fn scenario() -> Scenario {
    load("tiny.yaml", RIG.as_bytes(), &[], &no_files)
        .unwrap_or_else(|error| panic!("{}", error.render(false)))
}

fn grid(scenario: &Scenario, refine: bool, precision: Option<f64>) -> Grid {
    let (x, y) = (Range::parse("20/s..90/s:9").unwrap(), Range::parse("0.2s..4s:9:log").unwrap());
    let y = ("faults.outage.for", &y);
    let grid = scenario.grid_of(("load", &x), y, 6, &no_files);
    let grid = grid.unwrap_or_else(|error| panic!("{}", error.render(false)));
    Grid { refine, precision, ..grid }
}

fn request(seeds: u64) -> Request {
    Request {
        seeds: (1..=seeds).collect(),
        variants: Vec::new(),
        sweeps: false,
        kind: "map",
        reproduce: "spiral sweep tiny".to_owned(),
    }
}

fn mapped(grid: &Grid, store: &Store, threads: usize, stop_after: usize) -> Mapped {
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let progress = |_: usize, _: usize| {
        if done.fetch_add(1, Ordering::Relaxed) + 1 >= stop_after {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let hooks = Hooks { threads, progress: &progress, stop: &stop };
    run(&scenario(), grid, &request(6), store, &no_files, &hooks).expect("every cell is sound")
}

fn text(mapped: &Mapped) -> String {
    serde_json::to_string(mapped.result.as_ref().expect("it was finished")).unwrap()
}

#[test]
fn a_parameter_stands_for_its_path() {
    let scenario = scenario();
    let grid = grid(&scenario, false, None);
    assert_eq!(
        (grid.x.path.as_str(), grid.x.label.as_str()),
        ("workloads.users.arrivals.poisson.rate", "load")
    );
    assert_eq!(grid.y.label, "faults.outage.for");
}

#[test]
fn below_the_hidden_capacity_every_cell_heals_and_above_it_long_triggers_stick() {
    let scenario = scenario();
    let grid = grid(&scenario, false, None);
    let mapped = mapped(&grid, &Store::nowhere(), 0, usize::MAX);
    let result = mapped.result.unwrap();
    let [variant] = &result.variants[..] else { panic!("one variant") };
    // Hidden capacity 100/s / 3 = 33/s; 80/s for 4 s of nothing piles up 320 of 50 that can wait.
    assert!((0..9).all(|y| result.cell(variant, 0, y).class == CellClass::Heals));
    assert_eq!(result.cell(variant, 7, 8).class, CellClass::Stuck);
    // At 81/s a seed may tip over without any trigger: then it is overloaded, not stuck.
    assert!(result.cell(variant, 7, 8).value.unwrap() >= 0.5);
    assert_eq!(result.cell(variant, 7, 0).class, CellClass::Heals);
    assert_eq!(result.cost, MapCost { cells: 81, of_cells: 81, seeds: 486, of_seeds: 486 });
    // 9 loads have 9 controls of 6 seeds; every cell has its own triggered runs.
    assert_eq!(mapped.made, 486);
}

#[test]
fn threads_and_interruptions_change_nothing() {
    let scenario = scenario();
    let grid = grid(&scenario, true, Some(0.3));
    let whole = mapped(&grid, &Store::nowhere(), 1, usize::MAX);
    assert_eq!(text(&whole), text(&mapped(&grid, &Store::nowhere(), 2, usize::MAX)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs");
    let open = || Store::open(&path, "program").unwrap();
    let mut calls = 0;
    let last = loop {
        calls += 1;
        let part = mapped(&grid, &open(), 2, 150);
        if part.result.is_some() {
            break part;
        }
        assert!(calls < 20, "every call gets further");
    };
    assert!(calls > 2, "{calls} calls");
    assert_eq!(text(&whole), text(&last));
    // Somebody alters and cuts what was kept: it is run again.
    let kept = std::fs::read_to_string(&path).unwrap();
    let altered = kept.replacen("recovered", "stuck", 1);
    std::fs::write(&path, &altered[..altered.len() - 10]).unwrap();
    let again = mapped(&grid, &open(), 2, usize::MAX);
    assert_eq!((again.made, text(&again)), (2, text(&whole)));
}

#[test]
fn refinement_differs_from_the_full_grid_at_most_beside_the_boundary() {
    let scenario = scenario();
    let full = mapped(&grid(&scenario, false, None), &Store::nowhere(), 0, usize::MAX).result.unwrap();
    let refined = mapped(&grid(&scenario, true, None), &Store::nowhere(), 0, usize::MAX).result.unwrap();
    assert!(refined.cost.cells < full.cost.cells && refined.refined);
    let class = |result: &MapResult, x: usize, y: usize| result.cell(&result.variants[0], x, y).class;
    for (x, y) in (0..9).flat_map(|x| (0..9).map(move |y| (x, y))) {
        let near = |(a, b): &(usize, usize)| a.abs_diff(x) <= 1 && b.abs_diff(y) <= 1;
        let mut around = (0..9).flat_map(|a| (0..9).map(move |b| (a, b))).filter(near);
        let is_at_boundary = around.any(|(a, b)| class(&full, a, b) != class(&full, x, y));
        assert!(class(&refined, x, y) == class(&full, x, y) || is_at_boundary, "cell {x}, {y}");
    }
}

#[test]
fn a_metric_is_mapped_as_well() {
    let scenario = scenario();
    let grid = Grid { shown: Subject::Metric(Metric::Goodput), ..grid(&scenario, true, None) };
    let result = mapped(&grid, &Store::nowhere(), 0, usize::MAX).result.unwrap();
    let cell = result.cell(&result.variants[0], 0, 0);
    assert!((cell.value.unwrap() - 20.0).abs() < 1.0, "{cell:?}");
    assert_eq!((result.shown.as_str(), result.unit.as_str()), ("goodput", "1/s"));
}

#[test]
fn what_is_no_map_is_refused() {
    let scenario = scenario();
    let refused = |x: (&str, &str), y: (&str, &str)| {
        let (a, b) = (Range::parse(x.1).unwrap(), Range::parse(y.1).unwrap());
        scenario.grid_of((x.0, &a), (y.0, &b), 6, &no_files).unwrap_err().render(false)
    };
    let load = ("load", "20/s..90/s:3");
    let length = ("faults.outage.for", "1s,2s");
    assert!(refused(load, ("load", "1/s..2/s:2")).contains("both axes vary"));
    let many = refused(("load", "20/s..90/s:10000"), ("faults.outage.for", "1s..2s:9999"));
    assert!(
        many.contains("99990000 cells, at 6 seeds with and without the trigger 1199880000 runs"),
        "{many}"
    );
    assert!(refused(("load", "low,high"), length).contains("is not a number"));
    assert!(refused(("faults.outage.long", "1s,2s"), load).contains("long"));
}
