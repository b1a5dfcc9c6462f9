//! Which durations have no shape to speak of? Constants, a range without preference, and two values.

use serde::{Deserialize, Serialize};

use super::Law;
use super::sampler::{Other, Sampler};
use crate::time::SimDuration;
use crate::units::Probability;

/// A bare duration in a file.
impl Law for SimDuration {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }

    fn cv2(&self) -> Option<f64> {
        Some(0.0)
    }

    fn quantile_secs(&self, _p: f64) -> f64 {
        self.as_secs_f64()
    }

    fn sampler(&self) -> Sampler {
        Sampler::always(*self)
    }
}

/// Always the same duration. The bare duration `10ms` says the same in fewer words.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Constant {
    /// The duration.
    pub value: SimDuration,
}

impl Law for Constant {
    fn check(&self) -> Result<(), String> {
        self.value.check()
    }

    fn mean_secs(&self) -> Option<f64> {
        self.value.mean_secs()
    }

    fn cv2(&self) -> Option<f64> {
        self.value.cv2()
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        self.value.quantile_secs(p)
    }

    fn sampler(&self) -> Sampler {
        self.value.sampler()
    }
}

/// Any duration between `min` and `max`, all equally likely: mean (min + max) / 2, variance
/// (max - min)^2 / 12. Fits what is bounded and otherwise unknown, such as a random phase.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Uniform {
    /// Shortest duration.
    pub min: SimDuration,
    /// Longest duration; not below `min`.
    pub max: SimDuration,
}

impl Law for Uniform {
    fn check(&self) -> Result<(), String> {
        if self.min > self.max {
            return Err(format!("`min` ({}) must not be longer than `max` ({})", self.min, self.max));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(0.5 * (self.min.as_secs_f64() + self.max.as_secs_f64()))
    }

    fn cv2(&self) -> Option<f64> {
        let (min, max) = (self.min.as_secs_f64(), self.max.as_secs_f64());
        if max == 0.0 {
            return Some(0.0);
        }
        Some((max - min) * (max - min) / (3.0 * (max + min) * (max + min)))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        self.min.as_secs_f64() + p * (self.max - self.min).as_secs_f64()
    }

    fn sampler(&self) -> Sampler {
        if self.min == self.max {
            return Sampler::always(self.min);
        }
        let min = self.min.as_nanos_f64();
        Other::Uniform { min, width: self.max.as_nanos_f64() - min }.into()
    }
}

/// `fast` most of the time, `slow` with probability `slow_ratio`: a cache miss, a hung dependency.
/// The rig of Google's SRE book (chapter 22) is `{fast: 100ms, slow: 100s, slow_ratio: 5%}`: its mean
/// is 5.1 s although 95 % take a tenth of a second.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Bimodal {
    /// The usual duration.
    pub fast: SimDuration,
    /// The unusual duration; not shorter than `fast`.
    pub slow: SimDuration,
    /// Share of the slow ones, 0 to 1.
    pub slow_ratio: Probability,
}

impl Law for Bimodal {
    fn check(&self) -> Result<(), String> {
        if self.fast > self.slow {
            return Err(format!("`fast` ({}) must not be longer than `slow` ({})", self.fast, self.slow));
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        let extra = self.slow.as_secs_f64() - self.fast.as_secs_f64();
        Some(self.fast.as_secs_f64() + self.slow_ratio.get() * extra)
    }

    fn cv2(&self) -> Option<f64> {
        let p = self.slow_ratio.get();
        let mean = self.mean_secs()?;
        if mean == 0.0 {
            return Some(0.0);
        }
        let relative = (self.slow.as_secs_f64() - self.fast.as_secs_f64()) / mean;
        Some(p * (1.0 - p) * relative * relative)
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        if p <= 1.0 - self.slow_ratio.get() { self.fast.as_secs_f64() } else { self.slow.as_secs_f64() }
    }

    fn sampler(&self) -> Sampler {
        let slow_share = self.slow_ratio.get();
        if slow_share == 0.0 || self.fast == self.slow {
            return Sampler::always(self.fast);
        }
        if slow_share == 1.0 {
            return Sampler::always(self.slow);
        }
        Other::Bimodal { slow_share, fast: self.fast, slow: self.slow }.into()
    }
}
