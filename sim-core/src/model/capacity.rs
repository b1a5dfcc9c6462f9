//! What takes an instance's speed away from its requests? The crowd itself, memory, housekeeping, copying.

use crate::model::Named;
use crate::policy::{background, degradation, memory, repair};
use crate::time::SimDuration;

use super::service::ServiceConfig;

/// What the speed of an instance depends on; ready to run.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// The crowd on the instance.
    pub degradation: degradation::Config,
    /// Its memory.
    pub memory: Option<memory::Config>,
    /// Its housekeeping.
    pub background: Vec<Job>,
    /// Copying what others held.
    pub repair: Option<repair::Config>,
}

/// Housekeeping that comes again and again.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name in the file.
    pub name: String,
    /// Number of the stream that its phases are drawn from; follows from the names of service and job.
    pub key: u32,
    /// From one start to the next.
    pub every: SimDuration,
    /// How long it takes.
    pub length: SimDuration,
    /// What it takes of the instance.
    pub cpu_share: f64,
}

/// The jobs of a file by name.
pub type BackgroundConfig = Named<background::Config>;

impl Capacity {
    /// What the file says, or nothing if the speed is always the same.
    pub(super) fn lower(service: &ServiceConfig) -> Option<Box<Capacity>> {
        let ServiceConfig { degradation, memory, background, repair, .. } = service;
        let is_constant = *degradation == degradation::Config::None
            && memory.is_none()
            && background.is_empty()
            && repair.is_none();
        if is_constant {
            return None;
        }
        let job = |(name, job): (&str, &background::Config)| Job {
            name: name.to_owned(),
            key: 0,
            every: job.every,
            length: job.length,
            cpu_share: job.cpu_share.get(),
        };
        Some(Box::new(Capacity {
            degradation: degradation.clone(),
            memory: memory.clone(),
            background: background.iter().map(job).collect(),
            repair: repair.clone(),
        }))
    }
}
