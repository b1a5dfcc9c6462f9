//! SRE: what is sent beyond `k` times what is accepted is kept back by the caller.
//!
//! **What it does.** Over a sliding `window`, with the requests that its caller wanted to send (those kept back
//! included) and those that the service accepted: keeps an attempt back with probability
//! max(0, (requests - `k` * accepts) / (requests + 1)).
//! **Why it exists.** A refusal costs the service something: enough of them and it does nothing else. The rule
//! sends about `k` requests for each that is accepted, so at most `k` - 1 refusals per accepted request.
//! **Where it fails.** It is as slow as its window: two minutes of trouble are two minutes of memory, so callers
//! hold back long after the service is well. And of a service that accepts nothing it learns from the odd attempt only:
//! 1 in `requests` passes. After a window with nothing accepted, what is sent grows as e^(1.6 t / `window`) where `k` is
//! 2, and half of the load is back after about `window` * ln(requests in it / 4) / 1.6: with 200/s that is 17 s for a
//! window of 5 s, and 11 minutes for the default. A small client has too few requests for a share to mean anything.
//! **Source.** Google, Site Reliability Engineering, 2016, chapter 21, client-side throttling; `k` 2, two minutes, per
//! criticality. Deviations: the window moves in tenths; a request counts when it ends, not when it is sent; accepted
//! is what was not refused, by `count_as_refusal`, because the book does not say what a timeout is.

use serde::{Deserialize, Serialize};

use super::{Answer, Scope, answer, check_refusals};
use crate::policy::rolling::Rolling;
use crate::policy::{Criticality, Outcome, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::Factor;

/// What counts as a refusal if the file names nothing: whatever tells of too much load.
const REFUSALS: [Outcome; 6] = [
    Outcome::Timeout,
    Outcome::QueueFull,
    Outcome::Expired,
    Outcome::ConnectFailure,
    Outcome::Reset,
    Outcome::Shed,
];
/// Slices of the window.
const SLICES: u32 = 10;

/// What is sent beyond a multiple of what is accepted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SreThrottle"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Requests sent per request accepted, at least 1; lower keeps back more. Default: 2.
    pub k: Factor,
    /// The time over which both are counted, at least 1ms. Default: 2m.
    pub window: SimDuration,
    /// Whether each criticality is counted, and kept back, on its own. Default: false.
    pub per_criticality: bool,
    /// Refusals by outcome word; what else the service answers is accepted. Default: `timeout`, `queue_full`,
    /// `expired`, `connect_failure`, `reset`, `shed`.
    pub count_as_refusal: Option<Vec<Outcome>>,
    /// Who shares one throttle. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            k: Factor::new(2.0),
            window: SimDuration::from_secs(120),
            per_criticality: false,
            count_as_refusal: None,
            scope: Scope::default(),
        }
    }
}

/// Requests and accepts; of each class, if they are counted apart.
#[derive(Clone, Debug)]
pub struct State(Vec<Rolling<2>>);

/// The formula.
fn probability(requests: u32, accepts: u32, k: f64) -> f64 {
    ((f64::from(requests) - k * f64::from(accepts)) / (f64::from(requests) + 1.0)).max(0.0)
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.k.get() < 1.0 {
            let sentence =
                format!("must be at least 1, found {}: it would keep back what is accepted", self.k);
            problems.push(Problem::new("k", sentence));
        }
        problems.extend(check_window(self.window));
        problems.extend(check_refusals("count_as_refusal", self.count_as_refusal.as_deref()));
        problems.extend(self.scope.check_before_choice());
        problems
    }

    fn place(&self, class: Criticality) -> usize {
        if self.per_criticality { class as usize } else { 0 }
    }
}

