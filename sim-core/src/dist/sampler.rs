//! How does the engine draw a duration? From constants worked out once: a law becomes the few numbers
//! its draws need, in nanoseconds, and a law without spread becomes a constant.

use crate::luck::Draws;
use crate::math;
use crate::time::SimDuration;

/// A law with its constants worked out. Built by [`super::Distribution::sampler`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sampler(pub(super) Kind);

/// The laws of the hot path, and all others. Spans are in nanoseconds; U is uniform in (0, 1), E
/// exponential of mean 1, N standard normal.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Takes no draw.
    Constant(SimDuration),
    /// `mean E`.
    Exponential {
        mean: f64,
    },
    Other(Other),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Other {
    /// `min + width U`.
    Uniform { min: f64, width: f64 },
    /// `phase (E_1 + ... + E_shape)`.
    Erlang { shape: u32, phase: f64 },
    /// `long E` with probability `long_share`, else `short E`.
    Hyperexponential { long_share: f64, short: f64, long: f64 },
    /// `max(0, mean + sd N)`.
    Normal { mean: f64, sd: f64 },
    /// `|mean + sd N|`.
    FoldedNormal { mean: f64, sd: f64 },
    /// `median e^(sigma N)`.
    LogNormal { median: f64, sigma: f64 },
    /// `scale E^inverse_shape`.
    Weibull { scale: f64, inverse_shape: f64 },
    /// `min e^(E inverse_shape)`: the logarithm of a Pareto number is exponential.
    Pareto { min: f64, inverse_shape: f64 },
    /// `slow` with probability `slow_share`, else `fast`.
    Bimodal { slow_share: f64, fast: SimDuration, slow: SimDuration },
    /// Inverse distribution function, linear between `(p, value)`; first p is 0, last is 1.
    Empirical(Box<[(f64, f64)]>),
}

impl Sampler {
    /// A duration; all draws that it takes come from `draws`.
    #[inline(always)]
    pub fn sample(&self, draws: &mut Draws) -> SimDuration {
        match &self.0 {
            Kind::Constant(duration) => *duration,
            Kind::Exponential { mean } => SimDuration::from_nanos_f64(mean * draws.exponential()),
            Kind::Other(other) => other.sample(draws),
        }
    }

    /// The duration, if every draw is the same: constant delays can wait in a FIFO lane.
    pub const fn constant(&self) -> Option<SimDuration> {
        match self.0 {
            Kind::Constant(duration) => Some(duration),
            Kind::Exponential { .. } | Kind::Other(_) => None,
        }
    }

    pub(super) fn always(duration: SimDuration) -> Self {
        Sampler(Kind::Constant(duration))
    }

    pub(super) fn exponential(mean: SimDuration) -> Self {
        if mean == SimDuration::ZERO {
            return Sampler::always(mean);
        }
        Sampler(Kind::Exponential { mean: mean.as_nanos_f64() })
    }
}

impl From<Other> for Sampler {
    fn from(other: Other) -> Self {
        Sampler(Kind::Other(other))
    }
}

impl Other {
    #[inline(never)]
    fn sample(&self, draws: &mut Draws) -> SimDuration {
        let ns = match self {
            Other::Uniform { min, width } => min + width * draws.unit(),
            Other::Erlang { shape, phase } => phase * (0..*shape).map(|_| draws.exponential()).sum::<f64>(),
            Other::Hyperexponential { long_share, short, long } => {
                let mean = if draws.unit() < *long_share { long } else { short };
                mean * draws.exponential()
            }
            Other::Normal { mean, sd } => mean + sd * draws.normal(),
            Other::FoldedNormal { mean, sd } => (mean + sd * draws.normal()).abs(),
            Other::LogNormal { median, sigma } => median * math::exp(sigma * draws.normal()),
            Other::Weibull { scale, inverse_shape } => scale * math::pow(draws.exponential(), *inverse_shape),
            Other::Pareto { min, inverse_shape } => min * math::exp(draws.exponential() * inverse_shape),
            Other::Bimodal { slow_share, fast, slow } => {
                return if draws.unit() < *slow_share { *slow } else { *fast };
            }
            Other::Empirical(knots) => {
                let u = draws.unit();
                let above = knots.partition_point(|(p, _)| *p < u);
                interpolate(knots[above - 1], knots[above], u)
            }
        };
        // Also cuts off what is negative or too long.
        SimDuration::from_nanos_f64(ns)
    }
}

/// The value at `p` on the straight line through two points `(p, value)`.
pub(super) fn interpolate(from: (f64, f64), to: (f64, f64), p: f64) -> f64 {
    from.1 + (to.1 - from.1) * (p - from.0) / (to.0 - from.0)
}
