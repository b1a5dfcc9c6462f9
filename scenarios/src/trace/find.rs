//! Which requests are worth telling? A first pass over the run keeps those that somebody asked for, and
//! of each only who it is, when it came and when it ended.

use sim_core::ids::{CallId, Handle, IdVec, WorkloadId};
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Model;
use sim_core::time::{SimDuration, SimTime};

/// A request that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The first of the run.
    First,
    /// The first that failed for good, by the moment of its failure.
    FirstFailed,
    /// Those that waited longest for their answer; of equals the first.
    Slowest(usize),
    /// By number, from 1.
    Number(u64),
    /// The first so many that arrive from a moment on.
    Around {
        /// From when on.
        from: SimTime,
        /// How many.
        count: usize,
    },
}

/// A request that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) workload: WorkloadId,
    pub(super) number: u64,
    pub(super) arrived: SimTime,
    pub(super) ended: Option<SimTime>,
    pub(super) why: Vec<String>,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct UnderWay {
    id: Handle,
    workload: WorkloadId,
    number: u64,
    arrived: SimTime,
}

/// Looks for them; memory follows the number of requests in flight and of wishes.
#[derive(Debug)]
pub(super) struct Finder {
    only: Option<WorkloadId>,
    wishes: Vec<Wish>,
    /// By slot of the call.
    under_way: Vec<Option<UnderWay>>,
    /// Requests so far.
    counts: IdVec<WorkloadId, u64>,
    /// One list per wish.
    found: Vec<Vec<Found>>,
}

impl Finder {
    pub(super) fn new(model: &Model, only: Option<WorkloadId>, wishes: &[Wish]) -> Finder {
        Finder {
            only,
            wishes: wishes.to_vec(),
            under_way: Vec::new(),
            counts: model.workloads.iter().map(|_| 0).collect(),
            found: vec![Vec::new(); wishes.len()],
        }
    }

    /// What was found, in order of arrival, none twice.
    pub(super) fn found(&self) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        for found in self.found.iter().flatten() {
            let same = |other: &&mut Found| (other.workload, other.number) == (found.workload, found.number);
            match all.iter_mut().find(same) {
                Some(known) => known.why.extend(found.why.iter().cloned()),
                None => all.push(found.clone()),
            }
        }
        all.sort_by_key(|found| (found.arrived, found.workload, found.number));
        all
    }

    /// Numbers that the run did not reach, and wishes that nothing fulfilled.
    pub(super) fn missing(&self, model: &Model) -> (Vec<String>, Vec<String>) {
        let (mut unknown, mut nothing) = (Vec::new(), Vec::new());
        let of = self.only.map_or(String::new(), |id| format!(" of `{}`", model.workloads[id].name));
        let came: u64 = match self.only {
            Some(id) => self.counts[id],
            None => self.counts.iter().sum(),
        };
        for (wish, found) in self.wishes.iter().zip(&self.found) {
            if !found.is_empty() {
                continue;
            }
            match wish {
                Wish::Number(number) => {
                    unknown.push(format!("there is no request {number}{of}: {came} arrived in this run"));
                }
                Wish::First => nothing.push(format!("no request{of} arrived in this run")),
                Wish::FirstFailed => nothing.push(format!("no request{of} failed in this run")),
                Wish::Slowest(_) => nothing.push(format!("no request{of} was answered in this run")),
                Wish::Around { from, .. } => {
                    nothing.push(format!("no request{of} arrived at {from} or later"));
                }
            }
        }
        (unknown, nothing)
    }

    fn arrives(&mut self, now: SimTime, workload: WorkloadId, call: CallId) {
        self.counts[workload] += 1;
        let number = self.counts[workload];
        let slot = call.0.slot as usize;
        if slot >= self.under_way.len() {
            self.under_way.resize(slot + 1, None);
        }
        if self.only.is_some_and(|only| only != workload) {
            return;
        }
        self.under_way[slot] = Some(UnderWay { id: call.0, workload, number, arrived: now });
        for (wish, found) in self.wishes.iter().zip(&mut self.found) {
            let why = match *wish {
                Wish::First if found.is_empty() => "the first of the run".to_owned(),
                Wish::Number(wanted) if wanted == number => format!("number {number}"),
                Wish::Around { from, count } if now >= from && found.len() < count => {
                    format!("arrival {} from {from} on", found.len() + 1)
                }
                Wish::First
                | Wish::Number(_)
                | Wish::Around { .. }
                | Wish::FirstFailed
                | Wish::Slowest(_) => {
                    continue;
                }
            };
            found.push(Found { workload, number, arrived: now, ended: None, why: vec![why] });
        }
    }

    fn ends(&mut self, now: SimTime, call: CallId, is_answered: bool) {
        let Some(one) = self.under_way.get_mut(call.0.slot as usize).and_then(Option::take) else { return };
        debug_assert_eq!(one.id, call.0, "a slot is free before it is used again");
        let UnderWay { workload, number, arrived, .. } = one;
        let found_now =
            |why: &str| Found { workload, number, arrived, ended: Some(now), why: vec![why.to_owned()] };
        for (wish, found) in self.wishes.iter().zip(&mut self.found) {
            match *wish {
                Wish::FirstFailed if !is_answered && found.is_empty() => {
                    found.push(found_now("the first to fail"));
                }
                Wish::Slowest(most) if is_answered => {
                    let took =
                        |found: &Found| found.ended.map_or(SimDuration::ZERO, |at| at.since(found.arrived));
                    let mine = now.since(arrived);
                    let place = found.partition_point(|other| took(other) >= mine);
                    if place < most {
                        found.insert(place, found_now("one of the slowest answers"));
                        found.truncate(most);
                    }
                }
                Wish::First | Wish::Number(_) | Wish::Around { .. } => {
                    let mine = |found: &&mut Found| (found.workload, found.number) == (workload, number);
                    if let Some(found) = found.iter_mut().find(mine) {
                        found.ended = Some(now);
                    }
                }
                Wish::FirstFailed | Wish::Slowest(_) => {}
            }
        }
    }
}

impl Probe for Finder {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        match observation {
            Observation::Arrived { workload, call, .. } => self.arrives(now, workload, call),
            Observation::Answered { call, .. } => self.ends(now, call, true),
            Observation::Failed { call, .. } => self.ends(now, call, false),
            _ => {}
        }
    }

    fn end(&mut self) {
        for (wish, found) in self.wishes.iter().zip(&mut self.found) {
            if let Wish::Slowest(_) = wish {
                for (k, found) in found.iter_mut().enumerate() {
                    found.why = vec![match k {
                        0 => "the slowest answer".to_owned(),
                        k => format!("the slowest answer but {k}"),
                    }];
                }
            }
        }
    }
}
