//! First in, first out: who entered first goes.
//!
//! **What it does.** Entries leave in the order in which they were loaded; a hit changes nothing, a load that
//! replaces an entry counts as entering anew.
//! **Why it exists.** A hit writes nothing, so readers need no lock; a ring buffer is enough.
//! **Where it fails.** The most popular key is thrown out once per round like any other: fewer hits than LRU
//! wherever popularity is uneven.
//! **Source.** Gelenbe, A Unified Approach to the Evaluation of a Class of Replacement Algorithms, IEEE
//! Transactions on Computers 22(6), 1973: under independent references it hits as often as random eviction
//! ([`fifo_hit_ratio`](crate::theory::cache::fifo_hit_ratio)).

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

    pub(super) fn loaded(&mut self, place: u32) {
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
    fn who_entered_first_goes() {
        let mut state = State::default();
        (0..3).for_each(|place| state.entered(place));
        assert_eq!(state.evict(), Some(0));
        state.entered(0);
        state.loaded(1);
        assert_eq!(
            [state.evict(), state.evict(), state.evict(), state.evict()],
            [Some(2), Some(0), Some(1), None]
        );
    }
}
