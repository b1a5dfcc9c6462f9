//! Who sends requests? Open workloads: users who come whether or not the system copes. Closed ones: users
//! who wait for an answer before they ask again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Named;
use super::connection::{Connected, ConnectedConfig};
use super::lease::{Leases, LeasesConfig};
use super::lock::{Lock, LockConfig};
use super::pool::PoolConfig;
use crate::dist::{Distribution, Sampler};
use crate::ids::{EdgeId, WorkloadId, ZoneId};
use crate::luck::Draws;
use crate::math;
use crate::model::edge::CallConfig;
use crate::model::rate::{Piece, RateProfile};
use crate::policy::Criticality;
use crate::streams::Stream;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Factor, Probability};

/// A group of users that sends requests of one kind. Classes of requests (kinds of clients, tenants,
/// criticalities) are workloads of their own: each has statistics of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WorkloadConfig {
    /// When requests come.
    pub arrivals: ArrivalsConfig,
    /// Clients that share the load, each with policy state of its own (such as a retry budget); every
    /// request comes from one of them at random. Default 1.
    #[serde(default = "one")]
    pub clients: Count,
    /// What a request does: the call, with the clients' policies.
    pub call: CallConfig,
    /// How much its requests matter to servers that cannot serve all; default `critical`.
    #[serde(default)]
    pub criticality: Criticality,
    /// What its requests are about: each has a key, for balancers and queues that go by key. Default: all
    /// the same.
    #[serde(default)]
    pub keys: Option<KeysConfig>,
    /// On whose behalf its requests come, for queues that are fair between tenants. Default: all the same.
    #[serde(default)]
    pub tenants: Option<KeysConfig>,
    /// Pools that its call may hold slots of; each client has its own.
    #[serde(default)]
    pub pools: Named<PoolConfig>,
    /// Zone that the clients stand in; default: no zone, no time to any.
    #[serde(default)]
    pub zone: Option<String>,
}

fn one() -> Count {
    Count::ONE
}

/// How many keys there are and how often each is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct KeysConfig {
    /// How many.
    pub count: Count,
    /// How the requests are spread over them; default `uniform`.
    #[serde(default)]
    pub popularity: PopularityConfig,
}

/// How requests are spread over keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum PopularityConfig {
    /// All alike.
    #[default]
    Uniform,
    /// The k-th key is asked for in proportion to 1 / k^exponent.
    Zipf(ZipfConfig),
    /// One key that is hot, beside others that are asked for in some other way.
    Hot(Box<HotConfig>),
}

/// A key that is hot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct HotConfig {
    /// Share of the requests that ask for the first key, 0 to 1.
    pub share: Probability,
    /// How the other requests are spread over the other keys; default `uniform`.
    #[serde(default)]
    pub others: PopularityConfig,
}

/// Zipf's law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ZipfConfig {
    /// 1 is the classic; above it fewer keys take more.
    #[serde(default = "classic")]
    pub exponent: Factor,
}

impl Default for ZipfConfig {
    fn default() -> Self {
        ZipfConfig { exponent: classic() }
    }
}

fn classic() -> Factor {
    Factor::new(1.0)
}

/// Draws keys.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Below this number, all alike.
    Uniform(u32),
    /// Cumulated shares of the keys, ascending to 1.
    Weighted(Vec<f64>),
}

impl KeysConfig {
    /// The share of the requests that each key gets, the most popular first unless a hot one is less so.
    pub fn shares(&self) -> Vec<f64> {
        let mut below = 0.0;
        let share = |up_to: f64| up_to - std::mem::replace(&mut below, up_to);
        self.popularity.cumulated(self.count.get()).into_iter().map(share).collect()
    }

    pub(super) fn lower(&self) -> Keys {
        match &self.popularity {
            PopularityConfig::Uniform => Keys::Uniform(self.count.get()),
            PopularityConfig::Zipf(_) | PopularityConfig::Hot(_) => {
                Keys::Weighted(self.popularity.cumulated(self.count.get()))
            }
        }
    }
}

