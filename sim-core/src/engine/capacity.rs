//! How fast is an instance now? Its crowd, its memory, its housekeeping and its copying, put together whenever
//! one of them has changed; the clock of its work then goes at that speed (`sharing.rs`).

use super::Simulation;
use super::state::{NO_ATTEMPT, Ready, Stage, Work};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, IdVec, InstanceId, ServiceId, WorkloadId};
use crate::luck::Purpose;
use crate::metrics::{CapacityGauge, Probe};
use crate::model::Model;
use crate::model::capacity::Capacity;
use crate::model::fault::Effect;
use crate::policy::{Outcome, repair};
use crate::streams::{Stream, StreamPurpose};
use crate::time::{SimDuration, SimTime};

/// Before a process is started again that found no memory at its start: an orchestrator looks once a second.
const SHORTEST_WAIT: SimDuration = SimDuration::from_secs(1);

/// What the speed of one instance depends on, beside its number of attempts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// Jobs under way, one bit each.
    pub(super) jobs: u32,
    /// Share that copying takes.
    pub(super) repair: f64,
    /// Bytes of the attempts on it.
    pub(super) bytes: u64,
    /// Bytes that triggers take.
    pub(super) stress: u64,
    /// Whether its speed is to be put together anew after the event under way.
    is_marked: bool,
    /// Until when the areas are added up, at these levels.
    until: SimTime,
    memory_share: f64,
    repair_share: f64,
    memory_area: f64,
    repair_area: f64,
}

/// What one attempt weighs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    /// How many times as large it is as others.
    pub(super) payload: f64,
    /// Memory that it holds.
    pub(super) bytes: u64,
}

impl Weight {
    const USUAL: Weight = Weight { payload: 1.0, bytes: 0 };
}

/// What the speeds of all instances depend on.
#[derive(Debug)]
pub(super) struct Loads {
    pub(super) instances: IdVec<InstanceId, Load>,
    pub(super) repairs: IdVec<ServiceId, Option<repair::State>>,
    /// Counts plans: an event of an earlier one is stale.
    pub(super) repair_plans: IdVec<ServiceId, u32>,
    /// By slot of the attempts; empty where nobody is weighed.
    weights: Vec<Weight>,
    /// Whether attempts are weighed at all.
    pub(super) weighs: bool,
    /// How large requests are at each service, and of each workload, at present.
    at_service: IdVec<ServiceId, f64>,
    of_workload: IdVec<WorkloadId, f64>,
    /// For observers; empty where all speeds are constant.
    gauges: Vec<CapacityGauge>,
}

impl Loads {
    pub(super) fn new(model: &Model) -> Self {
        let instances: u32 = model.services.iter().map(|service| service.instances).sum();
        let is_variable =
            model.services.iter().any(|service| service.pace.is_some()) || super::doors::exist(model);
        let has_memory = model.services.iter().any(|service| service.memory().is_some());
        let grows = model.faults.iter().any(|fault| matches!(fault.effect, Effect::Payload { .. }));
        let repair = |service: &crate::model::service::Service| {
            service.repair().map(|_| repair::State::new(service.instances))
        };
        Loads {
            instances: (0..instances).map(|_| Load::default()).collect(),
            repairs: model.services.iter().map(repair).collect(),
            repair_plans: model.services.iter().map(|_| 0).collect(),
            weights: Vec::new(),
            weighs: has_memory || grows,
            at_service: model.services.iter().map(|_| 1.0).collect(),
            of_workload: model.workloads.iter().map(|_| 1.0).collect(),
            gauges: vec![CapacityGauge::default(); if is_variable { model.services.len() } else { 0 }],
        }
    }

    /// What observers see.
    pub(super) fn gauges(&self) -> &[CapacityGauge] {
        &self.gauges
    }

    /// How many times as large the messages of a workload to a service are at present.
    pub(super) fn growth(&self, service: ServiceId, workload: Option<WorkloadId>) -> f64 {
        self.at_service[service] * workload.map_or(1.0, |workload| self.of_workload[workload])
    }

    /// What an attempt weighs.
    pub(super) fn weight(&self, id: AttemptId) -> Weight {
        self.weights.get(id.0.slot as usize).copied().unwrap_or(Weight::USUAL)
    }
}

impl Load {
    fn advance(&mut self, now: SimTime) {
        let span = now.since(self.until).as_nanos_f64();
        self.memory_area += self.memory_share * span;
        self.repair_area += self.repair_share * span;
        self.until = now;
    }

