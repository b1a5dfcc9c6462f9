//! What becomes of somebody whose record has changed? Two users, one second apart, who take a second and a half between
//! read and write.

use sim_core::engine::{self, RecordsLedger};
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything};

/// Users at 1 s and at 2 s.
const TWO: &str = "{evenly_spaced: {rate: {steps: [{at: 0s, rate: 1/s}, {at: 2500ms, rate: 0/s}]}}}";

/// The users call an updater that reads and writes at a store.
fn updater(put: &str, retry: &str) -> Model {
    model(
        "10s",
        &format!(
            "
services:
  store:
    workers: 9
    records: {{row: {{}}}}
    endpoints: {{get: {{steps: [read: row]}}, put: {{steps: [write: row]}}}}
  updater: {{workers: 9, steps: [call: {{to: store/get}}, compute: 1500ms, call: {{to: store/put{put}}}]}}
workloads: {{users: {{arrivals: {TWO}, call: {{to: updater, retry: {retry}}}}}}}
"
        ),
    )
}

/// The users call a store that does these steps.
fn store(steps: &str, retry: &str) -> Model {
    model(
        "10s",
        &format!(
            "
services: {{store: {{workers: 9, records: {{row: {{}}, other: {{}}}}, steps: [{steps}]}}}}
workloads: {{users: {{arrivals: {TWO}, call: {{to: store, retry: {retry}}}}}}}
"
        ),
    )
}

fn counts(model: &Model) -> RecordsLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.records.iter().next().expect("there are records")
}

#[test]
fn the_second_reads_again_and_then_writes() {
    let model = updater("", "{immediate: {max_attempts: 3}}");
    // The first writes at 2.5 s what the second has read at 2 s; that one reads again at 3.5 s.
    assert_eq!(ends(&model), [(1.0, 2.5, true), (2.0, 5.0, true)]);
    let expected = RecordsLedger { reads: 3, writes: 3, written: 2, conflicts: 1, changes: 2 };
    assert_eq!(counts(&model), expected);
}

#[test]
fn a_retry_of_the_write_alone_is_in_vain() {
    let model = updater(", retry: {immediate: {max_attempts: 3}}", "none");
    assert_eq!(ends(&model), [(1.0, 2.5, true), (2.0, 3.5, false)]);
    let expected = RecordsLedger { reads: 2, writes: 4, written: 1, conflicts: 3, changes: 1 };
    assert_eq!(counts(&model), expected);
    let failed = everything(&model).into_iter().find_map(|(_, what)| match what {
        Observation::Failed { outcome, .. } => Some(outcome),
        _ => None,
    });
    assert_eq!(failed, Some(Outcome::Conflict), "the updater hands it on to its user");
}

#[test]
fn a_retry_may_choose_conflicts() {
    let other = updater("", "{immediate: {max_attempts: 3, on: [timeout]}}");
    assert_eq!(ends(&other)[1], (2.0, 3.5, false));
    let conflicts = updater("", "{immediate: {max_attempts: 3, on: [conflict]}}");
    assert_eq!(ends(&conflicts)[1], (2.0, 5.0, true));
}

#[test]
fn a_service_may_read_and_write_by_itself() {
    let model = store("read: row, compute: 1500ms, write: row", "{immediate: {max_attempts: 3}}");
    assert_eq!(ends(&model), [(1.0, 2.5, true), (2.0, 5.0, true)]);
}

#[test]
fn who_has_not_read_writes_whatever_is_there() {
    for steps in ["compute: 1500ms, write: row", "read: other, compute: 1500ms, write: row"] {
        let model = store(steps, "none");
        assert_eq!(ends(&model), [(1.0, 2.5, true), (2.0, 3.5, true)], "{steps}");
        assert_eq!(counts(&model).changes, 2);
    }
}

#[test]
fn who_has_written_knows_what_is_there_now() {
    let model = store("read: row, write: row, compute: 200ms, write: row", "none");
    assert_eq!(ends(&model), [(1.0, 1.2, true), (2.0, 2.2, true)]);
    assert_eq!(counts(&model).changes, 4);
}

#[test]
fn records_of_different_keys_have_nothing_to_do_with_each_other() {
    let conflicts = |per: &str| {
        let model = model(
            "20s",
            &format!(
                "
services: {{store: {{workers: 99, records: {{row: {{per: {per}}}}}, steps: [read: row, compute: 50ms, write: row]}}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 50/s}}}}, keys: {{count: 1000000}}, call: {{to: store}}}}
"
            ),
        );
        let RecordsLedger { conflicts, writes, .. } = counts(&model);
        conflicts as f64 / writes as f64
    };
    assert!(conflicts("all") > 0.4);
    assert!(conflicts("key") < 0.01);
}

#[test]
fn the_story_tells_of_versions() {
    let model = updater("", "none");
    let journal = everything(&model);
    let texts: Vec<String> = journal
        .into_iter()
        .filter(|(_, what)| matches!(what, Observation::Aside { .. }))
        .map(|(_, what)| format!("{what:?}"))
        .collect();
    assert!(texts.iter().any(|text| text.contains("Conflicts { read: 1, found: 2 }")), "{texts:?}");
}
