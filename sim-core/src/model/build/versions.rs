//! Which versions meet, and can they read each other? Every pair must be in the matrix; gates are asked here, because
//! what they know is known before the run.

use super::Problems;
use super::calls::Calls;
use crate::ids::{FaultId, Id, IdVec, ServiceId};
use crate::model::SystemConfig;
use crate::model::edge::EdgeCaller;
use crate::model::fault::FaultConfig;
use crate::model::version::{Change, Compatibility, Gate, MAX_VERSIONS, RolloutFault, Versions};
use crate::time::SimTime;

type All = IdVec<ServiceId, Option<Versions>>;

pub(super) fn lower(config: &SystemConfig, calls: &Calls, problems: &mut Problems) -> All {
    let mut all: All = config
        .services
        .iter()
        .map(|(name, service)| {
            let versions = service.versions.as_ref()?;
            if versions.start.is_empty() {
                let message = "which version runs at the start? Write a name, such as `start: v1`";
                problems.add(format!("services/{name}/versions/start"), message);
                return None;
            }
            let mut names = vec![versions.start.clone()];
            for (_, rollout, _) in rollouts(config).filter(|(_, rollout, _)| rollout.service == name) {
                if !rollout.to.is_empty() && !names.contains(&rollout.to) {
                    names.push(rollout.to.clone());
                }
            }
            if names.len() > MAX_VERSIONS {
                let message =
                    format!("{} versions of one service; at most {MAX_VERSIONS} are simulated", names.len());
                problems.add(format!("services/{name}/versions"), message);
                return None;
            }
            Some(Versions { names, changes: Vec::new(), refused: Vec::new(), reads: Vec::new() })
        })
        .collect();
    for (name, rollout, _) in rollouts(config) {
        let path = format!("faults/{name}/rollout/service");
        if rollout.to.is_empty() {
            let message = "to which version? Write a name, such as `to: v2`";
            problems.add(format!("faults/{name}/rollout/to"), message);
        }
        if config.services.get(&rollout.service).is_some_and(|service| service.versions.is_none()) {
            let message = format!(
                "`{0}` has no versions to change; write `versions: {{start: v1}}` at service `{0}`",
                rollout.service
            );
            problems.add(path, message);
        }
    }
    matrices(config, calls, &mut all, problems);
    changes(config, &mut all);
    all
}

/// The rollouts of a file: name, settings, the fault.
fn rollouts(config: &SystemConfig) -> impl Iterator<Item = (&str, &RolloutFault, &FaultConfig)> {
    config.faults.iter().filter_map(|(name, fault)| Some((name, fault.rollout.as_ref()?, fault)))
}

/// What each service makes of what those who call it write.
fn matrices(config: &SystemConfig, calls: &Calls, all: &mut All, problems: &mut Problems) {
    for (k, (name, service)) in config.services.iter().enumerate() {
        let id = ServiceId::from_index(k);
        let (Some(versions), Some(own)) = (&service.versions, &all[id]) else { continue };
        let own = own.names.clone();
        let mut writers: Vec<ServiceId> = Vec::new();
        for edge in calls.edges.iter().filter(|edge| edge.to == id) {
            if let EdgeCaller::Service(writer) = edge.caller
                && all[writer].is_some()
                && !writers.contains(&writer)
            {
                writers.push(writer);
            }
        }
        for writer in writers {
            let (writer_name, _) = &config.services.0[writer.index()];
            let written = all[writer].as_ref().expect("looked at above").names.clone();
            let mut bits = vec![0_u64; own.len()];
            for (reader, bits) in own.iter().zip(&mut bits) {
                for (number, version) in written.iter().enumerate() {
                    let known = versions.reads.get(reader).and_then(|reads| reads.get(version));
                    match known {
                        Some(Compatibility::Ok) => *bits |= 1 << number,
                        Some(Compatibility::DecodeError) => {}
                        None => {
                            let message = format!(
                                "`{name}` may run `{reader}` while `{writer_name}` writes `{version}`, and nothing says \
                                 whether it can read that; add `{version}: ok` or `{version}: decode_error` to \
                                 `{reader}` here"
                            );
                            problems.add(format!("services/{name}/versions/reads"), message);
                        }
                    }
                }
            }
            all[id].as_mut().expect("looked at above").reads.push((writer, bits));
        }
    }
}

/// Who goes to which version when; gates are asked in the order of time.
fn changes(config: &SystemConfig, all: &mut All) {
    // Faults that are no rollouts have numbers, too.
    let mut planned: Vec<(SimTime, FaultId, &RolloutFault, &FaultConfig)> = config
        .faults
        .iter()
        .enumerate()
        .filter_map(|(k, (_, fault))| {
            Some((SimTime::ZERO + fault.at, FaultId::from_index(k), fault.rollout.as_ref()?, fault))
        })
        .collect();
    planned.sort_by_key(|(begins, _, _, _)| *begins);
    for (begins, fault, rollout, settings) in planned {
        let Some(service) = config.services.position(&rollout.service).map(ServiceId::from_index) else {
            continue;
        };
        let Some(versions) = &all[service] else { continue };
        // What names no version is told already.
        let Some(to) = versions.names.iter().position(|name| *name == rollout.to) else { continue };
        let to = to as u8;
        let refused = rollout.gate == Gate::Contract && !is_readable(config, all, service, to, begins);
        let versions = all[service].as_mut().expect("looked at above");
        match refused {
            true => versions.refused.push(fault),
            false => versions.changes.push(Change { begins, over: settings.length, to }),
        }
    }
}

/// Whether everybody who is deployed can read this version of a service, and it them.
fn is_readable(config: &SystemConfig, all: &All, service: ServiceId, to: u8, now: SimTime) -> bool {
    let live = |id: ServiceId| -> Vec<u8> {
        let Some(versions) = &all[id] else { return Vec::new() };
        let places = config.services.0[id.index()].1.places();
        let at = |now: SimTime| (0..places).map(move |place| versions.at(place, places, now));
        at(now).chain(at(SimTime::NEVER)).collect()
    };
    all.iter_ids().all(|(other, versions)| {
        let Some(versions) = versions else { return true };
        let readers = || versions.reads.iter().any(|(writer, _)| *writer == service);
        let others_read = !readers() || live(other).iter().all(|own| versions.can_read(*own, service, to));
        let reads_others = other != service
            || versions
                .reads
                .iter()
                .all(|(writer, _)| live(*writer).iter().all(|v| versions.can_read(to, *writer, *v)));
        others_read && reads_others
    })
}
