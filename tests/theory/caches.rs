//! Do caches hit, and are they stormed, as often as theory says?

use sim_core::engine;
use sim_core::metrics::{CacheEvent, Observation, Probe};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::cache::{
    fifo_hit_ratio, lru_hit_ratio, stampede_size, ttl_hit_ratio, xfetch_loads, zipf,
};
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// What the caches did after a while.
struct Counts {
    from: SimTime,
    look_ups: f64,
    hits: f64,
    loads: f64,
    first_loads: f64,
}

impl Probe for Counts {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        let Observation::Cache { event, .. } = observation else { return };
        if now < self.from {
            return;
        }
        match event {
            CacheEvent::Hit | CacheEvent::StaleHit => {
                (self.look_ups, self.hits) = (self.look_ups + 1.0, self.hits + 1.0);
            }
            CacheEvent::Miss | CacheEvent::Waits => self.look_ups += 1.0,
            CacheEvent::Loads { first } => {
                self.loads += 1.0;
                self.first_loads += f64::from(u8::from(first));
            }
            CacheEvent::Filled | CacheEvent::StoodIn => {}
        }
    }
}

fn counts(model: &Model, from_s: u64, seeds: u64) -> Vec<Counts> {
    over_seeds(1..=seeds, |seed| {
        let from = SimTime::ZERO + SimDuration::from_secs(from_s);
        let counts = Counts { from, look_ups: 0.0, hits: 0.0, loads: 0.0, first_loads: 0.0 };
        engine::run_dyn(model, Seed(seed), counts).probe
    })
}

/// A cache with these settings, asked for keys so often; a load takes so long.
fn cached(horizon: &str, cache: &str, keys: &str, rate: u32, load: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services:
  web:
    workers: 1000000
    caches: {{pages: {{{cache}}}}}
    steps: [{{cached: {{cache: pages, steps: [{{compute: {load}}}]}}}}]
workloads: {{users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, keys: {{{keys}}}, call: {{to: web}}}}}}
"
        ),
    )
}

fn hit_ratios(counts: &[Counts]) -> Vec<f64> {
    counts.iter().map(|c| c.hits / c.look_ups).collect()
}

fn stampedes(counts: &[Counts]) -> Vec<f64> {
    counts.iter().map(|c| c.loads / c.first_loads).collect()
}

#[test]
fn lru_hits_as_che_says() {
    // 1000 keys, 100 places, loads in no time, 200 000 look-ups after 20 000; 4 runs each. The standard error of
    // a share h from n look-ups is about sqrt(h (1-h) / n), of four runs at most .06 % absolute. Che is exact to
    // a few tenths of a percent here.
    for exponent in [0.6, 0.8, 1.0] {
        let keys = format!("count: 1000, popularity: {{zipf: {{exponent: {exponent}}}}}");
        let model = cached("220s", "capacity: 100", &keys, 1_000, "0s");
        let expected = lru_hit_ratio(&zipf(1_000, exponent), 100.0);
        let what = format!("LRU, 100 of 1000 keys, Zipf {exponent}: hit ratio");
        let formula = "Che: sum p (1 - e^(-p t))";
        Claim { what: &what, formula, expected, tolerance: 0.01 }.check(&hit_ratios(&counts(&model, 20, 4)));
    }
}

#[test]
fn fifo_hits_as_often_as_random_eviction() {
    // As above. The fixed point is an approximation, too: 1.5 %.
    for exponent in [0.6, 1.0] {
        let keys = format!("count: 1000, popularity: {{zipf: {{exponent: {exponent}}}}}");
        let model = cached("220s", "capacity: 100, eviction: fifo", &keys, 1_000, "0s");
        let expected = fifo_hit_ratio(&zipf(1_000, exponent), 100.0);
        let what = format!("FIFO, 100 of 1000 keys, Zipf {exponent}: hit ratio");
        let formula = "sum p (p t / (1 + p t)), Gelenbe 1973";
        Claim { what: &what, formula, expected, tolerance: 0.015 }.check(&hit_ratios(&counts(&model, 20, 4)));
    }
}

#[test]
fn a_ttl_cache_hits_between_two_expiries() {
    // 500 keys, 100/s, lives of 5 and 20 s from the load, 2000 s after 100 s; 4 runs. Standard error of the hit
    // ratio about .05 % absolute.
    for ttl in [5.0, 20.0] {
        let keys = "count: 500, popularity: {zipf: {exponent: 0.8}}";
        let model = cached("2100s", &format!("ttl: {ttl}s"), keys, 100, "0s");
        let expected = ttl_hit_ratio(&zipf(500, 0.8), 100.0, ttl);
        let what = format!("ttl {ttl} s: hit ratio");
        let formula = "sum p (p L T / (1 + p L T))";
        Claim { what: &what, formula, expected, tolerance: 0.01 }.check(&hit_ratios(&counts(&model, 100, 4)));
    }
}

#[test]
fn a_stampede_is_as_large_as_what_comes_during_a_load() {
    // One key at 500/s, loads of 200 ms: 1 + Poisson(100) queries per expiry, an expiry every 2 s (1.6 s after
    // the last of the loads). 100 expiries in each of 8 runs: standard error 10 / sqrt(800) = .35.
    let model = cached("202s", "ttl: 1.6s", "count: 1", 500, "200ms");
    let expected = stampede_size(500.0, 0.2);
    let (what, formula) = ("queries per expiry", "1 + rate x load time");
    Claim { what, formula, expected, tolerance: 0.015 }.check(&stampedes(&counts(&model, 2, 8)));
}

#[test]
fn who_waits_for_others_does_not_ask() {
    for settings in [
        "coalesce: process",
        "lease: {}",
        "stale_while_revalidate: 1s",
        "coalesce: process, lease: {wait: 3ms}",
    ] {
        let model = cached("20s", &format!("ttl: 1.6s, {settings}"), "count: 3", 500, "200ms");
        for c in counts(&model, 2, 2) {
            assert!(c.first_loads >= 20.0, "{settings}: {} loads of three keys", c.first_loads);
            assert_eq!(c.loads, c.first_loads, "{settings}");
        }
    }
}

#[test]
fn xfetch_lets_e_to_the_one_over_beta_readers_load() {
    // One key at 500/s, loads of 200 ms, so that beta x 200 ms x 500/s = 100 readers draw in earnest. For beta = 1
    // the number of loads has variance (e - 1) + (e - 1)^2 = 4.7; about 400 refreshes in each of 8 runs of
    // 1000 s: standard error 2.2 / sqrt(3200) = .04, 1.4 %. Tolerance 5 %. A life of 15 beta x 200 ms leaves no draw
    // before it.
    for beta in [1.0, 2.0] {
        let model = cached(
            "1000s",
            &format!("ttl: {}s, early_refresh: {{xfetch: {{beta: {beta}}}}}", 3.0 * beta),
            "count: 1",
            500,
            "200ms",
        );
        let expected = xfetch_loads(beta);
        let what = format!("XFetch, beta {beta}: loads per refresh");
        let formula = "e^(1 / beta)";
        Claim { what: &what, formula, expected, tolerance: 0.05 }.check(&stampedes(&counts(&model, 5, 8)));
    }
}
