//! What does somebody see who only looks now and then? Monitors count what they are pointed at; at a scrape the
//! counts become a level, the level an alert, and the alert is what operators may act on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Simulation;
use super::marks::MarkKind;
use super::state::{Call, Stage};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CallId, EdgeId, IdVec, ServiceId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::math;
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::latency::LatencyHistogram;
use crate::metrics::{Observation, Probe};
use crate::model::Model;
use crate::model::monitor::{Monitor, Signal, Watched};
use crate::policy::Outcome;
use crate::policy::alert::{self, Change};
use crate::time::{SimDuration, SimTime};

/// Most reports that are on their way to one desk; what comes beyond is not taken down.
const MAX_REPORTS: usize = 100_000;

/// What happened between two scrapes.
#[derive(Debug, Default)]
struct Bucket {
    /// How many ended, and in which time all together.
    timed: u64,
    nanos: u128,
    /// How many failed, and how many there were.
    failed: u64,
    all: u64,
    /// Kept where a percentile is read.
    latency: Option<LatencyHistogram>,
}

impl Bucket {
    fn new(signal: &Signal) -> Self {
        let latency = matches!(signal, Signal::Quantile(_)).then(|| LatencyHistogram::new(2));
        Bucket { latency, ..Bucket::default() }
    }

    fn clear(&mut self) {
        (self.timed, self.nanos, self.failed, self.all) = (0, 0, 0, 0);
        if let Some(latency) = &mut self.latency {
            latency.clear();
        }
    }

    fn count(&mut self, took: Option<SimDuration>, is_ok: bool) {
        (self.all, self.failed) = (self.all + 1, self.failed + u64::from(!is_ok));
        if let Some(took) = took {
            (self.timed, self.nanos) = (self.timed + 1, self.nanos + u128::from(took.as_nanos()));
            if let Some(latency) = &mut self.latency {
                latency.record(took);
            }
        }
    }

    fn add(&mut self, other: &Bucket) {
        (self.timed, self.nanos) = (self.timed + other.timed, self.nanos + other.nanos);
        (self.failed, self.all) = (self.failed + other.failed, self.all + other.all);
        if let (Some(latency), Some(other)) = (&mut self.latency, &other.latency) {
            latency.merge(other);
        }
    }
}

/// One monitor at work.
#[derive(Debug)]
struct Watch {
    /// Since the last scrape that succeeded.
    filling: Bucket,
    /// The latest scrapes that succeeded, as many as a window has.
    kept: VecDeque<Bucket>,
    /// Where they are added up.
    sum: Bucket,
    /// Reports on their way.
    reports: BinaryHeap<Reverse<SimTime>>,
    alert: alert::State,
    /// Counts what the rule decided: an older page is stale.
    plan: u32,
    /// Whether those on call see it fire.
    fires: bool,
    /// Whether it was silence that made it fire: that names nobody.
    by_silence: bool,
    scrapes: u32,
}

/// All monitors, and who looks at what.
#[derive(Debug)]
pub(super) struct Monitors {
    /// Whether there are any.
    pub(super) exist: bool,
    all: Vec<Watch>,
    services: IdVec<ServiceId, Vec<u32>>,
    edges: IdVec<EdgeId, Vec<u32>>,
    workloads: IdVec<WorkloadId, Vec<u32>>,
    /// When the first trigger begins.
    trigger: Option<SimTime>,
}

/// What monitors have counted, and when operators knew what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchLedger {
    /// Monitors that there are.
    pub monitors: u64,
    /// Scrapes that were due, those that succeeded and those that did not.
    pub scrapes: [u64; 3],
    /// Alerts that fired and were seen, and those of them that resolved.
    pub alerts: [u64; 2],
    /// Alerts that fire at the end, as found.
    pub firing: u64,
    /// From the start of the first trigger to the first alert that was seen.
    pub detected: Option<SimDuration>,
    /// The same to the first that names a service which a trigger hits.
    pub attributed: Option<SimDuration>,
    /// The same to the first thing that an operator did.
    pub acted: Option<SimDuration>,
}

impl WatchLedger {
    pub(super) fn laws(&self, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let [due, read, missed] = self.scrapes;
        law(due == read + missed, &|| format!("scrapes {due} = succeeded {read} + failed {missed}"));
        let [fired, resolved] = self.alerts;
        law(fired == resolved + self.firing, &|| {
            format!("alerts fired {fired} = resolved {resolved} + firing {}", self.firing)
        });
    }
}

