//! Who has the new value already? Changes that hold for a share of the instances, the requests that met them, and when
//! they are taken back. Who has it sees another model; the run itself goes on with what holds for all.

use super::Simulation;
use super::changes::{Shelf, made_of, misfits};
use super::state::Parent;
use crate::event::{ChangeEvent, Event};
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, IdVec, InstanceId, ServiceId};
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::change::{Changes as Plan, Knob, RolloutConfig, StagedConfig};
use crate::model::edge::Edge;
use crate::policy::admission;
use crate::policy::canary::Group;
use crate::time::SimDuration;

/// A change on its way.
#[derive(Clone, Copy, Debug)]
struct Rollout {
    plan: u32,
    setting: usize,
    /// The value of those who have not got the new one yet.
    before: u64,
    step: usize,
    /// Whether the new value does not fit together with the others.
    is_bad: bool,
    /// Requests of this step, those that met the new value and those that met the old one only.
    new: Group,
    old: Group,
}

/// What one request has met.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    generation: u32,
    epoch: u32,
    /// Bits of the settings of which it met a new value, and an old one while there was a new one.
    new: u64,
    old: u64,
    /// Whether it met a setting that does not fit together with others.
    bad: bool,
}

/// Changes that hold for a share.
#[derive(Debug)]
pub(super) struct Staged<'m> {
    /// In the order in which they began.
    under_way: Vec<Rollout>,
    plans: u32,
    /// Counts changes of who has what: requests that saw more than one state of it are not compared.
    epoch: u32,
    /// By caller and by service, who has other values than the rest: those at places below this, with this model.
    edges: IdVec<EdgeId, Vec<(u32, &'m Model)>>,
    services: IdVec<ServiceId, Vec<(u32, &'m Model)>>,
    /// Settings that do not fit together with others among the values that hold for the rest.
    misfits: Vec<usize>,
    /// By the place of its call, what a request has met.
    met: Vec<Met>,
}

/// What changes have exposed requests to, and what became of staged rollouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StagedLedger {
    /// Rollouts begun.
    pub begun: u64,
    /// Of those, the ones whose last step is over.
    pub completed: u64,
    /// Of those, the ones taken back because the comparison found them worse.
    pub judged: u64,
    /// Of those, the ones taken back because of an incident.
    pub stopped: u64,
    /// Of those, the ones that another change of the same setting replaced.
    pub replaced: u64,
    /// Of those, the ones under way at the end.
    pub under_way: u64,
    /// Judged worse although the new value fitted together with the others.
    pub fitting: u64,
    /// Requests that ended.
    pub ended: u64,
    /// Of those, the ones that met a setting which did not fit together with others.
    pub exposed: u64,
    /// Of those, the ones that failed.
    pub exposed_failed: u64,
}

impl StagedLedger {
    pub(super) fn laws(&self, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let StagedLedger { begun, completed, judged, stopped, replaced, under_way, .. } = *self;
        law(begun == completed + judged + stopped + replaced + under_way, &|| {
            format!(
                "staged rollouts {begun} = completed {completed} + judged worse {judged} + stopped {stopped} + replaced \
                 {replaced} + under way {under_way}"
            )
        });
        law(self.fitting <= judged, &|| format!("judged though fitting {} <= judged {judged}", self.fitting));
        law(self.exposed_failed <= self.exposed && self.exposed <= self.ended, &|| {
            format!(
                "exposed and failed {} <= exposed {} <= ended {}",
                self.exposed_failed, self.exposed, self.ended
            )
        });
    }
}

impl<'m> Staged<'m> {
    pub(super) fn new(model: &Model) -> Self {
        Staged {
            under_way: Vec::new(),
            plans: 0,
            epoch: 0,
            edges: model.edges.iter().map(|_| Vec::new()).collect(),
            services: model.services.iter().map(|_| Vec::new()).collect(),
            misfits: Vec::new(),
            met: Vec::new(),
        }
    }

    /// Whether some have other values than the rest.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether the latest change of a setting is on its way.
    pub(super) fn is_under_way(&self, setting: usize) -> bool {
        self.under_way.iter().any(|rollout| rollout.setting == setting)
    }

