//! Which address does an attempt go to, and what does it find there? Users like a metronome, one instance of two replaced.

use sim_core::engine::{self, DiscoveryLedger};
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::systems::model;

use crate::ends;

/// Two instances in turn, asked every second; the first is replaced at 10.5 s.
fn pair(service: &str, call: &str, fault: &str, more: &str) -> Model {
    model(
        "60s",
        &format!(
            "
services: {{api: {{instances: 2, service_time: 10ms, {service}}}}}
workloads: {{users: {{arrivals: {{evenly_spaced: {{rate: 1/s}}}}, call: {{to: api{call}}}}}}}
faults:
  replaced: {{at: 10500ms, for: 1s, rolling_replacement: {{service: api, every: 10s{fault}}}}}
{more}"
        ),
    )
}

/// Seconds at which requests came that failed.
fn failed(model: &Model) -> Vec<i64> {
    ends(model).iter().filter(|(_, _, ok)| !ok).map(|(at, _, _)| at.round() as i64).collect()
}

fn counts(model: &Model) -> DiscoveryLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.discovery.iter().next().expect("there is a service")
}

#[test]
fn without_discovery_callers_find_the_new_one_by_themselves() {
    assert_eq!(failed(&pair("", "", "", "")), Vec::<i64>::new());
}

#[test]
fn a_static_list_keeps_the_dead_address_and_never_learns_the_new_one() {
    let model = pair("discovery: static", "", "", "");
    let failed = failed(&model);
    assert_eq!(failed.len(), 25, "every second request of 49: {failed:?}");
    assert!(failed.windows(2).all(|pair| pair[1] - pair[0] == 2) && failed[0] >= 11, "{failed:?}");
    let counts = counts(&model);
    assert_eq!((counts.given, counts.gone, counts.dead_calls), (3, 1, 25));
}

#[test]
fn an_answer_is_used_until_its_time_is_over() {
    let model = pair("discovery: {dns: {ttl: 10s}}", "", "", "");
    let failed = failed(&model);
    assert!(!failed.is_empty() && failed.len() <= 5, "{failed:?}");
    assert!(failed.iter().all(|at| (11..=21).contains(at)), "{failed:?}");
    assert_eq!(failed_with("honour_ttl: false"), 25);
    assert!(failed_with("ttl: 60s, client_cache_ttl: 2s") <= 1);
}

fn failed_with(dns: &str) -> usize {
    failed(&pair(&format!("discovery: {{dns: {{{dns}}}}}"), "", "", "")).len()
}

#[test]
fn a_push_comes_when_it_comes() {
    let pushed = |delay: &str| {
        let push = format!("discovery: {{registry: {{delivery: {{push: {{propagation_delay: {delay}}}}}}}}}");
        failed(&pair(&push, "", "", ""))
    };
    assert_eq!(pushed("0s"), Vec::<i64>::new());
    // Requests at 11 s to 15 s, every second one to the first address.
    assert_eq!(pushed("5s").len(), 3);
}

#[test]
fn who_is_killed_stays_on_the_list_until_its_lease_is_over() {
    let registry = "discovery: {registry: {heartbeat_interval: 2s, lease_duration: 6s, lease_factor: 1, \
                    eviction_interval: 1s, self_preservation_ratio: none, delivery: push}}";
    let stopped = counts(&pair(registry, "", "", ""));
    assert_eq!((stopped.cancelled, stopped.evicted, stopped.dead_calls), (1, 0, 0));
    let model = pair(registry, "", ", exit: killed", "");
    let killed = counts(&model);
    assert_eq!((killed.cancelled, killed.evicted, killed.listed), (0, 1, 2));
    // The last heartbeat came at 8.5 s to 10.5 s, so the lease ends by 16.5 s and is looked at by 18 s.
    let failed = failed(&model);
    assert!(failed.iter().all(|at| (11..=18).contains(at)) && failed.len() >= 2, "{failed:?}");
}

#[test]
fn a_retry_goes_to_another_address() {
    let retry = ", retry: {immediate: {max_attempts: 2, avoid_previous_host: {reselections: 5}}}";
    assert_eq!(failed(&pair("discovery: static", retry, "", "")), Vec::<i64>::new());
}

#[test]
fn who_is_gone_silently_lets_callers_wait() {
    let gone = ", gone: {silent: {gives_up: 3s}}";
    let lasted = |call: &str| -> Vec<i64> {
        let ends = ends(&pair("discovery: static", call, gone, ""));
        let failed = ends.iter().filter(|(_, _, ok)| !ok);
        failed.map(|(from, to, _)| ((to - from) * 1e3).round() as i64).collect()
    };
    assert!(lasted("").iter().all(|ms| *ms == 3_000) && lasted("").len() >= 20);
    assert!(lasted(", timeouts: {attempt: 1s}").iter().all(|ms| *ms == 1_000));
}

#[test]
fn outlier_detection_ejects_a_dead_address() {
    let outliers = ", targets: {outlier_detection: {consecutive_errors: 2, base_ejection: 300s, max_ejected_ratio: 50%}}";
    assert_eq!(failed(&pair("discovery: static", outliers, "", "")).len(), 2);
}

