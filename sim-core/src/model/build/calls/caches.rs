//! Which cache does a step look into? Caches of services become flat, with as many keys as there may be.

use super::{Caller, Lowering};
use crate::dist::{Distribution, Sampler};
use crate::ids::{CacheId, Id, ServiceId, StepId};
use crate::model::cache::{Cache, CachedConfig};
use crate::model::endpoint::{Step, StepConfig};
use crate::model::service::ServiceConfig;
use crate::policy::cache::{Fill, Scope};

/// Most keys of all caches together: each takes up to 16 bytes in each.
const MAX_PLACES: u64 = 100_000_000;
/// Most keys that a cache loads by the clock.
const MAX_REFRESHED: u32 = 1_000;

impl Lowering<'_> {
    /// Enters the caches of a service; gives the id of the first.
    pub(super) fn caches(&mut self, service: ServiceId, path: &str, settings: &ServiceConfig) -> usize {
        let first = self.calls.caches.len();
        let keys = self.most_keys();
        for (name, config) in settings.caches.iter() {
            let path = format!("{path}/caches/{name}");
            self.problems.policy(&path, config.check());
            let copies = match config.scope {
                Scope::Shared => 1,
                Scope::Instance => u64::from(settings.instances.get()),
            };
            if copies * u64::from(keys) > MAX_PLACES {
                let message = format!(
                    "{copies} caches for {keys} keys; at most {MAX_PLACES} are simulated; write fewer keys, fewer \
                     instances or `scope: shared`"
                );
                self.problems.add(&path, message);
            }
            self.calls.caches.push(Cache { path, key: 0, service, config: config.clone(), keys });
        }
        first
    }

    /// Requests of all workloads share the numbers of their keys.
    fn most_keys(&self) -> u32 {
        let keys = self.config.workloads.iter().filter_map(|(_, workload)| workload.keys.as_ref());
        keys.map(|keys| keys.count.get()).max().unwrap_or(1).min(super::super::MAX_KEYS)
    }

    /// The cache of a `cached` or `put` step, or a problem.
    pub(super) fn cache(
        &mut self,
        name: &str,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> Option<CacheId> {
        let place = format!("{path}/cache");
        if caller.caches.is_empty() {
            let message = format!("the service has no caches; add `caches: {{{name}: {{}}}}` to it");
            self.problems.add(place, message);
            return None;
        }
        let found = self.problems.find(place, "cache", name, caller.caches)?;
        if looks_into(steps, name) {
            let message = format!(
                "steps inside look into `{name}` again, for the same key: they would wait for themselves; remove one"
            );
            self.problems.add(format!("{path}/steps"), message);
        }
        Some(CacheId::from_index(caller.first_cache + found))
    }

    /// Answers to the calls among the steps of a miss fill the cache, if the callee does so.
    pub(super) fn fill_by_callee(&mut self, cache: CacheId, step: StepId, path: &str) {
        // A cache with a problem of its own is there, too.
        if self.calls.caches[cache].config.fill == Fill::Caller {
            return;
        }
        let Step::Serial { steps } = &self.calls.steps[step] else { return };
        let mut calls = 0;
        for step in steps {
            if let Step::Call { edge, .. } = &self.calls.steps[*step]
                && !self.calls.edges[*edge].until_accepted
            {
                self.calls.edges[*edge].fills = Some(cache);
                calls += 1;
            }
        }
        if calls == 0 {
            let message = "the cache has `fill: callee`, but there is no `call` among these steps: nobody else could \
                           fill it; add one, or write `fill: caller`";
            self.problems.add(format!("{path}/steps"), message);
        }
    }

    /// What is loaded by the clock needs steps that load it, and not too many keys.
    pub(super) fn check_refreshes(&mut self) {
        for (id, cache) in self.calls.caches.iter_ids().filter(|(_, cache)| cache.config.refresh.is_some()) {
            let path = format!("{}/refresh", cache.path);
            let name = cache.path.rsplit('/').next().unwrap_or_default();
            let is_loaded = |step: &Step| matches!(step, Step::Cached { cache, .. } if *cache == id);
            if !self.calls.steps.iter().any(is_loaded) {
                let message = format!(
                    "no `cached` step looks into `{name}`, so nothing says how it is loaded; add one such as \
                     `cached: {{cache: {name}, steps: [{{call: {{to: ...}}}}]}}`"
                );
                self.problems.add(path.clone(), message);
            }
            if cache.keys > MAX_REFRESHED {
                let message = format!(
                    "every instance would load {} keys each time; at most {MAX_REFRESHED} are simulated",
                    cache.keys
                );
                self.problems.add(path.clone(), message);
            }
            if cache.config.scope == Scope::Shared {
                let message = "every instance would load into the one cache that they share; write `scope: instance`, or \
                               `early_refresh`";
                self.problems.add(path, message);
            }
        }
    }

    pub(super) fn hit_time(&mut self, step: &CachedConfig, path: &str) -> Option<Sampler> {
        self.problems.distribution(format!("{path}/hit_time"), step.hit_time.as_ref());
        step.hit_time.as_ref().filter(|work| work.check().is_ok()).map(Distribution::sampler)
    }
}

fn looks_into(steps: &[StepConfig], name: &str) -> bool {
    steps.iter().any(|step| {
        let is_it = matches!(step, StepConfig::Cached(inner) if inner.cache == name);
        let otherwise = match step {
            StepConfig::Maybe(group) => &group.otherwise[..],
            StepConfig::Fallback(group) => &group.otherwise,
            _ => &[],
        };
        is_it || looks_into(otherwise, name) || step.inner().iter().any(|(_, steps)| looks_into(steps, name))
    })
}
