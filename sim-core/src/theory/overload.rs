//! How much piles up during an overload, and when do answers come in time again? Systems without
//! retries; [`super::metastable`] adds them.

use super::assert_positive;

/// A first-come-first-served queue after its overload is over. Rates per second.
///
/// With a retry budget of b retries per request, `load_per_s` is (1 + b) times the requests, here and
/// in [`backlog_after`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drain {
    /// Requests waiting when the overload ends, 0 or more.
    pub backlog: f64,
    /// Requests served per second from now on, above 0.
    pub capacity_per_s: f64,
    /// Requests arriving per second from now on, 0 or more.
    pub load_per_s: f64,
    /// How long a caller waits for its answer, in seconds, 0 or more.
    pub timeout_s: f64,
}

impl Drain {
    fn assert_valid(&self) {
        assert_positive("the capacity", self.capacity_per_s);
        assert!(
            self.backlog >= 0.0 && self.load_per_s >= 0.0 && self.timeout_s >= 0.0,
            "all zero or more: {self:?}"
        );
    }

    /// Seconds until `left` requests are left; 0 if no more wait now, infinite if load reaches
    /// capacity.
    fn down_to(&self, left: f64) -> f64 {
        self.assert_valid();
        if self.backlog <= left {
            0.0
        } else if self.load_per_s >= self.capacity_per_s {
            f64::INFINITY
        } else {
            (self.backlog - left) / (self.capacity_per_s - self.load_per_s)
        }
    }

    /// Seconds until nobody waits, backlog / (C - L); infinite if load reaches capacity.
    pub fn empty_after_s(&self) -> f64 {
        self.down_to(0.0)
    }

    /// Seconds until those who join are answered in time, (backlog - C T) / (C - L): from then on the
    /// wait is below the timeout. Infinite if load reaches capacity.
    pub fn success_returns_after_s(&self) -> f64 {
        self.down_to(longest_safe_queue(self.capacity_per_s, self.timeout_s))
    }
}

/// Requests that wait after an overload of `duration_s` seconds, (L - C) D; 0 if load stays below
/// capacity. Panics if an argument is negative.
pub fn backlog_after(load_per_s: f64, capacity_per_s: f64, duration_s: f64) -> f64 {
    assert!(load_per_s >= 0.0 && capacity_per_s >= 0.0 && duration_s >= 0.0, "all zero or more");
    ((load_per_s - capacity_per_s) * duration_s).max(0.0)
}

/// Longest queue whose last request is still answered in time, C T: a queue bound above it serves the
/// dead. Panics if an argument is negative.
pub fn longest_safe_queue(capacity_per_s: f64, timeout_s: f64) -> f64 {
    assert!(capacity_per_s >= 0.0 && timeout_s >= 0.0, "all zero or more");
    capacity_per_s * timeout_s
}

/// Goodput as a share of capacity C when `overload` C arrives, what is too much is rejected, and a
/// rejection costs `rejection_cost` r of the work of a request: (1 - r O) / (1 - r), 0 if rejecting
/// alone fills the server. Below overload 1 it is the load itself. Panics unless O >= 0 and 0 <= r < 1.
///
/// **Source.** work balance: served (1) + rejected (O - served) r = 1; Brooker and Yanacek, *Using load
/// shedding to avoid overload*, Amazon Builders' Library.
pub fn shedding_goodput(overload: f64, rejection_cost: f64) -> f64 {
    assert!(overload >= 0.0, "an overload factor is zero or more, found {overload}");
    assert!(
        (0.0..1.0).contains(&rejection_cost),
        "a rejection costs [0, 1) of a request, found {rejection_cost}"
    );
    if overload <= 1.0 {
        return overload;
    }
    ((1.0 - rejection_cost * overload) / (1.0 - rejection_cost)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    /// Curriculum 1.3: C = 1000/s, L = 800/s, timeout 1 s, capacity 200/s for 10 s.
    fn rig(load: f64) -> Drain {
        let backlog = backlog_after(load, 200.0, 10.0);
        Drain { backlog, capacity_per_s: 1_000.0, load_per_s: load, timeout_s: 1.0 }
    }

    #[test]
    fn the_reference_rig_answers_in_time_after_25_seconds() {
        assert_near(rig(800.0).backlog, 6_000.0, 1e-12);
        assert_near(rig(800.0).success_returns_after_s(), 25.0, 1e-12);
        assert_near(rig(800.0).empty_after_s(), 30.0, 1e-12);
        assert_near(longest_safe_queue(1_000.0, 1.0), 1_000.0, 1e-12);
    }

    #[test]
    fn a_retry_budget_of_ten_percent_takes_48_seconds() {
        assert_near(rig(880.0).success_returns_after_s(), 48.3, 1e-2);
    }

    #[test]
    fn bounded_queues_recover_as_the_curriculum_says() {
        // queue-discipline-overload: 1.3 C for 60 s, then .8 C; unbounded 85 s, K = 10 000 45 s.
        let after = |backlog| Drain { backlog, capacity_per_s: 1_000.0, load_per_s: 800.0, timeout_s: 1.0 };
        assert_near(after(backlog_after(1_300.0, 1_000.0, 60.0)).success_returns_after_s(), 85.0, 1e-9);
        assert_near(after(10_000.0).success_returns_after_s(), 45.0, 1e-12);
        assert_eq!(after(200.0).success_returns_after_s(), 0.0);
    }

    #[test]
    fn a_load_at_capacity_never_drains() {
        assert_eq!(rig(1_000.0).success_returns_after_s(), f64::INFINITY);
        assert_eq!(backlog_after(100.0, 200.0, 10.0), 0.0);
    }

    #[test]
    fn cheap_rejections_keep_most_of_the_goodput() {
        assert_near(shedding_goodput(5.0, 0.02), 0.92, 2e-3);
        assert_eq!(shedding_goodput(0.7, 0.02), 0.7);
        assert_near(shedding_goodput(1.0, 0.5), 1.0, 1e-12);
        assert_eq!(shedding_goodput(5.0, 0.3), 0.0);
    }
}
