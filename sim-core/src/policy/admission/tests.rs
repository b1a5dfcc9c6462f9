//! Facts of the whole family.

use super::*;
use crate::policy::testing::{config, luck, ms, read};

fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + ms(seconds * 1e3)
}

#[test]
fn nothing_said_is_everybody() {
    let config = Config::default();
    assert_eq!(read(r#""none""#), Ok(config.clone()));
    let mut state = State::new(&config);
    state.restart(&config, at(5.0));
    assert!((0..1_000).all(|k| state.admit(&config, Arriving::default(), at(5.0), luck(k))));
    assert_eq!(state.gauge(&config, at(5.0)), None);
}

#[test]
fn a_ramp_begins_anew_after_a_restart() {
    for json in [
        r#"{"share": {"from": 0, "to": 1, "over": "60s"}}"#,
        r#"{"rate": {"from": "0/s", "to": "100/s", "over": "60s", "burst": 1}}"#,
    ] {
        let config = config!(json);
        let mut state = State::new(&config);
        // Of one attempt per 10 ms, in the five seconds after `from`.
        let admitted = |state: &mut State, from: f64| {
            let admits =
                |k: &u64| state.admit(&config, Arriving::default(), at(from + *k as f64 / 100.0), luck(*k));
            (0..500).filter(admits).count()
        };
        assert!(admitted(&mut state, 60.0) >= 499);
        state.restart(&config, at(100.0));
        // The mean share of the first five of 60 seconds is 1/24: 21 of 500.
        let cold = admitted(&mut state, 100.0);
        assert!((5..=40).contains(&cold), "{json}: {cold}");
        assert!(admitted(&mut state, 160.0) >= 499);
    }
}

#[test]
fn the_examples_of_the_manual_are_read_and_written() {
    for json in [
        r#"{"share":{"from":"0.1","to":"1","over":"1m","retry_after":"2s"}}"#,
        r#"{"rate":{"from":"50/s","to":"500/s","over":"1m","burst":"10","retry_after":"never","refill":null}}"#,
        r#"{"share":{"from":null,"to":"0.5","over":null,"retry_after":null}}"#,
    ] {
        assert_eq!(serde_json::to_string(&config!(json)).expect("settings can be written"), json);
    }
    let numbers = config!(r#"{"share": {"from": 0.1, "to": 1, "over": "60s", "retry_after": "2s"}}"#);
    assert_eq!(numbers, config!(r#"{"share":{"from":"0.1","to":"1","over":"1m","retry_after":"2s"}}"#));
}

#[test]
fn contradictions_are_told_with_their_path() {
    for (json, field) in [
        (r#"{"share": {"from": 0.1, "to": 1}}"#, "share/from"),
        (r#"{"rate": {"from": "1/s", "to": "9/s", "burst": 1}}"#, "rate/from"),
    ] {
        let problems = read::<Config>(json).expect("settings are readable").check();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].field, field);
        assert!(problems[0].sentence.contains("`over`"));
    }
    assert!(read::<Config>(r#"{"share": {}}"#).unwrap_err().contains("missing field `to`"));
    assert!(read::<Config>(r#"{"rate": {"to": "9/s"}}"#).unwrap_err().contains("missing field `burst`"));
}

#[test]
#[should_panic(expected = "a state belongs to the settings it was made from")]
fn a_state_of_other_settings_is_our_mistake() {
    let config = config!(r#"{"share": {"to": 1}}"#);
    State::new(&Config::None).admit(&config, Arriving::default(), SimTime::ZERO, luck(0));
}
