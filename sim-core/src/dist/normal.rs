//! Which durations come from the bell curve? Its non-negative part, its absolute value, and the
//! log-normal, whose logarithm it is.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Law;
use super::sampler::{Other, Sampler};
use crate::math;
use crate::theory::root_of_rising;
use crate::time::SimDuration;
use crate::units::text_type;

/// The 99 % quantile of the standard normal law.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// P(N <= x) of a standard normal N.
fn normal_share_below(x: f64) -> f64 {
    0.5 * (1.0 + math::erf(x * FRAC_1_SQRT_2))
}

/// Density of a standard normal number at x.
fn normal_density(x: f64) -> f64 {
    0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * math::exp(-0.5 * x * x)
}

/// The x with P(N <= x) = p, exact to about 10^-15 / min(p, 1-p).
fn normal_quantile(p: f64) -> f64 {
    root_of_rising(-9.0, 9.0, |x| normal_share_below(x) - p)
}

/// Variance over squared mean; 0 where everything is zero.
fn cv2_of(mean: f64, mean_square: f64) -> f64 {
    if mean == 0.0 { 0.0 } else { (mean_square / (mean * mean) - 1.0).max(0.0) }
}

/// Bell curve; draws below zero become zero. With `sd` up to a third of `mean` that concerns one draw
/// in 740; with more the mean rises above `mean`, and `lognormal` is the more natural law.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Normal {
    /// Centre of the bell, also its median.
    pub mean: SimDuration,
    /// Standard deviation of the bell.
    pub sd: SimDuration,
}

impl Law for Normal {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        if sd == 0.0 {
            return Some(mean);
        }
        Some(mean * normal_share_below(mean / sd) + sd * normal_density(mean / sd))
    }

    fn cv2(&self) -> Option<f64> {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        if sd == 0.0 {
            return Some(0.0);
        }
        let z = mean / sd;
        let mean_square = (mean * mean + sd * sd) * normal_share_below(z) + mean * sd * normal_density(z);
        Some(cv2_of(self.mean_secs()?, mean_square))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        (self.mean.as_secs_f64() + self.sd.as_secs_f64() * normal_quantile(p)).max(0.0)
    }

    fn sampler(&self) -> Sampler {
        if self.sd == SimDuration::ZERO {
            return Sampler::always(self.mean);
        }
        Other::Normal { mean: self.mean.as_nanos_f64(), sd: self.sd.as_nanos_f64() }.into()
    }
}

/// Absolute value of a bell curve, |Normal(mean, sd)|: what is below zero is mirrored. The network
/// delay of the AWS article *Exponential Backoff And Jitter* is `{mean: 10ms, sd: 2ms}`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FoldedNormal {
    /// Centre of the bell before folding.
    pub mean: SimDuration,
    /// Standard deviation of the bell before folding.
    pub sd: SimDuration,
}

impl Law for FoldedNormal {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        if sd == 0.0 {
            return Some(mean);
        }
        Some(2.0 * sd * normal_density(mean / sd) + mean * math::erf(mean / sd * FRAC_1_SQRT_2))
    }

    fn cv2(&self) -> Option<f64> {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        if sd == 0.0 {
            return Some(0.0);
        }
        Some(cv2_of(self.mean_secs()?, mean * mean + sd * sd))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        let (mean, sd) = (self.mean.as_secs_f64(), self.sd.as_secs_f64());
        if sd == 0.0 {
            return mean;
        }
        let share_below = |x: f64| normal_share_below((x - mean) / sd) - normal_share_below((-x - mean) / sd);
        root_of_rising(0.0, mean + 9.0 * sd, |x| share_below(x) - p)
    }

    fn sampler(&self) -> Sampler {
        if self.sd == SimDuration::ZERO {
            return Sampler::always(self.mean);
        }
        Other::FoldedNormal { mean: self.mean.as_nanos_f64(), sd: self.sd.as_nanos_f64() }.into()
    }
}

/// Log-normal, the usual shape of measured latencies: give either `p50` and `p99`, or `mean` and `cv`.
/// With sigma^2 = ln(1 + cv^2), sigma = ln(p99/p50) / 2.326: median mean e^(-sigma^2/2).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LogNormal {
    /// Median: half of the draws are shorter. Together with `p99`; above zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<SimDuration>,
    /// 99 % of the draws are shorter. Together with `p50`; not below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<SimDuration>,
    /// Mean duration. Together with `cv`; above zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<SimDuration>,
    /// Standard deviation over mean, 0 to 1000; cv2 is its square. Together with `mean`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cv: Option<CoefficientOfVariation>,
}

