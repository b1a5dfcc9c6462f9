//! How long did things take? High dynamic range histograms in nanoseconds: integer counts, so that
//! merging them in any order gives the same quantiles.

use hdrhistogram::Histogram;

use crate::time::SimDuration;

/// The longest latency told apart; longer ones count as this one.
const LONGEST: u64 = 10 * 86_400 * 1_000_000_000;

/// A distribution of durations.
#[derive(Clone, Debug)]
pub struct LatencyHistogram {
    counts: Histogram<u64>,
}

impl LatencyHistogram {
    /// An empty histogram that keeps `digits` significant digits (1 to 5): 3 for a whole run, 2 for a
    /// window. Durations up to ten days are told apart.
    pub fn new(digits: u8) -> Self {
        let counts = Histogram::new_with_bounds(1, LONGEST, digits).expect("the bounds are in range");
        LatencyHistogram { counts }
    }

    /// Counts one duration.
    #[inline]
    pub fn record(&mut self, duration: SimDuration) {
        self.counts.saturating_record(duration.as_nanos());
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// The duration that a share `p` of those counted does not exceed; `None` if there are none.
    pub fn quantile(&self, p: f64) -> Option<SimDuration> {
        (!self.counts.is_empty()).then(|| SimDuration::from_nanos(self.counts.value_at_quantile(p)))
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &LatencyHistogram) {
        self.counts.add(&other.counts).expect("histograms of one build have the same bounds");
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.counts.reset();
    }

    /// The recorded durations in ascending order with how often each was counted.
    pub fn steps(&self) -> impl Iterator<Item = (SimDuration, u64)> + '_ {
        self.counts.iter_recorded().map(|step| {
            (SimDuration::from_nanos(step.value_iterated_to()), step.count_since_last_iteration())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_keep_three_digits_from_nanoseconds_to_days() {
        for ns in [1, 999, 123_456, 10_000_000, 86_400_000_000_000] {
            let mut histogram = LatencyHistogram::new(3);
            histogram.record(SimDuration::from_nanos(ns));
            let read = histogram.quantile(0.5).unwrap().as_nanos();
            assert!(read.abs_diff(ns) as f64 <= ns as f64 * 1e-3, "{ns} read as {read}");
        }
    }

    #[test]
    fn nothing_recorded_has_no_quantile() {
        assert_eq!(LatencyHistogram::new(2).quantile(0.5), None);
    }
}
