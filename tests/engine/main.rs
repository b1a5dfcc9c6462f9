//! How does the engine behave, step by step? Systems so small that every moment can be worked out by
//! hand: users like a metronome, services of constant length.

mod actions;
mod admission;
mod bounds;
mod caches;
mod callers;
mod fallbacks;
mod faults;
mod guards;
mod hedging;
mod lifecycle;
mod lines;
mod network;
mod pipelines;
mod records;
mod leases;
mod follows;
mod links;
mod divergence;
mod effects;
mod sagas;
mod stuck;
mod wires;
mod messages;
mod monitors;
mod shared_links;
mod versions;
mod locks;
mod pipeline;
mod refresh;
mod retries;
mod scaling;
mod story;
mod told;
mod transport;
mod identity;
mod discovery;
mod changes;
mod pieces;

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::probes::{Everything, Stories, Story};
use sim_tests::systems::model;

/// Users who come every second from 1 s on and call `api`.
fn metronome(horizon: &str, service: &str, call: &str, faults: &str) -> Model {
    model(
        horizon,
        &format!(
            "
services: {{api: {{{service}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api, {call}}}}}}}
faults: {faults}
"
        ),
    )
}

fn stories(model: &Model) -> Vec<Story> {
    engine::run_dyn(model, Seed(1), Stories::default()).probe.all
}

/// How each request ended: (seconds of arrival, seconds of the end, answered), those under way left out.
fn ends(model: &Model) -> Vec<(f64, f64, bool)> {
    let end = |story: &Story| {
        let (at, answered) = story.ended?;
        Some((story.arrived.as_secs_f64(), at.as_secs_f64(), answered))
    };
    stories(model).iter().filter_map(end).collect()
}

fn everything(model: &Model) -> Vec<(SimTime, Observation)> {
    engine::run_dyn(model, Seed(1), Everything::default()).probe.0
}

/// What workers took: (seconds of the start, seconds waited, seconds of service).
fn starts(model: &Model) -> Vec<(f64, f64, f64)> {
    let start = |(at, what): &(SimTime, Observation)| match what {
        Observation::Started { waited, service_time, .. } => {
            let service = service_time.expect("what a leaf takes is known").as_secs_f64();
            Some((at.as_secs_f64(), waited.as_secs_f64(), service))
        }
        _ => None,
    };
    everything(model).iter().filter_map(start).collect()
}
