//! Do loss, distance and size do to calls what theory says? Retries over a lossy way, TCP by the formula of Mathis, rounds
//! of slow start, reads one after the other and side by side, and a link that many share.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::fanout::slowest_exponential;
use sim_core::theory::messages::{Lossy, SlowStart, saturation_per_s};
use sim_core::theory::mg1::Mg1;
use sim_core::theory::tcp::Tcp;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stays;
use sim_tests::systems::model;

fn stays() -> Stays {
    Stays::after(SimTime::ZERO + SimDuration::from_secs(10))
}

#[test]
fn a_lossy_way_answers_and_repeats_work_as_its_legs_say() {
    // 10 runs of 20 000 calls. Share unanswered of one try: .0975, standard error .2 %; of four: 9e-5, 18 calls in
    // all, so that only success is told apart from 1 there.
    for (there, back, attempts) in [(0.05, 0.05, 1), (0.05, 0.05, 4), (0.2, 0.4, 3), (0.3, 0.0, 2)] {
        let theory = Lossy { there, back, attempts };
        let model = model(
            "2000s",
            &format!(
                "
services: {{shop: {{workers: 50, service_time: 1ms}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 10/s}}}}
    call:
      to: shop
      timeouts: {{attempt: 50ms}}
      retry: {{immediate: {{max_attempts: {attempts}}}}}
      network: {{latency: 2ms, loss: {{ways: {{there: {there}, back: {back}}}}}}}
"
            ),
        );
        let ledgers = over_seeds(1..=10, |seed| engine::run_dyn(&model, Seed(seed), ()).ledger);
        let per_call = |count: &dyn Fn(&engine::Ledger) -> f64| -> Vec<f64> {
            ledgers.iter().map(|ledger| count(ledger) / ledger.requests_created as f64).collect()
        };
        let what = |quantity: &str| format!("loss {there} and {back}, {attempts} tries: {quantity}");
        let served = |l: &engine::Ledger| l.services.iter().map(|s| s.completed).sum::<u64>() as f64;
        let sent = |l: &engine::Ledger| l.edges.iter().map(|e| e.sent).sum::<u64>() as f64;
        let answered = per_call(&|l| l.requests_answered as f64);
        let success = Claim {
            what: &what("success"),
            formula: "1 - (1 - q)^n",
            expected: theory.success(),
            tolerance: 0.005,
        };
        success.check(&answered);
        let formula = "(1 - (1 - q)^n) / q";
        Claim { what: &what("tries"), formula, expected: theory.tries(), tolerance: 0.005 }
            .check(&per_call(&sent));
        let formula = "tries (1 - there)";
        let executions =
            Claim { what: &what("executions"), formula, expected: theory.executions(), tolerance: 0.005 };
        executions.check(&per_call(&served));
    }
}

#[test]
fn a_long_transfer_gets_what_mathis_says() {
    // One transfer of 300 to 30 000 losses in each of 10 runs. The formula is that of evenly spaced losses. Losses at random
    // move it: windows halve at the wrong moments (Ott, Kemperman and Mathis 1996: 1.31 in place of 1.22, up 7 %), and
    // windows of whole segments are rounded down, which matters more the smaller they are; at 1 % the window is about
    // ten, and timeouts begin. Hence 12 %.
    for (rtt_ms, loss) in [(10.0, 0.0001), (80.0, 0.001), (200.0, 0.001), (40.0, 0.005)] {
        let theory = Tcp { segment_bytes: 1_460.0, round_trip_s: rtt_ms / 1e3, loss }.bytes_per_s();
        let bytes = (3_000.0 / loss * 1_460.0) as u64;
        let seconds = 3.0 * bytes as f64 / theory;
        let model = model(
            &format!("{seconds}s"),
            &format!(
                "
services: {{store: {{workers: 1, service_time: 0s}}}}
workloads:
  one:
    arrivals: {{closed: {{users: 1, think_time: 0s}}}}
    call: {{to: store, response_size: {bytes}B, network: {{latency: {}ms, loss: {{back: {loss}}}, transport: tcp}}}}
",
                rtt_ms / 2.0
            ),
        );
        let runs =
            over_seeds(1..=10, |seed| engine::run_dyn(&model, Seed(seed), Stays::after(SimTime::ZERO)).probe);
        let rates: Vec<f64> = runs.iter().map(|run| bytes as f64 / run.mean_sojourn()).collect();
        let what = format!("TCP over {rtt_ms} ms with {loss} lost: bytes per second");
        Claim { what: &what, formula: "1.2247 mss / (rtt sqrt p)", expected: theory, tolerance: 0.12 }
            .check(&rates);
    }
}

