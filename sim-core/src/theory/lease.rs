//! For how long do two hold a lease at once? Clocks that are wrong, and holders that stand still.
//!
//! A holder is told by the service, whose clock is right, either how long its lease lasts or when it ends, and stops a
//! margin m earlier by its own clock, which goes at the rate r (r < 1: too slow) and is ahead by o (o < 0: behind) whenever
//! it is set. An overlap is from the end of a lease until its holder stops. Derived here; the argument is in Gray and
//! Cheriton, "Leases", SOSP 1989, section 5. Spans are in one unit of time.

/// Overlap per term where the holder counts a length T: (T - m) / r - T, if positive. Panics unless r > 0 and 0 <= m <= T.
pub fn overlap_by_length(ttl: f64, margin: f64, rate: f64) -> f64 {
    assert!(rate > 0.0 && (0.0..=ttl).contains(&margin), "a clock goes and a margin lies within the lease");
    ((ttl - margin) / rate - ttl).max(0.0)
}

/// Overlap per term where the holder is told a moment, if its clock was set `age` before that moment and is not set again
/// until it stops: (age (1 - r) - o - m) / r, if positive. Panics unless r > 0.
pub fn overlap_by_moment(age: f64, margin: f64, offset: f64, rate: f64) -> f64 {
    assert!(rate > 0.0, "a clock goes");
    ((age * (1.0 - rate) - offset - margin) / rate).max(0.0)
}

/// The least margin without overlap where the holder counts a length: T (1 - r), or none for a fast clock.
pub fn margin_by_length(ttl: f64, rate: f64) -> f64 {
    (ttl * (1.0 - rate)).max(0.0)
}

/// The least margin without overlap where the holder is told a moment and its clock is set every `sync`:
/// sync (1 - r) - o for a slow clock, -o for a fast one, or none. The lease itself does not appear.
pub fn margin_by_moment(sync: f64, offset: f64, rate: f64) -> f64 {
    ((sync * (1.0 - rate)).max(0.0) - offset).max(0.0)
}

/// Overlap if a holder stands still for `pause`, its last renewal `age` before: the lease is over T - age later, and
/// somebody else's. No margin changes that. Panics unless 0 <= age <= T.
pub fn overlap_of_pause(pause: f64, ttl: f64, age: f64) -> f64 {
    assert!((0.0..=ttl).contains(&age), "a lease is held that was renewed within its time");
    (pause - (ttl - age)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn a_length_knows_only_the_speed() {
        assert_near(overlap_by_length(4.0, 0.0, 0.99), 0.040_404_040_4, 1e-9);
        assert_near(overlap_by_length(4.0, margin_by_length(4.0, 0.99), 0.99), 0.0, 1e-12);
        assert_near(overlap_by_length(4.0, 0.0, 1.01), 0.0, 1e-12);
    }

    #[test]
    fn a_moment_knows_what_the_clock_shows() {
        assert_near(overlap_by_moment(7.0, 0.0, -0.05, 1.0), 0.05, 1e-12);
        assert_near(overlap_by_moment(10.0, 0.02, -0.05, 0.99), 0.13 / 0.99, 1e-12);
        let enough = margin_by_moment(10.0, -0.05, 0.99);
        assert_near(enough, 0.15, 1e-12);
        assert_near(overlap_by_moment(10.0, enough, -0.05, 0.99), 0.0, 1e-12);
        assert_near(margin_by_moment(10.0, 0.05, 1.01), 0.0, 1e-12);
        assert_near(margin_by_moment(10.0, -0.05, 1.01), 0.05, 1e-12);
    }

    #[test]
    fn who_renewed_long_ago_is_replaced_sooner() {
        assert_near(overlap_of_pause(60.0, 15.0, 0.0), 45.0, 1e-12);
        assert_near(overlap_of_pause(60.0, 15.0, 2.0), 47.0, 1e-12);
        assert_near(overlap_of_pause(10.0, 15.0, 2.0), 0.0, 1e-12);
    }
}
