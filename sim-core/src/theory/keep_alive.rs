//! How many handshakes does keeping connections save? One client with Poisson requests that take no time, so that one
//! connection is enough.

use super::assert_positive;
use crate::math;

/// Handshakes per request if a connection is closed after `idle` without one: e^(-rate idle), the probability that the next
/// request comes later than that. Panics unless both are above 0.
///
/// **Source.** The gaps of a Poisson process are exponential.
pub fn handshakes_per_request(rate: f64, idle: f64) -> f64 {
    assert_positive("the rate", rate);
    assert_positive("the idle timeout", idle);
    math::exp(-rate * idle)
}

/// Handshakes per unit of time if a connection is closed at the age of `lifetime`: 1 / (lifetime + 1 / rate). After its end
/// the next request opens the next one, and until then it is 1 / rate, because a Poisson process has no memory. Panics
/// unless both are above 0.
///
/// **Source.** Renewal theorem.
pub fn handshakes_by_age(rate: f64, lifetime: f64) -> f64 {
    assert_positive("the rate", rate);
    assert_positive("the lifetime", lifetime);
    1.0 / (lifetime + 1.0 / rate)
}

/// The time of a request of one round trip, in round trips, if a share of them opens a connection first: 1 + share (1 +
/// `tls_round_trips`). Panics unless the share lies in [0, 1].
pub fn mean_round_trips(share: f64, tls_round_trips: u32) -> f64 {
    super::assert_share("the share of requests that connect", share);
    1.0 + share * f64::from(1 + tls_round_trips)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn a_minute_between_requests_and_a_minute_of_patience() {
        assert_near(handshakes_per_request(1.0 / 60.0, 60.0), 0.367_879, 1e-5);
        assert_near(handshakes_by_age(1.0 / 60.0, 60.0), 1.0 / 120.0, 1e-12);
    }

    #[test]
    fn a_cold_request_takes_three_or_four_round_trips() {
        assert_eq!([1, 2].map(|tls| mean_round_trips(1.0, tls)), [3.0, 4.0]);
        assert_eq!(mean_round_trips(0.0, 2), 1.0);
    }
}
