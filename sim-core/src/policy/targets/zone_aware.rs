//! Zone-aware routing: a client keeps to the instances of its own zone as far as these are enough.
//!
//! **What it does.** Let u be the share of the available instances that stand in the client's zone, and c the share of
//! all callers that do. If u is at least c, all attempts stay; else u / c of them do, and the others go to the zones
//! that have more instances than callers, in proportion to what they have more. Inside a zone the `load_balancer`
//! chooses. With fewer than `min_cluster_size` available instances, in panic, or where the zone has none, it is as
//! if nothing were said.
//! **Why it exists.** Bytes between zones cost money and time; blind routing over n equal zones sends (n - 1) / n of
//! them across.
//! **Where it fails.** It goes by numbers of instances, not by load: a zone whose callers are busier than the others'
//! overloads its own instances while others idle, and a client cannot see that the instances next door are slow. With
//! few instances per zone their shares are coarse, and one that is gone moves much: hence `min_cluster_size`.
//! **See it.** `scenarios/library/fallacies/fallacy-7-transport-cost-zero.yaml`, variant `zone-aware`.
//! **Source.** Envoy, *Zone aware routing* (`routing_enabled` 100 %, `min_cluster_size` 6), the rule that Istio and
//! Envoy Gateway switch on; Kubernetes' topology hints aim at the same without the proportions. Deviations: all
//! callers count as healthy; an instance that comes later stands in the zone of its turn.

use serde::{Deserialize, Serialize};

use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::policy::balancer::{self, Fleet, UnderWay, View};
use crate::time::SimTime;
use crate::units::{Count, Probability};

/// How a client prefers its own zone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ZoneAware"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Share of the attempts that are routed so, 0 to 1, above 0; the others go anywhere. Default: 1 (Envoy).
    pub routing_enabled: Probability,
    /// Fewer available instances than this are too few for it. Default: 6 (Envoy).
    pub min_cluster_size: Count,
}

impl Default for Config {
    fn default() -> Self {
        Config { routing_enabled: Probability::ONE, min_cluster_size: Count::new(6) }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        match self.routing_enabled == Probability::ZERO {
            true => vec![Problem::new(
                "routing_enabled",
                "must be above 0; leave `zone_aware` out to route anywhere",
            )],
            false => Vec::new(),
        }
    }
}

/// Who stands where: zones are numbers from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZoneMap {
    /// How many zones there are.
    pub count: usize,
    /// Zone of each instance that is called.
    pub instances: Vec<usize>,
    /// Zone of each caller.
    pub callers: Vec<usize>,
}

/// Where a client's attempts go.
#[derive(Clone, Debug, PartialEq)]
enum Plan {
    /// Anywhere.
    Anywhere,
    /// Its own zone.
    Local,
    /// Its own zone up to a share, the rest to others: zone and cumulative share of the rest.
    Spill { local: f64, others: Vec<(usize, f64)> },
}

/// The plan of a client in zone `own`, by the number of available instances in each zone.
fn plan(config: &Config, map: &ZoneMap, own: usize, available: &[usize], in_panic: bool) -> Plan {
    let all: usize = available.iter().sum();
    if in_panic || all < config.min_cluster_size.get() as usize || available[own] == 0 {
        return Plan::Anywhere;
    }
    let callers = |zone: usize| map.callers.iter().filter(|other| **other == zone).count();
    // Shares as integers over a common denominator: u = available * callers, c = callers * available.
    let all_callers = map.callers.len().max(1);
    let upstream = |zone: usize| (available[zone] * all_callers) as f64;
    let local = |zone: usize| (callers(zone) * all) as f64;
    if upstream(own) >= local(own) {
        return Plan::Local;
    }
    let surplus = |zone: usize| (upstream(zone) - local(zone)).max(0.0);
    let whole: f64 = (0..map.count).map(surplus).sum();
    let mut so_far = 0.0;
    let mut others = Vec::new();
    for zone in (0..map.count).filter(|zone| surplus(*zone) > 0.0) {
        so_far += surplus(zone);
        others.push((zone, so_far / whole));
    }
    Plan::Spill { local: upstream(own) / local(own), others }
}

/// What one client remembers: its plan, and a balancer for each zone.
#[derive(Clone, Debug)]
pub(in crate::policy) struct State {
    own: usize,
    plan: Plan,
    zones: Vec<Zone>,
}

#[derive(Clone, Debug)]
struct Zone {
    /// Who can be picked there, ascending.
    members: Vec<u32>,
    pattern: balancer::State,
}

/// What a pick is about.
pub(in crate::policy) struct Asked<'a, F> {
    pub(in crate::policy) own: &'a UnderWay,
    pub(in crate::policy) fleet: &'a F,
    pub(in crate::policy) key: u64,
    pub(in crate::policy) now: SimTime,
    pub(in crate::policy) luck: Luck,
    pub(in crate::policy) round: u32,
}

