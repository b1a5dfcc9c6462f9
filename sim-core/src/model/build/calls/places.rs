//! Who stands where, for callers that go by zones; and which steps turn objects into messages and back.

use super::{Caller, Lowering};
use crate::ids::{EndpointId, Id, ServiceId, StepId};
use crate::model::edge::{CallConfig, EdgeCaller};
use crate::model::endpoint::{Step, StepConfig};
use crate::model::network::Way;
use crate::policy::targets::zone_aware::ZoneMap;

impl Lowering<'_> {
    /// The zones of both sides of a call with `zone_aware` targets.
    pub(super) fn zone_map(
        &mut self,
        call: &CallConfig,
        path: &str,
        who: EdgeCaller,
        to: ServiceId,
    ) -> Option<Box<ZoneMap>> {
        call.targets.zone_aware.as_ref()?;
        let of_service = |id: ServiceId| -> Vec<usize> {
            self.services[id].zones.iter().map(|zone| zone.index()).collect()
        };
        let callers = match who {
            EdgeCaller::Workload(workload) | EdgeCaller::Connector(workload) => {
                let config = &self.config.workloads.0[workload.index()].1;
                let found = config
                    .zone
                    .as_ref()
                    .and_then(|zone| self.config.zones.names.iter().position(|z| z == zone));
                found.into_iter().collect()
            }
            EdgeCaller::Service(id) => of_service(id),
            EdgeCaller::Monitor | EdgeCaller::Intruder(_) => Vec::new(),
        };
        let instances = of_service(to);
        let name = &self.services[to].name;
        let lacks = match (callers.is_empty(), instances.is_empty()) {
            (false, false) => {
                return Some(Box::new(ZoneMap { count: self.config.zones.names.len(), instances, callers }));
            }
            (true, false) => {
                "the caller stands in no zone; give it one, with `zone` at a workload or `zones` at a service"
                    .to_owned()
            }
            (_, true) => format!("the instances of `{name}` stand in no zone; give it `zones: [...]`"),
        };
        self.problems.add(format!("{path}/targets/zone_aware"), lacks);
        None
    }

    /// Steps between the request that is decoded first and the answer that is encoded last.
    pub(super) fn between_messages(&mut self, steps: StepId, path: &str) -> StepId {
        let [decode, encode] = Way::BOTH.map(|way| self.code(None, way, path));
        self.calls.steps.push(Step::Serial { steps: [decode, steps, encode].into() })
    }

    /// A call of a service that pays for its messages stands between encoding and decoding.
    pub(super) fn with_messages(&mut self, call: StepId, path: &str, caller: Caller<'_>) -> Vec<StepId> {
        let pays = match caller.who {
            EdgeCaller::Service(id) => !self.services[id].serialization.is_free(),
            EdgeCaller::Workload(_)
            | EdgeCaller::Monitor
            | EdgeCaller::Connector(_)
            | EdgeCaller::Intruder(_) => false,
        };
        let Step::Call { edge, .. } = self.calls.steps[call] else { return vec![call] };
        if !pays {
            return vec![call];
        }
        let [encode, decode] = Way::BOTH.map(|way| self.code(Some(edge), way, path));
        vec![encode, call, decode]
    }

    fn code(&mut self, edge: Option<crate::ids::EdgeId>, way: Way, path: &str) -> StepId {
        let id = self.calls.steps.push(Step::Code { edge, way, key: 0 });
        self.keyed.push((id, format!("{path}/code/{}", way as usize)));
        id
    }

    /// Steps that are done one after the other.
    pub(super) fn in_order(
        &mut self,
        endpoint: EndpointId,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> Box<[StepId]> {
        let mut lowered = Vec::with_capacity(steps.len());
        for (k, step) in steps.iter().enumerate() {
            let path = format!("{path}/{k}");
            let id = self.step(endpoint, step, &path, caller);
            match step {
                StepConfig::Call(_) => lowered.extend(self.with_messages(id, &path, caller)),
                _ => lowered.push(id),
            }
        }
        lowered.into()
    }
}
