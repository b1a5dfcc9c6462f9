//! What may change between a read and a write? Records of a service, each with a version, and the steps that read
//! and write them.
//!
//! A step `read` notes the version of a record for the attempt that it serves; the note travels with the answer to
//! the caller's attempt, and from there with every further call of that attempt. A step `write` succeeds if the
//! version is still the one on the note, and makes it a new one; else it changes nothing and fails with `conflict`.
//! So whoever tries again has to read again: the retry belongs around both, at the caller of whoever does both. A
//! write of somebody who has read nothing always succeeds.
//!
//! It is optimistic concurrency control (Kung and Robinson, 1981) as `If-Match` of HTTP, `UpdateItem` with a
//! condition in DynamoDB and `version` columns of object mappers do it. Deviations: the record is the same at all
//! instances of the service, and outlives each of them; what a record holds is not simulated.

use serde::{Deserialize, Serialize};

use crate::ids::ServiceId;

/// Most kinds of records of a model: a note has room for the version of each.
pub const MAX_RECORDS: usize = 8;

/// A kind of records that a service keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RecordsConfig {
    /// Which requests are about the same record; default `all`: there is only one.
    pub per: RecordPer,
}

/// Which requests are about the same record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum RecordPer {
    /// All of them.
    #[default]
    All,
    /// Those with the same key (`keys` of their workload).
    Key,
}

/// A kind of records, ready to run.
#[derive(Clone, Debug)]
pub struct Records {
    /// Where it stands in the file: `services/store/records/rows`.
    pub path: String,
    /// Whose.
    pub service: ServiceId,
    /// Which requests are about the same.
    pub per: RecordPer,
}
