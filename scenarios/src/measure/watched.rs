//! Who knew what, and when? What monitors and operators did, counted from the start of the first trigger.

use sim_core::ids::Id;
use sim_core::metrics::gauges::Holder;

use super::readings::sum_of_some;
use super::{Record, Scope, Span};
use crate::metric::Metric;

impl Record {
    /// A moment of the run; `None` if it did not come.
    pub(super) fn watched(&self, metric: Metric) -> Option<f64> {
        let since = match metric {
            Metric::TimeToDetect => self.watch.detected,
            Metric::TimeToAttribute => self.watch.attributed,
            _ => self.watch.acted,
        };
        // Where nobody looks, operators act by the clock.
        since.filter(|_| self.watch.monitors > 0).map(sim_core::time::SimDuration::as_secs_f64)
    }

    /// Whether a moment was waited for at all.
    pub fn is_watched(&self) -> bool {
        self.watch.monitors > 0
    }

    /// Mean over time of the alerts that fire; `None` without monitors of that kind.
    pub(super) fn alerts_firing(&self, scope: Scope, span: Span) -> Option<f64> {
        // The edges of workloads come first, in their order.
        let is_wanted = |of: Holder| match (of, scope.service, scope.workload) {
            (_, None, None) => true,
            (Holder::Service(id), service, _) => service == Some(id),
            (Holder::Link(_), ..) => false,
            (Holder::Edge(edge), _, workload) => workload.is_some_and(|id| id.index() == edge.index()),
        };
        let firing = self.readings("alerts_firing", is_wanted);
        let areas = firing.map(|series| self.known_area(series, span));
        sum_of_some(areas).map(|area| area / self.seconds(span))
    }

    /// The share of requests not answered, summed over time.
    pub(super) fn lost_user_time(&self, scope: Scope, span: Span) -> Option<f64> {
        let lost = |w: usize| {
            let (answered, all) = self.ended(scope, Span { from: w, to: w + 1 });
            if all == 0 { 0.0 } else { (all - answered) as f64 / all as f64 * self.lengths_s[w] }
        };
        self.is_watched().then(|| (span.from..span.to).map(lost).sum())
    }
}
