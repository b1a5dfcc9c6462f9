//! What did an attempt spend its time on? Its moments are noted while they happen; at the end they become
//! spans, cut where the caller left.

use super::{Span, SpanKind, Try};

/// An attempt, or one that never was sent, while it is told.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) call: usize,
    pub(super) number: u32,
    pub(super) instance: Option<usize>,
    /// From when the caller waited to try again.
    pub(super) backoff: Option<u64>,
    /// From when it waited for a slot.
    pub(super) pool: Option<u64>,
    pub(super) sent: Option<u64>,
    pub(super) reached: Option<u64>,
    pub(super) started: Option<u64>,
    /// When the server let go of it.
    pub(super) gone: Option<u64>,
    /// When its caller stopped waiting, and whether it got what it waited for or left.
    pub(super) over: Option<u64>,
    pub(super) outcome: &'static str,
    pub(super) fate: &'static str,
    /// Whether it was handed over: its caller left because it was let in, and the work is not in vain.
    pub(super) accepted: bool,
}

impl Draft {
    pub(super) fn new(call: usize, number: u32) -> Draft {
        Draft {
            call,
            number,
            instance: None,
            backoff: None,
            pool: None,
            sent: None,
            reached: None,
            started: None,
            gone: None,
            over: None,
            outcome: "unfinished",
            fate: "not_sent",
            accepted: false,
        }
    }

    /// Whether the server still has it, or it is on its way there.
    pub(super) fn is_at_server(&self) -> bool {
        self.sent.is_some() && self.gone.is_none()
    }

    /// Nanoseconds on a worker since its caller left.
    pub(super) fn wasted(&self, now: u64) -> u64 {
        match (self.started, self.over) {
            (Some(started), Some(over)) if !self.accepted => now.saturating_sub(started.max(over)),
            _ => 0,
        }
    }

    /// The last moment at which anything happened to it.
    pub(super) fn quiet(&self, end: u64) -> u64 {
        let open = self.is_at_server() || self.over.is_none();
        if open { end } else { self.gone.max(self.over).unwrap_or(end) }
    }

    pub(super) fn finish(self, instances: &[String], end: u64) -> Try {
        let mut spans = Vec::new();
        let begins = [self.pool, self.sent, self.over].into_iter().flatten().min().unwrap_or(end);
        let mut add = |what, from: Option<u64>, to: u64| {
            if let Some(from) = from.filter(|from| *from < to) {
                spans.push(Span { what, from_ns: from, to_ns: to });
            }
        };
        add(SpanKind::Backoff, self.backoff, begins);
        add(SpanKind::Pool, self.pool, self.sent.or(self.over).unwrap_or(end));
        // Its caller leaves at `left`; an answer that was waited for ends the attempt at that moment too.
        let left = if self.accepted { end } else { self.over.unwrap_or(end) };
        let mut stretch = |wanted, unwanted, from: Option<u64>, to: u64| {
            add(wanted, from, to.min(left));
            add(unwanted, from.map(|from| from.max(left)), to);
        };
        let gone = self.gone.unwrap_or(end);
        let reached = self.reached.unwrap_or(gone);
        let started = self.started.unwrap_or(gone);
        stretch(SpanKind::Network, SpanKind::Unwanted, self.sent, reached);
        stretch(SpanKind::Waiting, SpanKind::Unwanted, self.reached, started);
        stretch(SpanKind::Service, SpanKind::Wasted, self.started, gone);
        if !self.accepted {
            add(SpanKind::Network, self.gone, left);
        }
        Try {
            call: self.call,
            number: self.number,
            instance: self.instance.map(|index| instances[index].clone()),
            outcome: self.outcome.to_owned(),
            fate: self.fate.to_owned(),
            sent_ns: self.sent,
            over_ns: self.over,
            spans,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(draft: Draft) -> Vec<(SpanKind, u64, u64)> {
        let finished = draft.finish(&["api".to_owned()], 100);
        finished.spans.iter().map(|span| (span.what, span.from_ns, span.to_ns)).collect()
    }

    /// Its caller goes on at 12, when it is let in; that is no reason to call the rest in vain.
    #[test]
    fn what_was_handed_over_is_not_in_vain() {
        let draft = Draft {
            reached: Some(10),
            accepted: true,
            over: Some(12),
            started: Some(20),
            gone: Some(30),
            ..sent(5)
        };
        assert_eq!(draft.wasted(30), 0);
        let expected = [(SpanKind::Network, 5, 10), (SpanKind::Waiting, 10, 20), (SpanKind::Service, 20, 30)];
        assert_eq!(spans(draft), expected);
    }

    fn sent(at: u64) -> Draft {
        Draft { sent: Some(at), instance: Some(0), fate: "unfinished", ..Draft::new(0, 1) }
    }

    #[test]
    fn an_answer_in_time_has_a_way_a_wait_service_and_a_way_back() {
        let draft =
            Draft { reached: Some(12), started: Some(15), gone: Some(20), over: Some(22), ..sent(10) };
        let expected = [
            (SpanKind::Network, 10, 12),
            (SpanKind::Waiting, 12, 15),
            (SpanKind::Service, 15, 20),
            (SpanKind::Network, 20, 22),
        ];
        assert_eq!(spans(draft), expected);
    }

    #[test]
    fn what_is_done_after_the_caller_left_is_apart() {
        let early =
            Draft { reached: Some(10), started: Some(15), gone: Some(30), over: Some(18), ..sent(10) };
        assert_eq!(early.wasted(30), 12);
        let expected = [(SpanKind::Waiting, 10, 15), (SpanKind::Service, 15, 18), (SpanKind::Wasted, 18, 30)];
        assert_eq!(spans(early), expected);

        let in_line =
            Draft { reached: Some(10), started: Some(15), gone: Some(30), over: Some(12), ..sent(10) };
        assert_eq!(in_line.wasted(30), 15);
        let expected =
            [(SpanKind::Waiting, 10, 12), (SpanKind::Unwanted, 12, 15), (SpanKind::Wasted, 15, 30)];
        assert_eq!(spans(in_line), expected);
    }

    #[test]
    fn what_is_open_lasts_until_the_end_of_the_run() {
        let open = Draft { reached: Some(10), started: Some(15), ..sent(10) };
        assert_eq!(open.quiet(100), 100);
        assert_eq!(spans(open), [(SpanKind::Waiting, 10, 15), (SpanKind::Service, 15, 100)]);
    }

    #[test]
    fn before_it_is_sent_its_caller_waits() {
        let draft = Draft {
            backoff: Some(1),
            pool: Some(4),
            reached: Some(10),
            started: Some(10),
            gone: Some(11),
            over: Some(11),
            ..sent(10)
        };
        let expected = [(SpanKind::Backoff, 1, 4), (SpanKind::Pool, 4, 10), (SpanKind::Service, 10, 11)];
        assert_eq!(spans(draft), expected);
        let never = Draft { pool: Some(4), over: Some(9), ..Draft::new(0, 1) };
        assert_eq!(spans(never), [(SpanKind::Pool, 4, 9)]);
    }
}
