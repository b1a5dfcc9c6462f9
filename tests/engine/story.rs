//! What happened to these requests? Stories line by line; the newcomer's first tests to read.

use sim_core::engine;
use sim_core::metrics::journal::Journal;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::metronome;

fn story(model: &Model, requests: u64) -> String {
    let journal = engine::run_dyn(model, Seed(1), Journal::of_first(requests)).probe;
    journal.entries.iter().map(|entry| format!("{entry}\n")).collect()
}

#[test]
fn three_requests_one_timeout_and_one_retry() {
    // One worker takes 400 ms for each attempt; the outage from .9 s to 1.9 s makes the first wait too long.
    let model = metronome(
        "4s",
        "service_time: 400ms",
        "timeouts: {attempt: 1s}, retry: {constant: {max_attempts: 2, base: 250ms}}",
        "{outage: {at: 900ms, for: 1s, stop: {service: api}}}",
    );
    insta::assert_snapshot!(story(&model, 3), @r"
      1s  request 0  arrives
      1s  request 0  attempt 1 is sent
      1s  request 0  waits, 1 in line
    1.9s  request 0  service starts after a wait of 900ms, takes 400ms
      2s  request 1  arrives
      2s  request 1  attempt 1 is sent
      2s  request 1  waits, 1 in line
      2s  request 0  the attempt fails: timeout
      2s  request 0  will try again after 250ms
   2.25s  request 0  attempt 2 is sent
   2.25s  request 0  waits, 2 in line
    2.3s  request 0  service ends, but nobody waits for it any more
    2.3s  request 1  service starts after a wait of 300ms, takes 400ms
    2.7s  request 1  service ends: ok
    2.7s  request 0  service starts after a wait of 450ms, takes 400ms
    2.7s  request 1  is answered after 700ms and 1 attempt
      3s  request 2  arrives
      3s  request 2  attempt 1 is sent
      3s  request 2  waits, 1 in line
    3.1s  request 0  service ends: ok
    3.1s  request 2  service starts after a wait of 100ms, takes 400ms
    3.1s  request 0  is answered after 2.1s and 2 attempts
    3.5s  request 2  service ends: ok
    3.5s  request 2  is answered after 500ms and 1 attempt
    ");
}

#[test]
fn equal_times_are_served_in_the_order_of_scheduling() {
    // At 2 s three things happen. When `a` came at 1 s, its next arrival was scheduled first, then the end
    // of the service that began; the next arrival of `b` was scheduled after both.
    let model = model(
        "2500ms",
        "
services: {api: {service_time: 1s}}
workloads:
  a: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}
  b: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}
",
    );
    insta::assert_snapshot!(story(&model, 4), @r"
    1s  request 0  arrives
    1s  request 0  attempt 1 is sent
    1s  request 0  service starts after a wait of 0s, takes 1s
    1s  request 1  arrives
    1s  request 1  attempt 1 is sent
    1s  request 1  waits, 1 in line
    2s  request 2  arrives
    2s  request 2  attempt 1 is sent
    2s  request 2  waits, 2 in line
    2s  request 0  service ends: ok
    2s  request 1  service starts after a wait of 1s, takes 1s
    2s  request 0  is answered after 1s and 1 attempt
    2s  request 3  arrives
    2s  request 3  attempt 1 is sent
    2s  request 3  waits, 2 in line
    ");
}
