//! How does a request draw an exponential or a normal number with one multiplication? By a ziggurat:
//! the area under the density is cut into 256 layers of equal area; a uniform point of a random layer
//! lies inside in 99 % of the cases, and only near the edge the density itself is asked.
//!
//! A draw takes one 64-bit number, in about 1 % of the cases more. That is allowed within a request's
//! luck only: on shared streams every variate takes the same number of draws ([`crate::streams`]).
//!
//! **Source.** Marsaglia and Tsang, *The Ziggurat Method for Generating Random Variables*, Journal of
//! Statistical Software 5(8), 2000. Deviations: layer, sign and position come from different bits of
//! the 64 (their 32-bit original reused them: Doornik, 2005), and arithmetic is in `f64`.

mod tables;

use crate::luck::Draws;
use crate::math;
use crate::streams::open_unit;

const LAYERS: usize = 256;

/// Layers of one density, from the base (with the tail) to the top.
struct Ziggurat {
    layers: [Layer; LAYERS],
    /// Density at each edge, from 0 (the base has its own rule) to 1.
    heights: [f64; LAYERS + 1],
}

/// What the common case needs, side by side in memory.
#[derive(Clone, Copy)]
struct Layer {
    /// Positions below this one lie under the density for certain.
    inside: u64,
    /// Width of the layer per step of position.
    step: f64,
}

static EXPONENTIAL: Ziggurat = Ziggurat::new(&tables::EXPONENTIAL_EDGES, tables::EXPONENTIAL_AREA);
static NORMAL: Ziggurat = Ziggurat::new(&tables::NORMAL_EDGES, tables::NORMAL_AREA);

/// Where the tail of `e^-x` begins.
const EXPONENTIAL_TAIL: f64 = tables::EXPONENTIAL_EDGES[1];
/// Where the tail of `e^(-x^2/2)` begins.
const NORMAL_TAIL: f64 = tables::NORMAL_EDGES[1];

/// Positions within a layer: 0 to 2^53 - 1.
const POSITIONS: f64 = (1u64 << 53) as f64;

impl Ziggurat {
    const fn new(edges: &[f64; LAYERS + 1], area: f64) -> Self {
        let mut layers = [Layer { inside: 0, step: 0.0 }; LAYERS];
        let mut heights = [0.0; LAYERS + 1];
        let mut k = 0;
        while k < LAYERS {
            layers[k].inside = (edges[k + 1] / edges[k] * POSITIONS) as u64;
            layers[k].step = edges[k] / POSITIONS;
            // The layer is a rectangle: its height is its area over its width. For the base that is
            // the density at the beginning of the tail.
            heights[k + 1] = heights[k] + area / edges[k];
            k += 1;
        }
        Ziggurat { layers, heights }
    }

    /// Layer number and position within it, from disjoint bits (0 to 7, 11 to 63).
    #[inline(always)]
    fn place(&self, bits: u64) -> (usize, u64) {
        ((bits & 0xff) as usize, bits >> 11)
    }
}

/// An exponential number of mean 1 from any source of 64 uniform bits.
#[inline]
pub fn exponential_from(mut next: impl FnMut() -> u64) -> f64 {
    let (layer, position) = EXPONENTIAL.place(next());
    let x = position as f64 * EXPONENTIAL.layers[layer].step;
    if position < EXPONENTIAL.layers[layer].inside {
        return x;
    }
    exponential_at_edge(layer, x, &mut next)
}

/// A normal number of mean 0 and standard deviation 1 from any source of 64 uniform bits.
#[inline]
pub fn normal_from(mut next: impl FnMut() -> u64) -> f64 {
    let bits = next();
    let (layer, position) = NORMAL.place(bits);
    let x = position as f64 * NORMAL.layers[layer].step;
    if position < NORMAL.layers[layer].inside {
        return with_sign(x, bits);
    }
    normal_at_edge(layer, x, bits, &mut next)
}

/// An exponential number of mean 1.
#[inline]
pub(crate) fn exponential(draws: &mut Draws) -> f64 {
    exponential_from(|| draws.bits())
}

/// A normal number of mean 0 and standard deviation 1.
#[inline]
pub(crate) fn normal(draws: &mut Draws) -> f64 {
    normal_from(|| draws.bits())
}

/// `x` or `-x`, as bit 8 says.
#[inline]
fn with_sign(x: f64, bits: u64) -> f64 {
    f64::from_bits(x.to_bits() | (bits & 0x100) << 55)
}

