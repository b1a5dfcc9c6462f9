//! Who changes which setting, and how often? Owners who tune their own timeouts, attempts and quotas, and what becomes of
//! the changes that go wrong.

use serde::{Deserialize, Serialize};

use super::Named;
use crate::dist::{Distribution, Sampler};
use crate::ids::{EdgeId, ServiceId, WorkloadId};
use crate::time::SimDuration;
use crate::units::{Count, Probability};

/// Changes of settings by several owners, for as long as the run lasts. The control arm of a comparison, in which
/// nothing goes wrong, has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ChangesConfig {
    /// Who changes what, by name.
    pub owners: Named<OwnerConfig>,
    /// Whether a change that breaks a contract is made; default `none`: nobody looks.
    #[serde(default)]
    pub contract: ContractConfig,
    /// How a change is made; default `at_once`.
    #[serde(default)]
    pub rollout: RolloutConfig,
    /// From when on it counts as an incident.
    #[serde(default)]
    pub incident: IncidentConfig,
    /// How long each owner involved in an incident takes, one after the other, until the latest change among the settings
    /// that do not fit is taken back: a duration or a distribution.
    pub repair: Distribution,
}

/// Somebody who changes settings of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct OwnerConfig {
    /// From one change to the next: a duration or a distribution.
    pub every: Distribution,
    /// What they change: each time one of these, drawn evenly, gets one of its values, drawn evenly.
    pub settings: Vec<SettingConfig>,
}

/// A setting and the values that its owner finds sensible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum SettingConfig {
    /// The timeout of an attempt of all calls from one to another.
    Timeout(TimeoutSetting),
    /// The attempts of these calls, the first included; they must have a `retry`.
    Attempts(AttemptsSetting),
    /// The limit of a service's `admission: fixed_window`.
    Quota(QuotaSetting),
}

/// Timeouts of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct TimeoutSetting {
    /// Name of the service or workload that calls.
    pub from: String,
    /// Name of the service that is called.
    pub to: String,
    /// Durations above 0s.
    pub values: Vec<SimDuration>,
}

/// Attempts of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct AttemptsSetting {
    /// Name of the service or workload that calls.
    pub from: String,
    /// Name of the service that is called.
    pub to: String,
    /// Numbers from 1.
    pub values: Vec<Count>,
}

/// What a service lets in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct QuotaSetting {
    /// Name of the service.
    pub service: String,
    /// Attempts admitted in each window.
    pub values: Vec<Count>,
}

/// Whether settings must fit together before a change is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum ContractConfig {
    /// Nobody looks.
    #[default]
    None,
    /// A change that breaks a rule of `sim-core/src/policy/contract.rs` is not made.
    Checked,
}

/// How a change is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum RolloutConfig {
    /// For everybody, and then it is there.
    #[default]
    AtOnce,
    /// Watched for a while, and taken back at once if an incident begins meanwhile.
    Watched(WatchedConfig),
    /// For a share of the instances first: of those that call, where it is a timeout or a number of attempts, and of the
    /// service, where it is a quota.
    Staged(StagedConfig),
}

/// A change holds for more and more instances. The first ones of a service come first, and a share is rounded up to
/// whole instances: where there is one, the change is there for all at once (the users of a workload count as its
/// `clients`). If an incident begins meanwhile whose reason may be the change, it is taken back everywhere at once;
/// so it is if a comparison finds those worse who met it. A new change of the same setting takes the place of the one
/// under way and begins at the first step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct StagedConfig {
    /// The shares, rising, the last one 100%: at most 20.
    pub steps: Vec<Probability>,
    /// How long each step lasts, above 0s; after the last one the change is there.
    pub each: SimDuration,
    /// Whether the requests that met the new value are compared with those that met the old one in the same step;
    /// default `none`. At the last step nobody is left to compare with.
    #[serde(default)]
    pub canary: crate::policy::canary::Config,
}

/// A change is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WatchedConfig {
    /// For how long, above 0s.
    pub watch: SimDuration,
}

/// From when on it counts as an incident.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct IncidentConfig {
    /// When less than this share was answered. Default: 80%.
    pub below: Probability,
    /// Of so many requests that ended last, from 1 to 10000. Default: 30.
    pub of_last: Count,
}

impl Default for IncidentConfig {
    fn default() -> Self {
        IncidentConfig { below: Probability::new(0.8), of_last: Count::new(30) }
    }
}

/// Changes, ready to run.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Who changes.
    pub owners: Vec<Owner>,
    /// What is changed.
    pub settings: Vec<Setting>,
    /// Whether contracts are checked.
    pub is_checked: bool,
    /// How changes are made.
    pub rollout: RolloutConfig,
    /// Most failures among the last requests that are no incident, and how many requests.
    pub incident: (u32, u32),
    /// How long each owner takes.
    pub repair: Sampler,
    /// Requests per second of each workload.
    pub rates: Vec<(WorkloadId, f64)>,
    /// Number in what repairs draw.
    pub key: u32,
}

/// Somebody who changes settings.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Name in the file.
    pub name: String,
    /// From one change to the next.
    pub every: Sampler,
    /// Their settings.
    pub settings: Vec<usize>,
    /// Number of their stream.
    pub key: u32,
}

/// A setting that is changed.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Whose.
    pub owner: usize,
    /// What.
    pub what: Knob,
    /// Values to draw from: nanoseconds, attempts, or a limit.
    pub values: Vec<u64>,
    /// The value at the start of a run.
    pub start: u64,
}

/// What a setting is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knob {
    /// The timeouts of these calls.
    Timeout(Vec<EdgeId>),
    /// The attempts of these calls.
    Attempts(Vec<EdgeId>),
    /// The limit of this service.
    Quota(ServiceId),
}
