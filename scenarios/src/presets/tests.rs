//! Do presets load, and do they say what section 18 of the reference says? Each surprise by its name.

use sim_core::model::edge::{CallConfig, DeadlineConfig};
use sim_core::model::service::ServiceConfig;
use sim_core::policy::retry::{self, budget};
use sim_core::policy::{Outcome, admission, balancer, breaker, hedging, queue, throttle};
use sim_core::time::SimDuration;

use super::*;
use crate::load::{LoadError, Scenario, load};

const HEAD: &str = "spiral: 1\nid: presets\ntitle: Presets\nrun: {horizon: 60s}\n";

fn loaded(body: &str) -> Result<Scenario, LoadError> {
    let no_files = |_: &str| Err("no files here".to_owned());
    load("test.yaml", format!("{HEAD}{body}").as_bytes(), &[], &no_files)
}

fn scenario(body: &str) -> Scenario {
    loaded(body).unwrap_or_else(|error| panic!("{}\n{body}", error.render(false)))
}

/// A call of a user with these settings, as the loader understands it.
fn call(settings: &str) -> CallConfig {
    let body = format!(
        "services: {{api: {{service_time: 1ms}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, {settings}}}}}}}\n"
    );
    scenario(&body).baseline().system.workloads.get("users").expect("users").call.clone()
}

fn service(settings: &str) -> ServiceConfig {
    let body = format!(
        "services: {{api: {{service_time: 1ms, {settings}}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api}}}}}}\n"
    );
    scenario(&body).baseline().system.services.get("api").expect("a service").clone()
}

fn attempts(preset: &str) -> u32 {
    call(&format!("preset: {preset}")).retry.max_attempts()
}

fn ms(millis: u64) -> Option<SimDuration> {
    Some(SimDuration::from_millis(millis))
}

fn rate(call: &CallConfig) -> breaker::rate::Config {
    match &call.circuit_breaker {
        breaker::Config::Rate(config) => config.clone(),
        other => panic!("{other:?}"),
    }
}

