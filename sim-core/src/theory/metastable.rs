//! Which trigger tips a system with retries for good? A queue whose callers give up after a timeout and
//! try again at once, while the server goes on working for those who left.
//!
//! Three regions of load: below the *hidden capacity* C/A every trigger heals; between it and the
//! *advertised capacity* C the outcome depends on the trigger; above C nothing helps. Closed forms
//! here, the trajectory of a given trigger by the fluid delay equation in [`fluid`], the lines between what
//! heals and what does not in [`map`], the currents around the tipping point in [`portrait`].
//!
//! **Source.** Bronson, Aghayev, Charapko and Zhu, *Metastable Failures in Distributed Systems*, HotOS
//! 2021, section 2.1, for the terms; the formulas are derived in the project's validation document.

pub mod fluid;
pub mod map;
pub mod portrait;

use super::retries::attempts_per_call;
use super::{assert_positive, root_of_rising};
use crate::math;

/// A service with one unbounded first-come-first-served queue, and callers that retry at once.
/// Seconds and rates per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryLoop {
    /// C, attempts that the service completes per second, above 0.
    pub capacity_per_s: f64,
    /// s, mean of the exponential service time of one attempt in seconds, above 0.
    pub service_s: f64,
    /// lambda, fresh requests per second, above 0.
    pub load_per_s: f64,
    /// T, timeout of one attempt from its own send in seconds, above 0.
    pub timeout_s: f64,
    /// A, attempts per request at most, the first included; at least 1.
    pub max_attempts: u32,
}

impl RetryLoop {
    fn assert_valid(&self) {
        assert_positive("the capacity", self.capacity_per_s);
        assert_positive("the service time", self.service_s);
        assert_positive("the load", self.load_per_s);
        assert_positive("the timeout", self.timeout_s);
        assert!(self.max_attempts >= 1, "a request makes at least one attempt");
    }

    /// C / A: below this load every trigger heals, because even if every attempt fails the service
    /// keeps up. Also the load to which clients must fall back to end a storm.
    pub fn hidden_capacity_per_s(&self) -> f64 {
        self.assert_valid();
        self.capacity_per_s / f64::from(self.max_attempts)
    }

    /// A lambda: capacity needed to end a storm by adding servers, beside what drains the backlog.
    pub fn escape_capacity_per_s(&self) -> f64 {
        self.assert_valid();
        self.load_per_s * f64::from(self.max_attempts)
    }

    /// Whether a storm sustains itself once it has begun: A lambda > C.
    pub fn storm_sustains_itself(&self) -> bool {
        self.escape_capacity_per_s() > self.capacity_per_s
    }

    /// f(w), probability that an attempt fails which will wait `wait_s` seconds before its service:
    /// min(1, e^(-(T-w)/s)).
    pub fn failure_after_wait(&self, wait_s: f64) -> f64 {
        if wait_s >= self.timeout_s { 1.0 } else { math::exp((wait_s - self.timeout_s) / self.service_s) }
    }

    /// f*, failure probability at which the attempts lambda (1 + f + ... + f^(A-1)) just fill the
    /// capacity. `None` where no such balance exists: below the hidden capacity, and at or above the
    /// advertised one.
    pub fn tipping_failure(&self) -> Option<f64> {
        if !self.storm_sustains_itself() || self.load_per_s >= self.capacity_per_s {
            return None;
        }
        let wanted = self.capacity_per_s / self.load_per_s;
        Some(root_of_rising(0.0, 1.0, |f| attempts_per_call(f, self.max_attempts) - wanted))
    }

    /// w*, the wait beyond which the backlog grows by itself, T + s ln f*, in seconds; 0 if the system
    /// tips without a trigger. `None` as in [`RetryLoop::tipping_failure`].
    pub fn tipping_wait_s(&self) -> Option<f64> {
        self.tipping_failure().map(|f| (self.timeout_s + self.service_s * math::ln(f)).max(0.0))
    }

