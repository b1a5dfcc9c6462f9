//! What may an operator change while a system runs? Each set of changes that can be on becomes a model of its
//! own, which the run switches to: numbers and policies may differ, ids may not.

use std::borrow::Cow;

use super::{Problems, build_system, faults};
use crate::ids::{Id, IdVec, InstanceId, ServiceId, WorkloadId};
use crate::model::action::{self, Action, ActionConfig, Bound, ConditionConfig, Level, StageConfig, Start};
use crate::model::endpoint::{Program, Step};
use crate::model::service::{Service, ServiceConfig};
use crate::model::{Model, Named, Problem, SystemConfig};
use crate::policy::autoscaler;
use crate::time::{SimDuration, SimTime};

/// The system with places for as many instances as any stage has.
pub(super) fn with_room(config: &SystemConfig) -> Cow<'_, SystemConfig> {
    let mut roomy = Cow::Borrowed(config);
    for (k, (name, service)) in config.services.0.iter().enumerate() {
        let counts =
            config.stages.iter().filter_map(|stage| stage.services.get(name)).map(ServiceConfig::places);
        let most = counts.clone().max().unwrap_or(0).max(service.places());
        if counts.into_iter().any(|count| count != service.places()) {
            roomy.to_mut().services.0[k].1.room = most;
            for stage in &mut roomy.to_mut().stages {
                if let Some((_, service)) = stage.services.0.iter_mut().find(|(n, _)| n == name) {
                    service.room = most;
                }
            }
        }
    }
    roomy
}

/// The model of each stage of `base`, which is none if it has problems of its own. Those of a stage have its
/// number before their path.
pub(super) fn stages(
    config: &SystemConfig,
    base: Option<&Model>,
    known: &[Problem],
) -> Result<Vec<(u64, Model)>, Vec<Problem>> {
    let (mut models, mut found) = (Vec::new(), Vec::new());
    for (k, stage) in config.stages.iter().enumerate() {
        let system = SystemConfig {
            services: stage.services.clone(),
            workloads: stage.workloads.clone(),
            faults: config.faults.clone(),
            zones: config.zones.clone(),
            horizon: config.horizon,
            ..SystemConfig::default()
        };
        let mut problems = Problems::default();
        same_names("services", "service", &config.services, &stage.services, &mut problems);
        same_names("workloads", "workload", &config.workloads, &stage.workloads, &mut problems);
        let has_same_names = problems.0.is_empty();
        fixed_settings(config, stage, &mut problems);
        let mut model = None;
        if has_same_names {
            let is_same_build = problems.0.is_empty();
            model = build_system(&system, &mut problems);
            problems.0.retain(|problem| !known.contains(problem));
            if let (Some(base), Some(model), true) = (base, &model, is_same_build) {
                fixed_build(base, model, &mut problems);
            }
        }
        found.extend(problems.0.into_iter().map(|p| Problem { path: format!("stages/{k}/{}", p.path), ..p }));
        models.extend(model.map(|model| (stage.on, model)));
    }
    match found.is_empty() {
        true => Ok(models),
        false => Err(found),
    }
}

/// What is there stays, and nothing joins it.
fn same_names<T>(family: &str, what: &str, before: &Named<T>, after: &Named<T>, problems: &mut Problems) {
    for name in after.names().filter(|name| before.get(name).is_none()) {
        problems.0.push(Problem {
            path: format!("{family}/{name}"),
            message: format!("there is no {what} `{name}`, and an action cannot add one to a running system"),
            candidates: before.names().map(str::to_owned).collect(),
        });
    }
    for name in before.names().filter(|name| after.get(name).is_none()) {
        let message = format!("an action cannot take the {what} `{name}` away from a running system");
        problems.add(format!("{family}/{name}"), message);
    }
}

