//! How full is an instance, and what takes its speed? Areas under curves, added up exactly.

use crate::time::SimTime;

/// How full one instance is, and how full it has been so far: exact areas under the curves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Attempts waiting or in service.
    pub in_system: u32,
    /// Workers that serve.
    pub busy: u32,
    /// Until when the areas are added up.
    pub until: SimTime,
    /// Area under the number in system: attempts times nanoseconds.
    pub system_area: u128,
    /// Area under the busy workers: workers times nanoseconds.
    pub busy_area: u128,
}

impl Meter {
    /// Adds up the areas until `now`; the numbers have not changed since `until`.
    #[inline]
    pub(crate) fn advance(&mut self, now: SimTime) {
        let span = u128::from(now.since(self.until).as_nanos());
        self.system_area += u128::from(self.in_system) * span;
        self.busy_area += u128::from(self.busy) * span;
        self.until = now;
    }
}

/// What takes the speed of a service's instances away from its requests, or keeps requests outside: areas under the curves so far, in
/// nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CapacityGauge {
    /// Under the share of the pieces of data that lack a copy.
    pub short_area: f64,
    /// Under the share that copying takes of an instance, summed over the instances.
    pub repair_area: f64,
    /// Under the share of memory that is in use, summed over the instances.
    pub memory_area: f64,
    /// Under the number of attempts that wait outside.
    pub outside_area: f64,
    /// Under the number of its own attempts that wait outside elsewhere.
    pub held_up_area: f64,
}
