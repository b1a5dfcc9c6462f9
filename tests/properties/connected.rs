//! Does every user have at most one connection, and only to an instance that lives? Random systems of connected
//! users with crashes, restarts and full gateways, watched by somebody who keeps a list of all connections.

use std::collections::BTreeMap;

use sim_core::engine;
use sim_core::ids::Id;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::series::Series;
use sim_core::metrics::{InstanceState, Observation, Probe};
use sim_core::model::{Bounds, Model};
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_core::units::Limit;
use sim_tests::systems::model;

use crate::draw::{Dice, retry, retry_in_place};
use crate::systems::{Systems, assert_repeats};

/// Random systems of one test run. One by itself: `SPIRAL_CONNECTED=17 cargo test -p sim-tests --test properties
/// connected`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=400;

fn reconnect(dice: &mut Dice) -> String {
    let base = dice.int(1, 3_000);
    let jitter = dice.pick(&["none", "full", "equal", "plus_minus, jitter_ratio: 0.2"]);
    match dice.int(0, 2) {
        0 => "immediate".to_owned(),
        1 => format!("{{constant: {{base: {base}ms, jitter: {jitter}}}}}"),
        _ => format!("{{exponential: {{base: {base}ms, max: 10s, jitter: {jitter}}}}}"),
    }
}

fn system(number: u64) -> String {
    let mut dice = Dice::new(0xc011ec7, number);
    let dice = &mut dice;
    let instances = dice.int(1, 4);
    let lifecycle = match dice.int(0, 3) {
        0 => "{}".to_owned(),
        1 => format!("{{restart: {{grace: {}s}}, boot_time: {}ms}}", dice.int(0, 8), dice.int(0, 3_000)),
        2 => format!("{{restart: {{}}, readiness: {{period: 1s}}, crash_at: {}}}", dice.int(5, 60)),
        _ => "{restart: {grace: 3s}, liveness: {period: 2s, checks: queue}}".to_owned(),
    };
    let connections = format!(
        "{{max: {}, close: {}, admission: {}}}",
        if dice.chance(40) { dice.int(0, 20).to_string() } else { "unlimited".to_owned() },
        dice.pick(&["at_end", "at_once", "spread"]),
        dice.pick(&["none", "{rate: {to: 5/s, burst: 3}}", "{share: {to: 0.5}}"]),
    );
    let service = |dice: &mut Dice| dice.pick(&["0s", "5ms", "{exponential: {mean: 40ms}}"]).to_owned();
    let (message, connect) = (service(dice), service(dice));
    let lifetime = dice.pick(&["none", "none", "0s", "2s", "{exponential: {mean: 3s}}"]);
    let start = dice.pick(&["connected", "connected", "{arriving: {over: 0s}}", "{arriving: {over: 4s}}"]);
    let patience = |dice: &mut Dice| match dice.chance(60) {
        true => format!("{}ms", dice.int(1, 800)),
        false => "none".to_owned(),
    };
    let network = |dice: &mut Dice| dice.pick(&["{}", "{latency: 20ms}"]).to_owned();
    let queue = dice.pick(&["fifo", "{fifo: {capacity: 4}}", "processor_sharing", "codel"]);
    let balancer = dice.pick(&["round_robin", "random", "least_request", "ring_hash"]);
    let mut text = format!(
        "
services:
  gateway:
    instances: {instances}
    workers: {}
    queue: {queue}
    lifecycle: {lifecycle}
    connections: {connections}
    admission: {}
    on_cancel: {}
    endpoints: {{message: {{steps: [{{compute: {message}}}]}}, connect: {{steps: [{{compute: {connect}}}]}}}}
workloads:
  members:
    clients: {}
    pools: {{few: {{size: 3, queue: 2, acquire_timeout: 100ms}}}}
    arrivals:
      connected:
        users: {}
        messages: {}/s
        lifetime: {lifetime}
        start: {start}
        reconnect: {}
        connect: {{to: gateway/connect, timeouts: {{attempt: {}}}, network: {}, retry: {}, load_balancer: {balancer}}}
    call: {{to: gateway/message, timeouts: {{attempt: {}}}, network: {}, retry: {}{}}}
  strangers: {{arrivals: {{poisson: {{rate: 5/s}}}}, call: {{to: gateway/message}}}}
faults:
  spike: {{at: 2s, for: 3s, load_spike: {{workload: members, factor: 2}}}}
",
        dice.int(1, 4),
        dice.pick(&["none", "none", "{share: {to: 0.7}}"]),
        dice.pick(&["ignore", "immediate"]),
        dice.int(1, 3),
        dice.int(1, 60),
        dice.pick(&["0.1", "0.5", "2"]),
        reconnect(dice),
        patience(dice),
        network(dice),
        retry(dice),
        patience(dice),
        network(dice),
        retry_in_place(dice),
        dice.pick(&["", "", ", pool: few"]),
    );
    for k in 0..dice.int(1, 4) {
        let (at, length) = (dice.int(0, 150), dice.int(1, 60));
        let kind = match dice.int(0, 4) {
            0 => "crash: {services: [gateway], instances: one}",
            1 => "crash: {services: [gateway], instances: all}",
            2 => "restart: {service: gateway, instances: one}",
            3 => "hang: {service: gateway, ratio: 0.5}",
            _ => "monkey: {service: gateway, every: 2s}",
        };
        text += &format!("  f{k}: {{at: {}ms, for: {}ms, {kind}}}\n", 100 * at, 100 * length);
    }
    text
}

