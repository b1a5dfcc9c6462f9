//! Does any theory say something about this system, and what? A variant of a file as one of the models that theory
//! knows, with the conditions under which it holds, or the reason why it does not apply.
//!
//! | twin | knows | says | holds |
//! |---|---|---|---|
//! | [`fluid`] | timeouts, retries at once, an unbounded line, a trigger | whether the trigger tips it | within about 15 % |
//! | [`spiral`] | a service that its crowd slows down, a bound, callers who wait | times to collapse and to recover, P(recover) | exactly |
//! | [`orbit`] | callers of exponential patience who come again, a bound | the same, with those who gave up | exactly |
//!
//! What the file leaves at its default changes nothing; whatever else it sets is named.

pub mod fluid;
pub mod orbit;
pub mod spiral;

use serde::{Deserialize, Serialize};

use sim_core::dist::Distribution;
use sim_core::model::endpoint::StepConfig;
use sim_core::model::rate::RateProfile;
use sim_core::model::service::ServiceConfig;
use sim_core::model::workload::{ArrivalsConfig, WorkloadConfig};
use sim_core::units::Limit;

use sim_core::policy::queue;

use crate::experiment::VariantRuns;
use crate::load::Variant;
use crate::measure::{Record, Scope};
use crate::metric::{Metric, Unit};
use crate::statistics::{mean_interval, rounded};

/// What one theory says of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TwinResult {
    /// Which theory.
    pub theory: String,
    /// When it holds, in a sentence.
    pub applies: String,
    /// Why it says nothing here; absent if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Its numbers; none if it says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<Said>,
}

/// A number that theory gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Name of the number, the same in all results.
    pub id: String,
    /// What it is, in words.
    pub label: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Its value; none if that is infinite.
    pub value: Option<f64>,
    /// What the runs show of the same: the mean over seeds; none where they cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<f64>,
    /// 95 % interval of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
}

impl Said {
    fn new(id: &str, label: impl Into<String>, unit: Unit, value: f64) -> Self {
        let value = value.is_finite().then(|| rounded(value));
        Said { id: id.to_owned(), label: label.into(), unit, value, simulated: None, ci95: None }
    }
}

/// What every theory says of a variant.
pub fn all(variant: &Variant) -> Vec<TwinResult> {
    let result = |theory: &str, applies: &str, said: Result<Vec<Said>, String>| {
        let (refused, says) = match said {
            Ok(says) => (None, says),
            Err(why) => (Some(why), Vec::new()),
        };
        TwinResult { theory: theory.to_owned(), applies: applies.to_owned(), refused, says }
    };
    vec![
        result(fluid::NAME, fluid::APPLIES, fluid::said(variant)),
        result(spiral::NAME, spiral::APPLIES, spiral::said(variant)),
        result(orbit::NAME, orbit::APPLIES, orbit::said(variant)),
    ]
}

/// What the theories that apply say, beside what was simulated.
pub(crate) fn beside(runs: &VariantRuns) -> Vec<TwinResult> {
    let mut twins = all(&runs.variant);
    twins.retain(|twin| twin.refused.is_none());
    for said in twins.iter_mut().flat_map(|twin| &mut twin.says) {
        let over = |metric: Metric| {
            let value = |record: &Record| record.value(metric, Scope::default(), record.after_warmup());
            let values: Vec<f64> = runs.control.iter().filter_map(|record| value(record)).collect();
            mean_interval(&values)
        };
        let interval = match said.id.as_str() {
            spiral::MEAN => over(Metric::InFlight),
            spiral::LOSS => over(Metric::UnansweredShare),
            "stuck" => {
                use crate::expectation::Verdict::{Recovered, Stuck, Unaffected};
                let [stuck, healed] = [runs.count(Stuck), runs.count(Recovered) + runs.count(Unaffected)];
                if stuck + healed > 0 {
                    let share = crate::statistics::wilson(stuck, stuck + healed);
                    (said.simulated, said.ci95) = (Some(share.share), Some(share.ci95));
                }
                None
            }
            _ => None,
        };
        if let Some(interval) = interval {
            (said.simulated, said.ci95) = (Some(rounded(interval.mean)), interval.ci95);
        }
    }
    twins
}

