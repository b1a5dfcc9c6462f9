//! Do several stations together do as theory says? Closed loops, tandems, and a server that fails in no
//! time among others that work.

use sim_core::engine;
use sim_core::ids::{Id, InstanceId, ServiceId};
use sim_core::math;
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::closed_loop::ClosedLoop;
use sim_core::theory::tandem::Tandem;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::probes::Stays;
use sim_tests::systems::model;

fn after(seconds: u64) -> Stays {
    Stays::after(SimTime::ZERO + SimDuration::from_secs(seconds))
}

#[test]
fn a_closed_loop_slows_itself_down() {
    // Machine repair: M/M/c//N. 8 runs of 100 000 s after 1000 s, standard error about .2 %.
    for (clients, think, servers) in [(8, 5.0, 2), (30, 9.0, 2), (5, 2.0, 1)] {
        let theory = ClosedLoop { clients, think, service: 1.0, servers }.exact();
        let model = model(
            "101000s",
            &format!(
                "
services: {{api: {{workers: {servers}, service_time: {{exponential: {{mean: 1s}}}}}}}}
workloads:
  users:
    arrivals: {{closed: {{users: {clients}, think_time: {{exponential: {{mean: {think}s}}}}}}}}
    call: {{to: api}}
"
            ),
        );
        let runs = over_seeds(1..=8, |seed| engine::run_dyn(&model, Seed(seed), after(1_000)).probe);
        let what = |quantity: &str| format!("{clients} users think {think} s, {servers} servers: {quantity}");
        let throughput: Vec<f64> = runs.iter().map(|r| r.sojourns.count() as f64 / 1e5).collect();
        let formula = "M/M/c//N";
        let expected = theory.throughput;
        Claim { what: &what("throughput"), formula, expected, tolerance: 0.01 }.check(&throughput);
        let response: Vec<f64> = runs.iter().map(Stays::mean_sojourn).collect();
        let (formula, expected) = ("N / X - Z", theory.response);
        Claim { what: &what("response"), formula, expected, tolerance: 0.015 }.check(&response);
        // Operational law: holds for what was measured, up to the users caught in between at both ends.
        for (x, r) in throughput.iter().zip(&response) {
            let law = f64::from(clients) / x - think;
            assert!((r / law - 1.0).abs() < 0.03, "R = {r}, N / X - Z = {law}");
        }
    }
}

/// Two stations one after the other, 2/3 and 5/6 busy, behind a gateway that makes nobody wait.
fn tandem() -> Model {
    model(
        "510000s",
        "
services:
  gateway: {workers: 100000, steps: [{call: {to: first}}, {call: {to: second}}]}
  first: {service_time: {exponential: {mean: 1s}}}
  second: {service_time: {exponential: {mean: 1250ms}}}
workloads: {users: {arrivals: {poisson: {rate: 0.66666667/s}}, call: {to: gateway}}}
",
    )
}

#[test]
fn what_leaves_a_queue_comes_to_the_next_as_to_the_first() {
    // Burke 1956: departures are Poisson; Reich 1963: the stays are independent. So the whole stay is
    // the sum of Exp(1 - 2/3) and Exp(.8 - 2/3): mean 3 + 7.5. 10 runs of 333 000 customers; the standard
    // error of one is about 1.9 % (Daley, rho = 5/6), of ten .6 %.
    let model = tandem();
    let runs = over_seeds(1..=10, |seed| engine::run_dyn(&model, Seed(seed), after(10_000)).probe);
    let means: Vec<f64> = runs.iter().map(Stays::mean_sojourn).collect();
    let formula = "1 / (mu1 - lambda) + 1 / (mu2 - lambda)";
    Claim { what: "tandem, mean stay", formula, expected: 10.5, tolerance: 0.025 }.check(&means);
    // P(stay > t) = (a e^(-b t) - b e^(-a t)) / (a - b) with a = 1/3, b = 2/15; dependent stays would
    // have another tail.
    let (a, b) = (1.0 / 3.0, 2.0 / 15.0);
    let tail = |t: f64| (a * math::exp(-b * t) - b * math::exp(-a * t)) / (a - b);
    let (mut low, mut high) = (0.0, 200.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        *if tail(middle) > 0.05 { &mut low } else { &mut high } = middle;
    }
    let p95: Vec<f64> = runs.iter().map(|r| r.sojourn(0.95)).collect();
    let formula = "p95 of two exponentials in a row";
    Claim { what: "tandem, p95 of the stay", formula, expected: low, tolerance: 0.03 }.check(&p95);
}

/// Attempts sent to the first instance of a service and to all.
#[derive(Clone, Copy, Default)]
struct Shares {
    first: u64,
    all: u64,
}

impl Probe for Shares {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        let is_warm = now >= SimTime::ZERO + SimDuration::from_secs(20);
        if let Observation::Sent { service, instance, .. } = observation
            && is_warm
            && service == ServiceId::from_index(0)
        {
            self.all += 1;
            self.first += u64::from(instance == InstanceId::from_index(0));
        }
    }
}

