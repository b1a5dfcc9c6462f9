//! What does the variance of the work add to the wait, and what if everyone is served at once? M/G/1,
//! first come first served or processor sharing.

use super::assert_positive;

/// One server, Poisson arrivals, any law of service times. Every function panics unless
/// `arrival_rate * mean_service < 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    /// Arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// Mean service time, above 0.
    pub mean_service: f64,
    /// Squared coefficient of variation of the service time (`Distribution::cv2`): 0 for a constant,
    /// 1 for the exponential.
    pub cv2: f64,
}

impl Mg1 {
    /// Share of the time that the server is busy, `rho = lambda E[S]`.
    pub fn utilisation(&self) -> f64 {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the mean service time", self.mean_service);
        assert!(self.cv2 >= 0.0, "a squared coefficient of variation is zero or more, found {}", self.cv2);
        let rho = self.arrival_rate * self.mean_service;
        assert!(rho < 1.0, "an overloaded queue has no mean wait: {self:?}");
        rho
    }

    /// Mean waiting time, `rho E[S] (1 + cv2) / (2 (1 - rho))`; the same for first and last come first
    /// served.
    ///
    /// **Source.** Pollaczek 1930, Khinchine 1932; Kleinrock, *Queueing Systems*, volume 1, section 5.
    pub fn mean_wait(&self) -> f64 {
        let rho = self.utilisation();
        rho * self.mean_service * (1.0 + self.cv2) / (2.0 * (1.0 - rho))
    }

    /// Mean sojourn time, waiting and service, in order of arrival.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Mean sojourn time when the server divides itself among all present (processor sharing):
    /// `E[S] / (1 - rho)`, whatever the variance.
    ///
    /// **Source.** Kleinrock, *Time-shared Systems: a Theoretical Treatment*, Journal of the ACM 14,
    /// 1967.
    pub fn mean_sojourn_shared(&self) -> f64 {
        self.mean_service / (1.0 - self.utilisation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;
    use crate::theory::mm1::Mm1;

    fn queue(rho: f64, cv2: f64) -> Mg1 {
        Mg1 { arrival_rate: rho, mean_service: 1.0, cv2 }
    }

    #[test]
    fn constant_and_variable_work_are_those_of_public_test_p4() {
        assert_near(queue(0.8, 0.0).mean_wait(), 2.0, 1e-12);
        assert_near(queue(0.7, 4.0).mean_wait(), 5.8333, 1e-5);
    }

    #[test]
    fn variance_of_four_waits_five_times_as_long_as_none() {
        // Curriculum, utilization-knee.
        assert_near(queue(0.8, 4.0).mean_wait() / queue(0.8, 0.0).mean_wait(), 5.0, 1e-12);
    }

    #[test]
    fn exponential_work_is_mm1_shared_or_not() {
        let mm1 = Mm1 { arrival_rate: 0.8, service_rate: 1.0 };
        assert_near(queue(0.8, 1.0).mean_wait(), mm1.mean_wait(), 1e-12);
        assert_near(queue(0.8, 1.0).mean_sojourn(), mm1.mean_sojourn(), 1e-12);
        assert_near(queue(0.8, 9.0).mean_sojourn_shared(), mm1.mean_sojourn(), 1e-12);
    }
}
