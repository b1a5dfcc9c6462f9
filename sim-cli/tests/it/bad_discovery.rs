//! Mistakes in how addresses are learnt, and in what happens to them.

use crate::mistakes::mistakes;

/// Discovery without a mistake.
const DISCOVERY: &str = include_str!("../../../scenarios/tests/fixtures/discovery.yaml");

mistakes! {
    DISCOVERY;
    a_kind_of_list_that_there_is_not: "discovery: static" => "discovery: zookeeper";
    a_time_to_live_of_nothing: "        ttl: 30s" => "        ttl: 0s";
    kept_for_ever_and_for_a_while: "honour_ttl: true" => "honour_ttl: false";
    heartbeats_without_a_pause: "heartbeat_interval: 10s" => "heartbeat_interval: 0s";
    a_lease_between_two_heartbeats: "lease_duration: 30s" => "lease_duration: 10s";
    a_poll_without_a_pause: "client_refresh: 15s" => "client_refresh: 0s";
    polled_and_pushed: "{poll: {client_refresh: 15s, server_cache: 5s}}" => "{poll: {propagation_delay: 1s}}";
    weights_of_addresses: "call: {to: shop, timeouts: {attempt: 1s}}" => "call: {to: shop, load_balancer: {weighted: {weights: [1, 2, 1, 1]}}}";
    checks_of_addresses: "call: {to: shop, timeouts: {attempt: 1s}}" => "call: {to: shop, targets: {health_check: {}}}";
    replaced_without_a_pause: "every: 5s" => "every: 0s";
    replaced_too_often: "every: 5s" => "every: 1ms", "rollout: {at: 10s, for: 20s" => "rollout: {at: 10s, for: 50s";
    silence_that_nobody_hears: "rolling_replacement: {service: shop" => "rolling_replacement: {service: plain", "  old: {service_time: 4ms" => "  plain: {service_time: 4ms}\n  old: {service_time: 4ms";
    no_registry_to_be_away: "registry_down: {service: shop}" => "registry_down: {service: store}";
    nobody_looks_it_up: "dns_error: {service: store" => "dns_error: {service: shop";
    a_lie_about_nobody: "dns_spoof: {service: store}" => "dns_spoof: {service: store, ratio: 0}";
    a_registry_of_nobody: "registry_down: {service: shop}" => "registry_down: {service: shp}";
    a_list_changed_by_an_operator: "variants:" => "actions: {other: {at: 5s, apply: {services: {old: {discovery: none}}}}}\nvariants:";
}
