//! How does an instance come and go? Crash, wait, start, boot, warm up; what is on it when it crashes is
//! lost, and callers see a reset, never an answer.

use super::Simulation;
use super::state::{NO_TASK, Phase, PoolState, Stage, chooser};
use crate::event::{Event, LifeChange};
use crate::event_list::Lane;
use crate::ids::{AttemptId, EdgeId, Handle, InstanceId, ServiceId, TaskId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{InstanceState, Observation, Probe};
use crate::model::edge::EdgeCaller;
use crate::policy::targets::Change;
use crate::policy::{Outcome, admission, probe, queue, restart};
use crate::time::SimDuration;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// An instance that holds more than it can crashes.
    pub(super) fn on_overflow(&mut self, instance: InstanceId) {
        let server = &self.servers[instance];
        let most = self.model.services[server.service].lifecycle.crash_at;
        let is_full = most.is_some_and(|most| self.meters[instance].in_system >= most);
        if is_full && !matches!(server.stage, Stage::Down | Stage::Absent) {
            self.crash(instance);
            self.plan_restart(instance);
        } else if self.is_out_of_memory(instance) {
            self.crash_for_memory(instance);
        }
    }

    /// The process is gone, with everything on it.
    pub(super) fn crash(&mut self, instance: InstanceId) {
        if matches!(self.servers[instance].stage, Stage::Down | Stage::Absent) {
            return;
        }
        let now = self.now;
        let service_id = self.servers[instance].service;
        let service = &self.model.services[service_id];
        // While it lets go of what it waits for, nobody comes and nothing starts on it: others that it lets
        // go may be its own attempts.
        let server = &mut self.servers[instance];
        let is_leaving = server.is_leaving;
        let stage = if is_leaving { Stage::Absent } else { Stage::Down };
        (server.stage, server.accepts) = (stage, false);
        let stopped = std::mem::replace(&mut server.stopped, true);
        self.leave_everything(service_id, instance);
        let here = |(id, attempt): (Handle, &super::state::Attempt)| {
            let is_here = matches!(attempt.phase, Phase::Waiting | Phase::Serving);
            (is_here && attempt.instance == instance).then_some(AttemptId(id))
        };
        let lost: Vec<AttemptId> = self.attempts.iter_ids().filter_map(here).collect();
        let server = &mut self.servers[instance];
        server.line = queue::State::new(&service.queue);
        server.waiting = 0;
        server.held.clear();
        server.debt = SimDuration::ZERO;
        server.stopped = stopped;
        server.life += 1;
        self.sharing[instance].clear();
        if self.scales {
            self.burnt_all(instance);
        }
        let meter = &mut self.meters[instance];
        meter.advance(now);
        (meter.in_system, meter.busy) = (0, 0);
        self.all_went(instance);
        for id in lost {
            let attempt = self.attempts.get_mut(id.0).expect("it was there a moment ago");
            let ledger = &mut self.ledger.services[service_id];
            ledger.lost += 1;
            ledger.time_in_system += u128::from(now.since(attempt.entered).as_nanos());
            if attempt.phase == Phase::Serving {
                ledger.service_given += u128::from(now.since(attempt.started).as_nanos());
            }
            attempt.phase = Phase::Out;
            self.probe.observe(now, Observation::Lost { attempt: id, service: service_id });
            self.reply(id, Outcome::Reset);
        }
        self.close_door(instance);
        self.set_ready(instance, false);
        self.leave_address(instance);
        self.show_state(instance);
        self.break_connections(instance);
        self.break_lines(instance);
        if is_leaving {
            self.left(instance);
        }
    }

    /// What the process was waiting for, and what it knew of others, is gone with it.
    fn leave_everything(&mut self, service: ServiceId, instance: InstanceId) {
        let roots: Vec<TaskId> = self
            .tasks
            .iter_ids()
            .filter(|(_, task)| task.instance == instance && task.parent == NO_TASK)
            .map(|(id, _)| TaskId(id))
            .collect();
        for root in roots {
            // It is gone already if it served a call of one before it, which withdrew that.
            if self.tasks.get(root.0).is_some() {
                self.kill(root);
            }
        }
        self.abandon_pulls(instance);
        self.lose_caches(service, instance);
        let client = self.place_of(instance) as usize;
        for edge_id in self.model.edges.ids() {
            let edge = &self.model.edges[edge_id];
            if edge.caller == EdgeCaller::Service(service) {
                let instances = self.model.services[edge.to].instances;
                let fresh = chooser(edge, instances, client as u32, self.seed);
                let state = &mut self.callers[edge_id].clients[client];
                state.chooser = fresh;
                state.retry = crate::policy::retry::State::new(&edge.retry);
                self.tell_who_is_away(edge_id, client);
            }
            if let (EdgeCaller::Service(caller), Some(pool)) = (edge.caller, edge.pool)
                && caller == service
            {
                self.pools[pool][client] = PoolState::default();
            }
        }
    }

    /// A client that starts asks the orchestrator who is there.
    pub(super) fn tell_who_is_away(&mut self, edge_id: EdgeId, client: usize) {
        let edge = &self.model.edges[edge_id];
        if edge.discovers {
            return self.tell_view(edge_id, client);
        }
        let service = &self.model.services[edge.to];
        if !service.lifecycle.is_orchestrated() {
            return;
        }
        for (place, instance) in service.all_instances().enumerate() {
            if !self.servers[instance].ready {
                let chooser = &mut self.callers[edge_id].clients[client].chooser;
                chooser.set_ready(&edge.chooser, place as u32, false, self.now);
            }
        }
    }

    /// The orchestrator starts what has crashed again, after a wait.
    pub(super) fn plan_restart(&mut self, instance: InstanceId) {
        let server = &mut self.servers[instance];
        if server.stage != Stage::Down {
            return; // a scaler was removing it: it is gone
        }
        if let Some(restart) = &self.model.services[server.service].lifecycle.restart {
            let wait = server.restart.crashed(restart, self.now);
            self.plan_start(instance, wait);
        }
    }

    /// Its process starts after a wait, unless something else happens before.
    pub(super) fn plan_start(&mut self, instance: InstanceId, wait: SimDuration) {
        let life = self.servers[instance].life;
        let change = LifeChange::Start;
        self.schedule_timer(Lane::HEAP, self.now + wait, Event::Life { instance, life, change });
    }

    /// Stopped in good order: it finishes what it has, for so long, then it starts again.
    pub(super) fn terminate(&mut self, instance: InstanceId) {
        if self.servers[instance].stage != Stage::Up {
            return;
        }
        let lifecycle = &self.model.services[self.servers[instance].service].lifecycle;
        let is_replaced = self.is_replaced(instance);
        let server = &mut self.servers[instance];
        let grace = match &lifecycle.restart {
            Some(restart) => restart.grace,
            None if server.is_leaving || is_replaced => restart::Config::default().grace,
            None => SimDuration::ZERO,
        };
        server.stage = Stage::Draining;
        let (life, change) = (server.life, LifeChange::GraceOver);
        self.set_ready(instance, false);
        self.show_state(instance);
        self.schedule_timer(Lane::HEAP, self.now + grace, Event::Life { instance, life, change });
        self.wind_up_connections(instance, grace);
        self.drained(instance);
    }

    /// Whether an instance that is stopped has nothing left.
    pub(super) fn drained(&mut self, instance: InstanceId) {
        if self.servers[instance].stage == Stage::Draining && self.meters[instance].in_system == 0 {
            self.ready.push_back(super::state::Ready::Drained(instance));
        }
    }

    /// An instance that was stopped ends and starts again.
    pub(super) fn end_and_start(&mut self, instance: InstanceId) {
        if self.servers[instance].stage != Stage::Draining {
            return;
        }
        let is_leaving = self.servers[instance].is_leaving;
        let is_replaced = self.is_replaced(instance);
        self.crash(instance);
        if is_leaving {
            return;
        }
        let lifecycle = &self.model.services[self.servers[instance].service].lifecycle;
        match lifecycle.restart {
            Some(_) if !is_replaced => self.plan_restart(instance),
            _ => self.plan_start(instance, SimDuration::ZERO),
        }
    }

    /// Something is due in the life of an instance.
    pub(super) fn on_life(&mut self, instance: InstanceId, life: u32, change: LifeChange) {
        if self.servers[instance].life != life {
            return;
        }
        match change {
            LifeChange::Start => self.start_process(instance),
            LifeChange::Booted => self.booted(instance),
            LifeChange::Warm => {
                self.renew_condition(instance);
                self.show_state(instance);
            }
            LifeChange::GraceOver => self.end_and_start(instance),
        }
    }

    /// The process starts, unless a trigger keeps it down.
    pub(super) fn start_process(&mut self, instance: InstanceId) {
        let place = self.place_of(instance);
        let server = &mut self.servers[instance];
        if server.stage != Stage::Down || server.kept_down {
            return;
        }
        server.stage = Stage::Booting;
        server.life += 1;
        let life = server.life;
        let service = &self.model.services[server.service];
        let boots = service.lifecycle.boot_time.as_ref().map_or(SimDuration::ZERO, |boot_time| {
            let luck = Luck::of_client(self.seed, service.key, place).request(u64::from(life));
            boot_time.sample(&mut luck.draws(Purpose::BootTime))
        });
        self.show_state(instance);
        match boots == SimDuration::ZERO {
            true => self.booted(instance),
            false => {
                let change = LifeChange::Booted;
                self.schedule_timer(Lane::HEAP, self.now + boots, Event::Life { instance, life, change });
            }
        }
    }

    fn booted(&mut self, instance: InstanceId) {
        let now = self.now;
        let server = &mut self.servers[instance];
        let service = &self.model.services[server.service];
        let lifecycle = &service.lifecycle;
        (server.stage, server.accepts) = (Stage::Up, true);
        server.restart.started(now);
        server.admission = admission::State::new(&service.admission);
        server.admission.restart(&service.admission, now);
        server.readiness = probe::State::unwell();
        server.liveness = probe::State::well();
        let life = server.life;
        if let Some((_, duration)) = lifecycle.cold {
            server.cold_until = now + duration;
            let change = LifeChange::Warm;
            self.schedule_timer(Lane::HEAP, now + duration, Event::Life { instance, life, change });
        }
        self.learn_addresses(instance);
        self.admit_connects_anew(instance);
        self.renew_condition(instance);
        self.schedule_probes(instance);
        self.schedule_refreshes(instance);
        if lifecycle.readiness.is_none() {
            self.set_ready(instance, true);
        }
        self.show_state(instance);
    }

    /// Tells callers whether to use an instance, where somebody tells them.
    pub(super) fn set_ready(&mut self, instance: InstanceId, ready: bool) {
        let server = &mut self.servers[instance];
        if std::mem::replace(&mut server.ready, ready) == ready {
            return;
        }
        if self.scales {
            self.note_turn(instance);
        }
        self.note_ready(instance, ready);
        if self.model.services[self.servers[instance].service].lifecycle.is_orchestrated() {
            self.tell_callers(instance, ready);
        }
    }

    /// Callers learn whether to use an instance.
    pub(super) fn tell_callers(&mut self, instance: InstanceId, ready: bool) {
        let service = self.servers[instance].service;
        let place = self.place_of(instance);
        for (edge, state) in self.model.edges.iter().zip(self.callers.iter_mut()) {
            if edge.to == service && !edge.discovers {
                for client in &mut state.clients {
                    client.chooser.set_ready(&edge.chooser, place, ready, self.now);
                }
            }
        }
    }

    /// Tells the observer how an instance is.
    pub(super) fn show_state(&mut self, instance: InstanceId) {
        let server = &self.servers[instance];
        let has_readiness = self.model.services[server.service].lifecycle.is_orchestrated();
        let state = match server.stage {
            Stage::Down => InstanceState::Down,
            Stage::Booting => InstanceState::Booting,
            Stage::Draining => InstanceState::Draining,
            Stage::Absent => InstanceState::Absent,
            Stage::Up if server.hang_ratio > 0.0 => InstanceState::Hung,
            Stage::Up if has_readiness && !server.ready => InstanceState::NotReady,
            Stage::Up if self.now < server.cold_until => InstanceState::Warming,
            Stage::Up => InstanceState::Ready,
        };
        self.probe.observe(self.now, Observation::InstanceState { instance, state });
        self.look_after_copies(instance);
    }

    /// Tells the observer what a client believes now.
    pub(super) fn believed(&mut self, edge: EdgeId, client: u32, change: Change) {
        let instance = self.model.services[self.model.edges[edge].to].instance(change.instance);
        let belief = change.kind;
        self.probe.observe(self.now, Observation::Believed { edge, client, instance, belief });
    }
}