/// One service under one open Poisson workload of constant rate.
struct Station<'a> {
    service: &'a ServiceConfig,
    workload: &'a WorkloadConfig,
    /// Requests per second.
    rate: f64,
}

fn station(variant: &Variant) -> Result<Station<'_>, String> {
    let services = &variant.system.services.0;
    let [(_, service)] = &services[..] else {
        return Err(format!("it knows one service, and there are {}", services.len()));
    };
    let (workload, rate) = users(variant)?;
    Ok(Station { service, workload, rate })
}

/// The only workload, and its requests per second.
fn users(variant: &Variant) -> Result<(&WorkloadConfig, f64), String> {
    let workloads = &variant.system.workloads.0;
    let [(_, workload)] = &workloads[..] else {
        return Err(format!("it knows one workload, and there are {}", workloads.len()));
    };
    let ArrivalsConfig::Poisson(arrivals) = &workload.arrivals else {
        return Err("it knows independent users, `arrivals: {poisson: ...}`".to_owned());
    };
    let RateProfile::Text(rate) = &arrivals.rate else {
        return Err("it knows a constant load, and the rate of this one is a profile".to_owned());
    };
    if rate.as_per_second() <= 0.0 {
        return Err("there is no load".to_owned());
    }
    if !variant.system.actions.is_empty() {
        return Err("it does not know operators, and there are `actions`".to_owned());
    }
    Ok((workload, rate.as_per_second()))
}

/// The law and the mean of the exponential work of a service that calls nobody.
fn work(service: &ServiceConfig) -> Result<(&Distribution, f64), String> {
    let law = match (&service.service_time, &service.steps[..]) {
        (Some(law), _) | (None, [StepConfig::Compute(law)]) => law,
        _ => return Err("it knows a service that works and calls nobody, in one step".to_owned()),
    };
    let Distribution::Exponential(_) = law else {
        return Err("it knows exponential work, and that of this service has another law".to_owned());
    };
    let mean = law.mean_secs().ok_or("its work has no mean")?;
    Ok((law, mean))
}

/// Most attempts at an instance, if its line is bounded and turns away who comes.
fn places(service: &ServiceConfig) -> Result<u32, String> {
    let of_line = |line: &queue::line::Line| {
        let plain = queue::line::Line { capacity: line.capacity, ..Default::default() };
        match (*line == plain, line.capacity) {
            (false, _) => Err("it knows a line that drops nobody who is in it".to_owned()),
            (true, Limit::AtMost(waiting)) => Ok(waiting.saturating_add(service.workers.get())),
            (true, Limit::Unlimited) => Err(UNBOUNDED.to_owned()),
        }
    };
    match &service.queue {
        queue::Config::Fifo(line) | queue::Config::Lifo(line) => of_line(line),
        queue::Config::ProcessorSharing(all) => match all.capacity {
            Limit::AtMost(places) => Ok(places.max(1)),
            Limit::Unlimited => Err(UNBOUNDED.to_owned()),
        },
        _ => Err("it knows the lines `fifo`, `lifo` and `processor_sharing`".to_owned()),
    }
}

const UNBOUNDED: &str = "it knows a bounded line, and this one has no `capacity`";
const NO_WAY: &str = "it knows no time on the way, and the network takes some";

/// Refuses time on the way.
fn no_way(variant: &Variant) -> Result<(), String> {
    match variant.model.edges.iter().any(|edge| edge.has_network || edge.crosses_zones) {
        true => Err(NO_WAY.to_owned()),
        false => Ok(()),
    }
}

/// The first setting, by name, in which two configurations differ.
fn first_difference<C: Serialize>(config: &C, plain: &C) -> Option<String> {
    let value = |config: &C| serde_json::to_value(config).expect("what was read from a file can be written");
    let (serde_json::Value::Object(config), serde_json::Value::Object(plain)) = (value(config), value(plain))
    else {
        return None;
    };
    config.into_iter().find(|(name, value)| plain.get(name) != Some(value)).map(|(name, _)| name)
}
