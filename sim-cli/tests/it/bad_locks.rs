//! Mistakes in locks, their holders and their clocks.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// A lock without a mistake.
const LOCKS: &str = include_str!("../fixtures/locks.yaml");

#[test]
fn there_is_no_mistake_in_it() {
    let bench = Bench::new();
    bench.write("good.yaml", LOCKS);
    bench.fine(&["compare", "good.yaml", "--seeds", "1", "--quiet"]);
}

mistakes! {
    LOCKS;
    a_lock_for_one: "holders: 2" => "holders: 1";
    more_clocks_than_holders: "[0.99, 1.01]" => "[0.99, 1.01, 1]";
    nothing_but_margin: "margin: 40ms" => "margin: 4s";
    asking_all_the_time: "retry_every: 500ms" => "retry_every: 0s";
    a_lock_without_a_term: "        ttl: 4s\n" => "";
    a_clock_that_stands: "factor: 0.9}" => "factor: 0}";
    a_holder_that_is_not_there: "holder: 2" => "holder: 3";
    a_clock_of_users: "{workload: holders, holder: 2" => "{workload: users, holder: 2";
    an_unknown_workload: "holder_pause: {workload: holders}" => "holder_pause: {workload: holdrs}";
    a_spike_of_holders: "holder_pause: {workload: holders}" => "load_spike: {workload: holders, factor: 2}";
    more_offsets_than_holders: "[-10ms, 10ms]" => "[-10ms, 10ms, 0s]";
    an_offset_without_a_unit: "[-10ms, 10ms]" => "[-10, 10ms]";
    an_offset_of_two_signs: "offset: -1s" => "offset: --1s";
    a_skew_of_nothing: "clock_skew: {workload: holders, holder: 1, offset: -1s}" => "clock_skew: {workload: holders, holder: 1}";
    a_clock_that_is_always_set: "sync_every: 20s" => "sync_every: 0s";
    renewing_all_the_time: "renew_every: 1s" => "renew_every: 0s";
    renewing_after_the_end: "renew_every: 1s" => "renew_every: 3980ms";
    a_hold_that_ends_before_it_begins: "hold: 5s" => "hold: {uniform: {min: 5s, max: 1s}}";
    an_end_of_no_kind: "expiry: moment" => "expiry: date";
}
