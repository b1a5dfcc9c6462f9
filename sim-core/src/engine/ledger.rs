//! Is everything accounted for? What the engine counts, and the conservation laws that hold exactly at
//! the end of every run, whatever was simulated.

mod edges;
mod services;
mod ways;

use super::Simulation;
use super::bulkheads::Bulkhead;
pub use super::caches::CacheLedger;
use super::changes::ChangesLedger;
use super::directory::DiscoveryLedger;
use super::effects::{DivergenceLedger, EffectLedger, OperationsLedger};
use super::follows::FollowsLedger;
use super::guards::Seat;
use super::intruders::IntruderLedger;
use super::leases::LeaseLedger;
use super::locks::LockLedger;
use super::monitors::WatchLedger;
pub use super::records::RecordsLedger;
use super::sagas::SagaLedger;
use super::shared_links::LinkLedger;
use super::state::{Phase, Stage, Work};
use super::transport::TransportLedger;
use super::versions::VersionLedger;
use super::wires::WireLedger;
use crate::ids::{
    AttemptId, CacheId, EdgeId, EffectId, IdVec, LinkId, RecordsId, SagaId, ServiceId, WorkloadId,
};
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::model::endpoint::Program;
use crate::model::pipeline::Layer;
pub use edges::EdgeLedger;
pub use services::ServiceLedger;
pub use ways::WayLedger;

/// What a run has counted.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Requests that arrived.
    pub requests_created: u64,
    /// Requests that got their answer.
    pub requests_answered: u64,
    /// Requests that failed for good.
    pub requests_failed: u64,
    /// Requests still under way at the end.
    pub requests_in_flight: u64,
    /// Users who have a connection at the end.
    pub connected_users: u64,
    /// Steps that have fallen back and are under way at the end, where that is bounded, as counted.
    pub fallbacks: u64,
    /// The same, as found.
    pub fallbacks_found: u64,
    /// Per service.
    pub services: IdVec<ServiceId, ServiceLedger>,
    /// Per edge.
    pub edges: IdVec<EdgeId, EdgeLedger>,
    /// Per cache.
    pub caches: IdVec<CacheId, CacheLedger>,
    /// Per kind of records.
    pub records: IdVec<RecordsId, RecordsLedger>,
    /// Per workload, its leases.
    pub leases: IdVec<WorkloadId, LeaseLedger>,
    /// Per service, what its replicas have and lack.
    pub follows: IdVec<ServiceId, FollowsLedger>,
    /// Per service, its addresses and who asked for them.
    pub discovery: IdVec<ServiceId, DiscoveryLedger>,
    /// What owners changed, and what came of it.
    pub changes: ChangesLedger,
    /// Connections over links at the end: opened, free, taken.
    pub links: [u64; 3],
    /// Per edge, its connections.
    pub transport: IdVec<EdgeId, TransportLedger>,
    /// Per service, what intruders have asked of it.
    pub intruders: IdVec<ServiceId, IntruderLedger>,
    /// Per effect.
    pub effects: IdVec<EffectId, EffectLedger>,
    /// What users were told of their operations.
    pub operations: OperationsLedger,
    /// Per kind of saga.
    pub sagas: IdVec<SagaId, SagaLedger>,
    /// What monitors saw.
    pub watch: WatchLedger,
    /// What messages have weighed and cost.
    pub wires: WireLedger,
    /// Per link that edges share, each way.
    pub shared_links: IdVec<LinkId, [LinkLedger; 2]>,
    /// Per workload, who held its lock.
    pub locks: IdVec<WorkloadId, LockLedger>,
    /// Per service, what it could read.
    pub versions: IdVec<ServiceId, VersionLedger>,
    /// Per workload, what is half done and what nobody will end.
    pub divergence: IdVec<WorkloadId, DivergenceLedger>,
}

