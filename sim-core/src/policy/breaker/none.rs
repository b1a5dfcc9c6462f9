//! None: every attempt is sent.
//!
//! **What it does.** Nothing.
//! **Why it exists.** It is what happens unless the file says otherwise.
//! **Where it fails.** Callers wait for a service that is down until their patience ends, every time.
//! **Source.** None needed.

use super::{Permit, Scope};

pub(super) const PERMIT: Option<Permit> = Some(Permit(0));
pub(super) const SCOPE: Scope = Scope::PerCallerInstance;
