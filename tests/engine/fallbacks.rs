//! Which answers are known to stand in for something better, and how many stand in at once?

use sim_core::engine;
use sim_core::metrics::Observation;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, everything};

/// Users who come every second to `page`, which asks `front`, which asks `broken`.
fn degraded(front: &str) -> Vec<bool> {
    let body = format!(
        "
services:
  broken: {{workers: 9, service_time: 10ms, error_ratio: 1}}
  well: {{workers: 9, service_time: 10ms}}
  front: {{workers: 9, steps: [{front}]}}
  page: {{workers: 9, steps: [{{call: {{to: front}}}}]}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: page}}}}}}
"
    );
    let answered = everything(&model("4s", &body)).into_iter().filter_map(|(_, what)| match what {
        Observation::Answered { degraded, .. } => Some(degraded),
        _ => None,
    });
    answered.collect()
}

#[test]
fn the_word_travels_up_with_the_answer() {
    let fallback = |first: &str, otherwise: &str| {
        degraded(&format!("{{fallback: {{steps: [{{call: {{to: {first}}}}}], otherwise: [{otherwise}]}}}}"))
    };
    assert_eq!(fallback("broken", ""), [true; 3], "nothing in its place");
    assert_eq!(fallback("broken", "{compute: 1ms}"), [true; 3], "a fixed list");
    assert_eq!(fallback("broken", "{call: {to: well}}"), [true; 3], "another service");
    assert_eq!(fallback("well", "{compute: 1ms}"), [false; 3]);
    assert!(fallback("broken", "{call: {to: broken}}").is_empty(), "no answer at all");
}

#[test]
fn an_instance_falls_back_only_so_often_at_once() {
    // One per 100 ms, each takes 10 ms to fail and a second in place of it: two at once, and one in five succeeds.
    let body = "
services:
  broken: {workers: 99, service_time: 10ms, error_ratio: 1}
  page:
    workers: 99
    steps: [{fallback: {steps: [{call: {to: broken}}], otherwise: [{compute: 1s}], max_concurrent: 2}}]
workloads: {users: {arrivals: {evenly_spaced: {rate: 10/s}}, call: {to: page}}}
";
    let model = model("20s", body);
    let ends = ends(&model);
    let answered = ends.iter().filter(|(_, _, answered)| *answered).count();
    let failed = ends.len() - answered;
    assert!((30..=40).contains(&answered) && failed > 120, "{answered} answered, {failed} failed");
    let ledger = engine::run_dyn(&model, Seed(1), ()).ledger;
    assert_eq!((ledger.fallbacks, ledger.fallbacks_found), (2, 2));
}
