//! Mistakes in services whose instances are replicas.

use crate::mistakes::{mistakes, told};

/// Replicas without a mistake.
const FOLLOWS: &str = include_str!("../fixtures/follows.yaml");

mistakes! {
    FOLLOWS;
    writes_of_an_unknown_endpoint: "writes: leader/write" => "writes: leader/wirte";
    its_own_replica: "writes: leader/write" => "writes: replica";
    pulls_from_an_unknown_endpoint: "pull: {to: leader/old" => "pull: {to: leader/odl";
    pulls_from_somebody_else: "pull: {to: leader/old" => "pull: {to: replica";
    a_batch_of_nothing: "batch: 100" => "batch: 0";
    no_window: "window: 4" => "window: 0";
    no_write_allowed: "flow_control: 5000" => "flow_control: 0";
    pulls_again_after_no_time: "base: 5s" => "base: 0s";
    replicas_that_come_and_go: "    service_time: 4ms\n" => "    service_time: 4ms\n    autoscaler: {hpa: {metric: {in_flight: {target: 9}}, min: 1, max: 6}}\n";
}

#[test]
fn an_action_cannot_make_a_replica() {
    let actions = "actions: {promote: {at: 20s, apply: {services: {replica: {follows: none}}}}}\nrun: {horizon: 60s, seeds: 1}";
    insta::assert_snapshot!(told(FOLLOWS, &[("run: {horizon: 60s, seeds: 1}", actions)]));
}
