//! Is this system complete and sound? Names become ids, settings become flat arrays, and every problem
//! is collected with its place in the file.

mod actions;
mod calls;
mod connections;
mod faults;
mod sources;
mod capacity;
mod leases;
mod discovery;
mod identity;
mod monitors;
mod prices;
mod links;
mod changes;
mod locks;
mod versions;

use super::rate;
use super::service::{Service, ServiceConfig};
use super::workload::{KeysConfig, Users, Workload, WorkloadConfig};
use super::{Bounds, Model, Named, Problem, SystemConfig};
use crate::dist::Distribution;
use crate::ids::{Id, IdVec, InstanceId, ServiceId, WorkloadId, ZoneId};
use crate::luck::mix;
use crate::time::{SimDuration, SimTime};
use calls::Calls;

/// Most instances of a model over all services: each has a queue of its own.
const MAX_INSTANCES: u64 = 1_000_000;
/// Most keys of a workload: each takes eight bytes.
const MAX_KEYS: u32 = 10_000_000;
/// Most users of a closed workload who are there at once.
const MAX_USERS: u32 = 10_000_000;

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into(), candidates: Vec::new() });
    }

    /// The problems of a policy, seen from `path`.
    fn policy(&mut self, path: &str, problems: Vec<crate::policy::Problem>) {
        for problem in problems {
            // Sentences such as "must be above 0s" are about their field.
            let field = problem.field.rsplit('/').next().unwrap_or_default();
            let sentence = match problem.sentence.split_once(' ') {
                Some(("it", rest)) => format!("`{field}` {rest}"),
                Some(("must" | "acts" | "is" | "says", _)) => format!("`{field}` {}", problem.sentence),
                _ => problem.sentence,
            };
            self.add(format!("{path}/{}", problem.field), sentence);
        }
    }

    fn distribution(&mut self, path: String, distribution: Option<&Distribution>) {
        if let Some(Err(message)) = distribution.map(Distribution::check) {
            self.add(path, message);
        }
    }

    /// The place of `name` among `all`, or a problem at `path`.
    fn find<T>(&mut self, path: String, what: &str, name: &str, all: &Named<T>) -> Option<usize> {
        self.find_name(path, what, name, all.names())
    }

    fn find_name<'a>(
        &mut self,
        path: String,
        what: &str,
        name: &str,
        all: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<usize> {
        let found = all.clone().position(|n| n == name);
        if found.is_none() {
            self.0.push(Problem {
                path,
                message: format!("there is no {what} `{name}`"),
                candidates: all.map(str::to_owned).collect(),
            });
        }
        found
    }

    fn zone(&mut self, path: String, name: &str, config: &SystemConfig) -> Option<ZoneId> {
        if config.zones.names.is_empty() {
            self.add(
                path,
                format!("there is no zone `{name}`; add `zones: {{names: [{name}]}}` to the file"),
            );
            return None;
        }
        let found = self.find_name(path, "zone", name, config.zones.names.iter().map(String::as_str));
        found.map(ZoneId::from_index)
    }
}

pub(super) fn build(config: &SystemConfig) -> Result<Model, Vec<Problem>> {
    let config = &*actions::with_room(config);
    let mut problems = Problems::default();
    let model = build_system(config, &mut problems);
    let stages = actions::stages(config, model.as_ref(), &problems.0);
    match (model, stages) {
        (Some(mut model), Ok(stages)) => {
            model.stages = stages;
            Ok(model)
        }
        (_, stages) => {
            problems.0.extend(stages.err().into_iter().flatten());
            Err(problems.0)
        }
    }
}

