//! How are variants run over seeds? Every distinct model once per seed, in parallel, results in the order
//! of the plan: neither the number of threads nor the order of completion changes a byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sim_core::model::{Model, SystemConfig};

use crate::expectation::Verdict;
use crate::load::Variant;
use crate::measure::{self, Record};
use crate::results::Arm;
use crate::verdict::{self, Judgement};

/// How a set of runs is carried out; nothing of it changes a result.
#[derive(Clone, Copy)]
pub struct Hooks<'a> {
    /// Threads; 0 for one per core.
    pub threads: usize,
    /// Told (runs finished, runs planned) after every run.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Set to stop: runs that have not begun are left out.
    pub stop: &'a AtomicBool,
}

/// The runs of one variant over the seeds.
#[derive(Clone, Debug)]
pub struct VariantRuns {
    /// The variant.
    pub variant: Variant,
    /// With its triggers, one per seed.
    pub triggered: Vec<Arc<Record>>,
    /// Without any trigger, one per seed; the same as `triggered` if there is none.
    pub control: Vec<Arc<Record>>,
    /// One verdict per seed.
    pub judgements: Vec<Judgement>,
}

/// The runs of several variants over the same seeds.
#[derive(Clone, Debug)]
pub struct Runs {
    /// Seeds that every variant has finished, in order.
    pub seeds: Vec<u64>,
    /// One entry per variant, in the order asked for.
    pub variants: Vec<VariantRuns>,
    /// Whether every seed asked for was run.
    pub complete: bool,
}

impl VariantRuns {
    /// The runs of one arm.
    pub fn arm(&self, arm: Arm) -> &[Arc<Record>] {
        match arm {
            Arm::Control => &self.control,
            Arm::Triggered => &self.triggered,
        }
    }

    /// Seeds with a verdict of this kind.
    pub fn count(&self, verdict: Verdict) -> u32 {
        self.judgements.iter().filter(|judgement| judgement.verdict == verdict).count() as u32
    }

    /// Whether anything happens in the triggered arm that the control does not have.
    pub fn has_two_arms(&self) -> bool {
        !self.variant.system.is_calm()
    }
}

/// What is run: every distinct model, and which of them is which arm of which variant.
struct Plan {
    models: Vec<(Model, sim_core::time::SimDuration)>,
    /// Per variant: index of its triggered and of its control model.
    arms: Vec<(usize, usize)>,
}

impl Plan {
    /// Variants that differ only in what happens to them share a control.
    fn new(variants: &[Variant]) -> Plan {
        let mut plan = Plan { models: Vec::new(), arms: Vec::new() };
        let mut controls: Vec<(SystemConfig, crate::document::RunConfig, usize)> = Vec::new();
        for variant in variants {
            let calm = variant.system.calm();
            let shared = controls.iter().find(|(system, run, _)| *system == calm && *run == variant.run);
            let control = match shared {
                Some((_, _, index)) => *index,
                None => {
                    plan.models.push((variant.model.without_faults(), variant.run.warmup));
                    controls.push((calm, variant.run.clone(), plan.models.len() - 1));
                    plan.models.len() - 1
                }
            };
            let triggered = match variant.system.is_calm() {
                true => control,
                false => {
                    plan.models.push((variant.model.clone(), variant.run.warmup));
                    plan.models.len() - 1
                }
            };
            plan.arms.push((triggered, control));
        }
        plan
    }
}

/// Does pieces of work, numbered from 0, on several threads. The results stand in the order of the numbers; what
/// had not begun when somebody stopped it is missing.
pub(crate) fn in_parallel<R: Send + Clone>(
    total: usize,
    hooks: &Hooks<'_>,
    work: impl Fn(usize) -> R + Sync,
) -> Vec<Option<R>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Threads take the next piece until none is left or somebody stops them.
    let take = || {
        let mut finished = Vec::new();
        while !hooks.stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= total {
                break;
            }
            finished.push((index, work(index)));
            (hooks.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        }
        finished
    };
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(hooks.threads).build().expect("threads can be started");
    let mut results = vec![None; total];
    for (index, result) in pool.broadcast(|_| take()).into_iter().flatten() {
        results[index] = Some(result);
    }
    results
}

/// Runs `variants` over `seeds`. The plan goes seed by seed, so that what is finished when somebody stops
/// it is whole seeds.
pub fn run(variants: &[Variant], seeds: &[u64], hooks: &Hooks<'_>) -> Runs {
    let plan = Plan::new(variants);
    let width = plan.models.len();
    let total = width * seeds.len();
    let records = in_parallel(total, hooks, |index| {
        let (model, warmup) = &plan.models[index % width];
        // Pictures show the states of instances on the first seed.
        Arc::new(measure::run(model, *warmup, seeds[index / width], index < width))
    });

    let whole: Vec<usize> = (0..seeds.len())
        .filter(|seed| records[seed * width..(seed + 1) * width].iter().all(Option::is_some))
        .collect();
    let of_model = |model: usize| -> Vec<Arc<Record>> {
        whole.iter().filter_map(|seed| records[seed * width + model].clone()).collect()
    };
    let variants = variants.iter().zip(&plan.arms).map(|(variant, &(triggered, control))| {
        let (triggered, control) = (of_model(triggered), of_model(control));
        let thresholds = variant.run.thresholds();
        let judge = |(t, c): (&Arc<Record>, &Arc<Record>)| verdict::judge(&variant.model, t, c, thresholds);
        let judgements = triggered.iter().zip(&control).map(judge).collect();
        VariantRuns { variant: variant.clone(), triggered, control, judgements }
    });
    Runs {
        seeds: whole.iter().map(|seed| seeds[*seed]).collect(),
        variants: variants.collect(),
        complete: whole.len() == seeds.len(),
    }
}
