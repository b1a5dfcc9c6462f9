//! Which addresses does a caller have, and where do its attempts end up? Views of callers: asked for, told, too old;
//! calls that wait for a look-up, and calls to addresses behind which nobody is.

use super::Simulation;
use super::directory::on_now;
use super::fleet::Addressed;
use super::state::{ANYWHERE, Phase, Stage};
use crate::event::{DiscoveryEvent, Event};
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, EdgeId, Id, InstanceId, ServiceId};
use crate::luck::{Luck, Purpose};
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::{Observation, Probe};
use crate::model::edge::EdgeCaller;
use crate::model::fault::discovery::{AddressEffect, Gone};
use crate::model::network::Way;
use crate::policy::Outcome;
use crate::policy::chooser::Avoid;
use crate::policy::discovery::dns::{self, Ask};
use crate::policy::discovery::{Config, WithoutAnswer};
use crate::time::{SimDuration, SimTime};

/// What one client of an edge has.
#[derive(Debug)]
pub(super) struct View {
    /// Addresses, ascending.
    pub(super) addresses: Vec<u32>,
    dns: dns::State,
    /// Look-ups so far, which number their luck.
    look_ups: u64,
    /// Whether one is under way.
    pub(super) is_looking: bool,
    /// Calls that wait for it; those that have left are still among them.
    waiting: Vec<CallId>,
}

