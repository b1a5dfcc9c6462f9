//! And if each one who waits makes the server slower? One server of rate mu / (1 + beta n) with n in the
//! system, and a bounded line.

use super::{assert_positive, birth_death};

/// A single server that loses speed with its queue.
///
/// A birth-death chain with births at lambda and deaths at mu / (1 + beta n). Unbounded it is transient for
/// every lambda and beta above 0: lambda (1 + beta n) / mu grows without end, so that the weights of the states
/// do and the chain leaves every finite set for good. Only with a bound is there a stationary law. Its weights
/// fall up to n* (see [`Slowing::tipping_number`]) and rise beyond: with room far above n* there are two
/// places to be, an almost empty one and a full one, and only chance leads from one to the other.
///
/// **Source.** Gross and Harris, *Fundamentals of Queueing Theory*, 1998, section 2.9 (state-dependent
/// service), with the general birth-death solution of section 2.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slowing {
    /// lambda, arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// mu, services per unit of time at full speed, above 0.
    pub service_rate: f64,
    /// beta, by how much longer work takes for each in the system, 0 or more.
    pub per_request: f64,
    /// Most in the system, the one in service included, at least 1.
    pub places: u32,
}

impl Slowing {
    /// Probability of 0, 1, ..., `places` in the system. Panics outside the domain.
    pub fn states(&self) -> Vec<f64> {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the service rate", self.service_rate);
        assert!(self.per_request >= 0.0 && self.places >= 1, "outside the domain: {self:?}");
        let load = self.arrival_rate / self.service_rate;
        birth_death(self.places, |n| load * (1.0 + self.per_request * f64::from(n)))
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.states().iter().enumerate().map(|(n, p)| n as f64 * p).sum()
    }

    /// Share of the arrivals that find no place.
    pub fn loss(&self) -> f64 {
        self.states()[self.places as usize]
    }

    /// n*: with fewer in the system work is done faster than it comes, with more slower. Infinite without a
    /// slow-down, below 0 where even the first is too slow.
    pub fn tipping_number(&self) -> f64 {
        (self.service_rate / self.arrival_rate - 1.0) / self.per_request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;
    use crate::theory::mmck::Mmck;

    #[test]
    fn without_a_slow_down_it_is_mm1k() {
        let slowing = Slowing { arrival_rate: 1.2, service_rate: 1.0, per_request: 0.0, places: 10 };
        let mmck = Mmck { arrival_rate: 1.2, service_rate: 1.0, servers: 1, places: 10 };
        assert_near(slowing.loss(), mmck.loss(), 1e-12);
        assert_near(slowing.mean_in_system(), mmck.mean_in_system(), 1e-12);
        assert_eq!(Slowing { arrival_rate: 0.5, ..slowing }.tipping_number(), f64::INFINITY);
    }

    #[test]
    fn two_places_by_hand() {
        // Weights 1, 0.5 * 1.5, 0.75 * 0.5 * 2 for beta = .5.
        let slowing = Slowing { arrival_rate: 0.5, service_rate: 1.0, per_request: 0.5, places: 2 };
        assert_near(slowing.loss(), 0.75 / 2.5, 1e-12);
        assert_near(slowing.mean_in_system(), (0.75 + 1.5) / 2.5, 1e-12);
    }

    #[test]
    fn the_law_has_two_peaks_around_the_tipping_number() {
        let slowing = Slowing { arrival_rate: 0.5, service_rate: 1.0, per_request: 0.05, places: 60 };
        assert_near(slowing.tipping_number(), 20.0, 1e-12);
        let states = slowing.states();
        assert!(states[19] < states[18] && states[21] > states[20] && states[0] > states[20]);
    }
}
