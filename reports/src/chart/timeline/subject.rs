//! What does a timeline show: a metric of the whole system, or a gauge of one of its parts?

use scenarios::metric::{Metric, Unit};
use scenarios::picture::GaugeLine;
use scenarios::results::{Arm, Band, ComparisonReport, VariantSeries};

use super::data::finite;

/// What is shown over time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    /// The metric of the whole system, if it is one.
    pub(crate) metric: Option<Metric>,
    /// Whose gauge, and which.
    gauge: Option<(String, String)>,
    label: String,
    pub(crate) unit: Unit,
    /// The variants to show; all without.
    variants: Option<Vec<String>>,
}

impl From<Metric> for Subject {
    fn from(metric: Metric) -> Self {
        let (label, unit) = (metric.label().to_owned(), metric.unit());
        Subject { metric: Some(metric), gauge: None, label, unit, variants: None }
    }
}

impl From<&GaugeLine> for Subject {
    fn from(line: &GaugeLine) -> Self {
        Subject {
            metric: None,
            gauge: Some((line.of.clone(), line.gauge.clone())),
            label: line.label.clone(),
            unit: line.unit,
            variants: None,
        }
    }
}

impl Subject {
    /// The same of these variants only.
    pub(crate) fn among(self, variants: Vec<String>) -> Subject {
        Subject { variants: Some(variants), ..self }
    }

    /// Whose gauge and which; `None` for a metric.
    pub(crate) fn gauge(&self) -> Option<(&str, &str)> {
        self.gauge.as_ref().map(|(of, gauge)| (of.as_str(), gauge.as_str()))
    }

    /// `goodput`, or `web: instances`.
    pub(crate) fn name(&self) -> String {
        match &self.gauge {
            Some((of, _)) => format!("{of}: {}", self.label),
            None => self.label.clone(),
        }
    }

    /// The name of its axis, with what it is counted in.
    pub(crate) fn axis_name(&self) -> String {
        match (self.unit, self.metric) {
            (Unit::PerSecond, Some(_)) => format!("{}, requests per second", self.name()),
            (Unit::PerSecond, None) => format!("{}, per second", self.name()),
            _ => self.name(),
        }
    }

    /// The title of its figure.
    pub(crate) fn title(&self, report: &ComparisonReport) -> String {
        let mut label = self.label.clone();
        if let Some(first) = label.get(..1) {
            label = first.to_uppercase() + &label[1..];
        }
        let of = self.gauge.as_ref().map(|(of, _)| format!(", {of}")).unwrap_or_default();
        format!("{label} over time{of}: {}", report.manifest.title)
    }

    /// The bands of a variant with its triggers, if it has any and is shown.
    pub(crate) fn bands(&self, report: &ComparisonReport, variant: &str) -> Option<Vec<Band>> {
        if self.variants.as_ref().is_some_and(|variants| variants.iter().all(|shown| shown != variant)) {
            return None;
        }
        let Some((of, gauge)) = self.gauge() else {
            return triggered(report, variant)?.bands.get(&self.metric?).cloned();
        };
        let picture = report.pictures.iter().find(|picture| picture.variant == variant)?;
        let line = picture.gauges.iter().find(|line| line.of == of && line.gauge == gauge)?;
        let at = |values: &[Option<f64>], window: usize| values.get(window).copied().flatten();
        let band = |(window, p50): (usize, &Option<f64>)| Band {
            p10: at(&line.p10, window),
            p50: finite(*p50),
            p90: at(&line.p90, window),
        };
        Some(line.p50.iter().enumerate().map(band).collect())
    }
}

/// The series of a variant with its triggers.
pub(super) fn triggered<'a>(report: &'a ComparisonReport, variant: &str) -> Option<&'a VariantSeries> {
    report.series.lines.iter().find(|line| line.arm == Arm::Triggered && line.variant == variant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_and_in_what() {
        let goodput = Subject::from(Metric::Goodput);
        assert_eq!(goodput.axis_name(), "goodput, requests per second");
        assert_eq!(goodput.gauge(), None);
        let line = GaugeLine {
            of: "web/pages".to_owned(),
            gauge: "cache_loads".to_owned(),
            label: "loads".to_owned(),
            unit: Unit::PerSecond,
            p10: Vec::new(),
            p50: Vec::new(),
            p90: Vec::new(),
        };
        let loads = Subject::from(&line);
        assert_eq!(
            (loads.name().as_str(), loads.gauge()),
            ("web/pages: loads", Some(("web/pages", "cache_loads")))
        );
        assert_eq!(loads.axis_name(), "web/pages: loads, per second");
    }
}