/// The system as it is at the start, without its stages; none if there are problems.
fn build_system(config: &SystemConfig, problems: &mut Problems) -> Option<Model> {
    let known = problems.0.len();
    let horizon = SimTime::ZERO + config.horizon;
    if config.horizon == SimDuration::ZERO {
        problems.add("run/horizon", "a run of no length shows nothing; write a horizon such as `300s`");
    }
    problems.distribution("zones/within".to_owned(), config.zones.within.as_ref());
    problems.distribution("zones/between".to_owned(), config.zones.between.as_ref());
    prices::check(config, problems);
    let links = links::lower(config, problems);
    let mut services = lower_services(config, problems);
    let mut calls = Calls::lower(config, &services, problems);
    let mut workloads = lower_workloads(config, problems);
    connections::lower(config, &calls, &mut services, &mut workloads, problems);
    leases::lower(config, &calls, &mut workloads, problems);
    identity::lower(config, &calls, &mut services, problems);
    locks::lower(config, &mut workloads, problems);
    for (id, follows) in calls.follows.iter().enumerate() {
        let Some(follows) = follows else { continue };
        if follows.catch_up.flow_control != crate::units::Limit::Unlimited {
            services[calls.endpoints[follows.writes].service].has_admission = true;
        }
        services[ServiceId::from_index(id)].follows = Some(follows.clone());
    }
    let faults = faults::lower(config, &services, &mut calls.edges, problems);
    let actions = actions::lower(config, &services, problems);
    let monitors = monitors::lower(config, &calls, problems);
    let changes = changes::lower(config, &services, &calls.edges, problems);
    let versions = versions::lower(config, &calls, problems);
    if problems.0.len() > known {
        return None;
    }
    let mut model = Model {
        services,
        endpoints: calls.endpoints,
        steps: calls.steps,
        edges: calls.edges,
        pools: calls.pools,
        checks: calls.checks,
        caches: calls.caches,
        records: calls.records,
        effects: calls.effects,
        sagas: calls.sagas,
        links,
        zones: config.zones.names.clone(),
        zone_ways: config.zones.ways(),
        wires: config.prices.lower(&config.zones),
        workloads,
        sources: sources::lower(config, horizon),
        faults,
        actions,
        stages: Vec::new(),
        monitors,
        changes,
        versions,
        horizon,
        bounds: Bounds::default(),
        is_plain: false,
    };
    model.is_plain = model.needs_no_context();
    if model.changes.as_ref().is_some_and(|changes| changes.is_checked) && !crate::engine::start_fits(&model)
    {
        problems.add(
            "changes/contract",
            "the settings at the start break the contract that every change must keep, so that nearly all would be \
             refused: a call must have given up before the call that it serves (`attempts` times `timeout`), and users \
             times attempts must be within each quota",
        );
        return None;
    }
    Some(model)
}

fn lower_services(config: &SystemConfig, problems: &mut Problems) -> IdVec<ServiceId, Service> {
    if config.services.is_empty() {
        problems.add("services", "there is no service; a system has at least one");
    }
    let instances: u64 = config.services.iter().map(|(_, service)| u64::from(service.places())).sum();
    if instances > MAX_INSTANCES {
        problems
            .add("services", format!("{instances} instances in all; at most {MAX_INSTANCES} are simulated"));
        return IdVec::new();
    }
    let mut next_instance = 0;
    let lower = |(name, service): (&str, &ServiceConfig)| {
        check_service(name, service, problems);
        let first_instance = InstanceId::from_index(next_instance);
        let instances = service.places();
        next_instance += instances as usize;
        let zones: Vec<ZoneId> = service
            .zones
            .iter()
            .enumerate()
            .filter_map(|(k, zone)| problems.zone(format!("services/{name}/zones/{k}"), zone, config))
            .collect();
        let zone_of = |place: u32| zones[place as usize % zones.len()];
        let speed = |place: u32| service.speeds.get(place as usize).map_or(1.0, |speed| speed.get());
        let shares_workers = service.queue.is_shared();
        let slots = match (shares_workers, service.queue.capacity()) {
            (false, _) => service.workers.get(),
            (true, crate::units::Limit::AtMost(most)) => most,
            (true, crate::units::Limit::Unlimited) => u32::MAX,
        };
        Service {
            name: name.to_owned(),
            key: 0,
            first_instance,
            instances,
            workers: service.workers.get(),
            slots,
            shares_workers,
            queue: service.queue.clone(),
            capacity: if shares_workers { crate::units::Limit::AtMost(0) } else { service.queue.capacity() },
            max_wait: service.queue.max_wait().min(service.admission.max_wait()),
            expired_margin: service.queue.expired_margin(),
            admission: service.admission.clone(),
            has_admission: service.admission != crate::policy::admission::Config::None,
            reject_cost: service.reject_cost,
            on_cancel: service.on_cancel,
            error_ratio: service.error_ratio.get(),
            slownesses: (0..instances).map(|place| 1.0 / speed(place)).collect(),
            zones: if zones.is_empty() { Vec::new() } else { (0..instances).map(zone_of).collect() },
            lifecycle: service.lifecycle.lower(service.is_scaled()),
            at_start: service.instances.get(),
            autoscaler: service.autoscaler.clone(),
            connections: service.connections.clone(),
            pace: super::capacity::Capacity::lower(service),
            error_cost: service.error_cost,
            blocks: service.queue.drop() == crate::policy::queue::line::DropRule::Nobody,
            follows: None,
            discovery: service.discovery.clone(),
            certificate: service.identity.certificate.clone(),
            accepts: None,
            serialization: service.serialization,
        }
    };
    let mut services: IdVec<ServiceId, Service> = config.services.iter().map(lower).collect();
    let keys = unique_keys(config.services.names());
    for (service, key) in services.iter_mut().zip(keys) {
        service.key = key;
    }
    capacity::number_jobs(&mut services);
    services
}

