//! Are the numbers those that one works out by hand? Small files, one question each.

use super::*;
use crate::load::load;
use result::Warning;
mod guards;
mod network;

fn explained(body: &str) -> Explanation {
    variant_of(body, "base")
}

fn variant_of(body: &str, variant: &str) -> Explanation {
    let text = format!("spiral: 1\nid: test\ntitle: A test\nrun: {{horizon: 100s}}\n{body}");
    let no_files = |_: &str| Err("no files here".to_owned());
    let scenario = load("test.yaml", text.as_bytes(), &[], &no_files)
        .unwrap_or_else(|error| panic!("{}\n{text}", error.render(false)));
    explain(&scenario, scenario.variant(variant).expect("the variant is there"))
}

fn said<'a>(explanation: &'a Explanation, check: &str) -> Vec<&'a Warning> {
    explanation.warnings.iter().filter(|warning| warning.check == check).collect()
}

#[track_caller]
fn near(value: f64, wanted: f64) {
    assert!((value - wanted).abs() <= 1e-6 * wanted.abs().max(1e-9), "{value}, wanted {wanted}");
}

fn users(rate: &str, call: &str) -> String {
    format!("workloads: {{users: {{arrivals: {{poisson: {{rate: {rate}}}}}, call: {{{call}}}}}}}\n")
}

/// Of 100/s and 40 workers: half go to `a` twice, all to two of three copies of `b`, of which each is 50 ms.
const TREE: &str = "
services:
  front:
    workers: 40
    steps:
      - compute: 10ms
      - maybe: {probability: 0.5, steps: [{repeat: {times: 2, steps: [{call: {to: a, timeouts: {attempt: 1s}}}]}}]}
      - fan_out: {times: 3, need: 2, steps: [{call: {to: b, timeouts: {attempt: 1s}}}]}
  a: {workers: 10, service_time: 20ms}
  b: {workers: 30, service_time: {exponential: {mean: 50ms}}}
";

#[test]
fn load_follows_branches_loops_and_copies() {
    let explanation = explained(&(TREE.to_owned() + &users("100/s", "to: front")));
    let [front, a, b] = &explanation.services[..] else { panic!("three services") };
    near(front.first_tries_per_s, 100.0);
    near(a.first_tries_per_s, 100.0); // 100/s x 0.5 x 2
    near(b.first_tries_per_s, 300.0);
    near(a.utilisation, 0.2); // 100/s x 20 ms / 10
    near(b.utilisation, 0.5); // 300/s x 50 ms / 30
    near(front.holds_s.unwrap(), 0.08); // 10 ms + 0.5 x 2 x 20 ms + 50 ms
    near(front.utilisation, 0.2); // 100/s x 80 ms / 40
    assert_eq!(explanation.topology.depth, 2);
    let users = &explanation.workloads[0];
    near(users.advertised.as_ref().unwrap().per_s, 200.0);
    assert_eq!(users.advertised.as_ref().unwrap().bottleneck, "b");
    // Nobody retries: all that is served in good times always heals.
    near(users.hidden.as_ref().unwrap().per_s, 200.0);
}

#[test]
fn a_second_way_and_a_quorum_stand_in() {
    let body = "
services:
  front:
    workers: 40
    steps:
      - fallback: {steps: [{call: {to: a, timeouts: {attempt: 1s}}}], otherwise: [{compute: 1ms}]}
      - parallel: {need: 1, steps: [{call: {to: b, timeouts: {attempt: 1s}}}, {call: {to: c, timeouts: {attempt: 1s}}}]}
      - maybe: {probability: 0.25, steps: [{call: {to: d, timeouts: {attempt: 1s}}}]}
  a: {workers: 9, service_time: 1ms}
  b: {workers: 9, service_time: 1ms, error_ratio: 0.1}
  c: {workers: 9, service_time: 1ms, error_ratio: 0.1}
  d: {workers: 9, service_time: 1ms, error_ratio: 0.2}
";
    let explanation =
        explained(&(body.to_owned() + &users("10/s", "to: front, retry: {immediate: {max_attempts: 2}}")));
    let hit =
        |number: usize| explanation.services[number].blast_radius.iter().map(|hit| hit.share).sum::<f64>();
    near(hit(0), 1.0);
    near(hit(1), 0.0);
    near(hit(2), 0.0);
    near(hit(4), 0.0625); // both attempts need it: 0.25 x 0.25
    let alone: Vec<bool> = explanation.services.iter().map(|s| s.single_point_of_failure).collect();
    assert_eq!(alone, [true, false, false, false, true]);
    let available = explanation.workloads[0].availability.expect("something errs");
    let single = (1.0 - 0.01) * (1.0 - 0.25 * 0.2);
    near(available.single, single);
    near(available.with_retries, 1.0 - (1.0 - single) * (1.0 - single));
    assert_eq!(said(&explanation, "single_point").len(), 2);
}

