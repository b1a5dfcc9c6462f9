//! How large must a trigger be? The value of a setting at which half of the seeds stay down: found by halving,
//! measured around, and read off a logistic curve.
//!
//! The values that may be tried are those of the range. The search tries both ends, halves the gap between healing
//! and staying down, and then goes on to both sides until nearly no or nearly every seed stays down. What is tried
//! next depends on finished points only. The share must rise with the setting; where it falls, the range is to be
//! read backwards, and that is done.

mod fit;

use std::collections::BTreeMap;

use crate::expectation::Verdict;
use crate::experiment::{self, Hooks};
use crate::load::{Scenario, Sweep, Variant};
use crate::request::{Request, VERSION, reference};
use crate::results::Share;
use crate::results::critical::{CriticalPoint, CriticalResult, CriticalVariant};
use crate::store::{self, Store};
use crate::{boundary, statistics, twin};

/// Beyond these shares nothing more is to be learnt of where one half is.
const NEARLY: f64 = 0.05;
/// At most so many points on either side of the crossing.
const BESIDE: usize = 6;

/// The search of every variant; `None` if it was stopped.
pub fn run(
    scenario: &Scenario,
    sweep: &Sweep,
    is_log: bool,
    request: &Request,
    store: &Store,
    hooks: &Hooks<'_>,
) -> Option<CriticalResult> {
    let chosen = |variant: &&Variant| request.wants(&variant.name);
    let names: Vec<String> = scenario.variants.iter().filter(chosen).map(|v| v.name.clone()).collect();
    let mut variants = Vec::new();
    for name in names {
        let mut search =
            Search { sweep, name: &name, seeds: &request.seeds, store, hooks, tried: BTreeMap::new() };
        if !search.go() {
            return None;
        }
        variants.push(search.result(is_log));
    }
    Some(CriticalResult {
        schema: "spiral/critical/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        path: sweep.path.clone(),
        label: sweep.label.clone(),
        log: is_log,
        seeds: request.seeds.clone(),
        variants,
        reproduce: request.reproduce.clone(),
    })
}

struct Search<'a> {
    sweep: &'a Sweep,
    name: &'a str,
    seeds: &'a [u64],
    store: &'a Store,
    hooks: &'a Hooks<'a>,
    /// Shares of stuck seeds by place in the range.
    tried: BTreeMap<usize, Share>,
}

impl Search<'_> {
    /// Tries what is needed; false if somebody stopped it.
    fn go(&mut self) -> bool {
        let last = self.sweep.points.len() - 1;
        if !(self.attempt(0) && self.attempt(last)) {
            return false;
        }
        let is_stuck = |search: &Self, place: usize| search.tried[&place].share >= 0.5;
        let rises = is_stuck(self, last);
        if is_stuck(self, 0) == rises {
            return true;
        }
        let (mut low, mut high) = (0, last);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if !self.attempt(middle) {
                return false;
            }
            if is_stuck(self, middle) == rises { high = middle } else { low = middle }
        }
        let is_telling = |search: &Self, place: usize| {
            let share = search.tried[&place].share;
            share > NEARLY && share < 1.0 - NEARLY
        };
        // Two points on either side of the crossing, and more while the last one still tells something.
        for is_above in [false, true] {
            for step in 1..BESIDE {
                let (inner, outer) = match is_above {
                    false => (low.checked_sub(step - 1), low.checked_sub(step)),
                    true => (Some(high + step - 1), Some(high + step).filter(|place| *place <= last)),
                };
                let (Some(inner), Some(outer)) = (inner, outer) else { break };
                if step > 1 && !is_telling(self, inner) {
                    break;
                }
                if !self.attempt(outer) {
                    return false;
                }
            }
        }
        true
    }

    /// Runs the seeds at one value; false if somebody stopped it.
    fn attempt(&mut self, place: usize) -> bool {
        if self.tried.contains_key(&place) {
            return true;
        }
        let variants: Vec<Variant> =
            self.sweep.points[place].variants.iter().filter(|v| v.name == self.name).cloned().collect();
        let Some(variant) = variants.first() else { return true };
        let system = store::said(&variant.system, &variant.run);
        let name = self.store.name(&["critical", &system, &format!("{:?}", self.seeds)]);
        let verdicts: Vec<Verdict> = match self.store.get(&name) {
            Some(verdicts) => verdicts,
            None => {
                let runs = experiment::run(&variants, self.seeds, self.hooks);
                if !runs.complete {
                    return false;
                }
                let verdicts =
                    runs.variants[0].judgements.iter().map(|judgement| judgement.verdict).collect();
                self.store.put(&name, &verdicts);
                verdicts
            }
        };
        let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count() as u32;
        let judged = verdicts.len() as u32 - count(Verdict::Overloaded) - count(Verdict::Inconclusive);
        self.tried.insert(place, statistics::wilson(count(Verdict::Stuck), judged));
        true
    }

    fn result(&self, is_log: bool) -> CriticalVariant {
        let point = |(place, stuck): (&usize, &Share)| {
            let point = &self.sweep.points[*place];
            CriticalPoint { value: point.value.clone(), x: point.x, stuck: stuck.clone() }
        };
        let points: Vec<CriticalPoint> = self.tried.iter().map(point).collect();
        let judged: Vec<&CriticalPoint> = points.iter().filter(|point| point.stuck.of > 0).collect();
        let (fit, no_fit) = match fit::fit(&judged, is_log) {
            Ok(fit) => (Some(fit), String::new()),
            Err(why) => (None, why),
        };
        let at: Vec<f64> = self.sweep.points.iter().map(|point| point.x).collect();
        let twin = |place: usize| {
            let variants = &self.sweep.points[place].variants;
            let variant = variants.iter().find(|variant| variant.name == self.name);
            twin::fluid::of(variant.ok_or("it was left out")?)
        };
        let theory = boundary::crossing(&at, is_log, twin).ok().flatten();
        let theory = theory.map(|value| (boundary::NAME.to_owned(), value));
        CriticalVariant { name: self.name.to_owned(), points, fit, no_fit, theory }
    }
}
