//! No hedging: one attempt at a time.
//!
//! **What it does.** Waits for the only attempt, however slow it is.
//! **Why it exists.** It is what a system does with nothing said, and the yardstick for all others.
//! **Where it fails.** A request that asks a hundred instances is as slow as the slowest of them.
//! **See it.** `scenarios/library/resilience/fan-out-and-hedging.yaml`, variant `plain`.
//! **Source.** None needed.

/// The first attempt is the only one.
pub(super) const MAX_ATTEMPTS: u32 = 1;
