//! What happened to this request? Runs are deterministic, so a first pass finds the requests worth
//! telling (`find`) and a second one, with the same events, writes down their stories (`story`) and
//! who was on which worker around them (`lanes`). Observers only: nothing of a run changes.

mod find;
mod lanes;
mod story;
mod timeline;
mod told;
mod tries;
mod words;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sim_core::engine;
use sim_core::ids::WorkloadId;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
/// A moment of a run.
pub use sim_core::time::SimTime as Moment;
use sim_core::time::SimTime;

pub use find::Wish;
pub use timeline::{Flow, Instant, Level, Slice, Timeline};

use crate::load::{Scenario, Variant};
use crate::request::{self, VERSION};
use crate::results::{Arm, ScenarioRef};
use find::{Finder, Found};
use lanes::Lanes;
use story::Stories;

/// Most requests of one trace; those that arrived first are kept.
pub const MOST_REQUESTS: usize = 16;
/// Most lines of one request's journal; what happens after that is counted only.
pub const MOST_LINES: usize = 5_000;
/// Most attempts on the workers' lanes, shared equally by the windows that are looked at; those of the
/// requests told come on top.
pub const MOST_SLICES: usize = 10_000;

/// What shall be told.
#[derive(Clone, Debug)]
pub struct TraceRequest {
    /// Name of the variant.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// With or without the triggers.
    pub arm: Arm,
    /// Only requests of this workload.
    pub workload: Option<String>,
    /// Which requests.
    pub wishes: Vec<Wish>,
    /// What part of the run the lanes show; around the requests told if nothing is said.
    pub window: Option<(SimTime, SimTime)>,
    /// The command that repeats the result, without folders.
    pub reproduce: String,
}

/// `spiral trace --format json`. Times are nanoseconds since the start of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// `spiral/trace/1`.
    pub schema: String,
    /// Version of the program.
    pub spiral: String,
    /// The scenario.
    pub scenario: ScenarioRef,
    /// Title of the scenario.
    pub title: String,
    /// Name of the variant.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// With or without the triggers.
    pub arm: Arm,
    /// End of the run.
    pub horizon_ns: u64,
    /// The triggers of the run.
    pub faults: Vec<FaultSpan>,
    /// The requests, in order of arrival.
    pub requests: Vec<TracedRequest>,
    /// What was wished for and is not there, and what did not fit, in words.
    pub notes: Vec<String>,
    /// Command that repeats this result.
    pub reproduce: String,
}

/// When a trigger is on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSpan {
    /// Name in the file.
    pub name: String,
    /// What it does, in words.
    pub what: String,
    /// Start.
    pub from_ns: u64,
    /// End.
    pub to_ns: u64,
}

/// The story of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedRequest {
    /// Whose.
    pub workload: String,
    /// Its number among the requests of the workload, from 1.
    pub number: u64,
    /// Why it is told, such as `the first to fail`.
    pub why: Vec<String>,
    /// When it arrived.
    pub arrived_ns: u64,
    /// When it ended for its user; none if the run ended before.
    pub ended_ns: Option<u64>,
    /// `ok`, the word of its last failure, or `unfinished`.
    pub outcome: String,
    /// Attempts of the user's call.
    pub attempts: u32,
    /// When the last server let go of it: work goes on for users that left.
    pub quiet_ns: u64,
    /// All its calls, the user's first.
    pub calls: Vec<TracedCall>,
    /// All attempts of all calls, in the order of the waterfall: what an attempt caused follows it.
    pub tries: Vec<Try>,
    /// What happened, in order.
    pub journal: Vec<Line>,
    /// Lines that did not fit.
    pub left_out: u64,
}

/// One use of an edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedCall {
    /// What is called, with a number if the request calls it several times: `orders`, `orders #2`.
    pub label: String,
    /// Calls above it.
    pub depth: u32,
    /// Index of the attempt in `tries` that made it; none for the user's call.
    pub by: Option<usize>,
    /// Whether that attempt waits for it.
    pub waits: bool,
    /// When it began.
    pub from_ns: u64,
    /// When it ended; none if the run ended before.
    pub to_ns: Option<u64>,
    /// `ok`, the word of a failure, `left`, or `unfinished`.
    pub outcome: String,
}

