//! What travels with a request from service to service?

use super::effects::{NO_OPERATION, OperationId};
use crate::policy::Criticality;
use crate::time::SimTime;

/// What travels with a request from service to service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Baggage {
    /// When nobody waits any more, as far as this service knows.
    pub(super) deadline: SimTime,
    pub(super) key: u32,
    pub(super) tenant: u32,
    pub(super) class: Criticality,
    /// Calls above.
    pub(super) depth: u16,
    /// The business operation that it is for, known where there are effects.
    pub(super) operation: OperationId,
}

impl Baggage {
    pub(super) const NONE: Baggage = Baggage {
        deadline: SimTime::NEVER,
        key: 0,
        tenant: 0,
        class: Criticality::Critical,
        depth: 0,
        operation: NO_OPERATION,
    };
}
