//! What do pictures show that is no series of the whole system? How busy each service is over time, in
//! which state each instance is, who calls whom how often, how many are there: plain data, stored as `pictures.json`.

mod call_order;
mod gauges;
mod lanes;
mod portrait;
mod topology;

use serde::{Deserialize, Serialize};
use sim_core::ids::{Id, ServiceId, WorkloadId};

use crate::bands;
use crate::experiment::{Runs, VariantRuns};
use crate::measure::Scope;
use crate::metric::{Metric, Unit};
use crate::results::{Arm, Series};
pub(crate) use call_order::services as services_in_call_order;
pub use portrait::{Path as PortraitPath, Portrait};

/// The pictures of one variant's triggered arm; what is empty is not drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VariantPicture {
    /// Name of the variant.
    pub variant: String,
    /// How busy each service is, in the order of the calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// The states of instances on one seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<States>,
    /// Who calls whom, in one or several parts of the run: before a trigger, during and after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topologies: Vec<Topology>,
    /// How each workload fared, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<WorkloadLine>,
    /// What else was measured over time: fleets, caches, connections, copies, what policies remember.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<GaugeLine>,
    /// Queue against retries, where theory has a field of arrows for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portrait: Option<Portrait>,
}

/// A gauge over time, over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeLine {
    /// Whose: a service, `service/cache`, or `caller → service`.
    pub of: String,
    /// Which: a metric id, or the name that a policy gives it.
    pub gauge: String,
    /// Label of an axis.
    pub label: String,
    /// What it is counted in.
    pub unit: Unit,
    /// 10 % of the seeds are at most this in each window of the series; empty for a single seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub p10: Vec<Option<f64>>,
    /// Median over seeds; none where no seed has a value.
    pub p50: Vec<Option<f64>>,
    /// 90 % of the seeds are at most this; empty for a single seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub p90: Vec<Option<f64>>,
}

/// How one workload fared over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// The workload.
    pub name: String,
    /// Share of its requests that were answered, of those that arrived in each window of the series,
    /// median over seeds; none where no seed has a value.
    pub success: Vec<Option<f64>>,
}

/// How busy one service is over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// The service.
    pub name: String,
    /// Workers of all its instances; with an autoscaler, of those at the start.
    pub workers_total: u32,
    /// Busy workers divided by workers in each window of the series, median over seeds; none where no
    /// seed has a value.
    pub busy_share: Vec<Option<f64>>,
}

/// The states of instances over time, on one seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct States {
    /// The seed.
    pub seed: u64,
    /// One lane per instance, or per caller and instance; lanes of a service stand together.
    pub lanes: Vec<Lane>,
    /// Lanes that did not fit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The states of one instance, or of one instance as one caller sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// The service that the instance belongs to.
    pub service: String,
    /// Which instance: `api-3`, or `web → api-3`.
    pub label: String,
    /// Its states in order of time; where none is named, nothing is drawn.
    pub spans: Vec<LaneSpan>,
}

/// A state and how long it lasted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneSpan {
    /// Start, seconds.
    pub from_s: f64,
    /// End, seconds.
    pub to_s: f64,
    /// The state: `ready`, `warming`, `booting`, `not ready`, `ejected`, `unhealthy`, `hung`, `down`, or
    /// any other word.
    pub state: String,
}

/// Who calls whom how often in one part of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topology {
    /// Which part, such as `before the trigger`.
    pub part: String,
    /// Start of the part, seconds.
    pub from_s: f64,
    /// End of the part, seconds.
    pub to_s: f64,
    /// Workloads and services.
    pub nodes: Vec<Node>,
    /// The calls between them.
    pub links: Vec<Link>,
}

/// A workload or a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is, with its numbers.
    pub role: Role,
}

/// What a node of a topology is, and what was measured there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Users that send requests.
    Workload {
        /// Requests per second that they send.
        offered: Option<f64>,
        /// Share of their requests that are answered.
        success: Option<f64>,
    },
    /// A service.
    Service {
        /// How many instances it has; with an autoscaler, the mean over time, rounded.
        instances: u32,
        /// Workers of one instance.
        workers: u32,
        /// Busy workers divided by workers, mean over time.
        busy_share: Option<f64>,
        /// Attempts waiting in its queues, mean over time.
        queue_length: Option<f64>,
    },
}

