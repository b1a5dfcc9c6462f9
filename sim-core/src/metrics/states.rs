//! How were the instances? Their states over the run, for swim-lanes, and how many were ready.

use super::series::ServiceSeries;
use crate::ids::{EdgeId, Id, IdVec, InstanceId, ServiceId};
use crate::model::Model;
use crate::policy::targets::ChangeKind;
use crate::time::SimTime;

/// What can be said of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It serves, and callers are told of it.
    Ready,
    /// It serves, but callers are not told of it.
    NotReady,
    /// It serves, slower than it will.
    Warming,
    /// It starts.
    Booting,
    /// It finishes what it has.
    Draining,
    /// It is gone.
    Down,
    /// It accepts attempts, but some or all hang.
    Hung,
    /// There is none at its place: it is not paid for.
    Absent,
}

impl InstanceState {
    /// The word that tables and lanes use for it.
    pub const fn word(self) -> &'static str {
        match self {
            InstanceState::Ready => "ready",
            InstanceState::NotReady => "not ready",
            InstanceState::Warming => "warming",
            InstanceState::Booting => "booting",
            InstanceState::Draining => "draining",
            InstanceState::Down => "down",
            InstanceState::Hung => "hung",
            InstanceState::Absent => "absent",
        }
    }
}

/// Most changes that are kept of a run; later ones are counted only.
pub const MAX_CHANGES: usize = 20_000;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The instance itself.
    State(InstanceState),
    /// What a client of an edge believes of it.
    Belief(EdgeId, u32, ChangeKind),
}

/// A change at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: SimTime,
    /// Of which instance.
    pub instance: InstanceId,
    /// What.
    pub change: Change,
}

/// The states of all instances over a run. At the start all are ready, until the engine says that some are
/// not there.
#[derive(Clone, Debug)]
pub struct States {
    /// The changes in order of time, at most [`MAX_CHANGES`].
    pub changes: Vec<Moment>,
    /// Changes that did not fit.
    pub left_out: u64,
    service_of: IdVec<InstanceId, ServiceId>,
    now: IdVec<InstanceId, InstanceState>,
    services: IdVec<ServiceId, Ready>,
}

/// How many instances of a service are ready: the area under the curve in this window.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    count: u32,
    area: f64,
    until: SimTime,
    crashes: u32,
    /// Instances that there are, whatever their state.
    there: u32,
    there_area: f64,
}

impl Ready {
    fn advance(&mut self, now: SimTime) {
        let span = now.since(self.until).as_nanos_f64();
        self.area += f64::from(self.count) * span;
        self.there_area += f64::from(self.there) * span;
        self.until = now;
    }
}

fn serves(state: InstanceState) -> bool {
    matches!(state, InstanceState::Ready | InstanceState::Warming)
}

impl States {
    pub(super) fn new(model: &Model) -> Self {
        let service_of: IdVec<InstanceId, ServiceId> = model
            .services
            .iter_ids()
            .flat_map(|(id, service)| service.all_instances().map(move |_| id))
            .collect();
        States {
            changes: Vec::new(),
            left_out: 0,
            now: service_of.iter().map(|_| InstanceState::Ready).collect(),
            service_of,
            services: model
                .services
                .iter()
                .map(|service| Ready {
                    count: service.instances,
                    there: service.instances,
                    ..Ready::default()
                })
                .collect(),
        }
    }

    fn keep(&mut self, moment: Moment) {
        match self.changes.len() < MAX_CHANGES {
            true => self.changes.push(moment),
            false => self.left_out += 1,
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn changed(&mut self, at: SimTime, instance: InstanceId, state: InstanceState) {
        let before = std::mem::replace(&mut self.now[instance], state);
        if before == state {
            return;
        }
        let ready = &mut self.services[self.service_of[instance]];
        ready.advance(at);
        ready.count = ready.count + u32::from(serves(state)) - u32::from(serves(before));
        let (is_there, was_there) = (state != InstanceState::Absent, before != InstanceState::Absent);
        ready.there = ready.there + u32::from(is_there) - u32::from(was_there);
        ready.crashes += u32::from(state == InstanceState::Down && was_there);
        self.keep(Moment { at, instance, change: Change::State(state) });
    }

    #[cold]
    #[inline(never)]
    pub(super) fn believed(
        &mut self,
        at: SimTime,
        edge: EdgeId,
        client: u32,
        instance: InstanceId,
        belief: ChangeKind,
    ) {
        self.keep(Moment { at, instance, change: Change::Belief(edge, client, belief) });
    }

    /// A window of `length` nanoseconds ends.
    pub(super) fn close_window(
        &mut self,
        now: SimTime,
        length: f64,
        series: &mut IdVec<ServiceId, ServiceSeries>,
    ) {
        for (ready, service) in self.services.iter_mut().zip(series.iter_mut()) {
            ready.advance(now);
            if let Some(window) = service.windows.last_mut() {
                window.ready_instances = ready.area / length;
                window.crashes = ready.crashes;
                window.instances = ready.there_area / length;
            }
            (ready.area, ready.there_area, ready.crashes) = (0.0, 0.0, 0);
        }
    }

    /// The service that an instance belongs to, and its place there.
    pub fn place(&self, model: &Model, instance: InstanceId) -> (ServiceId, u32) {
        let service = self.service_of[instance];
        (service, (instance.index() - model.services[service].first_instance.index()) as u32)
    }
}
