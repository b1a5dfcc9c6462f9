//! Who may wait in a line, for how long, and who goes when it is full? The settings that all orders of
//! service have in common.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::units::{Limit, Patience};

/// Bounds of a waiting line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Line {
    /// Most attempts that wait, those in service not counted; one more and `drop` says who fails at
    /// once with `queue_full`. Default: `unlimited`.
    pub capacity: Limit,
    /// An attempt that has waited longer than this when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default).
    pub max_wait: Patience,
    /// Who goes when the line is full. Default: `newest`.
    pub drop: DropRule,
    /// An attempt whose deadline is less than this away when its turn comes is discarded with `expired`
    /// instead of being served: `0s` drops what is too late already, the usual service time also what
    /// could not be answered in time. A duration or `none` (default): deadlines are ignored.
    pub expired_margin: Patience,
}

/// Who goes when a line is full. Default: `newest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DropRule {
    /// The one that comes: it is turned away.
    #[default]
    Newest,
    /// The one that has waited longest: its caller is the first to give up.
    Oldest,
    /// The least critical one that waits, the newest among equals; the one that comes if none of them is
    /// less critical.
    LowestClass,
    /// Nobody: who comes waits outside until there is room, in the order of arrival over all senders. Who
    /// waits for an answer, or to be accepted, is held up meanwhile (a blocking queue: back-pressure).
    Nobody,
}

impl DropRule {
    /// Whether those in line stay there, whoever comes.
    pub(super) const fn spares_the_line(self) -> bool {
        matches!(self, DropRule::Newest | DropRule::Nobody)
    }
}

impl Line {
    pub(super) fn check(&self) -> Vec<Problem> {
        match (self.capacity, self.drop) {
            (Limit::Unlimited, DropRule::Oldest | DropRule::LowestClass | DropRule::Nobody) => {
                let sentence = "a line without a bound is never full; give it a `capacity` or remove `drop`";
                vec![Problem::new("drop", sentence)]
            }
            (Limit::Unlimited, DropRule::Newest) | (Limit::AtMost(_), _) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{ms, read};

    #[test]
    fn nothing_said_is_a_line_without_bounds() {
        let line: Line = read("{}").expect("settings are readable");
        assert_eq!(line, Line::default());
        assert_eq!((line.capacity, line.drop), (Limit::Unlimited, DropRule::Newest));
        assert_eq!((line.max_wait, line.expired_margin), (Patience(None), Patience(None)));
        assert_eq!(line.check(), []);
    }

    #[test]
    fn a_margin_of_zero_is_a_margin() {
        let line: Line = read(r#"{"expired_margin": "0ms", "max_wait": "1s"}"#).expect("readable");
        assert_eq!(line.expired_margin, Patience(Some(ms(0.0))));
        assert_eq!(line.max_wait, Patience(Some(ms(1_000.0))));
    }

    #[test]
    fn a_drop_rule_needs_a_line_that_can_be_full() {
        for word in ["oldest", "lowest_class", "nobody"] {
            let line: Line = read(&format!(r#"{{"drop": "{word}"}}"#)).expect("readable");
            assert_eq!(line.check()[0].field, "drop");
            let line: Line = read(&format!(r#"{{"drop": "{word}", "capacity": 0}}"#)).expect("readable");
            assert_eq!(line.check(), []);
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(read::<Line>(r#"{"drop": "random"}"#).unwrap_err().contains("unknown variant `random`"));
        assert!(read::<Line>(r#"{"size": 3}"#).unwrap_err().contains("unknown field `size`"));
    }
}
