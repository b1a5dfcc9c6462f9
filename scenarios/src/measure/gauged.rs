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

    /// Sum over the windows of a count that is read at their ends; `None` if nobody has such a thing.
    pub(super) fn read_in_total(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        let is_wanted = |of: Holder| match of {
            Holder::Edge(edge) => scope.workload.is_none_or(|workload| workload.index() == edge.index()),
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let sum = |series: &GaugeSeries| -> f64 {
            series.values.iter().take(span.to).skip(span.from).flatten().sum()
        };
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        all.map(sum).reduce(|a, b| a + b)
    }

    /// The busiest link of a pool, in means over all; `None` without links, or if nothing went over them.
    pub(super) fn link_imbalance(&self, span: Span) -> Option<f64> {
        let shares = self.gauges.all().iter().filter(|series| series.name.starts_with("link_"));
        // By pool: how many links, and the largest mean share.
        let mut pools: Vec<(Holder, f64, f64)> = Vec::new();
        for series in shares {
            let known = series.values.iter().take(span.to).skip(span.from).flatten();
            let (sum, count) = known.fold((0.0, 0.0), |(sum, count), share| (sum + share, count + 1.0));
            if count == 0.0 {
                continue;
            }
            match pools.iter_mut().find(|(of, _, _)| *of == series.of) {
                Some((_, links, most)) => (*links, *most) = (*links + 1.0, most.max(sum / count)),
                None => pools.push((series.of, 1.0, sum / count)),
            }
        }
        pools.into_iter().map(|(_, links, most)| links * most).reduce(f64::max)
    }
}
