//! How much is it now, and how much has it been in total, if it grows in a straight line after a start?

use crate::policy::Problem;
use crate::time::SimDuration;

/// From `from` to `to` within `over`, then `to` for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) over: SimDuration,
}

impl Ramp {
    /// The value `age` after the start.
    #[inline]
    pub(super) fn at(self, age: SimDuration) -> f64 {
        if age >= self.over {
            return self.to;
        }
        self.from + (self.to - self.from) * (age.as_nanos_f64() / self.over.as_nanos_f64())
    }

    /// The integral over the nanoseconds from age `from` to age `to`.
    #[inline]
    pub(super) fn between(self, from: SimDuration, to: SimDuration) -> f64 {
        if from >= self.over {
            return self.to * (to - from).as_nanos_f64();
        }
        let bend = to.min(self.over);
        let mean = (self.at(from) + self.at(bend)) / 2.0;
        mean * (bend - from).as_nanos_f64() + self.to * (to - bend).as_nanos_f64()
    }
}

/// Whether `from` has a use: without `over` nothing grows.
pub(super) fn check(has_from: bool, over: Option<SimDuration>) -> Vec<Problem> {
    if !has_from || over.is_some() {
        return Vec::new();
    }
    let sentence = "it belongs to `over` and does nothing without it; say how long it takes, such as `over: 60s`, or remove it";
    vec![Problem::new("from", sentence)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::ms;

    const RAMP: Ramp = Ramp { from: 10.0, to: 50.0, over: SimDuration::from_secs(40) };

    fn at(seconds: f64) -> SimDuration {
        ms(seconds * 1e3)
    }

    #[test]
    fn it_grows_in_a_straight_line_and_stays() {
        for (age, value) in [(0.0, 10.0), (10.0, 20.0), (39.0, 49.0), (40.0, 50.0), (1e6, 50.0)] {
            assert_eq!(RAMP.at(at(age)), value);
        }
    }

    #[test]
    fn it_can_fall_too_and_no_time_is_a_step() {
        assert_eq!(Ramp { from: 50.0, to: 10.0, ..RAMP }.at(at(10.0)), 40.0);
        let step = Ramp { over: SimDuration::ZERO, ..RAMP };
        assert_eq!((step.at(SimDuration::ZERO), step.between(at(0.0), at(2.0))), (50.0, 100e9));
    }

    #[test]
    fn the_integral_is_the_area_and_adds_up() {
        assert_eq!(RAMP.between(at(0.0), at(40.0)), 1_200e9);
        assert_eq!(RAMP.between(at(50.0), at(60.0)), 500e9);
        for (a, b, c) in [(0.0, 3.0, 7.5), (5.0, 39.9, 40.1), (39.0, 40.0, 90.0), (41.0, 41.0, 42.0)] {
            let parts = RAMP.between(at(a), at(b)) + RAMP.between(at(b), at(c));
            assert!((parts - RAMP.between(at(a), at(c))).abs() < 1.0, "a billionth of one");
        }
    }
}
