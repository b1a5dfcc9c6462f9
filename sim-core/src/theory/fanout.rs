//! How slow is the slowest of n, and how available is a chain? What a request that needs all of its
//! parts inherits from them.

use super::{assert_inside, assert_share};
use crate::math;

/// P(the root is slow) when it waits for `leaves` independent leaves of which each is slow with
/// probability `p`: 1 - (1-p)^n. Panics unless p lies in [0, 1].
///
/// **Source.** Dean and Barroso, *The Tail at Scale*, Communications of the ACM 56(2), 2013.
pub fn slow_root(p: f64, leaves: u32) -> f64 {
    assert_share("the probability of a slow leaf", p);
    if p == 1.0 {
        return if leaves == 0 { 0.0 } else { 1.0 };
    }
    -math::exp_m1(f64::from(leaves) * math::ln_1p(-p))
}

/// The quantile of a leaf's latency that decides the `root` quantile over `leaves` of them:
/// root^(1/n). The median of 100 leaves is their p99.3. Panics unless 0 < root < 1 and n >= 1.
pub fn leaf_quantile(root: f64, leaves: u32) -> f64 {
    assert_inside(root);
    assert!(leaves >= 1, "a root needs a leaf");
    math::exp(math::ln(root) / f64::from(leaves))
}

/// Mean of the slowest of `leaves` exponential latencies over the mean of one: 1 + 1/2 + ... + 1/n.
pub fn slowest_exponential(leaves: u32) -> f64 {
    (1..=leaves).rev().map(|k| 1.0 / f64::from(k)).sum()
}

/// Availability of a request that needs all of its independent parts: the product of theirs. Panics
/// if one lies outside [0, 1].
pub fn series_availability(parts: &[f64]) -> f64 {
    parts.iter().for_each(|part| assert_share("an availability", *part));
    parts.iter().product()
}

/// Availability of a request that needs one of several independent parts: 1 - product of (1 - part).
/// Panics if one lies outside [0, 1].
pub fn parallel_availability(parts: &[f64]) -> f64 {
    parts.iter().for_each(|part| assert_share("an availability", *part));
    1.0 - parts.iter().map(|part| 1.0 - part).product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn slow_roots_are_those_of_public_test_p6() {
        assert_near(slow_root(0.01, 1), 0.01, 1e-12);
        assert_near(slow_root(0.01, 10), 0.0956, 5e-4);
        assert_near(slow_root(0.01, 100), 0.6340, 1e-4);
        assert_eq!((slow_root(1.0, 3), slow_root(0.0, 3), slow_root(1.0, 0)), (1.0, 0.0, 0.0));
    }

    #[test]
    fn a_median_over_a_hundred_is_a_tail_of_one() {
        assert_near(leaf_quantile(0.5, 100), 0.993_09, 1e-5);
        assert_near(1.0 - slow_root(1.0 - leaf_quantile(0.9, 7), 7), 0.9, 1e-12);
    }

    #[test]
    fn the_slowest_of_many_grows_with_their_logarithm() {
        assert_near(slowest_exponential(2), 1.5, 1e-12);
        assert_near(slowest_exponential(100), 5.187_378, 1e-6);
    }

    #[test]
    fn chains_multiply_and_spares_help() {
        // 30 services of 99.99 % each: 99.7 %.
        assert_near(series_availability(&[0.9999; 30]), 0.997_004, 1e-6);
        assert_near(parallel_availability(&[0.99, 0.99]), 0.9999, 1e-12);
        assert_eq!(series_availability(&[]), 1.0);
    }
}
