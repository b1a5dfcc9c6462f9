//! Hand-computed rounds of the controller.

use super::super::MILLION;
use super::*;
use crate::policy::testing::read;
use crate::time::SimTime;

fn config(json: &str) -> Config {
    let config: Config = read(json).expect("settings are readable");
    assert_eq!(config.check(config.min.get()), []);
    config
}

fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

/// Instances of which each has a reading of so many percent.
fn percent(count: usize, percent: u64) -> Vec<Pod> {
    vec![Pod::Reading(percent * MILLION / 100); count]
}

/// The answer of a fresh scaler, target 80 %, to these instances.
fn fresh(pods: &[Pod]) -> u32 {
    let config = config(r#"{"max": 100}"#);
    let facts = Facts { now: at(15), current: pods.len() as u32, pods };
    State::default().desired(&config, &facts)
}

#[test]
fn conformance_hpa() {
    // policies.md, section 20: 10 pods, target 80 %, now 89, 160, 40 -> 12, 20, 5 (down after 300 s).
    assert_eq!(fresh(&percent(10, 89)), 12);
    assert_eq!(fresh(&percent(10, 160)), 20);
    let config = config(r#"{"max": 100}"#);
    let mut state = State::default();
    let mut look = |seconds, percents| {
        let facts = Facts { now: at(seconds), current: 10, pods: &percent(10, percents) };
        state.desired(&config, &facts)
    };
    assert_eq!(look(0, 80), 10);
    for seconds in (15..300).step_by(15) {
        assert_eq!(look(seconds, 40), 10, "{seconds}: the 10 of the start still counts");
    }
    assert_eq!(look(300, 40), 5, "a recommendation exactly 300 s old counts no more");
}

#[test]
fn the_edge_of_the_tolerance_is_within() {
    assert_eq!(fresh(&percent(10, 88)), 10, "88 / 80 is 1.1 exactly");
    assert_eq!(fresh(&[Pod::Reading(880_001); 10]), 12, "ceil(11.00001)");
    assert_eq!(fresh(&percent(10, 72)), 10);
}

#[test]
fn too_few_with_starting_ones_counts_them_as_idle() {
    // 160 % on 10: 20. With 10 that start: 1600 / (80 * 20) = 1, which is within the tolerance.
    let mut pods = percent(10, 160);
    pods.extend([Pod::Unready; 10]);
    assert_eq!(fresh(&pods), 20);
    // With 5 that start: 1600 / (80 * 15) = 1.33, of 15: ceil(20) = 20.
    pods.truncate(15);
    assert_eq!(fresh(&pods), 20);
    // 100 % on 10 and 10 that start: 0.625 is the other direction: nothing.
    let mut pods = percent(10, 100);
    pods.extend([Pod::Unready; 10]);
    assert_eq!(fresh(&pods), 20);
}

#[test]
fn too_many_leaves_starting_ones_out_and_takes_missing_ones_for_busy() {
    let config = config(r#"{"max": 100, "scale_down": {"stabilization": "0s"}}"#);
    let ask = |pods: &[Pod]| {
        let facts = Facts { now: at(0), current: pods.len() as u32, pods };
        State::default().desired(&config, &facts)
    };
    let with = |extra: &[Pod]| [percent(10, 40), extra.to_vec()].concat();
    assert_eq!(ask(&with(&[])), 5);
    assert_eq!(ask(&with(&[Pod::Unready; 4])), 5, "400 / 80");
    // 10 at 40 % and 4 at 100 %: 800 / (80 * 14) = 0.714, of 14: 10.
    assert_eq!(ask(&with(&[Pod::Missing; 4])), 10);
    // 10 at 40 % and 8 at 100 %: 1200 / 1440 = 0.83, of 18: 15.
    assert_eq!(ask(&with(&[Pod::Missing; 8])), 15);
    // 10 at 40 % and 20 at 100 %: 2400 / 2400: within the tolerance.
    assert_eq!(ask(&with(&[Pod::Missing; 20])), 30);
    // 10 at 40 % and 40 at 100 %: 4400 / 4000 is the other direction.
    assert_eq!(ask(&with(&[Pod::Missing; 40])), 50);
}

#[test]
fn without_any_reading_nothing_happens() {
    assert_eq!(fresh(&[Pod::Missing, Pod::Unready]), 2);
    assert_eq!(fresh(&[]), 1, "not below `min`");
}

#[test]
fn upwards_the_larger_of_four_and_as_many_again_per_15_s() {
    let config = config(r#"{"max": 100, "metric": {"in_flight": {"target": 1}}}"#);
    // A load of 50 on 2: 25 each. 2, then max(2 + 4, 2 * 2), then max(6 + 4, 6 * 2), then doubling.
    let (mut state, mut current, mut seen) = (State::default(), 2u32, Vec::new());
    for round in 1..=5 {
        let pods = vec![Pod::Reading(50 * MILLION / u64::from(current)); current as usize];
        current = state.desired(&config, &Facts { now: at(15 * round), current, pods: &pods });
        seen.push(current);
    }
    assert_eq!(seen, [6, 12, 24, 48, 48], "the last is 50 / 48 = 1.04, within the tolerance");
}

#[test]
fn policies_count_what_was_done_within_their_period() {
    let json = r#"{"max": 100, "metric": {"in_flight": {"target": 1}},
                   "scale_up": {"policies": [{"pods": 3, "period": "30s"}]},
                   "scale_down": {"stabilization": "0s", "policies": [{"ratio": "50%", "period": "60s"},
                                                                       {"pods": 2, "period": "15s"}], "select": "min"}}"#;
    let config = config(json);
    let mut state = State::default();
    let mut ask = |seconds, current, each| {
        let pods = vec![Pod::Reading(each); current as usize];
        state.desired(&config, &Facts { now: at(seconds), current, pods: &pods })
    };
    assert_eq!(ask(0, 10, 9 * MILLION), 13);
    assert_eq!(ask(15, 13, 9 * MILLION), 13, "three were added in the last 30 s");
    assert_eq!(ask(30, 13, 9 * MILLION), 16, "that was 30 s ago");
    // Down: half of the 10 of a minute ago would be 5; two per 15 s is the smaller change: 14.
    assert_eq!(ask(45, 16, MILLION / 10), 14);
    assert_eq!(ask(50, 14, MILLION / 10), 14, "two were removed in the last 15 s");
    assert_eq!(ask(60, 14, MILLION / 10), 12);
}

#[test]
fn a_window_upwards_takes_the_lowest() {
    let config = config(r#"{"max": 100, "scale_up": {"stabilization": "60s"}}"#);
    let mut state = State::default();
    let mut ask = |seconds, percents| {
        let facts = Facts { now: at(seconds), current: 10, pods: &percent(10, percents) };
        state.desired(&config, &facts)
    };
    assert_eq!(ask(0, 80), 10);
    assert_eq!(ask(15, 120), 10, "10 was recommended 15 s ago");
    assert_eq!(ask(60, 120), 15, "no more than a minute ago");
}

#[test]
fn a_direction_can_be_switched_off() {
    let config = config(r#"{"max": 100, "scale_down": {"stabilization": "0s", "select": "disabled"}}"#);
    let facts = Facts { now: at(0), current: 10, pods: &percent(10, 1) };
    assert_eq!(State::default().desired(&config, &facts), 10);
}

#[test]
fn bounds_hold() {
    let config = config(r#"{"min": 3, "max": 12, "scale_down": {"stabilization": "0s"}}"#);
    let ask = |percents| {
        let facts = Facts { now: at(0), current: 10, pods: &percent(10, percents) };
        State::default().desired(&config, &facts)
    };
    assert_eq!((ask(1), ask(160)), (3, 12));
}

#[test]
fn what_makes_no_sense_is_named() {
    let config: Config = read(
        r#"{"max": 3, "sync_period": "0s", "scale_up": {"policies": []},
            "scale_down": {"stabilization": "2h", "policies": [{"period": "0s"}, {"pods": 1, "ratio": 1, "period": "1s"}]}}"#,
    )
    .expect("settings are readable");
    let fields: Vec<String> = config.check(1).into_iter().map(|p| p.field).collect();
    assert_eq!(
        fields,
        [
            "sync_period",
            "scale_up/policies",
            "scale_down/stabilization",
            "scale_down/policies/0",
            "scale_down/policies/0/period",
            "scale_down/policies/1",
        ]
    );
}
