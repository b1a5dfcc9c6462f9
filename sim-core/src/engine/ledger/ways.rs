//! What became of the messages of an edge, one way?

use crate::ids::EdgeId;

/// What one way of an edge has counted, where anything can happen to messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WayLedger {
    /// Messages sent.
    pub sent: u64,
    /// Messages that the network made of others.
    pub copies: u64,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages lost.
    pub lost: u64,
    /// Messages thrown away because they were damaged.
    pub corrupted: u64,
    /// Messages that found no room on their link.
    pub dropped: u64,
    /// Messages that did not get through a partition, or whose connection was reset.
    pub cut: u64,
    /// Answers that nobody waited for when they were sent, and copies of answers.
    pub unheard: u64,
    /// Messages on their way at the end.
    pub in_flight: u64,
    /// Bytes of the messages sent.
    pub bytes: u128,
    /// Segments that TCP sent again.
    pub retransmitted: u64,
}

impl WayLedger {
    /// Messages that never arrived.
    pub fn gone(&self) -> u64 {
        self.lost + self.corrupted + self.dropped + self.cut
    }

    pub(super) fn laws(&self, id: EdgeId, way: &str, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let accounted = self.delivered + self.gone() + self.unheard + self.in_flight;
        law(self.sent + self.copies == accounted, &|| {
            format!(
                "{id:?}, {way}: messages sent {} + copies {} = delivered + gone + unheard + in flight \
                 {accounted}",
                self.sent, self.copies
            )
        });
    }
}
