//! Which keys are asked for, and which does a cache hold? Shares of a hot key, late fills, caches of one's own and
//! caches from cold, each as a formula.
//!
//! A key's share of the requests is measured as hits of a cache that holds just the most popular keys from the
//! start and never another, because every load fails.

use sim_core::engine;
use sim_core::engine::CacheLedger;
use sim_core::metrics::{CacheEvent, Observation, Probe};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::cache::{ttl_hit_ratio, zipf};
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

fn system(horizon: &str, web: &str, call: &str, store: &str, keys: &str, faults: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services:
  web: {{workers: 1000000, {web}, steps: [{{cached: {{cache: pages, steps: [{{call: {{to: store{call}}}}}]}}}}]}}
  store: {{workers: 1000000, {store}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 1000/s}}}}, keys: {{{keys}}}, call: {{to: web}}}}}}
faults: {faults}
"
        ),
    )
}

/// A cache of the first `warm` of 100 keys, for ever.
fn watched(warm: &str, keys: &str, faults: &str) -> Model {
    let web = format!("caches: {{pages: {{warm: {{ratio: {warm}}}}}}}");
    system("60s", &web, "", "service_time: 0s, error_ratio: 1", keys, faults)
}

fn ledgers(model: &Model, seeds: u64) -> Vec<CacheLedger> {
    let run = |seed| engine::run_dyn(model, Seed(seed), ());
    over_seeds(1..=seeds, |seed| *run(seed).ledger.caches.iter().next().expect("there is a cache"))
}

/// Hits and look-ups of a span of time.
struct Within(SimTime, SimTime, f64, f64);

impl Probe for Within {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        let Observation::Cache { event, .. } = observation else { return };
        if !(self.0..self.1).contains(&now) {
            return;
        }
        match event {
            CacheEvent::Hit => (self.2, self.3) = (self.2 + 1.0, self.3 + 1.0),
            CacheEvent::Miss => self.3 += 1.0,
            _ => {}
        }
    }
}

fn hit_ratios(model: &Model, from_s: u64, to_s: u64) -> Vec<f64> {
    let moment = |s| SimTime::ZERO + SimDuration::from_secs(s);
    over_seeds(1..=4, |seed| {
        let Within(_, _, hits, all) =
            engine::run_dyn(model, Seed(seed), Within(moment(from_s), moment(to_s), 0.0, 0.0)).probe;
        hits / all
    })
}

#[test]
fn a_hot_key_has_its_share() {
    // 60 000 requests in each of 4 runs: standard error of a share h = sqrt(h (1-h) / 240 000), at most .1 % absolute.
    for (share, others) in [("0.1", "uniform"), ("0.5", "{zipf: {}}"), ("0.9", "uniform")] {
        let keys = format!("count: 100, popularity: {{hot: {{share: {share}, others: {others}}}}}");
        let what = format!("hot key beside others {others}: share of the requests");
        let expected = share.parse().expect("a number");
        Claim { what: &what, formula: "share", expected, tolerance: 0.02 }.check(&hit_ratios(
            &watched("0.01", &keys, "{}"),
            0,
            60,
        ));
    }
}

#[test]
fn the_other_keys_share_the_rest() {
    // The nine most popular of the others are as popular among themselves as if they were alone.
    let keys = "count: 100, popularity: {hot: {share: 0.4, others: {zipf: {exponent: 0.9}}}}";
    let expected = 0.4 + 0.6 * zipf(99, 0.9)[..9].iter().sum::<f64>();
    let (what, formula) = ("hot key and nine others of Zipf 0.9", "s + (1 - s) sum of p_1..p_9");
    Claim { what, formula, expected, tolerance: 0.01 }.check(&hit_ratios(&watched("0.1", keys, "{}"), 0, 60));
}

#[test]
fn the_fault_makes_any_key_hot_and_only_for_its_time() {
    // Keys 0..9 of 100 equal ones are watched, key 7 is hot from 20 s to 40 s: 20 000 requests in each of 4 runs and
    // each span, standard error of a share h = sqrt(h (1-h) / 80 000) = .1 % absolute for h = .1, 1.1 % of it.
    for share in [0.3, 0.8] {
        let faults =
            format!("{{news: {{at: 20s, for: 20s, hot_key: {{workload: users, share: {share}, key: 7}}}}}}");
        let model = watched("0.1", "count: 100", &faults);
        let hot = share + (1.0 - share) * 0.1;
        for (from, to, expected, tolerance) in [(0, 20, 0.1, 0.04), (20, 40, hot, 0.02), (40, 60, 0.1, 0.04)]
        {
            let what = format!("hot_key fault of {share}, {from} s to {to} s: share of ten keys");
            let formula = "s + (1 - s) / 10, s = 0 outside";
            Claim { what: &what, formula, expected, tolerance }.check(&hit_ratios(&model, from, to));
        }
    }
}

