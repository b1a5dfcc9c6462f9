//! Which instance does this client send its next attempt to? What one client of an edge remembers for
//! that: the balancing pattern ([`super::balancer`]) and its belief about the instances
//! ([`super::targets`]).
//!
//! The engine tells it what happens ([`Chooser::sent`], [`Chooser::ended`], [`Chooser::set_ready`],
//! [`Chooser::checked`], [`Chooser::on_interval`]) and asks ([`Chooser::pick`]). The list of members is made
//! anew only when something has changed; a pick allocates nothing.

use super::balancer::deadlines::Deadlines;
use super::balancer::{self, Fleet, UnderWay, View};
use super::targets::zone_aware::{self, ZoneMap};
use super::targets::{self, Change};
use super::{Outcome, Problem};
use crate::luck::{Luck, Purpose};
use crate::time::{SimDuration, SimTime};

/// Which instances to avoid, if others come out when asked again.
#[derive(Clone, Copy, Debug)]
pub struct Avoid<'a> {
    /// The instances.
    pub tried: &'a [u32],
    /// How often another choice is made if one of them comes out; after that it is taken after all, as in
    /// Envoy.
    pub reselections: u32,
}

impl Avoid<'_> {
    /// Everyone will do.
    pub const NOBODY: Avoid<'static> = Avoid { tried: &[], reselections: 0 };
}

/// How the clients of an edge choose instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// How one is chosen.
    pub load_balancer: balancer::Config,
    /// Which ones there are to choose from.
    pub targets: targets::Config,
    /// Who stands where; only with `zone_aware` targets.
    pub zones: Option<Box<ZoneMap>>,
}

/// What one client of an edge remembers of its choices and of the instances.
#[derive(Clone, Debug)]
pub struct Chooser {
    pattern: balancer::State,
    /// Who can be picked, ascending; made anew at the next pick if it is stale.
    members: Vec<u32>,
    is_stale: bool,
    in_panic: bool,
    /// From when on all members are warm.
    warm_at: SimTime,
    under_way: UnderWay,
    instances: u32,
    client: u32,
    luck: Luck,
    /// None as long as all instances are members.
    rest: Option<Box<Rest>>,
    /// What it knows of zones, if it goes by them.
    zoned: Option<Box<zone_aware::State>>,
}

/// What a client remembers if not everyone is a member.
#[derive(Clone, Debug)]
struct Rest {
    targets: targets::State,
    /// The turns while somebody is in slow start.
    deadlines: Deadlines,
}

impl Config {
    /// Contradictions between fields or with the number of instances, as paths below the call:
    /// `load_balancer/...` and `targets/...`.
    pub fn check(&self, instances: u32) -> Vec<Problem> {
        let mut problems = Problem::below("load_balancer", self.load_balancer.check(instances));
        problems.extend(Problem::below("targets", self.targets.check()));
        if self.targets.slow_start.window.0.is_some() && !self.load_balancer.has_weights() {
            let sentence = format!(
                "acts on `round_robin`, `weighted` and `least_request` only; `load_balancer: {}` has no weights",
                self.load_balancer.word()
            );
            problems.push(Problem::new("targets/slow_start", sentence));
        }
        problems
    }

    /// How often the engine calls [`Chooser::on_interval`]; none if never.
    pub fn interval(&self) -> Option<SimDuration> {
        self.targets.outlier_detection.as_ref().map(|config| config.interval)
    }
}

impl Chooser {
    /// Client number `client` of an edge to a service of `instances`, all of them ready. `luck` is the
    /// client's own ([`Luck::of_client`]).
    pub fn new(config: &Config, instances: u32, client: u32, luck: Luck) -> Self {
        let mut chooser = Chooser {
            pattern: balancer::State::new(&config.load_balancer, client),
            members: Vec::new(),
            is_stale: true,
            in_panic: false,
            warm_at: SimTime::ZERO,
            under_way: UnderWay::default(),
            instances,
            client,
            luck,
            rest: None,
            zoned: config
                .zones
                .as_ref()
                .map(|map| Box::new(zone_aware::State::new(map, &config.load_balancer, client))),
        };
        if config.load_balancer.counts_own() {
            chooser.under_way.grow(instances);
        }
        if !config.targets.is_everyone() {
            chooser.rest(config);
        }
        chooser
    }

    /// The instance for an attempt, or none if no one is there. `luck` is that of the attempt.
    #[inline]
    pub fn pick<F: Fleet>(
        &mut self,
        config: &Config,
        fleet: &F,
        request_key: u64,
        now: SimTime,
        luck: Luck,
        avoid: Avoid<'_>,
    ) -> Option<u32> {
        if self.is_stale {
            self.renew(config, now);
        }
        if self.members.is_empty() {
            return None;
        }
        let mut picked = self.choose(config, fleet, request_key, now, luck, 0);
        if avoid.reselections > 0 && self.members.len() > 1 {
            for n in 1..=avoid.reselections {
                if !avoid.tried.contains(&picked) {
                    break;
                }
                picked = self.choose(config, fleet, request_key, now, luck, n);
            }
        }
        Some(picked)
    }

