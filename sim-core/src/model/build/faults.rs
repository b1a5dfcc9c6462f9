//! What goes wrong? Names and selections of the triggers become instances.

mod network;
mod stream;

use super::{Problems, unique_keys};
use crate::ids::{CacheId, EdgeId, FaultId, Id, IdVec, InstanceId, PoolId, ServiceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::edge::Edge;
use crate::model::fault::{
    CacheFlushFault, Effect, Fault, FaultConfig, HotKeyFault, Kind, PayloadFault, RestartFault, Selection,
};
use crate::model::link::{Congested, CongestionFault};
use crate::model::lock::Disturbance;
use crate::model::service::Service;
use crate::model::workload::HotKey;
use crate::policy::cache;
use crate::time::{SimDuration, SimTime};

type Services = IdVec<ServiceId, Service>;

pub(super) fn lower(
    config: &SystemConfig,
    services: &Services,
    edges: &mut IdVec<EdgeId, Edge>,
    problems: &mut Problems,
) -> IdVec<FaultId, Fault> {
    let mut faults = IdVec::new();
    for ((name, fault), key) in config.faults.iter().zip(unique_keys(config.faults.names())) {
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
        if fault.length.as_nanos() == 0 {
            problems
                .add(format!("{path}/for"), "a fault of no length does nothing; write a duration above zero");
        }
        let mut lowering = Lowering { config, services, edges: &*edges, path: &path, problems };
        if let Some((effect, instances)) = lowering.effect(fault, key) {
            if let Effect::Network(hit) = &effect {
                hit.edges.iter().for_each(|edge| edges[*edge].make_rough());
            }
            let begins = SimTime::ZERO + fault.at;
            faults.push(Fault {
                name: name.to_owned(),
                begins,
                ends: begins + fault.length,
                effect,
                instances,
            });
        }
    }
    faults
}

/// The windows in which a key of `workload` is hot, in the order of the file.
pub(super) fn hot_keys(config: &SystemConfig, workload: &str) -> Vec<HotKey> {
    let keys = config.workloads.get(workload).and_then(|workload| workload.keys.as_ref());
    let Some(last) = keys.map(|keys| keys.count.get() - 1) else { return Vec::new() };
    let hot = |fault: &FaultConfig| {
        let hot = fault.hot_key.as_ref().filter(|hot| hot.workload == workload)?;
        let begins = SimTime::ZERO + fault.at;
        let (ends, key) = (begins + fault.length, hot.key.unwrap_or(last).min(last));
        Some(HotKey { begins, ends, share: hot.share.get(), key })
    };
    config.faults.iter().filter_map(|(_, fault)| hot(fault)).collect()
}

/// The instances that an operator at `path` restarts.
pub(super) fn restarted(
    config: &SystemConfig,
    services: &Services,
    path: &str,
    restart: &RestartFault,
    problems: &mut Problems,
) -> Option<Vec<InstanceId>> {
    let edges = &IdVec::new();
    Lowering { config, services, edges, path, problems }.hit("restart", &restart.service, &restart.instances)
}

/// Lowers one fault.
pub(super) struct Lowering<'a> {
    pub(super) config: &'a SystemConfig,
    services: &'a Services,
    edges: &'a IdVec<EdgeId, Edge>,
    pub(super) path: &'a str,
    pub(super) problems: &'a mut Problems,
}