#[test]
fn slow_start_takes_its_rounds_until_the_pipe_is_full() {
    // Exact: nothing is random. 1 Gbit/s over 100 ms holds 12.5 MB; 10 Mbit/s over 20 ms holds 25 kB, less than two windows.
    for (bandwidth, rate, rtt_ms) in [("1Gbit/s", 1.25e8, 100.0), ("10Mbit/s", 1.25e6, 20.0)] {
        for bytes in [500_u64, 14_600, 43_800, 102_200, 1_022_000, 10_220_000] {
            let path = SlowStart {
                segment_bytes: 1_460.0,
                window: 10.0,
                round_trip_s: rtt_ms / 1e3,
                bytes_per_s: rate,
            };
            let model = model(
                "100s",
                &format!(
                    "
links: {{wire: {{bandwidth: {bandwidth}}}}}
services: {{store: {{workers: 1, service_time: 0s}}}}
workloads:
  one:
    arrivals: {{closed: {{users: 1, think_time: 0s}}}}
    call: {{to: store, response_size: {bytes}B, network: {{link: wire, latency: {}ms, transport: tcp}}}}
",
                    rtt_ms / 2.0
                ),
            );
            let run = engine::run_dyn(&model, Seed(1), Stays::after(SimTime::ZERO)).probe;
            let expected = rtt_ms / 2e3 + path.seconds(bytes as f64);
            let observed = run.mean_sojourn();
            let rounds = path.rounds(bytes as f64);
            assert!(
                (observed - expected).abs() < 1e-6,
                "{bytes} bytes over {bandwidth} and {rtt_ms} ms, {rounds} rounds: {expected} s, observed {observed} s"
            );
        }
    }
}

#[test]
fn reads_one_after_the_other_add_up_and_side_by_side_the_slowest_counts() {
    // 20 reads of an exponential way of 5 ms each way, no work. In series the sum of 40 legs, 200 ms. Side by side the
    // slowest of 20 sums of two: by its tail 1 - (1 + x) e^-x over 20, the integral of 1 - F^20.
    let slowest: f64 = {
        let tail = |x: f64| 1.0 - (1.0 - (1.0 + x) * (-x).exp()).powi(20);
        (0..4_000_000).map(|k| tail((f64::from(k) + 0.5) * 1e-5) * 1e-5).sum::<f64>() * 0.005
    };
    assert!(slowest > slowest_exponential(20) * 0.005, "two legs are slower than one");
    for (steps, expected) in [
        (
            "repeat: {times: 20, steps: [call: {to: store, network: {latency: {exponential: {mean: 5ms}}}}]}",
            0.2,
        ),
        (
            "fan_out: {times: 20, steps: [call: {to: store, network: {latency: {exponential: {mean: 5ms}}}}]}",
            slowest,
        ),
    ] {
        let model = model(
            "1000s",
            &format!(
                "
services:
  page: {{workers: 1000, steps: [{steps}]}}
  store: {{workers: 1000, service_time: 0s}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 10/s}}}}, call: {{to: page}}}}}}
"
            ),
        );
        let runs = over_seeds(1..=8, |seed| engine::run_dyn(&model, Seed(seed), stays()).probe);
        let means: Vec<f64> = runs.iter().map(Stays::mean_sojourn).collect();
        let what = format!("{}: seconds", steps.split(':').next().unwrap_or_default());
        Claim { what: &what, formula: "sum or slowest of 20", expected, tolerance: 0.005 }.check(&means);
    }
}

#[test]
fn a_shared_link_makes_wait_as_a_queue_does_and_saturates() {
    // Two services answer over one link; both kinds of answers wait in one line. Poisson arrivals of 10 kB and 50 kB over
    // 1 MB/s: M/G/1 with rho = .7. The work takes no time, so arrivals at the link are those of users. 8 runs of 20 000 s.
    let rig = |rate: f64| {
        let seconds = 200_000.0 / rate;
        model(
            &format!("{seconds}s"),
            &format!(
                "
links: {{wire: {{bandwidth: 8Mbit/s}}}}
services: {{small: {{workers: 10000, service_time: 0s}}, large: {{workers: 10000, service_time: 0s}}}}
workloads:
  readers: {{arrivals: {{poisson: {{rate: {}/s}}}}, call: {{to: small, response_size: 10000B, network: {{link: wire}}}}}}
  loaders: {{arrivals: {{poisson: {{rate: {}/s}}}}, call: {{to: large, response_size: 50000B, network: {{link: wire}}}}}}
",
                0.5 * rate,
                0.5 * rate
            ),
        )
    };
    let rate = 0.7 / 0.03;
    // Mean 30 ms; squares 100 and 2500: cv^2 = 1300 / 900 - 1.
    let queue = Mg1 { arrival_rate: rate, mean_service: 0.03, cv2: 1_300.0 / 900.0 - 1.0 };
    let runs = over_seeds(1..=8, |seed| engine::run_dyn(&rig(rate), Seed(seed), stays()).probe);
    let means: Vec<f64> = runs.iter().map(Stays::mean_sojourn).collect();
    let formula = "Pollaczek and Khinchine";
    let what = "answers of 10 and 50 kB over 1 MB/s: seconds";
    Claim { what, formula, expected: queue.mean_sojourn(), tolerance: 0.015 }.check(&means);
    // Twice the load: what passes is bytes per second over bytes.
    let full = over_seeds(1..=8, |seed| {
        let model = rig(2.0 * rate);
        let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
        ledger.requests_answered as f64 / model.horizon.as_secs_f64()
    });
    let expected = saturation_per_s(1e6, 30_000.0);
    let what = "answers that pass at twice the load, per second";
    Claim { what, formula: "bandwidth / mean size", expected, tolerance: 0.005 }.check(&full);
}
