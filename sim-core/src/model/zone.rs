//! Where do instances stand? In zones: each fails as one, and messages between two take longer than inside, and may
//! cost money.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};

/// The zones of the system and how long a message takes, one way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ZonesConfig {
    /// Their names.
    pub names: Vec<String>,
    /// One way between two places of the same zone; default: no time.
    #[serde(default)]
    pub within: Option<Distribution>,
    /// One way between two zones; default: no time.
    #[serde(default)]
    pub between: Option<Distribution>,
    /// Pairs of zones that are unlike the others: further away, or at another price. Default: none.
    #[serde(default)]
    pub pairs: Vec<PairConfig>,
}

/// What lies between two zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PairConfig {
    /// Their names, in any order; the same twice for the inside of a zone.
    pub between: [String; 2],
    /// One way; default: as all others.
    #[serde(default)]
    pub latency: Option<Distribution>,
    /// The class of `prices.gibibyte` that bytes between them have; default: `between_zones`, inside a zone
    /// `within_zone`.
    #[serde(default)]
    pub price: Option<String>,
}

impl ZonesConfig {
    /// What is said of two zones, by their numbers; the last that names them counts.
    pub fn pair(&self, a: usize, b: usize) -> Option<&PairConfig> {
        let name = |k: usize| self.names.get(k).map(String::as_str);
        let is_it = |pair: &&PairConfig| {
            let [first, second] = [Some(pair.between[0].as_str()), Some(pair.between[1].as_str())];
            (first, second) == (name(a), name(b)) || (first, second) == (name(b), name(a))
        };
        self.pairs.iter().rev().find(is_it)
    }

    /// Whether messages between places take any time of their own.
    pub(super) fn take_time(&self) -> bool {
        self.within.is_some()
            || self.between.is_some()
            || self.pairs.iter().any(|pair| pair.latency.is_some())
    }

    /// One way from each zone to each, row by row; none where it takes no time.
    pub(super) fn ways(&self) -> Vec<Option<Sampler>> {
        let count = self.names.len();
        let of = |k: usize| {
            let (a, b) = (k / count, k % count);
            let usual = if a == b { &self.within } else { &self.between };
            let own = self.pair(a, b).and_then(|pair| pair.latency.as_ref());
            own.or(usual.as_ref()).filter(|law| law.check().is_ok()).map(Distribution::sampler)
        };
        (0..count * count).map(of).collect()
    }
}
