//! What goes wrong between services? Triggers that hit messages on their way, by who calls whom.
//!
//! What other tools call them stands at the words of the triggers in `fault.rs`, and `spiral explain trigger` tells it.
//! The `correlation` of netem and Chaos Mesh is `correlation_ratio` here, with another rule: see
//! [`correlation`](crate::model::correlation). What hits the bytes of a message is in `stream.rs` beside this.

use serde::{Deserialize, Serialize};

use super::settings::percent;
use crate::dist::{Distribution, Sampler};
use crate::ids::{EdgeId, ZoneId};
use crate::model::network::{Condition, Cut, Way};
use crate::time::SimDuration;
use crate::units::{Bandwidth, Factor, Probability};

/// Which messages are hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Direction {
    /// Requests and answers.
    #[default]
    Both,
    /// Requests only.
    There,
    /// Answers only.
    Back,
}

impl Direction {
    /// Whether messages of this way are hit.
    pub fn hits(self, way: Way) -> bool {
        match self {
            Direction::Both => true,
            Direction::There => way == Way::There,
            Direction::Back => way == Way::Back,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Direction::Both => "messages",
            Direction::There => "requests",
            Direction::Back => "answers",
        }
    }
}

/// Who calls whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between<'a> {
    /// A workload or service; without it all who call.
    pub from: Option<&'a str>,
    /// A service; without it all who are called.
    pub to: Option<&'a str>,
}

impl Between<'_> {
    /// In words.
    pub(super) fn describe(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("between {from} and {to}"),
            (Some(from), None) => format!("of calls by {from}"),
            (None, Some(to)) => format!("of calls to {to}"),
            (None, None) => "of nobody".to_owned(),
        }
    }
}

/// A trigger that hits messages: its settings, with which messages it hits, and what it is in words.
macro_rules! hits_messages {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* } $describe:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        pub struct $name {
            /// Name of the workload or service that calls; default: all who call `to`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub from: Option<String>,
            /// Name of the service that is called; default: all that `from` calls.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub to: Option<String>,
            /// Requests (`there`), answers (`back`) or `both`; default `both`.
            #[serde(default)]
            pub direction: Direction,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Who calls whom.
            pub fn between(&self) -> Between<'_> {
                Between { from: self.from.as_deref(), to: self.to.as_deref() }
            }

            /// In words.
            pub fn describe(&self) -> String {
                let what: fn(&Self) -> String = $describe;
                format!("{} {}", what(self), self.between().describe())
            }
        }
    };
}

hits_messages! {
    /// A share of the messages is lost, beside those that are lost anyway.
    LossFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
        /// How much the fate of a message is that of the last one on the same edge and way, from 0 (default: each by
        /// itself) to below 1: the share stays, in runs of 1 / ((1 - ratio) (1 - correlation_ratio)) on average.
        #[serde(default)]
        correlation_ratio: Probability,
    }
    |fault| format!("{} % of the {} lost", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// A share of the messages arrives twice. A request that does is served twice.
    DuplicateFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
        /// How much the fate of a message is that of the last one on the same edge and way, from 0 (default: each by
        /// itself) to below 1: the share stays, in runs of 1 / ((1 - ratio) (1 - correlation_ratio)) on average.
        #[serde(default)]
        correlation_ratio: Probability,
    }
    |fault| format!("{} % of the {} doubled", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// A share of the messages arrives damaged: a checksum notices, and they are thrown away.
    CorruptFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
        /// How much the fate of a message is that of the last one on the same edge and way, from 0 (default: each by
        /// itself) to below 1: the share stays, in runs of 1 / ((1 - ratio) (1 - correlation_ratio)) on average.
        #[serde(default)]
        correlation_ratio: Probability,
    }
    |fault| format!("{} % of the {} damaged", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// A share of the messages is held up, so that later ones overtake them.
    ReorderFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
        /// How much longer they take: a duration or a distribution.
        delay: Distribution,
        /// How much the fate of a message is that of the last one on the same edge and way, from 0 (default: each by
        /// itself) to below 1: the share stays, in runs of 1 / ((1 - ratio) (1 - correlation_ratio)) on average.
        #[serde(default)]
        correlation_ratio: Probability,
    }
    |fault| format!("{} % of the {} held up", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// Messages take longer.
    LatencyFault {
        /// How much longer.
        delay: SimDuration,
        /// Up to so much more or less than that, all equally likely; default 0ms.
        #[serde(default)]
        jitter: SimDuration,
    }
    |fault| format!("{} more for the {}", fault.delay, fault.direction.word())
}

