//! What is a service? Replicas, each with workers in front of a waiting line.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::ids::InstanceId;
use crate::time::SimDuration;
use crate::units::{Count, Limit, Patience, Probability};

/// A service: `instances` replicas, each with `workers` that take attempts from one waiting line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ServiceConfig {
    /// Replicas, each with its own queue and workers; default 1.
    #[serde(default = "one")]
    pub instances: Count,
    /// Attempts that one instance serves at the same time; default 1.
    #[serde(default = "one")]
    pub workers: Count,
    /// How long a worker is busy with one attempt: a duration, or a distribution such as
    /// `{exponential: {mean: 10ms}}`.
    pub service_time: Distribution,
    /// The waiting line in front of the workers of an instance; default `{fifo: {capacity: unlimited}}`.
    #[serde(default)]
    pub queue: QueueConfig,
    /// Share of attempts answered with `server_error` after their full service time; default 0.
    #[serde(default = "never")]
    pub error_ratio: Probability,
}

fn one() -> Count {
    Count::ONE
}

fn never() -> Probability {
    Probability::ZERO
}

/// The order in which waiting attempts are served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum QueueConfig {
    /// First in, first out.
    Fifo(LineConfig),
    /// Last in, first out: the newest attempt is served next, the oldest may wait for ever.
    Lifo(LineConfig),
}

/// Bounds of a waiting line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LineConfig {
    /// Most attempts that wait, those in service not counted; one more is turned away at once with
    /// `queue_full`. Default `unlimited`.
    #[serde(default)]
    pub capacity: Limit,
    /// An attempt that has waited longer than this when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default).
    #[serde(default)]
    pub max_wait: Patience,
}

impl Default for QueueConfig {
    fn default() -> Self {
        QueueConfig::Fifo(LineConfig::default())
    }
}

/// Which end of the line is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
}

/// A service, ready to run.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name in the file.
    pub name: String,
    /// Its instances are `first_instance ..` in id order.
    pub first_instance: InstanceId,
    /// How many instances.
    pub instances: u32,
    /// Workers of each instance.
    pub workers: u32,
    /// Draws service times.
    pub service_time: Sampler,
    /// Order of the waiting line.
    pub discipline: Discipline,
    /// Most that wait at one instance.
    pub capacity: Limit,
    /// Longest wait that is still served.
    pub max_wait: SimDuration,
    /// Share of attempts answered with an error.
    pub error_ratio: f64,
}

impl ServiceConfig {
    /// The service as it runs, without problems that [`Distribution::check`] would find.
    pub(super) fn lower(&self, name: &str, first_instance: InstanceId) -> Service {
        let (discipline, line) = match &self.queue {
            QueueConfig::Fifo(line) => (Discipline::Fifo, line),
            QueueConfig::Lifo(line) => (Discipline::Lifo, line),
        };
        Service {
            name: name.to_owned(),
            first_instance,
            instances: self.instances.get(),
            workers: self.workers.get(),
            service_time: self.service_time.sampler(),
            discipline,
            capacity: line.capacity,
            max_wait: line.max_wait.0.unwrap_or(SimDuration::MAX),
            error_ratio: self.error_ratio.get(),
        }
    }
}
