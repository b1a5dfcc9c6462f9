//! Round robin: each instance in turn.
//!
//! **What it does.** Gives the k-th attempt of a client to instance (start + k) mod n. Client number c
//! starts at instance c.
//! **Why it exists.** After every round all instances have had the same number of attempts, without
//! anything to measure or to agree on.
//! **Where it fails.** It counts attempts, not work: an instance at half speed gets its full share and
//! a growing queue. And a retry goes to the next in turn, which may be the bad instance again once other
//! attempts came between.
//! **Source.** gRPC `round_robin`, Envoy `ROUND_ROBIN`. Deviations: no weights; gRPC and Envoy start at
//! a random instance, here the client's number spreads the starts without a draw.

/// What one client remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// The instance whose turn it is, if it still exists.
    next: u32,
}

impl State {
    pub(super) const fn new(client: u32) -> Self {
        State { next: client }
    }

    #[inline]
    pub(super) const fn pick(&mut self, instances: u32) -> u32 {
        let picked = self.next % instances;
        // Kept below `instances`, so that the counter never wraps in the middle of a round.
        self.next = (picked + 1) % instances;
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(state: &mut State, instances: u32, count: usize) -> Vec<u32> {
        (0..count).map(|_| state.pick(instances)).collect()
    }

    #[test]
    fn each_instance_has_its_turn() {
        assert_eq!(picks(&mut State::new(0), 3, 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn clients_start_at_different_instances() {
        let starts: Vec<u32> = (0..5).map(|client| State::new(client).pick(3)).collect();
        assert_eq!(starts, [0, 1, 2, 0, 1]);
        assert_eq!(picks(&mut State::new(u32::MAX), 2, 3), [1, 0, 1]);
    }

    #[test]
    fn a_turn_that_no_longer_exists_wraps_round() {
        let mut state = State::new(0);
        picks(&mut state, 5, 4);
        assert_eq!(picks(&mut state, 2, 3), [0, 1, 0]);
    }
}
