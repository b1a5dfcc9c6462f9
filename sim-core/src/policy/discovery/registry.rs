//! A registry: instances report that they are there, and callers are told who has reported.
//!
//! **What it does.** An instance registers when it is ready, says so again every `heartbeat_interval`, and takes
//! itself off the list when it is stopped in good order. One that dies says nothing: its lease is over when it has
//! not reported for longer than `lease_duration` * `lease_factor`, and every `eviction_interval` the registry strikes
//! out whose lease is over, in random order. With `self_preservation_ratio` r it strikes out nobody while the heartbeats of
//! the last minute are not more than r of those that all on the list would send, and at most n - floor(r n) of n at
//! once. Callers learn of it by `delivery`: with `poll` each asks every `client_refresh`, and is answered from a copy
//! that the registry makes every `server_cache` at most; with `push` each is told `propagation_delay` after a change.
//! While the registry is down nobody reports and nobody learns; `on_registry_down` says what callers do whose poll fails.
//! **Why it exists.** Addresses come and go without anybody editing a list. Freshness is bought: heartbeats cost
//! instances / `heartbeat_interval` requests a second, polls callers / `client_refresh`, pushes callers per change.
//! **Where it fails.** The delays add up: a silent death is believed in for up to lease + eviction + copy + poll, with
//! Eureka's numbers 180 + 60 + 30 + 30 = 300 s. Self-preservation keeps a list from being emptied by a cut network, and keeps
//! every dead entry when many have died. Without it, a registry that was away for longer than a lease strikes out the living.
//! **See it.** `scenarios/library/fallacies/fallacy-5-topology-static.yaml`, variants `registry-poll` and `push-retry-next`.
//! **Source.** Netflix Eureka, `AbstractInstanceRegistry` (its lease adds the duration twice, kept on purpose; eviction
//! limit; renewals of the last minute) and its default settings; etcd and ZooKeeper watches for `push`. Deviations: one
//! registry, no peers; no first wait of 40 s before an instance registers; the expected heartbeats follow the list at
//! every eviction and not every 15 minutes; a copy of the list is made when somebody asks for one that is too old.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::WithoutAnswer;
use crate::luck::Draws;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Factor, Probability};

const MINUTE: SimDuration = SimDuration::from_secs(60);

/// Settings of a registry, its instances and its callers. Default: Eureka's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Registry"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How often an instance reports, above 0s. Default: 30s.
    pub heartbeat_interval: SimDuration,
    /// How long a report counts, above 0s. Default: 90s.
    pub lease_duration: SimDuration,
    /// How many times as long it counts in fact. Default: 2, which is what Eureka does; elsewhere 1.
    pub lease_factor: Factor,
    /// How often the registry strikes out whose lease is over, above 0s. Default: 60s.
    pub eviction_interval: SimDuration,
    /// The share of expected heartbeats that it must have heard to strike out anybody, 0 to 1, or `none`. Default: 0.85.
    pub self_preservation_ratio: Option<Probability>,
    /// How callers learn who is on the list. Default: `poll`.
    pub delivery: Delivery,
    /// What callers do whose poll fails. Default: `use_last`.
    pub on_registry_down: WithoutAnswer,
}

/// How callers learn who is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Each asks from time to time (Eureka).
    Poll(PollConfig),
    /// Each is told of every change (a watch, a stream).
    Push(PushConfig),
}

/// Callers ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RegistryPoll"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct PollConfig {
    /// How often each asks, above 0s. Default: 30s.
    pub client_refresh: SimDuration,
    /// How old the copy may be that answers; from 0s. Default: 30s.
    pub server_cache: SimDuration,
}

/// Callers are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RegistryPush"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct PushConfig {
    /// From a change to the moment at which callers know. Default: 0s.
    pub propagation_delay: SimDuration,
}

