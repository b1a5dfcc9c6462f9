//! Who copies whose data now? Looked at whenever an instance comes or goes, and when a grace period or the
//! copying of what one held is over.

use super::Simulation;
use super::state::Stage;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{InstanceId, ServiceId};
use crate::metrics::Probe;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An instance has come, gone, or changed otherwise.
    pub(super) fn look_after_copies(&mut self, instance: InstanceId) {
        let id = self.servers[instance].service;
        let service = &self.model.services[id];
        let (Some(config), Some(state)) = (service.repair(), &mut self.loads.repairs[id]) else { return };
        state.advance(config, self.now);
        let place = service.place(instance);
        match self.servers[instance].stage {
            Stage::Up | Stage::Draining => state.returned(config, place),
            Stage::Booting | Stage::Down => state.lost(config, place),
            Stage::Absent => {} // what is scaled keeps no copies
        }
        let up = service.all_instances().filter(|i| self.servers[*i].stage == Stage::Up).count();
        state.set_hands(up as u32);
        self.plan_repair(id);
    }

    /// A grace period is over, or the copying of what one held.
    pub(super) fn on_repair(&mut self, id: ServiceId, plan: u32) {
        if self.loads.repair_plans[id] != plan {
            return;
        }
        if let (Some(config), Some(state)) = (self.model.services[id].repair(), &mut self.loads.repairs[id]) {
            state.advance(config, self.now);
        }
        self.plan_repair(id);
    }

    /// Everybody who is up takes its part, until something changes.
    fn plan_repair(&mut self, id: ServiceId) {
        let service = &self.model.services[id];
        let (Some(config), Some(state)) = (service.repair(), &self.loads.repairs[id]) else { return };
        let share = if state.is_copying() { config.share() } else { 0.0 };
        let next = state.next(config);
        self.loads.repair_plans[id] = self.loads.repair_plans[id].wrapping_add(1);
        let plan = self.loads.repair_plans[id];
        if let Some(at) = next {
            self.schedule_timer(Lane::HEAP, at, Event::Repair { service: id, plan });
        }
        for instance in service.all_instances() {
            let share = if self.servers[instance].stage == Stage::Up { share } else { 0.0 };
            if self.loads.instances[instance].repair != share {
                self.loads.instances[instance].repair = share;
                self.changed(instance);
            }
        }
    }
}
