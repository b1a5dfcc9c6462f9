//! Breakers that cannot judge, timeouts that are never tried again, and limits below the workers.

use super::{explained, said, users};

fn calling(call: &str) -> super::Explanation {
    explained(&format!(
        "services: {{api: {{workers: 10, service_time: 10ms}}}}\n{}",
        users("10/s", &format!("to: api, {call}"))
    ))
}

#[test]
fn a_breaker_of_many_callers_may_never_judge() {
    let with = |clients: u32, breaker: &str| {
        let body = format!(
            "services: {{api: {{workers: 10, service_time: 10ms}}}}
workloads: {{users: {{clients: {clients}, arrivals: {{poisson: {{rate: 10/s}}}}, call: {{to: api, timeouts: {{attempt: 1s}}, circuit_breaker: {{rate: {{{breaker}}}}}}}}}}}\n"
        );
        said(&explained(&body), "breaker_asleep").first().map(|warning| warning.message.clone())
    };
    // 10/s of 100 callers: 1 each in 10 s.
    let hystrix = "window: {time: {size: 10s}}, min_calls: 20";
    let message = with(100, hystrix).expect("nobody sends 20 in 10 s");
    assert!(message.contains("20 attempts within 10 s"), "{message}");
    assert!(
        message.contains("each of 100 callers") && message.contains("at most 1 in that time"),
        "{message}"
    );
    assert_eq!(with(1, hystrix), None, "100 in 10 s");
    assert_eq!(with(100, &format!("{hystrix}, scope: per_edge")), None, "one breaker sees them all");
    // A count window fills in the end: 10 in a run of 100 s are fewer than 100.
    let message = with(100, "min_calls: 100").expect("not in this run");
    assert!(message.contains("100 attempts in all") && message.contains("at most 10 in"), "{message}");
    assert_eq!(with(5, "min_calls: 100"), None, "200 each");
}

#[test]
fn surprise_8_timeouts_that_are_listed_are_never_tried_again() {
    let said = |call: &str| said(&calling(call), "never_retried").len();
    assert_eq!(said("preset: envoy-retry"), 1);
    assert_eq!(
        said("preset: envoy-retry, timeouts: {attempt: 1s}"),
        0,
        "a clock of its own for each attempt"
    );
    assert_eq!(said("preset: envoy-retry, retry: none"), 0);
    assert_eq!(
        said("timeouts: {total: 1s}, retry: {immediate: {max_attempts: 2, on: [reset]}}"),
        0,
        "not listed"
    );
    let explanation = calling("preset: envoy-retry");
    let [warning] = super::said(&explanation, "never_retried")[..] else { panic!("one warning") };
    assert_eq!(warning.place.as_ref().map(|place| place.line), Some(6), "where the preset is named");
}

#[test]
fn what_is_sent_twice_and_remembered_by_nobody_is_told() {
    let told = |idempotency: &str, call: &str| {
        let explanation = explained(&format!(
            "services:
  shop: {{workers: 9, steps: [{{maybe: {{probability: 0.5, steps: [{{call: {{to: pay/charge, timeouts: {{attempt: 1s}}}}}}]}}}}]}}
  pay: {{workers: 9, effects: {{charge: {{idempotency: {idempotency}}}}}, endpoints: {{charge: {{steps: [{{compute: 1ms}}, {{effect: charge}}]}}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 5/s}}}}, call: {{to: shop, {call}}}}}}}
"
        ));
        super::said(&explanation, "applied_twice").len()
    };
    let retry = "timeouts: {attempt: 2s}, retry: {immediate: {max_attempts: 3}}";
    assert_eq!(told("none", retry), 1);
    assert_eq!(told("none", "hedging: {fixed: {delay: 1s, max_attempts: 2}}"), 1);
    assert_eq!(told("key", retry), 0);
    assert_eq!(told("none", "timeouts: {attempt: 2s}"), 0);
}

#[test]
fn a_limit_below_the_workers_keeps_some_idle() {
    let with = |admission: &str| {
        let explanation = explained(&format!(
            "
services: {{api: {{workers: 30, service_time: 10ms, admission: {admission}}}}}
workloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api}}}}}}
"
        ));
        said(&explanation, "idle_workers").first().map(|warning| warning.message.clone())
    };
    let message = with("{fixed: {limit: 20}}").expect("a third of them is idle");
    assert!(message.contains("more than 20 attempts at once, and has 30 workers: 10 of them"), "{message}");
    assert_eq!(with("{fixed: {limit: 30}}"), None);
    assert_eq!(with("aimd"), None, "200 at most");
    assert_eq!(with("{rate: {to: 1/s, burst: 1}}"), None);
}
