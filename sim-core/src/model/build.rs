//! Is this system complete and sound? Names become ids, settings become flat arrays, and every problem
//! is collected with its place in the file.

use super::fault::{Effect, Fault, FaultConfig, Kind};
use super::rate;
use super::workload::{ArrivalSource, ArrivalsConfig, LoadLevel, Spacing, Workload};
use super::{Bounds, Edge, Model, Named, Problem, SystemConfig};
use crate::ids::{EdgeId, FaultId, Id, IdVec, InstanceId, ServiceId, SourceId, WorkloadId};
use crate::luck::mix;
use crate::policy::balancer;
use crate::time::{SimDuration, SimTime};

/// Most instances of a model over all services: each has a queue of its own.
const MAX_INSTANCES: u64 = 1_000_000;

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into(), candidates: Vec::new() });
    }

    /// The place of `name` among `all`, or a problem at `path`.
    fn find<T>(&mut self, path: String, what: &str, name: &str, all: &Named<T>) -> Option<usize> {
        let found = all.position(name);
        if found.is_none() {
            self.0.push(Problem {
                path,
                message: format!("there is no {what} `{name}`"),
                candidates: all.names().map(str::to_owned).collect(),
            });
        }
        found
    }
}

pub(super) fn build(config: &SystemConfig) -> Result<Model, Vec<Problem>> {
    let mut problems = Problems::default();
    let horizon = SimTime::ZERO + config.horizon;
    if config.horizon == SimDuration::ZERO {
        problems.add("run/horizon", "a run of no length shows nothing; write a horizon such as `300s`");
    }
    check_services(config, &mut problems);
    let (workloads, edges) = lower_workloads(config, &mut problems);
    let faults = lower_faults(config, &mut problems);
    if !problems.0.is_empty() {
        return Err(problems.0);
    }

    let mut next_instance = 0;
    let services = config
        .services
        .iter()
        .map(|(name, service)| {
            let first = InstanceId::from_index(next_instance);
            next_instance += service.instances.get() as usize;
            service.lower(name, first)
        })
        .collect();
    let sources = lower_sources(config, &faults, horizon);
    Ok(Model { services, edges, workloads, sources, faults, horizon, bounds: Bounds::default() })
}

fn check_services(config: &SystemConfig, problems: &mut Problems) {
    if config.services.is_empty() {
        problems.add("services", "there is no service; a system has at least one");
    }
    let mut instances = 0;
    for (name, service) in config.services.iter() {
        if let Err(message) = service.service_time.check() {
            problems.add(format!("services/{name}/service_time"), message);
        }
        instances += u64::from(service.instances.get());
    }
    if instances > MAX_INSTANCES {
        problems
            .add("services", format!("{instances} instances in all; at most {MAX_INSTANCES} are simulated"));
    }
}

type Workloads = (IdVec<WorkloadId, Workload>, IdVec<EdgeId, Edge>);