pub(super) fn check_window(window: SimDuration) -> Option<Problem> {
    (window < SimDuration::from_millis(1))
        .then(|| Problem::new("window", format!("must be at least 1ms, found {window}")))
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        let classes = if config.per_criticality { Criticality::Sheddable as usize + 1 } else { 1 };
        State(vec![Rolling::new(config.window, SLICES); classes])
    }

    pub(super) fn probability(&mut self, config: &Config, class: Criticality, now: SimTime) -> f64 {
        let [requests, accepts] = self.0[config.place(class)].sums(now);
        probability(requests, accepts, config.k.get())
    }

    pub(super) fn kept_back(&mut self, config: &Config, class: Criticality, now: SimTime) {
        self.0[config.place(class)].add(now, [1, 0]);
    }

    pub(super) fn observe(&mut self, config: &Config, class: Criticality, outcome: Outcome, now: SimTime) {
        let counts = match answer(config.count_as_refusal.as_deref().unwrap_or(&REFUSALS), outcome) {
            Answer::Nothing => return,
            Answer::Accepted => [1, 1],
            Answer::Refused => [1, 0],
        };
        self.0[config.place(class)].add(now, counts);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Rig;
    use super::*;

    #[test]
    fn the_formula_gives_the_published_values() {
        // policies.md, section 20.
        for (accepts, expected) in [(1_000, 0.0), (500, 0.0), (400, 0.1998), (100, 0.7992), (0, 0.9990)] {
            assert!((probability(1_000, accepts, 2.0) - expected).abs() < 5e-5, "{accepts}");
        }
    }

    #[test]
    fn those_kept_back_count_as_requests() {
        let mut rig = Rig::new(r#"{"sre": {}}"#);
        rig.results(100, Outcome::Ok);
        rig.results(200, Outcome::Shed);
        let before = rig.share();
        assert!((before - 100.0 / 301.0).abs() < 1e-12, "(300 - 2 * 100) / 301");
        let kept = (0..1_000).filter(|k| !rig.admits(*k)).count();
        let after = rig.share();
        let requests = 300.0 + kept as f64;
        assert!((after - (requests - 200.0) / (requests + 1.0)).abs() < 1e-12, "{before} -> {after}");
    }

    #[test]
    fn the_load_settles_near_k_per_accepted_request() {
        // A service that takes 20 of every 100: of 100 wanted about 40 are sent.
        let mut rig = Rig::new(r#"{"sre": {"window": "10s"}}"#);
        let mut sent = 0;
        for round in 0..600 {
            rig.wait_ms(100);
            let passed = (0..100).filter(|k| rig.admits(round * 100 + k)).count() as u32;
            rig.results(passed.min(20), Outcome::Ok);
            rig.results(passed.saturating_sub(20), Outcome::Shed);
            sent += if round >= 200 { passed } else { 0 };
        }
        let per_round = f64::from(sent) / 400.0;
        assert!((per_round - 40.0).abs() < 2.0, "{per_round}");
    }

    #[test]
    fn it_forgets_after_its_window() {
        let mut rig = Rig::new(r#"{"sre": {"window": "10s"}}"#);
        rig.results(1_000, Outcome::Timeout);
        rig.wait_ms(9_999);
        assert!(rig.share() > 0.99);
        rig.wait_ms(1);
        assert_eq!(rig.share(), 0.0);
    }

    #[test]
    fn classes_are_kept_back_apart_if_they_should_be() {
        let share = |json: &str| {
            let mut rig = Rig::new(json);
            rig.results(100, Outcome::Ok);
            rig.class = Criticality::Sheddable;
            rig.results(100, Outcome::Shed);
            [Criticality::Critical, Criticality::Sheddable].map(|class| rig.share_of(class))
        };
        assert_eq!(share(r#"{"sre": {}}"#), [0.0, 0.0], "half of all is accepted");
        assert_eq!(share(r#"{"sre": {"per_criticality": true}}"#), [0.0, 100.0 / 101.0]);
    }

    #[test]
    fn an_error_is_accepted_and_a_timeout_is_not() {
        let share = |outcome| {
            let mut rig = Rig::new(r#"{"sre": {}}"#);
            rig.results(99, outcome);
            rig.share()
        };
        assert_eq!(share(Outcome::ServerError), 0.0);
        assert_eq!(share(Outcome::Timeout), 0.99);
        assert_eq!(share(Outcome::Cancelled), 0.0, "nothing is known of it");
    }
}