/// One attempt of a call, or one that could not be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// Index in `calls`.
    pub call: usize,
    /// 1 for the first.
    pub number: u32,
    /// Where it was sent; none if it was not.
    pub instance: Option<String>,
    /// How it ended for its caller: `ok`, the word of a failure, `left`, or `unfinished`.
    pub outcome: String,
    /// What became of it at the server: `done`, `error`, `rejected`, `dropped`, `lost`, `withdrawn`, `unfinished`
    /// or `not_sent`.
    pub fate: String,
    /// When it was sent; none if it was not.
    pub sent_ns: Option<u64>,
    /// When its caller stopped waiting for it; none if the run ended before.
    pub over_ns: Option<u64>,
    /// What it went through, in order; between two of them nothing happened.
    pub spans: Vec<Span>,
}

/// What an attempt does for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What.
    pub what: SpanKind,
    /// Start.
    pub from_ns: u64,
    /// End.
    pub to_ns: u64,
}

/// Ways to spend time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The caller waits before it tries again.
    Backoff,
    /// The caller waits for a slot of its pool.
    Pool,
    /// On the way there or back.
    Network,
    /// In the waiting line.
    Waiting,
    /// On a worker.
    Service,
    /// On the way or in the line after its caller has left.
    Unwanted,
    /// On a worker after its caller has left.
    Wasted,
}

impl SpanKind {
    /// Every kind, in the order of legends.
    pub const ALL: &'static [SpanKind] = &[
        SpanKind::Backoff,
        SpanKind::Pool,
        SpanKind::Network,
        SpanKind::Waiting,
        SpanKind::Service,
        SpanKind::Unwanted,
        SpanKind::Wasted,
    ];

    /// What legends call it.
    pub fn label(self) -> &'static str {
        match self {
            SpanKind::Backoff => "back-off",
            SpanKind::Pool => "waits for a slot of the pool",
            SpanKind::Network => "network",
            SpanKind::Waiting => "waits in line",
            SpanKind::Service => "in service",
            SpanKind::Unwanted => "waits, its caller has left",
            SpanKind::Wasted => "in service, its caller has left",
        }
    }
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at_ns: u64,
    /// Calls above.
    pub depth: u32,
    /// What kind of event: a word that stays.
    pub kind: String,
    /// Index in `tries`, where it is about one.
    pub attempt: Option<usize>,
    /// A sentence fragment; may change.
    pub text: String,
}

/// A trace with the lanes around it.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The stories.
    pub trace: Trace,
    /// Who was on which worker.
    pub timeline: Timeline,
}

/// Why there is nothing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTrace {
    /// Names or numbers that are not there.
    Unknown(Vec<String>),
    /// What was wished for did not happen in this run.
    Nothing(Vec<String>),
}

