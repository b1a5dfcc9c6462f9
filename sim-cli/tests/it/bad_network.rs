//! Mistakes in networks, links, sizes of messages, and what hits them.

use crate::mistakes::mistakes;

/// Networks without a mistake.
const NETWORK: &str = include_str!("../fixtures/network.yaml");

mistakes! {
    NETWORK;
    a_link_that_passes_nothing: "bandwidth: 1Gbit/s" => "bandwidth: 0Gbit/s";
    a_bandwidth_without_a_unit: "bandwidth: 1Gbit/s" => "bandwidth: 1000";
    a_bandwidth_in_a_unit_of_its_own: "bandwidth: 1Gbit/s" => "bandwidth: 1Gbps";
    packets_of_headers: "mtu: 1500B" => "mtu: 40B";
    a_queue_without_a_unit: "queue: 64KiB" => "queue: 100";
    no_such_link: "link: wire, transport" => "link: wier, transport";
    loss_above_one: "loss: 2%" => "loss: 200%";
    a_loss_in_no_direction: "loss: 2%" => "loss: {away: 2%}";
    segments_of_nothing: "mss: 1400B" => "mss: 0B";
    a_wait_of_no_time: "rto_min: 200ms" => "rto_min: 0s";
    a_transport_of_ones_own: "transport: {tcp: {mss: 1400B, rto_min: 200ms}}" => "transport: quic";
    sizes_upside_down: "min: 1KiB" => "min: 4KiB";
    half_of_the_answers_empty: "p50: 4KiB" => "p50: 0B";
    loss_of_nobody: "loss: {from: web, to: store, ratio: 30%}" => "loss: {ratio: 30%}";
    loss_of_no_message: "ratio: 30%" => "ratio: 0";
    loss_between_strangers: "from: web, to: store" => "from: senders, to: store";
    loss_from_no_caller: "from: web, to: store" => "from: wep, to: store";
    a_partition_of_unknown_zones: "zones: [north, south]}}" => "zones: [north, east]}}";
    a_partition_inside_a_zone: "partition: {zones: [north, south]}" => "partition: {zones: [north, north]}";
    a_partition_of_an_unknown_service: "partition: {zones: [north, south]}" => "partition: {to: stor}";
    a_partition_told_twice: "partition: {zones: [north, south]}" => "partition: {zones: [north], to: store}";
    no_delay: "delay: 50ms" => "delay: 0ms";
    a_link_of_nobody_that_narrows: "bandwidth: {link: wire" => "bandwidth: {link: wirr";
    half_of_what: "bandwidth: {link: wire, factor: 0.1}" => "bandwidth: {link: wire}";
    half_and_a_rate: "link: wire, factor: 0.1" => "link: wire, factor: 0.1, rate: 1Mbit/s";
    growth_of_what_has_no_size: "payload_growth: {service: store" => "payload_growth: {service: web";
}