/// The rare case: the point at `x` may lie outside the density.
#[cold]
#[inline(never)]
fn exponential_at_edge(mut layer: usize, mut x: f64, next: &mut impl FnMut() -> u64) -> f64 {
    loop {
        if layer == 0 {
            // Without memory: what lies beyond the beginning of the tail is exponential again.
            return EXPONENTIAL_TAIL - math::ln(open_unit(next()));
        }
        let (low, high) = (EXPONENTIAL.heights[layer], EXPONENTIAL.heights[layer + 1]);
        if low + (high - low) * open_unit(next()) < math::exp(-x) {
            return x;
        }
        let position;
        (layer, position) = EXPONENTIAL.place(next());
        x = position as f64 * EXPONENTIAL.layers[layer].step;
        if position < EXPONENTIAL.layers[layer].inside {
            return x;
        }
    }
}

/// The rare case: the point at `x` may lie outside the density. Every further point brings its own
/// `bits`, whose sign then holds.
#[cold]
#[inline(never)]
fn normal_at_edge(mut layer: usize, mut x: f64, mut bits: u64, next: &mut impl FnMut() -> u64) -> f64 {
    loop {
        if layer == 0 {
            return with_sign(NORMAL_TAIL + normal_beyond_tail(next), bits);
        }
        let (low, high) = (NORMAL.heights[layer], NORMAL.heights[layer + 1]);
        if low + (high - low) * open_unit(next()) < math::exp(-0.5 * x * x) {
            return with_sign(x, bits);
        }
        bits = next();
        let position;
        (layer, position) = NORMAL.place(bits);
        x = position as f64 * NORMAL.layers[layer].step;
        if position < NORMAL.layers[layer].inside {
            return with_sign(x, bits);
        }
    }
}

