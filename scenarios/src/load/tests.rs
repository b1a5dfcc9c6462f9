//! Loading whole files: variants, settings from the command line, traces, hashes.

use sim_core::model::Model;
use sim_core::model::endpoint::StepConfig;

use super::*;

const BASE: &str = "
spiral: 1
id: small
title: Small
services:
  api: {workers: 2, service_time: 10ms}
workloads:
  users: {arrivals: {poisson: {rate: 100/s}}, call: {to: api, timeouts: {attempt: 1s}, retry: {immediate: {max_attempts: 3}}}}
faults:
  brownout: {at: 10s, for: 5s, capacity: {service: api, factor: 0.2}}
variants:
  naive: {}
  patient: {workloads: {users: {call: {timeouts: {attempt: none}, retry: none}}}}
  budget: {workloads: {users: {call: {retry: {immediate: {budget: {success_tokens: {max_tokens: 10, token_ratio: 0.1}}}}}}}}
  calm: {faults: {brownout: none}}
run: {horizon: 60s}
";

fn no_files(_: &str) -> Result<String, String> {
    Err("no such file".to_owned())
}

fn read(text: &str, sets: &[&str]) -> Result<Scenario, LoadError> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    load("small.yaml", text.as_bytes(), &sets, &no_files)
}

fn problems(text: &str, sets: &[&str]) -> String {
    match read(text, sets) {
        Ok(_) => String::new(),
        Err(error) => error.render(false),
    }
}

fn model<'a>(scenario: &'a Scenario, variant: &str) -> &'a Model {
    &scenario.variant(variant).expect("the variant exists").model
}

