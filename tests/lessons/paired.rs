//! What does it bring to run all variants on the same seeds? The interval of a difference, paired by seed, beside
//! the one that the same number of seeds of each variant's own would give.

use std::sync::atomic::AtomicBool;

use scenarios::compare;
use scenarios::experiment::{self, Hooks, Runs};
use scenarios::library;
use scenarios::load::Scenario;
use scenarios::measure::Scope;
use scenarios::metric::Metric;
use scenarios::request::Request;
use scenarios::results::Arm;

/// Student's quantiles of .975 with 58 degrees of freedom: two samples of 30.
const T_58: f64 = 2.001_717;

/// `retry-budget` with this share of failures.
fn at(failures: &str) -> Scenario {
    let shipped = library::find("retry-budget").expect("it is shipped");
    let set = format!("services.api.error_ratio={failures}");
    shipped.load(&[set]).unwrap_or_else(|e| panic!("{}", e.render(false)))
}

fn with_hooks<T>(work: impl FnOnce(&Hooks<'_>) -> T) -> T {
    let stop = AtomicBool::new(false);
    work(&Hooks { threads: 0, progress: &|_, _| {}, stop: &stop })
}

/// Goodput after warm-up on every seed, by variant.
fn goodput(runs: &Runs, variant: &str) -> Vec<f64> {
    let chosen = runs.variants.iter().find(|v| v.variant.name == variant).expect("the variant was run");
    let of_run = |record: &std::sync::Arc<_>| goodput_of(record);
    chosen.arm(Arm::Triggered).iter().map(of_run).collect()
}

fn goodput_of(record: &scenarios::measure::Record) -> f64 {
    let value = record.value(Metric::Goodput, Scope::default(), record.after_warmup());
    value.expect("the run has windows after warm-up")
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)
}

/// How many times as wide the interval of independent samples is: variances of the baseline and of the variant on
/// other seeds, against that of the differences on the same.
fn gain(runs: &Runs, variant: &str) -> f64 {
    let (theirs, ours) = (goodput(runs, "no-retries"), goodput(runs, variant));
    let half = theirs.len() / 2;
    let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
    // Both halves of the seeds for the differences, as the two samples have a half each.
    ((variance(&theirs[..half]) + variance(&ours[half..])) / variance(&differences)).sqrt()
}

/// Requests are answered with probability p = 1 - f without and q = 1 - f^4 with three retries. Their number is
/// Poisson, so the counts of both are, with variances N p and N q. On the same seeds the same first tries fail, so the
/// difference is the requests that a retry saved: Poisson as well, N (q - p). Widths are as
/// sqrt((p + q) / (q - p)): 6.24 at f = .05, 1.81 at f = .5. 240 seeds; the logarithm of the measured ratio has a
/// standard error of about sqrt(1/2 / 239 + 1/4 / 119) = .065, so 20 % are three of them.
#[test]
fn pairing_gains_what_it_can() {
    for f in [0.05, 0.5] {
        let runs = with_hooks(|hooks| {
            let two = ["no-retries", "three-retries"];
            let mut variants = at(&f.to_string()).variants;
            variants.retain(|variant| two.contains(&variant.name.as_str()));
            experiment::run(&variants, &(1..=240).collect::<Vec<u64>>(), hooks)
        });
        let (p, q) = (1.0 - f, 1.0 - f64::powi(f, 4));
        let expected = f64::sqrt((p + q) / (q - p));
        let observed = gain(&runs, "three-retries");
        let sentence = format!("f = {f}: sqrt((p + q) / (q - p)) = {expected:.2}, observed {observed:.2}");
        println!("{sentence}");
        assert!((observed / expected - 1.0).abs() < 0.2, "{sentence}");
    }
}

/// The intervals that `compare` writes, over the scenario's thirty seeds, against those of thirty seeds of each
/// variant's own (pooled, t of 58 degrees of freedom). At .05 pairing makes them at least three times narrower; at .5
/// half of all requests fare differently, so there is less to share, and the ratio is reported only.
#[test]
fn paired_intervals_are_a_third_of_independent_ones() {
    for (f, wanted) in [("0.05", 3.0), ("0.5", 1.0)] {
        let scenario = at(f);
        let request = |seeds| Request {
            seeds,
            variants: Vec::new(),
            sweeps: false,
            kind: "compare",
            reproduce: String::new(),
        };
        let same = with_hooks(|hooks| compare::compare(&scenario, &request((1..=30).collect()), hooks));
        let others =
            with_hooks(|hooks| experiment::run(&scenario.variants, &(31..=60).collect::<Vec<_>>(), hooks));
        for paired in &same.report.comparison.comparisons {
            if paired.metric != Metric::Goodput.id() {
                continue;
            }
            let [low, high] = paired.ci95.expect("thirty seeds give an interval");
            if low == high {
                println!("f = {f}: {} never differs from {}", paired.variant, paired.baseline);
                continue;
            }
            let sum = variance(&goodput(&same.runs, &paired.baseline))
                + variance(&goodput(&others, &paired.variant));
            let ratio = T_58 * (sum / 30.0).sqrt() / ((high - low) / 2.0);
            let sentence = format!(
                "f = {f}: {} minus {}: paired {:.3} ± {:.3}/s, independent ± {:.3}/s: {ratio:.2} times as wide",
                paired.variant,
                paired.baseline,
                f64::midpoint(low, high),
                (high - low) / 2.0,
                ratio * (high - low) / 2.0,
            );
            println!("{sentence}");
            assert!(ratio >= wanted, "{sentence}");
        }
    }
}
