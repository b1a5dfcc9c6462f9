//! No limit: whatever is wanted is sent.
//!
//! **What it does.** Nothing.
//! **Why it exists.** It is what a client does that nobody has told otherwise.
//! **Where it fails.** One client with a loop in it takes what belongs to all.
//! **Source.** The default of every client library but resilience4j's, whose 50 per 500 ns is as good as none.
//! Deviations: none.

use crate::policy::Leave;

/// The decision.
pub(super) const LEAVE: Leave = Leave::Now;
