//! Least recently used: who was not asked for the longest goes.
//!
//! **What it does.** Every hit and every fill puts the entry at the back; the one in front is evicted.
//! **Why it exists.** What was asked for lately is asked for again: it follows a popularity that changes.
//! **Where it fails.** One pass over many keys that are asked for once (a scan, a crawler) throws out all that
//! is popular. A loop over one key more than there are places hits nothing at all.
//! **Source.** Che, Tung and Wang, Hierarchical Web Caching Systems, IEEE JSAC 20(7), 2002, for its hit ratio
//! ([`lru_hit_ratio`](crate::theory::cache::lru_hit_ratio)). Real stores approximate it by sampling (Redis)
//! or by segments (memcached). Deviations: exact order.

use super::order::Order;

/// The order of the entries of one cache, by place.
#[derive(Clone, Debug, Default)]
pub struct State {
    order: Order,
}

impl State {
    pub(super) fn entered(&mut self, place: u32) {
        self.order.join(place);
    }

    pub(super) fn used(&mut self, place: u32) {
        self.order.move_to_back(place);
    }

    pub(super) fn evict(&mut self) -> Option<u32> {
        self.order.take_first()
    }

    pub(super) fn clear(&mut self) {
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_used_the_longest_goes() {
        let mut state = State::default();
        (0..3).for_each(|place| state.entered(place));
        state.used(0);
        state.used(0);
        assert_eq!(state.evict(), Some(1));
        state.entered(1);
        state.used(2);
        assert_eq!(
            [state.evict(), state.evict(), state.evict(), state.evict()],
            [Some(0), Some(1), Some(2), None]
        );
    }
}
