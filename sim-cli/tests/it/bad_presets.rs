//! Mistakes in what is built on presets: in their names, and in what the file says over them.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// A call, a service and a pool on presets.
const BUILT: &str = "\
spiral: 1
id: built
title: Built on presets
services:
  api: {preset: netflix-aimd, service_time: 10ms}
workloads:
  users:
    arrivals: {poisson: {rate: 10/s}}
    pools: {db: {preset: hikaricp}}
    call:
      to: api
      pool: db
      preset: envoy-retry
      timeouts: {attempt: 1s}
variants:
  envoy: {}
  polly: {workloads: {users: {call: {preset: polly}}}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    BUILT;
    preset_with_another_dash: "preset: envoy-retry" => "preset: envoy_retry";
    preset_of_nobody: "preset: envoy-retry" => "preset: spring";
    preset_of_a_server_on_a_call: "preset: envoy-retry" => "preset: tomcat";
    preset_of_a_call_on_a_service: "preset: netflix-aimd" => "preset: polly";
    preset_of_a_call_on_a_pool: "preset: hikaricp" => "preset: polly";
    preset_that_is_no_name: "preset: envoy-retry" => "preset: {envoy: {}}";
    two_presets: "preset: envoy-retry" => "preset: [envoy-retry, polly]";
    preset_misspelt_in_a_variant: "call: {preset: polly}" => "call: {preset: poly}";
    key_of_a_preset_misspelt: "preset: envoy-retry" => "presets: envoy-retry";
    wait_longer_than_the_presets_longest: "timeouts: {attempt: 1s}" => "retry: {exponential: {base: 1s}}";
    field_of_another_preset: "call: {preset: polly}" => "call: {preset: polly, retry: {exponential: {base: 1s}}}";
    limit_beyond_the_presets: "{preset: netflix-aimd," => "{preset: netflix-aimd, admission: {aimd: {min_limit: 300}},";
}

#[test]
fn what_is_built_is_sound() {
    let bench = Bench::new();
    bench.write("built.yaml", BUILT);
    bench.fine(&["validate", "built.yaml"]);
}

#[test]
fn resolved_values_are_explained_and_kept() {
    let bench = Bench::new();
    bench.write("built.yaml", BUILT);
    insta::assert_snapshot!(bench.fine(&["explain", "built.yaml"]));
    bench.fine(&["run", "built.yaml", "--no-png", "--quiet", "--out", "kept"]);
    let manifest: serde_json::Value = serde_json::from_str(&bench.read("kept/manifest.json")).unwrap();
    let uses = manifest["presets"]["envoy"].as_array().expect("the presets of the variant that was run");
    let places: Vec<&str> = uses.iter().map(|used| used["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["services.api", "workloads.users.call", "workloads.users.pools.db"]);
    let call = &manifest["resolved"]["envoy"]["workloads"]["users"]["call"];
    assert_eq!(call["retry"]["exponential"]["max_attempts"], "2", "{call}");
}

#[test]
fn policies_and_presets_are_explained() {
    let bench = Bench::new();
    insta::assert_snapshot!("policy_list", bench.fine(&["explain", "policy"]));
    insta::assert_snapshot!("policy_exponential", bench.fine(&["explain", "policy", "exponential"]));
    insta::assert_snapshot!("policy_family", bench.fine(&["explain", "policy", "retry/budget"]));
    insta::assert_snapshot!("policy_ambiguous", bench.refused(&["explain", "policy", "rate"]));
    insta::assert_snapshot!("policy_unknown", bench.refused(&["explain", "policy", "exponental"]));
    insta::assert_snapshot!("preset_list", bench.fine(&["explain", "preset"]));
    insta::assert_snapshot!("preset_envoy_retry", bench.fine(&["explain", "preset", "envoy-retry"]));
    insta::assert_snapshot!("preset_unknown", bench.refused(&["explain", "preset", "resilience"]));
    insta::assert_snapshot!(
        "one_word_too_many",
        bench.refused(&["explain", "metastable-retry-storm", "polly"])
    );
    let json: serde_json::Value =
        serde_json::from_str(&bench.fine(&["explain", "preset", "--format", "json"])).unwrap();
    assert_eq!(json["schema"], "spiral/presets/1");
    let json: serde_json::Value =
        serde_json::from_str(&bench.fine(&["explain", "policy", "--format", "json"])).unwrap();
    assert_eq!(json["schema"], "spiral/policies/1");
}