impl Default for PollConfig {
    fn default() -> Self {
        PollConfig { client_refresh: SimDuration::from_secs(30), server_cache: SimDuration::from_secs(30) }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            heartbeat_interval: SimDuration::from_secs(30),
            lease_duration: SimDuration::from_secs(90),
            lease_factor: Factor::new(2.0),
            eviction_interval: MINUTE,
            self_preservation_ratio: Some(Probability::new(0.85)),
            delivery: Delivery::Poll(PollConfig::default()),
            on_registry_down: WithoutAnswer::UseLast,
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut above_zero = |field: &'static str, value: SimDuration, why: &str| {
            if value == SimDuration::ZERO {
                problems.push(Problem::new(field, format!("must be above 0s: {why}")));
            }
        };
        above_zero("heartbeat_interval", self.heartbeat_interval, "nobody reports without a pause");
        above_zero("lease_duration", self.lease_duration, "whoever registers would be struck out");
        above_zero("eviction_interval", self.eviction_interval, "the registry would do nothing else");
        if let Delivery::Poll(poll) = self.delivery {
            above_zero("delivery/poll/client_refresh", poll.client_refresh, "nobody asks without a pause");
        }
        if problems.is_empty() && self.lease() <= self.heartbeat_interval {
            let sentence = format!(
                "must make a lease of more than one `heartbeat_interval`, found {} for a heartbeat every {}: \
                 instances that are well would be struck out between two heartbeats",
                self.lease(),
                self.heartbeat_interval
            );
            problems.push(Problem::new("lease_duration", sentence));
        }
        problems
    }

    /// How long an instance may be silent.
    pub fn lease(&self) -> SimDuration {
        self.lease_duration.mul_f64(self.lease_factor.get())
    }

    pub(super) fn pushes(&self) -> bool {
        matches!(self.delivery, Delivery::Push(_))
    }

    pub(super) fn propagation_delay(&self) -> SimDuration {
        match self.delivery {
            Delivery::Poll(_) => SimDuration::ZERO,
            Delivery::Push(push) => push.propagation_delay,
        }
    }

    /// How often callers ask, if they do.
    pub fn client_refresh(&self) -> Option<SimDuration> {
        match self.delivery {
            Delivery::Poll(poll) => Some(poll.client_refresh),
            Delivery::Push(_) => None,
        }
    }

    /// The longest time for which callers believe in an instance that is gone, while nothing keeps the registry from
    /// striking it out.
    pub fn longest_stale(&self, says_so: bool) -> SimDuration {
        let on_the_list = if says_so { SimDuration::ZERO } else { self.lease() + self.eviction_interval };
        on_the_list
            + match self.delivery {
                Delivery::Poll(poll) => poll.server_cache + poll.client_refresh,
                Delivery::Push(push) => push.propagation_delay,
            }
    }
}

/// What the registry knows. Addresses are numbers.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Who is on the list, and when it reported last.
    leases: BTreeMap<u32, SimTime>,
    /// When reports came, the latest minute of them.
    reports: VecDeque<SimTime>,
    copy: Option<(SimTime, Vec<u32>)>,
}

impl State {
    /// An instance registers; whether it is new on the list.
    pub fn register(&mut self, address: u32, now: SimTime) -> bool {
        self.leases.insert(address, now).is_none()
    }

    /// An instance reports; whether it is new on the list, because it had been struck out.
    pub fn heartbeat(&mut self, address: u32, now: SimTime) -> bool {
        self.reports.push_back(now);
        self.forget_reports(now);
        self.register(address, now)
    }

    /// An instance takes itself off the list; whether it was on it.
    pub fn cancel(&mut self, address: u32) -> bool {
        self.leases.remove(&address).is_some()
    }

    /// Strikes out whose lease is over, as far as self-preservation lets it: the addresses, in the order of striking.
    pub fn evict(&mut self, config: &Config, now: SimTime, draws: &mut Draws) -> Vec<u32> {
        let is_over = |last: SimTime| now.since(last) > config.lease();
        let mut over: Vec<u32> =
            self.leases.iter().filter(|(_, last)| is_over(**last)).map(|(address, _)| *address).collect();
        self.forget_reports(now);
        let mut most = over.len();
        if let Some(ratio) = config.self_preservation_ratio {
            let listed = self.leases.len();
            if self.reports.len() as f64 <= self.expected(config) * ratio.get() {
                return Vec::new();
            }
            most = most.min(listed - (listed as f64 * ratio.get()) as usize);
        }
        let mut struck = Vec::new();
        for _ in 0..most {
            let address = over.swap_remove(draws.below(over.len() as u32) as usize);
            self.leases.remove(&address);
            struck.push(address);
        }
        struck
    }

    /// Who is on the list, ascending.
    pub fn list(&self) -> Vec<u32> {
        self.leases.keys().copied().collect()
    }

