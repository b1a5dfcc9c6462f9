//! Can this instance read what that one wrote? Attempts bear the version of their writer; a worker finds out.

use super::Simulation;
use super::state::{Attempt, Parent, Work};
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, IdVec, InstanceId, ServiceId};
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::{Aside, Observation, Probe, Told};
use crate::model::Model;
use crate::policy::Outcome;
use crate::time::SimDuration;

/// Who wrote something, and in which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    by: ServiceId,
    version: u8,
}

/// What versions of services come to.
#[derive(Debug)]
pub(super) struct Versions {
    /// Whether there are any.
    pub(super) exist: bool,
    /// What was taken, and of that unreadable, at each service up to the last reading of gauges.
    read: IdVec<ServiceId, [u64; 2]>,
}

/// What a service with versions has taken up of what versions wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionLedger {
    /// Attempts that bear a version and were taken by a worker.
    pub taken: u64,
    /// Of these, those it could read.
    pub readable: u64,
    /// And those it could not.
    pub unreadable: u64,
}

impl VersionLedger {
    pub(super) fn laws(&self, id: ServiceId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        law(self.taken == self.readable + self.unreadable, &|| {
            format!(
                "{id:?}: taken with a version {} = readable {} + unreadable {}",
                self.taken, self.readable, self.unreadable
            )
        });
    }
}

impl Versions {
    pub(super) fn new(model: &Model) -> Self {
        Versions {
            exist: model.versions.iter().any(Option::is_some),
            read: model.services.iter().map(|_| [0; 2]).collect(),
        }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    fn version_of(&self, instance: InstanceId) -> Option<Written> {
        let by = self.servers[instance].service;
        let service = &self.model.services[by];
        let versions = self.model.versions[by].as_ref()?;
        Some(Written { by, version: versions.at(service.place(instance), service.instances, self.now) })
    }

    /// What an attempt of this call bears: the version of the instance that sends it.
    pub(super) fn written_by(&self, call: CallId) -> Option<Written> {
        if !self.versions.exist {
            return None;
        }
        let mut parent = self.contexts[call.0.slot as usize].parent;
        if let Parent::Hedge(of, _) = parent {
            parent = self.contexts[of.0.slot as usize].parent;
        }
        let Parent::Task(task) = parent else { return None };
        self.version_of(self.tasks.get(task.0)?.instance)
    }

    /// A worker takes an attempt. If it cannot make anything of it, it is done with it at once.
    pub(super) fn cannot_read(&mut self, id: AttemptId, waited: SimDuration) -> bool {
        let Attempt { instance, luck, call, .. } = *self.attempts.get(id.0).expect("it was taken");
        let Some(written) = self.errands[id.0.slot as usize].written else { return false };
        let Some(own) = self.version_of(instance) else { return false };
        let versions = self.model.versions[own.by].as_ref().expect("it has a version");
        let can_read = versions.can_read(own.version, written.by, written.version);
        let told = Told::Version {
            writer: written.by,
            wrote: written.version,
            reader: own.by,
            reads: own.version,
            can_read,
        };
        self.aside(id, Aside::Tells(told));
        let ledger = &mut self.ledger.versions[own.by];
        ledger.taken += 1;
        if can_read {
            ledger.readable += 1;
            return false;
        }
        ledger.unreadable += 1;
        self.attempts.get_mut(id.0).expect("it was taken").outcome = Outcome::ServerError;
        let started = Observation::Started { attempt: id, service: own.by, waited, service_time: None };
        self.probe.observe(self.now, started);
        self.schedule_work(instance, Work::Attempt(id, call.0.slot), SimDuration::ZERO, luck, Lane::HEAP);
        true
    }

    /// What was read since the last reading, and which share of the instances is at a new version.
    pub(super) fn read_versions(&mut self, readings: &mut Vec<Reading>) {
        if !self.versions.exist {
            return;
        }
        for id in self.model.services.ids() {
            let Some(versions) = &self.model.versions[id] else { continue };
            let of = Holder::Service(id);
            let service = &self.model.services[id];
            let is_new = |place: u32| versions.at(place, service.instances, self.now) != 0;
            let new = (0..service.instances).filter(|place| is_new(*place)).count() as f64;
            let share = Some(new / f64::from(service.instances));
            readings.push(Reading { of, name: "new_version_share", value: share });
            if versions.reads.is_empty() {
                continue;
            }
            let ledger = &self.ledger.versions[id];
            let all = [ledger.taken, ledger.unreadable];
            let [taken, unreadable] = std::mem::replace(&mut self.versions.read[id], all);
            let since = [("messages_read", all[0] - taken), ("decode_errors", all[1] - unreadable)];
            readings.extend(since.map(|(name, count)| Reading { of, name, value: Some(count as f64) }));
        }
    }
}
