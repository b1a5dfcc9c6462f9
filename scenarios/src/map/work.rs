//! The runs of a map: which are there already, which share a control, how many a cell needs, and what a cell comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::refine::Refinement;
use super::stopping::{Estimate, Stopping};
use crate::expectation::{Subject, Verdict};
use crate::experiment::{self, Hooks};
use crate::load::grid::{Cells, Grid};
use crate::load::{LoadError, Variant};
use crate::measure::{self, Record, Scope};
use crate::metric::Metric;
use crate::request::Request;
use crate::results::map::{CellClass, MapCell};
use crate::store::{self, Store};
use crate::verdict;

/// What is told of every cell beside what the map shows.
const BESIDE: &[Metric] = &[
    Metric::Success,
    Metric::Goodput,
    Metric::Amplification,
    Metric::WastedShare,
    Metric::LatencyP99,
    Metric::RecoveryTime,
];

/// What became of one seed of one cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Outcome {
    verdict: Verdict,
    /// Every metric of the triggered arm, in the order of [`Metric::ALL`]; recovery times that are infinite are
    /// missing.
    metrics: Vec<Option<f64>>,
    /// Success of the control arm.
    #[serde(default)]
    control: Option<f64>,
}

impl Outcome {
    fn value(&self, metric: Metric) -> Option<f64> {
        let place = Metric::ALL.iter().position(|other| *other == metric)?;
        self.metrics.get(place).copied().flatten()
    }
}

pub(super) struct Work<'a> {
    pub(super) names: Vec<String>,
    shown: Subject,
    seeds: &'a [u64],
    stopping: Stopping,
    pub(super) cells: Cells<'a>,
    /// Outcomes per cell and variant, in the order of the seeds.
    measured: BTreeMap<(usize, usize), Vec<Vec<Outcome>>>,
    /// Control runs by system and seed.
    controls: BTreeMap<(String, u64), Arc<Record>>,
    store: &'a Store,
    hooks: &'a Hooks<'a>,
    /// Runs planned so far.
    planned: usize,
    /// Runs made, runs found.
    pub(super) counts: (usize, usize),
}

/// One run of a wave.
struct Task {
    cell: usize,
    variant: usize,
    seed: u64,
    name: String,
}

/// The variants of a cell, and the words that stand for their systems.
struct Built {
    place: (usize, usize),
    variants: Vec<Variant>,
    /// Everything that the outcome of a run depends on but the seed.
    systems: Vec<String>,
    /// The same for their controls.
    calm: Vec<String>,
}

impl<'a> Work<'a> {
    /// The work of a map of these variants.
    pub(super) fn new(
        names: Vec<String>,
        grid: &Grid,
        request: &'a Request,
        cells: Cells<'a>,
        store: &'a Store,
        hooks: &'a Hooks<'a>,
    ) -> Self {
        Work {
            names,
            shown: grid.shown,
            seeds: &request.seeds,
            stopping: Stopping::new(request.seeds.len(), grid.precision),
            cells,
            measured: BTreeMap::new(),
            controls: BTreeMap::new(),
            store,
            hooks,
            planned: 0,
            counts: (0, 0),
        }
    }

    /// Cells that were measured, and the seeds that all variants had there together.
    pub(super) fn spent(&self) -> (usize, u64) {
        let seeds = self.measured.values().flatten().map(|outcomes| outcomes.len() as u64);
        (self.measured.len(), seeds.sum())
    }

    /// Measures cells with as many seeds as they need; whether all of them are finished.
    pub(super) fn measure(&mut self, wave: &[(usize, usize)]) -> Result<bool, LoadError> {
        let mut open = Vec::new();
        for place in wave {
            open.push(built(*place, self.cells.build(*place)?));
            self.measured.insert(*place, vec![Vec::new(); self.names.len()]);
        }
        let mut begun = 0;
        for look in self.stopping.looks() {
            let seeds = &self.seeds[begun..look];
            if !self.give(&open, seeds) {
                return Ok(false);
            }
            begun = look;
            open.retain(|built| !self.is_finished(built.place));
        }
        Ok(true)
    }

    /// Whether the intervals of all variants of a cell are narrow enough.
    fn is_finished(&self, place: (usize, usize)) -> bool {
        let is_share = matches!(self.shown, Subject::Verdict(_));
        let enough = |outcomes: &Vec<Outcome>| self.stopping.is_enough(self.estimate(outcomes), is_share);
        self.measured[&place].iter().all(enough)
    }

