//! How does an instance live and die? Crash, restart, boot, warm-up, and the probes that decide over it.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::policy::{probe, restart};
use crate::time::SimDuration;
use crate::units::{Count, Factor};

/// What becomes of the instances of a service beyond serving. With nothing said they start ready and never
/// stop by themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LifecycleConfig {
    /// From the start of the process until it serves; default: no time.
    #[serde(default)]
    pub boot_time: Option<Distribution>,
    /// How much slower a fresh instance is, and for how long.
    #[serde(default)]
    pub warm_up: Option<WarmUpConfig>,
    /// An instance crashes when this many attempts are on it, waiting and in service: its memory is full.
    #[serde(default)]
    pub crash_at: Option<Count>,
    /// Whether what has crashed is started again by an orchestrator, and how soon; default `none`: only
    /// the end of the fault that crashed it brings it back.
    #[serde(default)]
    pub restart: Option<restart::Config>,
    /// While it fails, no caller is told of the instance; default `none`.
    #[serde(default)]
    pub readiness: Option<probe::Config>,
    /// When it fails, the instance is killed and started again; default `none`.
    #[serde(default)]
    pub liveness: Option<probe::Config>,
}

/// A fresh instance is slow: caches are cold, code is not compiled yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WarmUpConfig {
    /// How many times as long work takes while it is cold.
    pub factor: Factor,
    /// How long it stays cold after it has booted.
    pub duration: SimDuration,
}

/// How the instances of a service live, ready to run.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// From the start of the process until it serves.
    pub boot_time: Option<Sampler>,
    /// How many times as long work takes while an instance is cold, and how long it stays so.
    pub cold: Option<(f64, SimDuration)>,
    /// Attempts on an instance that crash it.
    pub crash_at: Option<u32>,
    /// Whether and how it is started again.
    pub restart: Option<restart::Config>,
    /// Watches whether callers are told of it.
    pub readiness: Option<probe::Config>,
    /// Watches whether it is killed.
    pub liveness: Option<probe::Config>,
    /// Whether instances are added and removed.
    pub is_scaled: bool,
}

impl Lifecycle {
    /// Whether somebody takes instances that do not serve away from the callers' lists: where nobody does,
    /// callers go on sending to what is down.
    pub fn is_orchestrated(&self) -> bool {
        self.readiness.is_some() || self.liveness.is_some() || self.restart.is_some() || self.is_scaled
    }
}

impl LifecycleConfig {
    pub(super) fn lower(&self, is_scaled: bool) -> Lifecycle {
        Lifecycle {
            boot_time: self.boot_time.as_ref().map(Distribution::sampler),
            cold: self.warm_up.as_ref().map(|cold| (cold.factor.get(), cold.duration)),
            crash_at: self.crash_at.map(Count::get),
            restart: self.restart.clone(),
            readiness: self.readiness.clone(),
            liveness: self.liveness.clone(),
            is_scaled,
        }
    }
}