/// A list of all connections.
struct List<'a> {
    model: &'a Model,
    /// By workload and user.
    of: BTreeMap<(usize, u32), usize>,
    held: Vec<usize>,
    states: Vec<InstanceState>,
    gone_down: Option<(SimTime, usize)>,
    opened: u64,
    closed: u64,
    cut_off: u64,
    refused: u64,
}

impl List<'_> {
    fn new(model: &Model) -> List<'_> {
        let instances = model.services.iter().map(|service| service.instances as usize).sum();
        List {
            model,
            of: BTreeMap::new(),
            held: vec![0; instances],
            states: vec![InstanceState::Ready; instances],
            gone_down: None,
            opened: 0,
            closed: 0,
            cut_off: 0,
            refused: 0,
        }
    }
}

impl Probe for List<'_> {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        if let Some((_, instance)) = self.gone_down.filter(|(at, _)| *at < now) {
            assert_eq!(self.held[instance], 0, "connections break with their instance");
            self.gone_down = None;
        }
        match observation {
            Observation::InstanceState { instance, state } => {
                self.states[instance.index()] = state;
                if state == InstanceState::Down {
                    self.gone_down = Some((now, instance.index()));
                }
            }
            Observation::Connection { workload, user, service, instance, opened } => {
                let (whose, instance) = ((workload.index(), user), instance.index());
                if opened {
                    self.opened += 1;
                    self.held[instance] += 1;
                    assert_eq!(self.of.insert(whose, instance), None, "a user has at most one connection");
                    let gone = [InstanceState::Down, InstanceState::Booting, InstanceState::Draining];
                    assert!(!gone.contains(&self.states[instance]), "{:?} takes none", self.states[instance]);
                    if let Limit::AtMost(most) = self.model.services[service].connections.max {
                        assert!(self.held[instance] <= most as usize, "more than {most} connections");
                    }
                } else {
                    self.closed += 1;
                    self.held[instance] -= 1;
                    assert_eq!(self.of.remove(&whose), Some(instance), "only what is open is closed");
                }
            }
            Observation::NotSent { outcome: Outcome::NotConnected, .. } => self.cut_off += 1,
            Observation::Rejected { .. } => self.refused += 1,
            _ => {}
        }
    }
}

fn check(body: &str, number: u64) -> [bool; 4] {
    let mut model = model("20s", body);
    model.bounds = Bounds { events: 300_000, in_flight: 20_000 };
    let seed = Seed(number);
    let observers = ((Series::new(&model, SimDuration::ZERO), Digest::default()), List::new(&model));
    let run = engine::run_dyn(&model, seed, observers);
    let ((series, digest), list) = run.probe;
    let ledger = &run.ledger.services.iter().next().expect("the gateway is the only service");
    assert_eq!((ledger.connections_opened, ledger.connections_closed), (list.opened, list.closed));
    assert_eq!(ledger.connections_open, list.of.len() as u64, "the list is what is open");
    if run.stop.is_complete() {
        let windows = series.services.iter().flat_map(|service| &service.windows);
        let connects: u64 = windows.map(|window| u64::from(window.connects)).sum();
        assert_eq!(connects, list.opened, "windows add up");
    }
    assert_repeats(&model, seed, digest);
    [list.opened > 0, list.closed > 0, list.cut_off > 0, list.refused > 0]
}

#[test]
fn connected_users_keep_every_invariant() {
    let systems = Systems { variable: "SPIRAL_CONNECTED", command: " connected", numbers: SYSTEMS };
    let seen =
        [("connections", 100), ("ends of connections", 100), ("users cut off", 100), ("refusals", 100)];
    systems.keep(system, |body| body, |body, number| check(body, number), seen);
}
