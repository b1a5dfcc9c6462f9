//! How long does something take? A law of random durations, as scenario files write it
//! ([`Distribution`]) and as the engine draws from it ([`Sampler`]).
//!
//! | law | use it for |
//! |---|---|
//! | a bare duration, `constant` | timers, fixed delays, work that never varies |
//! | `exponential` | the textbook's server: cv = 1, no memory |
//! | `erlang` | steadier than exponential: cv = 1/sqrt(shape) |
//! | `hyperexponential` | burstier than exponential: any cv2 >= 1 |
//! | `uniform`, `normal`, `folded_normal` | bounded or symmetric noise |
//! | `lognormal` | measured latencies: give p50 and p99, or mean and cv |
//! | `weibull`, `pareto` | heavy tails: file sizes, long jobs |
//! | `bimodal` | a fast path and a slow path: cache misses, hung calls |
//! | `empirical` | quantiles copied from a dashboard |
//!
//! A draw is rounded to the nearest nanosecond; a negative draw becomes zero and one beyond 100 years
//! becomes 100 years. [`Distribution::mean_secs`] and its siblings describe the law before that cut.

mod empirical;
mod fixed;
mod heavy;
mod normal;
mod phases;
mod sampler;

pub use empirical::{Empirical, Quantile};
pub use fixed::{Bimodal, Constant, Uniform};
pub use heavy::{Pareto, Weibull};
pub use normal::{CoefficientOfVariation, FoldedNormal, LogNormal, Normal};
pub use phases::{Erlang, Exponential, Hyperexponential};
pub use sampler::Sampler;

use serde::ser::{Serialize, Serializer};

use crate::time::SimDuration;

/// A law of random durations: a bare duration (`10ms`) is always the same, everything else names its
/// law, for example `exponential: {mean: 10ms}` or `lognormal: {p50: 8ms, p99: 60ms}`.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Distribution {
    /// Always `value`.
    Constant(Constant),
    /// Any duration between `min` and `max`, all equally likely.
    Uniform(Uniform),
    /// Exponential with this `mean`: most are short, some long, cv = 1. The textbook's service time.
    Exponential(Exponential),
    /// Sum of `shape` exponential phases: steadier than exponential, cv = 1/sqrt(shape).
    Erlang(Erlang),
    /// Either a short or a long exponential: burstier than exponential, cv2 >= 1 as given.
    Hyperexponential(Hyperexponential),
    /// Bell curve of `mean` and `sd`; draws below zero become zero.
    Normal(Normal),
    /// Absolute value of a bell curve: |Normal(mean, sd)|.
    FoldedNormal(FoldedNormal),
    /// Log-normal, the usual shape of measured latencies: `{p50, p99}` or `{mean, cv}`.
    #[serde(rename = "lognormal")]
    LogNormal(LogNormal),
    /// Weibull: shape below 1 has a heavy tail, 1 is exponential, above 1 is steadier.
    Weibull(Weibull),
    /// Pareto: P(longer than x) = (min/x)^shape, the heaviest tail here.
    Pareto(Pareto),
    /// `fast` most of the time, `slow` with probability `slow_ratio`.
    Bimodal(Bimodal),
    /// Straight lines between measured quantiles.
    Empirical(Empirical),
    /// Always this long.
    // The loader hands a plain scalar to the variant of this name; the schema shows the scalar itself,
    // for which the variant must stand last.
    #[serde(rename = "$text")]
    #[cfg_attr(feature = "schemars", schemars(untagged))]
    Text(SimDuration),
}

/// What every law says of itself, for settings that pass its own check. Bare numbers are seconds.
trait Law {
    /// One sentence about the first relation or bound that does not hold.
    fn check(&self) -> Result<(), String>;
    fn mean_secs(&self) -> Option<f64>;
    fn cv2(&self) -> Option<f64>;
    /// For 0 < p < 1.
    fn quantile_secs(&self, p: f64) -> f64;
    fn sampler(&self) -> Sampler;
}

impl Distribution {
    fn law(&self) -> &dyn Law {
        match self {
            Distribution::Constant(law) => law,
            Distribution::Uniform(law) => law,
            Distribution::Exponential(law) => law,
            Distribution::Erlang(law) => law,
            Distribution::Hyperexponential(law) => law,
            Distribution::Normal(law) => law,
            Distribution::FoldedNormal(law) => law,
            Distribution::LogNormal(law) => law,
            Distribution::Weibull(law) => law,
            Distribution::Pareto(law) => law,
            Distribution::Bimodal(law) => law,
            Distribution::Empirical(law) => law,
            Distribution::Text(law) => law,
        }
    }

    /// One sentence about the first setting that is out of its bounds or contradicts another. The
    /// other functions may panic or give NaN for a law that does not pass.
    pub fn check(&self) -> Result<(), String> {
        self.law().check()
    }

    /// Mean in seconds; `None` if it is infinite (Pareto of shape at most 1).
    pub fn mean_secs(&self) -> Option<f64> {
        self.law().mean_secs()
    }

    /// Squared coefficient of variation, variance / mean^2: 0 for a constant (and for zero), 1 for
    /// the exponential; `None` if it is infinite (Pareto of shape at most 2).
    pub fn cv2(&self) -> Option<f64> {
        self.law().cv2()
    }

    /// The duration in seconds that a share `p` of the draws does not exceed. Panics unless
    /// 0 < p < 1.
    pub fn quantile_secs(&self, p: f64) -> f64 {
        assert!(p > 0.0 && p < 1.0, "a quantile lies strictly between 0 and 1, found {p}");
        self.law().quantile_secs(p)
    }

    /// The form that the engine draws from.
    pub fn sampler(&self) -> Sampler {
        self.law().sampler()
    }

    /// The duration, if every draw is the same, whatever the law is called (`sd: 0s` counts).
    pub fn constant(&self) -> Option<SimDuration> {
        self.sampler().constant()
    }
}

impl Serialize for Distribution {
    /// Writes what a file would say: a bare duration stays one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! tagged {
            ($kind:literal, $law:expr) => {
                serializer.serialize_newtype_variant("Distribution", 0, $kind, $law)
            };
        }
        match self {
            Distribution::Constant(law) => tagged!("constant", law),
            Distribution::Uniform(law) => tagged!("uniform", law),
            Distribution::Exponential(law) => tagged!("exponential", law),
            Distribution::Erlang(law) => tagged!("erlang", law),
            Distribution::Hyperexponential(law) => tagged!("hyperexponential", law),
            Distribution::Normal(law) => tagged!("normal", law),
            Distribution::FoldedNormal(law) => tagged!("folded_normal", law),
            Distribution::LogNormal(law) => tagged!("lognormal", law),
            Distribution::Weibull(law) => tagged!("weibull", law),
            Distribution::Pareto(law) => tagged!("pareto", law),
            Distribution::Bimodal(law) => tagged!("bimodal", law),
            Distribution::Empirical(law) => tagged!("empirical", law),
            Distribution::Text(duration) => duration.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests;
