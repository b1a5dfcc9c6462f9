//! How sure are we? Intervals over seeds, each with its name and its source.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::results::{Quantiles, Share};

/// Two-sided 95 %.
const LEVEL: f64 = 0.975;
/// The normal quantile of 0.975 to nine digits.
const Z: f64 = 1.959_963_985;

/// Mean and its Student interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// Sample mean.
    pub mean: f64,
    /// 95 % interval; `None` below two values.
    pub ci95: Option<[f64; 2]>,
}

/// Numbers that pass through `statrs` are rounded to nine significant digits: it uses the platform's
/// mathematics, whose last bits are not the same everywhere.
pub fn rounded(x: f64) -> f64 {
    format!("{x:.8e}").parse().expect("a printed number can be read")
}

/// The mean of independent values with the interval mean ± t(n-1, .975) s / sqrt(n); `None` if empty.
pub fn mean_interval(values: &[f64]) -> Option<MeanInterval> {
    let n = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return Some(MeanInterval { mean, ci95: None });
    }
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    let half = t_quantile(values.len() - 1) * (variance / n).sqrt();
    Some(MeanInterval { mean, ci95: Some([rounded(mean - half), rounded(mean + half)]) })
}

fn t_quantile(degrees_of_freedom: usize) -> f64 {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).expect("degrees of freedom are positive");
    t.inverse_cdf(LEVEL)
}

/// A share with its Wilson score interval (Wilson 1927, JASA 22), which stays sound at 0 and 1.
pub fn wilson(count: u32, of: u32) -> Share {
    wilson_at(count, of, Z)
}

/// The same at another level: `z` is the normal quantile of it.
pub(crate) fn wilson_at(count: u32, of: u32, z: f64) -> Share {
    let (k, n) = (f64::from(count), f64::from(of));
    if of == 0 {
        return Share { count, of, share: 0.0, ci95: [0.0, 1.0] };
    }
    let p = k / n;
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let low = if count == 0 { 0.0 } else { rounded(centre - half) };
    let high = if count == of { 1.0 } else { rounded(centre + half) };
    Share { count, of, share: p, ci95: [low, high] }
}

/// The value that a share `p` of `values` does not exceed, interpolated between neighbours (type 7 of
/// Hyndman and Fan 1996). Infinite values stand for censored ones: what lies between a finite and an infinite
/// neighbour is infinite, what lies between minus and plus infinity is not known, nor is anything of no values.
/// Panics if `values` is not ascending.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    debug_assert!(sorted.is_sorted());
    if sorted.is_empty() {
        return None;
    }
    let place = p * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    if low == high {
        return Some(low);
    }
    match (low.is_finite(), high.is_finite()) {
        (true, true) => Some(low + (high - low) * (place - place.floor())),
        (true, false) => Some(high),
        (false, true) => Some(low),
        (false, false) => None,
    }
}

/// Quartiles over seeds with the censored share; `None` if no seed has a value.
pub fn quartiles(values: &[f64]) -> Option<Quantiles> {
    if values.is_empty() {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |p| quantile(&sorted, p).filter(|x| x.is_finite());
    let censored = sorted.iter().filter(|x| x.is_infinite()).count();
    Some(Quantiles {
        p25: at(0.25),
        p50: at(0.5),
        p75: at(0.75),
        censored_share: censored as f64 / sorted.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student's own textbook numbers: t(9, .975) = 2.262157.
    #[test]
    fn a_mean_has_a_student_interval() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let interval = mean_interval(&values).unwrap();
        assert_eq!(interval.mean, 5.5);
        let [low, high] = interval.ci95.unwrap();
        let half = 2.262_157_16 * (55.0f64 / 6.0 / 10.0).sqrt();
        assert!((low - (5.5 - half)).abs() < 1e-6 && (high - (5.5 + half)).abs() < 1e-6);
        assert_eq!(mean_interval(&[1.0]).unwrap().ci95, None);
        assert_eq!(mean_interval(&[]), None);
    }

    /// 30 of 30: the lower end is n / (n + z^2) = 0.8865.
    #[test]
    fn all_of_thirty_does_not_mean_always() {
        let share = wilson(30, 30);
        assert!((share.ci95[0] - 0.886_483).abs() < 1e-5, "{:?}", share.ci95);
        assert_eq!(share.ci95[1], 1.0);
        assert_eq!(wilson(0, 30).ci95[0], 0.0);
        let half = wilson(5, 10).ci95;
        assert!((half[0] - 0.236_59).abs() < 1e-4 && (half[1] - 0.763_41).abs() < 1e-4);
    }

    #[test]
    fn censored_values_are_infinite() {
        let q = quartiles(&[10.0, f64::INFINITY, 20.0, 30.0, f64::INFINITY]).unwrap();
        assert_eq!((q.p25, q.p50, q.p75), (Some(20.0), Some(30.0), None));
        assert_eq!(q.censored_share, 0.4);
    }

    #[test]
    fn quantiles_beside_infinite_values_are_numbers_or_not_known() {
        const INF: f64 = f64::INFINITY;
        for (sorted, p, wanted) in [
            (&[1.0, 2.0][..], 0.5, Some(1.5)),
            (&[1.0, INF], 0.0, Some(1.0)),
            (&[1.0, INF], 0.5, Some(INF)),
            (&[1.0, 2.0, INF], 0.5, Some(2.0)),
            (&[INF, INF], 0.5, Some(INF)),
            (&[-INF, 1.0], 0.5, Some(-INF)),
            (&[-INF, 1.0], 1.0, Some(1.0)),
            (&[-INF, INF], 0.5, None),
            (&[], 0.5, None),
        ] {
            assert_eq!(quantile(sorted, p), wanted, "{sorted:?} at {p}");
        }
    }
}
