//! What goes wrong, where and when? Triggers with a start and a duration.

use serde::{Deserialize, Serialize};

use crate::ids::{ServiceId, WorkloadId};
use crate::time::{SimDuration, SimTime};
use crate::units::{Factor, Probability};

/// A trigger: when it starts, how long it lasts, and exactly one of the kinds below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FaultConfig {
    /// When it starts.
    pub at: SimDuration,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub length: SimDuration,
    /// The service's capacity is cut to `factor` of what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityFault>,
    /// Nothing starts at the service; what is under way is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopFault>,
    /// Services that start take `factor` times as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<SlowFault>,
    /// A share of the attempts is answered with an error after full service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<ErrorsFault>,
    /// The workload sends `factor` times as many requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_spike: Option<LoadSpikeFault>,
}

/// Services that start during the fault take 1 / `factor` as long; work under way is not rescheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CapacityFault {
    /// Name of the service.
    pub service: String,
    /// What is left of its capacity: `0.2` leaves a fifth.
    pub factor: Factor,
}

/// Nothing starts at the service; attempts wait, those under way are finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct StopFault {
    /// Name of the service.
    pub service: String,
}

/// Services that start during the fault take `factor` times as long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SlowFault {
    /// Name of the service.
    pub service: String,
    /// How many times as long: `5` makes 10 ms into 50 ms.
    pub factor: Factor,
}

/// A share of the attempts that end during the fault is answered with `server_error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ErrorsFault {
    /// Name of the service.
    pub service: String,
    /// Share of the attempts, 0 to 1, beside the service's own `error_ratio`.
    pub ratio: Probability,
}

/// The workload sends `factor` times as many requests. Above 1 the additional requests come beside those
/// that come anyway; below 1 some of those that would come stay away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LoadSpikeFault {
    /// Name of the workload.
    pub workload: String,
    /// How many times as many requests: `2` doubles the load.
    pub factor: Factor,
}

/// The kind of a trigger, with the name of what it hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind<'a> {
    /// See [`CapacityFault`].
    Capacity(&'a CapacityFault),
    /// See [`StopFault`].
    Stop(&'a StopFault),
    /// See [`SlowFault`].
    Slow(&'a SlowFault),
    /// See [`ErrorsFault`].
    Errors(&'a ErrorsFault),
    /// See [`LoadSpikeFault`].
    LoadSpike(&'a LoadSpikeFault),
}

impl FaultConfig {
    /// The kinds given, of which there must be exactly one.
    pub fn kinds(&self) -> Vec<Kind<'_>> {
        let FaultConfig { at: _, length: _, capacity, stop, slow, errors, load_spike } = self;
        [
            capacity.as_ref().map(Kind::Capacity),
            stop.as_ref().map(Kind::Stop),
            slow.as_ref().map(Kind::Slow),
            errors.as_ref().map(Kind::Errors),
            load_spike.as_ref().map(Kind::LoadSpike),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The trigger in words, for the shaded window of a chart.
    pub fn describe(&self) -> String {
        match self.kinds().first() {
            None => "no trigger".to_owned(),
            Some(Kind::Capacity(f)) => {
                format!("{} at {} % of its capacity", f.service, percent(f.factor.get()))
            }
            Some(Kind::Stop(f)) => format!("{} starts nothing", f.service),
            Some(Kind::Slow(f)) => format!("{} takes {} times as long", f.service, f.factor),
            Some(Kind::Errors(f)) => {
                format!("{} fails {} % of its attempts", f.service, percent(f.ratio.get()))
            }
            Some(Kind::LoadSpike(f)) => format!("{} send {} times the load", f.workload, f.factor),
        }
    }
}

fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// What a trigger does while it lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Services of `service` that start take `factor` times as long.
    Slower {
        /// The service.
        service: ServiceId,
        /// How many times as long.
        factor: f64,
    },
    /// Nothing starts at `service`.
    Stopped {
        /// The service.
        service: ServiceId,
    },
    /// Attempts at `service` fail with probability `ratio`.
    Failing {
        /// The service.
        service: ServiceId,
        /// Probability.
        ratio: f64,
    },
    /// The load of `workload` is changed by its arrival sources.
    Load {
        /// The workload.
        workload: WorkloadId,
    },
}

/// A trigger, ready to run.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Name in the file.
    pub name: String,
    /// When it starts.
    pub begins: SimTime,
    /// When it ends.
    pub ends: SimTime,
    /// What it does in between.
    pub effect: Effect,
}
