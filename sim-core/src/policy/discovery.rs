//! Which addresses does a caller believe in, and how does it learn of others?
//!
//! | pattern | in one line | freshness | price |
//! |---|---|---|---|
//! | [`none`] | callers use a name that always leads to who is there | perfect | somebody else keeps it so |
//! | `static` | what the caller read when it started | none | nothing |
//! | [`dns`] | ask again when the answer is too old | the time to live | look-ups, a wait now and then |
//! | [`registry`] | instances report, callers are told | lease and intervals | heartbeats, polls or pushes |
//!
//! An instance that is replaced has a new address; its old one leads nowhere. What a caller has is a list of
//! addresses, not of instances: it chooses among those, dead ones included, and learns nothing from the dead one
//! but that the call failed.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::SimDuration;

pub mod none;
pub mod r#static;
pub mod dns;
pub mod registry;

/// How callers learn the addresses of a service. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Discovery"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// There is nothing to learn: callers use a name that always leads to those who are there.
    #[default]
    None,
    /// Callers keep the addresses that they read when they started.
    Static,
    /// Callers look a name up and keep the answer for a while.
    Dns(dns::Config),
    /// Instances report to a registry, which tells callers.
    Registry(registry::Config),
}

impl Config {
    /// The word that files use for it.
    pub fn word(&self) -> &'static str {
        match self {
            Config::None => "none",
            Config::Static => "static",
            Config::Dns(_) => "dns",
            Config::Registry(_) => "registry",
        }
    }

    /// Whether callers always know.
    pub fn is_none(&self) -> bool {
        *self == Config::None
    }

    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self {
            Config::None | Config::Static => Vec::new(),
            Config::Dns(config) => Problem::below("dns", config.check()),
            Config::Registry(config) => Problem::below("registry", config.check()),
        }
    }

    /// From a change at the service to the moment at which callers can learn it.
    pub fn propagation_delay(&self) -> SimDuration {
        match self {
            Config::None | Config::Static => SimDuration::ZERO,
            Config::Dns(config) => config.propagation_delay,
            Config::Registry(config) => config.propagation_delay(),
        }
    }

    /// Whether changes are brought to callers without their asking.
    pub fn pushes(&self) -> bool {
        matches!(self, Config::Registry(config) if config.pushes())
    }

    /// The longest time for which a caller can believe in an address whose instance is gone; none if that has no
    /// bound. `says_so` is whether the instance takes itself off the list when it goes.
    pub fn longest_stale(&self, says_so: bool) -> Option<SimDuration> {
        match self {
            Config::None => Some(SimDuration::ZERO),
            Config::Static => None,
            Config::Dns(config) => config.longest_stale(),
            Config::Registry(config) => Some(config.longest_stale(says_so)),
        }
    }
}

/// What a caller does when nobody can tell it the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WithoutAnswer {
    /// It goes on with what it knew last.
    UseLast,
    /// It knows nobody: calls fail with `no_healthy_host`.
    Fail,
}
