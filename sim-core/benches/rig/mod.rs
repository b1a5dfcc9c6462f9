//! The reference rig in three forms: as a model for the engine, as a loop specialised by hand for this
//! one rig (the yardstick), and as a bare hold model that shows how fast the machine is today.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sim_core::luck::mix;
use sim_core::metrics::series::Series;
use sim_core::model::{Model, SystemConfig};
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_core::units::Count;
use sim_core::ziggurat;

mod features;
pub(crate) use features::features;

/// Requests per second of the rig.
pub(crate) const RATE: f64 = 800.0;
const WORKERS: u32 = 10;
const MEAN_MS: u64 = 10;
const ATTEMPTS: u32 = 4;
const TIMEOUT_MS: u64 = 1_000;

/// The rig of curriculum 1.3 without its trigger: 10 workers x 10 ms, 800/s, timeout 1 s, 4 attempts.
pub(crate) fn rig(requests: u64) -> Model {
    system(
        WORKERS,
        SimDuration::from_millis(MEAN_MS),
        RATE,
        Some(SimDuration::from_millis(TIMEOUT_MS)),
        requests,
    )
}

/// Requests that are all in service at once: `pending` finishes wait in the event list on average.
pub(crate) fn crowd(pending: u32, requests: u64) -> Model {
    let workers = pending.saturating_mul(2).min(Count::MAX);
    system(workers, SimDuration::from_secs(1), f64::from(pending), None, requests)
}

fn system(workers: u32, mean: SimDuration, rate: f64, timeout: Option<SimDuration>, requests: u64) -> Model {
    let call = match timeout {
        None => r#"{"to": "api"}"#.to_owned(),
        Some(timeout) => format!(
            r#"{{"to": "api", "timeouts": {{"attempt": "{timeout}"}},
                 "retry": {{"immediate": {{"max_attempts": {ATTEMPTS}}}}}}}"#
        ),
    };
    let services = format!(
        r#"{{"api": {{"workers": {workers}, "service_time": {{"exponential": {{"mean": "{mean}"}}}}}}}}"#
    );
    let workloads = format!(
        r#"{{"users": {{"arrivals": {{"poisson": {{"rate": {{"steps": [{{"at": "0s", "rate": "{rate}/s"}}]}}}}}},
                        "call": {call}}}}}"#
    );
    model(&services, &workloads, SimDuration::from_secs_f64(requests as f64 / rate))
}

