//! No discovery: callers use a name that always leads to those who are there.
//!
//! **What it does.** Nothing. Each attempt goes to an instance that stands at its place, whichever process is there.
//! **Why it exists.** It is the default, and what a load balancer with a fixed address looks like from outside.
//! **Where it fails.** It does not, which is why it hides that somebody has to keep the list behind the name.
//! **Source.** None needed. Deviations: none.
