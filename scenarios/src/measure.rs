//! What came out of one run? The metrics of curriculum and files, computed from the windows of a run,
//! over the whole run or a part of it, for everything or one service or workload.

mod changed;
mod gauged;
mod readings;
mod shares;
mod watched;
mod wired;

use std::iter::Sum;

use sim_core::engine::{self, StopReason, WatchLedger};
use sim_core::ids::{EdgeId, Id, IdVec, ServiceId, WorkloadId};
use sim_core::metrics::caches::Caches;
use sim_core::metrics::gauges::Gauges;
use sim_core::metrics::latency::LatencyHistogram;
use sim_core::metrics::series::{Series, ServiceWindow, WorkloadWindow};
use sim_core::metrics::states::States;
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};

use crate::metric::Metric;

/// One run, condensed: windows, whole-run histograms, counts.
#[derive(Clone, Debug)]
pub struct Record {
    /// Whether the run covers its horizon.
    pub complete: bool,
    /// Events handled.
    pub events: u64,
    /// Requests that arrived.
    pub requests: u64,
    /// Width of a window, seconds.
    pub width_s: f64,
    /// Length of each window, seconds; the last may be shorter.
    pub lengths_s: Vec<f64>,
    /// First window after warm-up.
    pub first: usize,
    /// How the instances were, if asked for: the changes of one run are as large as all the rest.
    pub states: Option<States>,
    /// What each cache did.
    pub caches: Caches,
    /// What policies and scalers remembered.
    pub gauges: Gauges,
    /// What owners changed, if they did.
    changes: Option<engine::ChangesLedger>,
    workloads: Vec<WorkloadRecord>,
    services: Vec<ServiceRecord>,
    /// Attempts over each edge between services in every window; empty for the other edges.
    edges: IdVec<EdgeId, Vec<u32>>,
    /// The service that each edge leads to.
    callees: IdVec<EdgeId, ServiceId>,
    /// Price of an instance for a second; none without prices.
    rent_per_s: Option<f64>,
    /// Latency of the answers of all workloads: (ns, answers), ascending, after warm-up.
    latency: Vec<(u64, u64)>,
    /// What monitors saw, and when.
    watch: WatchLedger,
    /// What people saw and did, and when.
    pub marks: Vec<engine::Mark>,
}

#[derive(Clone, Debug)]
struct WorkloadRecord {
    windows: Vec<WorkloadWindow>,
    /// (latency ns, answers) in ascending order, after warm-up.
    latency: Vec<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct ServiceRecord {
    windows: Vec<ServiceWindow>,
    /// Of one instance.
    workers: f64,
    instances: f64,
    /// Whether lost data are copied.
    repairs: bool,
    /// Whether memory is limited.
    has_memory: bool,
    /// How many instances there are, if nobody changes it.
    fixed: Option<f64>,
}

/// What part of the system a metric is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// One service only.
    pub service: Option<ServiceId>,
    /// One workload only.
    pub workload: Option<WorkloadId>,
}

/// Windows `from..to` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First window.
    pub from: usize,
    /// One past the last window.
    pub to: usize,
}

