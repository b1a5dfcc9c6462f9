//! A replica is behind: how much of the log does it ask for at a time?
//!
//! **What it does.** Each write at the leader is an entry of its log. A replica that keeps up gets every entry with the
//! write itself, at no further cost. One that was paused lags by what it has missed, and catches up with pulls from
//! the leader, `batch` entries each (fewer only if nothing is on its way), at most `window` at once; each pull is work of
//! the leader like any other. Who lags by a batch or less gets the rest from the leader's memory and keeps up again. While
//! a replica lags by `flow_control` entries or more, the leader refuses writes.
//! **Why it exists.** An old part of the log is no longer in memory: reading and sending it costs the leader more than
//! passing a fresh entry on. Catching up takes that from the writes, and who lags is one failure away from lost data.
//! **Where it fails.** With an unlimited `window` the whole lag is asked for at once: writes wait behind it, and so do the
//! pulls themselves, time out and come again, while the leader works on the old ones. `window` bounds what catching up
//! takes; if that is less than what writes bring, the lag never ends. `flow_control` bounds the lag, and turns a slow
//! replica into a leader that refuses.
//! **See it.** `scenarios/library/metastable/metastable-replica-catchup.yaml`.
//! **Source.** Ongaro and Ousterhout, *In Search of an Understandable Consensus Algorithm*, USENIX ATC 2014, section 5.3
//! (a leader retries appends to followers that were away; etcd's `max-inflight-msgs` is the window); Huang et al.,
//! *Metastable Failures in the Wild*, OSDI 2022 (replicas that catch up); flow control as in Galera (`gcs.fc_limit`) and
//! MySQL Group Replication. Deviations: entries have one size, a last and smaller batch costs as much as a full one, and
//! there are no snapshots.

use serde::{Deserialize, Serialize};

use crate::units::{Count, Limit};

/// How a replica catches up.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CatchUp"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Entries of one pull at most. Default: 1.
    #[serde(default = "single")]
    pub batch: Count,
    /// Pulls of one replica under way at once, from 1. Default: `unlimited`: all that it lacks.
    #[serde(default)]
    pub window: Limit,
    /// The leader refuses writes (`shed`) while a replica lacks so many entries, from 1. Default: `unlimited`: never.
    #[serde(default)]
    pub flow_control: Limit,
}

impl Default for Config {
    fn default() -> Self {
        Config { batch: single(), window: Limit::Unlimited, flow_control: Limit::Unlimited }
    }
}

fn single() -> Count {
    Count::ONE
}

/// What one replica has. Entries are counted; the leader knows how many there are.
#[derive(Clone, Debug)]
pub struct State {
    /// Entries that it has.
    applied: u64,
    /// Entries that pulls under way will bring, and how many pulls those are.
    asked: u64,
    pulls: u32,
    /// Whether it gets each entry with the write.
    keeps_up: bool,
    /// Entries that came with the write or from the leader's memory, and in pulls.
    pub streamed: u64,
    /// Entries that came in pulls.
    pub pulled: u64,
}

impl Default for State {
    fn default() -> Self {
        State { applied: 0, asked: 0, pulls: 0, keeps_up: true, streamed: 0, pulled: 0 }
    }
}

impl Config {
    /// Contradictions; empty if there is none.
    pub fn check(&self) -> Vec<super::Problem> {
        let mut problems = Vec::new();
        for (field, limit) in [("window", self.window), ("flow_control", self.flow_control)] {
            if limit == Limit::AtMost(0) {
                let sentence = match field {
                    "window" => "must be at least 1: no pull could ever be sent",
                    _ => "must be at least 1: every write would be refused",
                };
                problems.push(super::Problem::new(field, sentence));
            }
        }
        problems
    }

    /// Whether the leader refuses writes while a replica lacks so many entries.
    pub fn holds_back(&self, lag: u64) -> bool {
        matches!(self.flow_control, Limit::AtMost(most) if lag >= u64::from(most))
    }
}

impl State {
    /// Entries that it lacks, of so many in the `log`.
    pub fn lag(&self, log: u64) -> u64 {
        log - self.applied
    }

    /// Whether it gets each entry with the write.
    pub fn keeps_up(&self) -> bool {
        self.keeps_up
    }

