//! Mistakes in how work is handed over, and in caches that are kept up to date by the clock.

use crate::mistakes::mistakes;

/// Two stages, and nodes that poll their configuration, without a mistake.
const FLOWS: &str = "spiral: 1
id: flows
title: Two stages and a control plane
services:
  parse: {workers: 4, steps: [{compute: 1ms}, {call: {to: store, until: accepted}}]}
  store: {workers: 4, service_time: 2ms, queue: {fifo: {capacity: 10, drop: nobody}}}
  node:
    instances: 3
    caches: {config: {ttl: 60s, refresh: {every: 10s, retry_every: 1s}}}
    steps: [{cached: {cache: config, steps: [{call: {to: control}}]}}]
    endpoints: {apply: {steps: [{put: {cache: config}}]}}
  control: {workers: 4, service_time: 5ms}
workloads:
  source: {arrivals: {poisson: {rate: 50/s}}, call: {to: parse}}
  users: {arrivals: {poisson: {rate: 50/s}}, call: {to: node}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    FLOWS;
    nobody_is_dropped_from_a_line_without_a_bound: "{capacity: 10, drop: nobody}" => "{drop: nobody}";
    unknown_drop_rule: "drop: nobody" => "drop: none";
    unknown_word_for_what_is_waited_for: "until: accepted" => "until: acepted";
    connection_until_accepted: "source: {arrivals: {poisson: {rate: 50/s}}" => "source: {arrivals: {connected: {users: 5, messages: 1/s, connect: {to: parse, until: accepted}}}";
    refresh_all_the_time: "{every: 10s, retry_every: 1s}" => "{every: 0s}";
    refresh_retried_after_the_next: "retry_every: 1s" => "retry_every: 20s";
    refresh_of_a_cache_that_nobody_loads: "[{cached: {cache: config, steps: [{call: {to: control}}]}}]" => "[{compute: 1ms}]";
    refresh_of_a_shared_cache: "{ttl: 60s, " => "{scope: shared, ttl: 60s, ";
    refresh_of_a_million_keys: "call: {to: node}" => "keys: {count: 1000000}, call: {to: node}";
    put_into_an_unknown_cache: "put: {cache: config}" => "put: {cache: confg}";
}
