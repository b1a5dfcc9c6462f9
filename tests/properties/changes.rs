//! Is every change made, refused or idle, and every incident repaired or open? Random chains whose owners change what they
//! like, with actual trouble beside it.

use crate::draw::Dice;
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_CHANGES=17 cargo test -p sim-tests --test properties changes`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=200;

fn system(number: u64) -> String {
    let mut dice = Dice::new(0xc4a26e, number);
    let dice = &mut dice;
    let retry = |dice: &mut Dice| {
        dice.pick(&[
            "{immediate: {max_attempts: 1}}",
            "{exponential: {max_attempts: 2, base: 50ms, jitter: full}}",
            "{constant: {max_attempts: 3, base: 20ms, budget: {static_cap: {max_concurrent: 3}}}}",
        ])
        .to_owned()
    };
    let guards = |dice: &mut Dice| {
        dice.pick(&[
            "",
            ", pool: few",
            ", circuit_breaker: {consecutive: {failures: 3}}",
            ", network: {latency: 5ms}",
        ])
        .to_owned()
    };
    let contract = dice.chance(40);
    let first = if contract { "1s" } else { "200ms" };
    format!(
        "
services:
  page:
    instances: {}
    workers: 20
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    steps: [{{call: {{to: shop, timeouts: {{attempt: {first}}}, retry: {}{}}}}}]
  shop:
    workers: 20
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    on_cancel: {}
    steps: [{{call: {{to: store, timeouts: {{attempt: 100ms}}, retry: {}{}}}}}]
  store:
    instances: {}
    workers: 4
    service_time: {{exponential: {{mean: 40ms}}}}
    admission: {{fixed_window: {{limit: 400, window: 1s}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 20/s}}}}, call: {{to: page}}}}}}
faults: {{trouble: {{at: {}s, for: {}s, {}}}}}
changes:
  owners:
    page:
      every: {{exponential: {{mean: 2s}}}}
      settings: [timeout: {{from: page, to: shop, values: [50ms, 300ms, 1s]}}, attempts: {{from: page, to: shop, values: [1, 2, 4]}}]
    shop:
      every: 1500ms
      settings: [timeout: {{from: shop, to: store, values: [30ms, 100ms, 400ms]}}, attempts: {{from: shop, to: store, values: [1, 3]}}]
    store: {{every: {{exponential: {{mean: 5s}}}}, settings: [quota: {{service: store, values: [5, 100, 400]}}]}}
  contract: {}
  rollout: {}
  incident: {{below: {}%, of_last: {}}}
  repair: {}
",
        dice.int(2, 4),
        retry(dice),
        guards(dice),
        dice.pick(&["ignore", "immediate"]),
        retry(dice),
        guards(dice),
        dice.int(1, 3),
        dice.int(1, 20),
        dice.int(1, 10),
        dice.pick(&["crash: {services: [store]}", "slow: {service: store, factor: 5}", "crash: {services: [page], instances: one}"]),
        if contract { "checked" } else { "none" },
        dice.pick(&[
            "at_once",
            "{watched: {watch: 2s}}",
            "{staged: {steps: [30%, 100%], each: 1s}}",
            "{staged: {steps: [10%, 50%, 100%], each: 700ms, canary: compared}}",
            "{staged: {steps: [60%, 100%], each: 2s, canary: {compared: {min_count: 3, chance: 20%, too_few: wait}}}}",
        ]),
        dice.int(50, 95),
        dice.int(1, 40),
        dice.pick(&["0s", "500ms", "{exponential: {mean: 2s}}"]),
    )
}

fn check(body: &str, number: u64) -> [bool; 8] {
    let (_, run) = checked("30s", body, number, 300_000);
    let counts = run.ledger.changes;
    if body.contains("contract: checked") {
        assert_eq!(counts.incidents, counts.untraced, "everything fits together at all times");
    }
    assert!(!body.contains("contract: none") || counts.refused == 0);
    let staged = counts.staged;
    assert!(body.contains("staged") || staged.begun == 0);
    assert!(body.contains("canary") || staged.judged == 0);
    assert!(!body.contains("staged") || staged.begun == counts.made);
    if body.contains("contract: checked") {
        assert_eq!(
            (staged.exposed, staged.fitting),
            (0, staged.judged),
            "nothing that does not fit is ever made"
        );
    }
    [
        counts.made > 3,
        counts.refused > 0,
        counts.taken_back > 0,
        counts.of_patience > 0,
        counts.untraced > 0,
        staged.completed > 0,
        staged.judged > 0,
        staged.replaced > 0,
    ]
}

#[test]
fn changes_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_CHANGES", command: " changes", numbers: SYSTEMS };
    let seen = [
        ("changes", 75),
        ("refusals", 30),
        ("changes taken back", 30),
        ("incidents of patience", 30),
        ("incidents without a reason in settings", 5),
        ("rollouts to the last step", 20),
        ("rollouts judged worse", 10),
        ("rollouts replaced", 10),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