hits_messages! {
    /// A share of the messages finds its connection reset: a request is not processed, an answer is gone, and the caller
    /// is told `reset`.
    ResetFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
    }
    |fault| format!("connections reset for {} % of the {}", percent(fault.ratio.get()), fault.direction.word())
}

/// Nothing gets through between some callers and some instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PartitionFault {
    /// Name of the workload or service that calls; default: all who call `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Name of the service that is called; default: all that `from` calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// In place of `from` and `to`: two zones between which nothing gets through, or one that is cut off from all others.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Requests (`there`), answers (`back`) or `both`; one of them is an asymmetric partition. Default `both`.
    #[serde(default)]
    pub direction: Direction,
    /// What a caller sees of it; default `black_hole`.
    #[serde(default)]
    pub mode: PartitionMode,
    /// Share of the pairs of a caller (an instance, or a client of a workload) and an instance that are on different
    /// sides, 0 to 1; below 1 it is a partial partition. Default 1.
    #[serde(default = "all_pairs")]
    pub ratio: Probability,
}

fn all_pairs() -> Probability {
    Probability::ONE
}

/// What a caller sees of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum PartitionMode {
    /// Nothing: messages are gone, and it waits for its timeout.
    #[default]
    BlackHole,
    /// A refusal, as a firewall sends it: `connect_failure` for a request, `reset` for an answer.
    Reject,
}

impl PartitionFault {
    /// Who calls whom.
    pub fn between(&self) -> Between<'_> {
        Between { from: self.from.as_deref(), to: self.to.as_deref() }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match &self.zones[..] {
            [] => format!("partition: no {} {}", self.direction.word(), self.between().describe()),
            [zone] => format!("zone {zone} cut off"),
            zones => format!("zones {} cut off from each other", zones.join(" and ")),
        }
    }
}

/// Connections close late: a caller has its answer, but its slot of the pool is free only `delay` later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SlowCloseFault {
    /// Name of the workload or service that calls; default: all who call `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Name of the service that is called; default: all that `from` calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How much later.
    pub delay: SimDuration,
}

impl SlowCloseFault {
    /// Who calls whom.
    pub fn between(&self) -> Between<'_> {
        Between { from: self.from.as_deref(), to: self.to.as_deref() }
    }

    /// In words.
    pub fn describe(&self) -> String {
        format!("connections {} closed {} late", self.between().describe(), self.delay)
    }
}

/// A link passes less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct BandwidthFault {
    /// Name of one of the `links` of the file.
    pub link: String,
    /// What it passes at most meanwhile, such as `10Mbit/s`; this or `factor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Bandwidth>,
    /// What is left of its bandwidth: `0.1` leaves a tenth; this or `rate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Factor>,
}

impl BandwidthFault {
    /// In words.
    pub fn describe(&self) -> String {
        match (self.rate, self.factor) {
            (Some(rate), _) => format!("{} passes {rate}", self.link),
            (None, factor) => {
                format!("{} % of {} left", percent(factor.map_or(1.0, Factor::get)), self.link)
            }
        }
    }
}

/// Answers of a service grow, from their usual size at the start of the trigger to `factor` times that at its end; then
/// they are as before. A call with a `response_limit` gets no more than that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PayloadGrowthFault {
    /// Name of the service that answers.
    pub service: String,
    /// How many times as large answers are in the end.
    pub factor: Factor,
}

impl PayloadGrowthFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("answers of {} grow {} times as large", self.service, self.factor)
    }
}