impl State {
    /// Client number `client` of an edge. One beyond those that the map knows stands in the zone of its turn.
    pub(in crate::policy) fn new(map: &ZoneMap, load_balancer: &balancer::Config, client: u32) -> Self {
        let own = map.callers.get(client as usize % map.callers.len().max(1)).copied().unwrap_or(0);
        let zone = |_| Zone { members: Vec::new(), pattern: balancer::State::new(load_balancer, client) };
        State { own, plan: Plan::Anywhere, zones: (0..map.count).map(zone).collect() }
    }

    /// There are other members now.
    pub(in crate::policy) fn renew(
        &mut self,
        config: &Config,
        map: &ZoneMap,
        load_balancer: &balancer::Config,
        members: &[u32],
        in_panic: bool,
    ) {
        let zone_of = |instance: u32| map.instances[instance as usize % map.instances.len()];
        for (number, zone) in self.zones.iter_mut().enumerate() {
            let new: Vec<u32> = members.iter().copied().filter(|i| zone_of(*i) == number).collect();
            zone.pattern.renew(load_balancer, &zone.members, &new, |_| 1.0);
            zone.members = new;
        }
        let available: Vec<usize> = self.zones.iter().map(|zone| zone.members.len()).collect();
        self.plan = plan(config, map, self.own, &available, in_panic);
    }

    /// The instance for an attempt, or none if it may go anywhere.
    pub(in crate::policy) fn choose<F: Fleet>(
        &mut self,
        config: &Config,
        load_balancer: &balancer::Config,
        asked: &Asked<'_, F>,
    ) -> Option<u32> {
        let mut draws = asked.luck.draws(Purpose::Zone);
        if config.routing_enabled < Probability::ONE && draws.unit() >= config.routing_enabled.get() {
            return None;
        }
        let zone = match &self.plan {
            Plan::Anywhere => return None,
            Plan::Local => self.own,
            Plan::Spill { local, others } => match draws.unit() < *local {
                true => self.own,
                false => {
                    let share = draws.unit();
                    others.iter().find(|(_, upto)| share < *upto).or(others.last())?.0
                }
            },
        };
        let zone = &mut self.zones[zone];
        let Asked { own, fleet, key, now, luck, round } = *asked;
        if zone.members.is_empty() {
            return None;
        }
        let view = View { members: &zone.members, own, fleet, key, now, luck, round };
        Some(zone.pattern.choose(load_balancer, &view))
    }

    /// The balancer of each zone hears how its attempts end.
    pub(in crate::policy) fn ended(
        &mut self,
        map: &ZoneMap,
        load_balancer: &balancer::Config,
        instance: u32,
        took: crate::time::SimDuration,
        now: SimTime,
    ) {
        let zone = map.instances[instance as usize % map.instances.len()];
        self.zones[zone].pattern.ended(load_balancer, instance, took, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn map(instances: &[usize], callers: &[usize]) -> ZoneMap {
        ZoneMap { count: 3, instances: instances.to_vec(), callers: callers.to_vec() }
    }

    #[test]
    fn equal_shares_stay_at_home() {
        let map = map(&[0, 1, 2, 0, 1, 2], &[0, 1, 2]);
        for own in 0..3 {
            assert_eq!(plan(&Config::default(), &map, own, &[2, 2, 2], false), Plan::Local);
        }
    }

    #[test]
    fn a_zone_with_too_few_instances_spills_what_it_cannot_keep() {
        // Half of the callers in zone 0, a quarter in each other; a third of the instances in each zone.
        let map = map(&[0, 1, 2, 0, 1, 2], &[0, 0, 1, 2]);
        let Plan::Spill { local, others } = plan(&Config::default(), &map, 0, &[2, 2, 2], false) else {
            panic!("it spills");
        };
        // 1/3 over 1/2, and the rest half and half: both others have 1/3 - 1/4 to spare.
        assert!((local - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(others, [(1, 0.5), (2, 1.0)]);
        assert_eq!(plan(&Config::default(), &map, 1, &[2, 2, 2], false), Plan::Local);
        // One of the two in zone 0 is gone: 1/5 over 1/2, the others have 2/5 - 1/4 to spare.
        let Plan::Spill { local, .. } = plan(
            &Config { min_cluster_size: Count::new(5), ..Config::default() },
            &map,
            0,
            &[1, 2, 2],
            false,
        ) else {
            panic!("it spills");
        };
        assert!((local - 0.4).abs() < 1e-12);
    }

    #[test]
    fn too_few_in_panic_or_nobody_at_home_is_anywhere() {
        let map = map(&[0, 1, 2, 0, 1, 2], &[0, 1, 2]);
        let config = Config::default();
        assert_eq!(plan(&config, &map, 0, &[2, 2, 1], false), Plan::Anywhere, "5 are below 6");
        assert_eq!(plan(&config, &map, 0, &[2, 2, 2], true), Plan::Anywhere);
        assert_eq!(plan(&config, &map, 0, &[0, 4, 4], false), Plan::Anywhere);
    }

    #[test]
    fn the_defaults_are_envoys() {
        let config: Config = read("{}").expect("readable");
        assert_eq!((config.routing_enabled, config.min_cluster_size.get()), (Probability::ONE, 6));
        let never: Config = read(r#"{"routing_enabled": 0}"#).expect("readable");
        assert_eq!(never.check()[0].field, "routing_enabled");
    }
}
