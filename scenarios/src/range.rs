//! Which values does a setting take? `10/s..98/s:12` for twelve values in equal steps, `1s..100s:9:log` for nine
//! in equal ratios, units kept, or a list: `10ms,20ms,50ms`.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most values of one setting.
pub const MOST_VALUES: usize = 10_000;

/// Values as they would stand in a file, and whether their steps are ratios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// In order.
    pub values: Vec<String>,
    /// Equal ratios instead of equal differences.
    pub is_log: bool,
}

impl Range {
    /// Reads a range or a list; the message says what is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Range, String> {
        match text.split_once("..") {
            Some((from, rest)) => range(from.trim(), rest.trim()),
            None => list(text).map(|values| Range { values, is_log: false }),
        }
    }
}

/// Files write a range as text, or the values one by one.
impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Range;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range such as `10/s..98/s:12`, or a list of values")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Range, E> {
                Range::parse(text).map_err(E::custom)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Range, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element::<String>()? {
                    values.push(value);
                }
                Ok(Range { values, is_log: false })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl JsonSchema for Range {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Range".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "`FROM..TO:COUNT` for values in equal steps, `FROM..TO:COUNT:log` in equal ratios, or a list.",
            "oneOf": [
                {"type": "string", "pattern": r"\.\..*:"},
                {"type": "array", "items": {"type": "string"}}
            ]
        })
    }
}

fn list(text: &str) -> Result<Vec<String>, String> {
    let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err("a value is empty".to_owned());
    }
    if values.len() < 2 {
        return Err("one value is no sweep; name at least two".to_owned());
    }
    if values.len() > MOST_VALUES {
        return Err(format!("{} points are above the limit of {MOST_VALUES}", values.len()));
    }
    let twice = values.iter().enumerate().find(|(index, value)| values[..*index].contains(value));
    match twice {
        Some((_, value)) => Err(format!("`{value}` is named twice")),
        None => Ok(values),
    }
}

fn range(from: &str, rest: &str) -> Result<Range, String> {
    let (rest, scale) = match rest.rsplit_once(':') {
        Some((rest, word)) if word.trim().chars().all(char::is_alphabetic) && rest.contains(':') => {
            (rest, word.trim())
        }
        _ => (rest, "linear"),
    };
    let is_log = match scale {
        "log" => true,
        "linear" => false,
        other => return Err(format!("`{other}` is no spacing; write `log` or leave it out")),
    };
    let (to, count) = match rest.rsplit_once(':') {
        Some((to, count)) => (to.trim(), count.trim()),
        None => return Err(format!("how many points? Write for example `{from}..{rest}:12`")),
    };
    let count: usize =
        count.parse().map_err(|_| format!("`{count}` is no number of points; write for example `:12`"))?;
    if count < 2 {
        return Err(format!("a range has at least 2 points, not {count}"));
    }
    if count > MOST_VALUES {
        return Err(format!("{count} points are above the limit of {MOST_VALUES}"));
    }
    let (first, unit) = quantity(from)?;
    let (last, other_unit) = quantity(to)?;
    if unit != other_unit {
        return Err(format!("`{from}` and `{to}` differ in their units; write both ends in the same one"));
    }
    if first == last {
        return Err(format!("the range is empty: both ends are `{from}`"));
    }
    if first > last {
        return Err(format!("the range runs backwards; write `{to}..{from}:{count}`"));
    }
    if is_log && first <= 0.0 {
        return Err(format!("equal ratios begin above zero, not at `{from}`; leave `:log` out"));
    }
    let part = |index: usize| index as f64 / (count - 1) as f64;
    let between = |index: usize| match is_log {
        true => first * (last / first).powf(part(index)),
        false => first + (last - first) * part(index),
    };
    let value = |index: usize| match index {
        0 => from.to_owned(),
        _ if index == count - 1 => to.to_owned(),
        _ => format!("{}{unit}", short(between(index))),
    };
    Ok(Range { values: (0..count).map(value).collect(), is_log })
}

/// A number and its unit.
fn quantity(text: &str) -> Result<(f64, &str), String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')));
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number, unit)),
        _ => Err(format!("`{text}` does not begin with a number")),
    }
}

/// The number without the noise of the last binary digits: nine significant ones are kept, the same on every
/// machine.
fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.8e}").parse().expect("a number reads back");
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Range::parse(text).unwrap().values
    }

    #[test]
    fn ranges_have_equal_steps_and_keep_their_units() {
        let twelve = values("10/s..98/s:12");
        assert_eq!(twelve.len(), 12);
        assert_eq!(twelve[..3], ["10/s", "18/s", "26/s"]);
        assert_eq!(twelve[11], "98/s");
        assert_eq!(values("0..1:11")[3], "0.3");
        assert_eq!(values("1..10:4"), ["1", "4", "7", "10"]);
        assert_eq!(values("0.5s..1.0s:3"), ["0.5s", "0.75s", "1.0s"]);
        assert_eq!(values("10ms, 20ms"), ["10ms", "20ms"]);
    }

    #[test]
    fn equal_ratios_on_request() {
        assert_eq!(values("1s..100s:3:log"), ["1s", "10s", "100s"]);
        assert_eq!(values("1..8:4:log"), ["1", "2", "4", "8"]);
        assert!(Range::parse("1..8:4:log").unwrap().is_log && !Range::parse("1..8:4").unwrap().is_log);
    }

    #[test]
    fn what_is_no_sweep_is_refused() {
        for (word, why) in [
            ("", "a value is empty"),
            ("1,,2", "a value is empty"),
            ("1", "one value is no sweep; name at least two"),
            ("1,2,1", "`1` is named twice"),
            ("1..2", "how many points? Write for example `1..2:12`"),
            ("1..2:many", "`many` is no number of points; write for example `:12`"),
            ("1..2:1", "a range has at least 2 points, not 1"),
            ("1..2:0", "a range has at least 2 points, not 0"),
            ("1..2:10001", "10001 points are above the limit of 10000"),
            ("2s..1s:5", "the range runs backwards; write `1s..2s:5`"),
            ("1s..1s:5", "the range is empty: both ends are `1s`"),
            ("1s..2:5", "`1s` and `2` differ in their units; write both ends in the same one"),
            ("fast..slow:5", "`fast` does not begin with a number"),
            ("..2:5", "`` does not begin with a number"),
            ("0..2:5:log", "equal ratios begin above zero, not at `0`; leave `:log` out"),
            ("1..2:5:cubic", "`cubic` is no spacing; write `log` or leave it out"),
        ] {
            assert_eq!(Range::parse(word).unwrap_err(), why, "{word}");
        }
    }
}