/// Messages that a trigger hits, and what it does to them.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkHit {
    /// Those on these edges, in order.
    pub edges: Vec<EdgeId>,
    /// Those of this way.
    pub direction: Direction,
    /// What it does.
    pub harm: Harm,
    /// How much a hit goes by the last message; above 0 it is no part of a [`Condition`].
    pub correlation: f64,
}

/// What is done to a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Harm {
    /// It is lost with this probability.
    Lost(f64),
    /// It arrives twice with this probability.
    Doubled(f64),
    /// It arrives damaged with this probability.
    Damaged(f64),
    /// It is held up with this probability, for so long.
    HeldUp(f64, Sampler),
    /// It takes so much longer, and up to so much more or less.
    Slower(SimDuration, SimDuration),
    /// Its connection is reset with this probability.
    Reset(f64),
    /// It does not get through.
    Cut(Partition),
    /// Its connection closes so much later.
    ClosesLate(SimDuration),
    /// It comes in pieces.
    Sliced {
        /// Of so many bytes.
        bytes: u64,
        /// So far apart.
        delay: SimDuration,
    },
    /// Its connection ends after so many bytes.
    Limited {
        /// Bytes that get through.
        bytes: u64,
    },
}

/// Who is on which side.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// What a caller sees.
    pub mode: Cut,
    /// Zones between which it lies, or one that is cut off; none where callers and services are named.
    pub zones: Vec<ZoneId>,
    /// Share of the pairs that it separates.
    pub share: f64,
    /// Number of the trigger, for who is on which side.
    pub key: u32,
}

impl Partition {
    /// Whether it lies between these zones.
    pub fn separates(&self, here: Option<ZoneId>, there: Option<ZoneId>) -> bool {
        match self.zones[..] {
            [] => true,
            [zone] => (here == Some(zone)) != (there == Some(zone)),
            [one, other, ..] => {
                (here, there) == (Some(one), Some(other)) || (here, there) == (Some(other), Some(one))
            }
        }
    }
}

impl NetworkHit {
    /// Whether messages of this edge and way are hit.
    pub fn hits(&self, edge: EdgeId, way: Way) -> bool {
        self.direction.hits(way) && self.edges.binary_search(&edge).is_ok()
    }

    /// Adds itself to what happens to such a message.
    pub fn worsen(&self, condition: &mut Condition) {
        let either = |before: f64, ratio: f64| 1.0 - (1.0 - before) * (1.0 - ratio);
        match self.harm {
            Harm::Lost(_) | Harm::Doubled(_) | Harm::Damaged(_) if self.correlation > 0.0 => {}
            Harm::Lost(ratio) => condition.loss = either(condition.loss, ratio),
            Harm::Doubled(ratio) => condition.duplicate = either(condition.duplicate, ratio),
            Harm::Damaged(ratio) => condition.corrupt = either(condition.corrupt, ratio),
            Harm::ClosesLate(_) | Harm::Sliced { .. } | Harm::Limited { .. } => {}
            Harm::HeldUp(..) | Harm::Slower(..) => condition.is_slower = true,
            Harm::Reset(ratio) => condition.reset = either(condition.reset, ratio),
            // A refusal is heard even where something else swallows what comes.
            Harm::Cut(ref cut) => {
                condition.cut = condition.cut.filter(|known| *known == Cut::Reject).or(Some(cut.mode));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_says_whose_messages_it_hits() {
        let told = |text: &str| serde_json::from_str::<LossFault>(text).expect("sound").describe();
        assert_eq!(
            told(r#"{"from": "web", "to": "db", "ratio": "5%"}"#),
            "5 % of the messages lost between web and db"
        );
        assert_eq!(
            told(r#"{"to": "db", "direction": "back", "ratio": 1}"#),
            "100 % of the answers lost of calls to db"
        );
    }

    #[test]
    fn what_is_lost_already_is_not_lost_again() {
        let hit = NetworkHit {
            edges: Vec::new(),
            direction: Direction::Both,
            harm: Harm::Lost(0.5),
            correlation: 0.0,
        };
        let mut condition = Condition { loss: 0.5, ..Condition::default() };
        hit.worsen(&mut condition);
        assert_eq!(condition.loss, 0.75);
    }
}
