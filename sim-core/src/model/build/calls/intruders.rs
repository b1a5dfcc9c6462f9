//! On which edges does an intruder call? From every service to every other one: on the network all can reach all.

use super::Lowering;
use crate::ids::{EndpointId, ServiceId};
use crate::model::edge::EdgeCaller;
use crate::time::SimDuration;

/// How long an intruder waits for an answer.
const PATIENCE: SimDuration = SimDuration::from_secs(1);

impl Lowering<'_> {
    pub(super) fn intruders(&mut self) {
        if !self.config.faults.iter().any(|(_, fault)| fault.compromise.is_some()) {
            return;
        }
        let first = |lowering: &Self, service: ServiceId| -> Option<EndpointId> {
            let mut own =
                lowering.calls.endpoints.iter_ids().filter(|(_, endpoint)| endpoint.service == service);
            own.next().map(|(id, _)| id)
        };
        let services: Vec<ServiceId> = self.services.ids().collect();
        for from in &services {
            for to in services.iter().filter(|to| *to != from) {
                let Some(endpoint) = first(self, *to) else { continue };
                let path =
                    format!("services/{}/(intruder)/{}", self.services[*from].name, self.services[*to].name);
                let clients = self.services[*from].instances;
                self.plain_edge(path, EdgeCaller::Intruder(*from), clients, endpoint, PATIENCE);
            }
        }
    }
}
