//! Who keeps a connection? Users who connect once and send many messages over it, and what instances that hold
//! connections do with them.

use serde::{Deserialize, Serialize};

use super::edge::CallConfig;
use crate::dist::{Distribution, Sampler};
use crate::ids::EdgeId;
use crate::policy::{admission, reconnect};
use crate::time::SimDuration;
use crate::units::{Count, Limit, Rate};

/// Users who keep one connection each, to one instance of the service that their `call` goes to. A message goes to
/// that instance and to no other; a user without a connection sends none, and what would have been sent then fails
/// at once with `not_connected`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ConnectedConfig {
    /// How many; from 1.
    pub users: Count,
    /// Messages of each user, at random moments: a rate above 0, such as `2/m`.
    pub messages: Rate,
    /// What opens a connection: a call of its own, with policies of its own, to the same service. Its endpoint says
    /// what a connect costs; its balancer says with whom. It counts as no request.
    pub connect: CallConfig,
    /// How long a user waits before connecting again, and after each `connect` call that failed for good; default
    /// `immediate`.
    #[serde(default)]
    pub reconnect: reconnect::Config,
    /// How long a connection lasts before its user closes it and connects anew: a duration or a distribution;
    /// default `none`: until the instance ends it.
    #[serde(default)]
    pub lifetime: Option<Distribution>,
    /// How users are at the start of a run; default `connected`.
    #[serde(default)]
    pub start: StartConfig,
}

/// How users are at the start of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum StartConfig {
    /// All have a connection that is new and cost nothing, spread by the balancer of `connect`.
    #[default]
    Connected,
    /// None has; each connects at a random moment of the beginning.
    Arriving(ArrivingConfig),
}

/// Users who come one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ArrivingConfig {
    /// Length of the beginning; 0s: all at once.
    pub over: SimDuration,
}

/// What an instance does with the connections of `connected` users. With nothing said it takes them all and keeps
/// them for as long as it lives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ConnectionsConfig {
    /// Most connections of one instance; a connect beyond it is refused with `connect_failure`. Default `unlimited`.
    #[serde(default)]
    pub max: Limit,
    /// Whether a connect may enter at all, asked before the service's own admission; messages pass. Default `none`:
    /// all may.
    #[serde(default)]
    pub admission: admission::Config,
    /// When an instance that is asked to stop closes its connections; default `at_end`.
    #[serde(default)]
    pub close: CloseConfig,
}

/// When an instance that is asked to stop closes its connections. In either case it takes no new ones, and what
/// was sent over a connection before it was closed is still answered, unless the instance is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum CloseConfig {
    /// Not by itself: they break when its grace is over and it is killed.
    #[default]
    AtEnd,
    /// All at once when it is asked.
    AtOnce,
    /// One after the other, evenly over the grace.
    Spread,
}

/// Users who keep connections, ready to run.
#[derive(Clone, Debug)]
pub struct Connected {
    /// How many.
    pub users: u32,
    /// The edge of the calls that open connections.
    pub connect: EdgeId,
    /// The wait before connecting again.
    pub reconnect: reconnect::Config,
    /// How long a connection lasts.
    pub lifetime: Option<Sampler>,
    /// Over how long users come at the start; `None` if they are connected.
    pub arriving: Option<SimDuration>,
    /// Number in the users' luck; follows from the name of the workload.
    pub key: u32,
}

impl ConnectedConfig {
    /// Messages per second of all users together.
    pub(super) fn all_messages(&self) -> Rate {
        let per_second = self.messages.as_per_second() * f64::from(self.users.get());
        Rate::per_second(per_second.min(1e9))
    }

    pub(super) fn lower(&self, connect: EdgeId, key: u32) -> Connected {
        Connected {
            users: self.users.get(),
            connect,
            reconnect: self.reconnect.clone(),
            lifetime: self.lifetime.as_ref().map(Distribution::sampler),
            arriving: match &self.start {
                StartConfig::Connected => None,
                StartConfig::Arriving(arriving) => Some(arriving.over),
            },
            key,
        }
    }
}
