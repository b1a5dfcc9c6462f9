//! What the family promises whatever the pattern, and the rig on which patterns are tested.

use super::*;
use crate::policy::testing::{luck, ms, read};

/// One throttle and a clock.
pub(super) struct Rig {
    config: Config,
    state: State,
    now: SimTime,
    pub(super) class: Criticality,
}

impl Rig {
    pub(super) fn new(json: &str) -> Self {
        let config: Config = read(json).expect("settings are readable");
        assert_eq!(config.check(), []);
        Rig { state: State::new(&config), config, now: SimTime::ZERO, class: Criticality::Critical }
    }

    pub(super) fn wait_ms(&mut self, ms_: u64) {
        self.now = self.now + ms(ms_ as f64);
    }

    pub(super) fn admits(&mut self, k: u64) -> bool {
        self.state.admit(&self.config, self.class, 0, self.now, luck(k)) == Leave::Now
    }

    /// So many attempts that were sent end now.
    pub(super) fn results(&mut self, count: u32, outcome: Outcome) {
        for _ in 0..count {
            self.state.observe(&self.config, self.class, outcome, self.now);
        }
    }

    pub(super) fn share(&self) -> f64 {
        self.state.gauge(&self.config, self.now).expect("a throttle has a gauge").1
    }

    pub(super) fn share_of(&self, class: Criticality) -> f64 {
        self.state.clone().probability(&self.config, class, self.now)
    }
}

const ALL: [&str; 3] = [r#"{"sre": {}}"#, r#"{"envoy_success_rate": {}}"#, r#"{"nack_ema": {}}"#];

#[test]
fn nothing_said_keeps_nothing_back() {
    let config = Config::default();
    assert_eq!(read(r#""none""#), Ok(config.clone()));
    let mut state = State::new(&config);
    for k in 0..1_000 {
        assert_eq!(state.admit(&config, Criticality::Sheddable, 0, SimTime::ZERO, luck(k)), Leave::Now);
        state.observe(&config, Criticality::Sheddable, Outcome::Shed, SimTime::ZERO);
    }
    assert_eq!(state.gauge(&config, SimTime::ZERO), None);
}

#[test]
fn nothing_is_kept_back_from_a_service_that_is_well() {
    for json in ALL {
        let mut rig = Rig::new(json);
        for k in 0..5_000 {
            assert!(rig.admits(k), "{json}");
            rig.results(1, Outcome::Ok);
            rig.wait_ms(10);
        }
    }
}

#[test]
fn what_the_caller_refused_itself_is_no_answer_of_the_service() {
    for json in ALL {
        let mut rig = Rig::new(json);
        for outcome in [Outcome::BulkheadFull, Outcome::Cancelled, Outcome::BreakerOpen, Outcome::Throttled] {
            rig.results(1_000, outcome);
            rig.wait_ms(100);
        }
        assert_eq!(rig.share(), 0.0, "{json}");
    }
}

#[test]
fn the_attempts_own_luck_decides() {
    let mut rig = Rig::new(r#"{"envoy_success_rate": {}}"#);
    rig.results(500, Outcome::Ok);
    rig.results(500, Outcome::Timeout);
    let kept = |rig: &mut Rig| (0..10_000).filter(|k| !rig.admits(*k)).collect::<Vec<_>>();
    let first = kept(&mut rig);
    // sqrt(n p (1 - p)) is 50: four standard errors.
    assert!((first.len() as f64 - 4_732.0).abs() < 200.0, "{}", first.len());
    assert_eq!(kept(&mut rig), first, "the same attempts in every variant");
    rig.results(1_000, Outcome::Timeout);
    let more = kept(&mut rig);
    assert!(first.iter().all(|k| more.contains(k)), "whoever is kept back at a small share is at a larger");
}

#[test]
fn contradictions_are_told_with_their_path() {
    for (json, field) in [
        (r#"{"sre": {"k": 0.5}}"#, "sre/k"),
        (r#"{"sre": {"window": "0s"}}"#, "sre/window"),
        (r#"{"sre": {"count_as_refusal": []}}"#, "sre/count_as_refusal"),
        (r#"{"envoy_success_rate": {"aggression": 0.5}}"#, "envoy_success_rate/aggression"),
        (
            r#"{"envoy_success_rate": {"success_threshold_ratio": 0}}"#,
            "envoy_success_rate/success_threshold_ratio",
        ),
        (r#"{"nack_ema": {"nack_threshold_ratio": 1}}"#, "nack_ema/nack_threshold_ratio"),
        (r#"{"nack_ema": {"count_as_refusal": ["ok"]}}"#, "nack_ema/count_as_refusal"),
    ] {
        let problems = read::<Config>(json).expect("settings are readable").check();
        assert_eq!(problems.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), [field]);
    }
}

#[test]
#[should_panic(expected = "a state belongs to the settings it was made from")]
fn a_state_of_other_settings_is_our_mistake() {
    let config: Config = read(ALL[0]).expect("settings are readable");
    State::new(&Config::None).admit(&config, Criticality::Critical, 0, SimTime::ZERO, luck(0));
}
