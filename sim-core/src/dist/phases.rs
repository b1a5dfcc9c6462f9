//! Which durations are made of exponential phases? One phase, several in a row (steadier), or one of
//! two (burstier). Queueing theory has exact results for them.

use serde::{Deserialize, Serialize};

use super::Law;
use super::sampler::{Other, Sampler};
use crate::math;
use crate::theory::root_of_rising;
use crate::time::SimDuration;
use crate::units::{Count, Factor};

/// Exponential: P(longer than x) = e^(-x/mean), cv = 1, median 0.69 mean, p99 4.6 mean. It has no
/// memory: having waited tells nothing about the rest. The service time of M/M/c.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Exponential {
    /// Mean duration.
    pub mean: SimDuration,
}

impl Law for Exponential {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.mean.as_secs_f64())
    }

    fn cv2(&self) -> Option<f64> {
        Some(if self.mean == SimDuration::ZERO { 0.0 } else { 1.0 })
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        -math::ln_1p(-p) * self.mean.as_secs_f64()
    }

    fn sampler(&self) -> Sampler {
        Sampler::exponential(self.mean)
    }
}

/// Sum of `shape` exponential phases of equal mean: cv = 1/sqrt(shape). A job of several steps, or any
/// work steadier than exponential; shape 4 has cv 0.5. (A. K. Erlang, 1917.)
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Erlang {
    /// Number of phases, 1 to 1000; 1 is the exponential.
    pub shape: Count,
    /// Mean of the whole duration, all phases together.
    pub mean: SimDuration,
}

impl Erlang {
    const MAX_SHAPE: u32 = 1_000;

    /// P(at most x), for x in units of one phase: 1 minus the chance that fewer than `shape` events
    /// of a Poisson process happen in x.
    fn share_below(&self, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let log_x = math::ln(x);
        let (mut log_term, mut above) = (-x, 0.0);
        for n in 1..=self.shape.get() {
            above += math::exp(log_term);
            log_term += log_x - math::ln(f64::from(n));
        }
        1.0 - above
    }
}

impl Law for Erlang {
    fn check(&self) -> Result<(), String> {
        if self.shape.get() > Self::MAX_SHAPE {
            return Err(format!("`shape` must be at most {}, found {}", Self::MAX_SHAPE, self.shape));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.mean.as_secs_f64())
    }

    fn cv2(&self) -> Option<f64> {
        Some(if self.mean == SimDuration::ZERO { 0.0 } else { 1.0 / f64::from(self.shape.get()) })
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        let shape = f64::from(self.shape.get());
        // Chernoff: beyond this many phases less than 1 - p is left.
        let high = 2.0 * shape - 4.0 * math::ln_1p(-p);
        root_of_rising(0.0, high, |x| self.share_below(x) - p) * self.mean.as_secs_f64() / shape
    }

    fn sampler(&self) -> Sampler {
        let shape = self.shape.get();
        if shape == 1 || self.mean == SimDuration::ZERO {
            return Sampler::exponential(self.mean);
        }
        Other::Erlang { shape, phase: self.mean.as_nanos_f64() / f64::from(shape) }.into()
    }
}

/// One of two exponentials, a frequent short one and a rare long one, which contribute equally to the
/// mean ("balanced means"): q = (1 - sqrt((cv2-1)/(cv2+1))) / 2 of the draws have mean/(2q), the rest
/// mean/(2(1-q)). Work burstier than exponential, with the exact cv2 of a formula such as M/G/1's.
/// (Whitt, *Approximating a Point Process by a Renewal Process*, Operations Research 30, 1982.)
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Hyperexponential {
    /// Mean duration.
    pub mean: SimDuration,
    /// Squared coefficient of variation, 1 to 1000000; 1 is the exponential.
    pub cv2: Factor,
}

impl Hyperexponential {
    /// Share of the long phase, and the means of the short and the long one over the whole mean.
    fn phases(&self) -> (f64, f64, f64) {
        let cv2 = self.cv2.get();
        let root = math::sqrt((cv2 - 1.0) / (cv2 + 1.0));
        // (1 - root) / 2 without its cancellation.
        let long_share = 1.0 / ((cv2 + 1.0) * (1.0 + root));
        (long_share, 0.5 / (1.0 - long_share), 0.5 / long_share)
    }
}

impl Law for Hyperexponential {
    fn check(&self) -> Result<(), String> {
        if self.cv2.get() < 1.0 {
            return Err(format!(
                "`cv2` must be at least 1, found {}; use `erlang` for what is steadier than exponential",
                self.cv2
            ));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.mean.as_secs_f64())
    }

    fn cv2(&self) -> Option<f64> {
        Some(if self.mean == SimDuration::ZERO { 0.0 } else { self.cv2.get() })
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        let (long_share, short, long) = self.phases();
        let above = |x: f64| (1.0 - long_share) * math::exp(-x / short) + long_share * math::exp(-x / long);
        let high = -math::ln_1p(-p) * long;
        root_of_rising(0.0, high, |x| 1.0 - p - above(x)) * self.mean.as_secs_f64()
    }

    fn sampler(&self) -> Sampler {
        if self.cv2 == Factor::ONE || self.mean == SimDuration::ZERO {
            return Sampler::exponential(self.mean);
        }
        let (long_share, short, long) = self.phases();
        let mean = self.mean.as_nanos_f64();
        Other::Hyperexponential { long_share, short: short * mean, long: long * mean }.into()
    }
}
