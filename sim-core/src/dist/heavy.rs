//! Which durations have a heavy tail, so that a rare giant outweighs thousands of small ones?

use serde::{Deserialize, Serialize};

use super::Law;
use super::sampler::{Other, Sampler};
use crate::math;
use crate::time::SimDuration;
use crate::units::Factor;

/// Weibull: P(longer than x) = e^(-(x/scale)^shape), mean scale Gamma(1 + 1/shape). Below shape 1 the
/// longer something has lasted the longer it still will; 1 is the exponential; above 1 it wears out.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Weibull {
    /// The duration that 36.8 % (1/e) of the draws exceed.
    pub scale: SimDuration,
    /// Shape, 0.1 to 100; below 1 heavy-tailed.
    pub shape: Factor,
}

impl Weibull {
    /// `E[X^power]` in units of scale^power.
    fn moment(&self, power: f64) -> f64 {
        math::gamma(1.0 + power / self.shape.get())
    }
}

impl Law for Weibull {
    fn check(&self) -> Result<(), String> {
        if !(0.1..=100.0).contains(&self.shape.get()) {
            return Err(format!("`shape` must lie between 0.1 and 100, found {}", self.shape));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.scale.as_secs_f64() * self.moment(1.0))
    }

    fn cv2(&self) -> Option<f64> {
        if self.scale == SimDuration::ZERO {
            return Some(0.0);
        }
        Some(self.moment(2.0) / (self.moment(1.0) * self.moment(1.0)) - 1.0)
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        self.scale.as_secs_f64() * math::pow(-math::ln_1p(-p), 1.0 / self.shape.get())
    }

    fn sampler(&self) -> Sampler {
        if self.shape == Factor::ONE || self.scale == SimDuration::ZERO {
            return Sampler::exponential(self.scale);
        }
        Other::Weibull { scale: self.scale.as_nanos_f64(), inverse_shape: 1.0 / self.shape.get() }.into()
    }
}

/// Pareto: P(longer than x) = (min/x)^shape for x >= min, mean min shape/(shape - 1). The mean is
/// infinite for shape <= 1 and the variance for shape <= 2: averages of such draws do not settle, and
/// what is reported as their mean depends on the longest one seen. Draws end at 100 years.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Pareto {
    /// Shortest duration, above zero.
    pub min: SimDuration,
    /// Tail exponent, 0.1 to 1000; 1 to 2 is common for sizes of files and jobs.
    pub shape: Factor,
}

impl Law for Pareto {
    fn check(&self) -> Result<(), String> {
        if self.min == SimDuration::ZERO {
            return Err("`min` must be above zero: it is the unit of a Pareto law".to_owned());
        }
        if !(0.1..=1000.0).contains(&self.shape.get()) {
            return Err(format!("`shape` must lie between 0.1 and 1000, found {}", self.shape));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        let shape = self.shape.get();
        (shape > 1.0).then(|| self.min.as_secs_f64() * shape / (shape - 1.0))
    }

    fn cv2(&self) -> Option<f64> {
        let shape = self.shape.get();
        (shape > 2.0).then(|| 1.0 / (shape * (shape - 2.0)))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        self.min.as_secs_f64() * math::exp(-math::ln_1p(-p) / self.shape.get())
    }

    fn sampler(&self) -> Sampler {
        Other::Pareto { min: self.min.as_nanos_f64(), inverse_shape: 1.0 / self.shape.get() }.into()
    }
}
