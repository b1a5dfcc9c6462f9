//! What do attempts side by side do to a run? To the millisecond.

use sim_core::engine::{self, Ledger};
use sim_core::metrics::Observation;
use sim_core::metrics::gauges::Holder;
use sim_core::metrics::series::Series;
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::{ends, everything, metronome, starts};

/// Two instances, of which the first is ten times as slow: 1 s and 100 ms. A user comes every 4 s, and round robin
/// starts with the slow one; after an even number of attempts it does so again.
fn two(service: &str, call: &str) -> Model {
    model(
        "11s",
        &format!(
            "
services: {{api: {{instances: 2, speeds: [0.1], workers: 9, service_time: 100ms, {service}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 0.25/s}}}}, call: {{to: api, {call}}}}}}}
"
        ),
    )
}

fn ledger(model: &Model) -> Ledger {
    engine::run_dyn(model, Seed(1), ()).ledger
}

/// (when, number) of each attempt sent.
fn sent(model: &Model) -> Vec<(f64, u32)> {
    let sent = everything(model).into_iter().filter_map(|(at, what)| match what {
        Observation::Sent { number, .. } => Some((at.as_secs_f64(), number)),
        _ => None,
    });
    sent.collect()
}

/// (arrival, end, answered), to the millisecond.
fn rounded(model: &Model) -> Vec<(f64, f64, bool)> {
    let round = |seconds: f64| (seconds * 1e3).round() / 1e3;
    ends(model).into_iter().map(|(at, end, answered)| (round(at), round(end), answered)).collect()
}

fn failures(model: &Model) -> Vec<Outcome> {
    let failed = everything(model).into_iter().filter_map(|(_, what)| match what {
        Observation::Failed { outcome, .. } => Some(outcome),
        _ => None,
    });
    failed.collect()
}

#[test]
fn the_first_answer_wins_and_the_other_is_left() {
    let model = two("", "hedging: {fixed: {delay: 300ms}}");
    assert_eq!(sent(&model), [(4.0, 1), (4.3, 2), (8.0, 1), (8.3, 2)]);
    assert_eq!(rounded(&model), [(4.0, 4.4, true), (8.0, 8.4, true)]);
    let edge = ledger(&model).edges.iter().next().copied().expect("there is an edge");
    assert_eq!((edge.sent, edge.used, edge.produced), (4, 2, 4), "the losers are served, in vain");
    assert_eq!((edge.tries, edge.tries_over), (4, 4));
}

#[test]
fn a_server_that_listens_stops_the_work_of_the_loser() {
    let served = |service: &str, call: &str| {
        let model = two(service, call);
        let ledger = ledger(&model);
        let service = ledger.services.iter().next().copied().expect("there is a service");
        (service.completed, service.withdrawn, (service.service_given / 1_000_000) as u64)
    };
    let call = "hedging: {fixed: {delay: 300ms}}";
    assert_eq!(served("", call), (4, 0, 2_200));
    // Of the losers the 400 ms until the answer came.
    assert_eq!(served("on_cancel: immediate", call), (2, 2, 1_000));
    assert_eq!(
        served("on_cancel: immediate", "hedging: {fixed: {delay: 300ms, cancel_losers: false}}"),
        (4, 0, 2_200),
        "nobody tells it"
    );
}

#[test]
fn a_delay_of_nothing_sends_all_at_once_and_no_delay_waits_for_a_failure() {
    let at_once = two("", "hedging: {fixed: {delay: 0ms, max_attempts: 3}}");
    assert_eq!(sent(&at_once)[..3], [(4.0, 1), (4.0, 2), (4.0, 3)]);
    let failing = |hedging: &str| two("error_ratio: 1", &format!("hedging: {{fixed: {{{hedging}}}}}"));
    let after_failure = failing("max_attempts: 3");
    assert_eq!(sent(&after_failure)[..3], [(4.0, 1), (5.0, 2), (5.1, 3)]);
}

