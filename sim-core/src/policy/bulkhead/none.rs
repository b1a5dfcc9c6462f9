//! No bulkhead: everybody enters.
//!
//! **What it does.** Nothing.
//! **Why it exists.** It is what a client does that nobody has told otherwise.
//! **Where it fails.** A service that answers slowly is waited for by every thread of its caller, and the others
//! that the caller needs are not even asked any more.
//! **Source.** `java.net.http.HttpClient`, Python `requests` without a pool of its own. Deviations: none.

use super::Entry;

/// The decision.
pub(super) const ENTRY: Entry = Entry::Enters;
