//! What goes wrong with addresses? Instances are replaced, names cannot be looked up or lead elsewhere, the registry is
//! away.

use serde::{Deserialize, Serialize};

use super::{Effect, percent};
use crate::ids::ServiceId;
use crate::time::SimDuration;
use crate::units::Probability;

/// Instances are replaced one after the other, the first when the fault starts: each ends, and another process starts
/// at its place, with a new address. Where the service has no `discovery` its callers find that one by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RollingReplacementFault {
    /// Name of the service.
    pub service: String,
    /// From one replacement to the next, above 0s.
    pub every: SimDuration,
    /// How an instance ends; default `stopped`.
    #[serde(default)]
    pub exit: Exit,
    /// What callers of the old address see; default `refuses`.
    #[serde(default)]
    pub gone: Gone,
}

/// How an instance ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Exit {
    /// In good order: it takes itself off the list, finishes what it has, and ends.
    #[default]
    Stopped,
    /// At once: what is on it is lost, and it says nothing.
    Killed,
}

/// What callers of an address see behind which nobody is any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Gone {
    /// The host is there and refuses: `connect_failure` at once.
    #[default]
    Refuses,
    /// Nobody answers: callers wait, and those without a timeout see `connect_failure` when their system gives up.
    Silent(SilentConfig),
}

/// Nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SilentConfig {
    /// When the caller's system gives up. Default: 127s (Linux, six repetitions of the first packet).
    pub gives_up: SimDuration,
}

impl Default for SilentConfig {
    fn default() -> Self {
        SilentConfig { gives_up: SimDuration::from_secs(127) }
    }
}

impl RollingReplacementFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} replaced one by one, every {}", self.service, self.every)
    }
}

/// Look-ups of the service's name fail. Needs `discovery: dns`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct DnsErrorFault {
    /// Name of the service.
    pub service: String,
    /// Share of the look-ups, 0 to 1; default 1.
    #[serde(default = "always")]
    pub ratio: Probability,
}

impl DnsErrorFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} % of look-ups of {} fail", percent(self.ratio.get()), self.service)
    }
}

/// Look-ups of the service's name are answered with an address that is not the service's: calls there fail with
/// `connect_failure`, because who answers cannot prove to be the service. A wrong answer is kept as long as a right one.
/// Needs `discovery: dns`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct DnsSpoofFault {
    /// Name of the service.
    pub service: String,
    /// Share of the look-ups, 0 to 1; default 1.
    #[serde(default = "always")]
    pub ratio: Probability,
}

impl DnsSpoofFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} % of look-ups of {} lead elsewhere", percent(self.ratio.get()), self.service)
    }
}

/// The registry is away: nobody reports, nobody learns, nobody is struck out. Needs `discovery: registry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RegistryDownFault {
    /// Name of the service whose registry it is.
    pub service: String,
}

impl RegistryDownFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("registry of {} down", self.service)
    }
}

fn always() -> Probability {
    Probability::ONE
}

/// What happens to the addresses of a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AddressEffect {
    /// Instances are replaced.
    Replaced {
        /// From one to the next.
        every: SimDuration,
        /// How each ends.
        exit: Exit,
        /// What is left at its address.
        gone: Gone,
    },
    /// Look-ups fail with this probability.
    LookUpsFail(f64),
    /// Look-ups lead elsewhere with this probability.
    LookUpsLie(f64),
    /// The registry is away.
    RegistryDown,
}

/// The effect of a trigger on the addresses of `service`.
pub(crate) fn effect(service: ServiceId, what: AddressEffect) -> Effect {
    Effect::Addresses { service, what }
}
