//! Who has which address, and who is on the list? Instances get addresses, report, are struck out; what is published
//! goes to callers (`discovery.rs`).

use std::collections::VecDeque;

use super::Simulation;
use super::discovery::View;
use super::state::Stage;
use crate::event::{DiscoveryEvent, Event};
use crate::event_list::Lane;
use crate::ids::{EdgeId, FaultId, Id, IdVec, InstanceId, ServiceId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::fault::discovery::{AddressEffect, Exit, Gone};
use crate::model::fault::{Effect, Fault};
use crate::model::service::Service;
use crate::policy::discovery::{Config, registry};
use crate::time::{SimDuration, SimTime};

/// An address of a service. Nobody ever gets one that somebody had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    /// Whose it is or was.
    pub(super) place: u32,
    /// What is left there, if its instance is gone.
    pub(super) gone: Option<Gone>,
}

/// The addresses of one service, and the list of them.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) addresses: Vec<Address>,
    /// By place.
    current: Vec<u32>,
    /// By place: the life in which it began to report.
    reports: Vec<Option<u32>>,
    registry: registry::State,
    /// Who is ready, where no registry says so.
    ready: Vec<u32>,
    /// The list as callers can learn it, ascending.
    pub(super) published: Vec<u32>,
    /// Lists on their way there.
    pending: VecDeque<Vec<u32>>,
    /// The address that spoofed answers lead to, once there is one.
    elsewhere: Option<u32>,
    evictions: u64,
}

/// All of discovery; empty where nothing is to be discovered.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) directories: IdVec<ServiceId, Option<Box<Directory>>>,
    /// By client; none of edges to services whose callers know.
    pub(super) views: IdVec<EdgeId, Vec<View>>,
    /// Whether there is any directory.
    pub(super) exists: bool,
    /// What will be left of an instance that is being replaced.
    leaves: IdVec<InstanceId, Option<Gone>>,
    /// How many each rolling replacement has replaced.
    replaced: Vec<(FaultId, u32)>,
    /// When rates were read last.
    pub(super) read: SimTime,
}

/// What the addresses of one service have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiscoveryLedger {
    /// Addresses given out, those at the start included.
    pub given: u64,
    /// Addresses whose instance is gone, as counted.
    pub gone: u64,
    /// Addresses in use and left behind at the end, as found.
    pub found: [u64; 2],
    /// Instances that came on the list of a registry.
    pub registered: u64,
    /// Instances that took themselves off it.
    pub cancelled: u64,
    /// Instances that were struck out.
    pub evicted: u64,
    /// Instances on it at the end.
    pub listed: u64,
    /// Look-ups begun.
    pub look_ups: u64,
    /// Of those, the ones that were answered, rightly or wrongly.
    pub answered: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
    /// Of those, the ones under way at the end.
    pub under_way: u64,
    /// Heartbeats, polls and pushes.
    pub messages: u64,
    /// Attempts that reached an address behind which nobody was.
    pub dead_calls: u64,
    /// Messages, look-ups and dead calls when rates were read last.
    pub read: [u64; 2],
}

impl DiscoveryLedger {
    pub(super) fn laws(&self, id: ServiceId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let [used, left] = self.found;
        law(self.given == used + left && self.gone == left, &|| {
            format!(
                "{id:?}: addresses given {} = in use {used} + left {left}, counted {}",
                self.given, self.gone
            )
        });
        law(self.registered == self.cancelled + self.evicted + self.listed, &|| {
            format!(
                "{id:?}: registered {} = cancelled {} + struck out {} + listed {}",
                self.registered, self.cancelled, self.evicted, self.listed
            )
        });
        law(self.look_ups == self.answered + self.failed + self.under_way, &|| {
            format!(
                "{id:?}: look-ups {} = answered {} + failed {} + under way {}",
                self.look_ups, self.answered, self.failed, self.under_way
            )
        });
    }
}

impl Discovery {
    pub(super) fn new(model: &Model) -> Self {
        let directory = |service: &Service| {
            (!service.discovery.is_none())
                .then(|| Box::new(Directory::new(service.instances, service.at_start)))
        };
        let directories: IdVec<ServiceId, _> = model.services.iter().map(directory).collect();
        let views = |edge: &crate::model::edge::Edge| match (edge.discovers, &directories[edge.to]) {
            (true, Some(directory)) => (0..edge.clients).map(|_| View::new(&directory.published)).collect(),
            _ => Vec::new(),
        };
        Discovery {
            views: model.edges.iter().map(views).collect(),
            exists: directories.iter().any(Option::is_some),
            directories,
            leaves: model.services.iter().flat_map(|s| s.all_instances().map(|_| None)).collect(),
            replaced: Vec::new(),
            read: SimTime::ZERO,
        }
    }

