//! What happens when owners change their settings? The run goes on with another model; incidents begin, are traced to
//! settings that do not fit, and end when somebody has taken a change back.

use std::cell::OnceCell;
use std::collections::VecDeque;

use super::Simulation;
use super::marks::MarkKind;
use super::staged::StagedLedger;
use crate::event::{ChangeEvent, Event};
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, Id, ServiceId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;
use crate::model::change::{Changes as Plan, Knob, RolloutConfig};
use crate::model::edge::EdgeCaller;
use crate::policy::admission;
use crate::policy::contract::{self, Hop};
use crate::streams::{Stream, StreamPurpose};
use crate::time::{SimDuration, SimTime};

/// The models of a run that owners have made, in the order in which they were needed first; they live as long as the run.
#[derive(Debug, Default)]
pub(super) struct Shelf(OnceCell<Box<(Vec<u64>, Model, Shelf)>>);

impl Shelf {
    /// The model with these values.
    pub(super) fn model(&self, values: &[u64], make: impl FnOnce() -> Model) -> &Model {
        let mut shelf = self;
        loop {
            match shelf.0.get() {
                Some(entry) if entry.0 == values => return &entry.1,
                Some(entry) => shelf = &entry.2,
                None => break,
            }
        }
        &shelf.0.get_or_init(|| Box::new((values.to_vec(), make(), Shelf::default()))).1
    }
}

/// A change that was made, so that it can be taken back.
#[derive(Clone, Copy, Debug)]
struct Made {
    setting: usize,
    before: u64,
    at: SimTime,
}

/// What owners have done, and how it goes.
#[derive(Debug)]
pub(super) struct Changes<'m> {
    shelf: &'m Shelf,
    streams: Vec<Stream>,
    /// By setting.
    values: Vec<u64>,
    made: Vec<Made>,
    /// How the last requests ended: whether each failed, and how many did.
    last: VecDeque<bool>,
    failed: u32,
    /// Since when too many have failed.
    bad_since: Option<SimTime>,
    /// Since when somebody looks for the reason.
    incident_since: Option<SimTime>,
    /// Whether owners change anything.
    pub(super) exist: bool,
}

/// What the changes of a run have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangesLedger {
    /// Changes that owners wanted.
    pub wanted: u64,
    /// Of those, the ones to the value that was there.
    pub idle: u64,
    /// Of those, the ones that a contract forbade.
    pub refused: u64,
    /// Of those, the ones that were made.
    pub made: u64,
    /// Changes that were taken back.
    pub taken_back: u64,
    /// Changes that are there at the end.
    pub standing: u64,
    /// Incidents begun.
    pub incidents: u64,
    /// Of those, the ones that had come to a repair.
    pub repaired: u64,
    /// Of those, the one that is open at the end.
    pub open: u64,
    /// Incidents while some caller was more patient than its own caller.
    pub of_patience: u64,
    /// Incidents while more could come than a quota lets in.
    pub of_quota: u64,
    /// Incidents while everything fitted together.
    pub untraced: u64,
    /// Owners of the settings that did not fit, over all incidents.
    pub owners: u64,
    /// Nanoseconds in which too many requests failed.
    pub bad: u64,
    /// Nanoseconds from the beginning of incidents to their repair.
    pub to_restore: u64,
    /// What becomes of those that are staged.
    pub staged: StagedLedger,
}

impl ChangesLedger {
    pub(super) fn laws(&self, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        self.staged.laws(law);
        law(self.wanted == self.idle + self.refused + self.made, &|| {
            format!(
                "changes wanted {} = idle {} + refused {} + made {}",
                self.wanted, self.idle, self.refused, self.made
            )
        });
        law(self.made == self.taken_back + self.standing, &|| {
            format!(
                "changes made {} = taken back {} + standing {}",
                self.made, self.taken_back, self.standing
            )
        });
        law(self.incidents == self.repaired + self.open, &|| {
            format!("incidents {} = repaired {} + open {}", self.incidents, self.repaired, self.open)
        });
        law(
            self.untraced <= self.incidents
                && self.incidents <= self.of_patience + self.of_quota + self.untraced,
            &|| {
                format!(
                    "incidents {} <= of patience {} + of quotas {} + untraced {}",
                    self.incidents, self.of_patience, self.of_quota, self.untraced
                )
            },
        );
    }
}