impl LogNormal {
    /// The law with these two quantiles.
    pub fn of_quantiles(p50: SimDuration, p99: SimDuration) -> Self {
        LogNormal { p50: Some(p50), p99: Some(p99), ..LogNormal::default() }
    }

    /// The law with this mean and coefficient of variation.
    pub fn of_mean(mean: SimDuration, cv: CoefficientOfVariation) -> Self {
        LogNormal { mean: Some(mean), cv: Some(cv), ..LogNormal::default() }
    }

    /// Median in ns and sigma of the logarithm.
    fn median_and_sigma(&self) -> (f64, f64) {
        match (self.p50, self.p99, self.mean, self.cv) {
            (Some(p50), Some(p99), None, None) => {
                (p50.as_nanos_f64(), math::ln(p99.as_nanos_f64() / p50.as_nanos_f64()) / NORMAL_P99)
            }
            (None, None, Some(mean), Some(cv)) => {
                let variance = math::ln_1p(cv.get() * cv.get());
                (mean.as_nanos_f64() * math::exp(-0.5 * variance), math::sqrt(variance))
            }
            _ => panic!("a lognormal has either p50 and p99 or mean and cv: {self:?}"),
        }
    }

    fn median_secs(&self) -> f64 {
        self.median_and_sigma().0 * 1e-9
    }
}

impl Law for LogNormal {
    fn check(&self) -> Result<(), String> {
        let above_zero = |name: &str, value: SimDuration| match value {
            SimDuration::ZERO => Err(format!("`{name}` must be above zero: a log-normal duration is")),
            _ => Ok(()),
        };
        match (self.p50, self.p99, self.mean, self.cv) {
            (Some(p50), Some(p99), None, None) if p99 < p50 => {
                Err(format!("`p99` ({p99}) must not be shorter than `p50` ({p50})"))
            }
            (Some(p50), Some(_), None, None) => above_zero("p50", p50),
            (None, None, Some(mean), Some(_)) => above_zero("mean", mean),
            _ => {
                Err("give either `p50` and `p99`, or `mean` and `cv`: each pair determines the law"
                    .to_owned())
            }
        }
    }

    fn mean_secs(&self) -> Option<f64> {
        let sigma = self.median_and_sigma().1;
        Some(self.median_secs() * math::exp(0.5 * sigma * sigma))
    }

    fn cv2(&self) -> Option<f64> {
        let sigma = self.median_and_sigma().1;
        Some(math::exp_m1(sigma * sigma))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        self.median_secs() * math::exp(self.median_and_sigma().1 * normal_quantile(p))
    }

    fn sampler(&self) -> Sampler {
        let (median, sigma) = self.median_and_sigma();
        if sigma == 0.0 {
            return Sampler::always(SimDuration::from_nanos_f64(median));
        }
        Other::LogNormal { median, sigma }.into()
    }
}

/// Standard deviation over mean: 0 for a constant, 1 for the exponential, at most 1000.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct CoefficientOfVariation(f64);

impl CoefficientOfVariation {
    /// The number `cv`. Panics outside [0, 1000].
    pub fn new(cv: f64) -> Self {
        assert!((0.0..=1000.0).contains(&cv), "a coefficient of variation lies in [0, 1000], found {cv}");
        CoefficientOfVariation(cv)
    }

    /// The number in [0, 1000].
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for CoefficientOfVariation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().parse::<f64>() {
            Ok(cv) if (0.0..=1000.0).contains(&cv) => Ok(CoefficientOfVariation(cv)),
            _ => Err(format!(
                "`{text}` is no coefficient of variation; write a number from 0 to 1000, such as `0.5`"
            )),
        }
    }
}

impl fmt::Display for CoefficientOfVariation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

text_type!(
    CoefficientOfVariation,
    "CoefficientOfVariation",
    "Standard deviation over mean, 0 to 1000, for example `0.5`.",
    r"^\s*[0-9.eE+-]+\s*$"
);
