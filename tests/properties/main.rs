//! What holds in every run of every system? Random small systems, features switched off at random,
//! watched from outside by an observer that believes nothing.

mod actions;
mod aware;
mod capacity;
mod compose;
mod composition;
mod connected;
mod draw;
mod limits;
mod money;
mod flows;
mod guards;
mod told;
mod hedging;
mod utilisation;
mod watch;
mod leases;
mod systems;
mod effects;
mod follows;
mod messages;
mod transports;
mod discovery;
mod changes;
mod monitors;
mod versions;
mod locks;
mod streams;

use sim_core::engine::{self, Run, StopReason};
use sim_core::metrics::digest::Digest;
use sim_core::metrics::series::{Series, ServiceWindow, WorkloadWindow};
use sim_core::model::{Bounds, Model};
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;
use systems::{Systems, assert_repeats};
use watch::Watch;

/// Random systems of one test run. One by itself: `SPIRAL_SYSTEM=17 cargo test -p sim-tests --test
/// properties`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=600;

#[test]
fn random_systems_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_SYSTEM", command: "", numbers: SYSTEMS };
    let kinds = ["answers", "failures", "retries", "rejections", "drops", "timeouts", "errors", "a bound"];
    systems.keep(draw::system, |drawn| &drawn.body, check, kinds.map(|what| (what, 30)));
}

/// Whether there were answers, failures, retries, rejections, drops, timeouts, errors, and a bound that was reached.
fn check(drawn: &draw::Drawn, number: u64) -> [bool; 8] {
    let mut model = model(&drawn.horizon, &drawn.body);
    if let Some(events) = drawn.most_events {
        model.bounds = Bounds { events, in_flight: 10_000 };
    }
    let seed = Seed(number);
    let observers = ((Series::new(&model, SimDuration::ZERO), Digest::default()), Watch::new(&model));
    let run = engine::run_dyn(&model, seed, observers);
    assert_eq!(
        run.stop == StopReason::EventLimit,
        drawn.most_events == Some(run.events),
        "the bound on events is the reason of the stop: {:?} after {}",
        run.stop,
        run.events
    );
    let ((series, digest), watch) = run.probe;
    let run = Run { stop: run.stop, events: run.events, ledger: run.ledger, marks: run.marks, probe: () };
    watch.finish(&model, &run);
    check_windows(&model, &series, &run);

    assert_repeats(&model, seed, digest);

    let sum = |count: fn(&ServiceWindow) -> u32| {
        series.services.iter().flat_map(|s| &s.windows).map(|w| u64::from(count(w))).sum::<u64>()
    };
    [
        run.ledger.requests_answered > 0,
        run.ledger.requests_failed > 0,
        watch.retries > 0,
        sum(|w| w.rejected) > 0,
        sum(|w| w.dropped) > 0,
        watch.timeouts > 0,
        sum(|w| w.errors) > 0,
        !run.stop.is_complete(),
    ]
}

/// The windows add up to what the engine counted, and goodput <= throughput <= attempts.
fn check_windows(model: &Model, series: &Series, run: &Run<()>) {
    let ledger = &run.ledger;
    let workloads = |count: fn(&WorkloadWindow) -> u32| {
        series.workloads.iter().flat_map(|w| &w.windows).map(|w| u64::from(count(w))).sum::<u64>()
    };
    assert_eq!(workloads(|w| w.offered), ledger.requests_created, "offered");
    assert_eq!(workloads(|w| w.answered), ledger.requests_answered, "answered, by time of the answer");
    assert_eq!(workloads(|w| w.succeeded), ledger.requests_answered, "answered, by time of arrival");
    assert_eq!(workloads(|w| w.failed), ledger.requests_failed, "failed");
    let sent: u64 = ledger.edges.iter().map(|edge| edge.sent).sum();
    assert_eq!(workloads(|w| w.attempts), sent, "attempts");
    let recorded: u64 = series.workloads.iter().map(|w| w.latency.count()).sum();
    assert_eq!(recorded, ledger.requests_answered, "latencies recorded");

    let mut goodput = 0;
    for (id, service) in series.services.iter_ids() {
        let counted = &ledger.services[id];
        let sum = |count: fn(&ServiceWindow) -> u32| {
            service.windows.iter().map(|w| u64::from(count(w))).sum::<u64>()
        };
        assert_eq!(sum(|w| w.arrived), counted.arrived, "{id:?} arrived");
        assert_eq!(sum(|w| w.completed), counted.completed, "{id:?} completed");
        assert_eq!(sum(|w| w.rejected), counted.rejected, "{id:?} rejected");
        assert_eq!(sum(|w| w.dropped), counted.dropped, "{id:?} dropped");
        assert!(sum(|w| w.useful) + sum(|w| w.errors) <= sum(|w| w.completed), "{id:?} completed");
        assert!(sum(|w| w.completed) <= sum(|w| w.started), "{id:?} started before it completed");
        assert!(sum(|w| w.started) + sum(|w| w.rejected) + sum(|w| w.dropped) <= sum(|w| w.arrived));
        goodput += sum(|w| w.useful);

        let workers = f64::from(model.services[id].workers * model.services[id].instances);
        assert!(service.windows.iter().all(|w| w.busy_workers <= workers * (1.0 + 1e-9)), "{id:?} busy");
        if run.stop.is_complete() {
            let seconds = |k: usize| series.window_length(k).as_secs_f64();
            let area = |level: fn(&ServiceWindow) -> f64| {
                service.windows.iter().enumerate().map(|(k, w)| level(w) * seconds(k)).sum::<f64>()
            };
            let near = |a: f64, b: u128| (a - b as f64 * 1e-9).abs() <= 1e-6 * (1.0 + a);
            assert!(near(area(|w| w.busy_workers), counted.busy_area), "{id:?} busy area");
            let waiting = counted.system_area - counted.busy_area;
            assert!(near(area(|w| w.queue_length), waiting), "{id:?} waiting area");
        }
    }
    let used: u64 = ledger.edges.iter().map(|edge| edge.used).sum();
    let completed: u64 = ledger.services.iter().map(|service| service.completed).sum();
    assert_eq!(goodput, used, "useful completions are the answers that callers used");
    assert_eq!(used, ledger.requests_answered, "every answer used answers its request");
    assert!(used <= completed && completed <= sent, "goodput <= throughput <= attempts");
}
