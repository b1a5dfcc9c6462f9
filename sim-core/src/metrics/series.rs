//! How did the run go, window by window? Counts per workload and per service in windows of one fixed
//! width, latency percentiles per window, and histograms over the whole run after warm-up.

use crate::ids::{EdgeId, Id, IdVec, InstanceId, ServiceId, WorkloadId};
use crate::metrics::caches::{CacheWindow, Caches};
use crate::metrics::connections::Connections;
use crate::metrics::gauges::Gauges;
use crate::metrics::latency::LatencyHistogram;
use crate::metrics::states::States;
use crate::metrics::{CapacityGauge, Observation, Probe, Snapshot};
use crate::model::Model;
use crate::model::edge::EdgeCaller;
use crate::policy::Outcome;
use crate::time::{SimDuration, SimTime};

/// Most windows of a run; the width grows with the horizon, memory does not.
pub const MAX_WINDOWS: u64 = 2_000;
/// Below a second finer windows show little more and cost percentiles: half as many are enough.
const MAX_SHORT_WINDOWS: u64 = 1_000;

/// What happened to one workload in one window. A count goes up to 4.29 * 10^9: the default bound of 10^11
/// events, spread evenly over [`MAX_WINDOWS`], is 5 * 10^7 in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkloadWindow {
    /// Requests that arrived.
    pub offered: u32,
    /// Of those that arrived in this window: answered by the end of the run.
    pub succeeded: u32,
    /// Of those that arrived in this window: failed for good by the end of the run.
    pub failed: u32,
    /// Of those: failed because their user had no connection.
    pub not_connected: u32,
    /// Of those that arrived in this window and were answered: with something that stands in for something better.
    pub degraded: u32,
    /// Requests whose answer came in this window.
    pub answered: u32,
    /// Attempts sent in this window.
    pub attempts: u32,
    /// Requests under way at the end of the window, over all workloads.
    pub in_flight: u32,
    /// Summed latency of the answers that came in this window, nanoseconds.
    pub latency_sum: u128,
    /// Median latency of those answers; zero without any.
    pub latency_p50: SimDuration,
    /// 99th percentile of the latency of those answers; zero without any.
    pub latency_p99: SimDuration,
}

/// What happened at one service in one window. Counts go as far as those of [`WorkloadWindow`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServiceWindow {
    /// Attempts that arrived.
    pub arrived: u32,
    /// Attempts that a worker took.
    pub started: u32,
    /// Attempts that a worker finished, useful or not.
    pub completed: u32,
    /// Of those: finished well while the caller still waited.
    pub useful: u32,
    /// Of those: answered with an error.
    pub errors: u32,
    /// Attempts turned away at a full line.
    pub rejected: u32,
    /// Attempts discarded after waiting too long.
    pub dropped: u32,
    /// Attempts lost with an instance that crashed.
    pub lost: u32,
    /// Attempts let go because nobody wanted them any more.
    pub withdrawn: u32,
    /// Instances that crashed or were stopped.
    pub crashes: u32,
    /// Summed wait of the attempts that a worker took, nanoseconds.
    pub waiting_sum: u128,
    /// Attempts that waited, mean over the window.
    pub queue_length: f64,
    /// Workers that served, mean over the window.
    pub busy_workers: f64,
    /// Instances that served and that callers were told of, mean over the window.
    pub ready_instances: f64,
    /// Connections that instances held, mean over the window.
    pub connections: f64,
    /// Connections that users opened.
    pub connects: u32,
    /// Connections that ended.
    pub disconnects: u32,
    /// Attempts to connect, refused ones included.
    pub connect_attempts: u32,
    /// Share of the pieces of data that lacked a copy, mean over the window.
    pub under_replicated: f64,
    /// Share of its instances that copying of lost data took, mean over the window.
    pub repair_share: f64,
    /// Share of the memory of its instances that was in use, mean over the window.
    pub memory_share: f64,
    /// What its caches did.
    pub caches: CacheWindow,
    /// Instances that there were, whatever their state, mean over the window.
    pub instances: f64,
    /// Attempts that waited outside, mean over the window.
    pub outside: f64,
    /// Attempts of its own that waited outside others, mean over the window.
    pub held_up: f64,
}

/// What went over one edge between services in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeWindow {
    /// Calls begun.
    pub calls: u32,
    /// Attempts sent.
    pub attempts: u32,
}

/// One edge between services over the run.
#[derive(Clone, Debug, Default)]
pub struct EdgeSeries {
    /// One entry per window.
    pub windows: Vec<EdgeWindow>,
    open: EdgeWindow,
    /// Whether its attempts open connections.
    connects: bool,
}

