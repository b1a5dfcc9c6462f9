//! Which connection is taken, and how long does an answer wait for its link? Callers who come every second and send
//! several queries at once, and moments that can be worked out by hand.

use sim_core::engine;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::ends;

/// So many queries at once, of 100 ms each; two links that pass an answer in 50 ms.
fn rig(queries: u32, order: &str, faults: &str) -> Model {
    model(
        "20s",
        &format!(
            "
services:
  cache:
    workers: 10
    pools: {{database: {{size: 6, links: {{count: 2, rate: 20/s, order: {order}}}}}}}
    steps: [fan_out: {{times: {queries}, steps: [call: {{to: database, pool: database}}]}}]
  database: {{workers: 20, service_time: 100ms}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: cache}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

/// How long each request took, in milliseconds.
fn lengths(model: &Model) -> Vec<u32> {
    ends(model).iter().map(|(from, to, _)| ((to - from) * 1e3).round() as u32).collect()
}

/// The share of the first link in the answers of the whole run.
fn first_link(model: &Model) -> f64 {
    let series = engine::run_dyn(model, Seed(1), Series::new(model, SimDuration::ZERO)).probe;
    let of = model.edges.ids().nth(1).map(Holder::Edge).expect("users come first");
    let values = &series.gauges.get(of, "link_1_share").expect("it is read").values;
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    known.iter().sum::<f64>() / known.len() as f64
}

#[test]
fn an_answer_waits_until_those_before_it_have_passed() {
    // One alone: 100 ms of work and 50 ms of its link. Two lie on a link each; of three, two share one.
    for (queries, length) in [(1, 150), (2, 150), (3, 200), (4, 200), (5, 250)] {
        let lengths = lengths(&rig(queries, "lru", ""));
        assert!(lengths.iter().all(|ms| *ms == length), "{queries} queries: {lengths:?}");
    }
}

#[test]
fn a_congested_link_passes_a_part() {
    let congestion =
        "jam: {at: 4500ms, for: 2s, congestion: {service: cache, pool: database, link: 2, factor: 0.5}}";
    // Two queries, one on each link; the second takes twice as long to pass at 5 s and at 6 s.
    let lengths = lengths(&rig(2, "lru", congestion));
    assert_eq!(lengths[..8], [150, 150, 150, 150, 200, 200, 150, 150]);
}

#[test]
fn only_connections_that_are_needed_are_opened() {
    // One query at a time: one connection, on the first link, in any order.
    for order in ["mru", "lru", "random"] {
        assert_eq!(first_link(&rig(1, order, "")), 1.0, "{order}");
        assert_eq!(engine::run_dyn(&rig(1, order, ""), Seed(1), ()).ledger.links, [1, 1, 0]);
    }
}

#[test]
fn what_came_back_last_is_taken_first() {
    // At first four queries at once open four connections: 0 and 2 on the first link, 1 and 3 on the second. The second is
    // slow then, so 1 and 3 come back last. From 4 s on one user alone sends one query each second.
    let text = |order: &str| {
        format!(
            "
services:
  cache:
    workers: 10
    pools: {{database: {{size: 6, links: {{count: 2, rate: 20/s, order: {order}}}}}}}
    endpoints:
      page: {{steps: [fan_out: {{times: 4, steps: [call: {{to: database, pool: database}}]}}]}}
      item: {{steps: [fan_out: {{times: 1, steps: [call: {{to: database, pool: database}}]}}]}}
  database: {{workers: 20, service_time: 100ms}}
workloads:
  pages: {{arrivals: {{evenly_spaced: {{rate: {{steps: [{{at: 0s, rate: 1/s}}, {{at: 3500ms, rate: 0/s}}]}}}}}}, call: {{to: cache/page}}}}
  items: {{arrivals: {{evenly_spaced: {{rate: {{steps: [{{at: 0s, rate: 0/s}}, {{at: 3500ms, rate: 1/s}}]}}}}}}, call: {{to: cache/item}}}}
faults: {{jam: {{at: 500ms, for: 3s, congestion: {{service: cache, pool: database, link: 2, factor: 0.5}}}}}}
"
        )
    };
    let share = |order: &str| {
        let model = model("40s", &text(order));
        let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
        let mut pools = model.edges.iter_ids().filter(|(_, edge)| edge.pool.is_some());
        let of = pools.next().map(|(id, _)| Holder::Edge(id)).expect("a call with a pool");
        let values = &series.gauges.get(of, "link_2_share").expect("it is read").values;
        let late: Vec<f64> = values.iter().skip(values.len() / 4).copied().flatten().collect();
        late.iter().sum::<f64>() / late.len() as f64
    };
    assert_eq!(share("mru"), 1.0, "the slow link's connection is on top and stays there");
    assert!((share("lru") - 0.5).abs() < 0.05, "all four go round");
}

#[test]
fn a_pool_that_crashes_opens_its_connections_anew() {
    let crash = "down: {at: 5050ms, for: 1s, crash: {services: [cache]}}";
    let run = engine::run_dyn(&rig(4, "mru", crash), Seed(1), ());
    assert_eq!(run.ledger.links, [4, 4, 0]);
}
