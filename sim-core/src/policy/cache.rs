//! Does this caller have to ask at all? A cache in front of a slow store.
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`eviction`] | who goes when it is full: the least recently, least often, or first entered | memory | a hit less |
//! | [`freshness`] | an entry lives so long; past that it may serve while a new one is fetched, or on errors | old answers | loads; answers that are old |
//! | [`xfetch`] | some readers fetch anew before the entry expires | all at once at the expiry | some loads more |
//! | [`single_flight`] | one load of a key at a time, the others wait for it | stampedes | its error and its latency are theirs |
//! | [`refresh`] | every so often an instance loads anew, whether anybody asks or not | a source that is away; load that moves | loads that nobody needed |
//! | [`lease`] | one load of a key per interval, over all instances | stampedes on a shared cache | those without wait |
//!
//! A [`store`] holds the entries of one cache and answers what a look-up finds; the engine does what
//! follows from that. Keys are numbers below the number of keys, so that all of it is flat.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::SimDuration;
use crate::units::{Limit, Patience, Probability};

pub mod eviction;
pub mod fifo;
pub mod freshness;
pub mod lease;
pub mod lfu;
pub mod lru;
pub mod order;
pub mod refresh;
pub mod single_flight;
pub mod store;
pub mod xfetch;

/// A cache of a service; its `cached` steps look into it. With nothing said it holds everything for ever,
/// and every miss loads.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Cache"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Whose it is; default `instance`.
    pub scope: Scope,
    /// Most entries of the cache, or of each if every instance has its own; default `unlimited`.
    pub capacity: Limit,
    /// Who goes when it is full; default `lru`.
    pub eviction: eviction::Config,
    /// How long an entry is fresh, from the end of its load: a duration above 0s, or `none` (default) for
    /// ever. What has expired keeps its place until it is loaded anew or evicted.
    pub ttl: Patience,
    /// Spreads the life of entries evenly over `ttl` x (1 - jitter) to `ttl` x (1 + jitter), 0 to 1; default 0.
    pub ttl_jitter: Probability,
    /// How long a load that failed is remembered, and its error given to everyone who asks: a duration
    /// above 0s, or `none` (default): the next one tries again.
    pub negative_ttl: Patience,
    /// How long after its expiry an entry still serves, while one load in the background replaces it: a
    /// duration above 0s, or `none` (default).
    pub stale_while_revalidate: Patience,
    /// How long after its expiry an entry still serves if the load fails: a duration above 0s, or `none`
    /// (default).
    pub stale_if_error: Patience,
    /// Whether entries are loaded anew before they expire; default `none`.
    pub early_refresh: EarlyRefresh,
    /// Whether an instance loads a key once at a time; default `none`: everyone who misses loads.
    pub coalesce: Coalesce,
    /// Whether the cache hands out the right to load a key; default `none`: everyone who misses loads.
    pub lease: Option<lease::Config>,
    /// Who writes the answer into the cache; default `caller`.
    pub fill: Fill,
    /// What it holds at the start of the run; default `none`.
    pub warm: Warm,
    /// Whether every instance loads all keys anew from time to time, whether anybody asks or not; default `none`.
    pub refresh: Option<refresh::Config>,
}

/// Whose a cache is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Each instance has its own, in its memory: it is lost when the instance crashes.
    #[default]
    Instance,
    /// All instances of the service have one together, on another machine: it survives them.
    Shared,
}

/// Whether entries are loaded anew before they expire.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EarlyRefresh {
    /// Never.
    #[default]
    None,
    /// By chance, likelier the nearer the expiry is and the longer a load takes.
    Xfetch(xfetch::Config),
}

/// Whether a key is loaded once at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Coalesce {
    /// Everyone who misses loads.
    #[default]
    None,
    /// Single flight in each instance: one loads, the others wait and share the result, its error and its
    /// latency.
    Process,
}

/// Who writes an answer into the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// Who asked for it: an answer that comes too late fills nothing.
    #[default]
    Caller,
    /// Who gives it: it fills even if nobody waits for it any more. Holds for calls that stand directly among
    /// the steps of `cached`.
    Callee,
}

