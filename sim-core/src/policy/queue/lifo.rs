//! Last in, first out: the newest attempt is served next.
//!
//! **What it does.** Attempts join at the back of the line and are taken from its back.
//! **Why it exists.** Under overload the newest attempt is the one whose caller still waits. FIFO makes
//! everyone late; LIFO answers some in time and gives the others up. Goodput stays near capacity.
//! **Where it fails.** The oldest may wait for ever, and as the line never empties under overload, it
//! holds attempts that nobody wants any more: bound it with `max_wait`, or drop the `oldest` when it is
//! full. In good times it only makes waiting times more uneven than FIFO does, for the same mean.
//! **Source.** Ben Maurer, Fail at Scale, ACM Queue 2015, "Adaptive LIFO". Deviations: always newest
//! first; the adaptive form is [`adaptive_lifo`](super::adaptive_lifo).

use super::Waiting;
use super::arrivals::Arrivals;
use super::line::DropRule;
use crate::ids::AttemptId;
use crate::policy::Criticality;

pub use super::line::Line as Config;

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    line: Arrivals<AttemptId>,
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { line: Arrivals::new(config.drop) }
    }

    #[inline]
    pub(super) fn join(&mut self, waiting: Waiting) {
        self.line.push(waiting.class, waiting.attempt);
    }

    #[inline]
    pub(super) fn take(&mut self, mut live: impl FnMut(AttemptId) -> bool) -> Option<AttemptId> {
        std::iter::from_fn(|| self.line.pop_newest()).find(|attempt| live(*attempt))
    }

    pub(super) fn evict(
        &mut self,
        drop: DropRule,
        incoming: Criticality,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        std::iter::from_fn(|| self.line.pop_by(drop, incoming)).find(|attempt| live(*attempt))
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        self.line.retain(|attempt| live(*attempt));
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::testing::{attempt, waiting};

    fn line_of(n: u32) -> State {
        let mut state = State::new(&Config::default());
        (0..n).for_each(|k| state.join(waiting(k)));
        state
    }

    #[test]
    fn the_newest_is_served_first() {
        let mut state = line_of(3);
        assert_eq!(state.take(|_| true), Some(attempt(2)));
        state.join(waiting(3));
        for k in [3, 1, 0] {
            assert_eq!(state.take(|_| true), Some(attempt(k)));
        }
        assert_eq!(state.take(|_| true), None);
    }

    #[test]
    fn the_buried_end_can_be_cleared_of_those_who_have_left() {
        let mut state = line_of(1_000);
        state.retain(|id| id == attempt(17) || id == attempt(999));
        assert_eq!(state.len(), 2);
        assert_eq!(state.take(|_| true), Some(attempt(999)));
        assert_eq!(state.take(|_| true), Some(attempt(17)));
    }

    #[test]
    fn the_oldest_makes_room_from_the_other_end() {
        let mut state = line_of(3);
        assert_eq!(state.evict(DropRule::Oldest, Criticality::Critical, |_| true), Some(attempt(0)));
        assert_eq!(state.take(|_| true), Some(attempt(2)));
    }
}
