//! Do queues make one wait as queueing theory says? Ten replications of a million customers each, the
//! first 2 % left out, mean service time 1 s.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::mg1::Mg1;
use sim_core::theory::mm1::Mm1;
use sim_core::theory::mmc::Mmc;
use sim_core::theory::mmck::Mmck;
use sim_core::time::SimTime;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stays;
use sim_tests::systems::{Station, one_server};

const CUSTOMERS: f64 = 1e6;

fn simulate(station: &Station<'_>) -> Vec<Stays> {
    let model = station.model(CUSTOMERS);
    let warm = SimTime::from_nanos(model.horizon.as_nanos() / 50);
    over_seeds(1..=10, |seed| engine::run_dyn(&model, Seed(seed), Stays::after(warm)).probe)
}

#[track_caller]
fn check(
    runs: &[Stays],
    what: &str,
    formula: &str,
    expected: f64,
    tolerance: f64,
    value: impl Fn(&Stays) -> f64,
) {
    let values: Vec<f64> = runs.iter().map(value).collect();
    Claim { what, formula, expected, tolerance }.check(&values);
}

/// P1. The relative standard error of ten runs by Daley's formula is .17, .35 and .66 %.
fn mm1(rate: f64, wait: f64, [p50, p95, p99]: [f64; 3], tolerance: f64) {
    let theory = Mm1 { arrival_rate: rate, service_rate: 1.0 };
    let what = |quantity: &str| format!("M/M/1 at {rate}, {quantity}");
    let runs = simulate(&one_server(rate));
    assert!((theory.mean_wait() - wait).abs() < 1e-4 * wait, "the printed value is the formula's");
    check(&runs, &what("mean wait"), "rho / (mu - lambda)", wait, tolerance, Stays::mean_wait);
    for (p, expected, tolerance) in [(0.5, p50, tolerance), (0.95, p95, tolerance), (0.99, p99, 0.05)] {
        assert!((theory.sojourn_quantile(p) - expected).abs() < 1e-4 * expected);
        check(&runs, &what(&format!("sojourn p{p}")), "-ln(1 - p) W", expected, tolerance, |r| r.sojourn(p));
    }
}

#[test]
fn one_server_half_busy_waits_as_long_as_it_serves() {
    mm1(0.5, 1.0, [1.3863, 5.9915, 9.2103], 0.02);
}

#[test]
fn one_server_80_percent_busy_waits_four_services() {
    mm1(0.8, 4.0, [3.4657, 14.979, 23.026], 0.02);
}

#[test]
fn one_server_90_percent_busy_waits_nine_services() {
    mm1(0.9, 9.0, [6.9315, 29.957, 46.052], 0.03);
}

#[test]
fn four_servers_share_a_queue_by_erlang_c() {
    // P2.
    let theory = Mmc { arrival_rate: 3.2, service_rate: 1.0, servers: 4 };
    let runs = simulate(&Station { rate: 3.2, workers: 4, ..one_server(3.2) });
    let what = |quantity: &str| format!("M/M/4 at .8, {quantity}");
    assert!((theory.wait_probability() - 0.59643).abs() < 1e-5);
    assert!((theory.sojourn_quantile(0.99) - 6.8932).abs() < 1e-3);
    check(&runs, &what("P(wait)"), "Erlang C", 0.59643, 0.02, |r| r.waited as f64 / r.started as f64);
    check(&runs, &what("mean wait"), "Pw / (c mu - lambda)", 0.74554, 0.03, Stays::mean_wait);
    check(&runs, &what("sojourn p99"), "mixture of exponentials", 6.8932, 0.04, |r| r.sojourn(0.99));
}

