//! Does the way back differ from the way there? The load goes up in steps until it breaks the system; then every load
//! below is tried from that broken state: the load that breaks it against the highest that heals it.
//!
//! Each seed is run up through all loads, which shows where it breaks, and then once per load: up to there, and down to
//! that load at once. A load that went down step by step would pile up more at every step above the hidden capacity, so
//! that the way back would depend on how long it took. The time down is long, since what one broken step has piled up
//! must drain while retries still multiply the load: near the hidden capacity that takes many times as long as it took to
//! pile up. Too short a time makes the healing load too low, never too high.

use sim_core::metrics::series::window_width;
use sim_core::model::rate::{RateProfile, Step};
use sim_core::model::{Model, Named, SystemConfig};
use sim_core::time::{SimDuration, SimTime};
use sim_core::units::Rate;

use crate::experiment::{self, Hooks};
use crate::load::{Scenario, Sweep, Variant};
use crate::measure::{self, Record, Scope};
use crate::metric::Metric;
use crate::request::{Request, VERSION, reference};
use crate::results::hysteresis::{HysteresisResult, HysteresisVariant, RampStep};
use crate::{statistics, twin};

/// Below this share of answered requests the system counts as broken.
const BROKEN: f64 = 0.5;
/// From this share on it counts as healed.
const HEALED: f64 = 0.95;

/// How many times as long as a step up the time down lasts, if nobody says it.
const DOWN: usize = 40;
/// Longest time that all runs of a seed may last together.
const LONGEST_S: f64 = 1_000_000.0;

/// A load that goes up and down.
#[derive(Clone, Debug)]
pub struct Ramp {
    /// Path of the load: `workloads.NAME.arrivals.KIND.rate`.
    pub path: String,
    /// Label of the axis.
    pub label: String,
    /// The loads on the way up, per second, rising.
    pub loads: Vec<f64>,
    /// How long each lasts on the way up.
    pub dwell: SimDuration,
    /// How long each lasts on the way down.
    pub dwell_down: SimDuration,
}

/// A variant that can be ramped.
#[derive(Clone, Debug)]
pub struct Ramped {
    name: String,
    /// The system without its triggers.
    system: SystemConfig,
    /// Loads that theory names.
    theory: Vec<(String, f64)>,
}

impl Ramp {
    /// A ramp over loads that rise, each for `dwell` upwards and `dwell_down` downwards, as a file writes durations; or
    /// what is wrong with it. Without a `dwell_down` the time down is forty times as long.
    pub fn new(sweep: &Sweep, dwell: &str, dwell_down: Option<&str>) -> Result<Ramp, String> {
        let length = |text: &str| {
            let length: SimDuration = text.parse().map_err(|why| format!("`{text}`: {why}"))?;
            match length >= SimDuration::from_secs(2) {
                true => Ok(length),
                false => Err(format!("`{text}`: a step lasts at least 2s")),
            }
        };
        let up = length(dwell)?;
        let down = dwell_down.map_or(Ok(times(up, DOWN)), length)?;
        let loads: Vec<f64> = sweep.points.iter().map(|point| point.x).collect();
        if !loads.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("the load goes up first; write values that rise".to_owned());
        }
        let steps = loads.len();
        let ramp =
            Ramp { path: sweep.path.clone(), label: sweep.label.clone(), loads, dwell: up, dwell_down: down };
        let whole = ramp.length(steps, true);
        let (up_s, down_s, whole_s) = (up.as_secs_f64(), down.as_secs_f64(), whole.as_secs_f64());
        let all_s = steps as f64 * whole_s;
        if all_s > LONGEST_S {
            return Err(format!(
                "{steps} times {steps} steps up of {up_s} s and {down_s} s down are {all_s} s for every seed; at \
                 most {LONGEST_S} s are simulated"
            ));
        }
        let window_s = window_width(SimTime::ZERO + whole).as_secs_f64();
        if up_s < 4.0 * window_s {
            return Err(format!(
                "a run of {whole_s} s is measured in windows of {window_s} s, and steps of {up_s} s are too short \
                 for them; write `--dwell {:.0}s` or fewer steps",
                (4.0 * window_s).ceil()
            ));
        }
        Ok(ramp)
    }

    /// How long `turn` steps up last, with the time down.
    fn length(&self, turn: usize, comes_back: bool) -> SimDuration {
        times(self.dwell, turn) + if comes_back { self.dwell_down } else { SimDuration::ZERO }
    }

    /// The steps: up to the `turn`th load, and then down to the one at this place, if any.
    fn steps(&self, turn: usize, down_to: Option<usize>) -> Vec<Step> {
        let step = |at: SimDuration, place: usize| Step { at, rate: Rate::per_second(self.loads[place]) };
        let up = (0..turn).map(|k| step(times(self.dwell, k), k));
        up.chain(down_to.map(|place| step(times(self.dwell, turn), place))).collect()
    }

    /// The variants without their triggers; or what is in the way of ramping them.
    pub fn apply(&self, variants: &[Variant]) -> Result<Vec<Ramped>, String> {
        let ramped = |variant: &Variant| {
            let mut system: SystemConfig = variant.system.clone();
            system.faults = Named::default();
            (system.actions, system.stages, system.changes) = Default::default();
            let theory = twin::fluid::of(variant).map_or(Vec::new(), |twin| {
                let rig = twin.retry_loop;
                vec![
                    ("hidden capacity".to_owned(), rig.hidden_capacity_per_s()),
                    ("capacity".to_owned(), rig.capacity_per_s),
                ]
            });
            let ramped = Ramped { name: variant.name.clone(), system, theory };
            self.model(&ramped, self.loads.len(), Some(0))?;
            Ok(ramped)
        };
        variants.iter().map(ramped).collect()
    }

    /// The model of a variant with this load instead of its own.
    fn model(&self, ramped: &Ramped, turn: usize, down_to: Option<usize>) -> Result<Model, String> {
        let wrong = || {
            format!(
                "`{}` is no load that can be ramped; write `workloads.NAME.arrivals.poisson.rate`, or \
                 `evenly_spaced` instead of `poisson`",
                self.path
            )
        };
        let parts: Vec<&str> = self.path.split('.').collect();
        let ["workloads", workload, "arrivals", _, "rate"] = parts[..] else { return Err(wrong()) };
        let mut system = ramped.system.clone();
        system.horizon = self.length(turn, down_to.is_some());
        let found = system.workloads.0.iter_mut().find(|(name, _)| name == workload);
        let rate = found.and_then(|(_, workload)| workload.arrivals.rate_mut()).ok_or_else(wrong)?;
        *rate = RateProfile::Steps(self.steps(turn, down_to));
        Model::new(&system).map_err(|problems| {
            let told = problems.first().map_or(String::new(), |problem| problem.message.clone());
            format!("variant `{}` cannot be ramped: {told}", ramped.name)
        })
    }
}