    /// Runs these seeds of these cells; whether all of them are finished.
    fn give(&mut self, cells: &[Built], seeds: &[u64]) -> bool {
        let mut outcomes: Vec<Option<Outcome>> = Vec::new();
        let (mut tasks, mut missing) = (Vec::new(), Vec::new());
        for (index, built) in cells.iter().enumerate() {
            for (variant, system) in built.systems.iter().enumerate() {
                for seed in seeds {
                    let name = self.store.name(&[system, &seed.to_string()]);
                    let found = self.store.get(&name);
                    if found.is_none() {
                        missing.push(tasks.len());
                    }
                    outcomes.push(found);
                    tasks.push(Task { cell: index, variant, seed: *seed, name });
                }
            }
        }
        self.counts.1 += tasks.len() - missing.len();
        if !self.run_controls(cells, &tasks, &missing) {
            return false;
        }
        let (before, total) = (self.planned, self.planned + missing.len());
        let progress = |done: usize, _: usize| (self.hooks.progress)(before + done, total);
        let hooks = Hooks { progress: &progress, ..*self.hooks };
        let made = experiment::in_parallel(missing.len(), &hooks, |index| {
            let task = &tasks[missing[index]];
            let built = &cells[task.cell];
            let control = self.controls.get(&(built.calm[task.variant].clone(), task.seed));
            let outcome = outcome(&built.variants[task.variant], task.seed, control.map(|c| &**c));
            self.store.put(&task.name, &outcome);
            outcome
        });
        self.planned = total;
        for (index, outcome) in missing.iter().zip(made) {
            self.counts.0 += usize::from(outcome.is_some());
            outcomes[*index] = outcome;
        }
        if outcomes.iter().any(Option::is_none) {
            return false;
        }
        for (task, outcome) in tasks.iter().zip(outcomes.into_iter().flatten()) {
            let place = cells[task.cell].place;
            self.measured.get_mut(&place).expect("it is being measured")[task.variant].push(outcome);
        }
        true
    }

    /// Runs the controls that these tasks need and that are not there yet; whether all of them are finished.
    fn run_controls(&mut self, cells: &[Built], tasks: &[Task], missing: &[usize]) -> bool {
        let mut wanted: BTreeMap<(String, u64), &Variant> = BTreeMap::new();
        for task in missing.iter().map(|index| &tasks[*index]) {
            let (built, variant) = (&cells[task.cell], &cells[task.cell].variants[task.variant]);
            let key = (built.calm[task.variant].clone(), task.seed);
            if !variant.system.is_calm() && !self.controls.contains_key(&key) {
                wanted.insert(key, variant);
            }
        }
        let wanted: Vec<((String, u64), &Variant)> = wanted.into_iter().collect();
        let (before, total) = (self.planned, self.planned + wanted.len());
        // The bar does not end between the two arms.
        let rest = missing.len();
        let progress = |done: usize, _: usize| (self.hooks.progress)(before + done, total + rest);
        let hooks = Hooks { progress: &progress, ..*self.hooks };
        let made = experiment::in_parallel(wanted.len(), &hooks, |index| {
            let ((_, seed), variant) = &wanted[index];
            let record = measure::run(&variant.model.without_faults(), variant.run.warmup, *seed, false);
            Arc::new(record.for_judging())
        });
        self.planned = total;
        let is_whole = made.iter().all(Option::is_some);
        let made = wanted.into_iter().zip(made);
        self.controls.extend(made.filter_map(|((key, _), record)| Some((key, record?))));
        is_whole
    }

    /// What a cell shows of a variant.
    fn estimate(&self, outcomes: &[Outcome]) -> Option<Estimate> {
        match self.shown {
            Subject::Verdict(verdict) => {
                let count = outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
                (!outcomes.is_empty()).then(|| self.stopping.share(count as u32, outcomes.len() as u32))
            }
            Subject::Metric(metric) => self.stopping.mean(&values(outcomes, metric)),
        }
    }