/// Three tiers: 2 gateways, 4 services in the middle, 6 stores; 12 services of 5 instances each. A request
/// makes 1 + 4 + 8 calls; every service call has a timeout, a retry with a budget and a pool slot, and a
/// millisecond of network. Stores are 60 % busy.
pub(crate) fn network(requests: u64) -> Model {
    tiers(requests, r#"{"latency": {"constant": {"value": "1ms"}}}"#, "{}")
}

/// The same, where messages have sizes and share a link of ten gigabit, a thousandth is lost, and TCP mends that.
pub(crate) fn wires(requests: u64) -> Model {
    let network = r#"{"latency": {"constant": {"value": "1ms"}}, "loss": {"$text": "0.1%"}, "link": "rack", "transport": {"tcp": {}}},
        "request_size": {"$text": "1KiB"}, "response_size": {"exponential": {"mean": "4KiB"}}"#;
    tiers(requests, network, r#"{"rack": {"bandwidth": "10Gbit/s", "mtu": "1500B"}}"#)
}

fn tiers(requests: u64, network: &str, links: &str) -> Model {
    let call = |to: &str| {
        format!(
            r#"{{"call": {{"to": "{to}", "pool": "out", "timeouts": {{"attempt": "500ms"}},
                 "retry": {{"exponential": {{"max_attempts": 2, "base": "10ms", "max": "1s", "jitter": "full",
                     "budget": {{"success_tokens": {{"max_tokens": 10, "token_ratio": 0.1}}}}}}}},
                 "load_balancer": {{"least_request": {{}}}}, "network": {network}}}}}"#
        )
    };
    let service = |name: &str, workers: u32, steps: String| {
        format!(
            r#""{name}": {{"instances": 5, "workers": {workers}, "pools": {{"out": {{"size": 40}}}}, {steps}}}"#
        )
    };
    let mut services = Vec::new();
    for gateway in 0..2 {
        let middle: Vec<String> = (0..4).map(|m| call(&format!("middle{m}"))).collect();
        let steps = format!(
            r#""steps": [{{"compute": {{"constant": {{"value": "100us"}}}}}}, {}, {{"parallel": {{"steps": [{}]}}}}]"#,
            middle[gateway],
            [&middle[(gateway + 1) % 4], &middle[(gateway + 2) % 4], &middle[(gateway + 3) % 4]]
                .map(String::as_str)
                .join(", ")
        );
        services.push(service(&format!("gateway{gateway}"), 200, steps));
    }
    for middle in 0..4 {
        let (one, other) = (call(&format!("store{middle}")), call(&format!("store{}", middle + 2)));
        let steps =
            format!(r#""steps": [{{"compute": {{"exponential": {{"mean": "1ms"}}}}}}, {one}, {other}]"#);
        services.push(service(&format!("middle{middle}"), 50, steps));
    }
    for store in 0..6 {
        // The two in the middle of the six are called twice as often.
        let mean = if store == 2 || store == 3 { "3ms" } else { "6ms" };
        let work = format!(r#""service_time": {{"exponential": {{"mean": "{mean}"}}}}"#);
        services.push(service(&format!("store{store}"), 4, work));
    }
    let users = |gateway: u32| {
        format!(
            r#""users{gateway}": {{"arrivals": {{"poisson": {{"rate": {{"steps": [{{"at": "0s", "rate": "1000/s"}}]}}}}}},
                "call": {{"to": "gateway{gateway}", "timeouts": {{"total": "2s"}}}}}}"#
        )
    };
    let services = format!("{{{}}}", services.join(", "));
    let workloads = format!("{{{}, {}}}", users(0), users(1));
    let horizon = SimDuration::from_secs_f64(requests as f64 / 2_000.0);
    let links = serde_json::from_str(links).expect("the links can be read");
    let config = SystemConfig { links, ..config(&services, &workloads, horizon) };
    Model::new(&config).expect("the rig is sound")
}

/// The model of a file's parts.
fn model(services: &str, workloads: &str, horizon: SimDuration) -> Model {
    Model::new(&config(services, workloads, horizon)).expect("the rig is sound")
}

fn config(services: &str, workloads: &str, horizon: SimDuration) -> SystemConfig {
    SystemConfig {
        services: serde_json::from_str(services).expect("the rig can be read"),
        workloads: serde_json::from_str(workloads).expect("the rig can be read"),
        horizon,
        ..SystemConfig::default()
    }
}

/// Runs `model` with every metric on; gives (requests, events).
pub(crate) fn engine(model: &Model, seed: u64) -> (u64, u64) {
    let run = sim_core::engine::run(model, Seed(seed), Series::new(model, SimDuration::from_secs(30)));
    assert!(run.stop.is_complete());
    assert!(run.probe.window_count() > 0);
    (run.ledger.requests_created, run.events)
}

