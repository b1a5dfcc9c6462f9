//! What happened to these requests? Stories line by line; the newcomer's first tests to read.

use sim_core::engine;
use sim_core::metrics::journal::Journal;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::metronome;

fn story(model: &Model, requests: u64) -> String {
    let journal = engine::run(model, Seed(1), Journal::of_first(requests)).probe;
    journal.entries.iter().map(|entry| format!("{entry}\n")).collect()
}

#[test]
fn three_requests_one_timeout_and_one_retry() {
    // One worker takes 600 ms for each attempt; the outage from .9 s to 1.9 s makes the first wait too long.
    let model = metronome(
        "4s",
        "service_time: 600ms",
        "timeouts: {attempt: 1s}, retry: {constant: {max_attempts: 2, base: 250ms}}",
        "{outage: {at: 900ms, for: 1s, stop: {service: api}}}",
    );
    insta::assert_snapshot!(story(&model, 3), @"");
}

#[test]
fn equal_times_are_served_in_the_order_of_scheduling() {
    // Arrivals are scheduled one ahead, so at 2 s both arrivals of `a` and `b` were scheduled around the
    // end of the service that began at 1 s: that of `a` before it, that of `b` after it.
    let model = model(
        "2500ms",
        "
services: {api: {service_time: 1s}}
workloads:
  a: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}
  b: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}
",
    );
    insta::assert_snapshot!(story(&model, 4), @"");
}
