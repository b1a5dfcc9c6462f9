//! Mistakes in what takes speed from instances: crowds, memory, housekeeping, copying, and faults on them.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// A store without a mistake, one line per part.
const STORE: &str = "\
spiral: 1
id: store
title: A store
services:
  store:
    instances: 3
    service_time: 10ms
    degradation: {linear: {per_request: 0.05}}
    memory: {heap: 4GiB, base: 1GiB, per_request: 1MiB}
    background: {compaction: {every: 60s, for: 10s, cpu_share: 0.4}}
    repair: {data: 100GiB, cpu_per_mib: 5ms}
  web: {service_time: 1ms}
workloads:
  users: {arrivals: {poisson: {rate: 10/s}}, call: {to: store}}
faults:
  trouble: {at: 10s, for: 2s, stop: {service: store}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    STORE;
    contention_above_one: "{linear: {per_request: 0.05}}" => "{usl: {contention: 1.5}}";
    negative_coherency: "{linear: {per_request: 0.05}}" => "{usl: {contention: 0.1, coherency: -1}}";
    slow_down_of_unknown_size: "{linear: {per_request: 0.05}}" => "linear";
    heap_that_cannot_be_read: "heap: 4GiB" => "heap: 4GB";
    heap_that_is_missing: "heap: 4GiB, " => "";
    heap_below_base: "heap: 4GiB" => "heap: 512MiB";
    heap_without_room_for_one: "per_request: 1MiB" => "per_request: 3GiB";
    size_without_unit: "per_request: 1MiB" => "per_request: 1";
    size_in_an_unclear_unit: "per_request: 1MiB" => "per_request: 1MB";
    job_that_never_pauses: "for: 10s" => "for: 60s";
    job_share_above_one: "cpu_share: 0.4" => "cpu_share: 1.4";
    jobs_that_take_everything: "{compaction: {every: 60s, for: 10s, cpu_share: 0.4}}" => "{compaction: {every: 60s, for: 10s, cpu_share: 0.6}, backup: {every: 1h, for: 1m, cpu_share: 0.4}}";
    jobs_and_copying_that_take_everything: "cpu_share: 0.4" => "cpu_share: 0.5";
    copying_among_one: "    instances: 3\n" => "";
    more_copies_than_instances: "data: 100GiB," => "data: 100GiB, copies: 5,";
    one_copy: "data: 100GiB," => "data: 100GiB, copies: 1,";
    copying_for_nothing: "cpu_per_mib: 5ms" => "cpu_per_mib: 0s";
    copying_nothing: "data: 100GiB" => "data: 0B";
    rate_without_time: "data: 100GiB," => "data: 100GiB, rate: 50MiB,";
    memory_taken_where_there_is_no_limit: "stop: {service: store}" => "memory: {service: web, amount: 1GiB}";
    no_memory_taken: "stop: {service: store}" => "memory: {service: store, amount: 0B}";
    payload_of_nobody: "stop: {service: store}" => "payload: {factor: 3}";
    payload_of_two: "stop: {service: store}" => "payload: {service: store, workload: users, factor: 3}";
    payload_of_an_unknown_workload: "stop: {service: store}" => "payload: {workload: user, factor: 3}";
}

#[test]
fn the_store_is_sound() {
    let bench = Bench::new();
    bench.write("store.yaml", STORE);
    bench.fine(&["validate", "store.yaml"]);
}
