//! On which edges do replicas catch up? One for each service that follows another.

use super::{Caller, Lowering};
use crate::ids::{Id, ServiceId};
use crate::model::edge::EdgeCaller;
use crate::model::follow::{Follows, FollowsConfig};
use crate::policy::autoscaler;

impl Lowering<'_> {
    pub(super) fn follows(&mut self) {
        let config = self.config;
        let mut first_pool: usize = config.workloads.iter().map(|(_, workload)| workload.pools.len()).sum();
        for (id, service) in self.services.iter_ids() {
            let settings = &config.services.0[id.index()].1;
            let caller = Caller {
                who: EdgeCaller::Service(id),
                clients: service.instances,
                pools: &settings.pools,
                first_pool,
                has_zone: !service.zones.is_empty(),
                caches: &settings.caches,
                first_cache: 0,
                records: &settings.records,
                first_records: 0,
                effects: &settings.effects,
                first_effect: 0,
                sagas: &settings.sagas,
                first_saga: 0,
            };
            first_pool += settings.pools.len();
            let path = format!("services/{}/follows", service.name);
            let follows = settings.follows.as_ref().and_then(|follows| {
                if settings.autoscaler != autoscaler::Config::None {
                    let message = "replicas are always the same, or nobody knows what a new one lacks; remove `autoscaler` \
                                   or `follows`";
                    self.problems.add(&path, message);
                }
                self.follow(follows, &path, id, caller)
            });
            self.calls.follows.push(follows);
        }
    }

    fn follow(
        &mut self,
        config: &FollowsConfig,
        path: &str,
        id: ServiceId,
        caller: Caller<'_>,
    ) -> Option<Follows> {
        self.problems.policy(&format!("{path}/catch_up"), config.catch_up.check());
        self.problems.policy(&format!("{path}/again"), config.again.check());
        let pull = self.edge(&config.pull, format!("{path}/pull"), caller);
        let Some(writes) = self.endpoint_of(&config.writes) else {
            let names: Vec<&str> =
                self.calls.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
            let names = names.into_iter();
            self.problems.find_name(format!("{path}/writes"), "endpoint", &config.writes, names);
            return None;
        };
        let leader = self.calls.endpoints[writes].service;
        if leader == id {
            let message = "a service cannot be its own replica; name an endpoint of the leader";
            self.problems.add(format!("{path}/writes"), message);
        } else if self.endpoint_of(&config.pull.to).is_some() && self.calls.edges[pull].to != leader {
            let (leader, asked) =
                (&self.services[leader].name, &self.services[self.calls.edges[pull].to].name);
            let message = format!(
                "the writes are those of `{leader}`, but `{asked}` is asked for them; the leader has the log, so `pull` \
                 names an endpoint of `{leader}`"
            );
            self.problems.add(format!("{path}/pull/to"), message);
        }
        Some(Follows { writes, pull, catch_up: config.catch_up.clone(), again: config.again.clone() })
    }
}