#[test]
fn calls_wait_for_a_look_up_that_takes_its_time() {
    let dns = "discovery: {dns: {ttl: 5s, look_up: 200ms}}";
    let model = pair(dns, "", "", "");
    let slow = ends(&model).iter().filter(|(from, to, ok)| *ok && to - from > 0.2).count();
    assert!((8..=12).contains(&slow), "a look-up every five or six seconds: {slow}");
    let counts = counts(&model);
    assert_eq!(counts.look_ups, counts.answered + counts.under_way);
    // A patience of the whole call that is shorter than the look-up ends the call.
    let hasty = pair(dns, ", timeouts: {total: 100ms}", "", "");
    assert!(ends(&hasty).iter().any(|(from, to, ok)| !ok && (to - from - 0.1).abs() < 1e-6));
}

#[test]
fn a_look_up_that_fails_is_not_repeated_for_a_while() {
    let dns = |more: &str| format!("discovery: {{dns: {{ttl: 5s, negative_ttl: 4s{more}}}}}");
    let broken = "  broken: {at: 20s, for: 10s, dns_error: {service: api}}\n";
    let fails = failed(&pair(&dns(""), "", "", broken));
    assert!(fails.iter().all(|at| (11..=35).contains(at)), "{fails:?}");
    assert!(fails.iter().filter(|at| **at >= 20).count() >= 8, "{fails:?}");
    let stale = failed(&pair(&dns(", on_error: use_last"), "", "", broken));
    assert!(stale.iter().all(|at| (11..=16).contains(at)), "the list of before is still good: {stale:?}");
}

#[test]
fn a_wrong_answer_lives_as_long_as_a_right_one() {
    let lie = "  lie: {at: 20s, for: 6s, dns_spoof: {service: api}}\n";
    let failed = failed(&pair("discovery: {dns: {ttl: 15s}}", "", "", lie));
    let late = failed.iter().filter(|at| **at > 27).count();
    assert!(failed.iter().all(|at| *at <= 43), "{failed:?}");
    assert!(late == 0 || late >= 5, "it outlives the lie, if it was believed: {failed:?}");
    // Look-ups every five seconds meet the lie for certain, and the last answer before its end lives on.
    let failed = self::failed(&pair("discovery: {dns: {ttl: 5s}}", "", "", lie));
    assert!(failed.iter().filter(|at| **at >= 20).count() >= 5, "{failed:?}");
}

#[test]
fn a_registry_that_is_away_too_long_strikes_out_the_living() {
    let registry = |ratio: &str| {
        format!(
            "discovery: {{registry: {{heartbeat_interval: 4s, lease_duration: 8s, lease_factor: 1, eviction_interval: 1s, \
             self_preservation_ratio: {ratio}, delivery: push}}}}"
        )
    };
    let away = "  away: {at: 20s, for: 15s, registry_down: {service: api}}\n";
    let model = pair(&registry("none"), "", "", away);
    assert!(counts(&model).evicted >= 1);
    // It knows nobody until the next heartbeats come.
    assert!(failed(&model).iter().all(|at| (35..=40).contains(at)), "{:?}", failed(&model));
    // With self-preservation the heartbeats of the last minute are too few to strike out anybody.
    assert_eq!(counts(&pair(&registry("0.85"), "", "", away)).evicted, 0);
}

/// Moments of attempts sent, by instance.
#[derive(Default)]
struct Sent(Vec<(f64, sim_core::ids::InstanceId)>);

impl Probe for Sent {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        if let Observation::Sent { instance, .. } = observation {
            self.0.push((now.as_secs_f64(), instance));
        }
    }
}

#[test]
fn an_instance_that_a_scaler_adds_is_learnt_like_any_other() {
    let model = model(
        "100s",
        "
services: {api: {instances: 1, service_time: 10ms, discovery: {dns: {ttl: 5s}}}}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: api}}}
actions: {more: {at: 30s, for: 40s, apply: {services: {api: {instances: 2}}}}}
",
    );
    let sent = engine::run_dyn(&model, Seed(1), Sent::default()).probe.0;
    let first = sent[0].1;
    let others: Vec<f64> =
        sent.iter().filter(|(_, instance)| *instance != first).map(|(at, _)| *at).collect();
    assert!(others.iter().all(|at| (30.0..76.0).contains(at)) && others.len() >= 15, "{others:?}");
}

#[test]
fn a_caller_that_starts_anew_reads_the_list_anew() {
    let model = model(
        "60s",
        "
services:
  front: {steps: [{call: {to: api}}]}
  api: {instances: 2, service_time: 10ms, discovery: static}
workloads: {users: {arrivals: {evenly_spaced: {rate: 1/s}}, call: {to: front}}}
faults:
  replaced: {at: 10500ms, for: 1s, rolling_replacement: {service: api, every: 10s}}
  restart: {at: 30500ms, for: 1s, restart: {service: front}}
",
    );
    let failed = failed(&model);
    assert!(failed.len() == 10 && failed.iter().all(|at| (11..=31).contains(at)), "{failed:?}");
}
