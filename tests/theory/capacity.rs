//! Does capacity that depends on load do as theory says? A server that slows down with its queue, the universal
//! scalability law around its peak, collectors of garbage, housekeeping, a slow error path, copying.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::mg1::Mg1;
use sim_core::theory::slowing::Slowing;
use sim_core::theory::usl::Usl;
use sim_core::time::SimTime;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stays;
use sim_tests::systems::model;

/// The service `api` under `users`, both as in a file, seed by seed: completions per second and mean number in
/// system, over the whole run.
fn run(horizon_s: u64, api: &str, arrivals: &str, seeds: u64) -> Vec<(f64, f64, u64)> {
    let body = format!(
        "
services: {{api: {{{api}}}}}
workloads: {{users: {{arrivals: {arrivals}, call: {{to: api}}}}}}
"
    );
    let model = model(&format!("{horizon_s}s"), &body);
    over_seeds(1..=seeds, |seed| {
        let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
        let service = ledger.services.iter().next().copied().expect("there is a service");
        let nanos = horizon_s as f64 * 1e9;
        (service.completed as f64 / horizon_s as f64, service.system_area as f64 / nanos, service.rejected)
    })
}

#[test]
fn a_server_that_slows_down_with_its_queue_is_its_birth_death_chain() {
    // M/M/1/K with mu / (1 + beta n): exponential work at a speed that depends on n alone is that chain. The
    // unbounded one is transient, so K is finite: 8 and 12. 8 runs of 100 000 s; standard error below .5 %.
    for (rate, beta, places) in [(0.6, 0.08, 12u32), (0.9, 0.2, 8)] {
        let theory = Slowing { arrival_rate: rate, service_rate: 1.0, per_request: beta, places };
        let api = format!(
            "service_time: {{exponential: {{mean: 1s}}}}, queue: {{fifo: {{capacity: {}}}}}, \
             degradation: {{linear: {{per_request: {beta}}}}}",
            places - 1
        );
        let runs = run(100_000, &api, &format!("{{poisson: {{rate: {rate}/s}}}}"), 8);
        let what = format!("M/M/1/{places} slowed by {beta} at {rate}: mean in system");
        let claim = Claim {
            what: &what,
            formula: "birth-death chain",
            expected: theory.mean_in_system(),
            tolerance: 0.02,
        };
        claim.check(&runs.iter().map(|r| r.1).collect::<Vec<_>>());
        let what = format!("M/M/1/{places} slowed by {beta} at {rate}: throughput");
        let expected = rate * (1.0 - theory.loss());
        let claim = Claim { what: &what, formula: "lambda (1 - p_K)", expected, tolerance: 0.01 };
        claim.check(&runs.iter().map(|r| r.0).collect::<Vec<_>>());
    }
}

#[test]
fn a_closed_loop_without_thinking_has_the_throughput_of_the_usl_around_its_peak() {
    // N users, N workers, exponential work of 1 s: always N in service, so X = N / (1 + a(N-1) + bN(N-1)).
    // a = .06, b = .01: peak at sqrt(.94 / .01) = 9.7. 4 runs of 20 000 s: standard error below .3 %.
    let law = Usl { contention: 0.06, coherency: 0.01 };
    assert!((law.peak_workers() - 9.695).abs() < 1e-3);
    let mut measured = Vec::new();
    for n in [1, 5, 10, 20] {
        let api = format!(
            "workers: {n}, service_time: {{exponential: {{mean: 1s}}}}, \
             degradation: {{usl: {{contention: 0.06, coherency: 0.01}}}}"
        );
        let runs = run(20_000, &api, &format!("{{closed: {{users: {n}, think_time: 0s}}}}"), 4);
        let throughputs: Vec<f64> = runs.iter().map(|r| r.0).collect();
        let what = format!("{n} users without thinking: throughput");
        let claim =
            Claim { what: &what, formula: "USL", expected: law.speedup(f64::from(n)), tolerance: 0.015 };
        claim.check(&throughputs);
        measured.push(throughputs[0]);
    }
    assert!(measured[2] > measured[1] && measured[2] > measured[3], "no peak: {measured:?}");
}

