//! Is the instance well? Ask it every few seconds, and believe only several answers in a row.
//!
//! **What it does.** A check passes if it is answered within `timeout`. An instance that is well turns
//! unwell after `failures` failed checks in a row, one that is unwell turns well after `successes` passed
//! ones; any other result starts the count again. What turning means is the engine's: readiness takes the
//! instance out of the endpoints or puts it back, liveness kills and restarts it, a caller's health check
//! (`targets/health_check.rs`) takes it out of one caller's sight.
//! **Why it exists.** An instance that accepts attempts and cannot serve them is worse than none. The
//! count in a row keeps one lost check from costing an instance.
//! **Where it fails.** `checks: queue` waits behind the traffic: under overload the check is late, three
//! in a row kill the instance, its load goes to the others, which are late next (the liveness death
//! spiral). `checks: dependencies` of readiness takes out all instances at once when a shared dependency
//! is slow. `checks: self` sees neither: the instance is well while every answer is late.
//! **Source.** Kubernetes probes (`periodSeconds` 10, `timeoutSeconds` 1, `failureThreshold` 3,
//! `successThreshold` 1, `initialDelaySeconds` 0), kubelet `prober/worker.go`; Envoy health checker (a
//! first check needs one success). Deviations: kubelet spreads the first checks over one period at random.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// Checks of an instance by its platform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Probe"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// From the start of the instance to the first check; from 0s. Default: 0s.
    pub initial_delay: SimDuration,
    /// From one check to the next, above 0s. Default: 10s (Kubernetes).
    pub period: SimDuration,
    /// A check without an answer for so long has failed, above 0s. Default: 1s (Kubernetes).
    pub timeout: SimDuration,
    /// Failed checks in a row that make a well instance unwell, from 1. Default: 3 (Kubernetes).
    pub failures: Count,
    /// Passed checks in a row that make an unwell instance well, from 1; liveness knows 1 only. Default: 1
    /// (Kubernetes).
    pub successes: Count,
    /// What has to work for a check to pass. Default: `self`.
    pub checks: Checks,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            initial_delay: SimDuration::ZERO,
            period: SimDuration::from_secs(10),
            timeout: SimDuration::from_secs(1),
            failures: Count::new(3),
            successes: Count::ONE,
            checks: Checks::default(),
        }
    }
}

/// What has to work for a check to pass. Default: `self`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Checks {
    /// The process answers: it is up and accepts connections.
    #[default]
    #[serde(rename = "self")]
    Itself,
    /// The check waits in the same queue as the traffic and is served by the same workers.
    Queue,
    /// The check calls what the service depends on.
    Dependencies,
}

/// How many results in a row it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// To turn unwell.
    pub failures: Count,
    /// To turn well.
    pub successes: Count,
}

/// What is remembered of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    is_well: bool,
    /// Nothing was checked yet: the first pass will do.
    is_unknown: bool,
    /// Results in a row against `is_well`.
    against: u32,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It was unwell and is well now.
    Well,
    /// It was well and is unwell now.
    Unwell,
    /// Nothing.
    None,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, span) in [("period", self.period), ("timeout", self.timeout)] {
            if span == SimDuration::ZERO {
                problems.push(Problem::new(field, "must be above 0s, such as `1s`"));
            }
        }
        problems
    }

    /// The same for a liveness probe, which has nothing to turn well: the instance is restarted instead.
    pub fn check_liveness(&self) -> Vec<Problem> {
        let mut problems = self.check();
        if self.successes != Count::ONE {
            let sentence =
                format!("must be 1 for liveness, found {}: a failed instance is restarted", self.successes);
            problems.push(Problem::new("successes", sentence));
        }
        problems
    }

    /// How many results in a row it takes.
    pub const fn rule(&self) -> Rule {
        Rule { failures: self.failures, successes: self.successes }
    }

    /// When the first check of an instance is sent that started at `started`; the others follow every
    /// `period`.
    pub fn first_check(&self, started: SimTime) -> SimTime {
        started + self.initial_delay
    }
}

impl State {
    /// An instance that is known to be well: where every liveness probe starts, and all else at the start
    /// of a run.
    pub const fn well() -> Self {
        State { is_well: true, is_unknown: false, against: 0 }
    }

    /// An instance that has to show that it is well: where readiness starts.
    pub const fn unwell() -> Self {
        State { is_well: false, is_unknown: false, against: 0 }
    }

