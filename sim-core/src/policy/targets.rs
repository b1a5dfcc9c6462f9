//! Which instances does a caller choose from?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`subset`] | each client knows only some | clients times instances connections | uneven shares |
//! | [`health_check`] | ask them, leave out who does not answer | instances that are gone | another question than users ask |
//! | [`outlier_detection`] | leave out who fails what users ask | instances that are ill | ejects the overloaded |
//! | [`panic_ratio`] | when too few are left, take all | killing the last ones | what goes to the dead is lost |
//! | [`zone_aware`] | stay in the own zone as far as it is enough | bytes and time between zones | load goes by number, not by need |
//! | [`slow_start`] | little at first for who is new | cold instances | the others get more |
//!
//! An instance is *ready* when the orchestrator says so, *known* if it is in the client's subset, and
//! *available* if it is well by its checks and not ejected. A client chooses among the available ones it
//! knows, or in panic among all it knows. What it believes is its own: another client may think otherwise.

use serde::{Deserialize, Serialize};

use super::probe::Turn;
use super::{Outcome, Problem};
use crate::time::SimTime;
use crate::units::Probability;

pub mod subset;
pub mod health_check;
pub mod outlier_detection;
pub mod panic_ratio;
pub mod slow_start;
pub mod zone_aware;

/// Which instances a caller chooses from. Default: all that are ready.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Targets"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Which instances a client knows. Default: `none`, which is all of them.
    pub subset: subset::Config,
    /// Checks of the instances by the caller. Default: no checks.
    pub health_check: Option<health_check::Config>,
    /// When an instance is ejected for failing this client's attempts. Default: never.
    pub outlier_detection: Option<outlier_detection::Config>,
    /// The available share of the known instances below which health is ignored, 0 to 1; 0 switches it
    /// off. Default: 0.5 (Envoy).
    pub panic_ratio: Probability,
    /// How an instance that has just become ready is spared. Default: not at all.
    pub slow_start: slow_start::Config,
    /// Whether a client prefers the instances of its own zone. Default: no, any will do.
    pub zone_aware: Option<zone_aware::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            subset: subset::Config::None,
            health_check: None,
            outlier_detection: None,
            panic_ratio: Probability::new(panic_ratio::DEFAULT),
            slow_start: slow_start::Config::default(),
            zone_aware: None,
        }
    }
}

/// What changed in a client's belief about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number within the service.
    pub instance: u32,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What a client's belief about an instance turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It failed too much and gets nothing for a while.
    Ejected,
    /// Its ejection is over.
    Readmitted,
    /// It failed its checks.
    Unhealthy,
    /// It passes its checks again.
    Healthy,
}

impl ChangeKind {
    /// The word that tables and lanes use for it.
    pub const fn word(self) -> &'static str {
        match self {
            ChangeKind::Ejected => "ejected",
            ChangeKind::Readmitted => "readmitted",
            ChangeKind::Unhealthy => "unhealthy",
            ChangeKind::Healthy => "healthy",
        }
    }
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(config) = &self.health_check {
            problems.extend(Problem::below("health_check", config.check()));
        }
        if let Some(config) = &self.outlier_detection {
            problems.extend(Problem::below("outlier_detection", config.check()));
        }
        problems.extend(Problem::below("slow_start", self.slow_start.check()));
        if let Some(config) = &self.zone_aware {
            problems.extend(Problem::below("zone_aware", config.check()));
            if self.slow_start.window.0.is_some() {
                let sentence = "acts on turns among all instances, which `zone_aware` deals out by zone; use one of them";
                problems.push(Problem::new("slow_start", sentence));
            }
        }
        problems
    }

    /// Whether a client chooses from all instances as long as all are ready.
    pub fn is_everyone(&self) -> bool {
        self.subset == subset::Config::None && self.health_check.is_none() && self.outlier_detection.is_none()
    }
}

/// What one client believes of the instances of a service.
#[derive(Clone, Debug)]
pub(super) struct State {
    client: u32,
    /// The client's own number for hashes.
    seed: u64,
    /// By instance.
    is_ready: Vec<bool>,
    /// The client's subset of the ready ones, ascending.
    known: Vec<u32>,
    health: health_check::State,
    outliers: outlier_detection::State,
    newcomers: slow_start::State,
}

