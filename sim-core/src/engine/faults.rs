//! What does a trigger change? The condition of instances, worked out afresh from all triggers that are
//! on, so that they may overlap in any way and end in any order.

use super::Simulation;
use super::state::{Phase, Stage, Work};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{FaultId, InstanceId};
use crate::metrics::{Observation, Probe};
use crate::model::fault::Effect;
use crate::streams::{Stream, StreamPurpose};
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    pub(super) fn schedule_faults(&mut self) {
        for (id, fault) in self.model.faults.iter_ids() {
            self.events.schedule(fault.begins, Event::Fault { fault: id, begins: true });
            self.events.schedule(fault.ends, Event::Fault { fault: id, begins: false });
        }
    }

    pub(super) fn on_fault(&mut self, id: FaultId, begins: bool) {
        self.probe.observe(self.now, Observation::Trigger { fault: id, begins });
        let fault = &self.model.faults[id];
        match &fault.effect {
            Effect::Addresses { service, what } => self.on_address_fault(id, *service, *what, begins),
            Effect::Compromised { service, .. } => self.on_compromise(id, *service, begins),
            // Whom these are about knows their windows.
            Effect::Load { .. } | Effect::Hot | Effect::Rollout | Effect::Expired { .. } => {}
            Effect::Congested(_) | Effect::Network(_) | Effect::Bandwidth { .. } | Effect::Growth { .. } => {}
            Effect::Disturbed(_) => self.disturb(id, begins),
            Effect::Flushed { cache } => {
                if begins {
                    for instance in &fault.instances {
                        self.flush(*cache, *instance);
                    }
                }
            }
            Effect::Payload { .. } => self.renew_payloads(),
            Effect::Restarted => {
                if begins {
                    for instance in &fault.instances {
                        self.terminate(*instance);
                    }
                }
            }
            Effect::Monkey { key, .. } => {
                if begins {
                    self.monkeys.push((id, Stream::new(self.seed, StreamPurpose::Fault, *key)));
                    self.plan_strike(id);
                }
            }
            Effect::Slower { .. }
            | Effect::Stopped
            | Effect::Failing { .. }
            | Effect::Down
            | Effect::Gone
            | Effect::Stress { .. }
            | Effect::Hanging { .. } => {
                for instance in &fault.instances {
                    self.renew_condition(*instance);
                }
            }
        }
    }

    /// The condition of an instance under the triggers that are on now.
    pub(super) fn renew_condition(&mut self, id: InstanceId) {
        let now = self.now;
        let server = &self.servers[id];
        let service = &self.model.services[server.service];
        let mut slowdown = service.slownesses[service.place(id) as usize];
        if let Some((factor, _)) = service.lifecycle.cold
            && now < server.cold_until
        {
            slowdown *= factor;
        }
        let mut stress = 0;
        let (mut stopped, mut fine, mut flows, mut down) = (false, 1.0 - service.error_ratio, 1.0, false);
        for fault in self.model.faults_on(now) {
            if !fault.instances.contains(&id) {
                continue;
            }
            match fault.effect {
                Effect::Slower { factor } => slowdown *= factor,
                Effect::Stopped => stopped = true,
                Effect::Failing { ratio } => fine *= 1.0 - ratio,
                Effect::Hanging { ratio } => flows *= 1.0 - ratio,
                Effect::Down | Effect::Gone => down = true,
                Effect::Stress { bytes } => stress += bytes,
                _ => {} // no lasting condition of an instance
            }
        }
        let keeps_clock = service.keeps_clock();
        self.loads.instances[id].stress = stress;
        self.changed(id);
        let server = &mut self.servers[id];
        let (resumes, recovers) = (server.stopped && !stopped, server.hang_ratio > 0.0 && flows == 1.0);
        let hangs = server.hang_ratio == 0.0 && flows < 1.0;
        (server.slowdown, server.stopped, server.error_ratio) = (slowdown, stopped, 1.0 - fine);
        server.hang_ratio = 1.0 - flows;
        server.is_odd = keeps_clock || flows < 1.0 || server.debt > SimDuration::ZERO;
        let (was_down, stage) = (std::mem::replace(&mut server.kept_down, down), server.stage);
        if down && !matches!(stage, Stage::Down | Stage::Absent) {
            self.crash(id);
        } else if was_down && !down && stage == Stage::Down {
            self.start_process(id);
        }
        if recovers {
            self.release_held(id);
        }
        if recovers || hangs {
            self.show_state(id);
        }
        if resumes {
            self.meters[id].advance(now);
            self.resume(id);
        }
        self.catch_up(id);
    }

    /// What was held goes on, with its full length.
    fn release_held(&mut self, instance: InstanceId) {
        for (work, length) in std::mem::take(&mut self.servers[instance].held) {
            let is_alive = match work {
                Work::Attempt(id, _) => self.attempts.get(id.0).is_some_and(|a| a.phase == Phase::Serving),
                Work::Step(id) => self.tasks.get(id.0).is_some(),
            };
            if !is_alive {
                continue;
            }
            if self.scales {
                self.burn(instance);
            }
            let keeps_clock = self.model.services[self.servers[instance].service].keeps_clock();
            match work {
                _ if keeps_clock => self.share(instance, work, length),
                Work::Attempt(attempt, call_slot) => {
                    self.events.schedule(self.now + length, Event::Finish { attempt, call_slot });
                }
                Work::Step(task) => self.events.schedule(self.now + length, Event::Computed { task }),
            }
        }
    }

    fn plan_strike(&mut self, id: FaultId) {
        let fault = &self.model.faults[id];
        let Effect::Monkey { every, .. } = &fault.effect else { return };
        let Some((_, stream)) = self.monkeys.iter_mut().find(|(fault, _)| *fault == id) else { return };
        let at = self.now + every.sample(&mut stream.draws());
        if at < fault.ends {
            self.schedule_timer(Lane::HEAP, at, Event::Strike { fault: id });
        }
    }

    /// The monkey strikes: some instances crash, drawn from all, those that are down included.
    pub(super) fn on_strike(&mut self, id: FaultId) {
        let Effect::Monkey { service, group, downtime, .. } = &self.model.faults[id].effect else { return };
        let service = &self.model.services[*service];
        let Some((_, stream)) = self.monkeys.iter_mut().find(|(fault, _)| *fault == id) else { return };
        // The first of a shuffle: each draw takes one of those that are left.
        let mut left: Vec<InstanceId> = service.all_instances().collect();
        let mut hit = Vec::new();
        for _ in 0..(*group).min(service.instances) {
            hit.push(left.swap_remove(stream.below(left.len() as u32) as usize));
        }
        for instance in hit {
            if !matches!(self.servers[instance].stage, Stage::Down | Stage::Absent) {
                self.crash(instance);
                match service.lifecycle.restart {
                    Some(_) => self.plan_restart(instance),
                    None => self.plan_start(instance, *downtime),
                }
            }
        }
        self.plan_strike(id);
    }
}
