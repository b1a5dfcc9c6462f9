//! Who waits for a message that will never come? Three workers, a request each second, and a network that loses all.

use sim_core::engine;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

/// Stuck workers at the end of each second, if there may be any.
fn stuck(call: &str) -> Option<Vec<f64>> {
    let model = model(
        "10s",
        &format!(
            "
services:
  shop: {{workers: 3, steps: [call: {{to: store, network: {{loss: {{back: 100%}}}}, {call}}}]}}
  store: {{workers: 9, service_time: 100ms}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: shop, timeouts: {{attempt: 1s}}}}}}}}
"
        ),
    );
    let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
    let of = model.services.ids().next().map(Holder::Service).expect("the shop comes first");
    let values = &series.gauges.get(of, "stuck_workers")?.values;
    Some((1..=10).map(|second| values[second * values.len() / 10 - 1].expect("at all times")).collect())
}

#[test]
fn without_a_timeout_a_worker_is_lost_with_each_answer() {
    // The first request comes at 1 s, and its answer is lost at 1.1 s. Users give up; the workers do not.
    let expected = vec![0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0];
    assert_eq!(stuck(""), Some(expected));
}

#[test]
fn with_any_timeout_nobody_waits_for_ever() {
    for patience in ["timeouts: {attempt: 5s}", "timeouts: {total: 5s}"] {
        assert_eq!(stuck(patience), None, "{patience}");
    }
}
