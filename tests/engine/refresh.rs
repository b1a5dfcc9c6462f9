//! When is a cache loaded although nobody asks, what is tried again, and what does a step put in? Nodes that poll a
//! store which takes 100 ms.

use sim_core::engine::{self, CacheLedger};
use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything};

/// So many nodes with these settings of their cache; users come every second.
fn nodes(count: u32, cache: &str, faults: &str) -> Model {
    model(
        "60s",
        &format!(
            "
services:
  node:
    instances: {count}
    caches: {{config: {{{cache}}}}}
    steps: [{{cached: {{cache: config, steps: [{{call: {{to: store}}}}]}}}}]
  store: {{workers: 1000, service_time: 100ms}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: node}}}}}}
faults: {faults}
"
        ),
    )
}

fn counts(model: &Model) -> CacheLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.caches.iter().next().expect("there is a cache")
}

/// Seconds at which calls to the store were begun, in order.
fn loads(model: &Model) -> Vec<f64> {
    let load = |(at, what): (sim_core::time::SimTime, Observation)| {
        matches!(what, Observation::Called { .. }).then_some(at.as_secs_f64())
    };
    everything(model).into_iter().filter_map(load).collect()
}

/// The first load is the user's of 1 s or the timer's, whichever comes first; the timer goes by its period.
#[test]
fn a_timer_loads_whether_anybody_asks_or_not() {
    let model = nodes(1, "warm: full, refresh: {every: 10s}", "{}");
    let loads = loads(&model);
    assert_eq!(loads.len(), 6, "{loads:?}");
    assert!(loads[0] < 10.0);
    assert!(loads.windows(2).all(|pair| (pair[1] - pair[0] - 10.0).abs() < 1e-6), "{loads:?}");
    let counts = counts(&model);
    assert_eq!((counts.refreshes, counts.fills, counts.misses), (6, 6, 0));
    assert!(ends(&model).iter().all(|(from, to, ok)| *ok && from == to), "nobody waits for it");
}

/// A hundred nodes have a hundred moments in the period: each quarter has its quarter of the loads.
#[test]
fn each_instance_has_a_moment_of_its_own() {
    let loads = loads(&nodes(400, "warm: full, refresh: {every: 20s}", "{}"));
    assert_eq!(loads.len(), 1200);
    // Binomial, 100 of 400 with a standard deviation of 8.7: four of them.
    for quarter in 0..4 {
        let from = 5.0 * f64::from(quarter);
        let count = loads.iter().filter(|at| (from..from + 5.0).contains(*at)).count();
        assert!((65..=135).contains(&count), "{count} from {from} s");
    }
}

/// The store is away from 5 to 30 s; every node tries each second, and all succeed within a second of its return. Users
/// have the old value all the while.
#[test]
fn a_load_that_failed_is_tried_again_and_all_come_back_at_once() {
    let away = "{away: {at: 5s, for: 25s, crash: {services: [store]}}}";
    let cache = "warm: full, ttl: 10s, stale_while_revalidate: 1h, refresh: {every: 10s, retry_every: 1s}";
    let model = nodes(50, cache, away);
    assert!(ends(&model).iter().all(|(from, to, ok)| *ok && from == to));
    let loads = loads(&model);
    let between = |from: f64, to: f64| loads.iter().filter(|at| (from..to).contains(*at)).count();
    assert!((49..=51).contains(&between(20.0, 21.0)), "{}", between(20.0, 21.0));
    assert!((49..=52).contains(&between(30.0, 31.0)), "{}", between(30.0, 31.0));
    assert_eq!(between(31.1, 39.9), 0, "and then all are in step");
    assert!((49..=51).contains(&between(40.0, 41.2)), "{}", between(40.0, 41.2));
}

/// Without an interval of its own a load that failed waits for the next period.
#[test]
fn without_a_word_the_next_period_is_the_next_try() {
    let away = "{away: {at: 1ms, for: 35s, crash: {services: [store]}}}";
    let model = nodes(1, "warm: full, refresh: {every: 10s}", away);
    let counts = counts(&model);
    assert_eq!((counts.refreshes, counts.failed + counts.fills), (6, 6));
    assert!(counts.failed >= 3, "{counts:?}");
}

/// A load that takes 100 ms is not doubled by a timer of 30 ms.
#[test]
fn a_load_under_way_is_not_doubled() {
    let model = nodes(1, "warm: full, refresh: {every: 30ms}", "{}");
    // Every fourth moment begins one: 60 s / 120 ms.
    let counts = counts(&model);
    assert!((495..=500).contains(&counts.refreshes), "{counts:?}");
}

/// A node that crashes loses what it held, and its timer begins anew with its next life.
#[test]
fn a_process_that_starts_has_a_timer_of_its_own() {
    let crash = "{crash: {at: 20s, for: 10s, crash: {services: [node]}}}";
    let model = nodes(1, "warm: full, refresh: {every: 10s}", crash);
    let loads = loads(&model);
    assert!(loads.iter().all(|at| !(20.0..30.0).contains(at)), "{loads:?}");
    let counts = counts(&model);
    assert_eq!((counts.flushed, counts.entries), (1, 1));
}

/// What is pushed is there: after the first push nobody loads, although the store fails.
#[test]
fn a_value_that_is_put_in_is_found() {
    let model = model(
        "12s",
        "
services:
  node:
    caches: {config: {}}
    steps: [{cached: {cache: config, steps: [{call: {to: store}}]}}]
    endpoints: {apply: {steps: [{put: {cache: config}}]}}
  store: {service_time: 1ms, error_ratio: 1}
workloads:
  users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: node}}
  clock: {arrivals: {evenly_spaced: {rate: 0.4/s}}, call: {to: node/apply}}
",
    );
    let counts = counts(&model);
    // Pushes at 2.5, 5, 7.5 and 10 s: the users of 1 and 2 s find nothing.
    assert_eq!((counts.puts, counts.misses, counts.failed, counts.hits), (4, 2, 2, 9));
}
