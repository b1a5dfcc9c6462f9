//! Who is let in, and what does a date do? Users every second, and an intruder who tries every door.

use sim_core::engine::{self, IntruderLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, metronome};

/// Whether the requests of 1 s, 2 s, ... were answered.
fn answered(model: &Model) -> Vec<bool> {
    let mut ends = ends(model);
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    ends.iter().map(|(_, _, answered)| *answered).collect()
}

#[test]
fn who_is_not_on_the_list_is_denied() {
    let open = |allow: &str| {
        let service = format!("service_time: 1ms, accepts: {{allow: [{allow}]}}");
        answered(&metronome("3500ms", &service, "", "{}"))
    };
    assert_eq!(open("users"), [true; 3]);
    assert_eq!(open(""), [false; 3]);
    assert_eq!(open("api"), [false; 3]);
}

#[test]
fn a_peer_has_its_quota() {
    let service = "service_time: 1ms, accepts: {quota: {rate: 1/m, burst: 2}}";
    assert_eq!(answered(&metronome("4500ms", service, "", "{}")), [true, true, false, false]);
}

#[test]
fn a_certificate_that_has_run_out_stops_those_who_connect() {
    let run = |certificate: &str, connection: &str, faults: &str| {
        let service = format!("service_time: 1ms, identity: {{certificate: {{{certificate}}}}}");
        let call = format!("connection: {{tls: tls13, {connection}}}");
        answered(&metronome("6500ms", &service, &call, faults))
    };
    let (kept, anew) = ("keep_alive: true", "keep_alive: false");
    assert_eq!(run("valid_until: 3500ms", kept, "{}"), [true; 6], "open connections stay open");
    assert_eq!(run("valid_until: 3500ms", anew, "{}"), [true, true, true, false, false, false]);
    assert_eq!(run("valid_until: 3500ms, rotate: {before: 1s}", anew, "{}"), [true; 6]);
    assert_eq!(
        run("valid_from: 3500ms, valid_until: 1h", anew, "{}"),
        [false, false, false, true, true, true]
    );
    assert_eq!(run("valid_until: 3500ms", "lifetime: 4500ms", "{}"), [true, true, true, true, true, false]);
    let expiry = "{expiry: {at: 1500ms, for: 2s, certificate_expiry: {service: api}}}";
    assert_eq!(run("valid_until: 1h", anew, expiry), [true, false, false, true, true, true]);
}

/// `a` calls `b`, `b` calls `c`; nobody calls `d`. The intruder begins in `a`.
fn chain(accepts: impl Fn(&str) -> String, connection: &str) -> Vec<IntruderLedger> {
    let model = model(
        "20s",
        &format!(
            "
services:
  a: {{connection: {connection}, steps: [call: {{to: b}}]}}
  b: {{connection: {connection}, steps: [call: {{to: c}}]{}}}
  c: {{service_time: 1ms{}}}
  d: {{service_time: 1ms{}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: a}}}}}}
faults: {{intruder: {{at: 5s, for: 10s, compromise: {{service: a, rate: 3/s}}}}}}
",
            accepts("a"),
            accepts("b"),
            accepts(""),
        ),
    );
    engine::run_dyn(&model, Seed(1), ()).ledger.intruders.iter().copied().collect()
}

/// Whether each service has answered the intruder.
fn reached(ledgers: &[IntruderLedger]) -> Vec<bool> {
    ledgers.iter().map(|ledger| ledger.served > 0).collect()
}

#[test]
fn an_intruder_reaches_everything_or_the_closure_of_the_lists() {
    let mtls = "{tls: tls13, mutual: true}";
    assert_eq!(reached(&chain(|_| String::new(), mtls)), [true; 4]);
    let lists = |mutual: bool| {
        move |from: &str| {
            let allow = if from.is_empty() { String::new() } else { from.to_owned() };
            format!(", accepts: {{mutual_tls: {mutual}, allow: [{allow}]}}")
        }
    };
    let proved = chain(lists(true), mtls);
    // Nobody keeps `a` closed, so those who were taken over call it.
    assert_eq!(reached(&proved), [true, true, true, false]);
    assert!(proved[3].blocked > 0 && proved[2].blocked > 0, "`a` itself may not call `c`");
    assert_eq!(reached(&chain(lists(false), mtls)), [true; 4], "names that nobody has to prove");
}

#[test]
fn an_intruder_is_thrown_out_when_the_trigger_ends() {
    let ledgers = chain(|_| String::new(), "none");
    // From four services, three calls a second for ten seconds, less the first third of a second.
    let calls: u64 = ledgers.iter().map(|ledger| ledger.calls).sum();
    assert!((100..=120).contains(&calls), "{calls}");
}
