//! How do instances come and go? Crashes, restarts, probes, hangs, zones, to the millisecond.

use sim_core::engine;
use sim_core::ids::{Id, InstanceId};
use sim_core::metrics::{InstanceState, Observation};
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::systems::model;

use crate::{ends, everything, metronome};

/// States of the first instance with their seconds.
fn states(model: &Model) -> Vec<(f64, InstanceState)> {
    let state = |(at, what): (SimTime, Observation)| match what {
        Observation::InstanceState { instance, state } if instance == InstanceId::from_index(0) => {
            Some((at.as_secs_f64(), state))
        }
        _ => None,
    };
    everything(model).into_iter().filter_map(state).collect()
}

/// Seconds at which attempts of the first `workload` fail, and how.
fn failures(model: &Model) -> Vec<(f64, Outcome)> {
    let failure = |(at, what): (SimTime, Observation)| match what {
        Observation::AttemptFailed { outcome, .. } => Some((at.as_secs_f64(), outcome)),
        _ => None,
    };
    everything(model).into_iter().filter_map(failure).collect()
}

use InstanceState::{Booting, Down, Draining, Hung, NotReady, Ready, Warming};

#[test]
fn a_crash_loses_what_is_there_and_refuses_what_comes() {
    // 1 worker, 1.6 s: at 2.5 s one is served, one waits. Down until 4.5 s, boots until 5.25 s.
    let model = metronome(
        "8s",
        "service_time: 1600ms, lifecycle: {boot_time: 750ms}",
        "",
        "{crash: {at: 2500ms, for: 2s, crash: {services: [api]}}}",
    );
    assert_eq!(states(&model), [(2.5, Down), (4.5, Booting), (5.25, Ready)]);
    assert_eq!(
        failures(&model),
        [
            (2.5, Outcome::Reset),
            (2.5, Outcome::Reset),
            (3.0, Outcome::ConnectFailure),
            (4.0, Outcome::ConnectFailure),
            (5.0, Outcome::ConnectFailure)
        ]
    );
    assert_eq!(ends(&model).last(), Some(&(6.0, 7.6, true)));
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    let service = ledger.services.iter().next().copied().expect("there is a service");
    assert_eq!((service.lost, service.rejected, service.completed), (2, 3, 1));
}

#[test]
fn a_reset_takes_its_way_back_and_a_dead_server_completes_nothing() {
    // The answer would have been complete at 2.4 s; lost at 2 s, told at 2.4 s.
    let model = metronome(
        "2900ms",
        "service_time: 1s",
        "network: {latency: 400ms}",
        "{crash: {at: 2s, for: 100ms, crash: {services: [api]}}}",
    );
    assert_eq!(failures(&model), [(2.4, Outcome::Reset)]);
    let completed =
        everything(&model).iter().filter(|(_, w)| matches!(w, Observation::Completed { .. })).count();
    assert_eq!(completed, 0);
}

#[test]
fn what_hangs_is_held_and_goes_on_when_the_hang_is_over() {
    let model = metronome(
        "7s",
        "workers: 9, service_time: 500ms",
        "",
        "{hang: {at: 1900ms, for: 2s, hang: {service: api}}}",
    );
    // Those of 2 and 3 s are held until 3.9 s and then take their full time.
    assert_eq!(ends(&model)[..4], [(1.0, 1.5, true), (2.0, 4.4, true), (3.0, 4.4, true), (4.0, 4.5, true)]);
    assert_eq!(states(&model), [(1.9, Hung), (3.9, Ready)]);
}

#[test]
fn a_restart_finishes_what_it_has_then_boots_and_warms_up() {
    // At 1.3 s one is under way until 1.8 s: it drains, boots .4 s until 2.2 s, is cold until 4.2 s.
    let model = metronome(
        "6s",
        "workers: 9, service_time: 800ms, lifecycle: {boot_time: 400ms, warm_up: {factor: 2, duration: 2s}, \
         restart: {grace: 5s}}",
        "",
        "{roll: {at: 1300ms, for: 1ms, restart: {service: api}}}",
    );
    assert_eq!(states(&model), [(1.3, Draining), (1.8, Down), (1.8, Booting), (2.2, Warming), (4.2, Ready)]);
    assert_eq!(ends(&model)[0], (1.0, 1.8, true), "what it had is finished");
    let later = |second: f64| ends(&model).into_iter().find(|end| end.0 == second);
    assert_eq!(later(2.0), Some((2.0, 2.0, false)), "it boots");
    assert_eq!(later(3.0), Some((3.0, 4.6, true)), "it is cold and takes twice as long");
    assert_eq!(later(5.0), Some((5.0, 5.8, true)), "it is warm");
}