impl Ledger {
    pub(super) fn new(model: &Model) -> Self {
        Ledger {
            requests_created: 0,
            requests_answered: 0,
            requests_failed: 0,
            requests_in_flight: 0,
            connected_users: 0,
            fallbacks: 0,
            fallbacks_found: 0,
            services: model
                .services
                .iter()
                .map(|s| ServiceLedger { at_start: u64::from(s.at_start), ..ServiceLedger::default() })
                .collect(),
            edges: model.edges.iter().map(|_| EdgeLedger::default()).collect(),
            caches: model.caches.iter().map(|_| CacheLedger::default()).collect(),
            records: model.records.iter().map(|_| RecordsLedger::default()).collect(),
            leases: model.workloads.iter().map(|_| LeaseLedger::default()).collect(),
            follows: model.services.iter().map(|_| FollowsLedger::default()).collect(),
            changes: ChangesLedger::default(),
            discovery: model.services.iter().map(|_| DiscoveryLedger::default()).collect(),
            links: [0; 3],
            transport: model.edges.iter().map(|_| TransportLedger::default()).collect(),
            intruders: model.services.iter().map(|_| IntruderLedger::default()).collect(),
            effects: model.effects.iter().map(|_| EffectLedger::default()).collect(),
            operations: OperationsLedger::default(),
            sagas: model.sagas.iter().map(|_| SagaLedger::default()).collect(),
            watch: WatchLedger::default(),
            wires: WireLedger::new(model),
            shared_links: model.links.iter().map(|_| <[LinkLedger; 2]>::default()).collect(),
            locks: model.workloads.iter().map(|_| LockLedger::default()).collect(),
            versions: model.services.iter().map(|_| VersionLedger::default()).collect(),
            divergence: model.workloads.iter().map(|_| DivergenceLedger::default()).collect(),
        }
    }

