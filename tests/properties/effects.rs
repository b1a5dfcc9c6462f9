//! Is the truth about every request kept, whatever happens to those who work for it? Random shops with effects and sagas,
//! over networks that lose and double, with crashes, cancellation, hedges and hand-overs.

use sim_core::model::effect::LEAST_KEPT;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, checked};

/// Random systems of one test run. One by itself: `SPIRAL_EFFECTS=17 cargo test -p sim-tests --test properties effects`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=400;

fn call(dice: &mut Dice, to: &str) -> String {
    let tries = match dice.int(0, 5) {
        0 => "hedging: {fixed: {delay: 30ms, max_attempts: 3}}".to_owned(),
        1 => "until: accepted".to_owned(),
        _ => format!(
            "timeouts: {{attempt: {}}}, retry: {}",
            dice.pick(&["none", "30ms", "300ms"]),
            retry(dice)
        ),
    };
    let network = dice.pick(&["{}", "{latency: 5ms}", "{loss: 10%}", "{duplicate: 20%, loss: 5%}"]);
    format!("{{call: {{to: {to}, network: {network}, {tries}}}}}")
}

fn effect(dice: &mut Dice) -> &'static str {
    const POLICIES: [&str; 4] = ["none", "key", "{key: {window: 50ms}}", "{key: {window: 2s}}"];
    POLICIES[dice.int(0, 3) as usize]
}

fn work(dice: &mut Dice) -> String {
    format!("{{compute: {}}}", dice.pick(&["0s", "10ms", "{exponential: {mean: 40ms}}"]))
}

fn saga(dice: &mut Dice) -> String {
    let attempts = dice.int(1, 3);
    let again = dice.pick(&["immediate", "{constant: {base: 20ms}}"]);
    let parking = dice.pick(&["none", "none", "{every: 200ms}", "{every: 3s}"]);
    let pending = dice.pick(&["true", "false"]);
    format!(
        "{{compensation: {{attempts: {attempts}, again: {again}, parking: {parking}}}, pending_state: {pending}}}"
    )
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0xeffec7, number);
    let dice = &mut dice;
    let mut parts: Vec<String> = (0..dice.int(0, 3))
        .map(|_| {
            let undo = match dice.int(0, 3) {
                0 => "[]".to_owned(),
                1 => format!("[{}]", work(dice)),
                _ => format!("[{}]", call(dice, "pay/refund")),
            };
            let act = match dice.int(0, 2) {
                0 => work(dice),
                1 => call(dice, "stock"),
                _ => call(dice, "pay"),
            };
            format!("{{do: [{act}], undo: {undo}}}")
        })
        .collect();
    // Somebody always pays, or triggers would hit nobody.
    let place = dice.int(0, parts.len() as u64) as usize;
    parts.insert(place, format!("{{do: [{}], undo: [{}]}}", call(dice, "pay"), call(dice, "pay/refund")));
    let around = match dice.int(0, 4) {
        0 => ["{spawn: {steps: [", "]}}"],
        1 => ["{parallel: {need: 1, steps: [{compute: 60ms}, ", "]}}"],
        2 => ["{repeat: {times: 2, steps: [", "]}}"],
        _ => ["", ""],
    };
    let lifecycle =
        |dice: &mut Dice| dice.pick(&["{}", "{restart: {}, boot_time: 300ms}", "{restart: {}}"]).to_owned();
    let on_cancel = |dice: &mut Dice| dice.pick(&["ignore", "ignore", "immediate"]).to_owned();
    let mut text = format!(
        "
services:
  orders:
    instances: {}
    workers: {}
    on_cancel: {}
    lifecycle: {}
    sagas: {{order: {}, other: {{}}}}
    endpoints:
      place: {{steps: [{}{{saga: {{of: order, steps: [{}]}}}}{}]}}
      show: {{steps: [{{look: {{saga: order, latest: {}}}}}, {{look: {{saga: other}}}}]}}
  stock: {{workers: 4, error_ratio: {}%, on_cancel: {}, steps: [{}]}}
  pay:
    instances: {}
    workers: {}
    on_cancel: {}
    queue: {}
    error_ratio: {}%
    lifecycle: {}
    effects: {{charge: {{idempotency: {}}}, mail: {{idempotency: {}}}}}
    steps: [{}, {{effect: charge}}, {{spawn: {{steps: [{}, {{effect: mail}}]}}}}]
    endpoints: {{refund: {{steps: [{}, {{undo: charge}}]}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: {}/s}}}}
    call: {{to: orders/place, {}}}
  readers: {{arrivals: {{closed: {{users: 3, think_time: 100ms}}}}, call: {{to: orders/show, timeouts: {{attempt: 1s}}}}}}
