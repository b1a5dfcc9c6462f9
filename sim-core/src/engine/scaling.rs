//! How many instances are there? Scalers read the instances of their service and look at what they read;
//! then instances come and go. Each service has as many places as it can ever have instances: one that
//! comes takes the first free place, one that goes keeps its place until it has finished what it has.

use std::collections::VecDeque;

use super::Simulation;
use super::state::{Server, Stage, Work};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{IdVec, InstanceId, ServiceId, TaskId};
use crate::metrics::{InstanceState, Observation, Probe};
use crate::model::Model;
use crate::model::service::Service;
use crate::policy::autoscaler::{self, Facts, MILLION, Metric, Pod};
use crate::time::{SimDuration, SimTime};

/// What an instance has done, as far as no meter shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Pieces of own work under way; what waits or hangs is none.
    pub(super) computing: u32,
    /// Most of them that make progress at full speed.
    most: u32,
    until: SimTime,
    /// Area under the pieces: processors times nanoseconds.
    area: u128,
    /// Attempts that reached it.
    pub(super) arrived: u64,
}

impl Load {
    fn advance(&mut self, now: SimTime) {
        let span = u128::from(now.since(self.until).as_nanos());
        self.area += u128::from(self.computing.min(self.most)) * span;
        self.until = now;
    }
}

/// The meters of an instance when it was last read.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    /// In which of its lives; `None` if it did not run.
    life: Option<u32>,
    cpu: u128,
    in_system: u128,
    busy: u128,
    arrived: u64,
}

/// The scaler of a service.
#[derive(Debug)]
pub(super) struct Scaler {
    policy: autoscaler::State,
    /// Instances asked for.
    wanted: u32,
    next_read: SimTime,
    next_look: SimTime,
    /// By place, when it was read; those that cannot be seen yet behind the one that can.
    readings: VecDeque<(SimTime, Vec<Option<u64>>)>,
    last: Vec<Last>,
    /// When each instance was started by the scaler; `None` for those from before the run.
    born: Vec<Option<SimTime>>,
    /// When each last became ready or ceased to be.
    turned: Vec<SimTime>,
    pods: Vec<Pod>,
}

impl Scaler {
    fn new(service: &Service) -> Option<Self> {
        if !service.is_scaled() {
            return None;
        }
        let config = &service.autoscaler;
        let places = service.instances as usize;
        let life = |place| (place < service.at_start as usize).then_some(0);
        Some(Scaler {
            policy: autoscaler::State::new(config),
            wanted: service.at_start,
            next_read: config.pipeline().map_or(SimTime::NEVER, |pipeline| SimTime::ZERO + pipeline.window),
            next_look: config.next_look(SimTime::ZERO).unwrap_or(SimTime::NEVER),
            readings: VecDeque::new(),
            last: (0..places).map(|place| Last { life: life(place), ..Last::default() }).collect(),
            born: vec![None; places],
            turned: vec![SimTime::ZERO; places],
            pods: Vec::new(),
        })
    }
}

/// The scalers and what they read; empty where no service has one.
#[derive(Debug, Default)]
pub(super) struct Scaling {
    scalers: IdVec<ServiceId, Option<Scaler>>,
    pub(super) loads: IdVec<InstanceId, Load>,
}

impl Scaling {
    /// The state at the start, and whether any service is scaled.
    pub(super) fn new(model: &Model) -> (Self, bool) {
        if !model.services.iter().any(Service::is_scaled) {
            return (Scaling::default(), false);
        }
        let load = |service: &Service| Load {
            computing: 0,
            most: if service.shares_workers { service.workers } else { u32::MAX },
            until: SimTime::ZERO,
            area: 0,
            arrived: 0,
        };
        let scaling = Scaling {
            scalers: model.services.iter().map(Scaler::new).collect(),
            loads: model.services.iter().flat_map(|s| (0..s.instances).map(move |_| load(s))).collect(),
        };
        (scaling, true)
    }

