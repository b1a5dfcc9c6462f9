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
    a_clock_of_users: "clock_skew: {workload: holders" => "clock_skew: {workload: users";
    an_unknown_workload: "holder_pause: {workload: holders}" => "holder_pause: {workload: holdrs}";
    a_spike_of_holders: "holder_pause: {workload: holders}" => "load_spike: {workload: holders, factor: 2}";
}
