//! Where does a service keep answers? Its caches, and the step that looks into one.

use serde::{Deserialize, Serialize};

use super::endpoint::StepConfig;
use crate::dist::Distribution;
use crate::ids::ServiceId;
use crate::policy::cache;

/// Steps whose result is kept: done only if the cache does not hold the key of the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CachedConfig {
    /// Which of the service's `caches`.
    pub cache: String,
    /// What a miss does, in order; typically a call to a store. What comes of it is kept under the key of the
    /// request (`keys` of its workload).
    pub steps: Vec<StepConfig>,
    /// Work of the service for an answer from the cache: a duration or a distribution; default no time.
    #[serde(default)]
    pub hit_time: Option<Distribution>,
}

/// A value that comes with the request: from now on the cache holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PutConfig {
    /// Which of the service's `caches`.
    pub cache: String,
}

/// A cache, ready to run.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Where it stands in the file: `services/web/caches/pages`.
    pub path: String,
    /// Number of the cache in what its first entries draw; follows from its place alone.
    pub key: u32,
    /// Whose.
    pub service: ServiceId,
    /// Its settings.
    pub config: cache::Config,
    /// Keys are numbers below this.
    pub keys: u32,
}
