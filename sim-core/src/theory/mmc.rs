//! How long does one wait for the first free of several servers, and how often is none free? M/M/c
//! (Erlang C) and M/G/c/c (Erlang B).

use super::{assert_inside, assert_positive, root_of_rising};
use crate::math;

/// Share of arrivals that find all `servers` busy when nobody waits: loss of M/G/c/c, whatever the law
/// of the service time. `offered_load` = arrival rate x mean service time, above 0. Panics for less.
///
/// **Source.** Erlang, 1917; recursion B(k) = a B(k-1) / (k + a B(k-1)), Jagerman 1974.
pub fn erlang_b(offered_load: f64, servers: u32) -> f64 {
    assert_positive("the offered load", offered_load);
    (1..=servers).fold(1.0, |b, k| offered_load * b / (f64::from(k) + offered_load * b))
}

/// Share of arrivals that must wait in M/M/c with an unbounded queue. Panics unless
/// 0 < `offered_load` < `servers`.
///
/// **Source.** Erlang, 1917; Cooper, *Introduction to Queueing Theory*, 1981, chapter 3.
pub fn erlang_c(offered_load: f64, servers: u32) -> f64 {
    let b = erlang_b(offered_load, servers);
    let utilisation = offered_load / f64::from(servers);
    assert!(
        utilisation < 1.0,
        "a load of {offered_load} overloads {servers} servers: everyone waits for ever"
    );
    b / (1.0 - utilisation * (1.0 - b))
}

/// Several servers with one queue, first come first served. Every function panics unless
/// `arrival_rate < servers * service_rate`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    /// Arrivals per unit of time, above 0.
    pub arrival_rate: f64,
    /// Services per unit of time of one busy server, above 0.
    pub service_rate: f64,
    /// Number of servers, at least 1.
    pub servers: u32,
}

impl Mmc {
    /// Share of the time that a server is busy, lambda / (c mu).
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate / (f64::from(self.servers) * self.service_rate)
    }

    /// Share of the customers that wait (Erlang C).
    pub fn wait_probability(&self) -> f64 {
        erlang_c(self.arrival_rate / self.service_rate, self.servers)
    }

    /// Rate at which the wait of those who wait ends, c mu - lambda.
    fn drain_rate(&self) -> f64 {
        f64::from(self.servers) * self.service_rate - self.arrival_rate
    }

    /// Mean waiting time over all customers, Pw / (c mu - lambda).
    pub fn mean_wait(&self) -> f64 {
        self.wait_probability() / self.drain_rate()
    }

    /// Mean sojourn time, waiting and service.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// P(sojourn time > t), for t >= 0: the wait is zero or Exp(c mu - lambda), service is Exp(mu).
    pub fn sojourn_tail(&self, t: f64) -> f64 {
        let (waits, mu, theta) = (self.wait_probability(), self.service_rate, self.drain_rate());
        let service = math::exp(-mu * t);
        // P(wait + service > t) of those who wait is e^(-mu t) (1 + mu (1 - e^(-x)) / x t), where
        // x = (theta - mu) t may be zero.
        let x = (theta - mu) * t;
        let mean_factor = if x == 0.0 { 1.0 } else { -math::exp_m1(-x) / x };
        service * (1.0 + waits * mu * t * mean_factor)
    }

    /// Sojourn time that a share `p` of the customers does not exceed, by bisection of the tail.
    /// Panics unless 0 < p < 1.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        assert_inside(p);
        // Wait and service are each beyond this with less than (1 - p) / 2.
        let high = -math::ln(0.5 * (1.0 - p)) * (1.0 / self.drain_rate() + 1.0 / self.service_rate);
        root_of_rising(0.0, high, |t| 1.0 - p - self.sojourn_tail(t))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::mm1::Mm1;
    use crate::theory::{assert_near, birth_death};

    #[test]
    fn four_servers_are_those_of_public_test_p2() {
        let queue = Mmc { arrival_rate: 3.2, service_rate: 1.0, servers: 4 };
        assert_near(queue.wait_probability(), 0.59643, 1e-5);
        assert_near(queue.mean_wait(), 0.74554, 1e-5);
        assert_near(queue.sojourn_quantile(0.99), 6.8932, 1e-5);
        assert_near(queue.utilisation(), 0.8, 1e-12);
    }

    #[test]
    fn one_server_is_mm1() {
        let (many, one) = (
            Mmc { arrival_rate: 0.8, service_rate: 1.0, servers: 1 },
            Mm1 { arrival_rate: 0.8, service_rate: 1.0 },
        );
        assert_near(many.wait_probability(), 0.8, 1e-12);
        assert_near(many.mean_wait(), one.mean_wait(), 1e-12);
        assert_near(many.sojourn_quantile(0.99), one.sojourn_quantile(0.99), 1e-9);
    }

    #[test]
    fn the_tail_integrates_to_the_mean() {
        // Equal rates (c mu - lambda = mu) are the case that a naive formula divides by zero.
        for queue in [
            Mmc { arrival_rate: 3.0, service_rate: 1.0, servers: 4 },
            Mmc { arrival_rate: 7.2, service_rate: 1.0, servers: 8 },
        ] {
            let step = 1e-3;
            let area: f64 =
                (0..100_000).map(|k| queue.sojourn_tail((f64::from(k) + 0.5) * step) * step).sum();
            assert_near(area, queue.mean_sojourn(), 1e-6);
        }
    }

    #[test]
    fn eight_servers_share_a_queue_better_than_they_split_it() {
        // Curriculum, one-queue-or-many.
        let shared = Mmc { arrival_rate: 6.4, service_rate: 1.0, servers: 8 };
        assert_near(shared.mean_sojourn(), 1.29, 0.01);
        assert_near(Mm1 { arrival_rate: 0.8, service_rate: 1.0 }.mean_sojourn(), 5.0, 1e-12);
    }

    #[test]
    fn the_pool_of_the_sre_book_serves_a_fifth() {
        // Public test P8: 1000/s x (.95 x 100 ms + .05 x 100 s) = 5095 on 1000 threads.
        assert_near(1.0 - erlang_b(5_095.0, 1_000), 0.1962, 5e-4);
    }

    #[test]
    fn erlang_b_is_the_last_state_of_its_chain() {
        for (load, servers) in [(0.5, 1), (3.2, 4), (900.0, 1_000)] {
            let chain = birth_death(servers, |n| load / f64::from(n));
            assert_near(erlang_b(load, servers), chain[servers as usize], 1e-10);
        }
        // Table of Erlang B: 10 servers, 1 % loss at 4.4612 erlang.
        assert_near(erlang_b(4.4612, 10), 0.01, 1e-4);
    }
}
