//! Which triggers tip a system at which load? The lines of a map of vulnerability: how long a trigger must
//! last, and how deep one of a given length must be, by the fluid delay equation.

use super::RetryLoop;
use super::fluid::{Outcome, Trigger};

/// No load is multiplied by more.
const MOST: f64 = 1e3;

impl RetryLoop {
    /// Shortest duration in seconds for which `trigger` (its own is ignored) tips the system, at each of
    /// `loads` per second in place of its own: 0 where it tips by itself, `None` where the trigger heals
    /// however long it lasts. Panics as [`RetryLoop::trajectory`] does.
    pub fn tipping_durations_s(&self, trigger: Trigger, loads: &[f64]) -> Vec<Option<f64>> {
        loads.iter().map(|load| self.at(*load).tipping_duration_s(trigger)).collect()
    }

    /// The least factor on the load, from 1, that tips the system in `duration_s` seconds, to 0.1 %; `None`
    /// if even a thousandfold load heals. Panics as [`RetryLoop::trajectory`] does.
    pub fn tipping_load_factor(&self, duration_s: f64) -> Option<f64> {
        let tips = |factor: f64| self.outcome(Trigger::spike(duration_s, factor)) != Outcome::Recovers;
        if !self.storm_sustains_itself() || !tips(MOST) {
            return None;
        }
        Some(edge(tips, 1.0, MOST))
    }

    /// The largest share of the capacity that tips the system if nothing more is left of it for
    /// `duration_s` seconds, to 0.1 % of the capacity; `None` if even a full stop heals, 1 where it tips by
    /// itself. Panics as [`RetryLoop::trajectory`] does.
    pub fn tipping_capacity_factor(&self, duration_s: f64) -> Option<f64> {
        let tips = |factor: f64| self.outcome(Trigger::cut(duration_s, factor)) != Outcome::Recovers;
        if !self.storm_sustains_itself() || !tips(0.0) {
            return None;
        }
        Some(edge(tips, 1.0, 0.0))
    }

    /// The same system under another load.
    fn at(&self, load_per_s: f64) -> RetryLoop {
        RetryLoop { load_per_s, ..*self }
    }
}

/// Where `tips` turns, between `heals` and `kills`; `heals` if it tips there.
fn edge(tips: impl Fn(f64) -> bool, mut heals: f64, mut kills: f64) -> f64 {
    if tips(heals) {
        return heals;
    }
    while (kills - heals).abs() > 1e-3 * heals {
        let middle = 0.5 * (heals + kills);
        if tips(middle) {
            kills = middle;
        } else {
            heals = middle;
        }
    }
    0.5 * (heals + kills)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{reference_rig, rig_rs};
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn more_load_needs_less_of_a_trigger() {
        let loads = [20.0, 30.0, 50.0, 70.0, 90.0, 101.0];
        for trigger in [Trigger::spike(1.0, 5.0), Trigger::cut(1.0, 0.0), Trigger::cut(1.0, 0.1)] {
            let durations = rig_rs(1.0, 4).tipping_durations_s(trigger, &loads);
            assert_eq!((durations[0], durations[5]), (None, Some(0.0)));
            let inside: Vec<f64> = durations[1..5].iter().map(|d| d.expect("it tips")).collect();
            assert!(inside.windows(2).all(|pair| pair[1] < pair[0]), "{inside:?}");
        }
    }

    #[test]
    fn depth_and_duration_are_two_sides_of_one_line() {
        for rig in [rig_rs(50.0, 4), rig_rs(70.0, 2)] {
            let duration = rig.tipping_duration_s(Trigger::spike(1.0, 3.0)).expect("it tips");
            assert_near(rig.tipping_load_factor(duration).expect("it tips"), 3.0, 0.01);
            let duration = rig.tipping_duration_s(Trigger::cut(1.0, 0.2)).expect("it tips");
            assert_near(rig.tipping_capacity_factor(duration).expect("it tips"), 0.2, 0.02);
        }
        // Ten seconds at 72 % tip the reference rig.
        assert_near(reference_rig(800.0).tipping_capacity_factor(10.0).expect("it tips"), 0.72, 0.005);
    }

    #[test]
    fn what_always_heals_has_no_edge() {
        assert_eq!(rig_rs(24.0, 4).tipping_load_factor(10.0), None);
        assert_eq!(rig_rs(24.0, 4).tipping_capacity_factor(10.0), None);
        // A tenth of a second without capacity is not enough.
        assert_eq!(rig_rs(50.0, 4).tipping_capacity_factor(0.1), None);
        assert_eq!(rig_rs(101.0, 4).tipping_capacity_factor(0.1), Some(1.0));
    }
}
