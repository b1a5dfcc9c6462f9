//! On which edges are lost leases established? One for each workload whose holders keep leases, beside the one on
//! which they renew.

use super::{Caller, Lowering};
use crate::ids::{EdgeId, Id};
use crate::model::edge::EdgeCaller;
use crate::model::workload::ArrivalsConfig;

impl Lowering<'_> {
    pub(super) fn establishes(&mut self) {
        let config = self.config;
        // The pools of workloads come first, in their order.
        let mut first_pool = 0;
        for (index, (name, workload)) in config.workloads.iter().enumerate() {
            let caller = Caller::users(EdgeCaller::Workload(Id::from_index(index)), workload, first_pool);
            first_pool += workload.pools.len();
            let edge = match &workload.arrivals {
                ArrivalsConfig::Leases(leases) => {
                    let path = format!("workloads/{name}/arrivals/leases/establish");
                    let edge = self.edge(&leases.establish, path.clone(), caller);
                    let known = |to: &str| self.endpoint_of(to).is_some();
                    let both_known = known(&leases.establish.to) && known(&workload.call.to);
                    let renewals = EdgeId::from_index(index);
                    let [there, here] = [renewals, edge].map(|edge| self.calls.edges[edge].to);
                    if both_known && there != here {
                        let [there, here] = [there, here].map(|id| &self.services[id].name);
                        let message = format!(
                            "leases are established at `{here}`, but renewed at `{there}`; who grants a lease renews it, so \
                             `establish` and `call` name endpoints of the same service"
                        );
                        self.problems.add(format!("{path}/to"), message);
                    }
                    Some(edge)
                }
                _ => None,
            };
            self.calls.establishes.push(edge);
        }
    }
}
