//! What does a balancer see of a service?

use crate::ids::{Id, IdVec, InstanceId};
use crate::metrics::Meter;
use crate::policy::balancer::Fleet;

/// The instances of a service as they are.
pub(in crate::engine) struct Instances<'a> {
    pub(in crate::engine) meters: &'a IdVec<InstanceId, Meter>,
    pub(in crate::engine) first: usize,
}

impl Fleet for Instances<'_> {
    #[inline]
    fn in_system(&self, instance: u32) -> u32 {
        self.meters[InstanceId::from_index(self.first + instance as usize)].in_system
    }
}
