//! A module on one page: the same bytes on any number of threads and from its folder, and exact words for what cannot be
//! drawn.

use serde_json::Value;

use crate::mistakes::mistakes;
use crate::spiral::Bench;

/// The small scenario with a glance without a mistake.
const GLANCE: &str = concat!(
    include_str!("../fixtures/small.yaml"),
    "
glance:
  naive: four-attempts
  aware: one-attempt
  metric: success
  workload: users
  window: {from: trigger_end}
"
);

#[test]
fn a_module_is_one_figure_with_the_same_bytes_on_any_number_of_threads() {
    let bench = Bench::new();
    let drawn = |out: &str, threads: &str| {
        let words = ["glance", "metastable", "--seeds", "2", "--no-png", "--format", "json"];
        let more = ["--out", out, "--threads", threads, "--quiet"];
        bench.fine(&words.iter().chain(&more).copied().collect::<Vec<_>>())
    };
    let one = drawn("one", "1");
    assert!(one == drawn("two", "2"), "two threads change the numbers");
    let figure = bench.read("one/figures/glance.svg");
    assert_eq!(figure, bench.read("two/figures/glance.svg"));
    let result: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(result["schema"], "spiral/glance/1");
    assert_eq!(result["reproduce"], "spiral glance metastable --seeds 2");
    let panels = result["panels"].as_array().unwrap();
    let storm = panels.iter().find(|panel| panel["scenario"]["id"] == "metastable-retry-storm").unwrap();
    let mean = |side: &str| storm[side]["mean"].as_f64().unwrap();
    assert!(mean("naive") < 0.05 && mean("aware") > 0.95, "{storm:#}");
    // Figures come again from the numbers alone.
    std::fs::remove_file(bench.path("one/figures/glance.svg")).unwrap();
    bench.fine(&["report", "one"]);
    assert_eq!(figure, bench.read("one/figures/glance.svg"));
}

#[test]
fn modules_that_are_not_there_or_show_nothing_are_named() {
    let bench = Bench::new();
    for (words, said) in [
        (&["glance", "metastabel"][..], "there is no module `metastabel`"),
        (&["glance", "queues"], "no scenario of `queues` has a `glance`"),
        (&["glance", "metastable", "--seeds", "0"], "--seeds 0"),
    ] {
        let ended = bench.run(words);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(bench.files(), ["small.yaml"], "nothing is written");
}

mistakes! {
    GLANCE;
    a_glance_at_a_variant_that_is_not_there: "naive: four-attempts" => "naive: four-atempts";
    a_glance_at_one_variant_twice: "aware: one-attempt" => "aware: four-attempts";
    a_glance_at_an_unknown_metric: "metric: success" => "metric: sucess";
    a_glance_at_a_service_where_only_workloads_have_the_metric: "workload: users" => "service: api";
    a_glance_at_a_moment_that_is_not_there: "trigger_end" => "brownot.end";
}