impl Lowering<'_> {
    fn effect(&mut self, fault: &FaultConfig, key: u32) -> Option<(Effect, Vec<InstanceId>)> {
        let kinds = fault.kinds();
        let [kind] = kinds[..] else {
            let message = match kinds.len() {
                0 => format!(
                    "the fault says when, but not what; add one of {}",
                    FaultConfig::WORDS.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
                ),
                _ => "a fault does one thing; write two faults of other names instead".to_owned(),
            };
            self.problems.add(self.path, message);
            return None;
        };
        Some(match kind {
            Kind::Capacity(f) => (
                Effect::Slower { factor: 1.0 / f.factor.get() },
                self.hit("capacity", &f.service, &f.instances)?,
            ),
            Kind::Stop(f) => (Effect::Stopped, self.hit("stop", &f.service, &f.instances)?),
            Kind::Slow(f) => {
                (Effect::Slower { factor: f.factor.get() }, self.hit("slow", &f.service, &f.instances)?)
            }
            Kind::Errors(f) => {
                (Effect::Failing { ratio: f.ratio.get() }, self.hit("errors", &f.service, &f.instances)?)
            }
            Kind::Restart(f) => (Effect::Restarted, self.hit("restart", &f.service, &f.instances)?),
            Kind::Hang(f) => {
                (Effect::Hanging { ratio: f.ratio.get() }, self.hit("hang", &f.service, &f.instances)?)
            }
            Kind::Crash(f) => {
                let mut hit = Vec::new();
                if f.services.is_empty() {
                    let path = format!("{}/crash/services", self.path);
                    self.problems.add(path, "nothing would crash; name a service, such as `[api]`");
                }
                for (k, service) in f.services.iter().enumerate() {
                    let path = format!("{}/crash/services/{k}", self.path);
                    let found = self.problems.find(path, "service", service, &self.config.services)?;
                    hit.extend(self.selected("crash", ServiceId::from_index(found), &f.instances)?);
                }
                (if f.silent { Effect::Gone } else { Effect::Down }, hit)
            }
            Kind::ZoneDown(f) => {
                let zone =
                    self.problems.zone(format!("{}/zone_down/zone", self.path), &f.zone, self.config)?;
                let hit: Vec<InstanceId> = self
                    .services
                    .iter()
                    .flat_map(|service| {
                        service.all_instances().zip(&service.zones).filter(|(_, z)| **z == zone)
                    })
                    .map(|(instance, _)| instance)
                    .collect();
                if hit.is_empty() {
                    let path = format!("{}/zone_down/zone", self.path);
                    let message = format!(
                        "no instance stands in zone `{0}`, so nothing would fail; write `zones: [{0}]` at a service",
                        f.zone
                    );
                    self.problems.add(path, message);
                }
                (Effect::Down, hit)
            }
            Kind::Monkey(f) => {
                let path = format!("{}/monkey/every", self.path);
                self.problems.distribution(path.clone(), Some(&f.every));
                if f.every.mean_secs().is_none_or(|mean| mean <= 0.0) {
                    self.problems.add(
                        path,
                        "instances would crash without a pause; write a mean above zero, such as `60s`",
                    );
                }
                let path = format!("{}/monkey/service", self.path);
                let service = self.problems.find(path, "service", &f.service, &self.config.services)?;
                let service = ServiceId::from_index(service);
                let (every, downtime) = (f.every.sampler(), f.downtime);
                (Effect::Monkey { service, every, group: f.group.get(), downtime, key }, Vec::new())
            }
            Kind::LoadSpike(f) => {
                let path = format!("{}/load_spike/workload", self.path);
                let found = self.problems.find(path, "workload", &f.workload, &self.config.workloads)?;
                (Effect::Load { workload: WorkloadId::from_index(found) }, Vec::new())
            }
            Kind::Memory(f) => {
                let hit = self.hit("memory", &f.service, &f.instances)?;
                let has_memory = self.config.services.get(&f.service).is_some_and(|s| s.memory.is_some());
                if !has_memory {
                    let message = format!(
                        "`{0}` has no limit of memory that could be reached; write `memory: {{heap: 4GiB}}` at \
                         service `{0}`",
                        f.service
                    );
                    self.problems.add(format!("{}/memory/service", self.path), message);
                }
                if f.amount == crate::units::Size::ZERO {
                    self.problems.add(
                        format!("{}/memory/amount", self.path),
                        "taking no memory does nothing; write a size such as `1GiB`",
                    );
                }
                (Effect::Stress { bytes: f.amount.bytes() }, hit)
            }
            Kind::Payload(f) => (self.payload(f)?, Vec::new()),
            Kind::CacheFlush(f) => self.flush(f)?,
            Kind::HotKey(f) => self.hot_key(f)?,
            Kind::Congestion(f) => (self.congestion(f)?, Vec::new()),
            Kind::Compromise(f) => {
                let service = self.service("compromise", &f.service)?;
                let rate = f.rate.as_per_second();
                if rate <= 0.0 {
                    let message = "nobody would be called; write a rate above zero, such as `20/s`";
                    self.problems.add(format!("{}/compromise/rate", self.path), message);
                    return None;
                }
                let every = SimDuration::from_nanos_f64(1e9 / rate).max(SimDuration::from_nanos(1));
                (Effect::Compromised { service, every, takes: f.takes }, Vec::new())
            }
            Kind::CertificateExpiry(f) => {
                (Effect::Expired { service: self.service("certificate_expiry", &f.service)? }, Vec::new())
            }
            Kind::Loss(_) | Kind::Duplicate(_) | Kind::Corrupt(_) | Kind::Reorder(_) | Kind::Reset(_) => {
                (self.share(kind)?, Vec::new())
            }
            Kind::Partition(f) => (self.partition(f, key)?, Vec::new()),
            Kind::Bandwidth(f) => (self.bandwidth(f)?, Vec::new()),
            Kind::PayloadGrowth(f) => (self.payload_growth(f)?, Vec::new()),
            Kind::SlowClose(f) => (self.slow_close(f)?, Vec::new()),
            Kind::Latency(f) => (self.latency(f)?, Vec::new()),
            Kind::RollingReplacement(f) => (self.replacement(f)?, Vec::new()),
            Kind::DnsError(f) => (self.dns_error(f)?, Vec::new()),
            Kind::DnsSpoof(f) => (self.dns_spoof(f)?, Vec::new()),
            Kind::RegistryDown(f) => (self.registry_down(f)?, Vec::new()),
            Kind::ClockSkew(f) => {
                let path = format!("{}/clock_skew", self.path);
                let found = super::locks::skewed(self.config, &path, f, self.problems);
                (Effect::Disturbed(found?), Vec::new())
            }
            Kind::HolderPause(f) => {
                let path = format!("{}/holder_pause", self.path);
                let found = super::locks::disturbed(
                    self.config,
                    &path,
                    &f.workload,
                    f.holder,
                    Disturbance::Still,
                    self.problems,
                );
                (Effect::Disturbed(found?), Vec::new())
            }
            Kind::Slice(f) => (self.slice(f)?, Vec::new()),
            Kind::LimitData(f) => (self.limit_data(f)?, Vec::new()),
            Kind::Rollout(f) => (Effect::Rollout, self.hit("rollout", &f.service, &Selection::default())?),
        })
    }

    fn service(&mut self, tag: &str, name: &str) -> Option<ServiceId> {
        let path = format!("{}/{tag}/service", self.path);
        let found = self.problems.find(path, "service", name, &self.config.services)?;
        Some(ServiceId::from_index(found))
    }

    fn payload(&mut self, f: &PayloadFault) -> Option<Effect> {
        let path = format!("{}/payload", self.path);
        let factor = f.factor.get();
        let effect = |service, workload| Some(Effect::Payload { service, workload, factor });
        match (&f.service, &f.workload) {
            (Some(service), None) => {
                let found = self.problems.find(
                    format!("{path}/service"),
                    "service",
                    service,
                    &self.config.services,
                )?;
                effect(Some(ServiceId::from_index(found)), None)
            }
            (None, Some(workload)) => {
                let found = self.problems.find(
                    format!("{path}/workload"),
                    "workload",
                    workload,
                    &self.config.workloads,
                )?;
                effect(None, Some(WorkloadId::from_index(found)))
            }
            (None, None) => {
                self.problems.add(
                    path,
                    "nobody's requests would grow; add the name of a `service` or of a `workload`",
                );
                None
            }
            (Some(_), Some(_)) => {
                self.problems.add(
                    path,
                    "`service` and `workload` both say whose requests grow; remove one, or write two faults",
                );
                None
            }
        }
    }

    fn flush(&mut self, f: &CacheFlushFault) -> Option<(Effect, Vec<InstanceId>)> {
        let path = format!("{}/cache_flush", self.path);
        let found =
            self.problems.find(format!("{path}/service"), "service", &f.service, &self.config.services)?;
        let config = &self.config.services.0[found].1;
        if config.caches.is_empty() {
            let message = format!("`{}` has no caches; add `caches: {{{}: {{}}}}` to it", f.service, f.cache);
            self.problems.add(format!("{path}/cache"), message);
            return None;
        }
        let place = self.problems.find(format!("{path}/cache"), "cache", &f.cache, &config.caches)?;
        if config.caches.0[place].1.scope == cache::Scope::Shared && f.instances != Selection::All {
            let message = format!("`{}` is one cache of all instances; remove `instances`", f.cache);
            self.problems.add(format!("{path}/instances"), message);
        }
        // Caches are numbered in the order of the services.
        let before: usize =
            self.config.services.0[..found].iter().map(|(_, service)| service.caches.len()).sum();
        let hit = self.selected("cache_flush", ServiceId::from_index(found), &f.instances)?;
        Some((Effect::Flushed { cache: CacheId::from_index(before + place) }, hit))
    }

    fn congestion(&mut self, f: &CongestionFault) -> Option<Effect> {
        let path = format!("{}/congestion", self.path);
        let found =
            self.problems.find(format!("{path}/service"), "service", &f.service, &self.config.services)?;
        let pools = &self.config.services.0[found].1.pools;
        let place = self.problems.find(format!("{path}/pool"), "pool", &f.pool, pools)?;
        let Some(links) = &pools.0[place].1.links else {
            let message = format!(
                "`{}` has no links that could be full; add `links: {{count: 8, rate: 1000/s}}` to it",
                f.pool
            );
            self.problems.add(format!("{path}/pool"), message);
            return None;
        };
        if f.link.get() > links.count.get() {
            let message = format!("links are numbered from 1, and there are {}", links.count);
            self.problems.add(format!("{path}/link"), message);
        }
        // Pools are numbered in the order of the file, those of workloads first.
        let of_workloads: usize =
            self.config.workloads.iter().map(|(_, workload)| workload.pools.len()).sum();
        let before: usize =
            self.config.services.0[..found].iter().map(|(_, service)| service.pools.len()).sum();
        let pool = PoolId::from_index(of_workloads + before + place);
        Some(Effect::Congested(Congested { pool, link: f.link.get() - 1, factor: f.factor.get() }))
    }

    fn hot_key(&mut self, f: &HotKeyFault) -> Option<(Effect, Vec<InstanceId>)> {
        let path = format!("{}/hot_key", self.path);
        let found = self.problems.find(
            format!("{path}/workload"),
            "workload",
            &f.workload,
            &self.config.workloads,
        )?;
        match &self.config.workloads.0[found].1.keys {
            None => {
                let message = format!(
                    "`{}` has no `keys`: all its requests are about the same already; add `keys: {{count: 1000}}` to it",
                    f.workload
                );
                self.problems.add(format!("{path}/workload"), message);
            }
            Some(keys) if f.key.is_some_and(|key| key >= keys.count.get()) => {
                let message = format!("keys are numbered from 0, and there are {}", keys.count);
                self.problems.add(format!("{path}/key"), message);
            }
            Some(_) => {}
        }
        if f.share.get() == 0.0 {
            self.problems.add(format!("{path}/share"), "a share of 0 changes nothing; write one above 0");
        }
        Some((Effect::Hot, Vec::new()))
    }

    fn hit(&mut self, tag: &str, service: &str, instances: &Selection) -> Option<Vec<InstanceId>> {
        let path = format!("{}/{tag}/service", self.path);
        let found = self.problems.find(path, "service", service, &self.config.services)?;
        self.selected(tag, ServiceId::from_index(found), instances)
    }

    fn selected(&mut self, tag: &str, id: ServiceId, selection: &Selection) -> Option<Vec<InstanceId>> {
        if self.services.is_empty() {
            return None; // told already
        }
        let service = &self.services[id];
        let path = format!("{}/{tag}/instances", self.path);
        let first = |count: u32| service.all_instances().take(count as usize).collect::<Vec<_>>();
        let too_many =
            |asked: String| format!("{asked}, but `{}` has {} instances", service.name, service.instances);
        Some(match selection {
            Selection::All => first(service.instances),
            Selection::One => first(1),
            Selection::First(chosen) => {
                if chosen.count.get() > service.instances {
                    self.problems
                        .add(format!("{path}/first/count"), too_many(format!("{} are hit", chosen.count)));
                }
                first(chosen.count.get())
            }
            Selection::Share(share) => {
                if share.ratio.get() == 0.0 {
                    let path = format!("{path}/share/ratio");
                    self.problems.add(path, "a share of 0 hits nobody; write one above 0");
                }
                first((share.ratio.get() * f64::from(service.at_start)).ceil() as u32)
            }
            Selection::Places(places) => {
                let mut hit = Vec::new();
                for (k, place) in places.list.iter().enumerate() {
                    match *place < service.instances {
                        true => hit.push(service.instance(*place)),
                        false => self.problems.add(
                            format!("{path}/places/list/{k}"),
                            too_many(format!("place {place} is hit, counted from 0")),
                        ),
                    }
                }
                hit
            }
            Selection::Zone(chosen) => {
                let zone = self.problems.zone(format!("{path}/zone/name"), &chosen.name, self.config)?;
                let there = service.all_instances().zip(&service.zones).filter(|(_, z)| **z == zone);
                let hit: Vec<InstanceId> = there.map(|(instance, _)| instance).collect();
                if hit.is_empty() {
                    let message =
                        format!("no instance of `{}` stands in zone `{}`", service.name, chosen.name);
                    self.problems.add(format!("{path}/zone/name"), message);
                }
                hit
            }
        })
    }
}
