//! What is a run, how is it made, and why does it end?

use super::{Ledger, Marks, Shelf, Simulation};
use crate::metrics::Probe;
use crate::model::Model;
use crate::streams::Seed;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The horizon was reached.
    Horizon,
    /// Nothing was left to happen, before the horizon or after it.
    Drained,
    /// The bound on events was reached; results up to there are incomplete.
    EventLimit,
    /// The bound on attempts or on requests in flight was reached; results up to there are incomplete.
    InFlightLimit,
}

impl StopReason {
    /// Whether the run covers its whole horizon.
    pub fn is_complete(self) -> bool {
        match self {
            StopReason::Horizon | StopReason::Drained => true,
            StopReason::EventLimit | StopReason::InFlightLimit => false,
        }
    }
}

/// What a run leaves behind.
#[derive(Clone, Debug)]
pub struct Run<P> {
    /// Why it ended.
    pub stop: StopReason,
    /// Events handled.
    pub events: u64,
    /// What was counted; its laws have been checked.
    pub ledger: Ledger,
    /// What people saw and did, and when.
    pub marks: Marks,
    /// The observer.
    pub probe: P,
}

/// Runs `model` once. The same model and seed give the same run, bit for bit, on every machine.
///
/// Panics if a conservation law is broken: that is a fault of the engine, never of the model.
pub fn run<P: Probe>(model: &Model, seed: Seed, probe: P) -> Run<P> {
    let shelf = Shelf::default();
    match model.is_plain {
        true => Simulation::<P, true>::new(model, seed, probe, &shelf).run(),
        false => Simulation::<P, false>::new(model, seed, probe, &shelf).run(),
    }
}
