//! What happens when an operator acts? Moments worked out by hand: users every second, services of constant
//! length.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::{InstanceState, Observation};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything, starts};

/// Users who come every second and call `api`, and an operator.
fn operated(horizon: &str, service: &str, call: &str, actions: &str) -> Model {
    let body = format!(
        "
services: {{api: {{{service}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api, {call}}}}}}}
actions: {{{actions}}}
"
    );
    model(horizon, &body)
}

/// Seconds at which actions begin (`true`) and end.
fn acts(model: &Model) -> Vec<(f64, bool)> {
    let act = |(at, what): (sim_core::time::SimTime, Observation)| match what {
        Observation::Action { begins, .. } => Some((at.as_secs_f64(), begins)),
        _ => None,
    };
    everything(model).into_iter().filter_map(act).collect()
}

/// One worker takes 3 s, so one joins every second and one is served every three. From 6.5 s on the last comes
/// first; at 12.5 s that is over and the line is as it was, less those served.
#[test]
fn those_who_wait_stand_in_the_new_order() {
    let push = "flip: {at: 6500ms, for: 6s, apply: {services: {api: {queue: lifo}}}}";
    let model = operated("20s", "service_time: 3s", "", push);
    // (start, waited): 1; then 2 of 2 3 4; 3 of 3 4 5 6 is next at 7, but the newest is 7.
    let order: Vec<(f64, f64)> =
        starts(&model).into_iter().map(|(at, waited, _)| (at, at - waited)).collect();
    assert_eq!(
        order,
        [(1.0, 1.0), (4.0, 2.0), (7.0, 6.0), (10.0, 9.0), (13.0, 3.0), (16.0, 4.0), (19.0, 5.0)],
        "7 and 10 come after the worker is free at that very moment"
    );
    assert_eq!(acts(&model), [(6.5, true), (12.5, false)]);
}

/// Two more workers at 6.5 s take the two that wait longest at once.
#[test]
fn more_workers_take_those_who_wait() {
    let push = "grow: {at: 6500ms, apply: {services: {api: {workers: 3}}}}";
    let model = operated("9s", "service_time: 3s", "", push);
    let order: Vec<(f64, f64)> =
        starts(&model).into_iter().map(|(at, waited, _)| (at, at - waited)).collect();
    assert_eq!(order[..5], [(1.0, 1.0), (4.0, 2.0), (6.5, 3.0), (6.5, 4.0), (7.0, 5.0)]);
}

/// One worker of three is left: those in service finish, nobody starts before one worker is free.
#[test]
fn fewer_workers_finish_what_they_have() {
    let push = "shrink: {at: 3500ms, apply: {services: {api: {workers: 1}}}}";
    let model = operated("12s", "workers: 3, service_time: 3500ms", "", push);
    // 1, 2 and 3 are in service; two of the three go at 4.5 and 5.5, the last at 6.5.
    let order: Vec<(f64, f64)> =
        starts(&model).into_iter().map(|(at, waited, _)| (at, at - waited)).collect();
    assert_eq!(order, [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (6.5, 4.0), (10.0, 5.0)]);
}

/// The service takes 2 s and users wait for 1 s: nobody is ever answered, and each tries three times until the
/// operator forbids it. A call whose attempt is out then fails with that.
#[test]
fn a_policy_of_callers_changes_for_calls_under_way() {
    let retry = "timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 3}}";
    let push = "stop: {at: 4500ms, apply: {workloads: {users: {call: {retry: none}}}}}";
    let model = operated("8s", "service_time: 2s, workers: 50", retry, push);
    let ends: Vec<(f64, f64)> = ends(&model).into_iter().map(|(from, to, _)| (from, to)).collect();
    assert_eq!(ends, [(1.0, 4.0), (2.0, 5.0), (3.0, 5.0), (4.0, 5.0), (5.0, 6.0), (6.0, 7.0)]);
}

