//! Random: any instance, all equally likely.
//!
//! **What it does.** Draws the instance from the attempt's own luck.
//! **Why it exists.** It needs no memory and no agreement: thousands of clients spread over the
//! instances without falling into step.
//! **Where it fails.** Chance is uneven: at the same moment some instance has several attempts waiting
//! while another is idle, so queues are longer than with a shared queue or in turn.
//! **Source.** Envoy `RANDOM` load balancer. Deviations: none.

use crate::luck::Draws;

#[inline]
pub(super) fn pick(instances: u32, mut draws: Draws) -> u32 {
    draws.below(instances)
}

#[cfg(test)]
mod tests {
    use crate::luck::{Luck, Purpose};
    use crate::policy::testing::luck;

    fn pick(instances: u32, luck: Luck) -> u32 {
        super::pick(instances, luck.draws(Purpose::Instance))
    }

    #[test]
    fn all_instances_are_equally_likely() {
        // 40 000 attempts on 4 instances: 10 000 each within 4 standard errors of sqrt(n p (1-p)) = 87.
        let mut counts = [0u32; 4];
        for k in 0..40_000 {
            counts[pick(4, luck(k)) as usize] += 1;
        }
        assert!(counts.iter().all(|n| n.abs_diff(10_000) < 4 * 87), "{counts:?}");
    }

    #[test]
    fn the_same_attempt_goes_to_the_same_instance() {
        assert!((0..100).all(|k| pick(1_000, luck(k)) == pick(1_000, luck(k))));
    }

    #[test]
    fn a_retry_draws_anew() {
        let call = luck(0);
        let picked: Vec<u32> = (1..=5).map(|attempt| pick(1_000_000, call.attempt(attempt))).collect();
        assert!(picked.windows(2).all(|pair| pair[0] != pair[1]), "{picked:?}");
    }
}