    /// Pulls under way.
    pub fn pulls(&self) -> u32 {
        self.pulls
    }

    /// The leader has written an entry. A replica that is there and keeps up has it at once.
    pub fn wrote(&mut self, is_there: bool) {
        match is_there && self.keeps_up {
            true => (self.applied, self.streamed) = (self.applied + 1, self.streamed + 1),
            false => self.keeps_up = false,
        }
    }

    /// How many entries the next pull asks for, if there is one.
    pub fn ask(&mut self, config: &Config, log: u64) -> Option<u64> {
        let left = self.lag(log).saturating_sub(self.asked);
        if self.keeps_up || left == 0 || !config.window.admits(self.pulls as usize) {
            return None;
        }
        let entries = left.min(u64::from(config.batch.get()));
        if self.pulls > 0 && entries < u64::from(config.batch.get()) {
            return None;
        }
        (self.asked, self.pulls) = (self.asked + entries, self.pulls + 1);
        Some(entries)
    }

    /// A pull of so many entries has ended.
    pub fn ended(&mut self, config: &Config, entries: u64, log: u64, is_answered: bool) {
        (self.asked, self.pulls) = (self.asked - entries, self.pulls - 1);
        if !is_answered || self.keeps_up {
            return;
        }
        let new = entries.min(self.lag(log));
        (self.applied, self.pulled) = (self.applied + new, self.pulled + new);
        let rest = self.lag(log);
        if rest <= u64::from(config.batch.get()) {
            self.keeps_up = true;
            (self.applied, self.streamed) = (log, self.streamed + rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    /// A replica that has missed so many entries.
    fn behind(entries: u64) -> State {
        let mut state = State::default();
        (0..entries).for_each(|_| state.wrote(false));
        state
    }

    #[test]
    fn who_keeps_up_never_asks() {
        let config: Config = read("{}").expect("all has a default");
        let mut state = State::default();
        state.wrote(true);
        assert_eq!((state.lag(1), state.ask(&config, 1), state.streamed), (0, None, 1));
    }

    #[test]
    fn a_window_bounds_the_pulls_and_a_batch_their_size() {
        let config: Config = read(r#"{"batch": 100, "window": 2}"#).expect("it is sound");
        let mut state = behind(250);
        let asked = [state.ask(&config, 250), state.ask(&config, 250), state.ask(&config, 250)];
        assert_eq!(asked, [Some(100), Some(100), None]);
        state.ended(&config, 100, 250, false); // nothing came, so the same is asked for again
        assert_eq!((state.lag(250), state.ask(&config, 250)), (250, Some(100)));
    }

    #[test]
    fn without_a_window_all_is_asked_for_at_once() {
        let config: Config = read(r#"{"batch": 100}"#).expect("it is sound");
        let mut state = behind(250);
        let asked: Vec<u64> = std::iter::from_fn(|| state.ask(&config, 250)).collect();
        assert_eq!(asked, [100, 100]);
    }

    #[test]
    fn less_than_a_batch_is_asked_for_only_if_nothing_is_on_its_way() {
        let config: Config = read(r#"{"batch": 100}"#).expect("it is sound");
        assert_eq!(behind(50).ask(&config, 50), Some(50));
    }

    #[test]
    fn who_lags_by_a_batch_gets_the_rest_from_memory() {
        let config: Config = read(r#"{"batch": 100, "window": 1}"#).expect("it is sound");
        let mut state = behind(250);
        for _ in 0..2 {
            assert!(!state.keeps_up());
            let entries = state.ask(&config, 250).expect("it is behind");
            state.ended(&config, entries, 250, true);
        }
        assert!(state.keeps_up());
        assert_eq!((state.lag(250), state.pulled, state.streamed), (0, 200, 50));
    }

    #[test]
    fn flow_control_begins_at_its_limit() {
        let config: Config = read(r#"{"flow_control": 10}"#).expect("it is sound");
        assert_eq!((config.holds_back(9), config.holds_back(10)), (false, true));
        let refused: Config = read(r#"{"window": 0, "flow_control": 0}"#).expect("it can be read");
        assert_eq!(refused.check().len(), 2);
    }
}
