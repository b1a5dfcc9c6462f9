//! What did people see and do in a variant, and when? Alerts, deeds of operators, changes of owners, over the seeds.

use serde::{Deserialize, Serialize};
use sim_core::engine::{Mark, MarkKind};
use sim_core::model::Model;

use crate::experiment::VariantRuns;
use crate::statistics;

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkWhat {
    /// The rule of a monitor decided that its alert fires.
    AlertFires,
    /// Those on call see it fire, `delay` after the rule.
    Paged,
    /// Those on call see that it fires no more.
    AlertResolves,
    /// An operator acts.
    OperatorActs,
    /// An owner changes a setting, or begins to.
    Changed,
    /// A change is taken back.
    TakenBack,
}

/// The same thing that people saw or did, over the seeds of the triggered arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkResult {
    /// What.
    pub what: MarkWhat,
    /// The monitor, the action, or the owner.
    pub name: String,
    /// Seeds on which it happened after the start of the first trigger; without triggers: at all.
    pub seeds: u32,
    /// Seeds looked at.
    pub of: u32,
    /// How often it happened over all seeds and the whole run.
    pub times: u64,
    /// When it happened first after the start of the first trigger, seconds since the start of the run; of alerts
    /// that resolve: when it happened last, on the seeds on which it does not fire at the end. 10th percentile, median
    /// and 90th percentile over those seeds; none if there is no such seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_s: Option<[f64; 3]>,
    /// The median of the same, since the start of the first trigger; none without triggers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_trigger_s: Option<f64>,
    /// Every moment, at most 200; only of a single seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments_s: Vec<f64>,
}

/// Most moments that are listed.
const MAX_MOMENTS: usize = 200;

/// What is told of a variant, in the order of the kinds and then of the file.
pub(crate) fn marks(runs: &VariantRuns) -> Vec<MarkResult> {
    let model = &runs.variant.model;
    let mut all: Vec<(MarkWhat, String)> = Vec::new();
    for mark in runs.triggered.iter().flat_map(|record| &record.marks) {
        let found = (what(mark), name(model, mark));
        if !all.contains(&found) {
            all.push(found);
        }
    }
    let order = |(what, name): &(MarkWhat, String)| {
        let place = model.monitors.iter().position(|monitor| monitor.name == *name);
        (*what, place, name.clone())
    };
    all.sort_by_key(order);
    all.into_iter().map(|(what, name)| mark(runs, what, name)).collect()
}

fn what(mark: &Mark) -> MarkWhat {
    match mark.kind {
        MarkKind::AlertFires => MarkWhat::AlertFires,
        MarkKind::Paged => MarkWhat::Paged,
        MarkKind::AlertResolves => MarkWhat::AlertResolves,
        MarkKind::Acts => MarkWhat::OperatorActs,
        MarkKind::Changed => MarkWhat::Changed,
        MarkKind::TakenBack => MarkWhat::TakenBack,
    }
}

fn name(model: &Model, mark: &Mark) -> String {
    let of = mark.of as usize;
    match mark.kind {
        MarkKind::AlertFires | MarkKind::Paged | MarkKind::AlertResolves => model.monitors[of].name.clone(),
        MarkKind::Acts => model.actions[of].name.clone(),
        MarkKind::Changed | MarkKind::TakenBack => {
            let changes = model.changes.as_deref().expect("owners changed something");
            changes.owners[changes.settings[of].owner].name.clone()
        }
    }
}

fn mark(runs: &VariantRuns, what: MarkWhat, name: String) -> MarkResult {
    let model = &runs.variant.model;
    let trigger = model.trigger_window().map(|(begins, _)| begins.as_secs_f64());
    let from = trigger.unwrap_or(0.0);
    let moments = |marks: &[Mark], what: MarkWhat| -> Vec<f64> {
        let meant = marks.iter().filter(|mark| self::what(mark) == what && self::name(model, mark) == name);
        meant.map(|mark| mark.at.as_secs_f64()).collect()
    };
    let mut firsts = Vec::new();
    let mut times = 0;
    for record in &runs.triggered {
        let own = moments(&record.marks, what);
        times += own.len() as u64;
        let moment = match what {
            // It does not fire at the end if it has resolved as often as somebody saw it fire.
            MarkWhat::AlertResolves if moments(&record.marks, MarkWhat::Paged).len() > own.len() => None,
            MarkWhat::AlertResolves => own.last().copied().filter(|at| *at >= from),
            _ => own.iter().copied().find(|at| *at >= from),
        };
        firsts.extend(moment);
    }
    firsts.sort_by(f64::total_cmp);
    let at = |share: f64| statistics::quantile(&firsts, share);
    let at_s = at(0.1).zip(at(0.5)).zip(at(0.9)).map(|((early, middle), late)| [early, middle, late]);
    let moments_s = match runs.triggered.as_slice() {
        [alone] => moments(&alone.marks, what).into_iter().take(MAX_MOMENTS).collect(),
        _ => Vec::new(),
    };
    MarkResult {
        what,
        name: name.clone(),
        seeds: firsts.len() as u32,
        of: runs.triggered.len() as u32,
        times,
        after_trigger_s: trigger.and_then(|trigger| Some(at_s?[1] - trigger)),
        at_s,
        moments_s,
    }
}