#[test]
fn paused_users_stay_away_and_those_who_wait_for_answers_go_on_after_it() {
    let pause = "calm: {at: 2500ms, for: 3s, pause: {workload: users}}";
    let open = operated("8s", "service_time: 1ms", "", pause);
    let arrivals: Vec<f64> = ends(&open).into_iter().map(|(from, ..)| from).collect();
    assert_eq!(arrivals, [1.0, 2.0, 6.0, 7.0], "3, 4 and 5 never come");
    let closed = model(
        "8s",
        "
services: {api: {service_time: 100ms, workers: 2}}
workloads: {users: {arrivals: {closed: {users: 2, think_time: 1s}}, call: {to: api}}}
actions: {calm: {at: 2500ms, for: 3s, pause: {workload: users}}}
",
    );
    let arrivals: Vec<f64> = ends(&closed).into_iter().map(|(from, ..)| from).collect();
    assert_eq!(
        arrivals,
        [1.0, 1.0, 2.1, 2.1, 5.5, 5.5, 6.6, 6.6, 7.7, 7.7],
        "3.2 becomes the end of the pause"
    );
}

#[test]
fn a_restart_loses_the_line_and_takes_its_time() {
    let push = "again: {at: 4500ms, restart: {service: api}}";
    let model = operated("9s", "service_time: 3s, lifecycle: {boot_time: 1s}", "", push);
    let order: Vec<(f64, f64)> =
        starts(&model).into_iter().map(|(at, waited, _)| (at, at - waited)).collect();
    // 2, 3 and 4 are lost; 5 finds nobody; 6 is the first.
    assert_eq!(order, [(1.0, 1.0), (4.0, 2.0), (6.0, 6.0)]);
    let lost: Vec<(f64, f64)> =
        ends(&model).into_iter().filter(|(.., ok)| !ok).map(|(from, to, _)| (from, to)).collect();
    assert_eq!(lost, [(2.0, 4.5), (3.0, 4.5), (4.0, 4.5), (5.0, 5.0)]);
}

/// Two instances are added at 2.5 s, ready 2 s later; for 3 s, then they go.
#[test]
fn instances_are_added_for_a_while() {
    let push = "grow: {at: 2500ms, for: 4s, apply: {services: {api: {instances: 3}}}}";
    let model = operated("9s", "service_time: 100ms, lifecycle: {boot_time: 2s}", "", push);
    let changes: Vec<(f64, InstanceState)> = everything(&model)
        .into_iter()
        .filter_map(|(at, what)| match what {
            Observation::InstanceState { state, .. } => Some((at.as_secs_f64(), state)),
            _ => None,
        })
        .collect();
    use InstanceState::{Absent, Booting, Ready};
    let starts = [(0.0, Absent), (0.0, Absent), (2.5, Booting), (2.5, Booting), (4.5, Ready), (4.5, Ready)];
    assert_eq!(changes[..6], starts);
    assert!(changes[6..].iter().all(|(at, _)| *at == 6.5), "{changes:?}");
    assert_eq!(changes[6..].iter().filter(|(_, state)| *state == Absent).count(), 2);
    let on_others = everything(&model).into_iter().filter(|(_, what)| {
        matches!(what, Observation::Sent { instance, .. } if sim_core::ids::Id::index(*instance) > 0)
    });
    assert!(on_others.count() >= 1, "callers use what is there");
}

/// A queue above two is seen at 5 s, when 2, 3 and 4 wait and 5 is just coming, and still at 7 s; the second
/// condition never holds that long. An operator acts once.
#[test]
fn a_condition_has_to_hold_for_its_time() {
    let push = "
      more: {when: {queue_length: {service: api, above: 2, for: 2s}}, for: 1s, apply: {services: {api: {workers: 9}}}},
      never: {when: {queue_length: {service: api, above: 2, for: 3s}}, apply: {services: {api: {workers: 9}}}}";
    let model = operated("9s", "service_time: 4500ms", "", push);
    assert_eq!(acts(&model), [(7.0, true), (8.0, false)]);
}

/// Everybody fails from 4 s on, when the service answers with errors. Success of the second up to 5 s is 0; it
/// has been below a half for 2 s at 7 s.
#[test]
fn success_is_what_ended_since_the_last_look() {
    let body = "
services: {api: {service_time: 500ms}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}}
faults: {errors: {at: 4s, for: 60s, errors: {service: api, ratio: 1}}}
actions: {off: {when: {success: {below: 0.5, for: 2s}}, pause: {workload: users}}}
";
    assert_eq!(acts(&model("20s", body)), [(7.0, true)]);
}

