//! Which numbers does each workload and each service have? One table each where there are several, variants
//! of the same part beside each other.

use scenarios::metric::Metric;
use scenarios::results::{MetricResult, PartResult, SERVICE_METRICS, VariantResult, WORKLOAD_METRICS};

use crate::format;

/// What the parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Workload,
    Service,
}

/// The numbers of all workloads or of all services.
pub(crate) struct Parts<'a> {
    pub(crate) kind: Kind,
    pub(crate) metrics: Vec<Metric>,
    /// Name and numbers; with several variants the name says which.
    pub(crate) rows: Vec<(String, &'a PartResult)>,
}

impl Kind {
    /// One of them.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Workload => "workload",
            Kind::Service => "service",
        }
    }

    fn of(self, variant: &VariantResult) -> &[PartResult] {
        match self {
            Kind::Workload => &variant.workloads,
            Kind::Service => &variant.services,
        }
    }

    fn metrics(self) -> &'static [Metric] {
        match self {
            Kind::Workload => WORKLOAD_METRICS,
            Kind::Service => SERVICE_METRICS,
        }
    }
}

/// The tables that there are: workloads, then services.
pub(crate) fn all(variants: &[VariantResult]) -> Vec<Parts<'_>> {
    let parts = [Kind::Workload, Kind::Service].map(|kind| of(variants, kind));
    parts.into_iter().filter(|parts| !parts.rows.is_empty()).collect()
}

/// The parts of one kind.
fn of(variants: &[VariantResult], kind: Kind) -> Parts<'_> {
    let mut names: Vec<&str> = Vec::new();
    for part in variants.iter().flat_map(|variant| kind.of(variant)) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let mut rows = Vec::new();
    for name in names {
        for variant in variants {
            let parts = kind.of(variant).iter().filter(|part| part.name == name);
            rows.extend(parts.map(|part| match variants.len() {
                1 => (part.name.clone(), part),
                _ => (format!("{}: {}", part.name, variant.name), part),
            }));
        }
    }
    let is_told = |metric: &Metric| {
        let mut results = rows.iter().filter_map(|(_, part)| part.metrics.get(metric.id()));
        match metric {
            Metric::Dropped | Metric::Lost | Metric::Crashes => results.any(|result| !is_zero(result)),
            Metric::CacheLoads | Metric::StaleAnswers => results.any(|result| !is_zero(result)),
            _ => results.any(|result| result.mean.is_some()),
        }
    };
    Parts { kind, metrics: kind.metrics().iter().copied().filter(is_told).collect(), rows }
}

/// Whether a metric is zero on every seed.
pub(crate) fn is_zero(result: &MetricResult) -> bool {
    result.per_seed.iter().flatten().all(|value| *value == 0.0)
}

/// Where numbers stand that are too many for a place.
pub(crate) fn elsewhere(parts: &Parts<'_>) -> String {
    let rows = format::count(parts.rows.len() as u64);
    format!("Numbers of each {}: {rows} rows in report.html and results.json.", parts.kind.word())
}
