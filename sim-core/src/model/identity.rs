//! Who is a service, and whom does it let in?

use serde::{Deserialize, Serialize};

use crate::ids::{ServiceId, WorkloadId};
use crate::policy::identity::{allow_list, certificate};

/// Who the instances of a service are to others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct IdentityConfig {
    /// The name that lists of others know it by; several services may share one. Default: the name of the service.
    #[serde(default)]
    pub principal: Option<String>,
    /// Its certificate. Default: one that is always good.
    #[serde(default)]
    pub certificate: Option<certificate::Config>,
}

/// Somebody who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// The users of a workload.
    Workload(WorkloadId),
    /// The instances of a service.
    Service(ServiceId),
}

/// Whom a service lets in, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepts {
    /// As the file has it.
    pub config: allow_list::Config,
    /// Those who are on the list.
    pub listed: Vec<Peer>,
}
