//! What does a full buffer between two stations cost? A tandem in which the first must wait with its finished
//! piece until there is room at the second.

use super::{assert_positive, birth_death};

/// Two stations with one exponential server each and a buffer between them. The first always has work; when it
/// is done while the buffer is full it keeps the piece and is blocked (blocking after service).
///
/// **Source.** Hunt, *Sequential arrays of waiting lines*, Operations Research 4, 1956: the largest possible
/// utilisation of two stations without a buffer is 2/3. With a buffer of b the pieces that the first has
/// finished and the second has not, 0 to b + 2, are a birth-death chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tandem {
    /// Services per unit of time of the first server, above 0.
    pub first: f64,
    /// The same of the second.
    pub second: f64,
    /// Places between the two; those at the servers are not counted. A scenario's queue capacity of the second.
    pub buffer: u32,
}

impl Tandem {
    /// Probability that the first has finished 0, 1, ..., `buffer` + 2 pieces more than the second: one in service
    /// there, `buffer` waiting, and one that blocks the first. Panics outside the domain.
    pub fn states(&self) -> Vec<f64> {
        assert_positive("the rate of the first", self.first);
        assert_positive("the rate of the second", self.second);
        birth_death(self.buffer + 2, |_| self.first / self.second)
    }

    /// Pieces per unit of time that leave: for equal rates r it is r (b + 2) / (b + 3).
    pub fn throughput(&self) -> f64 {
        self.second * (1.0 - self.states()[0])
    }

    /// Share of the time that the first is blocked.
    pub fn blocked(&self) -> f64 {
        self.states()[self.buffer as usize + 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn without_a_buffer_two_thirds_are_left() {
        let hunt = Tandem { first: 1.0, second: 1.0, buffer: 0 };
        assert_near(hunt.throughput(), 2.0 / 3.0, 1e-12);
        assert_near(hunt.blocked(), 1.0 / 3.0, 1e-12);
    }

    #[test]
    fn buffers_give_it_back_slowly() {
        for buffer in [1, 10, 100] {
            let tandem = Tandem { first: 2.0, second: 2.0, buffer };
            let expected = 2.0 * f64::from(buffer + 2) / f64::from(buffer + 3);
            assert_near(tandem.throughput(), expected, 1e-12);
        }
    }

    #[test]
    fn what_the_first_does_while_it_is_not_blocked_is_what_leaves() {
        let tandem = Tandem { first: 3.0, second: 2.0, buffer: 4 };
        assert_near(tandem.first * (1.0 - tandem.blocked()), tandem.throughput(), 1e-12);
    }
}
