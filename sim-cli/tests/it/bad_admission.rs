//! Mistakes in what decides who may enter.

use crate::mistakes::mistakes;

/// Three tiers without a mistake.
const TIERS: &str = include_str!("../fixtures/tiers.yaml");

mistakes! {
    TIERS;
    limit_below_the_least_limit: "    queue: {fifo: {capacity: 100}}" => "    admission: {aimd: {max_limit: 10}}";
    limit_that_starts_outside_its_bounds: "    queue: {fifo: {capacity: 100}}" => "    admission: {aimd: {initial_limit: 5}}";
    backoff_that_leaves_everything_and_no_threshold: "    queue: {fifo: {capacity: 100}}" => "    admission: {aimd: {backoff_ratio: 100%, timeout_threshold: 0s}}";
    limit_of_none: "    queue: {fifo: {capacity: 100}}" => "    admission: {aimd: {initial_limit: 0}}";
    misspelt_limiter: "    queue: {fifo: {capacity: 100}}" => "    admission: {amid: {max_limit: 50}}";
    vegas_with_factors_out_of_order: "    queue: {fifo: {capacity: 100}}" => "    admission: {vegas: {alpha: 9, threshold: 10}}";
    tolerance_below_one_and_no_steps: "    queue: {fifo: {capacity: 100}}" => "    admission: {gradient2: {rtt_tolerance: 0.5, smoothing_ratio: 0}}";
    gradient_that_measures_all_the_time: "    queue: {fifo: {capacity: 100}}" => "    admission: {envoy_gradient: {min_rtt_interval: 50ms, percentile: 50}}";
    gradient_with_intervals_of_nothing: "    queue: {fifo: {capacity: 100}}" => "    admission: {envoy_gradient: {update_interval: 0s, percentile: 0%, max_limit: 2}}";
    less_critical_with_more_places: "    queue: {fifo: {capacity: 100}}" => "    admission: {priority: {limit: 50, critical: 0.5}}";
    fixed_limit_without_a_number: "    queue: {fifo: {capacity: 100}}" => "    admission: fixed";
    rate_of_nothing: "    queue: {fifo: {capacity: 100}}" => "    admission: {gcra: {rate: 0/s}}";
    bucket_without_a_bound: "    queue: {fifo: {capacity: 100}}" => "    admission: {leaky_bucket: {rate: 0/s, burst: unlimited}}";
    window_of_no_length: "    queue: {fifo: {capacity: 100}}" => "    admission: {fixed_window: {limit: 10, window: 0s}}";
    sliding_window_of_no_length_per_user: "    queue: {fifo: {capacity: 100}}" => "    admission: {sliding_window: {limit: 10, window: 0s, per: user}}";
    levels_of_nothing: "    queue: {fifo: {capacity: 100}}" => "    admission: {dagor: {target_delay: 0s, window: 0s, decrease_ratio: 0}}";
    credits_above_their_most: "    queue: {fifo: {capacity: 100}}" => "    admission: {credits: {initial_credits: 50, max_credits: 20, update_interval: 0s}}";
    cycle_of_no_length: "    queue: {fifo: {capacity: 100}}" => "    admission: {cycle: {limit: 10, period: 0s}}";
    deadline_that_refuses_nobody: "    queue: {fifo: {capacity: 100}}" => "    admission: {deadline: {max_reject_ratio: 0}}";
    tokens_in_steps_of_nothing: "    queue: {fifo: {capacity: 100}}" => "    admission: {rate: {to: 10/s, burst: 1, refill: 0s}}";
    hand_larger_than_the_deck: "    queue: {fifo: {capacity: 100}}" => "    queue: {fair_queues: {queues: 8, hand_size: 9, reshuffle: 0s}}";
    limit_on_connects: "    queue: {fifo: {capacity: 100}}" => "    connections: {admission: aimd}";
}
