//! In which order do the policies of a call act, and who shares what they remember?

use super::Lowering;
use crate::ids::{EdgeId, ServiceId};
use crate::model::edge::CallConfig;
use crate::model::pipeline::{Layer, Layers, Pipeline};
use crate::policy::scope::Scope;

impl Lowering<'_> {
    pub(super) fn pipeline(&mut self, call: &CallConfig, path: &str) -> Pipeline {
        for (word, problems) in [
            ("circuit_breaker", call.circuit_breaker.check()),
            ("client_throttle", call.client_throttle.check()),
            ("rate_limit", call.rate_limit.check()),
            ("bulkhead", call.bulkhead.check()),
        ] {
            self.problems.policy(&format!("{path}/{word}"), problems);
        }
        let layers = Layers {
            pipeline: call.pipeline.as_deref(),
            has_total_timeout: call.timeouts.total.0.is_some(),
            has_attempt_timeout: call.timeouts.attempt.0.is_some(),
            retries: call.retry.most_sends() > 1,
            has_pool: call.pool.is_some(),
            breaker: &call.circuit_breaker,
            throttle: &call.client_throttle,
            rate_limit: &call.rate_limit,
            bulkhead: &call.bulkhead,
        };
        self.problems.policy(path, layers.check());
        layers.lower()
    }

    /// Calls that share what a policy remembers with all others to the same service: the first of them holds it.
    pub(super) fn share_globals(&mut self) {
        for layer in [Layer::CircuitBreaker, Layer::ClientThrottle, Layer::RateLimit, Layer::Bulkhead] {
            let mut homes: Vec<(ServiceId, EdgeId)> = Vec::new();
            for id in self.calls.edges.ids().collect::<Vec<_>>() {
                let edge = &self.calls.edges[id];
                if edge.pipeline.scope(layer) != Scope::Global {
                    continue;
                }
                let Some((_, home)) = homes.iter().find(|(service, _)| *service == edge.to) else {
                    homes.push((edge.to, id));
                    continue;
                };
                let (own, first) = (&edge.pipeline, &self.calls.edges[*home]);
                let same = match layer {
                    Layer::CircuitBreaker => own.breaker == first.pipeline.breaker,
                    Layer::ClientThrottle => own.throttle == first.pipeline.throttle,
                    Layer::RateLimit => own.rate_limit == first.pipeline.rate_limit,
                    _ => own.bulkhead == first.pipeline.bulkhead,
                };
                if !same {
                    let message = format!(
                        "shared by all calls to `{}`, but `{}` says something else about it; say the same at both",
                        self.services[edge.to].name, first.path
                    );
                    self.problems.add(format!("{}/{}", edge.path, layer.word()), message);
                }
                let home = *home;
                self.calls.edges[id].pipeline.homes[layer as usize] = Some(home);
            }
        }
    }
}