/// Runs `model` once and keeps what metrics need, and the states of the instances if asked for.
pub fn run(model: &Model, warmup: SimDuration, seed: u64, keeps_states: bool) -> Record {
    let run = engine::run(model, Seed(seed), Series::new(model, warmup));
    let series = run.probe;
    let complete = match run.stop {
        StopReason::Horizon | StopReason::Drained => true,
        StopReason::EventLimit | StopReason::InFlightLimit => false,
    };
    let steps = |histogram: &LatencyHistogram| {
        histogram.steps().map(|(latency, count)| (latency.as_nanos(), count)).collect()
    };
    let mut all = LatencyHistogram::new(3);
    for workload in series.workloads.iter() {
        all.merge(&workload.latency);
    }
    Record {
        latency: steps(&all),
        watch: run.ledger.watch,
        marks: run.marks.kept,
        complete,
        events: run.events,
        requests: run.ledger.requests_created,
        width_s: series.width.as_secs_f64(),
        lengths_s: (0..series.window_count()).map(|w| series.window_length(w).as_secs_f64()).collect(),
        first: series.first_window_after_warmup(),
        workloads: series
            .workloads
            .iter()
            .map(|workload| WorkloadRecord {
                windows: workload.windows.clone(),
                latency: steps(&workload.latency),
            })
            .collect(),
        services: series
            .services
            .iter()
            .zip(model.services.iter())
            .map(|(series, service)| ServiceRecord {
                windows: series.windows.clone(),
                workers: f64::from(service.workers),
                instances: f64::from(service.instances),
                repairs: service.repair().is_some(),
                has_memory: service.memory().is_some(),
                fixed: (!service.is_scaled()).then_some(f64::from(service.instances)),
            })
            .collect(),
        edges: series
            .edges
            .iter()
            .zip(model.edges.iter())
            .map(|(series, edge)| match edge.caller {
                EdgeCaller::Service(_) => series.windows.iter().map(|window| window.attempts).collect(),
                EdgeCaller::Workload(_)
                | EdgeCaller::Monitor
                | EdgeCaller::Connector(_)
                | EdgeCaller::Intruder(_) => Vec::new(),
            })
            .collect(),
        callees: model.edges.iter().map(|edge| edge.to).collect(),
        rent_per_s: model.wires.has_prices.then(|| model.wires.instance_hour as f64 * 1e-9 / 3600.0),
        states: keeps_states.then_some(series.states),
        caches: series.caches,
        gauges: series.gauges,
        changes: model.changes.is_some().then_some(run.ledger.changes),
    }
}

impl Record {
    /// What a verdict needs of it: the requests, without services, latencies and states.
    pub(crate) fn for_judging(self) -> Record {
        let without_latency =
            |workload: WorkloadRecord| WorkloadRecord { latency: Vec::new(), windows: workload.windows };
        Record {
            states: None,
            caches: Caches::default(),
            gauges: Gauges::default(),
            workloads: self.workloads.into_iter().map(without_latency).collect(),
            services: Vec::new(),
            edges: IdVec::default(),
            callees: IdVec::default(),
            latency: Vec::new(),
            marks: Vec::new(),
            ..self
        }
    }

    /// The windows after warm-up.
    pub fn after_warmup(&self) -> Span {
        Span { from: self.first, to: self.lengths_s.len() }
    }

    /// The windows that lie wholly within [from, to).
    pub fn span(&self, from: SimTime, to: SimTime) -> Span {
        // Half a nanosecond of slack against rounding of the division.
        let from = ((from.as_secs_f64() / self.width_s) - 1e-9).ceil() as usize;
        let last = self.lengths_s.len();
        let to = match to.as_secs_f64() >= self.horizon_s() - 1e-9 {
            true => last,
            false => ((to.as_secs_f64() / self.width_s) + 1e-9).floor() as usize,
        };
        Span { from: from.min(last), to: to.min(last) }
    }

    fn horizon_s(&self) -> f64 {
        self.lengths_s.iter().sum()
    }

    fn seconds(&self, span: Span) -> f64 {
        self.lengths_s[span.from.min(span.to)..span.to].iter().sum()
    }

    fn workloads(&self, scope: Scope) -> impl Iterator<Item = &WorkloadRecord> {
        let chosen = scope.workload.map(Id::index);
        self.workloads.iter().enumerate().filter(move |(k, _)| chosen.is_none_or(|c| c == *k)).map(|(_, w)| w)
    }

    fn services(&self, scope: Scope) -> impl Iterator<Item = &ServiceRecord> {
        let chosen = scope.service.map(Id::index);
        self.services.iter().enumerate().filter(move |(k, _)| chosen.is_none_or(|c| c == *k)).map(|(_, s)| s)
    }

    fn sum_workloads<N: Sum>(&self, scope: Scope, span: Span, count: impl Fn(&WorkloadWindow) -> N) -> N {
        self.workloads(scope).flat_map(|w| &w.windows[span.from.min(span.to)..span.to]).map(count).sum()
    }

    fn sum_services<N: Sum>(&self, scope: Scope, span: Span, count: impl Fn(&ServiceWindow) -> N) -> N {
        self.services(scope).flat_map(|s| &s.windows[span.from.min(span.to)..span.to]).map(count).sum()
    }

    /// Mean over time of a level that the windows hold.
    fn level(&self, scope: Scope, span: Span, level: impl Fn(&ServiceWindow) -> f64) -> f64 {
        let area: f64 = self
            .services(scope)
            .flat_map(|s| (span.from..span.to).map(|w| level(&s.windows[w]) * self.lengths_s[w]))
            .sum();
        area / self.seconds(span)
    }

