//! Round robin: each instance in turn.
//!
//! **What it does.** Gives the k-th attempt of a client to instance (start + k) mod n. Client number c
//! starts at instance c. When instances come or go, the turn stays where it was. While instances are in
//! slow start (`targets/slow_start.rs`), turns have lengths (`deadlines.rs`).
//! **Why it exists.** After every round all instances have had the same number of attempts, without
//! anything to measure or to agree on.
//! **Where it fails.** It counts attempts, not work: an instance at half speed gets its full share and
//! a growing queue. And a retry goes to the next in turn, which may be the bad instance again once other
//! attempts came between.
//! **Source.** gRPC `round_robin`, Envoy `ROUND_ROBIN`. Deviations: weights are [`super::weighted`];
//! gRPC and Envoy start at a random instance, here the client's number spreads the starts without a draw.

/// What one client remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// The position whose turn it is, if it still exists.
    next: u32,
}

impl State {
    pub(super) const fn new(client: u32) -> Self {
        State { next: client }
    }

    /// The position among `instances` whose turn it is.
    #[inline]
    pub(super) const fn pick(&mut self, instances: u32) -> u32 {
        // A division only if instances have gone.
        let picked = if self.next < instances { self.next } else { self.next % instances };
        // Kept below `instances`, so that the counter never wraps in the middle of a round.
        self.next = if picked + 1 < instances { picked + 1 } else { 0 };
        picked
    }

    /// Other members: the turn of an instance that has gone passes to the next.
    pub(super) fn renew(&mut self, old: &[u32], new: &[u32]) {
        if let Some(&turn) = old.get(self.next as usize % old.len().max(1)) {
            self.next = new.partition_point(|member| *member < turn) as u32;
        }
    }

    /// The position whose turn it is, out of `instances`.
    pub(super) const fn turn(&self, instances: usize) -> usize {
        self.next as usize % instances
    }

    /// Somebody else picked this position; the turn passes to the next.
    pub(super) const fn passed(&mut self, position: usize) {
        self.next = position as u32 + 1;
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

    #[test]
    fn the_turn_stays_with_its_instance_when_others_go() {
        let mut state = State::new(0);
        picks(&mut state, 5, 3);
        let members = [1, 3, 4];
        state.renew(&[0, 1, 2, 3, 4], &members);
        assert_eq!(members[state.pick(3) as usize], 3);
        state.renew(&members, &[0, 1, 3]);
        assert_eq!(state.pick(3), 0, "the turn of 4, which has gone, passes on");
    }

    #[test]
    fn a_client_keeps_its_start_until_there_is_somebody() {
        let mut state = State::new(4);
        state.renew(&[], &[0, 1, 2]);
        assert_eq!(picks(&mut state, 3, 3), [1, 2, 0]);
    }
}
