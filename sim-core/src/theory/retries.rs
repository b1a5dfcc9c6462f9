//! How many attempts does a failure rate cause, and what do they buy?

use super::{assert_positive, assert_share};

/// Mean attempts per call when every attempt fails independently with probability `failure` and at
/// most `max_attempts` are made, the first included: (1 - f^A) / (1 - f). Panics unless f lies in
/// [0, 1].
pub fn attempts_per_call(failure: f64, max_attempts: u32) -> f64 {
    assert_share("a probability of failure", failure);
    // 1 + f + ... + f^(A-1), by Horner's rule: exact at f = 1 too.
    (0..max_attempts).fold(0.0, |sum, _| 1.0 + failure * sum)
}

/// P(a call succeeds), 1 - f^A. Panics unless f lies in [0, 1].
pub fn call_success(failure: f64, max_attempts: u32) -> f64 {
    assert_share("a probability of failure", failure);
    1.0 - (0..max_attempts).fold(1.0, |product, _| product * failure)
}

/// Attempts that reach the bottom of a dead chain per request, when every layer makes that many
/// attempts: the product. Three layers of 4 make 64.
pub fn attempts_at_the_bottom(max_attempts_per_layer: &[u32]) -> f64 {
    max_attempts_per_layer.iter().map(|attempts| f64::from(*attempts)).product()
}

/// Upper bound of attempts per call under a retry budget that allows `ratio` retries per call
/// (0 or more; panics otherwise): 1 + b. Over k layers of such budgets it is (1 + b)^k.
///
/// **Source.** Finagle's `RetryBudget`; gRPC proposal A6, retry throttling.
pub fn budgeted_amplification(ratio: f64) -> f64 {
    assert!(ratio >= 0.0, "a retry ratio is zero or more, found {ratio}");
    1.0 + ratio
}

/// Requests per unit of time that clients with adaptive throttling send to a backend that accepts
/// `accepted_rate`, when `offered_rate` wants through: they hold back until `multiplier` K times the
/// accepted is sent. Panics unless the rates are above 0 and K >= 1.
///
/// **Source.** Beyer and others, *Site Reliability Engineering*, 2016, chapter 21: a request is dropped
/// locally with probability max(0, (requests - K accepts) / (requests + 1)).
pub fn throttled_send_rate(offered_rate: f64, accepted_rate: f64, multiplier: f64) -> f64 {
    assert_positive("the offered rate", offered_rate);
    assert_positive("the accepted rate", accepted_rate);
    assert!(multiplier >= 1.0, "K below 1 would drop what the backend accepts, found {multiplier}");
    offered_rate.min(multiplier * accepted_rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn calls_and_success_are_those_of_public_test_p7() {
        assert_eq!(attempts_per_call(0.5, 4), 1.875);
        assert_eq!(call_success(0.5, 4), 0.9375);
        assert_eq!(attempts_at_the_bottom(&[4, 4, 4]), 64.0);
        // Curriculum 1.3: 3 per layer, 5 layers.
        assert_eq!(attempts_at_the_bottom(&[3; 5]), 243.0);
    }

    #[test]
    fn a_dead_callee_costs_every_attempt() {
        assert_eq!((attempts_per_call(1.0, 4), call_success(1.0, 4)), (4.0, 0.0));
        assert_eq!((attempts_per_call(0.0, 4), call_success(0.0, 4)), (1.0, 1.0));
    }

    #[test]
    fn a_budget_of_ten_percent_adds_ten_percent() {
        assert_near(budgeted_amplification(0.1), 1.1, 1e-12);
    }

    #[test]
    fn throttled_clients_are_those_of_public_test_p9() {
        assert_eq!(throttled_send_rate(300.0, 100.0, 2.0), 200.0);
        assert_eq!(throttled_send_rate(150.0, 100.0, 2.0), 150.0);
    }
}
