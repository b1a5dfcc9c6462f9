//! Mistakes in monitors, and in what operators make of their alerts.

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// Monitors without a mistake.
const MONITORS: &str = include_str!("../fixtures/monitors.yaml");

#[test]
fn there_is_no_mistake_in_it() {
    let bench = Bench::new();
    bench.write("good.yaml", MONITORS);
    bench.fine(&["compare", "good.yaml", "--seeds", "1", "--quiet"]);
}

mistakes! {
    MONITORS;
    a_scrape_all_the_time: "scrape_interval: 5s" => "scrape_interval: 0s";
    a_window_between_scrapes: "window: 10s" => "window: 1s";
    a_window_of_too_many_scrapes: "window: 10s" => "window: 10h";
    nobody_calls_like_that: "calls: {from: front, to: back}" => "calls: {from: back, to: front}";
    a_service_nobody_calls: "calls: {from: front, to: back}" => "calls: {from: frnt, to: back}";
    an_unknown_service: "of: {service: back}" => "of: {service: bakc}";
    an_unknown_workload: "of: {workload: users}" => "of: {workload: usrs}";
    more_than_all_fail: "error_ratio: {above: 1%}" => "error_ratio: {above: 100%}";
    an_unknown_signal: "error_ratio: {above: 1%}" => "eror_ratio: {above: 1%}";
    services_that_complain: "p99_latency: {above: 500ms}" => "user_reports: {above: 5, ratio: 2%}";
    nobody_reports: "ratio: 2%" => "ratio: 0%";
    running_on_nothing: "runs_on: {service: back, calls: 3}" => "runs_on: {service: bak}";
    an_unknown_alert: "monitor: errors" => "monitor: erors";
    a_reaction_to_nothing: "when: {alert: {monitor: errors, for: 2s}}" => "at: 30s";
}
