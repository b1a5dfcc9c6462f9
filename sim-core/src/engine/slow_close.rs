//! When is the slot of a connection free that closes late? Some time after the caller has its answer.

use super::Simulation;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, Handle, PoolId};
use crate::metrics::Probe;
use crate::model::edge::EdgeCaller;
use crate::model::fault::{Effect, Harm};
use crate::model::network::Way;
use crate::time::SimDuration;

/// A slot that is given back late.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pool: PoolId,
    client: u32,
    connection: u32,
    edge: EdgeId,
    /// Of the caller: its pool is gone with it.
    life: u32,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Whether the slot of a call is given back later, because its connection closes late.
    pub(super) fn closes_late(&mut self, id: CallId, pool: PoolId, client: usize) -> bool {
        if !self.has_rough_edges {
            return false;
        }
        let edge = self.calls.get(id.0).expect("it holds a slot").edge;
        let mut delay = SimDuration::ZERO;
        for fault in self.model.faults_on(self.now) {
            if let Effect::Network(hit) = &fault.effect
                && let Harm::ClosesLate(late) = hit.harm
                && hit.hits(edge, Way::Back)
            {
                delay += late;
            }
        }
        if delay == SimDuration::ZERO {
            return false;
        }
        let connection = self.contexts[id.0.slot as usize].connection;
        let (client, life) = (client as u32, self.life_of_caller(edge, client as u32));
        let closing = self.closing.insert(Closing { pool, client, connection, edge, life });
        self.schedule_timer(Lane::HEAP, self.now + delay, Event::Close { closing });
        true
    }

    /// The connection is closed, and its slot is free.
    pub(super) fn on_close(&mut self, id: Handle) {
        let closing = self.closing.remove(id);
        if self.life_of_caller(closing.edge, closing.client) != closing.life {
            return;
        }
        let Closing { pool, client, connection, .. } = closing;
        self.free_slot(pool, client as usize, connection);
    }

    fn life_of_caller(&self, edge: EdgeId, client: u32) -> u32 {
        match self.model.edges[edge].caller {
            EdgeCaller::Service(service) => self.servers[self.model.services[service].instance(client)].life,
            EdgeCaller::Workload(_)
            | EdgeCaller::Connector(_)
            | EdgeCaller::Monitor
            | EdgeCaller::Intruder(_) => 0,
        }
    }
}