/// Ten instances of 100 workers and 1 s of work, of which the first refuses everybody at once.
fn black_hole(rate: f64, call: &str) -> Model {
    model(
        "220s",
        &format!(
            "
services: {{api: {{instances: 10, workers: 100, service_time: {{exponential: {{mean: 1s}}}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, call: {{to: api, {call}}}}}}}
faults: {{down: {{at: 0s, for: 220s, crash: {{services: [api], instances: one}}}}}}
"
        ),
    )
}

fn share_of_the_hole(model: &Model) -> Vec<f64> {
    over_seeds(1..=8, |seed| {
        let shares = engine::run_dyn(model, Seed(seed), Shares::default()).probe;
        shares.first as f64 / shares.all as f64
    })
}

/// The hole never has anything to do, so an instance gets an attempt only while it has nothing either,
/// and then as one of the k + 1 that have nothing. With k of `others` idle, attempts come to them at
/// the rate lambda k / (k + 1) and end at the rate others - k: a birth-death chain on k.
fn expected_share(rate: f64, others: usize) -> f64 {
    let mut weights = vec![1.0];
    for k in (0..others).rev() {
        let (last, idle) = (weights[weights.len() - 1], (k + 1) as f64);
        // From k + 1 idle to k idle: lambda (k+1) / (k+2); back: others - k.
        weights.push(last * rate * idle / (idle + 1.0) / (others - k) as f64);
    }
    let total: f64 = weights.iter().sum();
    let hole = weights.iter().enumerate().map(|(busy, w)| w / (others - busy + 1) as f64);
    hole.sum::<f64>() / total
}

#[test]
fn a_server_that_fails_in_no_time_attracts_nearly_everybody() {
    // 45 % of the capacity of those that work, and yet 98 % of the attempts go where they fail. 8 runs of 90 000 and
    // 14 000 attempts; standard error below .1 and .4 %.
    for (rate, least) in [(450.0, 0.97), (70.0, 0.85)] {
        let expected = expected_share(rate, 9);
        assert!(expected > least, "{expected}");
        for information in ["own", "{board: {age: 0s}}"] {
            let call =
                format!("load_balancer: {{least_request: {{choices: all, information: {information}}}}}");
            let what = format!("black hole among 10 at {rate}/s, {information}: share of attempts");
            let formula = "birth-death chain of the idle";
            Claim { what: &what, formula, expected, tolerance: 0.01 }
                .check(&share_of_the_hole(&black_hole(rate, &call)));
        }
    }
}

#[test]
fn two_choices_bound_what_the_hole_attracts() {
    // It is one of two distinct choices with probability 2/10, and always wins while nobody else is idle
    // (at 450/s each has 45 in system). 8 runs of 90 000 attempts, standard error about .3 %.
    let shares = share_of_the_hole(&black_hole(450.0, "load_balancer: {least_request: {choices: 2}}"));
    Claim { what: "black hole, two choices", formula: "2 / n", expected: 0.2, tolerance: 0.02 }
        .check(&shares);
}

#[test]
fn ejecting_the_hole_ends_its_attraction() {
    let call =
        "load_balancer: {least_request: {choices: all}}, targets: {outlier_detection: {base_ejection: 300s}}";
    for share in share_of_the_hole(&black_hole(450.0, call)) {
        assert!(share < 0.01, "share {share}");
    }
}

/// Two stations and a bounded buffer between them; the first always has work and waits with what it has done.
#[test]
fn a_full_buffer_between_two_stations_costs_what_the_chain_says() {
    // Hunt 1956 and the chain of `theory::tandem`. 8 runs of 50 000 s, of which the first 500 s count for little:
    // about 30 000 pieces each, standard error about .2 %.
    for (first, second, buffer) in [(1.0, 1.0, 0), (1.0, 1.0, 3), (1.25, 1.0, 1)] {
        let theory = Tandem { first, second, buffer };
        let body = format!(
            "
services:
  first: {{steps: [{{compute: {{exponential: {{mean: {}ms}}}}}}, {{call: {{to: second, until: accepted}}}}]}}
  second:
    service_time: {{exponential: {{mean: {}ms}}}}
    queue: {{fifo: {{capacity: {buffer}, drop: nobody}}}}
workloads: {{users: {{arrivals: {{closed: {{users: 3, think_time: 0s}}}}, call: {{to: first}}}}}}
",
            1000.0 / first,
            1000.0 / second
        );
        let model = model("50000s", &body);
        let runs = over_seeds(1..=8, |seed| {
            let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
            let second = *ledger.services.iter().last().expect("it is last");
            (second.completed as f64 / 5e4, second.outside_area as f64 * 1e-9 / 5e4)
        });
        let what = |quantity: &str| format!("rates {first} and {second}, buffer {buffer}: {quantity}");
        let (throughput, blocked): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        let formula = "second (1 - pi_0)";
        let expected = theory.throughput();
        Claim { what: &what("throughput"), formula, expected, tolerance: 0.01 }.check(&throughput);
        let (formula, expected) = ("pi_(b + 2)", theory.blocked());
        Claim { what: &what("blocked"), formula, expected, tolerance: 0.02 }.check(&blocked);
    }
}

/// A stage that is offered more than it can do, 3/s of 2/s, and hands over without waiting: its successor's line
/// grows by the difference.
#[test]
fn an_unbounded_buffer_grows_by_what_comes_too_much() {
    // After t = 4000 s there are (lambda - mu) t in the system, here 4000; 8 runs, whose standard deviation is about
    // sqrt((lambda + mu) t) = 141, so that of their mean 50, or 1.25 %.
    let model = model(
        "4000s",
        "
services:
  first: {workers: 100, steps: [{compute: 10ms}, {call: {to: second, until: accepted}}]}
  second: {service_time: {exponential: {mean: 500ms}}}
workloads: {users: {arrivals: {poisson: {rate: 3/s}}, call: {to: first}}}
",
    );
    let left = over_seeds(1..=8, |seed| {
        let ledger = engine::run_dyn(&model, Seed(seed), ()).ledger;
        ledger.services.iter().last().expect("it is last").in_system as f64
    });
    let expected = (3.0 - 2.0) * 4000.0;
    Claim { what: "in the second stage at the end", formula: "(lambda - mu) t", expected, tolerance: 0.04 }
        .check(&left);
}
