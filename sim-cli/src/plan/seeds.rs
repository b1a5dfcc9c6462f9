//! Which seeds does a word name? `20` for 1 to 20, `31..=60`, or a list such as `1,5,9`.

use std::str::FromStr;

use crate::failure::{Complaint, Refused};

/// Most seeds of one command: their results are kept in memory.
const MOST: u64 = 100_000;

/// Seeds in order, none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seeds {
    numbers: Vec<u64>,
    text: String,
}

impl Seeds {
    /// The seeds from 1 to `count`.
    pub(super) fn first(count: u32) -> Seeds {
        Seeds { numbers: (1..=u64::from(count)).collect(), text: count.to_string() }
    }

    /// Those that a word asks for, if there is one.
    pub(super) fn asked(word: Option<&str>, refused: &mut Refused) -> Option<Seeds> {
        refused.take(word.map(str::parse::<Seeds>).transpose()).flatten()
    }

    /// As it stands on a command line.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_numbers(self) -> Vec<u64> {
        self.numbers
    }
}

/// A single seed.
pub(super) fn one(word: &str) -> Result<u64, Complaint> {
    word.trim().parse().map_err(|_| {
        Complaint::new(format!("`--seed {word}`: a seed is a whole number from 0 to {}", u64::MAX))
    })
}

impl FromStr for Seeds {
    type Err = Complaint;

    fn from_str(word: &str) -> Result<Seeds, Complaint> {
        let wrong = |what: String| {
            Complaint::new(format!("`--seeds {word}`: {what}"))
                .with_help("write `20` for the seeds 1 to 20, `31..=60`, or a list such as `1,5,9`")
        };
        let number = |text: &str| {
            text.trim().parse::<u64>().map_err(|_| wrong(format!("`{}` is no seed", text.trim())))
        };
        let bounded = |count: u64| match count <= MOST {
            true => Ok(()),
            false => Err(wrong(format!("{count} seeds are above the limit of {MOST}"))),
        };
        let numbers: Vec<u64> = if let Some((from, to)) = word.split_once("..") {
            let to = to.strip_prefix('=').ok_or_else(|| wrong("a range includes its end".to_owned()))?;
            let (from, to) = (number(from)?, number(to)?);
            if from > to {
                return Err(wrong("the range runs backwards".to_owned()));
            }
            bounded((to - from).saturating_add(1))?;
            (from..=to).collect()
        } else if word.contains(',') {
            let list = word.split(',').map(number).collect::<Result<Vec<u64>, Complaint>>()?;
            let mut sorted = list.clone();
            sorted.sort_unstable();
            if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(wrong(format!("seed {} is named twice", pair[0])));
            }
            list
        } else {
            let count = number(word)?;
            if count == 0 {
                return Err(wrong("no seed, no result".to_owned()));
            }
            bounded(count)?;
            (1..=count).collect()
        };
        Ok(Seeds { numbers, text: word.split_whitespace().collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(word: &str) -> Vec<u64> {
        word.parse::<Seeds>().unwrap().into_numbers()
    }

    #[test]
    fn a_count_a_range_and_a_list_name_seeds() {
        assert_eq!(numbers("3"), [1, 2, 3]);
        assert_eq!(numbers("7..=9"), [7, 8, 9]);
        assert_eq!(numbers("9, 1,5"), [9, 1, 5]);
        assert_eq!(numbers(&format!("{0}..={0}", u64::MAX)), [u64::MAX]);
        assert_eq!("9, 1,5".parse::<Seeds>().unwrap().text(), "9,1,5");
    }

    #[test]
    fn what_names_no_seeds_is_refused() {
        for (word, why) in [
            ("0", "no seed, no result"),
            ("", "`` is no seed"),
            ("-3", "`-3` is no seed"),
            ("five", "`five` is no seed"),
            ("1..9", "a range includes its end"),
            ("9..=1", "the range runs backwards"),
            ("1,2,", "`` is no seed"),
            ("1,2,1", "seed 1 is named twice"),
            ("100001", "100001 seeds are above the limit of 100000"),
            ("0..=18446744073709551615", "18446744073709551615 seeds are above the limit of 100000"),
        ] {
            let expected = Complaint::new(format!("`--seeds {word}`: {why}"))
                .with_help("write `20` for the seeds 1 to 20, `31..=60`, or a list such as `1,5,9`");
            assert_eq!(word.parse::<Seeds>(), Err(expected));
        }
    }
}
