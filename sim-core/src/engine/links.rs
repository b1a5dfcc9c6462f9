//! How long does an answer wait for its link? Connections are taken and given back, and links pass one answer after
//! the other.

use super::Simulation;
use crate::ids::{CallId, EdgeId, IdVec, PoolId};
use crate::luck::Purpose;
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::model::Model;
use crate::model::fault::Effect;
use crate::time::{SimDuration, SimTime};

/// Names of the gauges.
const SHARES: [&str; crate::model::link::MAX_LINKS as usize] = [
    "link_1_share",
    "link_2_share",
    "link_3_share",
    "link_4_share",
    "link_5_share",
    "link_6_share",
    "link_7_share",
    "link_8_share",
    "link_9_share",
    "link_10_share",
    "link_11_share",
    "link_12_share",
    "link_13_share",
    "link_14_share",
    "link_15_share",
    "link_16_share",
];

/// A link.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    /// When it has passed all that it has.
    free_at: SimTime,
    /// Answers so far, and up to the last reading.
    passed: u64,
    read: u64,
}

/// The links of each pool.
#[derive(Debug)]
pub(super) struct Links(IdVec<PoolId, Vec<Link>>);

impl Links {
    pub(super) fn new(model: &Model) -> Self {
        let count = |links: &Option<crate::model::link::Links>| links.map_or(0, |links| links.count as usize);
        Links(model.pools.iter().map(|pool| vec![Link::default(); count(&pool.links)]).collect())
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A call has a slot of its pool: which connection is that?
    pub(super) fn take_connection(&mut self, id: CallId, pool: PoolId, client: usize) {
        let Some(links) = &self.model.pools[pool].links else { return };
        let call = self.calls.get(id.0).expect("a call that has a slot");
        let luck = call.luck.attempt(call.progress.attempts + 1).draws(Purpose::Connection);
        let taken = self.pools[pool][client].connections.take(links.order, luck);
        self.contexts[id.0.slot as usize].connection = taken;
    }

    /// An answer that its caller waits for goes over the link of its connection: how long until it has passed?
    pub(super) fn pass_link(&mut self, edge: EdgeId, id: CallId) -> Option<SimDuration> {
        let pool = self.model.edges[edge].pool?;
        let links = self.model.pools[pool].links.as_ref()?;
        let context = &self.contexts[id.0.slot as usize];
        let number = context.connection % links.count;
        let now = self.now;
        let mut pass = links.pass;
        for fault in self.model.faults_on(now) {
            match fault.effect {
                Effect::Congested(hit) if (hit.pool, hit.link) == (pool, number) => {
                    pass = pass.mul_f64(1.0 / hit.factor);
                }
                _ => {}
            }
        }
        let link = &mut self.links.0[pool][number as usize];
        link.free_at = link.free_at.max(now) + pass;
        link.passed += 1;
        Some(link.free_at.since(now))
    }

    /// The share of each link in the answers since the last reading.
    pub(super) fn read_links(&mut self, readings: &mut Vec<Reading>) {
        for (pool, links) in self.model.pools.ids().zip(self.links.0.iter_mut()) {
            if links.is_empty() {
                continue;
            }
            let Some((edge, _)) = self.model.edges.iter_ids().find(|(_, edge)| edge.pool == Some(pool))
            else {
                continue;
            };
            let all: u64 = links.iter().map(|link| link.passed - link.read).sum();
            for (link, name) in links.iter_mut().zip(SHARES) {
                let passed = link.passed - std::mem::replace(&mut link.read, link.passed);
                let value = (all > 0).then(|| passed as f64 / all as f64);
                readings.push(Reading { of: Holder::Edge(edge), name, value });
            }
        }
    }

    /// Connections opened, free and taken at the end.
    pub(super) fn close_links(&mut self) {
        for (id, pools) in self.pools.iter_ids() {
            if self.model.pools[id].links.is_some() {
                for pool in pools {
                    let [opened, free] = pool.connections.counts();
                    let ledger = &mut self.ledger.links;
                    *ledger = [ledger[0] + opened, ledger[1] + free, ledger[2] + u64::from(pool.taken)];
                }
            }
        }
    }
}
