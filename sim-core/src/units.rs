//! Which quantities can a scenario name? Each is a type that is valid once it exists: parsed at the
//! border with a full sentence for what is wrong, never checked again.

use std::fmt;
use std::str::FromStr;

use crate::time::SimDuration;

mod offset;
mod price;
mod size;

pub use offset::Offset;
pub use price::Price;
mod bandwidth;

pub use bandwidth::{Bandwidth, Room};
pub use size::{Cost, Size, Throttle};

/// Gives a type with `FromStr` and `Display` its place in files: read from text (or from a number
/// where the type allows one), written as text, described for the JSON Schema.
macro_rules! text_type {
    ($type:ty, $name:literal, $doc:literal, $pattern:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::units::deserialize_scalar(deserializer)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": ["string", "number"], "description": $doc, "pattern": $pattern})
            }
        }
    };
}
pub(crate) use text_type;

/// Reads any scalar of a file as text and parses that: the number `5` and the text `"5"` get the
/// same treatment and the same message.
pub(crate) fn deserialize_scalar<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = String>,
    D: serde::Deserializer<'de>,
{
    struct Visitor<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err = String>> serde::de::Visitor<'_> for Visitor<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a single value")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
        fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<T, E> {
            self.visit_str(&n.to_string())
        }
        fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<T, E> {
            self.visit_str(&n.to_string())
        }
        fn visit_f64<E: serde::de::Error>(self, x: f64) -> Result<T, E> {
            self.visit_str(&x.to_string())
        }
        fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<T, E> {
            self.visit_str(if b { "true" } else { "false" })
        }
    }
    deserializer.deserialize_any(Visitor(std::marker::PhantomData))
}

/// Reads a finite number, or says that it is none.
fn number(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ => Err(format!("`{text}` is not a number")),
    }
}

/// Events per second: finite, zero or more, at most 10^9/s (one event per nanosecond).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// `per_second` events per second. Panics if negative, not finite or above 10^9.
    pub fn per_second(per_second: f64) -> Self {
        assert!((0.0..=1e9).contains(&per_second), "a rate lies in [0, 1e9] per second, found {per_second}");
        Rate(per_second)
    }

    /// Events per second.
    pub const fn as_per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = String;

    /// Reads `800/s`, `5/m`, `2/h`, `1/d`, `0.5/ms`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write a rate with its unit, such as `800/s` or `5/m`";
        let Some((count, unit)) = text.split_once('/') else {
            return Err(format!("`{text}` lacks a rate unit (/ms, /s, /m, /h, /d); {wanted}"));
        };
        let count = number(count).map_err(|e| format!("{e}; {wanted}"))?;
        let seconds = match unit.trim() {
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            other => return Err(format!("`/{other}` is no rate unit (/ms, /s, /m, /h, /d); {wanted}")),
        };
        let per_second = count / seconds;
        if per_second < 0.0 {
            return Err(format!("`{text}` is negative; a rate is zero or more"));
        }
        if per_second > 1e9 {
            return Err(format!("`{text}` is above 1e9/s, one event per nanosecond"));
        }
        Ok(Rate(per_second))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

text_type!(
    Rate,
    "Rate",
    "Events per time with the unit, for example `800/s` or `5/m`; units /ms, /s, /m, /h, /d.",
    r"^\s*[0-9.eE+]+\s*/\s*(ms|s|m|h|d)\s*$"
);

