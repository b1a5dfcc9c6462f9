//! Contracts between owners: which settings do not fit together, although each is sensible by itself?
//!
//! **What it does.** Two rules over all calls. *Patience:* whoever is called and calls others must have given up before
//! its own caller does: attempts * timeout of the inner call <= timeout of one attempt of the outer. *Quota:* what callers may
//! send at worst must be let in: the rate of users times the attempts of every hop on the way <= what the quota admits. A change is
//! checked against both before it is made, and refused if it breaks one.
//! **Why it exists.** Timeouts, attempts and quotas of one path belong to several teams. Each tunes its own for its own
//! reason; what breaks is a sum or a product that nobody owns.
//! **Where it fails.** The rules are about the worst case: they refuse changes that would have done no harm, and a refused
//! change still wants to be made. They know nothing of what has no setting: how slow the last service is, how many users come.
//! **See it.** `scenarios/library/fallacies/fallacy-6-one-administrator.yaml`, variant `contract`.
//! **Source.** Beyer et al., Site Reliability Engineering, chapters 21 and 22 (deadlines, retries in layers); Deutsch's
//! sixth fallacy. Deviations: waits between attempts are left out of the first rule, so is own work of the service in
//! between; an endpoint counts as calling whatever its service calls, once.

use crate::time::SimDuration;

/// How long and how often a caller tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Patience with one attempt; none for ever.
    pub timeout: Option<SimDuration>,
    /// Attempts, the first included.
    pub attempts: u32,
}

impl Hop {
    /// How long all its attempts may take; none for ever.
    pub fn longest(&self) -> Option<SimDuration> {
        self.timeout.map(|timeout| timeout.mul_f64(f64::from(self.attempts)))
    }
}

/// Whether `inner` has given up before an attempt of `outer` does.
pub fn fits(outer: Hop, inner: Hop) -> bool {
    match (outer.timeout, inner.longest()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner <= outer,
    }
}

/// Whether a quota per second lets in what comes at worst: for each way here the rate of its users and the attempts
/// of its hops.
pub fn lets_in(quota_per_s: f64, ways: impl IntoIterator<Item = (f64, u64)>) -> bool {
    let worst: f64 = ways.into_iter().map(|(rate, attempts)| rate * attempts as f64).sum();
    // Rates are quotients: a quota that is met exactly is kept.
    worst <= quota_per_s * (1.0 + 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(seconds: u64, attempts: u32) -> Hop {
        Hop { timeout: Some(SimDuration::from_secs(seconds)), attempts }
    }

    #[test]
    fn three_attempts_of_two_seconds_need_six() {
        assert!(fits(hop(6, 1), hop(2, 3)));
        assert!(!fits(hop(5, 1), hop(2, 3)));
        assert!(fits(Hop { timeout: None, attempts: 1 }, hop(2, 3)));
        assert!(!fits(hop(5, 1), Hop { timeout: None, attempts: 1 }));
    }

    #[test]
    fn attempts_multiply_on_the_way() {
        assert!(lets_in(600.0 / 3600.0, [(100.0 / 3600.0, 6)]));
        assert!(!lets_in(599.0 / 3600.0, [(100.0 / 3600.0, 6)]));
        assert!(!lets_in(600.0 / 3600.0, [(100.0 / 3600.0, 6), (1.0 / 3600.0, 1)]));
    }
}
