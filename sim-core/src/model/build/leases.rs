//! Can these leases be kept? Workloads learn the edge on which their holders establish what they have lost, and what
//! cannot be is told.

use super::calls::Calls;
use super::{MAX_USERS, Problems, unique_keys};
use crate::ids::{IdVec, WorkloadId};
use crate::model::SystemConfig;
use crate::model::workload::{ArrivalsConfig, Workload};
use crate::time::SimDuration;

pub(super) fn lower(
    config: &SystemConfig,
    calls: &Calls,
    workloads: &mut IdVec<WorkloadId, Workload>,
    problems: &mut Problems,
) {
    let keys = unique_keys(config.workloads.names());
    let all = config.workloads.iter().zip(workloads.iter_mut()).zip(&calls.establishes).zip(keys);
    for ((((name, workload), lowered), establish), key) in all {
        let ArrivalsConfig::Leases(leases) = &workload.arrivals else { continue };
        let path = format!("workloads/{name}/arrivals/leases");
        if leases.count.get() > MAX_USERS {
            let message = format!("{} leases; at most {MAX_USERS} are simulated", leases.count);
            problems.add(format!("{path}/count"), message);
        }
        if leases.renew_every == SimDuration::ZERO {
            let message = "who renews all the time does nothing else; write a duration above zero, such as a third of `ttl`";
            problems.add(format!("{path}/renew_every"), message);
        } else if leases.ttl <= leases.renew_every {
            let message = format!(
                "a lease lasts {}, and its holder renews it {} after an answer: each is lost before it is renewed; write a \
                 longer `ttl`, such as three times `renew_every`",
                leases.ttl, leases.renew_every
            );
            problems.add(format!("{path}/ttl"), message);
        }
        problems.policy(&format!("{path}/again"), leases.again.check());
        for (fault, config) in config.faults.iter() {
            if config.load_spike.as_ref().is_some_and(|spike| spike.workload == name) {
                let message = format!(
                    "`{name}` holds leases: its holders are always the same, nobody can join; a spike needs arrivals that \
                     are `poisson`, `evenly_spaced` or `sessions`"
                );
                problems.add(format!("faults/{fault}/load_spike/workload"), message);
            }
        }
        if let Some(establish) = establish {
            lowered.leases = Some(leases.lower(*establish, key));
        }
    }
}