    /// The steps in which values of a metric are told apart while cells are refined: an eighth of what the measured
    /// cells span, per variant. Shares need none: the class of the cell says it.
    pub(super) fn bins(&self) -> Vec<(f64, f64)> {
        let Subject::Metric(_) = self.shown else { return Vec::new() };
        let span = |variant: usize| {
            let values = self.measured.values().filter_map(|cell| self.estimate(&cell[variant]));
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), estimate| {
                (low.min(estimate.value), high.max(estimate.value))
            });
            (low, (high - low) / 8.0)
        };
        (0..self.names.len()).map(span).collect()
    }

    /// What tells neighbouring cells apart: of every variant what most seeds do and, of a metric, its bin.
    pub(super) fn class(&self, bins: &[(f64, f64)], x: usize, y: usize) -> Option<Vec<(CellClass, i64)>> {
        let cell = self.measured.get(&(x, y))?;
        let of = |(variant, outcomes): (usize, &Vec<Outcome>)| {
            let bin = bins.get(variant).and_then(|(low, step)| {
                let place = (self.estimate(outcomes)?.value - low) / step;
                place.is_finite().then_some(place.floor().min(7.0) as i64)
            });
            (class(outcomes), bin.unwrap_or(-1))
        };
        Some(cell.iter().enumerate().map(of).collect())
    }

    /// One cell of the result.
    pub(super) fn cell(&self, variant: usize, (x, y): (usize, usize), refinement: &Refinement) -> MapCell {
        if let Some(cell) = self.measured.get(&(x, y)) {
            let outcomes = &cell[variant];
            let estimate = self.estimate(outcomes);
            let count = |verdict: &Verdict| outcomes.iter().filter(|o| o.verdict == *verdict).count() as u32;
            let counts = Verdict::ALL.iter().map(|verdict| (verdict.word().to_owned(), count(verdict)));
            let mean = |metric: &Metric| {
                let values = values(outcomes, *metric);
                let is_whole = values.len() == outcomes.len();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                (is_whole && mean.is_finite()).then(|| (metric.id().to_owned(), mean))
            };
            return MapCell {
                x,
                y,
                seeds: outcomes.len() as u32,
                class: class(outcomes),
                value: estimate.map(|estimate| estimate.value),
                ci95: estimate.and_then(|estimate| estimate.ci95),
                verdicts: counts.filter(|(_, count)| *count > 0).collect(),
                metrics: BESIDE.iter().filter_map(mean).collect(),
                control: of_control(outcomes),
            };
        }
        let corners = refinement.corners((x, y), |x, y| self.measured.contains_key(&(x, y)));
        let outcomes = |place: &(usize, usize)| &self.measured[place][variant];
        let nearest = corners.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a box has four corners");
        let part = |(place, weight): &((usize, usize), f64)| {
            self.estimate(outcomes(place)).map(|estimate| weight * estimate.value)
        };
        MapCell {
            x,
            y,
            seeds: 0,
            class: class(outcomes(&nearest.0)),
            value: corners.iter().map(part).sum(),
            ci95: None,
            verdicts: BTreeMap::new(),
            metrics: BTreeMap::new(),
            control: corners.iter().map(|(place, weight)| Some(weight * of_control(outcomes(place))?)).sum(),
        }
    }
}

/// The values of a metric on the seeds that have one.
fn values(outcomes: &[Outcome], metric: Metric) -> Vec<f64> {
    outcomes.iter().filter_map(|outcome| outcome.value(metric)).collect()
}

/// The mean success of the control arm; runs that were kept by an older version do not tell it.
fn of_control(outcomes: &[Outcome]) -> Option<f64> {
    let values: Option<Vec<f64>> = outcomes.iter().map(|outcome| outcome.control).collect();
    values.filter(|values| !values.is_empty()).map(|values| values.iter().sum::<f64>() / values.len() as f64)
}

/// What most seeds do.
fn class(outcomes: &[Outcome]) -> CellClass {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let (stuck, overloaded) = (count(Verdict::Stuck), count(Verdict::Overloaded));
    let healed = count(Verdict::Unaffected) + count(Verdict::Recovered);
    if 2 * overloaded > outcomes.len() {
        CellClass::Overloaded
    } else if stuck + healed == 0 {
        CellClass::Unknown
    } else if 2 * stuck >= stuck + healed {
        CellClass::Stuck
    } else {
        CellClass::Heals
    }
}

fn built(place: (usize, usize), variants: Vec<Variant>) -> Built {
    let calm = |variant: &Variant| store::said(&variant.system.calm(), &variant.run);
    Built {
        place,
        systems: variants.iter().map(|variant| store::said(&variant.system, &variant.run)).collect(),
        calm: variants.iter().map(calm).collect(),
        variants,
    }
}

/// Runs one seed and judges it.
fn outcome(variant: &Variant, seed: u64, control: Option<&Record>) -> Outcome {
    let record = measure::run(&variant.model, variant.run.warmup, seed, false);
    let control = control.unwrap_or(&record);
    let judgement = verdict::judge(&variant.model, &record, control, variant.run.thresholds());
    let span = record.after_warmup();
    let value = |metric: &Metric| match metric {
        Metric::RecoveryTime => judgement.recovery_s,
        _ => record.value(*metric, Scope::default(), span),
    };
    let metrics = Metric::ALL.iter().map(|metric| value(metric).filter(|value| value.is_finite())).collect();
    let healthy = control.value(Metric::Success, Scope::default(), control.after_warmup());
    Outcome { verdict: judgement.verdict, metrics, control: healthy.filter(|value| value.is_finite()) }
}