    /// An instance of which nothing is known: unwell, until one check passes if it is the first.
    pub const fn unknown() -> Self {
        State { is_well: false, is_unknown: true, against: 0 }
    }

    /// What is believed now.
    #[inline]
    pub const fn is_well(&self) -> bool {
        self.is_well
    }

    /// A check has `passed` or failed.
    pub fn checked(&mut self, rule: Rule, passed: bool) -> Turn {
        let first = std::mem::replace(&mut self.is_unknown, false);
        if passed == self.is_well {
            self.against = 0;
            return Turn::None;
        }
        self.against += 1;
        let needed = if self.is_well { rule.failures } else { rule.successes };
        if self.against < needed.get() && !first {
            return Turn::None;
        }
        *self = if passed { State::well() } else { State::unwell() };
        if passed { Turn::Well } else { Turn::Unwell }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{ms, read};

    fn rule(failures: u32, successes: u32) -> Rule {
        Rule { failures: Count::new(failures), successes: Count::new(successes) }
    }

    fn turns(state: &mut State, rule: Rule, results: &[bool]) -> Vec<Turn> {
        results.iter().map(|passed| state.checked(rule, *passed)).collect()
    }

    #[test]
    fn three_failures_in_a_row_and_no_fewer() {
        let mut state = State::well();
        let results = [false, false, true, false, false, false];
        let mut expected = [Turn::None; 6];
        expected[5] = Turn::Unwell;
        assert_eq!(turns(&mut state, rule(3, 1), &results), expected);
        assert!(!state.is_well());
    }

    #[test]
    fn coming_back_takes_successes_in_a_row() {
        let mut state = State::unwell();
        let found = turns(&mut state, rule(3, 2), &[true, false, true, true, true]);
        assert_eq!(found, [Turn::None, Turn::None, Turn::None, Turn::Well, Turn::None]);
    }

    #[test]
    fn a_first_check_needs_one_success() {
        let mut passed = State::unknown();
        assert_eq!(turns(&mut passed, rule(3, 2), &[true]), [Turn::Well]);
        let mut failed = State::unknown();
        let found = turns(&mut failed, rule(3, 2), &[false, true, true]);
        assert_eq!(found, [Turn::None, Turn::None, Turn::Well], "after a failure it takes them all");
    }

    #[test]
    fn conformance_kubernetes_liveness() {
        // policies.md, section 20: a handler that is slower than 1 s for good is killed after the third
        // failed probe, 20 to 31 s later: the first check that fails may have been sent at the very moment
        // (21 s) or just have passed before it (31 s), and was under way for up to 1 s in the first case.
        let config = Config::default();
        for slow_from_ms in (0..10_000).step_by(100) {
            let slow_from = SimTime::ZERO + ms(f64::from(slow_from_ms));
            let (mut state, mut sent) = (State::well(), config.first_check(SimTime::ZERO));
            while state.checked(config.rule(), sent < slow_from) != Turn::Unwell {
                sent = sent + config.period;
            }
            let took = (sent + config.timeout).since(slow_from);
            assert!(ms(20e3) <= took && took <= ms(31e3), "{slow_from_ms}: {took}");
        }
    }

    #[test]
    fn the_defaults_are_those_of_kubernetes() {
        let config: Config = read("{}").expect("settings are readable");
        assert_eq!((config.period, config.timeout), (ms(10e3), ms(1e3)));
        assert_eq!((config.rule(), config.checks), (rule(3, 1), Checks::Itself));
        assert_eq!(config.check_liveness(), []);
        let words = ["self", "queue", "dependencies"].map(|word| read(&format!("{word:?}")));
        assert_eq!(words, [Ok(Checks::Itself), Ok(Checks::Queue), Ok(Checks::Dependencies)]);
    }

    #[test]
    fn what_cannot_be_checked_is_named() {
        let config: Config =
            read(r#"{"period": "0s", "timeout": "0s", "successes": 2}"#).expect("settings are readable");
        let problems: Vec<String> =
            config.check_liveness().into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect();
        assert_eq!(
            problems,
            [
                "period: must be above 0s, such as `1s`",
                "timeout: must be above 0s, such as `1s`",
                "successes: must be 1 for liveness, found 2: a failed instance is restarted",
            ]
        );
    }
}
