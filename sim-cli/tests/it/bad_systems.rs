//! Mistakes in systems of several services: calls, steps, pools, zones, lives of instances, faults on them.

use crate::mistakes::{mistakes, told, told_about};
use crate::spiral::Bench;

/// Three tiers without a mistake.
const TIERS: &str = include_str!("../fixtures/tiers.yaml");

mistakes! {
    TIERS;
    service_that_calls_itself: "[{call: {to: db/read}}]}" => "[{call: {to: orders}}]}";
    circle_through_three_services: "- maybe: {probability: 0.5, steps: [{call: {to: db/read}}]}" => "- call: {to: db/write}", "write: {steps: [{compute: 8ms}]}" => "write: {steps: [{call: {to: web}}]}";
    two_circles: "read: {steps: [{compute: 4ms}]}" => "read: {steps: [{call: {to: orders}}]}", "write: {steps: [{compute: 8ms}]}" => "write: {steps: [{fallback: {steps: [{call: {to: db/write}}], otherwise: []}}]}";
    pool_of_size_zero: "size: 4" => "size: 0";
    pool_that_does_not_exist: "pool: orders" => "pool: order";
    caller_without_pools: "call: {to: web}" => "call: {to: web, pool: web}";
    weights_that_sum_to_zero: "{to: db/read}" => "{to: db/read, load_balancer: {weighted: {weights: [0, 0, 0]}}}";
    weights_beside_an_unknown_endpoint: "{to: db/read}" => "{to: db/raed, load_balancer: {weighted: {weights: [0, 0, 0]}}}";
    more_weights_than_instances: "{to: db/read}" => "{to: db/read, load_balancer: {weighted: {weights: [1, 1, 1, 2]}}}";
    maybe_above_one: "probability: 0.5" => "probability: 1.5";
    ways_above_one: "- maybe: {probability: 0.5, steps: [{call: {to: db/read}}]}" => "- choose: {ways: [{probability: 0.7, steps: [{compute: 1ms}]}, {probability: 0.5, steps: [{call: {to: db/read}}]}]}";
    no_way_to_choose: "- maybe: {probability: 0.5, steps: [{call: {to: db/read}}]}" => "- choose: {ways: []}";
    way_without_steps: "- maybe: {probability: 0.5, steps: [{call: {to: db/read}}]}" => "- choose: {ways: [{probability: 0.7, steps: []}]}";
    need_above_the_number_of_steps: "{compute: 2ms}]}" => "{compute: 2ms}], need: 3}";
    unknown_endpoint: "to: db/read" => "to: db/raed";
    service_with_endpoints_called_without_one: "to: db/read" => "to: db";
    endpoint_of_a_service_without_any: "{to: orders, pool: orders}" => "{to: orders/create, pool: orders}";
    unknown_service_in_a_nested_step: "to: db/read" => "to: dba/read";
    probe_period_zero: "period: 1s" => "period: 0s";
    liveness_without_restart: "{restart: {}, readiness: {period: 1s}}" => "{liveness: {period: 1s}}";
    steps_and_service_time: "  orders:\n    workers: 8" => "  orders:\n    workers: 8\n    service_time: 3ms";
    service_that_does_nothing: "    steps:\n      - maybe: {probability: 0.5, steps: [{call: {to: db/read}}]}\n" => "";
    misspelt_steps: "    steps:\n      - maybe" => "    stpes:\n      - maybe";
    more_speeds_than_instances: "    pools: {orders: {size: 4}}" => "    pools: {orders: {size: 4}}\n    speeds: [1, 1, 0.5]";
    unknown_zone: "zones: [north, south]\n" => "zones: [nroth, south]\n";
    zones_that_are_not_declared: "zones: {names: [north, south, empty]}\n" => "";
    fault_on_an_unknown_zone: "stop: {service: db}" => "zone_down: {zone: nort}";
    fault_on_places_out_of_range: "stop: {service: db}" => "slow: {service: db, factor: 5, instances: {places: {list: [0, 3, 7]}}}";
    fault_on_more_instances_than_there_are: "stop: {service: db}" => "hang: {service: db, instances: {first: {count: 9}}}";
    fault_on_a_zone_where_no_instance_is: "stop: {service: db}" => "hang: {service: web, instances: {zone: {name: empty}}}";
    zone_down_without_instances: "stop: {service: db}" => "zone_down: {zone: empty}";
    crash_of_no_service: "stop: {service: db}" => "crash: {services: []}";
    crash_of_an_unknown_service: "stop: {service: db}" => "crash: {services: [web, bd]}";
    monkey_without_rest: "stop: {service: db}" => "monkey: {service: orders, every: 0s}";
    spike_on_a_closed_workload: "stop: {service: db}" => "load_spike: {workload: staff, factor: 3}";
    drop_oldest_without_capacity: "{fifo: {capacity: 100}}" => "{fifo: {drop: oldest}}";
    adaptive_lifo_without_capacity: "{fifo: {capacity: 100}}" => "adaptive_lifo";
    admission_that_starts_low_but_never_grows: "    queue: {fifo: {capacity: 100}}" => "    admission: {share: {from: 0.1, to: 1}}";
    empty_steps: "- parallel: {steps: [{compute: 1ms}, {compute: 2ms}]}" => "- parallel: {steps: []}";
    endpoint_without_steps: "read: {steps: [{compute: 4ms}]}" => "read: {steps: []}";
    unknown_step: "- compute: 1ms\n" => "- compte: 1ms\n";
    two_words_in_one_step: "- compute: 1ms\n      - call" => "- compute: 1ms\n        call";
    settings_beside_the_step: "- call: {to: orders, pool: orders}" => "- call: {to: orders}\n        pool: orders";
    checkpoint_interval_zero: "    queue: {fifo: {capacity: 100}}" => "    on_cancel: {checkpoint: {interval: 0s}}";
    fan_out_over_shards_without_a_call: "- parallel: {steps: [{compute: 1ms}, {compute: 2ms}]}" => "- fan_out: {steps: [{compute: 1ms}]}";
    no_closed_users: "users: 5" => "users: 0";
    max_depth_zero: "{to: orders, pool: orders}" => "{to: orders, pool: orders, max_depth: 0}";
    misspelt_max_depth: "[{call: {to: db/read}}]}" => "[{call: {to: orders, max_dept: 3}}]}";
    list_without_brackets: "steps: [{compute: 4ms}]" => "steps: {compute: 4ms}";
    word_of_a_step_alone: "- compute: 1ms\n" => "- compute\n";
}