/// Runs one variant twice and tells what was asked for.
pub fn trace(scenario: &Scenario, request: &TraceRequest) -> Result<Traced, NoTrace> {
    let unknown = |what: String| NoTrace::Unknown(vec![what]);
    let variant = scenario.variants.iter().find(|variant| variant.name == request.variant);
    let variant = variant.ok_or_else(|| unknown(format!("there is no variant `{}`", request.variant)))?;
    let model = match request.arm {
        Arm::Triggered => variant.model.clone(),
        Arm::Control => variant.model.without_faults(),
    };
    let workload = match &request.workload {
        None => None,
        Some(name) => {
            let named =
                |(_, workload): &(WorkloadId, &sim_core::model::workload::Workload)| workload.name == *name;
            let found = model.workloads.iter_ids().find(named);
            Some(found.ok_or_else(|| unknown(format!("there is no workload `{name}`")))?.0)
        }
    };
    let finder =
        engine::run_dyn(&model, Seed(request.seed), Finder::new(&model, workload, &request.wishes)).probe;
    let (mut found, mut notes) = chosen(&finder, &model)?;
    if found.len() > MOST_REQUESTS {
        notes.push(format!(
            "{} requests were meant; the {MOST_REQUESTS} that came first are told",
            found.len()
        ));
        found.truncate(MOST_REQUESTS);
    }
    let windows = match request.window {
        Some(window) => vec![window],
        None => found.iter().map(|found| around(found, model.horizon)).collect(),
    };
    let keys: Vec<(WorkloadId, u64)> = found.iter().map(|found| (found.workload, found.number)).collect();
    let probes = (Stories::new(&model, &keys), Lanes::new(&model, &keys, windows));
    let run = engine::run_dyn(&model, Seed(request.seed), probes);
    // A run that a bound ended has no known end; its last event is one.
    let (stories, lanes) = run.probe;
    let end = if run.stop.is_complete() { model.horizon } else { stories.last() };
    let mut requests = stories.finish(end);
    for (request, found) in requests.iter_mut().zip(&found) {
        request.why.clone_from(&found.why);
    }
    let timeline = lanes.finish(end);
    if !run.stop.is_complete() {
        notes.push("the run ended at a bound before its horizon".to_owned());
    }
    let trace = Trace {
        schema: "spiral/trace/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: request::reference(scenario),
        title: scenario.title.clone(),
        variant: variant.name.clone(),
        seed: request.seed,
        arm: request.arm,
        horizon_ns: model.horizon.as_nanos(),
        faults: faults(variant, request.arm, model.horizon),
        requests,
        notes,
        reproduce: request.reproduce.clone(),
    };
    Ok(Traced { trace, timeline })
}

/// The requests found in order of arrival, and what is missing though others are there.
fn chosen(finder: &Finder, model: &sim_core::model::Model) -> Result<(Vec<Found>, Vec<String>), NoTrace> {
    let found = finder.found();
    let (unknown, nothing) = finder.missing(model);
    if !unknown.is_empty() {
        return Err(NoTrace::Unknown(unknown));
    }
    match found.is_empty() {
        true => Err(NoTrace::Nothing(nothing)),
        false => Ok((found, nothing)),
    }
}

/// The moment that a word such as `65s` means, before the end of a run.
pub fn moment(word: &str, horizon: SimDuration) -> Result<SimTime, String> {
    let after: SimDuration = word.trim().parse()?;
    match after < horizon {
        true => Ok(SimTime::ZERO + after),
        false => Err(format!("the run ends at {horizon}")),
    }
}

/// A request with some time before and after it.
fn around(found: &Found, horizon: SimTime) -> (SimTime, SimTime) {
    const LEAST: SimDuration = SimDuration::from_millis(10);
    let ended = found.ended.unwrap_or(horizon);
    let tenth = SimDuration::from_nanos(ended.since(found.arrived).as_nanos() / 10);
    let margin = tenth.max(LEAST);
    let from = found.arrived.as_nanos().saturating_sub(margin.as_nanos());
    (SimTime::from_nanos(from), (ended + margin).min(horizon))
}

fn faults(variant: &Variant, arm: Arm, horizon: SimTime) -> Vec<FaultSpan> {
    if arm == Arm::Control {
        return Vec::new();
    }
    let span = |(name, fault): (&str, &sim_core::model::fault::FaultConfig)| FaultSpan {
        name: name.to_owned(),
        what: fault.describe(),
        from_ns: fault.at.as_nanos(),
        to_ns: (SimTime::ZERO + fault.at + fault.length).min(horizon).as_nanos(),
    };
    variant.system.faults.iter().map(span).collect()
}

/// The name of an instance: that of its service, with its place if there are several.
pub(crate) fn instance_names(model: &sim_core::model::Model) -> Vec<String> {
    let of = |service: &sim_core::model::service::Service| -> Vec<String> {
        match service.instances {
            1 => vec![service.name.clone()],
            several => (0..several).map(|place| format!("{}-{place}", service.name)).collect(),
        }
    };
    model.services.iter().flat_map(of).collect()
}
