//! No admission control: every attempt may join the queue.
//!
//! **What it does.** Admits.
//! **Why it exists.** It is what a server does with nothing said, and the yardstick for all others.
//! **Where it fails.** Under overload the only bound is the queue, and what it refuses has come too far.
//! **Source.** None needed.

/// Whether an attempt is admitted.
pub(super) const ADMIT: bool = true;
