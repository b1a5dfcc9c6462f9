//! What is due where addresses are given out and learnt?

use crate::ids::{EdgeId, FaultId, Id, InstanceId, ServiceId};

/// Something is due in the discovery of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscoveryEvent {
    /// A registry strikes out whose lease is over.
    Eviction {
        /// Whose registry.
        service: ServiceId,
    },
    /// A list that was on its way can be learnt.
    Publication {
        /// Whose list.
        service: ServiceId,
    },
    /// An instance reports to its registry.
    Heartbeat {
        /// Which instance.
        instance: InstanceId,
        /// In which life; an event of an earlier one is stale.
        life: u32,
    },
    /// A caller asks the registry.
    Poll {
        /// On which edge.
        edge: EdgeId,
        /// Which client.
        client: u32,
    },
    /// A look-up of a caller is over.
    LookedUp {
        /// On which edge.
        edge: EdgeId,
        /// Which client.
        client: u32,
    },
    /// The next instance is replaced.
    Replace {
        /// By which fault.
        fault: FaultId,
    },
}

impl DiscoveryEvent {
    /// Its kind and two numbers.
    pub(crate) fn numbers(self) -> (u32, u32, u32) {
        let number = |id: usize| id as u32;
        match self {
            DiscoveryEvent::Eviction { service } => (0, number(service.index()), 0),
            DiscoveryEvent::Publication { service } => (1, number(service.index()), 0),
            DiscoveryEvent::Heartbeat { instance, life } => (2, number(instance.index()), life),
            DiscoveryEvent::Poll { edge, client } => (3, number(edge.index()), client),
            DiscoveryEvent::LookedUp { edge, client } => (4, number(edge.index()), client),
            DiscoveryEvent::Replace { fault } => (5, number(fault.index()), 0),
        }
    }

    /// The event of these numbers.
    pub(super) fn of(kind: u32, first: u32, second: u32) -> Self {
        let index = first as usize;
        match kind {
            0 => DiscoveryEvent::Eviction { service: Id::from_index(index) },
            1 => DiscoveryEvent::Publication { service: Id::from_index(index) },
            2 => DiscoveryEvent::Heartbeat { instance: Id::from_index(index), life: second },
            3 => DiscoveryEvent::Poll { edge: Id::from_index(index), client: second },
            4 => DiscoveryEvent::LookedUp { edge: Id::from_index(index), client: second },
            _ => DiscoveryEvent::Replace { fault: Id::from_index(index) },
        }
    }
}
