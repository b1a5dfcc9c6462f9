//! For how long did how many hold a lock, and what became of what they asked?

use crate::ids::WorkloadId;
use crate::metrics::LockTold;
use crate::time::SimDuration;

/// How long how many believed to hold a lock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockLedger {
    /// Nobody.
    pub idle: u64,
    /// One.
    pub one: u64,
    /// More than one, and all could write.
    pub several: u64,
    /// More than one, and all but the newest were refused.
    pub fenced: u64,
    /// The time of each holder by itself, in sum.
    pub each: u64,
    /// The same as the number of holders times time.
    pub together: u64,
    /// Leases granted.
    pub granted: u64,
    /// Requests of holders that were sent.
    pub asked: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
    /// Those for a lease that was not free.
    pub refused: u64,
    /// Those that prolonged a lease.
    pub renewed: u64,
    /// Those that gave a lease up.
    pub released: u64,
    /// Those that came after the lease was over, or after the belief in it.
    pub too_late: u64,
    /// Those under way at the end.
    pub asking: u64,
    /// Length of the run where there is a lock, else 0.
    pub length: u64,
}

impl LockLedger {
    /// What became of a request, by the counts before and after it was answered; none if it failed.
    pub(super) fn told(&self, after: &LockLedger, length: SimDuration) -> Option<LockTold> {
        let all = [
            (self.granted, after.granted, LockTold::Granted { length }),
            (self.refused, after.refused, LockTold::Refused),
            (self.renewed, after.renewed, LockTold::Renewed { length }),
            (self.released, after.released, LockTold::GivenUp),
            (self.too_late, after.too_late, LockTold::TooLate),
        ];
        all.into_iter().find(|(before, after, _)| before != after).map(|(_, _, told)| told)
    }

    pub(in crate::engine) fn laws(&self, id: WorkloadId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let all = self.idle + self.one + self.several + self.fenced;
        law(all == self.length, &|| {
            format!("{id:?}: time with 0, 1, more holders {all} = run {}", self.length)
        });
        law(self.each == self.together, &|| {
            format!("{id:?}: time of each holder {} = holders x time {}", self.each, self.together)
        });
        let answered = self.granted + self.refused + self.renewed + self.released + self.too_late;
        law(self.asked == answered + self.failed + self.asking, &|| {
            format!(
                "{id:?}: asked {} = answered {answered} + failed {} + under way {}",
                self.asked, self.failed, self.asking
            )
        });
    }
}
