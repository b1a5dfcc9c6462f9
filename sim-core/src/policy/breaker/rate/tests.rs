//! resilience4j, Polly and Hystrix, each by its own rules; the numbers are those of policies.md, section 20.

use super::super::tests::Rig;
use crate::policy::Outcome;

const RESILIENCE4J: &str = r#"{"rate": {}}"#;
const POLLY: &str = r#"{"rate": {"window": {"time": {"size": "30s"}}, "failure_ratio": 0.1, "evaluate": "each_failure",
    "open_duration": "5s", "half_open_calls": 1, "slow_call_threshold": "none"}}"#;
const HYSTRIX: &str = r#"{"rate": {"window": {"time": {"size": "10s", "buckets": 20}}, "min_calls": 20,
    "evaluate": "500ms", "open_duration": "5s", "half_open_calls": 1, "slow_call_threshold": "none"}}"#;

#[test]
fn resilience4j_judges_at_the_hundredth_result() {
    let mut rig = Rig::new(RESILIENCE4J);
    rig.results(&"x".repeat(99));
    assert_eq!(rig.openness(), 0.0, "99 failures are too few to judge");
    let mut rig = Rig::new(RESILIENCE4J);
    rig.results(&(".".repeat(50) + &"x".repeat(49)));
    assert_eq!(rig.openness(), 0.0);
    rig.results("x");
    assert_eq!(rig.openness(), 1.0, "50 of 100: at the threshold is enough");
}

#[test]
fn failures_trip_at_the_threshold_but_only_longer_than_slow_is_slow() {
    // policies.md, surprise 10.
    let json = r#"{"rate": {"window": {"count": {"size": 4}}, "slow_call_threshold": "100ms", "slow_call_ratio": 0.5}}"#;
    let after = |took_ms| {
        let mut rig = Rig::new(json);
        rig.results("..");
        for _ in 0..2 {
            let permit = rig.ask().expect("it is closed");
            rig.end(permit, Outcome::Ok, took_ms);
        }
        rig.openness()
    };
    assert_eq!(after(100), 0.0, "as long as the threshold is not slow");
    assert_eq!(after(101), 1.0, "two of four: as many as the ratio is too many");
    let mut rig = Rig::new(json);
    rig.results("..x");
    assert_eq!(rig.openness(), 0.0);
    rig.results("x");
    assert_eq!(rig.openness(), 1.0);
}

