//! What does a bounded queue reject, and how long do the admitted stay? M/M/c/K.

use super::{assert_positive, birth_death};

/// Several servers with a bounded waiting line. Any load is allowed: what does not fit is rejected.
///
/// **Source.** Gross and Harris, *Fundamentals of Queueing Theory*, 1998, section 2.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmck {
    /// Arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// Services per unit of time of one busy server, above 0.
    pub service_rate: f64,
    /// Number of servers, at least 1.
    pub servers: u32,
    /// Most customers in the system, those in service included; at least `servers`. A scenario's
    /// queue capacity counts the waiting line only: this is that plus the workers.
    pub places: u32,
}

impl Mmck {
    /// Probability of 0, 1, ..., `places` customers in the system. Panics outside the domain.
    pub fn states(&self) -> Vec<f64> {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the service rate", self.service_rate);
        assert!(self.servers >= 1 && self.places >= self.servers, "all servers count as places: {self:?}");
        let load = self.arrival_rate / self.service_rate;
        birth_death(self.places, |n| load / f64::from(n.min(self.servers)))
    }

    /// Share of the arrivals that are rejected: they find every place taken.
    pub fn loss(&self) -> f64 {
        self.states()[self.places as usize]
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.states().iter().enumerate().map(|(n, p)| n as f64 * p).sum()
    }

    /// Served per unit of time.
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.loss())
    }

    /// Mean sojourn time of the admitted, L / (lambda (1 - loss)).
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_in_system() / self.throughput()
    }

    /// Mean waiting time of the admitted.
    pub fn mean_wait(&self) -> f64 {
        self.mean_sojourn() - 1.0 / self.service_rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;
    use crate::theory::mmc::{Mmc, erlang_b};

    #[test]
    fn an_overloaded_bounded_queue_is_that_of_public_test_p3() {
        let queue = Mmck { arrival_rate: 1.2, service_rate: 1.0, servers: 1, places: 10 };
        assert_near(queue.loss(), 0.192_586, 1e-5);
        assert_near(queue.mean_sojourn(), 6.926_14, 1e-6);
    }

    #[test]
    fn equal_rates_fill_every_state_equally() {
        let queue = Mmck { arrival_rate: 1.0, service_rate: 1.0, servers: 1, places: 9 };
        assert_near(queue.loss(), 0.1, 1e-12);
        assert_near(queue.mean_in_system(), 4.5, 1e-12);
    }

    #[test]
    fn without_a_waiting_line_it_is_erlang_b() {
        let queue = Mmck { arrival_rate: 3.2, service_rate: 1.0, servers: 4, places: 4 };
        assert_near(queue.loss(), erlang_b(3.2, 4), 1e-12);
        assert_near(queue.mean_sojourn(), 1.0, 1e-12);
    }

    #[test]
    fn with_a_long_waiting_line_it_is_erlang_c() {
        let bounded = Mmck { arrival_rate: 3.2, service_rate: 1.0, servers: 4, places: 500 };
        let unbounded = Mmc { arrival_rate: 3.2, service_rate: 1.0, servers: 4 };
        assert_near(bounded.mean_wait(), unbounded.mean_wait(), 1e-9);
    }
}
