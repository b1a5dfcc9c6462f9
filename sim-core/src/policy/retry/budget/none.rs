//! No budget: every retry is allowed.
//!
//! **What it does.** Says yes.
//! **Why it exists.** It is what most clients do, and what the other budgets are compared with.
//! **Where it fails.** In overload nothing but `max_attempts` bounds the load.
//! **Source.** None needed.

/// The answer to every request for a retry.
pub(super) const WITHDRAW: bool = true;
