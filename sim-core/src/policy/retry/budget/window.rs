//! What was deposited less what was withdrawn within the last `ttl`? A ring of ten slices of time.
//!
//! What happens in a slice counts until nine more have passed, so it lives between 0.9 and 1 `ttl`.
//! Deposits and withdrawals expire alike; if deposits expire before the withdrawals that they paid for,
//! the sum is below zero until those expire too. Adding and summing take a constant number of steps,
//! however much happens and however long nothing does.

/// Parts of the window; as in Finagle's and tower's budgets.
pub(super) const SLICES: usize = 10;

/// The sum over the latest ten slices. Slices are numbered from the start of the run.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Entry `k` belongs to the latest slice whose number ends in `k`.
    slices: [i64; SLICES],
    /// Number of the slice written last. invariant: never falls.
    newest: u64,
}

impl Window {
    pub(super) const fn new() -> Self {
        Window { slices: [0; SLICES], newest: 0 }
    }

    /// Adds `amount` to slice number `now`, after the slices passed since the last one are emptied.
    pub(super) fn add(&mut self, amount: i64, now: u64) {
        debug_assert!(now >= self.newest, "time runs backwards");
        for passed in (self.newest + 1..=now).rev().take(SLICES) {
            self.slices[passed as usize % SLICES] = 0;
        }
        self.newest = now;
        self.slices[now as usize % SLICES] += amount;
    }

    /// All that has not expired in slice number `now`.
    pub(super) fn sum(&self, now: u64) -> i64 {
        debug_assert!(now >= self.newest, "time runs backwards");
        let alive = (SLICES as u64).saturating_sub(now - self.newest);
        let slice = |age| self.slices[(self.newest + SLICES as u64 - age) as usize % SLICES];
        (0..alive).map(slice).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::testing::luck;

    #[test]
    fn a_slice_counts_until_nine_more_have_passed() {
        let mut window = Window::new();
        window.add(5, 3);
        assert_eq!((window.sum(3), window.sum(12), window.sum(13)), (5, 5, 0));
    }

    #[test]
    fn a_new_slice_takes_the_place_of_the_expired_one() {
        let mut window = Window::new();
        window.add(5, 3);
        window.add(7, 13);
        assert_eq!(window.sum(13), 7);
    }

    #[test]
    fn a_long_silence_empties_every_slice() {
        let mut window = Window::new();
        (0..10).for_each(|slice| window.add(1, slice));
        assert_eq!(window.sum(9), 10);
        window.add(3, u64::MAX / 2);
        assert_eq!(window.sum(u64::MAX / 2), 3);
    }

    /// The obvious twin keeps a list of everything that happened.
    #[test]
    fn the_ring_agrees_with_a_full_list() {
        let mut window = Window::new();
        let mut list: Vec<(u64, i64)> = Vec::new();
        let mut now = 0;
        for k in 0..20_000 {
            let mut draws = luck(k).draws(Purpose::Backoff);
            // Mostly the same slice, often the next, sometimes a silence that reaches past the window.
            now += match draws.below(100) {
                0..70 => 0,
                70..97 => 1,
                _ => u64::from(draws.below(25)),
            };
            let alive = list.iter().filter(|(slice, _)| slice + SLICES as u64 > now);
            assert_eq!(
                window.sum(now),
                alive.map(|(_, amount)| amount).sum::<i64>(),
                "step {k}, slice {now}"
            );
            let amount = i64::from(draws.below(9_000)) - 4_000;
            window.add(amount, now);
            list.push((now, amount));
        }
    }
}
