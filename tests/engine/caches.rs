//! Who fills a cache, what does it remember, whose is it, and how does it start? Users who come every second and
//! ask for one key; a load takes 300 ms.

use sim_core::engine;
use sim_core::engine::CacheLedger;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::ends;

/// A web tier of so many instances with this cache in front of a store, called in this way.
fn cached(instances: u32, cache: &str, call: &str, store: &str, faults: &str) -> Model {
    model(
        "8s",
        &format!(
            "
services:
  web:
    instances: {instances}
    caches: {{pages: {{{cache}}}}}
    workers: 10
    steps: [{{cached: {{cache: pages, steps: [{{call: {{to: store{call}}}}}]}}}}]
  store: {{workers: 10, service_time: 300ms{store}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, keys: {{count: 1}}, call: {{to: web}}}}}}
faults: {faults}
"
        ),
    )
}

fn counts(model: &Model) -> CacheLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.caches.iter().next().expect("there is a cache")
}

/// The store answers 200 ms after its caller has left. Who asked learns nothing of it, and asks anew with every
/// request; who answers writes at 1.3 s, and from 2 s on there are hits.
#[test]
fn only_a_callee_fills_with_answers_that_come_too_late() {
    let late = ", timeouts: {attempt: 100ms}";
    let caller = cached(1, "fill: caller", late, "", "{}");
    let callee = cached(1, "fill: callee", late, "", "{}");
    let failed: Vec<_> = (1..=7).map(|s| (f64::from(s), f64::from(s) + 0.1, false)).collect();
    assert_eq!(ends(&caller), failed);
    let hits = (2..=8).map(|s| (f64::from(s), f64::from(s), true));
    assert_eq!(ends(&callee)[..7], [vec![(1.0, 1.1, false)], hits.take(6).collect()].concat()[..]);
    let (caller, callee) = (counts(&caller), counts(&callee));
    assert_eq!((caller.hits, caller.fills, caller.late_fills), (0, 0, 0), "{caller:?}");
    assert_eq!((callee.loads, callee.fills, callee.late_fills), (1, 0, 1), "{callee:?}");
}

#[test]
fn in_time_it_does_not_matter_who_fills() {
    let in_time = ", timeouts: {attempt: 400ms}";
    let [caller, callee] =
        ["fill: caller, ttl: 2s", "fill: callee, ttl: 2s"].map(|fill| cached(1, fill, in_time, "", "{}"));
    assert_eq!(ends(&caller), ends(&callee));
    assert_eq!(counts(&caller), counts(&callee));
    assert_eq!(counts(&callee).late_fills, 0);
}

/// The store fails until 1.5 s. The error of 1.3 s is remembered for 2.5 s: 2 s and 3 s get it at once although
/// the store is well again, 4 s asks. Without a memory 2 s asks, and has its answer.
#[test]
fn an_error_that_is_remembered_outlives_its_cause() {
    let faults = "{bad: {at: 0s, for: 1500ms, errors: {service: store, ratio: 1}}}";
    let remembers = cached(1, "negative_ttl: 2500ms", "", "", faults);
    let first = [(1.0, 1.3, false), (2.0, 2.0, false), (3.0, 3.0, false), (4.0, 4.3, true), (5.0, 5.0, true)];
    assert_eq!(ends(&remembers)[..5], first);
    assert_eq!(counts(&remembers).loads, 2);
    let forgets = cached(1, "", "", "", faults);
    assert_eq!(ends(&forgets)[..3], [(1.0, 1.3, false), (2.0, 2.3, true), (3.0, 3.0, true)]);
}

/// What it is there for: a store that is down is asked every 2.5 s instead of every second.
#[test]
fn a_store_that_fails_is_spared() {
    let fails = ", error_ratio: 1";
    assert_eq!(counts(&cached(1, "negative_ttl: 2500ms", "", fails, "{}")).loads, 3); // 1 s, 4 s, 7 s
    assert_eq!(counts(&cached(1, "", "", fails, "{}")).loads, 7);
}

/// Three instances in turn: each loads for itself, or the first for all. The crash of one at 5.5 s takes what it held
/// itself, and nothing that is held elsewhere.
#[test]
fn an_instance_loads_and_loses_for_itself_all_share_one_load() {
    let loads = |scope: &str, faults: &str| {
        let counts = counts(&cached(3, &format!("scope: {scope}"), "", "", faults));
        (counts.loads, counts.flushed)
    };
    assert_eq!(loads("instance", "{}"), (3, 0));
    assert_eq!(loads("shared", "{}"), (1, 0));
    let crash =
        "{crash: {at: 5500ms, for: 100ms, crash: {services: [web], instances: {places: {list: [0]}}}}}";
    assert_eq!(loads("instance", crash), (4, 1));
    assert_eq!(loads("shared", crash), (1, 0));
}

#[test]
fn a_warm_start_asks_for_nothing() {
    let (cold, warm) = (cached(1, "", "", "", "{}"), cached(1, "warm: full", "", "", "{}"));
    assert_eq!((ends(&cold)[0], counts(&cold).loads), ((1.0, 1.3, true), 1));
    assert_eq!((ends(&warm)[0], counts(&warm).loads), ((1.0, 1.0, true), 0));
    // What was there from the start expires like the rest: 1.5 s after it.
    let expires = cached(1, "warm: full, ttl: 1500ms", "", "", "{}");
    assert_eq!(ends(&expires)[..3], [(1.0, 1.0, true), (2.0, 2.3, true), (3.0, 3.0, true)]);
}
