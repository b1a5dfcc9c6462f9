//! Mistakes in what a retry has beside its attempts: lists of failures, budgets, bases, waits that servers ask
//! for.

use crate::spiral::Bench;

/// Two tiers that retry, without a mistake.
const FILE: &str = "\
spiral: 1
id: retries
title: Retries
services:
  web:
    instances: 2
    admission: {rate: {to: 90/s, burst: 5, retry_after: 2s}}
    steps: [{compute: 2ms}, {call: {to: db/read, retry: {immediate: {max_attempts: 2, avoid_previous_host: {}}}}}]
  db:
    instances: 3
    endpoints: {read: {idempotent: true, steps: [{compute: 5ms}]}}
workloads:
  users:
    arrivals: {poisson: {rate: 20/s}}
    call:
      to: web
      timeouts: {attempt: 100ms}
      retry:
        exponential:
          max_attempts: 3
          base: 50ms
          max: 10s
          base_when: {shed: 1s}
          truncate_to: 1ms
          on: [timeout, shed]
          retry_after: {within: {extra: 5s}}
          budget: {quota: {max_tokens: 100, cost: 14, cost_when: {shed: 5}}}
run: {horizon: 60s, warmup: 5s, seeds: 1}
";

fn told(changes: &[(&str, &str)]) -> String {
    let mut text = FILE.to_owned();
    for (from, to) in changes {
        assert_eq!(FILE.matches(from).count(), 1, "`{from}` stands once in the file");
        text = text.replace(from, to);
    }
    let bench = Bench::new();
    bench.write("bad.yaml", &text);
    bench.refused(&["compare", "bad.yaml", "--seeds", "1"])
}

macro_rules! mistakes {
    ($($name:ident: $($from:literal => $to:literal),+;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(told(&[$(($from, $to)),+]));
        }
    )*};
}

mistakes! {
    a_failure_word_misspelt: "on: [timeout, shed]" => "on: [timeuot]";
    retries_on_nothing: "on: [timeout, shed]" => "on: []";
    a_success_tried_again: "on: [timeout, shed]" => "on: [ok, timeout, timeout, cancelled]";
    a_base_above_the_cap: "{shed: 1s}" => "{shed: 1m}";
    a_base_for_an_unknown_word: "{shed: 1s}" => "{overloaded: 1s}";
    cut_to_nothing: "truncate_to: 1ms" => "truncate_to: 0s";
    a_retry_dearer_than_the_quota: "cost: 14, cost_when: {shed: 5}" => "cost: 140, cost_when: {shed: 500}";
    a_window_of_no_length: "{quota: {max_tokens: 100, cost: 14, cost_when: {shed: 5}}}" => "{window_ratio: {window: 0s}}";
    a_cap_of_zero: "{quota: {max_tokens: 100, cost: 14, cost_when: {shed: 5}}}" => "{static_cap: {max_concurrent: 0}}";
    a_word_of_another_budget: "{quota: {max_tokens: 100, cost: 14, cost_when: {shed: 5}}}" => "{active_ratio: {max_tokens: 10}}";
    spread_over_nothing: "{within: {extra: 5s}}" => "{spread: {max: 0s}}";
    a_wait_that_is_no_wait: "retry_after: 2s" => "retry_after: later";
    no_other_instance_is_looked_for: "avoid_previous_host: {}" => "avoid_previous_host: {reselections: 0}";
    avoiding_as_a_word: "avoid_previous_host: {}" => "avoid_previous_host: true";
    idempotent_in_other_words: "idempotent: true" => "idempotent: get";
    messages_that_avoid_the_previous:
        "arrivals: {poisson: {rate: 20/s}}" => "arrivals: {connected: {users: 5, messages: 1/s, connect: {to: web}}}",
        "on: [timeout, shed]" => "avoid_previous_host: {}";
}