    /// What a caller is told who asks.
    pub fn answer(&mut self, config: &Config, now: SimTime) -> Vec<u32> {
        let Delivery::Poll(poll) = config.delivery else { return self.list() };
        match &self.copy {
            Some((made, list)) if now < *made + poll.server_cache => list.clone(),
            _ => {
                self.copy = Some((now, self.list()));
                self.list()
            }
        }
    }

    /// Heartbeats a minute if all on the list were there.
    fn expected(&self, config: &Config) -> f64 {
        self.leases.len() as f64 * (MINUTE.as_nanos_f64() / config.heartbeat_interval.as_nanos_f64())
    }

    fn forget_reports(&mut self, now: SimTime) {
        while self.reports.front().is_some_and(|first| now.since(*first) > MINUTE) {
            self.reports.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn draws() -> Draws {
        Luck::of_client(Seed(1), 0, 0).draws(Purpose::Eviction)
    }

    /// `count` instances that report every 30 s up to `until`.
    fn reporting(count: u32, until: u64) -> State {
        let mut state = State::default();
        for second in (0..=until).step_by(30) {
            for address in 0..count {
                state.heartbeat(address, at(second));
            }
        }
        state
    }

    #[test]
    fn eureka_forgets_the_silent_after_twice_the_lease() {
        let config = Config { self_preservation_ratio: None, ..Config::default() };
        let mut state = State::default();
        state.register(7, at(0));
        assert!(state.evict(&config, at(180), &mut draws()).is_empty());
        assert_eq!(state.evict(&config, at(181), &mut draws()), [7]);
        assert_eq!(config.longest_stale(false), SimDuration::from_secs(300));
        assert_eq!(config.longest_stale(true), SimDuration::from_secs(60));
    }

    /// Ten clients send 20 heartbeats a minute; more than 17 must have come.
    #[test]
    fn self_preservation_keeps_all_when_few_report() {
        let config = Config::default();
        let dead = |dead: u32| {
            let mut state = reporting(10 - dead, 600);
            for address in 10 - dead..10 {
                state.register(address, at(0));
            }
            state.forget_reports(at(629));
            state.evict(&config, at(629), &mut draws()).len()
        };
        assert_eq!(dead(1), 1);
        assert_eq!(dead(2), 0, "16 of 20 heartbeats");
        let mut without = reporting(0, 0);
        (0..10).for_each(|address| {
            without.register(address, at(0));
        });
        let none = Config { self_preservation_ratio: None, ..Config::default() };
        assert_eq!(without.evict(&none, at(629), &mut draws()).len(), 10);
    }

    /// Of a hundred on the list at most fifteen go at once.
    #[test]
    fn a_share_goes_at_once_in_random_order() {
        let config = Config::default();
        let mut state = reporting(90, 600);
        for address in 90..100 {
            state.register(address, at(0));
        }
        assert_eq!(state.clone().evict(&config, at(610), &mut draws()).len(), 10);
        let few = Config { self_preservation_ratio: Some(Probability::new(0.85)), ..Config::default() };
        for address in 100..106 {
            state.register(address, at(0));
        }
        // 180 heartbeats of 212 expected are not more than 85 %.
        assert!(state.evict(&few, at(610), &mut draws()).is_empty());
        let bold = Config { self_preservation_ratio: Some(Probability::new(0.84)), ..Config::default() };
        let struck = state.evict(&bold, at(610), &mut draws());
        assert_eq!(struck.len(), 16, "106 - 89 = 17 may go, 16 are over");
        assert!(struck.windows(2).any(|pair| pair[0] > pair[1]), "in random order: {struck:?}");
    }

    #[test]
    fn a_copy_answers_until_it_is_old() {
        let config = Config::default();
        let mut state = State::default();
        state.register(1, at(0));
        assert_eq!(state.answer(&config, at(0)), [1]);
        state.register(2, at(1));
        assert_eq!(state.answer(&config, at(29)), [1]);
        assert_eq!(state.answer(&config, at(30)), [1, 2]);
        assert!(state.cancel(1) && !state.cancel(1));
        assert_eq!(state.list(), [2]);
    }

    #[test]
    fn a_lease_that_ends_between_two_heartbeats_is_refused() {
        let config = Config { lease_factor: Factor::new(0.3), ..Config::default() };
        let [problem] = &config.check()[..] else { panic!("one problem is told") };
        assert_eq!(problem.field, "lease_duration");
        assert_eq!(Config::default().check(), []);
    }
}