/// The yardstick: the same rig as one loop without any generality. One binary heap of packed 128-bit
/// keys for arrivals and finishes, one ring buffer for timeouts, ziggurat draws from a counter, nothing
/// allocated once warm, three sums (answered, attempts, summed latency).
pub(crate) fn yardstick(requests: u64, seed: u64) -> (u64, u64) {
    let mut counter = 0u64;
    let mut uniform = move || {
        counter += 1;
        mix(seed, counter)
    };
    let ns = |x: f64| (x + 0.5) as u64;
    let gap = 1e9 / RATE;
    let service = MEAN_MS as f64 * 1e6;
    let timeout = TIMEOUT_MS * 1_000_000;
    /// Payload of a key: the request slot, or the arrival.
    const ARRIVAL: u128 = u32::MAX as u128;
    let pack = |time: u64, what: u128| u128::from(time) << 64 | what;

    #[derive(Clone, Copy)]
    struct Request {
        arrived: u64,
        attempts: u32,
        /// The attempt in question, so that stale timeouts and answers are told apart.
        serial: u32,
        open: bool,
    }
    let mut slots: Vec<Request> = Vec::new();
    let mut free: Vec<u32> = Vec::new();
    let mut heap: BinaryHeap<Reverse<u128>> = BinaryHeap::new();
    let mut timeouts: VecDeque<(u64, u32, u32)> = VecDeque::new();
    let mut line: VecDeque<(u32, u32)> = VecDeque::new();
    let (mut busy, mut arrived, mut events, mut serial) = (0u32, 0u64, 0u64, 0u32);
    let (mut answered, mut attempts, mut latency) = (0u64, 0u64, 0u64);
    /// What a worker works on, by slot of the heap key.
    #[derive(Clone, Copy)]
    struct Work {
        request: u32,
        serial: u32,
    }
    let mut work: Vec<Work> = vec![Work { request: 0, serial: 0 }; WORKERS as usize];
    let mut idle: Vec<u32> = (0..WORKERS).collect();

    heap.push(Reverse(pack(ns(ziggurat::exponential_from(&mut uniform) * gap), ARRIVAL)));
    while arrived < requests {
        events += 1;
        let Reverse(key) = *heap.peek().expect("the next arrival is always pending");
        let at = (key >> 64) as u64;
        let mut send: Option<(u64, u32)> = None;
        if let Some(&(t, slot, s)) = timeouts.front().filter(|(t, _, _)| *t < at) {
            timeouts.pop_front();
            let request = &mut slots[slot as usize];
            if request.open && request.serial == s {
                if request.attempts < ATTEMPTS {
                    send = Some((t, slot));
                } else {
                    request.open = false;
                    free.push(slot);
                }
            }
        } else if key as u32 == u32::MAX {
            heap.pop();
            arrived += 1;
            heap.push(Reverse(pack(at + ns(ziggurat::exponential_from(&mut uniform) * gap), ARRIVAL)));
            let request = Request { arrived: at, attempts: 0, serial: 0, open: true };
            let slot = match free.pop() {
                Some(slot) => {
                    slots[slot as usize] = request;
                    slot
                }
                None => {
                    slots.push(request);
                    slots.len() as u32 - 1
                }
            };
            send = Some((at, slot));
        } else {
            heap.pop();
            let worker = key as u32;
            let Work { request, serial } = work[worker as usize];
            let done = &mut slots[request as usize];
            if done.open && done.serial == serial {
                done.open = false;
                answered += 1;
                latency += at - done.arrived;
                free.push(request);
            }
            match line.pop_front() {
                None => {
                    busy -= 1;
                    idle.push(worker);
                }
                Some((request, serial)) => {
                    work[worker as usize] = Work { request, serial };
                    let end = at + ns(ziggurat::exponential_from(&mut uniform) * service);
                    heap.push(Reverse(pack(end, u128::from(worker))));
                }
            }
        }
        if let Some((now, slot)) = send {
            serial = serial.wrapping_add(1);
            attempts += 1;
            let request = &mut slots[slot as usize];
            request.attempts += 1;
            request.serial = serial;
            timeouts.push_back((now + timeout, slot, serial));
            if busy < WORKERS {
                busy += 1;
                let worker = idle.pop().expect("a worker is idle");
                work[worker as usize] = Work { request: slot, serial };
                let end = now + ns(ziggurat::exponential_from(&mut uniform) * service);
                heap.push(Reverse(pack(end, u128::from(worker))));
            } else {
                line.push_back((slot, serial));
            }
        }
    }
    std::hint::black_box((answered, attempts, latency));
    (arrived, events)
}

/// The hold model: pop the first of `pending` packed keys from a binary heap, push it back a random
/// time later. No model at all, so a slow machine shows here; gives events.
pub(crate) fn hold(pending: u32, events: u64, seed: u64) -> u64 {
    let mut heap: BinaryHeap<Reverse<u128>> =
        (0..pending).map(|k| Reverse(u128::from(mix(seed, u64::from(k)) >> 40) << 64)).collect();
    let mut counter = 0;
    for _ in 0..events {
        let Reverse(key) = heap.pop().expect("the heap is never empty");
        counter += 1;
        heap.push(Reverse(key + (u128::from(mix(seed, counter) >> 40) << 64)));
    }
    std::hint::black_box(heap.len());
    events
}
