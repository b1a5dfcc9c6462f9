//! May one more attempt be under way?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`none`] | always | nothing | one slow service takes every thread of its caller |
//! | [`semaphore`] | so many at once, others wait a while or are refused | a slow service taking more than its share | the number ages; what is free elsewhere is not used |
//! | [`thread_pool`] | so many threads, then a queue, then more threads | the same | the queue fills before threads are added |
//! | [`connection_limits`] | so many connections, requests waiting for one, requests | the same | Envoy calls them circuit breakers, which they are not |
//!
//! A bulkhead belongs to one call and to each client of it unless `scope` says otherwise; a `pool` is shared by all
//! calls that name it. A place is held until the caller's wait is over, in whichever way. What is refused fails with
//! `bulkhead_full`.

use serde::{Deserialize, Serialize};

use super::Problem;
use super::scope::Scope;
use crate::time::{SimDuration, SimTime};

pub mod connection_limits;
pub mod none;
pub mod semaphore;
pub mod thread_pool;

/// How many attempts of a call may be under way at once. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Bulkhead"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// As many as there are.
    #[default]
    None,
    /// So many; others wait a while or are refused.
    Semaphore(semaphore::Config),
    /// So many threads, then a queue, then more threads.
    ThreadPool(thread_pool::Config),
    /// So many connections, requests waiting for one, and requests.
    ConnectionLimits(connection_limits::Config),
}

/// What one bulkhead remembers beside who is under way and who waits.
#[derive(Clone, Debug)]
pub enum State {
    /// Nothing.
    Nothing,
    /// Its idle threads.
    ThreadPool(thread_pool::State),
}

/// How full a bulkhead is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Places taken.
    pub taken: u32,
    /// Those who wait for one.
    pub waiting: u32,
}

/// What becomes of somebody who wants a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The place is theirs.
    Enters,
    /// They stand in line, first come first served.
    Waits,
    /// There is no room.
    Refused,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None => Vec::new(),
            Config::Semaphore(config) => Problem::below("semaphore", config.check()),
            Config::ThreadPool(config) => Problem::below("thread_pool", config.check()),
            Config::ConnectionLimits(config) => Problem::below("connection_limits", config.check()),
        }
    }

    /// Whether everybody enters.
    pub const fn is_none(&self) -> bool {
        matches!(self, Config::None)
    }

    /// Who shares one.
    pub fn scope(&self) -> Scope {
        match self {
            Config::None => Scope::PerCallerInstance,
            Config::Semaphore(config) => config.scope,
            Config::ThreadPool(config) => config.scope,
            Config::ConnectionLimits(config) => config.scope,
        }
    }

    /// How long somebody waits in line; `None`: as long as it takes.
    pub fn max_wait(&self) -> Option<SimDuration> {
        match self {
            Config::None | Config::ThreadPool(_) | Config::ConnectionLimits(_) => None,
            Config::Semaphore(config) => config.max_wait.0,
        }
    }
}

impl State {
    /// An empty bulkhead.
    pub fn new(config: &Config) -> Self {
        match config {
            Config::ThreadPool(_) => State::ThreadPool(thread_pool::State::default()),
            Config::None | Config::Semaphore(_) | Config::ConnectionLimits(_) => State::Nothing,
        }
    }

    /// Somebody wants a place; who enters has it.
    pub fn ask(&mut self, config: &Config, load: Load, now: SimTime) -> Entry {
        match (config, self) {
            (Config::None, _) => none::ENTRY,
            (Config::Semaphore(config), _) => config.entry(load),
            (Config::ConnectionLimits(config), _) => config.entry(load),
            (Config::ThreadPool(config), State::ThreadPool(state)) => state.ask(config, load, now),
            (Config::ThreadPool(_), State::Nothing) => unreachable!("a state belongs to its settings"),
        }
    }

    /// Somebody has given a place back; `load` is without it.
    pub fn left(&mut self, config: &Config, load: Load, now: SimTime) {
        if let (Config::ThreadPool(config), State::ThreadPool(state)) = (config, self) {
            state.left(config, load, now);
        }
    }

    /// Whether the first in line gets a place, which is then taken.
    pub fn next(&mut self, config: &Config, load: Load) -> bool {
        match (config, self) {
            (Config::None, _) => true,
            (Config::Semaphore(config), _) => load.taken < config.max_concurrent.get(),
            (Config::ConnectionLimits(config), _) => load.taken < config.most(),
            (Config::ThreadPool(config), State::ThreadPool(state)) => state.next(config, load),
            (Config::ThreadPool(_), State::Nothing) => unreachable!("a state belongs to its settings"),
        }
    }
}
