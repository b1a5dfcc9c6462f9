//! What else moves over time? Fleets, caches, connections, copies, and what policies remember: each only where a
//! variant has it. A metric of a service that is worth a line is one line in [`OF_SERVICES`]; what a policy's
//! `gauge()` tells needs none here.

use sim_core::ids::{CacheId, EdgeId, ServiceId};
use sim_core::metrics::caches::CacheWindow;
use sim_core::metrics::gauges::{GaugeSeries, Holder, Kind};
use sim_core::model::Model;
use sim_core::model::edge::{Edge, EdgeCaller};

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
    (Metric::Attempts, is_retried_by_services),
    (Metric::QueueLength, is_stage),
    (Metric::Outside, |model, id| model.services[id].blocks),
];

/// What is counted of a cache.
type Count = fn(&CacheWindow) -> u32;

/// What is drawn of a cache.
const OF_CACHES: &[(Metric, Count)] =
    &[(Metric::HitRatio, |window| window.hits), (Metric::CacheLoads, |window| window.loads)];

/// Whether work is handed over to it, or it lets senders wait.
fn is_stage(model: &Model, id: ServiceId) -> bool {
    model.services[id].blocks || model.edges.iter().any(|edge| edge.to == id && edge.until_accepted)
}

fn is_connected(model: &Model, id: ServiceId) -> bool {
    model.edges.iter().any(|edge| edge.to == id && matches!(edge.caller, EdgeCaller::Connector(_)))
}

/// Attempts of the whole system are those of users. Where services try again as well, those behind them get more.
fn is_retried_by_services(model: &Model, id: ServiceId) -> bool {
    let retries =
        |edge: &Edge| matches!(edge.caller, EdgeCaller::Service(_)) && edge.retry.max_attempts() > 1;
    model.edges.iter().any(|edge| edge.to == id && retries(edge))
}

