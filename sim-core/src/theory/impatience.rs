//! How many leave before their turn, and how long do the others wait? One server whose customers have
//! all the same patience: M/M/1+D.

use super::assert_positive;
use crate::math;

/// One server, Poisson arrivals, exponential service, first come first served. Who would wait longer than
/// `patience` is never served. Any load, also one above what the server can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impatient {
    /// Arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// Services per unit of time of the busy server, above 0.
    pub service_rate: f64,
    /// Longest wait that is accepted, above 0.
    pub patience: f64,
}

impl Impatient {
    fn valid(&self) -> (f64, f64, f64) {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the service rate", self.service_rate);
        assert_positive("the patience", self.patience);
        (self.arrival_rate, self.service_rate, self.patience)
    }

    /// Integral of e^(-(mu - lambda) x) over the waits that are accepted.
    fn accepted(&self) -> f64 {
        let (lambda, mu, patience) = self.valid();
        let theta = mu - lambda;
        if theta == 0.0 { patience } else { -math::exp_m1(-theta * patience) / theta }
    }

    /// P(the server is idle). The work ahead of an arrival has the density p0 lambda e^(-(mu - lambda) x)
    /// up to the patience, and p0 lambda e^(lambda patience) e^(-mu x) beyond, where nobody joins.
    fn idle(&self) -> f64 {
        let (lambda, mu, patience) = self.valid();
        let beyond = math::exp(-(mu - lambda) * patience) / mu;
        1.0 / (1.0 + lambda * (self.accepted() + beyond))
    }

    /// Share of the customers that are not served: P(work ahead > patience) =
    /// p0 rho e^(-(mu - lambda) patience).
    ///
    /// **Source.** Barrer, *Queuing with Impatient Customers and Ordered Service*, Operations Research 5(5),
    /// 1957; Baccelli and Hebuterne, *On Queues with Impatient Customers*, Performance 1981.
    pub fn loss(&self) -> f64 {
        let (lambda, mu, patience) = self.valid();
        self.idle() * lambda / mu * math::exp(-(mu - lambda) * patience)
    }

    /// Mean wait of those who are served.
    pub fn mean_wait(&self) -> f64 {
        let (lambda, mu, patience) = self.valid();
        let theta = mu - lambda;
        let weighted = if theta == 0.0 {
            0.5 * patience * patience
        } else {
            (self.accepted() - patience * math::exp(-theta * patience)) / theta
        };
        self.idle() * lambda * weighted / (1.0 - self.loss())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;
    use crate::theory::mm1::Mm1;

    fn queue(arrival_rate: f64, patience: f64) -> Impatient {
        Impatient { arrival_rate, service_rate: 1.0, patience }
    }

    #[test]
    fn much_patience_is_mm1_and_none_is_a_loss_system() {
        let mm1 = Mm1 { arrival_rate: 0.8, service_rate: 1.0 };
        assert_near(queue(0.8, 500.0).mean_wait(), mm1.mean_wait(), 1e-9);
        assert!(queue(0.8, 500.0).loss() < 1e-40);
        assert_near(queue(0.8, 1e-12).loss(), 0.8 / 1.8, 1e-9);
    }

    #[test]
    fn at_full_load_the_formula_has_a_simple_form() {
        // rho = 1: 1 / (2 + lambda d); a load next to it gives nearly the same.
        assert_near(queue(1.0, 3.0).loss(), 0.2, 1e-12);
        assert_near(queue(1.0 + 1e-7, 3.0).loss(), 0.2, 1e-6);
        assert_near(queue(1.0 + 1e-5, 3.0).mean_wait(), queue(1.0, 3.0).mean_wait(), 1e-4);
    }

    #[test]
    fn a_busy_server_serves_at_its_rate() {
        // What is served is what the server does when it is not idle.
        for queue in [queue(0.7, 2.0), queue(1.0, 2.0), queue(3.0, 0.5), queue(3.0, 8.0)] {
            assert_near(queue.arrival_rate * (1.0 - queue.loss()), 1.0 - queue.idle(), 1e-12);
        }
    }

    #[test]
    fn the_wait_of_the_served_lies_below_the_patience() {
        let overloaded = queue(3.0, 8.0);
        assert!(overloaded.mean_wait() < 8.0 && overloaded.mean_wait() > 7.0);
    }
}