impl Monitors {
    pub(super) fn new(model: &Model) -> Self {
        let none = Vec::new;
        let mut monitors = Monitors {
            exist: !model.monitors.is_empty(),
            all: model.monitors.iter().map(Watch::new).collect(),
            services: model.services.iter().map(|_| none()).collect(),
            edges: model.edges.iter().map(|_| none()).collect(),
            workloads: model.workloads.iter().map(|_| none()).collect(),
            trigger: model.trigger_window().map(|(begins, _)| begins),
        };
        for (k, monitor) in (0..).zip(&model.monitors) {
            match &monitor.of {
                Watched::Service(id) => monitors.services[*id].push(k),
                Watched::Workload(id) => monitors.workloads[*id].push(k),
                Watched::Edges(edges) => edges.iter().for_each(|edge| monitors.edges[*edge].push(k)),
            }
        }
        monitors
    }

    /// Whether those on call see this alert fire.
    pub(super) fn fires(&self, monitor: u32) -> bool {
        self.all[monitor as usize].fires
    }
}

impl Watch {
    fn new(monitor: &Monitor) -> Self {
        Watch {
            filling: Bucket::new(&monitor.signal),
            kept: VecDeque::with_capacity(monitor.scrapes as usize),
            sum: Bucket::new(&monitor.signal),
            reports: BinaryHeap::new(),
            alert: alert::State::default(),
            plan: 0,
            fires: false,
            by_silence: false,
            scrapes: 0,
        }
    }

