//! How does a run go? One loop over one closed set of events, readable on one screen; each event is
//! handled in one place.

mod in_flight;
mod state;
mod arrivals;
mod caller;
mod pools;
mod guards;
mod bulkheads;
mod pipeline;
mod hedging;
mod network;
mod server;
mod sharing;
mod steps;
mod caches;
mod cancel;
mod connections;
mod lifecycle;
mod checks;
mod faults;
mod actions;
mod scaling;
mod ledger;
mod capacity;
mod repair;
mod gauges;
mod admission;
mod records;
mod piggyback;
mod doors;
mod refresh;
mod fallback;
mod leases;
mod follows;
mod links;
mod baggage;
mod effects;
mod sagas;
mod stuck;
mod messages;
mod transport;
mod identity;
mod intruders;
mod directory;
mod fleet;
mod discovery;
mod monitors;
mod wires;
mod shared_links;
mod slow_close;
mod changes;
mod staged;
mod marks;
mod versions;
mod locks;
mod dynamic;
mod run;
mod correlated;
mod pieces;
mod sizes;

use std::collections::{BTreeMap, VecDeque};

use crate::event::{Event, Packed};
use crate::event_list::{EventList, Lane};
use crate::ids::{CacheId, EdgeId, EndpointId, FaultId, IdVec, InstanceId, PoolId, SourceId, StepId};
use crate::metrics::gauges::Reading;
use crate::metrics::{Meter, Probe, Snapshot};
use crate::model::Model;
use crate::streams::{Seed, Stream};
use crate::time::SimTime;
use actions::{Actions, finish_lanes};
use caches::CacheState;
use capacity::Loads;
pub use changes::ChangesLedger;
pub(crate) use changes::start_fits;
use changes::{Changes, Shelf};
use connections::Connections;
use correlated::Chains;
use directory::Discovery;
pub use directory::DiscoveryLedger;
use doors::Doors;
pub use dynamic::run_dyn;
use effects::Operations;
pub use effects::{DivergenceLedger, EffectLedger, EffectsFound, OperationsLedger};
use follows::Follows;
pub use follows::FollowsLedger;
use identity::Quotas;
use in_flight::Table;
pub use intruders::IntruderLedger;
use intruders::Intruders;
pub use leases::LeaseLedger;
use leases::Leases;
pub use ledger::{CacheLedger, EdgeLedger, Ledger, RecordsLedger, ServiceLedger, WayLedger};
use links::Links;
pub use locks::LockLedger;
use locks::Locks;
pub use marks::{MAX_MARKS, Mark, MarkKind, Marks};
use monitors::Monitors;
pub use monitors::WatchLedger;
use pieces::Pieces;
use records::Records;
use refresh::Refreshes;
pub use run::{Run, StopReason, run};
pub use sagas::SagaLedger;
use sagas::Sagas;
use scaling::Scaling;
pub use shared_links::LinkLedger;
use shared_links::SharedLinks;
use sharing::Sharing;
pub use staged::StagedLedger;
use state::{
    Attempt, Call, CallerState, Child, Context, Errand, PoolState, Ready, Server, Session, SourceState, Task,
    Ticket,
};
use transport::Transport;
pub use transport::TransportLedger;
pub use versions::VersionLedger;
use versions::Versions;
pub use wires::WireLedger;
use wires::Wires;

