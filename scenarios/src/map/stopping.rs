//! When does a cell need no more seeds? Its interval is looked at after every ten of them.
//!
//! Who looks often and stops at a good moment is wrong more often than the interval says. So each look uses an
//! interval of level 1 - 0.05 / looks: by Bonferroni's inequality all of them together cover in at least 95 % (tested
//! by simulation below). The interval that is reported is the one of the look at which the cell was stopped.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::statistics::{self, rounded};

/// Seeds between two looks.
const BETWEEN_LOOKS: usize = 10;

/// The rule for cells of at most so many seeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopping {
    seeds: usize,
    precision: Option<f64>,
}

/// A value with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) ci95: Option<[f64; 2]>,
}

impl Stopping {
    /// Half the interval of a cell shall be at most `precision`; without one every cell gets all seeds.
    pub(super) fn new(seeds: usize, precision: Option<f64>) -> Stopping {
        Stopping { seeds, precision }
    }

    /// How many seeds a cell has at each look.
    pub(super) fn looks(&self) -> Vec<usize> {
        match self.precision {
            None => vec![self.seeds],
            Some(_) => (BETWEEN_LOOKS..self.seeds).step_by(BETWEEN_LOOKS).chain([self.seeds]).collect(),
        }
    }

    /// Probability beyond each end of an interval.
    fn tail(&self) -> f64 {
        0.025 / self.looks().len() as f64
    }

    /// A share of the seeds: Wilson's interval.
    pub(super) fn share(&self, count: u32, of: u32) -> Estimate {
        let share = statistics::wilson_at(count, of, rounded(normal_quantile(1.0 - self.tail())));
        Estimate { value: share.share, ci95: Some(share.ci95) }
    }

    /// A mean over seeds: Student's interval.
    pub(super) fn mean(&self, values: &[f64]) -> Option<Estimate> {
        let interval = statistics::mean_interval(values)?;
        let level = |degrees: f64| {
            let t = StudentsT::new(0.0, 1.0, degrees).expect("degrees of freedom are positive");
            t.inverse_cdf(1.0 - self.tail()) / t.inverse_cdf(0.975)
        };
        let wider = |[low, high]: [f64; 2]| {
            let half = 0.5 * (high - low) * level((values.len() - 1) as f64);
            [rounded(interval.mean - half), rounded(interval.mean + half)]
        };
        let ci95 = match self.precision {
            None => interval.ci95,
            Some(_) => interval.ci95.map(wider),
        };
        Some(Estimate { value: interval.mean, ci95 })
    }

    /// Whether an interval is narrow enough: half of it, of a mean as a part of the mean.
    pub(super) fn is_enough(&self, estimate: Option<Estimate>, is_share: bool) -> bool {
        let (Some(precision), Some(Estimate { value, ci95: Some([low, high]) })) = (self.precision, estimate)
        else {
            return false;
        };
        let scale = if is_share { 1.0 } else { value.abs() };
        0.5 * (high - low) <= precision * scale
    }
}

fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator with a seed of its own (SplitMix64: Steele, Lea and Flood 2014).
    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn looks_are_evenly_spaced_and_the_last_has_all_seeds() {
        assert_eq!(Stopping::new(20, None).looks(), [20]);
        assert_eq!(Stopping::new(25, Some(0.1)).looks(), [10, 20, 25]);
        assert_eq!(Stopping::new(20, Some(0.1)).looks(), [10, 20]);
        assert_eq!(Stopping::new(5, Some(0.1)).looks(), [5]);
    }

    /// Without looking early the intervals are the usual ones.
    #[test]
    fn one_look_has_the_usual_interval() {
        let stopping = Stopping::new(30, None);
        let share = statistics::wilson(12, 30);
        let ours = stopping.share(12, 30).ci95.unwrap();
        assert!(ours.iter().zip(&share.ci95).all(|(a, b)| (a - b).abs() < 1e-8), "{ours:?} {share:?}");
        assert_eq!(
            stopping.mean(&[1.0, 2.0, 4.0]).unwrap().ci95,
            statistics::mean_interval(&[1.0, 2.0, 4.0]).unwrap().ci95
        );
    }

    /// Formula: the interval at the stop covers the true share in 95 % at least. Replications: 4000 cells per share,
    /// at most 100 seeds, precision .12; standard error of a coverage of .95 is .0034; tolerance four of it.
    #[test]
    fn a_cell_that_is_stopped_early_covers_in_95_percent_of_the_cases() {
        let stopping = Stopping::new(100, Some(0.12));
        for p in [0.01, 0.03, 0.1, 0.25, 0.5, 0.7, 0.9, 0.98] {
            let (mut covered, mut seeds_used, mut state) = (0, 0, 17);
            for _ in 0..4_000 {
                let (mut count, mut of) = (0, 0);
                for look in stopping.looks() {
                    while of < look {
                        count += u32::from(uniform(&mut state) < p);
                        of += 1;
                    }
                    if stopping.is_enough(Some(stopping.share(count, of as u32)), true) {
                        break;
                    }
                }
                let [low, high] = stopping.share(count, of as u32).ci95.unwrap();
                covered += u32::from(low <= p && p <= high);
                seeds_used += of;
            }
            let coverage = f64::from(covered) / 4_000.0;
            println!("share {p}: covered in {coverage}, {} seeds on average", seeds_used as f64 / 4_000.0);
            assert!(coverage >= 0.95 - 4.0 * 0.0034, "share {p}: covered in {coverage} only");
        }
    }

    /// The same for the means of a metric with a spread of 20 %: half the interval shall be 5 % of the mean.
    #[test]
    fn a_mean_that_is_stopped_early_covers_in_95_percent_of_the_cases() {
        let stopping = Stopping::new(200, Some(0.05));
        let (mut covered, mut seeds_used, mut state) = (0, 0, 23);
        for _ in 0..4_000 {
            let mut values: Vec<f64> = Vec::new();
            let mut estimate = None;
            for look in stopping.looks() {
                // Sums of twelve uniforms: nearly normal with mean 10 and deviation 2.
                let mut value = || 10.0 + 2.0 * ((0..12).map(|_| uniform(&mut state)).sum::<f64>() - 6.0);
                values.extend((values.len()..look).map(|_| value()));
                estimate = stopping.mean(&values);
                if stopping.is_enough(estimate, false) {
                    break;
                }
            }
            let [low, high] = estimate.and_then(|estimate| estimate.ci95).unwrap();
            covered += u32::from(low <= 10.0 && 10.0 <= high);
            seeds_used += values.len();
        }
        let coverage = f64::from(covered) / 4_000.0;
        println!("covered in {coverage}, {} seeds on average", seeds_used as f64 / 4_000.0);
        assert!(coverage >= 0.95 - 4.0 * 0.0034, "covered in {coverage} only");
        // 3.1 deviations of 20 % / sqrt(n) are 5 % at n = 154.
        assert!(seeds_used < 180 * 4_000, "and it does stop early");
    }
}
