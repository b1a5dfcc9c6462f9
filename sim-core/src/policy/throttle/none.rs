//! None: nothing is kept back.
//!
//! **What it does.** Nothing.
//! **Why it exists.** It is what happens unless the file says otherwise.
//! **Where it fails.** A service may spend all its capacity on refusing.
//! **Source.** None needed.

use crate::policy::breaker::Scope;

pub(super) const PROBABILITY: f64 = 0.0;
pub(super) const SCOPE: Scope = Scope::PerCallerInstance;
