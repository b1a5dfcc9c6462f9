//! How many requests does a bad change meet before it is there for all? The sum of the shares of its steps, each as long as it
//! lasts; and with a comparison, those that it takes to be sure.

use sim_core::engine::{self, StagedLedger};
use sim_core::streams::Seed;
use sim_tests::systems::model;

/// Ten fronts whose owner wants a patience that is too short, once, after 1000 minutes; users come at random.
fn staged(seed: u64, canary: &str) -> StagedLedger {
    let model = model(
        "1300m",
        &format!(
            "
services:
  front: {{instances: 10, workers: 10, steps: [{{call: {{to: shop, timeouts: {{attempt: 1s}}}}}}]}}
  shop:
    workers: 10
    steps: [{{call: {{to: store, timeouts: {{attempt: 500ms}}}}}}]
  store: {{workers: 10, service_time: 300ms}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: front, load_balancer: random}}}}}}
changes:
  owners: {{front: {{every: 1000m, settings: [timeout: {{from: front, to: shop, values: [100ms]}}]}}}}
  rollout: {{staged: {{steps: [10%, 30%, 100%], each: 100m, canary: {canary}}}}}
  incident: {{below: 1%, of_last: 10000}}
  repair: 30m
"
        ),
    );
    engine::run_dyn(&model, Seed(seed), ()).ledger.changes.staged
}

#[test]
fn exposure_is_the_sum_of_the_shares_of_the_steps() {
    // Formula: exposed ~ Poisson(rate * sum of share * length) = 60/min * (0.1 + 0.3 + 1.0) * 100 min = 8400.
    // 20 replications, seeds 1 to 20: the sum is Poisson(168 000), tolerance 4 standard deviations.
    let exposed: u64 = (1..=20).map(|seed| staged(seed, "none").exposed).sum();
    let (expected, tolerance) = (168_000.0, 4.0 * 168_000f64.sqrt());
    assert!((exposed as f64 - expected).abs() < tolerance, "{exposed} instead of {expected} +- {tolerance}");
}

#[test]
fn a_comparison_needs_only_so_many_failures_as_prove_it() {
    // All that met it fail, and nobody else: with n of N requests the chance is 1 / C(N, n). The first moment at which it is at
    // most 1e-6, N growing by one with each request and n with probability 1/10, has no closed form, but it is a walk
    // that is easily followed: the mean over 4000 walks, drawn by another generator.
    let mut state = 88_172_645_463_325_252u64;
    let mut unit = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let ln_choose = |n: u32, k: u32| (1..=k).map(|i| (f64::from(n - k + i) / f64::from(i)).ln()).sum::<f64>();
    let mut walk = || {
        let (mut all, mut new) = (0u32, 0u32);
        loop {
            all += 1;
            new += u32::from(unit() < 0.1);
            // Both groups must have one.
            if new >= 1 && all > new && -ln_choose(all, new) <= (1e-6f64).ln() {
                return new;
            }
        }
    };
    let walks: Vec<f64> = (0..4_000).map(|_| f64::from(walk())).collect();
    let expected = walks.iter().sum::<f64>() / 4_000.0;
    // 40 replications, seeds 1 to 40; tolerance 4 standard errors, with the spread of the walks.
    let found: Vec<StagedLedger> =
        (1..=40).map(|seed| staged(seed, "{compared: {chance: 0.0001%, min_count: 1}}")).collect();
    assert!(found.iter().all(|staged| (staged.judged, staged.begun) == (1, 1)), "{found:?}");
    let mean = found.iter().map(|staged| staged.exposed as f64).sum::<f64>() / 40.0;
    let variance = walks.iter().map(|n| (n - expected).powi(2)).sum::<f64>() / 4_000.0;
    let tolerance = 4.0 * (variance / 40.0).sqrt();
    assert!(tolerance < 1.0 && (mean - expected).abs() < tolerance, "{mean} instead of {expected}");
}
