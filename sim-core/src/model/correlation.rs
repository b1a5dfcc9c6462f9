//! Is the message after a lost one lost as well? Bad moments that last for more than one message.
//!
//! **What it does.** A chain of two states for each edge, way and reason, moved on by each message. With probability
//! `correlation_ratio` c a message shares the fate of the one before it, else its fate is drawn anew with the share p:
//!
//! - after one that was hit: p + c (1 - p); after one that was not: p (1 - c); the first: p.
//! - In the long run the share p is hit, whatever c is. Fates k messages apart are correlated by c^k.
//! - A run of hits lasts 1 / ((1 - p) (1 - c)) messages on average, so c = 1 - 1 / (L (1 - p)) makes runs of L.
//!
//! **Why it exists.** Queues overflow and radios fade for a while. Where each message is drawn by itself a retry is a
//! new try of an independent coin, and a few retries hide any loss; in a bad moment they are lost together.
//! **Where it fails.** The chain goes by messages, not by time: on an edge without traffic a bad moment lasts until the
//! next message. All callers of the edge share it. A message of several packets, or of several segments of TCP, moves it
//! once and is hit as a whole.
//! **Source.** Gilbert, *Capacity of a burst-noise channel* (1960), with a bad state that loses all. The word is that of
//! netem and of the tools built on it, the rule is not: netem mixes the last random number into the next (c last + (1 -
//! c) new), so that its numbers gather in the middle and a rare loss becomes far rarer still; a test below shows how far.

use crate::units::Probability;

/// Why a correlation cannot be, as a sentence.
pub fn check(correlation: Probability) -> Result<(), &'static str> {
    match correlation == Probability::ONE {
        false => Ok(()),
        true => Err(
            "with 1 what happens to the first message happens to all; write a ratio below 1, such as `80%`",
        ),
    }
}

/// The fate of the last message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain(Option<bool>);

impl Chain {
    /// Whether the next message is hit, by a uniform number in (0, 1).
    pub fn next(&mut self, ratio: f64, correlation: f64, unit: f64) -> bool {
        let probability = match self.0 {
            None => ratio,
            Some(last) => (1.0 - correlation) * ratio + if last { correlation } else { 0.0 },
        };
        let is_hit = unit < probability;
        self.0 = Some(is_hit);
        is_hit
    }
}

/// Hits in a row, on average.
pub fn run_length(ratio: f64, correlation: f64) -> f64 {
    1.0 / ((1.0 - ratio) * (1.0 - correlation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    const MESSAGES: usize = 1_000_000;

    fn units(seed: u64) -> impl Iterator<Item = f64> {
        let mut draws = Luck::of_request(Seed(seed), 0, 0).draws(Purpose::ChainThere);
        std::iter::repeat_with(move || draws.unit()).take(MESSAGES)
    }

    fn fates(ratio: f64, correlation: f64) -> Vec<bool> {
        let mut chain = Chain::default();
        units(1).map(|unit| chain.next(ratio, correlation, unit)).collect()
    }

    fn share(fates: &[bool]) -> f64 {
        fates.iter().filter(|hit| **hit).count() as f64 / fates.len() as f64
    }

    #[test]
    fn the_share_stays_and_the_runs_grow() {
        // A million messages; the standard error of the share is sqrt(p (1 - p) / n (1 + c) / (1 - c)), here at most
        // .0013; that of the mean run is about its length / sqrt(runs), at most 1 %. Four of each are allowed.
        for (ratio, correlation) in [(0.05, 0.0), (0.05, 0.5), (0.2, 0.8), (0.3, 0.9)] {
            let fates = fates(ratio, correlation);
            assert!((share(&fates) - ratio).abs() < 0.0052, "{ratio} {correlation}: {}", share(&fates));
            let runs = fates.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
            let length = share(&fates) * MESSAGES as f64 / runs;
            let expected = run_length(ratio, correlation);
            assert!((length / expected - 1.0).abs() < 0.04, "{length} instead of {expected}");
        }
    }

    #[test]
    fn without_correlation_it_is_a_coin() {
        let mut chain = Chain::default();
        assert!(units(2).take(1_000).all(|unit| chain.next(0.3, 0.0, unit) == (unit < 0.3)));
    }

    #[test]
    fn netem_loses_less_than_it_says() {
        // `loss 1% 50%`: the numbers gather around the middle, and almost none is below .01.
        let mut last = 0.5;
        let below = units(3).filter(|unit| {
            last = 0.5 * last + 0.5 * unit;
            last < 0.01
        });
        assert!(below.count() < MESSAGES / 10_000, "less than a hundredth of what was asked for");
        assert!((share(&fates(0.01, 0.5)) - 0.01).abs() < 0.0008, "here it is what was asked for");
    }

    #[test]
    fn a_fate_for_ever_is_refused() {
        assert!(check(Probability::ONE).is_err() && check(Probability::new(0.99)).is_ok());
    }
}
