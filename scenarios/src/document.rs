//! What stands in a scenario file? Types that mirror the file, nothing else; the parts of the system are
//! `sim-core`'s own types, so that every policy is described in one place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::model::action::{ActionConfig, Overlay};
use sim_core::model::fault::FaultConfig;
use sim_core::model::monitor::MonitorConfig;
use sim_core::model::price::PricesConfig;
use sim_core::model::service::ServiceConfig;
use sim_core::model::shared_link::SharedLinkConfig;
use sim_core::model::workload::WorkloadConfig;
use sim_core::model::zone::ZonesConfig;
use sim_core::model::{Named, SystemConfig};
use sim_core::time::SimDuration;
use sim_core::units::{Count, Probability};

use crate::expectation::ExpectationConfig;
use crate::glance::GlanceConfig;
use crate::range::Range;

/// The version of the file format that this program reads.
pub const FORMAT: u32 = 1;

/// A scenario: a system, what goes wrong with it, variants of it, and what is claimed about them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of the file format; `1`.
    pub spiral: u32,
    /// Name of the scenario in kebab-case, unique.
    pub id: String,
    /// One line that says what it shows.
    pub title: String,
    /// A paragraph: the mechanism before, during and after the trigger.
    #[serde(default)]
    pub summary: String,
    /// Where mechanism and numbers come from.
    #[serde(default)]
    pub source: String,
    /// The services by name.
    pub services: Named<ServiceConfig>,
    /// The zones that instances and clients stand in, and how long messages take between them.
    #[serde(default)]
    pub zones: ZonesConfig,
    /// What instances, bytes and calls cost, in one currency without a unit; default: nothing.
    #[serde(default)]
    pub prices: PricesConfig,
    /// The links of limited bandwidth that calls share, by name; `network: {link: NAME}` of a call says which.
    #[serde(default)]
    pub links: Named<SharedLinkConfig>,
    /// The workloads by name.
    pub workloads: Named<WorkloadConfig>,
    /// The triggers by name; without any there is nothing to recover from.
    #[serde(default)]
    pub faults: Named<FaultConfig>,
    /// What operators do about it, by name; the control arm has none of it.
    #[serde(default)]
    pub actions: Named<ActionConfig>,
    /// Who looks at the running system, by name; operators can wait for their alerts.
    #[serde(default)]
    pub monitors: Named<MonitorConfig>,
    /// Owners who change settings of their own while the system runs; the control arm has none of it. Default: none.
    #[serde(default)]
    pub changes: Option<sim_core::model::change::ChangesConfig>,
    /// Named changes to the file, compared with each other on the same seeds; the first is the baseline.
    /// A variant has the shape of the file: maps merge, lists replace, `name: none` removes a named entry.
    #[serde(default)]
    pub variants: Named<Overlay>,
    /// What the scenario claims; every line is checked by `compare`.
    #[serde(default)]
    pub expect: Vec<ExpectationConfig>,
    /// Named series of runs in which one setting takes several values.
    #[serde(default)]
    pub sweeps: Named<SweepConfig>,
    /// Short names of settings, for sweeps.
    #[serde(default)]
    pub parameters: Named<ParameterConfig>,
    /// The number that shows at a glance what it is about: `spiral glance` draws it for a whole module.
    #[serde(default)]
    pub glance: Option<GlanceConfig>,
    /// How long and how often it is run.
    pub run: RunConfig,
}

/// How long and how often a scenario is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Simulated time of a run.
    pub horizon: SimDuration,
    /// Start of a run that metrics leave out, while queues fill; default `0s`.
    #[serde(default)]
    pub warmup: SimDuration,
    /// Seeds 1 to this number are compared; default 30.
    #[serde(default = "thirty")]
    pub seeds: Count,
    /// Share of the control's success that counts as healthy; default 0.95.
    #[serde(default = "most")]
    pub healthy: Probability,
    /// Success below which the control itself counts as overloaded; default 0.95.
    #[serde(default = "most")]
    pub healthy_success: Probability,
}

fn thirty() -> Count {
    Count::new(30)
}

fn most() -> Probability {
    Probability::new(0.95)
}

/// A series of runs in which one setting takes several values, for every variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// The setting, as a path of names separated by dots: `workloads.users.arrivals.poisson.rate`.
    pub path: String,
    /// The values it takes, written as at that place: a list, or a range such as `100/s..900/s:33`, with `:log`
    /// behind it for equal ratios.
    pub values: Range,
    /// Label of the axis; default: the path.
    #[serde(default)]
    pub label: String,
    /// Seeds inside each point; default: those of `run`.
    #[serde(default)]
    pub seeds: Option<Count>,
    /// Metric on the vertical axis of the figure; default `latency_mean`.
    #[serde(default)]
    pub metric: Option<crate::metric::Metric>,
    /// A second setting: every value of the first with every value of this, drawn as a map.
    #[serde(default)]
    pub y: Option<SecondAxisConfig>,
    /// Of a map: a coarse grid first, then only cells between neighbours that differ.
    #[serde(default)]
    pub refine: bool,
    /// Of a map: a cell is given no more seeds once half of the 95 % interval of its value is this short: a
    /// share such as 0.1, of a metric its part of the mean. Default: every cell gets all seeds.
    #[serde(default)]
    pub precision: Option<Probability>,
}

/// The second setting of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondAxisConfig {
    /// The setting, as for the first.
    pub path: String,
    /// The values it takes, as for the first.
    pub values: Range,
    /// Label of the axis; default: the path.
    #[serde(default)]
    pub label: String,
}

/// A short name for a setting: sweeps may write it instead of the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterConfig {
    /// The setting, as a path of names separated by dots.
    pub path: String,
    /// Label of an axis; default: the name of the parameter.
    #[serde(default)]
    pub label: String,
}

impl Document {
    /// The system that a run simulates.
    pub fn system(&self) -> SystemConfig {
        SystemConfig {
            services: self.services.clone(),
            workloads: self.workloads.clone(),
            faults: self.faults.clone(),
            zones: self.zones.clone(),
            prices: self.prices.clone(),
            links: self.links.clone(),
            actions: self.actions.clone(),
            stages: Vec::new(),
            monitors: self.monitors.clone(),
            changes: self.changes.clone(),
            horizon: self.run.horizon,
        }
    }
}
