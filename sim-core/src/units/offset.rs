//! By how much is a clock ahead, or behind?

use std::fmt;
use std::str::FromStr;

use super::text_type;
use crate::time::SimDuration;

/// A duration with a sign: ahead, or behind with `-`. At most 100 years either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(i64);

impl Offset {
    /// Nanoseconds ahead; negative if behind.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The same as a float, for sums with drifts.
    pub fn as_nanos_f64(self) -> f64 {
        self.0 as f64
    }
}

impl FromStr for Offset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let (sign, rest) = match trimmed.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        if rest.trim_start().starts_with(['-', '+']) {
            return Err(format!("`{text}` has two signs; write `-200ms` for behind, `200ms` for ahead"));
        }
        let length: SimDuration = rest.parse()?;
        // The longest duration fits.
        Ok(Offset(sign * length.as_nanos() as i64))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        SimDuration::from_nanos(self.0.unsigned_abs()).fmt(f)
    }
}

text_type!(
    Offset,
    "Offset",
    "A duration with its unit, and `-` before it for what is behind, for example `200ms` or `-1.5s`.",
    r"^\s*[-+]?\s*([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+$"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<i64, String> {
        text.parse::<Offset>().map(Offset::as_nanos)
    }

    #[test]
    fn behind_is_negative() {
        assert_eq!(read("-200ms"), Ok(-200_000_000));
        assert_eq!(read("+1m30s"), Ok(90_000_000_000));
        assert_eq!(read("0s"), Ok(0));
        assert_eq!(read(" - 1ns "), Ok(-1));
        assert_eq!(read("-36500d"), Ok(-3_153_600_000_000_000_000));
    }

    #[test]
    fn what_is_no_duration_is_no_offset() {
        assert!(read("-200").unwrap_err().contains("lacks a time unit"));
        assert!(read("--1s").unwrap_err().contains("two signs"));
        assert!(read("-").unwrap_err().contains("missing"));
        assert!(read("-36501d").unwrap_err().contains("100 years"));
    }

    #[test]
    fn what_is_written_can_be_read() {
        for text in ["-200ms", "1m30s", "0s", "-1.5us"] {
            let offset: Offset = text.parse().expect("an offset");
            assert_eq!(offset.to_string(), text);
        }
    }
}
