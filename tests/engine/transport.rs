//! When does an attempt have its connection, and when is that gone? Users every second, one after the other, with every
//! round trip counted by hand.

use sim_core::engine::{self, TransportLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;

use crate::{ends, metronome};

/// 100 ms each way and 100 ms of work: a request takes 300 ms once there is a connection.
fn far(connection: &str, more: &str) -> Model {
    let call = format!("network: {{latency: 100ms}}, connection: {{{connection}}}{more}");
    metronome("10s", "service_time: 100ms, workers: 10", &call, "{}")
}

/// No way at all and 100 ms of work.
fn near(horizon: &str, connection: &str, more: &str, faults: &str) -> Model {
    let call = format!("connection: {{{connection}}}{more}");
    metronome(horizon, "service_time: 100ms, workers: 10", &call, faults)
}

/// How long each request took, in milliseconds.
fn lengths(model: &Model) -> Vec<i64> {
    ends(model).iter().map(|(from, to, _)| ((to - from) * 1e3).round() as i64).collect()
}

fn counts(model: &Model) -> TransportLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.transport.iter().next().expect("there is an edge")
}

/// Milliseconds at which the first request ended, and whether it was answered.
fn first(model: &Model) -> (i64, bool) {
    let (_, at, answered) = ends(model).into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("it ended");
    ((at * 1e3).round() as i64, answered)
}

#[test]
fn the_first_request_pays_for_the_handshake() {
    for (tls, first) in
        [("none", 500), ("tls12", 900), ("tls12_resumed", 900), ("tls13", 700), ("tls13_0rtt", 700)]
    {
        let lengths = lengths(&far(&format!("tls: {tls}"), ""));
        assert_eq!(lengths[0], first, "{tls}");
        assert!(lengths[1..].iter().all(|ms| *ms == 300), "{tls}: {lengths:?}");
    }
}

#[test]
fn without_keep_alive_every_request_pays() {
    for (tls, first, next) in [
        ("none", 500, 500),
        ("tls12", 900, 900),
        ("tls12_resumed", 900, 700),
        ("tls13", 700, 700),
        ("tls13_0rtt", 700, 500),
    ] {
        let lengths = lengths(&far(&format!("keep_alive: false, tls: {tls}"), ", idempotent: true"));
        assert_eq!(lengths[0], first, "{tls}");
        assert!(lengths[1..].iter().all(|ms| *ms == next), "{tls}: {lengths:?}");
    }
    let lengths = lengths(&far("keep_alive: false, tls: tls13_0rtt", ""));
    assert!(lengths.iter().all(|ms| *ms == 700), "early data may come twice: {lengths:?}");
}

#[test]
fn signing_is_waited_for_and_is_work() {
    // 10 ms and 20 ms of the handshake, then the worker is 20 ms longer at the attempt.
    let cpu = "tls: tls13, tls_cpu: {client: 10ms, server: 20ms}";
    let lengths_of = |more: &str| lengths(&near("5s", &format!("{cpu}{more}"), "", "{}"));
    assert_eq!(lengths_of("")[..2], [150, 100]);
    assert_eq!(lengths_of(", mutual: true")[..2], [190, 100]);
}

#[test]
fn nobody_answers_and_the_syns_follow_the_table_of_linux() {
    let gone = "{gone: {at: 500ms, for: 200s, crash: {services: [api], silent: true}}}";
    let fails = |tcp: &str| first(&near("150s", &format!("tcp: {{{tcp}}}"), "", gone));
    assert_eq!(fails(""), (132_000, false));
    assert_eq!(fails("linear_timeouts: 0"), (128_000, false));
    // Back after 10 s: the SYNs of the first request leave 1, 2, 3, 4, 5, 7, 11 s after it, or 1, 3, 7, 15 s.
    let gone = "{gone: {at: 500ms, for: 9500ms, crash: {services: [api], silent: true}}}";
    // Nobody else may connect, or the first in line would take the connection of whoever is first to get one.
    let opens = |tcp: &str| first(&near("60s", &format!("max_connections: 1, tcp: {{{tcp}}}"), "", gone));
    assert_eq!(opens(""), (12_100, true));
    assert_eq!(opens("linear_timeouts: 0"), (16_100, true));
}

#[test]
fn who_gives_up_earlier_knows_earlier() {
    let gone = "{gone: {at: 500ms, for: 200s, crash: {services: [api], silent: true}}}";
    assert_eq!(first(&near("20s", "connect_timeout: 300ms", "", gone)), (1_300, false));
    // A machine that is there refuses, after one round trip.
    let call = "network: {latency: 100ms}, connection: {}";
    let down = "{down: {at: 500ms, for: 10s, crash: {services: [api]}}}";
    assert_eq!(first(&metronome("20s", "service_time: 100ms", call, down)), (1_200, false));
}

