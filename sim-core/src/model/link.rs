//! Over which wire do answers come? Connections of a pool that are spread over links of limited speed.

use serde::{Deserialize, Serialize};

use crate::ids::PoolId;
use crate::policy::link_order;
use crate::time::SimDuration;
use crate::units::{Count, Factor, Rate};

/// Most links of a pool.
pub const MAX_LINKS: u32 = 16;

/// The slots of a pool are connections, dealt to links in the order in which they are opened. A link passes one answer
/// after the other; those of all callers who have the pool go over the same links. Requests are small and pass at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LinksConfig {
    /// How many; from 1 to 16.
    pub count: Count,
    /// Answers that a link passes at most: a rate above 0, such as `1000/s`.
    pub rate: Rate,
    /// Which free connection is taken; default `mru`.
    #[serde(default)]
    pub order: link_order::Config,
}

/// Links, ready to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Links {
    /// How many.
    pub count: u32,
    /// What an answer takes of a link.
    pub pass: SimDuration,
    /// Which free connection is taken.
    pub order: link_order::Config,
}

impl LinksConfig {
    pub(super) fn lower(&self) -> Links {
        let pass = SimDuration::from_nanos_f64(1e9 / self.rate.as_per_second());
        Links { count: self.count.get(), pass, order: self.order }
    }
}

/// Other traffic takes a part of one link of a pool: an answer takes 1 / `factor` as long to pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CongestionFault {
    /// Name of the service that has the pool.
    pub service: String,
    /// Name of the pool; it has `links`.
    pub pool: String,
    /// Which link, numbered from 1.
    pub link: Count,
    /// What is left of it: `0.1` leaves a tenth.
    pub factor: Factor,
}

impl CongestionFault {
    /// In words.
    pub fn describe(&self) -> String {
        let left = (self.factor.get() * 1_000.0).round() / 10.0;
        format!("{left} % left of link {} of {}", self.link, self.service)
    }
}

/// Answers take longer to pass a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Congested {
    /// Whose link.
    pub pool: PoolId,
    /// Which, from 0.
    pub link: u32,
    /// What is left of it.
    pub factor: f64,
}