    /// How many instances the scaler of a service asks for.
    pub(super) fn wanted(&self, service: ServiceId) -> Option<u32> {
        let scaler = if self.scalers.is_empty() { &None } else { &self.scalers[service] };
        scaler.as_ref().map(|scaler| scaler.wanted)
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Callers learn who is not there yet, and scalers begin to look.
    pub(super) fn begin_scaling(&mut self) {
        if !self.scales {
            return;
        }
        for (id, service) in self.model.services.iter_ids() {
            for instance in service.all_instances().skip(service.at_start as usize) {
                self.tell_callers(instance, false);
                let state = InstanceState::Absent;
                self.probe.observe(self.now, Observation::InstanceState { instance, state });
            }
            self.plan_scaling(id);
        }
    }

    fn plan_scaling(&mut self, service: ServiceId) {
        if let Some(scaler) = &self.scaling.scalers[service] {
            let at = scaler.next_read.min(scaler.next_look);
            self.schedule_timer(Lane::HEAP, at, Event::Scale { service });
        }
    }

    /// A scaler reads, looks, or both; it sees what it reads at the same moment if nothing delays it.
    pub(super) fn on_scale(&mut self, service: ServiceId) {
        let now = self.now;
        let scaler = self.scaling.scalers[service].as_ref().expect("only what is scaled has a timer");
        let (reads, looks) = (scaler.next_read <= now, scaler.next_look <= now);
        if reads {
            self.read(service);
        }
        if looks {
            self.look(service);
        }
        self.plan_scaling(service);
    }

    /// What each instance did since it was last read, if it ran all the time.
    fn read(&mut self, id: ServiceId) {
        let now = self.now;
        let service = &self.model.services[id];
        let config = &service.autoscaler;
        let (Some(metric), Some(pipeline)) = (config.metric(), config.pipeline()) else { return };
        let Some(scaler) = &mut self.scaling.scalers[id] else { return };
        let mut reading = Vec::with_capacity(service.instances as usize);
        for (place, instance) in service.all_instances().enumerate() {
            let (server, meter) = (&self.servers[instance], &mut self.meters[instance]);
            let load = &mut self.scaling.loads[instance];
            meter.advance(now);
            load.advance(now);
            let runs = matches!(server.stage, Stage::Up | Stage::Draining);
            let next = Last {
                life: runs.then_some(server.life),
                cpu: load.area,
                in_system: meter.system_area,
                busy: meter.busy_area,
                arrived: load.arrived,
            };
            let last = std::mem::replace(&mut scaler.last[place], next);
            let is_whole = next.life.is_some() && last.life == next.life;
            reading.push(is_whole.then(|| value(metric, service.workers, pipeline.window, &last, &next)));
        }
        scaler.readings.push_back((now, reading));
        scaler.next_read = now + pipeline.window;
    }

    /// How many instances should there be?
    fn look(&mut self, id: ServiceId) {
        let now = self.now;
        let service = &self.model.services[id];
        let config = &service.autoscaler;
        let Some(scaler) = &mut self.scaling.scalers[id] else { return };
        scaler.next_look = config.next_look(now).unwrap_or(SimTime::NEVER);
        scaler.pods.clear();
        if let (Some(metric), Some(pipeline)) = (config.metric(), config.pipeline()) {
            while scaler.readings.get(1).is_some_and(|(at, _)| *at + pipeline.delay <= now) {
                scaler.readings.pop_front();
            }
            let seen = scaler.readings.front().filter(|(at, _)| *at + pipeline.delay <= now);
            for (place, instance) in service.all_instances().enumerate() {
                let server = &self.servers[instance];
                if server.stage == Stage::Absent || server.is_leaving {
                    continue;
                }
                let found = seen.and_then(|(at, reading)| Some((*at, reading[place]?)));
                let infant = |read: SimTime| {
                    let (Some(born), turned) = (scaler.born[place], scaler.turned[place]) else {
                        return false;
                    };
                    let infancy = config.infancy();
                    match now < born + infancy.cpu_initialization {
                        true => !server.ready || read < turned + pipeline.window,
                        false => !server.ready && turned < born + infancy.initial_readiness_delay,
                    }
                };
                scaler.pods.push(match (server.stage, found) {
                    (Stage::Booting, _) => Pod::Unready,
                    (_, None) => Pod::Missing,
                    (_, Some((read, _))) if metric.is_cpu() && infant(read) => Pod::Unready,
                    (_, Some((_, value))) => Pod::Reading(value),
                });
            }
        }
        let facts = Facts { now, current: scaler.wanted, pods: &scaler.pods };
        let desired = scaler.policy.desired(config, &facts);
        if desired != std::mem::replace(&mut scaler.wanted, desired) {
            self.settle(id);
        }
    }

    /// Instances come or go until there are as many as are asked for. Where all places are taken by those
    /// that still finish what they have, the rest comes when these are gone.
    fn settle(&mut self, id: ServiceId) {
        let service = &self.model.services[id];
        let Some(scaler) = &self.scaling.scalers[id] else { return };
        let wanted = scaler.wanted as usize;
        let stays = |server: &Server| server.stage != Stage::Absent && !server.is_leaving;
        let there = service.all_instances().filter(|instance| stays(&self.servers[*instance])).count();
        for _ in there..wanted {
            let mut free = service.all_instances().filter(|i| self.servers[*i].stage == Stage::Absent);
            let Some(instance) = free.next() else { break };
            self.appear(instance);
        }
        for _ in wanted..there {
            let scaler = self.scaling.scalers[id].as_ref().expect("it was there a moment ago");
            // First those that are not up, then those not ready, then the youngest.
            let rank = |instance: &InstanceId| {
                let server = &self.servers[*instance];
                let place = service.place(*instance);
                let health = if server.stage == Stage::Up { 1 - u8::from(server.ready) } else { 2 };
                (health, scaler.born[place as usize], place)
            };
            let staying = service.all_instances().filter(|instance| stays(&self.servers[*instance]));
            let Some(instance) = staying.max_by_key(rank) else { break };
            self.retire(instance);
        }
    }

    /// An operator wants so many instances.
    pub(super) fn scale_by_hand(&mut self, id: ServiceId, wanted: u32) {
        let scaler = self.scaling.scalers[id].as_mut().expect("places that come and go have a scaler");
        scaler.wanted = wanted;
        self.settle(id);
    }

    /// A new instance starts at a free place, unless a trigger keeps that down.
    fn appear(&mut self, instance: InstanceId) {
        let (now, place) = (self.now, self.place_of(instance) as usize);
        let server = &mut self.servers[instance];
        let (service, kept_down) = (server.service, server.kept_down);
        server.stage = Stage::Down;
        server.restart = crate::policy::restart::State::default();
        self.ledger.services[service].added += 1;
        if let Some(scaler) = &mut self.scaling.scalers[service] {
            (scaler.born[place], scaler.turned[place]) = (Some(now), now);
        }
        match kept_down {
            true => self.show_state(instance),
            false => self.start_process(instance),
        }
    }

    /// An instance goes: at once if it serves nobody, else when it has finished what it has, or its time for
    /// that is over.
    fn retire(&mut self, instance: InstanceId) {
        let server = &mut self.servers[instance];
        server.is_leaving = true;
        match server.stage {
            Stage::Up => self.terminate(instance),
            Stage::Booting => self.crash(instance),
            Stage::Draining => {}
            Stage::Down => {
                (server.stage, server.life) = (Stage::Absent, server.life + 1);
                self.show_state(instance);
                self.left(instance);
            }
            Stage::Absent => unreachable!("only what is there is retired"),
        }
    }

    /// An instance has gone: its place is free for one that waits for it.
    pub(super) fn left(&mut self, instance: InstanceId) {
        let server = &mut self.servers[instance];
        server.is_leaving = false;
        let service = server.service;
        self.ledger.services[service].removed += 1;
        self.settle(service);
    }

    /// An instance has become ready, or is no longer.
    pub(super) fn note_turn(&mut self, instance: InstanceId) {
        let (now, place) = (self.now, self.place_of(instance) as usize);
        if let Some(scaler) = &mut self.scaling.scalers[self.servers[instance].service] {
            scaler.turned[place] = now;
        }
    }

    /// A piece of own work begins to burn processor time.
    #[inline(never)]
    pub(super) fn burn(&mut self, instance: InstanceId) {
        let load = &mut self.scaling.loads[instance];
        load.advance(self.now);
        load.computing += 1;
    }

    /// So many pieces of own work have ended.
    #[inline(never)]
    pub(super) fn burnt(&mut self, instance: InstanceId, pieces: u32) {
        let load = &mut self.scaling.loads[instance];
        load.advance(self.now);
        load.computing -= pieces;
    }

    /// The own work of a group ends with it; what hangs burnt nothing.
    #[inline(never)]
    pub(super) fn group_burnt(&mut self, id: TaskId, instance: InstanceId, computing: u32) {
        if computing > 0 {
            self.burnt(instance, computing - self.held_pieces(instance, |work| work == Work::Step(id)));
        }
    }

    /// Pieces that hang on an instance.
    pub(super) fn held_pieces(&self, instance: InstanceId, which: impl Fn(Work) -> bool) -> u32 {
        self.servers[instance].held.iter().filter(|(work, _)| which(*work)).count() as u32
    }

    /// Nothing runs on an instance that is gone.
    pub(super) fn burnt_all(&mut self, instance: InstanceId) {
        let load = &mut self.scaling.loads[instance];
        load.advance(self.now);
        load.computing = 0;
    }
}

/// A reading in millionths of the metric's unit, rounded down.
fn value(metric: &Metric, workers: u32, window: SimDuration, last: &Last, next: &Last) -> u64 {
    let window = u128::from(window.as_nanos());
    let (million, second) = (u128::from(MILLION), 1_000_000_000);
    let in_system = next.in_system - last.in_system;
    let value = match metric {
        Metric::Cpu(cpu) => {
            let request = cpu.request.map_or(workers, crate::units::Count::get);
            (next.cpu - last.cpu) * million / (window * u128::from(request))
        }
        Metric::InFlight(_) => in_system * million / window,
        Metric::QueueLength(_) => in_system.saturating_sub(next.busy - last.busy) * million / window,
        Metric::Rate(_) => u128::from(next.arrived - last.arrived) * second * million / window,
    };
    u64::try_from(value).unwrap_or(u64::MAX)
}
