//! How many round trips and how much work does it take to be sure who is at the other end?
//!
//! **What it does.** TCP takes one round trip. Then TLS 1.2 takes two and TLS 1.3 one. A client that has been connected to
//! an instance before may resume: one round trip with TLS 1.2 (`tls12_resumed`), none with the early data of TLS 1.3
//! (`tls13_0rtt`), and nobody signs anything. Certificates are looked at whenever a connection is opened, never later. With
//! `mutual` each end does the work of both.
//! **Why it exists.** What travels over a network can be read and made up by whoever is on the way.
//! **Where it fails.** For every connection anew, so without keep-alive for every request. A fleet that connects all at once,
//! after a restart, asks for signatures instead of answers. And a certificate that has run out is noticed only by who
//! connects: as long as connections are kept all looks well.
//! **See it.** `scenarios/library/fallacies/fallacy-4-network-secure.yaml`, variants `allow-list` and `no-keep-alive`.
//! **Source.** RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3; early data can be replayed, section 8). Deviations: early data are sent
//! for idempotent calls only, others wait for the round trip; tickets never expire; sizes of certificates do not count.

use serde::{Deserialize, Serialize};

use crate::time::SimDuration;

/// Which handshake of TLS. Default: `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Tls"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// None: everybody on the way can read, and say who they are not.
    #[default]
    None,
    /// TLS 1.2, two round trips.
    Tls12,
    /// TLS 1.2, one round trip for those who were there before.
    Tls12Resumed,
    /// TLS 1.3, one round trip.
    Tls13,
    /// TLS 1.3, no round trip for those who were there before and may ask twice.
    #[serde(rename = "tls13_0rtt")]
    Tls13ZeroRtt,
}

/// What a full handshake takes of both ends. The caller waits for both; what the server does is done by its workers too:
/// the next attempt that one of them takes up is longer by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "TlsCpu"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Cpu {
    /// Of the client: it checks a signature. Default: 0ms.
    #[serde(default)]
    pub client: SimDuration,
    /// Of the server: it signs (about 1ms for RSA with 2048 bits, less than 0.1ms for elliptic curves). Default: 0ms.
    #[serde(default)]
    pub server: SimDuration,
}

impl Cpu {
    /// No time.
    pub const NOTHING: Cpu = Cpu { client: SimDuration::ZERO, server: SimDuration::ZERO };

    /// The work of the client and of the server in one handshake.
    pub fn shares(self, config: Config, mutual: bool, knows: bool) -> Cpu {
        match config.signs(knows) {
            false => Cpu::NOTHING,
            true if mutual => {
                let both = self.client + self.server;
                Cpu { client: both, server: both }
            }
            true => self,
        }
    }
}

impl Config {
    /// Round trips after that of TCP; `knows` if the client has been connected there before, `idempotent` if its request may
    /// come twice.
    pub const fn round_trips(self, knows: bool, idempotent: bool) -> u32 {
        match self {
            Config::None => 0,
            Config::Tls12 => 2,
            Config::Tls12Resumed => 2 - knows as u32,
            Config::Tls13 => 1,
            Config::Tls13ZeroRtt => 1 - (knows && idempotent) as u32,
        }
    }

    /// Whether anybody signs.
    pub const fn signs(self, knows: bool) -> bool {
        match self {
            Config::None => false,
            Config::Tls12 | Config::Tls13 => true,
            Config::Tls12Resumed | Config::Tls13ZeroRtt => !knows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_follow_the_standards() {
        let trips = |tls: Config| [tls.round_trips(false, true), tls.round_trips(true, true)];
        assert_eq!(trips(Config::None), [0, 0]);
        assert_eq!(trips(Config::Tls12), [2, 2]);
        assert_eq!(trips(Config::Tls12Resumed), [2, 1]);
        assert_eq!(trips(Config::Tls13), [1, 1]);
        assert_eq!(trips(Config::Tls13ZeroRtt), [1, 0]);
        assert_eq!(Config::Tls13ZeroRtt.round_trips(true, false), 1, "early data can be replayed");
    }

    #[test]
    fn who_resumes_signs_nothing_and_mutual_is_work_for_both() {
        let ms = SimDuration::from_millis;
        let cpu = Cpu { client: ms(1), server: ms(3) };
        assert_eq!(cpu.shares(Config::Tls13, false, true), cpu);
        assert_eq!(cpu.shares(Config::Tls13, true, false), Cpu { client: ms(4), server: ms(4) });
        assert_eq!(cpu.shares(Config::Tls12Resumed, true, true), Cpu::NOTHING);
        assert_eq!(cpu.shares(Config::None, false, false), Cpu::NOTHING);
    }
}
