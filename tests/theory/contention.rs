//! Do published results on contention come out? Client throttling (P9) and optimistic writes with back-off (P10),
//! with the parameters of the publications.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stories;
use sim_tests::systems::model;

#[test]
fn a_throttled_client_sends_twice_what_is_accepted() {
    // P9. Google SRE book, chapter 21: 300/s wanted, 100/s accepted, K = 2. Ten runs of 1000 s; the window of 2
    // minutes is empty at first, so that the first seconds send more: .1 % of the run.
    let model = model(
        "1000s",
        "
services: {api: {workers: 9, service_time: 1ms, admission: {rate: {to: 100/s, burst: 20}}}}
workloads:
  users: {arrivals: {poisson: {rate: 300/s}}, call: {to: api, client_throttle: {sre: {k: 2}}}}
",
    );
    let per_s = |count: fn(&engine::Ledger) -> u64| {
        over_seeds(1..=10, |seed| count(&engine::run_dyn(&model, Seed(seed), ()).ledger) as f64 / 1_000.0)
    };
    let claim = |what, formula, expected| Claim { what, formula, expected, tolerance: 0.02 };
    let sent = per_s(|ledger| ledger.edges.iter().map(|edge| edge.sent).sum());
    claim("sent per second", "K * accepted", 200.0).check(&sent);
    let accepted = per_s(|ledger| ledger.requests_answered);
    claim("accepted per second", "the backend's rate", 100.0).check(&accepted);
    let kept =
        per_s(|ledger| ledger.requests_created - ledger.edges.iter().map(|edge| edge.sent).sum::<u64>());
    claim("dropped locally per second", "wanted - K * accepted", 100.0).check(&kept);
}

/// 100 clients that come within 10 us and update one record once each, with this retry around read and write.
fn contention(retry: &str) -> sim_core::model::Model {
    let network = "network: {latency: {folded_normal: {mean: 10ms, sd: 2ms}}}";
    model(
        "300s",
        &format!(
            "
services:
  store:
    workers: 1000
    records: {{row: {{}}}}
    endpoints: {{get: {{steps: [read: row]}}, put: {{steps: [write: row]}}}}
  client:
    workers: 1000
    steps: [call: {{to: store/get, {network}}}, call: {{to: store/put, {network}}}]
workloads:
  users:
    arrivals: {{evenly_spaced: {{rate: {{steps: [{{at: 0s, rate: 10000/ms}}, {{at: 10050ns, rate: 0/s}}]}}}}}}
    call: {{to: client, retry: {retry}}}
"
        ),
    )
}

#[test]
fn back_off_with_jitter_saves_writes_of_contending_clients() {
    // P10. Marc Brooker, Exponential Backoff And Jitter, AWS 2015, and its simulator: 100 runs. That simulator's
    // wait after attempt k is base * 2^k, so the first is 10 ms for its base of 5 ms, but for `decorrelated`.
    // Standard errors of 100 runs: calls .1 to .4 %, the last client .2 to 1.7 %.
    let exponential = |jitter: &str| {
        format!("{{exponential: {{max_attempts: 1000000, base: 10ms, max: 2s, jitter: {jitter}}}}}")
    };
    for (what, retry, calls, last_ms) in [
        ("none", "{immediate: {max_attempts: 1000000}}".to_owned(), 2_424.0, 2_027.0),
        ("expo", exponential("none"), 1_860.0, 63_472.0),
        ("equal", exponential("equal"), 812.0, 6_525.0),
        ("full", exponential("full"), 797.0, 4_898.0),
        (
            "decorrelated",
            "{decorrelated: {max_attempts: 1000000, base: 5ms, max: 2s}}".to_owned(),
            996.0,
            4_507.0,
        ),
    ] {
        let model = contention(&retry);
        let runs: Vec<(f64, f64)> = (1..=100)
            .map(|seed| {
                let run = engine::run_dyn(&model, Seed(seed), Stories::default());
                let records = run.ledger.records.iter().next().expect("the store has one");
                assert_eq!((run.ledger.requests_answered, records.written), (100, 100), "each writes once");
                let ends = run.probe.all.iter().filter_map(|story| story.ended).map(|(at, _)| at);
                let last = ends.max().expect("all have ended");
                (records.writes as f64, last.as_secs_f64() * 1e3)
            })
            .collect();
        let (writes, ends): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        let what = |measure: &str| format!("{what}: {measure}").leak() as &str;
        let formula = "the simulator of the publication";
        Claim { what: what("write calls"), formula, expected: calls, tolerance: 0.03 }.check(&writes);
        Claim { what: what("last client, ms"), formula, expected: last_ms, tolerance: 0.1 }.check(&ends);
    }
}
