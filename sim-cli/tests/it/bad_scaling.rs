//! Mistakes in autoscalers.

use crate::mistakes::mistakes;

/// Two scaled services without a mistake.
const FILE: &str = "\
spiral: 1
id: scaled
title: Scaled
services:
  web:
    instances: 4
    steps: [{compute: 10ms}, {call: {to: db}}]
    autoscaler:
      hpa:
        metric: {cpu: {target: 60%}}
        min: 2
        max: 9
        sync_period: 15s
        scale_up: {policies: [{pods: 2, period: 30s}]}
  db:
    instances: 2
    service_time: 5ms
    autoscaler: {step: {max: 5, steps: [{above: 1.2, add: 1}, {below: 0.5, remove: 1}]}}
workloads:
  users: {arrivals: {poisson: {rate: 20/s}}, call: {to: web}}
run: {horizon: 60s, warmup: 5s, seeds: 1}
";

mistakes! {
    FILE;
    most_that_is_missing: "        max: 9\n" => "", "max: 5" => "max: x, min: 3";
    min_above_max: "min: 2" => "min: 12";
    fewer_at_the_start_than_min: "min: 2" => "min: 5";
    more_at_the_start_than_max: "max: 9" => "max: 3";
    no_max: "        max: 9\n" => "";
    target_zero: "target: 60%" => "target: 0%";
    rate_target_zero: "{cpu: {target: 60%}}" => "{rate: {target: 0/s}}";
    unknown_metric: "{cpu: {target: 60%}}" => "{memory: {target: 60%}}";
    in_flight_without_a_target: "{cpu: {target: 60%}}" => "in_flight";
    sync_period_zero: "sync_period: 15s" => "sync_period: 0s";
    a_limit_of_both_kinds: "{pods: 2, period: 30s}" => "{pods: 2, ratio: 1, period: 30s}";
    limits_without_any: "policies: [{pods: 2, period: 30s}]" => "policies: []";
    steps_that_leave_no_band: "below: 0.5" => "below: 1.5";
    step_that_goes_the_wrong_way: "below: 0.5, remove: 1" => "below: 0.5, add: 1";
    schedule_out_of_order: "{step: {max: 5, steps: [{above: 1.2, add: 1}, {below: 0.5, remove: 1}]}}" => "{schedule: {steps: [{at: 20s, instances: 3}, {at: 10s, instances: 2}]}}";
    shards_that_come_and_go: "{call: {to: db}}" => "{fan_out: {steps: [{call: {to: db}}]}}";
}
