//! What if all that is known are quantiles read off a dashboard? Straight lines between them.

use serde::{Deserialize, Serialize};

use super::Law;
use super::sampler::{Other, Sampler, interpolate};
use crate::time::SimDuration;
use crate::units::Probability;

/// Durations between measured quantiles, equally likely within each gap: the inverse distribution
/// function is a line from point to point. `p` rises from 0 (shortest) to 1 (longest); the last gap
/// matters most for the mean, so give the true maximum, not the p99.9.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Empirical {
    /// 2 to 1000 points, for example `[{p: 0, value: 1ms}, {p: 50%, value: 5ms}, {p: 1, value: 80ms}]`.
    pub quantiles: Vec<Quantile>,
}

/// One point of an [`Empirical`] law: the share `p` of all durations is at most `value`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Quantile {
    /// Share of durations up to `value`, above the one of the point before.
    pub p: Probability,
    /// The duration, not below the one of the point before.
    pub value: SimDuration,
}

impl Empirical {
    const MAX_POINTS: usize = 1_000;

    /// Points `(p, seconds)`.
    fn knots_secs(&self) -> Vec<(f64, f64)> {
        self.quantiles.iter().map(|point| (point.p.get(), point.value.as_secs_f64())).collect()
    }
}

impl Law for Empirical {
    fn check(&self) -> Result<(), String> {
        let points = &self.quantiles;
        let count = points.len();
        if !(2..=Self::MAX_POINTS).contains(&count) {
            return Err(format!("`quantiles` must have 2 to {} points, found {count}", Self::MAX_POINTS));
        }
        let (first, last) = (points[0].p, points[count - 1].p);
        if first != Probability::ZERO || last != Probability::ONE {
            return Err(format!("`quantiles` must begin at p 0 and end at p 1, found {first} and {last}"));
        }
        for pair in points.windows(2) {
            if pair[0].p >= pair[1].p {
                return Err(format!(
                    "`p` must rise from point to point, found {} after {}",
                    pair[1].p, pair[0].p
                ));
            }
            if pair[0].value > pair[1].value {
                return Err(format!(
                    "`value` must not fall from point to point, found {} after {}",
                    pair[1].value, pair[0].value
                ));
            }
        }
        Ok(())
    }

    fn mean_secs(&self) -> Option<f64> {
        Some(self.knots_secs().windows(2).map(|w| (w[1].0 - w[0].0) * 0.5 * (w[0].1 + w[1].1)).sum())
    }

    fn cv2(&self) -> Option<f64> {
        let mean = self.mean_secs()?;
        if mean == 0.0 {
            return Some(0.0);
        }
        // Within a gap the law is uniform: spread of the gap's middle plus width^2 / 12.
        let spread = |w: &[(f64, f64)]| {
            let (middle, width) = (0.5 * (w[0].1 + w[1].1) - mean, w[1].1 - w[0].1);
            (w[1].0 - w[0].0) * (middle * middle + width * width / 12.0)
        };
        Some(self.knots_secs().windows(2).map(spread).sum::<f64>() / (mean * mean))
    }

    fn quantile_secs(&self, p: f64) -> f64 {
        let knots = self.knots_secs();
        let above = knots.partition_point(|knot| knot.0 < p);
        interpolate(knots[above - 1], knots[above], p)
    }

    fn sampler(&self) -> Sampler {
        let (first, last) = (self.quantiles[0].value, self.quantiles[self.quantiles.len() - 1].value);
        if first == last {
            return Sampler::always(first);
        }
        Other::Empirical(self.quantiles.iter().map(|q| (q.p.get(), q.value.as_nanos_f64())).collect()).into()
    }
}
