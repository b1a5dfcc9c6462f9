//! How many are at an instance, as a balancer sees it? By place in the service, or by address.

use super::directory::Address;
use crate::ids::{Id, IdVec, InstanceId};
use crate::metrics::Meter;
use crate::policy::balancer::Fleet;

/// The instances of a service as they are.
pub(super) struct Instances<'a> {
    pub(super) meters: &'a IdVec<InstanceId, Meter>,
    pub(super) first: usize,
}

impl Fleet for Instances<'_> {
    #[inline]
    fn in_system(&self, instance: u32) -> u32 {
        self.meters[InstanceId::from_index(self.first + instance as usize)].in_system
    }
}

/// The instances behind addresses as they are.
pub(super) struct Addressed<'a> {
    pub(super) meters: &'a IdVec<InstanceId, Meter>,
    pub(super) first: usize,
    pub(super) addresses: &'a [Address],
}

impl Fleet for Addressed<'_> {
    /// An address that is dead looks idle.
    fn in_system(&self, address: u32) -> u32 {
        let Address { place, gone } = self.addresses[address as usize];
        match gone {
            None => self.meters[InstanceId::from_index(self.first + place as usize)].in_system,
            Some(_) => 0,
        }
    }
}
