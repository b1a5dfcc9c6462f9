//! Deadline: attempts that nobody waits for any more are refused, but never too many of them.
//!
//! **What it does.** Refuses an attempt whose deadline passed longer than `tolerance` ago, unless that would make the
//! refused more than `max_reject_ratio` of those that came within the last `window`.
//! **Why it exists.** Work for somebody who has left is wasted. The bound keeps a wrong clock, or a caller that
//! sends nonsense, from closing the door.
//! **Where it fails.** It looks at the door, and most deadlines pass in the line behind it: `expired_margin` of the
//! queue looks there. Past the bound it admits what it knows to be wasted, which under overload is most. Callers
//! that propagate no deadline are all let in.
//! **Source.** Finagle `DeadlineFilter`: tolerance 170 ms, at most 20 % per 10 s. Deviations: none known; clocks agree
//! here, so the tolerance only costs.

use serde::{Deserialize, Serialize};

use super::Arriving;
use crate::policy::Problem;
use crate::policy::rolling::Rolling;
use crate::time::{SimDuration, SimTime};
use crate::units::Probability;

/// What is too late is refused.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "DeadlineAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How late an attempt may be and still be let in. Default: 170ms (Finagle).
    pub tolerance: SimDuration,
    /// The most that is refused, as a share of those that come; above 0. Default: 0.2 (Finagle).
    pub max_reject_ratio: Probability,
    /// Over which the share is counted; above 0. Default: 10s (Finagle).
    pub window: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tolerance: SimDuration::from_millis(170),
            max_reject_ratio: Probability::new(0.2),
            window: SimDuration::from_secs(10),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// Those that came, and those that were refused.
    counts: Rolling<2>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = super::fixed_window::check_window(self.window);
        if self.max_reject_ratio == Probability::ZERO {
            let sentence = "must be above 0: nobody would ever be refused; write for example `0.2`";
            problems.push(Problem::new("max_reject_ratio", sentence));
        }
        problems
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { counts: Rolling::new(config.window, 10) }
    }

    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let is_late = arriving.deadline < now && now.since(arriving.deadline) > config.tolerance;
        let [came, refused] = self.counts.sums(now);
        let most = config.max_reject_ratio.get() * f64::from(came + 1);
        let admitted = !is_late || f64::from(refused + 1) > most;
        self.counts.add(now, [1, u32::from(!admitted)]);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, read};

    fn due(milliseconds: f64) -> Arriving {
        Arriving { deadline: at(milliseconds), ..Arriving::default() }
    }

    #[test]
    fn who_is_in_time_or_a_little_late_or_has_no_deadline_comes_in() {
        let config = config!(r#"{"max_reject_ratio": 1}"#);
        let mut state = State::new(&config);
        let mut admit = |arriving| state.admit(&config, arriving, at(1_000.0));
        assert!(admit(due(1_000.0)) && admit(due(830.0)) && admit(Arriving::default()));
        assert!(!admit(due(829.0)));
    }

    #[test]
    fn no_more_than_a_fifth_is_refused() {
        let config = config!("{}");
        let mut state = State::new(&config);
        let refused =
            (0..10_000).filter(|k| !state.admit(&config, due(0.0), at(1e3 + f64::from(*k)))).count();
        assert!((1_990..=2_000).contains(&refused), "{refused}");
    }

    #[test]
    fn the_share_is_that_of_the_window() {
        let config = config!("{}");
        let mut state = State::new(&config);
        (0..8).for_each(|_| assert!(state.admit(&config, due(1e9), at(1_000.0))));
        assert!(!state.admit(&config, due(0.0), at(1_000.0)), "1 of 9");
        assert!(!state.admit(&config, due(0.0), at(1_000.0)), "2 of 10");
        assert!(state.admit(&config, due(0.0), at(1_000.0)), "3 of 11 are too many");
        assert!(state.admit(&config, due(0.0), at(20_000.0)), "1 of 1 is more than a fifth");
    }

    #[test]
    fn a_share_of_nothing_is_a_mistake() {
        let problems =
            read::<Config>(r#"{"max_reject_ratio": 0, "window": "0s"}"#).expect("readable").check();
        assert_eq!(problems.len(), 2);
    }
}
