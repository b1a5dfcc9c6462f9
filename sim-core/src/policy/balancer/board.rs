//! How old is what a caller knows of the instances? As old as the bulletin board it reads: the numbers
//! in system of all instances, put up anew every `age` and the same for everyone until then.
//!
//! The board of an edge is one, held by the engine and shown to all clients (Mitzenmacher, How Useful Is
//! Old Information?, IEEE TPDS 2000, periodic update): what everyone reads together is what makes
//! everyone run to the same instance. An `age` of zero needs no board.

use serde::{Deserialize, Serialize};

use super::Fleet;
use crate::time::{SimDuration, SimTime};

/// What a caller knows of the instances. Default: `own`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Information {
    /// How many of its own attempts are under way at each.
    #[default]
    Own,
    /// How many attempts of everybody were at each when the board was renewed.
    Board(Age),
}

/// How old the numbers on a board become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "BoardAge"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Age {
    /// Time between two renewals; from 0, which is the true number at any moment.
    pub age: SimDuration,
}

/// The numbers in system as all callers of an edge see them.
#[derive(Clone, Debug)]
pub struct Board {
    numbers: Vec<u32>,
    renewed: Option<SimTime>,
}

impl Board {
    /// A board with nothing on it.
    pub const fn new() -> Self {
        Board { numbers: Vec::new(), renewed: None }
    }

    /// Puts up the numbers of instances `0..instances`. The engine calls it every `age`.
    pub fn renew(&mut self, fleet: &impl Fleet, instances: u32, now: SimTime) {
        self.numbers.clear();
        self.numbers.extend((0..instances).map(|instance| fleet.in_system(instance)));
        self.renewed = Some(now);
    }

    /// How many numbers are on it.
    pub const fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether nothing is on it.
    pub const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// When it was renewed last.
    pub const fn renewed(&self) -> Option<SimTime> {
        self.renewed
    }
}

impl Default for Board {
    fn default() -> Self {
        Board::new()
    }
}

impl Fleet for Board {
    /// What stands on the board; nothing of an instance that came later.
    #[inline]
    fn in_system(&self, instance: u32) -> u32 {
        self.numbers.get(instance as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn a_board_shows_the_past_until_it_is_renewed() {
        let (mut board, mut fleet) = (Board::new(), vec![3, 1]);
        assert_eq!((board.in_system(0), board.renewed()), (0, None));
        board.renew(&fleet, 2, SimTime::ZERO);
        fleet = vec![9, 9];
        assert_eq!([0, 1, 2].map(|instance| board.in_system(instance)), [3, 1, 0]);
        let later = SimTime::ZERO + SimDuration::from_secs(10);
        board.renew(&fleet, 2, later);
        assert_eq!((board.in_system(1), board.renewed()), (9, Some(later)));
    }

    #[test]
    fn information_is_ones_own_or_a_board_of_an_age() {
        assert_eq!(read(r#""own""#), Ok(Information::default()));
        let board = Information::Board(Age { age: SimDuration::from_secs(10) });
        assert_eq!(read(r#"{"board": {"age": "10s"}}"#), Ok(board));
    }
}
