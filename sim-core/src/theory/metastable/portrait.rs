//! Which way does a retry loop drift from any state? The phase portrait over the backlog and the retries
//! that are on their way: a field of arrows, the point between healing and collapse, and paths from any
//! start.
//!
//! The state of the fluid delay equation is its whole last timeout. Two numbers stand for it: B, attempts
//! waiting, and R, attempts that are sent, will fail and will be followed by another. Arrows replace the
//! delay by a relaxation of the same mean, `R' = (T lambda (f + ... + f^(A-1)) - R) / T` with f of the wait
//! B / C, and `B' = lambda + R / T - C`: they stand still where the equation does, and point the way near
//! there; how fast things go, paths say.

use super::RetryLoop;
use super::fluid::{Flow, Trajectory, Trigger};
use crate::theory::retries::attempts_per_call;
use crate::theory::root_of_rising;

/// An arrow of the field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// Change of the backlog per second.
    pub backlog_per_s: f64,
    /// Change of the retries ahead per second.
    pub retries_per_s: f64,
}

impl RetryLoop {
    /// T lambda (A - 1): retries ahead when every attempt fails, the most there can be.
    pub fn most_retries_ahead(&self) -> f64 {
        self.timeout_s * (self.escape_capacity_per_s() - self.load_per_s)
    }

    /// Where the system drifts with `backlog` attempts waiting and `retries_ahead` retries to come. Panics
    /// outside the domain of the loop.
    pub fn drift(&self, backlog: f64, retries_ahead: f64) -> Drift {
        self.assert_valid();
        let failure = self.failure_after_wait(backlog / self.capacity_per_s);
        let followed = attempts_per_call(failure, self.max_attempts) - 1.0;
        let growth = self.load_per_s + retries_ahead / self.timeout_s - self.capacity_per_s;
        Drift {
            backlog_per_s: if backlog > 0.0 { growth } else { growth.max(0.0) },
            retries_per_s: self.load_per_s * followed - retries_ahead / self.timeout_s,
        }
    }

    /// The backlog and the retries ahead between healing and collapse, (C w*, T (C - lambda)), from which
    /// either may come. `None` as in [`RetryLoop::tipping_failure`].
    pub fn saddle(&self) -> Option<(f64, f64)> {
        let wait_s = self.tipping_wait_s()?;
        Some((self.capacity_per_s * wait_s, self.timeout_s * (self.capacity_per_s - self.load_per_s)))
    }

    /// The way of the delay equation in `horizon_s` seconds from a state without a trigger: with `backlog`
    /// attempts waiting, after a timeout in which always the same share of attempts was sent in vain, so
    /// many that `retries_ahead` are to come (at most [`RetryLoop::most_retries_ahead`]). Panics outside
    /// the domain of the loop.
    pub fn path_from(&self, backlog: f64, retries_ahead: f64, horizon_s: f64) -> Trajectory {
        assert!(backlog >= 0.0 && retries_ahead >= 0.0, "numbers of attempts are not negative");
        let wanted = retries_ahead / (self.timeout_s * self.load_per_s);
        let failure = root_of_rising(0.0, 1.0, |f| attempts_per_call(f, self.max_attempts) - 1.0 - wanted);
        Flow::from(self, Trigger::spike(1e-6 * self.timeout_s, 1.0), backlog, failure).follow(horizon_s)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fluid::Outcome;
    use super::super::tests::rig_rs;
    use crate::theory::assert_near;

    #[test]
    fn nothing_drifts_at_the_saddle_and_all_drifts_away_from_it() {
        let rig = rig_rs(50.0, 4);
        let (backlog, retries) = rig.saddle().expect("it tips");
        let still = rig.drift(backlog, retries);
        assert!(still.backlog_per_s.abs() < 1e-9 && still.retries_per_s.abs() < 1e-6, "{still:?}");
        let (more, less) = (rig.drift(1.2 * backlog, 1.2 * retries), rig.drift(0.8 * backlog, 0.8 * retries));
        assert!(more.backlog_per_s > 0.0 && more.retries_per_s > 0.0, "{more:?}");
        assert!(less.backlog_per_s < 0.0 && less.retries_per_s < 0.0, "{less:?}");
        assert_eq!(rig_rs(20.0, 4).saddle(), None);
    }

    #[test]
    fn the_healthy_and_the_stuck_end_are_where_they_should_be() {
        let rig = rig_rs(50.0, 4);
        let healthy = rig.drift(0.0, 0.0);
        assert!(healthy.backlog_per_s == 0.0 && healthy.retries_per_s.abs() < 0.01, "{healthy:?}");
        assert_near(rig.most_retries_ahead(), 150.0, 1e-12);
        let stuck = rig.drift(1_000.0, 150.0);
        assert_near(stuck.backlog_per_s, 100.0, 1e-12);
        assert!(stuck.retries_per_s.abs() < 1e-9);
    }

    #[test]
    fn paths_part_at_the_saddle() {
        for rig in [rig_rs(50.0, 4), rig_rs(70.0, 2), rig_rs(40.0, 3)] {
            let (backlog, retries) = rig.saddle().expect("it tips");
            let ends = |factor: f64| rig.path_from(factor * backlog, factor * retries, 60.0).outcome;
            assert_eq!((ends(0.9), ends(1.1)), (Outcome::Recovers, Outcome::Collapses));
        }
    }

    #[test]
    fn a_path_begins_where_it_was_told_to() {
        let rig = rig_rs(50.0, 4);
        let start = rig.path_from(30.0, 90.0, 5.0).points[0];
        assert_near(start.backlog, 30.0, 1e-12);
        // One step of the equation has passed over the retries.
        assert_near(start.retries_ahead, 90.0, 0.02);
        assert_near(start.attempts_per_s, 50.0 + 90.0, 1e-9);
        let all = rig.path_from(200.0, 150.0, 20.0);
        assert_eq!(all.outcome, Outcome::Collapses);
        assert_near(all.points[all.points.len() - 1].retries_ahead, 150.0, 1e-9);
    }
}
