//! Mistakes in hedging, and in what falls back.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// A caller without a mistake, one line per part.
const CALLER: &str = "\
spiral: 1
id: caller
title: A caller that hedges
services:
  store: {service_time: 10ms, instances: 2}
  page:
    steps:
      - fallback:
          steps: [{call: {to: store, hedging: {percentile: {percentile: 0.95, refresh: 3s}}}}]
          otherwise: []
          max_concurrent: 10
workloads:
  users:
    arrivals: {poisson: {rate: 10/s}}
    call:
      to: store
      retry: none
      timeouts: {attempt: 100ms, total: 1s}
      hedging: {fixed: {delay: 50ms, max_attempts: 3, non_fatal: [server_error]}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    CALLER;
    hedging_of_another_name: "{fixed: {delay" => "{hedge: {delay";
    hedging_of_one: "max_attempts: 3" => "max_attempts: 1";
    hedging_of_too_many: "max_attempts: 3" => "max_attempts: 12";
    hedging_by_nothing: "delay: 50ms, max_attempts: 3, non_fatal: [server_error]" => "non_fatal: []";
    hedging_after_a_success: "[server_error]" => "[ok]";
    hedging_after_the_end: "delay: 50ms" => "delay: 2s";
    hedging_beside_retries: "retry: none" => "retry: {immediate: {max_attempts: 2}}";
    hedging_at_no_timeout: "{attempt: 100ms, total: 1s}\n      hedging: {fixed: {delay: 50ms, max_attempts: 3, non_fatal: [server_error]}}" => "{total: 1s}\n      hedging: {on_attempt_timeout: {}}";
    hedging_of_a_percentile_of_all: "percentile: 0.95" => "percentile: 1";
    hedging_in_percent_points: "percentile: 0.95" => "percentile: 95";
    hedging_that_never_looks: "refresh: 3s" => "refresh: 0s";
    hedging_with_a_poor_budget: "refresh: 3s" => "budget: {deposit: {ttl: 1h}}";
    two_copies_at_one_instance: "instances: 2" => "instances: 1", "{percentile: {percentile: 0.95, refresh: 3s}}" => "{tied: {}}";
    hedging_over_one_connection: "{poisson: {rate: 10/s}}" => "{connected: {users: 5, messages: 1/s, connect: {to: store}}}";
    falling_back_for_nobody: "max_concurrent: 10" => "max_concurrent: 0";
}

#[test]
fn the_caller_is_sound() {
    let bench = Bench::new();
    bench.write("caller.yaml", CALLER);
    bench.fine(&["validate", "caller.yaml"]);
}
