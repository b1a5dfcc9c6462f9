//! What was a gauge on average? Metrics that are read at the ends of windows, not counted.

use sim_core::ids::Id;
use sim_core::metrics::gauges::{GaugeSeries, Holder};

use super::readings::sum_of_some;
use super::{Record, Scope, Span};

impl Record {
    /// Mean over time of what was read at the ends of windows, in sum; `None` if nobody has such a thing.
    pub(super) fn gauged(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        // The edges of workloads come first, in their order.
        let is_wanted = |of: Holder| match of {
            Holder::Edge(edge) => scope.workload.is_none_or(|workload| workload.index() == edge.index()),
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
            Holder::Link(_) => false,
        };
        let areas = self.readings(name, is_wanted).filter_map(|series| self.area(series, span));
        sum_of_some(areas).map(|area| area / self.seconds(span))
    }

    /// The same as a mean over those who have it and the windows in which it was known.
    pub(super) fn gauged_mean(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        let is_wanted = |of: Holder| match of {
            Holder::Edge(_) | Holder::Link(_) => true,
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let means = self.readings(name, is_wanted).filter_map(|series| self.known_mean(series, span));
        let (sum, count) = means.fold((0.0, 0.0), |(sum, count), mean| (sum + mean, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    /// What was read at the end of window `to` - 1, in sum; 0 before the first, `None` if nobody has such a thing.
    fn read_at(&self, name: &str, scope: Scope, to: usize) -> Option<f64> {
        let is_wanted = |of: Holder| match of {
            Holder::Edge(edge) => {
                scope.service.is_none()
                    && scope.workload.is_none_or(|workload| workload.index() == edge.index())
            }
            Holder::Link(_) => scope.service.is_none(),
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let last = |series: &GaugeSeries| match to {
            0 => 0.0,
            _ => series.values.get(to - 1).copied().flatten().unwrap_or(0.0),
        };
        sum_of_some(self.readings(name, is_wanted).map(last))
    }

    /// What was added to a count in the windows, per 1000 added to another.
    pub(super) fn per_1000(&self, count: &str, of: &str, scope: Scope, span: Span) -> Option<f64> {
        let added = |name| Some(self.read_at(name, scope, span.to)? - self.read_at(name, scope, span.from)?);
        let (count, of) = (added(count)?, added(of)?);
        (of > 0.0).then(|| 1e3 * count / of)
    }

    /// What there is at the end of the windows, per 1000 counted until then.
    pub(super) fn per_1000_so_far(&self, name: &str, of: &str, scope: Scope, span: Span) -> Option<f64> {
        let (there, of) = (self.read_at(name, scope, span.to)?, self.read_at(of, scope, span.to)?);
        (of > 0.0).then(|| 1e3 * there / of)
    }

    /// The most of several gauges, each in its mean over time; `None` if nobody has such a thing.
    pub(super) fn most_gauged(&self, names: [&str; 2], span: Span) -> Option<f64> {
        let all = names.into_iter().flat_map(|name| self.readings(name, |_| true));
        all.filter_map(|series| self.known_mean(series, span)).reduce(f64::max)
    }

    /// Sum over the windows of a count that is read at their ends; `None` if nobody has such a thing.
    pub(super) fn read_in_total(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        let is_wanted = |of: Holder| match of {
            Holder::Link(_) => scope.workload.is_none() && scope.service.is_none(),
            Holder::Edge(edge) => scope.workload.is_none_or(|workload| workload.index() == edge.index()),
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let sum = |series: &GaugeSeries| -> f64 {
            series.values.iter().take(span.to).skip(span.from).flatten().sum()
        };
        sum_of_some(self.readings(name, is_wanted).map(sum))
    }

    /// The busiest link of a pool, in means over all; `None` without links, or if nothing went over them.
    pub(super) fn link_imbalance(&self, span: Span) -> Option<f64> {
        let shares = self
            .gauges
            .all()
            .iter()
            .filter(|series| series.name.starts_with("link_") && series.name.ends_with("_share"));
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
