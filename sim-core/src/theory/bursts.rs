//! How many calls fail in spite of retries where losses come in runs? One caller whose attempts follow each other on an
//! otherwise idle way, and messages that share the fate of the one before.
//!
//! A request that follows a lost one is lost with b = p + c (1 - p), one that follows one that got through with
//! a = p (1 - c). A call whose caller's last message got through fails with a b^(n - 1), one after a failed call with b^n.
//! The share f of failed calls is stationary: f = (1 - f) a b^(n - 1) + f b^n.

/// The share of calls that fail though each is tried up to `attempts` times, where a share `ratio` of the requests is lost and
/// neighbours are correlated by `correlation` (`model::correlation`). Without correlation `ratio^attempts`.
pub fn failed_calls(ratio: f64, correlation: f64, attempts: u32) -> f64 {
    let after_lost = ratio + correlation * (1.0 - ratio);
    let after_passed = ratio * (1.0 - correlation);
    let more = crate::math::pow(after_lost, f64::from(attempts) - 1.0);
    let begins = after_passed * more;
    begins / (1.0 + begins - after_lost * more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_correlation_attempts_are_independent() {
        assert!((failed_calls(0.3, 0.0, 4) - 0.0081).abs() < 1e-12);
        assert!((failed_calls(0.2, 0.0, 1) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn one_attempt_fails_with_the_share_whatever_the_runs() {
        for correlation in [0.1, 0.5, 0.99] {
            assert!((failed_calls(0.2, correlation, 1) - 0.2).abs() < 1e-12);
        }
    }

    #[test]
    fn runs_defeat_retries() {
        // a = .09, b = .79: .04437 / .65487.
        assert!((failed_calls(0.3, 0.7, 4) - 0.067756).abs() < 1e-5);
        // Runs without end: a bad moment of share p takes four messages for each call, a good one takes one.
        assert!((failed_calls(0.3, 1.0 - 1e-9, 4) - 0.075 / 0.775).abs() < 1e-6);
    }
}