impl<'m> Changes<'m> {
    pub(super) fn new(model: &Model, seed: crate::streams::Seed, shelf: &'m Shelf) -> Self {
        let plan = model.changes.as_deref();
        let stream =
            |owner: &crate::model::change::Owner| Stream::new(seed, StreamPurpose::Changes, owner.key);
        Changes {
            shelf,
            streams: plan.map_or(Vec::new(), |plan| plan.owners.iter().map(stream).collect()),
            values: plan.map_or(Vec::new(), |plan| plan.settings.iter().map(|s| s.start).collect()),
            made: Vec::new(),
            last: VecDeque::new(),
            failed: 0,
            bad_since: None,
            incident_since: None,
            exist: plan.is_some(),
        }
    }

    /// The models made so far.
    pub(super) fn shelf(&self) -> &'m Shelf {
        self.shelf
    }

    /// Which change is the latest among the settings that do not fit; where all fit, the latest of all.
    fn culprit(&self, found: &Misfits) -> Option<usize> {
        let takes_part = |made: &Made| found.are_none() || found.settings.contains(&made.setting);
        self.made.iter().rposition(takes_part)
    }

    /// By setting, the value that its owner has chosen, whether or not all have it yet.
    pub(super) fn values(&self) -> &[u64] {
        &self.values
    }
}

/// What does not fit together.
#[derive(Clone, Debug, Default)]
pub(super) struct Misfits {
    /// Settings that take part in it.
    pub(super) settings: Vec<usize>,
    patience: bool,
    quota: bool,
}

impl Misfits {
    fn are_none(&self) -> bool {
        !self.patience && !self.quota
    }
}

/// What does not fit together with these values.
pub(super) fn misfits(model: &Model, plan: &Plan, values: &[u64]) -> Misfits {
    let mut found = Misfits::default();
    let setting = |what: &dyn Fn(&Knob) -> bool| plan.settings.iter().position(|s| what(&s.what));
    let timeout_of =
        |id: EdgeId| setting(&|what| matches!(what, Knob::Timeout(edges) if edges.contains(&id)));
    let attempts_of =
        |id: EdgeId| setting(&|what| matches!(what, Knob::Attempts(edges) if edges.contains(&id)));
    let hop = |id: EdgeId| {
        let edge = &model.edges[id];
        Hop {
            timeout: match timeout_of(id) {
                Some(setting) => Some(SimDuration::from_nanos(values[setting])),
                None => edge.attempt_timeout,
            },
            attempts: attempts_of(id).map_or(edge.retry.max_attempts(), |setting| values[setting] as u32),
        }
    };
    for (outer, edge) in model.edges.iter_ids() {
        for (inner, _) in
            model.edges.iter_ids().filter(|(_, inner)| inner.caller == EdgeCaller::Service(edge.to))
        {
            if !contract::fits(hop(outer), hop(inner)) {
                found.patience = true;
                let taking_part = [timeout_of(outer), timeout_of(inner), attempts_of(inner)];
                found.settings.extend(taking_part.into_iter().flatten());
            }
        }
    }
    for (id, service) in model.services.iter_ids() {
        let knob = setting(&|what| matches!(what, Knob::Quota(of) if *of == id));
        let admission::Config::FixedWindow(window) = &service.admission else { continue };
        let limit = knob.map_or(u64::from(window.limit.get()), |setting| values[setting]);
        let per_s = limit as f64 * f64::from(service.instances) / window.window.as_secs_f64();
        let (mut ways, mut taking_part) = (Vec::new(), Vec::new());
        let mut met = Vec::new();
        ways_to(model, plan, id, 1, &hop, &mut met, &mut ways, &mut |edge| {
            taking_part.extend(attempts_of(edge));
        });
        if !contract::lets_in(per_s, ways) {
            found.quota = true;
            found.settings.extend(knob.into_iter().chain(taking_part));
        }
    }
    found.settings.sort_unstable();
    found.settings.dedup();
    found
}

/// All ways from users to a service: rate and attempts. Circles are followed once.
#[expect(clippy::too_many_arguments, reason = "a walk and what it collects")]
fn ways_to(
    model: &Model,
    plan: &Plan,
    to: ServiceId,
    attempts: u64,
    hop: &dyn Fn(EdgeId) -> Hop,
    met: &mut Vec<EdgeId>,
    ways: &mut Vec<(f64, u64)>,
    passed: &mut dyn FnMut(EdgeId),
) {
    for (id, edge) in model.edges.iter_ids().filter(|(_, edge)| edge.to == to) {
        if met.contains(&id) {
            continue;
        }
        let attempts = attempts.saturating_mul(u64::from(hop(id).attempts));
        passed(id);
        match edge.caller {
            EdgeCaller::Workload(workload) => {
                let rates = plan.rates.iter().filter(|(of, _)| *of == workload);
                ways.extend(rates.map(|(_, rate)| (*rate, attempts)));
            }
            EdgeCaller::Service(service) => {
                met.push(id);
                ways_to(model, plan, service, attempts, hop, met, ways, passed);
                met.pop();
            }
            EdgeCaller::Monitor | EdgeCaller::Connector(_) | EdgeCaller::Intruder(_) => {}
        }
    }
}

