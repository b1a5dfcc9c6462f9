//! How fast is the engine, as a ratio against a loop written by hand for the same rig?
//!
//! `cargo bench -p sim-core --bench throughput` runs the criterion groups and then prints the ratios:
//! engine and yardstick alternate round by round in one process, so whatever else the machine does hits
//! both. `-- ratios` prints the ratios only; `-- memory` runs 10^8 requests of the reference rig and prints the
//! peak memory, `-- memory-features` does so for 10^7 of the rig with caches, crowds and connections.
//!
//! `-- versus PATH` asks whether a change costs models anything that do not use it: PATH is this benchmark as it was
//! built before (`cargo bench -p sim-core --bench throughput --no-run` prints where it lies; copy it). Both run the
//! reference rig 20 times in turn, and what is printed is the mean of the 20 ratios of their speeds, with a
//! t-interval; above 1 this build is the quicker one. If the interval holds 1, no difference is seen. Two builds may
//! differ by the layout of their code alone.

mod rig;

use std::time::Instant;

use criterion::{Criterion, Throughput};
use sim_core::model::Model;

const REQUESTS: u64 = 400_000;
const NETWORK_REQUESTS: u64 = 50_000;
const FEATURES_REQUESTS: u64 = 150_000;
const ROUNDS: usize = 15;
/// Of two builds, one after the other.
const PAIRS: usize = 20;
/// Student's t with 19 degrees of freedom, 97.5 %.
const T_19: f64 = 2.093;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let asked = |word: &str| arguments.iter().any(|argument| argument == word);
    if asked("profile") {
        for seed in 0..20 {
            rig::engine(&rig::rig(REQUESTS), seed);
        }
        return;
    }
    if asked("profile-network") {
        for seed in 0..10 {
            rig::engine(&rig::network(NETWORK_REQUESTS), seed);
        }
        return;
    }
    if asked("profile-features") {
        for seed in 0..10 {
            rig::engine(&rig::features(FEATURES_REQUESTS), seed);
        }
        return;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "versus") {
        let path = arguments
            .get(at + 1)
            .expect("write `-- versus PATH`, where PATH is another build of this benchmark");
        return versus(path);
    }
    if asked("memory") {
        return memory("reference rig", &rig::rig(100_000_000));
    }
    if asked("memory-features") {
        return memory("features", &rig::features(10_000_000));
    }
    if asked("--test") {
        // `cargo test --benches`: run everything once, tiny.
        rig::yardstick(1_000, 1);
        rig::engine(&rig::rig(1_000), 1);
        rig::engine(&rig::crowd(100, 1_000), 1);
        rig::engine(&rig::network(1_000), 1);
        rig::engine(&rig::wires(1_000), 1);
        rig::engine(&rig::features(1_000), 1);
        rig::hold(10, 1_000, 1);
        return;
    }
    if !asked("ratios") {
        criterion_groups();
    }
    ratios();
}

fn criterion_groups() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let mut group = criterion.benchmark_group("reference rig");
    group.throughput(Throughput::Elements(REQUESTS));
    let model = rig::rig(REQUESTS);
    group.bench_function("engine, all metrics on", |b| b.iter(|| rig::engine(&model, 1)));
    group.bench_function("yardstick", |b| b.iter(|| rig::yardstick(REQUESTS, 1)));
    group.finish();
    let mut group = criterion.benchmark_group("network of 3 tiers, 12 services, 60 instances");
    group.throughput(Throughput::Elements(NETWORK_REQUESTS));
    let model = rig::network(NETWORK_REQUESTS);
    group.bench_function("engine, all metrics on", |b| b.iter(|| rig::engine(&model, 1)));
    group.finish();
    let mut group = criterion.benchmark_group("features");
    group.throughput(Throughput::Elements(FEATURES_REQUESTS));
    let model = rig::features(FEATURES_REQUESTS);
    group.bench_function("engine, all metrics on", |b| b.iter(|| rig::engine(&model, 1)));
    group.finish();
    let mut group = criterion.benchmark_group("pending events");
    for pending in [1_000, 1_000_000] {
        let requests = 1_000_000 + 2 * u64::from(pending);
        let model = rig::crowd(pending, requests);
        group.throughput(Throughput::Elements(2 * requests));
        group.bench_function(format!("engine, {pending} pending"), |b| b.iter(|| rig::engine(&model, 1)));
    }
    group.finish();
}

/// Seconds that `work` takes and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// This build and another take turns at the reference rig, each in a process of its own.
fn versus(other: &str) {
    let own = std::env::current_exe().expect("it runs from somewhere");
    let seconds = |path: &std::path::Path| {
        let mut command = std::process::Command::new(path);
        let (seconds, status) = timed(|| command.arg("profile").status());
        match status {
            Ok(status) if status.success() => seconds,
            problem => panic!("{} profile: {problem:?}", path.display()),
        }
    };
    let other = std::path::Path::new(other);
    let _ = (seconds(other), seconds(&own)); // so that both are in memory
    let ratio = |pair: usize| {
        // Whoever goes first goes second the next time.
        let (theirs, ours) = match pair % 2 {
            0 => (seconds(other), seconds(&own)),
            _ => {
                let ours = seconds(&own);
                (seconds(other), ours)
            }
        };
        println!("  {:2}  {theirs:.3} s  {ours:.3} s  {:.3}", pair + 1, theirs / ours);
        theirs / ours
    };
    println!(
        "reference rig, 20 x {REQUESTS} requests: other build, this build, speed of this one over the other's"
    );
    let ratios: Vec<f64> = (0..PAIRS).map(ratio).collect();
    let mean = ratios.iter().sum::<f64>() / PAIRS as f64;
    let squares: f64 = ratios.iter().map(|ratio| (ratio - mean) * (ratio - mean)).sum();
    let error = T_19 * (squares / (PAIRS - 1) as f64 / PAIRS as f64).sqrt();
    println!(
        "this / other: {mean:.3}, 95 % from {:.3} to {:.3}; median {:.3}",
        mean - error,
        mean + error,
        median(ratios)
    );
}

