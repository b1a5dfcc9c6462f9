//! Can these holders take turns? Workloads learn their lock, triggers whom they disturb, and what cannot be is told.

use super::{Problems, unique_keys};
use crate::ids::{Id, IdVec, WorkloadId};
use crate::model::SystemConfig;
use crate::model::lock::{ClockSkewFault, Disturbance, Disturbed, LockConfig, MAX_HOLDERS};
use crate::model::workload::{ArrivalsConfig, Workload};
use crate::time::SimDuration;
use crate::units::{Count, Factor, Offset};

pub(super) fn lower(
    config: &SystemConfig,
    workloads: &mut IdVec<WorkloadId, Workload>,
    problems: &mut Problems,
) {
    let keys = unique_keys(config.workloads.names());
    for (((name, workload), lowered), key) in config.workloads.iter().zip(workloads.iter_mut()).zip(keys) {
        let ArrivalsConfig::Lock(lock) = &workload.arrivals else { continue };
        check(&format!("workloads/{name}/arrivals/lock"), lock, problems);
        for (fault, config) in config.faults.iter() {
            if config.load_spike.as_ref().is_some_and(|spike| spike.workload == name) {
                let message = format!(
                    "`{name}` holds a lock: its holders are always the same, nobody can join; a spike needs arrivals that \
                     are `poisson`, `evenly_spaced` or `sessions`"
                );
                problems.add(format!("faults/{fault}/load_spike/workload"), message);
            }
        }
        lowered.lock = Some(lock.lower(key));
    }
}

fn check(path: &str, lock: &LockConfig, problems: &mut Problems) {
    let holders = lock.holders.get();
    if !(2..=MAX_HOLDERS).contains(&holders) {
        let message = format!(
            "{holders} of them; from 2 on there is something to agree on, and at most {MAX_HOLDERS} are simulated"
        );
        problems.add(format!("{path}/holders"), message);
    } else if lock.clocks.len() > holders as usize {
        let message = format!(
            "{} clocks for {holders} holders; write one for each, or fewer: the others go right",
            lock.clocks.len()
        );
        problems.add(format!("{path}/clocks"), message);
    }
    if lock.margin >= lock.ttl {
        let message = format!(
            "who stops {} before the end of a lease of {} never begins; write a `margin` below `ttl`",
            lock.margin, lock.ttl
        );
        problems.add(format!("{path}/margin"), message);
    }
    if lock.retry_every == SimDuration::ZERO {
        let message = "who asks all the time does nothing else; write a duration above zero";
        problems.add(format!("{path}/retry_every"), message);
    }
    if (2..=MAX_HOLDERS).contains(&holders) && lock.offsets.len() > holders as usize {
        let message = format!(
            "{} offsets for {holders} holders; write one for each, or fewer: the clocks of the others are right",
            lock.offsets.len()
        );
        problems.add(format!("{path}/offsets"), message);
    }
    if lock.sync_every == Some(SimDuration::ZERO) {
        let message = "a clock that is set all the time never goes; write a duration above zero, or `none`";
        problems.add(format!("{path}/sync_every"), message);
    }
    if lock.renew_every == Some(SimDuration::ZERO) {
        let message = "who renews all the time does nothing else; write a duration above zero, or `none`";
        problems.add(format!("{path}/renew_every"), message);
    } else if let Some(every) =
        lock.renew_every.filter(|every| *every >= lock.trusted() && lock.margin < lock.ttl)
    {
        let message = format!(
            "a holder believes in its lease for {} (`ttl` less `margin`) and would ask for more after {every}, when it has \
             stopped; write less than that, such as a third",
            lock.trusted()
        );
        problems.add(format!("{path}/renew_every"), message);
    }
    problems.distribution(format!("{path}/hold"), lock.hold.as_ref());
}

/// Whose clock a trigger at `path` puts wrong.
pub(super) fn skewed(
    config: &SystemConfig,
    path: &str,
    fault: &ClockSkewFault,
    problems: &mut Problems,
) -> Option<Disturbed> {
    if fault.factor.is_none() && fault.offset.is_none() {
        let message = "the clock goes on as before; write `factor: 0.99` for one that loses 10 ms each second, \
                       `offset: -200ms` for one that is behind, or both";
        problems.add(path, message);
        return None;
    }
    let factor = fault.factor.map_or(1.0, Factor::get);
    let ahead = fault.offset.map_or(0.0, Offset::as_nanos_f64);
    let what = Disturbance::Clock { factor, ahead };
    disturbed(config, path, &fault.workload, Some(fault.holder), what, problems)
}

/// Whom a trigger at `path` disturbs.
pub(super) fn disturbed(
    config: &SystemConfig,
    path: &str,
    workload: &str,
    holder: Option<Count>,
    what: Disturbance,
    problems: &mut Problems,
) -> Option<Disturbed> {
    let found = problems.find(format!("{path}/workload"), "workload", workload, &config.workloads)?;
    let ArrivalsConfig::Lock(lock) = &config.workloads.0[found].1.arrivals else {
        let message = format!(
            "`{workload}` has no lock to hold; the trigger needs a workload whose arrivals are `lock`"
        );
        problems.add(format!("{path}/workload"), message);
        return None;
    };
    if lock.holders.get() >= 2
        && holder.is_some_and(|holder| holder.get() > lock.holders.get() || holder.get() == 0)
    {
        let message = format!("there are {} holders; write a number from 1 to {0}", lock.holders);
        problems.add(format!("{path}/holder"), message);
        return None;
    }
    let holder = holder.map(|holder| holder.get() - 1);
    Some(Disturbed { workload: WorkloadId::from_index(found), holder, what })
}
