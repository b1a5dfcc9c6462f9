//! Mistakes in circuit breakers, throttles, rate limits and bulkheads of callers, and in their order.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// Callers without a mistake, one line per part.
const CALLERS: &str = "\
spiral: 1
id: callers
title: Two callers
services:
  store: {service_time: 10ms}
workloads:
  users:
    arrivals: {poisson: {rate: 10/s}}
    call:
      to: store
      circuit_breaker: {rate: {window: {count: {size: 50}}, failure_ratio: 0.5, evaluate: each_result, open_duration: 5s}}
      client_throttle: {sre: {k: 2, window: 30s}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    CALLERS;
    breaker_of_another_name: "{rate: {window" => "{ratio: {window";
    breaker_with_flat_window: "window: {count: {size: 50}}" => "window_size: 50";
    window_of_no_kind: "{count: {size: 50}}" => "50";
    window_of_no_length: "{count: {size: 50}}" => "{time: {size: 0s}}";
    window_of_too_many_slices: "{count: {size: 50}}" => "{time: {size: 10s, buckets: 5000}}";
    failure_ratio_of_nothing: "failure_ratio: 0.5" => "failure_ratio: 0";
    failure_ratio_in_percent_points: "failure_ratio: 0.5" => "failure_ratio: 50";
    judging_at_no_moment: "evaluate: each_result" => "evaluate: always";
    break_of_no_length: "open_duration: 5s" => "open_duration: 0s";
    break_without_unit: "open_duration: 5s" => "open_duration: 5";
    no_failure_counted: "open_duration: 5s" => "count_as_failure: []";
    failure_of_its_own_making: "open_duration: 5s" => "count_as_failure: [timeout, breaker_open]";
    failure_of_an_unknown_word: "open_duration: 5s" => "count_as_failure: [timeouts]";
    ratio_of_a_row: "{rate: {window: {count: {size: 50}}, failure_ratio: 0.5, evaluate: each_result, open_duration: 5s}}" => "{consecutive: {half_open_decision: ratio}}";
    throttle_below_one: "k: 2" => "k: 0.5";
    throttle_of_no_window: "window: 30s}}" => "window: 0s}}";
    throttle_that_hears_nothing: "{sre: {k: 2, window: 30s}}" => "piggyback";
    throttle_of_another_name: "{sre: {k: 2, window: 30s}}" => "{google: {}}";
    threshold_of_everything: "{sre: {k: 2, window: 30s}}" => "{nack_ema: {nack_threshold_ratio: 1}}";
    bulkhead_of_nobody: "client_throttle: {sre: {k: 2, window: 30s}}" => "bulkhead: {semaphore: {max_concurrent: 0}}";
    bulkhead_of_a_target: "client_throttle: {sre: {k: 2, window: 30s}}" => "bulkhead: {semaphore: {scope: per_target}}";
    threads_that_shrink: "client_throttle: {sre: {k: 2, window: 30s}}" => "bulkhead: {thread_pool: {core_threads: 9, max_threads: 3}}";
    rate_of_nothing: "client_throttle: {sre: {k: 2, window: 30s}}" => "rate_limit: {token_bucket: {rate: 0/s}}";
    fill_of_nothing: "client_throttle: {sre: {k: 2, window: 30s}}" => "rate_limit: {token_bucket: {rate: 1/s, fill_interval: 50ms}}";
    layer_of_another_name: "client_throttle: {sre: {k: 2, window: 30s}}" => "pipeline: [retry, breaker]";
    layer_left_out: "client_throttle: {sre: {k: 2, window: 30s}}" => "pipeline: [retry, attempt_timeout]";
    layer_named_twice: "client_throttle: {sre: {k: 2, window: 30s}}" => "pipeline: [circuit_breaker, retry, circuit_breaker]";
    order_without_retry: "client_throttle: {sre: {k: 2, window: 30s}}" => "pipeline: [circuit_breaker, attempt_timeout]";
    clock_on_the_wrong_side: "client_throttle: {sre: {k: 2, window: 30s}}" => "pipeline: [attempt_timeout, circuit_breaker, retry, total_timeout]";
    threshold_of_nothing: "{sre: {k: 2, window: 30s}}" => "{envoy_success_rate: {success_threshold_ratio: 0}}";
}

#[test]
fn the_callers_are_sound() {
    let bench = Bench::new();
    bench.write("callers.yaml", CALLERS);
    bench.fine(&["validate", "callers.yaml"]);
}