/// How far beyond the beginning of the tail a normal number lies (Marsaglia, *Generating a Variable
/// from the Tail of the Normal Distribution*, Technometrics 6, 1964).
fn normal_beyond_tail(next: &mut impl FnMut() -> u64) -> f64 {
    loop {
        let beyond = -math::ln(open_unit(next())) / NORMAL_TAIL;
        let height = -math::ln(open_unit(next()));
        if 2.0 * height > beyond * beyond {
            return beyond;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    fn draws_of(request: u64) -> Draws {
        Luck::of_request(Seed(1), 0, request).draws(Purpose::ServiceTime)
    }

    fn sorted_sample(n: u64, draw: fn(&mut Draws) -> f64) -> Vec<f64> {
        let mut sample: Vec<f64> = (0..n).map(|request| draw(&mut draws_of(request))).collect();
        sample.sort_unstable_by(f64::total_cmp);
        sample
    }

    /// Mean of `x^power` over the sample, and its distance from `expected` in standard errors.
    fn moment_is(sample: &[f64], power: u32, expected: f64, variance: f64) {
        let raw = |x: f64| (0..power).fold(1.0, |product, _| product * x);
        let mean = sample.iter().map(|x| raw(*x)).sum::<f64>() / sample.len() as f64;
        let standard_error = math::sqrt(variance / sample.len() as f64);
        assert!((mean - expected).abs() < 4.0 * standard_error, "E[x^{power}] = {mean}, wanted {expected}");
    }

    /// The share of the sample below `x` is `p` within 4 standard errors sqrt(p (1-p) / n).
    fn share_below_is(sample: &[f64], x: f64, p: f64) {
        let n = sample.len() as f64;
        let share = sample.partition_point(|y| *y < x) as f64 / n;
        let standard_error = math::sqrt(p * (1.0 - p) / n);
        assert!((share - p).abs() < 4.0 * standard_error, "P(X < {x}) = {share}, wanted {p}");
    }

    #[test]
    fn layers_have_equal_area() {
        let exponential = |x: f64| math::exp(-x);
        let normal = |x: f64| math::exp(-0.5 * x * x);
        let half_root_tau = math::sqrt(std::f64::consts::FRAC_PI_2);
        let normal_tail = half_root_tau * (1.0 - math::erf(NORMAL_TAIL * std::f64::consts::FRAC_1_SQRT_2));
        for (ziggurat, edges, area, density, tail) in [
            (
                &EXPONENTIAL,
                &tables::EXPONENTIAL_EDGES,
                tables::EXPONENTIAL_AREA,
                &exponential as &dyn Fn(f64) -> f64,
                exponential(EXPONENTIAL_TAIL),
            ),
            (&NORMAL, &tables::NORMAL_EDGES, tables::NORMAL_AREA, &normal, normal_tail),
        ] {
            let base = edges[1] * density(edges[1]) + tail;
            assert!((base / area - 1.0).abs() < 1e-13, "base: {base}");
            assert!((edges[0] * density(edges[1]) / area - 1.0).abs() < 1e-14);
            for k in 1..LAYERS {
                let layer = edges[k] * (density(edges[k + 1]) - density(edges[k]));
                assert!((layer / area - 1.0).abs() < 1e-12, "layer {k}: {layer}");
                assert!((ziggurat.heights[k] / density(edges[k]) - 1.0).abs() < 1e-14, "height {k}");
            }
            assert_eq!(edges[LAYERS], 0.0);
            assert!((ziggurat.heights[LAYERS] - 1.0).abs() < 1e-14);
        }
    }

    /// n = 4 million; moments of orders 1 to 4 and quantiles within 4 standard errors (0.2 % of the
    /// mean, 1.2 % of E[x^4]).
    #[test]
    fn exponential_has_the_moments_and_quantiles_of_theory() {
        let sample = sorted_sample(4_000_000, exponential);
        // E[x^k] = k!, Var[x^k] = (2k)! - (k!)^2.
        for (power, mean, square) in [(1, 1.0, 2.0), (2, 2.0, 24.0), (3, 6.0, 720.0), (4, 24.0, 40_320.0)] {
            moment_is(&sample, power, mean, square - mean * mean);
        }
        for x in [1e-3, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 7.0, 7.5, EXPONENTIAL_TAIL, 7.9, 9.0, 11.0]
        {
            share_below_is(&sample, x, -math::exp_m1(-x));
        }
    }

    #[test]
    fn normal_has_the_moments_and_quantiles_of_theory() {
        let sample = sorted_sample(4_000_000, normal);
        // Even moments 1, 3, 15, 105 of orders 2, 4, 6, 8.
        for (power, mean, square) in [(1, 0.0, 1.0), (2, 1.0, 3.0), (3, 0.0, 15.0), (4, 3.0, 105.0)] {
            moment_is(&sample, power, mean, square - mean * mean);
        }
        for x in [0.0, 1e-3, 0.01, 0.1, 0.2152, 0.5, 1.0, 2.0, 3.0, 3.5, NORMAL_TAIL, 3.8, 4.2] {
            let below = 0.5 * (1.0 + math::erf(x * std::f64::consts::FRAC_1_SQRT_2));
            share_below_is(&sample, x, below);
            share_below_is(&sample, -x, 1.0 - below);
        }
    }

    /// Chi-square over 400 cells of equal probability: df = 399, standard deviation sqrt(2 df) = 28,
    /// accepted within 4 of them.
    #[test]
    fn exponential_fills_cells_evenly() {
        let (n, cells) = (4_000_000, 400);
        let mut counts = vec![0u32; cells];
        for request in 0..n {
            let p = -math::exp_m1(-exponential(&mut draws_of(request)));
            counts[((p * cells as f64) as usize).min(cells - 1)] += 1;
        }
        let expected = n as f64 / cells as f64;
        let chi_square: f64 =
            counts.iter().map(|c| (f64::from(*c) - expected) * (f64::from(*c) - expected)).sum::<f64>()
                / expected;
        let df = (cells - 1) as f64;
        assert!((chi_square - df).abs() < 4.0 * math::sqrt(2.0 * df), "chi-square {chi_square}");
    }

    /// Inversion is the obvious twin: the same law, so the two samples differ by sampling noise only
    /// (Kolmogorov-Smirnov, two samples of 10^6, 1.95 sqrt(2/n) is the 0.1 % bound).
    #[test]
    fn ziggurat_and_inversion_agree() {
        let ziggurat = sorted_sample(1_000_000, exponential);
        let inversion = sorted_sample(1_000_000, |draws| -math::ln(draws.unit()));
        let distance = (1..1_000)
            .map(|k| {
                let x = ziggurat[k * 1_000];
                let below = |sample: &[f64]| sample.partition_point(|y| *y < x) as f64 / 1e6;
                (below(&ziggurat) - below(&inversion)).abs()
            })
            .fold(0.0, f64::max);
        assert!(distance < 1.95 * math::sqrt(2.0 / 1e6), "distance {distance}");
    }

    #[test]
    fn nearly_every_number_takes_one_draw() {
        let mut taken = 0u32;
        for request in 0..100_000 {
            let mut draws = draws_of(request);
            let mut next = || {
                taken += 1;
                draws.bits()
            };
            exponential_from(&mut next);
            normal_from(&mut next);
        }
        assert!(taken < 206_000, "{taken} draws for 200000 numbers");
    }
}
