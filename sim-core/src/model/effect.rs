//! What should be done exactly once? Effects of a service, such as a charge, and the steps that apply and undo them.
//!
//! A user's request is one business operation: its retries, hedges and copies carry the same key. A step `effect`
//! applies an effect under that key at the moment that it is reached, and `undo` takes it back. The truth about each key
//! is kept by the run, not by the service, which knows only what its `idempotency` remembers: so it can be told how often
//! an effect was applied more than once, stands though its user was told that it failed, or does not stand though its user
//! was told that it is done.
//!
//! Effects outlive instances, as what is in a database does. Memory: a key is kept while its request is under way or
//! anything works for it, and folded into counts afterwards, at the latest when as many are kept again as were under
//! way the last time (at least [`LEAST_KEPT`]): at most twice the requests that have work under way, and 128 bytes each.

use serde::{Deserialize, Serialize};

use crate::ids::{IdVec, ServiceId, WorkloadId};
use crate::policy::idempotency;

/// Most effects of a model: each key has room for the truth about each.
pub const MAX_EFFECTS: usize = 8;
/// Keys that are kept before it is looked for the first time which of them are done with.
pub const LEAST_KEPT: usize = 1_024;

/// Something that a service does for a request and that should be done once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct EffectConfig {
    /// Whether it is applied again when the same request comes again; default `none`: every time.
    pub idempotency: idempotency::Config,
}

/// An effect, ready to run.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Where it stands in the file: `services/payment/effects/charge`.
    pub path: String,
    /// Whose.
    pub service: ServiceId,
    /// Whether it is applied again.
    pub idempotency: idempotency::Config,
    /// Whose requests may lead to it.
    pub may: IdVec<WorkloadId, bool>,
    /// Whose requests lead to it whenever they succeed.
    pub must: IdVec<WorkloadId, bool>,
}
