//! What do messages wait for? Links that they share, segments that TCP sends again, and partitions that end: moments that
//! can be worked out by hand.

use sim_core::engine::{self, Ledger};
use sim_core::metrics::Observation;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::{ends, everything};

/// One page each second that asks the store so many times side by side; answers of 100 kB over 1 MB/s.
fn pages(times: u32, link: &str, network: &str, faults: &str) -> Model {
    model(
        "10500ms",
        &format!(
            "
links: {{wire: {{bandwidth: 8Mbit/s, {link}}}}}
services:
  web: {{workers: 9, steps: [fan_out: {{times: {times}, steps: [call: {{to: store, timeouts: {{attempt: 900ms}}, request_size: 0B, response_size: 100000B, network: {{link: wire, {network}}}}}]}}]}}
  store: {{workers: 99, service_time: 0s}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: web}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

/// One request each second, 100 ms of work, 10 ms each way, and whatever else the network does.
fn calls(network: &str, call: &str, faults: &str) -> Model {
    model(
        "10500ms",
        &format!(
            "
zones: {{names: [north, south]}}
services: {{shop: {{workers: 9, zones: [south], service_time: 100ms}}}}
workloads: {{users: {{zone: north, arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: shop, network: {{latency: 10ms, {network}}}, {call}}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn ledger(model: &Model) -> Ledger {
    engine::run_dyn(model, Seed(1), ()).ledger
}

/// How long each request took, in milliseconds, and whether it was answered.
fn lengths(model: &Model) -> Vec<(u32, bool)> {
    ends(model).iter().map(|(from, to, answered)| (((to - from) * 1e3).round() as u32, *answered)).collect()
}

/// How the failed attempts ended.
fn failures(model: &Model) -> Vec<Outcome> {
    let failed = |what| match what {
        Observation::AttemptFailed { outcome, .. } => Some(outcome),
        _ => None,
    };
    everything(model).into_iter().filter_map(|(_, what)| failed(what)).collect()
}

#[test]
fn answers_pass_a_link_one_after_the_other() {
    for (times, ms) in [(1, 100), (2, 200), (5, 500)] {
        let lengths = lengths(&pages(times, "", "", ""));
        assert!(lengths.len() >= 9 && lengths.iter().all(|end| *end == (ms, true)), "{times}: {lengths:?}");
    }
    let late = lengths(&pages(2, "latency: 30ms", "latency: 20ms", ""));
    assert!(late.iter().all(|end| *end == (300, true)), "50 ms there, 50 ms back: {late:?}");
}

#[test]
fn packets_have_headers_of_forty_bytes() {
    // 100 packets of 1000 bytes and their headers.
    let lengths = lengths(&pages(1, "mtu: 1040B", "", ""));
    assert!(lengths.iter().all(|end| *end == (104, true)), "{lengths:?}");
}

#[test]
fn what_finds_no_room_is_dropped() {
    // One passes, two wait, two are dropped: their caller waits for its timeout and the page fails.
    let model = pages(5, "queue: 200000B", "", "");
    assert!(lengths(&model).iter().all(|end| *end == (900, false)));
    let [there, back] = *ledger(&model).shared_links.iter().next().expect("there is a link");
    assert_eq!((there.offered, there.dropped), ([50, 0], [0, 0]));
    assert_eq!((back.offered, back.dropped), ([50, 5_000_000], [20, 2_000_000]));
}

#[test]
fn tcp_sends_again_what_found_no_room() {
    // The two that are dropped come again after 200 ms, when one of the three has not passed yet.
    let model = pages(5, "queue: 200000B", "transport: tcp", "");
    assert!(lengths(&model).iter().all(|end| *end == (500, true)), "{:?}", lengths(&model));
}

#[test]
fn the_use_of_a_link_is_read() {
    let model = pages(3, "", "", "");
    let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
    let of = model.links.ids().next().map(Holder::Link).expect("there is a link");
    let mean = |name: &str| {
        let values = &series.gauges.get(of, name).expect("it is read").values;
        values.iter().flatten().sum::<f64>() / values.len() as f64
    };
    // Three answers of 100 ms at 1 s, ..., 10 s of 10.5 s.
    assert!((mean("link_busy_back") - 30.0 / 105.0).abs() < 0.01, "{}", mean("link_busy_back"));
    assert_eq!(mean("link_busy_there"), 0.0);
    // Two wait for 100 ms and one for another 100 ms.
    assert!((mean("link_queue_back") - 30_000.0 / 1.05).abs() < 5_000.0, "{}", mean("link_queue_back"));
}

#[test]
fn a_link_may_pass_less_for_a_while() {
    let lengths = |fault: &str| {
        lengths(&pages(
            1,
            "",
            "",
            &format!("slow: {{at: 3500ms, for: 2s, bandwidth: {{link: wire, {fault}}}}}"),
        ))
    };
    for fault in ["factor: 0.25", "rate: 2Mbit/s"] {
        let ms: Vec<u32> = lengths(fault).iter().map(|(ms, _)| *ms).collect();
        assert_eq!(ms[..6], [100, 100, 100, 400, 400, 100], "{fault}");
    }
}

#[test]
fn answers_grow_and_pages_bound_them() {
    let with = |limit: &str| {
        let growth = "more: {at: 1s, for: 8s, payload_growth: {service: store, factor: 5}}";
        let body = format!(
            "
links: {{wire: {{bandwidth: 8Mbit/s}}}}
services: {{store: {{workers: 9, endpoints: {{list: {{response_size: 100000B, steps: [compute: 0s]}}}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: store/list, {limit} network: {{link: wire}}}}}}}}
faults: {{{growth}}}
"
        );
        lengths(&model("10500ms", &body)).iter().map(|(ms, _)| *ms).collect::<Vec<u32>>()
    };
    // From 1 s to 9 s the answers grow by half of their size each second.
    assert_eq!(with("")[..], [100, 150, 200, 250, 300, 350, 400, 450, 100, 100]);
    assert_eq!(with("response_limit: 120000B,")[..], [100, 120, 120, 120, 120, 120, 120, 120, 100, 100]);
}

#[test]
fn tcp_comes_back_at_growing_intervals_after_a_partition() {
    // The request of 3 s is tried at 3, 3.2, 3.6, 4.4 and 6 s; the way is free from 4.5 s on.
    let cut = "cut: {at: 2500ms, for: 2s, partition: {from: users, to: shop}}";
    let tcp = lengths(&calls("transport: tcp", "", cut));
    let ms: Vec<u32> = tcp.iter().map(|(ms, _)| *ms).collect();
    // 120 ms each; that of 4 s is tried at 4, 4.2 and 4.6 s.
    assert!(tcp.iter().all(|(_, answered)| *answered));
    let mut sorted = ms.clone();
    sorted.sort_unstable();
    assert_eq!(sorted[sorted.len() - 2..], [720, 3_120], "{ms:?}");
    // Plain messages are gone, and a caller without a timeout waits for ever.
    assert_eq!(ledger(&calls("", "", cut)).requests_in_flight, 2);
}

#[test]
fn a_partition_may_refuse_or_swallow_one_way_only() {
    let cut = |how: &str| {
        calls(
            "",
            "timeouts: {attempt: 500ms}",
            &format!("cut: {{at: 2500ms, for: 2s, partition: {{{how}}}}}"),
        )
    };
    assert_eq!(failures(&cut("to: shop")), [Outcome::Timeout; 2]);
    assert_eq!(failures(&cut("to: shop, mode: reject")), [Outcome::ConnectFailure; 2]);
    assert_eq!(failures(&cut("to: shop, mode: reject, direction: back")), [Outcome::Reset; 2]);
    assert_eq!(failures(&cut("zones: [north, south]")), [Outcome::Timeout; 2]);
    assert_eq!(failures(&cut("zones: [south]")), [Outcome::Timeout; 2]);
    let served = |how: &str| ledger(&cut(how)).services.iter().map(|service| service.completed).sum::<u64>();
    assert_eq!((served("to: shop, direction: back"), served("to: shop, direction: there")), (10, 8));
}

#[test]
fn a_partial_partition_separates_some_pairs_for_good() {
    let model = model(
        "30s",
        "
services: {shop: {instances: 10, workers: 9, service_time: 1ms}}
workloads: {users: {clients: 20, arrivals: {poisson: {rate: 400/s}}, call: {to: shop, timeouts: {attempt: 100ms}, network: {latency: 1ms}}}}
faults: {cut: {at: 0s, for: 30s, partition: {to: shop, ratio: 0.3}}}
",
    );
    // 200 pairs, each separated with probability .3: 60 with a standard deviation of 6.5, so 4 of them.
    let ledger = ledger(&model);
    let share = ledger.requests_failed as f64 / ledger.requests_created as f64;
    assert!((share - 0.3).abs() < 0.13, "{share}");
}

#[test]
fn connections_are_reset() {
    let reset = |of: &str| {
        calls(
            "",
            "",
            &format!("rst: {{at: 2500ms, for: 2s, reset: {{to: shop, ratio: 1, direction: {of}}}}}"),
        )
    };
    assert_eq!(failures(&reset("there")), [Outcome::Reset; 2]);
    assert_eq!(failures(&reset("back")), [Outcome::Reset; 2]);
    let served = |of: &str| ledger(&reset(of)).services.iter().map(|service| service.completed).sum::<u64>();
    assert_eq!((served("there"), served("back")), (8, 10));
    assert_eq!(lengths(&reset("there"))[2..4], [(20, false), (20, false)], "there and back, and no work");
}

#[test]
fn messages_may_take_longer_for_a_while() {
    let slow = |jitter: &str| {
        let fault = format!("slow: {{at: 2500ms, for: 2s, latency: {{to: shop, delay: 200ms{jitter}}}}}");
        lengths(&calls("", "", &fault)).iter().map(|(ms, _)| *ms).collect::<Vec<u32>>()
    };
    assert_eq!(slow("")[1..5], [120, 520, 520, 120]);
    let jittered = slow(", jitter: 100ms");
    assert!(jittered[2] != jittered[3] && (320..=720).contains(&jittered[2]), "{jittered:?}");
}

#[test]
fn a_lost_segment_holds_up_those_behind_it_on_one_connection() {
    // Requests every 20 ms; a tenth of the segments is lost and comes 200 ms later. On connections of their own the others
    // come at once; on one connection those of the next 200 ms come with it.
    let share_late = |transport: &str| {
        let model = model(
            "200s",
            &format!(
                "
services: {{shop: {{workers: 99, service_time: 1ms}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 50/s}}}}, call: {{to: shop, network: {{latency: 1ms, loss: {{there: 2%}}, transport: {{tcp: {transport}}}}}}}}}}}
"
            ),
        );
        let lengths = lengths(&model);
        lengths.iter().filter(|(ms, _)| *ms > 3).count() as f64 / lengths.len() as f64
    };
    let (own, one) = (share_late("{}"), share_late("{multiplexed: true}"));
    // 2 % of 10 000 within 4 standard errors; on one connection each loss delays ten, some of them twice.
    assert!((own - 0.02).abs() < 0.006, "{own}");
    assert!((one - (1.0 - 0.98_f64.powi(10))).abs() < 0.04, "{one}");
}

#[test]
fn a_connection_that_closes_late_keeps_its_slot() {
    // One slot, 100 ms of work, and 1.5 s until the connection is closed: from 3 s on every request waits for the one before.
    let model = model(
        "10500ms",
        "
services: {shop: {workers: 9, service_time: 100ms}}
workloads: {users: {pools: {few: {size: 1}}, arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: shop, pool: few}}}
faults: {late: {at: 2500ms, for: 2s, slow_close: {to: shop, delay: 1500ms}}}
",
    );
    // 3 s: answered at 3.1, closed at 4.6; 4 s: sent at 4.6, after the trigger's end; 5 s: in time again.
    let ms: Vec<u32> = lengths(&model).iter().map(|(ms, _)| *ms).collect();
    assert_eq!(ms[..5], [100, 100, 100, 700, 100]);
}
