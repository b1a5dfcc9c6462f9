//! Least request: of a few instances, or of all, the one with the fewest attempts.
//!
//! **What it does.** Draws `choices` instances and takes the one with the fewest attempts under way; of
//! equals the one drawn first, of all instances any of the equals. What counts is `information`: the
//! caller's `own` attempts, or a `board` with everybody's. While instances are in slow start, turns by
//! deadlines with weight warmth / (attempts + 1) (`deadlines.rs`).
//! **Why it exists.** An instance that is slow or stuck keeps its attempts longer, so it is given fewer,
//! whatever the reason. Two choices already cut the longest queue from log n / log log n to log log n.
//! **Where it fails.** One client's own counts say little if there are many clients. And `choices: all`
//! on a board sends everyone to the same instance until the board is renewed: worse than random. An
//! instance that fails fast has the fewest attempts and attracts all the rest (`outlier_detection` helps).
//! **Source.** Mitzenmacher, The Power of Two Choices, IEEE TPDS 2001; Envoy `LEAST_REQUEST`
//! (`choice_count` 2, with replacement, `FULL_SCAN`, bias 1); gRPC `least_request` (2 to 10); Finagle P2C
//! (distinct). Deviations: distinct unless `choices_distinct: false`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::board::Information;
use super::{Fleet, View, two};
use crate::luck::Draws;
use crate::units::text_type;

/// The most choices other than all; gRPC stops at 10.
const MOST_CHOICES: u32 = 32;

/// Of a few instances, or of all, the one with the fewest attempts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LeastRequestBalancer"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How many instances are compared: 1 to 32, or `all`. Default: 2.
    pub choices: Choices,
    /// Whether the choices are different instances (Finagle) or the same may be drawn twice (Envoy, where
    /// of two instances the busier one is picked in a quarter of the cases). Default: true.
    pub choices_distinct: bool,
    /// What is compared: the caller's `own` attempts under way, or `board: {age: 10s}`. Default: `own`.
    pub information: Information,
}

impl Default for Config {
    fn default() -> Self {
        Config { choices: Choices::Some(2), choices_distinct: true, information: Information::Own }
    }
}

/// How many instances are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choices {
    /// So many; at least 1 and at most 32.
    Some(u32),
    /// Every one.
    All,
}

impl FromStr for Choices {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match (text.trim(), text.trim().parse::<u32>()) {
            ("all", _) => Ok(Choices::All),
            (_, Ok(n)) if (1..=MOST_CHOICES).contains(&n) => Ok(Choices::Some(n)),
            (_, Ok(n)) => Err(format!("must be 1 to {MOST_CHOICES}, or `all`, found {n}")),
            (_, Err(_)) => {
                Err(format!("`{text}` is no number of choices; write a whole number such as `2`, or `all`"))
            }
        }
    }
}

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choices::Some(n) => n.fmt(f),
            Choices::All => f.write_str("all"),
        }
    }
}

text_type!(Choices, "Choices", "A whole number from 1 to 32, or `all`.", r"^\s*([0-9]+|all)\s*$");

impl Config {
    /// Attempts at `instance` as far as the caller knows.
    #[inline]
    pub(super) fn attempts<F: Fleet>(&self, instance: u32, view: &View<'_, F>) -> u32 {
        match self.information {
            Information::Own => view.own.at(instance),
            Information::Board(_) => view.fleet.in_system(instance),
        }
    }

    #[inline]
    pub(super) fn pick<F: Fleet>(&self, view: &View<'_, F>) -> u32 {
        let members = view.members;
        let attempts = |position: u32| self.attempts(members[position as usize], view);
        let mut draws = view.draws();
        let position = match self.choices {
            Choices::Some(n) if !self.choices_distinct => {
                fewest((0..n).map(|_| draws.below(members.len() as u32)), attempts)
            }
            Choices::Some(2) if members.len() > 2 => {
                fewest(two(members.len() as u32, &mut draws).into_iter(), attempts)
            }
            Choices::Some(n) if (n as usize) < members.len() => {
                let drawn = distinct(n as usize, members.len() as u32, &mut draws);
                fewest(drawn.into_iter().take(n as usize), attempts)
            }
            Choices::Some(_) | Choices::All => fewest_of_all(members.len() as u32, attempts, &mut draws),
        };
        members[position as usize]
    }
}

/// The first of those with the fewest attempts.
#[inline]
fn fewest(positions: impl Iterator<Item = u32>, attempts: impl Fn(u32) -> u32) -> u32 {
    let (mut best, mut least) = (0, u32::MAX);
    for position in positions {
        let found = attempts(position);
        if found < least {
            (best, least) = (position, found);
        }
    }
    best
}

/// Any of those with the fewest attempts, all equally likely.
fn fewest_of_all(members: u32, attempts: impl Fn(u32) -> u32, draws: &mut Draws) -> u32 {
    let least = (0..members).map(&attempts).min().expect("there is a member");
    let mut equals = (0..members).filter(|position| attempts(*position) == least);
    let count = equals.clone().count() as u32;
    equals.nth(draws.below(count) as usize).expect("the draw lies below the count")
}

