//! Progress: how far has one call come? Sixteen bytes that travel with it.
//!
//! **What it does.** Remembers how many attempts were sent, which of them count, where the back-off
//! stands, and what the latest retry was paid for.
//! **Why it exists.** A budget belongs to a client, a back-off to a call: what belongs to the call is here.
//! **Where it fails.** Only one attempt at a time is out; hedging keeps a progress of its own.
//! **Source.** None needed.

use crate::policy::Outcome;
use crate::time::SimDuration;

/// An attempt is out: sent, on its way to be, or in line for a slot of its pool.
const OUT: u8 = 1;
/// An attempt was repeated without being counted.
const REPEATED: u8 = 2;

/// How far one call has come. The engine counts the attempts as it sends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Attempts sent so far, the first and those that do not count included.
    pub attempts: u32,
    /// Retries since the back-off last began; ends at 65 535.
    step: u16,
    flags: u8,
    /// The failure after which the latest retry was allowed, until that retry ends.
    pub(super) paid_for: Option<Outcome>,
    /// What the formula remembers: the last wait, or how far its curve has come; zero before the first.
    pub(super) memory: SimDuration,
}

impl Progress {
    /// Attempts that count.
    #[inline]
    pub(super) const fn counted(self) -> u32 {
        self.attempts - (self.flags & REPEATED) as u32 / REPEATED as u32
    }

    /// The number of the next retry, from 1 since the back-off last began.
    #[inline]
    pub(super) fn next_retry(&mut self) -> u32 {
        self.step = self.step.saturating_add(1);
        u32::from(self.step)
    }

    /// The next retry is the first again.
    pub(super) fn begin_anew(&mut self) {
        (self.step, self.memory) = (0, SimDuration::ZERO);
    }

    /// Whether an attempt may be repeated without being counted: once per call.
    #[inline]
    pub(super) fn repeat(&mut self) -> bool {
        let first = self.flags & REPEATED == 0;
        self.flags |= REPEATED;
        first
    }

    #[inline]
    pub(super) fn goes_out(&mut self) {
        self.flags |= OUT;
    }

    #[inline]
    pub(super) fn came_back(&mut self) {
        self.flags &= !OUT;
    }

    /// Whether an attempt is out.
    #[inline]
    pub const fn is_out(self) -> bool {
        self.flags & OUT != 0
    }

    /// Whether a retry is under way, back-off included.
    #[inline]
    pub const fn is_retrying(self) -> bool {
        self.paid_for.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attempt_may_go_uncounted() {
        let mut progress = Progress { attempts: 3, ..Progress::default() };
        assert_eq!(progress.counted(), 3);
        assert!(progress.repeat());
        assert_eq!(progress.counted(), 2);
        assert!(!progress.repeat());
        progress.goes_out();
        assert!(progress.is_out());
        progress.came_back();
        assert_eq!((progress.counted(), progress.is_out()), (2, false));
    }

    #[test]
    fn a_back_off_that_begins_anew_counts_from_one() {
        let mut progress = Progress::default();
        assert_eq!([progress.next_retry(), progress.next_retry()], [1, 2]);
        progress.begin_anew();
        assert_eq!(progress.next_retry(), 1);
    }
}
