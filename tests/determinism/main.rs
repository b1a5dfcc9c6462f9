//! Does anything move that should not? The same run twice, more threads, another policy, another fault,
//! another service: whatever is switched on leaves everybody else's draws where they were.

mod arms;
mod draws;
mod threads;

/// Pinned fingerprints, the very tests of `sim-core` in a build with the features of the whole workspace.
#[path = "../../sim-core/tests/digest.rs"]
mod digest;