/// What a cache holds at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warm {
    /// Nothing.
    #[default]
    None,
    /// As many keys as it has places for, the most popular ones, all just loaded.
    Full,
    /// The same for a share of its places, 0 to 1.
    Ratio(Probability),
}

impl Warm {
    /// How many keys are there at the start, of those that fit.
    pub fn entries(self, fit: u32) -> u32 {
        match self {
            Warm::None => 0,
            Warm::Full => fit,
            Warm::Ratio(ratio) => (ratio.get() * f64::from(fit)).round() as u32,
        }
    }
}

impl Config {
    /// Most entries, for so many keys.
    pub fn places(&self, keys: u32) -> u32 {
        match self.capacity {
            Limit::Unlimited => keys,
            Limit::AtMost(most) => most.min(keys),
        }
    }

    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.capacity == Limit::AtMost(0) {
            let sentence =
                "a cache without a place holds nothing; write a number from 1, or remove the `cached` steps";
            problems.push(Problem::new("capacity", sentence));
        }
        let spans = [
            ("ttl", self.ttl),
            ("negative_ttl", self.negative_ttl),
            ("stale_while_revalidate", self.stale_while_revalidate),
            ("stale_if_error", self.stale_if_error),
        ];
        for (field, span) in spans {
            if span.0 == Some(SimDuration::ZERO) {
                problems.push(Problem::new(field, "must be above 0s, or `none`"));
            }
        }
        if self.ttl.0.is_none() {
            let without = |field: &str| {
                Problem::new(
                    field,
                    "it needs a `ttl`: without one no entry ever expires; add such as `ttl: 60s`",
                )
            };
            let lease_serves_stale = self.lease.as_ref().is_some_and(|lease| lease.accept_stale);
            let in_vain = [
                ("ttl_jitter", self.ttl_jitter != Probability::ZERO),
                ("stale_while_revalidate", self.stale_while_revalidate.0.is_some()),
                ("stale_if_error", self.stale_if_error.0.is_some()),
                ("early_refresh", self.early_refresh != EarlyRefresh::None),
                ("lease/accept_stale", lease_serves_stale),
            ];
            problems.extend(in_vain.iter().filter(|(_, is_set)| *is_set).map(|(field, _)| without(field)));
        }
        problems.extend(Problem::below("eviction", self.eviction.check()));
        if let EarlyRefresh::Xfetch(xfetch) = &self.early_refresh {
            problems.extend(Problem::below("early_refresh/xfetch", xfetch.check()));
        }
        if let Some(lease) = &self.lease {
            problems.extend(Problem::below("lease", lease.check()));
        }
        if let Some(refresh) = &self.refresh {
            problems.extend(Problem::below("refresh", refresh.check()));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn with_nothing_said_it_holds_everything_for_ever() {
        let config: Config = read("{}").expect("an empty cache is a cache");
        assert_eq!(config, Config::default());
        assert!(config.check().is_empty());
        assert_eq!(config.places(7), 7);
        assert_eq!(config.warm.entries(7), 0);
    }

    #[test]
    fn a_share_of_its_places_is_warm() {
        let config: Config = read(r#"{"capacity": 10, "warm": {"ratio": 0.25}}"#).expect("sound");
        assert_eq!(config.warm.entries(config.places(100)), 3);
        assert_eq!(Warm::Full.entries(10), 10);
    }

    #[test]
    fn what_needs_an_expiry_needs_a_ttl() {
        let text = r#"{"ttl_jitter": 0.1, "stale_while_revalidate": "1s", "stale_if_error": "1s",
                       "early_refresh": {"xfetch": {}}, "lease": {"accept_stale": true}}"#;
        let fields: Vec<String> =
            read::<Config>(text).expect("readable").check().into_iter().map(|p| p.field).collect();
        let expected =
            ["ttl_jitter", "stale_while_revalidate", "stale_if_error", "early_refresh", "lease/accept_stale"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn nothing_of_it_is_zero() {
        let text = r#"{"capacity": 0, "ttl": "0s", "negative_ttl": "0s", "lease": {"interval": "0s", "wait": "0s"}}"#;
        assert_eq!(read::<Config>(text).expect("readable").check().len(), 5);
    }
}
