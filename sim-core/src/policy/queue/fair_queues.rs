//! Fair queues: the keys are dealt to a number of lines, which take turns.
//!
//! **What it does.** There are `queues` lines, each with room for `queue_length`. A hash of its key deals each attempt
//! a hand of `hand_size` lines, the same hand for the same key; it joins the shortest of them, and is turned away if
//! all are full. The lines take turns, each first in, first out. With `reshuffle` hands are dealt anew each such time.
//! **Why it exists.** A line per key needs room for every key there may be. With few lines, a heavy key fills only
//! its own, and whoever shares one of them has another in its hand: with 2 of 8 one key in 28 has the same hand,
//! with 8 of 64 nobody.
//! **Where it fails.** Who has the same hand as a heavy key suffers with it, until the next deal, and then it is
//! somebody else's turn; after a deal it holds the old hand and the new one for a while. Its hand is also its share of the
//! turns: with 2 of 8 it gets a quarter of the capacity, and if the others need more than the rest, all fail. It is
//! fair by attempts, not by work.
//! **See it.** `scenarios/library/resilience/tenant-fairness.yaml`.
//! **Source.** Kubernetes API Priority and Fairness (64 queues, hands of 8, 50 per queue); shuffle sharding: Colm
//! MacCarthaigh, AWS Builders' Library; McKenney, Stochastic Fairness Queueing, 1990 (the new deal). Deviations: turns
//! by attempt, where Kubernetes goes by virtual time of seats; an idle worker takes whoever comes.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::line::{DropRule, Line};
use super::{Overflow, Waiting};
use crate::ids::AttemptId;
use crate::luck::mix;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Limit, Patience};

/// Most lines of one instance.
const MAX_QUEUES: u32 = 10_000;
/// Most lines of a hand.
const MAX_HAND: usize = 64;

/// The keys are dealt to a number of lines, which take turns.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "FairQueues"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How many lines. Default: 64 (Kubernetes).
    pub queues: Count,
    /// How many of them each key may use; at most 64. Default: 8 (Kubernetes).
    pub hand_size: Count,
    /// Most attempts that wait in one of them; who finds all of its hand full fails at once with `queue_full`.
    /// Default: 50 (Kubernetes).
    pub queue_length: Count,
    /// Deal the hands anew once in so long: a duration or `none` (default).
    pub reshuffle: Patience,
    /// An attempt that has waited longer than this when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default).
    pub max_wait: Patience,
    /// An attempt whose deadline is less than this away when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default): deadlines are ignored.
    pub expired_margin: Patience,
}

