//! No retry: the first failure is the answer.
//!
//! **What it does.** Gives up after the first attempt, whatever its outcome.
//! **Why it exists.** It is what a system does with nothing said, and the yardstick for all others: the
//! load that users offer is the load that servers see.
//! **Where it fails.** Every lost message reaches the user.
//! **See it.** `scenarios/library/metastable/metastable-retry-storm.yaml`, variant `one-attempt`.
//! **Source.** None needed.

use super::{Decision, GiveUp};

/// The first attempt is the only one.
pub(super) const MAX_ATTEMPTS: u32 = 1;

pub(super) const fn decide() -> Decision {
    Decision::GiveUp(GiveUp::NoRetry)
}