/// Settings that stay as they are, compared as the file has them.
fn fixed_settings(config: &SystemConfig, stage: &StageConfig, problems: &mut Problems) {
    let mut fixed = |path: String, what: &str, is_same: bool| {
        if !is_same {
            problems.add(path, format!("an action cannot change {what} in a running system"));
        }
    };
    for (name, before) in config.services.iter() {
        let Some(after) = stage.services.get(name) else { continue };
        let mut fixed = |field: &str, what: &str, is_same: bool| {
            fixed(format!("services/{name}/{field}"), what, is_same);
        };
        fixed("zones", "where instances stand", before.zones == after.zones);
        fixed("caches", "a cache", before.caches == after.caches);
        let links = |service: &ServiceConfig| -> Vec<_> {
            service.pools.iter().map(|(_, pool)| pool.links.clone()).collect()
        };
        fixed("pools", "over which links answers come", links(before) == links(after));
        let writes = |service: &ServiceConfig| service.follows.as_ref().map(|follows| follows.writes.clone());
        fixed("follows", "who follows whom", writes(before) == writes(after));
        fixed("versions", "which versions there are (`rollout` does)", before.versions == after.versions);
        fixed("records", "what is recorded", before.records == after.records);
        fixed("connections", "what becomes of connections", before.connections == after.connections);
        let is_same = before.queue.is_shared() == after.queue.is_shared();
        fixed("queue", "whether all in service share the workers", is_same);
        fixed("memory", "whether memory is limited", before.memory.is_some() == after.memory.is_some());
        fixed("repair", "whether lost data are copied", before.repair.is_some() == after.repair.is_some());
        fixed("background", "which jobs there are", before.background.names().eq(after.background.names()));
        fixed("pools", "which pools there are", before.pools.names().eq(after.pools.names()));
        let is_same = before.endpoints.names().eq(after.endpoints.names());
        fixed("endpoints", "which endpoints there are", is_same);
        let (then, now) = (&before.lifecycle, &after.lifecycle);
        let is_same = then.readiness.is_some() == now.readiness.is_some();
        fixed("lifecycle/readiness", "whether there is a probe", is_same);
        let is_same = then.liveness.is_some() == now.liveness.is_some();
        fixed("lifecycle/liveness", "whether there is a probe", is_same);
        let kind = |service: &ServiceConfig| std::mem::discriminant(&service.autoscaler);
        fixed("autoscaler", "who decides how many instances there are", kind(before) == kind(after));
        let is_by_hand = before.autoscaler == autoscaler::Config::None;
        let is_same = is_by_hand || before.instances == after.instances;
        fixed("instances", "how many instances there are, because the autoscaler does,", is_same);
    }
    for (name, before) in config.workloads.iter() {
        let Some(after) = stage.workloads.get(name) else { continue };
        let mut fixed = |field: &str, what: &str, is_same: bool| {
            fixed(format!("workloads/{name}/{field}"), what, is_same);
        };
        fixed("arrivals", "how users come (`pause` keeps them away)", before.arrivals == after.arrivals);
        fixed("clients", "how many clients there are", before.clients == after.clients);
        fixed("keys", "what requests are about", before.keys == after.keys);
        fixed("tenants", "on whose behalf requests come", before.tenants == after.tenants);
        fixed("pools", "which pools there are", before.pools.names().eq(after.pools.names()));
        fixed("zone", "where clients stand", before.zone == after.zone);
    }
}