    /// A call as this client makes it.
    #[inline]
    pub(super) fn edge(&self, rest: &'m Model, id: EdgeId, client: u32) -> &'m Edge {
        &among(&self.edges[id], rest, client).edges[id]
    }

    /// What the instance at a place of a service lets in.
    #[inline]
    pub(super) fn admission(&self, rest: &'m Model, id: ServiceId, place: u32) -> &'m admission::Config {
        &among(&self.services[id], rest, place).services[id].admission
    }

    /// The values of those who have not got a new one yet.
    pub(super) fn rest(&self, values: &[u64]) -> Vec<u64> {
        let mut values = values.to_vec();
        for rollout in &self.under_way {
            values[rollout.setting] = rollout.before;
        }
        values
    }

    fn met(&mut self, id: CallId) -> &mut Met {
        let slot = id.0.slot as usize;
        if slot >= self.met.len() {
            self.met.resize(slot + 1, Met::default());
        }
        let met = &mut self.met[slot];
        if met.generation != id.0.generation {
            *met = Met { generation: id.0.generation, epoch: self.epoch, ..Met::default() };
        }
        met
    }

    /// A request meets a setting, at the instance at `place` of `of`.
    fn meet(&mut self, id: CallId, plan: &StagedConfig, setting: usize, place: u32, of: u32) {
        let rollout = self.under_way.iter().find(|rollout| rollout.setting == setting).copied();
        let is_misfit = self.misfits.contains(&setting);
        let met = self.met(id);
        let Some(rollout) = rollout else {
            met.bad |= is_misfit;
            return;
        };
        match place < having(plan, rollout.step, of) {
            true => (met.new, met.bad) = (met.new | 1 << setting, met.bad | rollout.is_bad),
            false => (met.old, met.bad) = (met.old | 1 << setting, met.bad | is_misfit),
        }
    }
}

/// The model of the one at `place`: the groups stand with the smallest first.
#[inline]
fn among<'m>(groups: &[(u32, &'m Model)], rest: &'m Model, place: u32) -> &'m Model {
    groups.iter().find(|(below, _)| place < *below).map_or(rest, |(_, model)| model)
}

/// How many of so many have the new value at a step.
fn having(plan: &StagedConfig, step: usize, of: u32) -> u32 {
    // A share such as 10% is no binary fraction: of 20 it is 2 and not 3.
    (plan.steps[step].get() * f64::from(of) - 1e-9).ceil() as u32
}

/// Those at places below the first number have the model of these values; smallest groups first.
fn groups<'m>(
    sizes: &[(usize, u64, u32)],
    rest: &[u64],
    shelf: &'m Shelf,
    start: &Model,
    plan: &Plan,
) -> Vec<(u32, &'m Model)> {
    let mut belows: Vec<u32> = sizes.iter().map(|(_, _, below)| *below).collect();
    belows.sort_unstable();
    belows.dedup();
    let group = |below: u32| {
        let mut values = rest.to_vec();
        for (setting, value, _) in sizes.iter().filter(|(_, _, to)| below <= *to) {
            values[*setting] = *value;
        }
        (below, shelf.model(&values, || made_of(start, plan, &values)))
    };
    belows.into_iter().map(group).collect()
}