/// A run under way: the model it runs and everything that changes.
///
/// `PLAIN` is [`Model::is_plain`], known when this is compiled: the loop for a single queue knows nothing
/// of networks, pools and contexts.
#[derive(Debug)]
struct Simulation<'m, P, const PLAIN: bool> {
    /// The model at present.
    model: &'m Model,
    /// The model at the start, which knows what operators will do.
    start: &'m Model,
    actions: Actions,
    now: SimTime,
    events: EventList,
    sources: IdVec<SourceId, SourceState>,
    calls: Table<Call>,
    attempts: Table<Attempt>,
    /// One per edge and client.
    callers: IdVec<EdgeId, CallerState>,
    /// One per pool and client.
    pools: IdVec<PoolId, Vec<PoolState>>,
    caches: IdVec<CacheId, CacheState>,
    /// By slot of the calls; empty where all calls are plain.
    contexts: Vec<Context>,
    /// By slot of the calls, those that are hedged.
    groups: Vec<hedging::Group>,
    /// By slot of the attempts; empty where all calls are plain.
    errands: Vec<Errand>,
    tasks: Table<Task>,
    /// Groups that have fallen back and are under way, by step and instance; only where that is bounded.
    fallbacks: BTreeMap<(StepId, InstanceId), u32>,
    sessions: Table<Session>,
    tickets: Table<Ticket>,
    /// What goes on at once, after the event under way.
    ready: VecDeque<Ready>,
    no_links: (Child, Child),
    /// Monkeys that are about, with what they draw from.
    monkeys: Vec<(FaultId, Stream)>,
    connections: Connections,
    servers: IdVec<InstanceId, Server>,
    sharing: IdVec<InstanceId, Sharing>,
    loads: Loads,
    /// Lanes of constant service times.
    finish_lanes: IdVec<EndpointId, Lane>,
    seed: Seed,
    meters: IdVec<InstanceId, Meter>,
    ledger: Ledger,
    probe: P,
    /// Whether instances come and go.
    scales: bool,
    scaling: Scaling,
    /// What gauges showed when they were read last.
    readings: Vec<Reading>,
    records: Records,
    doors: Doors,
    refreshes: Refreshes,
    leases: Leases,
    follows: Follows,
    links: Links,
    operations: Operations,
    sagas: Sagas,
    /// Whether there are edges on which anything can happen to messages.
    has_rough_edges: bool,
    transport: Transport,
    discovery: Discovery,
    quotas: Quotas,
    intruders: Intruders,
    monitors: Monitors,
    wires: Wires,
    shared_links: SharedLinks,
    /// When the last message of each shared connection arrives.
    streams: BTreeMap<messages::StreamKey, SimTime>,
    /// Connections that close late.
    closing: Table<slow_close::Closing>,
    changes: Changes<'m>,
    staged: staged::Staged<'m>,
    marks: Marks,
    versions: Versions,
    locks: Locks,
    chains: Chains,
    pieces: Pieces,
}

impl<'m, P: Probe, const PLAIN: bool> Simulation<'m, P, PLAIN> {
    fn new(model: &'m Model, seed: Seed, probe: P, shelf: &'m Shelf) -> Self {
        let mut events = EventList::new();
        let sources =
            model.sources.iter().map(|source| SourceState::new(source, seed, &mut events)).collect();
        let callers =
            model.edges.iter().map(|edge| CallerState::new(edge, model, seed, &mut events)).collect();
        let finish_lanes = finish_lanes(model, &mut events);
        let servers: IdVec<InstanceId, _> = model
            .services
            .iter_ids()
            .flat_map(|(id, service)| (0..service.instances).map(move |k| Server::new(id, service, k)))
            .collect();
        let pool = |clients: u32| (0..clients).map(|_| PoolState::default()).collect();
        let meters = servers.iter().map(|_| Meter::default()).collect();
        let ledger = Ledger::new(model);
        let (scaling, scales) = Scaling::new(model);
        Simulation {
            model,
            start: model,
            actions: Actions::new(model),
            now: SimTime::ZERO,
            events,
            sources,
            calls: Table::new(),
            attempts: Table::new(),
            callers,
            pools: model.pools.iter().map(|p| pool(p.clients)).collect(),
            caches: model.caches.iter().map(|cache| CacheState::new(cache, model, seed)).collect(),
            contexts: Vec::new(),
            groups: Vec::new(),
            errands: Vec::new(),
            tasks: Table::new(),
            fallbacks: BTreeMap::new(),
            sessions: Table::new(),
            tickets: Table::new(),
            ready: VecDeque::new(),
            no_links: (Child::None, Child::None),
            monkeys: Vec::new(),
            connections: Connections::new(model),
            sharing: servers.iter().map(|_| Sharing::default()).collect(),
            finish_lanes,
            loads: Loads::new(model),
            seed,
            servers,
            meters,
            ledger,
            probe,
            scales,
            scaling,
            readings: Vec::new(),
            records: Records::new(model),
            doors: Doors::new(model),
            refreshes: Refreshes::new(model),
            leases: Leases::new(model),
            follows: Follows::new(model),
            links: Links::new(model),
            operations: Operations::new(model),
            sagas: Sagas::new(model),
            shared_links: SharedLinks::new(model),
            streams: BTreeMap::new(),
            closing: Table::new(),
            has_rough_edges: model.edges.iter().any(|edge| edge.rough.is_some()),
            transport: Transport::new(model),
            discovery: Discovery::new(model),
            quotas: Quotas::new(),
            intruders: Intruders::new(model),
            monitors: Monitors::new(model),
            wires: Wires::new(model),
            changes: Changes::new(model, seed, shelf),
            staged: staged::Staged::new(model),
            marks: Marks::default(),
            versions: Versions::new(model),
            locks: Locks::new(model),
            chains: Chains::new(model),
            pieces: Pieces::new(model),
        }
    }

