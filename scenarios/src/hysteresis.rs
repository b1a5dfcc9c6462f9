//! Does the way back differ from the way there? The load goes up in small steps and down again, each long enough for
//! the system to settle: the load that breaks it against the load that heals it.

use sim_core::model::rate::{RateProfile, Step};
use sim_core::model::{Model, Named, SystemConfig};
use sim_core::time::{SimDuration, SimTime};
use sim_core::units::Rate;

use crate::experiment::{self, Hooks};
use crate::load::{Scenario, Sweep, Variant};
use crate::measure::{self, Scope};
use crate::metric::Metric;
use crate::request::{Request, VERSION, reference};
use crate::results::hysteresis::{HysteresisResult, HysteresisVariant, RampStep};
use crate::{statistics, twin};

/// Below this share of answered requests the system counts as broken.
const BROKEN: f64 = 0.5;
/// From this share on it counts as healed.
const HEALED: f64 = 0.95;

/// Longest time that all steps may last together.
const LONGEST_S: f64 = 100_000.0;

/// A load that goes up and down.
#[derive(Clone, Debug)]
pub struct Ramp {
    /// Path of the load: `workloads.NAME.arrivals.KIND.rate`.
    pub path: String,
    /// Label of the axis.
    pub label: String,
    /// The loads on the way up, per second, rising.
    pub loads: Vec<f64>,
    /// How long each lasts.
    pub dwell: SimDuration,
}

/// A variant that can be ramped.
#[derive(Clone, Debug)]
pub struct Ramped {
    name: String,
    model: Model,
    /// Loads that theory names.
    theory: Vec<(String, f64)>,
}

impl Ramp {
    /// A ramp over loads that rise, each for `dwell` as a file writes a duration; or what is wrong with it.
    pub fn new(sweep: &Sweep, dwell: &str) -> Result<Ramp, String> {
        let length: SimDuration = dwell.parse().map_err(|why| format!("`{dwell}`: {why}"))?;
        if length < SimDuration::from_secs(2) {
            return Err(format!("`{dwell}`: a step lasts at least 2s"));
        }
        let loads: Vec<f64> = sweep.points.iter().map(|point| point.x).collect();
        if !loads.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("the load goes up first; write values that rise".to_owned());
        }
        let whole_s = 2.0 * loads.len() as f64 * length.as_secs_f64();
        if whole_s > LONGEST_S {
            let steps = loads.len();
            return Err(format!(
                "{steps} steps up and {steps} down of {dwell} are {whole_s} s; at most {LONGEST_S} s are simulated"
            ));
        }
        Ok(Ramp { path: sweep.path.clone(), label: sweep.label.clone(), loads, dwell: length })
    }

    /// The steps up and down.
    fn steps(&self) -> Vec<f64> {
        self.loads.iter().chain(self.loads.iter().rev()).copied().collect()
    }

    /// How long so many steps last.
    fn after(&self, steps: usize) -> SimDuration {
        SimDuration::from_nanos(self.dwell.as_nanos() * steps as u64)
    }

    /// The variants with this load instead of their own, and without their triggers; or what is in the way.
    pub fn apply(&self, variants: &[Variant]) -> Result<Vec<Ramped>, String> {
        let wrong = || {
            format!(
                "`{}` is no load that can be ramped; write `workloads.NAME.arrivals.poisson.rate`, or \
                 `evenly_spaced` instead of `poisson`",
                self.path
            )
        };
        let parts: Vec<&str> = self.path.split('.').collect();
        let ["workloads", workload, "arrivals", _, "rate"] = parts[..] else { return Err(wrong()) };
        let ramped = |variant: &Variant| {
            let mut system: SystemConfig = variant.system.clone();
            system.faults = Named::default();
            (system.actions, system.stages) = Default::default();
            let steps = self.steps();
            system.horizon = self.after(steps.len());
            let step =
                |(index, load): (usize, &f64)| Step { at: self.after(index), rate: Rate::per_second(*load) };
            let profile = RateProfile::Steps(steps.iter().enumerate().map(step).collect());
            let found = system.workloads.0.iter_mut().find(|(name, _)| name == workload);
            let rate = found.and_then(|(_, workload)| workload.arrivals.rate_mut()).ok_or_else(wrong)?;
            *rate = profile;
            let model = Model::new(&system).map_err(|problems| {
                let told = problems.first().map_or(String::new(), |problem| problem.message.clone());
                format!("variant `{}` cannot be ramped: {told}", variant.name)
            })?;
            let theory = twin::of(variant).map_or(Vec::new(), |twin| {
                let rig = twin.retry_loop;
                vec![
                    ("hidden capacity".to_owned(), rig.hidden_capacity_per_s()),
                    ("capacity".to_owned(), rig.capacity_per_s),
                ]
            });
            Ok(Ramped { name: variant.name.clone(), model, theory })
        };
        variants.iter().map(ramped).collect()
    }
}