    /// D*, first estimate in seconds of the shortest load spike to `spike_factor` times the load that
    /// tips the system, C w* / (m lambda - C). It is low, because f* supposes that the retries of all
    /// earlier attempts have arrived: by 2 to 10 % of [`RetryLoop::tipping_duration_s`] near the
    /// advertised capacity, by 10 to 25 % near the hidden one. `None` if the spike stays below capacity or
    /// nothing tips.
    pub fn spike_estimate_s(&self, spike_factor: f64) -> Option<f64> {
        let excess = spike_factor * self.load_per_s - self.capacity_per_s;
        if excess <= 0.0 {
            return None;
        }
        self.tipping_wait_s().map(|wait| self.capacity_per_s * wait / excess)
    }

    /// Upper bound in seconds of the shortest cut to `remaining_per_s` that tips the system,
    /// C T / (lambda - C'). Timeouts begin before that much is queued: on the reference rig it is 1.2
    /// times too long at 800/s and 2.3 times at 300/s. `None` if the rest suffices or nothing tips.
    pub fn cut_upper_bound_s(&self, remaining_per_s: f64) -> Option<f64> {
        let excess = self.load_per_s - remaining_per_s;
        self.tipping_failure()?;
        (excess > 0.0).then(|| self.capacity_per_s * self.timeout_s / excess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    /// Rig RS of validation.md: 10 workers x 0.1 s, timeout 1 s.
    pub(super) fn rig_rs(load_per_s: f64, max_attempts: u32) -> RetryLoop {
        RetryLoop { capacity_per_s: 100.0, service_s: 0.1, load_per_s, timeout_s: 1.0, max_attempts }
    }

    /// Reference rig of curriculum 1.3: 10 workers x 10 ms, timeout 1 s, up to 4 attempts.
    pub(super) fn reference_rig(load_per_s: f64) -> RetryLoop {
        RetryLoop { capacity_per_s: 1_000.0, service_s: 0.01, load_per_s, timeout_s: 1.0, max_attempts: 4 }
    }

    #[test]
    fn the_reference_rig_always_heals_below_250_per_second() {
        let rig = reference_rig(800.0);
        assert_near(rig.hidden_capacity_per_s(), 250.0, 1e-12);
        assert_near(rig.escape_capacity_per_s(), 3_200.0, 1e-12);
        assert!(
            reference_rig(251.0).storm_sustains_itself() && !reference_rig(250.0).storm_sustains_itself()
        );
        assert_near(rig.cut_upper_bound_s(200.0).unwrap(), 1.0 / 0.6, 1e-12);
    }

    #[test]
    fn at_the_tipping_wait_attempts_just_fill_the_capacity() {
        for rig in [rig_rs(80.0, 4), rig_rs(60.0, 2), reference_rig(300.0), reference_rig(950.0)] {
            let f = rig.tipping_failure().unwrap();
            assert_near(rig.load_per_s * attempts_per_call(f, rig.max_attempts), rig.capacity_per_s, 1e-12);
            let wait = rig.tipping_wait_s().unwrap();
            assert!(wait > 0.0 && wait < rig.timeout_s);
            assert_near(rig.failure_after_wait(wait), f, 1e-9);
        }
        // 80 (1 + f + f^2 + f^3) = 100: f = .2013, w = 1 + .1 ln f = .8397, D = 100 w / (160 - 100).
        assert_near(rig_rs(80.0, 4).tipping_failure().unwrap(), 0.2013, 2e-4);
        assert_near(rig_rs(80.0, 4).tipping_wait_s().unwrap(), 0.8397, 1e-4);
        assert_near(rig_rs(80.0, 4).spike_estimate_s(2.0).unwrap(), 1.3995, 1e-4);
    }

    #[test]
    fn outside_the_vulnerable_loads_nothing_tips() {
        assert_eq!(rig_rs(20.0, 4).tipping_wait_s(), None);
        assert_eq!(rig_rs(70.0, 1).spike_estimate_s(10.0), None);
        assert_eq!(rig_rs(100.0, 4).tipping_failure(), None);
        assert_eq!(rig_rs(80.0, 4).spike_estimate_s(1.2), None);
        assert_eq!(reference_rig(800.0).cut_upper_bound_s(800.0), None);
    }

    #[test]
    fn no_wait_fails_hardly_any_attempt() {
        assert_near(rig_rs(80.0, 4).failure_after_wait(0.0), math::exp(-10.0), 1e-12);
        assert_eq!(rig_rs(80.0, 4).failure_after_wait(1.0), 1.0);
    }
}