impl View {
    /// A client that knows this list.
    pub(super) fn new(list: &[u32]) -> Self {
        let dns = dns::State::new(&dns::Config::default(), 0.0);
        View { addresses: list.to_vec(), dns, look_ups: 0, is_looking: false, waiting: Vec::new() }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Clients begin with what is on the list, each with an answer of an age of its own.
    pub(super) fn begin_views(&mut self) {
        for id in self.model.edges.ids() {
            let edge = &self.model.edges[id];
            for client in 0..self.discovery.views[id].len() {
                let luck = Luck::of_client(self.seed, edge.key, client as u32);
                let age = luck.draws(Purpose::ClientRefresh).unit();
                match &self.model.services[edge.to].discovery {
                    Config::Dns(config) => {
                        self.discovery.views[id][client].dns = dns::State::new(config, age);
                    }
                    Config::Registry(config) => {
                        if let Some(refresh) = config.client_refresh() {
                            let first = SimTime::ZERO + refresh.mul_f64(age);
                            let event =
                                Event::Discovery(DiscoveryEvent::Poll { edge: id, client: client as u32 });
                            self.schedule_timer(Lane::HEAP, first, event);
                        }
                    }
                    Config::None | Config::Static => {}
                }
                self.tell_view(id, client);
            }
        }
    }

    /// A chooser that has just been made thinks that all who were there at the start of the run can be reached.
    pub(super) fn tell_view(&mut self, id: EdgeId, client: usize) {
        let edge = &self.model.edges[id];
        let now = self.now;
        let known = &self.discovery.views[id][client].addresses;
        let chooser = &mut self.callers[id].clients[client].chooser;
        for address in 0..self.model.services[edge.to].instances {
            if known.binary_search(&address).is_err() {
                chooser.set_ready(&edge.chooser, address, false, now);
            }
        }
        for &address in known.iter().filter(|address| **address >= self.model.services[edge.to].instances) {
            chooser.set_ready(&edge.chooser, address, true, now);
        }
    }

    /// A client has another list.
    fn show_view(&mut self, id: EdgeId, client: usize, list: Vec<u32>) {
        let (edge, now) = (&self.model.edges[id], self.now);
        let view = &mut self.discovery.views[id][client];
        let before = std::mem::replace(&mut view.addresses, list);
        let chooser = &mut self.callers[id].clients[client].chooser;
        for address in before.iter().filter(|address| view.addresses.binary_search(address).is_err()) {
            chooser.set_ready(&edge.chooser, *address, false, now);
        }
        for address in view.addresses.iter().filter(|address| before.binary_search(address).is_err()) {
            chooser.set_ready(&edge.chooser, *address, true, now);
        }
    }

    /// Whether a call has to wait for a look-up before it can be sent.
    pub(super) fn awaits_addresses(&mut self, id: CallId) -> bool {
        let call = self.calls.get(id.0).expect("only a call under way is sent");
        let (edge_id, client) = (call.edge, call.client as usize);
        let edge = &self.model.edges[edge_id];
        if !edge.discovers || call.place != ANYWHERE {
            return false;
        }
        let Config::Dns(config) = &self.model.services[edge.to].discovery else { return false };
        let view = &mut self.discovery.views[edge_id][client];
        if !view.is_looking {
            match view.dns.ask(config, self.now) {
                Ask::Use => return false,
                Ask::Fail => {
                    self.show_view(edge_id, client, Vec::new());
                    return false;
                }
                Ask::LookUp => {}
            }
            (view.is_looking, view.look_ups) = (true, view.look_ups + 1);
            let luck = Luck::of_client(self.seed, edge.key, client as u32).request(view.look_ups);
            let takes = config.look_up.sampler().sample(&mut luck.draws(Purpose::LookUp));
            self.ledger.discovery[edge.to].look_ups += 1;
            if takes == SimDuration::ZERO {
                self.looked_up(edge_id, client);
                return false;
            }
            let event = Event::Discovery(DiscoveryEvent::LookedUp { edge: edge_id, client: client as u32 });
            self.events.schedule(self.now + takes, event);
        }
        self.contexts[id.0.slot as usize].awaits_address = true;
        self.discovery.views[edge_id][client].waiting.push(id);
        true
    }

    /// A look-up that took its time is over: those who waited for it send.
    pub(super) fn on_looked_up(&mut self, id: EdgeId, client: usize) {
        self.looked_up(id, client);
        for call in std::mem::take(&mut self.discovery.views[id][client].waiting) {
            let is_there = self.calls.get(call.0).is_some();
            if is_there && std::mem::take(&mut self.contexts[call.0.slot as usize].awaits_address) {
                self.send_attempt(call);
            }
        }
    }

    fn looked_up(&mut self, id: EdgeId, client: usize) {
        let edge = &self.model.edges[id];
        let Config::Dns(config) = &self.model.services[edge.to].discovery else { return };
        let now = self.now;
        let view = &mut self.discovery.views[id][client];
        view.is_looking = false;
        let luck = Luck::of_client(self.seed, edge.key, client as u32).request(view.look_ups);
        let chance = luck.draws(Purpose::LookUpFault).unit();
        let (mut fine, mut true_to_it) = (1.0, 1.0);
        for what in on_now(&self.model.faults, edge.to, now) {
            match what {
                AddressEffect::LookUpsFail(ratio) => fine *= 1.0 - ratio,
                AddressEffect::LookUpsLie(ratio) => true_to_it *= 1.0 - ratio,
                AddressEffect::Replaced { .. } | AddressEffect::RegistryDown => {}
            }
        }
        let ledger = &mut self.ledger.discovery[edge.to];
        if chance >= fine {
            ledger.failed += 1;
            view.dns.failed(config, now);
            if view.dns.ask(config, now) == Ask::Fail {
                self.show_view(id, client, Vec::new());
            }
            return;
        }
        ledger.answered += 1;
        view.dns.answered(config, now);
        // What is left of the same draw is uniform again.
        let list = match chance / fine < true_to_it {
            true => self.told_now(edge.to),
            false => {
                let directory = self.discovery.directories[edge.to].as_mut().expect("it has a list");
                vec![directory.elsewhere()]
            }
        };
        self.show_view(id, client, list);
    }

    /// A client asks the registry, and will again.
    pub(super) fn poll(&mut self, id: EdgeId, client: usize) {
        let edge = &self.model.edges[id];
        let Config::Registry(config) = &self.model.services[edge.to].discovery else { return };
        let Some(refresh) = config.client_refresh() else { return };
        let event = Event::Discovery(DiscoveryEvent::Poll { edge: id, client: client as u32 });
        self.schedule_timer(Lane::HEAP, self.now + refresh, event);
        if !self.is_client_away(id, client) {
            self.ask_registry(id, client, config.on_registry_down);
        }
    }

    fn is_client_away(&self, id: EdgeId, client: usize) -> bool {
        let EdgeCaller::Service(service) = self.model.edges[id].caller else { return false };
        let instance = self.model.services[service].instance(client as u32);
        !matches!(self.servers[instance].stage, Stage::Up | Stage::Draining)
    }

    fn ask_registry(&mut self, id: EdgeId, client: usize, without: WithoutAnswer) {
        let to = self.model.edges[id].to;
        self.ledger.discovery[to].messages += 1;
        match (self.is_registry_down(to), without) {
            (false, _) => {
                let list = self.told_now(to);
                self.show_view(id, client, list);
            }
            (true, WithoutAnswer::UseLast) => {}
            (true, WithoutAnswer::Fail) => self.show_view(id, client, Vec::new()),
        }
    }

    /// All callers of a service are told what is published.
    pub(super) fn push(&mut self, service: ServiceId) {
        if self.is_registry_down(service) {
            return;
        }
        for id in self.model.edges.ids() {
            if self.model.edges[id].to != service {
                continue;
            }
            for client in 0..self.discovery.views[id].len() {
                if !self.is_client_away(id, client) {
                    self.ledger.discovery[service].messages += 1;
                    let list = self.discovery.directory(service).published.clone();
                    self.show_view(id, client, list);
                }
            }
        }
    }

    /// The process of a caller has started: it knows nothing yet.
    pub(super) fn learn_addresses(&mut self, instance: InstanceId) {
        let (caller, client) = (self.servers[instance].service, self.place_of(instance) as usize);
        for id in self.model.edges.ids() {
            let edge = &self.model.edges[id];
            if !edge.discovers || edge.caller != EdgeCaller::Service(caller) {
                continue;
            }
            match &self.model.services[edge.to].discovery {
                Config::None => {}
                Config::Static => {
                    let list = self.told_now(edge.to);
                    self.show_view(id, client, list);
                }
                Config::Dns(_) => self.discovery.views[id][client].dns.forget(),
                Config::Registry(_) => self.ask_registry(id, client, WithoutAnswer::Fail),
            }
        }
    }

    /// The address for an attempt, if the caller knows any.
    pub(super) fn pick_address(&mut self, id: CallId) -> Option<u32> {
        let call = self.calls.get(id.0).expect("it is being sent");
        let edge = &self.model.edges[call.edge];
        let luck = call.luck.attempt(call.progress.attempts);
        let context = &self.contexts[id.0.slot as usize];
        let addresses = &self.discovery.directory(edge.to).addresses[..];
        let first = self.model.services[edge.to].first_instance.index();
        let fleet = Addressed { meters: &self.meters, first, addresses };
        let avoid = match edge.reselections {
            0 => Avoid::NOBODY,
            reselections => Avoid { tried: &context.tried, reselections },
        };
        let (key, now) = (u64::from(context.baggage.key), self.now);
        let of = (call.client, key, luck);
        self.callers[call.edge].choose(edge, of, &fleet, addresses.len() as u32, now, avoid)
    }

    /// Who stands, or stood, behind what a call has chosen: an address where there are some, else a place.
    pub(super) fn instance_behind(&self, edge: EdgeId, chosen: u32, is_address: bool) -> InstanceId {
        let to = self.model.edges[edge].to;
        let service = &self.model.services[to];
        match is_address {
            true => self.discovery.instance(service, to, chosen),
            false => service.instance(chosen),
        }
    }

    /// An attempt comes to an address that its instance has left: whether it does.
    pub(super) fn knocks_in_vain(&mut self, id: AttemptId) -> bool {
        let attempt = self.attempts.get_mut(id.0).expect("an attempt is under way when it comes");
        let address = self.errands[id.0.slot as usize].address;
        let service = self.model.edges[attempt.edge].to;
        if address == ANYWHERE || attempt.withdrawn {
            return false;
        }
        let Some(gone) = self.discovery.directory(service).addresses[address as usize].gone else {
            return false;
        };
        attempt.entered = self.now;
        self.ledger.discovery[service].dead_calls += 1;
        self.ledger.services[service].arrived += 1;
        let outcome = Outcome::ConnectFailure;
        match gone {
            Gone::Refuses => self.turn_away(id, outcome),
            Gone::Silent(silent) => {
                (attempt.phase, attempt.outcome) = (Phase::Back, outcome);
                let edge = attempt.edge;
                if self.model.edges[edge].rough.is_some() {
                    // That nothing comes back is a message to the caller, too: it arrives when it gives up.
                    self.ledger.edges[edge].ways[Way::Back as usize].sent += 1;
                }
                self.ledger.services[service].rejected += 1;
                self.probe.observe(self.now, Observation::Rejected { attempt: id, service, outcome });
                self.events.schedule(self.now + silent.gives_up, Event::Deliver { attempt: id });
            }
        }
        true
    }

    /// How old is what callers know, and what does it cost to know it?
    pub(super) fn read_discovery(&mut self, readings: &mut Vec<Reading>, now: SimTime) {
        if !self.discovery.exists {
            return;
        }
        let seconds = now.since(std::mem::replace(&mut self.discovery.read, now)).as_secs_f64();
        for (id, directory) in self.discovery.directories.iter_ids() {
            let Some(directory) = directory else { continue };
            let reachable: Vec<u32> = self.model.services[id]
                .all_instances()
                .zip(0..)
                .filter(|(instance, _)| self.servers[*instance].ready && self.servers[*instance].accepts)
                .map(|(_, place)| directory.current(place))
                .collect();
            let (mut known, mut dead, mut missing, mut views) = (0_usize, 0_usize, 0_usize, 0_usize);
            for (_, of_edge) in self.discovery.views.iter_ids().filter(|(e, _)| self.model.edges[*e].to == id)
            {
                for View { addresses, .. } in of_edge {
                    let is_dead = |a: &&u32| directory.addresses[**a as usize].gone.is_some();
                    known += addresses.len();
                    dead += addresses.iter().filter(is_dead).count();
                    missing += reachable.iter().filter(|a| addresses.binary_search(a).is_err()).count();
                    views += 1;
                }
            }
            let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
            let ledger = &mut self.ledger.discovery[id];
            let [requests, dead_calls] = [ledger.messages + ledger.look_ups, ledger.dead_calls];
            let [before, dead_before] = std::mem::replace(&mut ledger.read, [requests, dead_calls]);
            let rate = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
            let of = Holder::Service(id);
            readings.extend([
                Reading { of, name: "dead_calls", value: rate(dead_calls - dead_before) },
                Reading { of, name: "stale_addresses", value: share(dead, known) },
                Reading { of, name: "unknown_instances", value: share(missing, views * reachable.len()) },
                Reading { of, name: "discovery_requests", value: rate(requests - before) },
            ]);
        }
    }
}
