//! Mistakes in workloads whose users keep connections, and in services that hold these.

use crate::mistakes::mistakes;

/// Connected users without a mistake.
const CONNECTED: &str = include_str!("../fixtures/connected.yaml");

mistakes! {
    CONNECTED;
    no_connected_users: "users: 100" => "users: 0";
    too_many_connected_users: "users: 100" => "users: 20000000";
    no_messages: "messages: 0.5/s" => "messages: 0/s";
    messages_without_a_unit: "messages: 0.5/s" => "messages: 0.5";
    reconnect_after_no_time: "base: 1s, max: 30s" => "base: 0s, max: 30s";
    reconnect_longest_below_the_first: "base: 1s, max: 30s" => "base: 60s, max: 30s";
    unknown_reconnect: "{exponential: {base: 1s, max: 30s, jitter: full}}" => "eventually";
    lifetime_below_zero: "{exponential: {mean: 60s}}" => "{uniform: {min: 9s, max: 5s}}";
    connect_to_an_unknown_endpoint: "to: gateway/connect" => "to: gateway/conect";
    connect_to_another_service: "to: gateway/connect" => "to: store";
    connect_without_anything: "        connect: {to: gateway/connect, timeouts: {attempt: 5s}}\n" => "";
    balancer_of_messages: "to: gateway/message, timeouts: {attempt: 1s}" => "to: gateway/message, load_balancer: random";
    targets_of_messages: "to: gateway/message, timeouts: {attempt: 1s}" => "to: gateway/message, targets: {health_check: {}}";
    connections_that_nobody_opens: "store: {service_time: 4ms}" => "store: {service_time: 4ms, connections: {max: 5}}";
    misspelt_close: "close: spread" => "close: slowly";
    admission_of_connects_that_never_grows: "max: 500" => "admission: {rate: {from: 1/s, to: 5/s, burst: 1}}";
    both_ways_to_come: "    arrivals:\n" => "    arrivals:\n      poisson: {rate: 5/s}\n";
}
