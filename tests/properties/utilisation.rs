//! Is a service as busy as its work asks for? Utilisation = throughput * mean service / workers, within
//! 2 %, for random services without faults.

use sim_core::engine;
use sim_core::luck::mix;
use sim_core::streams::Seed;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::Station;

const LAWS: [&str; 7] = [
    "1s",
    "{exponential: {mean: 1s}}",
    "{erlang: {mean: 1s, shape: 4}}",
    "{uniform: {min: 500ms, max: 1500ms}}",
    "{hyperexponential: {mean: 1s, cv2: 3}}",
    "{lognormal: {mean: 1s, cv: 1.5}}",
    "{bimodal: {fast: 500ms, slow: 5500ms, slow_ratio: 0.1}}",
];

#[test]
fn a_service_is_as_busy_as_its_work_asks_for() {
    // 300 000 services of cv^2 <= 3: the standard error of their mean is at most .32 %.
    over_seeds(1..=14, |number| {
        let below = |n: u64, purpose: u64| mix(mix(0xb07, number), purpose) % n;
        let workers = 1 + below(8, 1) as u32;
        let load = 0.3 + 0.1 * below(9, 2) as f64; // up to 1.1: saturated services are busy all the time
        let service_time = LAWS[(number as usize - 1) % LAWS.len()];
        let queue = ["{fifo: {}}", "{lifo: {capacity: 20}}", "{fifo: {max_wait: 2s}}"][below(3, 3) as usize];
        let rate = load * f64::from(workers);
        let model = Station { rate, workers, service_time, queue }.model(300_000.0);
        let service = engine::run_dyn(&model, Seed(number), ()).ledger.services.iter().next().copied();
        let service = service.expect("there is a service");
        let busy = service.busy_area as f64 / model.horizon.as_nanos() as f64 / f64::from(workers);
        let throughput = service.completed as f64 / model.horizon.as_secs_f64();
        Claim {
            what: &format!("{workers} workers of {service_time}, queue {queue}, load {load:.1}: utilisation"),
            formula: "throughput * 1 s / workers",
            expected: throughput / f64::from(workers),
            tolerance: 0.02,
        }
        .check_estimate(busy, 0.0032 * busy);
    });
}
