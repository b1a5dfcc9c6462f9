//! What keeps a stuck system down? The stuck seeds beside their controls, long after the trigger: which feedback
//! carries the extra load, and what the system can carry in this state and without it.
//!
//! Only differences that were measured are named; a feedback counts from a tenth more than in the control. Both
//! capacities are in requests of users per second, as the busiest service of the stuck seeds shows them:
//!
//! * advertised: the control's load divided by the utilisation it causes;
//! * hidden: the load multiplied by what the service completes of what arrives. Below it a storm of this kind cannot
//!   feed itself.

use serde::{Deserialize, Serialize};
use sim_core::ids::{EdgeId, Id, ServiceId, WorkloadId};
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;
use sim_core::time::SimTime;

use crate::expectation::Verdict;
use crate::experiment::VariantRuns;
use crate::measure::{Record, Scope};
use crate::metric::Metric;

/// From this much more than in the control on something counts as feedback.
const MORE: f64 = 1.1;
/// What happens less often than this per second, or is smaller than this, is no feedback.
const LEAST: f64 = 0.05;

/// A way in which trouble makes more trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loop {
    /// Attempts beyond the first.
    Retries,
    /// Look-ups that find nothing and ask what is behind the cache.
    Misses,
    /// Answers that are errors, and what they cost.
    Errors,
    /// Work that takes longer.
    SlowDown,
    /// Instances that go down.
    Crashes,
    /// Users who connect again.
    Reconnects,
    /// Copying of data that lost a copy.
    Repair,
}

/// One feedback that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// Which.
    pub kind: Loop,
    /// Whose: a service, or `caller → service`.
    pub of: String,
    /// How much on the stuck seeds: per second, or in seconds of work, or a share.
    pub stuck: f64,
    /// How much in their controls.
    pub control: f64,
}

/// Why a variant stays down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Stuck seeds that were looked at.
    pub seeds: u32,
    /// Names of the triggers.
    pub triggers: Vec<String>,
    /// The part of the run, seconds: the second half of what follows the last trigger.
    pub window_s: [f64; 2],
    /// The busiest service of the stuck seeds.
    pub bottleneck: String,
    /// What arrives there per second, stuck and in the control.
    pub arriving: [f64; 2],
    /// Requests of users per second that it carries in the control's state.
    pub advertised: Option<f64>,
    /// Requests of users per second that it carries in this state.
    pub hidden: Option<f64>,
    /// What carries the extra load, most of it first.
    pub loops: Vec<Feedback>,
    /// Variants of the same comparison, with the same triggers, that do not stay down.
    pub healed_by: Vec<String>,
}

/// Means over the stuck seeds.
struct Means<'a> {
    stuck: Vec<(&'a Record, &'a Record)>,
    window: (SimTime, SimTime),
}

impl Means<'_> {
    /// Stuck and control.
    fn of(&self, value: impl Fn(&Record) -> Option<f64>) -> [f64; 2] {
        let mean = |records: &mut dyn Iterator<Item = &Record>| {
            let values: Vec<f64> = records.filter_map(&value).filter(|value| value.is_finite()).collect();
            if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
        };
        [
            mean(&mut self.stuck.iter().map(|(stuck, _)| *stuck)),
            mean(&mut self.stuck.iter().map(|(_, control)| *control)),
        ]
    }

    fn metric(&self, metric: Metric, scope: Scope) -> [f64; 2] {
        self.of(|record| record.value(metric, scope, record.span(self.window.0, self.window.1)))
    }

    fn edge(&self, edge: EdgeId) -> [f64; 2] {
        self.of(|record| record.edge_attempts(edge, record.span(self.window.0, self.window.1)))
    }
}