    pub(super) fn directory(&self, id: ServiceId) -> &Directory {
        self.directories[id].as_ref().expect("addresses of a service that has some")
    }

    /// Who stands, or stood, behind an address.
    pub(super) fn instance(&self, service: &Service, id: ServiceId, address: u32) -> InstanceId {
        service.instance(self.directory(id).addresses[address as usize].place)
    }

    fn directory_mut(&mut self, id: ServiceId) -> &mut Directory {
        self.directories[id].as_mut().expect("addresses of a service that has some")
    }
}

impl Directory {
    fn new(instances: u32, at_start: u32) -> Self {
        let there: Vec<u32> = (0..at_start).collect();
        Directory {
            addresses: (0..instances).map(|place| Address { place, gone: None }).collect(),
            current: (0..instances).collect(),
            reports: vec![None; instances as usize],
            registry: registry::State::default(),
            ready: there.clone(),
            published: there,
            pending: VecDeque::new(),
            elsewhere: None,
            evictions: 0,
        }
    }

    /// The address at which who stands at this place can be reached.
    pub(super) fn current(&self, place: u32) -> u32 {
        self.current[place as usize]
    }

    /// Where spoofed answers lead.
    pub(super) fn elsewhere(&mut self) -> u32 {
        let next = self.addresses.len() as u32;
        *self.elsewhere.get_or_insert_with(|| {
            self.addresses.push(Address { place: 0, gone: Some(Gone::Refuses) });
            next
        })
    }

    fn set_ready(&mut self, address: u32, is_ready: bool) {
        match (self.ready.binary_search(&address), is_ready) {
            (Err(place), true) => self.ready.insert(place, address),
            (Ok(place), false) => drop(self.ready.remove(place)),
            (Ok(_), true) | (Err(_), false) => {}
        }
    }
}

