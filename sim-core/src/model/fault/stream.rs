//! What goes wrong with the bytes of a message? It trickles, or its connection ends in the middle.
//! The slices of Toxiproxy vary in size, those here do not.

use serde::{Deserialize, Serialize};

use super::network::{Between, Direction};
use crate::time::SimDuration;
use crate::units::Size;

/// Answers come in pieces, one after the other. A caller has an answer when it has the last piece; `timeouts: {idle}`
/// bounds the silence between two of them, the other timeouts the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SliceFault {
    /// Name of the workload or service that calls; default: all who call `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Name of the service that is called; default: all that `from` calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Bytes of a piece; the last one may have fewer. Above zero.
    pub size: Size,
    /// From one piece to the next; above zero.
    pub delay: SimDuration,
}

impl SliceFault {
    /// Who calls whom.
    pub fn between(&self) -> Between<'_> {
        Between { from: self.from.as_deref(), to: self.to.as_deref() }
    }

    /// In words.
    pub fn describe(&self) -> String {
        format!("answers {} in pieces of {}, {} apart", self.between().describe(), self.size, self.delay)
    }
}

/// Connections are closed after so many bytes, each way by itself: the message that would cross the last byte is cut,
/// and its caller is told `reset`. A request that is cut is not processed. Bytes are counted from the start of the
/// trigger over each connection of a call with `connection`; without, every attempt has a connection of its own, and
/// only a single message can be too large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LimitDataFault {
    /// Name of the workload or service that calls; default: all who call `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Name of the service that is called; default: all that `from` calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Requests (`there`), answers (`back`) or `both`; default `both`.
    #[serde(default)]
    pub direction: Direction,
    /// Bytes that get through; above zero.
    pub bytes: Size,
}

impl LimitDataFault {
    /// Who calls whom.
    pub fn between(&self) -> Between<'_> {
        Between { from: self.from.as_deref(), to: self.to.as_deref() }
    }

    /// In words.
    pub fn describe(&self) -> String {
        format!(
            "connections {} closed after {} of {}",
            self.between().describe(),
            self.bytes,
            self.direction.word()
        )
    }
}