fn check_service(name: &str, service: &ServiceConfig, problems: &mut Problems) {
    let path = format!("services/{name}");
    problems.distribution(format!("{path}/service_time"), service.service_time.as_ref());
    if service.service_time.is_some() && !service.steps.is_empty() {
        problems.add(
            format!("{path}/steps"),
            "`service_time` and `steps` both say what is done; remove `service_time` and write it as a step, `compute: ...`",
        );
    }
    if service.service_time.is_none() && service.steps.is_empty() && service.endpoints.is_empty() {
        problems.add(&path, "the service does nothing; add a `service_time` such as `10ms`, or `steps`");
    }
    problems.policy(&format!("{path}/queue"), service.queue.check());
    problems.policy(&format!("{path}/admission"), service.admission.check());
    problems.policy(&format!("{path}/autoscaler"), service.autoscaler.check(service.instances.get()));
    if service.speeds.len() > service.places() as usize {
        problems.add(
            format!("{path}/speeds"),
            format!(
                "{} speeds for {} instances; write one for each, or fewer: the others have speed 1",
                service.speeds.len(),
                service.places()
            ),
        );
    }
    if let super::service::OnCancel::Checkpoint(checkpoint) = service.on_cancel
        && checkpoint.interval == SimDuration::ZERO
    {
        problems.add(
            format!("{path}/on_cancel/checkpoint/interval"),
            "work that looks all the time is `on_cancel: immediate`; write a duration above zero",
        );
    }
    if let Some(connection) = &service.connection {
        problems.policy(&format!("{path}/connection"), connection.check());
    }
    capacity::check(&path, service, problems);
    problems.policy(&format!("{path}/discovery"), service.discovery.check());
    let lifecycle = &service.lifecycle;
    let path = format!("{path}/lifecycle");
    problems.distribution(format!("{path}/boot_time"), lifecycle.boot_time.as_ref());
    if let Some(probe) = &lifecycle.readiness {
        problems.policy(&format!("{path}/readiness"), probe.check());
    }
    if let Some(probe) = &lifecycle.liveness {
        problems.policy(&format!("{path}/liveness"), probe.check_liveness());
    }
    if let Some(restart) = &lifecycle.restart {
        problems.policy(&format!("{path}/restart"), restart.check());
    } else if lifecycle.liveness.is_some() {
        problems.add(
            format!("{path}/liveness"),
            "what fails the probe is killed, but nothing starts it again; add `restart: {}` beside `liveness`",
        );
    }
}

fn lower_workloads(config: &SystemConfig, problems: &mut Problems) -> IdVec<WorkloadId, Workload> {
    if config.workloads.is_empty() {
        problems.add("workloads", "there is no workload; without users nothing happens");
    }
    // The edges of workloads come first, in their order.
    let lower = |(index, (name, workload)): (usize, (&str, &WorkloadConfig))| {
        let path = format!("workloads/{name}");
        check_arrivals(&path, name, workload, config, problems);
        let mut keys = |field: &str, keys: &Option<KeysConfig>| {
            let keys = keys.as_ref()?;
            if keys.count.get() > MAX_KEYS {
                let message = format!("{} keys; at most {MAX_KEYS} are simulated", keys.count);
                problems.add(format!("{path}/{field}/count"), message);
                return None;
            }
            if keys.popularity.hot_keys() >= keys.count.get() {
                let message = "a key is hot beside others, but there are no others; write a larger `count`";
                problems.add(format!("{path}/{field}/popularity"), message);
                return None;
            }
            Some(keys.lower())
        };
        Workload {
            name: name.to_owned(),
            edge: Id::from_index(index),
            clients: workload.clients.get(),
            criticality: workload.criticality,
            keys: keys("keys", &workload.keys),
            tenants: keys("tenants", &workload.tenants),
            zone: workload.zone.as_ref().and_then(|zone| problems.zone(format!("{path}/zone"), zone, config)),
            users: Users::lower(&workload.arrivals),
            connected: None,
            hot: faults::hot_keys(config, name),
            leases: None,
            lock: None,
        }
    };
    let mut workloads: IdVec<WorkloadId, Workload> = config.workloads.iter().enumerate().map(lower).collect();
    let keys = unique_keys(config.workloads.names());
    for (workload, key) in workloads.iter_mut().zip(keys) {
        if let Some(users) = &mut workload.users {
            users.key = key;
        }
    }
    workloads
}

