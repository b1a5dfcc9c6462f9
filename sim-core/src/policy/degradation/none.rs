//! No degradation: what others do on the instance costs nobody anything.
//!
//! **What it does.** Everybody goes at full speed, whatever the crowd.
//! **Why it exists.** It is the textbook's server, and the yardstick for all others.
//! **Where it fails.** Real servers share locks, caches and memory: their capacity at the worst moment is less
//! than what was measured alone, and a model without it never tips over by load alone.
//! **Source.** None needed.

/// How fast everybody is.
pub(super) const SPEED: f64 = 1.0;