    /// Instances that there were, mean over time.
    fn instances(&self, service: &ServiceRecord, span: Span) -> f64 {
        let area =
            || (span.from..span.to).map(|w| service.windows[w].instances * self.lengths_s[w]).sum::<f64>();
        service.fixed.unwrap_or_else(|| area() / self.seconds(span))
    }

    /// Requests that arrived in the windows and have ended: (answered, all).
    pub fn ended(&self, scope: Scope, span: Span) -> (u64, u64) {
        let answered = self.sum_workloads(scope, span, |w| u64::from(w.succeeded));
        let failed = self.sum_workloads(scope, span, |w| u64::from(w.failed));
        (answered, answered + failed)
    }

    /// Share of the requests that arrived in the windows and were answered, those still under way at the
    /// horizon counted as not answered; `None` if nobody came.
    pub fn answered_share(&self, span: Span) -> Option<f64> {
        let arrived = self.sum_workloads(Scope::default(), span, |w| u64::from(w.offered));
        let (answered, _) = self.ended(Scope::default(), span);
        (arrived > 0).then(|| answered as f64 / arrived as f64)
    }

    /// The metric over the windows of `span`; `None` if there was nothing to measure. Percentiles of a
    /// part of a run are the means of the windows' percentiles, weighted by their answers; those of the
    /// whole run after warm-up come from one histogram.
    pub fn value(&self, metric: Metric, scope: Scope, span: Span) -> Option<f64> {
        let seconds = self.seconds(span);
        if seconds <= 0.0 {
            return None;
        }
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let per_second = |count: u64| Some(count as f64 / seconds);
        let workloads =
            |count: fn(&WorkloadWindow) -> u32| self.sum_workloads(scope, span, |w| u64::from(count(w)));
        let services =
            |count: fn(&ServiceWindow) -> u32| self.sum_services(scope, span, |w| u64::from(count(w)));
        let attempts = || match scope.service {
            Some(_) => services(|w| w.arrived),
            None => workloads(|w| w.attempts),
        };
        match metric {
            Metric::Offered => per_second(workloads(|w| w.offered)),
            Metric::Attempts => per_second(attempts()),
            Metric::Amplification => ratio(attempts() as f64, workloads(|w| w.offered) as f64),
            Metric::Throughput => per_second(services(|w| w.completed)),
            Metric::Goodput => match scope.service {
                Some(_) => per_second(services(|w| w.useful)),
                None => per_second(workloads(|w| w.answered)),
            },
            Metric::WastedShare => ratio(services(|w| w.useful) as f64, services(|w| w.completed) as f64)
                .map(|useful| 1.0 - useful),
            Metric::Success => {
                let (answered, all) = self.ended(scope, span);
                ratio(answered as f64, all as f64)
            }
            Metric::UnansweredShare => {
                let (answered, all) = self.ended(scope, span);
                ratio((all - answered) as f64, all as f64)
            }
            Metric::RecoveryTime => None, // needs the control arm: see `verdict`
            Metric::LatencyMean => {
                let sum = self.sum_workloads(scope, span, |w| w.latency_sum);
                ratio(sum as f64 * 1e-9, workloads(|w| w.answered) as f64)
            }
            Metric::LatencyP50 => self.percentile(scope, span, 0.50, |w| w.latency_p50),
            Metric::LatencyP90 => self.percentile(scope, span, 0.90, |_| SimDuration::ZERO),
            Metric::LatencyP95 => self.percentile(scope, span, 0.95, |_| SimDuration::ZERO),
            Metric::LatencyP99 => self.percentile(scope, span, 0.99, |w| w.latency_p99),
            Metric::LatencyP999 => self.percentile(scope, span, 0.999, |_| SimDuration::ZERO),
            Metric::AgeAtService => {
                let sum = self.sum_services(scope, span, |w| w.waiting_sum);
                ratio(sum as f64 * 1e-9, services(|w| w.started) as f64)
            }
            Metric::InFlight => {
                // The number under way is the same in every workload's windows: read the first.
                let windows = &self.workloads.first()?.windows[span.from..span.to];
                ratio(windows.iter().map(|w| f64::from(w.in_flight)).sum(), windows.len() as f64)
            }
            Metric::QueueLength => Some(self.level(scope, span, |w| w.queue_length)),
            Metric::BusyWorkers => Some(self.level(scope, span, |w| w.busy_workers)),
            Metric::Utilisation => {
                let workers = self.services(scope).map(|s| s.workers * self.instances(s, span)).sum();
                ratio(self.level(scope, span, |w| w.busy_workers), workers)
            }
            Metric::Rejected => per_second(services(|w| w.rejected)),
            Metric::Dropped => per_second(services(|w| w.dropped)),
            Metric::Lost => per_second(services(|w| w.lost)),
            Metric::Withdrawn => per_second(services(|w| w.withdrawn)),
            Metric::ReadyInstances => Some(self.level(scope, span, |w| w.ready_instances)),
            Metric::Instances => Some(self.services(scope).map(|s| self.instances(s, span)).sum()),
            Metric::InstanceSeconds => {
                Some(self.services(scope).map(|s| self.instances(s, span) * seconds).sum())
            }
            Metric::Crashes => Some(services(|w| w.crashes) as f64),
            Metric::Connections => Some(self.level(scope, span, |w| w.connections)),
            Metric::ConnectAttempts => per_second(services(|w| w.connect_attempts)),
            Metric::Connects => per_second(services(|w| w.connects)),
            Metric::Disconnects => per_second(services(|w| w.disconnects)),
            Metric::ConnectedSuccess => {
                let (answered, all) = self.ended(scope, span);
                let cut_off = workloads(|w| w.not_connected);
                ratio(answered as f64, (all - cut_off) as f64)
            }
            Metric::Errors => per_second(services(|w| w.errors)),
            Metric::UnderReplicated => {
                self.shares(scope, span, |s| s.repairs, |w| w.under_replicated).reduce(f64::max)
            }
            Metric::RepairShare => self.mean_share(scope, span, |s| s.repairs, |w| w.repair_share),
            Metric::MemoryShare => self.mean_share(scope, span, |s| s.has_memory, |w| w.memory_share),
            Metric::HitRatio => {
                ratio(services(|w| w.caches.hits) as f64, services(|w| w.caches.look_ups) as f64)
            }
            Metric::CacheMisses => per_second(services(|w| w.caches.misses)),
            Metric::CacheLoads => per_second(services(|w| w.caches.loads)),
            Metric::CacheFills => per_second(services(|w| w.caches.fills)),
            Metric::StaleAnswers => per_second(services(|w| w.caches.stale)),
            Metric::DegradedShare => {
                ratio(workloads(|w| w.degraded) as f64, workloads(|w| w.succeeded) as f64)
            }
            Metric::StampedeSize => {
                ratio(services(|w| w.caches.loads) as f64, services(|w| w.caches.first_loads) as f64)
            }
            Metric::PeakToMean => {
                let peak = self.moments(Metric::Attempts, scope, span).flatten().reduce(f64::max)?;
                ratio(peak, attempts() as f64 / seconds)
            }
            Metric::Outside => Some(self.level(scope, span, |w| w.outside)),
            Metric::HeldUp => Some(self.level(scope, span, |w| w.held_up)),
            Metric::LeasesHeld => self.gauged("leases_held", scope, span),
            Metric::ReplicaLag => self.gauged("replica_lag", scope, span),
            Metric::CatchUpShare => self.gauged("catch_up_share", scope, span),
            Metric::LinkImbalance => self.link_imbalance(span),
            Metric::DeadCalls => self.gauged("dead_calls", scope, span),
            Metric::StaleAddresses => self.gauged_mean("stale_addresses", scope, span),
            Metric::UnknownInstances => self.gauged_mean("unknown_instances", scope, span),
            Metric::DiscoveryRequests => self.gauged("discovery_requests", scope, span),
            Metric::OpenConnections
            | Metric::AwaitingConnection
            | Metric::Handshakes
            | Metric::HandshakeFailures
            | Metric::ReachedServices
            | Metric::ForeignServed
            | Metric::ForeignBlocked => self.gauged(metric.id(), scope, span),
            Metric::HandshakeTime => {
                let spent = self.gauged("handshake_seconds", scope, span)?;
                ratio(spent, self.gauged("handshakes", scope, span)?)
            }
            Metric::Duplicates => self.per_1000("duplicates", "effects_asked", scope, span),
            Metric::Replays => self.per_1000("replays", "effects_asked", scope, span),
            Metric::Orphans => self.per_1000("orphans", "effects_asked", scope, span),
            Metric::LostEffects => self.per_1000("lost_effects", "effects_asked", scope, span),
            Metric::Inconsistent => self.gauged("inconsistent", scope, span),
            Metric::InconsistentPer1000 => self.per_1000_so_far("inconsistent", "sagas_begun", scope, span),
            Metric::StuckWorkers => self.gauged("stuck_workers", scope, span),
            Metric::OldestInconsistent => self.gauged("oldest_inconsistent", scope, span),
            Metric::CompensatedShare => {
                self.per_1000("sagas_compensated", "sagas_begun", scope, span).map(|share| share / 1e3)
            }
            Metric::DirtyReads => self.per_1000("dirty_looks", "looks", scope, span).map(|share| share / 1e3),
            Metric::TimeToDetect | Metric::TimeToAttribute | Metric::TimeToAct => self.watched(metric),
            Metric::AlertsFiring => self.alerts_firing(scope, span),
            Metric::DecodeErrors => self.read_in_total("decode_errors", scope, span),
            Metric::DecodeErrorShare => {
                let all = self.read_in_total("messages_read", scope, span)?;
                ratio(self.read_in_total("decode_errors", scope, span)?, all)
            }
            Metric::NewVersionShare => self.gauged("new_version_share", scope, span),
            Metric::TwoHolders => self.read_in_total("two_holders", scope, span),
            Metric::LockIdle => self.read_in_total("lock_idle", scope, span),
            Metric::Divergent | Metric::StuckOperations => self.gauged(metric.id(), scope, span),
            Metric::StuckPer1000 => self.per_1000_so_far("stuck_operations", "operations_begun", scope, span),
            Metric::LostUserTime => self.lost_user_time(scope, span),
            Metric::Cost | Metric::MessageBytes | Metric::CrossZoneBytes | Metric::EncodingCpu => {
                self.wired(metric, scope, span)
            }
            Metric::LinkUtilisation => self.most_gauged(["link_busy_there", "link_busy_back"], span),
            Metric::LinkQueue => self.most_gauged(["link_queue_there", "link_queue_back"], span),
            Metric::ErrorMinutes
            | Metric::Incidents
            | Metric::UntracedIncidents
            | Metric::PatienceIncidents
            | Metric::QuotaIncidents
            | Metric::TimeToRestore
            | Metric::OwnersInvolved
            | Metric::ChangesMade
            | Metric::ChangesRefused
            | Metric::ExposedShare
            | Metric::ExposedMinutes
            | Metric::CanaryRollbacks
            | Metric::FittingRollbacks => {
                changed::value(self.changes.as_ref()?, self.horizon_s() / 60.0, metric)
            }
        }
    }

