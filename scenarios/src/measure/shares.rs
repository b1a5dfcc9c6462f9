//! Which share of the time, and below which value? Means of shares over services, percentiles over windows.

use sim_core::metrics::series::{ServiceWindow, WorkloadWindow};
use sim_core::time::SimDuration;

use super::{Record, Scope, ServiceRecord, Span};

impl Record {
    /// Mean over time of a share, for each service that has such a thing.
    pub(super) fn shares(
        &self,
        scope: Scope,
        span: Span,
        has: fn(&ServiceRecord) -> bool,
        share: fn(&ServiceWindow) -> f64,
    ) -> impl Iterator<Item = f64> {
        let area = move |s: &ServiceRecord| -> f64 {
            (span.from..span.to).map(|w| share(&s.windows[w]) * self.lengths_s[w]).sum()
        };
        self.services(scope).filter(move |s| has(s)).map(move |s| area(s) / self.seconds(span))
    }

    /// Mean over time and instances of a share; `None` if no service has such a thing.
    pub(super) fn mean_share(
        &self,
        scope: Scope,
        span: Span,
        has: fn(&ServiceRecord) -> bool,
        share: fn(&ServiceWindow) -> f64,
    ) -> Option<f64> {
        let instances = || self.services(scope).filter(move |s| has(s)).map(|s| s.instances);
        let all: f64 = instances().sum();
        let sum: f64 =
            self.shares(scope, span, has, share).zip(instances()).map(|(share, n)| share * n).sum();
        (all > 0.0).then(|| sum / all)
    }

    pub(super) fn percentile(
        &self,
        scope: Scope,
        span: Span,
        p: f64,
        of_window: fn(&WorkloadWindow) -> SimDuration,
    ) -> Option<f64> {
        if span == self.after_warmup() {
            return quantile(self.latency_steps(scope), p);
        }
        let (mut sum, mut answers) = (0.0, 0.0);
        for window in self.workloads(scope).flat_map(|w| &w.windows[span.from..span.to]) {
            sum += of_window(window).as_secs_f64() * f64::from(window.answered);
            answers += f64::from(window.answered);
        }
        (answers > 0.0).then(|| sum / answers)
    }
}

/// The value in seconds that a share `p` of the counts does not exceed.
pub(super) fn quantile(steps: &[(u64, u64)], p: f64) -> Option<f64> {
    let all: u64 = steps.iter().map(|(_, count)| count).sum();
    let wanted = ((p * all as f64).ceil() as u64).clamp(1, all.max(1));
    let mut below = 0;
    for (value, count) in steps {
        below += count;
        if below >= wanted {
            return Some(*value as f64 * 1e-9);
        }
    }
    None
}