impl Default for Config {
    fn default() -> Self {
        let Line { max_wait, expired_margin, .. } = Line::default();
        Config {
            queues: Count::new(64),
            hand_size: Count::new(8),
            queue_length: Count::new(50),
            reshuffle: Patience(None),
            max_wait,
            expired_margin,
        }
    }
}

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    queues: Vec<VecDeque<AttemptId>>,
    /// Whose turn it is next.
    next: usize,
    /// invariant: the sum of the lengths of `queues`.
    len: usize,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.queues.get() > MAX_QUEUES {
            let sentence = format!("{} lines; at most {MAX_QUEUES} are simulated", self.queues);
            problems.push(Problem::new("queues", sentence));
        }
        let most = self.queues.get().min(MAX_HAND as u32);
        if self.hand_size.get() > most {
            let sentence = format!(
                "must be at most {most}: there are {} queues, and a hand has at most {MAX_HAND}",
                self.queues
            );
            problems.push(Problem::new("hand_size", sentence));
        }
        if self.reshuffle.0 == Some(SimDuration::ZERO) {
            problems.push(Problem::new("reshuffle", "must be above 0s, such as `60s`, or `none`"));
        }
        problems
    }

    /// Each line has its own bound, so the line as a whole is always asked for room.
    pub(super) fn line(&self) -> Line {
        let Config { max_wait, expired_margin, .. } = *self;
        Line { capacity: Limit::AtMost(0), max_wait, drop: DropRule::Newest, expired_margin }
    }

    /// The lines that a key may use at this moment, all different.
    fn hand(&self, key: u32, now: SimTime) -> impl Iterator<Item = usize> {
        let deal = self.reshuffle.0.map_or(0, |every| now.as_nanos() / every.as_nanos());
        let luck = mix(mix(0x5ba2d, deal), u64::from(key));
        let queues = u64::from(self.queues.get());
        let mut taken = [u64::MAX; MAX_HAND];
        (0..self.hand_size.get() as usize).map(move |k| {
            // The place among the lines that are left, in order; those taken before are skipped.
            let mut place = mix(luck, k as u64) % (queues - k as u64);
            taken[..k].sort_unstable();
            for other in &taken[..k] {
                place += u64::from(*other <= place);
            }
            taken[k] = place;
            place as usize
        })
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { queues: vec![VecDeque::new(); config.queues.get() as usize], next: 0, len: 0 }
    }

    /// The shortest line of the hand, the first of it among equals.
    fn shortest(&self, config: &Config, waiting: &Waiting) -> usize {
        let hand = config.hand(waiting.key, waiting.entered);
        hand.min_by_key(|queue| self.queues[*queue].len()).expect("a hand has at least one line")
    }

    /// Whether there is room in one of the lines of its hand.
    pub(super) fn make_room(
        &mut self,
        config: &Config,
        incoming: &Waiting,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Overflow {
        let most = config.queue_length.get() as usize;
        if self.queues[self.shortest(config, incoming)].len() >= most {
            // Perhaps some have left.
            for queue in config.hand(incoming.key, incoming.entered) {
                let queue = &mut self.queues[queue];
                let before = queue.len();
                queue.retain(|attempt| live(*attempt));
                self.len -= before - queue.len();
            }
        }
        match self.queues[self.shortest(config, incoming)].len() < most {
            true => Overflow::Room,
            false => Overflow::TurnAway,
        }
    }

    pub(super) fn join(&mut self, config: &Config, waiting: Waiting) {
        let queue = self.shortest(config, &waiting);
        self.queues[queue].push_back(waiting.attempt);
        self.len += 1;
    }

    pub(super) fn take(&mut self, mut live: impl FnMut(AttemptId) -> bool) -> Option<AttemptId> {
        // One round meets every line.
        for _ in 0..self.queues.len() {
            if self.len == 0 {
                return None;
            }
            let turn = self.next;
            self.next = (turn + 1) % self.queues.len();
            let queue = &mut self.queues[turn];
            while let Some(attempt) = queue.pop_front() {
                self.len -= 1;
                if live(attempt) {
                    return Some(attempt);
                }
            }
        }
        None
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        self.len = 0;
        for queue in &mut self.queues {
            queue.retain(|attempt| live(*attempt));
            self.len += queue.len();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("longest_queue", self.queues.iter().map(VecDeque::len).max().unwrap_or(0) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::testing::waiting;
    use crate::policy::testing::{config, read};

    fn hand(config: &Config, key: u32, seconds: u64) -> Vec<usize> {
        config.hand(key, SimTime::ZERO + SimDuration::from_secs(seconds)).collect()
    }

    /// A key comes; whether there was room.
    fn come(state: &mut State, config: &Config, key: u32, k: u32) -> bool {
        let waiting = Waiting { key, ..waiting(k) };
        let has_room = state.make_room(config, &waiting, |_| true) == Overflow::Room;
        if has_room {
            state.join(config, waiting);
        }
        has_room
    }

    #[test]
    fn a_hand_has_different_lines_and_stays_the_same() {
        let config = config!(r#"{"queues": 8, "hand_size": 3}"#);
        for key in 0..1_000 {
            let mut lines = hand(&config, key, 0);
            assert_eq!(lines, hand(&config, key, 9_999));
            lines.sort_unstable();
            lines.dedup();
            assert!(lines.len() == 3 && lines[2] < 8);
        }
    }

    #[test]
    fn every_hand_is_as_likely_as_any_other() {
        // 28 hands of 2 of 8, about 1000 keys each: sqrt(1000) = 32, tolerance 5 of these, as there are 28.
        let config = config!(r#"{"queues": 8, "hand_size": 2}"#);
        let mut counts = [[0; 8]; 8];
        for key in 0..28_000 {
            let lines = hand(&config, key, 0);
            counts[lines[0].min(lines[1])][lines[0].max(lines[1])] += 1;
        }
        for (low, row) in counts.iter().enumerate() {
            for (high, count) in row.iter().enumerate().filter(|(high, _)| *high > low) {
                assert!((840..=1_160).contains(count), "{low} and {high}: {count}");
            }
        }
    }

    #[test]
    fn a_new_deal_gives_other_hands() {
        let config = config!(r#"{"queues": 8, "hand_size": 2, "reshuffle": "10s"}"#);
        let same = (0..2_800).filter(|key| hand(&config, *key, 0) == hand(&config, *key, 10)).count();
        // One in 56 in order: 50, within 5 standard errors of 7.
        assert!((15..=85).contains(&same), "{same}");
        assert!((0..1_000).all(|key| hand(&config, key, 0) == hand(&config, key, 9)));
    }

    #[test]
    fn a_heavy_key_fills_its_hand_and_nothing_else() {
        let config = config!(r#"{"queues": 8, "hand_size": 2, "queue_length": 5}"#);
        let mut state = State::new(&config);
        let joined = (0..1_000).filter(|k| come(&mut state, &config, 7, *k)).count();
        assert_eq!((joined, state.len(), state.gauge().1), (10, 10, 5.0));
        let turned_away = (100..1_100).filter(|key| {
            let full = !come(&mut state, &config, *key, 2_000);
            if !full {
                // Back to how it was.
                state.queues.iter_mut().for_each(|queue| queue.retain(|id| id.0.slot != 2_000));
                state.len = state.queues.iter().map(VecDeque::len).sum();
            }
            full
        });
        // One in 28: 36, within 5 standard errors of 6.
        let turned_away = turned_away.count();
        assert!((6..=66).contains(&turned_away), "{turned_away}");
    }

    #[test]
    fn lines_take_turns_in_order_of_arrival() {
        let config = config!(r#"{"queues": 4, "hand_size": 1}"#);
        let mut state = State::new(&config);
        let of = |queue| (0..).find(|key| hand(&config, *key, 0) == [queue]).expect("some key is dealt it");
        let (a, b) = (of(1), of(3));
        for (k, key) in [a, a, a, b].into_iter().enumerate() {
            assert!(come(&mut state, &config, key, k as u32));
        }
        let served: Vec<u32> = std::iter::from_fn(|| state.take(|_| true)).map(|id| id.0.slot).collect();
        assert_eq!(served, [0, 3, 1, 2]);
    }

    #[test]
    fn who_has_left_takes_no_room_and_no_turn() {
        let config = config!(r#"{"queues": 1, "hand_size": 1, "queue_length": 2}"#);
        let mut state = State::new(&config);
        assert!(come(&mut state, &config, 1, 0) && come(&mut state, &config, 1, 1));
        assert!(!come(&mut state, &config, 1, 2));
        let live = |id: AttemptId| id.0.slot != 0;
        assert_eq!(state.make_room(&config, &waiting(2), live), Overflow::Room);
        assert_eq!((state.len(), state.take(live).map(|id| id.0.slot)), (1, Some(1)));
        assert_eq!(state.take(live), None);
    }

    #[test]
    fn hands_that_cannot_be_dealt_are_mistakes() {
        let fields = |json: &str| -> Vec<String> {
            let problems = read::<Config>(json).expect("settings are readable").check();
            problems.into_iter().map(|problem| problem.field).collect()
        };
        assert_eq!(fields(r#"{"queues": 4, "hand_size": 5}"#), ["hand_size"]);
        assert_eq!(
            fields(r#"{"queues": 20000, "hand_size": 65, "reshuffle": "0s"}"#),
            ["queues", "hand_size", "reshuffle"]
        );
    }
}