/// A share or probability in [0, 1]; in files a number (`0.2`) or a percentage (`20%`).
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// Never.
    pub const ZERO: Probability = Probability(0.0);
    /// Always.
    pub const ONE: Probability = Probability(1.0);

    /// The probability `p`. Panics outside [0, 1].
    pub fn new(p: f64) -> Self {
        assert!((0.0..=1.0).contains(&p), "a probability lies in [0, 1], found {p}");
        Probability(p)
    }

    /// The number in [0, 1].
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Probability {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let value = match text.trim().strip_suffix('%') {
            Some(percent) => number(percent)? / 100.0,
            None => number(text)?,
        };
        if (0.0..=1.0).contains(&value) {
            Ok(Probability(value))
        } else {
            Err(format!("`{text}` is outside 0 to 1; write a share such as `0.2` or `20%`"))
        }
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

text_type!(
    Probability,
    "Probability",
    "A share between 0 and 1, for example `0.2` or `20%`.",
    r"^\s*[0-9.eE+-]+\s*%?\s*$"
);

/// A factor above zero, at most 10^6: how many times as fast, as slow, as much.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Factor(f64);

impl Factor {
    /// Unchanged.
    pub const ONE: Factor = Factor(1.0);

    /// The factor `x`. Panics outside (0, 10^6].
    pub fn new(x: f64) -> Self {
        assert!(x > 0.0 && x <= 1e6, "a factor lies in (0, 1e6], found {x}");
        Factor(x)
    }

    /// The number in (0, 10^6].
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Factor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let value = match text.trim().strip_suffix('%') {
            Some(percent) => number(percent)? / 100.0,
            None => number(text)?,
        };
        if value > 0.0 && value <= 1e6 {
            Ok(Factor(value))
        } else {
            Err(format!(
                "`{text}` is no factor; write a number above 0 and at most 1000000, such as `0.2` or `3`"
            ))
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

text_type!(
    Factor,
    "Factor",
    "A factor above 0, for example `0.2`, `3` or `150%`.",
    r"^\s*[0-9.eE+-]+\s*%?\s*$"
);

/// A number of things of which there is at least one, at most 10^7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(u32);

impl Count {
    /// One.
    pub const ONE: Count = Count(1);
    /// The most of anything a model may have.
    pub const MAX: u32 = 10_000_000;

    /// `n` things. Panics outside [1, 10^7].
    pub fn new(n: u32) -> Self {
        assert!((1..=Self::MAX).contains(&n), "a count lies in [1, {}], found {n}", Self::MAX);
        Count(n)
    }

    /// The number in [1, 10^7].
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Count {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().parse::<i64>() {
            Ok(n) if n >= 1 && n <= i64::from(Self::MAX) => Ok(Count(n as u32)),
            Ok(n) if n < 1 => Err(format!("must be at least 1, found {n}")),
            Ok(n) => Err(format!("must be at most {}, found {n}", Self::MAX)),
            Err(_) => Err(format!("`{text}` is not a whole number; write one such as `10`")),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

text_type!(Count, "Count", "A whole number, at least 1.", r"^\s*[0-9]+\s*$");

/// The most that may be held: a whole number from 0, or `unlimited`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// No bound.
    #[default]
    Unlimited,
    /// At most this many; 0 means none at all.
    AtMost(u32),
}

impl Limit {
    /// Whether one more fits beside `held`.
    #[inline]
    pub fn admits(self, held: usize) -> bool {
        match self {
            Limit::Unlimited => true,
            Limit::AtMost(most) => held < most as usize,
        }
    }
}

impl FromStr for Limit {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "unlimited" {
            return Ok(Limit::Unlimited);
        }
        match text.trim().parse::<u32>() {
            Ok(n) => Ok(Limit::AtMost(n)),
            Err(_) => Err(format!("`{text}` is no limit; write a whole number from 0, or `unlimited`")),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Unlimited => f.write_str("unlimited"),
            Limit::AtMost(n) => write!(f, "{n}"),
        }
    }
}

text_type!(Limit, "Limit", "A whole number from 0, or `unlimited`.", r"^\s*([0-9]+|unlimited)\s*$");

/// How long somebody waits: a duration, or `none` for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience(pub Option<SimDuration>);

impl FromStr for Patience {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "none" => Ok(Patience(None)),
            duration => duration.parse().map(|duration| Patience(Some(duration))),
        }
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(duration) => duration.fmt(f),
        }
    }
}

text_type!(
    Patience,
    "Patience",
    "A duration such as `300ms`, or `none` to wait for ever.",
    r"^\s*(none|([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_per_second() {
        assert_eq!("800/s".parse(), Ok(Rate(800.0)));
        assert_eq!("6/m".parse(), Ok(Rate(0.1)));
        assert_eq!("2/ms".parse(), Ok(Rate(2000.0)));
        assert!("800".parse::<Rate>().unwrap_err().contains("lacks a rate unit"));
        assert!("-1/s".parse::<Rate>().unwrap_err().contains("negative"));
        assert!("1/fortnight".parse::<Rate>().unwrap_err().contains("no rate unit"));
    }

    #[test]
    fn shares_are_numbers_or_percentages() {
        assert_eq!("20%".parse(), Ok(Probability(0.2)));
        assert_eq!("1".parse(), Ok(Probability(1.0)));
        assert!("1.5".parse::<Probability>().unwrap_err().contains("outside 0 to 1"));
        assert!("nan".parse::<Probability>().is_err());
    }

    #[test]
    fn counts_start_at_one_and_limits_at_zero() {
        assert_eq!("0".parse::<Count>().unwrap_err(), "must be at least 1, found 0");
        assert_eq!("0".parse(), Ok(Limit::AtMost(0)));
        assert_eq!("unlimited".parse(), Ok(Limit::Unlimited));
        assert!("-1".parse::<Limit>().is_err());
        assert!(Limit::AtMost(2).admits(1) && !Limit::AtMost(2).admits(2));
    }
}