    /// Attempts per second over an edge between services; `None` if `span` has no length.
    pub fn edge_attempts(&self, edge: EdgeId, span: Span) -> Option<f64> {
        let seconds = self.seconds(span);
        let attempts: u64 =
            (span.from..span.to).filter_map(|w| self.edges[edge].get(w)).copied().map(u64::from).sum();
        (seconds > 0.0).then(|| attempts as f64 / seconds)
    }

    /// The metric in every window of `span` by itself.
    pub fn moments(&self, metric: Metric, scope: Scope, span: Span) -> impl Iterator<Item = Option<f64>> {
        (span.from..span.to).map(move |w| self.value(metric, scope, Span { from: w, to: w + 1 }))
    }

    /// (latency ns, answers) of one workload or of all, ascending, after warm-up.
    pub fn latency_steps(&self, scope: Scope) -> &[(u64, u64)] {
        match scope.workload {
            Some(workload) => &self.workloads[workload.index()].latency,
            None => &self.latency,
        }
    }
}

/// Adds up the counts of several ascending lists.
pub fn merge_steps<'a>(lists: impl Iterator<Item = &'a [(u64, u64)]>) -> Vec<(u64, u64)> {
    let mut merged = std::collections::BTreeMap::new();
    for &(value, count) in lists.flatten() {
        *merged.entry(value).or_insert(0) += count;
    }
    merged.into_iter().collect()
}

#[cfg(test)]
mod tests;