#[test]
fn retries_multiply_over_layers_and_totals_cut_them() {
    let body = |inner: &str, outer: &str| {
        format!(
            "services:
  front: {{workers: 1000, steps: [{{call: {{to: back, {inner}}}}}]}}
  back: {{workers: 10, service_time: {{exponential: {{mean: 100ms}}}}}}
{}",
            users("10/s", &format!("to: front, {outer}"))
        )
    };
    let three = "retry: {immediate: {max_attempts: 3}}";
    let explanation = explained(&body(
        &format!("timeouts: {{attempt: 200ms}}, {three}"),
        &format!("timeouts: {{attempt: 1s}}, {three}"),
    ));
    let back = &explanation.services[1];
    near(back.amplification.unwrap(), 9.0);
    near(back.storm_amplification.unwrap(), 9.0);
    let hidden = explanation.workloads[0].hidden.as_ref().unwrap();
    near(hidden.per_s, 100.0 / 9.0);
    assert_eq!((hidden.bottleneck.as_str(), hidden.trust), ("back", Trust::Sharp));
    assert_eq!(said(&explanation, "retry_layers").len(), 1);
    // 500 ms in all: the third attempt of 200 ms still begins; 400 ms: it does not.
    for (total, attempts) in [("500ms", 3.0), ("400ms", 2.0)] {
        let inner = format!("timeouts: {{attempt: 200ms, total: {total}}}, {three}");
        let explanation = explained(&body(&inner, "timeouts: {attempt: 1s}"));
        near(explanation.services[1].storm_amplification.unwrap(), attempts);
        near(explanation.services[1].amplification.unwrap(), 3.0);
    }
    // Nobody gives up: errors multiply, lateness does not.
    let explanation = explained(&body(three, "timeouts: {attempt: 1s}"));
    near(explanation.services[1].amplification.unwrap(), 3.0);
    near(explanation.services[1].storm_amplification.unwrap(), 1.0);
    near(explanation.workloads[0].hidden.as_ref().unwrap().per_s, 100.0);
    assert_eq!(said(&explanation, "no_timeout").len(), 1);
}

#[test]
fn budgets_bound_what_retries_add() {
    let rig = |clients: u32, budget: &str| {
        explained(&format!(
            "services: {{api: {{workers: 10, service_time: {{exponential: {{mean: 10ms}}}}}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 500/s}}}}
    clients: {clients}
    call: {{to: api, timeouts: {{attempt: 1s}}, retry: {{immediate: {{max_attempts: 4, budget: {budget}}}}}}}
"
        ))
    };
    let hidden = |e: &Explanation| e.workloads[0].hidden.as_ref().unwrap().per_s;
    let none = rig(1, "none");
    near(hidden(&none), 250.0);
    assert_eq!(said(&none, "storm").len(), 1);
    let tenth = rig(1, "{deposit: {retry_ratio: 0.1, min_retries_per_second: 0}}");
    near(tenth.services[0].amplification.unwrap(), 1.1);
    near(hidden(&tenth), 1000.0 / 1.1);
    // The reserve does not grow with the load: 1.1 x + 10 clients x 10/s = 1000.
    let reserve = rig(10, "{deposit: {retry_ratio: 0.1, min_retries_per_second: 10}}");
    assert!((hidden(&reserve) - 900.0 / 1.1).abs() < 0.01, "{}", hidden(&reserve));
    let tokens = rig(1, "{success_tokens: {max_tokens: 100, token_ratio: 0.1}}");
    near(hidden(&tokens), 1000.0 / 1.1);
    let window = rig(1, "{window_ratio: {retry_ratio: 0.1, window: 100s}}");
    // One retry per window is free: 1.1 x + 1 client / 100 s = 1000.
    assert!((hidden(&window) - 999.99 / 1.1).abs() < 0.001, "{}", hidden(&window));
    // What bounds retries at once bounds no rate, and a quota is refilled by retries that succeed.
    for budget in ["{static_cap: {}}", "{active_ratio: {}}", "{quota: {}}"] {
        let found = rig(1, budget);
        near(hidden(&found), 250.0);
        assert_eq!(found.workloads[0].hidden.as_ref().unwrap().reasons.len(), 1, "{budget}");
    }
    let found = tokens.workloads[0].hidden.as_ref().unwrap();
    assert_eq!((found.trust, found.reasons.len()), (Trust::AtLeast, 1));
}

