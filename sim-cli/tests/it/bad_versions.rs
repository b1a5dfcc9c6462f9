//! Mistakes in versions and rollouts.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// Versions without a mistake.
const VERSIONS: &str = include_str!("../fixtures/versions.yaml");

#[test]
fn there_is_no_mistake_in_it() {
    let bench = Bench::new();
    bench.write("good.yaml", VERSIONS);
    bench.fine(&["compare", "good.yaml", "--seeds", "1", "--quiet"]);
}

mistakes! {
    VERSIONS;
    a_pair_that_nobody_knows: "v1: {v1: ok, v2: decode_error}" => "v1: {v1: ok}";
    a_version_without_an_entry: "producer, to: v2" => "producer, to: v3";
    a_reader_without_an_entry: "        v2: {v1: ok, v2: ok}\n" => "";
    a_matrix_of_something_else: "v2: decode_error" => "v2: maybe";
    a_service_without_versions: "    versions: {start: v1}\n" => "";
    a_rollout_of_an_unknown_service: "service: producer, to: v2" => "service: producr, to: v2";
    a_rollout_to_nothing: "service: producer, to: v2" => "service: producer";
    an_unknown_gate: "gate: contract" => "gate: contrat";
    versions_without_a_start: "versions: {start: v1}" => "versions: {}";
}
