//! Mistakes in caches, in the steps that look into them, and in the faults that hit them.

use crate::mistakes::mistakes;

/// A cache in front of a store, without a mistake.
const CACHED: &str = "spiral: 1
id: cached
title: A cache in front of a store
services:
  web:
    workers: 10
    caches: {pages: {ttl: 10s}}
    steps: [{cached: {cache: pages, steps: [{call: {to: store}}]}}]
  store: {workers: 10, service_time: 10ms}
workloads:
  users: {arrivals: {poisson: {rate: 50/s}}, keys: {count: 100}, call: {to: web}}
faults:
  flush: {at: 10s, for: 1s, cache_flush: {service: web, cache: pages}}
  news: {at: 20s, for: 5s, hot_key: {workload: users, share: 0.5}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    CACHED;
    step_with_an_unknown_cache: "{cached: {cache: pages," => "{cached: {cache: pagse,";
    step_of_a_service_without_caches: "    caches: {pages: {ttl: 10s}}\n" => "", "  flush: {at: 10s, for: 1s, cache_flush: {service: web, cache: pages}}\n" => "";
    cache_without_a_place: "{ttl: 10s}" => "{ttl: 10s, capacity: 0}";
    ttl_of_zero: "{ttl: 10s}" => "{ttl: 0s}";
    jitter_above_one: "{ttl: 10s}" => "{ttl: 10s, ttl_jitter: 1.5}";
    what_needs_a_ttl: "{ttl: 10s}" => "{ttl_jitter: 0.1, stale_while_revalidate: 1s, early_refresh: xfetch, lease: {accept_stale: true}}";
    lease_that_waits_no_time: "{ttl: 10s}" => "{ttl: 10s, lease: {wait: 0s}}";
    xfetch_never: "{ttl: 10s}" => "{ttl: 10s, early_refresh: {xfetch: {beta: 0}}}";
    unknown_eviction: "{ttl: 10s}" => "{ttl: 10s, eviction: lur}";
    filled_by_nobody: "{ttl: 10s}" => "{ttl: 10s, fill: callee}", "[{call: {to: store}}]" => "[{compute: 1ms}]";
    step_that_waits_for_itself: "[{call: {to: store}}]" => "[{cached: {cache: pages, steps: [{call: {to: store}}]}}]";
    cached_step_without_steps: "[{call: {to: store}}]" => "[]";
    flush_of_an_unknown_cache: "cache: pages}}\n  news" => "cache: pags}}\n  news";
    flush_of_a_part_of_a_shared_cache: "{ttl: 10s}" => "{ttl: 10s, scope: shared}", "cache: pages}}\n  news" => "cache: pages, instances: one}}\n  news";
    hot_key_without_keys: "keys: {count: 100}, " => "";
    hot_key_beyond_the_last: "share: 0.5" => "share: 0.5, key: 100";
    hot_beside_nothing: "{count: 100}" => "{count: 1, popularity: {hot: {share: 0.5}}}";
    too_many_keys_for_caches_of_instances: "    workers: 10\n" => "    workers: 10\n    instances: 20\n", "{count: 100}" => "{count: 10000000}";
}
