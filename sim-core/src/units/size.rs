//! How many bytes, how many of them per second, and how much of something without a unit?

use std::fmt;
use std::str::FromStr;

use super::{number, text_type};

/// Units of a size in files: name and bytes, largest first. Powers of two: `GB` means two things.
const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// The largest size, 1 EiB: sums of a few thousand stay far from overflow.
const LARGEST: u64 = 1 << 60;

/// A number of bytes, at most 2^60.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// Nothing.
    pub const ZERO: Size = Size(0);

    /// `bytes` bytes. Panics above 2^60.
    pub fn from_bytes(bytes: u64) -> Self {
        assert!(bytes <= LARGEST, "a size is at most {LARGEST} bytes, found {bytes}");
        Size(bytes)
    }

    /// Its bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    /// Reads `512B`, `16KiB`, `1.5MiB`, `4GiB`, `2TiB`. A bare number is refused.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write a size with its unit, such as `16KiB` or `4GiB`";
        let trimmed = text.trim();
        let unit_at = trimmed.find(|c: char| c.is_ascii_alphabetic() && c != 'e').unwrap_or(trimmed.len());
        let (count, unit) = trimmed.split_at(unit_at);
        let count = number(count).map_err(|error| format!("{error}; {wanted}"))?;
        let unit = unit.trim();
        let bytes = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, bytes)) => *bytes as f64,
            None if unit.is_empty() => {
                return Err(format!("`{text}` lacks a unit of size (B, KiB, MiB, GiB, TiB); {wanted}"));
            }
            None => return Err(format!("`{unit}` is no unit of size (B, KiB, MiB, GiB, TiB); {wanted}")),
        };
        let bytes = count * bytes;
        if bytes < 0.0 {
            return Err(format!("`{text}` is negative; a size is zero or more"));
        }
        if bytes > LARGEST as f64 {
            return Err(format!("`{text}` is above 1048576TiB, the largest size"));
        }
        Ok(Size((bytes + 0.5) as u64))
    }
}

impl fmt::Display for Size {
    /// In the largest unit of which it is a whole number; every form can be read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, unit): &&(&str, u64)| self.0 >= *unit && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(whole).unwrap_or(&UNITS[4]);
        write!(f, "{}{name}", self.0 / unit)
    }
}

text_type!(
    Size,
    "Size",
    "A size with its unit, for example `16KiB` or `4GiB`; units B, KiB, MiB, GiB, TiB.",
    r"^\s*[0-9.eE+]+\s*(B|KiB|MiB|GiB|TiB)\s*$"
);

/// Bytes per second at most: a number above zero, or no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Throttle {
    /// No limit.
    #[default]
    Unlimited,
    /// At most so many bytes per second.
    PerSecond(Size),
}

impl FromStr for Throttle {
    type Err = String;

    /// Reads `50MiB/s` and `unlimited`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "unlimited" {
            return Ok(Throttle::Unlimited);
        }
        let wanted = "write a size per second, such as `50MiB/s`, or `unlimited`";
        let Some(size) = text.trim().strip_suffix("/s") else {
            return Err(format!("`{text}` lacks `/s`; {wanted}"));
        };
        match size.parse::<Size>()? {
            Size::ZERO => Err(format!("`{text}` moves nothing; {wanted}")),
            size => Ok(Throttle::PerSecond(size)),
        }
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Throttle::Unlimited => f.write_str("unlimited"),
            Throttle::PerSecond(size) => write!(f, "{size}/s"),
        }
    }
}

text_type!(
    Throttle,
    "Throttle",
    "Bytes per second such as `50MiB/s`, or `unlimited`.",
    r"^\s*(unlimited|[0-9.eE+]+\s*(B|KiB|MiB|GiB|TiB)\s*/s)\s*$"
);

/// A plain number from 0 to 10^6: how much something costs beside something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Cost(f64);

impl Cost {
    /// Nothing.
    pub const ZERO: Cost = Cost(0.0);

    /// The cost `x`. Panics outside [0, 10^6].
    pub fn new(x: f64) -> Self {
        assert!((0.0..=1e6).contains(&x), "a cost lies in [0, 1e6], found {x}");
        Cost(x)
    }

    /// The number in [0, 10^6].
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Cost {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match number(text)? {
            x if (0.0..=1e6).contains(&x) => Ok(Cost(x)),
            _ => Err(format!("`{text}` is outside 0 to 1000000; write a number such as `0.05`")),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

text_type!(Cost, "Cost", "A number from 0, for example `0.05`.", r"^\s*[0-9.eE+-]+\s*$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        for (text, bytes) in [
            ("512B", 512),
            ("16KiB", 16_384),
            ("1.5MiB", 1_572_864),
            ("4 GiB", 1 << 32),
            ("2TiB", 2 << 40),
            ("0B", 0),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
            let size = Size(bytes);
            assert_eq!(size.to_string().parse(), Ok(size), "{text}");
        }
        let refused = |text: &str| text.parse::<Size>().unwrap_err();
        assert!(refused("4").starts_with("`4` lacks a unit of size"));
        assert!(refused("4GB").starts_with("`GB` is no unit of size"));
        assert!(refused("-4GiB").contains("negative"));
        assert!(refused("much").contains("is not a number"));
        assert!(refused("2000000TiB").contains("largest size"));
    }

    #[test]
    fn throttles_are_sizes_per_second() {
        assert_eq!("50MiB/s".parse(), Ok(Throttle::PerSecond(Size(50 << 20))));
        assert_eq!("unlimited".parse(), Ok(Throttle::Unlimited));
        assert_eq!(Throttle::PerSecond(Size(50 << 20)).to_string(), "50MiB/s");
        assert!("50MiB".parse::<Throttle>().unwrap_err().contains("lacks `/s`"));
        assert!("0B/s".parse::<Throttle>().unwrap_err().contains("moves nothing"));
    }

    #[test]
    fn costs_start_at_zero() {
        assert_eq!("0".parse(), Ok(Cost::ZERO));
        assert!("-1".parse::<Cost>().unwrap_err().contains("outside 0"));
    }
}