/// A call of one node to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Place of the caller in `nodes`.
    pub from: usize,
    /// Place of the called service in `nodes`.
    pub to: usize,
    /// Attempts per second.
    pub attempts: Option<f64>,
    /// Share of the attempts that succeed.
    pub success: Option<f64>,
}

/// The pictures of all variants, on the windows of `series`.
pub(crate) fn pictures(runs: &Runs, series: &Series) -> Vec<VariantPicture> {
    let picture = |variant: &VariantRuns| -> VariantPicture {
        let states = variant.triggered.first().zip(runs.seeds.first());
        VariantPicture {
            variant: variant.variant.name.clone(),
            tiers: tiers(variant, series),
            states: states.and_then(|(record, seed)| lanes::states(&variant.variant.model, record, *seed)),
            topologies: topology::topologies(variant),
            workloads: workloads(variant, series),
            gauges: gauges::gauges(variant, series),
            portrait: portrait::portrait(variant, &runs.seeds),
        }
    };
    let is_empty = |picture: &VariantPicture| {
        let VariantPicture { variant: _, tiers, states, topologies, workloads, gauges, portrait } = picture;
        tiers.is_empty()
            && states.is_none()
            && topologies.is_empty()
            && workloads.is_empty()
            && gauges.is_empty()
            && portrait.is_none()
    };
    runs.variants.iter().map(picture).filter(|picture| !is_empty(picture)).collect()
}

/// One tier per service. A lone service has none: the number of its busy workers says as much.
fn tiers(variant: &VariantRuns, series: &Series) -> Vec<Tier> {
    let services = &variant.variant.model.services;
    if services.len() < 2 || variant.triggered.is_empty() {
        return Vec::new();
    }
    let tier = |id: ServiceId| {
        let service = &services[id];
        let scope = Scope { service: Some(id), workload: None };
        Tier {
            name: service.name.clone(),
            workers_total: service.at_start.saturating_mul(service.workers),
            busy_share: medians(variant, series, Metric::Utilisation, scope),
        }
    };
    call_order::services(&variant.variant.model).into_iter().map(tier).collect()
}

/// One line per workload. The success of a lone workload is that of the whole system.
fn workloads(variant: &VariantRuns, series: &Series) -> Vec<WorkloadLine> {
    let workloads = &variant.variant.model.workloads;
    if workloads.len() < 2 || variant.triggered.is_empty() {
        return Vec::new();
    }
    let line = |id: WorkloadId| {
        let scope = Scope { service: None, workload: Some(id) };
        WorkloadLine {
            name: workloads[id].name.clone(),
            success: medians(variant, series, Metric::Success, scope),
        }
    };
    (0..workloads.len()).map(|index| line(WorkloadId::from_index(index))).collect()
}