#[test]
fn failures_that_are_not_tried_again_multiply_nothing() {
    let rig = |terms: &str| {
        explained(&format!(
            "services: {{api: {{workers: 10, service_time: {{exponential: {{mean: 10ms}}}}}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: 500/s}}}}
    call: {{to: api, timeouts: {{attempt: 1s}}, retry: {{immediate: {{max_attempts: 4, {terms}}}}}}}
"
        ))
    };
    // Whether it is down (`connect_failure`) or late (`timeout`), and late alone.
    for (terms, failing, late) in [
        ("on: [connect_failure, timeout]", 4.0, 4.0),
        ("on: [connect_failure]", 4.0, 1.0),
        ("on: [timeout]", 4.0, 4.0),
        ("on: [server_error, reset]", 1.0, 1.0),
        ("only_idempotent: true", 4.0, 1.0),
    ] {
        let explanation = rig(terms);
        near(explanation.services[0].amplification.unwrap(), failing);
        near(explanation.services[0].storm_amplification.unwrap(), late);
    }
}

#[test]
fn circles_end_at_their_depth() {
    let body = "
services:
  a: {workers: 10, steps: [{compute: 1ms}, {call: {to: b, timeouts: {attempt: 1s}}}]}
  b: {workers: 10, steps: [{compute: 1ms}, {call: {to: a, max_depth: 3, timeouts: {attempt: 1s}}}]}
";
    let explanation = explained(&(body.to_owned() + &users("10/s", "to: a")));
    // a b a b: the call from the second b would have three calls above it.
    assert_eq!(explanation.topology.depth, 4);
    near(explanation.services[0].first_tries_per_s, 20.0);
    near(explanation.services[1].first_tries_per_s, 20.0);
    let [circle] = &explanation.topology.circles[..] else { panic!("one circle") };
    assert_eq!((circle.endpoints.join(" "), circle.max_depth), ("a b".to_owned(), 3));
}

#[test]
fn closed_users_ask_for_what_they_can() {
    let body = |users: u32| {
        format!(
            "services: {{api: {{workers: 5, service_time: 100ms}}}}
workloads: {{users: {{arrivals: {{closed: {{users: {users}, think_time: 900ms}}}}, call: {{to: api}}}}}}
"
        )
    };
    let explanation = explained(&body(20));
    near(explanation.workloads[0].peak_per_s, 20.0); // 20 / (0.9 s + 0.1 s)
    assert!(explanation.workloads[0].hidden.is_none());
    near(explained(&body(200)).workloads[0].peak_per_s, 50.0); // 5 / 0.1 s
}

#[test]
fn peaks_and_means_of_a_profile() {
    let rate = "{steps: [{at: 0s, rate: 100/s}, {at: 80s, rate: 600/s}]}";
    let explanation = explained(&format!(
        "services: {{api: {{workers: 10, service_time: 10ms}}}}\n{}",
        users(rate, "to: api")
    ));
    near(explanation.workloads[0].peak_per_s, 600.0);
    near(explanation.workloads[0].mean_per_s, 200.0);
    near(explanation.services[0].utilisation, 0.6);
    near(explanation.services[0].utilisation_mean, 0.2);
}