fn exponential(call: &CallConfig) -> retry::exponential::Config {
    match &call.retry {
        retry::Config::Exponential(config) => config.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_preset_loads_resolves_and_says_where_each_value_comes_from() {
    assert!(all().len() >= 28, "{} presets", all().len());
    for preset in all() {
        assert!(!preset.title.is_empty() && !preset.source.is_empty(), "{}", preset.name);

        assert!(preset.parts().next().is_some(), "{} says nothing", preset.name);
        for part in preset.parts() {
            let values = preset.values(part);
            for value in &values {
                assert!(!value.source.is_empty(), "{}: {} has no source", preset.name, value.path);
            }
            let body = match part {
                // A caller may listen to what only a service of the same preset tells.
                Part::Call if preset.parts().any(|part| part == Part::Service) => format!(
                    "services: {{api: {{service_time: 1ms, preset: {0}}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, preset: {0}}}}}}}\n",
                    preset.name
                ),
                Part::Call => format!(
                    "services: {{api: {{service_time: 1ms}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, preset: {}}}}}}}\n",
                    preset.name
                ),
                Part::Service => format!(
                    "services: {{api: {{service_time: 1ms, preset: {}}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api}}}}}}\n",
                    preset.name
                ),
                Part::Pool => format!(
                    "services: {{api: {{service_time: 1ms}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, pools: {{db: {{preset: {}}}}}, call: {{to: api, pool: db}}}}}}\n",
                    preset.name
                ),
            };
            let scenario = scenario(&body);
            let place = if part == Part::Service { "services" } else { "workloads" };
            let mut uses = scenario.presets(scenario.baseline());
            uses.retain(|found| found.place.starts_with(place));
            assert_eq!(uses.len(), 1, "{}", preset.name);
            assert_eq!(uses[0].preset, preset.name);
            assert_eq!(uses[0].set_aside, Vec::<String>::new(), "{}", preset.name);
            // All that it says holds, and nothing else is said.
            assert_eq!(uses[0].values.len(), values.len(), "{}: {:?}", preset.name, uses[0].values);
            assert!(uses[0].values.iter().all(|value| matches!(value.from, Origin::Preset { .. })));
        }
    }
}

#[test]
fn surprise_1_attempts_are_counted_two_ways() {
    // First try included in the original: the same number here.
    assert_eq!(attempts("resilience4j"), 3);
    assert_eq!(attempts("grpc-retry-example"), 4);
    assert_eq!(attempts("aws-sdk"), 3);
    assert_eq!(attempts("google-sre"), 3);
    // Left out in the original: one more here.
    assert_eq!(attempts("envoy-retry"), 2, "num_retries 1");
    assert_eq!(attempts("polly"), 4, "MaxRetryAttempts 3");
    assert_eq!(attempts("dotnet-standard"), 4);
    assert_eq!(attempts("istio"), 3, "2 retries");
    for preset in ["hystrix", "envoy", "naive"] {
        assert_eq!(attempts(preset), 1, "{preset}");
    }
    assert_eq!(attempts("retry-storm"), 4);
}

#[test]
fn surprise_2_envoys_circuit_breakers_are_no_breakers() {
    for preset in ["envoy", "envoy-retry"] {
        assert!(call(&format!("preset: {preset}")).circuit_breaker.is_none(), "{preset}");
    }
    let found = call("preset: envoy-retry").targets.outlier_detection.expect("its breaker per host");
    assert_eq!(found.consecutive_errors.to_string(), "5");
    assert_eq!(found.max_ejected_ratio.get(), 0.1);
    assert_eq!(call("preset: envoy").targets.outlier_detection, None, "off unless it is set");
}

#[test]
fn surprise_3_grpc_changed_its_jitter() {
    let config = exponential(&call("preset: grpc-retry-example"));
    assert_eq!(config.jitter, retry::jitter::Jitter::PlusMinus);
    assert_eq!(config.jitter_ratio.map(sim_core::units::Probability::get), Some(0.2));
    assert!(!config.cap_after_jitter, "a wait may be a fifth longer than the cap");
}

#[test]
fn surprise_4_envoys_back_off_is_that_of_its_code() {
    let config = exponential(&call("preset: envoy-retry"));
    assert_eq!((config.multiplier.get(), config.max.to_string().as_str()), (2.0, "250ms"));
    let ceiling = |n: u32| (config.base.as_nanos() / 1_000_000 * (1 << (n - 1))).min(250);
    assert_eq!((1..=5).map(ceiling).collect::<Vec<_>>(), [25, 50, 100, 200, 250]);
    assert_eq!(config.jitter, retry::jitter::Jitter::Full);
}

#[test]
fn surprise_5_the_aws_sdks_changed_their_defaults() {
    let (new, old) = (exponential(&call("preset: aws-sdk")), exponential(&call("preset: aws-sdk-pre-2026")));
    assert_eq!((Some(new.base), Some(old.base)), (ms(50), ms(1000)));
    let throttled = new.base_when.as_ref().and_then(|bases| bases.get(Outcome::Shed));
    assert_eq!(throttled, ms(1000));
    assert_eq!(old.base_when, None);
    let quota = |config: &retry::exponential::Config| match &config.budget {
        budget::Config::Quota(quota) => quota.clone(),
        other => panic!("{other:?}"),
    };
    let (new, old) = (quota(&new), quota(&old));
    assert_eq!((new.cost.get(), old.cost.get()), (14, 5));
    assert_eq!(new.cost_when.get(Outcome::Shed).map(sim_core::units::Count::get), Some(5));
    assert_eq!(old.cost_when.get(Outcome::Timeout).map(sim_core::units::Count::get), Some(10));
    assert_eq!((new.max_tokens.get(), old.max_tokens.get()), (500, 500));
}

#[test]
fn surprise_6_six_budgets_have_one_name() {
    let budget = |preset: &str| call(&format!("preset: {preset}")).retry.budget().clone();
    assert!(matches!(budget("envoy-retry"), budget::Config::ActiveRatio(_)));
    assert!(matches!(budget("finagle"), budget::Config::Deposit(_)));
    assert!(matches!(budget("linkerd"), budget::Config::Deposit(_)));
    assert!(matches!(budget("grpc-retry-example"), budget::Config::SuccessTokens(_)));
    assert!(matches!(budget("aws-sdk"), budget::Config::Quota(_)));
    assert!(matches!(budget("google-sre"), budget::Config::WindowRatio(_)));
    assert_eq!(budget("retry-storm"), budget::Config::None);
}

#[test]
fn surprise_7_defaults_of_grpc_envoy_and_istio() {
    let grpc = call("preset: grpc");
    assert_eq!((grpc.timeouts.attempt.0, grpc.timeouts.total.0), (None, None), "no deadline");
    assert_eq!((grpc.retry.max_attempts(), grpc.retry.most_sends()), (1, 2), "transparent retries aside");
    assert!(matches!(grpc.deadline, DeadlineConfig::Propagate(_)));
    let envoy = call("preset: envoy");
    assert_eq!(envoy.timeouts.total.0, ms(15_000), "a route timeout, and no retry");
    assert_eq!(envoy.retry, retry::Config::None);
    let istio = call("preset: istio");
    assert_eq!(istio.retry.max_attempts(), 3, "2 retries that nobody asked for");
    assert_eq!(istio.retry.terms().reselections(), 5);
}

#[test]
fn surprise_8_a_timeout_of_envoy_is_never_tried_again() {
    let call = call("preset: envoy-retry");
    assert!(call.retry.takes(Outcome::Timeout, false), "it is on the list");
    assert_eq!(
        (call.timeouts.attempt.0, call.timeouts.total.0),
        (None, ms(15_000)),
        "but only one clock runs"
    );
}

#[test]
fn surprise_16_tomcat_has_two_queues() {
    let queue::Config::Fifo(line) = service("preset: tomcat").queue else { panic!("a line") };
    // 8192 connections, of which 200 are being served, and 100 in the operating system.
    assert_eq!(line.capacity.to_string(), (8192 - 200 + 100).to_string());
}

#[test]
fn breakers_of_three_libraries() {
    let call_of = |preset: &str| call(&format!("preset: {preset}"));
    let resilience4j = call_of("resilience4j");
    assert_eq!(rate(&resilience4j), breaker::rate::Config::default(), "whose defaults are ours");
    assert_eq!(resilience4j.timeouts.attempt.0, ms(1000));
    let polly = rate(&call_of("polly"));
    assert_eq!(rate(&call_of("dotnet-standard")), polly);
    assert_eq!(
        (polly.failure_ratio.get(), polly.min_calls.get(), polly.half_open_calls.get()),
        (0.1, 100, 1)
    );
    assert_eq!((Some(polly.open_duration), polly.evaluate), (ms(5000), breaker::rate::Evaluate::EachFailure));
    let hystrix = rate(&call_of("hystrix"));
    assert_eq!(
        (hystrix.failure_ratio.get(), hystrix.min_calls.get(), hystrix.half_open_calls.get()),
        (0.5, 20, 1)
    );
    assert_eq!(hystrix.evaluate, breaker::rate::Evaluate::Every(SimDuration::from_millis(500)));
    assert_eq!(hystrix.slow_call_threshold.0, None);
}

#[test]
fn throttles_and_balancers_of_clients() {
    let sre = call("preset: google-sre");
    assert!(matches!(&sre.client_throttle, throttle::Config::Sre(config) if config.k.get() == 2.0));
    let finagle = call("preset: finagle");
    let default = throttle::nack_ema::Config::default();
    assert_eq!(finagle.client_throttle, throttle::Config::NackEma(default), "whose defaults are ours");
    assert!(matches!(call("preset: linkerd").load_balancer, balancer::Config::PeakEwma(_)));
}

#[test]
fn hedges_of_two_libraries() {
    let fixed = |preset: &str| match call(&format!("preset: {preset}")).hedging {
        hedging::Config::Fixed(config) => config,
        other => panic!("{other:?}"),
    };
    let (polly, grpc) = (fixed("polly-hedging"), fixed("grpc-hedging-example"));
    assert_eq!((polly.max_attempts.get(), polly.delay.0), (2, ms(2000)), "MaxHedgedAttempts 1");
    assert_eq!((grpc.max_attempts.get(), grpc.delay.0), (4, ms(500)));
    assert_eq!(polly.non_fatal, None, "all failures are");
    assert!(grpc.non_fatal.is_some_and(|codes| codes.len() == 5));
}

#[test]
fn controls_that_servers_and_callers_share() {
    for preset in ["dagor", "breakwater"] {
        let body = format!(
            "services: {{api: {{service_time: 1ms, preset: {preset}}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, preset: {preset}}}}}}}\n"
        );
        let call = scenario(&body).baseline().system.workloads.get("users").expect("users").call.clone();
        assert!(matches!(call.client_throttle, throttle::Config::Piggyback(_)), "{preset}");
        let alone = loaded(&format!(
            "services: {{api: {{service_time: 1ms}}}}\nworkloads: {{users: {{arrivals: {{poisson: {{rate: 1/s}}}}, call: {{to: api, preset: {preset}}}}}}}\n"
        ));
        assert!(alone.is_err(), "{preset}: nothing tells its callers anything");
    }
    let dagor = service("preset: dagor").admission;
    assert_eq!(dagor, admission::Config::Dagor(Default::default()), "whose defaults are ours");
    let admission::Config::Credits(credits) = service("preset: breakwater").admission else {
        panic!("credits")
    };
    assert_eq!(credits.target_delay, SimDuration::from_nanos(80_000));
}

#[test]
fn presets_of_servers() {
    let admission = |preset: &str| service(&format!("preset: {preset}")).admission;
    assert_eq!(admission("netflix-vegas"), admission::Config::Vegas(Default::default()));
    assert_eq!(admission("netflix-gradient2"), admission::Config::Gradient2(Default::default()));
    assert_eq!(admission("netflix-aimd"), admission::Config::Aimd(Default::default()));
    assert_eq!(service("preset: folly-codel").queue, queue::Config::Codel(Default::default()));
    let tomcat = service("preset: tomcat");
    assert_eq!(tomcat.workers.get(), 200);
    let kubernetes = service("preset: kubernetes").lifecycle;
    assert_eq!(kubernetes.restart, Some(Default::default()), "whose defaults are ours");
    assert!(kubernetes.readiness.is_some() && kubernetes.liveness.is_some());
}

#[test]
fn a_pool_of_connections() {
    let body = "services: {api: {service_time: 1ms}}\nworkloads: {users: {arrivals: {poisson: {rate: 1/s}}, pools: {db: {preset: hikaricp}}, call: {to: api, pool: db}}}\n";
    let scenario = scenario(body);
    let users = scenario.baseline().system.workloads.get("users").unwrap().clone();
    let pool = users.pools.get("db").unwrap();
    assert_eq!((pool.size.get(), pool.acquire_timeout.0), (10, ms(30_000)));
}

#[test]
fn what_the_file_says_wins_field_by_field() {
    let call = call(
        "preset: envoy-retry, timeouts: {attempt: 1s}, retry: {exponential: {max_attempts: 5, on: {append: [shed]}}}",
    );
    let config = exponential(&call);
    assert_eq!((config.max_attempts.get(), Some(config.base)), (5, ms(25)));
    assert!(config.on.as_ref().is_some_and(|on| on.len() == 7 && on.contains(&Outcome::Shed)));
    assert_eq!((call.timeouts.attempt.0, call.timeouts.total.0), (ms(1000), ms(15_000)));
}

#[test]
fn another_pattern_replaces_the_whole_and_none_takes_it_away() {
    let constant = call("preset: envoy-retry, retry: {constant: {max_attempts: 5, base: 1s}}").retry;
    assert_eq!(constant.max_attempts(), 5);
    assert_eq!(*constant.budget(), budget::Config::None, "the budget went with its pattern");
    assert_eq!(call("preset: envoy-retry, retry: none").retry, retry::Config::None);
    assert_eq!(
        call("preset: envoy-retry, targets: {outlier_detection: none}").targets.outlier_detection,
        None
    );
}

const VARIANTS: &str = "
services:
  api: {service_time: 1ms}
  web: {steps: [{call: {to: api, preset: polly, timeouts: {attempt: 1s}}}]}
workloads: {users: {arrivals: {poisson: {rate: 1/s}}, call: {to: web, preset: polly, timeouts: {attempt: 2s}}}}
variants:
  polly: {}
  hystrix: {workloads: {users: {call: {preset: hystrix}}}}
  nothing: {workloads: {users: {call: {preset: none}}}}
  own: {workloads: {users: {call: {retry: {constant: {base: 1s}}}}}}
";

#[test]
fn a_variant_changes_the_preset_and_the_files_own_words_stay() {
    let scenario = scenario(VARIANTS);
    let call = |variant: &str| {
        let system = &scenario.variant(variant).expect("a variant").system;
        system.workloads.get("users").unwrap().call.clone()
    };
    assert_eq!((call("polly").retry.max_attempts(), rate(&call("polly")).min_calls.get()), (4, 100));
    assert_eq!((call("hystrix").retry.max_attempts(), rate(&call("hystrix")).min_calls.get()), (1, 20));
    assert_eq!(call("hystrix").timeouts.attempt.0, ms(2000), "the file's own, whatever the preset");
    assert!(call("nothing").circuit_breaker.is_none());
    let retry::Config::Constant(own) = call("own").retry else { panic!("Polly's pattern") };
    assert_eq!((own.max_attempts.get(), Some(own.base)), (4, ms(1000)));
}

#[test]
fn values_name_where_they_come_from() {
    let scenario = scenario(VARIANTS);
    let uses = scenario.presets(scenario.variant("own").unwrap());
    let places: Vec<&str> = uses.iter().map(|used| used.place.as_str()).collect();
    assert_eq!(places, ["services.web.steps.0.call", "workloads.users.call"]);
    let of = |path: &str| uses[1].values.iter().find(|value| value.path == path).expect("a value").clone();
    let text = |line| Origin::Text { file: "test.yaml".to_owned(), line };
    let timeout = of("timeouts.attempt");
    assert_eq!(
        (timeout.value.as_str(), timeout.from, timeout.instead_of.as_deref()),
        ("2s", text(9), Some("30s"))
    );
    let base = of("retry.constant.base");
    assert_eq!((base.value.as_str(), base.from, base.instead_of.as_deref()), ("1s", text(14), Some("2s")));
    let attempts = of("retry.constant.max_attempts");
    assert_eq!(attempts.value, "4");
    assert!(matches!(attempts.from, Origin::Preset { class: Class::Source, .. }), "{:?}", attempts.from);
}

#[test]
fn what_is_set_aside_is_told() {
    let body = "services: {api: {service_time: 1ms}}\nworkloads: {users: {arrivals: {poisson: {rate: 1/s}}, call: {to: api, preset: polly, retry: none}}}\n";
    let scenario = scenario(body);
    let uses = scenario.presets(scenario.baseline());
    assert_eq!(uses[0].set_aside, ["retry.constant.max_attempts: 4", "retry.constant.base: 2s"]);
}

#[test]
fn an_action_changes_the_preset() {
    let body = "
services: {api: {service_time: 1ms}}
workloads: {users: {arrivals: {poisson: {rate: 1/s}}, call: {to: api, preset: polly}}}
actions: {calm: {at: 10s, apply: {workloads: {users: {call: {preset: envoy}}}}}}
";
    let scenario = scenario(body);
    let stage = &scenario.baseline().system.stages[0];
    assert_eq!(stage.workloads.get("users").unwrap().call.retry, retry::Config::None);
}

#[test]
fn the_command_line_changes_the_preset() {
    let body = "services: {api: {service_time: 1ms}}\nworkloads: {users: {arrivals: {poisson: {rate: 1/s}}, call: {to: api}}}\n";
    let no_files = |_: &str| Err("no files here".to_owned());
    let sets = ["workloads.users.call.preset=hystrix".to_owned()];
    let scenario =
        load("test.yaml", format!("{HEAD}{body}").as_bytes(), &sets, &no_files).expect("a scenario");
    let call = &scenario.baseline().system.workloads.get("users").unwrap().call;
    assert_eq!(call.timeouts.attempt.0, ms(1000));
}

#[test]
fn mistakes_point_at_the_file() {
    let problems = |settings: &str| {
        let body = format!(
            "services: {{api: {{service_time: 1ms}}}}\nworkloads:\n  users:\n    arrivals: {{poisson: {{rate: 1/s}}}}\n    call:\n      to: api\n{settings}"
        );
        let error = loaded(&body).expect_err("a mistake");
        let at = |p: &crate::yaml::Problem| (p.span.map(|span| span.line), p.message.clone());
        error.problems.iter().map(at).collect::<Vec<_>>()
    };
    let unknown = problems("      preset: hystrx\n");
    assert_eq!(unknown, [(Some(11), "there is no preset `hystrx`".to_owned())]);
    let elsewhere = problems("      preset: tomcat\n");
    assert_eq!(elsewhere, [(Some(11), "`tomcat` is no preset of a call".to_owned())]);
    // `cap_after_jitter` is about `plus_minus`; the preset's jitter is full. Neither is wrong by itself.
    let together = problems("      preset: envoy-retry\n      retry: {exponential: {base: 1s}}\n");
    assert_eq!(together.len(), 1, "{together:?}");
    assert!(matches!(together[0].0, Some(11 | 12)), "{together:?}");
}

#[test]
fn timeouts_of_inactivity_bound_nothing_else() {
    for (preset, idle) in [("okhttp", 10_000), ("httpx", 5_000)] {
        let call = call(&format!("preset: {preset}"));
        assert_eq!(
            (call.timeouts.idle.0, call.timeouts.attempt.0, call.timeouts.total.0),
            (ms(idle), None, None)
        );
        assert_eq!(call.connection.expect("it connects").connect_timeout.0, ms(idle));
    }
}

#[test]
fn a_dropped_syn_costs_what_the_kernel_says() {
    let moments = |preset: &str| -> Vec<u64> {
        let connection = call(&format!("preset: {preset}")).connection.expect("it connects");
        connection.tcp.moments().map(|at| at.as_nanos() / 1_000_000_000).collect()
    };
    assert_eq!(moments("linux-tcp"), [1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131]);
    assert_eq!(moments("linux-tcp-legacy"), [1, 3, 7, 15, 31, 63, 127]);
}
