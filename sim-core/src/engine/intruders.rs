//! stub
use super::Simulation;
use crate::ids::{EdgeId, FaultId, ServiceId};
use crate::metrics::Probe;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    pub(super) fn is_distrusted(&self, _edge: EdgeId) -> bool {
        false
    }
    pub(super) fn on_intrude(&mut self, _fault: FaultId, _service: ServiceId) {}
}
