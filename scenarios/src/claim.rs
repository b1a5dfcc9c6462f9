//! What may an expectation compare a number with? Bounds with units: `{between: [20s, 30s]}`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use sim_core::time::SimDuration;
use sim_core::units::Rate;

use crate::metric::Unit;

/// A number with the unit that its metric asks for: `25s`, `800/s`, `95%`, `0.95`, `3`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// As it was written.
    text: String,
    /// The number in seconds, per second, or plain.
    pub value: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Duration,
    Rate,
    Percent,
    Plain,
}

impl FromStr for Quantity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let plain = |t: &str| t.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        // Differences may be negative, so the sign is read here for every unit.
        let (sign, body) = match trimmed.strip_prefix('-') {
            Some(rest) => (-1.0, rest),
            None => (1.0, trimmed),
        };
        let (value, kind) = if let Some(value) = plain(body) {
            (value, Kind::Plain)
        } else if let Some(percent) = body.strip_suffix('%') {
            (plain(percent).ok_or_else(|| format!("`{text}` is not a percentage"))? / 100.0, Kind::Percent)
        } else if body.contains('/') {
            (body.parse::<Rate>()?.as_per_second(), Kind::Rate)
        } else {
            (body.parse::<SimDuration>()?.as_secs_f64(), Kind::Duration)
        };
        Ok(Quantity { text: trimmed.to_owned(), value: sign * value, kind })
    }
}

impl Quantity {
    /// What is wrong with this number for a metric of `unit`, named `what`.
    fn check(&self, what: &str, unit: Unit) -> Option<String> {
        let example = match (unit, self.kind) {
            (Unit::PerSecond, Kind::Rate)
            | (Unit::Seconds, Kind::Duration)
            | (Unit::Share, Kind::Percent | Kind::Plain)
            | (Unit::Ratio | Unit::Count, Kind::Plain) => return None,
            (Unit::PerSecond, _) => "is a rate; write it as `800/s`",
            (Unit::Seconds, _) => "is a duration; write it as `25s` or `100ms`",
            (Unit::Share, _) => "is a share; write it as `0.95` or `95%`",
            (Unit::Ratio | Unit::Count, _) => "is a plain number; write it without a unit",
        };
        Some(format!("`{}`: {what} {example}", self.text))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"],
            "description": "A number with the unit of its metric: `25s`, `800/s`, `95%`, `0.95` or `3`.",
        })
    }
}

/// Bounds on a number; every bound given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The number is this or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Quantity>,
    /// The number is this or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Quantity>,
    /// The number is more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Quantity>,
    /// The number is less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Quantity>,
    /// The number lies between these two, ends included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Vec<Quantity>>,
}

impl Claim {
    /// Whether `value` keeps all bounds. Infinite values stand for what did not happen by the horizon.
    pub fn holds(&self, value: f64) -> bool {
        let all = |bound: &Option<Quantity>, keeps: fn(f64, f64) -> bool| {
            bound.as_ref().is_none_or(|bound| keeps(value, bound.value))
        };
        all(&self.at_least, |x, b| x >= b)
            && all(&self.at_most, |x, b| x <= b)
            && all(&self.above, |x, b| x > b)
            && all(&self.below, |x, b| x < b)
            && self.between.as_ref().is_none_or(|ends| ends[0].value <= value && value <= ends[1].value)
    }

    /// What is wrong with the claim about `what`, which is counted in `unit`: the field (empty for the claim
    /// as a whole) and a sentence.
    pub fn problems(&self, what: &str, unit: Unit) -> Vec<(String, String)> {
        let Claim { at_least, at_most, above, below, between } = self;
        let single = [("at_least", at_least), ("at_most", at_most), ("above", above), ("below", below)]
            .into_iter()
            .filter_map(|(field, quantity)| Some((field.to_owned(), quantity.as_ref()?)));
        let ends = between.iter().flatten().enumerate().map(|(k, end)| (format!("between/{k}"), end));
        let mut problems: Vec<(String, String)> = single
            .chain(ends)
            .filter_map(|(field, quantity)| Some((field, quantity.check(what, unit)?)))
            .collect();
        let mut whole = |field: &str, message: String| problems.push((field.to_owned(), message));
        match between.as_deref() {
            None if at_least.is_none() && at_most.is_none() && above.is_none() && below.is_none() => {
                whole("", "the claim bounds nothing; write for example `{at_least: ...}`".to_owned());
            }
            None => {}
            Some([low, high]) if low.value > high.value => {
                let message =
                    format!("nothing lies between {} and {}; write the smaller first", low.text, high.text);
                whole("between", message);
            }
            Some([_, _]) => {}
            Some(_) => whole("between", "`between` takes two numbers: `between: [20s, 30s]`".to_owned()),
        }
        problems
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim { at_least, at_most, above, below, between } = self;
        let words = [("at least", at_least), ("at most", at_most), ("above", above), ("below", below)];
        let mut first = true;
        for (word, bound) in words {
            if let Some(bound) = bound {
                write!(f, "{}{word} {}", if first { "" } else { " and " }, bound.text)?;
                first = false;
            }
        }
        if let Some([low, high]) = between.as_deref() {
            write!(f, "{}between {} and {}", if first { "" } else { " and " }, low.text, high.text)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(at_least: &str) -> Claim {
        Claim { at_least: Some(at_least.parse().unwrap()), ..Claim::default() }
    }

    #[test]
    fn units_are_checked_against_the_metric() {
        assert!(claim("25s").problems("recovery_time", Unit::Seconds).is_empty());
        assert_eq!(
            claim("25").problems("recovery_time", Unit::Seconds),
            [(
                "at_least".to_owned(),
                "`25`: recovery_time is a duration; write it as `25s` or `100ms`".to_owned()
            )]
        );
        assert!(!claim("25s").problems("goodput", Unit::PerSecond).is_empty());
        assert!(claim("95%").problems("success", Unit::Share).is_empty());
    }

    #[test]
    fn bounds_are_inclusive_where_they_say_so() {
        assert!(claim("0.5").holds(0.5) && !claim("0.5").holds(0.4999));
        let above = Claim { above: Some("0.5".parse().unwrap()), ..Claim::default() };
        assert!(!above.holds(0.5) && above.holds(f64::INFINITY));
    }

    #[test]
    fn an_empty_claim_is_none() {
        assert_eq!(Claim::default().problems("success", Unit::Share).len(), 1);
    }
}
