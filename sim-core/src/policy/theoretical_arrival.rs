//! When would the bucket be full again? The one number of GCRA: it moves on by one spacing with every attempt, and who
//! comes more than a burst before it comes too early. Shared by those who admit and those who send.

use crate::time::SimTime;
use crate::units::{Count, Rate};

/// A rate and a burst, as GCRA counts them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Nanoseconds from one attempt to the next.
    spacing: u128,
    burst: Count,
}

impl Pace {
    pub(super) fn new(rate: Rate, burst: Count) -> Self {
        Pace { spacing: ((1e9 / rate.as_per_second()).round() as u128).max(1), burst }
    }
}

/// The theoretical arrival time of the next attempt, in nanoseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct TheoreticalArrival(u128);

impl TheoreticalArrival {
    /// With a full bucket.
    pub(super) fn new(since: SimTime) -> Self {
        TheoreticalArrival(u128::from(since.as_nanos()))
    }

    /// Nanoseconds until one more is in time, 0 if it is now.
    #[inline]
    pub(super) fn wait(self, pace: Pace, now: SimTime) -> u64 {
        let due = self.0.saturating_sub(u128::from(pace.burst.get() - 1) * pace.spacing);
        u64::try_from(due.saturating_sub(u128::from(now.as_nanos()))).unwrap_or(u64::MAX)
    }

    /// One more, now or after its wait.
    #[inline]
    pub(super) fn take(&mut self, pace: Pace, now: SimTime) {
        self.0 = self.0.max(u128::from(now.as_nanos())) + pace.spacing;
    }

    /// What would be in the bucket; below 0 what is promised to those who wait.
    pub(super) fn tokens(self, pace: Pace, now: SimTime) -> f64 {
        let early = self.0.saturating_sub(u128::from(now.as_nanos()));
        f64::from(pace.burst.get()) - early as f64 / pace.spacing as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::at;

    #[test]
    fn who_waits_takes_its_turn() {
        let pace = Pace::new(Rate::per_second(10.0), Count::new(2));
        let mut next = TheoreticalArrival::new(at(0.0));
        assert_eq!((next.wait(pace, at(0.0)), next.tokens(pace, at(0.0))), (0, 2.0));
        for wait_ms in [0, 0, 100, 200] {
            assert_eq!(next.wait(pace, at(0.0)), wait_ms * 1_000_000);
            next.take(pace, at(0.0));
        }
        assert_eq!(next.tokens(pace, at(0.0)), -2.0);
        assert_eq!(next.tokens(pace, at(400.0)), 2.0);
    }
}
