//! What goes wrong between services? Triggers that hit messages on their way, by who calls whom.
//!
//! | here | netem | Toxiproxy | Chaos Mesh (NetworkChaos) |
//! |---|---|---|---|
//! | `loss` | `loss` | - | `loss` |
//! | `duplicate` | `duplicate` | - | `duplicate` |
//! | `corrupt` | `corrupt` | - | `corrupt` |
//! | `reorder` | `delay` with `reorder` | - | `delay.reorder` |

use serde::{Deserialize, Serialize};

use super::settings::percent;
use crate::dist::{Distribution, Sampler};
use crate::ids::EdgeId;
use crate::model::network::{Condition, Way};
use crate::units::Probability;

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

    const fn word(self) -> &'static str {
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
    fn describe(&self) -> String {
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
    }
    |fault| format!("{} % of the {} lost", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// A share of the messages arrives twice. A request that does is served twice.
    DuplicateFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
    }
    |fault| format!("{} % of the {} doubled", percent(fault.ratio.get()), fault.direction.word())
}

hits_messages! {
    /// A share of the messages arrives damaged: a checksum notices, and they are thrown away.
    CorruptFault {
        /// Share of the messages, 0 to 1.
        ratio: Probability,
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
    }
    |fault| format!("{} % of the {} held up", percent(fault.ratio.get()), fault.direction.word())
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
            Harm::Lost(ratio) => condition.loss = either(condition.loss, ratio),
            Harm::Doubled(ratio) => condition.duplicate = either(condition.duplicate, ratio),
            Harm::Damaged(ratio) => condition.corrupt = either(condition.corrupt, ratio),
            Harm::HeldUp(..) => condition.is_slower = true,
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
        let hit = NetworkHit { edges: Vec::new(), direction: Direction::Both, harm: Harm::Lost(0.5) };
        let mut condition = Condition { loss: 0.5, ..Condition::default() };
        hit.worsen(&mut condition);
        assert_eq!(condition.loss, 0.75);
    }
}
