//! What does a caller hold while it waits for others? A slot of a pool: a connection, a thread, a permit.
//! A pool that one kind of call can fill on its own leaves the others alone: that is a bulkhead.

use serde::{Deserialize, Serialize};

use super::link::{Links, LinksConfig};
use crate::time::SimDuration;
use crate::units::{Count, Limit, Patience};

/// A pool of each caller instance, shared by the calls that name it. An attempt takes a slot before it is
/// sent and gives it back when its answer is there or the caller stops waiting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PoolConfig {
    /// Name of a preset, whose values hold where the file says nothing itself (`spiral explain preset` lists them);
    /// default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Slots.
    pub size: Count,
    /// Most attempts that wait for a slot, first in, first out; one more fails at once with
    /// `bulkhead_full`. Default `unlimited`.
    #[serde(default)]
    pub queue: Limit,
    /// Longest wait for a slot; after it the attempt fails with `pool_timeout`. A duration or `none`
    /// (default).
    #[serde(default)]
    pub acquire_timeout: Patience,
    /// Over which links the answers come, if the slots are connections; default `none`: over none that is ever full.
    #[serde(default)]
    pub links: Option<LinksConfig>,
}

/// A pool, ready to run.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Where it stands in the file: `services/web/pools/db`.
    pub path: String,
    /// Callers with a pool of their own: the instances of the service, or the clients of the workload.
    pub clients: u32,
    /// Slots of each.
    pub size: u32,
    /// Most that wait.
    pub queue: Limit,
    /// Longest wait.
    pub acquire_timeout: Option<SimDuration>,
    /// Over which links the answers come.
    pub links: Option<Links>,
}
