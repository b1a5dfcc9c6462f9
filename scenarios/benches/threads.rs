//! Do two threads do the work of two? `cargo bench -p scenarios --bench threads` runs the same comparison with
//! one and with two threads in turns and prints the ratio; `-- ratio` leaves the criterion groups out.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use criterion::Criterion;
use scenarios::experiment::{self, Hooks};
use scenarios::library;
use scenarios::load::Scenario;

const ROUNDS: usize = 7;
const SEEDS: u64 = 8;

fn scenario() -> Scenario {
    let sets = ["run.horizon=120s".to_owned()];
    library::find("metastable-retry-storm")
        .and_then(|shipped| shipped.load(&sets).ok())
        .expect("it is shipped and sound")
}

/// Runs the baseline and two variants over the seeds; gives the events handled.
fn compare(scenario: &Scenario, seeds: u64, threads: usize) -> u64 {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { threads, progress: &|_, _| {}, stop: &stop };
    let seeds: Vec<u64> = (1..=seeds).collect();
    let runs = experiment::run(&scenario.variants[..3], &seeds, &hooks);
    runs.variants.iter().flat_map(|variant| &variant.triggered).map(|record| record.events).sum()
}

fn seconds(work: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    assert!(work() > 0);
    start.elapsed().as_secs_f64()
}

fn main() {
    let scenario = scenario();
    if std::env::args().any(|argument| argument == "--test") {
        compare(&scenario, 1, 2);
        return;
    }
    if !std::env::args().any(|argument| argument == "ratio") {
        let mut criterion = Criterion::default().configure_from_args().sample_size(10);
        for threads in [1, 2] {
            criterion.bench_function(&format!("compare, {threads} threads"), |b| {
                b.iter(|| compare(&scenario, SEEDS, threads));
            });
        }
    }
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| seconds(|| compare(&scenario, SEEDS, 1)) / seconds(|| compare(&scenario, SEEDS, 2)))
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "two threads are {:.2} times as fast as one (bar: 1.8); median of {ROUNDS} rounds, {:.2} to {:.2}",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
}
