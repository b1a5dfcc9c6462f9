//! What else moves over time? Fleets, caches, connections, copies, and what policies remember: each only where a
//! variant has it. A metric of a service that is worth a line is one line in [`OF_SERVICES`]; what a policy's
//! `gauge()` tells needs none here.

use sim_core::ids::{CacheId, EdgeId, ServiceId};
use sim_core::metrics::caches::CacheWindow;
use sim_core::metrics::gauges::{GaugeSeries, Holder, Kind};
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;

use super::{GaugeLine, call_order};
use crate::bands;
use crate::experiment::VariantRuns;
use crate::measure::{Record, Scope, Span};
use crate::metric::{Metric, Unit};
use crate::results::{Arm, Band, Series};

/// Whether a service has something.
type Has = fn(&Model, ServiceId) -> bool;

/// What is drawn of a service, if it has what that is about.
const OF_SERVICES: &[(Metric, Has)] = &[
    (Metric::Instances, |model, id| model.services[id].is_scaled()),
    (Metric::ReadyInstances, |model, id| model.services[id].is_scaled()),
    (Metric::Connections, is_connected),
    (Metric::ConnectAttempts, is_connected),
    (Metric::Connects, is_connected),
    (Metric::UnderReplicated, |model, id| model.services[id].repair().is_some()),
    (Metric::RepairShare, |model, id| model.services[id].repair().is_some()),
    (Metric::MemoryShare, |model, id| model.services[id].memory().is_some()),
];

/// What is drawn of a cache.
const OF_CACHES: &[(Metric, fn(&CacheWindow) -> u32)] =
    &[(Metric::HitRatio, |window| window.hits), (Metric::CacheLoads, |window| window.loads)];

fn is_connected(model: &Model, id: ServiceId) -> bool {
    model.edges.iter().any(|edge| edge.to == id && matches!(edge.caller, EdgeCaller::Connector(_)))
}

/// All gauges of a variant: those of policies first, since what is asked for comes before what is there; services in
/// the order of the calls.
pub(super) fn gauges(variant: &VariantRuns, series: &Series) -> Vec<GaugeLine> {
    let model = &variant.variant.model;
    let Some(first) = variant.triggered.first() else { return Vec::new() };
    let drawn = Drawn { variant, series };
    let mut lines = Vec::new();
    for id in call_order::services(model) {
        lines.extend(drawn.told(first, |of| of == Holder::Service(id)));
        for (metric, _) in OF_SERVICES.iter().filter(|(_, has)| has(model, id)) {
            let scope = Scope { service: Some(id), workload: None };
            let value = |record: &Record, span| record.value(*metric, scope, span);
            lines.push(drawn.metric(model.services[id].name.clone(), *metric, value));
        }
        for (cache, _) in model.caches.iter_ids().filter(|(_, cache)| cache.service == id) {
            for (metric, count) in OF_CACHES {
                let value = |record: &Record, span| of_cache(record, cache, *metric, *count, span);
                lines.push(drawn.metric(cache_name(model, cache), *metric, value));
            }
        }
    }
    lines.extend(drawn.told(first, |of| matches!(of, Holder::Edge(_))));
    lines
}

/// Hits of the look-ups, or a count per second.
fn of_cache(
    record: &Record,
    cache: CacheId,
    metric: Metric,
    count: fn(&CacheWindow) -> u32,
    span: Span,
) -> Option<f64> {
    let windows = record.caches.windows(cache).get(span.from..span.to)?;
    let counted: f64 = windows.iter().map(|window| f64::from(count(window))).sum();
    let all: f64 = match metric.unit() {
        Unit::Share => windows.iter().map(|window| f64::from(window.look_ups)).sum(),
        _ => record.lengths_s[span.from..span.to].iter().sum(),
    };
    (all > 0.0).then(|| counted / all)
}

/// `web/pages`.
fn cache_name(model: &Model, cache: CacheId) -> String {
    let cache = &model.caches[cache];
    let name = cache.path.rsplit('/').next().unwrap_or_default();
    format!("{}/{name}", model.services[cache.service].name)
}

/// `users → web`; where there are several such edges, with the place in the file.
fn edge_name(model: &Model, id: EdgeId) -> String {
    let edge = &model.edges[id];
    let caller = match edge.caller {
        EdgeCaller::Workload(caller) | EdgeCaller::Connector(caller) => &model.workloads[caller].name,
        EdgeCaller::Service(caller) => &model.services[caller].name,
        EdgeCaller::Monitor => return edge.path.clone(),
    };
    let to = &model.services[edge.to].name;
    let same = model.edges.iter().filter(|other| (other.caller, other.to) == (edge.caller, edge.to));
    match same.count() {
        1 => format!("{caller} → {to}"),
        _ => format!("{caller} → {to} ({})", edge.path),
    }
}

/// A variant on the windows of the series.
struct Drawn<'a> {
    variant: &'a VariantRuns,
    series: &'a Series,
}

impl Drawn<'_> {
    fn metric(
        &self,
        of: String,
        metric: Metric,
        value: impl Fn(&Record, Span) -> Option<f64>,
    ) -> GaugeLine {
        self.line(of, metric.id(), metric.label(), metric.unit(), value)
    }

    /// What policies told of themselves; the first run says which there are.
    fn told(&self, first: &Record, is_wanted: impl Fn(Holder) -> bool) -> Vec<GaugeLine> {
        let model = &self.variant.variant.model;
        let all = first.gauges.all().iter().enumerate().filter(|(_, gauge)| is_wanted(gauge.of));
        let line = |(place, gauge): (usize, &GaugeSeries)| {
            let of = match gauge.of {
                Holder::Service(id) => model.services[id].name.clone(),
                Holder::Edge(id) => edge_name(model, id),
            };
            let kind = Kind::of(gauge.name);
            let unit = if kind.is_share { Unit::Share } else { Unit::Count };
            let value = |record: &Record, span: Span| {
                let values = &record.gauges.all().get(place)?.values;
                let there = values.get(span.from..span.to.min(values.len()))?.iter().copied().flatten();
                let (sum, count) = there.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                (count > 0.0).then(|| sum / count)
            };
            self.line(of, gauge.name, kind.label, unit, value)
        };
        all.map(line).collect()
    }

    fn line(
        &self,
        of: String,
        gauge: &str,
        label: &str,
        unit: Unit,
        value: impl Fn(&Record, Span) -> Option<f64>,
    ) -> GaugeLine {
        let records = self.variant.arm(Arm::Triggered);
        let band = |moment: usize| {
            let of_seed = |record: &Record| {
                value(record, bands::windows(record, moment, self.series.width_s)?)
            };
            bands::band_of(records.iter().filter_map(|record| of_seed(record)).collect())
        };
        let bands: Vec<Band> = (0..self.series.starts_s.len()).map(band).collect();
        let of_bands = |value: fn(&Band) -> Option<f64>| bands.iter().map(value).map(rounded).collect();
        let several = records.len() > 1;
        GaugeLine {
            of,
            gauge: gauge.to_owned(),
            label: label.to_owned(),
            unit,
            p10: if several { of_bands(|band| band.p10) } else { Vec::new() },
            p50: of_bands(|band| band.p50),
            p90: if several { of_bands(|band| band.p90) } else { Vec::new() },
        }
    }
}

/// To four digits: no eye tells more in a line.
fn rounded(value: Option<f64>) -> Option<f64> {
    let value = value.filter(|value| value.is_finite())?;
    Some(format!("{value:.3e}").parse().unwrap_or(value))
}
