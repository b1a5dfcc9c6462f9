//! How does a run go? One loop over one closed set of events, readable on one screen; each event is
//! handled in one place.

mod in_flight;
mod state;
mod arrivals;
mod caller;
mod server;
mod faults;
mod ledger;

use crate::event::Event;
use crate::event_list::{EventList, Lane};
use crate::ids::{EdgeId, IdVec, InstanceId, ServiceId, SourceId};
use crate::metrics::{Meter, Probe, Snapshot};
use crate::model::Model;
use crate::streams::Seed;
use crate::time::SimTime;
use in_flight::Table;
pub use ledger::{EdgeLedger, Ledger, ServiceLedger};
use state::{Attempt, Call, CallerState, Server, ServiceState, SourceState};

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The horizon was reached.
    Horizon,
    /// Nothing was left to happen, before the horizon or after it.
    Drained,
    /// The bound on events was reached; results up to there are incomplete.
    EventLimit,
    /// The bound on attempts or on requests in flight was reached; results up to there are incomplete.
    InFlightLimit,
}

impl StopReason {
    /// Whether the run covers its whole horizon.
    pub fn is_complete(self) -> bool {
        match self {
            StopReason::Horizon | StopReason::Drained => true,
            StopReason::EventLimit | StopReason::InFlightLimit => false,
        }
    }
}

/// What a run leaves behind.
#[derive(Clone, Debug)]
pub struct Run<P> {
    /// Why it ended.
    pub stop: StopReason,
    /// Events handled.
    pub events: u64,
    /// What was counted; its laws have been checked.
    pub ledger: Ledger,
    /// The observer.
    pub probe: P,
}

/// Runs `model` once. The same model and seed give the same run, bit for bit, on every machine.
///
/// Panics if a conservation law is broken: that is a fault of the engine, never of the model.
pub fn run<P: Probe>(model: &Model, seed: Seed, probe: P) -> Run<P> {
    Simulation::new(model, seed, probe).run()
}

/// A run under way: the model it runs and everything that changes.
#[derive(Debug)]
struct Simulation<'m, P> {
    model: &'m Model,
    now: SimTime,
    events: EventList,
    sources: IdVec<SourceId, SourceState>,
    calls: Table<Call>,
    attempts: Table<Attempt>,
    /// One per edge and client.
    callers: IdVec<EdgeId, CallerState>,
    services: IdVec<ServiceId, ServiceState>,
    servers: IdVec<InstanceId, Server>,
    meters: IdVec<InstanceId, Meter>,
    ledger: Ledger,
    probe: P,
}

impl<'m, P: Probe> Simulation<'m, P> {
    fn new(model: &'m Model, seed: Seed, probe: P) -> Self {
        let mut events = EventList::new();
        let sources =
            model.sources.iter().map(|source| SourceState::new(source, seed, &mut events)).collect();
        let callers = model.edges.iter().map(|edge| CallerState::new(edge, &mut events)).collect();
        let services: IdVec<ServiceId, _> =
            model.services.iter().map(|service| ServiceState::new(service, &mut events)).collect();
        let servers: IdVec<InstanceId, _> = model
            .services
            .iter_ids()
            .flat_map(|(id, service)| (0..service.instances).map(move |_| Server::new(id)))
            .collect();
        let meters = servers.iter().map(|_| Meter::default()).collect();
        let ledger = Ledger::new(model);
        Simulation {
            model,
            now: SimTime::ZERO,
            events,
            sources,
            calls: Table::new(),
            attempts: Table::new(),
            callers,
            services,
            servers,
            meters,
            ledger,
            probe,
        }
    }

    fn run(mut self) -> Run<P> {
        self.schedule_faults();
        self.schedule_first_arrivals();

        // The run covers [0, horizon): what happens at the horizon itself is not part of it.
        let last = SimTime::from_nanos(self.model.horizon.as_nanos() - 1);
        let bounds = self.model.bounds;
        let mut handled = 0;
        let mut next_sample = self.probe.next_sample();
        let stop = loop {
            let Some((now, event)) = self.events.pop_until(last) else {
                // Timers beyond the horizon are not in the list: what waits for one is in flight.
                let left = self.events.len() + self.calls.len() + self.attempts.len();
                break if left > 0 { StopReason::Horizon } else { StopReason::Drained };
            };
            debug_assert!(self.now <= now, "time runs backwards");
            while next_sample <= now {
                next_sample = self.sample(next_sample);
            }
            self.now = now;
            self.probe.on_event(now, &event);
            match event {
                Event::Arrival { source } => self.on_arrival(source),
                Event::Finish { attempt, call_slot } => self.on_finish(attempt, call_slot),
                Event::AttemptTimeout { attempt } => self.on_attempt_timeout(attempt),
                Event::TotalTimeout { call } => self.on_total_timeout(call),
                Event::Retry { call } => self.on_retry(call),
                Event::Fault { fault, begins } => self.on_fault(fault, begins),
            }
            handled += 1;
            if handled >= bounds.events {
                break StopReason::EventLimit;
            }
            if self.attempts.len().max(self.calls.len()) >= bounds.in_flight {
                break StopReason::InFlightLimit;
            }
        };

        if stop.is_complete() {
            while next_sample <= self.model.horizon {
                next_sample = self.sample(next_sample);
            }
            self.now = self.model.horizon;
        }
        self.probe.end();
        self.close_ledger();
        Run { stop, events: handled, ledger: self.ledger, probe: self.probe }
    }

    /// Schedules what a caller does when it has waited. Beyond the horizon it can never happen, and hours of
    /// patience would fill the memory of a short run.
    #[inline(always)]
    fn schedule_timer(&mut self, lane: Lane, at: SimTime, event: Event) {
        if at < self.model.horizon {
            self.events.schedule_in(lane, at, event);
        }
    }

    /// Shows the state at `moment` to the observer and gives the next moment it asks for.
    #[cold]
    #[inline(never)]
    fn sample(&mut self, moment: SimTime) -> SimTime {
        for meter in self.meters.iter_mut() {
            meter.advance(moment);
        }
        let snapshot = Snapshot { meters: &self.meters, requests_in_flight: self.calls.len() };
        self.probe.sample(moment, snapshot);
        let next = self.probe.next_sample();
        assert!(next > moment, "an observer asks for the same moment for ever");
        next
    }
}
