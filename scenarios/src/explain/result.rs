//! What does the analysis find? Plain data, as JSON under the schema `spiral/explain/1` and as text.

use serde::Serialize;

use crate::presets::PresetUse;
use crate::twin::TwinResult;

/// Everything that is known of a variant before any run. Spans in seconds, rates per second; a number that is
/// infinite or cannot be known is absent.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `spiral/explain/1`.
    pub schema: &'static str,
    /// Version of the program.
    pub spiral: &'static str,
    /// Id and hash of the scenario.
    pub scenario: Named,
    /// Title of the scenario.
    pub title: String,
    /// The variant that is explained.
    pub variant: String,
    /// Who calls whom.
    pub topology: Topology,
    /// The workloads in the order of the file.
    pub workloads: Vec<WorkloadResult>,
    /// The services in the order of the file.
    pub services: Vec<ServiceResult>,
    /// The caches whose hits can be known.
    pub caches: Vec<CacheResult>,
    /// What operators will do, in the order of the file; all else is about the system before that.
    pub actions: Vec<ActionResult>,
    /// What is built on presets, and what holds there.
    pub presets: Vec<PresetUse>,
    /// What theories say of it without its simulation, or why they do not apply.
    pub twins: Vec<TwinResult>,
    /// What may go wrong, in the order of the file.
    pub warnings: Vec<Warning>,
}

/// What an operator will do.
#[derive(Clone, Debug, Serialize)]
pub struct ActionResult {
    /// Its name.
    pub name: String,
    /// When, in words.
    pub when: String,
    /// What, in words.
    pub what: String,
    /// For how long what it changes stays so; absent if to the end.
    pub length_s: Option<f64>,
}

/// Which scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Hash of its text.
    pub hash: String,
}

/// The shape of the system.
#[derive(Clone, Debug, Serialize)]
pub struct Topology {
    /// How many services.
    pub services: usize,
    /// How many endpoints.
    pub endpoints: usize,
    /// The calls, those of workloads first.
    pub calls: Vec<CallResult>,
    /// Services above one another on the deepest path.
    pub depth: usize,
    /// Calls that go round.
    pub circles: Vec<Circle>,
}

/// A call.
#[derive(Clone, Debug, Serialize)]
pub struct CallResult {
    /// Workload or endpoint.
    pub from: String,
    /// Whether a workload calls.
    pub from_workload: bool,
    /// Endpoint.
    pub to: String,
    /// Its place in the file.
    pub place: String,
    /// Attempts at most, the first included.
    pub max_attempts: u32,
    /// Patience with one attempt.
    pub attempt_timeout_s: Option<f64>,
    /// Patience with the silence of one attempt.
    pub idle_timeout_s: Option<f64>,
    /// Patience with the whole call.
    pub total_timeout_s: Option<f64>,
}

/// Endpoints that lead back to themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Circle {
    /// Their names.
    pub endpoints: Vec<String>,
    /// Most calls above one another inside.
    pub max_depth: u32,
}

/// A workload.
#[derive(Clone, Debug, Serialize)]
pub struct WorkloadResult {
    /// Its name.
    pub name: String,
    /// The endpoint it calls.
    pub to: String,
    /// Whether users come whether or not the system copes.
    pub open: bool,
    /// Requests per second: highest of the run without spikes; of closed users the most they can ask for.
    pub peak_per_s: f64,
    /// The same on average over the run.
    pub mean_per_s: f64,
    /// The load that is served in good times, all open workloads growing alike.
    pub advertised: Option<Capacity>,
    /// The load below which every trigger heals.
    pub hidden: Option<Capacity>,
    /// What `error_ratio` leaves; absent if nothing errs.
    pub availability: Option<Availability>,
}

/// A load and what bounds it.
#[derive(Clone, Debug, Serialize)]
pub struct Capacity {
    /// Requests per second of this workload.
    pub per_s: f64,
    /// The service that is full first.
    pub bottleneck: String,
    /// How far it can be relied on.
    pub trust: Trust,
    /// Why it is not exact.
    pub reasons: Vec<String>,
}

/// How far a prediction can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Below it every trigger heals, above it one that is large enough does not.
    Sharp,
    /// Below it every trigger heals; above it the system may heal as well.
    AtLeast,
    /// Something that depends on the run may bring the system down below it.
    Unknown,
}

/// Share of the requests that is answered.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Availability {
    /// With one attempt per call.
    pub single: f64,
    /// With the retries of the file, failures independent.
    pub with_retries: f64,
}

/// A service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceResult {
    /// Its name.
    pub name: String,
    /// Instances.
    pub instances: u32,
    /// Workers of each.
    pub workers: u32,
    /// Names of its endpoints.
    pub endpoints: Vec<String>,
    /// Workloads and endpoints that call it.
    pub called_by: Vec<String>,
    /// First tries per second at the workloads' highest rates.
    pub first_tries_per_s: f64,
    /// The same at their mean rates.
    pub first_tries_mean_per_s: f64,
    /// Mean time that an attempt holds a worker, lines empty and callees healthy.
    pub holds_s: Option<f64>,
    /// Attempts per second that its workers can do in this mix.
    pub capacity_per_s: Option<f64>,
    /// Busy share of the workers with first tries at the highest rates.
    pub utilisation: f64,
    /// First tries per second once caches are warm, at best; absent if no cache is known.
    pub first_tries_warm_per_s: Option<f64>,
    /// Busy share of the workers with them.
    pub utilisation_warm: Option<f64>,
    /// Busy share of the workers at the mean rates.
    pub utilisation_mean: f64,
    /// Attempts over first tries if everything here fails, for whatever reason.
    pub amplification: Option<f64>,
    /// The same if answers are only late.
    pub storm_amplification: Option<f64>,
    /// Busy share of the workers that such a storm asks for.
    pub storm_utilisation: f64,
    /// Workers that first tries hold if all that it calls is silent; absent if it calls nobody, infinite
    /// (`null` in JSON) if nobody gives up.
    pub workers_if_callees_are_silent: Option<f64>,
    /// One instance, and requests that cannot do without it.
    pub single_point_of_failure: bool,
    /// The requests that fail while it is down.
    pub blast_radius: Vec<Hit>,
}

/// A cache whose hits can be known.
#[derive(Clone, Debug, Serialize)]
pub struct CacheResult {
    /// Of this service.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Share of the look-ups that hit once it is warm, if loads took no time.
    pub hit_ratio_at_best: f64,
}

/// Requests that fail.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// Of this workload.
    pub workload: String,
    /// Which share.
    pub share: f64,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Name of the text: a file, or `--set`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The setting: `services.api.queue`.
    pub path: String,
}

/// Something that may go wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// Which check speaks.
    pub check: &'static str,
    /// What is the matter, with numbers.
    pub message: String,
    /// Where it stands in the file or its overlay.
    pub place: Option<Place>,
    /// What to do instead.
    pub instead: String,
    /// The shipped scenario that shows what comes of it.
    pub shown_by: Option<&'static str>,
}