/// What a trigger does to the addresses of `service` at this moment.
pub(super) fn on_now<'a>(
    faults: &'a IdVec<FaultId, Fault>,
    id: ServiceId,
    now: SimTime,
) -> impl Iterator<Item = AddressEffect> + 'a {
    faults.iter().filter(move |fault| fault.is_on(now)).filter_map(move |fault| match fault.effect {
        Effect::Addresses { service, what } if service == id => Some(what),
        _ => None,
    })
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// All that are there at the start are on the list; reports, evictions and polls begin.
    pub(super) fn begin_discovery(&mut self) {
        for id in self.model.services.ids() {
            let Some(directory) = &mut self.discovery.directories[id] else { continue };
            self.ledger.discovery[id].given = directory.addresses.len() as u64;
            if let Config::Registry(config) = &self.model.services[id].discovery {
                for address in directory.ready.clone() {
                    directory.registry.register(address, SimTime::ZERO);
                    self.ledger.discovery[id].registered += 1;
                }
                let first = SimTime::ZERO + config.eviction_interval;
                self.schedule_timer(
                    Lane::HEAP,
                    first,
                    Event::Discovery(DiscoveryEvent::Eviction { service: id }),
                );
                for instance in self.model.services[id].all_instances() {
                    if self.servers[instance].ready {
                        self.begin_reports(instance, true);
                    }
                }
            }
        }
        self.begin_views();
    }

    pub(super) fn is_registry_down(&self, id: ServiceId) -> bool {
        on_now(&self.model.faults, id, self.now).any(|what| what == AddressEffect::RegistryDown)
    }

    /// An instance has become ready, or is no longer.
    pub(super) fn note_ready(&mut self, instance: InstanceId, is_ready: bool) {
        let (id, place) = (self.servers[instance].service, self.place_of(instance));
        let Some(directory) = &mut self.discovery.directories[id] else { return };
        let address = directory.current(place);
        let Config::Registry(_) = &self.model.services[id].discovery else {
            directory.set_ready(address, is_ready);
            return self.list_changed(id);
        };
        if is_ready {
            self.begin_reports(instance, false);
        } else if self.servers[instance].stage != Stage::Down && self.servers[instance].stage != Stage::Absent
        {
            // In good order; who dies says nothing.
            self.ledger.discovery[id].messages += 1;
            let is_down = self.is_registry_down(id);
            if !is_down && self.discovery.directory_mut(id).registry.cancel(address) {
                self.ledger.discovery[id].cancelled += 1;
                self.list_changed(id);
            }
        }
    }

    /// An instance reports from now on; at the start of a run each at its own moment of the interval.
    fn begin_reports(&mut self, instance: InstanceId, is_start: bool) {
        let server = &self.servers[instance];
        let (id, life, place) = (server.service, server.life, self.place_of(instance));
        let Config::Registry(config) = &self.model.services[id].discovery else { return };
        let directory = self.discovery.directory_mut(id);
        let already = directory.reports[place as usize].replace(life) == Some(life);
        if is_start {
            let luck = Luck::of_client(self.seed, self.model.services[id].key, place);
            let first = config.heartbeat_interval.mul_f64(luck.draws(Purpose::Heartbeat).unit());
            self.schedule_timer(
                Lane::HEAP,
                SimTime::ZERO + first,
                Event::Discovery(DiscoveryEvent::Heartbeat { instance, life }),
            );
        } else if already {
            self.report(instance);
        } else {
            self.on_heartbeat(instance, life);
        }
    }

    /// An instance reports, and will again.
    fn on_heartbeat(&mut self, instance: InstanceId, life: u32) {
        let server = &self.servers[instance];
        if server.life != life || server.stage != Stage::Up {
            return;
        }
        let Config::Registry(config) = &self.model.services[server.service].discovery else { return };
        let next = self.now + config.heartbeat_interval;
        if server.ready {
            self.report(instance);
        }
        self.schedule_timer(Lane::HEAP, next, Event::Discovery(DiscoveryEvent::Heartbeat { instance, life }));
    }

    fn report(&mut self, instance: InstanceId) {
        let (id, place) = (self.servers[instance].service, self.place_of(instance));
        self.ledger.discovery[id].messages += 1;
        if self.is_registry_down(id) {
            return;
        }
        let now = self.now;
        let directory = self.discovery.directory_mut(id);
        let address = directory.current(place);
        if directory.registry.heartbeat(address, now) {
            self.ledger.discovery[id].registered += 1;
            self.list_changed(id);
        }
    }

    /// Something is due.
    pub(super) fn on_discovery(&mut self, what: DiscoveryEvent) {
        match what {
            DiscoveryEvent::Eviction { service } => self.evict(service),
            DiscoveryEvent::Publication { service } => {
                let list = self.discovery.directory_mut(service).pending.pop_front();
                self.publish(service, list.expect("each list that is on its way comes once"));
            }
            DiscoveryEvent::Heartbeat { instance, life } => self.on_heartbeat(instance, life),
            DiscoveryEvent::Poll { edge, client } => self.poll(edge, client as usize),
            DiscoveryEvent::LookedUp { edge, client } => self.on_looked_up(edge, client as usize),
            DiscoveryEvent::Replace { fault } => self.on_replace(fault),
        }
    }

    /// A registry strikes out whose lease is over.
    fn evict(&mut self, id: ServiceId) {
        let Config::Registry(config) = &self.model.services[id].discovery else { return };
        let now = self.now;
        if !self.is_registry_down(id) {
            let luck = Luck::of_client(self.seed, self.model.services[id].key, u32::MAX);
            let directory = self.discovery.directory_mut(id);
            directory.evictions += 1;
            let mut draws = luck.request(directory.evictions).draws(Purpose::Eviction);
            let struck = directory.registry.evict(config, now, &mut draws).len();
            if struck > 0 {
                self.ledger.discovery[id].evicted += struck as u64;
                self.list_changed(id);
            }
        }
        let next = now + config.eviction_interval;
        self.schedule_timer(Lane::HEAP, next, Event::Discovery(DiscoveryEvent::Eviction { service: id }));
    }

    /// Somebody has come on the list or left it.
    fn list_changed(&mut self, id: ServiceId) {
        let config = &self.model.services[id].discovery;
        let directory = self.discovery.directory_mut(id);
        let list = match config {
            Config::Registry(_) => directory.registry.list(),
            Config::None | Config::Static | Config::Dns(_) => directory.ready.clone(),
        };
        let delay = config.propagation_delay();
        if delay == SimDuration::ZERO {
            return self.publish(id, list);
        }
        directory.pending.push_back(list);
        let at = self.now + delay;
        self.schedule_timer(Lane::HEAP, at, Event::Discovery(DiscoveryEvent::Publication { service: id }));
    }

    fn publish(&mut self, id: ServiceId, list: Vec<u32>) {
        self.discovery.directory_mut(id).published = list;
        if self.model.services[id].discovery.pushes() {
            self.push(id);
        }
    }

    /// What a caller is told that asks.
    pub(super) fn told_now(&mut self, id: ServiceId) -> Vec<u32> {
        let now = self.now;
        let directory = self.discovery.directory_mut(id);
        match &self.model.services[id].discovery {
            Config::Registry(config) if config.client_refresh().is_some() => {
                directory.registry.answer(config, now)
            }
            _ => directory.published.clone(),
        }
    }

    /// The process at a place is gone: who comes there next has another address, if this one is being replaced or its
    /// host goes with it.
    pub(super) fn leave_address(&mut self, instance: InstanceId) {
        let (id, place) = (self.servers[instance].service, self.place_of(instance));
        let host_goes = self.servers[instance].stage == Stage::Absent;
        let left = self.discovery.leaves[instance].take().or(host_goes.then_some(Gone::Refuses));
        let (Some(directory), Some(gone)) = (&mut self.discovery.directories[id], left) else { return };
        let old = std::mem::replace(&mut directory.current[place as usize], directory.addresses.len() as u32);
        directory.addresses.push(Address { place, gone: None });
        directory.addresses[old as usize].gone = Some(gone);
        let ledger = &mut self.ledger.discovery[id];
        (ledger.given, ledger.gone) = (ledger.given + 1, ledger.gone + 1);
    }

    /// A trigger on addresses begins or ends.
    pub(super) fn on_address_fault(
        &mut self,
        fault: FaultId,
        id: ServiceId,
        what: AddressEffect,
        begins: bool,
    ) {
        match what {
            AddressEffect::Replaced { .. } if begins => {
                self.discovery.replaced.push((fault, 0));
                self.on_replace(fault);
            }
            AddressEffect::RegistryDown if !begins && self.model.services[id].discovery.pushes() => {
                self.push(id);
            }
            AddressEffect::Replaced { .. }
            | AddressEffect::LookUpsFail(_)
            | AddressEffect::LookUpsLie(_)
            | AddressEffect::RegistryDown => {}
        }
    }

    /// The next instance is replaced, if there is one at its place that serves.
    fn on_replace(&mut self, fault: FaultId) {
        let Some(Fault { ends, effect, .. }) = self.model.faults.iter().nth(fault.index()) else { return };
        let Effect::Addresses { service, what: AddressEffect::Replaced { every, exit, gone } } = *effect
        else {
            return;
        };
        let done = self.discovery.replaced.iter_mut().find(|(id, _)| *id == fault);
        let (_, count) = done.expect("it has begun");
        let instance = self.model.services[service].instance(*count % self.model.services[service].instances);
        *count += 1;
        if self.now + every < *ends {
            self.schedule_timer(
                Lane::HEAP,
                self.now + every,
                Event::Discovery(DiscoveryEvent::Replace { fault }),
            );
        }
        if self.servers[instance].stage != Stage::Up || self.servers[instance].is_leaving {
            return;
        }
        self.discovery.leaves[instance] = Some(gone);
        match exit {
            Exit::Stopped => self.terminate(instance),
            Exit::Killed => {
                self.crash(instance);
                self.plan_start(instance, SimDuration::ZERO);
            }
        }
    }

    /// Whether an instance ends because another takes its place.
    pub(super) fn is_replaced(&self, instance: InstanceId) -> bool {
        self.discovery.leaves[instance].is_some()
    }

    /// What is there at the end, as found.
    pub(super) fn close_discovery(&mut self) {
        for (id, directory) in self.discovery.directories.iter_ids() {
            let Some(directory) = directory else { continue };
            let ledger = &mut self.ledger.discovery[id];
            let left = directory.addresses.iter().enumerate();
            let is_left = |(n, address): &(usize, &Address)| {
                address.gone.is_some() && directory.elsewhere != Some(*n as u32)
            };
            ledger.found = [
                directory.current.iter().filter(|a| directory.addresses[**a as usize].gone.is_none()).count()
                    as u64,
                left.filter(is_left).count() as u64,
            ];
            ledger.listed = directory.registry.list().len() as u64;
        }
        for (edge, views) in self.discovery.views.iter_ids() {
            let looking = views.iter().filter(|view| view.is_looking).count() as u64;
            self.ledger.discovery[self.model.edges[edge].to].under_way += looking;
        }
    }
}
