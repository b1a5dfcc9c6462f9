//! Which readings of gauges count, and how do those of several windows add up?

use sim_core::metrics::gauges::{GaugeSeries, Holder};

use super::{Record, Span};

impl Record {
    /// The gauges of a name whose holder is wanted.
    pub(super) fn readings<'a>(
        &'a self,
        name: &'a str,
        is_wanted: impl Fn(Holder) -> bool + 'a,
    ) -> impl Iterator<Item = &'a GaugeSeries> + 'a {
        self.gauges.all().iter().filter(move |series| series.name == name && is_wanted(series.of))
    }

    /// What was read at the end of each window, with the length of the window in seconds.
    fn windows_of(&self, series: &GaugeSeries, span: Span) -> impl Iterator<Item = (Option<f64>, f64)> {
        let windows = series.values.iter().copied().zip(self.lengths_s.iter().copied());
        windows.take(span.to).skip(span.from)
    }

    /// Reading times seconds in sum; `None` if a reading is unknown.
    pub(super) fn area(&self, series: &GaugeSeries, span: Span) -> Option<f64> {
        self.windows_of(series, span).map(|(value, seconds)| value.map(|value| value * seconds)).sum()
    }

    /// The same over the windows in which it is known.
    pub(super) fn known_area(&self, series: &GaugeSeries, span: Span) -> f64 {
        self.windows_of(series, span).map(|(value, seconds)| value.unwrap_or(0.0) * seconds).sum()
    }

    /// Mean over the time in which it is known; `None` if it never is.
    pub(super) fn known_mean(&self, series: &GaugeSeries, span: Span) -> Option<f64> {
        let known = self.windows_of(series, span).filter(|(value, _)| value.is_some());
        let seconds: f64 = known.map(|(_, seconds)| seconds).sum();
        (seconds > 0.0).then(|| self.known_area(series, span) / seconds)
    }
}

/// The sum, if there is anything to sum.
pub(super) fn sum_of_some(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(|a, b| a + b)
}
