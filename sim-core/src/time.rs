//! What is a moment and what is a span of time? Integer nanoseconds, so that sums are exact and
//! every machine agrees on the order of events.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use crate::units::text_type;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Units of a duration in files: name and length in nanoseconds, longest first.
const UNITS: [(&str, u64); 8] = [
    ("d", 86_400 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("s", NANOS_PER_SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// A moment of simulated time: nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A span of simulated time in nanoseconds, at most [`SimDuration::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything that can happen.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The moment `ns` nanoseconds after the start.
    pub const fn from_nanos(ns: u64) -> Self {
        SimTime(ns)
    }

    /// Nanoseconds since the start of the run.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start of the run, for charts and text.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// Time since `earlier`. Panics in debug builds if `earlier` is later.
    #[inline]
    pub fn since(self, earlier: SimTime) -> SimDuration {
        debug_assert!(earlier <= self, "time runs backwards: {earlier:?} is after {self:?}");
        SimDuration(self.0.wrapping_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// The longest span a scenario may name: 100 years. Sums of a few of them cannot overflow.
    pub const MAX: SimDuration = SimDuration(100 * 365 * 86_400 * NANOS_PER_SECOND);

    /// `ns` nanoseconds.
    pub const fn from_nanos(ns: u64) -> Self {
        SimDuration(ns)
    }

    /// `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        SimDuration(ms * 1_000_000)
    }

    /// `s` seconds.
    pub const fn from_secs(s: u64) -> Self {
        SimDuration(s * NANOS_PER_SECOND)
    }

    /// `s` seconds, rounded to the nearest nanosecond. Negative and NaN become zero, what is too
    /// long becomes [`SimDuration::MAX`].
    pub fn from_secs_f64(s: f64) -> Self {
        Self::from_nanos_f64(s * NANOS_PER_SECOND as f64)
    }

    /// `ns` nanoseconds, rounded to the nearest. Negative and NaN become zero, what is too long
    /// becomes [`SimDuration::MAX`]: draws of heavy tails end here.
    #[inline]
    pub fn from_nanos_f64(ns: f64) -> Self {
        // A float-to-integer cast saturates and maps NaN to 0.
        SimDuration(((ns + 0.5) as u64).min(Self::MAX.0))
    }

    /// Whole nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Nanoseconds as a float, for products with factors.
    #[inline]
    pub fn as_nanos_f64(self) -> f64 {
        self.0 as f64
    }

    /// Seconds, for charts and text.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// This span times `factor`, rounded to the nearest nanosecond.
    #[inline]
    pub fn mul_f64(self, factor: f64) -> Self {
        Self::from_nanos_f64(self.0 as f64 * factor)
    }

    /// The longest multiple of `step` that is not longer. Panics if `step` is zero.
    pub const fn cut_to(self, step: SimDuration) -> Self {
        SimDuration(self.0 / step.0 * step.0)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    /// Saturates at [`SimTime::NEVER`].
    #[inline]
    fn add(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(rhs.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn add(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    /// Stops at zero.
    fn sub(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(rhs.0))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

impl fmt::Display for SimDuration {
    /// The shortest exact form in at most two units (`1m30s`, `250ms`, `1.5us`); every form can be
    /// read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < NANOS_PER_SECOND {
            let (unit, length) =
                *UNITS.iter().rfind(|(u, n)| *u != "µs" && self.0 / n < 1_000).unwrap_or(&UNITS[3]);
            return write!(f, "{}{unit}", self.0 as f64 / length as f64);
        }
        let mut rest = self.0;
        for (unit, length) in &UNITS[..3] {
            if rest >= *length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        if rest > 0 {
            let (whole, nanos) = (rest / NANOS_PER_SECOND, rest % NANOS_PER_SECOND);
            let decimals = format!("{nanos:09}");
            match decimals.trim_end_matches('0') {
                "" => write!(f, "{whole}s")?,
                digits => write!(f, "{whole}.{digits}s")?,
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for SimDuration {
    type Err = String;

    /// Reads `200ms`, `1.5s`, `1m30s`; units `ns us ms s m h d`. A bare number is refused.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write a duration with its unit, such as `200ms`, `1.5s` or `1m30s`";
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(format!("a duration is missing; {wanted}"));
        }
        if rest.starts_with('-') {
            return Err(format!("`{text}` is negative; a duration is zero or more"));
        }
        let mut total: u128 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let unit = unit.trim();
            if number.is_empty() {
                return Err(format!("`{text}` is not a duration; {wanted}"));
            }
            if unit.is_empty() {
                return Err(format!("`{text}` lacks a time unit (ns, us, ms, s, m, h, d); {wanted}"));
            }
            let Some(&(_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(format!("`{unit}` is no time unit (ns, us, ms, s, m, h, d); {wanted}"));
            };
            total += decimal_times(number, length)
                .ok_or_else(|| format!("`{number}` is not a number; {wanted}"))?;
            if total > u128::from(Self::MAX.0) {
                return Err(format!("`{text}` is longer than 100 years, the longest span of a simulation"));
            }
            rest = tail.trim_start();
        }
        Ok(SimDuration(total as u64))
    }
}

/// `number * length` for a decimal number, rounded to the nearest, exactly in integers.
fn decimal_times(number: &str, length: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty())
        || fraction.contains('.')
        || whole.len() > 18
        || fraction.len() > 18
    {
        return None;
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u128>().ok() };
    let scale = 10u128.pow(fraction.len() as u32);
    let scaled = parse(whole)? * scale + parse(fraction)?;
    Some((scaled * u128::from(length) + scale / 2) / scale)
}

text_type!(
    SimDuration,
    "Duration",
    "A duration with its unit, for example `200ms`, `1.5s` or `1m30s`; units ns, us, ms, s, m, h, d.",
    r"^\s*([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+$"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SimDuration, String> {
        text.parse()
    }

    #[test]
    fn durations_are_read_exactly() {
        for (text, ns) in [
            ("200ms", 200_000_000),
            ("1.5s", 1_500_000_000),
            ("1m30s", 90_000_000_000),
            ("0.5us", 500),
            ("1µs", 1_000),
            ("2d", 172_800_000_000_000),
            ("0s", 0),
            ("0.1s", 100_000_000),
        ] {
            assert_eq!(read(text), Ok(SimDuration(ns)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_what_to_write() {
        assert!(read("500").unwrap_err().starts_with("`500` lacks a time unit"));
        assert!(read("-1s").unwrap_err().contains("negative"));
        assert!(read("5 parsecs").unwrap_err().starts_with("`parsecs` is no time unit"));
        assert!(read("fast").unwrap_err().starts_with("`fast` is not a duration"));
        assert!(read("1.2.3s").unwrap_err().contains("`1.2.3` is not a number"));
        assert!(read("200d300h1000000d").unwrap_err().contains("100 years"));
        assert!(read("").unwrap_err().contains("missing"));
    }

    #[test]
    fn display_reads_back() {
        for ns in [
            0,
            1,
            999,
            1_500,
            10_000_000,
            1_500_000_000,
            90_000_000_000,
            86_400_000_000_000,
            3_600_000_000_001,
        ] {
            let span = SimDuration(ns);
            assert_eq!(read(&span.to_string()), Ok(span), "{span}");
        }
        assert_eq!(SimDuration::from_secs(90).to_string(), "1m30s");
        assert_eq!(SimDuration::from_millis(10).to_string(), "10ms");
    }

    #[test]
    fn rounding_saturates() {
        assert_eq!(SimDuration::from_nanos_f64(-1.0), SimDuration::ZERO);
        assert_eq!(SimDuration::from_nanos_f64(f64::NAN), SimDuration::ZERO);
        assert_eq!(SimDuration::from_nanos_f64(f64::INFINITY), SimDuration::MAX);
        assert_eq!(SimDuration::from_nanos_f64(2.5).as_nanos(), 3);
    }
}
