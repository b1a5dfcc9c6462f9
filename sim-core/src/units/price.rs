//! How much of the currency does something cost?

use std::fmt;
use std::str::FromStr;

use super::{number, text_type};

/// Billionths in one unit of the currency.
const BILLION: f64 = 1e9;
/// The largest price.
const MOST: f64 = 1e6;

/// A price in the one currency of a file: a number from 0 to 10^6, kept in whole billionths, so that money adds up
/// exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(u64);

impl Price {
    /// Nothing.
    pub const FREE: Price = Price(0);

    /// Billionths of the currency.
    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// In units of the currency.
    pub fn get(self) -> f64 {
        self.0 as f64 / BILLION
    }
}

impl FromStr for Price {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = number(text)?;
        if value < 0.0 {
            return Err(format!("`{text}` is negative; a price is a number from 0"));
        }
        if value > MOST {
            return Err(format!("`{text}` is above 1000000, the highest price"));
        }
        let billionths = (value * BILLION + 0.5) as u64;
        if billionths == 0 && value > 0.0 {
            return Err(format!(
                "`{text}` is below a billionth, the smallest price; write it for more of the thing"
            ));
        }
        Ok(Price(billionths))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get())
    }
}

text_type!(
    Price,
    "Price",
    "A price in the currency of the file, a number from 0 to 1000000 such as `0.01`.",
    r"^\s*[0-9.eE+-]+\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_whole_billionths() {
        assert_eq!("0.01".parse::<Price>().expect("a price").billionths(), 10_000_000);
        assert_eq!("0.09".parse::<Price>().expect("a price").to_string(), "0.09");
        for (text, word) in
            [("-1", "negative"), ("2e6", "highest"), ("1e-12", "smallest"), ("5 EUR", "number")]
        {
            let told = text.parse::<Price>().unwrap_err();
            assert!(told.contains(word), "{text}: {told}");
        }
    }
}
