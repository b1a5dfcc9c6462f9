//! On which edges are connections opened? One for each workload whose users keep connections; their messages go
//! where the connection goes, so nothing chooses for these.

use super::{Caller, Lowering};
use crate::ids::{EdgeId, Id};
use crate::model::edge::{EdgeCaller, UntilConfig};
use crate::model::workload::{ArrivalsConfig, WorkloadConfig};
use crate::policy::balancer;

impl Lowering<'_> {
    pub(super) fn connects(&mut self) {
        let config = self.config;
        // The pools of workloads come first, in their order.
        let mut first_pool = 0;
        for (index, (name, workload)) in config.workloads.iter().enumerate() {
            let caller = Caller::users(EdgeCaller::Connector(Id::from_index(index)), workload, first_pool);
            first_pool += workload.pools.len();
            let edge =
                self.connect(&format!("workloads/{name}"), workload, EdgeId::from_index(index), caller);
            self.calls.connects.push(edge);
        }
    }

    fn connect(
        &mut self,
        path: &str,
        workload: &WorkloadConfig,
        messages: EdgeId,
        caller: Caller<'_>,
    ) -> Option<EdgeId> {
        let ArrivalsConfig::Connected(connected) = &workload.arrivals else { return None };
        let place = format!("{path}/arrivals/connected/connect");
        let known = |to: &str| self.endpoint_of(to).is_some();
        let both_known = known(&connected.connect.to) && known(&workload.call.to);
        let edge = self.edge(&connected.connect, place.clone(), caller);
        let (to, holder) = (self.calls.edges[messages].to, self.calls.edges[edge].to);
        if both_known && to != holder {
            let (to, holder) = (&self.services[to].name, &self.services[holder].name);
            let message = format!(
                "connections are opened to `{holder}`, but messages go to `{to}`; they go over the connection, so \
                 `connect` and `call` name endpoints of the same service"
            );
            self.problems.add(format!("{place}/to"), message);
        }
        for (field, is_default) in [
            ("load_balancer", workload.call.load_balancer == balancer::Config::default()),
            ("targets", workload.call.targets.is_everyone()),
        ] {
            if !is_default {
                let message = format!(
                    "a message goes to the instance that its user is connected to, nothing is chosen for it; write \
                     `{field}` below `arrivals: {{connected: {{connect: ...}}}}`"
                );
                self.problems.add(format!("{path}/call/{field}"), message);
            }
        }
        if connected.connect.until != UntilConfig::Answered {
            let message = "a connection is open once it is answered, so there is nothing else to wait for; take `until` \
                           out, or write it below `call`, for the messages";
            self.problems.add(format!("{place}/until"), message);
        }
        if workload.call.retry.terms().reselections() > 0 {
            let message = "a message goes to the instance that its user is connected to, so its retry cannot avoid the \
                           previous one; take `avoid_previous_host` out";
            self.problems.add(format!("{path}/call/retry"), message);
        }
        let messages = &mut self.calls.edges[messages];
        (messages.over_connection, messages.chooses, messages.is_watched) = (true, false, false);
        messages.discovers = false;
        Some(edge)
    }
}