    fn run(mut self) -> Run<P> {
        self.begin_scaling();
        self.begin_discovery();
        self.schedule_faults();
        self.schedule_actions();
        self.schedule_first_changes();
        self.schedule_first_checks();
        self.schedule_first_arrivals();
        self.schedule_first_jobs();
        self.schedule_first_refreshes();
        self.schedule_first_scrapes();

        // The run covers [0, horizon): what happens at the horizon itself is not part of it.
        let last = SimTime::from_nanos(self.model.horizon.as_nanos() - 1);
        let bounds = self.start.bounds;
        let mut handled = 0;
        let mut next_sample = self.probe.next_sample();
        let stop = loop {
            let Some((now, packed)) = self.events.pop_until(last) else {
                // Timers beyond the horizon are not in the list: what waits for one is in flight.
                let left = self.events.len() + self.calls.len() + self.attempts.len();
                break if left > 0 { StopReason::Horizon } else { StopReason::Drained };
            };
            debug_assert!(self.now <= now, "time runs backwards");
            while next_sample <= now {
                next_sample = self.sample(next_sample);
            }
            self.now = now;
            self.probe.on_event(now, || packed.event());
            match packed.kind() {
                Packed::ARRIVAL => self.on_arrival(packed.source()),
                Packed::FINISH => self.on_finish(packed.attempt(), packed.number()),
                Packed::ATTEMPT_TIMEOUT => self.on_attempt_timeout(packed.attempt()),
                Packed::RETRY => self.on_retry(packed.call()),
                _ => self.on_rare(packed.event()),
            }
            while let Some(ready) = self.ready.pop_front() {
                self.on_ready(ready);
            }
            handled += 1;
            if handled >= bounds.events {
                break StopReason::EventLimit;
            }
            let mut in_flight = self.attempts.len().max(self.calls.len());
            if !PLAIN {
                in_flight = in_flight.max(self.tasks.len()).max(self.sessions.len());
            }
            if in_flight >= bounds.in_flight {
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
        Run { stop, events: handled, ledger: self.ledger, marks: self.marks, probe: self.probe }
    }

    /// Events that are few in the busiest models. Apart from the loop, which stays short.
    #[inline(never)]
    fn on_rare(&mut self, event: Event) {
        match event {
            Event::TotalTimeout { call } => self.on_total_timeout(call),
            Event::Fault { fault, begins } => self.on_fault(fault, begins),
            Event::Reach { attempt } => self.on_reach(attempt),
            Event::Deliver { attempt } => self.on_deliver(attempt),
            Event::Computed { task } => self.on_computed(task),
            Event::Shared { instance, plan } => self.on_shared(instance, plan),
            Event::PoolTimeout { call, number } => self.on_pool_timeout(call, number),
            Event::Cancel { attempt } => self.on_cancel(attempt),
            Event::Checkpoint { attempt } => self.on_checkpoint(attempt),
            Event::UserReturns { session } => self.on_user_returns(session),
            Event::Check { check, of, life } => self.on_check(check, of, life),
            Event::Interval { edge } => self.on_interval(edge),
            Event::Life { instance, life, change } => self.on_life(instance, life, change),
            Event::Strike { fault } => self.on_strike(fault),
            Event::Connect { workload, user } => self.on_connect(workload, user),
            Event::HangUp { workload, user, epoch } => self.on_hang_up(workload, user, epoch),
            Event::Background { instance, job, begins } => self.on_background(instance, job, begins),
            Event::Repair { service, plan } => self.on_repair(service, plan),
            Event::Scale { service } => self.on_scale(service),
            Event::Action { action, begins } => self.on_action(action, begins),
            Event::Look => self.on_look(),
            Event::EarlyClock { call, number } => self.on_early_clock(call, number),
            Event::LayerOpens { call, ticket } => self.on_layer_opens(call, ticket),
            Event::LayerPatience { call, ticket } => self.on_layer_patience(call, ticket),
            Event::Refresh { cache, instance, plan } => self.on_refresh(cache, instance, plan),
            Event::Hedge { call, plan } => self.on_hedge(call, plan),
            Event::Untie { attempt } => self.on_untie(attempt),
            Event::Change(what) => self.on_change(what),
            Event::Lock { workload, due, holder, turn } => self.on_lock(workload, due, holder, turn),
            Event::Discovery(what) => self.on_discovery(what),
            Event::CatchUp { instance } => self.on_catch_up(instance),
            Event::Resend { attempt, code } => self.on_resend(attempt, code),
            Event::Close { closing } => self.on_close(closing),
            Event::Renew { workload, lease } => self.on_renew(workload, lease),
            Event::Expire { workload, lease, term } => self.on_expire(workload, lease, term),
            Event::Transport { connection, due, plan } => self.on_transport(connection, due, plan),
            Event::Intrude { fault, service } => self.on_intrude(fault, service),
            Event::SagaAgain { run, plan } => self.on_saga_again(run, plan),
            Event::Scrape { monitor } => self.on_scrape(monitor),
            Event::Page { monitor, plan, fires } => self.on_page(monitor, plan, fires),
            Event::Silence { attempt } => self.on_silence(attempt),
            Event::Arrival { .. }
            | Event::Finish { .. }
            | Event::AttemptTimeout { .. }
            | Event::Retry { .. } => {
                unreachable!("the loop handles these itself")
            }
        }
    }

    /// What follows at once from the event under way.
    #[cold]
    #[inline(never)]
    fn on_ready(&mut self, ready: Ready) {
        match ready {
            Ready::Step(task, outcome) => self.step_ended(task, outcome),
            Ready::Granted(call) => self.on_granted(call),
            Ready::Entered(call) => self.on_entered(call),
            Ready::Overflow(instance) => self.on_overflow(instance),
            Ready::Drained(instance) => self.end_if_left(instance),
            Ready::Pace(instance) => self.on_pace(instance),
            Ready::Leaderless(cache, instance, key) => self.on_leaderless(cache, instance, key),
            Ready::Room(instance) => self.on_room(instance),
            Ready::Accepted(call) => self.on_accepted(call),
            Ready::Hedge(call, because) => self.hedge(call, because),
            Ready::Departs(attempt) => self.on_departs(attempt),
            Ready::Broken(call) => self.on_broken(call),
        }
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
        self.advance_gauges(moment);
        self.read_gauges(moment);
        let ledger = &self.ledger;
        let under_way = ledger.requests_created - ledger.requests_answered - ledger.requests_failed;
        let snapshot = Snapshot {
            meters: &self.meters,
            requests_in_flight: under_way as usize,
            capacity: self.loads.gauges(),
            gauges: &self.readings,
        };
        self.probe.sample(moment, snapshot);
        let next = self.probe.next_sample();
        assert!(next > moment, "an observer asks for the same moment for ever");
        next
    }
}