#[test]
fn one_connection_holds_up_who_comes_behind() {
    let slow = |connection: &str| {
        let call = format!("connection: {{{connection}}}");
        lengths(&metronome("6s", "service_time: 1500ms, workers: 10", &call, "{}"))
    };
    assert_eq!(slow("max_connections: 1"), [1_500, 2_000, 2_500]);
    assert_eq!(slow("max_connections: 1, streams: 10"), [1_500; 4]);
    assert_eq!(slow("max_connections: 2"), [1_500; 4]);
}

#[test]
fn connections_end_by_number_age_idleness_and_impatience() {
    // Requests at 1 s, 2 s, ... 9 s.
    let opened = |connection: &str, more: &str| counts(&near("9500ms", connection, more, "{}")).opened;
    assert_eq!(opened("", ""), 1);
    assert_eq!(opened("keep_alive: false", ""), 9);
    assert_eq!(opened("max_requests: 3", ""), 3);
    assert_eq!(opened("lifetime: 2500ms", ""), 3);
    assert_eq!(opened("idle_timeout: 500ms", ""), 9);
    assert_eq!(opened("idle_timeout: 2s", ""), 1);
    assert_eq!(opened("", ", timeouts: {attempt: 50ms}"), 9, "who leaves closes it");
    assert_eq!(opened("streams: 100", ", timeouts: {attempt: 50ms}"), 1, "who leaves gives up a stream");
}

#[test]
fn a_crash_takes_connections_with_it_and_a_silent_one_does_not() {
    let crash = |at: &str, more: &str| {
        let faults = format!("{{crash: {{at: {at}, for: 300ms, crash: {{services: [api]{more}}}}}}}");
        near("5s", "", ", timeouts: {attempt: 2500ms}", &faults)
    };
    let told = |model: &Model| -> Vec<(i64, bool)> {
        ends(model).iter().map(|(_, to, ok)| ((to * 1e3).round() as i64, *ok)).collect()
    };
    // In the middle of the first request: it is reset, and the next one connects anew.
    let model = crash("1050ms", "");
    assert_eq!(told(&model)[..2], [(1_050, false), (2_100, true)]);
    assert_eq!(counts(&model).opened, 2);
    // The same with nobody to say so: the caller waits as long as it will.
    let model = crash("1050ms", ", silent: true");
    let mut all = told(&model);
    all.sort_unstable();
    assert_eq!(all[..3], [(2_100, true), (3_100, true), (3_500, false)]);
    // Between two requests: the kept connection is good for nothing, and who takes it finds out.
    assert_eq!(told(&crash("1500ms", ""))[..3], [(1_100, true), (2_100, true), (3_100, true)]);
    assert_eq!(told(&crash("1500ms", ", silent: true"))[..3], [(1_100, true), (2_000, false), (3_100, true)]);
}

#[test]
fn streams_of_one_connection_are_reset_together() {
    let faults = "{gone: {at: 1200ms, for: 100ms, crash: {services: [api], silent: true}}}";
    let resets = |connection: &str| {
        let call = format!("connection: {{{connection}}}, timeouts: {{attempt: 2500ms}}");
        let model = metronome("5500ms", "service_time: 1500ms, workers: 10", &call, faults);
        let mut ends: Vec<_> =
            ends(&model).iter().map(|(_, to, ok)| ((to * 1e3).round() as i64, *ok)).collect();
        ends.sort_unstable();
        ends[..3].to_vec()
    };
    // Nobody tells the first request that its machine was gone, until the second finds out over the same connection.
    assert_eq!(resets("streams: 10"), [(2_000, false), (2_000, false), (4_500, true)]);
    assert_eq!(resets(""), [(3_500, false), (3_500, true), (4_500, true)]);
}

#[test]
fn a_partition_is_silent_or_refuses_and_lost_syns_are_sent_again() {
    let cut =
        |mode: &str| format!("{{cut: {{at: 500ms, for: 9500ms, partition: {{to: api, mode: {mode}}}}}}}");
    let connects = |mode: &str| first(&near("60s", "max_connections: 1", "", &cut(mode)));
    assert_eq!(connects("black_hole"), (12_100, true), "the SYN of 11 s later gets through");
    let call = "network: {latency: 100ms}, connection: {}";
    assert_eq!(first(&metronome("9s", "service_time: 100ms", call, &cut("reject"))), (1_200, false));
    // No answer to a SYN ever comes back.
    let call = "network: {loss: {back: 100%}}, connection: {}";
    assert_eq!(first(&metronome("150s", "service_time: 100ms", call, "{}")), (132_000, false));
}
