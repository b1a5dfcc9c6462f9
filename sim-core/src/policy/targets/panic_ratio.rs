//! Panic threshold: when too few are available, health is ignored.
//!
//! **What it does.** If the share of a client's instances that are available (well and not ejected) falls
//! below `panic_ratio`, the client balances over all of them. 0 switches it off: with nobody available,
//! attempts then fail at once.
//! **Why it exists.** When most instances look ill, it is the load or the checks that are ill: sending
//! everything to the few that are left kills them, too. Spread over all, each serves what it can.
//! **Where it fails.** If the others are really down, their share of the attempts is lost for sure: at
//! 49% available, 51% of the attempts fail where the rest might have served them all.
//! **Source.** Envoy `healthy_panic_threshold` (50%; 0 disables). Deviations: no priorities; instances
//! that are not ready are no members at all, as endpoints that the orchestrator has removed.

use crate::units::Probability;

/// Envoy's default.
pub(super) const DEFAULT: f64 = 0.5;

/// Whether health is ignored.
pub(super) fn ignores_health(panic_ratio: Probability, available: usize, all: usize) -> bool {
    // A quotient of integers is the number nearest to the true one, as the ratio from the file is.
    all > 0 && (available as f64 / all as f64) < panic_ratio.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_threshold_is_no_panic() {
        let half = Probability::new(DEFAULT);
        assert!(!ignores_health(half, 5, 10));
        assert!(ignores_health(half, 4, 10));
        assert!((1..1_000).all(|n| !ignores_health(Probability::new(0.7), 7 * n, 10 * n)));
    }

    #[test]
    fn zero_never_panics_and_one_does_as_soon_as_one_is_missing() {
        assert!(!ignores_health(Probability::ZERO, 0, 10));
        assert!(ignores_health(Probability::ONE, 9, 10));
        assert!(!ignores_health(Probability::ONE, 10, 10));
    }

    #[test]
    fn without_instances_there_is_nothing_to_panic_about() {
        assert!(!ignores_health(Probability::ONE, 0, 0));
    }
}
