//! Does every replica have or lack every write, and lack none when all is well at last? Random leaders with replicas that
//! stop and crash, watched by somebody who counts writes.

use sim_core::engine;
use sim_core::ids::EndpointId;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::metrics::{Observation, Probe};
use sim_core::model::{Bounds, Model};
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::systems::model;

use crate::draw::{Dice, retry};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_FOLLOWS=17 cargo test -p sim-tests --test properties follows`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn system(number: u64) -> String {
    let mut dice = Dice::new(0xf0110, number);
    let dice = &mut dice;
    let work = |dice: &mut Dice| dice.pick(&["0s", "5ms", "{exponential: {mean: 20ms}}"]).to_owned();
    let limit = |dice: &mut Dice, most: u64| match dice.chance(50) {
        true => dice.int(1, most).to_string(),
        false => "unlimited".to_owned(),
    };
    let patience = dice.pick(&["none", "50ms", "400ms"]);
    let more = dice.pick(&["", ", pool: few", ", hedging: {fixed: {delay: 10ms, max_attempts: 2}}"]);
    let tries = if more.contains("hedging") { "none".to_owned() } else { retry(dice) };
    let again = dice.pick(&[
        "immediate",
        "{constant: {base: 100ms}}",
        "{exponential: {base: 50ms, max: 2s, jitter: full}}",
    ]);
    let mut text = format!(
        "
services:
  leader:
    instances: {}
    workers: {}
    queue: {}
    lifecycle: {}
    on_cancel: {}
    endpoints: {{write: {{steps: [compute: {}]}}, old: {{steps: [compute: {}]}}, read: {{steps: [compute: 1ms]}}}}
  replica:
    instances: {}
    service_time: 2ms
    lifecycle: {}
    pools: {{few: {{size: 2, queue: 3, acquire_timeout: 100ms}}}}
    follows:
      writes: leader/write
      again: {again}
      catch_up: {{batch: {}, window: {}, flow_control: {}}}
      pull: {{to: leader/old, timeouts: {{attempt: {patience}}}, network: {}, retry: {tries}{more}}}
workloads:
  writers: {{arrivals: {{poisson: {{rate: {}/s}}}}, call: {{to: leader/write, timeouts: {{attempt: 500ms}}, retry: {}}}}}
  readers: {{arrivals: {{poisson: {{rate: 5/s}}}}, call: {{to: replica}}}}
faults:
",
        dice.int(1, 2),
        dice.int(1, 4),
        dice.pick(&["fifo", "{fifo: {capacity: 4}}", "processor_sharing", "codel"]),
        dice.pick(&["{}", "{restart: {}, boot_time: 500ms}"]),
        dice.pick(&["ignore", "immediate"]),
        work(dice),
        dice.pick(&["0s", "5ms", "{exponential: {mean: 20ms}}", "300ms"]),
        dice.int(1, 3),
        dice.pick(&["{}", "{restart: {}, boot_time: 500ms}"]),
        dice.int(1, 30),
        limit(dice, 5),
        limit(dice, 100),
        dice.pick(&["{}", "{latency: 20ms}"]),
        dice.int(1, 100),
        retry(dice),
    );
    for k in 0..dice.int(1, 4) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 60));
        let kind = match dice.int(0, 5) {
            0 => "crash: {services: [leader], instances: one}",
            1 => "crash: {services: [replica], instances: one}",
            2 => "errors: {service: leader, ratio: 50%}",
            3 => "crash: {services: [replica, leader]}",
            _ => "stop: {service: replica, instances: one}",
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

/// Counts what the leader writes.
struct Writes<'a> {
    model: &'a Model,
    endpoint: EndpointId,
    /// Endpoints of the attempts under way.
    under_way: std::collections::BTreeMap<(u32, u32), EndpointId>,
    count: u64,
}

impl<'a> Writes<'a> {
    fn new(model: &'a Model) -> Self {
        let follows = model.services.iter().find_map(|service| service.follows.as_ref());
        let endpoint = follows.expect("somebody follows").writes;
        Writes { model, endpoint, under_way: std::collections::BTreeMap::new(), count: 0 }
    }
}

impl Probe for Writes<'_> {
    fn observe(&mut self, _: SimTime, observation: Observation) {
        match observation {
            Observation::Sent { attempt, edge, .. } => {
                let id = (attempt.0.slot, attempt.0.generation);
                self.under_way.insert(id, self.model.edges[edge].endpoint);
            }
            Observation::Completed { attempt, outcome: Outcome::Ok, .. } => {
                let id = (attempt.0.slot, attempt.0.generation);
                self.count += u64::from(self.under_way.get(&id) == Some(&self.endpoint));
            }
            _ => {}
        }
    }
}

fn check(body: &str, number: u64) -> [bool; 4] {
    let mut model = model("20s", body);
    model.bounds = Bounds { events: 300_000, in_flight: 20_000 };
    let seed = Seed(number);
    let observers = ((Series::new(&model, SimDuration::ZERO), Digest::default()), Writes::new(&model));
    // The laws of the ledger are checked by the engine itself.
    let run = engine::run_dyn(&model, seed, observers);
    let ((series, digest), writes) = run.probe;
    let (id, replicas) = model.services.iter_ids().last().expect("the replicas come last");
    let ledger = run.ledger.follows[id];
    assert_eq!(
        ledger.due,
        writes.count * u64::from(replicas.instances),
        "every write is due to every replica"
    );
    if run.stop.is_complete() {
        let read = series.gauges.get(Holder::Service(id), "replica_lag").expect("the lag is read");
        let last = read.values.last().copied().flatten().expect("in every window");
        let most = ledger.missing as f64;
        assert!(last <= most && most <= last * f64::from(replicas.instances), "{last} of {most}");
    }
    assert_repeats(&model, seed, digest);
    [ledger.streamed > 0, ledger.pulled > 0, ledger.missing > 0, ledger.pulls[0] > 0]
}

#[test]
fn replicas_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_FOLLOWS", command: " follows", numbers: SYSTEMS };
    let seen = [
        ("writes that arrive at once", 200),
        ("pulls", 75),
        ("a lag at the end", 15),
        ("pulls at the end", 5),
    ];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
