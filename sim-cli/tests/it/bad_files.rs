//! Mistakes in a scenario file. Each message names file, line and column, the reason, and what to write
//! instead; nothing is simulated and nothing is written.

use crate::mistakes::{mistakes, told_about};
use crate::spiral::SMALL;

mistakes! {
    SMALL;
    unknown_key: "    workers: 1" => "    wrokers: 1";
    misspelt_policy: "{immediate: {max_attempts: 4}}" => "{imediate: {max_attempts: 4}}";
    missing_unit: "attempt: 200ms" => "attempt: 200";
    bare_rate: "rate: 80/s" => "rate: 80";
    negative_duration: "attempt: 200ms" => "attempt: -200ms";
    zero_timeout: "attempt: 200ms" => "attempt: 0s";
    probability_above_one: "    workers: 1" => "    workers: 1\n    error_ratio: 1.2";
    unknown_service_in_a_call: "{to: api" => "{to: apo";
    unknown_service_in_a_fault: "{service: api}" => "{service: database}";
    duplicate_key: "title: A small storm" => "title: A small storm\nid: other";
    duplicate_service: "workloads:\n" => "  api: {workers: 2, service_time: 1ms}\nworkloads:\n";
    tab_indentation: "    workers: 1" => "\tworkers: 1";
    alias_bomb: "title: A small storm" => "title: &a [*b, *b]\nsource: [*a, *a, *a, *a]";
    variant_that_overlays_a_missing_service: "one-attempt: {workloads" => "one-attempt: {services: {apo: {workers: 2}}, workloads";
    variant_that_overlays_a_missing_fault: "one-attempt: {workloads" => "one-attempt: {faults: {brownot: none}, workloads";
    variant_that_overlays_a_missing_key: "four-attempts: {}" => "four-attempts: {workloads: {users: {cal: {retry: none}}}}";
    variant_called_none: "one-attempt: {workloads" => "none: {workloads";
    variant_that_changes_the_claims: "four-attempts: {}" => "four-attempts: {expect: []}";
    two_tags_in_one_choice: "{poisson: {rate: 80/s}}" => "{poisson: {rate: 80/s}, evenly_spaced: {rate: 80/s}}";
    two_kinds_of_fault: "stop: {service: api}" => "stop: {service: api}, slow: {service: api, factor: 2}";
    fault_that_does_nothing: ", stop: {service: api}" => "";
    unknown_metric: "recovered: {at_least: 0.95}" => "recoverd: {at_least: 0.95}";
    unknown_variant_in_a_claim: "- {variant: four-attempts" => "- {variant: four-attemps";
    unknown_point_in_a_claim: "point: 20/s" => "point: 21/s";
    claim_with_the_wrong_unit: "recovered: {at_least: 0.95}" => "recovery_time: {at_most: 30}";
    claim_without_bounds: "stuck: {at_least: 0.95}" => "stuck: {}";
    claim_without_a_metric: ", stuck: {at_least: 0.95}" => "";
    fault_after_the_horizon: "at: 20s" => "at: 200s";
    warmup_longer_than_the_run: "warmup: 5s" => "warmup: 500s";
    zero_workers: "workers: 1" => "workers: 0";
    no_settings_for_a_kind: "{poisson: {rate: 80/s}}" => "poisson";
    kind_as_a_value: "{poisson: {rate: 80/s}}" => "{kind: poisson, rate: 80/s}";
    another_format: "spiral: 1" => "spiral: 2";
    no_id: "id: small\n" => "";
    bad_id: "id: small" => "id: My Storm";
    bad_sweep_value: "[20/s, 80/s]" => "[20/s, 80]";
    bad_sweep_path: "path: workloads" => "path: workload";
    wrong_indentation: "    service_time: 10ms" => "   service_time: 10ms";
    missing_colon: "id: small" => "id small";
}

#[test]
fn empty_file() {
    insta::assert_snapshot!(told_about(""), @"
    error: bad.yaml: there is nothing in this text
     |
     = help: write `key: value` lines

    1 problem in bad.yaml
    ");
    insta::assert_snapshot!(told_about("# only a comment\n"), @"
    error: bad.yaml: there is nothing in this text
     |
     = help: write `key: value` lines

    1 problem in bad.yaml
    ");
}

#[test]
fn no_mapping() {
    insta::assert_snapshot!(told_about("- a\n- b\n"), @"
    error: expected a mapping with keys such as `spiral`, `id` or `title`, found a list
     --> bad.yaml:1:1
      |
    1 | - a
      | ^^^

    1 problem in bad.yaml
    ");
    insta::assert_snapshot!(told_about("PK\u{3}\u{4}"), @r"
    error: a control character (U+0003)
     --> bad.yaml:1:3
      |
    1 | PK␃␄
      |   ^
      |
      = help: delete it; in a quoted text it can be written as an escape such as `\x07`

    1 problem in bad.yaml
    ");
}

#[test]
fn not_utf_8() {
    insta::assert_snapshot!(told_about(b"spiral: 1\ntitle: caf\xe9\n"), @"
    error: the file is not UTF-8 text: byte 20 is 0xE9
     --> bad.yaml:2:11
      |
    2 | title: caf�
      |           ^
      |
      = help: save the file as UTF-8

    1 problem in bad.yaml
    ");
}

#[test]
fn too_large() {
    let large = format!("{SMALL}# {}\n", "x".repeat(4 * 1024 * 1024));
    insta::assert_snapshot!(told_about(large), @"error: bad.yaml: the file has 4195158 bytes; at most 4 MiB (4194304 bytes) are read");
}

#[test]
fn too_deep() {
    let deep = format!("spiral: {}1{}\n", "[".repeat(100), "]".repeat(100));
    insta::assert_snapshot!(told_about(deep));
}

#[test]
fn exponential_aliases_end_soon() {
    let mut bomb = "spiral: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{items}]\n");
    }
    let started = std::time::Instant::now();
    let told = told_about(bomb);
    assert!(started.elapsed().as_secs() < 10);
    insta::assert_snapshot!(told);
}

/// Eleven mistakes in base and variants, each told once, at its own line.
const MANY: &str = "\
spiral: 1
id: many
title: Many mistakes
services:
  api: {workers: 0, service_time: 10}
  db: {wrokers: 2, service_time: {exponental: {mean: 1ms}}}
workloads:
  users:
    arrivals: {poisson: {rate: 80}}
    call: {to: app, timeouts: {attempt: -1s}}
faults:
  brownout: {at: 200s, for: 5s, stop: {service: api}}
variants:
  base: {}
  retries: {workloads: {users: {call: {retry: {immediate: {max_attempts: none}}}}}}
  calm: {faults: {brownot: none}}
  large: {services: {api: {workers: -3}}}
expect:
  - {variant: retrys, stuck: {at_least: 0.95}}
  - {variant: calm, sucess: {at_least: 1.5}}
run: {horizon: 100s}
";

#[test]
fn all_problems_of_a_file_are_told_together() {
    insta::assert_snapshot!(told_about(MANY));
}
