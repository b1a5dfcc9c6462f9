//! Is an instance ejected when Envoy ejects it, and for as long?

use super::*;
use crate::policy::testing::{config, read};
use crate::units::Count;

const MEMBERS: [u32; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

fn client() -> State {
    let mut state = State::new(7);
    state.grow(10);
    state
}

/// So many errors at an instance; whether it is out then.
fn fail(state: &mut State, config: &Config, instance: u32, errors: u32, now: SimTime) -> bool {
    for _ in 0..errors {
        state.ended(config, &MEMBERS, instance, Outcome::ServerError, now);
    }
    state.is_ejected(instance)
}

/// An interval in which each instance has `ended` attempts and instance 0 so many errors; who is ejected.
fn interval(state: &mut State, config: &Config, ended: u32, errors: u32, now: SimTime) -> Vec<u32> {
    for member in MEMBERS {
        for k in 0..ended {
            let fails = member == 0 && k < errors;
            state.ended(config, &MEMBERS, member, if fails { Outcome::Timeout } else { Outcome::Ok }, now);
        }
    }
    let changes = state.on_interval(config, &MEMBERS, now);
    changes.into_iter().filter(|c| c.kind == ChangeKind::Ejected).map(|c| c.instance).collect()
}

#[test]
fn the_fifth_error_in_a_row_ejects() {
    let (config, mut state) = (config!("{}"), client());
    assert!(!fail(&mut state, &config, 0, 4, at(0)));
    state.ended(&config, &MEMBERS, 0, Outcome::Ok, at(0));
    assert!(!fail(&mut state, &config, 0, 4, at(0)), "a success starts the count again");
    let change = state.ended(&config, &MEMBERS, 0, Outcome::Timeout, at(0));
    assert_eq!(change, Some(Change { instance: 0, kind: ChangeKind::Ejected }));
}

#[test]
fn what_did_not_reach_an_instance_or_was_withdrawn_counts_as_nothing() {
    let (config, mut state) = (config!(r#"{"consecutive_errors": 1}"#), client());
    for outcome in Outcome::ALL {
        let mut state = state.clone();
        state.ended(&config, &MEMBERS, 0, outcome, at(0));
        let is_well = matches!(outcome, Outcome::Ok | Outcome::Conflict | Outcome::Denied);
        assert_eq!(state.is_ejected(0), !is_well && !outcome.is_callers_own(), "{outcome:?}");
    }
    fail(&mut state, &Config::default(), 0, 4, at(0));
    state.ended(&Config::default(), &MEMBERS, 0, Outcome::Cancelled, at(0));
    assert!(fail(&mut state, &Config::default(), 0, 1, at(0)), "nor does it start the count again");
}

#[test]
fn gateway_errors_have_a_count_of_their_own() {
    let config = config!(r#"{"consecutive_errors": "none", "consecutive_gateway_errors": 3}"#);
    let mut state = client();
    assert!(!fail(&mut state, &config, 0, 100, at(0)), "a server error is the service's own");
    for outcome in [Outcome::Timeout, Outcome::Reset, Outcome::ServerError, Outcome::Shed, Outcome::Expired] {
        state.ended(&config, &MEMBERS, 0, outcome, at(0));
    }
    assert!(!state.is_ejected(0));
    state.ended(&config, &MEMBERS, 0, Outcome::ConnectFailure, at(0));
    assert!(state.is_ejected(0));
}

#[test]
fn conformance_outlier_ejection() {
    // policies.md, section 20: the 1st, 2nd, 5th, 10th and 12th in a row last 30, 60, 150, 300, 300 s.
    let (config, mut state, mut now, mut lengths) = (config!("{}"), client(), 0, Vec::new());
    for _ in 0..12 {
        assert!(fail(&mut state, &config, 0, 5, at(now)));
        let ejected = now;
        while state.is_ejected(0) {
            now += 10;
            state.on_interval(&config, &MEMBERS, at(now));
        }
        lengths.push(now - ejected);
    }
    assert_eq!([1, 2, 5, 10, 12].map(|k| lengths[k - 1]), [30, 60, 150, 300, 300]);
    // 12 ejections in a row do not count further than is needed for the longest: eleven intervals
    // without ejection, and everything is forgotten.
    for _ in 0..11 {
        now += 10;
        state.on_interval(&config, &MEMBERS, at(now));
    }
    assert!(fail(&mut state, &config, 0, 5, at(now)));
    assert_eq!(state.hosts[0].multiplier, 1);
}

#[test]
fn every_interval_without_ejection_takes_one_off_the_multiplier() {
    let (config, mut state) = (config!("{}"), client());
    state.hosts[0].multiplier = 5;
    for now in [10, 20, 30] {
        state.on_interval(&config, &MEMBERS, at(now));
    }
    fail(&mut state, &config, 0, 5, at(30));
    assert_eq!(config.length(state.hosts[0].multiplier), SimDuration::from_secs(90));
}

#[test]
fn an_ejection_ends_at_the_first_interval_after_its_length() {
    let (config, mut state) = (config!("{}"), client());
    fail(&mut state, &config, 0, 5, at(7));
    assert_eq!(state.on_interval(&config, &MEMBERS, at(30)), []);
    let change = Change { instance: 0, kind: ChangeKind::Readmitted };
    assert_eq!(state.on_interval(&config, &MEMBERS, at(40)), [change]);
}

#[test]
fn the_share_is_never_exceeded_and_few_instances_eject_nobody() {
    let (tenth, mut state) = (config!("{}"), client());
    assert!(fail(&mut state, &tenth, 0, 5, at(0)));
    assert!(!fail(&mut state, &tenth, 1, 50, at(0)), "two of ten are a fifth");
    let mut nine = client();
    for _ in 0..50 {
        assert_eq!(nine.ended(&tenth, &MEMBERS[..9], 0, Outcome::Reset, at(0)), None);
    }
    let one = config!(r#"{"always_eject_one": true, "max_ejected_ratio": 0}"#);
    assert!(fail(&mut nine, &one, 0, 5, at(0)));
    assert!(!fail(&mut nine, &one, 1, 50, at(0)), "but not a second");
}

#[test]
fn one_far_below_the_others_is_ejected_by_its_success_rate() {
    // Nine at 100%, one at s: mean (9 + s)/10, deviation 0.3 (1 - s), so s < mean - 1.9 deviations for
    // every s: 0.9 (1 - s) > 0.57 (1 - s).
    let config = config!(r#"{"consecutive_errors": "none"}"#);
    assert_eq!(interval(&mut client(), &config, 100, 10, at(10)), [0]);
    assert_eq!(interval(&mut client(), &config, 99, 10, at(10)), [] as [u32; 0], "too few attempts");
    assert_eq!(interval(&mut client(), &config, 100, 0, at(10)), [] as [u32; 0]);
    let mut state = client();
    assert_eq!(interval(&mut state, &config, 60, 10, at(10)), [] as [u32; 0]);
    assert_eq!(interval(&mut state, &config, 60, 10, at(20)), [] as [u32; 0], "intervals are not added up");
}

#[test]
fn when_all_fail_alike_nobody_is_an_outlier() {
    let (config, mut state) = (config!(r#"{"consecutive_errors": "none"}"#), client());
    for member in MEMBERS {
        for k in 0..300 {
            let outcome = if k % 3 == 0 { Outcome::Ok } else { Outcome::ServerError };
            state.ended(&config, &MEMBERS, member, outcome, at(0));
        }
    }
    assert_eq!(state.on_interval(&config, &MEMBERS, at(10)), []);
}

#[test]
fn failure_percentage_has_a_fixed_threshold_and_is_off_by_default() {
    let json = |enforce: f64| {
        format!(
            r#"{{"consecutive_errors": "none", "success_rate": {{"enforce_ratio": 0}},
                 "failure_percentage": {{"enforce_ratio": {enforce}}}}}"#
        )
    };
    let (on, off) = (config!(&json(1.0)), config!(&json(0.0)));
    assert_eq!(interval(&mut client(), &on, 100, 85, at(10)), [0]);
    assert_eq!(interval(&mut client(), &on, 100, 84, at(10)), [] as [u32; 0]);
    assert_eq!(interval(&mut client(), &off, 100, 100, at(10)), [] as [u32; 0]);
}

#[test]
fn enforcement_in_a_share_of_the_cases_is_a_draw() {
    // 1000 clients, half of the cases: 500 within 4 standard errors of 15.8.
    let config = config!(r#"{"consecutive_errors": "none", "success_rate": {"enforce_ratio": 0.5}}"#);
    let ejects = |seed| {
        let mut state = State::new(seed);
        state.grow(10);
        !interval(&mut state, &config, 100, 50, at(10)).is_empty()
    };
    let found = (0..1_000).filter(|seed| ejects(*seed)).count();
    assert!(found.abs_diff(500) < 4 * 16, "{found}");
    assert!((0..10).all(|seed| ejects(seed) == ejects(seed)));
}

#[test]
fn jitter_makes_ejections_of_several_clients_end_at_different_times() {
    // 1000 clients, up to 100 s longer: seen every 10 s, ends lie between 30 and 130 s, 500 of them within
    // 4 standard errors of 15.8 not after 80 s.
    let config = config!(r#"{"ejection_jitter": "100s"}"#);
    let mut early = 0;
    for seed in 0..1_000 {
        let mut state = State::new(seed);
        state.grow(10);
        fail(&mut state, &config, 0, 5, at(0));
        let mut now = 0;
        while state.is_ejected(0) {
            now += 10;
            state.on_interval(&config, &MEMBERS, at(now));
        }
        assert!((40..=130).contains(&now), "{now}");
        early += u32::from(now <= 80);
    }
    assert!(early.abs_diff(500) < 4 * 16, "{early}");
}

#[test]
fn settings_have_envoys_defaults_and_contradictions_are_named() {
    let defaults = config!("{}");
    assert_eq!(defaults, Config::default());
    assert_eq!(defaults.consecutive_errors, InARow(Some(Count::new(5))));
    assert_eq!(
        (defaults.interval, defaults.longest()),
        (SimDuration::from_secs(10), SimDuration::from_secs(300))
    );
    let problems: Vec<String> = read::<Config>(r#"{"interval": "0s", "base_ejection": "0s"}"#)
        .expect("settings are readable")
        .check()
        .into_iter()
        .map(|p| format!("{}: {}", p.field, p.sentence))
        .collect();
    assert_eq!(
        problems,
        ["interval: must be above 0s, such as `10s`", "base_ejection: must be above 0s, such as `10s`",]
    );
    assert!(
        read::<Config>(r#"{"consecutive_errors": 0}"#)
            .unwrap_err()
            .contains("must be at least 1, found 0; or `none`")
    );
    let out_of_range = read::<Config>(r#"{"max_ejected_ratio": 1.5}"#).unwrap_err();
    assert!(
        out_of_range.contains("`1.5` is outside 0 to 1; write a share such as `0.2` or `20%`"),
        "{out_of_range}"
    );
}
