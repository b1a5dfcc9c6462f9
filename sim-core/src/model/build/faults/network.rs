//! Which messages does a trigger hit? Names of callers and services become edges.

use super::Lowering;
use crate::dist::Distribution;
use crate::ids::{EdgeId, Id, LinkId, ServiceId};
use crate::model::correlation;
use crate::model::edge::{Edge, EdgeCaller};
use crate::model::fault::{
    BandwidthFault, Between, Direction, Effect, Harm, Kind, LatencyFault, NetworkHit, Partition,
    PartitionFault, PartitionMode, PayloadGrowthFault, SlowCloseFault,
};
use crate::model::network::{Cut, Way};
use crate::time::SimDuration;
use crate::units::{Bandwidth, Factor, Probability};

impl Lowering<'_> {
    /// A trigger that hits a share of the messages.
    pub(super) fn share(&mut self, kind: Kind<'_>) -> Option<Effect> {
        let none = Probability::ZERO;
        let (tag, between, direction, ratios, harm) = match kind {
            Kind::Loss(f) => {
                let ratios = (f.ratio, f.correlation_ratio);
                ("loss", f.between(), f.direction, ratios, Harm::Lost(f.ratio.get()))
            }
            Kind::Duplicate(f) => {
                let ratios = (f.ratio, f.correlation_ratio);
                ("duplicate", f.between(), f.direction, ratios, Harm::Doubled(f.ratio.get()))
            }
            Kind::Corrupt(f) => {
                let ratios = (f.ratio, f.correlation_ratio);
                ("corrupt", f.between(), f.direction, ratios, Harm::Damaged(f.ratio.get()))
            }
            Kind::Reorder(f) => {
                self.delay("reorder", &f.delay).then_some(())?;
                let ratios = (f.ratio, f.correlation_ratio);
                let harm = Harm::HeldUp(f.ratio.get(), f.delay.sampler());
                ("reorder", f.between(), f.direction, ratios, harm)
            }
            Kind::Reset(f) => {
                ("reset", f.between(), f.direction, (f.ratio, none), Harm::Reset(f.ratio.get()))
            }
            _ => unreachable!("others hit no share of messages"),
        };
        self.share_of_messages(tag, between, direction, ratios, harm)
    }

    /// The messages that the trigger `tag` hits with this probability.
    fn share_of_messages(
        &mut self,
        tag: &str,
        between: Between<'_>,
        direction: Direction,
        (ratio, correlation): (Probability, Probability),
        harm: Harm,
    ) -> Option<Effect> {
        if ratio == Probability::ZERO {
            let path = format!("{}/{tag}/ratio", self.path);
            self.problems.add(path, "a share of 0 hits no message; write one above 0");
        }
        if let Err(message) = correlation::check(correlation) {
            self.problems.add(format!("{}/{tag}/correlation_ratio", self.path), message);
        }
        let mut effect = self.messages(tag, between, direction, harm);
        if let Some(Effect::Network(hit)) = &mut effect {
            hit.correlation = correlation.get();
        }
        effect
    }

    /// A duration of a trigger.
    fn delay(&mut self, tag: &str, delay: &Distribution) -> bool {
        self.problems.distribution(format!("{}/{tag}/delay", self.path), Some(delay));
        delay.check().is_ok()
    }

    pub(super) fn messages(
        &mut self,
        tag: &str,
        between: Between<'_>,
        direction: Direction,
        harm: Harm,
    ) -> Option<Effect> {
        let path = format!("{}/{tag}", self.path);
        if between.from.is_none() && between.to.is_none() {
            self.problems.add(
                path,
                "whose messages? Add `from` (a workload or service that calls), `to` (a service that is called), or both",
            );
            return None;
        }
        let services = &self.config.services;
        if let Some(from) = between.from {
            let callers = self.config.workloads.names().chain(services.names());
            self.problems.find_name(format!("{path}/from"), "workload or service", from, callers)?;
        }
        if let Some(to) = between.to {
            self.problems.find(format!("{path}/to"), "service", to, services)?;
        }
        let edges: Vec<EdgeId> = self
            .edges
            .iter_ids()
            .filter(|(_, edge)| self.lies_between(edge, between))
            .map(|(id, _)| id)
            .collect();
        if edges.is_empty() && !self.edges.is_empty() {
            let message = match (between.from, between.to) {
                (Some(from), Some(to)) => {
                    format!("`{from}` does not call `{to}`, so no message would be hit")
                }
                (Some(from), None) => format!("`{from}` calls nobody, so no message would be hit"),
                _ => format!("nobody calls `{}`, so no message would be hit", between.to.unwrap_or_default()),
            };
            self.problems.add(path, message);
        }
        Some(Effect::Network(NetworkHit { edges, direction, harm, correlation: 0.0 }))
    }

    pub(super) fn latency(&mut self, f: &LatencyFault) -> Option<Effect> {
        if f.delay == SimDuration::ZERO && f.jitter == SimDuration::ZERO {
            let path = format!("{}/latency/delay", self.path);
            self.problems.add(path, "nothing would take longer; write a delay above zero, such as `200ms`");
        }
        self.messages("latency", f.between(), f.direction, Harm::Slower(f.delay, f.jitter))
    }

    pub(super) fn slow_close(&mut self, f: &SlowCloseFault) -> Option<Effect> {
        let path = format!("{}/slow_close", self.path);
        if f.delay == SimDuration::ZERO {
            let message = "connections would close as ever; write a delay above zero, such as `200ms`";
            self.problems.add(format!("{path}/delay"), message);
        }
        let effect = self.messages("slow_close", f.between(), Direction::Both, Harm::ClosesLate(f.delay))?;
        if let Effect::Network(hit) = &effect
            && !hit.edges.is_empty()
            && hit.edges.iter().all(|edge| self.edges[*edge].pool.is_none())
        {
            let message = "none of these calls holds a slot of a pool, so it does not matter when connections close; write \
                           `pool: NAME` at a call";
            self.problems.add(path, message);
        }
        Some(effect)
    }

    pub(super) fn partition(&mut self, f: &PartitionFault, key: u32) -> Option<Effect> {
        let path = format!("{}/partition", self.path);
        if f.ratio == Probability::ZERO {
            self.problems.add(format!("{path}/ratio"), "a share of 0 separates nobody; write one above 0");
        }
        let mode = match f.mode {
            PartitionMode::BlackHole => Cut::BlackHole,
            PartitionMode::Reject => Cut::Reject,
        };
        let mut zones = Vec::new();
        for (k, zone) in f.zones.iter().enumerate() {
            zones.push(self.problems.zone(format!("{path}/zones/{k}"), zone, self.config)?);
        }
        let cut = Partition { mode, zones, share: f.ratio.get(), key };
        if f.zones.is_empty() {
            return self.messages("partition", f.between(), f.direction, Harm::Cut(cut));
        }
        if f.from.is_some() || f.to.is_some() {
            let message = "`zones` and `from` or `to` both say between whom; remove one, or write two faults";
            self.problems.add(format!("{path}/zones"), message);
        }
        if f.zones.len() > 2 || cut.zones.first() == cut.zones.get(1) {
            let message = "a partition lies between two different zones, or around one; write `[north, south]` or `[north]`";
            self.problems.add(format!("{path}/zones"), message);
        }
        let has_zones =
            |edge: &Edge| edge.caller != EdgeCaller::Monitor && !self.services[edge.to].zones.is_empty();
        let edges: Vec<EdgeId> =
            self.edges.iter_ids().filter(|(_, edge)| has_zones(edge)).map(|(id, _)| id).collect();
        if edges.is_empty() && !self.edges.is_empty() {
            let message = "no service that is called stands in a zone, so no message would be hit; write `zones: [north]` \
                           at a service";
            self.problems.add(format!("{path}/zones"), message);
        }
        let (direction, harm) = (f.direction, Harm::Cut(cut));
        Some(Effect::Network(NetworkHit { edges, direction, harm, correlation: 0.0 }))
    }

    pub(super) fn bandwidth(&mut self, f: &BandwidthFault) -> Option<Effect> {
        let path = format!("{}/bandwidth", self.path);
        let links = &self.config.links;
        if links.is_empty() {
            let message =
                format!("the file has no links; add `links: {{{}: {{bandwidth: 1Gbit/s}}}}` to it", f.link);
            self.problems.add(format!("{path}/link"), message);
            return None;
        }
        let link = LinkId::from_index(self.problems.find(format!("{path}/link"), "link", &f.link, links)?);
        let told = match (f.rate, f.factor) {
            (Some(_), Some(_)) => Some("`rate` and `factor` both say what is left; remove one"),
            (None, None) => {
                Some("what is left of it? Add `rate`, such as `10Mbit/s`, or `factor`, such as `0.1`")
            }
            _ => None,
        };
        if let Some(message) = told {
            self.problems.add(path, message);
        }
        let bytes_per_s = f.rate.map(Bandwidth::bytes_per_s);
        Some(Effect::Bandwidth { link, bytes_per_s, factor: f.factor.map_or(1.0, Factor::get) })
    }

    pub(super) fn payload_growth(&mut self, f: &PayloadGrowthFault) -> Option<Effect> {
        let path = format!("{}/payload_growth/service", self.path);
        let found = self.problems.find(path.clone(), "service", &f.service, &self.config.services)?;
        let service = ServiceId::from_index(found);
        let grows = |edge: &Edge| edge.to == service && edge.sizes.laws[Way::Back as usize].is_some();
        // A size that is told to be wrong has no law.
        if self.problems.0.is_empty() && !self.edges.iter().any(grows) {
            let message = format!(
                "answers of `{}` have no size, so nothing would grow; write `response_size: 10KiB` at a call or endpoint",
                f.service
            );
            self.problems.add(path, message);
        }
        Some(Effect::Growth { service, factor: f.factor.get() })
    }

    /// Probes are asked by the orchestrator, over a network of its own.
    fn lies_between(&self, edge: &Edge, between: Between<'_>) -> bool {
        let caller = match edge.caller {
            EdgeCaller::Workload(id) | EdgeCaller::Connector(id) => {
                self.config.workloads.names().nth(id.index())
            }
            EdgeCaller::Service(id) => self.config.services.names().nth(id.index()),
            EdgeCaller::Monitor | EdgeCaller::Intruder(_) => return false,
        };
        let called = &self.services[edge.to].name;
        between.from.is_none_or(|from| caller == Some(from)) && between.to.is_none_or(|to| called == to)
    }
}