    #[inline]
    fn choose<F: Fleet>(
        &mut self,
        config: &Config,
        fleet: &F,
        key: u64,
        now: SimTime,
        luck: Luck,
        round: u32,
    ) -> u32 {
        if let Some((zoned, targets)) = self.zoned.as_deref_mut().zip(config.targets.zone_aware.as_ref()) {
            let asked = zone_aware::Asked { own: &self.under_way, fleet, key, now, luck, round };
            if let Some(picked) = zoned.choose(targets, &config.load_balancer, &asked) {
                return picked;
            }
        }
        let view = View { members: &self.members, own: &self.under_way, fleet, key, now, luck, round };
        if now >= self.warm_at {
            return self.pattern.choose(&config.load_balancer, &view);
        }
        let Rest { targets, deadlines } = self.rest.as_deref_mut().expect("who is new was set ready");
        let warmth = |instance| targets.warmth(&config.targets, instance, now);
        self.pattern.choose_warming(&config.load_balancer, &view, deadlines, warmth)
    }

    /// An attempt goes to `instance`.
    #[inline]
    pub fn sent(&mut self, instance: u32) {
        self.under_way.sent(instance);
    }

    /// An attempt that was [`sent`](Chooser::sent) is over for the caller, `took` after it was sent. Called
    /// once for each.
    #[inline]
    pub fn ended(
        &mut self,
        config: &Config,
        instance: u32,
        outcome: Outcome,
        took: SimDuration,
        now: SimTime,
    ) -> Option<Change> {
        self.under_way.ended(instance);
        self.pattern.ended(&config.load_balancer, instance, took, now);
        if let Some((zoned, map)) = self.zoned.as_deref_mut().zip(config.zones.as_deref()) {
            zoned.ended(map, &config.load_balancer, instance, took, now);
        }
        let change = self.rest.as_deref_mut()?.targets.ended(&config.targets, instance, outcome, now)?;
        self.is_stale = true;
        Some(change)
    }

    /// The orchestrator adds or removes the endpoint. One that was removed comes back as a newcomer:
    /// slow start begins, and its first health check decides. A number beyond all others adds an instance.
    pub fn set_ready(&mut self, config: &Config, instance: u32, ready: bool, now: SimTime) {
        self.rest(config);
        if instance >= self.instances {
            self.instances = instance + 1;
            if config.load_balancer.counts_own() {
                self.under_way.grow(self.instances);
            }
            self.rest(config).targets.grow(instance + 1);
        }
        self.is_stale |= self.rest(config).targets.set_ready(&config.targets, instance, ready, now);
    }

    /// The answer to an active health check of this client: what changed, at most a turn of its health and
    /// the end of an ejection.
    pub fn checked(&mut self, config: &Config, instance: u32, passed: bool, now: SimTime) -> Vec<Change> {
        let changes = match &mut self.rest {
            None => Vec::new(),
            Some(rest) => rest.targets.checked(&config.targets, instance, passed, now),
        };
        self.is_stale |= !changes.is_empty();
        changes
    }

    /// The timer of outlier detection, every [`Config::interval`].
    pub fn on_interval(&mut self, config: &Config, now: SimTime) -> Vec<Change> {
        let changes = match &mut self.rest {
            None => Vec::new(),
            Some(rest) => rest.targets.on_interval(&config.targets, now),
        };
        self.is_stale |= !changes.is_empty();
        changes
    }

    /// The instances that a pick chooses from now, ascending, and whether health is ignored (panic).
    pub fn members(&mut self, config: &Config, now: SimTime) -> (&[u32], bool) {
        if self.is_stale {
            self.renew(config, now);
        }
        (&self.members, self.in_panic)
    }

    fn rest(&mut self, config: &Config) -> &mut Rest {
        let Chooser { instances, client, luck, .. } = *self;
        self.rest.get_or_insert_with(|| {
            let seed = luck.draws(Purpose::Instance).bits();
            let targets = targets::State::new(&config.targets, instances, client, seed);
            Box::new(Rest { targets, deadlines: Deadlines::default() })
        })
    }

    /// Makes the list of members anew, and what the pattern derives from it.
    #[cold]
    #[inline(never)]
    fn renew(&mut self, config: &Config, now: SimTime) {
        self.is_stale = false;
        let (mut members, in_panic) = match &self.rest {
            None => ((0..self.instances).collect(), false),
            Some(rest) => rest.targets.members(&config.targets),
        };
        members.retain(|instance| config.load_balancer.serves(*instance));
        let targets = self.rest.as_deref().map(|rest| &rest.targets);
        let warmth = |i| targets.map_or(1.0, |targets| targets.warmth(&config.targets, i, now));
        self.pattern.renew(&config.load_balancer, &self.members, &members, warmth);
        (self.members, self.in_panic) = (members, in_panic);
        if let (Some(zoned), Some(map), Some(targets)) =
            (self.zoned.as_deref_mut(), config.zones.as_deref(), config.targets.zone_aware.as_ref())
        {
            zoned.renew(targets, map, &config.load_balancer, &self.members, in_panic);
        }
        self.renew_turns(config, now);
    }

    /// As long as somebody is in slow start, turns differ in length.
    fn renew_turns(&mut self, config: &Config, now: SimTime) {
        let Some(Rest { targets, deadlines }) = self.rest.as_deref_mut() else { return };
        let was_warm = now >= self.warm_at;
        self.warm_at = targets.warm_at(&config.targets, &self.members);
        if now >= self.warm_at {
            return;
        }
        if was_warm {
            *deadlines = Deadlines::default();
        }
        let skip = self.pattern.turn(self.client, self.members.len());
        deadlines.update(&self.members, |i| targets.warmth(&config.targets, i, now), skip);
    }
}

#[cfg(test)]
mod tests;
