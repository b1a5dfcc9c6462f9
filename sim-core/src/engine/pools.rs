//! Is there a slot for this attempt? Pools of callers: taken before an attempt is sent, given back when the
//! caller's wait for it is over.

use std::collections::VecDeque;

use super::Simulation;
use super::pipeline::Passage;
use super::state::Ready;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, PoolId};
use crate::metrics::{Observation, Probe};
use crate::model::pipeline::Layer;
use crate::policy::Outcome;

/// A pool of one caller.
#[derive(Debug, Default)]
pub(super) struct PoolState {
    /// Slots taken.
    pub(super) taken: u32,
    /// Calls in line, in order; those that have left are still in it.
    pub(super) line: VecDeque<CallId>,
    /// Calls in line that have not left.
    pub(super) waiting: usize,
    /// Its connections, if they are told apart.
    pub(super) connections: crate::policy::link_order::State,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Takes a slot, or stands in line, or fails.
    pub(super) fn acquire(&mut self, id: CallId, pool_id: PoolId) -> Passage {
        let call = self.calls.get(id.0).expect("only a call under way needs a slot");
        let (client, number) = (call.client as usize, call.progress.attempts);
        let pool = &self.model.pools[pool_id];
        let state = &mut self.pools[pool_id][client];
        let context = &mut self.contexts[id.0.slot as usize];
        if state.taken < pool.size {
            state.taken += 1;
            context.holds_slot = true;
            self.take_connection(id, pool_id, client);
            return Passage::Passed;
        }
        if !pool.queue.admits(state.waiting) {
            return Passage::Refused(Outcome::BulkheadFull);
        }
        state.line.push_back(id);
        state.waiting += 1;
        context.awaits_slot = true;
        if let Some(patience) = pool.acquire_timeout {
            self.schedule_timer(Lane::HEAP, self.now + patience, Event::PoolTimeout { call: id, number });
        }
        let told = self.told(id);
        let awaits = Observation::AwaitsSlot { call: told, number: number + 1, layer: Layer::Pool };
        self.probe.observe(self.now, awaits);
        Passage::Gone
    }

    /// The caller's patience with its pool ends.
    pub(super) fn on_pool_timeout(&mut self, id: CallId, number: u32) {
        let Some(call) = self.calls.get_mut(id.0) else { return };
        if call.progress.attempts != number || !self.contexts[id.0.slot as usize].awaits_slot {
            return;
        }
        call.progress.attempts += 1;
        self.leave_pool_line(id);
        self.not_sent(id, Outcome::PoolTimeout);
    }

    /// A call stands in line no more. Its entry stays until it is met.
    pub(super) fn leave_pool_line(&mut self, id: CallId) {
        let context = &mut self.contexts[id.0.slot as usize];
        if std::mem::replace(&mut context.awaits_slot, false) {
            let (pool, client) = self.pool_of(id);
            let state = &mut self.pools[pool][client];
            state.waiting -= 1;
            if state.line.len() > 2 * state.waiting + 64 {
                let (calls, contexts) = (&self.calls, &self.contexts);
                let waits =
                    |call: &CallId| calls.get(call.0).is_some() && contexts[call.0.slot as usize].awaits_slot;
                state.line.retain(waits);
            }
        }
    }

    /// A slot is free again, if the call held one: the next in line gets it.
    pub(super) fn give_slot_back(&mut self, id: CallId) {
        if PLAIN {
            return;
        }
        if std::mem::replace(&mut self.contexts[id.0.slot as usize].holds_slot, false) {
            let (pool, client) = self.pool_of(id);
            if self.closes_late(id, pool, client) {
                return;
            }
            self.free_slot(pool, client, self.contexts[id.0.slot as usize].connection);
        }
    }

    /// A slot, and the connection it was for, are free.
    pub(super) fn free_slot(&mut self, pool: PoolId, client: usize, connection: u32) {
        let state = &mut self.pools[pool][client];
        state.taken -= 1;
        if self.model.pools[pool].links.is_some() {
            state.connections.give_back(connection);
        }
        self.grant(pool, client);
    }

    fn pool_of(&self, id: CallId) -> (PoolId, usize) {
        let call = self.calls.get(id.0).expect("only a call under way has to do with a pool");
        let pool = self.model.edges[call.edge].pool.expect("its edge names the pool");
        (pool, call.client as usize)
    }

    /// A slot is this call's: it sends, unless it has left in the same moment, which gives the slot back.
    pub(super) fn on_granted(&mut self, id: CallId) {
        if self.calls.get(id.0).is_some() && self.contexts[id.0.slot as usize].holds_slot {
            self.send_with_slot(id);
        }
    }

    #[inline(never)]
    fn send_with_slot(&mut self, id: CallId) {
        let call = self.calls.get(id.0).expect("it is under way");
        let pipeline = &self.model.edges[call.edge].pipeline;
        match pipeline.is_guarded {
            false => self.send_attempt(id),
            true => self.walk(id, pipeline.place(Layer::Pool) + 1),
        }
    }

    /// Gives free slots to those in line.
    pub(super) fn grant(&mut self, pool: PoolId, client: usize) {
        let size = self.model.pools[pool].size;
        while self.pools[pool][client].taken < size {
            let state = &mut self.pools[pool][client];
            let Some(call) = state.line.pop_front() else { return };
            let context = &mut self.contexts[call.0.slot as usize];
            if self.calls.get(call.0).is_none() || !std::mem::replace(&mut context.awaits_slot, false) {
                continue;
            }
            context.holds_slot = true;
            state.waiting -= 1;
            state.taken += 1;
            self.take_connection(call, pool, client);
            self.ready.push_back(Ready::Granted(call));
        }
    }
}
