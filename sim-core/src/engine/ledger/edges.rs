//! What became of all that went over an edge?

use super::ways::WayLedger;
use crate::ids::EdgeId;

/// What one edge has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeLedger {
    /// Attempts sent.
    pub sent: u64,
    /// Answers produced by servers, errors and late ones included.
    pub produced: u64,
    /// Good answers that a caller still wanted.
    pub used: u64,
    /// Calls that services and monitors made, or users who connect.
    pub calls: u64,
    /// Of those, the ones that were answered or failed for good.
    pub ended: u64,
    /// Of those, the ones whose caller left.
    pub abandoned: u64,
    /// Of those, the ones under way at the end.
    pub under_way: u64,
    /// Attempts on the way to their instance at the end, or outside it.
    pub on_the_way: u64,
    /// Attempts and retries under way at the end, as retry budgets have counted them.
    pub budgeted: [u64; 2],
    /// The same, as found at the calls.
    pub found: [u64; 2],
    /// Leaves to send an attempt that breakers and throttles gave.
    pub passes: u64,
    /// Of those, the ones whose attempt they heard the end of.
    pub passes_back: u64,
    /// Of those, the ones that are out at the end.
    pub passes_out: u64,
    /// Calls in its bulkheads and in line for them at the end, as counted while they came and went.
    pub in_bulkheads: [u64; 2],
    /// The same, as found.
    pub in_bulkheads_found: [u64; 2],
    /// Attempts whose call waited only until they were accepted.
    pub accepted: u64,
    /// Of those, served to the end.
    pub accepted_done: u64,
    /// Of those, lost with an instance or dropped from the line.
    pub accepted_gone: u64,
    /// Of those, waiting or in service at the end.
    pub accepted_there: u64,
    /// Attempts begun of hedged calls, the first of each included.
    pub tries: u64,
    /// Of those, the ones that are over for their caller.
    pub tries_over: u64,
    /// Of those, the ones that are out at the end.
    pub tries_out: u64,
    /// Messages there and back, where anything can happen to them.
    pub ways: [WayLedger; 2],
}

impl EdgeLedger {
    pub(super) fn laws(&self, id: EdgeId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let copies = self.ways[0].copies;
        law(self.used <= self.produced && self.produced <= self.sent + copies, &|| {
            format!(
                "{id:?}: answers used {} <= produced {} <= attempts sent {} + copies {copies}",
                self.used, self.produced, self.sent
            )
        });
        law(self.budgeted == self.found, &|| {
            format!(
                "{id:?}: attempts and retries in budgets {:?} = those under way {:?}",
                self.budgeted, self.found
            )
        });
        law(self.passes == self.passes_back + self.passes_out, &|| {
            format!(
                "{id:?}: leaves to send {} = over {} + out at the end {}",
                self.passes, self.passes_back, self.passes_out
            )
        });
        law(self.in_bulkheads == self.in_bulkheads_found, &|| {
            format!(
                "{id:?}: in bulkheads and in line for them {:?} = calls found there {:?}",
                self.in_bulkheads, self.in_bulkheads_found
            )
        });
        law(self.accepted == self.accepted_done + self.accepted_gone + self.accepted_there, &|| {
            format!(
                "{id:?}: accepted {} = done {} + lost or dropped {} + there {}",
                self.accepted, self.accepted_done, self.accepted_gone, self.accepted_there
            )
        });
        law(self.tries == self.tries_over + self.tries_out, &|| {
            format!(
                "{id:?}: attempts of hedged calls {} = over {} + out at the end {}",
                self.tries, self.tries_over, self.tries_out
            )
        });
        self.ways[0].laws(id, "there", law);
        self.ways[1].laws(id, "back", law);
        let accounted = self.ended + self.abandoned + self.under_way;
        law(self.calls == accounted, &|| {
            format!("{id:?}: calls {} = ended + abandoned + under way {accounted}", self.calls)
        });
    }
}