/// What follows from the settings and has to be the same for ids to mean the same.
fn fixed_build(base: &Model, stage: &Model, problems: &mut Problems) {
    let mut fixed = |path: &str, is_same: bool, what: &str| {
        if !is_same {
            problems.add(path, format!("an action cannot change {what} in a running system"));
        }
    };
    let same_steps = |service: ServiceId| {
        let of = |model: &Model| -> Vec<std::mem::Discriminant<Program>> {
            let own = model.endpoints.iter().filter(|endpoint| endpoint.service == service);
            own.map(|endpoint| std::mem::discriminant(&endpoint.program)).collect()
        };
        of(base) == of(stage)
    };
    for (id, service) in base.services.iter_ids() {
        let path = format!("services/{}", service.name);
        fixed(&path, same_steps(id), "whether a service has steps");
        let (before, after) = (service, &stage.services[id]);
        fixed(
            &path,
            before.pace.is_some() == after.pace.is_some(),
            "whether the speed of an instance depends on its load",
        );
        let order = before.first_instance == after.first_instance && before.instances == after.instances;
        debug_assert!(order, "both have room for the same instances");
    }
    let kinds = |model: &Model| -> Vec<(std::mem::Discriminant<Step>, Vec<usize>)> {
        model.steps.iter().map(|step| (std::mem::discriminant(step), inner(step))).collect()
    };
    let same = kinds(base) == kinds(stage) && base.edges.len() == stage.edges.len();
    fixed("services", same, "which steps there are");
    let checks = |model: &Model| -> Vec<_> {
        model.checks.iter().map(|check| (check.kind, check.service, check.edge)).collect()
    };
    if !same {
        return;
    }
    for (before, after) in base.edges.iter().zip(stage.edges.iter()) {
        let path = &before.path;
        fixed(&format!("{path}/to"), before.endpoint == after.endpoint, "what is called");
        fixed(&format!("{path}/pool"), before.pool == after.pool, "whether a call needs a slot of a pool");
        let (own, other) = (&before.pipeline, &after.pipeline);
        fixed(&format!("{path}/pipeline"), own.order == other.order, "the order of the policies of a call");
        let scopes = own.bulkhead.scope() == other.bulkhead.scope();
        fixed(&format!("{path}/bulkhead"), scopes, "who shares a bulkhead");
        fixed(
            &format!("{path}/network"),
            before.has_network == after.has_network,
            "whether there is a network",
        );
        let health = |edge: &crate::model::edge::Edge| edge.chooser.targets.health_check.is_some();
        let health = health(before) == health(after);
        fixed(&format!("{path}/targets/health_check"), health, "whether there are health checks");
        let outliers = before.chooser.interval().is_some() == after.chooser.interval().is_some();
        fixed(&format!("{path}/targets/outlier_detection"), outliers, "whether there is outlier detection");
    }
    fixed("services", checks(base) == checks(stage), "which probes and health checks there are");
}

/// Ids that a step holds.
fn inner(step: &Step) -> Vec<usize> {
    match step {
        Step::Compute { .. } | Step::Put { .. } => Vec::new(),
        Step::Call { edge, .. } => vec![edge.index()],
        Step::Serial { steps } | Step::Parallel { steps, .. } => {
            steps.iter().map(|step| step.index()).collect()
        }
        Step::FanOut { step, .. } | Step::Repeat { step, .. } | Step::Spawn { step, .. } => {
            vec![step.index()]
        }
        Step::Maybe { step, otherwise, .. } | Step::Fallback { step, otherwise, .. } => {
            vec![step.index(), otherwise.index()]
        }
        Step::Cached { .. } => Vec::new(),
        Step::Read { records } | Step::Write { records } => vec![records.index()],
    }
}

pub(super) fn lower(
    config: &SystemConfig,
    services: &IdVec<ServiceId, Service>,
    problems: &mut Problems,
) -> Vec<Action> {
    if !config.actions.is_empty() && action::stages(&config.actions).is_none() {
        let message = format!(
            "these actions can be on together in more than {} ways; give more of them a moment (`at`) instead of a \
             condition (`when`), or let fewer change settings",
            action::MAX_STAGES
        );
        problems.add("actions", message);
    }
    let lower = |(k, (name, action)): (usize, (&str, &ActionConfig))| {
        let path = format!("actions/{name}");
        let mut lowering = Lowering { config, services, path: &path, problems };
        lowering.action(k, name, action)
    };
    config.actions.iter().enumerate().filter_map(lower).collect()
}

struct Lowering<'a> {
    config: &'a SystemConfig,
    services: &'a IdVec<ServiceId, Service>,
    path: &'a str,
    problems: &'a mut Problems,
}

