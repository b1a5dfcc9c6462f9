//! Mistakes in what operators do.

use crate::mistakes::mistakes;

/// An operator without a mistake.
const FILE: &str = "\
spiral: 1
id: operated
title: Operated
services:
  api:
    workers: 4
    service_time: 10ms
    queue: {fifo: {capacity: 100}}
workloads:
  users: {arrivals: {poisson: {rate: 100/s}}, call: {to: api, timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 3}}}}
actions:
  no-retries:
    when: {success: {below: 0.5, for: 5s}}
    apply: {workloads: {users: {call: {retry: none}}}}
  bigger: {at: 30s, for: 10s, apply: {services: {api: {workers: 8, queue: {fifo: {capacity: 500}}}}}}
  calm: {at: 40s, for: 5s, pause: {workload: users}}
  again: {at: 50s, restart: {service: api}}
run: {horizon: 60s, warmup: 5s, seeds: 1}
";

mistakes! {
    FILE;
    nothing_is_done: ", restart: {service: api}}" => "}";
    no_moment: "{at: 50s, restart" => "{restart";
    both_moments: "{at: 40s, for: 5s, pause" => "{at: 40s, when: {success: {below: 0.5}}, for: 5s, pause";
    after_the_end: "at: 50s" => "at: 60s";
    for_no_time: "for: 10s" => "for: 0s";
    a_restart_for_a_while: "{at: 50s, restart" => "{at: 50s, for: 5s, restart";
    unknown_service: "restart: {service: api}" => "restart: {service: apo}";
    unknown_workload: "pause: {workload: users}" => "pause: {workload: user}";
    no_bound: "{below: 0.5, for: 5s}" => "{for: 5s}";
    two_bounds: "{below: 0.5, for: 5s}" => "{below: 0.5, above: 0.1, for: 5s}";
    success_above_one: "{below: 0.5, for: 5s}" => "{above: 1}";
    unknown_level: "{success: {below: 0.5, for: 5s}}" => "{latency: {above: 5}}";
    unknown_service_in_a_condition: "{success: {below: 0.5, for: 5s}}" => "{queue_length: {service: web, above: 5}}";
    a_new_service: "services: {api: {workers: 8" => "services: {apy: {workers: 8";
    a_service_taken_away: "{services: {api: {workers: 8, queue: {fifo: {capacity: 500}}}}}" => "{services: {api: none}}";
    a_trigger: "{workloads: {users: {call: {retry: none}}}}" => "{faults: {rush: {at: 1s, for: 1s}}}";
    other_arrivals: "{call: {retry: none}}" => "{arrivals: {poisson: {rate: 10/s}}}";
    another_build: "queue: {fifo: {capacity: 500}}" => "queue: processor_sharing, service_time: none, steps: [{compute: 1ms}, {compute: 1ms}]";
    unreadable_changes: "capacity: 500" => "capacity: many, drop: all";
    unsound_changes: "{call: {retry: none}}" => "{call: {timeouts: {attempt: 0s}}}";
}

/// Seven conditions can hold in 128 ways.
#[test]
fn too_many_ways() {
    let more: String = (0..6)
        .map(|k| format!("  c{k}: {{when: {{success: {{below: 0.{k}1}}}}, apply: {{services: {{api: {{workers: {}}}}}}}}}\n", k + 2))
        .collect();
    insta::assert_snapshot!(crate::mistakes::told(FILE, &[("actions:\n", &format!("actions:\n{more}"))]));
}