/// Different numbers below `members`, the first `n` of the array, in the order drawn. The k-th draw is made
/// among the `members` - k that are left and moved past those taken before.
#[inline]
fn distinct(n: usize, members: u32, draws: &mut Draws) -> [u32; MOST_CHOICES as usize] {
    let mut drawn = [0; MOST_CHOICES as usize];
    // The same in ascending order: what a draw is moved past.
    let mut taken = [0; MOST_CHOICES as usize];
    for (k, slot) in drawn.iter_mut().enumerate().take(n) {
        let mut number = draws.below(members - k as u32);
        let mut place = 0;
        while place < k && taken[place] <= number {
            number += 1;
            place += 1;
        }
        taken.copy_within(place..k, place + 1);
        taken[place] = number;
        *slot = number;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::Purpose;
    use crate::policy::balancer::testing::View4;
    use crate::policy::testing::{luck, read};

    fn config(json: &str) -> Config {
        read(json).expect("settings are readable")
    }

    /// How many of `n` attempts each of four instances gets whose own counts are `own`.
    fn counts(config: &Config, own: [u32; 4], n: u64) -> [u32; 4] {
        let mut counts = [0; 4];
        for k in 0..n {
            counts[View4 { own, in_system: [0; 4] }.ask(luck(k), |view| config.pick(view)) as usize] += 1;
        }
        counts
    }

    #[test]
    fn all_choices_find_the_least_loaded_for_sure() {
        assert_eq!(counts(&config(r#"{"choices": "all"}"#), [3, 1, 2, 4], 1_000), [0, 1_000, 0, 0]);
        assert_eq!(counts(&config(r#"{"choices": 4}"#), [3, 1, 2, 4], 1_000), [0, 1_000, 0, 0]);
    }

    #[test]
    fn of_equals_any_is_taken() {
        // 30 000 attempts on three equals: 10 000 each within 4 standard errors of sqrt(n p (1-p)) = 82.
        for choices in [r#"{"choices": "all"}"#, r#"{"choices": 9}"#] {
            let found = counts(&config(choices), [5, 1, 1, 1], 30_000);
            assert!(found[1..].iter().all(|n| n.abs_diff(10_000) < 4 * 82), "{found:?}");
        }
    }

    #[test]
    fn two_distinct_choices_never_take_the_busiest() {
        // Of the 6 pairs of instances the least loaded is in 3, the second in 2 of the others, the third
        // in 1: shares 1/2, 1/3, 1/6, 0. 60 000 attempts, within 4 standard errors of at most 122.
        let found = counts(&Config::default(), [1, 2, 3, 4], 60_000);
        let expected = [30_000u32, 20_000, 10_000, 0];
        assert!(found.iter().zip(expected).all(|(n, p)| n.abs_diff(p) < 4 * 123), "{found:?}");
        assert_eq!(found[3], 0);
    }

    #[test]
    fn envoy_draws_with_replacement_and_takes_the_busier_of_two_in_a_quarter() {
        // policies.md, section 8: 25% wrong picks with two hosts. 40 000 attempts: 10 000 within 4
        // standard errors of 87.
        let envoy = config(r#"{"choices_distinct": false}"#);
        let (own, members) = ([9, 0, 0, 0], [0, 1]);
        let wrong = |k| {
            View4 { own, in_system: [0; 4] }
                .ask(luck(k), |view| envoy.pick(&View { members: &members, ..*view }) == 0)
        };
        let wrong = (0..40_000).filter(|k| wrong(*k)).count();
        assert!(wrong.abs_diff(10_000) < 4 * 87, "{wrong}");
    }

    #[test]
    fn one_choice_is_random() {
        // 40 000 attempts: 10 000 each within 4 standard errors of 87.
        let found = counts(&config(r#"{"choices": 1}"#), [0, 9, 9, 9], 40_000);
        assert!(found.iter().all(|n| n.abs_diff(10_000) < 4 * 87), "{found:?}");
    }

    #[test]
    fn draws_are_distinct_and_all_orders_equally_likely() {
        // Three of five in order: 60 orders, 60 000 draws, 1000 each; chi-square with 59 degrees of
        // freedom exceeds 98 with probability 0.001.
        let mut orders = std::collections::BTreeMap::new();
        for k in 0..60_000 {
            let drawn = distinct(3, 5, &mut luck(k).draws(Purpose::Instance))[..3].to_vec();
            assert!(drawn[0] != drawn[1] && drawn[0] != drawn[2] && drawn[1] != drawn[2], "{drawn:?}");
            *orders.entry(drawn).or_insert(0u32) += 1;
        }
        assert_eq!(orders.len(), 60);
        let chi_square: f64 =
            orders.values().map(|n| (f64::from(*n) - 1e3) * (f64::from(*n) - 1e3) / 1e3).sum();
        assert!(chi_square < 98.0, "{chi_square}");
    }

    #[test]
    fn two_are_drawn_like_any_other_number() {
        for k in 0..1_000 {
            let draws = || luck(k).draws(Purpose::Instance);
            assert_eq!(two(7, &mut draws()), distinct(2, 7, &mut draws())[..2]);
        }
    }

    #[test]
    fn a_board_counts_everybodys_attempts() {
        let board = config(r#"{"choices": "all", "information": {"board": {"age": "0s"}}}"#);
        let sight = View4 { own: [0, 9, 9, 9], in_system: [5, 5, 2, 5] };
        assert_eq!(sight.ask(luck(0), |view| board.pick(view)), 2);
    }

    #[test]
    fn choices_are_a_few_or_all() {
        assert_eq!(read("{}"), Ok(Config::default()));
        assert_eq!("all".parse(), Ok(Choices::All));
        assert_eq!("0".parse::<Choices>().unwrap_err(), "must be 1 to 32, or `all`, found 0");
        assert_eq!("33".parse::<Choices>().unwrap_err(), "must be 1 to 32, or `all`, found 33");
        assert_eq!(
            "some".parse::<Choices>().unwrap_err(),
            "`some` is no number of choices; write a whole number such as `2`, or `all`"
        );
    }
}