fn check_arrivals(
    path: &str,
    name: &str,
    workload: &WorkloadConfig,
    config: &SystemConfig,
    problems: &mut Problems,
) {
    use super::workload::ArrivalsConfig;
    if let ArrivalsConfig::Closed(closed) = &workload.arrivals
        && closed.users.get() > MAX_USERS
    {
        let message = format!("{} users; at most {MAX_USERS} are simulated", closed.users);
        problems.add(format!("{path}/arrivals/closed/users"), message);
    }
    let kind = match workload.arrivals {
        ArrivalsConfig::Sessions(_) => "sessions",
        _ => "closed",
    };
    problems.distribution(format!("{path}/arrivals/{kind}/think_time"), workload.arrivals.think_time());
    if let ArrivalsConfig::Leases(_) | ArrivalsConfig::Lock(_) = workload.arrivals {
        return; // see `leases` and `locks`
    }
    let Some(rate) = workload.arrivals.rate() else {
        let hits = |fault: &super::fault::FaultConfig| {
            fault.load_spike.as_ref().is_some_and(|spike| spike.workload == name)
        };
        for (fault, _) in config.faults.iter().filter(|(_, fault)| hits(fault)) {
            let message = format!(
                "`{name}` is closed: its users are always the same, nobody can join; a spike needs arrivals that \
                 are `poisson`, `evenly_spaced` or `sessions`"
            );
            problems.add(format!("faults/{fault}/load_spike/workload"), message);
        }
        return;
    };
    if let Err(message) = rate.check(config.horizon) {
        problems.add(format!("{path}/arrivals"), message);
    }
    let spiked = sources::load_levels(config, name).iter().map(|level| level.factor).fold(1.0, f64::max);
    let highest = rate.highest() * spiked;
    if highest > rate::MAX_PER_SECOND {
        problems.add(
            format!("{path}/arrivals"),
            format!(
                "the load reaches {highest:.0}/s, spikes included; at most {:.0}/s are simulated, because \
                 moments are whole nanoseconds; share it between several workloads",
                rate::MAX_PER_SECOND
            ),
        );
    }
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

    /// One service, one workload of this rate, and these faults, for an hour.
    fn system(rate: &str, faults: &str) -> SystemConfig {
        let read = "everything here can be read";
        let workloads = format!(
            r#"{{"users": {{"arrivals": {{"poisson": {{"rate": {rate}}}}}, "call": {{"to": "api"}}}}}}"#
        );
        SystemConfig {
            services: serde_json::from_str(r#"{"api": {"service_time": {"exponential": {"mean": "1ms"}}}}"#)
                .expect(read),
            workloads: serde_json::from_str(&workloads).expect(read),
            faults: serde_json::from_str(faults).expect(read),
            horizon: SimDuration::from_secs(3_600),
            ..SystemConfig::default()
        }
    }

    #[test]
    fn a_rate_too_high_for_nanoseconds_is_refused_with_its_spikes() {
        let steps = |rate: &str| format!(r#"{{"steps": [{{"at": "0s", "rate": "{rate}"}}]}}"#);
        let spike =
            r#"{"rush": {"at": "1s", "for": "1s", "load_spike": {"workload": "users", "factor": 3}}}"#;
        assert!(build(&system(&steps("10000/ms"), "{}")).is_ok());
        for (rate, faults, reached) in [("20000/ms", "{}", "20000000/s"), ("4000/ms", spike, "12000000/s")] {
            let [problem] = &build(&system(&steps(rate), faults)).unwrap_err()[..] else {
                panic!("one problem is told");
            };
            assert_eq!(problem.path, "workloads/users/arrivals");
            assert_eq!(
                problem.message,
                format!(
                    "the load reaches {reached}, spikes included; at most 10000000/s are simulated, because moments \
                     are whole nanoseconds; share it between several workloads"
                )
            );
        }
    }

    #[test]
    fn a_wave_of_too_many_pieces_is_refused() {
        let wave = r#"{"diurnal": {"mean": "10/s", "amplitude_ratio": 0.5, "period": "1s"}}"#;
        let problems = build(&system(wave, "{}")).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "workloads/users/arrivals");
        assert!(problems[0].message.starts_with("a period of 1s is too short for a run of 1h"));
    }
}
