//! What was counted lately? `N` counters over a span of time that moves on in slices: the slice under way and
//! those before it, as many as there are. A slice counts in full until it is dropped in full, so at least all but
//! one slice's worth of the span is remembered. Slices lie at multiples of their width since the start of the run.

use crate::time::{SimDuration, SimTime};

/// The most slices that a span is cut into.
pub(crate) const MAX_SLICES: u32 = 1_000;

/// Counters of the recent past.
#[derive(Clone, Debug)]
pub(crate) struct Rolling<const N: usize> {
    /// Entry `k` belongs to the latest slice whose number leaves the rest `k`.
    slices: Box<[[u32; N]]>,
    /// invariant: the sum over `slices`.
    sums: [u32; N],
    /// Nanoseconds of a slice.
    width: u64,
    /// Number of the slice written last. invariant: never falls.
    newest: u64,
}

impl<const N: usize> Rolling<N> {
    /// A span of time cut into slices; both at least 1.
    pub(crate) fn new(span: SimDuration, slices: u32) -> Self {
        debug_assert!((1..=MAX_SLICES).contains(&slices));
        let width = (span.as_nanos() / u64::from(slices)).max(1);
        Rolling { slices: vec![[0; N]; slices as usize].into(), sums: [0; N], width, newest: 0 }
    }

    /// Counts up to now, the slice under way included.
    #[inline]
    pub(crate) fn sums(&mut self, now: SimTime) -> [u32; N] {
        self.move_on(now);
        self.sums
    }

    /// Adds to the slice under way.
    #[inline]
    pub(crate) fn add(&mut self, now: SimTime, amounts: [u32; N]) {
        self.move_on(now);
        let slice = (self.newest % self.slices.len() as u64) as usize;
        for (k, amount) in amounts.into_iter().enumerate() {
            self.slices[slice][k] += amount;
            self.sums[k] += amount;
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.slices.fill([0; N]);
        self.sums = [0; N];
    }

    /// Drops the slices that are over. Takes at most one step per slice, however long nothing happened.
    #[inline]
    fn move_on(&mut self, now: SimTime) {
        let number = now.as_nanos() / self.width;
        if number <= self.newest {
            return;
        }
        let len = self.slices.len() as u64;
        for passed in (self.newest + 1..=number).rev().take(self.slices.len()) {
            let slice = std::mem::replace(&mut self.slices[(passed % len) as usize], [0; N]);
            for (sum, dropped) in self.sums.iter_mut().zip(slice) {
                *sum -= dropped;
            }
        }
        self.newest = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::{luck, ms};

    fn at(ms_: u64) -> SimTime {
        SimTime::ZERO + ms(ms_ as f64)
    }

    #[test]
    fn a_slice_counts_until_as_many_have_passed_as_there_are() {
        let mut rolling = Rolling::<1>::new(ms(1_000.0), 10);
        rolling.add(at(350), [5]);
        assert_eq!([399, 1_299, 1_300].map(|now| rolling.clone().sums(at(now))), [[5], [5], [0]]);
        rolling.add(at(1_299), [2]);
        assert_eq!(rolling.sums(at(1_300)), [2]);
    }

    #[test]
    fn one_slice_forgets_everything_at_once() {
        let mut rolling = Rolling::<1>::new(ms(100.0), 1);
        rolling.add(at(10), [1]);
        rolling.add(at(99), [1]);
        assert_eq!((rolling.sums(at(99)), rolling.sums(at(100))), ([2], [0]));
    }

    #[test]
    fn it_is_the_sum_over_a_list_of_everything() {
        let mut rolling = Rolling::<2>::new(ms(70.0), 7);
        let (mut all, mut now) = (Vec::new(), 0);
        for k in 0..5_000 {
            let mut draws = luck(k).draws(Purpose::ServiceTime);
            now += u64::from(if draws.below(50) == 0 { draws.below(200) } else { draws.below(9) });
            let amounts = [draws.below(3), draws.below(2)];
            rolling.add(at(now), amounts);
            all.push((now / 10, amounts));
            let lives = |(slice, _): &&(u64, [u32; 2])| slice + 7 > now / 10;
            let sum = |n: usize| all.iter().filter(lives).map(|(_, amounts)| amounts[n]).sum::<u32>();
            assert_eq!(rolling.sums(at(now)), [sum(0), sum(1)]);
        }
    }
}
