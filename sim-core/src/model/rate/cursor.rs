//! When does the next request come? The inversion of a rate, which turns draws into arrival times.

use super::Piece;
use crate::math;
use crate::time::{SimDuration, SimTime};

/// The highest rate of one source, per second. Moments are whole nanoseconds, and every gap is rounded to them:
/// at this rate that is up to 0.5 % of an even gap, and 4 * 10^-6 of the mean of exponential ones.
pub(in crate::model) const MAX_PER_SECOND: f64 = 1e7;

/// A place on a rate function, moving forward.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    now: SimTime,
    piece: usize,
    /// Mean gap in nanoseconds, if the rate is one constant above zero.
    constant_gap: Option<f64>,
}

impl Cursor {
    pub(crate) fn new(pieces: &[Piece]) -> Self {
        let constant_gap = match *pieces {
            [Piece { rate, slope: 0.0, .. }] if rate > 1e-15 => Some(1.0 / rate),
            _ => None,
        };
        Cursor { now: SimTime::ZERO, piece: 0, constant_gap }
    }

    /// Moves on until the rate has added up to `mass` arrivals, and gives the moment; `None` if the rate
    /// ends at zero before. Inversion of the rate, exact but for the rounding of each gap to the nearest
    /// nanosecond: one draw per arrival, whatever the profile.
    #[inline]
    pub(crate) fn advance(&mut self, pieces: &[Piece], mass: f64) -> Option<SimTime> {
        match self.constant_gap {
            Some(gap) => {
                self.now = self.now + SimDuration::from_nanos_f64(mass * gap);
                Some(self.now)
            }
            None => self.advance_through(pieces, mass),
        }
    }

    fn advance_through(&mut self, pieces: &[Piece], mut mass: f64) -> Option<SimTime> {
        loop {
            let piece = pieces[self.piece];
            let rate = piece.rate + piece.slope * self.now.since(piece.start).as_nanos_f64();
            // Time until `mass` is reached in this piece: the root of slope/2 x^2 + rate x = mass,
            // in the form that stays exact for a slope near zero.
            let discriminant = rate * rate + 2.0 * piece.slope * mass;
            let reach = if piece.slope == 0.0 {
                mass / rate
            } else if discriminant > 0.0 {
                2.0 * mass / (rate + math::sqrt(discriminant))
            } else {
                f64::INFINITY
            };
            let Some(next) = pieces.get(self.piece + 1) else {
                if !reach.is_finite() || reach > SimDuration::MAX.as_nanos_f64() {
                    return None;
                }
                self.now = self.now + SimDuration::from_nanos_f64(reach);
                return Some(self.now);
            };
            let left = next.start.since(self.now).as_nanos_f64();
            // Compared as moments: what rounds to the end of the piece belongs to the next one.
            let at = self.now + SimDuration::from_nanos_f64(reach);
            if at < next.start {
                self.now = at;
                return Some(at);
            }
            mass -= (rate + 0.5 * piece.slope * left) * left;
            mass = mass.max(0.0);
            self.now = next.start;
            self.piece += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exponential gaps at the strata (k + 1/2) / n of their law, n = 10^5: the rounding of gaps of 100 ns in the
    /// mean moves the last arrival by less than 10^-5 of its time.
    #[test]
    fn rounding_leaves_the_highest_rate_as_it_is() {
        let pieces = [Piece { start: SimTime::ZERO, rate: MAX_PER_SECOND * 1e-9, slope: 0.0 }];
        let mut cursor = Cursor::new(&pieces);
        let masses: Vec<f64> = (0..100_000).map(|k| -math::ln((f64::from(k) + 0.5) / 1e5)).collect();
        let last = masses.iter().filter_map(|mass| cursor.advance(&pieces, *mass)).last().unwrap();
        let exact = masses.iter().sum::<f64>() * 100.0;
        assert!((last.as_nanos() as f64 / exact - 1.0).abs() < 1e-5);
    }
}