faults:
",
        dice.int(1, 2),
        dice.int(1, 20),
        on_cancel(dice),
        lifecycle(dice),
        saga(dice),
        around[0],
        parts.join(", "),
        around[1],
        dice.int(1, 100),
        dice.pick(&["0", "5", "50"]),
        on_cancel(dice),
        work(dice),
        dice.int(1, 2),
        dice.int(1, 10),
        on_cancel(dice),
        dice.pick(&["fifo", "{fifo: {capacity: 5}}", "lifo"]),
        dice.pick(&["0", "5", "50"]),
        lifecycle(dice),
        effect(dice),
        effect(dice),
        work(dice),
        work(dice),
        work(dice),
        dice.int(1, 120),
        match dice.chance(20) {
            true => "hedging: {fixed: {delay: 50ms, max_attempts: 3}}, timeouts: {total: 1s}".to_owned(),
            false => {
                format!("timeouts: {{attempt: {}}}, retry: {}", dice.pick(&["none", "60ms", "500ms"]), retry(dice))
            }
        },
    );
    for k in 0..dice.int(1, 3) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 40));
        let kind = match dice.int(0, 4) {
            0 => "crash: {services: [orders], instances: one}",
            1 => "crash: {services: [pay, orders]}",
            2 => "errors: {service: pay, ratio: 50%}",
            3 => "loss: {to: pay, ratio: 30%}",
            _ => "stop: {service: orders}",
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

fn check(body: &str, number: u64) -> [bool; 10] {
    let (model, run) = checked("20s", body, number, 300_000);
    let ledger = run.ledger;
    for (effect, settings) in ledger.effects.iter().zip(model.effects.iter()) {
        assert!(effect.duplicates <= effect.applied - effect.keys, "a key is applied first once");
        assert!(effect.undone <= effect.applied && effect.unkeyed == 0);
        if settings.idempotency == Default::default() {
            assert_eq!(effect.replayed, 0, "nobody remembers");
        }
    }
    let [order, other] = [0, 1].map(|k| *ledger.sagas.iter().nth(k).expect("two sagas"));
    assert_eq!(other.begun, 0);
    assert!(order.compensated >= order.undone + order.given_up);
    let pending = model.sagas.iter().next().expect("two sagas").pending_state;
    assert_eq!(order.looks_by_sight[if pending { 1 } else { 2 }], 0, "half-way is seen in one way only");
    // At most twice of what had work under way when it was last looked, and the bound on that is in flight.
    assert!(ledger.operations.most_kept <= (LEAST_KEPT + 2 * 20_000) as u64);
    let any = |count: fn(&sim_core::engine::EffectLedger) -> u64| ledger.effects.iter().any(|e| count(e) > 0);
    [
        any(|e| e.duplicates),
        any(|e| e.replayed),
        any(|e| e.orphans),
        any(|e| e.missing),
        any(|e| e.undone),
        order.given_up > 0,
        order.found[1] > 0,
        order.looks_by_sight[1] > 0,
        ledger.divergence.iter().any(|d| d.divergent > d.kept[1]),
        ledger.divergence.iter().any(|d| d.silent > 0),
    ]
}

#[test]
fn effects_and_sagas_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_EFFECTS", command: " effects", numbers: SYSTEMS };
    let seen = [
        ("duplicates", 50),
        ("replays", 50),
        ("orphans", 50),
        ("missing effects", 20),
        ("effects undone", 20),
        ("sagas given up", 20),
        ("sagas parked at the end", 10),
        ("dirty looks", 30),
        ("stuck where services disagree", 30),
        ("stuck though its user waits", 20),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