#[test]
fn timeouts_pools_and_workers_are_compared() {
    let body = "
services:
  web:
    workers: 40
    pools: {db: {size: 4}}
    steps: [{call: {to: db, pool: db, timeouts: {attempt: 2s}}}]
  db: {workers: 50, service_time: {exponential: {mean: 50ms}}}
";
    let explanation = explained(&(body.to_owned() + &users("100/s", "to: web, timeouts: {attempt: 200ms}")));
    let message = |check: &str| {
        let found = said(&explanation, check);
        assert_eq!(found.len(), 1, "{check}: {:#?}", explanation.warnings);
        (found[0].message.clone(), found[0].place.as_ref().expect("it stands somewhere").line)
    };
    let expected = "`web` waits 2 s for `db`, but `users` waits only 200 ms for it".to_owned();
    assert_eq!(message("timeout_order"), (expected, 10));
    // 100/s x 50 ms = 5.
    let expected =
        "`db` needs 5 slots at this load and has 4 (125 %): more calls than it has slots".to_owned();
    assert_eq!(message("pool_size"), (expected, 9));
    // 100/s x 2 s = 200.
    let (told, line) = message("workers");
    assert!(told.contains("200 workers wait at this load, it has 40") && line == 8, "{told} {line}");
    // -ln(0.01) x 50 ms = 230 ms.
    let short =
        explained(&(body.replace("2s", "150ms") + &users("10/s", "to: web, timeouts: {attempt: 200ms}")));
    let found = said(&short, "cut_off");
    assert!(found.iter().any(|w| w.message.contains("more than 230 ms")), "{:#?}", short.warnings);
    assert!(said(&short, "timeout_order").is_empty() && said(&short, "workers").is_empty());
}

#[test]
fn a_warning_of_a_variant_points_at_its_overlay() {
    let body = format!(
        "services: {{api: {{workers: 10, service_time: 10ms, instances: 2}}}}\n{}variants:\n  calm: {{}}\n  hasty:\n    workloads: {{users: {{call: {{retry: {{immediate: {{max_attempts: 3}}}}}}}}}}\n",
        users("1000/s", "to: api, timeouts: {attempt: 1s}")
    );
    assert!(said(&variant_of(&body, "calm"), "storm").is_empty());
    let hasty = variant_of(&body, "hasty");
    let place = said(&hasty, "storm")[0].place.clone().expect("it stands somewhere");
    assert_eq!((place.line, place.path.as_str()), (10, "workloads.users.call.retry"));
}

#[test]
fn every_scenario_that_a_check_names_first_or_last_is_shipped_or_planned() {
    for shipped in crate::library::shipped() {
        let scenario = shipped.load(&[]).unwrap_or_else(|error| panic!("{}", error.render(false)));
        for variant in &scenario.variants {
            for warning in explain(&scenario, variant).warnings {
                assert!(warning.shown_by.is_some(), "{}: {}", shipped.id, warning.message);
                assert!(warning.place.is_some(), "{}: {}", shipped.id, warning.message);
            }
        }
    }
}

#[test]
fn the_reference_rig_is_that_of_the_curriculum() {
    let shipped = crate::library::find("metastable-retry-storm").expect("it is shipped");
    let scenario = shipped.load(&[]).unwrap_or_else(|error| panic!("{}", error.render(false)));
    let explanation = explain(&scenario, scenario.baseline());
    near(explanation.services[0].utilisation, 0.8);
    near(explanation.services[0].storm_utilisation, 3.2);
    near(explanation.workloads[0].hidden.as_ref().unwrap().per_s, 250.0);
    near(explanation.workloads[0].advertised.as_ref().unwrap().per_s, 1000.0);
    let lifo = explain(&scenario, scenario.variant("lifo").expect("the variant is there"));
    assert_eq!(lifo.workloads[0].hidden.as_ref().unwrap().trust, Trust::AtLeast);
}