/// One workload over the run.
#[derive(Clone, Debug)]
pub struct WorkloadSeries {
    /// One entry per window.
    pub windows: Vec<WorkloadWindow>,
    /// The window under way, beside the counters' code in the cache; joins `windows` when it ends.
    open: WorkloadWindow,
    /// Latency of all answers after warm-up.
    pub latency: LatencyHistogram,
    /// Latency of the answers of this window.
    window_latency: LatencyHistogram,
}

/// One service over the run.
#[derive(Clone, Debug)]
pub struct ServiceSeries {
    /// One entry per window.
    pub windows: Vec<ServiceWindow>,
    /// The window under way.
    pub(super) open: ServiceWindow,
    first_instance: usize,
    instances: usize,
    /// Areas at the end of the last window.
    system_area: u128,
    busy_area: u128,
    capacity: CapacityGauge,
}

/// The observer of the normal run.
#[derive(Clone, Debug)]
pub struct Series {
    /// Width of a window.
    pub width: SimDuration,
    /// End of the run; the last window may be shorter than the others.
    pub horizon: SimTime,
    /// Start of the run that whole-run figures leave out.
    pub warmup: SimTime,
    /// Per workload.
    pub workloads: IdVec<WorkloadId, WorkloadSeries>,
    /// Per service.
    pub services: IdVec<ServiceId, ServiceSeries>,
    /// Per edge; those of workloads stay empty, their counts are the workloads'.
    pub edges: IdVec<EdgeId, EdgeSeries>,
    /// How the instances were.
    pub states: States,
    /// What was in each cache.
    pub caches: Caches,
    /// What policies and scalers remembered.
    pub gauges: Gauges,
    connections: Connections,
    current_start: SimTime,
    next_sample: SimTime,
}

/// The width of the windows of a run: the shortest of 1, 2, 5 times a power of ten nanoseconds that
/// gives at most 1 000 windows, or from a second on at most [`MAX_WINDOWS`].
pub fn window_width(horizon: SimTime) -> SimDuration {
    let mut scale = 1;
    loop {
        for step in [1, 2, 5] {
            let width = step * scale;
            let most = if width < 1_000_000_000 { MAX_SHORT_WINDOWS } else { MAX_WINDOWS };
            if horizon.as_nanos().div_ceil(width) <= most {
                return SimDuration::from_nanos(width);
            }
        }
        scale *= 10;
    }
}

impl Series {
    /// An observer for one run of `model` that leaves out the first `warmup` in whole-run figures.
    pub fn new(model: &Model, warmup: SimDuration) -> Self {
        let width = window_width(model.horizon);
        let windows = model.horizon.as_nanos().div_ceil(width.as_nanos()) as usize;
        Series {
            width,
            horizon: model.horizon,
            warmup: SimTime::ZERO + warmup,
            workloads: model.workloads.iter().map(|_| WorkloadSeries::new(windows)).collect(),
            services: model
                .services
                .iter()
                .map(|service| ServiceSeries {
                    windows: Vec::with_capacity(windows),
                    open: ServiceWindow::default(),
                    first_instance: service.first_instance.index(),
                    instances: service.instances as usize,
                    system_area: 0,
                    busy_area: 0,
                    capacity: CapacityGauge::default(),
                })
                .collect(),
            edges: model
                .edges
                .iter()
                .map(|edge| EdgeSeries {
                    connects: matches!(edge.caller, EdgeCaller::Connector(_)),
                    ..EdgeSeries::default()
                })
                .collect(),
            states: States::new(model),
            caches: Caches::new(model),
            gauges: Gauges::default(),
            connections: Connections::new(model.services.len()),
            current_start: SimTime::ZERO,
            next_sample: (SimTime::ZERO + width).min(model.horizon),
        }
    }

    /// Number of windows.
    pub fn window_count(&self) -> usize {
        self.horizon.as_nanos().div_ceil(self.width.as_nanos()) as usize
    }

    /// Start of window `index`.
    pub fn window_start(&self, index: usize) -> SimTime {
        SimTime::from_nanos(index as u64 * self.width.as_nanos())
    }

    /// Length of window `index`: the width, or less for the last one.
    pub fn window_length(&self, index: usize) -> SimDuration {
        self.window_start(index + 1).min(self.horizon).since(self.window_start(index))
    }

    /// The first window that lies wholly after warm-up.
    pub fn first_window_after_warmup(&self) -> usize {
        (self.warmup.as_nanos().div_ceil(self.width.as_nanos()) as usize).min(self.window_count())
    }
}

