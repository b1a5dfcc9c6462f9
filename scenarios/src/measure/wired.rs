//! What did messages weigh, cost and take? By edge and service, from what was read at the ends of windows.

use sim_core::metrics::gauges::Holder;

use super::readings::sum_of_some;
use super::{Record, Scope, Span};
use crate::metric::Metric;

impl Record {
    /// A metric of bytes, money or the work of encoding; `None` if the file says nothing of it.
    pub(super) fn wired(&self, metric: Metric, scope: Scope, span: Span) -> Option<f64> {
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let requests = || self.sum_workloads(scope, span, |w| u64::from(w.offered)) as f64;
        let seconds = self.seconds(span);
        match metric {
            Metric::Cost => {
                let rent = self.rent_per_s? * self.value(Metric::InstanceSeconds, Scope::default(), span)?;
                let messages = self.gauged("spent_on_messages", Scope::default(), span).unwrap_or(0.0);
                ratio(1e6 * (rent + messages * seconds), requests())
            }
            Metric::CrossZoneBytes => ratio(
                self.over_edges("cross_zone_bytes", scope, span)?,
                self.over_edges("placed_bytes", scope, span)?,
            ),
            Metric::EncodingCpu => ratio(self.gauged("coding_work", scope, span)? * seconds, requests()),
            _ => self.over_edges("sent_bytes", scope, span),
        }
    }

    /// Mean over time of what was read of edges, in sum over those that lead to the service of the scope, or over all.
    fn over_edges(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        let leads_there = |of: Holder| match of {
            Holder::Edge(edge) => scope.service.is_none_or(|service| self.callees[edge] == service),
            Holder::Service(_) | Holder::Link(_) => false,
        };
        let areas = self.readings(name, leads_there).map(|series| self.known_area(series, span));
        sum_of_some(areas).map(|area| area / self.seconds(span))
    }
}
