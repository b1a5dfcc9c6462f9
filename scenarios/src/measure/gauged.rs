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
            Holder::Link(_) => false,
        };
        let area = |series: &GaugeSeries| -> Option<f64> {
            let windows = series.values.iter().zip(&self.lengths_s).take(span.to).skip(span.from);
            windows.map(|(value, seconds)| value.map(|value| value * seconds)).sum()
        };
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        all.filter_map(area).reduce(|a, b| a + b).map(|area| area / self.seconds(span))
    }

    /// The same as a mean over those who have it and the windows in which it was known.
    pub(super) fn gauged_mean(&self, name: &str, scope: Scope, span: Span) -> Option<f64> {
        let is_wanted = |of: Holder| match of {
            Holder::Edge(_) | Holder::Link(_) => true,
            Holder::Service(id) => scope.service.is_none_or(|service| service == id),
        };
        let mean = |series: &GaugeSeries| -> Option<f64> {
            let windows = series.values.iter().zip(&self.lengths_s).take(span.to).skip(span.from);
            let known = windows.filter_map(|(value, seconds)| value.map(|value| (value * seconds, seconds)));
            let (area, seconds) =
                known.fold((0.0, 0.0), |(area, all), (a, seconds)| (area + a, all + seconds));
            (seconds > 0.0).then(|| area / seconds)
        };
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        let (sum, count) =
            all.filter_map(mean).fold((0.0, 0.0), |(sum, count), mean| (sum + mean, count + 1.0));
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
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        let last = |series: &GaugeSeries| match to {
            0 => 0.0,
            _ => series.values.get(to - 1).copied().flatten().unwrap_or(0.0),
        };
        all.map(last).reduce(|a, b| a + b)
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
        let wanted = self.gauges.all().iter().filter(|series| names.contains(&series.name));
        let mean = |series: &GaugeSeries| {
            let windows = series.values.iter().zip(&self.lengths_s).take(span.to).skip(span.from);
            let known = windows.filter_map(|(value, seconds)| value.map(|value| (value * seconds, *seconds)));
            let (area, seconds) = known.fold((0.0, 0.0), |sum, (area, s)| (sum.0 + area, sum.1 + s));
            (seconds > 0.0).then(|| area / seconds)
        };
        wanted.filter_map(mean).reduce(f64::max)
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
        let all = self.gauges.all().iter().filter(|series| series.name == name && is_wanted(series.of));
        all.map(sum).reduce(|a, b| a + b)
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
