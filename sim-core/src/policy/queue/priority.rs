//! Priority: the most critical attempt is served next.
//!
//! **What it does.** Of the attempts that wait, the most critical class is served first, and within a
//! class the oldest. Strict: nobody of a class is served while anybody of a higher one waits. Work that
//! has begun is not interrupted.
//! **Why it exists.** When not all can be served, somebody decides who is not. With classes it is the
//! batch job that waits and not the checkout, without any limit that has to be set for either.
//! **Where it fails.** Under overload the lower classes starve, and their retries are load as well. If
//! everybody is `critical`, it is FIFO. And a line full of unimportant work turns the important one away
//! unless `drop: lowest_class` makes room.
//! **Source.** Google SRE book, chapter 21, "Criticality"; head-of-line priority of queueing theory
//! (Cobham 1954). Deviations: the book rejects lower classes first, which is `drop: lowest_class`; the
//! order of service is ours.

use super::Waiting;
use super::arrivals::Lanes;
use super::line::DropRule;
use crate::ids::AttemptId;
use crate::policy::Criticality;

pub use super::line::Line as Config;

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    line: Lanes<AttemptId>,
}

impl State {
    pub(super) fn new() -> Self {
        State { line: Lanes::new() }
    }

    pub(super) fn join(&mut self, waiting: Waiting) {
        self.line.push(waiting.class, waiting.attempt);
    }

    pub(super) fn take(&mut self, mut live: impl FnMut(AttemptId) -> bool) -> Option<AttemptId> {
        std::iter::from_fn(|| self.line.pop_highest_class()).find(|attempt| live(*attempt))
    }

    pub(super) fn evict(
        &mut self,
        drop: DropRule,
        incoming: Criticality,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        let next = || match drop {
            DropRule::Newest | DropRule::Nobody => None,
            DropRule::Oldest => self.line.pop_oldest(),
            DropRule::LowestClass => self.line.pop_lowest_class(incoming),
        };
        std::iter::from_fn(next).find(|attempt| live(*attempt))
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        self.line.retain(|attempt| live(*attempt));
    }

    pub(super) fn len(&self) -> usize {
        self.line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::testing::{attempt, waiting};
    use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

    fn line_of(classes: &[Criticality]) -> State {
        let mut state = State::new();
        for (k, class) in (0..).zip(classes) {
            state.join(Waiting { class: *class, ..waiting(k) });
        }
        state
    }

    fn served(mut state: State) -> Vec<u32> {
        std::iter::from_fn(|| state.take(|_| true)).map(|id| id.0.slot).collect()
    }

    #[test]
    fn the_most_critical_first_and_equals_in_order() {
        let state = line_of(&[Sheddable, Critical, SheddablePlus, CriticalPlus, Critical, Sheddable]);
        assert_eq!(served(state), [3, 1, 4, 2, 0, 5]);
    }

    #[test]
    fn the_lowest_class_starves_while_others_come() {
        let mut state = line_of(&[Sheddable]);
        for k in 1..1_000 {
            state.join(waiting(k));
            assert_eq!(state.take(|_| true), Some(attempt(k)));
        }
        assert_eq!(served(state), [0]);
    }

    #[test]
    fn unimportant_work_makes_room_for_important_and_for_nobody_else() {
        let mut state = line_of(&[Sheddable, SheddablePlus, Sheddable, Critical]);
        let mut evict = |incoming| state.evict(DropRule::LowestClass, incoming, |_| true).map(|id| id.0.slot);
        assert_eq!(evict(Sheddable), None, "nobody is less critical than that");
        assert_eq!(evict(SheddablePlus), Some(2), "the newest of the lowest class");
        assert_eq!(evict(Critical), Some(0));
        assert_eq!(evict(Critical), Some(1));
        assert_eq!(evict(Critical), None);
        assert_eq!(served(state), [3]);
    }
}