fn times(length: SimDuration, times: usize) -> SimDuration {
    SimDuration::from_nanos(length.as_nanos() * times as u64)
}

/// The share answered and the useful answers per second.
type Measured = (f64, f64);

/// What one seed does.
#[derive(Clone, Debug)]
struct Way {
    /// Per load on the way up.
    up: Vec<Measured>,
    /// Per load up to the one that broke it, tried from there; none if none did.
    down: Vec<Measured>,
}

impl Way {
    /// The place of the load that breaks it.
    fn breaks(&self) -> Option<usize> {
        self.up.iter().position(|(success, _)| *success < BROKEN)
    }
}

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
        way(ramp, &ramped[index / seeds.len()], seeds[index % seeds.len()])
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
        dwell_down_s: ramp.dwell_down.as_secs_f64(),
        seeds: seeds.clone(),
        variants: variants.map(|(variant, ways)| both_ways(ramp, variant, ways)).collect(),
        reproduce: request.reproduce.clone(),
    })
}

fn way(ramp: &Ramp, ramped: &Ramped, seed: u64) -> Way {
    let run = |turn: usize, down_to: Option<usize>| {
        let model = ramp.model(ramped, turn, down_to).expect("the whole ramp was tried before");
        measure::run(&model, SimDuration::ZERO, seed, false)
    };
    // The last part of a step, when it has settled.
    let judged = |record: &Record, end: SimDuration, part: SimDuration| {
        let end = SimTime::ZERO + end;
        let start = SimTime::from_nanos(end.as_nanos() - part.as_nanos());
        let span = record.span(start, end);
        let goodput = record.value(Metric::Goodput, Scope::default(), span);
        (record.answered_share(span).unwrap_or(1.0), goodput.unwrap_or(0.0))
    };
    let share = |length: SimDuration, of: u64| SimDuration::from_nanos(length.as_nanos() / of);
    let steps = ramp.loads.len();
    let record = run(steps, None);
    let up = (0..steps).map(|k| judged(&record, times(ramp.dwell, k + 1), share(ramp.dwell, 2))).collect();
    let mut way = Way { up, down: Vec::new() };
    if let Some(broken) = way.breaks() {
        let turn = broken + 1;
        let down = |place: usize| {
            let record = run(turn, Some(place));
            judged(&record, ramp.length(turn, true), share(ramp.dwell_down, 4))
        };
        way.down = (0..turn).map(down).collect();
    }
    way
}

fn both_ways(ramp: &Ramp, variant: &Ramped, ways: &[Way]) -> HysteresisVariant {
    let steps = ramp.loads.len();
    let band = |found: &[Measured], value: fn(&Measured) -> f64| {
        let mut values: Vec<f64> = found.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        [0.1, 0.5, 0.9].map(|p| statistics::quantile(&values, p).expect("all are finite"))
    };
    let step = |place: usize, found: Vec<Measured>| {
        (!found.is_empty()).then(|| RampStep {
            load: ramp.loads[place],
            success: band(&found, |(success, _)| *success),
            goodput: band(&found, |(_, goodput)| *goodput),
        })
    };
    let up = |place: usize| step(place, ways.iter().map(|way| way.up[place]).collect());
    // Of the seeds that broke there or above.
    let down =
        |place: usize| step(place, ways.iter().filter_map(|way| way.down.get(place).copied()).collect());
    let breaks_at: Vec<f64> =
        ways.iter().map(|way| way.breaks().map_or(f64::INFINITY, |k| ramp.loads[k])).collect();
    // The highest load at and below which all is well; what never heals does so below all loads: minus infinity.
    let heals = |way: &Way| {
        let healed = way.down.iter().take_while(|(success, _)| *success >= HEALED).count();
        healed.checked_sub(1).map_or(f64::NEG_INFINITY, |place| ramp.loads[place])
    };
    let heals_at: Vec<f64> = ways.iter().filter(|way| way.breaks().is_some()).map(heals).collect();
    let none = || statistics::quartiles(&[f64::INFINITY]).expect("one value has quartiles");
    HysteresisVariant {
        name: variant.name.clone(),
        up: (0..steps).filter_map(up).collect(),
        down: (0..steps).rev().filter_map(down).collect(),
        breaks_at: statistics::quartiles(&breaks_at).unwrap_or_else(none),
        heals_at: statistics::quartiles(&heals_at).unwrap_or_else(none),
        theory: variant.theory.clone(),
    }
}
