//! Is every message read or lost, and lost only where versions differ? Random producers and consumers with random rollouts.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Bounds;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::systems::model;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_VERSIONS=17 cargo test -p sim-tests --test properties versions`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x7e_7510, number);
    let dice = &mut dice;
    let until = dice.chance(50);
    let call = match until {
        true => ", until: accepted".to_owned(),
        false => format!(", timeouts: {{attempt: {}ms}}", dice.int(1, 500)),
    };
    let may = |dice: &mut Dice| if dice.chance(40) { "ok" } else { "decode_error" };
    let mut text = format!(
        "
services:
  producer:
    instances: {}
    workers: {}
    steps: [{{compute: {{exponential: {{mean: 5ms}}}}}}, {{call: {{to: consumer, retry: {}{call}{}}}}}]
    versions: {{start: a}}
  consumer:
    instances: {}
    workers: {}
    queue: {}
    {}
    on_cancel: {}
    error_cost: {}
    lifecycle: {}
    versions: {{start: a, reads: {{a: {{a: ok, b: {}, c: {}}}, b: {{a: {}, b: ok, c: {}}}, c: {{a: {}, b: {}, c: ok}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 30/s}}}}, call: {{to: producer, timeouts: {{attempt: 2s}}}}}}}}
faults:
",
        dice.int(1, 6),
        dice.int(1, 4),
        retry(dice),
        if dice.chance(30) { ", network: {latency: 15ms}" } else { "" },
        dice.int(1, 3),
        dice.int(1, 3),
        dice.pick(&["fifo", "{fifo: {capacity: 4}}", "lifo", "processor_sharing", "codel"]),
        dice.pick(&["service_time: {exponential: {mean: 30ms}}", "steps: [{compute: 10ms}, {compute: 5ms}]"]),
        dice.pick(&["ignore", "immediate"]),
        dice.pick(&["0ms", "20ms"]),
        dice.pick(&["{}", "{restart: {}, boot_time: 500ms}"]),
        may(dice),
        may(dice),
        may(dice),
        may(dice),
        may(dice),
        may(dice),
    );
    for k in 0..dice.int(1, 5) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 100));
        let kind = match dice.int(0, 5) {
            0 => "crash: {services: [consumer], instances: one}".to_owned(),
            1 => "stop: {service: consumer}".to_owned(),
            2 => "hang: {service: consumer, ratio: 0.3}".to_owned(),
            _ => format!(
                "rollout: {{service: {}, to: {}, gate: {}}}",
                dice.pick(&["producer", "consumer"]),
                dice.pick(&["a", "b", "c"]),
                dice.pick(&["none", "none", "contract"]),
            ),
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

/// Attempts that the consumer has ended with an error of its own.
#[derive(Default)]
struct Errors(u64);

impl Probe for Errors {
    fn observe(&mut self, _: SimTime, observation: Observation) {
        use sim_core::ids::Id;
        if let Observation::Completed { service, outcome: Outcome::ServerError, .. } = observation
            && service.index() == 1
        {
            self.0 += 1;
        }
    }
}

fn check(body: &str, number: u64) -> [bool; 3] {
    let mut model = model("20s", body);
    model.bounds = Bounds { events: 300_000, in_flight: 20_000 };
    let seed = Seed(number);
    let run = engine::run_dyn(&model, seed, (Digest::default(), Errors::default()));
    let ledger = *run.ledger.versions.iter().nth(1).expect("the consumer comes second");
    let (digest, errors) = run.probe;
    // What could not be read may still be at its error, or lost with its instance.
    assert!(errors.0 <= ledger.unreadable, "{} errors, {ledger:?}", errors.0);
    if !["crash", "stop", "hang", "immediate", "20ms"].iter().any(|word| body.contains(word)) {
        assert_eq!(errors.0, ledger.unreadable, "nothing else fails here");
    }
    let control = engine::run_dyn(&model.without_faults(), seed, ()).ledger;
    assert!(control.versions.iter().all(|versions| versions.unreadable == 0), "one version reads itself");
    assert_repeats(&model, seed, digest);
    let refused = model.versions.iter().flatten().any(|versions| !versions.refused.is_empty());
    [ledger.unreadable > 0, refused, ledger.readable > 0]
}

#[test]
fn versions_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_VERSIONS", command: " versions", numbers: SYSTEMS };
    let seen = [("messages that cannot be read", 75), ("gates that refuse", 10), ("messages that can", 150)];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