/// Why the stuck seeds of a variant stay down; `None` if there are none.
pub(crate) fn diagnose(runs: &VariantRuns, others: &[VariantRuns]) -> Option<Diagnosis> {
    let model = &runs.variant.model;
    let (_, ends) = model.trigger_window()?;
    let arms = runs.triggered.iter().zip(&runs.control).zip(&runs.judgements);
    let stuck: Vec<(&Record, &Record)> = arms
        .filter(|(_, judgement)| judgement.verdict == Verdict::Stuck)
        .map(|((triggered, control), _)| (&**triggered, &**control))
        .collect();
    if stuck.is_empty() {
        return None;
    }
    let from = SimTime::from_nanos((ends.as_nanos() + model.horizon.as_nanos()) / 2);
    let means = Means { stuck, window: (from, model.horizon) };
    let services = || (0..model.services.len()).map(ServiceId::from_index);
    let of = |service| Scope { service: Some(service), workload: None };
    let busy = |service| means.metric(Metric::Utilisation, of(service));
    let bottleneck = services().max_by(|a, b| busy(*a)[0].total_cmp(&busy(*b)[0]))?;
    let (arriving, done) =
        (means.metric(Metric::Attempts, of(bottleneck)), means.metric(Metric::Throughput, of(bottleneck)));
    let offered = means.metric(Metric::Offered, Scope::default());
    let utilisation = busy(bottleneck)[1];
    let ratio = |load: f64, part: f64, whole: f64| (whole > 0.0).then(|| load * part / whole);
    let mut loops = retries(model, &means);
    loops.extend(services().flat_map(|service| feedbacks(model, &means, service)));
    // Most of the extra load first; what is no load comes after it, in this order.
    let extra = |feedback: &Feedback| match feedback.kind {
        Loop::Retries | Loop::Misses | Loop::Reconnects => feedback.stuck - feedback.control,
        Loop::Errors | Loop::SlowDown | Loop::Crashes | Loop::Repair => 0.0,
    };
    loops.sort_by(|a, b| extra(b).total_cmp(&extra(a)));
    let same_triggers = |other: &&VariantRuns| {
        other.variant.name != runs.variant.name && other.variant.system.faults == runs.variant.system.faults
    };
    let heals = |other: &&VariantRuns| {
        let stuck = other.count(Verdict::Stuck) as usize;
        stuck * 20 <= other.judgements.len() && other.count(Verdict::Inconclusive) == 0
    };
    Some(Diagnosis {
        seeds: means.stuck.len() as u32,
        triggers: runs.variant.system.faults.names().map(str::to_owned).collect(),
        window_s: [from.as_secs_f64(), model.horizon.as_secs_f64()],
        bottleneck: model.services[bottleneck].name.clone(),
        arriving,
        advertised: ratio(offered[1], 1.0, utilisation),
        hidden: ratio(offered[0], done[0], arriving[0]),
        loops,
        healed_by: others
            .iter()
            .filter(same_triggers)
            .filter(heals)
            .map(|other| other.variant.name.clone())
            .collect(),
    })
}

/// Attempts beyond what the control sends, by who sends them.
fn retries(model: &Model, means: &Means<'_>) -> Vec<Feedback> {
    let mut found = Vec::new();
    for workload in (0..model.workloads.len()).map(WorkloadId::from_index) {
        let scope = Scope { service: None, workload: Some(workload) };
        let (attempts, offered) =
            (means.metric(Metric::Attempts, scope), means.metric(Metric::Offered, scope));
        let extra = [attempts[0] - offered[0], attempts[1] - offered[1]];
        found.extend(more(Loop::Retries, model.workloads[workload].name.clone(), extra));
    }
    for edge in (0..model.edges.len()).map(EdgeId::from_index) {
        let EdgeCaller::Service(caller) = model.edges[edge].caller else { continue };
        let callee = &model.services[model.edges[edge].to].name;
        let of = format!("{} → {callee}", model.services[caller].name);
        found.extend(more(Loop::Retries, of, means.edge(edge)));
    }
    found
}

/// What one service adds to the trouble.
fn feedbacks(model: &Model, means: &Means<'_>, service: ServiceId) -> Vec<Feedback> {
    let scope = Scope { service: Some(service), workload: None };
    let name = || model.services[service].name.clone();
    let metric = |metric| means.metric(metric, scope);
    let (busy, done) = (metric(Metric::BusyWorkers), metric(Metric::Throughput));
    let work = [0, 1].map(|arm| if done[arm] > 0.0 { busy[arm] / done[arm] } else { 0.0 });
    let slower = (work[1] > 0.0 && work[0] > MORE * work[1]).then(|| Feedback {
        kind: Loop::SlowDown,
        of: name(),
        stuck: work[0],
        control: work[1],
    });
    let counted = [
        (Loop::Misses, Metric::CacheLoads),
        (Loop::Errors, Metric::Errors),
        (Loop::Crashes, Metric::Crashes),
        (Loop::Reconnects, Metric::ConnectAttempts),
        (Loop::Repair, Metric::RepairShare),
    ];
    let counted = counted.into_iter().filter_map(|(kind, id)| more(kind, name(), metric(id)));
    counted.chain(slower).collect()
}

fn more(kind: Loop, of: String, [stuck, control]: [f64; 2]) -> Option<Feedback> {
    (stuck > LEAST && stuck > MORE * control).then_some(Feedback { kind, of, stuck, control })
}

