//! Do the clients of a call choose among addresses that they have learnt, and what cannot go with that?

use super::Lowering;
use crate::model::edge::{CallConfig, EdgeCaller};
use crate::model::service::Service;
use crate::policy::balancer;

impl Lowering<'_> {
    /// Whether callers learn the addresses of `service`. Probes know where their instance is.
    pub(super) fn discovers(
        &mut self,
        call: &CallConfig,
        service: &Service,
        path: &str,
        caller: EdgeCaller,
    ) -> bool {
        if service.discovery.is_none() || caller == EdgeCaller::Monitor {
            return false;
        }
        let how = service.discovery.word();
        if matches!(call.load_balancer, balancer::Config::Weighted(_)) {
            let message = format!(
                "weights belong to places, and callers of `{0}` know addresses (`discovery: {how}`), which change; choose \
                 another balancer, or remove `discovery` from `{0}`",
                service.name
            );
            self.problems.add(format!("{path}/load_balancer/weighted"), message);
        }
        if call.targets.health_check.is_some() {
            let message = format!(
                "checks are made place by place, and callers of `{}` know addresses (`discovery: {how}`), which change; \
                 write `outlier_detection`, which goes by the calls themselves, or remove one of the two",
                service.name
            );
            self.problems.add(format!("{path}/targets/health_check"), message);
        }
        true
    }
}
