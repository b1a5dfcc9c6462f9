//! Does anything of an instance remain for its requests?

use super::{Problems, unique_keys};
use crate::ids::{IdVec, ServiceId};
use crate::luck::mix;
use crate::model::service::{Service, ServiceConfig};

/// Most jobs of one service.
const MAX_JOBS: usize = 32;

pub(super) fn check(path: &str, service: &ServiceConfig, problems: &mut Problems) {
    let instances = service.instances.get();
    if let Some(memory) = &service.memory {
        problems.policy(&format!("{path}/memory"), memory.check());
    }
    if service.background.len() > MAX_JOBS {
        let message = format!("{} jobs; at most {MAX_JOBS} are simulated", service.background.len());
        problems.add(format!("{path}/background"), message);
    }
    for (name, job) in service.background.iter() {
        problems.policy(&format!("{path}/background/{name}"), job.check());
    }
    match &service.repair {
        Some(_) if instances == 1 => problems.add(
            format!("{path}/repair"),
            "there is one instance: when it is lost nobody is left to copy; write `instances: 3` or more, or \
             remove `repair`",
        ),
        Some(_) if service.is_scaled() => problems.add(
            format!("{path}/repair"),
            "who holds which data is not followed where instances are added and removed; write `repair: none` or \
             `autoscaler: none`",
        ),
        Some(repair) => problems.policy(&format!("{path}/repair"), repair.check(instances)),
        None => {}
    }
    let jobs: f64 = service.background.iter().map(|(_, job)| job.cpu_share.get()).sum();
    let repair = service.repair.as_ref().map_or(0.0, crate::policy::repair::Config::share);
    if jobs + repair >= 1.0 {
        let (field, what, taken) = match jobs >= 1.0 {
            true => ("background", "the jobs of `background` together", jobs),
            false => ("repair/cpu_share", "`repair` and the jobs of `background` together", jobs + repair),
        };
        problems.add(
            format!("{path}/{field}"),
            format!(
                "{what} may take {taken:.4} of the instance, so that no request would go on; write shares that add \
                 up to less than 1"
            ),
        );
    }
}

/// Numbers for the streams of all jobs, which follow from names alone.
pub(super) fn number_jobs(services: &mut IdVec<ServiceId, Service>) {
    for service in services.iter_mut() {
        let Some(capacity) = &mut service.pace else { continue };
        let keys = unique_keys(capacity.background.iter().map(|job| job.name.as_str()));
        for (job, key) in capacity.background.iter_mut().zip(keys) {
            job.key = mix(u64::from(service.key), u64::from(key)) as u32;
        }
    }
}
