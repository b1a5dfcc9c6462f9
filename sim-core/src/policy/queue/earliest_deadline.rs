//! Earliest deadline first: whoever has the least time left is served next.
//!
//! **What it does.** The attempt with the smallest deadline is served first, among equals the oldest;
//! those without a deadline come last, in order of arrival.
//! **Why it exists.** If one worker can serve all that wait in time, this order does: an urgent request
//! overtakes those that can wait. If all have the same timeout, it is FIFO by the time at which the user
//! asked, so a request that lost time elsewhere catches up.
//! **Where it fails.** Under overload it always picks the one that is nearest to being late, so one after
//! the other is served just too late, and those that could still be in time become the next. Use it with
//! `expired_margin`, which drops those that cannot make it.
//! **Source.** Jackson, Scheduling a Production Line to Minimize Maximum Tardiness, 1955 (one worker, all
//! waiting); Liu and Layland, JACM 1973 (periodic tasks). Deviations: work that has begun is not
//! interrupted.

use std::collections::BTreeMap;

use super::Waiting;
use super::exits::Exits;
use crate::ids::AttemptId;
use crate::policy::Criticality;
use crate::time::SimTime;

pub use super::line::Line as Config;

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    /// By deadline and number in order of arrival. Logarithmic time per step.
    line: BTreeMap<(SimTime, u64), (AttemptId, Criticality)>,
    /// The deadlines of those that wait, in the order in which they make room.
    exits: Exits<SimTime>,
    arrived: u64,
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { line: BTreeMap::new(), exits: Exits::new(config.drop), arrived: 0 }
    }

    pub(super) fn join(&mut self, waiting: Waiting) {
        let Waiting { attempt, deadline, class, .. } = waiting;
        self.line.insert((deadline, self.arrived), (attempt, class));
        self.exits.insert(class, self.arrived, deadline);
        self.arrived += 1;
    }

    pub(super) fn take(&mut self, mut live: impl FnMut(AttemptId) -> bool) -> Option<AttemptId> {
        while let Some(((_, number), (attempt, class))) = self.line.pop_first() {
            self.exits.remove(class, number);
            if live(attempt) {
                return Some(attempt);
            }
        }
        None
    }

    pub(super) fn evict(
        &mut self,
        incoming: Criticality,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        while let Some((number, deadline)) = self.exits.pop(incoming) {
            let (attempt, _) = self.line.remove(&(deadline, number)).expect("who waits is in the line");
            if live(attempt) {
                return Some(attempt);
            }
        }
        None
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        self.line.retain(|&(_, number), &mut (attempt, class)| {
            let stays = live(attempt);
            if !stays {
                self.exits.remove(class, number);
            }
            stays
        });
    }

    pub(super) fn len(&self) -> usize {
        self.line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::line::DropRule;
    use crate::policy::queue::testing::waiting;

    const NEVER: u64 = SimTime::NEVER.as_nanos();

    /// A line whose attempts have these deadlines, in order of arrival.
    fn line_of(drop: DropRule, deadlines: &[u64]) -> State {
        let mut state = State::new(&Config { drop, ..Config::default() });
        for (k, deadline) in (0..).zip(deadlines) {
            state.join(Waiting { deadline: SimTime::from_nanos(*deadline), ..waiting(k) });
        }
        state
    }

    fn served(state: &mut State) -> Vec<u32> {
        std::iter::from_fn(|| state.take(|_| true)).map(|id| id.0.slot).collect()
    }

    #[test]
    fn the_most_urgent_first_and_equals_in_order() {
        let mut state = line_of(DropRule::Newest, &[50, 10, NEVER, 50, 20, NEVER, 10]);
        assert_eq!(served(&mut state), [1, 6, 4, 0, 3, 2, 5]);
    }

    #[test]
    fn without_deadlines_it_is_a_plain_line() {
        assert_eq!(served(&mut line_of(DropRule::Newest, &[NEVER; 4])), [0, 1, 2, 3]);
    }

    #[test]
    fn the_oldest_makes_room_whatever_its_deadline() {
        let mut state = line_of(DropRule::Oldest, &[50, 10, 20]);
        assert_eq!(state.evict(Criticality::Critical, |_| true).map(|id| id.0.slot), Some(0));
        assert_eq!(served(&mut state), [1, 2]);
    }

    #[test]
    fn what_can_be_in_time_is() {
        // One worker, unit jobs, deadlines at 2, 1, 4, 3: only this order meets all four.
        let mut state = line_of(DropRule::Newest, &[2, 1, 4, 3]);
        assert_eq!(served(&mut state), [1, 0, 3, 2]);
    }

    #[test]
    fn under_overload_everyone_is_late_by_a_little() {
        // The domino effect: jobs of 10, deadline 15 after arrival, one every 9. Each is taken in turn,
        // and from some point on none is in time.
        let deadlines: Vec<u64> = (0..100).map(|k| 9 * k + 15).collect();
        let order = served(&mut line_of(DropRule::Newest, &deadlines));
        let late = |(position, k): (u64, u32)| 10 * (position + 1) > 9 * u64::from(k) + 15;
        let on_time = (0..).zip(order).filter(|job| !late(*job)).count();
        assert_eq!(on_time, 6, "10 (k + 1) <= 9 k + 15 only up to k = 5");
    }
}
