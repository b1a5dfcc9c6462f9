//! What does a trigger change? The condition of a service, worked out afresh from all triggers that are
//! on, so that they may overlap in any way and end in any order.

use super::Simulation;
use crate::event::Event;
use crate::ids::{FaultId, Id, InstanceId, ServiceId};
use crate::metrics::{Observation, Probe};
use crate::model::fault::Effect;

impl<P: Probe> Simulation<'_, P> {
    pub(super) fn schedule_faults(&mut self) {
        for (id, fault) in self.model.faults.iter_ids() {
            self.events.schedule(fault.begins, Event::Fault { fault: id, begins: true });
            self.events.schedule(fault.ends, Event::Fault { fault: id, begins: false });
        }
    }

    pub(super) fn on_fault(&mut self, id: FaultId, begins: bool) {
        self.probe.observe(self.now, Observation::Trigger { fault: id, begins });
        match self.model.faults[id].effect {
            Effect::Slower { service, .. }
            | Effect::Stopped { service }
            | Effect::Failing { service, .. } => {
                self.renew_condition(service);
            }
            Effect::Load { .. } => {} // arrival sources know their windows
        }
    }

    /// The condition of `service` under the triggers that are on now.
    fn renew_condition(&mut self, id: ServiceId) {
        let service = &self.model.services[id];
        let (mut slowdown, mut stopped, mut fine) = (1.0, false, 1.0 - service.error_ratio);
        for fault in self.model.faults.iter().filter(|f| f.begins <= self.now && self.now < f.ends) {
            match fault.effect {
                Effect::Slower { service, factor } if service == id => slowdown *= factor,
                Effect::Stopped { service } if service == id => stopped = true,
                Effect::Failing { service, ratio } if service == id => fine *= 1.0 - ratio,
                Effect::Slower { .. }
                | Effect::Stopped { .. }
                | Effect::Failing { .. }
                | Effect::Load { .. } => {}
            }
        }
        let state = &mut self.services[id];
        let resumes = state.stopped && !stopped;
        (state.slowdown, state.stopped, state.error_ratio) = (slowdown, stopped, 1.0 - fine);
        if resumes {
            let first = service.first_instance.index();
            for instance in (first..first + service.instances as usize).map(InstanceId::from_index) {
                self.meters[instance].advance(self.now);
                self.start_waiting(instance);
            }
        }
    }
}
