//! First in, first out: whoever has waited longest is served next.
//!
//! **What it does.** Attempts join at the back of the line and are taken from its front.
//! **Why it exists.** It is fair, no attempt waits for ever, and of all orders that do not look at the
//! length of the work it has the smallest variance of waiting times.
//! **Where it fails.** Under lasting overload everyone waits as long as the line allows. Once that is
//! longer than the callers' timeout, every attempt is served after its caller has given up: the workers
//! are busy, and nothing they do is of use. A short line, `max_wait` or `expired_margin` prevents it.
//! **Source.** The order of nearly every server and of elementary queueing theory; on the variance:
//! Kingman, The Effect of Queue Discipline on Waiting Time Variance, 1962. Deviations: none.

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
        std::iter::from_fn(|| self.line.pop_oldest()).find(|attempt| live(*attempt))
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
    fn the_oldest_is_served_first() {
        let mut state = line_of(3);
        for k in 0..3 {
            assert_eq!(state.take(|_| true), Some(attempt(k)));
        }
        assert_eq!(state.take(|_| true), None);
    }

    #[test]
    fn who_has_left_is_skipped() {
        let mut state = line_of(5);
        assert_eq!(state.take(|id| id == attempt(3)), Some(attempt(3)));
        assert_eq!(state.len(), 1, "those before it are gone for good");
    }

    #[test]
    fn a_waiter_costs_eight_bytes() {
        let State { line } = line_of(1);
        assert!(matches!(line, Arrivals::Plain(ref line) if size_of_val(&line[0]) == 8));
    }

    #[test]
    fn the_oldest_makes_room_if_the_rule_says_so() {
        let mut state = line_of(3);
        assert_eq!(state.evict(DropRule::Newest, Criticality::CriticalPlus, |_| true), None);
        assert_eq!(state.evict(DropRule::Oldest, Criticality::Sheddable, |_| true), Some(attempt(0)));
        assert_eq!(state.take(|_| true), Some(attempt(1)));
    }
}