/// All gauges of a variant: those of policies first, since what is asked for comes before what is there; services in
/// the order of the calls.
pub(super) fn gauges(variant: &VariantRuns, series: &Series) -> Vec<GaugeLine> {
    let model = &variant.variant.model;
    let drawn = Drawn { variant, series };
    let mut lines = Vec::new();
    for id in call_order::services(model) {
        lines.extend(drawn.told(|of| of == Holder::Service(id)));
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
    lines.extend(drawn.told(|of| matches!(of, Holder::Edge(_) | Holder::Link(_))));
    lines
}

/// Hits of the look-ups, or a count per second.
fn of_cache(record: &Record, cache: CacheId, metric: Metric, count: Count, span: Span) -> Option<f64> {
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
        EdgeCaller::Monitor | EdgeCaller::Intruder(_) => return edge.path.clone(),
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
    fn metric(&self, of: String, metric: Metric, value: impl Fn(&Record, Span) -> Option<f64>) -> GaugeLine {
        self.line(of, metric.id(), metric.label(), metric.unit(), value)
    }

    /// What policies told of themselves, in any of the runs: an operator may have changed them in some.
    fn told(&self, is_wanted: impl Fn(Holder) -> bool) -> Vec<GaugeLine> {
        let model = &self.variant.variant.model;
        let mut all: Vec<&GaugeSeries> = Vec::new();
        for gauge in self.variant.arm(Arm::Triggered).iter().flat_map(|record| record.gauges.all()) {
            if is_wanted(gauge.of)
                && Kind::of(gauge.name).is_drawn
                && !all.iter().any(|known| known.of == gauge.of && known.name == gauge.name)
            {
                all.push(gauge);
            }
        }
        let line = |gauge: &GaugeSeries| {
            let of = match gauge.of {
                Holder::Service(id) => model.services[id].name.clone(),
                Holder::Edge(id) => edge_name(model, id),
                Holder::Link(id) => model.links[id].name.clone(),
            };
            let kind = Kind::of(gauge.name);
            let unit = if kind.is_share { Unit::Share } else { Unit::Count };
            let value = |record: &Record, span: Span| {
                let values = &record.gauges.get(gauge.of, gauge.name)?.values;
                let there = values.get(span.from..span.to.min(values.len()))?.iter().copied().flatten();
                let (sum, count) = there.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                (count > 0.0).then(|| sum / count)
            };
            self.line(of, gauge.name, kind.label, unit, value)
        };
        all.into_iter().map(line).collect()
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
            let of_seed =
                |record: &Record| value(record, bands::windows(record, moment, self.series.width_s)?);
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

#[cfg(test)]
mod tests {
    use super::super::tests::compared;
    use super::*;
    use crate::results::ComparisonReport;

    const GAUGED: &str = "
spiral: 1
id: gauged
title: Gauged
summary: A fleet that grows, a cache that fills, and a budget for retries.
services:
  web:
    instances: 2
    workers: 4
    caches: {pages: {scope: shared, capacity: 50}, users: {scope: shared, ttl: 1s}}
    steps:
      - compute: {exponential: {mean: 20ms}}
      - cached: {cache: pages, steps: [{call: {to: store}}]}
      - cached: {cache: users, steps: [{call: {to: store, retry: {immediate: {max_attempts: 2, budget: {success_tokens: {max_tokens: 100, token_ratio: 0.1}}}}}}]}
    lifecycle: {boot_time: 10s}
    autoscaler:
      hpa: {metric: {in_flight: {target: 1.5}}, min: 2, max: 8}
  store: {workers: 20, service_time: 5ms}
workloads:
  users:
    arrivals: {poisson: {rate: 200/s}}
    keys: {count: 100}
    call: {to: web, timeouts: {attempt: 5s}}
run: {horizon: 120s, warmup: 5s, seeds: 3}
";

    fn line<'a>(report: &'a ComparisonReport, of: &str, gauge: &str) -> &'a GaugeLine {
        let mut lines = report.pictures[0].gauges.iter();
        let line = lines.find(|line| line.of == of && line.gauge == gauge);
        line.unwrap_or_else(|| panic!("{gauge} of {of} in {:?}", report.pictures[0].gauges))
    }

    #[test]
    fn a_variant_has_the_gauges_of_what_it_has_and_no_others() {
        let report = compared(GAUGED).report;
        let told: Vec<String> =
            report.pictures[0].gauges.iter().map(|line| format!("{}: {}", line.of, line.gauge)).collect();
        assert_eq!(
            told,
            [
                "web: wanted_instances",
                "web: instances",
                "web: ready_instances",
                "web/pages: hit_ratio",
                "web/pages: cache_loads",
                "web/users: hit_ratio",
                "web/users: cache_loads",
                "store: attempts",
                "web → store (services/web/steps/2/cached/steps/0/call): retry_tokens",
            ]
        );
        let windows = report.series.starts_s.len();
        for line in &report.pictures[0].gauges {
            assert_eq!((line.p10.len(), line.p50.len(), line.p90.len()), (windows, windows, windows));
        }
    }

    #[test]
    fn what_is_asked_for_comes_before_what_is_there_and_that_before_what_is_ready() {
        let report = compared(GAUGED).report;
        let since = |gauge: &str| {
            let values = &line(&report, "web", gauge).p50;
            assert_eq!(values[0], Some(2.0), "{gauge}: two at the start");
            values.iter().position(|value| value.is_some_and(|value| value > 2.5)).expect("the fleet grows")
        };
        let (wanted, there, ready) =
            (since("wanted_instances"), since("instances"), since("ready_instances"));
        let boot = (10.0 / report.series.width_s) as usize;
        assert!(wanted <= there && there + boot <= ready + 1, "{wanted} {there} {ready}");
        let tier = &report.pictures[0].tiers[0];
        assert_eq!(
            (tier.name.as_str(), tier.workers_total),
            ("web", 8),
            "of two instances, not of eight places"
        );
        let metrics = |service: usize| &report.comparison.variants[0].services[service].metrics;
        assert!(metrics(0)["instances"].mean > Some(2.0) && !metrics(1).contains_key("instances"));
    }

    /// 200/s for 100 keys of which a cache holds 50: half of the look-ups hit. The other holds all for a second,
    /// 2 requests: about two thirds hit, since each load is followed by the mean of two within its second.
    #[test]
    fn each_cache_has_lines_of_its_own() {
        let report = compared(GAUGED).report;
        let mean = |of: &str, gauge: &str| {
            let values: Vec<f64> = line(&report, of, gauge).p50.iter().skip(20).flatten().copied().collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        // Medians of 3 seeds over more than 100 s, 20 000 look-ups each: a standard error below 0.4 %.
        assert!((mean("web/pages", "hit_ratio") - 0.5).abs() < 0.03, "{}", mean("web/pages", "hit_ratio"));
        assert!((mean("web/users", "hit_ratio") - 2.0 / 3.0).abs() < 0.03);
        assert!((mean("web/pages", "cache_loads") - 100.0).abs() < 6.0);
        let edge = "web → store (services/web/steps/2/cached/steps/0/call)";
        assert_eq!(mean(edge, "retry_tokens"), 100.0, "nothing fails, so the bucket stays full");
    }
}
