//! How many bits per second, and how many bytes may wait for them?

use std::fmt;
use std::str::FromStr;

use super::{Size, number, text_type};

/// Units of a bandwidth in files: name and bits per second, largest first. Networks count bits in powers of ten, sizes
/// of what is stored come in powers of two.
const UNITS: [(&str, f64); 8] = [
    ("Gbit/s", 1e9),
    ("Mbit/s", 1e6),
    ("kbit/s", 1e3),
    ("bit/s", 1.0),
    ("GiB/s", 8.0 * 1_073_741_824.0),
    ("MiB/s", 8.0 * 1_048_576.0),
    ("KiB/s", 8.0 * 1_024.0),
    ("B/s", 8.0),
];

/// Bits per second: above zero, at most 10^15.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Bandwidth(f64);

impl Bandwidth {
    /// So many bits per second. Panics outside (0, 10^15].
    pub fn from_bits_per_s(bits: f64) -> Self {
        assert!(bits > 0.0 && bits <= 1e15, "a bandwidth lies in (0, 1e15] bits per second, found {bits}");
        Bandwidth(bits)
    }

    /// Its bytes per second.
    pub fn bytes_per_s(self) -> f64 {
        self.0 / 8.0
    }
}

impl FromStr for Bandwidth {
    type Err = String;

    /// Reads `1Gbit/s`, `100Mbit/s`, `10MiB/s`. A bare number is refused.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write a bandwidth with its unit, such as `1Gbit/s` or `10MiB/s`";
        let trimmed = text.trim();
        let unit_at = trimmed.find(|c: char| c.is_ascii_alphabetic() && c != 'e').unwrap_or(trimmed.len());
        let (count, unit) = trimmed.split_at(unit_at);
        let count = number(count).map_err(|error| format!("{error}; {wanted}"))?;
        let unit = unit.trim();
        let Some((_, bits)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(match unit {
                "" => format!("`{text}` lacks a unit of bandwidth; {wanted}"),
                _ => format!(
                    "`{unit}` is no unit of bandwidth (bit/s, kbit/s, Mbit/s, Gbit/s, B/s to GiB/s); {wanted}"
                ),
            });
        };
        let bits = count * bits;
        if bits <= 0.0 {
            return Err(format!("`{text}` passes nothing; write a bandwidth above zero, such as `1Gbit/s`"));
        }
        if bits > 1e15 {
            return Err(format!("`{text}` is above 1000000Gbit/s, the largest bandwidth"));
        }
        Ok(Bandwidth(bits))
    }
}

impl fmt::Display for Bandwidth {
    /// In bits of the largest unit of which it is a whole number; every form can be read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, unit): &&(&str, f64)| self.0 >= *unit && self.0 % *unit == 0.0;
        let (name, unit) = UNITS[..4].iter().find(whole).unwrap_or(&UNITS[3]);
        write!(f, "{}{name}", self.0 / unit)
    }
}

text_type!(
    Bandwidth,
    "Bandwidth",
    "Bits or bytes per second, for example `1Gbit/s`, `100Mbit/s` or `10MiB/s`.",
    r"^\s*[0-9.eE+]+\s*((k|M|G)?bit|(Ki|Mi|Gi)?B)/s\s*$"
);

/// Bytes that may wait at most: a size, or `unlimited`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// No bound.
    #[default]
    Unlimited,
    /// At most so many.
    AtMost(Size),
}

impl Room {
    /// Whether so many bytes may wait.
    pub fn holds(self, bytes: u64) -> bool {
        match self {
            Room::Unlimited => true,
            Room::AtMost(most) => bytes <= most.bytes(),
        }
    }
}

impl FromStr for Room {
    type Err = String;

    /// Reads `64KiB` and `unlimited`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "unlimited" => Ok(Room::Unlimited),
            size => {
                Ok(Room::AtMost(size.parse().map_err(|error: String| format!("{error}, or `unlimited`"))?))
            }
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Room::Unlimited => f.write_str("unlimited"),
            Room::AtMost(size) => size.fmt(f),
        }
    }
}

text_type!(
    Room,
    "Room",
    "A size such as `64KiB`, or `unlimited`.",
    r"^\s*(unlimited|[0-9.eE+]+\s*(B|KiB|MiB|GiB|TiB))\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_powers_of_ten() {
        for (text, bits) in
            [("1Gbit/s", 1e9), ("100Mbit/s", 1e8), ("56kbit/s", 5.6e4), ("1MiB/s", 8_388_608.0)]
        {
            let bandwidth: Bandwidth = text.parse().expect("sound");
            assert_eq!(bandwidth, Bandwidth(bits), "{text}");
            assert_eq!(bandwidth.to_string().parse(), Ok(bandwidth), "{text}");
        }
        assert_eq!(Bandwidth(1e9).to_string(), "1Gbit/s");
        let refused = |text: &str| text.parse::<Bandwidth>().unwrap_err();
        assert!(refused("0Mbit/s").contains("passes nothing"));
        assert!(refused("100").contains("lacks a unit"));
        assert!(refused("1Gb/s").starts_with("`Gb/s` is no unit of bandwidth"));
        assert!(refused("2e7Gbit/s").contains("largest"));
    }

    #[test]
    fn room_is_a_size_or_none() {
        assert_eq!("unlimited".parse(), Ok(Room::Unlimited));
        assert_eq!("1KiB".parse(), Ok(Room::AtMost(Size::from_bytes(1_024))));
        assert!(
            Room::AtMost(Size::from_bytes(10)).holds(10) && !Room::AtMost(Size::from_bytes(10)).holds(11)
        );
    }
}