#[test]
fn a_collector_takes_what_live_over_free_says() {
    // 6 users who do not think, work of exactly 100 ms: live is 1 GiB + 6 * 256 MiB = 2.5 of 4 GiB, the factor
    // 1 + .3 * 2.5 / 1.5 = 1.5. Nothing is random: to the last request.
    let api = "workers: 6, service_time: 100ms, \
               memory: {heap: 4GiB, base: 1GiB, per_request: 256MiB, gc_cost: 0.3}";
    let [(throughput, in_system, _)] = run(90, api, "{closed: {users: 6, think_time: 0s}}", 1)[..] else {
        panic!("one seed was asked for")
    };
    // Between an answer and the next request nobody is away: 6 every 150 ms, the last at the horizon itself not.
    assert!((throughput - 6.0 / 0.15).abs() < 6.0 / 90.0 + 1e-9, "{throughput}");
    assert!((in_system - 6.0).abs() < 1e-6, "{in_system}");
}

#[test]
fn housekeeping_takes_its_share() {
    // 40 % for 3 s of every 10 s: 1 - .12 of the capacity is left, over whole periods, whatever the phase.
    let api = "service_time: 10ms, background: {compaction: {every: 10s, for: 3s, cpu_share: 0.4}}";
    for (throughput, _, _) in run(1_000, api, "{closed: {users: 1, think_time: 0s}}", 3) {
        // The first period has no job before its phase: at most 3 s of 40 % too little.
        assert!((throughput - 88.0).abs() <= 0.13, "{throughput}");
    }
}

#[test]
fn a_slow_error_path_is_a_second_stage_of_service() {
    // Every fifth attempt works 2 s more than its 1 s: an M/G/1 of mean 1.4 and variance .64 at .5/s.
    // 8 runs of 200 000 s, standard error about .4 %.
    let mean: f64 = 1.4;
    let theory = Mg1 { arrival_rate: 0.5, mean_service: mean, cv2: 0.2 * 0.8 * 4.0 / (mean * mean) };
    let body = "
services: {api: {service_time: 1s, error_ratio: 20%, error_cost: 2s}}
workloads: {users: {arrivals: {poisson: {rate: 0.5/s}}, call: {to: api}}}
";
    let model = model("200000s", body);
    let warm = SimTime::from_nanos(model.horizon.as_nanos() / 50);
    let runs = over_seeds(1..=8, |seed| engine::run_dyn(&model, Seed(seed), Stays::after(warm)).probe);
    let claim = Claim {
        what: "one in five takes 2 s more: mean wait",
        formula: "Pollaczek-Khinchine",
        expected: theory.mean_wait(),
        tolerance: 0.02,
    };
    claim.check(&runs.iter().map(Stays::mean_wait).collect::<Vec<_>>());
}

#[test]
fn copying_takes_as_long_as_there_are_bytes_and_what_it_takes() {
    // 5 nodes, one is lost for good at 10 s: 4 copy 8000 MiB at 100 MiB/s each (half of themselves): 20 s.
    // Everybody is asked all the time: 4 users, one for each node that is left, do half as much meanwhile.
    let body = "
services:
  db:
    instances: 5
    service_time: 10ms
    lifecycle: {readiness: {period: 100ms}}
    repair: {data: 8000MiB, cpu_per_mib: 5ms}
workloads: {users: {arrivals: {closed: {users: 4, think_time: 0s}}, call: {to: db, load_balancer: {least_request: {choices: all}}}}}
faults: {loss: {at: 10s, for: 1000s, crash: {services: [db], instances: one}}}
";
    let model = model("60s", body);
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    let db = ledger.services.iter().next().copied().expect("there is a service");
    assert_eq!((db.repair_due, db.repair_ended, db.repair_left), (8000 << 20, 8000 << 20, 0));
    // 4 busy nodes for 60 s at 100/s, less half of 20 s.
    let expected = 4.0 * 100.0 * (60.0 - 10.0);
    assert!((db.completed as f64 / expected - 1.0).abs() < 0.02, "{} of {expected}", db.completed);
}