#[test]
fn three_servers_share_a_queue_by_erlang_c() {
    // a = 2.1, B = a^3/6 / (1 + a + a^2/2 + a^3/6) = .22369, Pw = B / (1 - .7 (1 - B)).
    let b = 1.5435 / (1.0 + 2.1 + 2.205 + 1.5435);
    let wait_probability = b / (1.0 - 0.7 * (1.0 - b));
    let runs = simulate(&Station { workers: 3, ..one_server(2.1) });
    check(&runs, "M/M/3 at .7, P(wait)", "Erlang C", wait_probability, 0.015, |r| {
        r.waited as f64 / r.started as f64
    });
    check(
        &runs,
        "M/M/3 at .7, mean wait",
        "Pw / (c mu - lambda)",
        wait_probability / 0.9,
        0.02,
        Stays::mean_wait,
    );
}

#[test]
fn a_bounded_queue_turns_away_what_does_not_fit() {
    // P3. K = 10 counts the one in service, so nine wait.
    let theory = Mmck { arrival_rate: 1.2, service_rate: 1.0, servers: 1, places: 10 };
    let runs = simulate(&Station { queue: "{fifo: {capacity: 9}}", ..one_server(1.2) });
    assert!((theory.loss() - 0.192586).abs() < 1e-6 && (theory.mean_sojourn() - 6.92614).abs() < 1e-4);
    check(&runs, "M/M/1/10 at 1.2, loss", "p_K", 0.192586, 0.015, |r| r.rejected as f64 / r.arrived as f64);
    check(&runs, "M/M/1/10 at 1.2, W", "L / (lambda (1 - loss))", 6.92614, 0.02, Stays::mean_sojourn);
}

#[test]
fn steady_service_halves_the_wait() {
    // P4, M/D/1.
    let runs = simulate(&Station { service_time: "1s", ..one_server(0.8) });
    check(&runs, "M/D/1 at .8, mean wait", "rho E[S] / (2 (1 - rho))", 2.0, 0.02, Stays::mean_wait);
}

#[test]
fn a_long_tail_of_service_makes_everyone_wait() {
    // P4, M/G/1 by Pollaczek and Khinchine: cv^2 = 4.
    let theory = Mg1 { arrival_rate: 0.7, mean_service: 1.0, cv2: 4.0 };
    let runs = simulate(&Station { service_time: "{lognormal: {mean: 1s, cv: 2}}", ..one_server(0.7) });
    assert!((theory.mean_wait() - 5.8333).abs() < 1e-3);
    check(&runs, "M/G/1 lognormal at .7, mean wait", "Pollaczek-Khinchine", 5.8333, 0.06, Stays::mean_wait);
}

#[test]
fn erlang_service_waits_two_thirds_as_long() {
    // cv^2 = 1/3: Wq = rho (1 + 1/3) / (2 (1 - rho)) = 2 at rho = .75.
    let runs = simulate(&Station { service_time: "{erlang: {mean: 1s, shape: 3}}", ..one_server(0.75) });
    check(&runs, "M/Erlang-3/1 at .75, mean wait", "Pollaczek-Khinchine", 2.0, 0.02, Stays::mean_wait);
}

#[test]
fn last_in_first_out_waits_as_long_on_average_but_less_evenly() {
    // FIFO: E[W^2] = 2 rho / (mu (1 - rho))^2 = 4; LIFO: the same over 1 - rho (Takacs 1963), so the
    // variances are 3 and 7 at rho = .5.
    let fifo = simulate(&one_server(0.5));
    let lifo = simulate(&Station { queue: "{lifo: {}}", ..one_server(0.5) });
    check(&lifo, "LIFO M/M/1 at .5, mean wait", "as FIFO", 1.0, 0.02, Stays::mean_wait);
    check(&fifo, "FIFO M/M/1 at .5, variance of the wait", "E[W^2] - 1", 3.0, 0.04, Stays::wait_variance);
    check(
        &lifo,
        "LIFO M/M/1 at .5, variance of the wait",
        "E[W^2] / (1 - rho) - 1",
        7.0,
        0.06,
        Stays::wait_variance,
    );
    let same_law = |p: f64| (fifo[0].sojourn(p) / lifo[0].sojourn(p) - 1.0).abs() < 0.05;
    assert!(!same_law(0.99), "the law of the wait is another one");
}