impl Lowering<'_> {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.problems.add(format!("{}{field}", self.path), message);
    }

    fn action(&mut self, k: usize, name: &str, action: &ActionConfig) -> Option<Action> {
        if action.apply.is_none() && action.restart.is_none() && action.pause.is_none() {
            self.add("", "the action says when, but not what; add `apply`, `restart` or `pause`");
        }
        if action.length.is_some() && action.apply.is_none() && action.pause.is_none() {
            self.add("/for", "a restart takes as long as it takes; remove `for`, or add `apply` or `pause`");
        }
        if action.length == Some(SimDuration::ZERO) {
            self.add("/for", "for no time nothing changes; write a duration above zero, or remove `for`");
        }
        if action.reaction_time > SimDuration::ZERO && action.when.is_none() {
            let message = "nobody reacts to anything: the action has its moment in `at`; remove `reaction_time`, or write what \
                           is waited for in `when`";
            self.add("/reaction_time", message);
        }
        let start = self.start(action);
        let restarted = match &action.restart {
            None => Some(Vec::new()),
            Some(restart) => faults::restarted(self.config, self.services, self.path, restart, self.problems),
        };
        let paused = match &action.pause {
            None => Some(None),
            Some(pause) => {
                let path = format!("{}/pause/workload", self.path);
                let found = self.problems.find(path, "workload", &pause.workload, &self.config.workloads);
                found.map(|k| Some(WorkloadId::from_index(k)))
            }
        };
        let bit = if action.apply.is_some() { 1u64.checked_shl(k as u32).unwrap_or(0) } else { 0 };
        let restarted: Vec<InstanceId> = restarted?;
        Some(Action {
            name: name.to_owned(),
            start: start?,
            reaction_time: action.reaction_time,
            length: action.length,
            bit,
            restarted,
            paused: paused?,
        })
    }

    fn start(&mut self, action: &ActionConfig) -> Option<Start> {
        match (action.at, &action.when) {
            (None, None) => {
                self.add("", "when is it done? Add `at: 60s`, or a condition in `when`");
                None
            }
            (Some(_), Some(_)) => {
                self.add("/when", "the action has a moment already; remove `at` or `when`");
                None
            }
            (Some(at), None) if at >= self.config.horizon => {
                let message = format!(
                    "the action is done at {at}, but the run ends at {}; it would never happen",
                    self.config.horizon
                );
                self.add("/at", message);
                None
            }
            (Some(at), None) => Some(Start::At(SimTime::ZERO + at)),
            (None, Some(when)) => self.condition(when),
        }
    }

    fn condition(&mut self, when: &ConditionConfig) -> Option<Start> {
        let (above, below, length) = when.bounds();
        let path = format!("/when/{}", when.word());
        let bound = match (above, below) {
            (Some(above), None) => Some(Bound::Above(above)),
            (None, Some(below)) => Some(Bound::Below(below)),
            (None, None) => {
                self.add(&path, "too high or too low? Add `above: 100` or `below: 0.5`");
                None
            }
            (Some(_), Some(_)) => {
                self.add(&path, "a condition has one bound; remove `above` or `below`");
                None
            }
        };
        let service = |lowering: &mut Self, name: &str| {
            let path = format!("{}{path}/service", lowering.path);
            let found = lowering.problems.find(path, "service", name, &lowering.config.services);
            found.map(ServiceId::from_index)
        };
        let level = match when {
            ConditionConfig::QueueLength(level) => Level::QueueLength(service(self, &level.service)?),
            ConditionConfig::ReadyInstances(level) => Level::ReadyInstances(service(self, &level.service)?),
            ConditionConfig::Alert(alert) => {
                let path = format!("{}{path}/monitor", self.path);
                let found = self.problems.find(path, "monitor", &alert.monitor, &self.config.monitors);
                Level::Alert(found? as u32)
            }
            ConditionConfig::Success(_) => {
                let never = match bound? {
                    Bound::Above(bound) => bound >= 1.0,
                    Bound::Below(bound) => bound <= 0.0,
                };
                if never {
                    self.add(&path, "success is a share from 0 to 1; it never gets there");
                }
                Level::Success
            }
        };
        Some(Start::When(level, bound?, length))
    }
}