#[test]
fn each_attempt_is_sent_a_delay_after_the_last_and_no_more_than_there_are() {
    let model = metronome(
        "2s",
        "workers: 9, service_time: 950ms",
        "hedging: {fixed: {delay: 100ms, max_attempts: 4}}",
        "{}",
    );
    assert_eq!(sent(&model), [(1.0, 1), (1.1, 2), (1.2, 3), (1.3, 4)]);
    assert_eq!(rounded(&model), [(1.0, 1.95, true)]);
}

#[test]
fn a_failure_that_is_fatal_ends_the_call_and_cancels_the_others() {
    // The quick one fails first, and the slow one is still out.
    let call = "hedging: {fixed: {delay: 300ms, non_fatal: [reset]}}";
    let model = two("error_ratio: 1, on_cancel: immediate", call);
    assert_eq!(rounded(&model), [(4.0, 4.4, false), (8.0, 8.4, false)]);
    assert_eq!(ledger(&model).services.iter().map(|s| s.withdrawn).sum::<u64>(), 2);
    let patient = two("error_ratio: 1", "hedging: {fixed: {delay: 300ms}}");
    assert_eq!(rounded(&patient)[0], (4.0, 5.0, false), "the last to fail");
}

#[test]
fn the_caller_sees_the_last_failure_or_that_of_the_primary() {
    // The first fails at the quick instance, the second hangs at the other until it is given up.
    let of = |word: &str| {
        let call = format!(
            "timeouts: {{attempt: 700ms}}, hedging: {{fixed: {{delay: 200ms, on_all_failed: {word}}}}}"
        );
        let body = format!(
            "
services: {{api: {{instances: 2, workers: 9, service_time: 300ms, error_ratio: 1}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api, {call}}}}}}}
faults: {{hang: {{at: 0s, for: 3s, hang: {{service: api, instances: {{places: {{list: [1]}}}}}}}}}}
"
        );
        failures(&model("2s", &body))
    };
    assert_eq!(of("last"), [Outcome::Timeout]);
    assert_eq!(of("primary"), [Outcome::ServerError]);
}

#[test]
fn a_call_that_runs_out_of_time_takes_its_attempts_along() {
    let call = "timeouts: {total: 500ms}, hedging: {fixed: {delay: 200ms, max_attempts: 5}}";
    let model = metronome("3s", "workers: 9, service_time: 2s, on_cancel: immediate", call, "{}");
    assert_eq!(sent(&model), [(1.0, 1), (1.2, 2), (1.4, 3), (2.0, 1), (2.2, 2), (2.4, 3)]);
    assert_eq!(failures(&model), [Outcome::Timeout; 2]);
    let ledger = ledger(&model);
    assert_eq!(ledger.services.iter().map(|s| (s.withdrawn, s.completed)).collect::<Vec<_>>(), [(6, 0)]);
}

#[test]
fn each_attempt_has_its_own_timeout_and_slot() {
    let body = "
services: {api: {workers: 9, service_time: 1s}}
workloads:
  users:
    pools: {p: {size: 1}}
    arrivals: {evenly_spaced: {rate: 0.5/s}}
    call: {to: api, pool: p, timeouts: {attempt: 600ms}, hedging: {fixed: {delay: 100ms}}}
";
    let model = model("4s", body);
    // The second waits for the only slot until the first is given up.
    assert_eq!(sent(&model), [(2.0, 1), (2.6, 2)]);
    assert_eq!(rounded(&model), [(2.0, 3.2, false)]);
}