#[test]
fn a_restart_without_enough_grace_loses_the_rest() {
    let model = metronome(
        "2900ms",
        "workers: 9, service_time: 1500ms, lifecycle: {restart: {grace: 200ms}}",
        "",
        "{roll: {at: 1300ms, for: 1ms, restart: {service: api}}}",
    );
    assert_eq!(failures(&model), [(1.5, Outcome::Reset)]);
    assert_eq!(states(&model), [(1.3, Draining), (1.5, Down), (1.5, Booting), (1.5, Ready)]);
}

#[test]
fn crash_loops_back_off_twice_as_long_each_time() {
    // Crashes with the second attempt on it: every second request. Waits 0, 1, 2, 4 s (backoff_max).
    let model = metronome(
        "40s",
        "service_time: 60s, lifecycle: {crash_at: 2, restart: {backoff_base: 1s, backoff_max: 4s}}",
        "",
        "{}",
    );
    let all = states(&model);
    let waits: Vec<f64> =
        all.windows(2).filter(|pair| pair[0].1 == Down).map(|pair| pair[1].0 - pair[0].0).take(6).collect();
    assert_eq!(waits, [0.0, 1.0, 2.0, 4.0, 4.0, 4.0]);
}

#[test]
fn readiness_takes_out_of_sight_and_liveness_kills_after_three_failures() {
    // Hung from 5 s on: probes of the process fail. Each starts at a moment of its own in its period of 1 s.
    let with = |lifecycle: &str| {
        metronome(
            "16s",
            &format!("workers: 99, service_time: 10ms, lifecycle: {{{lifecycle}}}"),
            "",
            "{hang: {at: 5s, for: 6s, hang: {service: api}}}",
        )
    };
    let model = with("readiness: {period: 1s, failures: 3}");
    let unheard: Vec<f64> = everything(&model)
        .into_iter()
        .filter_map(|(at, what)| match what {
            Observation::NotSent { outcome: Outcome::NoHealthyHost, .. } => Some(at.as_secs_f64()),
            _ => None,
        })
        .collect();
    assert_eq!(
        unheard,
        [8.0, 9.0, 10.0, 11.0],
        "from the third failure in (7, 8] to the first pass after 11 s"
    );
    let [.., (over, NotReady), (passes, Ready)] = states(&model)[..] else { panic!("{:?}", states(&model)) };
    assert_eq!(over, 11.0, "the hang is over, the next probe has not been made");
    assert!(11.0 < passes && passes < 12.0, "one pass is enough, at {passes}");

    let live = states(&with("liveness: {period: 1s, failures: 3}, restart: {grace: 0s}, boot_time: 1s"));
    let draining = live.iter().find(|(_, state)| *state == Draining).expect("it is killed").0;
    assert!((7.0..=8.0).contains(&draining), "after three failures, at {draining}");
}

#[test]
fn a_monkey_strikes_in_its_time_and_a_zone_falls_as_one() {
    let model = metronome(
        "10s",
        "service_time: 10ms",
        "",
        "{monkey: {at: 1500ms, for: 6s, monkey: {service: api, every: 2s, downtime: 700ms}}}",
    );
    assert_eq!(
        states(&model),
        [(3.5, Down), (4.2, Booting), (4.2, Ready), (5.5, Down), (6.2, Booting), (6.2, Ready)],
        "every 2 s before 7.5 s"
    );

    let model = sim_zone();
    let down: Vec<(f64, usize)> = everything(&model)
        .into_iter()
        .filter_map(|(at, what)| match what {
            Observation::InstanceState { instance, state: Down } => {
                Some((at.as_secs_f64(), instance.index()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(down, [(2.0, 0), (2.0, 2), (2.0, 3)], "every instance in zone a, of both services");
}

fn sim_zone() -> Model {
    model(
        "5s",
        "
zones: {names: [a, b]}
services:
  api: {instances: 3, zones: [a, b], service_time: 10ms}
  db: {instances: 2, zones: [a, b], service_time: 10ms}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}}
faults: {storm: {at: 2s, for: 1s, zone_down: {zone: a}}}
",
    )
}
