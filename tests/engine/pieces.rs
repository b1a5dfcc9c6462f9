//! What does a caller hear of an answer that trickles, and what of one whose connection ends in the middle? Callers who
//! come every second, and moments that can be worked out by hand.

use sim_core::engine;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::ends;

/// One request each second, half a second of work, a tenth of a second each way, answers of 20 KiB.
fn rig(call: &str, faults: &str) -> Model {
    model(
        "10500ms",
        &format!(
            "
services: {{shop: {{workers: 9, endpoints: {{buy: {{request_size: 1KiB, response_size: 20KiB, steps: [compute: 500ms]}}}}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: shop/buy, network: {{latency: 100ms}}, {call}}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

/// How long each request took, in milliseconds, and whether it was answered.
fn lengths(model: &Model) -> Vec<(u32, bool)> {
    ends(model).iter().map(|(from, to, answered)| (((to - from) * 1e3).round() as u32, *answered)).collect()
}

fn all(model: &Model, end: (u32, bool)) {
    let lengths = lengths(model);
    assert!(lengths.len() >= 7 && lengths.iter().all(|length| *length == end), "{end:?}: {lengths:?}");
}

fn slices(size: &str, delay: &str) -> String {
    format!("trickle: {{at: 0s, for: 1m, slice: {{to: shop, size: {size}, delay: {delay}}}}}")
}

#[test]
fn an_answer_in_pieces_is_there_with_its_last_piece() {
    all(&rig("", ""), (700, true));
    all(&rig("", &slices("2KiB", "50ms")), (700 + 9 * 50, true)); // ten pieces
    all(&rig("", &slices("3KiB", "50ms")), (700 + 6 * 50, true)); // the seventh is smaller
    all(&rig("", &slices("20KiB", "50ms")), (700, true));
    // Of two triggers the slower counts.
    let two = format!(
        "{}, more: {{at: 0s, for: 1m, slice: {{to: shop, size: 10KiB, delay: 1s}}}}",
        slices("2KiB", "50ms")
    );
    all(&rig("", &two), (1_700, true));
}

#[test]
fn an_answer_in_one_piece_is_bounded_as_by_an_attempt_timeout() {
    all(&rig("timeouts: {idle: 701ms}", ""), (700, true));
    // At the very nanosecond it comes too late, as everywhere.
    all(&rig("timeouts: {idle: 700ms}", ""), (700, false));
    all(&rig("timeouts: {idle: 650ms}", ""), (650, false));
    all(&rig("timeouts: {idle: 200ms}, retry: {immediate: {max_attempts: 3}}", ""), (600, false));
}

#[test]
fn inactivity_never_bounds_a_trickle() {
    // Four pieces, 740 ms apart: never 750 ms of silence, and yet nearly three seconds.
    let trickle = slices("5KiB", "740ms");
    all(&rig("timeouts: {idle: 750ms}", &trickle), (700 + 3 * 740, true));
    all(&rig("timeouts: {idle: 750ms, attempt: 2s}", &trickle), (2_000, false));
    all(&rig("timeouts: {attempt: 2s}", &trickle), (2_000, false));
    all(&rig("timeouts: {total: 1s, idle: 750ms}", &trickle), (1_000, false));
    // One piece too late: the first came after 700 ms, the second would have come with the end of the patience.
    all(&rig("timeouts: {idle: 740ms}", &trickle), (1_440, false));
}

#[test]
fn a_black_hole_ends_in_silence() {
    let lost = "hole: {at: 0s, for: 1m, loss: {to: shop, ratio: 1, direction: there}}";
    assert!(lengths(&rig("", lost)).is_empty(), "without a timeout its caller waits for ever");
    all(&rig("timeouts: {idle: 800ms}", lost), (800, false));
    let half = "hole: {at: 0s, for: 1m, loss: {to: shop, ratio: 1, direction: back}}";
    all(&rig("timeouts: {idle: 800ms}", half), (800, false));
}

#[test]
fn silence_begins_when_the_request_leaves() {
    // The first request waits 200 ms for its connection, and is then as silent as the others.
    let model = rig("timeouts: {idle: 701ms}, connection: {}", "");
    let lengths = lengths(&model);
    assert_eq!(lengths[..3], [(900, true), (700, true), (700, true)]);
    // A timeout of the attempt counts the wait; who leaves in the middle closes the connection, and the next one waits as well.
    all(&rig("timeouts: {attempt: 701ms}, connection: {}", ""), (701, false));
}

fn limits(bytes: &str, more: &str) -> String {
    format!("limit: {{at: 0s, for: 1m, limit_data: {{to: shop, bytes: {bytes}{more}}}}}")
}

#[test]
fn a_message_that_crosses_the_last_byte_is_reset() {
    all(&rig("", &limits("20KiB", "")), (700, true));
    all(&rig("", &limits("19KiB", "")), (700, false)); // the answer
    all(&rig("", &limits("19KiB", ", direction: there")), (700, true));
    all(&rig("", &limits("512B", "")), (200, false)); // the request, and the word of it
    let completed = |faults: &str| {
        let ledger = engine::run_dyn(&rig("", faults), Seed(1), ()).ledger;
        ledger.services.iter().map(|service| service.completed).sum::<u64>()
    };
    assert_eq!(completed(&limits("19KiB", "")), 9, "the work is done, and the answer is gone");
    assert_eq!(completed(&limits("512B", "")), 0);
}

#[test]
fn connections_count_what_they_have_passed() {
    // 60 KiB cross the limit of 50: two answers, then a reset, then a new connection.
    let model = rig("connection: {}", &limits("50KiB", ", direction: back"));
    let first = lengths(&model);
    assert_eq!(first[..6], [(900, true), (700, true), (700, false), (900, true), (700, true), (700, false)]);
    // Each way counts by itself: ten requests of 1 KiB.
    let model = rig("connection: {}", &limits("10KiB", ", direction: there"));
    assert!(lengths(&model).iter().all(|end| end.1));
    // Where no connection is kept each has one request.
    let model = rig("connection: {keep_alive: false}", &limits("50KiB", ", direction: back"));
    all(&model, (900, true));
}

#[test]
fn fates_of_messages_that_follow_each_other_are_the_same() {
    let ways = |network: &str, faults: &str| {
        let model = model(
            "1000s",
            &format!(
                "
services: {{shop: {{workers: 9, service_time: 10ms}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 50/s}}}}, call: {{to: shop, network: {{latency: 1ms, {network}}}, timeouts: {{attempt: 1s}}}}}}}}
faults: {{{faults}}}
"
            ),
        );
        engine::run_dyn(&model, Seed(1), ()).ledger.edges.iter().next().expect("users call").ways
    };
    // 50 000 requests; a share of 20 % in runs of 12.5 has a standard error of .6 %, of 40 000 answers the same. The bounds
    // leave four.
    let near = |share: f64| assert!((share - 0.2).abs() < 0.025, "{share}");
    let faults = |word: &str, direction: &str| {
        format!(
            "f: {{at: 0s, for: 1h, {word}: {{to: shop, ratio: 20%, correlation_ratio: 0.9, direction: {direction}}}}}"
        )
    };
    for (network, faults) in [
        ("loss: 20%, correlation_ratio: 90%", String::new()),
        ("reorder: {ratio: 0, delay: 1s}", faults("loss", "both")),
    ] {
        let [there, back] = ways(network, &faults);
        near(there.lost as f64 / there.sent as f64);
        near(back.lost as f64 / back.sent as f64);
    }
    let [there, _] = ways("", &faults("duplicate", "there"));
    near(there.copies as f64 / there.sent as f64);
    let [there, back] = ways("corrupt: 20%, correlation_ratio: 90%", "");
    near(there.corrupted as f64 / there.sent as f64);
    near(back.corrupted as f64 / back.sent as f64);
    // TCP sends again, and in a bad moment again in vain.
    let [there, _] = ways("loss: {there: 20%}, correlation_ratio: 50%, transport: tcp", "");
    near(there.retransmitted as f64 / (there.sent + there.retransmitted) as f64);
}

#[test]
fn some_are_held_up_together() {
    let model = model(
        "200s",
        "
services: {shop: {workers: 9, service_time: 10ms}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 50/s}}, call: {to: shop, network: {latency: 1ms, reorder: {ratio: 10%, delay: 5ms}, correlation_ratio: 90%}}}}
",
    );
    let lengths: Vec<bool> = lengths(&model).iter().map(|(ms, _)| *ms > 12).collect();
    let held = lengths.iter().filter(|held| **held).count() as f64 / lengths.len() as f64;
    let runs = lengths.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
    // Each way 10 %: 19 % of the requests are held up somewhere; two chains of runs of 11 overlap.
    assert!((held - 0.19).abs() < 0.05, "{held}");
    assert!(held * lengths.len() as f64 / runs > 8.0, "{runs} runs");
}
