//! What do several edges share? A link of limited bandwidth: one message after the other, whoever sends it.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::units::{Bandwidth, Room, Size};

/// Bytes that a packet needs beside its payload: the headers of IP and TCP.
pub const HEADER_BYTES: u64 = 40;

/// A link that the network of calls may name. It has a line each way: all requests over it wait in one, all answers in
/// the other. Messages pass whole, in the order in which they come, so a small one waits behind a large one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SharedLinkConfig {
    /// What it passes each way, such as `1Gbit/s`.
    pub bandwidth: Bandwidth,
    /// Bytes that may wait each way, beside the message that passes; what finds no room is dropped. Default
    /// `unlimited`.
    #[serde(default)]
    pub queue: Room,
    /// Time of a message on the link, one way, beside that of the call's network; default: none.
    #[serde(default)]
    pub latency: Option<Distribution>,
    /// Largest packet. A longer message goes in several, each with headers of 40 bytes, and is lost if one of them is.
    /// Default: no packets, no headers.
    #[serde(default)]
    pub mtu: Option<Size>,
}

/// A link, ready to run.
#[derive(Clone, Debug)]
pub struct SharedLink {
    /// Its name.
    pub name: String,
    /// What it passes each way.
    pub bytes_per_s: f64,
    /// What may wait each way.
    pub queue: Room,
    /// Time on it, one way.
    pub latency: Option<Sampler>,
    /// Bytes of the largest packet.
    pub mtu: Option<u64>,
}

impl SharedLinkConfig {
    pub(super) fn lower(&self, name: &str) -> SharedLink {
        SharedLink {
            name: name.to_owned(),
            bytes_per_s: self.bandwidth.bytes_per_s(),
            queue: self.queue,
            latency: self.latency.as_ref().map(Distribution::sampler),
            mtu: self.mtu.map(Size::bytes),
        }
    }
}

impl SharedLink {
    /// Packets of a message.
    pub fn packets(&self, bytes: u64) -> u64 {
        self.mtu.map_or(1, |mtu| bytes.div_ceil(mtu.saturating_sub(HEADER_BYTES).max(1)).max(1))
    }

    /// Bytes of a message with its headers.
    pub fn with_headers(&self, bytes: u64) -> u64 {
        match self.mtu {
            None => bytes,
            Some(_) => bytes + HEADER_BYTES * self.packets(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_have_headers() {
        let config: SharedLinkConfig =
            serde_json::from_str(r#"{"bandwidth": "1Gbit/s", "mtu": "1500B"}"#).expect("sound");
        let link = config.lower("wire");
        assert_eq!((link.packets(0), link.packets(1_460), link.packets(1_461)), (1, 1, 2));
        assert_eq!((link.with_headers(1_460), link.with_headers(2_920)), (1_500, 3_000));
        assert_eq!(link.bytes_per_s, 1.25e8);
    }
}
