//! Does every policy work in front of every kind of service? Random networks with every feature on or off,
//! watched by an observer that knows who is alive and what each caller is owed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::series::Series;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::over_seeds;
use sim_tests::systems::model;

use crate::aware::Aware;
use crate::compose;
use crate::draw::Drawn;
use crate::systems::assert_repeats;

/// Random networks of one test run. One by itself, or others: `SPIRAL_NETWORK=17 cargo test -p sim-tests
/// --test properties networks`, or `801-5000`.
const NETWORKS: std::ops::RangeInclusive<u64> = 1..=1_000;

#[test]
fn random_networks_of_everything_keep_every_invariant() {
    let chosen = std::env::var("SPIRAL_NETWORK").ok().map(|text| {
        let number = |text: &str| text.parse().expect("a number");
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        number(from)..=number(to)
    });
    let numbers = chosen.clone().unwrap_or(NETWORKS);
    let seen = over_seeds(numbers, |number| {
        let drawn = compose::network(number);
        let checked = catch_unwind(AssertUnwindSafe(|| check(&drawn, number)));
        checked.unwrap_or_else(|_| {
            panic!(
                "random network {number} breaks an invariant (see above); to repeat it:\n\
                 SPIRAL_NETWORK={number} cargo test -p sim-tests --test properties networks\n{}",
                drawn.body
            )
        })
    });
    // The laws say little about what never happens.
    let mut networks: BTreeMap<&str, usize> = BTreeMap::new();
    for what in seen.iter().flat_map(BTreeMap::keys) {
        *networks.entry(what).or_default() += 1;
    }
    println!("of {} networks so many see: {networks:#?}", seen.len());
    if chosen.is_none() {
        for what in EXPECTED {
            let count = networks.get(what).copied().unwrap_or(0);
            assert!(count >= 10, "only {count} random networks see `{what}`");
        }
    }
}

const EXPECTED: [&str; 41] = [
    "abandoned",
    "absent",
    "accepted",
    "actions",
    "actions that ended",
    "answered",
    "booting",
    "calls of services",
    "completions in vain",
    "down",
    "draining",
    "dropped",
    "ejected",
    "failed",
    "failed: ConnectFailure",
    "failed: Expired",
    "failed: QueueFull",
    "failed: Reset",
    "failed: ServerError",
    "failed: Shed",
    "failed: Timeout",
    "healthy",
    "hung",
    "lost",
    "not ready",
    "not sent: BreakerOpen",
    "not sent: BulkheadFull",
    "not sent: NoHealthyHost",
    "not sent: PoolTimeout",
    "not sent: Throttled",
    "readmitted",
    "ready",
    "rejected: ConnectFailure",
    "rejected: QueueFull",
    "rejected: Shed",
    "retries",
    "unhealthy",
    "waits for a slot",
    "waits outside",
    "warming",
    "withdrawn",
];

fn check(drawn: &Drawn, number: u64) -> BTreeMap<String, u64> {
    let mut model = model(&drawn.horizon, &drawn.body);
    let events = drawn.most_events.expect("networks that multiply calls need a bound");
    model.bounds = Bounds { events, in_flight: 5_000 };
    let seed = Seed(number);
    let observers = ((Series::new(&model, SimDuration::ZERO), Digest::default()), Aware::new(&model));
    let run = engine::run_dyn(&model, seed, observers);
    let ((_, digest), aware) = run.probe;
    let count = |what: &str| aware.seen.get(what).copied().unwrap_or(0);
    assert_eq!(run.ledger.requests_created, count("requests"), "requests created");
    assert_eq!(run.ledger.requests_answered, count("answered"), "requests answered");
    let lost: u64 = run.ledger.services.iter().map(|service| service.lost).sum();
    assert_eq!(lost, count("lost"), "attempts lost");

    assert_repeats(&model, seed, digest);
    aware.seen
}