/// How changes are staged; where they are not, nobody asks for steps.
fn steps(plan: &Plan) -> &StagedConfig {
    match &plan.rollout {
        RolloutConfig::Staged(staged) => staged,
        RolloutConfig::AtOnce | RolloutConfig::Watched(_) => {
            const {
                &StagedConfig {
                    steps: Vec::new(),
                    each: SimDuration::ZERO,
                    canary: crate::policy::canary::Config::None,
                }
            }
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A change begins at the first step. The value it leads to stands among the values already.
    pub(super) fn begin_rollout(&mut self, setting: usize, before: u64) {
        let plan = self.staged.plans;
        self.staged.plans += 1;
        let is_bad =
            misfits(self.start, self.owners_plan(), self.changes.values()).settings.contains(&setting);
        let (new, old) = Default::default();
        self.staged.under_way.push(Rollout { plan, setting, before, step: 0, is_bad, new, old });
        self.ledger.changes.staged.begun += 1;
        self.plan_step(plan);
    }

    fn plan_step(&mut self, plan: u32) {
        let each = steps(self.owners_plan()).each;
        self.schedule_timer(Lane::HEAP, self.now + each, Event::Change(ChangeEvent::Step { plan }));
    }

    /// A step is over.
    pub(super) fn on_step(&mut self, number: u32) {
        let plan = self.owners_plan();
        let staged = steps(plan);
        let Some(place) = self.staged.under_way.iter().position(|rollout| rollout.plan == number) else {
            return; // it was taken back
        };
        let rollout = &mut self.staged.under_way[place];
        let is_last = rollout.step + 1 == staged.steps.len();
        if is_last {
            self.staged.under_way.remove(place);
            self.ledger.changes.staged.completed += 1;
            return self.make();
        }
        if !staged.canary.waits(rollout.new, rollout.old) {
            (rollout.new, rollout.old) = Default::default();
            rollout.step += 1;
            self.renew_groups();
        }
        self.plan_step(number);
    }

    /// The change of this setting is on its way no more. Says whether it was.
    pub(super) fn end_rollout(&mut self, setting: usize) -> bool {
        let before = self.staged.under_way.len();
        self.staged.under_way.retain(|rollout| rollout.setting != setting);
        self.staged.under_way.len() < before
    }

    /// Who has which values has changed.
    pub(super) fn renew_groups(&mut self) {
        let (plan, start, model) = (self.owners_plan(), self.start, self.model);
        let shelf = self.changes.shelf();
        let staged = steps(plan);
        let values = self.changes.values();
        let rest = self.staged.rest(values);
        self.staged.epoch += 1;
        self.staged.misfits = misfits(start, plan, &rest).settings;
        let rollouts = &self.staged.under_way;
        let sizes = |what: &dyn Fn(&Knob) -> bool, of: u32| {
            let takes_part = rollouts.iter().filter(|rollout| what(&plan.settings[rollout.setting].what));
            let size = |r: &Rollout| (r.setting, values[r.setting], having(staged, r.step, of));
            takes_part.map(size).collect::<Vec<_>>()
        };
        let callers = start.edges.iter_ids().map(|(id, edge)| {
            let is_of = |knob: &Knob| {
                matches!(knob, Knob::Timeout(edges) | Knob::Attempts(edges) if edges.contains(&id))
            };
            groups(&sizes(&is_of, edge.clients), &rest, shelf, start, plan)
        });
        let edges = callers.collect();
        let servers = start.services.iter_ids().map(|(id, service)| {
            let is_of = |knob: &Knob| matches!(knob, Knob::Quota(of) if *of == id);
            groups(&sizes(&is_of, service.instances), &rest, shelf, start, plan)
        });
        let services = servers.collect();
        self.staged.edges = edges;
        let before = std::mem::replace(&mut self.staged.services, services);
        // Whose quota has changed begins to count afresh.
        for (id, service) in model.services.iter_ids() {
            for place in 0..service.instances {
                let then = &among(&before[id], model, place).services[id].admission;
                let now = self.staged.admission(model, id, place);
                if then != now {
                    let server = &mut self.servers[service.instance(place)];
                    server.admission = admission::State::new(now);
                    server.admission.restart(now, self.now);
                }
            }
        }
    }

    /// The request that a call belongs to, as long as somebody waits for it.
    fn request_of(&self, mut id: CallId) -> Option<CallId> {
        loop {
            self.calls.get(id.0)?;
            match self.contexts[id.0.slot as usize].parent {
                Parent::Visitor | Parent::User(_) | Parent::Member(_) | Parent::Holder(_) => return Some(id),
                Parent::Hedge(of, _) => id = of,
                Parent::Task(task) => id = self.attempts.get(self.tasks.get(task.0)?.attempt.0)?.call,
                Parent::Check(_) | Parent::Connect(_) | Parent::Replica | Parent::Intruder => return None,
            }
        }
    }

    /// An attempt is sent: its request meets the settings of the call.
    pub(super) fn meet_call(&mut self, id: CallId) {
        let Some(call) = self.calls.get(id.0) else { return };
        let (edge, client) = (call.edge, call.client);
        let Some(request) = self.request_of(id) else { return };
        let (plan, of) = (self.owners_plan(), self.model.edges[edge].clients);
        for (number, setting) in plan.settings.iter().enumerate() {
            if matches!(&setting.what, Knob::Timeout(edges) | Knob::Attempts(edges) if edges.contains(&edge))
            {
                self.staged.meet(request, steps(plan), number, client, of);
            }
        }
    }

    /// An attempt has come to an instance: its request meets the quota, if there is one.
    pub(super) fn meet_quota(&mut self, call: CallId, instance: InstanceId) {
        let id = self.servers[instance].service;
        let plan = self.owners_plan();
        let is_quota = |what: &Knob| matches!(what, Knob::Quota(service) if *service == id);
        let Some(number) = plan.settings.iter().position(|setting| is_quota(&setting.what)) else { return };
        let Some(request) = self.request_of(call) else { return };
        let service = &self.model.services[id];
        let place = service.place(instance);
        self.staged.meet(request, steps(plan), number, place, service.instances);
    }

    /// A request of a user has ended: what had it met, and does it prove something?
    pub(super) fn note_exposure(&mut self, id: CallId, is_good: bool) {
        let met = *self.staged.met(id);
        let ledger = &mut self.ledger.changes.staged;
        ledger.ended += 1;
        ledger.exposed += u64::from(met.bad);
        ledger.exposed_failed += u64::from(met.bad && !is_good);
        if met.epoch != self.staged.epoch || met.new | met.old == 0 {
            return;
        }
        let canary = steps(self.owners_plan()).canary;
        let mut worse = None;
        for rollout in &mut self.staged.under_way {
            let bit = 1 << rollout.setting;
            match (met.new & bit != 0, met.old & bit != 0) {
                (true, _) => rollout.new.count(is_good),
                (false, true) => rollout.old.count(is_good),
                (false, false) => continue,
            }
            if worse.is_none() && canary.is_worse(rollout.new, rollout.old) {
                worse = Some(*rollout);
            }
        }
        if let Some(rollout) = worse {
            let ledger = &mut self.ledger.changes.staged;
            ledger.judged += 1;
            ledger.fitting += u64::from(!rollout.is_bad);
            self.take_back(rollout.setting);
        }
    }

    pub(super) fn close_staged(&mut self) {
        self.ledger.changes.staged.under_way = self.staged.under_way.len() as u64;
    }
}