impl State {
    /// At the start of a run all instances are ready, well and warm.
    pub(super) fn new(config: &Config, instances: u32, client: u32, seed: u64) -> Self {
        let mut state = State {
            client,
            seed,
            is_ready: Vec::new(),
            known: Vec::new(),
            health: health_check::State::default(),
            outliers: outlier_detection::State::new(seed),
            newcomers: slow_start::State::default(),
        };
        state.grow(instances);
        state.is_ready.fill(true);
        state.choose_subset(config);
        state
    }

    /// Makes room for instances that came later; they are not ready yet.
    pub(super) fn grow(&mut self, instances: u32) {
        self.is_ready.resize(instances as usize, false);
        self.health.grow(instances);
        self.outliers.grow(instances);
        self.newcomers.grow(instances);
    }

    /// The orchestrator adds or removes an endpoint; whether that changes anything.
    pub(super) fn set_ready(&mut self, config: &Config, instance: u32, ready: bool, now: SimTime) -> bool {
        let before = std::mem::replace(&mut self.is_ready[instance as usize], ready);
        if before == ready {
            return false;
        }
        if ready {
            self.health.forget(instance);
            self.newcomers.begin(instance, now);
        }
        self.choose_subset(config);
        true
    }

    fn choose_subset(&mut self, config: &Config) {
        let ready: Vec<u32> =
            (0..).zip(&self.is_ready).filter(|(_, ready)| **ready).map(|(i, _)| i).collect();
        let known = config.subset.choose(&ready, self.client, self.seed);
        let gone = self.known.iter().filter(|instance| known.binary_search(instance).is_err());
        for &instance in gone {
            self.outliers.forget(instance);
        }
        self.known = known;
    }

    fn is_known(&self, instance: u32) -> bool {
        self.known.binary_search(&instance).is_ok()
    }

    fn is_available(&self, config: &Config, instance: u32) -> bool {
        (config.health_check.is_none() || self.health.is_well(instance))
            && !self.outliers.is_ejected(instance)
    }

    /// The instances to choose from, ascending, and whether health was ignored.
    pub(super) fn members(&self, config: &Config) -> (Vec<u32>, bool) {
        let available = self.known.iter().copied().filter(|instance| self.is_available(config, *instance));
        let available: Vec<u32> = available.collect();
        if panic_ratio::ignores_health(config.panic_ratio, available.len(), self.known.len()) {
            return (self.known.clone(), true);
        }
        (available, false)
    }

    /// An attempt ended.
    pub(super) fn ended(
        &mut self,
        config: &Config,
        instance: u32,
        outcome: Outcome,
        now: SimTime,
    ) -> Option<Change> {
        let config = config.outlier_detection.as_ref()?;
        if !self.is_known(instance) {
            return None;
        }
        self.outliers.ended(config, &self.known, instance, outcome, now)
    }

    /// A check of an instance passed or failed.
    pub(super) fn checked(
        &mut self,
        config: &Config,
        instance: u32,
        passed: bool,
        now: SimTime,
    ) -> Vec<Change> {
        let Some(settings) = config.health_check.as_ref().filter(|_| self.is_known(instance)) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        match self.health.checked(settings, instance, passed) {
            Turn::None => {}
            Turn::Unwell => changes.push(Change { instance, kind: ChangeKind::Unhealthy }),
            Turn::Well => {
                self.newcomers.begin(instance, now);
                changes.push(Change { instance, kind: ChangeKind::Healthy });
            }
        }
        if passed && self.health.is_well(instance) {
            changes.extend(self.outliers.readmit(instance));
        }
        changes
    }

    /// The timer of outlier detection.
    pub(super) fn on_interval(&mut self, config: &Config, now: SimTime) -> Vec<Change> {
        match &config.outlier_detection {
            None => Vec::new(),
            Some(config) => self.outliers.on_interval(config, &self.known, now),
        }
    }

    /// The share of its weight that an instance has now.
    pub(super) fn warmth(&self, config: &Config, instance: u32, now: SimTime) -> f64 {
        self.newcomers.warmth(&config.slow_start, instance, now)
    }