#[test]
fn a_callee_fills_late_as_often_as_a_load_takes_too_long() {
    // 60 000 loads of exponential length of mean 100 ms, patience 150 ms: a share e^-1.5 = .223 comes too late; of
    // 2 million keys .8 % at most are asked for twice. 4 runs: standard error .08 % absolute, .4 % of it; what is under way at the
    // end is .01 %.
    let keys = "count: 2000000";
    for fill in ["callee", "caller"] {
        let web = format!("caches: {{pages: {{fill: {fill}}}}}");
        let store = "service_time: {exponential: {mean: 100ms}}";
        let model = system("60s", &web, ", timeouts: {attempt: 150ms}", store, keys, "{}");
        let counts = ledgers(&model, 4);
        let in_time: Vec<f64> = counts.iter().map(|c| c.fills as f64 / c.loads as f64).collect();
        let late = (-1.5f64).exp();
        let (what, formula) = ("loads that fill in time", "1 - e^(-patience / mean)");
        Claim { what, formula, expected: 1.0 - late, tolerance: 0.01 }.check(&in_time);
        if fill == "caller" {
            assert!(counts.iter().all(|c| c.late_fills == 0), "{counts:?}");
            continue;
        }
        let too_late: Vec<f64> = counts.iter().map(|c| c.late_fills as f64 / c.loads as f64).collect();
        let (what, formula) = ("loads that the callee fills late", "e^(-patience / mean)");
        Claim { what, formula, expected: late, tolerance: 0.02 }.check(&too_late);
    }
}

#[test]
fn caches_of_their_own_see_a_part_of_the_requests_each() {
    // 500 keys, Zipf 0.8, 1000/s, lives of 2 s; five instances in random turns are five caches at 200/s each. 220 s
    // after 20 s, 4 runs: standard error about .05 % absolute.
    let keys = "count: 500, popularity: {zipf: {exponent: 0.8}}";
    let mut seen = Vec::new();
    for (scope, rate) in [("instance", 200.0), ("shared", 1_000.0)] {
        let body = format!(
            "
services:
  web:
    instances: 5
    workers: 1000000
    caches: {{pages: {{scope: {scope}, ttl: 2s}}}}
    steps: [{{cached: {{cache: pages, steps: [{{compute: 0s}}]}}}}]
workloads: {{users: {{arrivals: {{poisson: {{rate: 1000/s}}}}, keys: {{{keys}}}, call: {{to: web, load_balancer: random}}}}}}
"
        );
        let expected = ttl_hit_ratio(&zipf(500, 0.8), rate, 2.0);
        let what = format!("scope {scope}: hit ratio");
        let formula = "sum p (p L T / (1 + p L T)), L per cache";
        Claim { what: &what, formula, expected, tolerance: 0.01 }.check(&hit_ratios(
            &model("240s", &body),
            20,
            240,
        ));
        seen.push(expected);
    }
    assert!(seen[1] > seen[0] + 0.1, "what is shared hits far more often: {seen:?}");
}

#[test]
fn a_cold_cache_misses_each_key_once() {
    // 5000 equal keys at 1000/s for 5 s: a key is asked for in that time with probability 1 - e^-1. What is there
    // from the start is never missed. 8 runs: the number of distinct keys has standard deviation 27 of 3161.
    for (warm, share) in [("none", 0.0), ("{ratio: 0.6}", 0.6), ("full", 1.0)] {
        let web = format!("caches: {{pages: {{warm: {warm}}}}}");
        let model = system("5s", &web, "", "service_time: 0s", "count: 5000", "{}");
        let misses: Vec<f64> = ledgers(&model, 8).iter().map(|c| c.misses as f64).collect();
        if share == 1.0 {
            assert!(misses.iter().all(|misses| *misses == 0.0), "{misses:?}");
            continue;
        }
        let expected = (1.0 - share) * 5_000.0 * (1.0 - (-1.0f64).exp());
        let what = format!("warm {warm}: misses in 5 s");
        let formula = "(1 - w) n (1 - e^(-L t / n))";
        Claim { what: &what, formula, expected, tolerance: 0.015 }.check(&misses);
    }
}
