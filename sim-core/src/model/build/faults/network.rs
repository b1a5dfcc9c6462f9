//! Which messages does a trigger hit? Names of callers and services become edges.

use super::Lowering;
use crate::dist::Distribution;
use crate::ids::EdgeId;
use crate::model::edge::{Edge, EdgeCaller};
use crate::model::fault::{Between, Direction, Effect, Harm, NetworkHit};
use crate::units::Probability;

impl Lowering<'_> {
    /// The messages that the trigger `tag` hits with this probability.
    pub(super) fn share_of_messages(
        &mut self,
        tag: &str,
        between: Between<'_>,
        direction: Direction,
        ratio: Probability,
        harm: Harm,
    ) -> Option<Effect> {
        if ratio == Probability::ZERO {
            let path = format!("{}/{tag}/ratio", self.path);
            self.problems.add(path, "a share of 0 hits no message; write one above 0");
        }
        self.messages(tag, between, direction, harm)
    }

    /// A duration of a trigger.
    pub(super) fn delay(&mut self, tag: &str, delay: &Distribution) -> bool {
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
        Some(Effect::Network(NetworkHit { edges, direction, harm }))
    }

    /// Probes are asked by the orchestrator, over a network of its own.
    fn lies_between(&self, edge: &Edge, between: Between<'_>) -> bool {
        let caller = match edge.caller {
            EdgeCaller::Workload(id) | EdgeCaller::Connector(id) => {
                self.config.workloads.names().nth(id_of(id))
            }
            EdgeCaller::Service(id) => self.config.services.names().nth(id_of(id)),
            EdgeCaller::Monitor => return false,
        };
        let called = &self.services[edge.to].name;
        between.from.is_none_or(|from| caller == Some(from)) && between.to.is_none_or(|to| called == to)
    }
}

fn id_of(id: impl crate::ids::Id) -> usize {
    id.index()
}