impl Diagnosis {
    /// In words: what began it, what carries it, what the system could carry, and what would have broken it.
    pub fn sentences(&self) -> Vec<String> {
        let mut told = Vec::new();
        let [stuck, control] = self.arriving;
        told.push(format!(
            "`{}` is over, and still {} arrive at {} ({} in the control).",
            self.triggers.join("`, `"),
            rate(stuck),
            self.bottleneck,
            rate(control)
        ));
        let loops: Vec<String> = self.loops.iter().take(3).map(Feedback::words).collect();
        match loops.is_empty() {
            true => {
                told.push("No feedback was measured: what piled up is still being worked off.".to_owned());
            }
            false => told.push(format!("What sustains it: {}.", loops.join("; "))),
        }
        if let (Some(advertised), Some(hidden)) = (self.advertised, self.hidden) {
            told.push(format!(
                "Measured at {}: advertised capacity {} of users' load, hidden capacity {}.",
                self.bottleneck,
                rate(advertised),
                rate(hidden)
            ));
        }
        if !self.healed_by.is_empty() {
            let few = self.healed_by.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            let more = self.healed_by.len().saturating_sub(few.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            told.push(format!("The same trigger does not leave these down: {}{more}.", few.join(", ")));
        } else if let Some(first) = self.loops.first() {
            told.push(format!("To break the loop: {}.", first.kind.remedy()));
        }
        told
    }
}

impl Feedback {
    fn words(&self) -> String {
        let Feedback { kind, of, stuck, control } = self;
        match kind {
            Loop::Retries if of.contains('→') => {
                format!("{of} sends {} ({} in the control)", rate(*stuck), rate(*control))
            }
            Loop::Retries => format!("retries of {of}, {} ({} in the control)", rate(*stuck), rate(*control)),
            Loop::Misses => format!("caches of {of} load {} ({})", rate(*stuck), rate(*control)),
            Loop::Errors => format!("{of} answers {} with errors ({})", rate(*stuck), rate(*control)),
            Loop::SlowDown => {
                format!("work at {of} takes {} instead of {} of a worker", seconds(*stuck), seconds(*control))
            }
            Loop::Crashes => format!("instances of {of} crash {stuck:.0} times ({control:.0})"),
            Loop::Reconnects => format!("connecting to {of}, {} ({})", rate(*stuck), rate(*control)),
            Loop::Repair => {
                format!("repair takes {:.0} % of {of} ({:.0} %)", 100.0 * stuck, 100.0 * control)
            }
        }
    }
}

impl Loop {
    /// What breaks such a loop.
    fn remedy(self) -> &'static str {
        match self {
            Loop::Retries => "a retry budget, fewer attempts, or a queue shorter than capacity x timeout",
            Loop::Misses => {
                "one load per key at a time, stale answers, or fewer requests until the cache is warm"
            }
            Loop::Errors => "errors that cost less than answers, or fewer requests",
            Loop::SlowDown => "a bound on what is under way at once",
            Loop::Crashes => "load that survivors can carry, or restarts spread out",
            Loop::Reconnects => "back-off with jitter, or a bound on connects",
            Loop::Repair => "repair that leaves capacity for users",
        }
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        x if x < 0.005 => "0/s".to_owned(),
        x if x >= 100.0 => format!("{x:.0}/s"),
        x if x >= 10.0 => format!("{x:.1}/s"),
        x => format!("{x:.2}/s"),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", 1e3 * seconds) } else { format!("{seconds:.2} s") }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::experiment::{self, Hooks};
    use crate::load::load;

    /// Capacity 100/s, four attempts at 60/s: a storm of 240/s that answers nobody.
    const STORM: &str = "
spiral: 1
id: storm
title: A storm
services:
  api: {workers: 1, service_time: {exponential: {mean: 10ms}}}
workloads:
  users:
    arrivals: {poisson: {rate: 60/s}}
    call: {to: api, timeouts: {attempt: 500ms}, retry: {immediate: {max_attempts: 4}}}
faults:
  outage: {at: 20s, for: 5s, stop: {service: api}}
variants:
  four: {}
  one: {workloads: {users: {call: {retry: none}}}}
run: {horizon: 120s, warmup: 5s, seeds: 3}
";

    #[test]
    fn a_storm_is_carried_by_the_retries_of_users() {
        let no_files = |_: &str| Err("no such file".to_owned());
        let scenario = load("storm.yaml", STORM.as_bytes(), &[], &no_files);
        let scenario = scenario.unwrap_or_else(|error| panic!("{}", error.render(false)));
        let hooks = Hooks { threads: 0, progress: &|_, _| {}, stop: &AtomicBool::new(false) };
        let runs = experiment::run(&scenario.variants, &[1, 2, 3], &hooks);
        let found = diagnose(&runs.variants[0], &runs.variants).expect("it is stuck");
        assert_eq!((found.seeds, found.bottleneck.as_str()), (3, "api"));
        let [feedback] = &found.loops[..] else { panic!("{:?}", found.loops) };
        assert_eq!((feedback.kind, feedback.of.as_str()), (Loop::Retries, "users"));
        // Three retries of each of 60/s.
        assert!((feedback.stuck - 180.0).abs() < 9.0 && feedback.control < 1.0, "{feedback:?}");
        // 100/s / 4 and 100/s, 5 % for 140 s of three seeds.
        let (hidden, advertised) = (found.hidden.unwrap(), found.advertised.unwrap());
        assert!((hidden - 25.0).abs() < 1.25 && (advertised - 100.0).abs() < 5.0, "{hidden} {advertised}");
        assert_eq!(found.healed_by, ["one"]);
        assert_eq!(diagnose(&runs.variants[1], &runs.variants), None);
        assert!(found.sentences()[0].starts_with("`outage` is over"), "{:?}", found.sentences());
    }
}
