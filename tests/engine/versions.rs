//! Who can read what? A request every second, two producers in turns, one consumer, and rollouts at known moments.

use sim_core::engine::{self, VersionLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::ends;

/// Version 1 and version 2 of the consumer read their own kind only, `both` reads both.
fn system(call: &str, faults: &str) -> Model {
    model(
        "60s",
        &format!(
            "
services:
  producer: {{instances: 2, workers: 50, steps: [{{call: {{to: consumer{call}}}}}], versions: {{start: v1}}}}
  consumer:
    service_time: 1ms
    versions:
      start: v1
      reads:
        v1: {{v1: ok, v2: decode_error}}
        v2: {{v1: decode_error, v2: ok}}
        both: {{v1: ok, v2: ok}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: producer}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn read(model: &Model) -> VersionLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.versions.iter().nth(1).expect("the consumer comes second")
}

const FORWARD: &str = "producers: {at: 10s, for: 10s, rollout: {service: producer, to: v2}}";

/// The first producer is new at 15 s, the second at 20 s: half of five, then all of 40.
#[test]
fn who_waits_for_the_answer_learns_it() {
    let model = system("", FORWARD);
    let ledger = read(&model);
    assert!(matches!(ledger.unreadable, 42 | 43), "{ledger:?}");
    assert_eq!(ledger.taken, 59);
    let failed: Vec<f64> = ends(&model).iter().filter(|end| !end.2).map(|end| end.0).collect();
    assert_eq!(failed.len() as u64, ledger.unreadable);
    assert!(failed[0] == 15.0 || failed[0] == 16.0, "{failed:?}");
    assert_eq!(failed.iter().filter(|at| **at >= 20.0).count(), 40);
    assert_eq!(read(&model.without_faults()).unreadable, 0, "the control has no rollout");
}

/// Ten messages of version 2 wait in the line of a consumer that is held; the producers have gone back by then.
#[test]
fn what_was_handed_over_outlives_a_rollback() {
    let faults = "producers: {at: 10s, for: 1ms, rollout: {service: producer, to: v2}}, \
                  hold: {at: 9500ms, for: 30s, stop: {service: consumer}}, \
                  back: {at: 19500ms, for: 1ms, rollout: {service: producer, to: v1}}";
    let model = system(", until: accepted", faults);
    // Version 2 from 10.0005 s and 10.001 s on: the message at 10 s is of version 1.
    assert_eq!(read(&model), VersionLedger { taken: 59, readable: 50, unreadable: 9 });
    assert!(ends(&model).iter().all(|end| end.2), "nobody at the producers notices");
}

#[test]
fn a_consumer_that_reads_both_loses_nothing() {
    let expand =
        format!("{FORWARD}, consumers: {{at: 1s, for: 1s, rollout: {{service: consumer, to: both}}}}");
    assert_eq!(read(&system("", &expand)).unreadable, 0);
}

#[test]
fn a_gate_refuses_what_nobody_could_read() {
    let gated = |service: &str, to: &str| {
        format!("gated: {{at: 10s, for: 1s, rollout: {{service: {service}, to: {to}, gate: contract}}}}")
    };
    for (service, to) in [("producer", "v2"), ("consumer", "v2")] {
        let model = system("", &gated(service, to));
        assert_eq!(read(&model).unreadable, 0, "{service}");
        let refused: usize = model.versions.iter().flatten().map(|versions| versions.refused.len()).sum();
        assert_eq!(refused, 1, "{service}");
    }
    // Once the consumer reads both, the producers may go on; the gate also sees rollouts that are under way.
    for begins in [1, 9] {
        let expand = format!(
            "expand: {{at: {begins}s, for: 5s, rollout: {{service: consumer, to: both, gate: contract}}}}, {}",
            gated("producer", "v2")
        );
        let model = system("", &expand);
        let refused: usize = model.versions.iter().flatten().map(|versions| versions.refused.len()).sum();
        assert_eq!(refused, usize::from(begins == 9), "at {begins} s");
        assert_eq!(read(&model).unreadable, 0);
    }
}
