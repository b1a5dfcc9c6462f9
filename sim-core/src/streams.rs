//! Where does chance come from that belongs to no request? From ChaCha8 streams, one per purpose and
//! entity, derived from the run's seed alone: switching one part on never moves another part's draws.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::luck::{Draws, mix};
use crate::ziggurat;

/// The number that a run is repeated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

/// What a shared stream is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamPurpose {
    /// Gaps between the arrivals of one source.
    Arrivals = 1,
    /// Choices of a fault.
    Fault = 2,
    /// When in its period an instance is probed.
    Probe = 3,
    /// When in its period an instance does its housekeeping.
    Background = 4,
    /// What an owner changes, and when.
    Changes = 140,
}

/// A generator of one purpose and one entity. Every variate uses exactly one 64-bit draw, so that
/// the k-th variate is the k-th draw whatever the ones before it were used for.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `purpose` for entity number `entity` in the run of `seed`.
    pub fn new(seed: Seed, purpose: StreamPurpose, entity: u32) -> Self {
        let mut key = [0u8; 32];
        for (word, chunk) in key.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(&mix(seed.0, word as u64 + 1).to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(((purpose as u64) << 32) | u64::from(entity));
        Stream(generator)
    }

    /// A uniform number in (0, 1): never 0 and never 1, so that its logarithm is finite.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        open_unit(self.0.next_u64())
    }

    /// An exponential number of mean 1. One draw of the stream keys a ziggurat of its own, which may
    /// reject as often as it likes without moving the stream.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        ziggurat::exponential(&mut Draws::keyed(self.0.next_u64()))
    }

    /// Draws of one variate: as many as it likes, and the stream moves on by one.
    pub fn draws(&mut self) -> Draws {
        Draws::keyed(self.0.next_u64())
    }

    /// A uniform whole number below `n`, by multiply-shift (bias below n / 2^64).
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        below(self.0.next_u64(), n)
    }
}

/// The upper 52 bits of `bits` as a number in (0, 1), centred in its cell. With 53 bits the half cell
/// would not fit an `f64` and the last cell would round to 1.
#[inline]
pub(crate) fn open_unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// Multiply-shift: `bits` scaled to `0..n`.
#[inline]
pub(crate) fn below(bits: u64, n: u32) -> u32 {
    ((u128::from(bits) * u128::from(n)) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_other_purposes_entities_and_seeds_differ() {
        let first = |seed, purpose, entity| Stream::new(Seed(seed), purpose, entity).unit();
        let base = first(1, StreamPurpose::Arrivals, 0);
        assert_eq!(base, first(1, StreamPurpose::Arrivals, 0));
        assert_ne!(base, first(2, StreamPurpose::Arrivals, 0));
        assert_ne!(base, first(1, StreamPurpose::Fault, 0));
        assert_ne!(base, first(1, StreamPurpose::Arrivals, 1));
    }

    #[test]
    fn unit_is_open_at_both_ends() {
        assert!(open_unit(0) > 0.0);
        assert!(open_unit(u64::MAX) < 1.0);
        assert_eq!(below(u64::MAX, 7), 6);
        assert_eq!(below(0, 7), 0);
    }
}
