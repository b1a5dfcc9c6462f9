//! How do instances come and go when a scaler says so? Rounds and moments worked out by hand.

use sim_core::engine;
use sim_core::ids::Id;
use sim_core::metrics::{InstanceState, Observation};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{everything, metronome};
use InstanceState::{Absent, Booting, Draining, Ready};

/// Second, place and state of every change.
fn changes(model: &Model) -> Vec<(f64, usize, InstanceState)> {
    let change = |(at, what): (sim_core::time::SimTime, Observation)| match what {
        Observation::InstanceState { instance, state } => Some((at.as_secs_f64(), instance.index(), state)),
        _ => None,
    };
    everything(model).into_iter().filter_map(change).collect()
}

/// How many instances there are that stay, after each change of their number.
fn counts(model: &Model) -> Vec<(f64, i64)> {
    let service = model.services.iter().next().expect("there is a service");
    let mut count = i64::from(service.at_start);
    let mut counts: Vec<(f64, i64)> = Vec::new();
    for (at, _, state) in changes(model) {
        count += match state {
            Booting => 1,
            Draining => -1,
            _ => continue,
        };
        counts.retain(|(before, _)| *before < at);
        counts.push((at, count));
    }
    counts
}

/// A load of 100/s against a target of 2/s per instance: 50 instances are wanted, there are 2. Each round the
/// larger of 4 and as many again may be added: 6, 12, 24. What was started in the last round has no
/// reading yet and counts as 0 at 60 s: 12 x 100/24 = 50/s are seen on 24, 1.04 of the target, within the
/// tolerance. At 75 s all 24 are seen: 100/s asks for 50, and 48 are allowed. Then 1.04 again: that is the end.
#[test]
fn a_controller_converges_in_the_rounds_of_paper() {
    let model = model(
        "200s",
        "
services:
  api:
    instances: 2
    workers: 100
    service_time: 1ms
    autoscaler: {hpa: {metric: {rate: {target: 2/s}}, max: 100, metric_delay: 0s}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 100/s}}, call: {to: api}}}
",
    );
    assert_eq!(counts(&model), [(15.0, 6), (30.0, 12), (45.0, 24), (75.0, 48)]);
}

/// The same with readings that are 15 s old: nothing is seen before 30 s.
#[test]
fn a_delay_of_the_readings_delays_the_first_round() {
    let model = model(
        "40s",
        "
services:
  api:
    instances: 2
    workers: 100
    service_time: 1ms
    autoscaler: {hpa: {metric: {rate: {target: 2/s}}, max: 100}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 100/s}}, call: {to: api}}}
",
    );
    assert_eq!(counts(&model), [(30.0, 6)]);
}

/// Own work is what burns processors: 10 requests per second and instance compute 10 ms and wait 90 ms for
/// another service. That is a tenth of a processor, though one worker is always busy.
#[test]
fn workers_that_wait_burn_nothing() {
    let system = |metric: &str| {
        model(
            "100s",
            &format!(
                "
services:
  api:
    instances: 4
    workers: 1
    steps: [{{compute: 10ms}}, {{call: {{to: db}}}}]
    autoscaler: {{hpa: {{metric: {metric}, max: 9, tolerance: 0.05, scale_down: {{stabilization: 0s}}}}}}
  db: {{workers: 99, service_time: 90ms}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 36/s}}}}, call: {{to: api}}}}}}
"
            ),
        )
    };
    // 36/s x 10 ms = 0.36 processors of 4: 9 % each. For 30 % each, 1.2 instances will do: 2. The readings that
    // are seen 15 s later are from before: 2 at 9 % are one too many. Nobody sees that requests queue.
    assert_eq!(counts(&system("{cpu: {target: 30%}}")), [(30.0, 2), (45.0, 1)]);
    assert_eq!(counts(&system("{cpu: {target: 9%}}")), []);
    // 36/s x 100 ms = 3.6 attempts in 4 instances.
    assert_eq!(counts(&system("{in_flight: {target: 0.9}}")), []);
}

/// Two instances, one request per second of 3 s each. At 2.5 s one is to go: the last place. It finishes the one
/// request that it has, from 1 s or 2 s on. At 6 s a new one is started at its place.
#[test]
fn who_goes_finishes_what_it_has_and_who_comes_boots_first() {
    let model = metronome(
        "10s",
        "instances: 2, workers: 10, service_time: 3s, lifecycle: {boot_time: 750ms}, \
         autoscaler: {schedule: {steps: [{at: 2500ms, instances: 1}, {at: 6s, instances: 2}]}}",
        "",
        "{}",
    );
    let seen = changes(&model);
    let gone = seen[1].0;
    assert!(gone == 4.0 || gone == 5.0, "{seen:?}");
    assert_eq!(seen, [(2.5, 1, Draining), (gone, 1, Absent), (6.0, 1, Booting), (6.75, 1, Ready)]);
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    let service = ledger.services.iter().next().copied().expect("there is a service");
    assert_eq!((service.added, service.removed, service.there, service.lost), (1, 1, 2, 0));
}

/// The same with a grace of half a second: what it has then is lost.
#[test]
fn who_does_not_finish_in_time_loses_what_it_has() {
    let model = metronome(
        "5s",
        "instances: 2, workers: 10, service_time: 3s, lifecycle: {restart: {grace: 500ms}}, \
         autoscaler: {schedule: {steps: [{at: 2500ms, instances: 1}]}}",
        "",
        "{}",
    );
    assert_eq!(changes(&model), [(2.5, 1, Draining), (3.0, 1, Absent)]);
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    assert_eq!(ledger.services.iter().map(|service| service.lost).sum::<u64>(), 1);
}

/// A trigger keeps the place of a new instance down: it starts when that is over.
#[test]
fn a_place_that_is_kept_down_starts_later() {
    let model = metronome(
        "9s",
        "instances: 1, service_time: 1ms, autoscaler: {schedule: {steps: [{at: 2s, instances: 2}]}}",
        "",
        "{crash: {at: 1500ms, for: 5s, crash: {services: [api], instances: {places: {list: [1]}}}}}",
    );
    let down = InstanceState::Down;
    assert_eq!(changes(&model), [(0.0, 1, Absent), (2.0, 1, down), (6.5, 1, Booting), (6.5, 1, Ready)]);
}
