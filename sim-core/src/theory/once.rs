//! What do lost messages leave of "once"? A request or its answer is lost, the caller cannot tell which and tries again.
//!
//! Each try loses its request with probability a and its answer with probability b, independently; the caller
//! tries at most A times, each until it times out. One try fails with f = 1 - (1-a)(1-b). Whatever reaches the service is
//! applied. Derived here; the ends of the argument are in Gray, *Notes on Data Base Operating Systems*, 1978, section 5.8.3.3.1
//! (two generals): no number of messages makes both sides sure.

use super::assert_share;
use super::retries::{attempts_per_call, call_success};

/// Messages of one call that get lost.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Probability that a request is lost, in [0, 1].
    pub there: f64,
    /// Probability that an answer is lost, in [0, 1].
    pub back: f64,
}

impl Loss {
    /// P(one try fails): 1 - (1-a)(1-b). Panics unless both lie in [0, 1].
    pub fn of_a_try(self) -> f64 {
        assert_share("a probability of loss", self.there);
        assert_share("a probability of loss", self.back);
        1.0 - (1.0 - self.there) * (1.0 - self.back)
    }

    /// P(the caller gets an answer): 1 - f^A.
    pub fn success(self, attempts: u32) -> f64 {
        call_success(self.of_a_try(), attempts)
    }

    /// Mean applications of an operation without a key: (1-a) (1 - f^A) / (1 - f).
    pub fn applications(self, attempts: u32) -> f64 {
        (1.0 - self.there) * attempts_per_call(self.of_a_try(), attempts)
    }

    /// P(it is applied at all): 1 - a^A, with a key or without.
    pub fn applied(self, attempts: u32) -> f64 {
        call_success(self.there, attempts)
    }

    /// Mean applications too many without a key; with one there are none.
    pub fn duplicates(self, attempts: u32) -> f64 {
        self.applications(attempts) - self.applied(attempts)
    }

    /// P(it is applied and the caller is told that it failed): f^A - a^A, with a key or without.
    pub fn orphans(self, attempts: u32) -> f64 {
        self.applied(attempts) - self.success(attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    const FIVE_PERCENT: Loss = Loss { there: 0.05, back: 0.05 };

    #[test]
    fn four_tries_over_legs_that_lose_five_percent() {
        assert_near(FIVE_PERCENT.success(1), 0.9025, 1e-12);
        assert_near(FIVE_PERCENT.success(4), 0.99990963, 1e-8);
        // .95 x 1.10790 applications, of which .99999 had to be.
        assert_near(FIVE_PERCENT.applications(4), 1.0525, 1e-4);
        assert_near(FIVE_PERCENT.duplicates(4), 0.0525427, 1e-5);
    }

    #[test]
    fn a_single_try_never_doubles_and_leaves_what_its_lost_answers_leave() {
        assert_near(FIVE_PERCENT.duplicates(1), 0.0, 1e-12);
        assert_near(FIVE_PERCENT.orphans(1), 0.95 * 0.05, 1e-12);
    }

    #[test]
    fn if_only_requests_are_lost_nothing_doubles() {
        let loss = Loss { there: 0.3, back: 0.0 };
        assert_near(loss.duplicates(4), 0.0, 1e-12);
        assert_near(loss.orphans(4), 0.0, 1e-12);
    }
}