/// The model with these values.
pub(super) fn made_of(base: &Model, plan: &Plan, values: &[u64]) -> Model {
    let mut model = base.clone();
    for (setting, value) in plan.settings.iter().zip(values) {
        match &setting.what {
            Knob::Timeout(edges) => {
                for id in edges {
                    model.edges[*id].attempt_timeout = Some(SimDuration::from_nanos(*value));
                }
            }
            Knob::Attempts(edges) => {
                for id in edges {
                    model.edges[*id].retry.set_max_attempts(*value as u32);
                }
            }
            Knob::Quota(service) => model.services[*service].admission.set_limit(*value as u32),
        }
    }
    model
}

/// Whether the start keeps the contract.
pub(crate) fn start_fits(model: &Model) -> bool {
    model.changes.as_deref().is_none_or(|plan| {
        let values: Vec<u64> = plan.settings.iter().map(|setting| setting.start).collect();
        misfits(model, plan, &values).are_none()
    })
}

impl<'m, P: Probe, const PLAIN: bool> Simulation<'m, P, PLAIN> {
    pub(super) fn owners_plan(&self) -> &'m Plan {
        self.start.changes.as_deref().expect("owners change settings")
    }

    pub(super) fn schedule_first_changes(&mut self) {
        for owner in 0..self.changes.streams.len() {
            self.plan_change(owner);
        }
        if self.changes.exist {
            self.renew_groups();
        }
    }

    fn plan_change(&mut self, owner: usize) {
        let every = &self.owners_plan().owners[owner].every;
        let after = every.sample(&mut self.changes.streams[owner].draws()).max(SimDuration::from_secs(1));
        let event = Event::Change(ChangeEvent::Due { owner: owner as u32 });
        self.schedule_timer(Lane::HEAP, self.now + after, event);
    }

    pub(super) fn on_change(&mut self, what: ChangeEvent) {
        match what {
            ChangeEvent::Due { owner } => self.want(owner as usize),
            ChangeEvent::Repair => self.repair(),
            ChangeEvent::Step { plan } => self.on_step(plan),
        }
    }

    /// An owner wants another value for one of their settings. What they want is the same whatever becomes of it.
    fn want(&mut self, owner: usize) {
        let plan = self.owners_plan();
        let own = &plan.owners[owner].settings;
        let stream = &mut self.changes.streams[owner];
        let setting = own[stream.below(own.len() as u32) as usize];
        let values = &plan.settings[setting].values;
        let value = values[stream.below(values.len() as u32) as usize];
        self.plan_change(owner);
        let ledger = &mut self.ledger.changes;
        ledger.wanted += 1;
        if self.changes.values[setting] == value {
            ledger.idle += 1;
            return;
        }
        if plan.is_checked {
            let mut values = self.changes.values.clone();
            values[setting] = value;
            if !misfits(self.start, plan, &values).are_none() {
                ledger.refused += 1;
                return;
            }
        }
        if self.staged.is_under_way(setting) {
            // What was on its way gives place, and those who had it are where they were.
            self.ledger.changes.staged.replaced += 1;
            self.take_back(setting);
            if self.changes.values[setting] == value {
                self.ledger.changes.idle += 1;
                return;
            }
        }
        self.ledger.changes.made += 1;
        self.marks.add(self.now, MarkKind::Changed, setting as u32);
        let before = std::mem::replace(&mut self.changes.values[setting], value);
        self.changes.made.push(Made { setting, before, at: self.now });
        match plan.rollout {
            RolloutConfig::Staged(_) => {
                self.begin_rollout(setting, before);
                self.renew_groups();
            }
            RolloutConfig::AtOnce | RolloutConfig::Watched(_) => self.make(),
        }
    }

    /// The run goes on with the values of this moment, as far as they are for all.
    pub(super) fn make(&mut self) {
        let (plan, start) = (self.owners_plan(), self.start);
        let shelf = self.changes.shelf;
        let values = self.staged.rest(&self.changes.values);
        let model = shelf.model(&values, || made_of(start, plan, &values));
        self.switch_to(model);
        self.renew_groups();
    }

    /// The latest change of a setting is undone, for all who have it.
    pub(super) fn take_back(&mut self, setting: usize) {
        let latest = self.changes.made.iter().rposition(|made| made.setting == setting);
        let made = self.changes.made.remove(latest.expect("what is taken back was made"));
        self.changes.values[made.setting] = made.before;
        self.ledger.changes.taken_back += 1;
        self.marks.add(self.now, MarkKind::TakenBack, setting as u32);
        match self.end_rollout(setting) {
            true => self.renew_groups(),
            false => self.make(),
        }
    }

    /// A request of a user has ended.
    pub(super) fn note_end(&mut self, id: CallId, is_good: bool) {
        if !self.changes.exist {
            return;
        }
        self.note_exposure(id, is_good);
        let (most, of_last) = self.owners_plan().incident;
        let changes = &mut self.changes;
        changes.last.push_back(!is_good);
        changes.failed += u32::from(!is_good);
        if changes.last.len() as u32 > of_last {
            changes.failed -= u32::from(changes.last.pop_front().expect("it is not empty"));
        }
        let is_bad = changes.last.len() as u32 == of_last && changes.failed > most;
        match (is_bad, changes.bad_since) {
            (true, None) => {
                changes.bad_since = Some(self.now);
                self.begin_incident();
            }
            (false, Some(since)) => {
                changes.bad_since = None;
                self.ledger.changes.bad += self.now.since(since).as_nanos();
            }
            (true, Some(_)) => self.begin_incident(),
            (false, None) => {}
        }
    }

    /// Too many fail, and nobody is at it yet.
    fn begin_incident(&mut self) {
        if self.changes.incident_since.is_some() {
            return;
        }
        let plan = self.owners_plan();
        self.changes.incident_since = Some(self.now);
        let found = misfits(self.start, plan, &self.changes.values);
        let mut owners: Vec<usize> =
            found.settings.iter().map(|setting| plan.settings[*setting].owner).collect();
        owners.sort_unstable();
        owners.dedup();
        let ledger = &mut self.ledger.changes;
        ledger.incidents += 1;
        ledger.of_patience += u64::from(found.patience);
        ledger.of_quota += u64::from(found.quota);
        ledger.untraced += u64::from(found.are_none());
        ledger.owners += owners.len() as u64;
        let now = self.now;
        // Whoever watches need not look for the reason.
        let is_watched = match &plan.rollout {
            RolloutConfig::AtOnce => false,
            RolloutConfig::Watched(watched) => {
                self.changes.made.last().is_some_and(|made| now <= made.at + watched.watch)
            }
            RolloutConfig::Staged(_) => self
                .changes
                .culprit(&found)
                .is_some_and(|place| self.staged.is_under_way(self.changes.made[place].setting)),
        };
        let after = match is_watched {
            true => SimDuration::ZERO,
            false => {
                let luck = Luck::of_client(self.seed, plan.key, 0).request(self.ledger.changes.incidents);
                let mut draws = luck.draws(Purpose::Repair);
                let each = (0..owners.len().max(1)).map(|_| plan.repair.sample(&mut draws).as_nanos());
                SimDuration::from_nanos(each.sum())
            }
        };
        self.schedule_timer(Lane::HEAP, now + after, Event::Change(ChangeEvent::Repair));
    }

    /// Somebody takes a change back.
    fn repair(&mut self) {
        let plan = self.owners_plan();
        let Some(since) = self.changes.incident_since.take() else { return };
        self.ledger.changes.repaired += 1;
        self.ledger.changes.to_restore += self.now.since(since).as_nanos();
        // What has ended up to now says nothing of what comes.
        (self.changes.failed, self.changes.last) = (0, VecDeque::new());
        let found = misfits(self.start, plan, &self.changes.values);
        let Some(place) = self.changes.culprit(&found) else { return };
        let setting = self.changes.made[place].setting;
        self.ledger.changes.staged.stopped += u64::from(self.staged.is_under_way(setting));
        self.take_back(setting);
    }

    /// How it goes.
    pub(super) fn read_changes(&self, readings: &mut Vec<Reading>) {
        if self.changes.exist {
            let of = Holder::Edge(EdgeId::from_index(0));
            let value = Some(f64::from(u8::from(self.changes.bad_since.is_some())));
            readings.push(Reading { of, name: "incident", value });
        }
    }

    pub(super) fn close_changes(&mut self) {
        let ledger = &mut self.ledger.changes;
        ledger.standing = self.changes.made.len() as u64; // those on their way too
        ledger.open = u64::from(self.changes.incident_since.is_some());
        if let Some(since) = self.changes.bad_since {
            ledger.bad += self.now.since(since).as_nanos();
        }
        self.close_staged();
    }
}