#[test]
fn callers_that_stand_in_line_with_their_workers_are_told() {
    // Eight before two times four, as in `one-queue-or-many`: on paper 8/s, in truth 6.53/s.
    let body = |workers: u32| {
        format!(
            "services:
  line: {{workers: {workers}, steps: [{{maybe: {{probability: 0.5, steps: [{{call: {{to: a}}}}], otherwise: [{{call: {{to: b}}}}]}}}}]}}
  a: {{workers: 4, service_time: {{exponential: {{mean: 1s}}}}}}
  b: {{workers: 4, service_time: {{exponential: {{mean: 1s}}}}}}
{}",
            users("6.4/s", "to: line")
        )
    };
    let advertised =
        |workers: u32| explained(&body(workers)).workloads[0].advertised.clone().expect("it is open");
    assert_eq!((advertised(8).trust, advertised(8).reasons.len()), (Trust::Unknown, 1));
    // M/M/4 at 90 %: 1.97 s of waiting, so 7.2/s x 2.97 s = 21.4 workers, which are 95 % of 22.5.
    assert_eq!((advertised(22).trust, advertised(23).trust), (Trust::Unknown, Trust::Sharp));
}

#[test]
fn lifecycles_and_choices_are_checked() {
    let body = "
services:
  api:
    instances: 4
    workers: 10
    service_time: {exponential: {mean: 100ms}}
    speeds: [0.5]
    queue: {fifo: {max_wait: 950ms}}
    lifecycle:
      crash_at: 100
      warm_up: {factor: 2, duration: 10s}
      restart: {}
      liveness: {checks: dependencies}
";
    let explanation = explained(&(body.to_owned() + &users("280/s", "to: api, timeouts: {attempt: 1s}")));
    let message = |check: &str| {
        let found = said(&explanation, check);
        assert_eq!(found.len(), 1, "{check}: {:#?}", explanation.warnings);
        found[0].message.clone()
    };
    // 280/s of 10 x (0.5 + 3) x 10/s = 350/s: 80 %, cold 160 %, without one of four 106.7 %.
    near(explanation.services[0].utilisation, 0.8);
    assert!(message("cold_start").contains("asked for 160 %"));
    assert!(
        message("survivors").contains("without 1 of 4 instances") && message("survivors").contains("107 %")
    );
    // A quarter of 280/s at 50/s.
    assert!(message("uneven").contains("140 %"), "{}", message("uneven"));
    assert!(message("liveness").contains("asks what it depends on"));
    assert!(message("late_drop").contains("with 50 ms left of their caller's 1 s, but each takes 100 ms"));
    assert!(said(&explanation, "deep_queue").is_empty(), "what waits too long is dropped");
    let found = explanation.workloads[0].hidden.as_ref().expect("it is open");
    assert_eq!(found.trust, Trust::Unknown);
}

#[test]
fn lines_and_boards_and_loads_are_checked() {
    let body = |queue: &str| {
        format!(
            "services: {{api: {{instances: 3, workers: 10, service_time: 100ms, queue: {queue}}}}}\n{}",
            users(
                "285/s",
                "to: api, timeouts: {attempt: 1s}, load_balancer: {least_request: {choices: all, information: {board: {age: 5s}}}}"
            )
        )
    };
    let unbounded = explained(&body("fifo"));
    // 10 workers / 100 ms x 1 s = 100 at an instance.
    assert!(said(&unbounded, "deep_queue")[0].message.contains("from 100 waiting"));
    assert!(said(&unbounded, "overload")[0].message.contains("95 % busy"));
    assert!(said(&unbounded, "stale_board")[0].message.contains("up to 5 s ago, 50 times the work"));
    assert!(
        said(&explained(&body("{fifo: {capacity: 120}}")), "deep_queue")[0]
            .message
            .contains("takes `api` 1.2 s")
    );
    assert!(said(&explained(&body("{fifo: {capacity: 50}}")), "deep_queue").is_empty());
}

