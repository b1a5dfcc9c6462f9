//! What is an edge? A caller's use of a service, with the policies of that caller.

use serde::{Deserialize, Serialize};

use crate::ids::ServiceId;
use crate::policy::{balancer, retry};
use crate::time::SimDuration;
use crate::units::Patience;

/// A call to a service: the edge from the caller to it, with the caller's policies. With nothing said
/// nothing happens: no timeout, no retry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CallConfig {
    /// Name of the service that is called.
    pub to: String,
    /// How long the caller waits; default: for ever.
    #[serde(default)]
    pub timeouts: TimeoutsConfig,
    /// Whether and when a failed attempt is tried again; default `none`.
    #[serde(default)]
    pub retry: retry::Config,
    /// Which instance serves an attempt; default `round_robin`.
    #[serde(default)]
    pub load_balancer: balancer::Config,
}

/// How long a caller waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct TimeoutsConfig {
    /// Patience with one attempt, from its own send; its answer is ignored afterwards, the server works
    /// on. A duration or `none` (default).
    #[serde(default)]
    pub attempt: Patience,
    /// Patience with the whole call, all attempts and back-offs included, from the first send. A
    /// duration or `none` (default).
    #[serde(default)]
    pub total: Patience,
}

/// An edge, ready to run.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where it stands in the file, such as `workloads/users/call`.
    pub path: String,
    /// Number of the edge in the luck of its calls; follows from the path alone.
    pub key: u32,
    /// The service that is called.
    pub to: ServiceId,
    /// Callers with policy state of their own.
    pub clients: u32,
    /// Patience with one attempt.
    pub attempt_timeout: Option<SimDuration>,
    /// Patience with the whole call.
    pub total_timeout: Option<SimDuration>,
    /// The retry policy.
    pub retry: retry::Config,
    /// Chooses the instance.
    pub balancer: balancer::Config,
}