impl PopularityConfig {
    /// Cumulated shares of so many keys, ascending to 1; empty for none.
    fn cumulated(&self, count: u32) -> Vec<f64> {
        match self {
            PopularityConfig::Uniform => (1..=count).map(|k| f64::from(k) / f64::from(count)).collect(),
            PopularityConfig::Zipf(zipf) => {
                let mut sum = 0.0;
                let mut cumulated: Vec<f64> = (1..=count)
                    .map(|k| {
                        sum += math::pow(f64::from(k), -zipf.exponent.get());
                        sum
                    })
                    .collect();
                for share in &mut cumulated {
                    *share /= sum;
                }
                cumulated
            }
            PopularityConfig::Hot(hot) => {
                let share = hot.share.get();
                let others = hot.others.cumulated(count.saturating_sub(1));
                let above = others.into_iter().map(|up_to| share + (1.0 - share) * up_to);
                std::iter::once(share).chain(above).collect()
            }
        }
    }

    /// Keys that are hot, one beside the other.
    pub(super) fn hot_keys(&self) -> u32 {
        match self {
            PopularityConfig::Uniform | PopularityConfig::Zipf(_) => 0,
            PopularityConfig::Hot(hot) => 1 + hot.others.hot_keys(),
        }
    }
}

impl Keys {
    /// A key, numbered from 0: the most popular.
    #[inline]
    pub(crate) fn draw(&self, mut draws: Draws) -> u32 {
        match self {
            Keys::Uniform(count) => draws.below(*count),
            Keys::Weighted(cumulated) => {
                let share = draws.unit();
                let key = cumulated.partition_point(|up_to| *up_to < share);
                key.min(cumulated.len() - 1) as u32
            }
        }
    }
}

/// When requests come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum ArrivalsConfig {
    /// Open: independent users, exponential gaps.
    Poisson(Arrivals),
    /// Open: a metronome, equal gaps.
    EvenlySpaced(Arrivals),
    /// Closed: a fixed number of users, each of whom waits for the end of a request, thinks, and sends the
    /// next.
    Closed(ClosedConfig),
    /// Users who come as in `poisson`, send several requests one after the other, and leave.
    Sessions(SessionsConfig),
    /// Users who keep one connection each and send messages over it now and then.
    Connected(Box<ConnectedConfig>),
    /// Holders of one lease each, who renew it before it runs out and establish it anew if it has.
    Leases(Box<LeasesConfig>),
    /// Holders who take turns with one lock, each by a clock of its own.
    Lock(Box<LockConfig>),
}

/// A fixed number of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ClosedConfig {
    /// How many.
    pub users: Count,
    /// From the end of a request to the next, and before the first: a duration or a distribution; default
    /// no time.
    #[serde(default)]
    pub think_time: Option<Distribution>,
}

/// Users who come and go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SessionsConfig {
    /// Sessions per second: a rate such as `10/s`, or a profile over time.
    pub rate: RateProfile,
    /// Requests of each session, one after the other.
    pub requests: Count,
    /// From the end of a request to the next: a duration or a distribution; default no time.
    #[serde(default)]
    pub think_time: Option<Distribution>,
}

/// The rate of an arrival process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Arrivals {
    /// Requests per second: a rate such as `800/s`, or a profile over time.
    pub rate: RateProfile,
}

impl ArrivalsConfig {
    /// The rate over time at which users come, or messages of users who stay; `None` if nobody comes because
    /// all are there and wait for answers.
    pub fn rate(&self) -> Option<Cow<'_, RateProfile>> {
        match self {
            ArrivalsConfig::Poisson(arrivals) | ArrivalsConfig::EvenlySpaced(arrivals) => {
                Some(Cow::Borrowed(&arrivals.rate))
            }
            ArrivalsConfig::Sessions(sessions) => Some(Cow::Borrowed(&sessions.rate)),
            ArrivalsConfig::Connected(connected) => {
                Some(Cow::Owned(RateProfile::Text(connected.all_messages())))
            }
            ArrivalsConfig::Closed(_) | ArrivalsConfig::Leases(_) | ArrivalsConfig::Lock(_) => None,
        }
    }

    /// The rate over time, to fill in a trace.
    pub fn rate_mut(&mut self) -> Option<&mut RateProfile> {
        match self {
            ArrivalsConfig::Poisson(arrivals) | ArrivalsConfig::EvenlySpaced(arrivals) => {
                Some(&mut arrivals.rate)
            }
            ArrivalsConfig::Sessions(sessions) => Some(&mut sessions.rate),
            ArrivalsConfig::Closed(_)
            | ArrivalsConfig::Connected(_)
            | ArrivalsConfig::Leases(_)
            | ArrivalsConfig::Lock(_) => None,
        }
    }

    /// How long users think between two requests, if they send several.
    pub(super) fn think_time(&self) -> Option<&Distribution> {
        match self {
            ArrivalsConfig::Poisson(_)
            | ArrivalsConfig::EvenlySpaced(_)
            | ArrivalsConfig::Connected(_)
            | ArrivalsConfig::Leases(_)
            | ArrivalsConfig::Lock(_) => None,
            ArrivalsConfig::Closed(closed) => closed.think_time.as_ref(),
            ArrivalsConfig::Sessions(sessions) => sessions.think_time.as_ref(),
        }
    }
}

