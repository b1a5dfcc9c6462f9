//! Fair: the keys take turns, whatever each of them sends.
//!
//! **What it does.** Every key (the client or tenant of a request) has a line of its own. The lines are
//! served round robin, one attempt per turn, each line first in, first out. A key keeps its place in the
//! round for one turn after its line is empty.
//! **Why it exists.** In one common line, waiting is shared by all and caused by one: who sends ten times
//! as much gets ten times the share. With turns, a key that sends less than its share hardly waits.
//! **Where it fails.** The room is still common: a heavy key fills the line, and the light ones are
//! turned away at the door. It is fair by attempts, not by work: who sends longer requests gets more of
//! the workers. And it is no protection from many keys that send a little each, which is what most
//! overload is.
//! **Source.** John Nagle, On Packet Switches with Infinite Storage, RFC 970, 1985; Paul McKenney,
//! Stochastic Fairness Queueing, 1990; Kubernetes API Priority and Fairness (by virtual time, with
//! queues chosen by shuffle sharding). Deviations: one line per key, never shared.

use std::collections::{BTreeMap, VecDeque};

use super::Waiting;
use super::exits::Exits;
use crate::ids::AttemptId;
use crate::policy::Criticality;

pub use super::line::Line as Config;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// In order of arrival at the instance.
    number: u64,
    attempt: AttemptId,
    class: Criticality,
}

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    /// By key. A line may be empty until its next turn.
    lines: BTreeMap<u32, VecDeque<Entry>>,
    /// Whose turn comes when. invariant: the keys of `lines`, each once.
    turns: VecDeque<u32>,
    /// The keys of those that wait, in the order in which they make room.
    exits: Exits<u32>,
    arrived: u64,
    /// invariant: the sum of the lengths of `lines`.
    len: usize,
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        let (lines, turns) = (BTreeMap::new(), VecDeque::new());
        State { lines, turns, exits: Exits::new(config.drop), arrived: 0, len: 0 }
    }

    pub(super) fn join(&mut self, waiting: Waiting) {
        let Waiting { attempt, class, key, .. } = waiting;
        let number = self.arrived;
        self.arrived += 1;
        let turns = &mut self.turns;
        let line = self.lines.entry(key).or_insert_with(|| {
            turns.push_back(key);
            VecDeque::new()
        });
        line.push_back(Entry { number, attempt, class });
        self.exits.insert(class, number, key);
        self.len += 1;
    }

    /// Takes constant time but for finding the line of a key; keys without a line any more are met
    /// once and forgotten.
    pub(super) fn take(&mut self, mut live: impl FnMut(AttemptId) -> bool) -> Option<AttemptId> {
        while let Some(key) = self.turns.pop_front() {
            let line = self.lines.get_mut(&key).expect("a key with a turn has a line");
            while let Some(Entry { number, attempt, class }) = line.pop_front() {
                self.len -= 1;
                self.exits.remove(class, number);
                if live(attempt) {
                    self.turns.push_back(key);
                    return Some(attempt);
                }
            }
            self.lines.remove(&key);
        }
        None
    }

    pub(super) fn evict(
        &mut self,
        incoming: Criticality,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        while let Some((number, key)) = self.exits.pop(incoming) {
            let line = self.lines.get_mut(&key).expect("who waits has a line");
            let place = line.binary_search_by_key(&number, |entry| entry.number);
            let entry = place.ok().and_then(|place| line.remove(place)).expect("who waits is in its line");
            self.len -= 1;
            if live(entry.attempt) {
                return Some(entry.attempt);
            }
        }
        None
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        for line in self.lines.values_mut() {
            line.retain(|entry| {
                let stays = live(entry.attempt);
                if !stays {
                    self.len -= 1;
                    self.exits.remove(entry.class, entry.number);
                }
                stays
            });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::line::DropRule;
    use crate::policy::queue::testing::waiting;

    /// A line whose attempts have these keys, in order of arrival.
    fn line_of(drop: DropRule, keys: &[u32]) -> State {
        let mut state = State::new(&Config { drop, ..Config::default() });
        for (k, key) in (0..).zip(keys) {
            state.join(Waiting { key: *key, ..waiting(k) });
        }
        state
    }

    fn served(state: &mut State) -> Vec<u32> {
        std::iter::from_fn(|| state.take(|_| true)).map(|id| id.0.slot).collect()
    }

    #[test]
    fn keys_take_turns_and_each_is_served_in_order() {
        let mut state = line_of(DropRule::Newest, &[7, 7, 7, 3, 7, 3, 9]);
        assert_eq!(served(&mut state), [0, 3, 6, 1, 5, 2, 4]);
        assert_eq!(state.len(), 0);
    }

    #[test]
    fn one_key_is_a_plain_line() {
        assert_eq!(served(&mut line_of(DropRule::Newest, &[5; 4])), [0, 1, 2, 3]);
    }

    #[test]
    fn a_light_key_waits_for_one_of_the_heavy_ones_at_most() {
        let mut state = line_of(DropRule::Newest, &[1; 1_000]);
        for k in 1_000..1_100 {
            state.join(Waiting { key: 2, ..waiting(k) });
            let next = [state.take(|_| true), state.take(|_| true)];
            assert!(next.iter().flatten().any(|id| id.0.slot == k), "{k} waits longer: {next:?}");
        }
    }

    #[test]
    fn the_share_of_a_key_does_not_depend_on_what_it_sends() {
        // Per turn of the worker three attempts come: two of the first key, one of the second.
        let mut state = line_of(DropRule::Newest, &[]);
        let mut shares = [0u32; 2];
        for k in (0..30_000).step_by(3) {
            (k..k + 3).for_each(|k| state.join(Waiting { key: u32::from(k % 3 == 2), ..waiting(k) }));
            let taken = state.take(|_| true).expect("the line is never empty");
            shares[usize::from(taken.0.slot % 3 == 2)] += 1;
        }
        assert_eq!(shares, [5_000, 5_000]);
    }

    #[test]
    fn who_has_left_uses_up_no_turn() {
        let mut state = line_of(DropRule::Newest, &[1, 1, 2, 2]);
        let live = |id: AttemptId| id.0.slot != 0;
        assert_eq!(state.take(live).map(|id| id.0.slot), Some(1), "still the first key's turn");
        assert_eq!(state.take(live).map(|id| id.0.slot), Some(2));
    }

    #[test]
    fn the_oldest_of_all_keys_makes_room() {
        let mut state = line_of(DropRule::Oldest, &[4, 2, 4, 2]);
        let oldest = |state: &mut State| state.evict(Criticality::Critical, |_| true).map(|id| id.0.slot);
        assert_eq!(oldest(&mut state), Some(0));
        assert_eq!(oldest(&mut state), Some(1));
        assert_eq!(served(&mut state), [2, 3]);
        assert_eq!(oldest(&mut state), None);
    }

    #[test]
    fn keys_that_stay_away_are_forgotten() {
        let mut state = line_of(DropRule::Newest, &(0..1_000).collect::<Vec<u32>>());
        served(&mut state);
        assert!(state.lines.is_empty() && state.turns.is_empty());
    }
}
