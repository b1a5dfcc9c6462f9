//! What is true of each request, whatever its user was told? A payment that takes longer than its callers wait, and moments
//! that can be worked out by hand.

use sim_core::engine::{self, EffectLedger, EffectsFound, Ledger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

/// Somebody comes at 1 s, and nobody after.
const ONE: &str = "{evenly_spaced: {rate: {steps: [{at: 0s, rate: 1/s}, {at: 1500ms, rate: 0/s}]}}}";

fn payment(idempotency: &str, steps: &str, call: &str, faults: &str) -> Model {
    model(
        "20s",
        &format!(
            "
services:
  pay: {{workers: 9, effects: {{charge: {{idempotency: {idempotency}}}}}, lifecycle: {{restart: {{}}}}, steps: [{steps}]}}
workloads: {{users: {{arrivals: {ONE}, call: {{to: pay, {call}}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn ledger(model: &Model) -> Ledger {
    engine::run_dyn(model, Seed(1), ()).ledger
}

fn charges(model: &Model) -> EffectLedger {
    *ledger(model).effects.iter().next().expect("there is an effect")
}

const SLOW: &str = "compute: 150ms, effect: charge";
/// Three tries, sent at 1 s, 1.1 s and 1.2 s, each of which charges 150 ms later and comes too late.
const THREE: &str = "timeouts: {attempt: 100ms}, retry: {immediate: {max_attempts: 3}}";

#[test]
fn each_try_charges_and_the_user_is_told_that_it_failed() {
    let found = EffectsFound { more: 1, applied: 3, orphans: 1, ..EffectsFound::default() };
    let expected = EffectLedger {
        reached: 3,
        applied: 3,
        duplicates: 2,
        keys: 1,
        orphans: 1,
        found,
        ..EffectLedger::default()
    };
    assert_eq!(charges(&payment("none", SLOW, THREE, "")), expected);
}

#[test]
fn with_a_key_the_first_charges_and_the_others_are_answered() {
    let found = EffectsFound { once: 1, applied: 1, orphans: 1, ..EffectsFound::default() };
    let expected = EffectLedger {
        reached: 3,
        applied: 1,
        replayed: 2,
        keys: 1,
        orphans: 1,
        found,
        ..EffectLedger::default()
    };
    assert_eq!(charges(&payment("key", SLOW, THREE, "")), expected);
}

#[test]
fn a_key_that_is_forgotten_protects_no_more() {
    let counts = |window: &str| {
        let charges = charges(&payment(&format!("{{key: {{window: {window}}}}}"), SLOW, THREE, ""));
        [charges.duplicates, charges.replayed]
    };
    // Charged at 1.15 s; the others come 100 ms and 200 ms later. A charge that is repeated is known from then on.
    assert_eq!(counts("201ms"), [0, 2]);
    assert_eq!(counts("200ms"), [1, 1]);
    assert_eq!(counts("100ms"), [2, 0]);
}

#[test]
fn hedges_and_retries_of_services_belong_to_the_same_request() {
    let model = |idempotency: &str| {
        model(
            "20s",
            &format!(
                "
services:
  shop: {{workers: 9, steps: [call: {{to: pay, hedging: {{fixed: {{delay: 20ms, max_attempts: 2}}}}}}]}}
  pay: {{workers: 9, effects: {{charge: {{idempotency: {idempotency}}}}}, steps: [{SLOW}]}}
workloads: {{users: {{arrivals: {ONE}, call: {{to: shop, timeouts: {{attempt: 100ms}}, retry: {{immediate: {{max_attempts: 2}}}}}}}}}}
"
            ),
        )
    };
    // Two attempts of the user, each with a hedge; where nobody listens nothing is called back.
    let without = charges(&model("none"));
    assert_eq!([without.applied, without.keys, without.duplicates], [4, 1, 3]);
    let with = charges(&model("key"));
    assert_eq!([with.applied, with.keys, with.replayed], [1, 1, 3]);
}

#[test]
fn what_is_undone_may_be_applied_again() {
    let done = "effect: charge, undo: charge, effect: charge";
    for idempotency in ["none", "key"] {
        let charges = charges(&payment(idempotency, done, "", ""));
        assert_eq!([charges.applied, charges.undone, charges.duplicates, charges.orphans], [2, 1, 0, 0]);
    }
    let twice = charges(&payment("none", "effect: charge, undo: charge, undo: charge", "", ""));
    assert_eq!([twice.undone, twice.undone_in_vain], [1, 1]);
    assert_eq!(twice.missing, 1, "the user was told that it is done");
}

#[test]
fn an_answer_before_the_work_promises_what_a_crash_may_break() {
    let steps = "spawn: {steps: [compute: 2s, effect: charge]}";
    let late = charges(&payment("none", steps, "", ""));
    assert_eq!([late.applied, late.missing], [1, 0], "it comes at last");
    let crash = "crash: {at: 2s, for: 1s, crash: {services: [pay]}}";
    let lost = charges(&payment("none", steps, "", crash));
    assert_eq!([lost.applied, lost.missing], [0, 1]);
}

#[test]
fn only_what_always_lies_on_the_way_can_be_missing() {
    let missing = |steps: &str| charges(&payment("none", steps, "", "")).missing;
    assert_eq!(missing("maybe: {probability: 0, steps: [effect: charge]}"), 0);
    assert_eq!(missing("fallback: {steps: [compute: 1ms], otherwise: [effect: charge]}"), 0);
    assert_eq!(missing("effect: charge, undo: charge"), 1);
    assert_eq!(
        missing(
            "maybe: {probability: 0, steps: [effect: charge], otherwise: [effect: charge, undo: charge]}"
        ),
        1
    );
}

#[test]
fn users_hear_what_the_ledger_says_they_hear() {
    let told = ledger(&payment("none", SLOW, THREE, "")).operations;
    assert_eq!([told.told_done, told.told_failed, told.untold], [0, 1, 0]);
    let told = ledger(&payment("none", "compute: 30s, effect: charge", "", "")).operations;
    assert_eq!([told.told_done, told.told_failed, told.untold], [0, 0, 1]);
}

/// 200/s for 200 s, ten tries under way at once: 40 000 keys, of which few are ever kept.
#[test]
fn keys_of_what_is_over_are_counted_and_forgotten() {
    let model = model(
        "200s",
        "
services:
  pay: {workers: 1000, effects: {charge: {}}, steps: [compute: 50ms, effect: charge]}
workloads: {users: {arrivals: {poisson: {rate: 200/s}}, call: {to: pay}}}
",
    );
    let ledger = ledger(&model);
    let charges = ledger.effects.iter().next().expect("there is an effect");
    assert!(charges.found.once > 39_000 && charges.found.once + 50 > ledger.requests_created);
    assert!(ledger.operations.most_kept <= 1_024, "{} at once", ledger.operations.most_kept);
}
