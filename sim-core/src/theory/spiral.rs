//! When does a service collapse that its own crowd slows down, when does it come back, and which burst does
//! it survive? The birth-death chain of a death spiral.
//!
//! Capacity mu(n) depends on the number n in the system. Where it falls below the load lambda, the crowd
//! grows by itself: between the healthy crowd, where mu(n) rises through lambda, and the stuck one at the
//! bound lies a *tipping number* that chance crosses now and then. Both ways take a time that grows
//! exponentially with the distance.
//!
//! **When it holds.** Exactly, for the engine's model of one instance with Poisson arrivals, exponential
//! work, no timeouts, a bounded queue of any order (`fifo`, `lifo`, `processor_sharing`) and `degradation`
//! or `memory`; work that is under way changes its speed with the crowd there as it does here. With
//! `memory` the bound is the crash.
//!
//! **Source.** Karlin and Taylor, *A First Course in Stochastic Processes*, 1975, sections 4.4 to 4.7;
//! solved as a [`chain`](super::chain).

use super::assert_positive;
use super::chain::{Chain, Place};
use crate::policy::{degradation, memory};

/// A service whose capacity depends on the number in the system, and a bound for that.
#[derive(Clone, Debug, PartialEq)]
pub struct Spiral {
    arrival_rate: f64,
    /// Completions per unit of time with 1, 2, ... in the system.
    capacities: Vec<f64>,
}

impl Spiral {
    /// Poisson arrivals at `arrival_rate` at `workers` workers of `service_rate` each, at most `places` in
    /// the system, those in service included. `speed` is that of one worker with so many in service and in
    /// the system, 1 for full speed. Panics unless rates are above 0, there is a worker and a place, and
    /// speeds are not negative.
    pub fn new(
        arrival_rate: f64,
        service_rate: f64,
        workers: u32,
        places: u32,
        speed: impl Fn(u32, u32) -> f64,
    ) -> Self {
        assert_positive("the arrival rate", arrival_rate);
        assert_positive("the service rate", service_rate);
        assert!(workers >= 1 && places >= 1, "at least one worker and one place");
        let capacity = |n: u32| {
            let in_service = n.min(workers);
            f64::from(in_service) * service_rate * speed(in_service, n)
        };
        let capacities: Vec<f64> = (1..=places).map(capacity).collect();
        assert!(capacities.iter().all(|c| c.is_finite() && *c >= 0.0), "a speed is finite and not negative");
        Spiral { arrival_rate, capacities }
    }

    /// The same with the `degradation` of a file.
    pub fn degraded(
        arrival_rate: f64,
        service_rate: f64,
        workers: u32,
        places: u32,
        degradation: &degradation::Config,
    ) -> Self {
        let speed = |in_service, in_system| degradation.speed(in_service, in_system);
        Spiral::new(arrival_rate, service_rate, workers, places, speed)
    }

    /// The same with the `memory` of a file and no other bound: the last place is the attempt that crashes
    /// the instance. Panics if no attempt takes memory, or as many as 2^32 fit.
    pub fn short_of_memory(
        arrival_rate: f64,
        service_rate: f64,
        workers: u32,
        memory: &memory::Config,
    ) -> Self {
        let (heap, base, each) = (memory.heap.bytes(), memory.base.bytes(), memory.per_request.bytes());
        assert!(each > 0, "attempts take no memory");
        let places = u32::try_from((heap - base).div_ceil(each)).expect("memory for less than 2^32 attempts");
        let speed = |_, in_system: u32| 1.0 / memory.factor(base + u64::from(in_system) * each);
        Spiral::new(arrival_rate, service_rate, workers, places, speed)
    }

    /// Most in the system.
    pub fn places(&self) -> usize {
        self.capacities.len()
    }

    /// lambda.
    pub fn arrival_rate(&self) -> f64 {
        self.arrival_rate
    }

    /// mu(n), completions per unit of time with `n` in the system; 0 for nobody.
    pub fn capacity(&self, n: usize) -> f64 {
        if n == 0 { 0.0 } else { self.capacities[n - 1] }
    }

    /// The crowd where the service is at rest: the first n that is served at least as fast as others come.
    /// `None` if there is none: it collapses at once.
    pub fn healthy(&self) -> Option<usize> {
        self.capacities.iter().position(|capacity| *capacity >= self.arrival_rate).map(|k| k + 1)
    }

    /// The last n above the healthy crowd from which it still shrinks on average; with one more it grows.
    /// `None` if there is no such place: then it always shrinks, or never.
    pub fn tipping_number(&self) -> Option<usize> {
        let healthy = self.healthy()?;
        let slow =
            self.capacities[healthy - 1..].iter().position(|capacity| *capacity < self.arrival_rate)?;
        Some(healthy - 1 + slow)
    }

    fn chain(&self) -> Chain {
        let mut chain = Chain::new(self.places() + 1, 1);
        for n in 1..=self.places() {
            chain.add(n - 1, n, self.arrival_rate);
            chain.add(n, n - 1, self.capacity(n));
        }
        chain
    }

    /// Probability of 0, 1, ..., `places` in the system in the long run. Panics if a crowd is not served at
    /// all.
    pub fn states(&self) -> Vec<f64> {
        self.chain().steady()
    }

