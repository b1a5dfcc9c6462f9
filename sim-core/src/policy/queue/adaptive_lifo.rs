//! Adaptive LIFO: oldest first while the line is short, newest first once it is long.
//!
//! **What it does.** If waiting / `capacity` > `threshold_ratio`, the newest is served next, else the
//! oldest. Looked at anew for every attempt taken, the one to be taken counted as waiting.
//! **Why it exists.** FIFO is fair in good times, LIFO useful in bad ones: a long line is the sign that
//! the oldest are late already, so the newest are served while somebody still waits for them.
//! **Where it fails.** It switches by the length of the line, not by the wait: on few workers even a
//! short line can be too late. And while the load stays, those below the threshold wait for ever: the
//! line is never shorter. Combine it with `max_wait`, or with `drop: oldest`.
//! **Source.** HBase `AdaptiveLifoCoDelCallQueue` (`hbase.ipc.server.callqueue.codel.lifo.threshold`
//! 0.8), after Ben Maurer, Fail at Scale, ACM Queue 2015. Deviations: HBase also drops by CoDel at a
//! target of 100ms; here that is a pattern of its own, [`codel`](super::codel).

use serde::{Deserialize, Serialize};

use super::Waiting;
use super::arrivals::Arrivals;
use super::line::{DropRule, Line};
use crate::ids::AttemptId;
use crate::policy::{Criticality, Problem};
use crate::units::{Limit, Patience, Probability};

/// Oldest first while the line is short, newest first once it is long.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "AdaptiveLifo"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The share of the capacity above which the newest is served first. Default: 0.8 (HBase).
    pub threshold_ratio: Probability,
    /// Most attempts that wait, those in service not counted; one more and `drop` says who fails at
    /// once with `queue_full`. Needed: the threshold is a share of it.
    pub capacity: Limit,
    /// An attempt that has waited longer than this when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default).
    pub max_wait: Patience,
    /// Who goes when the line is full. Default: `newest`.
    pub drop: DropRule,
    /// An attempt whose deadline is less than this away when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default): deadlines are ignored.
    pub expired_margin: Patience,
}

impl Default for Config {
    fn default() -> Self {
        let Line { capacity, max_wait, drop, expired_margin } = Line::default();
        Config { threshold_ratio: Probability::new(0.8), capacity, max_wait, drop, expired_margin }
    }
}

/// Who waits at one instance.
#[derive(Clone, Debug)]
pub struct State {
    line: Arrivals<AttemptId>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        match self.capacity {
            Limit::AtMost(_) => self.line().check(),
            Limit::Unlimited => {
                let sentence = "it must have a bound, such as `100`: the threshold is a share of it";
                vec![Problem::new("capacity", sentence)]
            }
        }
    }

    #[inline]
    pub(super) fn line(&self) -> Line {
        let Config { capacity, max_wait, drop, expired_margin, .. } = *self;
        Line { capacity, max_wait, drop, expired_margin }
    }

    /// Whether the newest of `waiting` attempts is served first.
    #[inline]
    fn is_long(&self, waiting: usize) -> bool {
        match self.capacity {
            Limit::Unlimited => false,
            // The same division as HBase's: 8 / 10 is the very float that 0.8 is read as.
            Limit::AtMost(most) => waiting as f64 / f64::from(most) > self.threshold_ratio.get(),
        }
    }
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
    pub(super) fn take(
        &mut self,
        config: &Config,
        waiting: usize,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        let newest = config.is_long(waiting);
        let next = || if newest { self.line.pop_newest() } else { self.line.pop_oldest() };
        std::iter::from_fn(next).find(|attempt| live(*attempt))
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
    use crate::policy::testing::config;

    /// The order in which a line of `n` is served while nobody comes.
    fn served(config: &Config, n: u32) -> Vec<u32> {
        let mut state = State::new(config);
        (0..n).for_each(|k| state.join(waiting(k)));
        let take = |left: u32| state.take(config, left as usize, |_| true).map(|id| id.0.slot);
        (1..=n).rev().map_while(take).collect()
    }

    #[test]
    fn up_to_the_threshold_the_oldest_above_it_the_newest() {
        // HBase: queue.size() / limit > 0.8, so 8 of 10 is not yet long, 9 is.
        let config = config!(r#"{"capacity": 10}"#);
        assert_eq!(served(&config, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(served(&config, 10), [9, 8, 0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn no_threshold_is_missed_by_a_hair() {
        // A tenth of 10, a hundredth of 100 and so on exactly at the threshold are not above it.
        for capacity in [10u32, 100, 1_000] {
            for waiting in 1..capacity {
                let ratio = format!("{}.{:06}", 0, waiting * (1_000_000 / capacity));
                let config = config!(&format!(r#"{{"capacity": {capacity}, "threshold_ratio": "{ratio}"}}"#));
                assert!(!config.is_long(waiting as usize), "{waiting} of {capacity}, {ratio}");
                assert!(config.is_long(waiting as usize + 1));
            }
        }
    }

    #[test]
    fn the_ends_of_the_threshold_are_plain_lifo_and_fifo() {
        assert_eq!(served(&config!(r#"{"capacity": 3, "threshold_ratio": 0}"#), 3), [2, 1, 0]);
        assert_eq!(served(&config!(r#"{"capacity": 3, "threshold_ratio": "100%"}"#), 3), [0, 1, 2]);
    }

    #[test]
    fn those_who_have_left_do_not_make_a_line_long() {
        let config = config!(r#"{"capacity": 10}"#);
        let mut state = State::new(&config);
        (0..10).for_each(|k| state.join(waiting(k)));
        // Three have been withdrawn, 7 wait: the oldest of these is next.
        assert_eq!(state.take(&config, 7, |id| id.0.slot >= 3), Some(attempt(3)));
    }

    #[test]
    fn a_share_needs_a_whole() {
        let problems = Config::default().check();
        assert_eq!((problems.len(), problems[0].field.as_str()), (1, "capacity"));
    }
}
