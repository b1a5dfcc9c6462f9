//! Do users come as they should? Gaps of Poisson and evenly spaced arrivals, counts under rates that
//! change, and the extra requests of a load spike.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::claim::assert_poisson_count;
use sim_tests::over_seeds;
use sim_tests::probes::Stories;
use sim_tests::systems::model;

fn users(horizon: &str, arrivals: &str, faults: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services: {{api: {{workers: 1000, service_time: 1ms}}}}
workloads: {{users: {{arrivals: {arrivals}, call: {{to: api}}}}}}
faults: {faults}
"
        ),
    )
}

fn arrivals(model: &Model, seed: u64) -> Vec<SimTime> {
    engine::run_dyn(model, Seed(seed), Stories::default())
        .probe
        .all
        .iter()
        .map(|story| story.arrived)
        .collect()
}

fn gaps_s(times: &[SimTime]) -> Vec<f64> {
    let from = |k: usize| if k == 0 { SimTime::ZERO } else { times[k - 1] };
    (0..times.len()).map(|k| times[k].since(from(k)).as_secs_f64()).collect()
}

/// Arrivals of `seeds` seeds in each of `bins` equal parts of `seconds`.
fn counts(model: &Model, seeds: u64, bins: usize, seconds: f64) -> Vec<u64> {
    let mut counts = vec![0; bins];
    for times in over_seeds(1..=seeds, |seed| arrivals(model, seed)) {
        for time in times {
            counts[(time.as_secs_f64() / seconds * bins as f64) as usize] += 1;
        }
    }
    counts
}

#[test]
fn poisson_gaps_are_exponential_and_independent() {
    // Kolmogorov-Smirnov at 10 seeds of 100 000 gaps: 1.95 / sqrt(n) is exceeded once in 1000.
    let model = users("1000s", "{poisson: {rate: 100/s}}", "{}");
    for (seed, times) in over_seeds(1..=10, |seed| arrivals(&model, seed)).iter().enumerate() {
        let gaps = gaps_s(times);
        let n = gaps.len() as f64;
        let pairs: f64 = gaps.windows(2).map(|pair| (100.0 * pair[0] - 1.0) * (100.0 * pair[1] - 1.0)).sum();
        assert!((pairs / n).abs() < 4.0 / n.sqrt(), "seed {}: neighbours correlate {}", seed + 1, pairs / n);
        let mut sorted = gaps;
        sorted.sort_by(f64::total_cmp);
        let distance = sorted.iter().enumerate().fold(0.0f64, |most, (k, gap)| {
            let law = 1.0 - (-100.0 * gap).exp();
            most.max((law - k as f64 / n).abs()).max((law - (k as f64 + 1.0) / n).abs())
        });
        println!("seed {}: distance {distance:.5} of {:.5}", seed + 1, 1.95 / n.sqrt());
        assert!(distance < 1.95 / n.sqrt(), "seed {}: {n} gaps lie {distance} off", seed + 1);
    }
}

#[test]
fn poisson_counts_scatter_as_their_mean() {
    // Variance over mean of 1000 counts of 100 is 1 with standard error sqrt(2 / 1000) = .045.
    let counts = counts(&users("1000s", "{poisson: {rate: 100/s}}", "{}"), 1, 1_000, 1_000.0);
    let mean = counts.iter().sum::<u64>() as f64 / 1_000.0;
    let variance = counts.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / 999.0;
    assert!((variance / mean - 1.0).abs() < 4.0 * 0.045, "variance over mean is {}", variance / mean);
}

#[test]
fn evenly_spaced_arrivals_keep_their_beat() {
    let times = arrivals(&users("100s", "{evenly_spaced: {rate: 8/s}}", "{}"), 1);
    assert_eq!(times.len(), 799, "the one at the horizon itself is not part of the run");
    assert!(gaps_s(&times).iter().all(|gap| *gap == 0.125));
    assert_eq!(times[798].as_secs_f64(), 99.875);
}

#[test]
fn a_ramp_brings_the_area_under_it() {
    // Rate t per second over 100 s: 100 seeds bring 100 (b^2 - a^2) / 2 in [a, b).
    let ramp = "{poisson: {rate: {ramp: {from: 0/s, to: 100/s, end: 100s}}}}";
    for (bin, count) in counts(&users("100s", ramp, "{}"), 100, 10, 100.0).into_iter().enumerate() {
        let (a, b) = (bin as f64 * 10.0, (bin as f64 + 1.0) * 10.0);
        assert_poisson_count(&format!("ramp, {a} to {b} s"), count, 100.0 * (b * b - a * a) / 2.0);
    }
}

#[test]
fn lines_between_points_bring_the_area_under_them() {
    // Up from 20/s to 60/s in 50 s, down to nothing in 50 s; five bins of 20 s, areas by hand.
    let points =
        "{poisson: {rate: {points: [{at: 0s, rate: 20/s}, {at: 50s, rate: 60/s}, {at: 100s, rate: 0/s}]}}}";
    let expected = [560.0, 880.0, 1_100.0, 720.0, 240.0];
    for (bin, count) in counts(&users("100s", points, "{}"), 100, 5, 100.0).into_iter().enumerate() {
        assert_poisson_count(&format!("points, bin {bin}"), count, 100.0 * expected[bin]);
    }
}

#[test]
fn a_load_spike_adds_its_requests_and_leaves_the_others_alone() {
    // 100/s, three times as many in [20 s, 30 s): 2000 more, all of them inside.
    let spike = "{spike: {at: 20s, for: 10s, load_spike: {workload: users, factor: 3}}}";
    let (calm, hit) =
        (users("100s", "{poisson: {rate: 100/s}}", "{}"), users("100s", "{poisson: {rate: 100/s}}", spike));
    let mut extra = 0;
    for seed in 1..=10 {
        let (base, all) = (arrivals(&calm, seed), arrivals(&hit, seed));
        let mut base = base.into_iter().peekable();
        for time in all {
            if base.next_if_eq(&time).is_none() {
                assert!((20.0..30.0).contains(&time.as_secs_f64()), "{time} lies outside the spike");
                extra += 1;
            }
        }
        assert_eq!(base.next(), None, "every request of the calm run comes at its moment");
    }
    assert_poisson_count("10 spikes of 200/s for 10 s", extra, 20_000.0);
}

#[test]
fn a_load_cut_keeps_some_of_the_same_requests() {
    let cut = "{cut: {at: 20s, for: 10s, load_spike: {workload: users, factor: 0.25}}}";
    let (calm, hit) =
        (users("100s", "{poisson: {rate: 100/s}}", "{}"), users("100s", "{poisson: {rate: 100/s}}", cut));
    let mut left = 0;
    for seed in 1..=10 {
        let (base, some) = (arrivals(&calm, seed), arrivals(&hit, seed));
        let mut some = some.into_iter().peekable();
        for time in base {
            let inside = (20.0..30.0).contains(&time.as_secs_f64());
            let comes = some.next_if_eq(&time).is_some();
            assert!(comes || inside, "{time} stays away outside the cut");
            left += u64::from(comes && inside);
        }
        assert_eq!(some.next(), None, "nobody comes who would not have come anyway");
    }
    assert_poisson_count("10 cuts to 25/s for 10 s", left, 2_500.0);
}
