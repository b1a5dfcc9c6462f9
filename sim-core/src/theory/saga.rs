//! How many sagas fail, and how many stay half-way? Steps that fail independently, and undoing that fails as well.
//!
//! Derived here.

use super::assert_share;
use super::retries::call_success;

/// P(a saga of `steps` steps fails) when each fails with probability `failure`: 1 - (1-p)^k. Panics unless p lies in
/// [0, 1].
pub fn fails(steps: u32, failure: f64) -> f64 {
    assert_share("a probability of failure", failure);
    call_success(1.0 - failure, steps)
}

/// P(it fails and has something to undo): all failures but those of the first step.
pub fn compensates(steps: u32, failure: f64) -> f64 {
    fails(steps, failure) - failure
}

/// P(it stays half-way) when one run of undoing fails with probability `undoing`, independently, and `runs` are made.
pub fn stays_half_way(steps: u32, failure: f64, undoing: f64, runs: u32) -> f64 {
    compensates(steps, failure) * (1.0 - call_success(undoing, runs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn five_steps_that_fail_in_one_of_a_hundred() {
        assert_near(fails(5, 0.01), 0.04900995, 1e-7);
        assert_near(compensates(5, 0.01), 0.03900995, 1e-7);
        assert_near(stays_half_way(5, 0.01, 0.05, 1), 1.950_497_5e-3, 1e-7);
        assert_near(stays_half_way(5, 0.01, 0.05, 2), 9.752_487_5e-5, 1e-7);
    }

    #[test]
    fn one_step_has_nothing_to_undo() {
        assert!(compensates(1, 0.3).abs() < 1e-12);
    }
}