/// How gaps between arrivals come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Exponential.
    Poisson,
    /// Equal.
    Even,
}

impl Spacing {
    /// How much load must come from one arrival to the next: exactly one request's worth, or for
    /// independent users an exponential of mean one.
    #[inline]
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Spacing::Poisson => stream.exponential(),
            Spacing::Even => 1.0,
        }
    }
}

/// A workload, ready to run.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Name in the file.
    pub name: String,
    /// The call that every request makes.
    pub edge: EdgeId,
    /// Clients that share the load.
    pub clients: u32,
    /// How much its requests matter.
    pub criticality: Criticality,
    /// Draws what a request is about.
    pub keys: Option<Keys>,
    /// Draws on whose behalf it comes.
    pub tenants: Option<Keys>,
    /// Where the clients stand.
    pub zone: Option<ZoneId>,
    /// Users who send one request after the other.
    pub users: Option<Users>,
    /// Users who keep connections.
    pub connected: Option<Connected>,
    /// When a key is hot for a while.
    pub hot: Vec<HotKey>,
    /// Holders of leases.
    pub leases: Option<Leases>,
    /// A lock that they take turns with.
    pub lock: Option<Lock>,
}

/// A window in which a share of the requests is about one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HotKey {
    /// From this moment on.
    pub begins: SimTime,
    /// Until before this moment.
    pub ends: SimTime,
    /// Share of the requests.
    pub share: f64,
    /// Which key.
    pub key: u32,
}

/// Users who wait for the end of a request before they send the next.
#[derive(Clone, Debug)]
pub struct Users {
    /// How many are there from the start; 0 if they come in sessions.
    pub present: u32,
    /// Requests of each; `u32::MAX` if they never leave.
    pub requests: u32,
    /// From the end of a request to the next.
    pub think_time: Sampler,
    /// Number in the luck of those present.
    pub key: u32,
}

impl Users {
    pub(super) fn lower(arrivals: &ArrivalsConfig) -> Option<Users> {
        let (present, requests) = match arrivals {
            ArrivalsConfig::Poisson(_)
            | ArrivalsConfig::EvenlySpaced(_)
            | ArrivalsConfig::Connected(_)
            | ArrivalsConfig::Leases(_)
            | ArrivalsConfig::Lock(_) => return None,
            ArrivalsConfig::Closed(closed) => (closed.users.get(), u32::MAX),
            ArrivalsConfig::Sessions(sessions) => (0, sessions.requests.get()),
        };
        let none = Distribution::Text(SimDuration::ZERO);
        let think_time = arrivals.think_time().unwrap_or(&none).sampler();
        Some(Users { present, requests, think_time, key: 0 })
    }
}

/// A window in which the load is another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadLevel {
    /// From this moment on.
    pub begins: SimTime,
    /// Until before this moment.
    pub ends: SimTime,
    /// How many times the load.
    pub factor: f64,
}

/// One arrival process, ready to run. A load spike is a process beside the workload's own, so that the
/// requests that come anyway keep their moments and their luck.
#[derive(Clone, Debug)]
pub struct ArrivalSource {
    /// Whose requests they are.
    pub workload: WorkloadId,
    /// How gaps come about.
    pub spacing: Spacing,
    /// The rate over time.
    pub pieces: Vec<Piece>,
    /// Whether it is the extra load of spikes.
    pub is_spike: bool,
    /// Windows in which only a share of its requests comes.
    pub thinning: Vec<LoadLevel>,
    /// Number of the source's stream and of its requests' luck; follows from the name of the workload
    /// or spike, so that it does not move when something else is added.
    pub key: u32,
}