/// A share in every window of the series, median over seeds.
fn medians(variant: &VariantRuns, series: &Series, metric: Metric, scope: Scope) -> Vec<Option<f64>> {
    let share = |moment: usize| {
        let records = variant.arm(Arm::Triggered).iter();
        let values = records.filter_map(|record| bands::at(record, metric, scope, moment, series.width_s));
        // No eye tells more than four digits in a colour or in a line.
        bands::band_of(values.collect()).p50.map(|share| (share * 1e4).round() / 1e4)
    };
    (0..series.starts_s.len()).map(share).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use crate::compare::{Compared, compare};
    use crate::experiment::Hooks;
    use crate::request::Request;

    pub(super) fn compared(text: &str) -> Compared {
        let no_files = |_: &str| Err("no other file".to_owned());
        let scenario = crate::load::load("test.yaml", text.as_bytes(), &[], &no_files);
        let scenario = scenario.unwrap_or_else(|error| panic!("{}", error.render(false)));
        let request = Request {
            seeds: vec![1, 2, 3],
            variants: Vec::new(),
            sweeps: false,
            kind: "compare",
            reproduce: String::new(),
        };
        let hooks = Hooks { threads: 1, progress: &|_, _| {}, stop: &AtomicBool::new(false) };
        compare(&scenario, &request, &hooks)
    }

    const TWO: &str = "
spiral: 1
id: two
title: Two services
summary: One is calm, the other is asked for more than it can do.
services:
  idle: {workers: 4, service_time: {constant: {value: 1ms}}}
  calm: {instances: 2, workers: 5, service_time: {constant: {value: 10ms}}}
  busy: {workers: 2, service_time: {constant: {value: 10ms}}}
workloads:
  a: {arrivals: {poisson: {rate: 300/s}}, call: {to: busy, timeouts: {attempt: 1s}}}
  b: {arrivals: {poisson: {rate: 200/s}}, call: {to: calm, timeouts: {attempt: 1s}}}
run: {horizon: 60s, warmup: 5s, seeds: 3}
";

    #[test]
    fn tiers_hold_the_busy_share_of_each_service_on_the_windows_of_the_series() {
        let report = compared(TWO).report;
        let tiers = &report.pictures[0].tiers;
        let told: Vec<(&str, u32)> =
            tiers.iter().map(|tier| (tier.name.as_str(), tier.workers_total)).collect();
        assert_eq!(told, [("calm", 10), ("busy", 2), ("idle", 4)], "called ones first");
        for (tier, expected) in tiers.iter().zip([0.2, 1.0, 0.0]) {
            assert_eq!(tier.busy_share.len(), report.series.starts_s.len());
            let shares: Vec<f64> = tier.busy_share.iter().skip(5).flatten().copied().collect();
            let mean = shares.iter().sum::<f64>() / shares.len() as f64;
            // 200/s × 10 ms / 10 workers; 300/s at two workers is more than they can do. About 11 000
            // requests in 55 s: a standard error below 1 % of the mean, and a median instead of a mean.
            assert!((mean - expected).abs() < 0.02, "{}: {mean}", tier.name);
        }
    }

    const CHAIN: &str = "
spiral: 1
id: chain
title: A chain
summary: The file names the last service first; one of its instances crashes and comes back.
services:
  db: {instances: 2, workers: 8, service_time: {constant: {value: 5ms}}}
  spare: {service_time: {constant: {value: 5ms}}}
  orders: {workers: 20, steps: [{call: {to: db}}, {call: {to: db}}]}
  web: {workers: 40, steps: [{call: {to: orders}}, {call: {to: db}}]}
workloads:
  users:
    arrivals: {poisson: {rate: 50/s}}
    call: {to: web, timeouts: {total: 1s}}
  batch:
    arrivals: {poisson: {rate: 20/s}}
    clients: 3
    call:
      to: db
      timeouts: {attempt: 1s}
      targets: {outlier_detection: {interval: 1s, base_ejection: 5s, max_ejected_ratio: 0.5}}
faults:
  crash: {at: 60s, for: 20s, crash: {services: [db], instances: one}}
run: {horizon: 160s, warmup: 10s, seeds: 3}
";

    #[test]
    fn callers_stand_above_the_services_that_they_call() {
        let report = compared(CHAIN).report;
        let names: Vec<&str> = report.pictures[0].tiers.iter().map(|tier| tier.name.as_str()).collect();
        assert_eq!(names, ["web", "orders", "db", "spare"]);
        let services = &report.comparison.variants[0].services;
        assert_eq!(services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>(), names);
    }

    #[test]
    fn lanes_show_what_changed_and_nothing_else() {
        let report = compared(CHAIN).report;
        let states = report.pictures[0].states.as_ref().unwrap();
        assert_eq!((states.seed, states.left_out), (1, 0));
        assert!(states.lanes.iter().all(|lane| lane.service == "db"), "{states:?}");
        let lane = |index: usize| {
            let spans = states.lanes[index].spans.iter();
            let told: Vec<(f64, f64, &str)> =
                spans.map(|span| (span.from_s, span.to_s, span.state.as_str())).collect();
            (states.lanes[index].label.as_str(), told)
        };
        assert_eq!(
            lane(0),
            ("db-0", vec![(0.0, 60.0, "ready"), (60.0, 80.0, "down"), (80.0, 160.0, "ready")])
        );
        assert_eq!(lane(1), ("db-1", vec![(0.0, 160.0, "ready")]));
        let (label, told) = lane(2);
        assert_eq!(label, "batch → db-0 (3 of 3)");
        let words: Vec<&str> = told.iter().map(|(.., word)| *word).take(3).collect();
        assert_eq!(words, ["ready", "ejected", "ready"]);
        assert!(told[1].0 > 60.0 && told[1].0 < 65.0, "{told:?}");
        assert_eq!(told.last().map(|(_, to, _)| *to), Some(160.0));
        assert_eq!(states.lanes.len(), 3);
        let calm = CHAIN.lines().filter(|line| !["faults", "  crash"].iter().any(|s| line.starts_with(s)));
        let calm = compared(&calm.collect::<Vec<_>>().join("\n")).report;
        assert_eq!(calm.pictures[0].states, None);
        let parts = calm.pictures[0].topologies.iter().map(|topology| topology.part.as_str());
        assert_eq!(parts.collect::<Vec<_>>(), ["after warm-up"]);
    }

    #[test]
    fn topologies_hold_the_calls_of_each_part_of_the_run() {
        let report = compared(CHAIN).report;
        let topologies = &report.pictures[0].topologies;
        let parts: Vec<(&str, f64, f64)> =
            topologies.iter().map(|t| (t.part.as_str(), t.from_s, t.to_s)).collect();
        assert_eq!(
            parts,
            [
                ("before the trigger", 10.0, 60.0),
                ("during the trigger", 60.0, 80.0),
                ("after the trigger", 80.0, 160.0),
            ]
        );
        let nodes: Vec<&str> = topologies[0].nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(nodes, ["users", "batch", "web", "orders", "db", "spare"]);
        let link = |topology: usize, from: &str, to: &str| {
            let place = |name: &str| nodes.iter().position(|node| *node == name);
            let mut links = topologies[topology].links.iter();
            let link = links.find(|link| (Some(link.from), Some(link.to)) == (place(from), place(to)));
            link.unwrap_or_else(|| panic!("{from} calls {to}"))
        };
        assert_eq!(topologies[0].links.len(), 5, "both calls of orders are one link");
        // 3 seeds of 50 s at 50/s: 7 500 requests, a standard error of 1.2 %; two calls each: 2 x 50/s.
        for (from, to, rate) in [("users", "web", 50.0), ("web", "orders", 50.0), ("orders", "db", 100.0)] {
            let attempts = link(0, from, to).attempts.unwrap();
            assert!((attempts / rate - 1.0).abs() < 0.06, "{from} to {to}: {attempts}");
        }
        assert_eq!(link(0, "web", "orders").success, Some(1.0), "web alone calls orders");
        assert_eq!(link(0, "orders", "db").success, None, "three call db");
        let during = link(1, "users", "web").success.unwrap();
        assert!(
            during < 0.6,
            "a request needs db three times, and half of the attempts meet nobody: {during}"
        );
        assert!(link(2, "users", "web").success.unwrap() > 0.99);
    }

    #[test]
    fn workloads_have_numbers_of_their_own_where_there_are_several() {
        let report = compared(CHAIN).report;
        let lines = &report.pictures[0].workloads;
        assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["users", "batch"]);
        assert!(lines.iter().all(|line| line.success.len() == report.series.starts_s.len()));
        let variant = &report.comparison.variants[0];
        let mean = |part: &crate::results::PartResult, metric: &str| part.metrics[metric].mean.unwrap();
        let all = variant.metrics["offered"].mean.unwrap();
        let sum: f64 = variant.workloads.iter().map(|part| mean(part, "offered")).sum();
        assert!((sum - all).abs() < 1e-6, "{sum} {all}");
        assert!(mean(&variant.workloads[0], "success") < mean(&variant.workloads[1], "success"));
        assert_eq!(mean(&variant.services[2], "crashes"), 1.0);
    }

    #[test]
    fn a_lone_service_has_no_tiers() {
        let lone: Vec<&str> = TWO
            .lines()
            .filter(|line| !["  idle", "  calm", "  b:"].iter().any(|s| line.starts_with(s)))
            .collect();
        assert!(compared(&lone.join("\n")).report.pictures.is_empty());
    }
}
