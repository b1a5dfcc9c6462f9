//! Who keeps a copy of whose writes? Services whose instances are replicas of a leader.

use serde::{Deserialize, Serialize};

use super::edge::CallConfig;
use crate::ids::{EdgeId, EndpointId};
use crate::policy::{catch_up, reconnect};

/// Each instance of this service is a replica of what is written at another. It has every write at once as long as it
/// is there; while it is down or stopped it misses writes, and afterwards it pulls what it lacks from the leader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FollowsConfig {
    /// The endpoint whose work is written to the log: every attempt that is completed there without an error is an entry,
    /// whether its caller still waits or not. `leader/write`.
    pub writes: String,
    /// The call of a replica that catches up, to the same service. Its endpoint says what a pull costs the leader.
    pub pull: CallConfig,
    /// How much is pulled at a time; default: all that is missing, entry by entry.
    #[serde(default)]
    pub catch_up: catch_up::Config,
    /// How long a replica waits after a pull that failed for good, before the next; default `immediate`.
    #[serde(default)]
    pub again: reconnect::Config,
}

/// Replicas, ready to run.
#[derive(Clone, Debug)]
pub struct Follows {
    /// The endpoint that writes.
    pub writes: EndpointId,
    /// The edge of the pulls.
    pub pull: EdgeId,
    /// How much is pulled at a time.
    pub catch_up: catch_up::Config,
    /// The wait after a pull that failed.
    pub again: reconnect::Config,
}
