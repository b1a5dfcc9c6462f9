//! Which settings do owners change, and do they fit together at the start? Names become calls and services.

use super::{Problems, unique_keys};
use crate::ids::{EdgeId, Id, IdVec, ServiceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::change::{
    Changes, ChangesConfig, ContractConfig, Knob, Owner, RolloutConfig, Setting, SettingConfig, StagedConfig,
};
use crate::model::edge::{Edge, EdgeCaller};
use crate::model::service::Service;
use crate::policy::{admission, hedging};
use crate::time::SimDuration;

/// Most requests that an incident looks back at.
const MAX_LAST: u32 = 10_000;
/// Most steps of a rollout.
const MAX_STEPS: usize = 20;
/// Most settings whose changes can be staged: a request remembers which it met in a word of bits.
const MAX_STAGED: usize = 64;

pub(super) fn lower(
    config: &SystemConfig,
    services: &IdVec<ServiceId, Service>,
    edges: &IdVec<EdgeId, Edge>,
    problems: &mut Problems,
) -> Option<Box<Changes>> {
    let changes = config.changes.as_ref()?;
    if !config.actions.is_empty() {
        problems.add(
            "changes",
            "operators (`actions`) and owners (`changes`) both exchange the system; use one of them",
        );
    }
    if changes.owners.is_empty() {
        problems.add("changes/owners", "nobody changes anything; name an owner, or remove `changes`");
    }
    check(changes, problems);
    let mut lowering = Lowering { config, services, edges, problems, settings: Vec::new() };
    let owners = lowering.owners(changes)?;
    let settings = lowering.settings;
    if let RolloutConfig::Staged(_) = &changes.rollout {
        check_instances(&settings, services, edges, problems);
    }
    let of_last = changes.incident.of_last.get();
    let most = (1.0 - changes.incident.below.get()) * f64::from(of_last);
    let rate = |(index, (_, workload)): (usize, (&str, &crate::model::workload::WorkloadConfig))| {
        Some((WorkloadId::from_index(index), workload.arrivals.rate()?.highest()))
    };
    Some(Box::new(Changes {
        owners,
        settings,
        is_checked: changes.contract == ContractConfig::Checked,
        rollout: changes.rollout.clone(),
        // Half a request of slack against rounding of the product.
        incident: ((most + 1e-9) as u32, of_last),
        repair: changes.repair.sampler(),
        rates: config.workloads.iter().enumerate().filter_map(rate).collect(),
        key: 0,
    }))
}

fn check(changes: &ChangesConfig, problems: &mut Problems) {
    problems.distribution("changes/repair".to_owned(), Some(&changes.repair));
    if changes.incident.of_last.get() > MAX_LAST {
        problems.add("changes/incident/of_last", format!("at most {MAX_LAST} requests are remembered"));
    }
    if changes.incident.below.get() == 0.0 {
        let message = "less than nothing is never answered; write a share above 0, such as `80%`";
        problems.add("changes/incident/below", message);
    }
    match &changes.rollout {
        RolloutConfig::Watched(watched) if watched.watch == SimDuration::ZERO => {
            let message = "nobody would see anything; write a duration above zero, or `rollout: at_once`";
            problems.add("changes/rollout/watched/watch", message);
        }
        RolloutConfig::Staged(staged) => check_steps(staged, problems),
        RolloutConfig::AtOnce | RolloutConfig::Watched(_) => {}
    }
}

fn check_steps(staged: &StagedConfig, problems: &mut Problems) {
    let path = "changes/rollout/staged";
    let steps: Vec<f64> = staged.steps.iter().map(|step| step.get()).collect();
    let rises = steps.windows(2).all(|pair| pair[0] < pair[1]);
    if steps.is_empty() || steps.len() > MAX_STEPS {
        let message =
            format!("there are from one to {MAX_STEPS} steps; write shares such as `[5%, 25%, 100%]`");
        problems.add(format!("{path}/steps"), message);
    } else if steps[0] <= 0.0 || !rises || steps.last() != Some(&1.0) {
        let message = "the shares do not rise from above 0% to 100%; write such as `[5%, 25%, 100%]`";
        problems.add(format!("{path}/steps"), message);
    }
    if staged.each == SimDuration::ZERO {
        let message = "steps of no time are none; write a duration above zero, or `rollout: at_once`";
        problems.add(format!("{path}/each"), message);
    }
    problems.policy(&format!("{path}/canary"), staged.canary.check());
}

/// Whether there is something to stage.
fn check_instances(
    settings: &[Setting],
    services: &IdVec<ServiceId, Service>,
    edges: &IdVec<EdgeId, Edge>,
    problems: &mut Problems,
) {
    let is_one = |setting: &Setting| match &setting.what {
        Knob::Timeout(calls) | Knob::Attempts(calls) => calls.iter().all(|id| edges[*id].clients <= 1),
        Knob::Quota(service) => services[*service].instances <= 1,
    };
    if settings.iter().all(is_one) {
        let message = "everything that is changed belongs to a single instance, which cannot be staged; give the services more \
                       `instances`, or write `rollout: {watched: {watch: 4h}}`";
        problems.add("changes/rollout/staged", message);
    }
    if settings.len() > MAX_STAGED {
        problems.add("changes/rollout/staged", format!("at most {MAX_STAGED} settings can be staged"));
    }
}

struct Lowering<'a> {
    config: &'a SystemConfig,
    services: &'a IdVec<ServiceId, Service>,
    edges: &'a IdVec<EdgeId, Edge>,
    problems: &'a mut Problems,
    settings: Vec<Setting>,
}