    /// From when on all of `members` are warm.
    pub(super) fn warm_at(&self, config: &Config, members: &[u32]) -> SimTime {
        self.newcomers.warm_at(&config.slow_start, members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, read};
    use crate::time::SimDuration;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    const CHECKED: &str = r#"{"health_check": {"unhealthy": 1, "healthy": 1}, "panic_ratio": 0}"#;

    #[test]
    fn with_nothing_said_a_client_chooses_from_all_that_are_ready() {
        let config = config!("{}");
        assert!(config == Config::default() && config.is_everyone());
        let mut state = State::new(&config, 3, 0, 1);
        assert_eq!(state.members(&config), (vec![0, 1, 2], false));
        assert!(state.set_ready(&config, 1, false, at(0)));
        assert!(!state.set_ready(&config, 1, false, at(0)), "nothing new");
        assert_eq!(state.members(&config), (vec![0, 2], false));
        assert_eq!(state.ended(&config, 0, Outcome::Timeout, at(0)), None);
        assert_eq!(state.checked(&config, 0, false, at(0)), []);
    }

    #[test]
    fn an_instance_that_fails_its_checks_is_left_out_until_it_passes() {
        let (config, unhealthy) = (config!(CHECKED), Change { instance: 1, kind: ChangeKind::Unhealthy });
        let mut state = State::new(&config, 2, 0, 1);
        assert_eq!(state.checked(&config, 1, false, at(0)), [unhealthy]);
        assert_eq!(state.members(&config), (vec![0], false));
        assert_eq!(
            state.checked(&config, 1, true, at(5)),
            [Change { instance: 1, kind: ChangeKind::Healthy }]
        );
        assert_eq!(state.members(&config), (vec![0, 1], false));
    }

    #[test]
    fn one_that_is_ready_again_has_to_pass_a_check_first() {
        let config = config!(CHECKED);
        let mut state = State::new(&config, 2, 0, 1);
        state.set_ready(&config, 1, false, at(0));
        assert_eq!(state.checked(&config, 1, true, at(1)), [], "it is no endpoint");
        state.set_ready(&config, 1, true, at(2));
        assert_eq!(state.members(&config), (vec![0], false));
        state.checked(&config, 1, true, at(3));
        assert_eq!(state.members(&config), (vec![0, 1], false));
    }

    #[test]
    fn below_the_panic_ratio_health_is_ignored() {
        let config = config!(r#"{"health_check": {"unhealthy": 1}}"#);
        let mut state = State::new(&config, 4, 0, 1);
        state.checked(&config, 0, false, at(0));
        state.checked(&config, 1, false, at(0));
        assert_eq!(state.members(&config), (vec![2, 3], false), "half is not below a half");
        state.checked(&config, 2, false, at(0));
        assert_eq!(state.members(&config), (vec![0, 1, 2, 3], true));
    }

    #[test]
    fn without_panic_there_may_be_nobody() {
        let config = config!(CHECKED);
        let mut state = State::new(&config, 1, 0, 1);
        state.checked(&config, 0, false, at(0));
        assert_eq!(state.members(&config), (vec![], false));
    }

    #[test]
    fn a_passed_check_ends_an_ejection() {
        let config = config!(
            r#"{"health_check": {}, "outlier_detection": {"consecutive_errors": 1, "max_ejected_ratio": 1}}"#,
        );
        let mut state = State::new(&config, 2, 0, 1);
        let ejected = state.ended(&config, 0, Outcome::ServerError, at(0));
        assert_eq!(ejected.map(|change| change.kind), Some(ChangeKind::Ejected));
        assert_eq!(state.members(&config), (vec![1], false));
        assert_eq!(state.checked(&config, 0, false, at(1)), []);
        let readmitted = Change { instance: 0, kind: ChangeKind::Readmitted };
        assert_eq!(state.checked(&config, 0, true, at(2)), [readmitted]);
    }

    #[test]
    fn an_instance_that_went_and_came_back_is_another() {
        let config = config!(r#"{"outlier_detection": {"consecutive_errors": 1, "max_ejected_ratio": 1}}"#);
        let mut state = State::new(&config, 2, 0, 1);
        state.ended(&config, 0, Outcome::Reset, at(0));
        state.set_ready(&config, 0, false, at(0));
        assert_eq!(state.ended(&config, 0, Outcome::Reset, at(1)), None, "a late answer of one that is gone");
        state.set_ready(&config, 0, true, at(2));
        assert_eq!(state.members(&config), (vec![0, 1], false));
    }

    #[test]
    fn problems_carry_their_place() {
        let config: Config = read(
            r#"{"health_check": {"interval": "0s"}, "outlier_detection": {"interval": "0s"}, "slow_start": {"window": "0s"}}"#,
        )
        .expect("settings are readable");
        let fields: Vec<String> = config.check().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["health_check/interval", "outlier_detection/interval", "slow_start/window"]);
    }
}