/// 900 users on 3 instances of 4 workers, messages keep half of them busy: 300 connects of 400 ms are 120 s of work for
/// the 4 spare workers of the two others: 30 s.
#[test]
fn who_lost_a_connection_comes_back_as_work() {
    let with = |reconnect: &str, connections: &str| {
        let body = format!(
            "
services:
  gateway:
    instances: 3
    workers: 4
    connections: {connections}
    endpoints:
      message: {{steps: [{{compute: 20ms}}]}}
      connect: {{steps: [{{compute: 400ms}}]}}
workloads:
  members:
    arrivals:
      connected: {{users: 900, messages: 0.3333333333/s, reconnect: {reconnect}, connect: {{to: gateway/connect, timeouts: {{attempt: 5s}}}}}}
    call: {{to: gateway/message, timeouts: {{attempt: 1s}}}}
"
        );
        let explanation = explained(&body);
        near(explanation.services[0].utilisation, 0.5);
        said(&explanation, "reconnect")
            .first()
            .map(|warning| (warning.message.clone(), warning.instead.clone()))
    };
    let (message, instead) = with("immediate", "{}").expect("a herd");
    assert!(message.contains("sends 300 of `members` back all at once: at 400 ms a connect"), "{message}");
    assert!(
        message.contains("the 4 spare workers of the others busy for 30 s, and patience ends after 1 s"),
        "{message}"
    );
    assert!(instead.ends_with("below 5/s"), "2 spare workers of each / 400 ms: {instead}");
    assert!(
        with("{exponential: {base: 1s, jitter: full}}", "{}").expect("too short").0.contains("within 1 s")
    );
    assert_eq!(with("{constant: {base: 30s, jitter: full}}", "{}"), None);
    assert_eq!(with("immediate", "{admission: {rate: {to: 3/s, burst: 3}}}"), None);
}

/// 1000 keys by Zipf 0.8, a cache of 100 in each of two instances: Che says how many of 100/s still reach the store.
#[test]
fn warm_caches_spare_what_che_says_and_warnings_count_none_of_it() {
    let with = |cache: &str, more: &str| {
        let body = format!(
            "
services:
  web:
    instances: 2
    workers: 100
    caches: {{pages: {{{cache}}}}}
    steps: [{{cached: {{cache: pages, hit_time: 1ms, steps: [{{call: {{to: store}}}}]}}}}]
  store: {{workers: 1, service_time: 20ms}}
workloads:
  users: {{arrivals: {{poisson: {{rate: 100/s}}}}, call: {{to: web}}, keys: {{count: 1000, popularity: {{zipf: {{exponent: 0.8}}}}}}}}
{more}"
        );
        explained(&body)
    };
    use sim_core::theory::cache::{lru_hit_ratio, ttl_hit_ratio, zipf};
    let hits = lru_hit_ratio(&zipf(1_000, 0.8), 100.0);
    let explanation = with("capacity: 100", "");
    let [web, store] = &explanation.services[..] else { panic!("two services") };
    near(explanation.caches[0].hit_ratio_at_best, hits);
    near(store.first_tries_per_s, 100.0);
    near(store.first_tries_warm_per_s.unwrap(), 100.0 * (1.0 - hits));
    near(store.utilisation_warm.unwrap(), 2.0 * (1.0 - hits)); // 100/s x 20 ms
    near(web.first_tries_warm_per_s.unwrap(), 100.0);
    assert_eq!(said(&explanation, "overload").len(), 1, "empty caches are twice too much");
    // Each of two caches is asked for half as often.
    let explanation = with("ttl: 10s", "");
    near(explanation.caches[0].hit_ratio_at_best, ttl_hit_ratio(&zipf(1_000, 0.8), 50.0, 10.0));
    // Nobody names keys: all ask for one.
    let one = explained(
        "
services:
  web: {workers: 9, caches: {page: {ttl: 9s}}, steps: [{cached: {cache: page, steps: [{compute: 1ms}]}}]}
workloads: {users: {arrivals: {poisson: {rate: 1/s}}, call: {to: web}}}
",
    );
    near(one.caches[0].hit_ratio_at_best, 0.9);
    // Others who come with other keys: nobody knows.
    let others = "  others: {arrivals: {poisson: {rate: 1/s}}, call: {to: web}, keys: {count: 7}}\n";
    let explanation = with("capacity: 100", others);
    assert!(explanation.caches.is_empty() && explanation.services[1].first_tries_warm_per_s.is_none());
}
