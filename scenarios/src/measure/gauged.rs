//! What was a gauge on average? Metrics that are read at the ends of windows, not counted.

use sim_core::ids::Id;
use sim_core::metrics::gauges::{GaugeSeries, Holder};

use super::{Record, Scope, Span};

impl Record {
    /// Mean over time of what was read at the ends of windows, in sum; `None` if nobody has such a thing.
    pub(super) fn gauged(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        // The edges of workloads come first, in their order.
        let is_wanted = |of: Holder| match of {
            Holder::Edge(edge) => scope.workload.is_none_or(|workload| workload.index() == edge.index()),
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let area = |series: &GaugeSeries| -> Option<f64> {
            let windows = series.values.iter().zip(&self.lengths_s).take(span.to).skip(span.from);
            windows.map(|(value, seconds)| value.map(|value| value * seconds)).sum()
        };
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        all.filter_map(area).reduce(|a, b| a + b).map(|area| area / self.seconds(span))
    }
}