impl WorkloadSeries {
    /// The window in which something arrived. Most answers come in the window of their request: then
    /// there is nothing to divide.
    #[inline]
    fn window_of(
        &mut self,
        arrived: SimTime,
        current_start: SimTime,
        width: SimDuration,
    ) -> &mut WorkloadWindow {
        match arrived >= current_start {
            true => &mut self.open,
            false => &mut self.windows[(arrived.as_nanos() / width.as_nanos()) as usize],
        }
    }

    fn new(windows: usize) -> Self {
        WorkloadSeries {
            windows: Vec::with_capacity(windows),
            open: WorkloadWindow::default(),
            latency: LatencyHistogram::new(3),
            window_latency: LatencyHistogram::new(2),
        }
    }
}

impl Probe for Series {
    #[inline(always)]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        match observation {
            Observation::Arrived { workload, .. } => {
                self.workloads[workload].open.offered += 1;
            }
            Observation::Sent { workload, service, edge, .. } => {
                match workload {
                    Some(workload) => self.workloads[workload].open.attempts += 1,
                    None => {
                        let edge = &mut self.edges[edge];
                        edge.open.attempts += 1;
                        self.services[service].open.connect_attempts += u32::from(edge.connects);
                    }
                }
                self.services[service].open.arrived += 1;
            }
            Observation::Called { edge, .. } => self.edges[edge].open.calls += 1,
            Observation::Rejected { service, .. } => self.services[service].open.rejected += 1,
            Observation::Lost { service, .. } => self.services[service].open.lost += 1,
            Observation::Withdrawn { service, .. } => self.services[service].open.withdrawn += 1,
            Observation::InstanceState { instance, state } => self.states.changed(now, instance, state),
            Observation::Believed { edge, client, instance, belief } => {
                self.states.believed(now, edge, client, instance, belief);
            }
            Observation::Dropped { service, .. } => self.services[service].open.dropped += 1,
            Observation::Started { service, waited, .. } => {
                let window = &mut self.services[service].open;
                window.started += 1;
                window.waiting_sum += u128::from(waited.as_nanos());
            }
            Observation::Completed { service, outcome, wanted, .. } => {
                let window = &mut self.services[service].open;
                window.completed += 1;
                window.useful += u32::from(wanted && outcome.is_ok());
                window.errors += u32::from(outcome == Outcome::ServerError);
            }
            Observation::Answered { workload, arrived, degraded, .. } => {
                let latency = now.since(arrived);
                let workload = &mut self.workloads[workload];
                let window = workload.window_of(arrived, self.current_start, self.width);
                window.succeeded += 1;
                window.degraded += u32::from(degraded);
                workload.open.answered += 1;
                workload.open.latency_sum += u128::from(latency.as_nanos());
                workload.window_latency.record(latency);
                if now >= self.warmup {
                    workload.latency.record(latency);
                }
            }
            Observation::Failed { workload, arrived, outcome, .. } => {
                let workload = &mut self.workloads[workload];
                let window = workload.window_of(arrived, self.current_start, self.width);
                window.failed += 1;
                window.not_connected += u32::from(outcome == Outcome::NotConnected);
            }
            Observation::Connection { service, opened, .. } => {
                self.connections.changed(now, service, opened);
            }
            Observation::Cache { cache, event, .. } => self.caches.count(cache, event),
            Observation::Queued { .. }
            | Observation::AttemptFailed { .. }
            | Observation::RetryPlanned { .. }
            | Observation::GaveUp { .. }
            | Observation::NotSent { .. }
            | Observation::AwaitsSlot { .. }
            | Observation::CallEnded { .. }
            | Observation::Abandoned { .. }
            | Observation::Aside { .. }
            | Observation::Trigger { .. }
            | Observation::Action { .. }
            | Observation::Alert { .. } => {}
        }
    }

    #[inline]
    fn next_sample(&self) -> SimTime {
        self.next_sample
    }

    fn sample(&mut self, now: SimTime, snapshot: Snapshot<'_>) {
        let length = now.since(self.current_start).as_nanos_f64();
        self.caches.close_window(&mut self.services);
        for workload in self.workloads.iter_mut() {
            let mut window = std::mem::take(&mut workload.open);
            window.in_flight = snapshot.requests_in_flight as u32;
            if workload.window_latency.count() > 0 {
                window.latency_p50 = workload.window_latency.quantile(0.50).unwrap_or_default();
                window.latency_p99 = workload.window_latency.quantile(0.99).unwrap_or_default();
                workload.window_latency.clear();
            }
            workload.windows.push(window);
        }
        for (number, service) in self.services.iter_mut().enumerate() {
            let instances = service.first_instance..service.first_instance + service.instances;
            let (mut system_area, mut busy_area) = (0, 0);
            for instance in instances {
                let meter = &snapshot.meters[InstanceId::from_index(instance)];
                system_area += meter.system_area;
                busy_area += meter.busy_area;
            }
            let busy = (busy_area - service.busy_area) as f64 / length;
            let in_system = (system_area - service.system_area) as f64 / length;
            let mut window = std::mem::take(&mut service.open);
            window.busy_workers = busy;
            window.queue_length = (in_system - busy).max(0.0);
            if let Some(gauge) = snapshot.capacity.get(number) {
                let (before, instances) = (service.capacity, service.instances as f64);
                window.under_replicated = (gauge.short_area - before.short_area) / length;
                window.repair_share = (gauge.repair_area - before.repair_area) / length / instances;
                window.memory_share = (gauge.memory_area - before.memory_area) / length / instances;
                window.outside = (gauge.outside_area - before.outside_area) / length;
                window.held_up = (gauge.held_up_area - before.held_up_area) / length;
                service.capacity = *gauge;
            }
            service.windows.push(window);
            (service.system_area, service.busy_area) = (system_area, busy_area);
        }
        for edge in self.edges.iter_mut() {
            edge.windows.push(std::mem::take(&mut edge.open));
        }
        self.states.close_window(now, length, &mut self.services);
        self.connections.close_window(now, length, &mut self.services);
        self.gauges.close_window(snapshot.gauges);
        self.current_start = now;
        let next = (now + self.width).min(self.horizon);
        self.next_sample = if now < self.horizon { next } else { SimTime::NEVER };
    }

    /// A run that a bound has ended keeps what its last window counted; the windows after it are empty.
    fn end(&mut self) {
        let count = self.window_count();
        self.caches.end(count, &mut self.services);
        for workload in self.workloads.iter_mut().filter(|workload| workload.windows.len() < count) {
            workload.windows.push(workload.open);
            workload.windows.resize(count, WorkloadWindow::default());
        }
        for service in self.services.iter_mut().filter(|service| service.windows.len() < count) {
            service.windows.push(service.open);
            service.windows.resize(count, ServiceWindow::default());
        }
        for edge in self.edges.iter_mut().filter(|edge| edge.windows.len() < count) {
            edge.windows.push(edge.open);
            edge.windows.resize(count, EdgeWindow::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AttemptId, CallId, Handle};
    use crate::model::SystemConfig;

    #[test]
    fn windows_grow_with_the_horizon_and_divide_a_second_or_are_whole_seconds() {
        for (seconds, width_ms) in
            [(1, 1), (60, 100), (180, 200), (300, 500), (1_300, 1_000), (20_000, 10_000)]
        {
            let horizon = SimTime::ZERO + SimDuration::from_secs(seconds);
            assert_eq!(window_width(horizon), SimDuration::from_millis(width_ms), "{seconds} s");
        }
    }

    /// Ten answers that took a hundred years each: more nanoseconds than 64 bits count.
    #[test]
    fn sums_of_latencies_do_not_overflow() {
        let read = "everything here can be read";
        let config = SystemConfig {
            services: serde_json::from_str(r#"{"api": {"service_time": {"exponential": {"mean": "1s"}}}}"#)
                .expect(read),
            workloads: serde_json::from_str(
                r#"{"users": {"arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "1/d"}]}}},
                              "call": {"to": "api"}}}"#,
            )
            .expect(read),
            horizon: SimDuration::MAX,
            ..SystemConfig::default()
        };
        let mut series = Series::new(&Model::new(&config).expect("the system is sound"), SimDuration::ZERO);
        let handle = Handle { slot: 0, generation: 1 };
        let (workload, service) = (WorkloadId::from_index(0), ServiceId::from_index(0));
        let waited = SimDuration::MAX;
        for _ in 0..10 {
            series.observe(
                SimTime::ZERO + waited,
                Observation::Started {
                    attempt: AttemptId(handle),
                    service,
                    waited,
                    service_time: Some(SimDuration::ZERO),
                },
            );
            series.observe(
                SimTime::ZERO + waited,
                Observation::Answered {
                    workload,
                    call: CallId(handle),
                    arrived: SimTime::ZERO,
                    attempts: 1,
                    degraded: false,
                },
            );
        }
        let sum = 10 * u128::from(waited.as_nanos());
        assert_eq!(series.services[service].open.waiting_sum, sum);
        assert_eq!(series.workloads[workload].open.latency_sum, sum);
    }
}
