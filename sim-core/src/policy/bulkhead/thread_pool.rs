//! Thread pool: so many threads, then a queue, then more threads, then refusals.
//!
//! **What it does.** While fewer than `core_threads` threads live, each attempt gets a new one. Then an attempt waits in
//! the queue if that has room; only when the queue is full, threads are added up to `max_threads`; beyond, attempts
//! are refused. A thread above the core that has been idle for `keep_alive` goes away; whoever comes earlier gets it.
//! **Why it exists.** Threads of their own isolate a call even from a client library that blocks for ever.
//! **Where it fails.** The queue comes before the growth: with a long queue the threads above the core are never
//! started, and the wait grows instead. Threads cost memory and switches, which is not modelled.
//! **Source.** java.util.concurrent `ThreadPoolExecutor`; resilience4j `ThreadPoolBulkhead` (core CPUs - 1, max CPUs,
//! queue 100, keep-alive 20 ms); Hystrix (core 10, max 10, no queue). Deviations: a thread is free when its
//! caller stops waiting, as if every work heeded interrupts.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Entry, Load};
use crate::policy::Problem;
use crate::policy::scope::Scope;
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// So many threads, then a queue, then more threads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ThreadPoolBulkhead"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Threads that are started before anybody waits, from 1. Default: 10.
    pub core_threads: Count,
    /// Threads at most, from `core_threads`. Default: as many as `core_threads`.
    pub max_threads: Option<Count>,
    /// Attempts that wait for a thread, from 0. Default: 0.
    pub queue_capacity: u32,
    /// How long a thread above the core stays idle. Default: 20ms.
    pub keep_alive: SimDuration,
    /// Who shares one bulkhead. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            core_threads: Count::new(10),
            max_threads: None,
            queue_capacity: 0,
            keep_alive: SimDuration::from_millis(20),
            scope: Scope::default(),
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.scope.check_before_choice().into_iter().collect();
        if self.most() < self.core_threads.get() {
            let sentence = format!("must be at least `core_threads`, {}", self.core_threads);
            problems.push(Problem::new("max_threads", sentence));
        }
        problems
    }

    fn most(&self) -> u32 {
        self.max_threads.unwrap_or(self.core_threads).get()
    }
}

/// Threads without work.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Since when each is idle, the one that is idle longest first: it is the first to get work.
    idle: VecDeque<SimTime>,
}

impl State {
    pub(super) fn ask(&mut self, config: &Config, load: Load, now: SimTime) -> Entry {
        self.retire(config, load, now);
        let alive = load.taken + self.idle.len() as u32;
        if load.waiting == 0 && self.idle.pop_front().is_some() {
            return Entry::Enters;
        }
        if alive < config.core_threads.get() {
            Entry::Enters
        } else if load.waiting < config.queue_capacity {
            Entry::Waits
        } else if alive < config.most() {
            Entry::Enters
        } else {
            Entry::Refused
        }
    }

    pub(super) fn left(&mut self, config: &Config, load: Load, now: SimTime) {
        self.idle.push_back(now);
        self.retire(config, load, now);
    }

    pub(super) fn next(&mut self, config: &Config, load: Load) -> bool {
        self.idle.pop_front().is_some() || load.taken < config.core_threads.get()
    }

    /// Those that have been idle too long are gone, but for the core.
    fn retire(&mut self, config: &Config, load: Load, now: SimTime) {
        while load.taken + self.idle.len() as u32 > config.core_threads.get()
            && self.idle.front().is_some_and(|since| now >= *since + config.keep_alive)
        {
            self.idle.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, ms, read};

    #[test]
    fn first_the_core_then_the_queue_then_more_threads() {
        let config = config!(r#"{"core_threads": 2, "max_threads": 4, "queue_capacity": 3}"#);
        let mut state = State::default();
        let (mut taken, mut waiting) = (0, 0);
        let entries: Vec<Entry> = (0..8)
            .map(|_| {
                let entry = state.ask(&config, Load { taken, waiting }, SimTime::ZERO);
                match entry {
                    Entry::Enters => taken += 1,
                    Entry::Waits => waiting += 1,
                    Entry::Refused => {}
                }
                entry
            })
            .collect();
        use Entry::{Enters, Refused, Waits};
        assert_eq!(entries, [Enters, Enters, Waits, Waits, Waits, Enters, Enters, Refused]);
    }

    #[test]
    fn hystrix_has_no_queue() {
        let (config, mut state) = (config!("{}"), State::default());
        let mut ask = |taken| state.ask(&config, Load { taken, waiting: 0 }, SimTime::ZERO);
        assert_eq!([9, 10].map(&mut ask), [Entry::Enters, Entry::Refused]);
    }

    #[test]
    fn an_idle_thread_above_the_core_is_there_for_a_while() {
        let config = config!(r#"{"core_threads": 1, "max_threads": 2, "queue_capacity": 1}"#);
        for (wait, entry) in [(19.0, Entry::Enters), (20.0, Entry::Waits)] {
            let mut state = State::default();
            state.left(&config, Load { taken: 1, waiting: 0 }, SimTime::ZERO);
            let now = SimTime::ZERO + ms(wait);
            assert_eq!(state.ask(&config, Load { taken: 1, waiting: 0 }, now), entry, "after {wait} ms");
        }
    }

    #[test]
    fn the_thread_that_is_free_takes_the_first_in_line() {
        let config = config!(r#"{"core_threads": 1, "max_threads": 3, "queue_capacity": 5}"#);
        let mut state = State::default();
        // Three work, five wait; one is done.
        state.left(&config, Load { taken: 2, waiting: 5 }, SimTime::ZERO);
        assert!(state.next(&config, Load { taken: 2, waiting: 5 }));
        assert!(!state.next(&config, Load { taken: 3, waiting: 4 }), "one thread came free, not two");
    }

    #[test]
    fn fewer_threads_at_most_than_at_least_are_a_mistake() {
        let config: Config = read(r#"{"core_threads": 5, "max_threads": 4}"#).expect("settings are readable");
        assert_eq!(config.check()[0].field, "max_threads");
    }
}