/// Changes lie over each other in the order of the file, whichever began first.
#[test]
fn changes_of_several_actions_lie_over_each_other() {
    let push = "
      first: {at: 3500ms, apply: {services: {api: {workers: 2}}}},
      second: {at: 1500ms, for: 4s, apply: {services: {api: {workers: 3, queue: lifo}}}}";
    let model = operated("9s", "service_time: 10s", "", push);
    let (busy, stages) = (starts(&model).len(), &model.stages);
    let workers = |on: u64| {
        let (_, stage) = stages.iter().find(|(bits, _)| *bits == on).expect("this set can be on");
        stage.services.iter().next().expect("there is one").workers
    };
    assert_eq!((workers(0b10), workers(0b11), workers(0b01)), (3, 3, 2));
    assert_eq!(busy, 3, "three start while there are three workers, and nobody after that");
}

/// A flag is a step that is done with probability 0 or 1: from 3.5 s on a request takes a second more.
#[test]
fn a_flag_is_a_probability_that_an_operator_flips() {
    let steps = |probability| {
        format!(
            "steps: [{{compute: 100ms}}, {{maybe: {{probability: {probability}, steps: [{{compute: 1s}}]}}}}]"
        )
    };
    let push = format!("flip: {{at: 3500ms, apply: {{services: {{api: {{{}}}}}}}}}", steps(1));
    let model = operated("7s", &format!("workers: 9, {}", steps(0)), "", &push);
    let ends: Vec<(f64, f64)> = ends(&model).into_iter().map(|(from, to, _)| (from, to)).collect();
    assert_eq!(ends, [(1.0, 1.1), (2.0, 2.1), (3.0, 3.1), (4.0, 5.1), (5.0, 6.1)]);
}

/// Who is let in is a share that grows from the moment of the action: a tenth at first, everybody 4 s later. 20
/// seeds of 1000 requests per second: a share of n requests is off by less than 4 sqrt(n/4)/n = .0141 at n =
/// 20 000.
#[test]
fn admission_is_ramped_up_from_the_moment_of_the_action() {
    let body = "
services: {api: {workers: 1000, service_time: 1ms}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1000/s}}, call: {to: api}}}
actions: {ramp: {at: 2s, apply: {services: {api: {admission: {share: {from: 0.1, to: 1, over: 4s}}}}}}}
";
    let model = model("8s", body);
    let mut answered = [0.0_f64; 8];
    for seed in 1..=20 {
        for story in engine::run_dyn(&model, Seed(seed), sim_tests::probes::Stories::default()).probe.all {
            if story.ended.is_some_and(|(_, answered)| answered) {
                answered[story.arrived.as_secs_f64() as usize] += 1.0 / 20_000.0;
            }
        }
    }
    // The mean of a straight line over each second.
    for (second, expected) in [1.0, 1.0, 0.2125, 0.4375, 0.6625, 0.8875, 1.0, 1.0].into_iter().enumerate() {
        assert!((answered[second] - expected).abs() < 0.0141, "{answered:?}");
    }
}

/// Up to the moment of the action the run is the same as without it; 20 seeds.
#[test]
fn nothing_is_different_before_the_action() {
    let system = |actions: &str| {
        let body = format!(
            "
services: {{api: {{workers: 2, service_time: {{exponential: {{mean: 20ms}}}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 80/s}}}}, call: {{to: api, timeouts: {{attempt: 100ms}}, retry: {{immediate: {{max_attempts: 2}}}}}}}}}}
{actions}
"
        );
        let mut model = model("30s", &body);
        model.is_plain = false;
        model
    };
    let push =
        "actions: {push: {at: 29999ms, apply: {services: {api: {workers: 9}}}, restart: {service: api}}}";
    let count = |model: &Model, seed| {
        let run = engine::run_dyn(model, Seed(seed), Digest::default());
        (run.ledger.requests_created, run.events)
    };
    for seed in 1..=20 {
        let (with, without) = (count(&system(push), seed), count(&system(""), seed));
        assert!(with.0 == without.0 && with.1.abs_diff(without.1) < 60, "{with:?} and {without:?}");
    }
    let again = || engine::run_dyn(&system(push), Seed(1), Digest::default()).probe;
    assert_eq!(again(), again());
}

/// The control arm has no trigger, so nobody has to act.
#[test]
fn the_control_arm_has_no_operator() {
    let model = operated("9s", "service_time: 1s", "", "again: {at: 4s, restart: {service: api}}");
    let control = model.without_faults();
    assert!(control.actions.is_empty() && control.stages.is_empty());
    assert_eq!(acts(&control), []);
}
