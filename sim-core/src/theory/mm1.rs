//! How long does a single queue make one wait? M/M/1: Poisson arrivals, exponential service, one
//! server, first come first served.

use super::{assert_inside, assert_positive};
use crate::math;

/// A queue with one server. Rates are per unit of time; `arrival_rate < service_rate`, or every
/// function panics.
///
/// **Source.** Kleinrock, *Queueing Systems*, volume 1, 1975, chapter 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    /// Arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// Services per unit of time that a busy server completes, above 0.
    pub service_rate: f64,
}

impl Mm1 {
    fn assert_stable(&self) {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the service rate", self.service_rate);
        assert!(self.arrival_rate < self.service_rate, "an overloaded queue has no mean wait: {self:?}");
    }

    /// Share of the time that the server is busy, rho = lambda / mu.
    pub fn utilisation(&self) -> f64 {
        self.assert_stable();
        self.arrival_rate / self.service_rate
    }

    /// Mean sojourn time W = 1 / (mu - lambda), waiting and service.
    pub fn mean_sojourn(&self) -> f64 {
        self.assert_stable();
        1.0 / (self.service_rate - self.arrival_rate)
    }

    /// Mean waiting time Wq = rho W. Serving last come first changes the law, not this mean.
    pub fn mean_wait(&self) -> f64 {
        self.utilisation() * self.mean_sojourn()
    }

    /// Mean number in the system, L = lambda W (Little).
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// Sojourn time that a share `p` of the customers does not exceed, -ln(1 - p) W. Panics unless
    /// 0 < p < 1.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        assert_inside(p);
        -math::ln_1p(-p) * self.mean_sojourn()
    }

    /// Waiting time that a share `p` of the customers does not exceed, W ln(rho / (1 - p)), and zero
    /// for those who find the server free. Panics unless 0 < p < 1.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        assert_inside(p);
        (math::ln(self.utilisation() / (1.0 - p)) * self.mean_sojourn()).max(0.0)
    }

    /// Relative standard error of the mean wait over `customers` successive customers:
    /// sqrt((2 + 5r - 4r^2 + r^3) / (r (1-r)^2 n)).
    ///
    /// **Source.** Daley, *The Serial Correlation Coefficients of Waiting Times in a Stationary Single
    /// Server Queue*, Journal of the Australian Mathematical Society 8, 1968.
    pub fn mean_wait_relative_standard_error(&self, customers: f64) -> f64 {
        assert_positive("the number of customers", customers);
        let r = self.utilisation();
        math::sqrt((2.0 + 5.0 * r - 4.0 * r * r + r * r * r) / (r * (1.0 - r) * (1.0 - r) * customers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    fn at(rho: f64) -> Mm1 {
        Mm1 { arrival_rate: rho, service_rate: 1.0 }
    }

    #[test]
    fn waits_and_quantiles_are_those_of_public_test_p1() {
        for (rho, wait, p50, p95, p99) in [
            (0.5, 1.0, 1.3863, 5.9915, 9.2103),
            (0.8, 4.0, 3.4657, 14.979, 23.026),
            (0.9, 9.0, 6.9315, 29.957, 46.052),
        ] {
            assert_near(at(rho).mean_wait(), wait, 1e-12);
            assert_near(at(rho).sojourn_quantile(0.5), p50, 3e-5);
            assert_near(at(rho).sojourn_quantile(0.95), p95, 3e-5);
            assert_near(at(rho).sojourn_quantile(0.99), p99, 3e-5);
        }
    }

    #[test]
    fn ninety_percent_busy_costs_ten_services() {
        // Curriculum, utilization-knee: 10 ms service.
        let knee = |rho: f64| Mm1 { arrival_rate: rho / 0.01, service_rate: 100.0 };
        assert_near(knee(0.9).mean_sojourn(), 0.1, 1e-12);
        assert_near(knee(0.5).mean_sojourn(), 0.02, 1e-12);
        assert_near(knee(0.9).sojourn_quantile(0.99), 0.46, 2e-3);
    }

    #[test]
    fn those_who_find_the_server_free_do_not_wait() {
        assert_eq!(at(0.8).wait_quantile(0.2), 0.0);
        // P(wait > t) = rho e^(-(mu - lambda) t).
        let t = at(0.8).wait_quantile(0.99);
        assert_near(0.8 * math::exp(-0.2 * t), 0.01, 1e-12);
    }

    #[test]
    fn a_million_customers_give_the_standard_errors_of_validation() {
        for (rho, percent) in [(0.5, 0.54), (0.8, 1.1), (0.9, 2.1), (0.95, 4.1)] {
            assert_near(100.0 * at(rho).mean_wait_relative_standard_error(1e6), percent, 0.03);
        }
    }

    #[test]
    #[should_panic(expected = "overloaded")]
    fn an_overloaded_queue_has_no_mean() {
        at(1.0).mean_wait();
    }
}