#[test]
fn steps_within_steps_beyond_any_need() {
    let deep = format!("- {}compute: 1ms{}\n", "serial: {steps: [{".repeat(30), "}]}".repeat(30));
    insta::assert_snapshot!(told(TIERS, &[("- compute: 1ms\n", &deep)]));
}

/// Each mistake stands in a variant and is told at the variant's own line, all of them at once. What only
/// shows in the base, because a variant has taken something away, names that variant.
const IN_VARIANTS: &str = "
variants:
  whole: {}
  circle: {services: {db: {endpoints: {read: {steps: [{call: {to: orders}}]}}}}}
  idle: {services: {orders: {steps: []}}}
  unwatched: {services: {orders: {lifecycle: {restart: none, liveness: {period: 2s}}}}}
  drained: {services: {web: {pools: {orders: none}}}}
  moved: {services: {web: {zones: [west]}}}
  empty: {zones: {names: []}}
  hasty: {services: {orders: {lifecycle: {readiness: {timeout: 0s}}}}}
  lost: {faults: {trouble: {stop: none, crash: {services: [dbb]}}}}
";

#[test]
fn mistakes_in_variants_are_told_at_their_lines() {
    insta::assert_snapshot!(told_about(TIERS.replace("\nvariants:\n  whole: {}\n", IN_VARIANTS)));
}

#[test]
fn the_three_tiers_are_sound() {
    let bench = Bench::new();
    bench.write("tiers.yaml", TIERS);
    bench.fine(&["validate", "tiers.yaml"]);
}
