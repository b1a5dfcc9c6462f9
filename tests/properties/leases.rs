//! Is every lease held or lost, and does each holder wait for one thing at a time? Random keepers with crashes, pauses,
//! short patience and small lines, watched by somebody who counts requests.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::systems::model;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_LEASES=17 cargo test -p sim-tests --test properties leases`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn system(number: u64) -> String {
    let mut dice = Dice::new(0x1ea5e, number);
    let dice = &mut dice;
    let renew_every = dice.int(100, 4_000);
    let ttl = renew_every + dice.int(1, 6_000);
    let work = |dice: &mut Dice| dice.pick(&["0s", "5ms", "{exponential: {mean: 40ms}}"]).to_owned();
    let patience = |dice: &mut Dice| match dice.chance(60) {
        true => format!("{}ms", dice.int(1, 800)),
        false => "none".to_owned(),
    };
    let base = dice.int(1, 3_000);
    let again = match dice.int(0, 2) {
        0 => "immediate".to_owned(),
        1 => format!("{{constant: {{base: {base}ms, jitter: full}}}}"),
        _ => format!("{{exponential: {{base: {base}ms, max: 10s}}}}"),
    };
    let network = |dice: &mut Dice| dice.pick(&["{}", "{latency: 20ms}"]).to_owned();
    let more = dice.pick(&["", ", pool: few", ", until: accepted"]);
    let hedging = "retry: none, hedging: {fixed: {delay: 10ms, max_attempts: 2}}".to_owned();
    let tries = |dice: &mut Dice, may_hedge: bool| match may_hedge && dice.chance(30) {
        true => hedging.clone(),
        false => format!("retry: {}", retry(dice)),
    };
    let may_hedge = !more.contains("accepted");
    let mut text = format!(
        "
services:
  keeper:
    instances: {}
    workers: {}
    queue: {}
    lifecycle: {}
    admission: {}
    on_cancel: {}
    endpoints: {{renew: {{steps: [compute: {}]}}, establish: {{steps: [compute: {}]}}}}
workloads:
  holders:
    clients: {}
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    arrivals:
      leases:
        count: {}
        ttl: {ttl}ms
        renew_every: {renew_every}ms
        again: {again}
        establish: {{to: keeper/establish, timeouts: {{attempt: {}}}, network: {}, {}{more}}}
    call: {{to: keeper/renew, timeouts: {{attempt: {}}}, network: {}, {}{more}}}
  strangers: {{arrivals: {{poisson: {{rate: 5/s}}}}, call: {{to: keeper/renew}}}}
faults:
",
        dice.int(1, 3),
        dice.int(1, 4),
        dice.pick(&["fifo", "{fifo: {capacity: 4}}", "processor_sharing", "codel"]),
        dice.pick(&[
            "{}",
            "{restart: {}, boot_time: 500ms}",
            "{restart: {}, readiness: {period: 1s}, crash_at: 20}"
        ]),
        dice.pick(&["none", "none", "{share: {to: 0.7}}"]),
        dice.pick(&["ignore", "immediate"]),
        work(dice),
        work(dice),
        dice.int(1, 3),
        dice.int(1, 60),
        patience(dice),
        network(dice),
        tries(dice, may_hedge),
        patience(dice),
        network(dice),
        tries(dice, may_hedge),
    );
    for k in 0..dice.int(1, 4) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 100));
        let kind = match dice.int(0, 3) {
            0 => "crash: {services: [keeper], instances: one}",
            1 => "crash: {services: [keeper], instances: all}",
            2 => "stop: {service: keeper}",
            _ => "hang: {service: keeper, ratio: 0.5}",
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    if dice.chance(30) {
        text += "actions: {quiet: {at: 5s, for: 4s, pause: {workload: holders}}}\n";
    }
    text
}

/// Requests of holders under way.
#[derive(Default)]
struct Count {
    now: i64,
    most: i64,
}

impl Probe for Count {
    fn observe(&mut self, _: SimTime, observation: Observation) {
        use sim_core::ids::Id;
        match observation {
            Observation::Arrived { workload, .. } if workload.index() == 0 => self.now += 1,
            Observation::Answered { workload, .. } | Observation::Failed { workload, .. }
                if workload.index() == 0 =>
            {
                self.now -= 1;
            }
            _ => {}
        }
        self.most = self.most.max(self.now);
    }
}

fn check(body: &str, number: u64) -> [bool; 3] {
    let mut model = model("20s", body);
    model.bounds = Bounds { events: 300_000, in_flight: 20_000 };
    let seed = Seed(number);
    let observers = ((Series::new(&model, SimDuration::ZERO), Digest::default()), Count::default());
    // The laws of the ledger are checked by the engine itself.
    let run = engine::run_dyn(&model, seed, observers);
    let ((series, digest), count) = run.probe;
    let leases = run.ledger.leases.iter().next().expect("the holders come first");
    assert!(count.most <= leases.count as i64, "one request at a time: {} of {}", count.most, leases.count);
    if run.stop.is_complete() {
        let edge = model.workloads.iter().next().expect("the holders come first").edge;
        let read = series.gauges.get(Holder::Edge(edge), "leases_held").expect("leases are read");
        assert_eq!(read.values.last(), Some(&Some(leases.held as f64)), "the last window ends with the run");
    }
    assert_repeats(&model, seed, digest);
    [leases.renewed > 0, leases.expired > 0, leases.established > 0]
}

#[test]
fn holders_of_leases_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_LEASES", command: " leases", numbers: SYSTEMS };
    let seen = [("renewals", 75), ("leases that ran out", 75), ("leases established", 75)];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