#[test]
fn an_empty_budget_leaves_the_first_attempt_alone() {
    let budget = "budget: {success_tokens: {max_tokens: 4, token_ratio: 0.1}}";
    let call = format!("hedging: {{fixed: {{delay: 50ms, {budget}}}}}");
    let model = metronome("9s", "workers: 9, service_time: 100ms, error_ratio: 1", &call, "{}");
    let numbers: Vec<u32> = sent(&model).into_iter().map(|(_, number)| number).collect();
    // Two failures of the first call leave 2 of 4 tokens: not more than half.
    assert_eq!(numbers, [1, 2, 1, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn a_refusal_that_names_a_wait_is_heeded() {
    let service =
        "workers: 9, service_time: 900ms, admission: {rate: {to: 1/s, burst: 1, retry_after: 400ms}}";
    let model = metronome("2s", service, "hedging: {fixed: {delay: 100ms, max_attempts: 3}}", "{}");
    assert_eq!(sent(&model), [(1.0, 1), (1.1, 2), (1.5, 3)]);
}

#[test]
fn at_the_attempt_timeout_the_first_stays() {
    let call = |hedging: &str| format!("timeouts: {{attempt: 300ms}}, hedging: {hedging}");
    let model = metronome("2s", "workers: 9, service_time: 500ms", &call("{on_attempt_timeout: {}}"), "{}");
    assert_eq!(sent(&model), [(1.0, 1), (1.3, 2)]);
    assert_eq!(rounded(&model), [(1.0, 1.5, true)], "the first answers");
}

#[test]
fn a_percentile_is_learned_and_the_slowest_get_company() {
    // 9 of 10 users are served by instances that take 100 ms; the last takes 1 s.
    let body = "
services: {api: {instances: 10, speeds: [0.1], workers: 9, service_time: 100ms}}
workloads:
  users:
    arrivals: {evenly_spaced: {rate: 10/s}}
    call: {to: api, load_balancer: random, hedging: {percentile: {percentile: 0.85, refresh: 2s, window: 6s}}}
";
    let model = model("20s", body);
    let sent = sent(&model);
    let hedges: Vec<f64> = sent.iter().filter(|(_, number)| *number == 2).map(|(at, _)| *at).collect();
    assert!(hedges.len() >= 10 && hedges[0] > 2.0, "{hedges:?}");
    let late = ends(&model).into_iter().filter(|(at, end, _)| *at > 3.0 && end - at > 0.21).count();
    assert!(late <= 2, "100 ms until it is known to be slow, and 100 ms elsewhere: {late}");
    let series = engine::run_dyn(&model, Seed(1), Series::new(&model, SimDuration::ZERO)).probe;
    let gauge = series.gauges.all().iter().find(|gauge| gauge.name == "hedge_delay").expect("it has one");
    assert!(matches!(gauge.of, Holder::Edge(_)));
    let last = gauge.values.last().copied().flatten().expect("it has learned");
    assert!((0.1..0.102).contains(&last), "{last}");
}

#[test]
fn the_first_copy_to_start_takes_the_other_out_of_its_line() {
    // The first instance is busy until 3 s, the second is idle.
    let body = |network: &str, work: &str| {
        format!(
            "
services: {{api: {{instances: 2, speeds: [0.5], workers: 1, endpoints: {{long: {{steps: [compute: 1s]}}, short: {{steps: [compute: {work}]}}}}}}}}
workloads:
  first: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api/long}}}}
  tied: {{arrivals: {{evenly_spaced: {{rate: {{points: [{{at: 0s, rate: 0/s}}, {{at: 1.9s, rate: 0/s}}, {{at: 1.91s, rate: 200/s}}, {{at: 1.92s, rate: 0/s}}]}}}}}}, call: {{to: api/short, {network} hedging: {{tied: {{}}}}}}}}
"
        )
    };
    let run = |text: &str| {
        let model = model("2.9s", text);
        (everything(&model), ledger(&model))
    };
    let (all, ledger) = run(&body("", "10ms"));
    let withdrawn = all.iter().filter(|(_, what)| matches!(what, Observation::Withdrawn { .. })).count();
    assert_eq!(withdrawn, 1, "one of the two copies never starts: {all:#?}");
    let tied = ledger.edges.iter().nth(1).copied().expect("the second edge");
    assert_eq!((tied.sent, tied.used, tied.produced), (2, 1, 1));
}