#[test]
fn a_variant_changes_what_it_names_and_nothing_else() {
    let scenario = read(BASE, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let edge = |variant| model(&scenario, variant).edges.iter().next().unwrap().clone();
    assert_eq!(edge("naive").retry.max_attempts(), 3);
    assert_eq!(edge("patient").attempt_timeout, None);
    assert_eq!(edge("patient").retry.max_attempts(), 1);
    assert_eq!(edge("budget").retry.max_attempts(), 3, "the same kind of retry merges its fields");
    assert!(model(&scenario, "calm").faults.is_empty());
    assert_eq!(model(&scenario, "naive").faults.len(), 1);
    assert_eq!(scenario.baseline().name, "naive");
}

#[test]
fn settings_lie_over_every_variant() {
    let scenario = read(BASE, &["services.api.workers=7", "faults.brownout.for=1s"]).unwrap();
    for variant in ["naive", "patient", "budget"] {
        assert_eq!(model(&scenario, variant).services.iter().next().unwrap().workers, 7);
    }
    assert_ne!(scenario.hash, read(BASE, &[]).unwrap().hash);
}

#[test]
fn a_setting_of_a_kind_leaves_variants_with_another_kind_alone() {
    let set = |set: &str| read(BASE, &[set]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let attempts = |scenario: &Scenario, variant: &str| {
        model(scenario, variant).edges.iter().next().unwrap().retry.max_attempts()
    };
    let inside = set("workloads.users.call.retry.immediate.max_attempts=7");
    assert_eq!(
        [attempts(&inside, "naive"), attempts(&inside, "budget"), attempts(&inside, "patient")],
        [7, 7, 1]
    );
    let whole = set("workloads.users.call.retry={immediate: {max_attempts: 7}}");
    assert_eq!(attempts(&whole, "patient"), 7, "who names the whole choice means it");
    let other = set("workloads.users.call.retry.linear={max_attempts: 5, base: 10ms}");
    assert_eq!(
        [attempts(&other, "naive"), attempts(&other, "patient")],
        [5, 1],
        "what is taken away stays away"
    );
    let arrivals =
        "  closed: {workloads: {users: {arrivals: {closed: {users: 5, think_time: 1s}}}}}\n  calm:";
    let text = BASE.replace("  calm:", arrivals);
    let scenario = read(&text, &["workloads.users.arrivals.poisson.rate=7/s"]);
    assert!(scenario.unwrap_or_else(|e| panic!("{}", e.render(false))).variant("closed").is_some());
}

#[test]
fn a_setting_that_removes_a_fault_removes_it_from_every_variant() {
    let scenario =
        read(&BASE.replace("  calm: {faults: {brownout: none}}\n", ""), &["faults.brownout=none"]).unwrap();
    assert!(scenario.variants.iter().all(|variant| variant.model.faults.is_empty()));
}

#[test]
fn a_file_without_variants_has_one_called_base() {
    let text = BASE.split("variants:").next().unwrap().to_owned() + "run: {horizon: 60s}\n";
    let scenario = read(&text, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    assert_eq!(scenario.variants.len(), 1);
    assert_eq!(scenario.baseline().name, "base");
}

#[test]
fn a_trace_is_read_from_the_file_beside_the_scenario() {
    let text = BASE.replace("{rate: 100/s}", "{rate: {trace: {file: rates.csv}}}");
    let files = |rows: &'static str| {
        move |name: &str| {
            assert_eq!(name, "rates.csv");
            Ok(rows.to_owned())
        }
    };
    let good = load("small.yaml", text.as_bytes(), &[], &files("seconds,rate\n0,100\n30, 250.5\n")).unwrap();
    let source = model(&good, "naive").sources.iter().next().unwrap().clone();
    assert_eq!(source.pieces.len(), 2);
    assert!((source.pieces[1].rate - 250.5e-9).abs() < 1e-18);

    let refused = |rows: &'static str| {
        load("small.yaml", text.as_bytes(), &[], &files(rows)).expect_err("the trace is wrong").render(false)
    };
    assert!(refused("seconds,rate\n0,100\nten,5\n").contains("`rates.csv` line 3: a row is two numbers"));
    assert!(refused("seconds,rate\n").contains("the trace is empty"));
    assert!(refused("seconds,rate\n5,100\n").contains("must stand at 0s"));
    assert!(problems(&text, &[]).contains("`rates.csv` cannot be read: no such file"));
}

#[test]
fn claims_that_make_no_sense_are_refused_with_a_reason() {
    let claim = |line: &str| problems(&format!("{BASE}expect:\n  - {line}\n"), &[]);
    for (line, wanted) in [
        ("{variant: navie, stuck: {at_least: 1}}", "did you mean `naive`?"),
        ("{stuck: {at_least: 1}, goodput: {at_least: 1/s}}", "the line claims several things"),
        ("{variant: naive}", "the line claims nothing"),
        ("{recovery_time: {at_least: 25}}", "recovery_time is a duration"),
        ("{recovery_time: {at_least: 25s}, window: {from: start}}", "one value per run"),
        ("{stuck: {at_least: 1}, across: mean}", "`across` has no meaning here"),
        ("{goodput: {at_least: 1/s}, compare: ratio}", "name a second variant in `versus`"),
        ("{goodput: {at_least: 1/s}, window: {from: brownout.begin}}", "is no moment"),
        (
            "{goodput: {at_least: 1/s}, window: {from: blackout.end}}",
            "there is no fault and no action `blackout`",
        ),
        ("{queue_length: {at_most: 5}, workload: users}", "is a metric of services"),
        ("{success: {between: [0.5]}}", "`between` takes two numbers"),
        ("{success: {between: [0.9, 0.5]}}", "write the smaller first"),
        ("{success: {at_least: 1}, point: 5}", "not of which sweep"),
    ] {
        let told = claim(line);
        assert!(told.contains(wanted), "{line}\n{told}");
    }
    assert_eq!(claim("{variant: patient, versus: naive, compare: ratio, goodput: {at_least: 0.5}}"), "");
}

#[test]
fn a_plain_word_stands_for_a_choice_whose_settings_all_have_defaults() {
    let scenario = read(BASE, &["services.api.queue=lifo"]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let service = model(&scenario, "naive").services.iter().next().unwrap().clone();
    assert!(matches!(service.queue, sim_core::policy::queue::Config::Lifo(_)));
}

#[test]
fn a_warm_up_that_leaves_no_whole_window_is_refused() {
    // A run of a minute has windows of 100 ms.
    assert_eq!(problems(BASE, &["run.warmup=59.9s"]), "");
    let told = problems(BASE, &["run.warmup=59.91s"]);
    let wanted = "a warm-up of 59.91s leaves no whole window of 100ms of a run of 1m; there would be nothing to measure";
    assert!(told.contains(wanted), "{told}");
    assert!(told.contains("a tenth of the horizon is usual"), "{told}");
}

#[test]
fn claims_on_verdicts_need_time_after_the_last_trigger() {
    // The trigger ends at 15 s and success must stay for 30 s.
    let text = |horizon: &str, claim: &str| {
        format!("{}expect:\n  - {claim}\n", BASE.replace("horizon: 60s", &format!("horizon: {horizon}")))
    };
    for claim in ["{stuck: {at_least: 1}}", "{variant: patient, recovery_time: {at_most: 5s}}"] {
        assert_eq!(problems(&text("45s", claim), &[]), "", "{claim}");
        for (horizon, longer) in [("44s", "1s"), ("15s", "30s"), ("12s", "33s")] {
            let told = problems(&text(horizon, claim), &[]);
            let wanted = format!(
                "the last trigger, `brownout`, ends at 15s, too late in a run of {horizon} to see whether success \
                 comes back: claims about verdicts and `recovery_time` would always be inconclusive"
            );
            assert!(told.contains(&wanted), "{told}");
            assert!(told.contains(&format!("write a horizon of at least 45s, {longer} longer")), "{told}");
            assert_eq!(told.matches("the last trigger").count(), 1, "{told}");
        }
    }
    assert_eq!(problems(&text("44s", "{success: {at_least: 0.1}}"), &[]), "", "needs no verdict");
    assert_eq!(problems(&text("44s", "{variant: calm, stuck: {at_most: 0}}"), &[]), "", "has no trigger");
    assert_eq!(problems(&text("60s", "{stuck: {at_least: 1}}"), &["run.horizon=44s"]), "", "is explored");
}

#[test]
fn the_horizon_that_is_asked_for_is_enough() {
    // From minutes to years: the longer the run, the coarser its windows.
    for end_s in [10u64, 1_990, 3_961, 9_970, 39_990, 86_400, 40_000_000, 3_000_000_000] {
        let text = |horizon: &str| {
            BASE.replace("at: 10s, for: 5s", &format!("at: 1s, for: {}s", end_s - 1))
                .replace("horizon: 60s", &format!("horizon: {horizon}"))
                + "expect:\n  - {stuck: {at_least: 1}}\n"
        };
        let told = problems(&text(&format!("{end_s}s")), &[]);
        let needed = told.split("a horizon of at least ").nth(1).and_then(|rest| rest.split(',').next());
        assert_eq!(problems(&text(needed.expect("a horizon is asked for")), &[]), "", "{end_s}: {told}");
    }
}

/// Two services, with everything that a variant can take away again.
const CHAIN: &str = "
spiral: 1
id: chain
title: Chain
services:
  web:
    pools: {db: {size: 3}}
    steps:
      - compute: 1ms
      - call: {to: db, pool: db, max_depth: 4, network: {latency: 1ms}}
  db:
    service_time: 5ms
    lifecycle: {restart: {backoff_base: 2s}, readiness: {period: 2s}, boot_time: 3s, crash_at: 50}
workloads:
  users: {arrivals: {poisson: {rate: 20/s}}, call: {to: web, targets: {health_check: {interval: 2s}, outlier_detection: {}}}}
variants:
  whole: {}
  bare:
    services: {db: {lifecycle: {restart: none, readiness: none, boot_time: none, crash_at: none}}}
    workloads: {users: {call: {targets: {health_check: none, outlier_detection: none}}}}
  other: {services: {web: {steps: [{call: {to: db, pool: none}}]}, db: {service_time: none, steps: [{compute: 7ms}, {compute: 1ms}]}}}
  longer: {services: {web: {steps: {append: [{compute: 9ms}]}}}}
run: {horizon: 60s}
";

#[test]
fn none_takes_an_optional_block_away() {
    let scenario = read(CHAIN, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let lifecycle =
        |variant| scenario.variant(variant).unwrap().system.services.get("db").unwrap().lifecycle.clone();
    assert!(lifecycle("whole").readiness.is_some() && lifecycle("whole").crash_at.is_some());
    assert_eq!(lifecycle("bare"), sim_core::model::lifecycle::LifecycleConfig::default());
    let targets = |variant| model(&scenario, variant).edges.iter().next().unwrap().chooser.targets.clone();
    assert!(!targets("whole").is_everyone());
    assert!(targets("bare").is_everyone());
    assert_eq!(model(&scenario, "bare").checks.len(), 0);
    let db = scenario.variant("other").unwrap().system.services.get("db").unwrap().clone();
    assert_eq!((db.service_time, db.steps.len()), (None, 2));
}

#[test]
fn what_is_taken_away_has_no_settings() {
    // The setting reaches into a block that `bare` has taken away; the other variants get it.
    let set = ["services.db.lifecycle.readiness.period=7s"];
    let scenario = read(CHAIN, &set).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let probe = |variant| {
        scenario.variant(variant).unwrap().system.services.get("db").unwrap().lifecycle.readiness.clone()
    };
    assert_eq!(probe("whole").unwrap().period, sim_core::time::SimDuration::from_secs(7));
    assert_eq!(probe("bare"), None);
    let off = read(CHAIN, &["services.db.lifecycle.readiness=none"])
        .unwrap_or_else(|e| panic!("{}", e.render(false)));
    assert_eq!(model(&off, "whole").checks.len(), 1, "the health check of the users is left");
}

#[test]
fn lists_of_steps_are_replaced_or_added_to() {
    let scenario = read(CHAIN, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let words = |variant| {
        let web = scenario.variant(variant).unwrap().system.services.get("web").unwrap().clone();
        web.steps.iter().map(StepConfig::word).collect::<Vec<_>>()
    };
    assert_eq!(words("whole"), ["compute", "call"]);
    assert_eq!(words("other"), ["call"]);
    assert_eq!(words("longer"), ["compute", "call", "compute"]);
}

#[test]
fn a_mistake_behind_none_is_at_its_exact_place() {
    let text = CHAIN.replace(
        "bare:\n    services: {db: {lifecycle: {restart: none",
        "bare:\n    services: {db: {lifecycle: {restart: nothing",
    );
    assert_ne!(text, CHAIN);
    let told = problems(&text, &[]);
    assert!(told.contains("variants.bare.services.db.lifecycle.restart"), "{told}");
    assert!(told.contains("small.yaml:19:42"), "{told}");
}
