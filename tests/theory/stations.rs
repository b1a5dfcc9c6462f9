//! Do other single stations do as theory says? Loss, several servers, shared workers, impatience, at points
//! that no shipped scenario uses. Mean service 1 s; the first 2 % of each run are left out.

use sim_core::engine;
use sim_core::streams::Seed;
use sim_core::theory::impatience::Impatient;
use sim_core::theory::mg1::Mg1;
use sim_core::theory::mmc::{Mmc, erlang_b};
use sim_core::time::SimTime;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stays;
use sim_tests::systems::{Station, one_server};

const EXPONENTIAL: &str = "{exponential: {mean: 1s}}";
/// cv^2 = 4.
const HEAVY: &str = "{hyperexponential: {mean: 1s, cv2: 4}}";
/// cv^2 = 4.
const LOGNORMAL: &str = "{lognormal: {mean: 1s, cv: 2}}";

fn simulate(station: &Station<'_>, customers: f64, seeds: u64) -> Vec<Stays> {
    let model = station.model(customers);
    let warm = SimTime::from_nanos(model.horizon.as_nanos() / 50);
    over_seeds(1..=seeds, |seed| engine::run_dyn(&model, Seed(seed), Stays::after(warm)).probe)
}

#[track_caller]
fn check(runs: &[Stays], claim: Claim<'_>, value: impl Fn(&Stays) -> f64) {
    claim.check(&runs.iter().map(value).collect::<Vec<_>>());
}

#[test]
fn who_finds_all_servers_busy_is_lost_whatever_the_law() {
    // M/G/7/7 at 5 erlang: .12052. 8 runs of 400 000 customers, standard error about .3 %.
    let expected = erlang_b(5.0, 7);
    assert!((expected - 0.120_519).abs() < 1e-5, "{expected}");
    for law in ["1s", EXPONENTIAL, LOGNORMAL] {
        let station = Station { rate: 5.0, workers: 7, service_time: law, queue: "{fifo: {capacity: 0}}" };
        let what = format!("7 servers at 5 erlang, {law}: loss");
        let claim = Claim { what: &what, formula: "Erlang B", expected, tolerance: 0.015 };
        check(&simulate(&station, 4e5, 8), claim, |r| r.rejected as f64 / r.arrived as f64);
    }
}

#[test]
fn twelve_servers_share_a_queue_by_erlang_c() {
    // 10 erlang on 12. 10 runs of a million customers, standard error about .3 and .6 %.
    let theory = Mmc { arrival_rate: 10.0, service_rate: 1.0, servers: 12 };
    let runs = simulate(&Station { workers: 12, ..one_server(10.0) }, 1e6, 10);
    let what = "M/M/12 at 10 erlang, P(wait)";
    let expected = theory.wait_probability();
    check(&runs, Claim { what, formula: "Erlang C", expected, tolerance: 0.02 }, |r| {
        r.waited as f64 / r.started as f64
    });
    let (what, formula) = ("M/M/12 at 10 erlang, mean wait", "Pw / (c mu - lambda)");
    check(&runs, Claim { what, formula, expected: theory.mean_wait(), tolerance: 0.03 }, Stays::mean_wait);
}

#[test]
fn shared_workers_make_the_law_of_the_work_irrelevant() {
    // M/G/1-PS at .7: 1 / .3 for every law. 10 runs of a million customers, standard error about .4 %.
    for (law, cv2) in [("1s", 0.0), (EXPONENTIAL, 1.0), (HEAVY, 4.0), (LOGNORMAL, 4.0)] {
        let expected = Mg1 { arrival_rate: 0.7, mean_service: 1.0, cv2 }.mean_sojourn_shared();
        assert!((expected - 1.0 / 0.3).abs() < 1e-9);
        let station = Station { rate: 0.7, workers: 1, service_time: law, queue: "{processor_sharing: {}}" };
        let what = format!("M/G/1-PS at .7, {law}: mean sojourn");
        let claim = Claim { what: &what, formula: "E[S] / (1 - rho)", expected, tolerance: 0.02 };
        check(&simulate(&station, 1e6, 10), claim, Stays::mean_sojourn);
    }
}

#[test]
fn two_shared_workers_are_as_fast_as_two_with_a_queue() {
    // With n present each goes at min(1, 2/n): the number present is that of M/M/2, for every law (Kelly
    // 1979, symmetric queues). 1.4 erlang on 2; 10 runs of a million, standard error about .4 %.
    let theory = Mmc { arrival_rate: 1.4, service_rate: 1.0, servers: 2 };
    for law in [EXPONENTIAL, HEAVY] {
        let station = Station { rate: 1.4, workers: 2, service_time: law, queue: "{processor_sharing: {}}" };
        let what = format!("two shared workers at .7, {law}: mean sojourn");
        let expected = theory.mean_sojourn();
        let claim = Claim { what: &what, formula: "M/M/2", expected, tolerance: 0.02 };
        check(&simulate(&station, 1e6, 10), claim, Stays::mean_sojourn);
    }
}

#[test]
fn a_full_shared_server_is_a_full_mm1k() {
    // At most 4 at once, load 1.5: p4 = rho^4 (1 - rho) / (1 - rho^5), for every law. 8 runs of 400 000.
    let expected = 1.5f64.powi(4) * 0.5 / (1.5f64.powi(5) - 1.0);
    for law in ["1s", EXPONENTIAL] {
        let queue = "{processor_sharing: {capacity: 4}}";
        let station = Station { rate: 1.5, workers: 1, service_time: law, queue };
        let what = format!("at most 4 share at 1.5, {law}: loss");
        let claim = Claim { what: &what, formula: "p_K of M/M/1/4", expected, tolerance: 0.015 };
        check(&simulate(&station, 4e5, 8), claim, |r| r.rejected as f64 / r.arrived as f64);
    }
}

#[test]
fn the_impatient_leave_as_barrer_says() {
    // M/M/1+D: below, at and above the capacity. 10 runs of 400 000 customers; the standard error of the
    // loss at .8 is about 1 %, elsewhere below .5 %.
    for (rate, patience) in [(0.8, 2.0), (1.0, 3.0), (1.6, 1.5)] {
        let theory = Impatient { arrival_rate: rate, service_rate: 1.0, patience };
        let queue = format!("{{fifo: {{max_wait: {patience}s}}}}");
        let runs = simulate(&Station { queue: &queue, ..one_server(rate) }, 4e5, 10);
        let what = format!("M/M/1+D at {rate}, patience {patience}: loss");
        let formula = "p0 rho e^(-(mu - lambda) d)";
        let claim = Claim { what: &what, formula, expected: theory.loss(), tolerance: 0.025 };
        check(&runs, claim, |r| 1.0 - r.started as f64 / r.arrived as f64);
        let what = format!("M/M/1+D at {rate}, patience {patience}: mean wait of the served");
        let formula = "truncated exponential";
        let claim = Claim { what: &what, formula, expected: theory.mean_wait(), tolerance: 0.015 };
        check(&runs, claim, Stays::mean_wait);
    }
}