    /// Bytes in use while the process runs.
    fn live(&self, base: u64) -> u64 {
        base + self.stress + self.bytes
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The first jobs of a run. Each instance has a moment of its own in the period.
    pub(super) fn schedule_first_jobs(&mut self) {
        for service in self.model.services.iter() {
            let Some(capacity) = &service.pace else { continue };
            for (k, job) in capacity.background.iter().enumerate() {
                let mut stream = Stream::new(self.seed, StreamPurpose::Background, job.key);
                for instance in service.all_instances() {
                    let at = SimTime::ZERO + job.every.mul_f64(stream.unit());
                    let event = Event::Background { instance, job: k as u32, begins: true };
                    self.schedule_timer(Lane::HEAP, at, event);
                }
            }
        }
        for instance in self.model.services.iter().flat_map(crate::model::service::Service::all_instances) {
            self.changed(instance);
        }
    }

    /// A job begins or ends.
    pub(super) fn on_background(&mut self, instance: InstanceId, job: u32, begins: bool) {
        let service = &self.model.services[self.servers[instance].service];
        let capacity = service.pace.as_ref().expect("only services with jobs have their events");
        let config = &capacity.background[job as usize];
        let (wait, load) = (|span: SimDuration| self.now + span, &mut self.loads.instances[instance]);
        let at = match begins {
            true => {
                load.jobs |= 1 << job;
                wait(config.length)
            }
            false => {
                load.jobs &= !(1 << job);
                wait(config.every - config.length)
            }
        };
        self.changed(instance);
        self.schedule_timer(Lane::HEAP, at, Event::Background { instance, job, begins: !begins });
    }

    /// How large the requests are that come from now on.
    pub(super) fn renew_payloads(&mut self) {
        self.loads.at_service.iter_mut().for_each(|factor| *factor = 1.0);
        self.loads.of_workload.iter_mut().for_each(|factor| *factor = 1.0);
        for fault in self.model.faults_on(self.now) {
            if let Effect::Payload { service, workload, factor } = fault.effect {
                if let Some(service) = service {
                    self.loads.at_service[service] *= factor;
                }
                if let Some(workload) = workload {
                    self.loads.of_workload[workload] *= factor;
                }
            }
        }
    }

    /// An attempt that reaches its instance is weighed: what it weighs then it weighs until it leaves.
    #[inline(never)]
    pub(super) fn weigh(&mut self, id: AttemptId) {
        let attempt = self.attempts.get(id.0).expect("an attempt that comes is under way");
        let (edge, instance) = (&self.model.edges[attempt.edge], attempt.instance);
        let service = self.servers[instance].service;
        let mut payload = self.loads.at_service[service];
        if !edge.caller.is_nobodys() {
            payload *= self.loads.of_workload[self.errands[id.0.slot as usize].workload];
        }
        let memory = self.model.services[service].memory();
        let bytes = memory.map_or(0, |memory| (memory.per_request.bytes() as f64 * payload + 0.5) as u64);
        let slot = id.0.slot as usize;
        if slot >= self.loads.weights.len() {
            self.loads.weights.resize(slot + 1, Weight::USUAL);
        }
        self.loads.weights[slot] = Weight { payload, bytes };
    }

    /// An attempt is in the system of the instance now.
    #[inline]
    pub(super) fn came(&mut self, id: AttemptId, instance: InstanceId) {
        if !PLAIN && self.loads.weighs {
            self.weigh(id);
        }
        if PLAIN || self.model.services[self.servers[instance].service].pace.is_none() {
            return;
        }
        let bytes = self.loads.weight(id).bytes;
        self.loads.instances[instance].bytes += bytes;
        self.ledger.services[self.servers[instance].service].memory_taken += u128::from(bytes);
        self.changed(instance);
    }

    /// An attempt is in the system of the instance no more.
    #[inline]
    pub(super) fn went(&mut self, id: AttemptId, instance: InstanceId) {
        if PLAIN || self.model.services[self.servers[instance].service].pace.is_none() {
            return;
        }
        let bytes = self.loads.weight(id).bytes;
        self.loads.instances[instance].bytes -= bytes;
        self.ledger.services[self.servers[instance].service].memory_given_back += u128::from(bytes);
        self.changed(instance);
    }

    /// The process is gone, and all its memory with it.
    pub(super) fn all_went(&mut self, instance: InstanceId) {
        let bytes = std::mem::take(&mut self.loads.instances[instance].bytes);
        self.ledger.services[self.servers[instance].service].memory_given_back += u128::from(bytes);
        self.changed(instance);
    }

    /// Something that the speed of an instance depends on has changed: it is put together anew when the event
    /// under way is over. No time passes until then.
    #[inline]
    pub(super) fn changed(&mut self, instance: InstanceId) {
        if PLAIN || self.model.services[self.servers[instance].service].pace.is_none() {
            return;
        }
        let load = &mut self.loads.instances[instance];
        if !std::mem::replace(&mut load.is_marked, true) {
            self.ready.push_back(Ready::Pace(instance));
        }
    }

    /// The event is over: levels, memory and speed of an instance are looked at.
    pub(super) fn on_pace(&mut self, instance: InstanceId) {
        let server = &self.servers[instance];
        let service = &self.model.services[server.service];
        let runs = matches!(server.stage, Stage::Up | Stage::Draining);
        let load = &mut self.loads.instances[instance];
        load.is_marked = false;
        load.advance(self.now);
        load.repair_share = load.repair;
        if let Some(memory) = service.memory() {
            let live = if runs { load.live(memory.base.bytes()) } else { 0 };
            load.memory_share = memory.share(live);
            if live >= memory.heap.bytes() {
                self.ready.push_back(Ready::Overflow(instance));
            }
        }
        self.renew_pace(instance);
    }

    /// Whether an instance that runs needs more memory than there is.
    pub(super) fn is_out_of_memory(&self, instance: InstanceId) -> bool {
        let memory = self.model.services[self.servers[instance].service].memory();
        let live = |base| self.loads.instances[instance].live(base);
        memory.is_some_and(|memory| live(memory.base.bytes()) >= memory.heap.bytes())
    }

    /// How fast each piece of work on an instance goes that has not to share; 1 is the speed alone.
    pub(super) fn speed(&self, instance: InstanceId, capacity: &Capacity) -> f64 {
        let (load, meter) = (&self.loads.instances[instance], &self.meters[instance]);
        let jobs = capacity.background.iter().enumerate().filter(|(k, _)| load.jobs >> k & 1 == 1);
        let taken = jobs.map(|(_, job)| job.cpu_share).sum::<f64>() + load.repair;
        let mut speed = (1.0 - taken).max(0.0) * capacity.degradation.speed(meter.busy, meter.in_system);
        if let Some(memory) = &capacity.memory {
            speed /= memory.factor(load.live(memory.base.bytes()));
        }
        speed
    }

    /// Adds up what observers see.
    pub(super) fn advance_gauges(&mut self, moment: SimTime) {
        let (loads, doors) = (&mut self.loads, &mut self.doors);
        for (gauge, (id, service)) in loads.gauges.iter_mut().zip(self.model.services.iter_ids()) {
            let (outside_area, held_up_area) = doors.areas(id, moment);
            *gauge = CapacityGauge { outside_area, held_up_area, ..CapacityGauge::default() };
            if service.pace.is_none() {
                continue;
            }
            for instance in service.all_instances() {
                let load = &mut loads.instances[instance];
                load.advance(moment);
                gauge.memory_area += load.memory_area;
                gauge.repair_area += load.repair_area;
            }
            if let (Some(state), Some(config)) = (&loads.repairs[id], service.repair()) {
                // A copy: whole bytes are rounded at each reading, and who looks on must not move the run.
                let mut state = state.clone();
                state.advance(config, moment);
                gauge.short_area = state.short_area();
            }
        }
    }

    /// Bytes that attempts hold at the end, and copies that are missing, for the ledger.
    pub(super) fn close_loads(&mut self) {
        for (id, service) in self.model.services.iter_ids() {
            let ledger = &mut self.ledger.services[id];
            let held =
                service.all_instances().map(|instance| u128::from(self.loads.instances[instance].bytes));
            ledger.memory_held = held.sum();
            if let Some(state) = &self.loads.repairs[id] {
                ledger.repair_due = state.due;
                ledger.repair_ended = state.copied + state.spared;
                ledger.repair_left = state.left();
            }
        }
    }

    /// How many times as long a piece of work takes because its request is large. Nobody's work is as usual.
    #[inline(never)]
    pub(super) fn payload(&self, work: Work) -> f64 {
        let attempt = match work {
            Work::Attempt(attempt, _) => attempt,
            Work::Step(task) => self.tasks.get(task.0).map_or(NO_ATTEMPT, |task| task.attempt),
        };
        match self.attempts.get(attempt.0) {
            Some(_) => self.loads.weight(attempt).payload,
            None => 1.0,
        }
    }

    /// Whether an attempt that is done fails and has more work to do for that. Then it goes on, and ends as the
    /// failure that it is, whatever becomes of its instance's condition meanwhile.
    #[inline(never)]
    pub(super) fn takes_error_path(&mut self, id: AttemptId, call_slot: u32, outcome: Outcome) -> bool {
        let attempt = self.attempts.get_mut(id.0).expect("an attempt in service is under way");
        let server = &self.servers[attempt.instance];
        let cost = self.model.services[server.service].error_cost;
        if cost == SimDuration::ZERO || !attempt.outcome.is_ok() {
            return false;
        }
        let drawn = || attempt.luck.draws(Purpose::Error).unit() < server.error_ratio;
        if outcome.is_ok() && !(server.error_ratio > 0.0 && drawn()) {
            return false;
        }
        attempt.outcome = if outcome == Outcome::Conflict { outcome } else { Outcome::ServerError };
        let (instance, luck) = (attempt.instance, attempt.luck);
        self.schedule_work(instance, Work::Attempt(id, call_slot), cost, luck, Lane::HEAP);
        true
    }

    /// No memory is left: the process is killed. Where it dies at its very start it is tried again, but not all
    /// the time.
    pub(super) fn crash_for_memory(&mut self, instance: InstanceId) {
        let server = &self.servers[instance];
        if !matches!(server.stage, Stage::Up | Stage::Draining) {
            return;
        }
        let was_idle = self.meters[instance].in_system == 0;
        self.crash(instance);
        let server = &mut self.servers[instance];
        if let Some(restart) = &self.model.services[server.service].lifecycle.restart {
            let wait = server.restart.crashed(restart, self.now);
            self.plan_start(instance, if was_idle { wait.max(SHORTEST_WAIT) } else { wait });
        }
    }
}
