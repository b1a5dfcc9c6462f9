//! What do owners change, and what becomes of it? A caller with a second of patience, whose owner wants less.

use sim_core::engine::{self, ChangesLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

/// Answers take 300 ms. The front's owner wants 100 ms or a second of patience with it, every hour.
fn shop(values: &str, more: &str) -> Model {
    model("20h", &body(values, more))
}

fn body(values: &str, more: &str) -> String {
    format!(
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

/// The same with ten fronts, of which each gets every tenth request.
fn ten_fronts(rollout: &str) -> Model {
    let changed = format!("rollout: {{staged: {{steps: [10%, 50%, 100%], each: 20m{rollout}}}}}");
    model("20h", &body("100ms", &changed).replacen("front: {", "front: {instances: 10, ", 1))
}

#[test]
fn a_comparison_takes_a_bad_change_back_while_few_have_it() {
    let model = ten_fronts(", canary: {compared: {chance: 1%, min_count: 1}}");
    let counts = counts(&model);
    let staged = counts.staged;
    // All that met it failed, and nobody else: the chance of that is 1 / C(N, n). With every tenth request it is below a
    // hundredth once two have failed, 1 / C(15, 2), and before a third has come. Each hour the owner wants it again.
    assert_eq!((staged.begun, staged.judged, staged.completed, staged.fitting), (19, 19, 0, 0));
    assert_eq!((counts.incidents, counts.taken_back), (0, 19), "the incident's rule sees nothing of it");
    assert_eq!((staged.exposed, staged.exposed_failed, staged.ended), (38, 38, 1_199));
}

#[test]
fn an_incident_stops_what_is_under_way_where_nobody_compares() {
    let counts = counts(&ten_fronts(""));
    let staged = counts.staged;
    // A tenth for 20 minutes is nothing to see; a half is six of ten failed sooner or later, or the last step is.
    assert_eq!((staged.begun, staged.stopped, staged.judged), (19, 19, 0));
    assert_eq!((counts.incidents, counts.taken_back, counts.to_restore), (19, 19, 0));
    assert!(staged.exposed >= 19 * (2 + 10), "{staged:?}");
}

#[test]
fn a_new_change_takes_the_place_of_the_one_under_way() {
    let model = ten_fronts(", canary: none").without_faults();
    assert_eq!(counts(&model).staged, Default::default());
    let slow = body("2s, 3s", "rollout: {staged: {steps: [10%, 100%], each: 10h}}");
    let slow = self::model("20h", &slow.replacen("front: {", "front: {instances: 10, ", 1));
    let counts = counts(&slow);
    let staged = counts.staged;
    assert!(staged.replaced > 3 && staged.completed == 0 && staged.under_way == 1, "{counts:?}");
    assert_eq!(counts.taken_back, staged.replaced);
}

#[test]
fn a_quota_holds_for_the_first_instances_of_the_service() {
    let counts = |steps: &str| {
        let model = model(
            "4h",
            &format!(
                "
services:
  store: {{instances: 4, workers: 10, service_time: 300ms, admission: {{fixed_window: {{limit: 1000, window: 1h}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/m}}}}, call: {{to: store}}}}}}
changes:
  owners: {{store: {{every: 1h, settings: [quota: {{service: store, values: [1]}}]}}}}
  rollout: {{staged: {{steps: {steps}, each: 10h}}}}
  incident: {{below: 1%, of_last: 1000}}
  repair: 10m
"
            ),
        );
        engine::run_dyn(&model, Seed(1), ()).ledger
    };
    // From the second hour on each instance with a quota of one lets in 1 of the 15 that come to it in an hour.
    let failed = |steps: &str| counts(steps).requests_failed;
    assert_eq!(failed("[20%, 100%]"), 3 * 14);
    assert_eq!(failed("[50%, 100%]"), 3 * 2 * 14);
    assert_eq!(counts("[50%, 100%]").changes.staged.exposed, 3 * 2 * 15);
}
