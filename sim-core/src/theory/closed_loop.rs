//! What if clients wait for the answer before they ask again? A closed loop of N clients that think,
//! ask and wait: it slows itself down instead of piling up.

use super::{assert_positive, birth_death};

/// N clients around one queue. Spans are in one unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedLoop {
    /// Number of clients, at least 1.
    pub clients: u32,
    /// Mean time a client thinks between an answer and its next request, 0 or more.
    pub think: f64,
    /// Mean service time, above 0.
    pub service: f64,
    /// Number of servers behind the queue, at least 1.
    pub servers: u32,
}

/// What a closed loop settles to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// Answers per unit of time.
    pub throughput: f64,
    /// Mean response time, waiting and service.
    pub response: f64,
    /// Share of the time that a server is busy.
    pub utilisation: f64,
}

impl ClosedLoop {
    fn assert_valid(&self) {
        assert_positive("the service time", self.service);
        assert!(
            self.think >= 0.0 && self.think.is_finite(),
            "thinking takes zero or more, found {}",
            self.think
        );
        assert!(self.clients >= 1 && self.servers >= 1, "a loop needs a client and a server: {self:?}");
    }

    /// Highest throughput that any law of times allows, min(N / (Z + S), c / S).
    ///
    /// **Source.** Denning and Buzen, *The Operational Analysis of Queueing Network Models*, ACM
    /// Computing Surveys 10(3), 1978.
    pub fn throughput_bound(&self) -> f64 {
        self.assert_valid();
        (f64::from(self.clients) / (self.think + self.service)).min(f64::from(self.servers) / self.service)
    }

    /// Shortest mean response time that any law of times allows, max(S, N S / c - Z).
    pub fn response_bound(&self) -> f64 {
        self.assert_valid();
        self.service.max(f64::from(self.clients) * self.service / f64::from(self.servers) - self.think)
    }

    /// Number of clients at which the two bounds meet, c (Z + S) / S: with more, someone waits.
    pub fn saturating_clients(&self) -> f64 {
        self.assert_valid();
        f64::from(self.servers) * (self.think + self.service) / self.service
    }

    /// Mean response time at a measured throughput, R = N / X - Z (the interactive response time law).
    /// Panics unless `throughput` is above 0.
    pub fn response_at(&self, throughput: f64) -> f64 {
        self.assert_valid();
        assert_positive("the throughput", throughput);
        f64::from(self.clients) / throughput - self.think
    }

    /// Exact values for exponential thinking and service (machine repair, M/M/c//N), from the
    /// stationary law of the number at the queue. Without thinking all clients are always there.
    ///
    /// **Source.** Palm 1947; Gross and Harris, *Fundamentals of Queueing Theory*, 1998, section 2.7.
    pub fn exact(&self) -> Steady {
        self.assert_valid();
        let busy = |n: u32| f64::from(n.min(self.servers));
        let mean_busy = if self.think == 0.0 {
            busy(self.clients)
        } else {
            let per_server = self.service / self.think;
            let states =
                birth_death(self.clients, |n| f64::from(self.clients - n + 1) * per_server / busy(n));
            states.iter().zip(0..).map(|(p, n)| p * busy(n)).sum()
        };
        let throughput = mean_busy / self.service;
        Steady {
            throughput,
            response: self.response_at(throughput),
            utilisation: mean_busy / f64::from(self.servers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    /// Mean value analysis, the twin of [`ClosedLoop::exact`] for one server: a client that arrives
    /// sees the queue as it would be without that client (Reiser and Lavenberg, JACM 27(2), 1980).
    fn mean_value_analysis(clients: u32, think: f64, service: f64) -> (f64, f64) {
        let (mut queue, mut throughput, mut response) = (0.0, 0.0, 0.0);
        for n in 1..=clients {
            response = service * (1.0 + queue);
            throughput = f64::from(n) / (response + think);
            queue = throughput * response;
        }
        (throughput, response)
    }

    #[test]
    fn the_stationary_law_agrees_with_mean_value_analysis() {
        for (clients, think) in [(1, 5.0), (10, 5.0), (50, 20.0), (2_000, 3.0), (10, 0.0)] {
            let exact = ClosedLoop { clients, think, service: 1.0, servers: 1 }.exact();
            let (throughput, response) = mean_value_analysis(clients, think, 1.0);
            assert_near(exact.throughput, throughput, 1e-10);
            assert_near(exact.response, response, 1e-9);
            assert_near(exact.utilisation, throughput, 1e-10);
        }
    }

    #[test]
    fn as_many_servers_as_clients_make_nobody_wait() {
        let steady = ClosedLoop { clients: 7, think: 3.0, service: 2.0, servers: 7 }.exact();
        assert_near(steady.response, 2.0, 1e-12);
        assert_near(steady.throughput, 1.4, 1e-12);
    }

    #[test]
    fn bounds_hold_and_are_met_far_from_the_knee() {
        let at = |clients| ClosedLoop { clients, think: 9.0, service: 1.0, servers: 1 };
        assert_near(at(1).saturating_clients(), 10.0, 1e-12);
        for clients in [1, 5, 10, 20, 100] {
            let exact = at(clients).exact();
            assert!(exact.throughput <= at(clients).throughput_bound() + 1e-12);
            assert!(exact.response >= at(clients).response_bound() - 1e-9);
        }
        assert_near(at(1).exact().throughput, at(1).throughput_bound(), 1e-12);
        assert_near(at(100).exact().throughput, at(100).throughput_bound(), 1e-9);
        assert_near(at(100).exact().response, at(100).response_bound(), 1e-6);
    }
}