#[test]
fn the_minimum_is_capped_to_the_size_of_count_windows_only() {
    // policies.md, surprise 10.
    let mut count = Rig::new(r#"{"rate": {"window": {"count": {"size": 4}}, "min_calls": 100}}"#);
    count.results("xxx");
    assert_eq!(count.openness(), 0.0);
    count.results("x");
    assert_eq!(count.openness(), 1.0);
    let mut time = Rig::new(r#"{"rate": {"window": {"time": {"size": "4s"}}, "min_calls": 100}}"#);
    time.results(&"x".repeat(99));
    assert_eq!(time.openness(), 0.0);
}

#[test]
fn half_open_is_judged_over_a_window_of_its_own() {
    // policies.md, surprises 10 and 11: resilience4j lets N through and judges their rate.
    let tripped = || {
        let mut rig = Rig::new(RESILIENCE4J);
        rig.results(&"x".repeat(100));
        assert!(!rig.passes());
        rig.wait_ms(60_000);
        assert!(!rig.passes(), "strictly after the wait");
        rig.wait_ms(1);
        rig
    };
    let mut rig = tripped();
    rig.results("xxxx.....");
    assert_eq!(rig.openness(), 0.5, "nine of ten");
    rig.results(".");
    assert_eq!(rig.openness(), 0.0, "four of ten failed: closed");
    rig.results(&"x".repeat(99));
    assert_eq!(rig.openness(), 0.0, "what was before is forgotten");
    let mut rig = tripped();
    rig.results("x.x.x.x.x.");
    assert_eq!(rig.openness(), 1.0, "five of ten: open again");
    let mut rig = tripped();
    let permits: Vec<_> = (0..10).map(|_| rig.ask().expect("ten are let through")).collect();
    assert!(!rig.passes(), "and no eleventh");
    for permit in permits {
        rig.end(permit, Outcome::Ok, 1);
    }
    assert_eq!(rig.openness(), 0.0);
    let mut rig = tripped();
    rig.results("s.s.s.s.s.");
    assert_eq!(rig.openness(), 0.0, "slow ones open at all of them only");
}

#[test]
fn the_trial_needs_no_more_results_than_the_minimum() {
    let json = r#"{"rate": {"window": {"count": {"size": 10}}, "min_calls": 3, "open_duration": "1s"}}"#;
    let mut rig = Rig::new(json);
    rig.results("xxx");
    rig.wait_ms(1_001);
    rig.results("...");
    assert_eq!(rig.openness(), 0.0, "ten might pass, three decide");
}

#[test]
fn a_late_result_never_moves_an_open_breaker_but_counts_on_trial() {
    let json = r#"{"rate": {"window": {"count": {"size": 2}}, "open_duration": "1s", "half_open_calls": 2}}"#;
    let mut rig = Rig::new(json);
    let late: Vec<_> = (0..3).map(|_| rig.ask().expect("it is closed")).collect();
    rig.results("xx");
    rig.end(late[0], Outcome::Ok, 1);
    assert_eq!(rig.openness(), 1.0);
    rig.wait_ms(1_001);
    let _probe = rig.ask().expect("it is half-open");
    rig.end(late[1], Outcome::Ok, 1_001);
    assert_eq!(rig.openness(), 0.5);
    rig.end(late[2], Outcome::Ok, 1_001);
    assert_eq!(rig.openness(), 0.0, "as in resilience4j: whatever ends is judged");
}

#[test]
fn polly_looks_at_failures_only() {
    let mut rig = Rig::new(POLLY);
    rig.results(&("x".repeat(9) + &".".repeat(90)));
    rig.results("x");
    assert_eq!(rig.openness(), 1.0, "the hundredth is a failure");
    let mut rig = Rig::new(POLLY);
    rig.results(&("x".repeat(10) + &".".repeat(90)));
    assert_eq!(rig.openness(), 0.0, "the hundredth is a success");
    rig.results("x");
    assert_eq!(rig.openness(), 1.0, "until the next failure");
}

#[test]
fn a_probe_that_hangs_keeps_everyone_out_until_it_ends() {
    // policies.md, surprise 11: Hystrix and Polly let exactly one through, and only an open breaker lets one.
    for json in [POLLY, HYSTRIX] {
        let mut rig = Rig::new(json);
        rig.results(&"x".repeat(100));
        rig.wait_ms(10_000);
        let probe = rig.ask().expect("one is let through");
        for _ in 0..60 {
            rig.wait_ms(60_000);
            assert!(!rig.passes());
        }
        rig.end(probe, Outcome::Ok, 3_600_000);
        assert_eq!(rig.openness(), 0.0);
        assert!(rig.passes());
    }
}

#[test]
fn a_bound_on_the_trial_opens_again() {
    let json = r#"{"rate": {"window": {"count": {"size": 1}}, "open_duration": "1s", "half_open_calls": 1, "half_open_max_wait": "3s"}}"#;
    let mut rig = Rig::new(json);
    rig.results("x");
    rig.wait_ms(1_001);
    rig.ask().expect("one is let through");
    rig.wait_ms(3_000);
    assert_eq!(rig.openness(), 1.0, "it hangs");
    rig.wait_ms(1_001);
    assert!(rig.passes(), "the next may try");
}

#[test]
fn hystrix_decides_at_ticks_of_half_a_second() {
    // policies.md, surprise 12 and section 20.
    let mut rig = Rig::new(HYSTRIX);
    rig.wait_ms(100);
    rig.results(&"x".repeat(19));
    rig.wait_ms(9_000);
    assert_eq!(rig.openness(), 0.0, "19 in ten seconds are too few");
    let mut rig = Rig::new(HYSTRIX);
    rig.wait_ms(100);
    rig.results(&(".".repeat(10) + &"x".repeat(10)));
    rig.results("xxxxx");
    rig.wait_ms(399);
    assert_eq!(rig.openness(), 0.0, "open only at the next tick");
    assert!(rig.passes());
    rig.wait_ms(1);
    assert_eq!(rig.openness(), 1.0);
    assert!(!rig.passes());
    // The break runs from the tick, not from whoever asks later.
    rig.wait_ms(4_999);
    assert!(!rig.passes());
    rig.wait_ms(2);
    assert!(rig.passes());
}

#[test]
fn hystrix_forgets_after_ten_seconds() {
    let mut rig = Rig::new(HYSTRIX);
    rig.results(&"x".repeat(19));
    rig.wait_ms(10_001);
    rig.results("x");
    rig.wait_ms(3_600_000);
    assert_eq!(rig.openness(), 0.0);
}

#[test]
fn the_clock_begins_the_trial_if_it_should() {
    let opened = |auto: bool| {
        let json = format!(
            r#"{{"rate": {{"window": {{"count": {{"size": 1}}}}, "open_duration": "1s", "auto_half_open": {auto}}}}}"#
        );
        let mut rig = Rig::new(&json);
        rig.results("x");
        rig.wait_ms(1_000);
        (rig.openness(), rig.passes())
    };
    assert_eq!(opened(true), (0.5, true));
    assert_eq!(opened(false), (1.0, false), "strictly after, and only when somebody asks");
}