    /// A scrape succeeds: what does the window hold?
    fn read(&mut self, monitor: &Monitor, now: SimTime) -> alert::Reading {
        while self.reports.peek().is_some_and(|report| report.0 <= now) {
            self.reports.pop();
            self.filling.count(None, false);
        }
        let mut oldest = match self.kept.len() < monitor.scrapes as usize {
            true => Bucket::new(&monitor.signal),
            false => self.kept.pop_front().expect("a window has a scrape at least"),
        };
        oldest.clear();
        self.kept.push_back(std::mem::replace(&mut self.filling, oldest));
        self.sum.clear();
        for bucket in &self.kept {
            self.sum.add(bucket);
        }
        let sum = &self.sum;
        let level = match &monitor.signal {
            Signal::Reports(..) => return alert::Reading::Level(sum.failed as f64),
            _ if sum.all < u64::from(monitor.alert.min_count.get()) => None,
            Signal::Mean => (sum.timed > 0).then(|| sum.nanos as f64 * 1e-9 / sum.timed as f64),
            Signal::Quantile(p) => {
                sum.latency.as_ref().and_then(|latency| latency.quantile(*p)).map(SimDuration::as_secs_f64)
            }
            Signal::ErrorRatio => Some(sum.failed as f64 / sum.all as f64),
        };
        level.map_or(alert::Reading::TooFew, alert::Reading::Level)
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    pub(super) fn schedule_first_scrapes(&mut self) {
        self.ledger.watch.monitors = self.start.monitors.len() as u64;
        for (k, monitor) in (0..).zip(&self.start.monitors) {
            let luck = Luck::of_client(self.seed, monitor.key, 0);
            let at = SimTime::ZERO + monitor.scrape_interval.mul_f64(luck.draws(Purpose::Scrape).unit());
            self.schedule_timer(Lane::HEAP, at, Event::Scrape { monitor: k });
        }
    }

    /// A monitor looks.
    pub(super) fn on_scrape(&mut self, number: u32) {
        let now = self.now;
        let monitor = &self.start.monitors[number as usize];
        let watch = &mut self.monitors.all[number as usize];
        watch.scrapes = watch.scrapes.wrapping_add(1);
        let luck = Luck::of_client(self.seed, monitor.key, watch.scrapes);
        let works = match monitor.runs_on {
            None => true,
            Some((service, calls)) => {
                let well = math::pow(self.call_goes_well(service), f64::from(calls));
                luck.draws(Purpose::SharedFate).unit() < well
            }
        };
        let watch = &mut self.monitors.all[number as usize];
        let reading = if works { watch.read(monitor, now) } else { alert::Reading::Missing };
        let counts = &mut self.ledger.watch.scrapes;
        *counts = [counts[0] + 1, counts[1] + u64::from(works), counts[2] + u64::from(!works)];
        if let Some(change) = watch.alert.decide(&monitor.alert, monitor.above, reading, now) {
            watch.plan = watch.plan.wrapping_add(1);
            watch.by_silence = reading == alert::Reading::Missing;
            let page = Event::Page { monitor: number, plan: watch.plan, fires: change == Change::Fires };
            if change == Change::Fires {
                self.marks.add(now, MarkKind::AlertFires, number);
            }
            self.schedule_timer(Lane::HEAP, now + monitor.alert.delay, page);
        }
        self.schedule_timer(Lane::HEAP, now + monitor.scrape_interval, Event::Scrape { monitor: number });
    }

    /// Those on call see that an alert has changed.
    pub(super) fn on_page(&mut self, number: u32, plan: u32, fires: bool) {
        let watch = &mut self.monitors.all[number as usize];
        if watch.plan != plan || watch.fires == fires {
            return;
        }
        watch.fires = fires;
        let names = self.start.monitors[number as usize].names.filter(|_| !watch.by_silence);
        self.probe.observe(self.now, Observation::Alert { monitor: number, fires });
        let kind = if fires { MarkKind::Paged } else { MarkKind::AlertResolves };
        self.marks.add(self.now, kind, number);
        let ledger = &mut self.ledger.watch;
        match fires {
            true => ledger.alerts[0] += 1,
            false => return ledger.alerts[1] += 1,
        }
        let Some(since) = self.monitors.trigger.filter(|trigger| *trigger <= self.now) else { return };
        let since = self.now.since(since);
        ledger.detected.get_or_insert(since);
        if let Some(named) = names {
            let (faults, servers) = (&self.model.faults, &self.servers);
            let is_hit = faults.iter().any(|fault| {
                fault.begins <= self.now && fault.instances.iter().any(|i| servers[*i].service == named)
            });
            if is_hit {
                ledger.attributed.get_or_insert(since);
            }
        }
    }

    /// An operator does something.
    pub(super) fn operator_acted(&mut self) {
        if let Some(since) = self.monitors.trigger.filter(|trigger| *trigger <= self.now) {
            self.ledger.watch.acted.get_or_insert(self.now.since(since));
        }
    }

    /// The probability that a call to this service would go well at this moment.
    fn call_goes_well(&self, service: ServiceId) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for instance in self.model.services[service].all_instances() {
            let server = &self.servers[instance];
            if server.stage == Stage::Absent {
                continue;
            }
            count += 1.0;
            if server.accepts && !server.stopped {
                sum += (1.0 - server.hang_ratio) * (1.0 - server.error_ratio);
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// An attempt is over for its caller.
    #[inline]
    pub(super) fn watch_attempt(&mut self, id: CallId, outcome: Outcome) {
        if !self.monitors.exist || outcome == Outcome::Cancelled {
            return; // nobody looks, or nobody waited for it any more
        }
        let edge = self.calls.get(id.0).expect("the call of an attempt that is over").edge;
        let took = self.now.since(self.contexts[id.0.slot as usize].sent);
        for k in &self.monitors.edges[edge] {
            self.monitors.all[*k as usize].filling.count(Some(took), outcome.is_ok());
        }
    }

    /// A service has finished an attempt in this time, or turned one away.
    pub(super) fn watch_service(&mut self, service: ServiceId, took: Option<SimDuration>, is_ok: bool) {
        for k in &self.monitors.services[service] {
            self.monitors.all[*k as usize].filling.count(took, is_ok);
        }
    }

    /// A request has ended.
    pub(super) fn watch_request(&mut self, call: &Call, is_answered: bool) {
        let now = self.now;
        for k in &self.monitors.workloads[call.workload] {
            let watch = &mut self.monitors.all[*k as usize];
            let Signal::Reports(ratio, delay) = &self.start.monitors[*k as usize].signal else {
                watch.filling.count(Some(now.since(call.arrived)), is_answered);
                continue;
            };
            let mut draws = call.luck.draws(Purpose::Report);
            if !is_answered && draws.unit() < ratio.get() && watch.reports.len() < MAX_REPORTS {
                let delay = delay.as_ref().map_or(SimDuration::ZERO, |delay| delay.sample(&mut draws));
                watch.reports.push(Reverse(now + delay));
            }
        }
    }

    /// How many alerts fire: by the service that they name, and of workloads.
    pub(super) fn read_alerts(&self, readings: &mut Vec<Reading>) {
        if !self.monitors.exist {
            return;
        }
        let name = "alerts_firing";
        let mut read = |of: Holder, is_meant: &dyn Fn(&Monitor) -> bool| {
            let meant = || self.start.monitors.iter().zip(&self.monitors.all).filter(|(m, _)| is_meant(m));
            if meant().next().is_some() {
                let value = Some(meant().filter(|(_, watch)| watch.fires).count() as f64);
                readings.push(Reading { of, name, value });
            }
        };
        for id in self.model.services.ids() {
            read(Holder::Service(id), &|monitor| monitor.names == Some(id));
        }
        for (id, workload) in self.model.workloads.iter_ids() {
            read(Holder::Edge(workload.edge), &|monitor| monitor.of == Watched::Workload(id));
        }
    }

    pub(super) fn close_monitors(&mut self) {
        self.ledger.watch.firing = self.monitors.all.iter().filter(|watch| watch.fires).count() as u64;
    }
}
