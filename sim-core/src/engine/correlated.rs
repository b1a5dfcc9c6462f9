//! Which messages are hit together? Chains of fates, one for each edge, way and reason that has a
//! `correlation_ratio`.

use std::collections::BTreeMap;

use super::Simulation;
use crate::ids::{EdgeId, Id};
use crate::luck::{Luck, Purpose};
use crate::metrics::Probe;
use crate::model::Model;
use crate::model::correlation::Chain;
use crate::model::fault::{Effect, Harm};
use crate::model::network::Way;

/// What may happen to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chance {
    Lost,
    Doubled,
    Damaged,
    HeldUp,
}

/// Number of the edge's own network among what hits its messages; triggers have those behind it.
const OWN: u32 = 0;
/// Which sending of a message it is that says that nobody wants an attempt any more.
pub(super) const WORD: u32 = u32::MAX;

/// All chains.
#[derive(Debug)]
pub(super) struct Chains {
    /// Whether any trigger hits several in a row. Networks are looked at as they are: an operator may change them.
    by_triggers: bool,
    of: BTreeMap<(EdgeId, Way, Chance, u32), Chain>,
}

impl Chains {
    pub(super) fn new(model: &Model) -> Self {
        let hit = |effect: &Effect| matches!(effect, Effect::Network(hit) if hit.correlation > 0.0);
        Chains { by_triggers: model.faults.iter().any(|fault| hit(&fault.effect)), of: BTreeMap::new() }
    }
}

/// A message that leaves, as chains see it.
#[derive(Clone, Copy)]
pub(super) struct Leaving {
    pub(super) edge: EdgeId,
    pub(super) way: Way,
    pub(super) luck: Luck,
    /// How often it has been sent in vain.
    pub(super) turn: u32,
    /// Packets that it takes.
    pub(super) packets: u64,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Whether a message is hit by anything that hits several in a row.
    pub(super) fn is_struck(&mut self, message: Leaving, chance: Chance) -> bool {
        let Leaving { edge, way, packets, .. } = message;
        let mut is_hit = false;
        let of_packets = |share: f64| match packets {
            1 => share,
            _ => 1.0 - crate::math::pow(1.0 - share, packets as f64),
        };
        if let Some(rough) = &self.model.edges[edge].rough
            && rough.correlation > 0.0
        {
            let ratio = match chance {
                Chance::Lost => rough.loss[way as usize],
                Chance::Doubled => rough.duplicate,
                Chance::Damaged => rough.corrupt,
                Chance::HeldUp => 0.0, // it is asked for its delay, too
            };
            if ratio > 0.0 {
                is_hit |= self.chain(message, chance, OWN, of_packets(ratio), rough.correlation);
            }
        }
        if !self.chains.by_triggers {
            return is_hit;
        }
        let model = self.model;
        for (id, fault) in model.faults.iter_ids() {
            let Effect::Network(hit) = &fault.effect else { continue };
            if !fault.is_on(self.now) || hit.correlation <= 0.0 || !hit.hits(edge, way) {
                continue;
            }
            let ratio = match (chance, &hit.harm) {
                (Chance::Lost, Harm::Lost(ratio))
                | (Chance::Doubled, Harm::Doubled(ratio))
                | (Chance::Damaged, Harm::Damaged(ratio)) => *ratio,
                _ => continue,
            };
            let source = OWN + 1 + id.index() as u32;
            is_hit |= self.chain(message, chance, source, of_packets(ratio), hit.correlation);
        }
        is_hit
    }

    /// Moves one chain on.
    pub(super) fn chain(
        &mut self,
        message: Leaving,
        chance: Chance,
        source: u32,
        ratio: f64,
        correlation: f64,
    ) -> bool {
        let Leaving { edge, way, luck, turn, .. } = message;
        let purpose = match way {
            Way::There => Purpose::ChainThere,
            Way::Back => Purpose::ChainBack,
        };
        let place = u64::from(turn) << 32 | u64::from(source) << 2 | chance as u64;
        let unit = luck.request(place).draws(purpose).unit();
        self.chains.of.entry((edge, way, chance, source)).or_default().next(ratio, correlation, unit)
    }

    /// Whether a message is held up, by the edge's own network or by a trigger.
    pub(super) fn is_held_up(
        &mut self,
        message: Leaving,
        trigger: Option<u32>,
        ratio: f64,
        correlation: f64,
    ) -> bool {
        let source = trigger.map_or(OWN, |id| OWN + 1 + id);
        self.chain(message, Chance::HeldUp, source, ratio, correlation)
    }
}