/// What one seed does: per step the share answered and the useful answers per second.
type Way = Vec<(f64, f64)>;

/// Ramps every variant; `None` if it was stopped.
pub fn run(
    scenario: &Scenario,
    ramp: &Ramp,
    ramped: &[Ramped],
    request: &Request,
    hooks: &Hooks<'_>,
) -> Option<HysteresisResult> {
    let seeds = &request.seeds;
    let ways = experiment::in_parallel(ramped.len() * seeds.len(), hooks, |index| {
        let (variant, seed) = (&ramped[index / seeds.len()], seeds[index % seeds.len()]);
        way(ramp, &variant.model, seed)
    });
    let ways: Option<Vec<Way>> = ways.into_iter().collect();
    let ways = ways?;
    let variants = ramped.iter().zip(ways.chunks(seeds.len().max(1)));
    Some(HysteresisResult {
        schema: "spiral/hysteresis/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        path: ramp.path.clone(),
        label: ramp.label.clone(),
        dwell_s: ramp.dwell.as_secs_f64(),
        seeds: seeds.clone(),
        variants: variants.map(|(variant, ways)| both_ways(ramp, variant, ways)).collect(),
        reproduce: request.reproduce.clone(),
    })
}

fn way(ramp: &Ramp, model: &Model, seed: u64) -> Way {
    let record = measure::run(model, SimDuration::ZERO, seed, false);
    let step = |index: usize| {
        let half = SimDuration::from_nanos(ramp.dwell.as_nanos() / 2);
        let (start, end) = (SimTime::ZERO + ramp.after(index), SimTime::ZERO + ramp.after(index + 1));
        let span = record.span(start + half, end);
        let goodput = record.value(Metric::Goodput, Scope::default(), span);
        (record.answered_share(span).unwrap_or(1.0), goodput.unwrap_or(0.0))
    };
    (0..2 * ramp.loads.len()).map(step).collect()
}

fn both_ways(ramp: &Ramp, variant: &Ramped, ways: &[Way]) -> HysteresisVariant {
    let steps = ramp.loads.len();
    let band = |index: usize, value: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = ways.iter().map(|way| value(&way[index])).collect();
        values.sort_by(f64::total_cmp);
        [0.1, 0.5, 0.9].map(|p| statistics::quantile(&values, p).expect("all are finite"))
    };
    let step = |(index, load): (usize, f64)| RampStep {
        load,
        success: band(index, |(success, _)| *success),
        goodput: band(index, |(_, goodput)| *goodput),
    };
    let all: Vec<RampStep> = ramp.steps().into_iter().enumerate().map(step).collect();
    let breaks = |way: &Way| way[..steps].iter().position(|(success, _)| *success < BROKEN);
    let breaks_at: Vec<f64> =
        ways.iter().map(|way| breaks(way).map_or(f64::INFINITY, |k| ramp.loads[k])).collect();
    let heals = |way: &Way| {
        let down = &way[steps..];
        let last_bad = down.iter().rposition(|(success, _)| *success < HEALED);
        // In the order of falling loads: after the last bad step all is well.
        let first_good = last_bad.map_or(0, |bad| bad + 1);
        // A load that never heals lies below all: minus infinity.
        if first_good == steps { f64::NEG_INFINITY } else { ramp.loads[steps - 1 - first_good] }
    };
    let heals_at: Vec<f64> = ways.iter().filter(|way| breaks(way).is_some()).map(heals).collect();
    let none = || statistics::quartiles(&[f64::INFINITY]).expect("one value has quartiles");
    HysteresisVariant {
        name: variant.name.clone(),
        up: all[..steps].to_vec(),
        down: all[steps..].to_vec(),
        breaks_at: statistics::quartiles(&breaks_at).unwrap_or_else(none),
        heals_at: statistics::quartiles(&heals_at).unwrap_or_else(none),
        theory: variant.theory.clone(),
    }
}