    /// Mean time until there are `to` for the first time, from `from` on: to collapse, or to recover. 0
    /// from there.
    pub fn mean_time(&self, from: usize, to: usize) -> f64 {
        self.chain().passage(|n| if n == to { Place::Good } else { Place::Way }).time[from]
    }

    /// P(recover) for crowds of 0, 1, ..., `places`: probability of shrinking to `well` before there are
    /// `lost`. Panics unless `well` < `lost` <= places.
    pub fn recovers(&self, well: usize, lost: usize) -> Vec<f64> {
        assert!(well < lost && lost <= self.places(), "{well} is below {lost}, at most {}", self.places());
        let place = |n: usize| match n {
            n if n <= well => Place::Good,
            n if n >= lost => Place::Bad,
            _ => Place::Way,
        };
        self.chain().passage(place).chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::policy::testing::read;
    use crate::theory::assert_near;
    use crate::theory::mmck::Mmck;
    use crate::theory::slowing::Slowing;

    fn linear(per_request: f64, places: u32) -> Spiral {
        let config: degradation::Config =
            read(&format!(r#"{{"linear": {{"per_request": {per_request}}}}}"#)).expect("readable");
        Spiral::degraded(0.5, 1.0, 1, places, &config)
    }

    #[test]
    fn without_a_slow_down_it_is_mmck() {
        let spiral = Spiral::new(3.0, 1.0, 4, 12, |_, _| 1.0);
        let mmck = Mmck { arrival_rate: 3.0, service_rate: 1.0, servers: 4, places: 12 };
        for (value, wanted) in spiral.states().iter().zip(mmck.states()) {
            assert_near(*value, wanted, 1e-12);
        }
        assert_eq!((spiral.healthy(), spiral.tipping_number()), (Some(3), None));
    }

    #[test]
    fn the_linear_one_is_that_of_slowing() {
        let spiral = linear(0.05, 60);
        let slowing = Slowing { arrival_rate: 0.5, service_rate: 1.0, per_request: 0.05, places: 60 };
        for (value, wanted) in spiral.states().iter().zip(slowing.states()) {
            assert_near(*value, wanted, 1e-12);
        }
        // 20 are served exactly as fast as others come.
        assert_eq!(spiral.tipping_number(), Some(20));
        assert_eq!(spiral.healthy(), Some(1));
    }

    #[test]
    fn the_mean_time_is_the_double_sum_of_the_textbook() {
        // E[time n to n + 1] = sum over m <= n of pi(m) / (lambda pi(n)).
        let spiral = linear(0.05, 60);
        let pi = spiral.states();
        let below = |n: usize| pi[..=n].iter().sum::<f64>() / (0.5 * pi[n]);
        assert_near(spiral.mean_time(0, 40), (0..40).map(below).sum(), 1e-10);
        let above = |n: usize| pi[n..].iter().sum::<f64>() / (spiral.capacity(n) * pi[n]);
        assert_near(spiral.mean_time(60, 0), (1..=60).map(above).sum(), 1e-10);
        assert_eq!(spiral.mean_time(7, 7), 0.0);
    }

    #[test]
    fn recovery_is_a_matter_of_chance_at_the_tipping_number() {
        let chance = linear(0.05, 60).recovers(0, 60);
        assert_eq!((chance[0], chance[60]), (1.0, 0.0));
        assert!(chance.windows(2).all(|pair| pair[1] < pair[0]));
        assert!(chance[10] > 0.95 && (0.3..0.7).contains(&chance[20]) && chance[35] < 0.05, "{chance:?}");
    }

    #[test]
    fn the_time_to_collapse_grows_exponentially_with_the_distance() {
        // beta n* = 1 throughout: twice the distance, the square of the time, roughly.
        let time = |per_request: f64, places: u32| linear(per_request, places).mean_time(0, places as usize);
        let (near, far) = (math::ln(time(0.1, 30)), math::ln(time(0.05, 60)));
        assert!((1.4..2.0).contains(&(far / near)), "{near} {far}");
    }

    #[test]
    fn memory_ends_where_the_crash_is() {
        let memory: memory::Config =
            read(r#"{"heap": "4GiB", "base": "1GiB", "per_request": "256MiB", "gc_cost": 0.3}"#)
                .expect("readable");
        let spiral = Spiral::short_of_memory(5.0, 1.0, 6, &memory);
        assert_eq!(spiral.places(), 12);
        // 6 in service: 2.5 of 4 GiB are live.
        assert_near(spiral.capacity(6), 6.0 / 1.5, 1e-12);
        assert_eq!(spiral.capacity(12), 0.0);
        assert!(spiral.mean_time(0, 12).is_finite());
    }

    #[test]
    fn past_the_peak_of_the_scalability_law_more_workers_are_a_spiral() {
        let usl: degradation::Config =
            read(r#"{"usl": {"contention": 0.03, "coherency": 0.01}}"#).expect("readable");
        let spiral = Spiral::degraded(4.0, 1.0, 40, 60, &usl);
        let tips = spiral.tipping_number().expect("40 workers are past the peak");
        assert!((10..25).contains(&tips) && spiral.capacity(tips) >= 4.0 && spiral.capacity(tips + 1) < 4.0);
    }
}
