//! Mistakes in zones, prices and what goes by them.

use crate::mistakes::mistakes;

/// Money without a mistake.
const MONEY: &str = include_str!("../fixtures/money.yaml");

mistakes! {
    MONEY;
    a_pair_of_no_zone: "between: [near, far]" => "between: [near, fr]";
    a_pair_of_which_nothing_is_said: "{between: [near, far], latency: 20ms, price: sea}" => "{between: [near, far]}";
    a_class_without_a_price: "price: sea" => "price: see";
    a_price_that_nobody_pays: "{sea: 0.05, internet: 0.09}" => "{sea: 0.05, ocean: 0.07}";
    a_negative_price: "instance_hour: 0.1" => "instance_hour: -0.1";
    a_price_with_a_unit: "million_calls: 0.4" => "million_calls: 0.4 EUR";
    a_share_of_nothing: "routing_enabled: 100%" => "routing_enabled: 0";
    zones_of_nobody: "    zones: [near, far]\n    serialization" => "    serialization";
    work_without_a_unit: "per_kib: 4us" => "per_kib: 4";
}