fn lower_workloads(config: &SystemConfig, problems: &mut Problems) -> Workloads {
    let (mut workloads, mut edges) = (IdVec::new(), IdVec::new());
    if config.workloads.is_empty() {
        problems.add("workloads", "there is no workload; without users nothing happens");
    }
    for (name, workload) in config.workloads.iter() {
        let path = format!("workloads/{name}");
        if let Err(message) = workload.arrivals.rate().check() {
            problems.add(format!("{path}/arrivals"), message);
        }
        let call = &workload.call;
        for problem in call.retry.check() {
            problems.add(format!("{path}/call/retry/{}", problem.field), problem.sentence);
        }
        // To go with `balancer::State::pick`, which knows these two only.
        if !matches!(call.load_balancer, balancer::Config::RoundRobin | balancer::Config::Random) {
            let word = call.load_balancer.word();
            problems.add(
                format!("{path}/call/load_balancer"),
                format!("`{word}` cannot be simulated yet; take `round_robin` or `random`"),
            );
        }
        for (field, patience) in [("attempt", call.timeouts.attempt), ("total", call.timeouts.total)] {
            if patience.0 == Some(SimDuration::ZERO) {
                problems.add(
                    format!("{path}/call/timeouts/{field}"),
                    "a timeout of zero lets nothing through; write `none` for no timeout",
                );
            }
        }
        if let (Some(attempt), Some(total)) = (call.timeouts.attempt.0, call.timeouts.total.0)
            && attempt > total
        {
            problems.add(
                format!("{path}/call/timeouts/attempt"),
                format!("one attempt may take {attempt}, longer than the whole call with {total}; it could never time out"),
            );
        }
        let to = problems.find(format!("{path}/call/to"), "service", &call.to, &config.services);
        let edge = edges.push(Edge {
            path: format!("{path}/call"),
            key: 0,
            to: ServiceId::from_index(to.unwrap_or(0)),
            clients: workload.clients.get(),
            attempt_timeout: call.timeouts.attempt.0,
            total_timeout: call.timeouts.total.0,
            retry: call.retry.clone(),
            balancer: call.load_balancer.clone(),
        });
        workloads.push(Workload { name: name.to_owned(), edge, clients: workload.clients.get() });
    }
    let keys = unique_keys(edges.iter().map(|edge| edge.path.as_str()));
    for (edge, key) in edges.iter_mut().zip(keys) {
        edge.key = key;
    }
    (workloads, edges)
}

fn lower_faults(config: &SystemConfig, problems: &mut Problems) -> IdVec<FaultId, Fault> {
    let mut faults = IdVec::new();
    for (name, fault) in config.faults.iter() {
        let path = format!("faults/{name}");
        if fault.at >= config.horizon {
            problems.add(
                format!("{path}/at"),
                format!(
                    "the fault starts at {}, but the run ends at {}; it would never happen",
                    fault.at, config.horizon
                ),
            );
        }
        if fault.length == SimDuration::ZERO {
            problems
                .add(format!("{path}/for"), "a fault of no length does nothing; write a duration above zero");
        }
        if let Some(effect) = lower_effect(config, fault, &path, problems) {
            let begins = SimTime::ZERO + fault.at;
            faults.push(Fault { name: name.to_owned(), begins, ends: begins + fault.length, effect });
        }
    }
    faults
}

fn lower_effect(
    config: &SystemConfig,
    fault: &FaultConfig,
    path: &str,
    problems: &mut Problems,
) -> Option<Effect> {
    let kinds = fault.kinds();
    let [kind] = kinds[..] else {
        let message = match kinds.len() {
            0 => {
                "the fault says when, but not what; add one of `capacity`, `stop`, `slow`, `errors`, `load_spike`"
            }
            _ => "a fault does one thing; write two faults of other names instead",
        };
        problems.add(path, message);
        return None;
    };
    let (tag, service) = match kind {
        Kind::Capacity(f) => ("capacity", &f.service),
        Kind::Stop(f) => ("stop", &f.service),
        Kind::Slow(f) => ("slow", &f.service),
        Kind::Errors(f) => ("errors", &f.service),
        Kind::LoadSpike(f) => {
            let path = format!("{path}/load_spike/workload");
            let found = problems.find(path, "workload", &f.workload, &config.workloads)?;
            return Some(Effect::Load { workload: WorkloadId::from_index(found) });
        }
    };
    let found = problems.find(format!("{path}/{tag}/service"), "service", service, &config.services)?;
    let service = ServiceId::from_index(found);
    match kind {
        Kind::Capacity(f) => Some(Effect::Slower { service, factor: 1.0 / f.factor.get() }),
        Kind::Stop(_) => Some(Effect::Stopped { service }),
        Kind::Slow(f) => Some(Effect::Slower { service, factor: f.factor.get() }),
        Kind::Errors(f) => Some(Effect::Failing { service, ratio: f.ratio.get() }),
        Kind::LoadSpike(_) => None,
    }
}

