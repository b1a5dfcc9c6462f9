//! Mistakes in what stands between callers and instances: connections, certificates, lists of who may call, intruders.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// A shop without a mistake, one line per part.
const SHOP: &str = "\
spiral: 1
id: shop
title: A shop
services:
  web:
    connection: {tls: tls13, mutual: true, tls_cpu: {server: 1ms}, tcp: {syn_retries: 6}}
    identity: {principal: front, certificate: {valid_from: 10s, valid_until: 40s, rotate: {before: 5s}}}
    steps: [call: {to: store}]
  store: {service_time: 1ms, accepts: {mutual_tls: true, allow: [front], quota: {rate: 5/s}}}
workloads:
  users: {arrivals: {poisson: {rate: 10/s}}, call: {to: web, connection: {lifetime: 30s}}}
faults:
  trouble: {at: 10s, for: 2s, compromise: {service: web, rate: 20/s}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    SHOP;
    certificate_that_ends_before_it_begins: "valid_until: 40s" => "valid_until: 8s";
    certificate_without_an_end: ", valid_until: 40s" => "";
    certificate_exchanged_before_it_begins: "before: 5s" => "before: 30s";
    unknown_caller_on_a_list: "[front]" => "[fornt]";
    quota_of_nothing: "rate: 5/s" => "rate: 0/s";
    proof_that_nobody_can_give: "tls: tls13, mutual: true, tls_cpu: {server: 1ms}, " => "";
    mutual_without_tls: "tls: tls13, mutual" => "mutual";
    too_many_syns: "syn_retries: 6" => "syn_retries: 200";
    unknown_handshake: "tls: tls13" => "tls: tls14";
    connection_kept_and_not_kept: "lifetime: 30s" => "lifetime: 30s, keep_alive: false";
    no_streams: "lifetime: 30s" => "streams: 0";
    no_patience_to_connect: "lifetime: 30s" => "connect_timeout: 0s";
    intruder_who_does_nothing: "rate: 20/s" => "rate: 0/s";
    intruder_in_an_unknown_service: "service: web, rate" => "service: wbe, rate";
    expiry_of_nobody: "compromise: {service: web, rate: 20/s}" => "certificate_expiry: {service: shop}";
}

#[test]
fn the_shop_is_sound() {
    let bench = Bench::new();
    bench.write("shop.yaml", SHOP);
    bench.fine(&["validate", "shop.yaml"]);
}
