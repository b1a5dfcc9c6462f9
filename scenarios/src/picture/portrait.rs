//! Which way does a system with retries move? Its queue against its retries, seed by seed, over the arrows of the
//! fluid equation: below the saddle they lead home, above it into the storm.

use serde::{Deserialize, Serialize};
use sim_core::time::{SimDuration, SimTime};

use crate::expectation::Verdict;
use crate::experiment::VariantRuns;
use crate::measure::Scope;
use crate::metric::Metric;
use crate::twin;

/// Seeds whose paths are drawn.
const PATHS: usize = 6;
/// Arrows along each axis.
const ARROWS: usize = 12;
/// Shown before the trigger and after it, seconds.
const BEFORE_S: u64 = 5;
const AFTER_S: u64 = 60;
/// The queue is shown up to so many times of what is served within a timeout.
const QUEUES: f64 = 3.0;

/// The phase portrait of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Portrait {
    /// Most attempts waiting that are shown.
    pub most_waiting: f64,
    /// Most retries per second that are shown.
    pub most_retries: f64,
    /// The ways of some seeds, shortly before the trigger to a minute after it.
    pub paths: Vec<Path>,
    /// Where the fluid equation leads from a state: attempts waiting, retries per second, and the change of both per
    /// second.
    pub arrows: Vec<[f64; 4]>,
    /// The state between healing and collapse, if there is one: attempts waiting, retries per second.
    pub saddle: Option<[f64; 2]>,
}

/// The way of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// The seed.
    pub seed: u64,
    /// Whether it stays down.
    pub is_stuck: bool,
    /// Attempts waiting and retries per second, moment by moment.
    pub points: Vec<[f64; 2]>,
}

/// The portrait of a variant that theory knows, with a trigger; others have no field of arrows.
pub(super) fn portrait(runs: &VariantRuns, seeds: &[u64]) -> Option<Portrait> {
    let (begins, ends) = runs.variant.model.trigger_window()?;
    let rig = twin::fluid::of(&runs.variant).ok()?.retry_loop;
    if rig.max_attempts < 2 {
        return None;
    }
    let most_waiting = QUEUES * rig.capacity_per_s * rig.timeout_s;
    let most_retries = 1.05 * rig.most_retries_ahead() / rig.timeout_s;
    let place = |most: f64, k: usize| most * (k as f64 + 0.5) / ARROWS as f64;
    let arrow = |k: usize| {
        let (waiting, retries) = (place(most_waiting, k % ARROWS), place(most_retries, k / ARROWS));
        let drift = rig.drift(waiting, retries * rig.timeout_s);
        [waiting, retries, drift.backlog_per_s, drift.retries_per_s / rig.timeout_s]
    };
    let from = SimTime::from_nanos(begins.as_nanos().saturating_sub(BEFORE_S * 1_000_000_000));
    let to = ends + SimDuration::from_secs(AFTER_S);
    let path = |index: usize| {
        let record = &runs.triggered[index];
        let span = record.span(from, to.min(runs.variant.model.horizon));
        let all = |metric| record.moments(metric, Scope::default(), span).map(Option::unwrap_or_default);
        let retries =
            all(Metric::Attempts).zip(all(Metric::Offered)).map(|(sent, new)| (sent - new).max(0.0));
        let points = all(Metric::QueueLength).zip(retries).map(|(waiting, retries)| [waiting, retries]);
        Path {
            seed: seeds[index],
            is_stuck: runs.judgements[index].verdict == Verdict::Stuck,
            points: points.collect(),
        }
    };
    Some(Portrait {
        most_waiting,
        most_retries,
        paths: (0..runs.triggered.len().min(PATHS)).map(path).collect(),
        arrows: (0..ARROWS * ARROWS).map(arrow).collect(),
        saddle: rig.saddle().map(|(waiting, retries)| [waiting, retries / rig.timeout_s]),
    })
}
