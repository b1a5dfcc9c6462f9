//! In which state was each instance of one run when, and what did its callers believe of it? Lanes of
//! services in which something changed; where nothing ever did there is nothing to see.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::ids::{EdgeId, ServiceId};
use sim_core::metrics::InstanceState;
use sim_core::metrics::states::Change;
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;
use sim_core::policy::targets::ChangeKind;

use super::{Lane, LaneSpan, States, call_order};
use crate::measure::Record;

/// Most lanes of a run; a figure shows no more.
const LANES: usize = 200;
/// Most spans of a lane: the longest stay, nothing is said about the others.
const SPANS: usize = 300;

/// The lanes of a run; none if nothing ever changed.
pub(super) fn states(model: &Model, record: &Record, seed: u64) -> Option<States> {
    let states = record.states.as_ref()?;
    let last = states.changes.last()?;
    // Nothing is known after the last change that fitted, or after the end of a run that a bound ended.
    let is_whole = states.left_out == 0 && record.complete;
    let end_s = if is_whole { model.horizon.as_secs_f64() } else { last.at.as_secs_f64() };

    let mut instances: BTreeMap<(ServiceId, u32), Track> = BTreeMap::new();
    let mut views: BTreeMap<(ServiceId, Caller, u32), View> = BTreeMap::new();
    for moment in &states.changes {
        let (service, place) = states.place(model, moment.instance);
        let at_s = moment.at.as_secs_f64();
        match moment.change {
            Change::State(state) => {
                if !instances.contains_key(&(service, place)) {
                    let all = 0..model.services[service].instances;
                    instances.extend(all.map(|place| ((service, place), Track::default())));
                }
                instances.entry((service, place)).or_default().turn(at_s, state.word());
            }
            Change::Belief(edge, client, belief) => {
                let caller = match model.edges[edge].caller {
                    EdgeCaller::Workload(id) | EdgeCaller::Connector(id) => Caller::Workload(id),
                    EdgeCaller::Service(id) => Caller::Service(id),
                    EdgeCaller::Monitor | EdgeCaller::Intruder(_) => continue,
                };
                let view = views.entry((service, caller, place)).or_default();
                view.clients = model.edges[edge].clients;
                view.turn(at_s, edge, client, belief);
            }
        }
    }

    let mut lanes = Vec::new();
    for service in call_order::services(model) {
        let name = &model.services[service].name;
        let is_alone = model.services[service].instances == 1;
        let instance = |place: u32| if is_alone { name.clone() } else { format!("{name}-{place}") };
        for ((_, place), track) in instances.range((service, 0)..=(service, u32::MAX)) {
            lanes.push(track.lane(name, instance(*place), end_s));
        }
        for ((_, caller, place), view) in views.iter().filter(|((of, ..), _)| *of == service) {
            let caller = match caller {
                Caller::Workload(id) => &model.workloads[*id].name,
                Caller::Service(id) => &model.services[*id].name,
            };
            let of = if view.clients > 1 {
                format!(" ({} of {})", view.most, view.clients)
            } else {
                String::new()
            };
            let label = format!("{caller} → {}{of}", instance(*place));
            lanes.push(view.track.lane(name, label, end_s));
        }
    }
    if lanes.len() > LANES {
        lanes.retain(|lane| lane.spans.len() > 1);
    }
    let left_out = lanes.len().saturating_sub(LANES);
    lanes.truncate(LANES);
    (!lanes.is_empty()).then_some(States { seed, lanes, left_out })
}

/// Whose view of an instance a lane shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Workload(sim_core::ids::WorkloadId),
    Service(ServiceId),
}

/// The states of a lane up to now.
struct Track {
    since_s: f64,
    state: &'static str,
    spans: Vec<LaneSpan>,
}

impl Default for Track {
    fn default() -> Self {
        Track { since_s: 0.0, state: InstanceState::Ready.word(), spans: Vec::new() }
    }
}

impl Track {
    fn turn(&mut self, at_s: f64, state: &'static str) {
        if state != self.state {
            self.spans.extend(self.span(at_s));
            (self.since_s, self.state) = (at_s, state);
        }
    }

    /// The span under way, if it has a length.
    fn span(&self, to_s: f64) -> Option<LaneSpan> {
        let span = LaneSpan { from_s: self.since_s, to_s, state: self.state.to_owned() };
        (to_s > self.since_s).then_some(span)
    }

    fn lane(&self, service: &str, label: String, end_s: f64) -> Lane {
        let mut spans = self.spans.clone();
        spans.extend(self.span(end_s));
        if spans.len() > SPANS {
            spans.sort_by(|a, b| (b.to_s - b.from_s).total_cmp(&(a.to_s - a.from_s)));
            spans.truncate(SPANS);
            spans.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
        }
        Lane { service: service.to_owned(), label, spans }
    }
}

/// What the clients of a caller believe of an instance.
#[derive(Default)]
struct View {
    track: Track,
    /// Who thinks ill of it, over which edge.
    ejecting: BTreeSet<(u32, EdgeId)>,
    unhealthy: BTreeSet<(u32, EdgeId)>,
    clients: u32,
    /// Most clients that thought ill of it at once.
    most: usize,
}

impl View {
    fn turn(&mut self, at_s: f64, edge: EdgeId, client: u32, belief: ChangeKind) {
        match belief {
            ChangeKind::Ejected => self.ejecting.insert((client, edge)),
            ChangeKind::Readmitted => self.ejecting.remove(&(client, edge)),
            ChangeKind::Unhealthy => self.unhealthy.insert((client, edge)),
            ChangeKind::Healthy => self.unhealthy.remove(&(client, edge)),
        };
        let mut clients: Vec<u32> = self.ejecting.iter().chain(&self.unhealthy).map(|(k, _)| *k).collect();
        clients.sort_unstable();
        clients.dedup();
        self.most = self.most.max(clients.len());
        let state = match (self.ejecting.is_empty(), self.unhealthy.is_empty()) {
            (false, _) => ChangeKind::Ejected.word(),
            (true, false) => ChangeKind::Unhealthy.word(),
            (true, true) => InstanceState::Ready.word(),
        };
        self.track.turn(at_s, state);
    }
}
