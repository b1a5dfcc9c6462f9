//! Is an order charged once? Lost messages and retries, with a key and without, and sagas whose undoing fails.

use sim_core::engine::{self, EffectLedger, Ledger, SagaLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::theory::once::Loss;
use sim_core::theory::saga;
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// 100 000 orders, each charged over a network that loses messages.
fn payment(loss: Loss, attempts: u32, idempotency: &str) -> Model {
    let Loss { there, back } = loss;
    model(
        "2000s",
        &format!(
            "
services:
  pay: {{workers: 1000, effects: {{charge: {{idempotency: {idempotency}}}}}, steps: [compute: 1ms, effect: charge]}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 50/s}}}}
    call:
      to: pay
      network: {{loss: {{ways: {{there: {there}, back: {back}}}}}}}
      timeouts: {{attempt: 20ms}}
      retry: {{immediate: {{max_attempts: {attempts}}}}}
"
        ),
    )
}

fn ledgers(model: &Model) -> Vec<Ledger> {
    over_seeds(1..=10, |seed| engine::run_dyn(model, Seed(seed), ()).ledger)
}

/// A count of the effect per request, for each seed.
fn per_request(ledgers: &[Ledger], count: impl Fn(&EffectLedger) -> u64) -> Vec<f64> {
    let charge = |ledger: &Ledger| *ledger.effects.iter().next().expect("there is an effect");
    ledgers.iter().map(|l| count(&charge(l)) as f64 / l.requests_created as f64).collect()
}

/// 10 replications of 100 000 requests: a share p has a relative standard error of sqrt((1-p)/p) / 1000, which is .44 % at
/// p = .05; the tolerances are four of these.
fn check(what: &str, loss: Loss, attempts: u32) {
    let without = ledgers(&payment(loss, attempts, "none"));
    let success: Vec<f64> =
        without.iter().map(|l| l.requests_answered as f64 / l.requests_created as f64).collect();
    let claim = |formula, expected: f64, tolerance| Claim { what, formula, expected, tolerance };
    let tolerance = |share: f64| 4.0 * ((1.0 - share.min(1.0)) / share).sqrt() / 1e3 + 1e-6;
    claim("1 - f^A", loss.success(attempts), tolerance(loss.success(attempts))).check(&success);
    let charged = loss.applications(attempts);
    claim("(1-a)(1-f^A)/(1-f)", charged, 0.004).check(&per_request(&without, |l| l.applied));
    let twice = loss.duplicates(attempts);
    if twice > 1e-9 {
        // Some are charged three times: a little wider than a share.
        let formula = "(1-a)(1-f^A)/(1-f) - (1-a^A)";
        claim(formula, twice, 1.2 * tolerance(twice)).check(&per_request(&without, |l| l.duplicates));
    } else {
        assert!(per_request(&without, |l| l.duplicates).iter().all(|share| *share == 0.0), "{what}");
    }
    // With a key the same messages are lost, and what would have been charged again is answered.
    let with = ledgers(&payment(loss, attempts, "key"));
    for (with, without) in with.iter().zip(&without) {
        let of = |ledger: &Ledger| *ledger.effects.iter().next().expect("there is an effect");
        let (with, without) = (of(with), of(without));
        assert_eq!(with.duplicates, 0, "{what}");
        let same = (with.keys, with.replayed, with.orphans);
        assert_eq!(same, (without.keys, without.duplicates, without.orphans), "{what}");
    }
}

#[test]
fn four_attempts_over_legs_that_lose_five_percent() {
    check("5 % each way, 4 attempts", Loss { there: 0.05, back: 0.05 }, 4);
}

#[test]
fn a_single_try_is_charged_though_it_failed_if_its_answer_is_lost() {
    let loss = Loss { there: 0.05, back: 0.05 };
    check("5 % each way, 1 attempt", loss, 1);
    let orphans = per_request(&ledgers(&payment(loss, 1, "none")), |l| l.orphans);
    let expected = loss.orphans(1);
    Claim { what: "one attempt", formula: "f^A - a^A", expected, tolerance: 0.02 }.check(&orphans);
}

#[test]
fn lossy_answers_double_more_than_lossy_requests() {
    check("answers only, 3 attempts", Loss { there: 0.0, back: 0.3 }, 3);
    check("requests only, 3 attempts", Loss { there: 0.3, back: 0.0 }, 3);
}

/// 20 000 sagas of `steps` steps that each fail with 5 %; one undoing in four fails, once in each run of undoing.
fn sagas(steps: usize, parking: &str) -> Model {
    let first = "{do: [call: {to: step}], undo: [call: {to: undo}]}";
    let others = ", {do: [call: {to: step}], undo: [compute: 1ms]}".repeat(steps - 1);
    model(
        "1100s",
        &format!(
            "
services:
  orders:
    workers: 1000
    sagas: {{order: {{compensation: {{parking: {parking}}}}}}}
    steps: [saga: {{of: order, steps: [{first}{others}]}}]
  step: {{workers: 1000, service_time: 1ms, error_ratio: 5%}}
  undo: {{workers: 1000, service_time: 1ms, error_ratio: 25%}}
workloads: {{users: {{arrivals: {{poisson: {{rate: {{steps: [{{at: 0s, rate: 20/s}}, {{at: 1000s, rate: 0/s}}]}}}}}}, call: {{to: orders}}}}}}
"
        ),
    )
}

#[test]
fn sagas_fail_undo_and_stay_half_way_as_often_as_they_should() {
    for steps in [2, 5] {
        let ledgers = ledgers(&sagas(steps, "none"));
        let share = |count: fn(&SagaLedger) -> u64| -> Vec<f64> {
            let of = |ledger: &Ledger| *ledger.sagas.iter().next().expect("there is a saga");
            ledgers.iter().map(|ledger| count(&of(ledger)) as f64 / of(ledger).begun as f64).collect()
        };
        let n = steps as u32;
        // 10 replications of 20 000: the relative standard error of a share of 1 % is 2.2 %, of 10 % .7 %.
        let what = "sagas";
        let claim = |formula, expected, tolerance| Claim { what, formula, expected, tolerance };
        claim("1 - (1-p)^k", saga::fails(n, 0.05), 0.03).check(&share(|s| s.clean + s.undone + s.given_up));
        claim("1 - (1-p)^k - p", saga::compensates(n, 0.05), 0.04).check(&share(|s| s.compensated));
        let expected = saga::stays_half_way(n, 0.05, 0.25, 1);
        claim("(1 - (1-p)^k - p) q", expected, 0.08).check(&share(|s| s.inconsistent));
    }
}

#[test]
fn parked_sagas_are_undone_at_last() {
    for ledger in ledgers(&sagas(5, "{every: 5s}")) {
        let saga = ledger.sagas.iter().next().expect("there is a saga");
        assert_eq!([saga.inconsistent, saga.given_up], [0, 0]);
        assert_eq!(saga.begun, saga.done + saga.clean + saga.undone);
    }
}
