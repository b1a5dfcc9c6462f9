//! What the family promises whatever the pattern, and the rig on which patterns are tested.

use super::*;
use crate::policy::testing::{ms, read};

/// One breaker and a clock.
pub(super) struct Rig {
    config: Config,
    state: State,
    now: SimTime,
}

impl Rig {
    pub(super) fn new(json: &str) -> Self {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        Rig { state: State::new(&config), config, now: SimTime::ZERO }
    }

    pub(super) fn wait_ms(&mut self, ms_: u64) {
        self.now = self.now + ms(ms_ as f64);
    }

    /// An attempt asks; it is over when [`Rig::end`] says so.
    pub(super) fn ask(&mut self) -> Option<Permit> {
        self.state.admit(&self.config, self.now)
    }

    pub(super) fn end(&mut self, permit: Permit, outcome: Outcome, took_ms: u64) {
        self.state.observe(&self.config, permit, outcome, ms(took_ms as f64), self.now);
    }

    /// Attempts that end at once: `.` well, `x` with an error, `s` well after two minutes.
    pub(super) fn results(&mut self, letters: &str) {
        for letter in letters.chars() {
            let permit = self.ask().expect("it is not open");
            match letter {
                '.' => self.end(permit, Outcome::Ok, 1),
                'x' => self.end(permit, Outcome::ServerError, 1),
                's' => self.end(permit, Outcome::Ok, 120_000),
                other => panic!("no result is written `{other}`"),
            }
        }
    }

    /// Whether an attempt would pass; it does not.
    pub(super) fn passes(&self) -> bool {
        self.state.clone().admit(&self.config, self.now).is_some()
    }

    pub(super) fn openness(&self) -> f64 {
        self.state.gauge(&self.config, self.now).expect("a breaker has a gauge").1
    }
}

#[test]
fn nothing_said_lets_everything_pass() {
    let config = Config::default();
    assert_eq!(read(r#""none""#), Ok(config.clone()));
    let mut state = State::new(&config);
    for _ in 0..1_000 {
        let permit = state.admit(&config, SimTime::ZERO).expect("every attempt is sent");
        state.observe(&config, permit, Outcome::Timeout, ms(1.0), SimTime::ZERO);
    }
    assert_eq!(state.gauge(&config, SimTime::ZERO), None);
}

#[test]
fn what_was_withdrawn_or_never_sent_counts_as_nothing() {
    let mut rig = Rig::new(r#"{"consecutive": {"failures": 2}}"#);
    rig.results("x");
    for outcome in [Outcome::Cancelled, Outcome::BulkheadFull, Outcome::NoHealthyHost, Outcome::Throttled] {
        let permit = rig.ask().expect("it is closed");
        rig.end(permit, outcome, 1);
    }
    rig.results("x");
    assert_eq!(rig.openness(), 1.0, "neither a failure nor a success came between");
}

#[test]
fn every_outcome_but_a_few_can_be_named_a_failure() {
    let opens_at = |word: &str, outcome| {
        let mut rig =
            Rig::new(&format!(r#"{{"consecutive": {{"failures": 1, "count_as_failure": ["{word}"]}}}}"#));
        let permit = rig.ask().expect("it is closed");
        rig.end(permit, outcome, 1);
        rig.openness() == 1.0
    };
    assert!(opens_at("bulkhead_full", Outcome::BulkheadFull), "resilience4j counts its bulkhead");
    assert!(opens_at("server_error", Outcome::ServerError));
    assert!(!opens_at("server_error", Outcome::Timeout));
    for list in ["[]", r#"["ok"]"#, r#"["timeout", "breaker_open"]"#, r#"["cancelled"]"#] {
        let config: Config =
            read(&format!(r#"{{"rate": {{"count_as_failure": {list}}}}}"#)).expect("readable");
        assert_eq!(config.check()[0].field, "rate/count_as_failure", "{list}");
    }
}

#[test]
fn a_probe_that_is_withdrawn_gives_its_place_back() {
    let mut rig = Rig::new(r#"{"consecutive": {"failures": 1, "open_duration": "1s"}}"#);
    let before = rig.ask().expect("it is closed");
    rig.results("x");
    rig.wait_ms(1_001);
    let probe = rig.ask().expect("one is let through");
    assert!(!rig.passes());
    rig.end(before, Outcome::Cancelled, 1_001);
    assert!(!rig.passes(), "this one was not let through on trial");
    rig.end(probe, Outcome::Cancelled, 1);
    assert!(rig.passes());
    let again = rig.ask().expect("its place is free");
    rig.end(again, Outcome::Cancelled, 1);
    rig.end(again, Outcome::Cancelled, 1);
    rig.ask().expect("its place is free");
    assert!(!rig.passes(), "never more than there are");
}

#[test]
fn a_permit_of_a_state_that_is_gone_is_harmless() {
    // An operator changes the settings while attempts are under way: they end at a breaker that is new.
    let mut rig = Rig::new(r#"{"rate": {"window": {"count": {"size": 2}}, "open_duration": "1s"}}"#);
    let old = Permit(7);
    for outcome in [Outcome::Ok, Outcome::Cancelled, Outcome::Timeout] {
        rig.end(old, outcome, 1);
    }
    assert!(rig.ask().is_none(), "one of two has failed");
}

#[test]
fn settings_are_read_and_written_with_their_defaults() {
    let config: Config = read(r#"{"rate": {}}"#).expect("settings are readable");
    let written = serde_json::to_string(&config).expect("settings can be written");
    assert_eq!(
        written,
        concat!(
            r#"{"rate":{"window":{"count":{"size":"100"}},"min_calls":"100","failure_ratio":"0.5","#,
            r#""slow_call_threshold":"1m","slow_call_ratio":"1","evaluate":"each_result","open_duration":"1m","#,
            r#""half_open_calls":"10","half_open_decision":"ratio","half_open_max_wait":"none","#,
            r#""auto_half_open":false,"count_as_failure":null,"scope":"per_caller_instance"}}"#
        )
    );
    assert_eq!(read(&written), Ok(config));
}

#[test]
fn contradictions_are_told_with_their_path_and_all_at_once() {
    let problems = |json: &str| {
        let config: Config = read(json).expect("settings are readable");
        config.check().into_iter().map(|problem| problem.field).collect::<Vec<_>>()
    };
    assert_eq!(
        problems(
            r#"{"rate": {"window": {"time": {"size": "0s", "buckets": 2000}}, "failure_ratio": 0, "open_duration": "0s", "half_open_max_wait": "0s"}}"#
        ),
        [
            "rate/window/time/size",
            "rate/window/time/buckets",
            "rate/failure_ratio",
            "rate/open_duration",
            "rate/half_open_max_wait"
        ]
    );
    assert_eq!(
        problems(r#"{"consecutive": {"half_open_decision": "ratio"}}"#),
        ["consecutive/half_open_decision"]
    );
    let problem = |json| read::<Config>(json).unwrap_err();
    assert!(problem(r#"{"rate": {"evaluate": "now"}}"#).contains("`now` is no moment"));
    assert!(problem(r#"{"rate": {"window_size": 3}}"#).contains("unknown field `window_size`"));
}