impl Lowering<'_> {
    /// None if something is wrong, which is told.
    fn owners(&mut self, changes: &ChangesConfig) -> Option<Vec<Owner>> {
        let known = self.problems.0.len();
        let keys = unique_keys(changes.owners.names());
        let mut owners = Vec::new();
        for (number, ((name, owner), key)) in changes.owners.iter().zip(keys).enumerate() {
            let path = format!("changes/owners/{name}");
            self.problems.distribution(format!("{path}/every"), Some(&owner.every));
            if owner.every.mean_secs().is_none_or(|mean| mean < 1.0) {
                let message = "changes come at least a second after one another; write a mean such as `36h`";
                self.problems.add(format!("{path}/every"), message);
            }
            if owner.settings.is_empty() {
                let message = "the owner has nothing to change; add a setting, such as `timeout: {from: a, to: b, values: [1s, 2s]}`";
                self.problems.add(format!("{path}/settings"), message);
            }
            let first = self.settings.len();
            for (k, setting) in owner.settings.iter().enumerate() {
                self.setting(number, &format!("{path}/settings/{k}"), setting);
            }
            let settings = (first..self.settings.len()).collect();
            owners.push(Owner { name: name.to_owned(), every: owner.every.sampler(), settings, key });
        }
        (self.problems.0.len() == known).then_some(owners)
    }

    fn setting(&mut self, owner: usize, path: &str, setting: &SettingConfig) {
        let lowered = match setting {
            SettingConfig::Timeout(timeout) => {
                let path = format!("{path}/timeout");
                if timeout.values.contains(&SimDuration::ZERO) {
                    let message = "a timeout of zero lets nothing through; write durations above zero";
                    self.problems.add(format!("{path}/values"), message);
                }
                let values: Vec<u64> = timeout.values.iter().map(|value| value.as_nanos()).collect();
                self.calls(&path, &timeout.from, &timeout.to).and_then(|edges| {
                    let Some(start) = self.edges[edges[0]].attempt_timeout else {
                        let message = "the calls have no timeout that could be changed; add `timeouts: {attempt: 1s}` to them";
                        self.problems.add(&path, message);
                        return None;
                    };
                    Some((path, Knob::Timeout(edges), values, start.as_nanos()))
                })
            }
            SettingConfig::Attempts(attempts) => {
                let path = format!("{path}/attempts");
                let values: Vec<u64> = attempts.values.iter().map(|value| u64::from(value.get())).collect();
                self.calls(&path, &attempts.from, &attempts.to).and_then(|edges| {
                    let retry = &self.edges[edges[0]].retry;
                    if *retry == crate::policy::retry::Config::None {
                        let message = "the calls are not tried again; add `retry: {immediate: {max_attempts: 2}}` to them";
                        self.problems.add(&path, message);
                        return None;
                    }
                    let start = u64::from(retry.max_attempts());
                    Some((path, Knob::Attempts(edges), values, start))
                })
            }
            SettingConfig::Quota(quota) => {
                let path = format!("{path}/quota");
                let values: Vec<u64> = quota.values.iter().map(|value| u64::from(value.get())).collect();
                let found = self.problems.find(
                    format!("{path}/service"),
                    "service",
                    &quota.service,
                    &self.config.services,
                );
                found.and_then(|found| {
                    let id = ServiceId::from_index(found);
                    let admission::Config::FixedWindow(window) = &self.services[id].admission else {
                        let message = format!(
                            "`{0}` has no quota; add `admission: {{fixed_window: {{limit: 100, window: 1h}}}}` to service \
                             `{0}`",
                            quota.service
                        );
                        self.problems.add(format!("{path}/service"), message);
                        return None;
                    };
                    let start = u64::from(window.limit.get());
                    Some((path, Knob::Quota(id), values, start))
                })
            }
        };
        let Some((path, what, values, start)) = lowered else { return };
        if values.is_empty() {
            self.problems.add(format!("{path}/values"), "there is no value to choose; write some");
        }
        if self.settings.iter().any(|other| other.what == what) {
            self.problems
                .add(path, "this setting is changed at another place of `changes` already; it has one owner");
        }
        self.settings.push(Setting { owner, what, values, start });
    }

    /// The calls from one to another, which have the same timeout and attempts.
    fn calls(&mut self, path: &str, from: &str, to: &str) -> Option<Vec<EdgeId>> {
        let to_id = self.problems.find(format!("{path}/to"), "service", to, &self.config.services)?;
        let caller = match (self.config.services.position(from), self.config.workloads.position(from)) {
            (Some(service), _) => EdgeCaller::Service(ServiceId::from_index(service)),
            (None, Some(workload)) => EdgeCaller::Workload(WorkloadId::from_index(workload)),
            (None, None) => {
                let names = self.config.services.names().chain(self.config.workloads.names());
                self.problems.find_name(format!("{path}/from"), "service or workload", from, names);
                return None;
            }
        };
        let is_one = |edge: &Edge| edge.caller == caller && edge.to.index() == to_id;
        let calls: Vec<EdgeId> =
            self.edges.iter_ids().filter(|(_, edge)| is_one(edge)).map(|(id, _)| id).collect();
        let Some(first) = calls.first() else {
            self.problems.add(path, format!("`{from}` does not call `{to}`"));
            return None;
        };
        let first = &self.edges[*first];
        let same = |id: &EdgeId| {
            let edge = &self.edges[*id];
            edge.attempt_timeout == first.attempt_timeout && edge.retry == first.retry
        };
        if !calls.iter().all(same) {
            let message =
                format!("the calls from `{from}` to `{to}` differ in timeout or retry; make them alike");
            self.problems.add(path, message);
            return None;
        }
        if calls.iter().any(|id| self.edges[*id].hedging != hedging::Config::None) {
            let message = format!(
                "the calls from `{from}` to `{to}` are hedged, which has times of its own; remove one of the two"
            );
            self.problems.add(path, message);
            return None;
        }
        Some(calls)
    }
}
