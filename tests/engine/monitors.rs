//! What does somebody see who looks now and then, and when is something done about it? A request every second, services of
//! constant length, a monitor that scrapes every 10 s from a moment that is drawn.

use sim_core::engine::{self, WatchLedger};
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::everything;

/// A front that calls a back with these faults, a monitor, and an operator.
fn watched(faults: &str, monitor: &str, rest: &str) -> Model {
    model(
        "200s",
        &format!(
            "
services:
  front: {{workers: 50, steps: [{{call: {{to: back, timeouts: {{attempt: 2s}}}}}}]}}
  back: {{workers: 50, service_time: 100ms, on_cancel: immediate}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: front}}}}}}
faults: {{trouble: {{at: 100s, for: 50s, {faults}}}}}
monitors: {{eye: {{scrape_interval: 10s, {monitor}}}}}
{rest}"
        ),
    )
}

const ERRORS: &str = "errors: {service: back, ratio: 1}";
const HANG: &str = "hang: {service: back, ratio: 1}";

/// Seconds at which the alert fires and resolves.
fn alerts(model: &Model) -> Vec<(f64, bool)> {
    let told = everything(model).into_iter().filter_map(|(at, what)| match what {
        Observation::Alert { fires, .. } => Some((at.as_secs_f64(), fires)),
        _ => None,
    });
    told.collect()
}

fn counts(model: &Model) -> WatchLedger {
    engine::run_dyn(model, Seed(1), ()).ledger.watch
}

/// Fires at the first scrape after the first failure, resolves at the first whose whole interval was fine.
#[track_caller]
fn assert_seen(model: &Model, first_failure: f64, last_failure: f64) {
    let told = alerts(model);
    let [(fires, true), (resolves, false)] = told[..] else { panic!("fires once, resolves once: {told:?}") };
    assert!(fires >= first_failure && fires < first_failure + 10.0, "{told:?}");
    assert!(resolves >= last_failure + 10.0 && resolves < last_failure + 20.0, "{told:?}");
    let between = (resolves - fires) / 10.0;
    assert!((between - between.round()).abs() < 1e-6, "scrapes are 10 s apart: {told:?}");
}

#[test]
fn an_alert_fires_at_the_first_scrape_that_sees_it() {
    let edge = "of: {calls: {from: front, to: back}}, signal: {error_ratio: {above: 0}}";
    assert_seen(&watched(ERRORS, edge, ""), 100.1, 149.1);
    let service = "of: {service: back}, signal: {error_ratio: {above: 0}}";
    assert_seen(&watched(ERRORS, service, ""), 100.1, 149.1);
    let users = "of: {workload: users}, signal: {error_ratio: {above: 0}}";
    assert_seen(&watched(ERRORS, users, ""), 100.1, 149.1);
    let reports = "of: {workload: users}, signal: {user_reports: {above: 0, ratio: 1}}";
    assert_seen(&watched(ERRORS, reports, ""), 100.1, 149.1);
}

/// The first attempt that hangs is given up at 102 s, the last that does not hang ended before.
#[test]
fn what_hangs_is_seen_by_its_caller_and_not_where_it_hangs() {
    for signal in ["p99_latency: {above: 1s}", "mean_latency: {above: 1s}", "p50_latency: {above: 1s}"] {
        let eye = format!("of: {{calls: {{to: back}}}}, signal: {{{signal}}}");
        let told = alerts(&watched(HANG, &eye, ""));
        assert!(
            matches!(told[..], [(at, true), (_, false)] if (102.0..122.0).contains(&at)),
            "{signal}: {told:?}"
        );
        let own = format!("of: {{service: back}}, signal: {{{signal}}}");
        let told = alerts(&watched(HANG, &own, ""));
        assert!(
            told.iter().all(|(at, _)| *at >= 150.0),
            "what hangs is not finished before it goes on: {told:?}"
        );
    }
}

#[test]
fn a_bound_that_is_kept_is_no_alert_and_a_delay_comes_later() {
    let eye = "of: {service: back}, signal: {p99_latency: {above: 102ms}}";
    assert_eq!(alerts(&watched(ERRORS, eye, "")), []);
    let now = alerts(&watched(ERRORS, "of: {service: back}, signal: {error_ratio: {above: 0}}", ""));
    let eye = "of: {service: back}, signal: {error_ratio: {above: 0}}, alert: {delay: 7s}";
    let later = alerts(&watched(ERRORS, eye, ""));
    assert_eq!(later, now.iter().map(|(at, fires)| (at + 7.0, *fires)).collect::<Vec<_>>());
}

/// While the back is down no scrape comes through; the first one that does sees what has happened since.
#[test]
fn who_shares_a_fate_is_blind() {
    let crash = "crash: {services: [back]}";
    let eye =
        |more: &str| format!("of: {{calls: {{to: back}}}}, signal: {{error_ratio: {{above: 0}}}}{more}");
    let free = watched(crash, &eye(""), "");
    assert_seen(&free, 101.0, 149.0);
    assert_eq!(counts(&free).scrapes[2], 0);
    let bound = watched(crash, &eye(", runs_on: {service: back}"), "");
    let told = alerts(&bound);
    let [(fires, true), (_, false)] = told[..] else { panic!("fires once, resolves once: {told:?}") };
    assert!((150.0..160.0).contains(&fires), "{told:?}");
    assert_eq!(counts(&bound).scrapes[2], 5);
    assert!(counts(&bound).attributed.is_some(), "it names who was down, too late");
    let dead_man = watched(crash, &eye(", runs_on: {service: back}, alert: {no_data: alert}"), "");
    assert_seen(&dead_man, 100.0, 150.0);
    let ledger = counts(&dead_man);
    assert!(ledger.detected.is_some() && ledger.attributed.is_none(), "silence names nobody: {ledger:?}");
}

#[test]
fn an_operator_acts_on_an_alert_after_a_while() {
    let eye = "of: {calls: {to: back}}, signal: {error_ratio: {above: 0}}";
    let act = "actions: {help: {when: {alert: {monitor: eye}}, reaction_time: 20s, apply: {services: {back: {workers: 60}}}}}";
    let model = watched(ERRORS, eye, act);
    let fires = alerts(&model)[0].0;
    let acts = everything(&model).into_iter().find_map(|(at, what)| match what {
        Observation::Action { begins: true, .. } => Some(at.as_secs_f64()),
        _ => None,
    });
    let acts = acts.expect("somebody acts");
    // An operator looks every second.
    assert_eq!(acts, fires.ceil() + 20.0);
    let ledger = counts(&model);
    let seconds =
        |time: Option<sim_core::time::SimDuration>| time.map(sim_core::time::SimDuration::as_secs_f64);
    assert_eq!(seconds(ledger.acted), Some(acts - 100.0));
    assert_eq!(ledger.detected, ledger.attributed);
    assert_eq!(seconds(counts(&model.without_faults()).detected), None, "the control has nothing to detect");
}
