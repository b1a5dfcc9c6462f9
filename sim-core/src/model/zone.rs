//! Where do instances stand? In zones: each fails as one, and messages between two take longer than inside.

use serde::{Deserialize, Serialize};

use crate::dist::Distribution;

/// The zones of the system and how long a message takes, one way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ZonesConfig {
    /// Their names.
    pub names: Vec<String>,
    /// One way between two places of the same zone; default: no time.
    #[serde(default)]
    pub within: Option<Distribution>,
    /// One way between two zones; default: no time.
    #[serde(default)]
    pub between: Option<Distribution>,
}
