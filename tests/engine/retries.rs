//! Which attempts does a caller send, when and where to? Lists of failures, waits that servers ask for, other
//! instances, budgets of what is under way.

use std::collections::BTreeMap;

use sim_core::metrics::Observation;
use sim_core::model::Model;
use sim_core::policy::retry::GiveUp;

use crate::{everything, metronome};

/// Seconds and instances of all attempts.
fn sent(model: &Model) -> Vec<(f64, usize)> {
    let sent = |(at, what): (sim_core::time::SimTime, Observation)| match what {
        Observation::Sent { instance, .. } => Some((at.as_secs_f64(), sim_core::ids::Id::index(instance))),
        _ => None,
    };
    everything(model).into_iter().filter_map(sent).collect()
}

fn times(model: &Model) -> Vec<f64> {
    sent(model).into_iter().map(|(at, _)| at).collect()
}

const REFUSES: &str = "service_time: 10ms, admission: {share: {to: 0, retry_after: 300ms}}";

#[test]
fn a_caller_that_listens_comes_back_when_it_is_told() {
    let retry = |more: &str| format!("retry: {{exponential: {{max_attempts: 3, base: 100ms{more}}}}}");
    let model = |service: &str, more: &str| metronome("2s", service, &retry(more), "{}");
    assert_eq!(times(&model(REFUSES, "")), [1.0, 1.1, 1.3]);
    assert_eq!(times(&model(REFUSES, ", retry_after: exact")), [1.0, 1.3, 1.6]);
    assert_eq!(times(&model(REFUSES, ", retry_after: {within: {extra: 50ms}}")), [1.0, 1.15, 1.4]);
    let never = REFUSES.replace("300ms", "never");
    assert_eq!(times(&model(&never, ", retry_after: exact")), [1.0]);
    assert_eq!(times(&model(&never, "")), [1.0, 1.1, 1.3], "who does not listen comes back");
}

#[test]
fn only_failures_on_the_list_are_tried_again() {
    let model = |on: &str| {
        let call = format!("retry: {{constant: {{max_attempts: 2, base: 100ms, on: [{on}]}}}}");
        metronome("2s", "service_time: 10ms, error_ratio: 100%", &call, "{}")
    };
    assert_eq!(times(&model("server_error")), [1.0, 1.11]);
    assert_eq!(times(&model("timeout, shed")), [1.0]);
}

#[test]
fn what_may_have_been_done_is_tried_again_only_if_declared() {
    let model = |declared: &str| {
        let call = format!("retry: {{immediate: {{max_attempts: 2, only_idempotent: true}}}}{declared}");
        metronome("2s", "service_time: 10ms, error_ratio: 100%", &call, "{}")
    };
    assert_eq!(times(&model("")).len(), 1);
    assert_eq!(times(&model(", idempotent: true")).len(), 2);
}

#[test]
fn a_connect_failure_is_repeated_once_without_being_counted() {
    let model = |more: &str| {
        let call = format!("retry: {{constant: {{max_attempts: 2, base: 100ms{more}}}}}");
        let faults = "{gone: {at: 500ms, for: 9s, crash: {services: [api]}}}";
        metronome("2s", "service_time: 10ms", &call, faults)
    };
    assert_eq!(times(&model("")), [1.0, 1.1]);
    assert_eq!(times(&model(", transparent_retry: true")), [1.0, 1.0, 1.1]);
}

#[test]
fn a_retry_goes_to_an_instance_that_the_call_has_not_tried() {
    let model = |more: &str| {
        let call = format!("load_balancer: random, retry: {{immediate: {{max_attempts: 3{more}}}}}");
        metronome("200s", "instances: 3, service_time: 10ms, error_ratio: 100%", &call, "{}")
    };
    let repeated = |model: &Model| {
        let mut tried: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, instance) in sent(model) {
            tried.entry(at as u64).or_default().push(instance);
        }
        let mut repeated = 0;
        for (_, mut instances) in tried {
            assert_eq!(instances.len(), 3);
            instances.sort_unstable();
            instances.dedup();
            repeated += usize::from(instances.len() < 3);
        }
        repeated
    };
    // By chance 7 of 9 calls meet an instance twice; after 50 looks for another, none of 199 does.
    assert!(repeated(&model("")) > 100);
    assert_eq!(repeated(&model(", avoid_previous_host: {reselections: 50}")), 0);
    let once = repeated(&model(", avoid_previous_host: {}"));
    assert!((20..120).contains(&once), "Envoy looks once: {once}");
}

#[test]
fn a_cap_of_one_lets_one_retry_be_under_way() {
    // Each retry waits 2.5 s: those of the next two requests are refused meanwhile.
    let call =
        "retry: {constant: {max_attempts: 2, base: 2500ms, budget: {static_cap: {max_concurrent: 1}}}}";
    let model = metronome("7100ms", "service_time: 10ms, error_ratio: 100%", call, "{}");
    assert_eq!(times(&model), [1.0, 2.0, 3.0, 3.51, 4.0, 5.0, 6.0, 6.51, 7.0]);
    let refused = everything(&model)
        .into_iter()
        .filter(|(_, what)| matches!(what, Observation::GaveUp { reason: GiveUp::BudgetEmpty, .. }));
    assert_eq!(refused.count(), 4);
}

#[test]
fn a_call_that_ends_in_its_back_off_gives_its_retry_back() {
    // The total timeout ends every call 1 s after it began, 1.5 s before its retry.
    let call = "timeouts: {total: 1s}, \
                retry: {constant: {max_attempts: 2, base: 2500ms, budget: {static_cap: {max_concurrent: 1}}}}";
    let model = metronome("5500ms", "service_time: 10ms, error_ratio: 100%", call, "{}");
    let planned =
        everything(&model).into_iter().filter(|(_, what)| matches!(what, Observation::RetryPlanned { .. }));
    assert_eq!(planned.count(), 5, "every request may plan one");
}

#[test]
fn without_a_timeout_per_try_a_late_request_is_never_tried_again() {
    // policies.md, surprise 8: the only clock is that of the whole call, which covers all tries (Envoy's route
    // timeout with `retry_on: 5xx` and no `per_try_timeout`).
    let model = |attempt: &str| {
        let call = format!(
            "timeouts: {{total: 500ms{attempt}}}, retry: {{immediate: {{max_attempts: 3, on: [timeout, server_error]}}}}"
        );
        metronome("1900ms", "workers: 9, service_time: 10s", &call, "{}")
    };
    assert_eq!(times(&model("")), [1.0]);
    assert_eq!(times(&model(", attempt: 200ms")), [1.0, 1.2, 1.4]);
}