    /// The laws that do not hold, as sentences with both sides; empty unless the engine is wrong.
    pub fn broken_laws(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut law = |holds: bool, sentence: &dyn Fn() -> String| {
            if !holds {
                broken.push(sentence());
            }
        };
        let ended = self.requests_answered + self.requests_failed + self.requests_in_flight;
        law(self.requests_created == ended, &|| {
            format!("requests: created {} = answered + failed + in flight {ended}", self.requests_created)
        });
        self.services.iter_ids().for_each(|(id, service)| service.laws(id, &mut law));
        let open: u64 = self.services.iter().map(|s| s.connections_open).sum();
        law(open == self.connected_users, &|| {
            format!("connections open {open} = users with a connection {}", self.connected_users)
        });
        self.edges.iter_ids().for_each(|(id, edge)| edge.laws(id, &mut law));
        self.caches.iter_ids().for_each(|(id, cache)| cache.laws(id, &mut law));
        self.records.iter_ids().for_each(|(id, records)| records.laws(id, &mut law));
        self.leases.iter_ids().for_each(|(id, leases)| leases.laws(id, &mut law));
        self.follows.iter_ids().for_each(|(id, follows)| follows.laws(id, &mut law));
        self.discovery.iter_ids().for_each(|(id, discovery)| discovery.laws(id, &mut law));
        self.effects.iter_ids().for_each(|(id, effect)| effect.laws(id, &mut law));
        self.sagas.iter_ids().for_each(|(id, saga)| saga.laws(id, &mut law));
        let requests = [self.requests_answered, self.requests_failed, self.requests_in_flight];
        self.operations.laws(requests, &mut law);
        self.wires.laws(&mut law);
        for (id, [there, back]) in self.shared_links.iter_ids() {
            there.laws(id, "there", &mut law);
            back.laws(id, "back", &mut law);
        }
        self.changes.laws(&mut law);
        let [opened, free, taken] = self.links;
        law(opened == free + taken, &|| format!("connections opened {opened} = free {free} + taken {taken}"));
        self.watch.laws(&mut law);
        self.locks.iter_ids().for_each(|(id, locks)| locks.laws(id, &mut law));
        self.versions.iter_ids().for_each(|(id, versions)| versions.laws(id, &mut law));
        self.divergence.iter_ids().for_each(|(id, divergence)| divergence.laws(id, &mut law));
        law(self.fallbacks == self.fallbacks_found, &|| {
            format!("fallbacks counted {} = under way {}", self.fallbacks, self.fallbacks_found)
        });
        self.transport.iter_ids().for_each(|(id, transport)| transport.laws(id, &mut law));
        self.intruders.iter_ids().for_each(|(id, intruders)| intruders.laws(id, &mut law));
        let unsent: u64 = self.transport.iter().map(|transport| transport.unsent).sum();
        let reached = |e: &EdgeLedger| e.sent + e.ways[0].copies - e.ways[0].gone() - e.on_the_way;
        let sent: u64 = self.edges.iter().map(reached).sum::<u64>() - unsent;
        let arrived: u64 = self.services.iter().map(|s| s.arrived).sum();
        law(sent == arrived, &|| {
            format!("attempts sent or copied, neither on the way nor lost {sent} = arrived {arrived}")
        });
        broken
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Adds what is still under way, then checks every law.
    pub(super) fn close_ledger(&mut self) {
        let now = self.now;
        for (id, call) in self.calls.iter_ids() {
            if self.is_try(crate::ids::CallId(id)) {
                self.ledger.edges[call.edge].tries_out += 1;
                continue;
            }
            match self.model.edges[call.edge].caller {
                EdgeCaller::Workload(_) => self.ledger.requests_in_flight += 1,
                EdgeCaller::Service(_)
                | EdgeCaller::Monitor
                | EdgeCaller::Connector(_)
                | EdgeCaller::Intruder(_) => {
                    self.ledger.edges[call.edge].under_way += 1;
                }
            }
        }
        self.close_budgets();
        self.close_layers();
        self.close_loads();
        for (slot, attempt) in self.attempts.iter_ids() {
            match attempt.phase {
                Phase::Out => {
                    self.ledger.edges[attempt.edge].on_the_way += 1;
                    continue;
                }
                Phase::Outside => {
                    self.ledger.edges[attempt.edge].on_the_way += 1;
                    let ledger = &mut self.ledger.services[self.servers[attempt.instance].service];
                    ledger.outside_there += 1;
                    ledger.time_outside += u128::from(now.since(attempt.entered).as_nanos());
                    continue;
                }
                Phase::Back | Phase::Astray => continue,
                Phase::Waiting | Phase::Serving => {}
            }
            let accepted = self.errands.get(slot.slot as usize).is_some_and(|errand| errand.accepted);
            self.ledger.edges[attempt.edge].accepted_there += u64::from(accepted);
            let ledger = &mut self.ledger.services[self.servers[attempt.instance].service];
            ledger.in_system += 1;
            ledger.memory_of_present += u128::from(self.loads.weight(AttemptId(slot)).bytes);
            ledger.time_in_system += u128::from(now.since(attempt.entered).as_nanos());
            if attempt.phase == Phase::Serving {
                ledger.service_given += u128::from(now.since(attempt.started).as_nanos());
            }
        }
        for (instance, server) in self.servers.iter_ids() {
            let (held, of_users) = self.connections.count(self.model, instance);
            let ledger = &mut self.ledger.services[server.service];
            ledger.connections_open += held;
            ledger.connections_of_users += of_users;
        }
        self.ledger.connected_users = self.connections.connected_users();
        if self.scales {
            self.count_own_work();
        }
        for (server, meter) in self.servers.iter().zip(self.meters.iter_mut()) {
            meter.advance(now);
            let ledger = &mut self.ledger.services[server.service];
            ledger.there += u64::from(server.stage != Stage::Absent);
            ledger.busy_area += meter.busy_area;
            ledger.system_area += meter.system_area;
        }
        self.close_caches();
        self.close_records();
        self.close_doors();
        self.close_fallbacks();
        self.close_leases();
        self.close_follows();
        self.close_links();
        self.close_operations();
        self.close_sagas();
        self.close_ways();
        self.close_transport();
        self.close_discovery();
        self.close_intruders();
        self.close_monitors();
        self.close_shared_links();
        self.close_changes();
        self.close_locks();
        let broken = self.ledger.broken_laws();
        assert!(broken.is_empty(), "conservation laws broken: {broken:#?}");
    }

    /// What layers wait to hear of, and who is in bulkheads and waits for them, as counted and as found.
    fn close_layers(&mut self) {
        for (id, call) in self.calls.iter_ids() {
            let Some(context) = self.contexts.get(id.slot as usize) else { continue };
            let home = self.home(call.edge, Layer::Bulkhead);
            self.ledger.edges[call.edge].passes_out += context.leaves.count();
            let found = &mut self.ledger.edges[home].in_bulkheads_found;
            found[0] += u64::from(matches!(context.leaves.seat, Seat::Inside(_)));
            found[1] += u64::from(matches!(context.leaves.seat, Seat::InLine(_)));
        }
        for (id, callers) in self.callers.iter_ids() {
            for [taken, waiting] in callers.guards.bulkheads.0.values().map(Bulkhead::counts) {
                let counted = &mut self.ledger.edges[id].in_bulkheads;
                *counted = [counted[0] + taken, counted[1] + waiting];
            }
        }
    }

    /// What is under way, as retry budgets have counted it and as found.
    fn close_budgets(&mut self) {
        for (edge, callers) in self.callers.iter_ids() {
            for (active, retries) in callers.clients.iter().filter_map(|client| client.retry.in_use()) {
                let ledger = &mut self.ledger.edges[edge];
                ledger.budgeted[0] += u64::from(active.unwrap_or(0));
                ledger.budgeted[1] += u64::from(retries);
            }
        }
        self.close_hedges();
        for call in self.calls.iter() {
            let client = &self.callers[call.edge].clients[call.client as usize];
            let Some((active, _)) = client.retry.in_use() else { continue };
            let found = &mut self.ledger.edges[call.edge].found;
            found[0] += u64::from(active.is_some() && call.progress.is_out());
            found[1] += u64::from(call.progress.is_retrying());
        }
    }

    /// Own work under way, as counted and as found.
    fn count_own_work(&mut self) {
        for (server, load) in self.servers.iter().zip(self.scaling.loads.iter()) {
            let ledger = &mut self.ledger.services[server.service];
            ledger.computing += u64::from(load.computing);
            // What hangs is among the work found below.
            let is_alive = |work: &Work| match *work {
                Work::Attempt(id, _) => self.attempts.get(id.0).is_some_and(|a| a.phase == Phase::Serving),
                Work::Step(id) => self.tasks.get(id.0).is_some(),
            };
            ledger.computing += server.held.iter().filter(|(work, _)| is_alive(work)).count() as u64;
        }
        for attempt in self.attempts.iter().filter(|attempt| attempt.phase == Phase::Serving) {
            let endpoint = self.model.edges[attempt.edge].endpoint;
            // After its steps an attempt may have the work of an error.
            let works = matches!(self.model.endpoints[endpoint].program, Program::Leaf(_))
                || !attempt.outcome.is_ok();
            self.ledger.services[self.servers[attempt.instance].service].pieces += u64::from(works);
        }
        for (_, task) in self.tasks.iter_ids() {
            self.ledger.services[self.servers[task.instance].service].pieces += u64::from(task.computing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_request_and_an_answer_from_nowhere_break_laws() {
        let mut ledger = Ledger {
            requests_created: 1,
            requests_answered: 0,
            requests_failed: 0,
            requests_in_flight: 0,
            connected_users: 0,
            fallbacks: 0,
            fallbacks_found: 0,
            services: [ServiceLedger::default()].into_iter().collect(),
            edges: [EdgeLedger { used: 1, ..EdgeLedger::default() }].into_iter().collect(),
            caches: IdVec::new(),
            records: IdVec::new(),
            leases: IdVec::new(),
            follows: IdVec::new(),
            discovery: IdVec::new(),
            changes: ChangesLedger::default(),
            links: [0; 3],
            transport: IdVec::new(),
            intruders: IdVec::new(),
            effects: IdVec::new(),
            operations: OperationsLedger::default(),
            sagas: IdVec::new(),
            watch: WatchLedger::default(),
            wires: WireLedger::default(),
            shared_links: IdVec::new(),
            locks: IdVec::new(),
            versions: IdVec::new(),
            divergence: IdVec::new(),
        };
        assert_eq!(ledger.broken_laws().len(), 2);
        ledger.requests_in_flight = 1;
        ledger.edges = [EdgeLedger { used: 1, produced: 1, sent: 2, on_the_way: 2, ..EdgeLedger::default() }]
            .into_iter()
            .collect();
        assert!(ledger.broken_laws().is_empty());
    }
}