fn ratios() {
    let model = rig::rig(REQUESTS);
    let (mut engine_s, mut yardstick_s, mut hold_s) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = ((0, 0), (0, 0), 0);
    for round in 0..ROUNDS as u64 {
        let (s, count) = timed(|| rig::engine(&model, round + 1));
        engine_s.push(s);
        counts.0 = count;
        let (s, count) = timed(|| rig::yardstick(REQUESTS, round + 1));
        yardstick_s.push(s);
        counts.1 = count;
        let (s, count) = timed(|| rig::hold(11, 2 * REQUESTS, round + 1));
        hold_s.push(s);
        counts.2 = count;
    }
    let ratio = median(yardstick_s.iter().zip(&engine_s).map(|(y, e)| y / e).collect());
    let (engine, yardstick, hold) = (median(engine_s), median(yardstick_s), median(hold_s));
    let mega = |count: u64, seconds: f64| count as f64 / seconds / 1e6;
    println!("reference rig, {REQUESTS} requests, median of {ROUNDS} alternating rounds:");
    println!(
        "  engine     {:6.2} M requests/s  {:6.2} M events/s",
        mega(counts.0.0, engine),
        mega(counts.0.1, engine)
    );
    println!(
        "  yardstick  {:6.2} M requests/s  {:6.2} M events/s",
        mega(counts.1.0, yardstick),
        mega(counts.1.1, yardstick)
    );
    println!("  hold model of 11 keys             {:6.2} M events/s", mega(counts.2, hold));
    println!("  engine / yardstick: {ratio:.2} (bar: 0.50)");
    network();

    let per_event = |pending: u32| {
        let requests = 500_000 + 3 * u64::from(pending);
        let model = rig::crowd(pending, requests);
        // The fill-up is part of the run; most of the events come after it.
        let (seconds, (_, events)) = timed(|| rig::engine(&model, 1));
        seconds / events as f64
    };
    let costs: Vec<(f64, f64)> = (0..5).map(|_| (per_event(1_000), per_event(1_000_000))).collect();
    let growth = median(costs.iter().map(|(few, many)| many / few).collect());
    println!(
        "cost per event of the whole engine: {:.0} ns at 10^3 pending, {:.0} ns at 10^6",
        median(costs.iter().map(|c| c.0).collect()) * 1e9,
        median(costs.iter().map(|c| c.1).collect()) * 1e9
    );
    println!("  growth from 10^3 to 10^6 pending: {growth:.2} (bar: 4)");
}

/// A deployment instead of a queue: requests and events per second, and each event against one of the hold
/// model in the same round.
fn network() {
    let model = rig::network(NETWORK_REQUESTS);
    println!("network of 3 tiers, 12 services, 60 instances, pools, 13 calls per request:");
    deployment(&model);
    println!("the same with sizes, a shared link, loss and TCP:");
    deployment(&rig::wires(NETWORK_REQUESTS));
    println!(
        "features: cache of 4000, memory, USL and linear slow-down, autoscaler, 10 000 connected users:"
    );
    let short = deployment(&rig::features(FEATURES_REQUESTS));
    let longer = rig::features(10 * FEATURES_REQUESTS);
    let (seconds, (_, events)) = timed(|| rig::engine(&longer, 1));
    println!("  one event of a run ten times as long costs {:.2} of that", seconds / events as f64 / short);
}

/// Prints the speed of a deployment; gives the seconds of one event.
fn deployment(model: &Model) -> f64 {
    let (mut seconds, mut ratios, mut count) = (Vec::new(), Vec::new(), (0, 0));
    for round in 0..7 {
        let (s, counted) = timed(|| rig::engine(model, round + 1));
        let (hold_s, hold_events) = timed(|| rig::hold(500, 1_000_000, round + 1));
        ratios.push((s / counted.1 as f64) / (hold_s / hold_events as f64));
        (count, _) = (counted, seconds.push(s));
    }
    let seconds = median(seconds);
    println!(
        "  engine     {:6.3} M requests/s  {:6.2} M events/s",
        count.0 as f64 / seconds / 1e6,
        count.1 as f64 / seconds / 1e6
    );
    println!("  one event costs {:.1} of a hold model of 500 keys", median(ratios));
    seconds / count.1 as f64
}

/// Peak resident memory of one long run, as the kernel saw it.
fn memory(rig: &str, model: &Model) {
    let (seconds, (requests, events)) = timed(|| rig::engine(model, 1));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown", str::trim);
    println!(
        "{rig}: {requests} requests, {events} events in {seconds:.1} s; peak resident memory {peak} (bar: 100 MB)"
    );
}
