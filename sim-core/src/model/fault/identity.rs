//! What can become of identities? One is taken over, one runs out.

use serde::{Deserialize, Serialize};

use crate::time::SimDuration;
use crate::units::Rate;

/// Somebody has taken over an instance of a service, and calls from there every other service of the file in turn, as if there
/// were an edge to each. Whatever answers is taken over as well, its first instance, and does the same. When the fault ends the
/// intruder is thrown out everywhere. The calls ask for what the service does first, take no time on the way and are given
/// up after a second; to those whom they reach they are work like any other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CompromiseFault {
    /// Name of the service where it begins.
    pub service: String,
    /// Calls per second from each service that is taken over, at even distances: a rate above 0, such as `20/s`.
    pub rate: Rate,
    /// How long it takes from the first answer of a service until it is taken over. Default: 0s.
    #[serde(default)]
    pub takes: SimDuration,
}

impl CompromiseFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} taken over", self.service)
    }
}

/// The certificate of a service is not good while the fault lasts: nobody has renewed it until then. Who opens a connection
/// with TLS to it, or for it with mutual TLS, fails; open connections stay open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CertificateExpiryFault {
    /// Name of the service.
    pub service: String,
}

impl CertificateExpiryFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("certificate of {} has run out", self.service)
    }
}
