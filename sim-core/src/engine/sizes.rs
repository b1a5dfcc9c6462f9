//! How large is a message? By the law of its edge and the luck of its attempt, and larger where triggers say so.

use super::Simulation;
use super::state::Attempt;
use crate::ids::{AttemptId, EdgeId, ServiceId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::model::fault::Effect;
use crate::model::network::Way;

/// What the draws of each way are for.
const SIZES: [Purpose; 2] = [Purpose::RequestSize, Purpose::ResponseSize];

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// How large a message is: the same whenever it is asked, while the same triggers are on.
    pub(super) fn message_bytes(&self, id: AttemptId, attempt: &Attempt, way: Way) -> u64 {
        let is_nobodys = self.model.edges[attempt.edge].caller.is_nobodys();
        let errand = self.errands.get(id.0.slot as usize).filter(|_| !is_nobodys);
        let workload = errand.map(|errand| errand.workload);
        self.bytes_on(attempt.edge, attempt.luck, workload, way)
    }

    /// How large a message over an edge is, by the luck of its attempt.
    pub(super) fn bytes_on(&self, edge: EdgeId, luck: Luck, workload: Option<WorkloadId>, way: Way) -> u64 {
        let edge = &self.model.edges[edge];
        let Some(law) = &edge.sizes.laws[way as usize] else { return 0 };
        let mut bytes = law.sample(&mut luck.draws(SIZES[way as usize])).as_nanos();
        let mut growth = 1.0;
        if self.loads.weighs {
            growth = self.loads.growth(edge.to, workload);
        }
        if way == Way::Back {
            growth *= self.growth_of_answers(edge.to);
        }
        if growth != 1.0 {
            bytes = (bytes as f64 * growth + 0.5) as u64;
        }
        match edge.sizes.limit.filter(|_| way == Way::Back) {
            Some(limit) => bytes.min(limit),
            None => bytes,
        }
    }

    /// How many times as large the answers of a service are now.
    fn growth_of_answers(&self, of: ServiceId) -> f64 {
        let mut growth = 1.0;
        for fault in self.model.faults_on(self.now) {
            if let Effect::Growth { service, factor } = fault.effect
                && service == of
            {
                let over = self.now.since(fault.begins).as_nanos_f64()
                    / fault.ends.since(fault.begins).as_nanos_f64();
                growth *= 1.0 + (factor - 1.0) * over;
            }
        }
        growth
    }
}