#[test]
fn the_word_goes_from_server_to_server_whoever_waits() {
    // Both instances are busy, until 6 s and 7 s; the copies come at 2.41 s, and their caller leaves at 3.41 s.
    let body = |network: &str| {
        format!(
            "
services: {{api: {{instances: 2, workers: 1, endpoints: {{long: {{steps: [compute: 5s]}}, short: {{steps: [compute: 10ms]}}}}}}}}
workloads:
  first: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api/long}}}}
  tied: {{arrivals: {{evenly_spaced: {{rate: {{points: [{{at: 0s, rate: 0/s}}, {{at: 2.4s, rate: 0/s}}, {{at: 2.41s, rate: 200/s}}, {{at: 2.42s, rate: 0/s}}]}}}}}}, call: {{to: api/short, timeouts: {{attempt: 1s}}, {network} hedging: {{tied: {{}}}}}}}}
"
        )
    };
    for network in ["", "network: {latency: 100ms},"] {
        let ledger = ledger(&model("8s", &body(network)));
        let tied = ledger.edges.iter().nth(1).copied().expect("the second edge");
        assert_eq!((tied.sent, tied.used, tied.produced), (2, 0, 1), "one of the two starts, at 6 s");
    }
}

#[test]
fn where_both_are_idle_the_word_comes_too_late_unless_the_second_waits() {
    let served = |tied: &str| {
        let call = format!("network: {{latency: 10ms}}, hedging: {{tied: {{{tied}}}}}");
        let model = metronome("4s", "instances: 2, workers: 1, service_time: 100ms", &call, "{}");
        (starts(&model).len(), sent(&model).len())
    };
    assert_eq!(served(""), (6, 6), "both copies of each start at once");
    assert_eq!(served("delay: 20ms"), (3, 3), "the first has started by then");
}

#[test]
fn hedged_calls_of_services_end_with_their_caller() {
    let body = "
services:
  leaf: {instances: 2, workers: 9, service_time: 2s, on_cancel: immediate}
  front:
    workers: 9
    on_cancel: immediate
    steps: [{call: {to: leaf, hedging: {fixed: {delay: 100ms, max_attempts: 3}}}}]
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: front, timeouts: {total: 250ms}}}}
";
    let model = model("2s", body);
    assert_eq!(sent(&model), [(1.0, 1), (1.0, 1), (1.1, 2), (1.2, 3)]);
    let ledger = ledger(&model);
    let leaf = ledger.services.iter().next().copied().expect("the first service");
    assert_eq!((leaf.withdrawn, leaf.completed), (3, 0));
    let edge = ledger.edges.iter().nth(1).copied().expect("the second edge");
    assert_eq!((edge.calls, edge.abandoned, edge.tries), (1, 1, 3));
}

#[test]
fn an_operator_may_change_it_while_attempts_are_out() {
    let run = |change: &str| {
        let body = format!(
            "
services: {{api: {{instances: 2, workers: 2, service_time: {{exponential: {{mean: 200ms}}}}, on_cancel: immediate}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 8/s}}}}
    call: {{to: api, timeouts: {{total: 2s}}, hedging: {{fixed: {{delay: 100ms, max_attempts: 3, budget: {{static_cap: {{max_concurrent: 5}}}}}}}}}}
actions:
  change: {{at: 10s, for: 5s, apply: {{workloads: {{users: {{call: {{{change}}}}}}}}}}}
"
        );
        ledger(&model("30s", &body))
    };
    for change in [
        "hedging: none",
        "hedging: {percentile: {}}",
        "hedging: {fixed: {budget: {active_ratio: {retry_ratio: 0.5, min_concurrent: 2}}}}",
        "hedging: {fixed: {max_attempts: 2}}",
        "hedging: none, retry: {immediate: {max_attempts: 3, budget: {active_ratio: {}}}}",
        "hedging: {tied: {}}",
    ] {
        let ledger = run(change);
        let tries: u64 = ledger.edges.iter().map(|edge| edge.tries).sum();
        assert!(tries > ledger.requests_created, "{change}");
    }
}
