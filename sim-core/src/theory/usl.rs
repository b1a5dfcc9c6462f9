//! When does adding machines slow things down? Gunther's Universal Scalability Law.

use super::assert_positive;
use crate::math;

/// Throughput of N workers relative to one: N / (1 + a (N-1) + b N (N-1)).
///
/// **Source.** Gunther, *A Simple Capacity Model of Massively Parallel Transaction Systems*, CMG 1993;
/// *Guerrilla Capacity Planning*, 2007.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usl {
    /// a, contention: share of the work that only one can do at a time, 0 to 1. Alone it is Amdahl's
    /// law.
    pub contention: f64,
    /// b, coherency: cost of keeping every pair in agreement, 0 or more.
    pub coherency: f64,
}

impl Usl {
    /// Throughput of `workers` relative to one; `workers` at least 1. Panics outside the domain.
    pub fn speedup(&self, workers: f64) -> f64 {
        super::assert_share("contention", self.contention);
        assert!(self.coherency >= 0.0, "coherency is zero or more, found {}", self.coherency);
        assert!(workers >= 1.0, "at least one must work, found {workers}");
        workers / (1.0 + self.contention * (workers - 1.0) + self.coherency * workers * (workers - 1.0))
    }

    /// Number of workers with the highest throughput, sqrt((1 - a) / b); beyond it, more is slower.
    /// Infinite without coherency cost.
    pub fn peak_workers(&self) -> f64 {
        if self.coherency == 0.0 {
            return f64::INFINITY;
        }
        math::sqrt((1.0 - self.contention) / self.coherency).max(1.0)
    }

    /// Throughput of the parameters fitted to one worker's throughput, per unit of time.
    /// `one_worker` is above 0; panics otherwise.
    pub fn throughput(&self, one_worker: f64, workers: f64) -> f64 {
        assert_positive("the throughput of one worker", one_worker);
        one_worker * self.speedup(workers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn without_costs_scaling_is_linear() {
        assert_near(Usl { contention: 0.0, coherency: 0.0 }.speedup(64.0), 64.0, 1e-12);
    }

    #[test]
    fn contention_alone_is_amdahls_law() {
        // 5 % serial: at most 20 times as fast.
        let amdahl = Usl { contention: 0.05, coherency: 0.0 };
        assert_near(amdahl.speedup(16.0), 1.0 / (0.05 + 0.95 / 16.0), 1e-12);
        assert!(amdahl.speedup(1e9) < 20.0);
        assert_eq!(amdahl.peak_workers(), f64::INFINITY);
    }

    #[test]
    fn beyond_the_peak_more_is_slower() {
        let usl = Usl { contention: 0.02, coherency: 0.000_5 };
        let peak = usl.peak_workers();
        assert_near(peak, 44.27, 1e-3);
        assert!(usl.speedup(peak) > usl.speedup(0.9 * peak));
        assert!(usl.speedup(peak) > usl.speedup(1.1 * peak));
    }

    #[test]
    fn throughput_scales_with_one_workers() {
        assert_near(Usl { contention: 0.0, coherency: 0.0 }.throughput(50.0, 3.0), 150.0, 1e-12);
    }
}