/// One arrival source per workload, then one more for each workload whose load is spiked at any time.
fn lower_sources(
    config: &SystemConfig,
    faults: &IdVec<FaultId, Fault>,
    horizon: SimTime,
) -> IdVec<SourceId, ArrivalSource> {
    let mut sources: Vec<ArrivalSource> = Vec::new();
    let mut extra: Vec<ArrivalSource> = Vec::new();
    for (index, (_, workload)) in config.workloads.iter().enumerate() {
        let id = WorkloadId::from_index(index);
        let spacing = match workload.arrivals {
            ArrivalsConfig::Poisson(_) => Spacing::Poisson,
            ArrivalsConfig::EvenlySpaced(_) => Spacing::Even,
        };
        let levels = load_levels(config, faults, id);
        let pieces = workload.arrivals.rate().pieces(horizon);
        let beyond: Vec<_> = levels.iter().copied().filter(|level| level.factor > 1.0).collect();
        if !beyond.is_empty() {
            let more: Vec<_> =
                beyond.iter().map(|level| LoadLevel { factor: level.factor - 1.0, ..*level }).collect();
            let pieces = rate::windows(&pieces, &more);
            let thinning = Vec::new();
            extra.push(ArrivalSource { workload: id, spacing, pieces, is_spike: true, thinning, key: 0 });
        }
        let thinning = levels.into_iter().filter(|level| level.factor < 1.0).collect();
        sources.push(ArrivalSource { workload: id, spacing, pieces, is_spike: false, thinning, key: 0 });
    }
    sources.extend(extra);
    let names: Vec<String> = sources
        .iter()
        .map(|source| {
            let name = &config.workloads.0[source.workload.index()].0;
            format!("workloads/{name}{}", if source.is_spike { "/spike" } else { "" })
        })
        .collect();
    let keys = unique_keys(names.iter().map(String::as_str));
    for (source, key) in sources.iter_mut().zip(keys) {
        source.key = key;
    }
    sources.into_iter().collect()
}

/// The windows in which load spikes change the load of `workload`, in order; where spikes overlap their
/// factors multiply.
fn load_levels(
    config: &SystemConfig,
    faults: &IdVec<FaultId, Fault>,
    workload: WorkloadId,
) -> Vec<LoadLevel> {
    let spikes: Vec<LoadLevel> = faults
        .iter()
        .zip(config.faults.iter())
        .filter(|(fault, _)| fault.effect == Effect::Load { workload })
        .filter_map(|(fault, (_, settings))| {
            let factor = settings.load_spike.as_ref()?.factor.get();
            Some(LoadLevel { begins: fault.begins, ends: fault.ends, factor })
        })
        .collect();
    let mut moments: Vec<SimTime> = spikes.iter().flat_map(|spike| [spike.begins, spike.ends]).collect();
    moments.sort_unstable();
    moments.dedup();
    let level = |pair: &[SimTime]| {
        let on = spikes.iter().filter(|spike| spike.begins <= pair[0] && pair[0] < spike.ends);
        LoadLevel { begins: pair[0], ends: pair[1], factor: on.map(|spike| spike.factor).product() }
    };
    moments.windows(2).map(level).filter(|level| level.factor != 1.0).collect()
}

/// A number for each name that depends on the name, not on its place: adding a workload or a fault
/// leaves every other one's draws where they were. Two names that meet in 32 bits (1 in 4 * 10^9) are
/// told apart in file order.
fn unique_keys<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut keys: Vec<u32> = Vec::new();
    for name in names {
        let hash = name.bytes().fold(0, |hash, byte| mix(hash, u64::from(byte) + 1));
        let mut key = (hash >> 32) as u32;
        while keys.contains(&key) {
            key = key.wrapping_add(1);
        }
        keys.push(key);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_names_not_places() {
        let both = unique_keys(["a", "b"].into_iter());
        let swapped = unique_keys(["b", "a"].into_iter());
        assert_eq!(both, [swapped[1], swapped[0]]);
        assert_ne!(both[0], both[1]);
    }

    #[test]
    fn an_empty_system_names_every_thing_it_lacks() {
        let problems = build(&SystemConfig::default()).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|p| p.path.as_str()).collect();
        assert_eq!(paths, ["run/horizon", "services", "workloads"]);
    }
}
