//! What do owners change, and what becomes of it? A caller with a second of patience, whose owner wants less.

use sim_core::engine::{self, ChangesLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

/// Answers take 300 ms. The front's owner wants 100 ms or a second of patience with it, every hour.
fn shop(values: &str, more: &str) -> Model {
    model(
        "20h",
        &format!(
            "
services:
  front: {{workers: 10, steps: [{{call: {{to: shop, timeouts: {{attempt: 1s}}}}}}]}}
  shop:
    workers: 10
    steps: [{{call: {{to: store, timeouts: {{attempt: 500ms}}, retry: {{immediate: {{max_attempts: 1}}}}}}}}]
  store: {{workers: 10, service_time: 300ms, admission: {{fixed_window: {{limit: 1000, window: 1h}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/m}}}}, call: {{to: front}}}}}}
changes:
  owners: {{front: {{every: 1h, settings: [timeout: {{from: front, to: shop, values: [{values}]}}]}}}}
  incident: {{below: 50%, of_last: 10}}
  repair: 30m
  {more}
"
        ),
    )
}

fn counts(model: &Model) -> ChangesLedger {
    engine::run_dyn(model, Seed(1), ()).ledger.changes
}

fn minutes(nanos: u64) -> u64 {
    nanos / 60_000_000_000
}

#[test]
fn a_patience_that_does_not_fit_is_an_incident_until_it_is_taken_back() {
    let counts = counts(&shop("100ms", ""));
    // Changed at 1 h; of ten minutes' requests more than five have failed at the sixth; half an hour later it is a
    // second again, and at the next full hour the owner wants the same once more.
    assert_eq!((counts.wanted, counts.made, counts.idle), (19, 19, 0));
    assert_eq!((counts.incidents, counts.of_patience, counts.untraced, counts.owners), (19, 19, 0, 19));
    assert_eq!((counts.taken_back, counts.standing, counts.open), (19, 0, 0));
    assert_eq!(minutes(counts.to_restore) / counts.repaired, 30);
    let bad = minutes(counts.bad) / counts.incidents;
    assert!((30..=32).contains(&bad), "from the sixth failure to the first request after the repair: {bad}");
}

#[test]
fn a_contract_refuses_what_does_not_fit() {
    let counts = counts(&shop("100ms", "contract: checked"));
    assert_eq!((counts.wanted, counts.refused, counts.made, counts.incidents, counts.bad), (19, 19, 0, 0, 0));
    // What fits is made, once; then it is there.
    let counts = self::counts(&shop("2s", "contract: checked"));
    assert_eq!((counts.made, counts.idle, counts.standing), (1, 18, 1));
}

#[test]
fn who_watches_takes_back_at_once() {
    let counts = counts(&shop("100ms", "rollout: {watched: {watch: 30m}}"));
    assert_eq!((counts.incidents, counts.taken_back, counts.to_restore), (19, 19, 0));
    assert!(minutes(counts.bad) <= 19 * 2, "{counts:?}");
}

#[test]
fn what_is_wanted_is_the_same_whatever_becomes_of_it() {
    let wanted = |more: &str| counts(&shop("100ms, 1s, 2s, 3s", more)).wanted;
    assert_eq!(wanted(""), wanted("contract: checked"));
    let naive = counts(&shop("100ms, 1s, 2s, 3s", ""));
    assert_eq!(naive.wanted, naive.made + naive.idle);
}

#[test]
fn a_quota_below_what_callers_may_send_is_traced() {
    let model = model(
        "20h",
        "
services:
  front: {workers: 10, steps: [{call: {to: store, timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 2}}}}]}
  store: {workers: 10, service_time: 300ms, admission: {fixed_window: {limit: 1000, window: 1h}}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/m}}, call: {to: front}}}
changes:
  owners: {store: {every: 2h, settings: [quota: {service: store, values: [20]}]}}
  incident: {below: 50%, of_last: 10}
  repair: 10m
",
    );
    let counts = counts(&model);
    assert!(counts.of_quota >= 5 && counts.untraced == 0, "{counts:?}");
    assert_eq!(counts.of_quota, counts.incidents);
}

#[test]
fn the_control_arm_has_no_owners() {
    let control = shop("100ms", "").without_faults();
    let counts = counts(&control);
    assert_eq!(counts, ChangesLedger::default());
}
