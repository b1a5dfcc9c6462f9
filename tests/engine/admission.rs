//! Who is let in? Limits that learn, told how attempts end.

use sim_core::metrics::Observation;
use sim_core::metrics::series::Series;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;

use crate::{ends, everything, metronome};

#[test]
fn a_limit_grows_with_answers_and_holds_what_is_too_much() {
    // 1 and 2 s fill the limit of 2. The answer at 4.5 s makes it 3; it goes no further.
    let aimd = "{aimd: {initial_limit: 2, min_limit: 1, max_limit: 3}}";
    let model = metronome("12s", &format!("workers: 3, service_time: 3500ms, admission: {aimd}"), "", "{}");
    let ends: Vec<_> = ends(&model).into_iter().take(8).collect();
    assert_eq!(
        ends,
        [
            (1.0, 4.5, true),
            (2.0, 5.5, true),
            (3.0, 3.0, false),
            (4.0, 4.0, false),
            (5.0, 8.5, true),
            (6.0, 9.5, true),
            (7.0, 10.5, true),
            (8.0, 8.0, false)
        ]
    );
}

/// Whoever waited longer than a second is dropped, which halves the limit.
const HALVED_BY_DROPS: &str = "service_time: 2500ms, queue: {fifo: {max_wait: 1s}},
    admission: {aimd: {initial_limit: 3, min_limit: 1, max_limit: 3, backoff_ratio: 0.5}}";

#[test]
fn a_drop_shrinks_the_limit() {
    // At 3.5 s the request of 2 s is dropped: limit 1. The answer at 6 s makes it 2, that at 8.5 s would make
    // it 3 but the drop of the request of 7 s comes with it: 1.
    let ends: Vec<_> = ends(&metronome("12s", HALVED_BY_DROPS, "", "{}")).into_iter().take(8).collect();
    assert_eq!(
        ends,
        [
            (1.0, 3.5, true),
            (2.0, 3.5, false),
            (3.0, 6.0, true),
            (4.0, 4.0, false),
            (5.0, 5.0, false),
            (6.0, 8.5, true),
            (7.0, 8.5, false),
            (8.0, 8.0, false)
        ]
    );
}

#[test]
fn the_limit_is_a_gauge() {
    let model = metronome("12s", HALVED_BY_DROPS, "", "{}");
    let series = Series::new(&model, SimDuration::from_secs(2));
    let run = sim_core::engine::run_dyn(&model, Seed(1), series);
    let gauges = &run.probe.gauges;
    let limit = gauges.all().iter().find(|gauge| gauge.name == "concurrency_limit").expect("it has a limit");
    let mut values = limit.values.clone();
    values.dedup();
    assert_eq!(values, [3.0, 1.0, 2.0, 1.0, 2.0].map(Some));
}

/// Requests at 1, 2, 3, ... s; which of the first eight are let in.
fn let_in(admission: &str) -> [bool; 8] {
    let model =
        metronome("20s", &format!("workers: 5, service_time: 10500ms, admission: {admission}"), "", "{}");
    let mut is_in = [true; 8];
    for (_, what) in everything(&model) {
        if let Observation::Rejected { outcome, .. } = what {
            assert_eq!(outcome, Outcome::Shed);
        }
    }
    for (at, end, succeeded) in ends(&model) {
        if at == end && !succeeded && at <= 8.0 {
            is_in[at as usize - 1] = false;
        }
    }
    is_in
}

const O: bool = true;
const X: bool = false;

#[test]
fn a_fixed_limit_counts_those_in_line_and_in_service() {
    assert_eq!(let_in("{fixed: {limit: 3}}"), [O, O, O, X, X, X, X, X]);
    assert_eq!(let_in("{fixed: {limit: 7}}"), [O, O, O, O, O, O, O, X], "two of them wait");
    // All are critical: nine tenths of 4.
    assert_eq!(let_in("{priority: {limit: 4}}"), [O, O, O, O, X, X, X, X]);
    assert_eq!(
        let_in("{priority: {limit: 4, critical: 0.5, sheddable_plus: 0.5}}"),
        [O, O, X, X, X, X, X, X]
    );
}

#[test]
fn learners_start_with_what_they_are_told() {
    assert_eq!(let_in("{vegas: {initial_limit: 2}}"), [O, O, X, X, X, X, X, X]);
    assert_eq!(let_in("{gradient2: {initial_limit: 4, min_limit: 1}}"), [O, O, O, O, X, X, X, X]);
    assert_eq!(let_in("envoy_gradient"), [O, O, O, X, X, X, X, X], "three, until fifty are answered");
}

#[test]
fn rates_count_from_the_start() {
    assert_eq!(let_in("{gcra: {rate: 1/m, burst: 2}}"), [O, O, X, X, X, X, X, X]);
    assert_eq!(let_in("{leaky_bucket: {rate: 1/m, burst: 2}}"), [O, O, O, X, X, X, X, X], "one more");
    // Windows [0, 3), [3, 6), [6, 9): two of 1 and 2, of 3, 4 and 5, of 6, 7 and 8.
    assert_eq!(let_in("{fixed_window: {limit: 2, window: 3s}}"), [O, O, O, O, X, O, O, X]);
    // At 3 s those of 1 and 2 s still count in full, at 4 s two thirds of them: 4/3 + 1 > 2. At 5 s it is 2/3 + 1.
    // At 6 s that of 5 s counts in full, and at 8 s its third and that of 6 s leave no room for a whole one.
    assert_eq!(let_in("{sliding_window: {limit: 2, window: 3s}}"), [O, O, X, X, O, O, X, X]);
}

#[test]
fn each_tenant_has_a_limit_of_its_own() {
    let model = |admission: &str| {
        let users = "arrivals: {evenly_spaced: {rate: 1/s}}, tenants: {count: 2}, call: {to: api}";
        let text = format!(
            "\nservices: {{api: {{workers: 50, service_time: 30s, admission: {admission}}}}}\nworkloads: {{users: {{{users}}}}}\n"
        );
        sim_tests::systems::model("29s", &text)
    };
    let refused = |admission: &str| {
        let model = model(admission);
        everything(&model).iter().filter(|(_, what)| matches!(what, Observation::Rejected { .. })).count()
    };
    assert_eq!(refused("{gcra: {rate: 1/h, burst: 3}}"), 28 - 3);
    assert_eq!(refused("{gcra: {rate: 1/h, burst: 3, per: tenant}}"), 28 - 2 * 3);
}
