//! Which workers wait for a message that will never come? Those of a call without any timeout, of which a message is lost.

use std::collections::BTreeSet;

use super::Simulation;
use super::state::{NO_ATTEMPT, Parent, Phase};
use crate::ids::{Id, ServiceId};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;
use crate::model::edge::{Edge, EdgeCaller};

/// Whether nothing but an answer ends the wait of this call, though its messages may be lost.
pub(super) fn waits_for_ever(edge: &Edge) -> bool {
    edge.rough.is_some()
        && edge.attempt_timeout.is_none()
        && edge.total_timeout.is_none()
        && edge.idle_timeout.is_none()
        && edge.hedging.is_none()
}

/// Whether this service has such calls.
fn may_stick(model: &Model, id: ServiceId) -> bool {
    model.edges.iter().any(|edge| edge.caller == EdgeCaller::Service(id) && waits_for_ever(edge))
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Workers that wait for ever, of each service that has such calls.
    pub(super) fn read_stuck(&self, readings: &mut Vec<Reading>) {
        if PLAIN || !self.model.edges.iter().any(waits_for_ever) {
            return;
        }
        let mut stuck: Vec<BTreeSet<(u32, u32)>> = vec![BTreeSet::new(); self.model.services.len()];
        for attempt in self.attempts.iter().filter(|a| a.phase == Phase::Astray && a.wanted) {
            let edge = &self.model.edges[attempt.edge];
            let EdgeCaller::Service(service) = edge.caller else { continue };
            let Parent::Task(task) = self.contexts[attempt.call.0.slot as usize].parent else { continue };
            let held = self.tasks.get(task.0).map_or(NO_ATTEMPT, |task| task.attempt);
            if waits_for_ever(edge) && held != NO_ATTEMPT {
                stuck[service.index()].insert((held.0.slot, held.0.generation));
            }
        }
        for id in self.model.services.ids().filter(|id| may_stick(self.model, *id)) {
            let value = Some(stuck[id.index()].len() as f64);
            readings.push(Reading { of: Holder::Service(id), name: "stuck_workers", value });
        }
    }
}
